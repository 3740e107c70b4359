//! Schemas that typify turns into plain types.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::{Mapping, Value};

use super::envelope::envelope_schemas;
use super::merged::Merged;
use super::requests::body_type;
use super::walk::{
    Part, contents, each_mapping, each_operation, entries, map, reachable, reference, resolve,
    schema_name, text,
};

/// A reply that is an object with one list in it, or that list bare, is the object: decoding puts
/// a bare list where it belongs. progenitor would make an enum of `Variant0` and `Variant1`.
pub(super) fn fold_lists(document: &mut Value) -> Result<BTreeMap<String, String>, String> {
    let original = document.clone();
    let mut lists = BTreeMap::new();
    let mut fold = |schema: &mut Value| -> Option<()> {
        let [object, list] = schema.get("oneOf")?.as_sequence()?.as_slice() else {
            return None;
        };
        let name = schema_name(object)?;
        let items = resolve(&original, list).get("items")?;
        let target = resolve(&original, object);
        let field = entries(target.get("properties")?).find(|(_, p)| p.get("items") == Some(items));
        lists.insert(name.to_owned(), field?.0.to_owned());
        *schema = object.clone();
        Some(())
    };
    each_operation(document, |_, _, operation| {
        for (_, response) in map(operation, "responses").into_iter().flatten() {
            for (_, media) in contents(response) {
                if let Some(schema) = media.get_mut("schema") {
                    fold(schema);
                }
            }
        }
    });
    Ok(lists)
}

/// One object with all properties in place of the schemas that make it up: typify would nest or
/// rename them. The envelope's part stays apart until the payload is taken.
pub(super) fn flatten_all_of(document: &mut Value) -> Result<usize, String> {
    let original = document.clone();
    let envelope = envelope_schemas(&original);
    let mut changed = 0;
    let mut problems = Vec::new();
    each_mapping(document, &mut |map| {
        let Some(Value::Sequence(parts)) = map.get("allOf") else {
            return;
        };
        let references = parts.iter().all(|part| schema_name(part).is_some());
        let wraps_one = parts.len() == 1;
        let enveloped = parts
            .iter()
            .filter_map(schema_name)
            .any(|name| envelope.contains(name));
        // A description beside a reference, or an envelope beside a payload: both stay.
        if wraps_one && references || enveloped {
            changed += 1;
            return;
        }
        let mut merged = Merged::default();
        if let Err(problem) = merged.add(&original, &Value::Mapping(map.clone()), 0) {
            problems.push(problem);
            return;
        }
        map.shift_remove("allOf");
        map.insert("type".into(), "object".into());
        map.insert("properties".into(), Value::Mapping(merged.properties));
        if !merged.required.is_empty() {
            map.insert("required".into(), Value::Sequence(merged.required));
        }
        changed += 1;
    });
    match problems.as_slice() {
        [] => Ok(changed),
        _ => Err(problems.join("; ")),
    }
}

/// transport owns failures, and progenitor allows an operation one success and one error type.
pub(super) fn drop_failures(document: &mut Value) {
    each_operation(document, |_, _, operation| {
        if let Some(responses) = map(operation, "responses") {
            responses.retain(|status, _| status.as_str().is_some_and(|s| s.starts_with('2')));
        }
    });
}

/// Servers can't decide whether an id is a number or text, so a schema that allows both becomes
/// `crate::Id`. A property of that kind without a name of its own gets the name `Id`.
pub(super) fn name_ids(document: &mut Value) -> BTreeSet<String> {
    let is_id = |schema: &Value| {
        let types: BTreeSet<&str> = schema
            .get("oneOf")
            .and_then(Value::as_sequence)
            .into_iter()
            .flatten()
            .map(|one| text(one, "type"))
            .collect();
        types == BTreeSet::from(["integer", "string"])
    };
    let schemas = document.get("components").and_then(|c| c.get("schemas"));
    let mut ids: BTreeSet<String> = entries(schemas.unwrap_or(&Value::Null))
        .filter(|(_, schema)| is_id(schema))
        .map(|(name, _)| name.to_owned())
        .collect();
    if let Some(schemas) = document
        .get_mut("components")
        .and_then(|c| map(c, "schemas"))
    {
        for name in &ids {
            // progenitor replaces the type by its name; what stands here doesn't matter to it.
            if let Some(schema) = schemas
                .get_mut(name.as_str())
                .and_then(Value::as_mapping_mut)
            {
                schema.shift_remove("oneOf");
                schema.insert("type".into(), "string".into());
            }
        }
    }
    let mut inline = false;
    each_mapping(document, &mut |map| {
        if is_id(&Value::Mapping(map.clone())) {
            map.shift_remove("oneOf");
            map.insert("allOf".into(), Value::Sequence(vec![reference("Id")]));
            inline = true;
        }
    });
    if inline && ids.insert("Id".to_owned()) {
        let schemas = document
            .get_mut("components")
            .and_then(|c| map(c, "schemas"));
        let mut id = Mapping::new();
        id.insert("type".into(), "string".into());
        schemas.map(|schemas| schemas.insert("Id".into(), Value::Mapping(id)));
    }
    ids
}

