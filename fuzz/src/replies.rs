//! Replies of every operation, through judge and decoding.

use std::error::Error as _;
use std::fmt::{self, Write};
use std::sync::LazyLock;

use hosting_apis::mock::Payload;
use hosting_apis::{Api, Error, ErrorKind, Operation, StatusCode};
use hosting_apis::{boardmate, cdnfly, kiwivm, vps_org};
use serde_json::{Map, Value};

use crate::choices::Choices;
use crate::is_line;
use crate::json::{Node, VALUE, VALUE_NUMBER};

/// What stands wherever a reply's schema has a secret.
const SECRET: &str = "hush_secret_made_up";

/// An operation of any API, with what its spec says of replies.
struct Entry {
    operation: &'static Operation,
    read: fn(&str, StatusCode, Vec<u8>) -> Result<Payload, Error>,
    spec: &'static Value,
    /// The status of a success, its schema and its example, if it has a body.
    status: StatusCode,
    schema: &'static Value,
    example: &'static Value,
    /// What to mutate: the example, a reply with every property, and those of failures.
    bodies: Vec<Value>,
    /// The names in the spec's envelope and in failures, and codes.
    words: Vec<String>,
}

macro_rules! apis {
    ($($api:ident),* $(,)?) => {
        /// Every operation of every API.
        static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
            let mut all = Vec::new();
            $({
                let spec = spec::<$api::Credentials>();
                let operations = $api::OPERATIONS.iter();
                all.extend(operations.map(|operation| {
                    Entry::new(spec, operation, |id, status, body| {
                        $api::Client::read(id, status, body)
                    })
                }));
            })*
            all
        });

        /// The specs, by the names of their modules.
        pub fn specs() -> Vec<(&'static str, &'static str)> {
            vec![$((stringify!($api), <$api::Credentials as Api>::SPEC)),*]
        }
    };
}

apis!(boardmate, cdnfly, kiwivm, vps_org);

fn spec<A: Api>() -> &'static Value {
    let spec = serde_json::from_str(A::SPEC).expect("the embedded spec is JSON");
    Box::leak(Box::new(spec))
}

impl Entry {
    fn new(
        spec: &'static Value,
        operation: &'static Operation,
        read: fn(&str, StatusCode, Vec<u8>) -> Result<Payload, Error>,
    ) -> Self {
        let object = &spec["paths"][operation.path][operation.method.to_lowercase()];
        let responses = object["responses"].as_object().into_iter().flatten();
        let (mut status, mut schema, mut example) = (StatusCode::OK, &Value::Null, &Value::Null);
        let mut bodies = Vec::new();
        let mut words = vec!["data".to_owned(), "detail".to_owned(), "status".to_owned()];
        for (code, response) in responses {
            let content = resolved(spec, response)["content"].as_object();
            let media = content.and_then(|content| content.values().next());
            let found = media.map_or(&Value::Null, |media| &media["example"]);
            bodies.extend(Some(found.clone()).filter(|found| !found.is_null()));
            if let Some(code) = code.parse().ok().filter(StatusCode::is_success) {
                status = code;
                schema = media.map_or(&Value::Null, |media| &media["schema"]);
                example = found;
                bodies.push(full(spec, schema, operation));
            } else if let Some(object) = found.as_object() {
                words.extend(object.keys().cloned());
            }
        }
        let refusal = &spec["x-envelope"]["refusal"];
        bodies.extend(Some(refusal.clone()).filter(|refusal| !refusal.is_null()));
        if let Some(envelope) = operation.envelope {
            words.extend([envelope.field, envelope.message, envelope.success].map(str::to_owned));
            words.extend(envelope.details.iter().map(|name| (*name).to_owned()));
        }
        words.sort();
        words.dedup();
        Entry {
            operation,
            read,
            spec,
            status,
            schema,
            example,
            bodies,
            words,
        }
    }

    fn is_of(&self, api: &str) -> bool {
        let name = self.operation.name.split_once('.');
        name.is_some_and(|(module, _)| module == api)
    }
}

fn resolved<'a>(spec: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().and_then(|to| to.strip_prefix('#'));
    match target.and_then(|pointer| spec.pointer(pointer)) {
        Some(target) => resolved(spec, target),
        None => value,
    }
}

