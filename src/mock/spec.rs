//! The embedded spec, as far as the server needs it.

use reqwest::StatusCode;
use serde_json::{Map, Value, json};

use super::unknown;
use crate::api::Api;
use crate::error::{Error, ErrorKind};
use crate::operation::Envelope;

pub(super) struct Spec {
    pub(super) document: Value,
    /// What the paths of all operations begin with, such as `/v1`.
    pub(super) base_path: String,
    /// The envelope's field and its message, if the API has one.
    pub(super) envelope: Option<(String, String)>,
    operations: Vec<Operation>,
}

pub(super) struct Operation {
    pub(super) id: String,
    method: String,
    path: String,
    /// The spec's own object, its references to parameters resolved.
    pub(super) object: Value,
    pub(super) parameters: Vec<Value>,
    pub(super) example: Example,
    /// Whether its requests carry the credentials.
    pub(super) authorized: bool,
    /// What wrong credentials are answered with.
    pub(super) refusal: (u16, Value),
    /// The examples of documented failures, by status.
    failures: Vec<(u16, Value)>,
    /// How its reply says failure.
    envelope: Option<Envelope>,
}

/// What a spec gives as example of an operation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Example {
    /// What a caller sets, by name: the credentials aren't among it.
    pub parameters: Value,
    /// The status of the operation's success.
    pub status: u16,
    /// The body of the reply, with its envelope; none if there is no body.
    pub reply: Option<Value>,
}

impl Spec {
    pub(super) fn of<C: Api>() -> Result<Self, Error> {
        let document: Value = serde_json::from_str(C::SPEC)
            .map_err(|e| Error::configuration("the embedded spec is no JSON").caused_by(e))?;
        let envelope = document.get("x-envelope").map(|envelope| {
            let text = |key: &str| envelope[key].as_str().unwrap_or_default().to_owned();
            (text("field"), text("message"))
        });
        let server = document["servers"][0]["url"].as_str().unwrap_or_default();
        let path = server
            .split_once("://")
            .and_then(|(_, rest)| rest.split_once('/'));
        let base_path = path.map(|(_, path)| format!("/{}", path.trim_end_matches('/')));
        let operations = C::OPERATIONS
            .iter()
            .map(|operation| Operation::read(&document, operation))
            .collect();
        Ok(Spec {
            base_path: base_path.unwrap_or_default(),
            envelope,
            operations,
            document,
        })
    }

    pub(super) fn known(&self, id: &str) -> Result<&Operation, Error> {
        self.operations
            .iter()
            .find(|o| o.id == id)
            .ok_or_else(|| unknown(id))
    }

    /// The operation that a request is for, with the values in its path.
    pub(super) fn find(
        &self,
        method: &str,
        path: &str,
    ) -> Option<(&Operation, Vec<(String, String)>)> {
        let of_method = self.operations.iter().filter(|o| o.method == method);
        let mut fitting = of_method.filter_map(|o| Some((o, values(&o.path, path)?)));
        let first = fitting.next()?;
        // A path without parameters is meant before one that they make it fit.
        fitting
            .chain([first])
            .min_by_key(|(_, values)| values.len())
    }
}

/// The values that make a template into this path, if any do.
fn values(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let (mut templates, mut segments) = (template.split('/'), path.split('/'));
    let mut values = Vec::new();
    loop {
        match (templates.next(), segments.next()) {
            (None, None) => return Some(values),
            (Some(template), Some(segment)) => {
                let name = template.strip_prefix('{').and_then(|t| t.strip_suffix('}'));
                match name {
                    Some(name) if !segment.is_empty() => {
                        values.push((name.to_owned(), decoded(segment)));
                    }
                    None if template == segment => {}
                    _ => return None,
                }
            }
            _ => return None,
        }
    }
}

fn decoded(segment: &str) -> String {
    // A `+` of a path is one, in a form a space; and a `&` there begins another field.
    let pair = format!("v={}", segment.replace('+', "%2B").replace('&', "%26"));
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&pair).unwrap_or_default();
    pairs
        .into_iter()
        .next()
        .map(|(_, value)| value)
        .unwrap_or_default()
}

impl Operation {
    fn read(document: &Value, operation: &crate::Operation) -> Self {
        let item = &document["paths"][operation.path];
        let object = item[operation.method.to_lowercase()].clone();
        let listed = [&item["parameters"], &object["parameters"]];
        let parameters: Vec<Value> = listed
            .into_iter()
            .flat_map(|list| list.as_array().into_iter().flatten())
            .map(|parameter| resolve(document, parameter).clone())
            .collect();
        let failures = failures(document, &object);
        Operation {
            id: operation.id.to_owned(),
            method: operation.method.to_owned(),
            path: operation.path.to_owned(),
            example: example(document, &object, &parameters),
            authorized: operation.authorized,
            refusal: refusal(document, &failures),
            envelope: operation.envelope,
            failures,
            object,
            parameters,
        }
    }

    /// The code of a failure of this kind: the envelope's, or else an HTTP status.
    pub(super) fn code(&self, kind: ErrorKind) -> Option<String> {
        if let Some(envelope) = &self.envelope {
            let named = envelope.codes.iter().filter(|(code, _)| *code != "default");
            let found = named.into_iter().find(|(_, found)| *found == kind);
            return found.map(|(code, _)| (*code).to_owned());
        }
        let status = |status: &u16| {
            let status = StatusCode::from_u16(*status).unwrap_or_default();
            Error::of_status(status).kind() == kind
        };
        (400..600).find(status).map(|status| status.to_string())
    }

