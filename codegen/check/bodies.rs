//! Bodies of requests and responses: their media types, and that each has an example.

use serde_yaml::Value;

use super::super::source::Finding;
use super::choices::is_id_of;
use super::document::{Document, Object, entries, list, text};
use super::grammar::Kind;
use super::nearest::suggestion;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// example: the mock server answers with it, and the tests decode it.
pub(super) fn examples(document: &Document, findings: &mut Vec<Finding>) {
    for media in document.objects(Kind::MediaType) {
        let parent = document.parent(media).map(|parent| parent.kind);
        let is_body = matches!(parent, Some(Kind::RequestBody | Kind::Response));
        let has_example =
            media.get("example").is_some() || entries(media.value, "examples").next().is_some();
        if is_body && media.get("schema").is_some() && !has_example {
            let message = "this body has no example; add `example`, beside `schema`, with a whole \
                           body as it goes over the wire";
            findings.push(document.finding(&media.path, "example", message));
        }
    }
}

/// unsupported: a body without a schema has no type, and progenitor panics on it.
pub(super) fn schemas(document: &Document, findings: &mut Vec<Finding>) {
    for media in document.objects(Kind::MediaType) {
        let parent = document.parent(media).map(|parent| parent.kind);
        let is_body = matches!(parent, Some(Kind::RequestBody | Kind::Response));
        if is_body && media.get("schema").is_none() {
            let message = "this body has no `schema`; describe what is in it, or leave `content` \
                           out if nothing is";
            findings.push(document.finding(&media.path, "unsupported", message));
        }
    }
}

/// one-media-type: progenitor panics on a second one of a request, and types JSON replies alone.
pub(super) fn media_types(document: &Document, findings: &mut Vec<Finding>) {
    for (kind, supported) in [
        (Kind::RequestBody, &[JSON, FORM][..]),
        (Kind::Response, &[JSON]),
    ] {
        let advice = format!("`{}`", supported.join("` or `"));
        for body in document.objects(kind) {
            let path = body.path.child("content");
            let types: Vec<_> = entries(body.value, "content")
                .map(|(name, _)| name)
                .collect();
            let message = match types.len() {
                0 if kind == Kind::RequestBody => {
                    format!("this body has no media type; add {advice}")
                }
                0 | 1 => String::new(),
                _ => format!("the generator takes one media type a body; keep one, {advice}"),
            };
            if !message.is_empty() {
                findings.push(document.finding(&path, "one-media-type", message));
            }
            for name in types.into_iter().filter(|name| !supported.contains(name)) {
                let message = format!("the generator can't do `{name}` here, only {advice}");
                findings.push(document.finding(&path.child(name), "unsupported", message));
            }
        }
    }
}

/// unsupported: progenitor sends the fields of a form as plain values; a list or an object fails
/// when the call is made. One that is sent as JSON text says so in `encoding`.
pub(super) fn form_fields(document: &Document, findings: &mut Vec<Finding>) {
    for form in document
        .objects(Kind::MediaType)
        .filter(|media| media.name() == FORM)
    {
        let Some(schema) = form.get("schema") else {
            continue;
        };
        for (name, property) in properties(document, schema, &mut Vec::new()) {
            let encoding = form.get("encoding").and_then(|encoding| encoding.get(name));
            let is_json = encoding.and_then(|e| text(e, "contentType")) == Some(JSON);
            let Some(kind @ ("array" | "object")) = text(document.resolve(property), "type") else {
                continue;
            };
            if !is_json {
                let message = format!(
                    "the field `{name}` is an {kind}, which a form can't send; if the server reads \
                     JSON text in it, add `encoding: {{{name}: {{contentType: {JSON}}}}}`"
                );
                findings.push(document.finding(&form.path.child("schema"), "unsupported", message));
            }
        }
    }
}

/// unsupported: of `encoding`, the build reads fields of a form that hold JSON text, no more.
pub(super) fn encodings(document: &Document, findings: &mut Vec<Finding>) {
    for encoding in document.objects(Kind::Encoding) {
        let Some(media) = document.parent(encoding) else {
            continue;
        };
        let schema = media.get("schema").unwrap_or(&Value::Null);
        let fields = properties(document, schema, &mut Vec::new());
        let fields = || fields.iter().map(|(name, _)| *name);
        let message = if media.name() != FORM || encoding.text("contentType") != Some(JSON) {
            format!(
                "an encoding must be of a field of a form, with `contentType: {JSON}` for JSON \
                     text; the generator knows no other"
            )
        } else if !fields().any(|field| field == encoding.name()) {
            let rest = "correct the name, or add the field";
            let name = encoding.name();
            format!(
                "the form has no field `{name}`{}",
                suggestion(name, fields(), rest)
            )
        } else {
            continue;
        };
        findings.push(document.finding(&encoding.path, "unsupported", message));
    }
}

/// The properties of a schema, those of its `allOf` included.
pub(super) fn properties<'a>(
    document: &Document<'a>,
    schema: &'a Value,
    seen: &mut Vec<&'a Value>,
) -> Vec<(&'a str, &'a Value)> {
    let schema = document.resolve(schema);
    if seen.iter().any(|known| std::ptr::eq(*known, schema)) {
        return Vec::new();
    }
    seen.push(schema);
    let mut all: Vec<_> = entries(schema, "properties").collect();
    for member in list(schema, "allOf") {
        all.extend(properties(document, member, seen));
    }
    all
}

/// The properties of an operation's successful reply, in any shape that it may have.
pub(super) fn replies<'a>(
    document: &Document<'a>,
    operation: &Object<'a>,
) -> Vec<(&'a str, &'a Value)> {
    let success = entries(operation.value, "responses").filter(|(s, _)| s.starts_with('2'));
    let contents = success.flat_map(|(_, reply)| entries(document.resolve(reply), "content"));
    let schemas = contents.filter_map(|(_, media)| media.get("schema"));
    schemas
        .flat_map(|schema| alternatives(document, schema))
        .collect()
}

/// The properties of a schema, and of all schemas that it may be.
pub(super) fn alternatives<'a>(
    document: &Document<'a>,
    schema: &'a Value,
) -> Vec<(&'a str, &'a Value)> {
    let options = list(document.resolve(schema), "oneOf").iter();
    options
        .chain([schema])
        .flat_map(|schema| properties(document, schema, &mut Vec::new()))
        .collect()
}

/// unsupported: progenitor makes one struct of all members of an `anyOf`, which decodes nothing
/// but objects. An integer or text has a type of the crate.
pub(super) fn any_of(document: &Document, findings: &mut Vec<Finding>) {
    let is_object = |schema: &Value| {
        let schema = document.resolve(schema);
        text(schema, "type") == Some("object") || schema.get("properties").is_some()
    };
    for schema in document.objects(Kind::Schema) {
        let options = list(schema.value, "anyOf");
        let is_read = options.iter().all(is_object) || is_id_of(document, options);
        if schema.get("anyOf").is_some() && !is_read {
            let message = "the generator can't read an `anyOf` of anything but objects, or an integer \
                 and text; use `oneOf`";
            findings.push(document.finding(&schema.path.child("anyOf"), "unsupported", message));
        }
    }
}
