//! One object in place of the schemas that `allOf` joins.

use serde_yaml::{Mapping, Value};

use super::walk::{entries, resolve};

/// The properties of all parts, and which of them are required.
#[derive(Default)]
pub(super) struct Merged {
    pub(super) properties: Mapping,
    pub(super) required: Vec<Value>,
}

impl Merged {
    pub(super) fn add(
        &mut self,
        document: &Value,
        schema: &Value,
        depth: usize,
    ) -> Result<(), String> {
        if depth > 16 {
            return Err("allOf is nested more than 16 deep, or in a circle".to_owned());
        }
        let schema = resolve(document, schema);
        for (name, property) in entries(schema.get("properties").unwrap_or(&Value::Null)) {
            self.properties.insert(name.into(), property.clone());
        }
        if let Some(Value::Sequence(required)) = schema.get("required") {
            self.required.extend(required.iter().cloned());
        }
        if let Some(Value::Sequence(parts)) = schema.get("allOf") {
            return parts
                .iter()
                .try_for_each(|part| self.add(document, part, depth + 1));
        }
        if schema.get("oneOf").is_some() || schema.get("anyOf").is_some() {
            return Err("allOf of a oneOf or anyOf can't be one object".to_owned());
        }
        Ok(())
    }
}
