//! What an `x-pagination` names.

use serde_yaml::Value;

use super::super::source::Finding;
use super::bodies::{alternatives, replies};
use super::document::{Document, Object, text};
use super::grammar::Kind;
use super::nearest::suggestion;

/// x-keys: a name that isn't there, or is something else, would leave a list without its pages.
pub(super) fn names(document: &Document, findings: &mut Vec<Finding>) {
    for (item, operation) in document.operations() {
        for pagination in document.children(operation, Kind::Pagination) {
            let parameters = query(document, item, operation);
            let (properties, whose) = payload(document, operation);
            let query = "a query parameter of the operation";
            let places = [
                ("page", &parameters, query, "integer"),
                ("limit", &parameters, query, "integer"),
                ("items", &properties, whose, "array"),
                ("total", &properties, whose, "integer"),
                ("next", &properties, whose, ""),
            ];
            for (key, known, what, due) in places {
                let Some(name) = pagination.text(key) else {
                    continue;
                };
                let found = known.iter().find(|(known, _)| *known == name);
                let actual = found.map(|(_, schema)| text(document.resolve(schema), "type"));
                let message = match actual {
                    None => {
                        let names = known.iter().map(|(name, _)| *name);
                        let rest = match known.as_slice() {
                            [] => "there is none: describe it, or leave `x-pagination` out",
                            _ => "name one",
                        };
                        format!("`{name}` isn't {what}{}", suggestion(name, names, rest))
                    }
                    Some(Some(actual)) if !due.is_empty() && actual != due => {
                        format!("`{name}` is of type `{actual}`; name {what} of type `{due}`")
                    }
                    Some(_) => continue,
                };
                findings.push(document.finding(&pagination.path.child(key), "x-keys", message));
            }
        }
    }
}

/// An operation's query parameters and their schemas, those of its path included.
fn query<'a>(
    document: &Document<'a>,
    item: &Object<'a>,
    operation: &Object<'a>,
) -> Vec<(&'a str, &'a Value)> {
    let all = [item, operation].into_iter();
    let parameters = all.flat_map(|of| document.children(of, Kind::Parameter));
    parameters
        .filter_map(|parameter| {
            let value: &'a Value = document.resolve(parameter.value);
            let name = text(value, "name").filter(|_| text(value, "in") == Some("query"))?;
            Some((name, value.get("schema").unwrap_or(&Value::Null)))
        })
        .collect()
}

/// The properties of what an operation gives, in any shape that it may have: of its reply, or of the
/// payload alone if the envelope holds nothing else.
fn payload<'a>(
    document: &Document<'a>,
    operation: &Object<'a>,
) -> (Vec<(&'a str, &'a Value)>, &'static str) {
    let mut reply = replies(document, operation);
    let envelopes = [Some(operation.value), Some(document.root())];
    let envelopes = envelopes.map(|of| of.and_then(|of| of.get("x-envelope")));
    let word = |key| {
        let mut found = envelopes.iter().flatten().filter_map(|e| e.get(key));
        found.next()
    };
    let own = ["field", "message"].map(|key| word(key).and_then(Value::as_str));
    let details = word("details")
        .and_then(Value::as_sequence)
        .into_iter()
        .flatten();
    let own: Vec<&str> = own
        .into_iter()
        .flatten()
        .chain(details.filter_map(Value::as_str))
        .collect();
    reply.retain(|(name, _)| !own.contains(name));
    match (reply.as_slice(), word("payload").and_then(Value::as_str)) {
        ([(only, payload)], Some(field)) if *only == field => {
            (alternatives(document, payload), "a property of the payload")
        }
        _ => (reply, "a property of the reply"),
    }
}
