//! Checks requests: their credentials against those of the server, the rest against the spec.

use std::collections::BTreeMap;

use reqwest::{Method, Url};
use serde_json::{Value, json};
use wiremock::Request;

use super::spec::{Operation, Spec, additional, properties, resolve};
use crate::api::Api;
use crate::error::Error;

/// What a request with the right credentials has: whatever `authorize` puts into an empty one.
///
/// Credentials that log in are exchanged, as by a client, for those in the example of the login.
pub(super) struct Credentials {
    expect: Expect,
    secrets: Vec<String>,
    /// The operation that logs in, and its body.
    login: Option<(&'static str, Value)>,
}

/// What a request of a method is due.
type Expect = Box<dyn Fn(&Method) -> Result<Expected, Error> + Send + Sync>;

struct Expected {
    headers: Vec<(String, Vec<u8>)>,
    query: Vec<(String, String)>,
    form: Vec<(String, String)>,
}

impl Credentials {
    pub(super) fn of<C: Api>(credentials: &C, spec: &Spec) -> Result<Self, Error> {
        let exposed = |credentials: &C| -> Vec<String> {
            let secrets = credentials.secrets();
            secrets.iter().map(|s| s.expose().to_owned()).collect()
        };
        let mut secrets = exposed(credentials);
        let mut credentials = credentials.clone();
        let mut login = None;
        if let Some(due) = credentials.login() {
            let reply = spec.known(due.operation.id)?.example.reply.clone();
            let session = (due.credentials)(&due.operation.payload(reply.unwrap_or_default()));
            let body = (due.body)(&credentials);
            credentials = session.ok_or_else(|| {
                Error::configuration("the spec's example of the login holds no token")
            })?;
            secrets.extend(exposed(&credentials));
            login = Some((due.operation.id, body));
        }
        let expect = move |method: &Method| expected(&credentials, method);
        expect(&Method::GET)?;
        Ok(Credentials {
            expect: Box::new(expect),
            secrets,
            login,
        })
    }

    pub(super) fn accepts(&self, operation: &Operation, request: &Request) -> bool {
        if !operation.authorized {
            return self.accepts_login(operation, request);
        }
        let Ok(expected) = (self.expect)(&request.method) else {
            return false;
        };
        let form = form(&request.body);
        let query: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
        let has_header = |(name, value): &(String, Vec<u8>)| {
            request
                .headers
                .get(name)
                .is_some_and(|sent| sent.as_bytes() == value)
        };
        expected.headers.iter().all(has_header)
            && expected.form.iter().all(|field| form.contains(field))
            && expected.query.iter().all(|pair| query.contains(pair))
    }

    /// A call without credentials; but if it is the login, it is for the account that is known.
    fn accepts_login(&self, operation: &Operation, request: &Request) -> bool {
        match &self.login {
            Some((id, body)) if *id == operation.id => {
                serde_json::from_slice::<Value>(&request.body).is_ok_and(|sent| sent == *body)
            }
            _ => true,
        }
    }

    /// Whether a secret stands where logs would keep it, and needn't.
    pub(super) fn in_url(&self, request: &Request) -> bool {
        let due = (self.expect)(&request.method).is_ok_and(|expected| !expected.query.is_empty());
        let url = request.url.as_str();
        !due && self
            .secrets
            .iter()
            .any(|secret| url.contains(secret.as_str()))
    }

