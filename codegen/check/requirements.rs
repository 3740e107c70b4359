//! What objects demand beyond the keys that they must always have.

use serde_yaml::Value;

use super::super::source::{Finding, Path, Segment, Source};
use super::bodies::replies;
use super::document::{Document, Object, entries, list, text};
use super::grammar::Kind;
use super::nearest::suggestion;

/// version: a file of another format, to which no other rule applies.
pub(super) fn no_openapi(source: &Source) -> Option<Finding> {
    let document = source.document();
    if let Some(version) = document.get("swagger") {
        let version = version.as_str().unwrap_or("2.0");
        let path = Path::root().child("swagger");
        let message =
            format!("this is Swagger {version}, not OpenAPI; convert it to OpenAPI 3.0.3");
        return Some(source.finding(&path, "version", message));
    }
    if document.get("openapi").is_some() || document.get("paths").is_some() {
        return None;
    }
    let message = "this is no OpenAPI file: it has neither `openapi` nor `paths`; a spec begins \
                   with `openapi: 3.0.3`";
    Some(source.finding(&Path::root(), "version", message))
}

/// version: 3.1 changed what `nullable`, `example` and `type` mean, and progenitor refuses it.
pub(super) fn version(document: &Document, findings: &mut Vec<Finding>) {
    let Some(version) = text(document.root(), "openapi") else {
        return;
    };
    let patch = version.strip_prefix("3.0.").unwrap_or_default();
    if patch.is_empty() || !patch.bytes().all(|byte| byte.is_ascii_digit()) {
        let message = format!("`{version}` isn't a version that the build reads; write `3.0.3`");
        findings.push(document.finding(&Path::root().child("openapi"), "version", message));
    }
}

/// required-key: keys that another key of the same object makes necessary.
pub(super) fn dependent_keys(document: &Document, findings: &mut Vec<Finding>) {
    for object in document.all().filter(|object| object.reference().is_none()) {
        for (key, reason) in missing_keys(object) {
            let message = format!("{reason}; add `{key}`");
            findings.push(document.finding(&object.path, "required-key", message));
        }
    }
}

/// The keys that an object lacks, each with the reason why it needs one.
fn missing_keys(object: &Object) -> Vec<(&'static str, &'static str)> {
    let mut needed: Vec<(&str, &str)> = Vec::new();
    let kind = object.text("type");
    let location = object.text("in");
    match object.kind {
        Kind::Schema if kind == Some("array") => {
            needed.push(("items", "an array doesn't say what its items are"));
        }
        Kind::SecurityScheme => match kind {
            Some("apiKey") => needed.extend([
                ("name", "an `apiKey` doesn't say the name of its parameter"),
                ("in", "an `apiKey` doesn't say where its parameter goes"),
            ]),
            Some("http") => needed.push(("scheme", "an `http` scheme doesn't say which one it is")),
            Some("oauth2") => needed.push(("flows", "`oauth2` doesn't say its flows")),
            Some("openIdConnect") => {
                needed.push(("openIdConnectUrl", "`openIdConnect` doesn't say its URL"));
            }
            _ => {}
        },
        Kind::OAuthFlow => {
            if ["implicit", "authorizationCode"].contains(&object.name()) {
                needed.push(("authorizationUrl", "this flow begins at a URL"));
            }
            if object.name() != "implicit" {
                needed.push(("tokenUrl", "this flow gets its token from a URL"));
            }
        }
        Kind::Parameter if object.get("content").is_none() => {
            needed.push(("schema", "a parameter doesn't say its type"));
        }
        _ => {}
    }
    needed.retain(|(key, _)| object.get(key).is_none());
    let required = object.get("required").and_then(Value::as_bool);
    if object.kind == Kind::Parameter && location == Some("path") && required != Some(true) {
        needed.push(("required: true", "a path parameter can't be left out"));
    }
    needed
}

/// required-property: a misspelt name in `required` would make nothing required. Members of an
/// `allOf` may require each other's properties, so they are left alone.
pub(super) fn required_properties(document: &Document, findings: &mut Vec<Finding>) {
    for schema in document.objects(Kind::Schema) {
        if schema.via == "allOf" || schema.get("allOf").is_some() {
            continue;
        }
        let names = || entries(schema.value, "properties").map(|(name, _)| name);
        for (index, required) in list(schema.value, "required").iter().enumerate() {
            let Some(required) = required.as_str() else {
                continue;
            };
            if names().any(|name| name == required) {
                continue;
            }
            let rest = "add the property, or remove the name";
            let message = format!(
                "`{required}` is required, but is not a property of this schema{}",
                suggestion(required, names(), rest)
            );
            let path = schema.path.child("required").child(index);
            findings.push(document.finding(&path, "required-property", message));
        }
    }
}