/// A successful reply with everything that its schema knows.
fn full(spec: &Value, schema: &Value, operation: &Operation) -> Value {
    let mut reply = made(spec, schema, 0);
    if let (Some(envelope), Some(fields)) = (operation.envelope, reply.as_object_mut()) {
        fields.insert(envelope.field.to_owned(), envelope.success.into());
        fields.retain(|name, _| !envelope.details.contains(&name.as_str()));
    }
    reply
}

/// A value that fits a schema.
fn made(spec: &Value, schema: &Value, depth: usize) -> Value {
    let schema = resolved(spec, schema);
    if depth > 12 {
        return Value::Null;
    }
    if let Some(first) = schema["oneOf"].get(0) {
        return made(spec, first, depth + 1);
    }
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    match schema["type"].as_str() {
        Some("integer") => 7.into(),
        Some("number") => 1.5.into(),
        Some("boolean") => true.into(),
        Some("string") => "made up".into(),
        Some("array") => vec![made(spec, &schema["items"], depth + 1)].into(),
        _ => {
            let mut object = Map::new();
            for part in schema["allOf"].as_array().into_iter().flatten() {
                if let Value::Object(more) = made(spec, part, depth + 1) {
                    object.extend(more);
                }
            }
            for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                object.insert(name.clone(), made(spec, property, depth + 1));
            }
            if schema["additionalProperties"].is_object() {
                let value = made(spec, &schema["additionalProperties"], depth + 1);
                object.insert("some".to_owned(), value);
            }
            object.into()
        }
    }
}

/// Puts [`SECRET`] wherever a schema has a secret and a reply has text or a number. Nothing else
/// that a server sends is promised to be hidden.
fn mark(spec: &Value, schema: &Value, node: &mut Node, depth: usize) {
    if depth > 60 {
        return;
    }
    let schema = resolved(spec, schema);
    if schema["format"] == "password" {
        match node {
            Node::Text(text) if !text.is_empty() => SECRET.clone_into(text),
            _ => {}
        }
        return;
    }
    for key in ["allOf", "oneOf"] {
        for part in schema[key].as_array().into_iter().flatten() {
            mark(spec, part, node, depth + 1);
        }
    }
    match node {
        Node::List(list) => {
            for item in list {
                mark(spec, &schema["items"], item, depth + 1);
            }
        }
        Node::Object(entries) => {
            for (key, value) in entries {
                let property = schema["properties"].get(key.as_str());
                let other = || &schema["additionalProperties"];
                mark(spec, property.unwrap_or_else(other), value, depth + 1);
            }
        }
        // JSON text is read as what it says.
        Node::Text(text) if text.starts_with(['[', '{']) => {
            if let Ok(value) = serde_json::from_str::<Value>(text) {
                let mut inner = Node::from(&value);
                mark(spec, schema, &mut inner, depth + 1);
                *text = inner.to_string();
            }
        }
        _ => {}
    }
}

/// What an input stands for.
struct Case {
    entry: &'static Entry,
    status: StatusCode,
    body: Vec<u8>,
    /// The example itself, which must be read.
    example: bool,
    /// Whether every secret in it is [`SECRET`].
    marked: bool,
}

const STATUSES: [u16; 24] = [
    200, 200, 200, 200, 201, 202, 204, 299, 400, 401, 402, 403, 404, 405, 409, 422, 429, 500, 502,
    503, 100, 302, 600, 999,
];

impl Case {
    /// The first bytes choose the operation, the status and how the rest is a body: as it is, or as
    /// changes to one of the spec's.
    fn of(data: &[u8]) -> Self {
        let mut choices = Choices::of(data);
        let entry = &ENTRIES[usize::from(choices.number()) % ENTRIES.len()];
        let status = match choices.byte() {
            0..128 => entry.status,
            128..224 => code(*choices.pick(&STATUSES)),
            _ => code(100 + choices.number() % 900),
        };
        let which = choices.byte();
        let whole = |body: Vec<u8>| Case {
            entry,
            status,
            body,
            example: false,
            marked: false,
        };
        if which >= 192 || entry.bodies.is_empty() {
            return whole(choices.rest().to_vec());
        }
        let body = &entry.bodies[usize::from(which % 64) % entry.bodies.len()];
        if choices.is_over() {
            return Case {
                example: body == entry.example && status == entry.status,
                ..whole(body.to_string().into())
            };
        }
        let mut node = Node::from(body);
        for _ in 0..12 {
            if choices.is_over() {
                break;
            }
            node.mutate(&mut choices, &entry.words);
        }
        // A failure's text is the vendor's message, whatever stands in it.
        let success = status.is_success();
        if success {
            mark(entry.spec, entry.schema, &mut node, 0);
        }
        let mut body = node.to_string().into_bytes();
        let mut marked = success;
        // As a connection breaks, or a server prints something in between.
        for _ in 0..usize::from(which >= 160) * 4 {
            if choices.is_over() || body.is_empty() {
                break;
            }
            marked = false;
            let (what, place) = (choices.byte(), usize::from(choices.number()) % body.len());
            match what % 4 {
                0 => body.truncate(place),
                1 => body[place] = choices.byte(),
                2 => body.insert(place, choices.byte()),
                _ => drop(body.remove(place)),
            }
        }
        Case {
            marked,
            ..whole(body)
        }
    }