    /// The parts of the form and the query that aren't parameters.
    fn names(&self, method: &Method) -> Vec<String> {
        let pairs = (self.expect)(method).map(|expected| [expected.form, expected.query].concat());
        pairs
            .unwrap_or_default()
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    }
}

fn expected<C: Api>(credentials: &C, method: &Method) -> Result<Expected, Error> {
    let url =
        Url::parse("http://127.0.0.1/").map_err(|e| Error::configuration("no URL").caused_by(e))?;
    let mut probe = reqwest::Request::new(method.clone(), url);
    credentials.authorize(&mut probe)?;
    let body = probe
        .body()
        .and_then(|body| body.as_bytes())
        .unwrap_or_default();
    let headers = probe
        .headers()
        .iter()
        .filter(|(name, _)| name.as_str() != "content-type");
    Ok(Expected {
        form: form(body),
        query: probe.url().query_pairs().into_owned().collect(),
        headers: headers
            .map(|(n, v)| (n.to_string(), v.as_bytes().to_vec()))
            .collect(),
    })
}

fn form(body: &[u8]) -> Vec<(String, String)> {
    serde_urlencoded::from_bytes(body).unwrap_or_default()
}

/// What is wrong with a request that has the right credentials, each with its place.
pub(super) fn request(
    spec: &Spec,
    operation: &Operation,
    path: &[(String, String)],
    request: &Request,
    credentials: &Credentials,
) -> Vec<String> {
    let mut found = Vec::new();
    let check = Check {
        document: &spec.document,
    };
    for (name, value) in path {
        let parameter = operation.parameters.iter().find(|p| p["name"] == *name);
        let schema = parameter.map_or(&Value::Null, |p| &p["schema"]);
        check.text(&format!("path.{name}"), value, schema, &mut found);
    }
    let credentials = credentials.names(&request.method);
    check.query(operation, request, &credentials, &mut found);
    match operation.body() {
        // Credentials in the query leave nothing for a form that was for them alone.
        Some((_, body)) if request.body.is_empty() && check.is_only(body, &credentials) => {}
        Some((media, body)) => check.body(media, body, request, &mut found),
        None if form(&request.body)
            .iter()
            .all(|(name, _)| credentials.contains(name)) => {}
        None => found.push("body: there must be none".to_owned()),
    }
    found
}

struct Check<'a> {
    document: &'a Value,
}

