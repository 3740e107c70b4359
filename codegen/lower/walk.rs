//! Ways through a document: its operations, its mappings, what a reference names.

use std::collections::BTreeSet;

use heck::ToUpperCamelCase;
use serde_yaml::{Mapping, Value};

pub(super) const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

/// What a reference to a schema begins with.
pub(super) const SCHEMAS: &str = "#/components/schemas/";

/// How many references in a row are followed.
pub(super) const MAX_REFERENCES: usize = 16;

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

/// Every mapping of the tree, an outer one before those in it, except in free JSON and in what no
/// later stage reads. Of schemas it knows nothing: see [`each_schema`].
pub(super) fn each_mapping(value: &mut Value, visit: &mut impl FnMut(&mut Mapping)) {
    const UNREAD: [&str; 6] = [
        "callbacks",
        "default",
        "enum",
        "example",
        "examples",
        "links",
    ];
    match value {
        Value::Mapping(map) => {
            visit(map);
            for (key, child) in map.iter_mut() {
                if !key.as_str().is_some_and(|key| UNREAD.contains(&key)) {
                    each_mapping(child, visit);
                }
            }
        }
        Value::Sequence(list) => list.iter_mut().for_each(|child| each_mapping(child, visit)),
        _ => {}
    }
}

/// Every schema of the components and of the operations' parameters, bodies and replies.
pub(super) fn each_schema(document: &mut Value, visit: &mut impl FnMut(&mut Mapping)) {
    let components = document.get_mut("components");
    let schemas = components.and_then(|components| map(components, "schemas"));
    for (_, schema) in schemas.into_iter().flatten() {
        within(schema, visit);
    }
    each_operation(document, |_, _, operation| {
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_sequence_mut);
        for parameter in parameters.into_iter().flatten() {
            if let Some(schema) = parameter.get_mut("schema") {
                within(schema, visit);
            }
        }
        for body in bodies(operation) {
            for (_, media) in contents(body) {
                if let Some(schema) = media.get_mut("schema") {
                    within(schema, visit);
                }
            }
        }
    });
}

/// A schema and every schema in it, an outer one before those in it: what a visit puts into a
/// schema is visited too. A property may have any name, also that of a keyword.
pub(super) fn within(schema: &mut Value, visit: &mut impl FnMut(&mut Mapping)) {
    let Some(schema) = schema.as_mapping_mut() else {
        return;
    };
    visit(schema);
    for (keyword, value) in schema.iter_mut() {
        match (keyword.as_str(), value) {
            (Some("properties"), Value::Mapping(properties)) => {
                properties.values_mut().for_each(|p| within(p, visit));
            }
            (Some("items" | "additionalProperties" | "not"), value) => within(value, visit),
            (Some("allOf" | "oneOf" | "anyOf"), Value::Sequence(parts)) => {
                parts.iter_mut().for_each(|part| within(part, visit));
            }
            _ => {}
        }
    }
}

/// The request body and the replies of an operation, as far as it has them.
fn bodies(operation: &mut Value) -> Vec<&mut Value> {
    let mut bodies = Vec::new();
    for (key, value) in operation.as_mapping_mut().into_iter().flatten() {
        match (key.as_str(), value) {
            (Some("requestBody"), body) => bodies.push(body),
            (Some("responses"), Value::Mapping(responses)) => {
                bodies.extend(responses.values_mut());
            }
            _ => {}
        }
    }
    bodies
}

/// The media types of a body.
pub(super) fn contents(part: &mut Value) -> impl Iterator<Item = (&str, &mut Value)> {
    let content = map(part, "content").into_iter().flatten();
    content.filter_map(|(media, body)| Some((media.as_str()?, body)))
}

pub(super) fn reference(name: &str) -> Value {
    let mut map = Mapping::new();
    map.insert("$ref".into(), format!("{SCHEMAS}{name}").into());
    Value::Mapping(map)
}

/// The component schema that a reference names.
pub(super) fn schema_name(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()?.strip_prefix(SCHEMAS)
}

/// The name of the type that progenitor makes of a schema of this name.
pub(super) fn type_name(schema: &str) -> String {
    let name = schema.to_upper_camel_case();
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        format!("X{name}")
    } else {
        name
    }
}

/// What `of` makes of the two alternatives of a `oneOf`, whichever stands first.
pub(super) fn either<T>(
    choice: Option<&Value>,
    of: impl Fn(&Value, &Value) -> Option<T>,
) -> Option<T> {
    match choice?.as_sequence()?.as_slice() {
        [one, other] => of(one, other).or_else(|| of(other, one)),
        _ => None,
    }
}

pub(super) fn schema<'a>(document: &'a Value, name: &str) -> Option<&'a Value> {
    document.get("components")?.get("schemas")?.get(name)
}

/// The schema itself, or what it refers to. References in a circle, which `check` refuses, lead
/// nowhere.
pub(super) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let mut value = value;
    for _ in 0..MAX_REFERENCES {
        match schema_name(value).and_then(|name| schema(document, name)) {
            Some(target) => value = target,
            None => break,
        }
    }
    value
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

/// The component schemas that a value refers to, and those that they refer to.
pub(super) fn follow(document: &Value, value: &Value, found: &mut BTreeSet<String>) {
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
