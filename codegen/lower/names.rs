//! Names for the schemas that become types and have none of their own.

use serde_yaml::{Mapping, Value};

use super::requests::body_type;
use super::walk::{SCHEMAS, contents, each_operation, entries, map, reference, text, type_name};

/// Makes what is left of a schema a reference, with the words about it beside.
pub(super) fn refer(schema: &mut Mapping, name: &str) {
    if schema.is_empty() {
        schema.insert("$ref".into(), format!("{SCHEMAS}{name}").into());
    } else {
        schema.insert("allOf".into(), Value::Sequence(vec![reference(name)]));
    }
}

pub(super) fn add_schema(document: &mut Value, name: &str, schema: Value) {
    let Some(document) = document.as_mapping_mut() else {
        return;
    };
    let empty = || Value::Mapping(Mapping::new());
    let components = document.entry("components".into()).or_insert_with(empty);
    if let Some(components) = components.as_mapping_mut() {
        let schemas = components.entry("schemas".into()).or_insert_with(empty);
        if let Some(schemas) = schemas.as_mapping_mut() {
            schemas.insert(name.into(), schema);
        }
    }
}

/// An object inside another has no name of its own. It gets the one that progenitor would give it,
/// the way to it, as a schema like any other: so it is documented, its properties keep their order,
/// and whether callers ever send it is known. An enum only gets its documentation.
pub(super) fn name_objects(document: &mut Value) -> Result<(), String> {
    let mut named = Vec::new();
    let schemas = document
        .get_mut("components")
        .and_then(|c| map(c, "schemas"));
    for (name, schema) in schemas.into_iter().flatten() {
        if let (Some(name), Some(schema)) = (name.as_str(), schema.as_mapping_mut()) {
            name_objects_within(schema, &type_name(name), &mut named);
        }
    }
    each_operation(document, |_, _, operation| {
        let id = text(operation, "operationId").to_owned();
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_sequence_mut);
        for parameter in parameters.into_iter().flatten() {
            let about = text(parameter, "description").to_owned();
            let name = format!("{}{}", type_name(&id), type_name(text(parameter, "name")));
            if let Some(schema) = map(parameter, "schema") {
                name_object(schema, &name, &about, &mut named);
            }
        }
        if let Some(body) = operation.get_mut("requestBody") {
            for (_, media) in contents(body) {
                if let Some(schema) = map(media, "schema") {
                    name_objects_within(schema, &body_type(&id), &mut named);
                }
            }
        }
        for (_, response) in map(operation, "responses").into_iter().flatten() {
            let name = format!("{}Response", type_name(&id));
            let about = format!("The reply to `{id}`.");
            for (_, media) in contents(response) {
                if let Some(schema) = map(media, "schema") {
                    name_object(schema, &name, &about, &mut named);
                }
            }
        }
    });
    for (name, schema) in named {
        let schemas = document.get("components").and_then(|c| c.get("schemas"));
        let other = entries(schemas.unwrap_or(&Value::Null))
            .map(|(other, _)| other)
            .find(|other| type_name(other) == name);
        if let Some(other) = other {
            return Err(format!(
                "the schema `{other}` has the name that an object without a name would get, \
                 `{name}`: rename it, or give the object a schema of its own"
            ));
        }
        add_schema(document, &name, schema);
    }
    Ok(())
}

/// Names a schema if it needs a name, and the objects in it.
fn name_object(schema: &mut Mapping, name: &str, about: &str, named: &mut Vec<(String, Value)>) {
    let is_object = schema.contains_key("properties");
    if (is_object || schema.contains_key("enum")) && !schema.contains_key("description") {
        schema.insert("description".into(), about.into());
    }
    name_objects_within(schema, name, named);
    if is_object {
        let mut object = std::mem::take(schema);
        if let Some(description) = object.get("description") {
            schema.insert("description".into(), description.clone());
        }
        if let Some(nullable) = object.shift_remove("nullable") {
            schema.insert("nullable".into(), nullable);
        }
        let name = type_name(name);
        refer(schema, &name);
        named.push((name, Value::Mapping(object)));
    }
}

/// The same for what is in a schema of this name.
fn name_objects_within(schema: &mut Mapping, name: &str, named: &mut Vec<(String, Value)>) {
    for (property, value) in schema
        .get_mut("properties")
        .and_then(Value::as_mapping_mut)
        .into_iter()
        .flatten()
    {
        if let (Some(property), Some(value)) = (property.as_str(), value.as_mapping_mut()) {
            let about = format!("What `{property}` of `{name}` is.");
            let name = format!("{name}{}", type_name(property));
            name_object(value, &name, &about, named);
        }
    }
    let contents = [
        ("items", "Item", "An item"),
        ("additionalProperties", "Value", "A value"),
    ];
    for (key, suffix, about) in contents {
        if let Some(value) = schema.get_mut(key).and_then(Value::as_mapping_mut) {
            let about = format!("{about} of `{name}`.");
            name_object(value, &format!("{name}{suffix}"), &about, named);
        }
    }
}
