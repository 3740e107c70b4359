//! One object in place of the schemas that `allOf` joins.

use serde_yaml::{Mapping, Value};

use super::walk::{MAX_REFERENCES, entries, resolve, text};

/// The properties of all parts, and which of them are required.
#[derive(Default)]
pub(super) struct Merged {
    pub(super) properties: Mapping,
    required: Vec<Value>,
    /// What all parts say of the number of properties, and of those that aren't named.
    others: Mapping,
}

impl Merged {
    /// Adds a schema and all its parts.
    pub(super) fn add(
        &mut self,
        document: &Value,
        schema: &Value,
        depth: usize,
    ) -> Result<(), String> {
        if depth > MAX_REFERENCES {
            return Err(format!(
                "an allOf is nested more than {MAX_REFERENCES} deep, or in a circle"
            ));
        }
        let schema = resolve(document, schema);
        let is_object = ["", "object"].contains(&text(schema, "type"));
        if !is_object || schema.get("oneOf").is_some() || schema.get("anyOf").is_some() {
            return Err("an allOf of anything but objects can't be one object".to_owned());
        }
        for (name, property) in entries(schema.get("properties").unwrap_or(&Value::Null)) {
            self.properties.insert(name.into(), property.clone());
        }
        if let Some(Value::Sequence(required)) = schema.get("required") {
            self.required.extend(required.iter().cloned());
        }
        for keyword in ["minProperties", "additionalProperties"] {
            if let Some(value) = schema.get(keyword) {
                self.others.insert(keyword.into(), value.clone());
            }
        }
        let parts = schema.get("allOf").and_then(Value::as_sequence);
        let mut parts = parts.into_iter().flatten();
        parts.try_for_each(|part| self.add(document, part, depth + 1))
    }

    /// Makes a schema that object.
    pub(super) fn put_into(self, schema: &mut Mapping) {
        let Merged {
            properties,
            mut required,
            others,
        } = self;
        // What a part required may have been a credential.
        required.retain(|name| properties.contains_key(name));
        schema.shift_remove("allOf");
        schema.insert("type".into(), "object".into());
        schema.insert("properties".into(), Value::Mapping(properties));
        schema.extend(others);
        if !required.is_empty() {
            schema.insert("required".into(), Value::Sequence(required));
        }
    }
}
