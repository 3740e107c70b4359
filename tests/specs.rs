//! Every operation of every API, as its spec's examples have it: what the client sends, and that
//! nothing of a reply gets lost. No operation is listed here, so that a new one is covered by
//! itself, and shows up in the snapshot.

#![cfg(all(
    feature = "mock",
    any(
        feature = "kiwivm",
        feature = "vps-org",
        feature = "cdnfly",
        feature = "boardmate"
    )
))]

#[macro_use]
#[path = "support/spec.rs"]
mod spec;

use std::fmt::Write;

use hosting_apis::Operation;
use hosting_apis::mock::{Example, Received};
use serde_json::{Map, Value};

use spec::{Due, SECRET, due, made, resolved};

/// One call of an operation with the parameters of its example.
struct Call {
    operation: &'static Operation,
    example: Example,
    /// The reply as the client read it, encoded again.
    reply: Value,
    request: Received,
}

/// Calls every operation of an API on the mock server.
macro_rules! calls {
    ($api:ident, $credentials:expr) => {{
        let server = hosting_apis::mock::Server::start($credentials)
            .await
            .unwrap();
        let client = hosting_apis::$api::Client::builder($credentials)
            .base_url(server.base_url())
            .build()
            .unwrap();
        let mut calls = Vec::new();
        call_each!($api, client, examples: server, |operation, example, reply| {
            assert_eq!(server.problems(), [""; 0], "{}", operation.name);
            let reply = reply.unwrap_or_else(|e| panic!("{e}")).json;
            let request = server.requests().pop().unwrap();
            assert_eq!(request.operation.as_deref(), Some(operation.id));
            calls.push(Call {
                operation,
                example,
                reply,
                request,
            });
        });
        assert_eq!(server.requests().len(), calls.len(), "a request a call");
        assert!(!calls.is_empty());
        calls
    }};
}

/// Finds that every reply says what its example says.
fn assert_nothing_is_lost(calls: &[Call]) {
    let mut leaves = 0;
    for call in calls {
        let sent = payload(call.operation, call.example.reply.as_ref());
        leaves += count(&sent);
        let wrong = differences("reply", &sent, &call.reply);
        assert!(
            wrong.is_empty(),
            "{}:\n{}",
            call.operation.name,
            wrong.join("\n")
        );
    }
    assert!(leaves > calls.len(), "the examples have replies");
}

/// An example's reply with the envelope taken off.
fn payload(operation: &Operation, reply: Option<&Value>) -> Value {
    let Some(reply) = reply else {
        return Value::Null;
    };
    let Some(envelope) = operation.envelope else {
        return reply.clone();
    };
    if let Some(field) = envelope.payload {
        return reply[field].clone();
    }
    if envelope.results.is_some() {
        // The payload has the envelope's fields for its own.
        return reply.clone();
    }
    let mut payload = reply.as_object().cloned().unwrap_or_default();
    payload.retain(|field, _| {
        field != envelope.field
            && field != envelope.message
            && !envelope.details.contains(&field.as_str())
    });
    Value::Object(payload)
}

