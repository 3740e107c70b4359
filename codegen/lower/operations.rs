//! What the later stages need to know of each operation.

use serde_yaml::Value;

use super::envelope::envelope;
use super::schemas::with_notation;
use super::walk::{each_operation, entries, is, resolve, text};
use super::{Operation, Parameter};

/// What dress and the tables need to know of each operation.
pub(super) fn read_operations(document: &mut Value) -> Result<Vec<Operation>, String> {
    let original = document.clone();
    let mut operations = Vec::new();
    each_operation(document, |path, method, operation| {
        let by_method = matches!(method, "get" | "put" | "delete" | "head" | "options");
        let idempotent = operation.get("x-idempotent").and_then(Value::as_bool);
        operations.push(Operation {
            id: text(operation, "operationId").to_owned(),
            method: method.to_owned(),
            path: path.to_owned(),
            summary: text(operation, "summary").trim().to_owned(),
            description: text(operation, "description").trim().to_owned(),
            deprecated: is(operation, "deprecated"),
            idempotent: idempotent.unwrap_or(by_method),
            envelope: envelope(&original, operation),
            parameters: parameters(&original, operation),
        });
    });
    if operations.is_empty() {
        return Err("the spec has no operation".to_owned());
    }
    Ok(operations)
}

fn parameters(document: &Value, operation: &Value) -> Vec<Parameter> {
    let listed = operation
        .get("parameters")
        .and_then(Value::as_sequence)
        .into_iter()
        .flatten();
    let mut parameters: Vec<Parameter> = listed
        .map(|parameter| {
            let schema = resolve(document, parameter.get("schema").unwrap_or(&Value::Null));
            Parameter {
                name: text(parameter, "name").to_owned(),
                location: text(parameter, "in").to_owned(),
                description: description(&[parameter, schema], schema),
                example: parameter
                    .get("example")
                    .or_else(|| schema.get("example"))
                    .cloned(),
                required: is(parameter, "required"),
            }
        })
        .collect();
    let content = operation
        .get("requestBody")
        .and_then(|body| body.get("content"));
    for (_, media) in entries(content.unwrap_or(&Value::Null)) {
        let schema = resolve(document, media.get("schema").unwrap_or(&Value::Null));
        let required = schema.get("required").and_then(Value::as_sequence);
        for (name, property) in entries(schema.get("properties").unwrap_or(&Value::Null)) {
            let target = resolve(document, property);
            let whole = media.get("example").and_then(|example| example.get(name));
            parameters.push(Parameter {
                name: name.to_owned(),
                location: "body".to_owned(),
                description: description(&[property, target], target),
                example: whole.or_else(|| target.get("example")).cloned(),
                required: required.is_some_and(|r| r.iter().any(|r| r == name)),
            });
        }
    }
    parameters
}

/// What the first of these that has a description says, and how its values are written.
fn description(described: &[&Value], schema: &Value) -> String {
    let mut descriptions = described.iter().map(|d| text(d, "description").trim());
    let description = descriptions.find(|d| !d.is_empty()).unwrap_or_default();
    with_notation(description, text(schema, "format"))
}
