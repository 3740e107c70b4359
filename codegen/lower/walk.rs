//! Ways through a document: its operations, its mappings, what a reference names.

use std::collections::BTreeSet;

use serde_yaml::{Mapping, Value};

pub(super) const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

pub(super) fn map<'a>(value: &'a mut Value, key: &str) -> Option<&'a mut Mapping> {
    value.get_mut(key).and_then(Value::as_mapping_mut)
}

pub(super) fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let map = value.as_mapping().into_iter().flatten();
    map.filter_map(|(key, value)| Some((key.as_str()?, value)))
}

pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn is(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

/// Every operation with its path and method.
pub(super) fn each_operation(document: &mut Value, mut visit: impl FnMut(&str, &str, &mut Value)) {
    let paths = map(document, "paths").into_iter().flatten();
    for (path, item) in paths {
        let Some(path) = path.as_str() else { continue };
        for (method, operation) in item.as_mapping_mut().into_iter().flatten() {
            if let Some(method) = method.as_str().filter(|m| METHODS.contains(m)) {
                visit(path, method, operation);
            }
        }
    }
}

/// Every mapping of the tree, children first, except inside examples.
pub(super) fn each_mapping(value: &mut Value, visit: &mut impl FnMut(&mut Mapping)) {
    match value {
        Value::Mapping(map) => {
            for (key, child) in map.iter_mut() {
                if !matches!(
                    key.as_str(),
                    Some("example" | "examples" | "default" | "enum")
                ) {
                    each_mapping(child, visit);
                }
            }
            visit(map);
        }
        Value::Sequence(list) => list.iter_mut().for_each(|child| each_mapping(child, visit)),
        _ => {}
    }
}

/// The schemas of all request bodies, and of all success replies.
pub(super) fn contents(part: &mut Value) -> impl Iterator<Item = (&str, &mut Value)> {
    let content = map(part, "content").into_iter().flatten();
    content.filter_map(|(media, body)| Some((media.as_str()?, body)))
}

pub(super) fn reference(name: &str) -> Value {
    let mut map = Mapping::new();
    map.insert("$ref".into(), format!("#/components/schemas/{name}").into());
    Value::Mapping(map)
}

/// The component schema that a reference names.
pub(super) fn schema_name(value: &Value) -> Option<&str> {
    value
        .get("$ref")?
        .as_str()?
        .strip_prefix("#/components/schemas/")
}

pub(super) fn schema<'a>(document: &'a Value, name: &str) -> Option<&'a Value> {
    document.get("components")?.get("schemas")?.get(name)
}

/// The schema itself, or what it refers to.
pub(super) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match schema_name(value).and_then(|name| schema(document, name)) {
        Some(target) => resolve(document, target),
        None => value,
    }
}

/// Which half of an operation.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// Parameters and bodies.
    Requests,
    /// Successful replies.
    Replies,
}

/// The component schemas that operations send, or receive.
pub(super) fn reachable(document: &Value, part: Part) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut copy = document.clone();
    each_operation(&mut copy, |_, _, operation| {
        let keys: &[&str] = match part {
            Part::Requests => &["parameters", "requestBody"],
            Part::Replies => &["responses"],
        };
        for value in keys.iter().filter_map(|key| operation.get(key)) {
            follow(document, value, &mut found);
        }
    });
    found
}

fn follow(document: &Value, value: &Value, found: &mut BTreeSet<String>) {
    if let Some(name) = schema_name(value) {
        if found.insert(name.to_owned())
            && let Some(target) = schema(document, name)
        {
            follow(document, target, found);
        }
        return;
    }
    match value {
        Value::Mapping(map) => map
            .values()
            .for_each(|child| follow(document, child, found)),
        Value::Sequence(list) => list.iter().for_each(|child| follow(document, child, found)),
        _ => {}
    }
}