/// Where what was sent and what was read say different things. They may differ in how they say
/// nothing, which is null, empty or absent, and in how they write a number. All else is equal,
/// since the build holds examples to the types of their schemas.
fn differences(place: &str, sent: &Value, read: &Value) -> Vec<String> {
    match (sent, read) {
        _ if is_nothing(sent) && is_nothing(read) => Vec::new(),
        (Value::Number(sent), Value::Number(read)) if sent.as_f64() == read.as_f64() => Vec::new(),
        (Value::Object(sent), Value::Object(read)) => {
            let added = read.keys().filter(|name| !sent.contains_key(*name));
            let compare = |name: &String| {
                let of = |map: &Map<String, Value>| map.get(name).cloned().unwrap_or_default();
                differences(&format!("{place}.{name}"), &of(sent), &of(read))
            };
            sent.keys().chain(added).flat_map(compare).collect()
        }
        // A bare list that stands in for an object with that list in it.
        (Value::Array(_), Value::Object(object)) => {
            let said = object.values().filter(|value| !is_nothing(value));
            let [list] = said.collect::<Vec<_>>()[..] else {
                return vec![format!("{place}: {sent} was sent, {read} was read")];
            };
            differences(place, sent, list)
        }
        (Value::Array(sent), Value::Array(read)) if sent.len() == read.len() => {
            let pairs = sent.iter().zip(read).enumerate();
            pairs
                .flat_map(|(i, (sent, read))| differences(&format!("{place}[{i}]"), sent, read))
                .collect()
        }
        // JSON text is read as what it says.
        (Value::String(text), Value::Object(_) | Value::Array(_))
            if text.starts_with(['[', '{']) =>
        {
            let sent: Value = serde_json::from_str(text).unwrap();
            differences(place, &plain(&sent), &plain(read))
        }
        // A text that stands in for an object with one text in it.
        (Value::String(text), Value::Object(read)) if read.len() == 1 => {
            let read = read.values().next().unwrap_or(&Value::Null);
            differences(place, &Value::from(text.as_str()), read)
        }
        // An id where there could be several is read as a list.
        (Value::String(_) | Value::Number(_), Value::Array(read)) if read.len() == 1 => {
            differences(place, sent, &read[0])
        }
        _ if sent == read => Vec::new(),
        _ => vec![format!("{place}: {sent} was sent, {read} was read")],
    }
}

/// Scalars as the text of PHP: nobody holds those inside of JSON text to their schemas' types.
fn plain(value: &Value) -> Value {
    match value {
        Value::Bool(flag) => Value::from(u8::from(*flag).to_string()),
        Value::Number(number) => Value::from(number.to_string()),
        Value::Array(list) => list.iter().map(plain).collect(),
        Value::Object(map) => {
            let plain = |(name, value): (&String, &Value)| (name.clone(), plain(value));
            Value::Object(map.iter().map(plain).collect())
        }
        other => other.clone(),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.values().all(is_nothing),
        _ => false,
    }
}

/// How many values say something.
fn count(value: &Value) -> usize {
    match value {
        Value::Array(list) => list.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum(),
        value => usize::from(!is_nothing(value)),
    }
}

/// Calls every operation of an API with everything that it can be given, and finds that all of it
/// arrives. What the examples don't show gets a value made from its schema.
macro_rules! assert_parameters_arrive {
    ($api:ident, $credentials:expr) => {{
        let spec = <hosting_apis::$api::Credentials as hosting_apis::Api>::SPEC;
        let spec: Value = serde_json::from_str(spec).unwrap();
        let server = hosting_apis::mock::Server::start($credentials)
            .await
            .unwrap();
        let client = hosting_apis::$api::Client::builder($credentials)
            .base_url(server.base_url())
            .build()
            .unwrap();
        for operation in hosting_apis::$api::OPERATIONS {
            let name = operation.name;
            let mut whole = server.example(operation.id).unwrap().parameters;
            let due = due(&spec, operation);
            for Due { name, schema, .. } in &due {
                let set = whole.as_object_mut().unwrap();
                set.entry(name).or_insert_with(|| made(&spec, schema));
            }
            let reply = client.call(operation.id, whole.clone()).await;
            reply.unwrap_or_else(|e| panic!("{e}: {:?}", server.problems()));
            assert_eq!(server.problems(), [""; 0], "{name}");
            let request = server.requests().pop().unwrap();
            for due in &due {
                let sent = &whole[&due.name];
                assert!(
                    arrived(due, &request, sent),
                    "{name}: `{}` got lost",
                    due.name
                );
            }
        }
    }};
}