impl Check<'_> {
    /// Whether a form has no field but these.
    fn is_only(&self, body: &Value, names: &[String]) -> bool {
        let (fields, _) = properties(self.document, &body["schema"]);
        fields.keys().all(|field| names.contains(field))
    }

    fn query(
        &self,
        operation: &Operation,
        request: &Request,
        credentials: &[String],
        found: &mut Vec<String>,
    ) {
        let listed: Vec<&Value> = operation
            .parameters
            .iter()
            .filter(|p| p["in"] == "query")
            .collect();
        let sent: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
        for (name, value) in &sent {
            match listed.iter().find(|p| p["name"] == **name) {
                Some(parameter) => {
                    self.text(&format!("query.{name}"), value, &parameter["schema"], found);
                }
                None if credentials.contains(name) => {}
                None => found.push(format!("query.{name}: the operation has no such parameter")),
            }
        }
        for parameter in listed.iter().filter(|p| p["required"] == json!(true)) {
            let name = parameter["name"].as_str().unwrap_or_default();
            if !sent.iter().any(|(sent, _)| sent == name) {
                found.push(format!("query.{name}: is required"));
            }
        }
    }

    fn body(&self, media: &str, body: &Value, request: &Request, found: &mut Vec<String>) {
        let sent = request
            .headers
            .get("content-type")
            .and_then(|v| v.to_str().ok());
        if !sent.is_some_and(|sent| sent.starts_with(media)) {
            found.push(format!("body: its content type must be {media}"));
            return;
        }
        if media == "application/json" {
            match serde_json::from_slice::<Value>(&request.body) {
                Ok(value) => self.value("body", &value, &body["schema"], found),
                Err(_) => found.push("body: is no JSON".to_owned()),
            }
            return;
        }
        let sent: BTreeMap<String, String> = form(&request.body).into_iter().collect();
        let (known, required) = properties(self.document, &body["schema"]);
        for (name, value) in &sent {
            let place = format!("body.{name}");
            let encoding = &body["encoding"][name]["contentType"];
            match known.get(name) {
                None => found.push(format!("{place}: the form has no such field")),
                Some(schema) if encoding == "application/json" => {
                    match serde_json::from_str::<Value>(value) {
                        Ok(value) => self.value(&place, &value, self.inside(schema), found),
                        Err(_) => found.push(format!("{place}: is no JSON text")),
                    }
                }
                Some(schema) => self.text(&place, value, schema, found),
            }
        }
        for name in required.iter().filter(|name| !sent.contains_key(**name)) {
            found.push(format!("body.{name}: is required"));
        }
    }

    /// What JSON text holds, of a schema that may be that or the text.
    fn inside<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let is_text = |option: &&Value| resolve(self.document, option)["format"] == "json";
        let options = resolve(self.document, schema)["oneOf"].as_array();
        match options.map(|options| options.iter().partition::<Vec<_>, _>(is_text)) {
            Some((text, inside)) if text.len() == 1 && inside.len() == 1 => inside[0],
            _ => schema,
        }
    }

    /// A value that came as text, as what its schema says it is.
    fn text(&self, place: &str, text: &str, schema: &Value, found: &mut Vec<String>) {
        let resolved = resolve(self.document, schema);
        let value = match resolved["type"].as_str() {
            Some("integer") => text
                .parse::<i64>()
                .map_or_else(|_| json!(text), |n| json!(n)),
            Some("number") => text
                .parse::<f64>()
                .map_or_else(|_| json!(text), |n| json!(n)),
            Some("boolean") => text
                .parse::<bool>()
                .map_or_else(|_| json!(text), |b| json!(b)),
            // An item of a list: a query repeats its name for each.
            Some("array") => return self.text(place, text, &resolved["items"], found),
            _ => json!(text),
        };
        self.value(place, &value, resolved, found);
    }

    fn value(&self, place: &str, value: &Value, schema: &Value, found: &mut Vec<String>) {
        let schema = resolve(self.document, schema);
        if let Some(options) = schema["oneOf"]
            .as_array()
            .or_else(|| schema["anyOf"].as_array())
        {
            let fits = |option: &Value| {
                let mut problems = Vec::new();
                self.value(place, value, option, &mut problems);
                problems.is_empty()
            };
            if !options.iter().any(fits) {
                found.push(format!("{place}: is none of what the spec allows"));
            }
            return;
        }
        if value.is_null() && schema["nullable"] == json!(true) {
            return;
        }
        if let Some(due) = schema["type"].as_str().filter(|due| !is_of(value, due)) {
            found.push(format!("{place}: must be of type {due}"));
            return;
        }
        if let Some(values) = schema["enum"]
            .as_array()
            .filter(|values| !values.contains(value))
        {
            let values: Vec<String> = values.iter().map(Value::to_string).collect();
            found.push(format!("{place}: must be one of {}", values.join(", ")));
        }
        self.bounds(place, value, schema, found);
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.value(&format!("{place}[{index}]"), item, &schema["items"], found);
                }
            }
            Value::Object(fields) => self.object(place, fields, schema, found),
            _ => {}
        }
    }

    fn object(
        &self,
        place: &str,
        fields: &serde_json::Map<String, Value>,
        schema: &Value,
        found: &mut Vec<String>,
    ) {
        let (known, required) = properties(self.document, schema);
        let additional = additional(self.document, schema);
        for (name, value) in fields {
            let place = format!("{place}.{name}");
            match known.get(name) {
                Some(schema) => self.value(&place, value, schema, found),
                None => match additional {
                    Some(schema) => self.value(&place, value, schema, found),
                    None if known.is_empty() => {}
                    None => found.push(format!("{place}: there is no such property")),
                },
            }
        }
        for name in required.iter().filter(|name| !fields.contains_key(**name)) {
            found.push(format!("{place}.{name}: is required"));
        }
    }

    fn bounds(&self, place: &str, value: &Value, schema: &Value, found: &mut Vec<String>) {
        let size = match value {
            Value::Number(number) => number.as_f64().map(|n| (n, "minimum", "maximum")),
            Value::Array(list) => Some((list.len() as f64, "minItems", "maxItems")),
            Value::String(text) => Some((text.chars().count() as f64, "minLength", "maxLength")),
            _ => None,
        };
        let Some((size, least, most)) = size else {
            return;
        };
        if schema[least].as_f64().is_some_and(|least| size < least) {
            found.push(format!("{place}: is below {least} {}", schema[least]));
        }
        if schema[most].as_f64().is_some_and(|most| size > most) {
            found.push(format!("{place}: is above {most} {}", schema[most]));
        }
    }
}

fn is_of(value: &Value, due: &str) -> bool {
    match due {
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}
