//! What the later stages need to know of each operation.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::Value;

use super::envelope::envelope;
use super::schemas::{with_notation, wrapped};
use super::walk::{
    MAX_REFERENCES, contents, each_operation, entries, is, map, resolve, schema, text,
};
use super::{ITEMS, Items, Operation, Pages, Parameter};

/// What dress and the tables need to know of each operation.
pub(super) fn read_operations(
    document: &mut Value,
    items: &BTreeMap<String, Items>,
) -> Result<Vec<Operation>, String> {
    let original = document.clone();
    let mut operations = Vec::new();
    each_operation(document, |path, method, operation| {
        let by_method = matches!(method, "get" | "put" | "delete" | "head" | "options");
        let idempotent = operation.get("x-idempotent").and_then(Value::as_bool);
        let id = text(operation, "operationId");
        // An empty list says that an operation takes no credentials.
        let security = operation.get("security").and_then(Value::as_sequence);
        let items = items.get(id).cloned();
        operations.push(Operation {
            id: id.to_owned(),
            method: method.to_owned(),
            path: path.to_owned(),
            summary: text(operation, "summary").trim().to_owned(),
            description: text(operation, "description").trim().to_owned(),
            deprecated: is(operation, "deprecated"),
            idempotent: idempotent.unwrap_or(by_method),
            envelope: envelope(&original, operation),
            authorized: security.is_none_or(|schemes| !schemes.is_empty()),
            timeout: operation.get("x-timeout").and_then(Value::as_u64),
            secrets: secrets(&original, operation),
            nullable: nullable_payload(&original, operation),
            pages: pages(operation),
            parameters: parameters(&original, operation, items.as_ref()),
            items,
        });
    });
    if operations.is_empty() {
        return Err("the spec has no operation".to_owned());
    }
    Ok(operations)
}

/// The names of what is secret in a reply, wherever it stands in there.
fn secrets(document: &Value, operation: &Value) -> BTreeSet<String> {
    let mut due: Vec<&Value> = entries(operation.get("responses").unwrap_or(&Value::Null))
        .flat_map(|(_, response)| entries(response.get("content").unwrap_or(&Value::Null)))
        .filter_map(|(_, media)| media.get("schema"))
        .collect();
    let mut seen: Vec<&Value> = Vec::new();
    let mut secrets = BTreeSet::new();
    while let Some(schema) = due.pop() {
        let schema = resolve(document, schema);
        if seen.iter().any(|known| std::ptr::eq(*known, schema)) {
            continue;
        }
        seen.push(schema);
        for (name, property) in entries(schema.get("properties").unwrap_or(&Value::Null)) {
            if is_secret(document, property, 0) {
                secrets.insert(name.to_owned());
            }
            due.push(property);
        }
        due.extend(
            ["items", "additionalProperties"]
                .iter()
                .filter_map(|key| schema.get(*key)),
        );
        let parts = ["allOf", "oneOf", "anyOf"].iter();
        let parts = parts.filter_map(|key| schema.get(*key)?.as_sequence());
        due.extend(parts.flatten());
    }
    secrets
}

/// Whether a value of a schema is a secret, or a list or a map of them.
fn is_secret(document: &Value, schema: &Value, depth: usize) -> bool {
    let schema = resolve(document, schema);
    let inside = ["items", "additionalProperties"].iter();
    let inside = inside.filter_map(|key| schema.get(*key));
    let parts = ["allOf", "oneOf", "anyOf"].iter();
    let parts = parts.filter_map(|key| schema.get(*key)?.as_sequence());
    text(schema, "format") == "password"
        || depth < MAX_REFERENCES
            && inside
                .chain(parts.flatten())
                .any(|part| is_secret(document, part, depth + 1))
}

/// Whether the reply's schema, now that of the payload, allows null. Asked here once, and taken off:
/// typify would make a newtype of it.
fn nullable_payload(document: &Value, operation: &mut Value) -> bool {
    let mut nullable = false;
    for (_, response) in map(operation, "responses").into_iter().flatten() {
        for (_, media) in contents(response) {
            let Some(payload) = map(media, "schema") else {
                continue;
            };
            let target = wrapped(payload).and_then(|name| schema(document, name));
            nullable |= target.is_some_and(|t| is(resolve(document, t), "nullable"));
            nullable |= payload.shift_remove("nullable") == Some(Value::Bool(true));
        }
    }
    nullable
}

/// The operation's `x-pagination`.
fn pages(operation: &Value) -> Option<Pages> {
    let pagination = operation.get("x-pagination")?;
    let name = |key: &str| Some(pagination.get(key)?.as_str()?.to_owned());
    Some(Pages {
        page: name("page")?,
        limit: name("limit"),
        items: name("items")?,
        total: name("total"),
        next: name("next"),
    })
}

fn parameters(document: &Value, operation: &Value, items: Option<&Items>) -> Vec<Parameter> {
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
                deprecated: is(parameter, "deprecated"),
            }
        })
        .collect();
    let content = operation
        .get("requestBody")
        .and_then(|body| body.get("content"));
    for (_, media) in entries(content.unwrap_or(&Value::Null)) {
        let schema = resolve(document, media.get("schema").unwrap_or(&Value::Null));
        let required = schema.get("required").and_then(Value::as_sequence);
        let properties = schema.get("properties").unwrap_or(&Value::Null);
        let one_item = items.is_none_or(|items| items.or_one);
        for (name, property) in entries(properties).filter(|_| one_item) {
            let target = resolve(document, property);
            let whole = example(media).and_then(|example| example.get(name));
            parameters.push(Parameter {
                name: name.to_owned(),
                location: "body".to_owned(),
                description: description(&[property, target], target),
                example: whole.or_else(|| target.get("example")).cloned(),
                required: required.is_some_and(|r| r.iter().any(|r| r == name)),
                deprecated: is(property, "deprecated"),
            });
        }
        if let Some(items) = items {
            parameters.push(many(items, media));
        }
    }
    parameters
}

/// The example of a body, or the first of several.
fn example(media: &Value) -> Option<&Value> {
    media.get("example").or_else(|| {
        let examples = media.get("examples").unwrap_or(&Value::Null);
        entries(examples).next()?.1.get("value")
    })
}

/// What sets many items.
fn many(items: &Items, media: &Value) -> Parameter {
    let description = if items.or_one {
        "Many items, which the body then holds as a list, in place of the one that the other \
         setters make."
    } else {
        "The items that the body holds."
    };
    Parameter {
        name: ITEMS.to_owned(),
        location: "body".to_owned(),
        description: description.to_owned(),
        example: example(media).filter(|e| e.is_sequence()).cloned(),
        required: !items.or_one,
        deprecated: false,
    }
}

/// What the first of these that has a description says, and how its values are written.
fn description(described: &[&Value], schema: &Value) -> String {
    let mut descriptions = described.iter().map(|d| text(d, "description").trim());
    let description = descriptions.find(|d| !d.is_empty()).unwrap_or_default();
    with_notation(description, text(schema, "format"))
}