/// Calls every operation of an API, with a reply that has every property of its schema and a secret
/// wherever one may be, and finds that callers get the secrets and `Debug` shows none.
macro_rules! assert_secrets_are_hidden {
    ($api:ident, $credentials:expr) => {{
        let spec = <hosting_apis::$api::Credentials as hosting_apis::Api>::SPEC;
        let spec: Value = serde_json::from_str(spec).unwrap();
        let server = hosting_apis::mock::Server::start($credentials)
            .await
            .unwrap();
        let client = hosting_apis::$api::Client::builder($credentials)
            .base_url(server.base_url())
            .build()
            .unwrap();
        let mut secrets = 0;
        for operation in hosting_apis::$api::OPERATIONS {
            let parameters = server.example(operation.id).unwrap().parameters;
            if let Some(body) = made_reply(&spec, operation) {
                let answer = hosting_apis::mock::Answer::json(body.clone());
                server.answer(operation.id, answer).unwrap();
                let payload = client.call(operation.id, parameters).await;
                let payload = payload.unwrap_or_else(|e| panic!("{e}: {body}"));
                let sent = body.to_string().matches(SECRET).count();
                let got = payload.json.to_string().matches(SECRET).count();
                assert_eq!(got, sent, "{}", operation.name);
                assert!(!payload.debug.contains(SECRET), "{}", payload.debug);
                secrets += got;
            }
        }
        secrets
    }};
}

/// Every property of an operation's reply, if it has a body.
fn made_reply(spec: &Value, operation: &Operation) -> Option<Value> {
    let object = &spec["paths"][operation.path][operation.method.to_lowercase()];
    let responses = object["responses"].as_object()?.iter();
    let (_, response) = responses.into_iter().find(|(s, _)| s.starts_with('2'))?;
    let media = &resolved(spec, response)["content"]["application/json"];
    let mut reply = made(spec, media.get("schema")?);
    if let (Some(envelope), Some(fields)) = (operation.envelope, reply.as_object_mut()) {
        // A success, without what only failures have.
        fields.insert(envelope.field.to_owned(), envelope.success.into());
        fields.retain(|name, _| !envelope.details.contains(&name.as_str()));
    }
    Some(reply)
}

/// Whether a request has what was due. Of what isn't JSON, that it is there: the snapshot shows how.
fn arrived(due: &Due, request: &Received, sent: &Value) -> bool {
    let body = serde_json::from_str::<Value>(&request.body);
    let in_form = |text: &str| {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(text).unwrap_or_default();
        pairs.iter().any(|(name, _)| *name == due.name)
    };
    match (&*due.place, body) {
        ("body", Ok(items @ Value::Array(_))) => differences("", sent, &items).is_empty(),
        ("body", Ok(body)) => differences("", sent, &body[&due.name]).is_empty(),
        ("body", Err(_)) => in_form(&request.body),
        ("query", _) => {
            let query = request.path.split_once('?');
            query.is_some_and(|(_, query)| in_form(query))
        }
        _ => !request.path.contains('{'),
    }
}

fn assert_wire(snapshot: &str, calls: &[Call], credentials: &[&str]) {
    insta::assert_snapshot!(snapshot, wire(calls, credentials));
}

/// The requests of all calls, in the order of the spec, with what is secret or changes by itself
/// masked.
fn wire(calls: &[Call], credentials: &[&str]) -> String {
    let masked = |text: &str| {
        let masked = |text: String, secret: &&str| text.replace(secret, "[credential]");
        credentials.iter().fold(text.to_owned(), masked)
    };
    let mut text = String::new();
    for Call {
        operation, request, ..
    } in calls
    {
        writeln!(text, "# {}", operation.id).unwrap();
        writeln!(text, "{} {}", request.method, masked(&request.path)).unwrap();
        let mut headers = request.headers.clone();
        headers.retain(|(name, _)| name != "host" && name != "content-length");
        headers.sort();
        for (name, value) in headers {
            let value = match value.split_once('/') {
                Some((product, _)) if name == "user-agent" => format!("{product}/[version]"),
                _ => masked(&value),
            };
            writeln!(text, "{name}: {value}").unwrap();
        }
        if !request.body.is_empty() {
            writeln!(text, "\n{}", masked(&readable(request))).unwrap();
        }
        writeln!(text).unwrap();
    }
    text
}

