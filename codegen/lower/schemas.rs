//! Schemas that typify turns into plain types.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::{Mapping, Value};

use super::Items;
use super::envelope::envelope_schemas;
use super::merged::Merged;
use super::requests::body_type;
use super::walk::{
    MAX_REFERENCES, Part, SCHEMAS, contents, each_operation, each_schema, either, entries, follow,
    is, map, reachable, reference, resolve, schema as component, schema_name, text, type_name,
};

/// A component that is a number, a text, a list, a map, or another component, would be a newtype
/// around it: what refers to it gets the thing itself.
pub(super) fn inline_plain_schemas(document: &mut Value) -> Result<(), String> {
    let original = document.clone();
    let plain = plain_schemas(&original);
    if let Some(name) = plain.keys().find(|name| holds_itself(name, &plain)) {
        return Err(format!(
            "the schema `{name}` is a list or map of itself, which is no type: put it into a \
             property of an object"
        ));
    }
    each_schema(document, &mut |schema| {
        while let Some(found) = wrapped(schema).and_then(|name| plain.get(name)) {
            let own = std::mem::take(schema);
            *schema = (*found).clone();
            let kept = own
                .into_iter()
                .filter(|(key, _)| key != "$ref" && key != "allOf");
            schema.extend(kept);
        }
    });
    Ok(())
}

/// Components that aren't a struct, an enum or an id.
fn plain_schemas(document: &Value) -> BTreeMap<&str, &Mapping> {
    let schemas = document.get("components").and_then(|c| c.get("schemas"));
    entries(schemas.unwrap_or(&Value::Null))
        .filter_map(|(name, schema)| Some((name, schema.as_mapping()?)))
        .filter(|(_, schema)| {
            let is_text = schema.get("type").is_some_and(|t| t == "string");
            let has_shape = ["$ref", "allOf", "anyOf", "oneOf", "properties"]
                .iter()
                .any(|key| schema.contains_key(key));
            is_other_name(document, schema)
                || !(has_shape || is_text && schema.contains_key("enum"))
        })
        .collect()
}

/// Whether a component is another one under a second name. One of a circle of names, which `check`
/// refuses, is nothing.
fn is_other_name(document: &Value, schema: &Mapping) -> bool {
    let mut names = 0;
    let mut next = Some(schema);
    while let Some(name) = next.and_then(wrapped) {
        names += 1;
        next = component(document, name).and_then(Value::as_mapping);
        if names > MAX_REFERENCES {
            return false;
        }
    }
    names > 0 && !schema.contains_key("required")
}

/// What a schema refers to, with nothing but words about it beside.
pub(super) fn wrapped(schema: &Mapping) -> Option<&str> {
    let reference = match schema.get("allOf") {
        Some(Value::Sequence(parts)) if !schema.contains_key("properties") => match &**parts {
            [only] => only.get("$ref")?,
            _ => return None,
        },
        _ => schema.get("$ref")?,
    };
    reference.as_str()?.strip_prefix(SCHEMAS)
}

/// Whether items of items of a schema, or values of values, are the schema itself.
fn holds_itself(start: &str, plain: &BTreeMap<&str, &Mapping>) -> bool {
    let mut seen = BTreeSet::new();
    let mut due = vec![start];
    while let Some(schema) = due.pop().and_then(|name| plain.get(name)) {
        let mut content = vec![*schema];
        while let Some(schema) = content.pop() {
            let inner = ["items", "additionalProperties"].map(|key| schema.get(key));
            let inner = inner.into_iter().flatten();
            content.extend(inner.filter_map(Value::as_mapping));
            let name = wrapped(schema);
            if name == Some(start) {
                return true;
            }
            due.extend(name.filter(|name| seen.insert(*name)));
        }
    }
    false
}