/// closed-object: servers add fields as they please, and a client must not break on them.
pub(super) fn closed_objects(document: &Document, findings: &mut Vec<Finding>) {
    for schema in document.objects(Kind::Schema) {
        if schema.get("additionalProperties").and_then(Value::as_bool) == Some(false) {
            let path = schema.path.child("additionalProperties");
            let message = "`additionalProperties: false` breaks the client when the server adds a \
                           field; remove it";
            findings.push(document.finding(&path, "closed-object", message));
        }
    }
}

/// x-keys: the client fills credentials into a form body; anywhere else the mark does nothing.
/// Which bodies a component is used in is not asked.
pub(super) fn credentials(document: &Document, findings: &mut Vec<Finding>) {
    for schema in document.objects(Kind::Schema) {
        if schema.get("x-credentials").is_none() || is_in_form(&schema.path) {
            continue;
        }
        let path = schema.path.child("x-credentials");
        let message = "credentials are filled into form bodies only; move the mark to a schema or \
                       property of an `application/x-www-form-urlencoded` request body";
        findings.push(document.finding(&path, "x-keys", message));
    }
}

fn is_in_form(path: &Path) -> bool {
    let segments = path.segments();
    let has = |name: &str| {
        segments
            .iter()
            .any(|s| matches!(s, Segment::Key(key) if key == name))
    };
    let is_component = matches!(
        segments,
        [Segment::Key(top), Segment::Key(section), ..] if top == "components" && section == "schemas"
    );
    let in_body = has("requestBody") || has("requestBodies");
    is_component || in_body && has("application/x-www-form-urlencoded")
}

/// x-keys: an exception to an envelope that the document doesn't have, a payload that no reply has,
/// or bounds that no value lies between, would go unnoticed.
pub(super) fn envelopes(document: &Document, findings: &mut Vec<Finding>) {
    for exception in document.objects(Kind::EnvelopeException) {
        if document.root().get("x-envelope").is_none() {
            let message = "this is an exception to the document's `x-envelope`, and there is none; \
                           add it at the top";
            findings.push(document.finding(&exception.path, "x-keys", message));
        }
    }
    for envelope in document.objects(Kind::Envelope) {
        let replies = document
            .operations()
            .flat_map(|(_, o)| replies(document, o));
        let names: Vec<&str> = replies.map(|(name, _)| name).collect();
        if let Some(payload) = envelope.text("payload").filter(|p| !names.contains(p)) {
            let rest = suggestion(payload, names, "name the property that holds the payload");
            let message = format!("no reply has a property `{payload}`{rest}");
            findings.push(document.finding(&envelope.path.child("payload"), "x-keys", message));
        }
    }
    codes(document, findings);
    for results in document.objects(Kind::EnvelopeResults) {
        let bound = |key| results.get(key).and_then(Value::as_i64);
        if let (Some(minimum), Some(maximum)) = (bound("minimum"), bound("maximum"))
            && minimum > maximum
        {
            let message = format!("no value lies between {minimum} and {maximum}; swap the bounds");
            findings.push(document.finding(&results.path, "x-keys", message));
        }
    }
}

/// x-keys: a code that means success can't stand for a failure.
fn codes(document: &Document, findings: &mut Vec<Finding>) {
    let success = document
        .root()
        .get("x-envelope")
        .and_then(|e| e.get("success"));
    let success = success.map(|value| match value {
        Value::String(text) => text.clone(),
        other => serde_yaml::to_string(other)
            .unwrap_or_default()
            .trim()
            .to_owned(),
    });
    for code in document.objects(Kind::EnvelopeCode) {
        if Some(code.name()) == success.as_deref() {
            let message = "this is the value of success; leave it out of the codes of failures";
            findings.push(document.finding(&code.path, "x-keys", message));
        }
    }
}

/// x-keys: without any time no call can succeed.
pub(super) fn timeouts(document: &Document, findings: &mut Vec<Finding>) {
    for (_, operation) in document.operations() {
        let seconds = operation.get("x-timeout").and_then(Value::as_i64);
        if seconds.is_some_and(|seconds| seconds < 1) {
            let message =
                "a timeout is a number of seconds, at least 1; leave it out for the usual 30";
            let path = operation.path.child("x-timeout");
            findings.push(document.finding(&path, "x-keys", message));
        }
    }
}