/// A form with a field a line, anything else as it is.
fn readable(request: &Received) -> String {
    if header(request, "content-type") != Some("application/x-www-form-urlencoded") {
        return request.body.clone();
    }
    let fields: Vec<(String, String)> = serde_urlencoded::from_str(&request.body).unwrap();
    let lines = fields
        .iter()
        .map(|(name, value)| format!("{name} = {}", value.replace('\n', "\\n")));
    lines.collect::<Vec<_>>().join("\n")
}

fn header<'a>(request: &'a Received, name: &str) -> Option<&'a str> {
    let mut headers = request.headers.iter();
    headers
        .find(|(sent, _)| sent == name)
        .map(|(_, value)| &**value)
}

/// The generator would send the spec's version with every request: servers don't expect it, and
/// it is a private document's.
fn assert_no_api_version(calls: &[Call]) {
    for Call {
        operation, request, ..
    } in calls
    {
        assert_eq!(header(request, "api-version"), None, "{}", operation.name);
    }
}

/// Logs keep URLs.
fn assert_no_credentials_in_urls(calls: &[Call], credentials: &[&str]) {
    for Call {
        operation, request, ..
    } in calls
    {
        let seen = credentials
            .iter()
            .any(|secret| request.path.contains(secret));
        assert!(!seen, "{}: {}", operation.name, request.path);
    }
}

/// Finds that every reply with a payload of its own says what it must have, and that without it the
/// client doesn't take it for the operation's. Gives how many replies were refused.
macro_rules! assert_replies_are_believed_with_reason {
    ($api:ident, $credentials:expr) => {{
        let spec = <hosting_apis::$api::Credentials as hosting_apis::Api>::SPEC;
        let spec: Value = serde_json::from_str(spec).unwrap();
        let server = hosting_apis::mock::Server::start($credentials)
            .await
            .unwrap();
        let mut refused = 0;
        for operation in hosting_apis::$api::OPERATIONS {
            let example = server.example(operation.id).unwrap();
            for body in unbelievable(&spec, operation, &example) {
                let status = hosting_apis::StatusCode::from_u16(example.status).unwrap();
                let read = hosting_apis::$api::Client::read(operation.id, status, body.to_string());
                let error = read.map(|payload| payload.json).expect_err(&format!(
                    "{} takes this for its reply: {body}",
                    operation.name
                ));
                assert_eq!(
                    error.kind(),
                    hosting_apis::ErrorKind::Decode,
                    "{error}: {body}"
                );
                refused += 1;
            }
        }
        refused
    }};
}

/// The example of a reply, each time without something that it must have.
fn unbelievable(spec: &Value, operation: &Operation, example: &Example) -> Vec<Value> {
    let Some(reply) = &example.reply else {
        return Vec::new();
    };
    let object = &spec["paths"][operation.path][operation.method.to_lowercase()];
    let response = resolved(spec, &object["responses"][example.status.to_string()]);
    let mut whole = Marks::default();
    whole.add(spec, &response["content"]["application/json"]["schema"]);
    let field = operation.envelope.and_then(|envelope| envelope.payload);
    let with = |inside: Value| match field {
        Some(field) => {
            let mut reply = reply.clone();
            reply[field] = inside;
            reply
        }
        None => {
            // Beside the envelope, or without one.
            let of_payload = payload(operation, Some(reply));
            let mut reply = reply.as_object().cloned().unwrap_or_default();
            reply.retain(|name, _| of_payload.get(name).is_none());
            reply.extend(inside.as_object().cloned().unwrap_or_default());
            Value::Object(reply)
        }
    };
    let mut bodies = Vec::new();
    let (mut marks, of_example) = match field {
        None => (whole, payload(operation, Some(reply))),
        Some(field) => {
            if whole.required.iter().any(|name| name == field) {
                let mut reply = reply.as_object().cloned().unwrap_or_default();
                reply.remove(field);
                bodies.push(Value::Object(reply));
            }
            let mut inside = Marks::default();
            let property = whole.properties.get(field).cloned();
            inside.add(spec, &property.unwrap_or_default());
            (inside, reply[field].clone())
        }
    };
    let own = |name: &str| match operation.envelope {
        Some(envelope) => {
            let details = envelope.details.contains(&name);
            details || envelope.field == name || envelope.message == name
        }
        None => false,
    };
    marks.properties.retain(|name, _| !own(name));
    marks.required.retain(|name| !own(name));
    let Some(payload) = of_example
        .as_object()
        .filter(|_| !marks.properties.is_empty())
    else {
        return bodies;
    };
    let name = operation.name;
    assert!(
        !marks.required.is_empty() || marks.least.is_some(),
        "{name}: its reply doesn't say what it must have: `required` or `minProperties`"
    );
    let without = marks.required.iter().map(|name| {
        let mut payload = payload.clone();
        payload
            .remove(name)
            .expect("an example with all that it must have");
        with(Value::Object(payload))
    });
    bodies.extend(without);
    if marks.least.is_some_and(|least| least > 0) {
        bodies.push(with(serde_json::json!({})));
        bodies.push(with(serde_json::json!({"something": "else"})));
    }
    bodies
}