/// A reply that is an object with one list in it, or that list bare, is the object: decoding puts
/// a bare list where it belongs. progenitor would make an enum of `Variant0` and `Variant1`.
pub(super) fn fold_lists(document: &mut Value) -> BTreeMap<String, String> {
    let original = document.clone();
    let mut lists = BTreeMap::new();
    let mut fold = |schema: &mut Value| -> Option<()> {
        let (object, name, field) = either(schema.get("oneOf"), |object, list| {
            let name = schema_name(object)?;
            let items = list.get("items")?;
            let mut properties = entries(resolve(&original, object).get("properties")?);
            let (field, _) = properties.find(|(_, p)| p.get("items") == Some(items))?;
            Some((object.clone(), type_name(name), field.to_owned()))
        })?;
        lists.insert(name, field);
        *schema = object;
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
    lists
}

/// An integer or text is the same type in either word. In a path or a query, digits are both, so
/// that only `anyOf` is true of them.
pub(super) fn fold_any_ids(document: &mut Value) {
    each_schema(document, &mut |schema| {
        let options = schema.get("anyOf").and_then(Value::as_sequence);
        let kinds = options.map(|options| options.iter().map(|one| text(one, "type")));
        let kinds: BTreeSet<&str> = kinds.into_iter().flatten().collect();
        if kinds == BTreeSet::from(["integer", "string"])
            && let Some(options) = schema.shift_remove("anyOf")
        {
            schema.insert("oneOf".into(), options);
        }
    });
}

/// What comes as itself or as JSON text (`format: json`) is itself: decoding reads both.
pub(super) fn fold_json_text(document: &mut Value) {
    each_schema(document, &mut |schema| {
        let is_json_text = |option: &Value| text(option, "format") == "json";
        let itself = either(schema.get("oneOf"), |itself, json| {
            (is_json_text(json) && !is_json_text(itself)).then(|| itself.clone())
        });
        let Some(itself) = itself else { return };
        schema.shift_remove("oneOf");
        match itself {
            Value::Mapping(itself) if !itself.contains_key("$ref") => {
                for (keyword, value) in itself {
                    schema.entry(keyword).or_insert(value);
                }
            }
            reference if schema.is_empty() => {
                if let Value::Mapping(reference) = reference {
                    *schema = reference;
                }
            }
            reference => {
                schema.insert("allOf".into(), Value::Sequence(vec![reference]));
            }
        }
    });
}

/// An object with one text in it, or that text bare, is the object, as with [`fold_lists`].
pub(super) fn fold_texts(document: &mut Value) -> BTreeMap<String, String> {
    let original = document.clone();
    let mut texts = BTreeMap::new();
    each_schema(document, &mut |schema| {
        let is_text = |schema: &Value| text(schema, "type") == "string";
        let found = either(schema.get("oneOf"), |object, bare| {
            let name = schema_name(object).filter(|_| is_text(bare))?;
            let mut properties = entries(resolve(&original, object).get("properties")?);
            let (field, _) = properties
                .next()
                .filter(|(_, property)| is_text(property))?;
            let only = properties.next().is_none();
            only.then(|| (name.to_owned(), field.to_owned()))
        });
        if let Some((name, field)) = found {
            schema.shift_remove("oneOf");
            schema.insert("allOf".into(), Value::Sequence(vec![reference(&name)]));
            texts.insert(type_name(&name), field);
        }
    });
    texts
}

/// A map, or a list of its values that each hold their key, is the map: decoding reads the list
/// as one. Found by its shape: the items are the map's values with one property more.
pub(super) fn fold_keyed_maps(document: &mut Value) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    each_schema(document, &mut |schema| {
        let Some((map, value, key)) = keyed_map(schema) else {
            return;
        };
        schema.shift_remove("oneOf");
        schema.extend(map);
        keys.insert(type_name(&value), key);
    });
    keys
}

/// The map, the schema of its values, and the property that is their key.
fn keyed_map(schema: &Mapping) -> Option<(Mapping, String, String)> {
    either(schema.get("oneOf"), |map, list| {
        let value = schema_name(map.get("additionalProperties")?)?;
        let [same, more] = list.get("items")?.get("allOf")?.as_sequence()?.as_slice() else {
            return None;
        };
        let mut more = entries(more.get("properties")?);
        let (key, _) = more.next().filter(|_| schema_name(same) == Some(value))?;
        let only = more.next().is_none();
        only.then(|| Some((map.as_mapping()?.clone(), value.to_owned(), key.to_owned())))?
    })
}

