//! The lowered document as progenitor takes it: the types of `openapiv3`.
//!
//! Schemas are read by that crate's own readers. What stands around them is put together here: the
//! readers of all types were a third of what the compiler made of the build script, for examples,
//! links, headers, servers and security schemes too, of which progenitor looks at none.

use openapiv3::{
    MediaType, OpenAPI, Operation, Parameter, ParameterData, ParameterSchemaOrContent, PathItem,
    ReferenceOr, RequestBody, Response, Schema, StatusCode,
};
use serde_yaml::Value;

use super::walk::{each_operation, entries, is, text};

/// The document in those types, without what leaves no trace in what dress takes.
pub(super) fn typed(document: &mut Value) -> Result<OpenAPI, String> {
    let mut typed = OpenAPI {
        openapi: text(document, "openapi").to_owned(),
        ..OpenAPI::default()
    };
    let mut components = openapiv3::Components::default();
    let schemas = document.get("components").and_then(|c| c.get("schemas"));
    for (name, value) in entries(schemas.unwrap_or(&Value::Null)) {
        let schema = schema(value).map_err(|e| format!("the schema `{name}`: {e}"))?;
        components.schemas.insert(name.to_owned(), schema);
    }
    // Where types contain each other, their order decides which is boxed: it mustn't be the file's.
    components.schemas.sort_keys();
    typed.components = Some(components);
    let mut problems = Vec::new();
    each_operation(document, |path, method, value| match operation(value) {
        Ok(operation) => {
            let item = typed.paths.paths.entry(path.to_owned());
            let item = item.or_insert_with(|| ReferenceOr::Item(PathItem::default()));
            if let ReferenceOr::Item(item) = item {
                put(item, method, operation);
            }
        }
        Err(e) => problems.push(format!("{}: {e}", text(value, "operationId"))),
    });
    match problems.as_slice() {
        [] => Ok(typed),
        _ => Err(problems.join("; ")),
    }
}

fn put(item: &mut PathItem, method: &str, operation: Operation) {
    let place = match method {
        "get" => &mut item.get,
        "put" => &mut item.put,
        "post" => &mut item.post,
        "delete" => &mut item.delete,
        "options" => &mut item.options,
        "head" => &mut item.head,
        _ => &mut item.patch,
    };
    *place = Some(operation);
}

fn operation(value: &Value) -> Result<Operation, String> {
    let mut operation = Operation {
        operation_id: optional(value, "operationId"),
        summary: optional(value, "summary"),
        description: optional(value, "description"),
        ..Operation::default()
    };
    let parameters = value.get("parameters").and_then(Value::as_sequence);
    for value in parameters.into_iter().flatten() {
        let parameter = parameter(value)?;
        operation.parameters.push(ReferenceOr::Item(parameter));
    }
    if let Some(value) = value.get("requestBody") {
        operation.request_body = Some(ReferenceOr::Item(RequestBody {
            description: optional(value, "description"),
            content: content(value)?,
            required: is(value, "required"),
            ..RequestBody::default()
        }));
    }
    for (status, value) in entries(value.get("responses").unwrap_or(&Value::Null)) {
        let response = ReferenceOr::Item(Response {
            description: text(value, "description").to_owned(),
            content: content(value)?,
            ..Response::default()
        });
        let responses = &mut operation.responses.responses;
        responses.insert(status_code(status)?, response);
    }
    Ok(operation)
}

/// A status, or a range of them: of the replies the successful ones are left.
fn status_code(status: &str) -> Result<StatusCode, String> {
    let code = match status.strip_suffix("XX") {
        Some(range) => range.parse().map(StatusCode::Range),
        None => status.parse().map(StatusCode::Code),
    };
    code.map_err(|_| format!("`{status}` is no status"))
}

/// In the style that is usual where it stands: `check` lets no other pass.
fn parameter(value: &Value) -> Result<Parameter, String> {
    let name = text(value, "name");
    let described = value.get("schema").unwrap_or(&Value::Null);
    let schema = schema(described).map_err(|e| format!("the parameter `{name}`: {e}"))?;
    let parameter_data = ParameterData {
        name: name.to_owned(),
        description: optional(value, "description"),
        required: is(value, "required"),
        deprecated: None,
        format: ParameterSchemaOrContent::Schema(schema),
        example: None,
        examples: Default::default(),
        explode: None,
        extensions: Default::default(),
    };
    match text(value, "in") {
        "path" => Ok(Parameter::Path {
            parameter_data,
            style: Default::default(),
        }),
        "header" => Ok(Parameter::Header {
            parameter_data,
            style: Default::default(),
        }),
        "query" => Ok(Parameter::Query {
            parameter_data,
            allow_reserved: false,
            style: Default::default(),
            allow_empty_value: None,
        }),
        other => Err(format!("the parameter `{name}` can't stand in `{other}`")),
    }
}

/// The media types of a body, with its schema for each.
fn content<C: FromIterator<(String, MediaType)>>(body: &Value) -> Result<C, String> {
    let content = entries(body.get("content").unwrap_or(&Value::Null));
    let typed = content.map(|(name, media)| {
        let schema = media.get("schema").map(schema).transpose();
        let schema = schema.map_err(|e| format!("the schema of its `{name}`: {e}"))?;
        let media = MediaType {
            schema,
            ..MediaType::default()
        };
        Ok((name.to_owned(), media))
    });
    typed.collect()
}

/// By way of JSON, since that is what `openapiv3` reads inside of some of its types whatever comes
/// in: for another deserializer the compiler would make all of its code a second time.
fn schema(value: &Value) -> Result<ReferenceOr<Schema>, String> {
    let json = serde_json::to_value(value).map_err(|e| e.to_string())?;
    serde_json::from_value(json).map_err(|e| e.to_string())
}

fn optional(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(str::to_owned)
}
