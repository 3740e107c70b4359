//! What an `x-pagination` names.

use serde_yaml::Value;

use super::super::source::Finding;
use super::bodies::properties;
use super::document::{Document, Object, entries, list, text};
use super::grammar::Kind;
use super::nearest::suggestion;

/// x-keys: a name that isn't there would leave a list without its pages.
pub(super) fn names(document: &Document, findings: &mut Vec<Finding>) {
    for (item, operation) in document.operations() {
        let parameters = query(document, item, operation);
        let properties = reply(document, operation);
        for pagination in document.children(operation, Kind::Pagination) {
            let places = [
                ("page", &parameters, "query parameter of the operation"),
                ("limit", &parameters, "query parameter of the operation"),
                ("items", &properties, "property of the reply"),
                ("total", &properties, "property of the reply"),
                ("next", &properties, "property of the reply"),
            ];
            for (key, known, what) in places {
                let Some(name) = pagination.text(key).filter(|name| !known.contains(name)) else {
                    continue;
                };
                let known = known.iter().copied();
                let message = format!(
                    "`{name}` is no {what}{}",
                    suggestion(name, known, "correct the name")
                );
                findings.push(document.finding(&pagination.path.child(key), "x-keys", message));
            }
        }
    }
}

/// The names of an operation's query parameters, those of its path included.
fn query<'a>(document: &Document<'a>, item: &Object<'a>, operation: &Object<'a>) -> Vec<&'a str> {
    let all = [item, operation].into_iter();
    let parameters = all.flat_map(|of| document.children(of, Kind::Parameter));
    parameters
        .filter_map(|parameter| {
            let value: &'a Value = document.resolve(parameter.value);
            text(value, "name").filter(|_| text(value, "in") == Some("query"))
        })
        .collect()
}

/// The names of the properties of an operation's successful reply, in any shape that it may have.
fn reply<'a>(document: &Document<'a>, operation: &Object<'a>) -> Vec<&'a str> {
    let success = entries(operation.value, "responses").filter(|(s, _)| s.starts_with('2'));
    let contents = success.flat_map(|(_, reply)| entries(document.resolve(reply), "content"));
    let schemas = contents.filter_map(|(_, media)| media.get("schema"));
    schemas
        .flat_map(|schema| {
            let options = list(document.resolve(schema), "oneOf").iter();
            options.chain([schema])
        })
        .flat_map(|schema| properties(document, schema, &mut Vec::new()))
        .map(|(name, _)| name)
        .collect()
}