/// One object with all properties in place of the schemas that make it up: typify would nest or
/// rename them. The envelope's part stays apart until the payload is taken.
pub(super) fn flatten_all_of(document: &mut Value) -> Result<usize, String> {
    let original = document.clone();
    let envelope = envelope_schemas(&original);
    let mut changed = 0;
    let mut problems = Vec::new();
    each_schema(document, &mut |schema| {
        let Some(Value::Sequence(parts)) = schema.get("allOf") else {
            return;
        };
        changed += 1;
        let enveloped = parts
            .iter()
            .filter_map(schema_name)
            .any(|name| envelope.contains(name));
        // A description beside a reference, or an envelope beside a payload: both stay.
        let wraps_one = wrapped(schema).is_some();
        if wraps_one || enveloped {
            return;
        }
        let mut merged = Merged::default();
        if let Err(problem) = merged.add(&original, &Value::Mapping(schema.clone()), 0) {
            problems.push(problem);
            return;
        }
        merged.put_into(schema);
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

/// A property that is a bare reference would have no documentation: it gets its target's.
pub(super) fn describe_references(document: &mut Value) {
    let original = document.clone();
    each_schema(document, &mut |schema| {
        let properties = schema.get_mut("properties").and_then(Value::as_mapping_mut);
        for (_, property) in properties.into_iter().flatten() {
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

/// Types of which a reply holds at least one property: `minProperties` says so.
pub(super) fn filled(document: &mut Value) -> BTreeSet<String> {
    let is_filled = |schema: &Value| {
        let least = schema.get("minProperties").and_then(Value::as_u64);
        least.is_some_and(|least| least > 0)
    };
    let types = each_type(document).into_iter();
    types
        .filter(|(_, schema)| is_filled(schema))
        .map(|(name, _)| name)
        .collect()
}

/// `additionalProperties: true` beside properties says that whoever sends the object back must send
/// all of it. typify reads that only if it is written as a schema.
pub(super) fn keep_other_properties(document: &mut Value) {
    each_schema(document, &mut |schema| {
        if schema.contains_key("properties")
            && schema.get("additionalProperties") == Some(&Value::Bool(true))
        {
            let any = Value::Mapping(Mapping::new());
            schema.insert("additionalProperties".into(), any);
        }
    });
}

/// typify makes a newtype of a component that may be null: what refers to it says so instead.
pub(super) fn nullable_references(document: &mut Value) {
    let mut nullable = BTreeSet::new();
    let components = document.get_mut("components");
    let schemas = components.and_then(|components| map(components, "schemas"));
    for (name, schema) in schemas.into_iter().flatten() {
        let removed = schema
            .as_mapping_mut()
            .and_then(|s| s.shift_remove("nullable"));
        if removed == Some(Value::Bool(true)) {
            nullable.extend(name.as_str().map(str::to_owned));
        }
    }
    each_schema(document, &mut |schema| {
        for (keyword, value) in schema.iter_mut() {
            match (keyword.as_str(), value) {
                (Some("properties"), Value::Mapping(properties)) => {
                    properties
                        .values_mut()
                        .for_each(|p| allow_null(p, &nullable));
                }
                (Some("items" | "additionalProperties"), value) => allow_null(value, &nullable),
                _ => {}
            }
        }
    });
}

fn allow_null(schema: &mut Value, nullable: &BTreeSet<String>) {
    let Some(schema) = schema.as_mapping_mut() else {
        return;
    };
    if let Some(name) = wrapped(schema).filter(|name| nullable.contains(*name)) {
        let part = reference(name);
        schema.shift_remove("$ref");
        schema.insert("allOf".into(), Value::Sequence(vec![part]));
        schema.insert("nullable".into(), true.into());
    }
}

/// What typify would turn into something that users shouldn't have to deal with. Limits are
/// documented and the server judges them: bounds would make `NonZeroU64`, lengths and patterns a
/// newtype each, and so would the values of a number. With a default the client would send what
/// its caller never set, so a partial update would change what it shouldn't. Dates stay the text
/// that the server sent. A title would rename its type.
pub(super) fn drop_keywords(document: &mut Value) {
    const KEYWORDS: [&str; 14] = [
        "default",
        "example",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "multipleOf",
        "pattern",
    ];
    const FORMATS: [&str; 5] = ["int64", "double", "float", "byte", "password"];
    each_schema(document, &mut |schema| {
        for keyword in KEYWORDS.iter().chain(&["title", "uniqueItems"]) {
            schema.shift_remove(*keyword);
        }
        if schema.get("type").is_some_and(|t| t != "string") {
            schema.shift_remove("enum");
        }
        let format = schema.get("format").and_then(Value::as_str);
        let format = format.unwrap_or_default().to_owned();
        if let Some(Value::String(description)) = schema.get_mut("description") {
            *description = with_notation(description, &format);
        }
        if !FORMATS.contains(&&*format) {
            schema.shift_remove("format");
        }
    });
}

/// A description, and how a value of this format is written, which its type won't say.
pub(super) fn with_notation(description: &str, format: &str) -> String {
    let notation = match format {
        "date-time" => "ISO 8601 date and time.",
        "date" => "ISO 8601 date.",
        _ => return description.trim_end().to_owned(),
    };
    match description.trim_end() {
        "" => notation.to_owned(),
        description if description.ends_with(['.', '!', '?', ':']) => {
            format!("{description} {notation}")
        }
        description => format!("{description}. {notation}"),
    }
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
    let named = each_type(document).into_iter();
    named.map(|(name, schema)| (name, names(&schema))).collect()
}

/// typify drops the mark, and callers should be told.
pub(super) fn deprecated_properties(document: &mut Value) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (name, schema) in each_type(document) {
        let properties = schema.get("properties").unwrap_or(&Value::Null);
        let deprecated = entries(properties).filter(|(_, property)| is(property, "deprecated"));
        found.extend(deprecated.map(|(property, _)| (name.clone(), property.to_owned())));
    }
    found
}

/// Every schema that becomes a type, by the type's name.
fn each_type(document: &mut Value) -> BTreeMap<String, Value> {
    let schemas = document.get("components").and_then(|c| c.get("schemas"));
    let mut types: BTreeMap<String, Value> = entries(schemas.unwrap_or(&Value::Null))
        .map(|(name, schema)| (type_name(name), schema.clone()))
        .collect();
    each_operation(document, |_, _, operation| {
        let name = body_type(text(operation, "operationId"));
        let Some(body) = operation.get_mut("requestBody") else {
            return;
        };
        for (_, media) in contents(body) {
            let schema = media.get("schema").unwrap_or(&Value::Null);
            if schema.get("properties").is_some() {
                types.insert(name.clone(), schema.clone());
            }
        }
    });
    types
}

/// What stands inside of bodies: the items of those that hold many, and objects in properties. The
/// properties of a body itself are set on the call.
pub(super) fn built_by_callers(
    document: &mut Value,
    items: &BTreeMap<String, Items>,
) -> BTreeSet<String> {
    let original = document.clone();
    let mut found = BTreeSet::new();
    each_operation(document, |_, _, operation| {
        let items = items.get(text(operation, "operationId"));
        let Some(body) = operation.get_mut("requestBody") else {
            return;
        };
        for (_, media) in contents(body) {
            let schema = media.get("schema").unwrap_or(&Value::Null);
            follow(&original, resolve(&original, schema), &mut found);
        }
        found.extend(items.map(|items| items.schema.clone()));
    });
    found.iter().map(|name| type_name(name)).collect()
}

/// Schemas that no request sends: their types may grow without breaking a caller.
pub(super) fn received_only(document: &Value) -> BTreeSet<String> {
    let sent = reachable(document, Part::Requests);
    let received = reachable(document, Part::Replies);
    received
        .difference(&sent)
        .map(|name| type_name(name))
        .collect()
}

/// How often a format stands in what is left of the document.
pub(super) fn count_format(document: &mut Value, format: &str) -> usize {
    let mut count = 0;
    each_schema(document, &mut |schema| {
        count += usize::from(schema.get("format").is_some_and(|found| found == format));
    });
    count
}