/// A property that is a bare reference would have no documentation: it gets its target's.
pub(super) fn describe_references(document: &mut Value) {
    let original = document.clone();
    each_mapping(document, &mut |map| {
        let Some(Value::Mapping(properties)) = map.get_mut("properties") else {
            return;
        };
        for property in properties.values_mut() {
            if schema_name(property).is_none() {
                continue;
            }
            let description = text(resolve(&original, property), "description").to_owned();
            let mut wrapped = Mapping::new();
            wrapped.insert("description".into(), description.into());
            wrapped.insert("allOf".into(), Value::Sequence(vec![property.clone()]));
            *property = Value::Mapping(wrapped);
        }
    });
}

/// What typify would turn into something that users shouldn't have to deal with. Limits are
/// documented and the server judges them: bounds would make `NonZeroU64`, lengths and patterns a
/// newtype each. With a default the client would send what its caller never set, so a partial
/// update would change what it shouldn't. Dates stay the text that the server sent. A title would
/// rename its type.
pub(super) fn drop_keywords(document: &mut Value) {
    const KEYWORDS: [&str; 14] = [
        "default",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
        "minItems",
        "maxItems",
        "uniqueItems",
        "example",
        "examples",
    ];
    const FORMATS: [&str; 5] = ["int64", "double", "float", "byte", "password"];
    each_mapping(document, &mut |map| {
        // Only schemas have these next to a type; `title` belongs to `info` as well.
        if map.contains_key("version") {
            return;
        }
        let is_schema = map.get("type").is_some_and(Value::is_string)
            || map.contains_key("allOf")
            || map.contains_key("schema");
        if !is_schema {
            return;
        }
        for keyword in KEYWORDS.iter().chain(&["title"]) {
            map.shift_remove(*keyword);
        }
        let format = text(&Value::Mapping(map.clone()), "format").to_owned();
        let notation = match format.as_str() {
            "date-time" => " ISO 8601 date and time.",
            "date" => " ISO 8601 date.",
            _ => "",
        };
        if let Some(Value::String(description)) = map.get_mut("description") {
            description.truncate(description.trim_end().len());
            description.push_str(notation);
        }
        if !FORMATS.contains(&format.as_str()) {
            map.shift_remove("format");
        }
    });
}

/// What only credentials, envelopes and failures used would be types that nobody can get.
pub(super) fn drop_unused_schemas(document: &mut Value) {
    let mut used = reachable(document, Part::Requests);
    used.extend(reachable(document, Part::Replies));
    if let Some(schemas) = document
        .get_mut("components")
        .and_then(|c| map(c, "schemas"))
    {
        schemas.retain(|name, _| name.as_str().is_some_and(|name| used.contains(name)));
    }
    if let Some(components) = map(document, "components") {
        components.retain(|section, _| section == "schemas");
    }
    if let Some(document) = document.as_mapping_mut() {
        document.shift_remove("security");
    }
}

/// typify sorts properties by name; the spec's order says what belongs together.
pub(super) fn property_order(document: &mut Value) -> BTreeMap<String, Vec<String>> {
    let names = |schema: &Value| -> Vec<String> {
        let properties = schema.get("properties").unwrap_or(&Value::Null);
        entries(properties)
            .map(|(name, _)| name.to_owned())
            .collect()
    };
    let schemas = document.get("components").and_then(|c| c.get("schemas"));
    let mut order: BTreeMap<String, Vec<String>> = entries(schemas.unwrap_or(&Value::Null))
        .map(|(name, schema)| (name.to_owned(), names(schema)))
        .collect();
    each_operation(document, |_, _, operation| {
        let name = body_type(text(operation, "operationId"));
        let Some(body) = operation.get_mut("requestBody") else {
            return;
        };
        for (_, media) in contents(body) {
            order.insert(
                name.clone(),
                names(media.get("schema").unwrap_or(&Value::Null)),
            );
        }
    });
    order
}

/// Schemas that no request sends: their types may grow without breaking a caller.
pub(super) fn received_only(document: &Value) -> BTreeSet<String> {
    let sent = reachable(document, Part::Requests);
    let received = reachable(document, Part::Replies);
    received.difference(&sent).cloned().collect()
}

/// How often a format stands in what is left of the document.
pub(super) fn count_format(document: &mut Value, format: &str) -> usize {
    let mut count = 0;
    each_mapping(document, &mut |map| {
        count += usize::from(map.get("format").and_then(Value::as_str) == Some(format));
    });
    count
}
