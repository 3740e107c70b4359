//! Choices between schemas, and what else has no type.

use std::collections::BTreeSet;

use serde_yaml::{Mapping, Value};

use super::super::source::Finding;
use super::document::{Document, Object, entries, list, text};
use super::grammar::Kind;

/// What isn't in the README's table of choices.
const UNKNOWN: &str = "the generator has no type for this choice; write one of those that \
                       README.md lists for `oneOf`, or leave the type out for any JSON";

/// unsupported: of another choice, typify makes an enum of `Variant0` and `Variant1`. Failures have
/// no types, so that they may be any choice.
pub(super) fn one_of(document: &Document, findings: &mut Vec<Finding>) {
    let typed = typed(document);
    for schema in document.objects(Kind::Schema) {
        let message = match list(schema.value, "oneOf") {
            [] => continue,
            _ if !typed.contains(&address(schema.value)) => continue,
            [_] => "a choice of one is none; write that schema without `oneOf`",
            options if is_known(document, schema, options) => continue,
            _ => UNKNOWN,
        };
        findings.push(document.finding(&schema.path.child("oneOf"), "unsupported", message));
    }
}

fn is_known<'a>(document: &Document<'a>, schema: &Object<'a>, options: &'a [Value]) -> bool {
    let place = document
        .parent(schema)
        .filter(|p| p.kind == Kind::MediaType);
    let place = place.and_then(|media| document.parent(media));
    let place = place.map(|body| body.kind);
    let pair = |one: &'a Value, other: &'a Value| {
        let (object, same) = (document.resolve(one), document.resolve(other));
        let items = same.get("items");
        is_json_text(same) && !is_json_text(object)
            || is_unknown(object, "object") && is_unknown(same, "array")
            || is_id(document, one) && items.is_some_and(|item| is_id(document, item))
            || is_text(same) && is_reference(one) && has_one_text(document, object)
            || is_keyed(object, items)
            || place == Some(Kind::Response) && is_reference(one) && holds_list(object, items)
            || place == Some(Kind::RequestBody) && is_reference(one) && items == Some(one)
    };
    let [one, other] = options else {
        return is_id_of(document, options);
    };
    is_id_of(document, options) || pair(one, other) || pair(other, one)
}

/// unsupported: the items of a body become a type, which has the name of their schema.
pub(super) fn items(document: &Document, findings: &mut Vec<Finding>) {
    for media in document.objects(Kind::MediaType) {
        let in_request = document
            .parent(media)
            .is_some_and(|parent| parent.kind == Kind::RequestBody);
        let schema = media.get("schema").filter(|_| in_request);
        let item = schema.and_then(|schema| document.resolve(schema).get("items"));
        let is_object = |item: &&Value| {
            ["properties", "allOf"]
                .iter()
                .any(|k| item.get(k).is_some())
        };
        if item.filter(is_object).is_some() {
            let message = "the items of this body have no name; put their schema into \
                           `components.schemas`, and refer to it";
            findings.push(document.finding(&media.path.child("schema"), "unsupported", message));
        }
    }
}

/// Whether a parameter of this schema would be an object, or many values; and if those are ids.
pub(super) enum Shape {
    One,
    Ids,
    Many,
    Object,
}

pub(super) fn shape<'a>(document: &Document<'a>, schema: &'a Value) -> Shape {
    let schema = document.resolve(schema);
    let parts = ["oneOf", "allOf"].into_iter();
    let all: Vec<&Value> = parts
        .flat_map(|word| list(schema, word))
        .map(|part| document.resolve(part))
        .chain([schema])
        .collect();
    let is = |kind| move |s: &&&Value| text(s, "type") == Some(kind);
    if all
        .iter()
        .any(|s| is("object")(&s) || s.get("properties").is_some())
    {
        return Shape::Object;
    }
    match all.iter().find(is("array")).map(|many| many.get("items")) {
        None => Shape::One,
        Some(Some(item)) if is_id(document, item) => Shape::Ids,
        Some(_) => Shape::Many,
    }
}

/// An integer or a text. Digits in a path or a query are both, so there it is an `anyOf`.
fn is_id<'a>(document: &Document<'a>, schema: &'a Value) -> bool {
    let choice = |word| list(document.resolve(schema), word);
    is_id_of(document, choice("oneOf")) || is_id_of(document, choice("anyOf"))
}

pub(super) fn is_id_of<'a>(document: &Document<'a>, options: &'a [Value]) -> bool {
    let kinds = options
        .iter()
        .map(|option| text(document.resolve(option), "type"));
    kinds.collect::<BTreeSet<_>>() == BTreeSet::from([Some("integer"), Some("string")])
}

fn is_reference(schema: &Value) -> bool {
    schema.get("$ref").is_some()
}

fn is_text(schema: &Value) -> bool {
    text(schema, "type") == Some("string")
}

fn is_json_text(schema: &Value) -> bool {
    text(schema, "format") == Some("json")
}

/// Whether nothing is said of what is in an object or a list.
fn is_unknown(schema: &Value, kind: &str) -> bool {
    let anything = |inside: &Value| match inside {
        Value::Bool(any) => *any,
        inside => inside.as_mapping().is_some_and(Mapping::is_empty),
    };
    let parts = ["items", "additionalProperties"];
    text(schema, "type") == Some(kind)
        && schema.get("properties").is_none()
        && parts
            .iter()
            .all(|part| schema.get(*part).is_none_or(anything))
}

fn has_one_text<'a>(document: &Document<'a>, schema: &'a Value) -> bool {
    let mut properties = entries(schema, "properties");
    let first = properties.next();
    first.is_some_and(|(_, property)| is_text(document.resolve(property)))
        && properties.next().is_none()
}

/// Whether the items are the values of the map with one property more.
fn is_keyed(map: &Value, items: Option<&Value>) -> bool {
    let Some([same, more]) = items.map(|items| list(items, "allOf")) else {
        return false;
    };
    map.get("additionalProperties") == Some(same) && entries(more, "properties").count() == 1
}

fn holds_list(object: &Value, items: Option<&Value>) -> bool {
    items.is_some() && entries(object, "properties").any(|(_, p)| p.get("items") == items)
}

/// The addresses of all values that types are made of: what operations send, and what they receive
/// on success.
fn typed(document: &Document) -> BTreeSet<usize> {
    let mut typed = BTreeSet::new();
    for (item, operation) in document.operations() {
        let sent = [item.get("parameters"), operation.get("parameters")];
        let body = operation.get("requestBody");
        let received = entries(operation.value, "responses");
        let received = received.filter(|(status, _)| status.starts_with('2'));
        let values = sent.into_iter().flatten().chain(body);
        for value in values.chain(received.map(|(_, response)| response)) {
            follow(document, value, &mut typed);
        }
    }
    typed
}

fn follow<'a>(document: &Document<'a>, value: &'a Value, seen: &mut BTreeSet<usize>) {
    if !seen.insert(address(value)) {
        return;
    }
    let target = document.resolve(value);
    if !std::ptr::eq(target, value) {
        return follow(document, target, seen);
    }
    match value {
        Value::Mapping(map) => map.values().for_each(|child| follow(document, child, seen)),
        Value::Sequence(list) => list.iter().for_each(|child| follow(document, child, seen)),
        _ => {}
    }
}

fn address(value: &Value) -> usize {
    std::ptr::from_ref(value).addr()
}
