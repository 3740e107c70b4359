//! What callers send: parameters, and bodies without what the client fills in.

use std::collections::BTreeSet;

use heck::ToUpperCamelCase;
use serde_yaml::{Mapping, Value};

use super::walk::{
    METHODS, Part, contents, each_mapping, each_operation, entries, is, map, reachable, resolve,
    schema_name, text,
};

/// References to parameters, bodies and responses become what they refer to, so that every later
/// transform has one shape to read. References to schemas stay: they name types.
pub(super) fn inline_components(document: &mut Value) -> Result<usize, String> {
    let sections = document.get("components").cloned().unwrap_or_default();
    let mut changed = 0;
    let mut missing = Vec::new();
    each_mapping(document, &mut |map| {
        let Some(target) = map.get("$ref").and_then(Value::as_str) else {
            return;
        };
        if schema_name(&Value::Mapping(map.clone())).is_some() {
            changed += 1;
            return;
        }
        let path = target
            .strip_prefix("#/components/")
            .and_then(|rest| rest.split_once('/'));
        let found = path.and_then(|(section, name)| sections.get(section)?.get(name));
        match found.and_then(Value::as_mapping) {
            Some(found) => {
                *map = found.clone();
                changed += 1;
            }
            None => missing.push(target.to_owned()),
        }
    });
    if !missing.is_empty() {
        return Err(format!("no such component: {}", missing.join(", ")));
    }
    // What stands at the path is for every operation of it.
    for (_, item) in map(document, "paths").into_iter().flatten() {
        let shared = item
            .as_mapping_mut()
            .and_then(|item| item.shift_remove("parameters"));
        let Some(Value::Sequence(shared)) = shared else {
            continue;
        };
        for (method, operation) in item.as_mapping_mut().into_iter().flatten() {
            if method.as_str().is_some_and(|m| METHODS.contains(&m)) {
                add_parameters(operation, &shared);
            }
        }
    }
    Ok(changed)
}

/// An operation's own parameter wins over one of the same name and place at the path.
fn add_parameters(operation: &mut Value, shared: &[Value]) {
    let Some(operation) = operation.as_mapping_mut() else {
        return;
    };
    let own = operation
        .entry("parameters".into())
        .or_insert(Value::Sequence(Vec::new()));
    let Value::Sequence(own) = own else { return };
    for parameter in shared {
        let same = |o: &Value| ["name", "in"].iter().all(|k| o.get(k) == parameter.get(k));
        if !own.iter().any(same) {
            own.push(parameter.clone());
        }
    }
}

/// Properties that a form sends as JSON text. progenitor knows no `encoding`, and a form of its
/// making can't hold anything nested, so dress makes these serialize themselves as text.
pub(super) fn json_text_properties(document: &mut Value) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    each_operation(document, |_, _, operation| {
        let id = text(operation, "operationId").to_owned();
        let Some(body) = operation.get_mut("requestBody") else {
            return;
        };
        for (_, media) in contents(body) {
            let named = media.get("schema").and_then(schema_name).map(str::to_owned);
            let owner = named.unwrap_or_else(|| body_type(&id));
            let Some(encoding) = media
                .as_mapping_mut()
                .and_then(|m| m.shift_remove("encoding"))
            else {
                continue;
            };
            let json = |e: &Value| text(e, "contentType") == "application/json";
            let names = entries(&encoding)
                .filter(|(_, e)| json(e))
                .map(|(n, _)| n.to_owned());
            found.extend(names.map(|name| (owner.clone(), name)));
        }
    });
    found
}

/// The name that progenitor gives the type of an inline body.
pub(super) fn body_type(operation: &str) -> String {
    format!("{}Body", operation.to_upper_camel_case())
}

