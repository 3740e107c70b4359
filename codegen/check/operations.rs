//! What every operation must have: the generated method, its documentation and the mock server
//! are made of it.

use std::collections::BTreeMap;

use serde_yaml::Value;

use super::super::source::{Finding, Path, Position};
use super::choices::{Shape, shape};
use super::document::{Document, Object, entries, list, text};
use super::grammar::Kind;
use super::nearest::suggestion;

/// operation-id: it becomes the name of the method, and names the operation in errors.
pub(super) fn ids(document: &Document, findings: &mut Vec<Finding>) {
    for (_, operation) in document.operations() {
        let path = operation.place("operationId");
        let message = match operation.text("operationId") {
            None => "an operation needs an `operationId`, the vendor's name of the call in \
                     camelCase; add it"
                .to_owned(),
            Some(id) if !is_camel_case(id) => format!(
                "`{id}` isn't camelCase: a lower-case letter, then letters and digits; rename it"
            ),
            Some(_) => continue,
        };
        findings.push(document.finding(&path, "operation-id", message));
    }
}

fn is_camel_case(id: &str) -> bool {
    id.starts_with(|c: char| c.is_ascii_lowercase())
        && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// duplicate-operation-id: two methods of one name don't compile, and ids that differ in case
/// alone give the same method.
pub(super) fn duplicate_ids(document: &Document, findings: &mut Vec<Finding>) {
    let mut methods: BTreeMap<String, (&str, Position)> = BTreeMap::new();
    for (_, operation) in document.operations() {
        let Some(id) = operation.text("operationId") else {
            continue;
        };
        let path = operation.path.child("operationId");
        let method = snake_case(id);
        let position = document.source.position(&path);
        let Some((first, place)) = methods.get(&method) else {
            methods.insert(method, (id, position));
            continue;
        };
        let file = document.source.file();
        let message = if id == *first {
            format!("`{id}` stands already at {file}:{place}; rename one of the two")
        } else {
            format!(
                "`{id}` and `{first}` at {file}:{place} both become the method `{method}`; rename \
                 one of the two"
            )
        };
        findings.push(document.finding(&path, "duplicate-operation-id", message));
    }
}

/// `getLiveServiceInfo` as `get_live_service_info`, and `getOSList` as `get_os_list`.
fn snake_case(id: &str) -> String {
    let mut snake = String::new();
    let mut before = None;
    let mut letters = id.chars().peekable();
    while let Some(letter) = letters.next() {
        let after_lower = before.is_some_and(|c: char| !c.is_uppercase());
        let before_lower = letters.peek().is_some_and(|c| c.is_lowercase());
        if letter.is_uppercase() && before.is_some() && (after_lower || before_lower) {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
        before = Some(letter);
    }
    snake
}

/// summary: the first line of the method's documentation.
pub(super) fn summaries(document: &Document, findings: &mut Vec<Finding>) {
    for (_, operation) in document.operations() {
        if operation
            .text("summary")
            .is_none_or(|summary| summary.trim().is_empty())
        {
            let path = operation.place("summary");
            let message = "an operation needs a `summary`, one line on what the call does; add it";
            findings.push(document.finding(&path, "summary", message));
        }
    }
}

/// tag: the published pages group operations by tag, and have no place for one without.
pub(super) fn tags(document: &Document, findings: &mut Vec<Finding>) {
    let known = || {
        list(document.root(), "tags")
            .iter()
            .filter_map(|tag| text(tag, "name"))
    };
    for (_, operation) in document.operations() {
        let path = operation.place("tags");
        let tags = list(operation.value, "tags");
        if tags.is_empty() {
            let message = "an operation needs a tag; add `tags: [...]` with one of the document's";
            findings.push(document.finding(&path, "tag", message));
        }
        for (index, tag) in tags.iter().enumerate() {
            let Some(tag) = tag
                .as_str()
                .filter(|tag| !known().any(|known| known == *tag))
            else {
                continue;
            };
            let rest = "add it there, with a description";
            let message = format!(
                "the document's `tags` have no `{tag}`{}",
                suggestion(tag, known(), rest)
            );
            findings.push(document.finding(&path.child(index), "tag", message));
        }
    }
}

/// success-response: the method's result is made of the 2xx response.
pub(super) fn success(document: &Document, findings: &mut Vec<Finding>) {
    for (_, operation) in document.operations() {
        if operation.get("responses").is_some() && successes(operation).next().is_none() {
            let path = operation.path.child("responses");
            let message = "an operation needs a 2xx response, which says what success looks like; \
                           add it";
            findings.push(document.finding(&path, "success-response", message));
        }
    }
}

/// one-success: a method has one type of result; progenitor panics on two.
pub(super) fn one_success(document: &Document, findings: &mut Vec<Finding>) {
    for (_, operation) in document.operations() {
        let mut successes = successes(operation);
        let Some((first, response)) = successes.next() else {
            continue;
        };
        let expected = schema(document, response);
        for (status, response) in successes {
            if schema(document, response) == expected {
                continue;
            }
            let path = operation.path.child("responses").child(status);
            let message = format!(
                "the body of {status} differs from that of {first}, and a method has one type of \
                 result; give both the same schema, such as a `oneOf`"
            );
            findings.push(document.finding(&path, "one-success", message));
        }
    }
}

/// The 2xx responses of an operation.
fn successes<'a>(operation: &Object<'a>) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
    entries(operation.value, "responses").filter(|(status, _)| status.starts_with('2'))
}

