//! Every operation of every API, as its spec's examples have it: what the client sends, and that
//! nothing of a reply gets lost. No operation is listed here, so that a new one is covered by
//! itself, and shows up in the snapshot.

#![cfg(all(feature = "mock", any(feature = "kiwivm", feature = "vps-org")))]

use std::fmt::Write;

use hosting_apis::Operation;
use hosting_apis::mock::{Example, Received};
use serde_json::{Map, Value};

/// One call of an operation with the parameters of its example.
struct Call {
    operation: &'static Operation,
    example: Example,
    /// The reply as the client read it, encoded again.
    reply: Value,
    request: Received,
}

/// Calls every operation of an API. A macro, since the generated clients have no trait in common.
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
        for operation in hosting_apis::$api::OPERATIONS {
            let name = operation.name;
            let example = server.example(operation.id).unwrap();
            let reply = client.call(operation.id, example.parameters.clone()).await;
            assert_eq!(server.problems(), [""; 0], "{name}");
            let reply = reply.unwrap_or_else(|e| panic!("{e}"));
            let request = server.requests().pop().unwrap();
            assert_eq!(request.operation.as_deref(), Some(operation.id));
            calls.push(Call {
                operation,
                example,
                reply,
                request,
            });
        }
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
        (Value::Array(sent), Value::Array(read)) if sent.len() == read.len() => {
            let pairs = sent.iter().zip(read).enumerate();
            pairs
                .flat_map(|(i, (sent, read))| differences(&format!("{place}[{i}]"), sent, read))
                .collect()
        }
        _ if sent == read => Vec::new(),
        _ => vec![format!("{place}: {sent} was sent, {read} was read")],
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

/// Finds that an example sets every parameter, so that the snapshot shows them all.
fn assert_examples_are_whole(calls: &[Call], spec: &str) {
    let spec: Value = serde_json::from_str(spec).unwrap();
    for Call {
        operation, example, ..
    } in calls
    {
        let item = &spec["paths"][operation.path];
        let object = &item[operation.method.to_lowercase()];
        let mut names = Vec::new();
        for list in [&item["parameters"], &object["parameters"]] {
            let list = list.as_array().into_iter().flatten();
            names.extend(list.filter_map(|p| resolved(&spec, p)["name"].as_str()));
        }
        let contents = object["requestBody"]["content"].as_object();
        for media in contents.into_iter().flat_map(Map::values) {
            names.extend(properties(&spec, &media["schema"]));
        }
        for name in names {
            assert!(
                example.parameters.get(name).is_some(),
                "{}: no example for `{name}`",
                operation.name
            );
        }
    }
}

fn resolved<'a>(spec: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"]
        .as_str()
        .and_then(|target| target.strip_prefix('#'))
    {
        Some(pointer) => spec.pointer(pointer).unwrap(),
        None => value,
    }
}

/// The properties of a body that a caller sets.
fn properties<'a>(spec: &'a Value, schema: &'a Value) -> Vec<&'a str> {
    let schema = resolved(spec, schema);
    if schema["x-credentials"] == true {
        return Vec::new();
    }
    let own = schema["properties"].as_object().into_iter().flatten();
    let own = own.filter(|(_, property)| property["x-credentials"] != true);
    let parts = schema["allOf"].as_array().into_iter().flatten();
    own.map(|(name, _)| name.as_str())
        .chain(parts.flat_map(|part| properties(spec, part)))
        .collect()
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

#[cfg(feature = "kiwivm")]
mod kiwivm {
    use hosting_apis::Api;
    use hosting_apis::kiwivm::Credentials;

    use super::*;

    const KEY: &str = "private_made_up_for_the_wire";

    fn credentials() -> Credentials {
        Credentials::new(24_681_357, KEY)
    }

    #[tokio::test]
    async fn every_example_is_decoded_and_nothing_is_lost() {
        assert_nothing_is_lost(&calls!(kiwivm, credentials()));
    }

    #[tokio::test]
    async fn every_parameter_has_an_example() {
        assert_examples_are_whole(&calls!(kiwivm, credentials()), Credentials::SPEC);
    }

    #[tokio::test]
    async fn every_request_is_as_the_snapshot_says() {
        let calls = calls!(kiwivm, credentials());
        assert_no_api_version(&calls);
        assert_wire("wire_kiwivm", &calls, &["24681357", KEY]);
    }

    #[tokio::test]
    async fn credentials_are_in_the_form_and_nowhere_else() {
        for call in calls!(kiwivm, credentials()) {
            let Received {
                path,
                headers,
                body,
                ..
            } = call.request;
            let name = call.operation.name;
            assert!(!path.contains(KEY) && !path.contains("24681357"), "{name}");
            assert!(!format!("{headers:?}").contains(KEY), "{name}");
            assert!(
                body.contains(&format!("veid=24681357&api_key={KEY}")),
                "{name}"
            );
        }
    }
}

#[cfg(feature = "vps-org")]
mod vps_org {
    use hosting_apis::Api;
    use hosting_apis::mock::{Answer, Server};
    use hosting_apis::vps_org::{Client, Credentials};
    use serde_json::json;

    use super::*;

    const TOKEN: &str = "vps_made_up_for_the_wire";

    fn credentials() -> Credentials {
        Credentials::token(TOKEN)
    }

    #[tokio::test]
    async fn every_example_is_decoded_and_nothing_is_lost() {
        assert_nothing_is_lost(&calls!(vps_org, credentials()));
    }

    #[tokio::test]
    async fn every_parameter_has_an_example() {
        assert_examples_are_whole(&calls!(vps_org, credentials()), Credentials::SPEC);
    }

    #[tokio::test]
    async fn every_request_is_as_the_snapshot_says() {
        let calls = calls!(vps_org, credentials());
        assert_no_api_version(&calls);
        assert_wire("wire_vps_org", &calls, &[TOKEN]);
    }

    #[tokio::test]
    async fn credentials_are_in_the_header_and_nowhere_else() {
        for call in calls!(vps_org, credentials()) {
            let name = call.operation.name;
            let sent = header(&call.request, "authorization");
            assert_eq!(sent, Some(&*format!("Bearer {TOKEN}")), "{name}");
            let Received { path, body, .. } = call.request;
            assert!(!path.contains(TOKEN) && !body.contains(TOKEN), "{name}");
        }
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
            let wrong = differences("reply", &sent, &read);
            assert!(wrong.is_empty(), "{id}:\n{}", wrong.join("\n"));
        }
    }
}

#[cfg(feature = "boardmate")]
mod boardmate {
    use hosting_apis::Api;
    use hosting_apis::boardmate::Credentials;

    use super::*;

    const KEY: &str = "KeyMadeUpForTheWire";

    fn credentials() -> Credentials {
        Credentials::key(KEY)
    }

    #[tokio::test]
    async fn every_example_is_decoded_and_nothing_is_lost() {
        assert_nothing_is_lost(&calls!(boardmate, credentials()));
    }

    #[tokio::test]
    async fn every_parameter_has_an_example() {
        assert_examples_are_whole(&calls!(boardmate, credentials()), Credentials::SPEC);
    }

    #[tokio::test]
    async fn every_request_is_as_the_snapshot_says() {
        let calls = calls!(boardmate, credentials());
        assert_no_api_version(&calls);
        assert_wire("wire_boardmate", &calls, &[KEY]);
    }
}
