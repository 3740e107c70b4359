//! Shapes that no plain type reads, and the types of the crate that do.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::{Mapping, Value};

use super::names::{add_schema, refer};
use super::walk::{each_operation, each_schema, either, map, resolve, text, type_name};

/// The types, by the shape that each reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Own {
    /// An integer or text that identifies something.
    Id,
    /// An id, or a list of them.
    Ids,
    /// An integer or text that is no id.
    IntegerOrText,
    /// An object or a list of which nothing more is known.
    Json,
}

impl Own {
    fn path(self) -> &'static str {
        match self {
            Own::Id => "crate::Id",
            Own::Ids => "crate::Ids",
            Own::IntegerOrText => "crate::IntegerOrText",
            Own::Json => "crate::Json",
        }
    }

    /// What a schema of the type is called if it has no name.
    fn name(self) -> &'static str {
        self.path().trim_start_matches("crate::")
    }

    /// The type that reads a schema. Without a name, what is an integer or text is an id.
    fn of(document: &Value, name: Option<&str>, schema: &Mapping) -> Option<Self> {
        let options = schema.get("oneOf")?.as_sequence()?;
        let kinds: BTreeSet<&str> = options.iter().map(|one| text(one, "type")).collect();
        if kinds == BTreeSet::from(["integer", "string"]) {
            let id = name.is_none_or(|name| type_name(name).ends_with("Id"));
            return Some(if id { Own::Id } else { Own::IntegerOrText });
        }
        if kinds == BTreeSet::from(["array", "object"]) && options.iter().all(is_unknown) {
            return Some(Own::Json);
        }
        either(schema.get("oneOf"), |one, many| {
            let ids = many.get("items").is_some_and(|item| is_id(document, item));
            (ids && is_id(document, one)).then_some(Own::Ids)
        })
    }
}

/// Whether nothing is said of what is in an object or a list.
fn is_unknown(schema: &Value) -> bool {
    let anything = |inside: &Value| match inside {
        Value::Bool(any) => *any,
        inside => inside.as_mapping().is_some_and(Mapping::is_empty),
    };
    let parts = ["items", "additionalProperties"];
    schema.get("properties").is_none()
        && parts
            .iter()
            .all(|part| schema.get(*part).is_none_or(anything))
}

fn is_id(document: &Value, schema: &Value) -> bool {
    let schema = resolve(document, schema).as_mapping();
    schema.and_then(|schema| Own::of(document, None, schema)) == Some(Own::Id)
}

/// Names every such schema, and tells which of the crate's types stands in for which name: that is
/// how progenitor can be made to use them.
pub(super) fn name_own_types(
    document: &mut Value,
) -> Result<BTreeMap<String, &'static str>, String> {
    let original = document.clone();
    let mut own = BTreeMap::new();
    let mut others = BTreeSet::new();
    let schemas = document
        .get_mut("components")
        .and_then(|components| map(components, "schemas"));
    for (name, schema) in schemas.into_iter().flatten() {
        let (Some(name), Some(schema)) = (name.as_str(), schema.as_mapping_mut()) else {
            continue;
        };
        match Own::of(&original, Some(name), schema) {
            // progenitor replaces the type by its name; what stands here doesn't matter to it.
            Some(found) => {
                schema.shift_remove("oneOf");
                schema.insert("type".into(), "string".into());
                own.insert(type_name(name), found.path());
            }
            None => drop(others.insert(type_name(name))),
        }
    }
    let mut unnamed = Vec::new();
    ids_in_paths(document, &original, &mut unnamed);
    each_schema(document, &mut |schema| {
        if let Some(found) = Own::of(&original, None, schema) {
            schema.shift_remove("oneOf");
            refer(schema, found.name());
            unnamed.push(found);
        }
    });
    for found in unnamed {
        let name = found.name();
        if others.contains(name) || own.get(name).is_some_and(|path| *path != found.path()) {
            return Err(format!(
                "the schema `{name}` would be taken for `{}`, which reads a schema without a name: \
                 rename it",
                found.path()
            ));
        }
        if own.insert(name.to_owned(), found.path()).is_none() {
            let mut schema = Mapping::new();
            schema.insert("type".into(), "string".into());
            add_schema(document, name, Value::Mapping(schema));
        }
    }
    Ok(own)
}

/// A list in a path is joined with commas, which ids are the only ones known to take.
fn ids_in_paths(document: &mut Value, original: &Value, unnamed: &mut Vec<Own>) {
    each_operation(document, |_, _, operation| {
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_sequence_mut);
        for parameter in parameters.into_iter().flatten() {
            let in_path = text(parameter, "in") == "path";
            let Some(schema) = map(parameter, "schema").filter(|_| in_path) else {
                continue;
            };
            let items = schema.get("items").cloned();
            if items.is_some_and(|items| is_id(original, &items)) {
                schema.retain(|key, _| key == "description");
                refer(schema, Own::Ids.name());
                unnamed.push(Own::Ids);
            }
        }
    });
}