/// The schema of a response's body; none if there is no body.
fn schema<'a>(document: &Document<'a>, response: &'a Value) -> Option<&'a Value> {
    let response = document.resolve(response);
    entries(response, "content").find_map(|(_, media)| media.get("schema"))
}

/// unsupported: what progenitor refuses, ignores or gets wrong, about paths and parameters.
pub(super) fn unsupported(document: &Document, findings: &mut Vec<Finding>) {
    for item in document.objects(Kind::PathItem) {
        if item.get("$ref").is_some() {
            let message = "the generator doesn't follow a `$ref` of a path item; write it out here";
            findings.push(document.finding(&item.path.child("$ref"), "unsupported", message));
        }
        for method in ["options", "trace"] {
            if item.get(method).is_some() {
                let message = format!("the generated client can't send `{method}`; leave it out");
                findings.push(document.finding(&item.path.child(method), "unsupported", message));
            }
        }
    }
    for parameter in document.objects(Kind::Parameter) {
        let mut refuse = |key, message: &str| {
            let path: Path = parameter.path.child(key);
            findings.push(document.finding(&path, "unsupported", message));
        };
        if parameter.text("in") == Some("cookie") {
            refuse(
                "in",
                "the generator knows no cookies; describe it as a security scheme, or \
                    send it as a header",
            );
        }
        if parameter.get("content").is_some() {
            refuse(
                "content",
                "the generator reads a parameter's `schema` alone; use that",
            );
        }
        let shape = parameter.get("schema").map(|s| shape(document, s));
        let shape = shape.unwrap_or(Shape::One);
        let query = parameter.text("in") == Some("query");
        let style = match parameter.text("in") {
            Some("query") => Some("form"),
            Some("path" | "header") => Some("simple"),
            _ => None,
        };
        if let (Some(style), Some(given)) = (style, parameter.text("style"))
            && given != style
        {
            refuse(
                "style",
                &format!("the generator knows no style here but `{style}`; describe it as a text"),
            );
        }
        let list = matches!(shape, Shape::Many | Shape::Ids);
        if query && list && parameter.get("explode") == Some(&Value::Bool(false)) {
            refuse(
                "explode",
                "the generator repeats a parameter for each item of its list; describe it as a \
                 text with all of them",
            );
        }
        if query && parameter.get("allowReserved") == Some(&Value::Bool(true)) {
            refuse(
                "allowReserved",
                "the generator percent-encodes values; leave it out if the server decodes \
                 them, as servers do",
            );
        }
        match (parameter.text("in"), shape) {
            (_, Shape::Object) => refuse(
                "schema",
                "the generator sends no object in a parameter; describe its properties as \
                 parameters, or the whole as a text",
            ),
            (Some("header"), Shape::Many | Shape::Ids) => refuse(
                "schema",
                "the generator sends no list in a header; describe it as a text",
            ),
            (Some("path"), Shape::Many) => refuse(
                "schema",
                "the generator sends no list in a path, other than of ids; describe it as a text",
            ),
            _ => {}
        }
    }
}