/// What an object must have, by its schema and all parts of it.
#[derive(Default)]
struct Marks {
    properties: Map<String, Value>,
    required: Vec<String>,
    least: Option<u64>,
}

impl Marks {
    fn add(&mut self, spec: &Value, schema: &Value) {
        let schema = resolved(spec, schema);
        let own = schema["properties"].as_object().cloned();
        self.properties.extend(own.unwrap_or_default());
        let names = schema["required"].as_array().into_iter().flatten();
        self.required
            .extend(names.filter_map(Value::as_str).map(str::to_owned));
        self.least = self.least.max(schema["minProperties"].as_u64());
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.add(spec, part);
        }
        // An object that a bare list stands in for.
        let options = schema["oneOf"].as_array().into_iter().flatten();
        for option in options.filter(|option| option["$ref"].is_string()) {
            self.add(spec, option);
        }
    }
}

/// The promises for every API: its feature, its module, credentials, what of them is masked in the
/// snapshot, how many secrets its replies can have, and how many replies lack what they must have.
macro_rules! apis {
    ($(
        $feature:literal: $api:ident, $credentials:expr, masked: $masked:expr, secrets: $secrets:expr,
        refused: $refused:expr;
    )*) => {$(
        #[cfg(feature = $feature)]
        mod $api {
            use hosting_apis::$api::Credentials;

            use super::*;

            #[tokio::test]
            async fn every_example_is_decoded_and_nothing_is_lost() {
                assert_nothing_is_lost(&calls!($api, $credentials));
            }

            #[tokio::test]
            async fn every_parameter_arrives() {
                assert_parameters_arrive!($api, $credentials);
            }

            #[tokio::test]
            async fn secrets_of_replies_are_hidden() {
                // How many there are, lest none be found.
                assert_eq!(assert_secrets_are_hidden!($api, $credentials), $secrets);
            }

            #[tokio::test]
            async fn no_reply_is_believed_without_what_it_must_have() {
                // How many there are, lest none be found.
                let refused = assert_replies_are_believed_with_reason!($api, $credentials);
                assert_eq!(refused, $refused);
            }

            #[tokio::test]
            async fn every_request_is_as_the_snapshot_says() {
                let calls = calls!($api, $credentials);
                assert_no_api_version(&calls);
                assert_no_credentials_in_urls(&calls, &$masked);
                assert_wire(concat!("wire_", stringify!($api)), &calls, &$masked);
            }
        }
    )*};
}

apis! {
    "kiwivm": kiwivm, Credentials::new(24_681_357, KEY), masked: ["24681357", KEY], secrets: 3, refused: 35;
    "vps-org": vps_org, Credentials::token(KEY), masked: [KEY], secrets: 3, refused: 30;
    "cdnfly": cdnfly, Credentials::api_key(KEY, "other_made_up_key"), masked: [KEY, "other_made_up_key"], secrets: 3, refused: 41;
    "boardmate": boardmate, Credentials::key(KEY), masked: [KEY], secrets: 0, refused: 7;
}