    fn read(&self) -> Result<Payload, Error> {
        (self.entry.read)(self.entry.operation.id, self.status, self.body.clone())
    }
}

fn code(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::OK)
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.entry.operation.name;
        writeln!(f, "{name}, HTTP {}", self.status.as_u16())?;
        let body = String::from_utf8_lossy(&self.body);
        match body.char_indices().nth(4000) {
            Some((end, _)) => write!(f, "{}… ({} bytes)", &body[..end], self.body.len()),
            None => f.write_str(&body),
        }
    }
}

pub fn show(data: &[u8]) -> String {
    Case::of(data).to_string()
}

/// The example of every operation as it is, to be mutated, and as bytes.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (index, entry) in ENTRIES.iter().enumerate() {
        let index = u16::try_from(index).unwrap_or_default().to_le_bytes();
        for body in 0..entry.bodies.len() {
            let body = u8::try_from(body).unwrap_or_default();
            seeds.push(vec![index[0], index[1], 0, body]);
        }
        let mut raw = vec![index[0], index[1], 0, 192];
        raw.extend(entry.example.to_string().into_bytes());
        seeds.push(raw);
    }
    seeds
}

/// Finds that a reply is read, or refused as promised.
pub fn run(data: &[u8]) -> String {
    let case = Case::of(data);
    match case.read() {
        Ok(payload) => {
            assert!(case.status.is_success(), "a failure is taken for a success");
            if case.marked {
                assert!(!payload.debug.contains(SECRET), "Debug shows a secret");
            }
            read_again(&case, &payload);
            "read".to_owned()
        }
        Err(error) => {
            assert!(!case.example, "the example is refused: {error}");
            refused(&case, &error);
            error.kind().to_string()
        }
    }
}

/// What was read is read from itself as the same.
fn read_again(case: &Case, payload: &Payload) {
    // Values of null are left out when a payload is encoded, and without any it isn't believed.
    let is_empty = payload.json.as_object().is_some_and(Map::is_empty);
    let Some(body) = enveloped(case.entry.operation, &payload.json).filter(|_| !is_empty) else {
        return;
    };
    let again = Case {
        body: body.to_string().into(),
        ..*case
    };
    match again.read() {
        Ok(again) => {
            let same = without_nulls(&again.json) == without_nulls(&payload.json);
            assert!(
                same,
                "read again, it is something else:\n{body}\n{}",
                again.json
            );
        }
        Err(error) => {
            // What was a number may be what failures are told by, now that it is text.
            let judged = error.kind() != ErrorKind::Decode;
            assert!(judged, "can't be read again: {error}\n{body}");
        }
    }
}

/// What is null may be left out as well.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Array(list) => list.iter().map(without_nulls).collect(),
        Value::Object(map) => {
            let some = map.iter().filter(|(_, value)| !value.is_null());
            let some = some.map(|(name, value)| (name.clone(), without_nulls(value)));
            Value::Object(some.collect())
        }
        other => other.clone(),
    }
}

/// A payload in a reply that says success; `None` if its envelope has no place for it.
fn enveloped(operation: &Operation, payload: &Value) -> Option<Value> {
    let Some(envelope) = operation.envelope else {
        return Some(payload.clone());
    };
    let mut reply = Map::new();
    match (envelope.payload, payload) {
        (Some(field), payload) => drop(reply.insert(field.to_owned(), payload.clone())),
        (None, Value::Object(payload)) => reply.extend(payload.clone()),
        (None, Value::Null) => {}
        (None, _) => return None,
    }
    if envelope.results.is_none() || !reply.contains_key(envelope.field) {
        reply.insert(envelope.field.to_owned(), envelope.success.into());
    }
    Some(reply.into())
}

