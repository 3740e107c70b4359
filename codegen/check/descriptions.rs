//! That everything which a reader must understand is described.

use super::super::source::Finding;
use super::document::{Document, Object};
use super::grammar::Kind;

/// description: the documentation of the client is made of descriptions, and what a field means,
/// and in which unit, is why the specs are written. A property that is a reference takes the
/// description of its target.
pub(super) fn missing(document: &Document, findings: &mut Vec<Finding>) {
    for object in document.all().filter(|object| object.reference().is_none()) {
        let Some(need) = need(object) else {
            continue;
        };
        let description = object.text("description").unwrap_or_default();
        if description.trim().is_empty() {
            let path = object.place("description");
            findings.push(document.finding(&path, "description", need));
        }
    }
}

/// What to say to an object that needs a description and has none.
fn need(object: &Object) -> Option<&'static str> {
    Some(match (object.kind, object.via) {
        (Kind::Schema, "properties") => {
            "a property needs a `description`; add what it means, with its unit"
        }
        (Kind::Schema, "schemas") => {
            "a schema of `components` needs a `description`; add what it describes"
        }
        (Kind::Parameter, _) => {
            "a parameter needs a `description`; add what it does, with its unit"
        }
        (Kind::Operation, _) => {
            "an operation needs a `description`; add what the call does and what to know before"
        }
        _ => return None,
    })
}