const KEY: &str = "key_made_up_for_the_wire";

#[cfg(feature = "vps-org")]
mod vps_org_pages {
    use hosting_apis::mock::{Answer, Server};
    use hosting_apis::vps_org::{Client, Credentials};
    use serde_json::json;

    use super::*;

    fn credentials() -> Credentials {
        Credentials::token(KEY)
    }

    /// Replies with the fields that the vendor's pages show, and no others.
    fn replies_of_the_pages() -> Vec<(&'static str, Value)> {
        let domain = json!({
            "id": 7001, "domain_name": "example.org", "status": "active",
            "registration_date": "2021-05-06T07:08:09Z",
            "expiration_date": "2030-05-06T07:08:09Z", "auto_renew": true, "locked": true,
            "nameservers": ["ns1.example.com", "ns2.example.com"],
            "privacy_protection": true, "dns_managed_by": "external",
        });
        let with = |more: Value| {
            let mut all = domain.clone();
            let fields = more.as_object().cloned().unwrap();
            all.as_object_mut().unwrap().extend(fields);
            all
        };
        let me = json!({
            "account": {"email": "ina@example.org", "first_name": "Ina", "last_name": "Berg",
                        "company_name": "Example Works", "created_at": "2022-02-03"},
            "token": {"name": "Nightly", "permissions": ["domains:list", "plans:*"],
                      "created_at": "2025-03-04T05:06:07Z",
                      "last_used_at": "2026-01-02T03:04:05Z",
                      "expires_at": null, "is_expired": false},
        });
        let other = with(json!({
            "id": 7002, "domain_name": "example.net", "status": "pending", "auto_renew": false,
            "locked": false, "privacy_protection": false, "dns_managed_by": "example.net",
        }));
        vec![
            ("getAccountMe", me),
            (
                "listDomains",
                json!({"count": 8, "results": [&domain, &other]}),
            ),
            (
                "registerDomain",
                with(json!({"total_cost": 31.48, "message": "It has begun."})),
            ),
            (
                "getDomain",
                with(json!({
                    "registrar": "Example Registrar", "days_until_expiration": 1200,
                    "whois_info": {
                        "registrant": "Hidden A", "admin_contact": "Hidden B",
                        "tech_contact": "Hidden C", "created_date": "2021-05-06",
                        "updated_date": "2025-06-07",
                    },
                    "dns_records_count": 4,
                })),
            ),
            (
                "updateDomain",
                json!({
                    "id": 7001, "domain_name": "example.org", "status": "active",
                    "auto_renew": false, "nameservers": ["ns1.example.com", "ns2.example.com"],
                    "privacy_protection": true, "locked": false, "message": "It is done.",
                }),
            ),
            (
                "transferDomain",
                json!({
                    "id": 7003, "domain_name": "example.com", "transfer_status": "pending",
                    "transfer_initiated_at": "2026-02-03T04:05:06Z",
                    "estimated_completion": "2026-02-10T04:05:06Z", "message": "It has begun.",
                    "next_steps": ["Read the mail.", "Agree.", "Wait."],
                }),
            ),
        ]
    }

    #[tokio::test]
    async fn no_field_of_the_vendors_pages_is_lost() {
        let server = Server::start(credentials()).await.unwrap();
        let client = Client::builder(credentials()).base_url(server.base_url());
        let client = client.build().unwrap();
        for (id, sent) in replies_of_the_pages() {
            server.answer(id, Answer::json(sent.clone())).unwrap();
            let parameters = server.example(id).unwrap().parameters;
            let read = client.call(id, parameters).await.unwrap();
            let wrong = differences("reply", &sent, &read.json);
            assert!(wrong.is_empty(), "{id}:\n{}", wrong.join("\n"));
        }
    }
}