    /// A failure by its status, in the shape that the spec has for it.
    pub(super) fn failure(&self, status: u16, message: &str) -> Value {
        let documented = self
            .failures
            .iter()
            .find(|(documented, _)| *documented == status);
        let any = documented.or(self.failures.first());
        let mut body = any.map(|(_, example)| example.clone()).unwrap_or_default();
        let shaped = body.as_object_mut().is_some_and(|fields| {
            fields
                .values_mut()
                .filter(|value| value.is_number())
                .for_each(|v| *v = json!(status));
            let text = fields.values_mut().find(|value| value.is_string());
            text.map(|text| *text = json!(message)).is_some()
        });
        if shaped {
            body
        } else {
            json!({ "detail": message })
        }
    }

    /// The media type and the schema of the request body.
    pub(super) fn body(&self) -> Option<(&str, &Value)> {
        let content = self.object["requestBody"]["content"].as_object()?;
        content
            .iter()
            .next()
            .map(|(media, body)| (media.as_str(), body))
    }
}

fn example(document: &Value, object: &Value, parameters: &[Value]) -> Example {
    let mut values = Map::new();
    for parameter in parameters {
        let schema = resolve(document, &parameter["schema"]);
        let example = parameter.get("example").or_else(|| schema.get("example"));
        if let (Some(name), Some(example)) = (parameter["name"].as_str(), example) {
            values.insert(name.to_owned(), example.clone());
        }
    }
    let content = object["requestBody"]["content"]
        .as_object()
        .into_iter()
        .flatten();
    for (_, media) in content {
        let credentials = credential_names(document, &media["schema"]);
        let example = media.get("example").or_else(|| {
            let named = media["examples"].as_object()?;
            named.values().next()?.get("value")
        });
        match example {
            Some(Value::Object(body)) => {
                let body = body.clone().into_iter();
                values.extend(body.filter(|(name, _)| !credentials.contains(name)));
            }
            // What sets the items of a body that is a list.
            Some(Value::Array(items)) => drop(values.insert("items".to_owned(), json!(items))),
            _ => {}
        }
    }
    let responses = object["responses"].as_object().into_iter().flatten();
    let success = responses
        .filter(|(status, _)| status.starts_with('2'))
        .map(|(status, reply)| {
            let content = resolve(document, reply)["content"].as_object();
            let reply =
                content.and_then(|content| content.values().next()?.get("example").cloned());
            (status.parse().unwrap_or(200), reply)
        });
    let (status, reply) = success.into_iter().next().unwrap_or((200, None));
    Example {
        parameters: Value::Object(values),
        status,
        reply,
    }
}

/// What the server says to wrong credentials: the envelope's own refusal, or the operation's 401,
/// or its 403 where it documents no 401.
fn refusal(document: &Value, failures: &[(u16, Value)]) -> (u16, Value) {
    if let Some(refusal) = document["x-envelope"].get("refusal") {
        return (200, refusal.clone());
    }
    let documented = |status| {
        failures
            .iter()
            .find(|(failure, _)| *failure == status)
            .cloned()
    };
    documented(401)
        .or(documented(403))
        .unwrap_or_else(|| (401, json!({})))
}

/// The documented failures of an operation, each with its example.
fn failures(document: &Value, object: &Value) -> Vec<(u16, Value)> {
    let responses = object["responses"].as_object().into_iter().flatten();
    let failures = responses.filter_map(|(status, response)| {
        let status = status.parse().ok().filter(|status| *status >= 400)?;
        let content = resolve(document, response)["content"].as_object()?;
        Some((status, content.values().next()?.get("example")?.clone()))
    });
    failures.collect()
}

/// The target of a reference, or the value itself.
pub(super) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|r| r.strip_prefix('#'));
    match target.and_then(|pointer| document.pointer(pointer)) {
        Some(target) => resolve(document, target),
        None => value,
    }
}

/// All properties of a schema, those of `allOf` included, and which of them are required.
pub(super) fn properties<'a>(
    document: &'a Value,
    schema: &'a Value,
) -> (Map<String, Value>, Vec<&'a str>) {
    let schema = resolve(document, schema);
    let mut found = schema["properties"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    let required = schema["required"].as_array().into_iter().flatten();
    let mut required: Vec<&str> = required.filter_map(Value::as_str).collect();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        let (more, needed) = properties(document, part);
        found.extend(more);
        required.extend(needed);
    }
    (found, required)
}

/// What a schema says of properties that it doesn't name, or a part of its `allOf` does.
pub(super) fn additional<'a>(document: &'a Value, schema: &'a Value) -> Option<&'a Value> {
    let schema = resolve(document, schema);
    let mut parts = schema["allOf"].as_array().into_iter().flatten();
    let own = schema.get("additionalProperties");
    own.or_else(|| parts.find_map(|part| additional(document, part)))
}

/// The properties of a form that the client fills in.
pub(super) fn credential_names(document: &Value, schema: &Value) -> Vec<String> {
    let schema = resolve(document, schema);
    let marked = |schema: &Value| schema["x-credentials"] == json!(true);
    if marked(schema) {
        return properties(document, schema).0.keys().cloned().collect();
    }
    let own = schema["properties"].as_object().into_iter().flatten();
    let mut names: Vec<String> = own
        .filter(|(_, property)| marked(property))
        .map(|(name, _)| name.clone())
        .collect();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        names.extend(credential_names(document, part));
    }
    names
}