/// The longest text of an error: what it is of and what it is, the vendor's code, message and
/// reason at 300 characters and an ellipsis each, and what stands between.
const LONGEST: usize = 3 * 301 + 200;

fn refused(case: &Case, error: &Error) {
    let Case { entry, status, .. } = case;
    let foreign = is_text(&case.body) || is_of_another(entry, *status, &case.body);
    let fits = fits(entry, *status, error.kind(), foreign);
    assert!(fits, "{error}: the kind");
    assert_eq!(error.operation(), Some(entry.operation.name));
    assert_eq!(error.status(), Some(*status));
    assert_eq!((error.attempts(), error.retry_after()), (0, None));
    let text = error.to_string();
    assert!(is_line(&text, LONGEST), "no line: {text:?}");
    if let Some(body) = error.body() {
        let unread = matches!(
            error.kind(),
            ErrorKind::Decode | ErrorKind::UnexpectedResponse
        );
        let is_json = serde_json::from_slice::<Map<String, Value>>(&case.body).is_ok();
        assert!(unread || !is_json || foreign, "{error}: keeps the body");
        assert!(body.chars().count() <= 1024, "keeps too much of the body");
    }
    if let Some(progress) = kiwivm::LockProgress::of(error) {
        let text = progress.to_string();
        assert!(is_line(&text, LONGEST), "no line: {text:?}");
    }

    let mut shown = format!("{text}\n{error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(shown, "\n{cause}\n{cause:?}");
        source = cause.source();
    }
    if case.marked {
        assert!(!shown.contains(SECRET), "a secret is shown: {shown}");
    }
    // What is a text, or the envelope's own message, is shown.
    if error.kind() == ErrorKind::Decode && !foreign && error.message().is_none() {
        for value in [VALUE, VALUE_NUMBER] {
            assert!(!shown.contains(value), "a value is shown: {shown}");
        }
    }
}

/// Whether a body is a text or a page, and so not the API's own.
fn is_text(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let is_json = serde_json::from_slice::<Value>(body).is_ok_and(|value| !value.is_string());
    !is_json && !body.trim_ascii().is_empty()
}

/// Whether a failure by its status lacks what the API's own always have.
fn is_of_another(entry: &Entry, status: StatusCode, body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let fields = serde_json::from_slice::<Map<String, Value>>(body).unwrap_or_default();
    let lacks = |name: &str| fields.get(name).is_none_or(Value::is_null);
    let lacks_own = match entry.operation.envelope {
        Some(envelope) => lacks(envelope.field),
        None if entry.is_of("vps_org") => lacks("detail"),
        // In the later generation, the code stands in the detail.
        None => lacks("code") && fields.get("detail").is_none_or(|d| d["code"].is_null()),
    };
    !status.is_success() && lacks_own
}

/// Whether a reply of a status may be a failure of a kind. `text` says that it isn't JSON.
fn fits(entry: &Entry, status: StatusCode, kind: ErrorKind, text: bool) -> bool {
    use ErrorKind::*;
    let by_code = [Api, Authentication, InvalidInput, Locked, PermissionDenied];
    let enveloped = entry.operation.envelope.is_some() && by_code.contains(&kind);
    if status.is_success() {
        let server = entry.is_of("boardmate") && kind == Server;
        let server = server || entry.is_of("vps_org") && kind == Api;
        let exists = entry.operation.name == "cdnfly.createUser" && kind == Conflict;
        return enveloped || server || exists || matches!(kind, Decode | UnexpectedResponse);
    }
    let expected = match status.as_u16() {
        300..400 => UnexpectedResponse,
        400 | 422 => InvalidInput,
        401 => Authentication,
        402 => PaymentRequired,
        403 if entry.is_of("boardmate") => Authentication,
        403 => PermissionDenied,
        404 => NotFound,
        409 => Conflict,
        429 => RateLimited,
        500..600 => Server,
        _ => Api,
    };
    // What isn't the API's own counts by its status only if that means itself.
    let means_itself = matches!(status.as_u16(), 401 | 403 | 429 | 500..);
    let foreign = text && !means_itself && kind == UnexpectedResponse;
    let page = kind == PermissionDenied && status == StatusCode::FORBIDDEN;
    kind == expected || foreign || page || enveloped && kind != Api
}