/// The client fills in what `x-credentials` marks, so callers never see it: in a body made of
/// several schemas that part goes, and a body of nothing else goes whole.
pub(super) fn drop_credentials(document: &mut Value) -> usize {
    let schemas = document
        .get("components")
        .and_then(|c| c.get("schemas"))
        .cloned();
    let marked = |value: &Value| {
        let named = schema_name(value).and_then(|name| schemas.as_ref()?.get(name));
        is(named.unwrap_or(value), "x-credentials")
    };
    let mut changed = 0;
    each_operation(document, |_, _, operation| {
        let Some(body) = operation.get_mut("requestBody") else {
            return;
        };
        let mut empty = false;
        for (_, media) in contents(body) {
            let Some(schema) = media.get_mut("schema") else {
                continue;
            };
            if marked(schema) {
                empty = true;
                changed += 1;
                continue;
            }
            if let Some(Value::Sequence(parts)) = schema.get_mut("allOf") {
                let before = parts.len();
                parts.retain(|part| !marked(part));
                changed += before - parts.len();
                if let [only] = parts.as_slice() {
                    *schema = only.clone();
                }
            }
        }
        if empty && let Some(operation) = operation.as_mapping_mut() {
            operation.shift_remove("requestBody");
        }
    });
    each_mapping(document, &mut |map| changed += drop_marked_properties(map));
    changed
}

/// The same for single properties of a schema.
fn drop_marked_properties(map: &mut Mapping) -> usize {
    let Some(Value::Mapping(properties)) = map.get_mut("properties") else {
        return 0;
    };
    let marked: Vec<Value> = properties
        .iter()
        .filter(|(_, p)| is(p, "x-credentials"))
        .map(|(n, _)| n.clone())
        .collect();
    for name in &marked {
        properties.shift_remove(name);
    }
    if let Some(Value::Sequence(required)) = map.get_mut("required") {
        required.retain(|name| !marked.contains(name));
    }
    marked.len()
}

/// The type of an inline body is named after its operation; this is what its docs say.
pub(super) fn describe_bodies(document: &mut Value) {
    each_operation(document, |_, _, operation| {
        let id = text(operation, "operationId").to_owned();
        let Some(body) = operation.get_mut("requestBody") else {
            return;
        };
        for (_, media) in contents(body) {
            let Some(schema) = media.get_mut("schema").and_then(Value::as_mapping_mut) else {
                continue;
            };
            if !schema.contains_key("$ref") && !schema.contains_key("description") {
                let description = format!("The parameters of `{id}`.");
                schema.insert("description".into(), description.into());
            }
        }
    });
}

/// Callers must be able to send an empty list, which clears something, and to leave it out, which
/// doesn't. typify never sends an empty list unless the property is nullable.
pub(super) fn nullable_lists_in_requests(document: &mut Value) {
    let original = document.clone();
    let sent = reachable(&original, Part::Requests);
    let received = reachable(&original, Part::Replies);
    let mut visit = |map: &mut Mapping| {
        let required: Vec<Value> = map
            .get("required")
            .and_then(Value::as_sequence)
            .cloned()
            .unwrap_or_default();
        for (name, property) in map
            .get_mut("properties")
            .and_then(Value::as_mapping_mut)
            .into_iter()
            .flatten()
        {
            let resolved = resolve(&original, property);
            let many =
                text(resolved, "type") == "array" || resolved.get("additionalProperties").is_some();
            if many
                && !required.contains(name)
                && let Some(property) = property.as_mapping_mut()
            {
                property.insert("nullable".into(), true.into());
            }
        }
    };
    each_operation(document, |_, _, operation| {
        if let Some(body) = operation.get_mut("requestBody") {
            each_mapping(body, &mut visit);
        }
    });
    for name in sent.difference(&received) {
        let schemas = document
            .get_mut("components")
            .and_then(|c| map(c, "schemas"));
        if let Some(schema) = schemas.and_then(|schemas| schemas.get_mut(name.as_str())) {
            each_mapping(schema, &mut visit);
        }
    }
}
