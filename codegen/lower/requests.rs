//! What callers send: parameters, and bodies without what the client fills in.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::{Mapping, Value};

use super::Items;
use super::merged::Merged;
use super::walk::{
    MAX_REFERENCES, METHODS, Part, contents, each_mapping, each_operation, each_schema, either,
    entries, is, map, reachable, resolve, schema_name, text, type_name, within,
};

/// References to parameters, bodies and responses become what they refer to, so that every later
/// transform has one shape to read. References to schemas stay: they name types.
pub(super) fn inline_components(document: &mut Value) -> Result<usize, String> {
    let sections = document.get("components").cloned().unwrap_or_default();
    let mut changed = 0;
    let mut problems = Vec::new();
    each_mapping(document, &mut |map| {
        // A component may itself be a reference to another one.
        for _ in 0..MAX_REFERENCES {
            let Some(target) = map.get("$ref").and_then(Value::as_str) else {
                return;
            };
            changed += 1;
            let path = target
                .strip_prefix("#/components/")
                .and_then(|rest| rest.split_once('/'));
            let found = match path {
                Some(("schemas", _)) => return,
                Some((section, name)) => sections.get(section).and_then(|all| all.get(name)),
                None => None,
            };
            let Some(found) = found.and_then(Value::as_mapping) else {
                problems.push(format!("no such component: {target}"));
                return;
            };
            *map = found.clone();
        }
        problems.push("components refer to each other in a circle".to_owned());
    });
    if !problems.is_empty() {
        return Err(problems.join("; "));
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
            let named = media.get("schema").and_then(schema_name).map(type_name);
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

/// A JSON body that is a list of objects, or one object or a list of them, becomes the object: its
/// properties are what callers set, and dress adds a setter for many. progenitor would make an enum
/// of `Variant0` and `Variant1`, or a bare list with nothing to set. By the operation's id.
pub(super) fn fold_items(document: &mut Value) -> Result<BTreeMap<String, Items>, String> {
    let original = document.clone();
    let mut found = BTreeMap::new();
    let mut problems = Vec::new();
    each_operation(document, |_, _, operation| {
        let id = text(operation, "operationId").to_owned();
        let Some(body) = operation.get_mut("requestBody") else {
            return;
        };
        for (_, media) in contents(body).filter(|(name, _)| *name == "application/json") {
            let schema = media.get("schema").unwrap_or(&Value::Null);
            let found_items = items(resolve(&original, schema));
            let Some((item, or_one)) = found_items.filter(|(item, _)| is_object(&original, item))
            else {
                continue;
            };
            let Some(name) = schema_name(&item) else {
                problems.push(format!(
                    "{id}: the items of its body have no name: put their schema into \
                     `components/schemas` and refer to it"
                ));
                continue;
            };
            let schema = type_name(name);
            found.insert(id.clone(), Items { schema, or_one });
            if let Some(media) = media.as_mapping_mut() {
                media.insert("schema".into(), item);
            }
        }
    });
    match problems.as_slice() {
        [] => Ok(found),
        _ => Err(problems.join("; ")),
    }
}

/// The items of a list, and whether one of them may stand for the list.
fn items(schema: &Value) -> Option<(Value, bool)> {
    if let Some(item) = schema.get("items") {
        return Some((item.clone(), false));
    }
    either(schema.get("oneOf"), |one, many| {
        (many.get("items") == Some(one)).then(|| (one.clone(), true))
    })
}

/// Whether a schema becomes a struct, whose fields can be set.
fn is_object(document: &Value, schema: &Value) -> bool {
    let mut merged = Merged::default();
    merged.add(document, schema, 0).is_ok() && !merged.properties.is_empty()
}

/// The name that progenitor gives the type of an inline body.
pub(super) fn body_type(operation: &str) -> String {
    format!("{}Body", type_name(operation))
}

/// The client fills in what `x-credentials` marks, so callers never see it: marked parts and
/// properties go, and so does a body of nothing else.
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
    each_schema(document, &mut |schema| {
        // The part that is left may be made of several as well.
        loop {
            match drop_marked_parts(schema, &marked) {
                0 => break,
                dropped => changed += dropped,
            }
        }
        changed += drop_marked_properties(schema, &marked);
    });
    let original = document.clone();
    each_operation(document, |_, _, operation| {
        let Some(body) = operation.get_mut("requestBody") else {
            return;
        };
        let schemas = contents(body).filter_map(|(_, media)| media.get("schema"));
        let whole: Vec<bool> = schemas
            .map(|schema| marked(schema) || is_emptied(resolve(&original, schema)))
            .collect();
        if whole.contains(&true)
            && let Some(operation) = operation.as_mapping_mut()
        {
            operation.shift_remove("requestBody");
            changed += 1;
        }
    });
    changed
}

/// In a schema that is made of several.
fn drop_marked_parts(schema: &mut Mapping, marked: &impl Fn(&Value) -> bool) -> usize {
    let Some(Value::Sequence(parts)) = schema.get_mut("allOf") else {
        return 0;
    };
    let before = parts.len();
    parts.retain(|part| !marked(part));
    let dropped = before - parts.len();
    let only = match parts.as_slice() {
        [Value::Mapping(only)] => Some(only.clone()),
        _ => None,
    };
    // What is left of the whole is named after the part, or after the operation.
    if dropped > 0
        && let Some(only) = only
        && schema.len() == 1
    {
        *schema = only;
    }
    dropped
}

/// The same for single properties.
fn drop_marked_properties(schema: &mut Mapping, marked: &impl Fn(&Value) -> bool) -> usize {
    let Some(Value::Mapping(properties)) = schema.get_mut("properties") else {
        return 0;
    };
    let before = properties.len();
    let mut dropped = Vec::new();
    properties.retain(|name, property| {
        let keep = !marked(property);
        if !keep {
            dropped.push(name.clone());
        }
        keep
    });
    let changed = before - properties.len();
    if let Some(Value::Sequence(required)) = schema.get_mut("required") {
        required.retain(|name| !dropped.contains(name));
    }
    changed
}

/// Whether an object has no property, or no longer any.
fn is_emptied(schema: &Value) -> bool {
    let properties = schema.get("properties").and_then(Value::as_mapping);
    let parts = schema.get("allOf").and_then(Value::as_sequence);
    (properties.is_some() || parts.is_some())
        && properties.is_none_or(Mapping::is_empty)
        && parts.is_none_or(|parts| parts.iter().all(is_emptied))
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
    let mut visit = |schema: &mut Mapping| {
        let required = schema.get("required").and_then(Value::as_sequence).cloned();
        let required = required.unwrap_or_default();
        let properties = schema.get_mut("properties").and_then(Value::as_mapping_mut);
        for (name, property) in properties.into_iter().flatten() {
            let many = text(property, "type") == "array"
                || text(property, "type") == "object" && property.get("properties").is_none();
            if many
                && !required.contains(name)
                && let Some(property) = property.as_mapping_mut()
            {
                property.insert("nullable".into(), true.into());
            }
        }
    };
    each_operation(document, |_, _, operation| {
        let Some(body) = operation.get_mut("requestBody") else {
            return;
        };
        for (_, media) in contents(body) {
            if let Some(schema) = media.get_mut("schema") {
                within(schema, &mut visit);
            }
        }
    });
    let mut schemas = document
        .get_mut("components")
        .and_then(|c| map(c, "schemas"));
    for name in sent.difference(&received) {
        if let Some(schema) = schemas.as_mut().and_then(|s| s.get_mut(name.as_str())) {
            within(schema, &mut visit);
        }
    }
}
