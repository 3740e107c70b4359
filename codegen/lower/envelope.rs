//! Takes envelopes off: what callers get is the payload, and transport reads the rest.

use std::collections::BTreeSet;

use serde_yaml::{Mapping, Value};

use super::merged::Merged;
use super::walk::{SCHEMAS, each_operation, entries, map, resolve, schema_name, text};
use super::{Code, Envelope};

/// The document's `x-envelope` with what the operation overrides.
pub fn envelope(document: &Value, operation: &Value) -> Option<Envelope> {
    let base = document.get("x-envelope")?;
    let own = operation.get("x-envelope");
    let get = |key: &str| own.and_then(|own| own.get(key)).or_else(|| base.get(key));
    let string = |key: &str| get(key).and_then(Value::as_str).map(str::to_owned);
    let success = match get("success")? {
        Value::String(text) => text.clone(),
        other => serde_yaml::to_string(other).ok()?.trim().to_owned(),
    };
    let details = get("details")
        .and_then(Value::as_sequence)
        .into_iter()
        .flatten();
    let results = get("results")
        .and_then(|r| Some((r.get("minimum")?.as_i64()?, r.get("maximum")?.as_i64()?)));
    let codes = get("codes").into_iter();
    let codes = codes.flat_map(entries).map(|(code, about)| Code {
        code: code.to_owned(),
        kind: text(about, "kind").to_owned(),
        meaning: text(about, "meaning").trim().to_owned(),
        source: text(about, "source").trim().to_owned(),
    });
    Some(Envelope {
        codes: codes.collect(),
        bare_text: string("bareText"),
        field: string("field")?,
        success,
        // Without a name no field is the message.
        message: string("message").unwrap_or_default(),
        payload: string("payload"),
        details: details
            .filter_map(|d| d.as_str().map(str::to_owned))
            .collect(),
        results,
    })
}

/// Component schemas that describe the envelope and nothing else.
pub(super) fn envelope_schemas(document: &Value) -> BTreeSet<String> {
    let Some(envelope) = envelope(document, &Value::Null) else {
        return BTreeSet::new();
    };
    let mut own: Vec<&str> = vec![&envelope.field, &envelope.message];
    own.extend(envelope.details.iter().map(String::as_str));
    let has = |properties: &Value, name: &str| name.is_empty() || properties.get(name).is_some();
    let schemas = document.get("components").and_then(|c| c.get("schemas"));
    let is_envelope = |schema: &Value| {
        let properties = schema.get("properties").unwrap_or(&Value::Null);
        properties.get(&envelope.field).is_some()
            && has(properties, &envelope.message)
            && entries(properties).all(|(name, _)| own.contains(&name))
    };
    entries(schemas.unwrap_or(&Value::Null))
        .filter(|(_, schema)| is_envelope(schema))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// What a reply has besides its envelope.
enum Payload {
    /// Nothing.
    None,
    /// The schema at the envelope's field for it, or what stands beside the envelope.
    Schema(Value),
    /// The reply itself, less the envelope's fields: its payload has company, such as a count.
    Whole,
}

/// Callers get the payload: transport opens the envelope. A reply of the envelope alone carries
/// nothing. Where `results` says so, the envelope's fields are themselves the result.
pub(super) fn take_payloads(document: &mut Value) -> Result<usize, String> {
    let original = document.clone();
    let names = envelope_schemas(&original);
    let mut changed = 0;
    let mut problems = Vec::new();
    let mut whole = BTreeSet::new();
    each_operation(document, |_, _, operation| {
        let Some(envelope) = envelope(&original, operation) else {
            return;
        };
        let id = text(operation, "operationId").to_owned();
        let mut beside = false;
        for (status, response) in map(operation, "responses").into_iter().flatten() {
            if !status.as_str().is_some_and(|s| s.starts_with('2')) {
                continue;
            }
            let Some(Value::Mapping(content)) = response.get_mut("content") else {
                continue;
            };
            let taken = content
                .values_mut()
                .next()
                .and_then(|media| payload(&original, &names, &envelope, media.get("schema")?));
            changed += 1;
            match taken {
                Some(Payload::Schema(schema)) => set_schemas(content, &schema),
                Some(Payload::None) => {
                    let response = response.as_mapping_mut();
                    response.map(|response| response.shift_remove("content"));
                }
                Some(Payload::Whole) => {
                    beside = true;
                    for media in content.values_mut() {
                        let schema = media.get_mut("schema").and_then(Value::as_mapping_mut);
                        let Some(schema) = schema else { continue };
                        match named(schema) {
                            Some(name) => drop(whole.insert(name)),
                            None => strip(&original, &envelope, schema),
                        }
                    }
                }
                None => problems.push(format!(
                    "{id}: its reply has no payload that the envelope could be taken off: {}",
                    remedy(&envelope)
                )),
            }
        }
        if beside && let Some(operation) = operation.as_mapping_mut() {
            let own = operation
                .entry("x-envelope".into())
                .or_insert(Value::Mapping(Mapping::new()));
            if let Value::Mapping(own) = own {
                own.insert("payload".into(), Value::Null);
            }
        }
    });
    if let Some(envelope) = envelope(&original, &Value::Null)
        && let Some(components) = document.get_mut("components")
    {
        for (name, schema) in map(components, "schemas").into_iter().flatten() {
            if let (Some(name), Value::Mapping(schema)) = (name.as_str(), schema)
                && whole.contains(name)
            {
                strip(&original, &envelope, schema);
            }
        }
    }
    match problems.as_slice() {
        [] => Ok(changed),
        _ => Err(problems.join("; ")),
    }
}

fn set_schemas(content: &mut Mapping, schema: &Value) {
    for media in content.values_mut().filter_map(Value::as_mapping_mut) {
        media.insert("schema".into(), schema.clone());
    }
}

fn named(schema: &Mapping) -> Option<String> {
    let name = schema.get("$ref")?.as_str()?.strip_prefix(SCHEMAS)?;
    Some(name.to_owned())
}

/// Takes the envelope's own fields out of a reply.
fn strip(document: &Value, envelope: &Envelope, schema: &mut Mapping) {
    let mut merged = Merged::default();
    if merged
        .add(document, &Value::Mapping(schema.clone()), 0)
        .is_ok()
    {
        merged.properties.retain(|name, _| !is_own(envelope, name));
        merged.put_into(schema);
    }
}

/// Whether a field is the envelope's own, and not its payload's.
fn is_own(envelope: &Envelope, name: &Value) -> bool {
    let name = name.as_str().unwrap_or_default();
    name == envelope.field || name == envelope.message || envelope.details.iter().any(|d| d == name)
}

/// What a reply without an envelope lacks.
fn remedy(envelope: &Envelope) -> String {
    let code = &envelope.field;
    match &envelope.payload {
        Some(payload) => format!("give it the properties `{code}` and `{payload}`"),
        None => format!("make it `allOf` of the schema with `{code}` and of what stands beside"),
    }
}

/// `None` if the reply isn't enveloped.
fn payload(
    document: &Value,
    envelopes: &BTreeSet<String>,
    envelope: &Envelope,
    schema: &Value,
) -> Option<Payload> {
    if envelope.results.is_some() {
        return Some(Payload::Schema(schema.clone()));
    }
    if let Some(field) = &envelope.payload {
        return payload_at(document, envelope, field, schema);
    }
    let is_envelope = |part: &Value| schema_name(part).is_some_and(|n| envelopes.contains(n));
    if is_envelope(schema) {
        return Some(Payload::None);
    }
    let parts = resolve(document, schema).get("allOf")?.as_sequence()?;
    if schema_name(schema).is_some() && parts.iter().any(is_envelope) {
        // The reply has a name, which is then the payload's.
        return Some(Payload::Whole);
    }
    let rest: Vec<&Value> = parts.iter().filter(|part| !is_envelope(part)).collect();
    match rest.as_slice() {
        _ if rest.len() == parts.len() => None,
        [] => Some(Payload::None),
        [only] => Some(Payload::Schema((*only).clone())),
        several => {
            let mut merged = Merged::default();
            let mut parts = several.iter();
            parts
                .try_for_each(|part| merged.add(document, part, 0))
                .ok()?;
            let mut object = Mapping::new();
            merged.put_into(&mut object);
            Some(Payload::Schema(Value::Mapping(object)))
        }
    }
}

/// The payload of an envelope that has a field for it. A field that the spec gives no type holds
/// nothing.
fn payload_at(
    document: &Value,
    envelope: &Envelope,
    field: &str,
    schema: &Value,
) -> Option<Payload> {
    const SHAPES: [&str; 8] = [
        "type",
        "$ref",
        "allOf",
        "anyOf",
        "oneOf",
        "properties",
        "additionalProperties",
        "items",
    ];
    let mut merged = Merged::default();
    merged.add(document, schema, 0).ok()?;
    merged.properties.get(&envelope.field)?;
    let company = |name: &Value| name.as_str() != Some(field) && !is_own(envelope, name);
    if merged.properties.keys().any(company) {
        return Some(Payload::Whole);
    }
    let payload = merged.properties.get(field);
    let typed = payload.filter(|p| SHAPES.iter().any(|shape| p.get(*shape).is_some()));
    Some(typed.map_or(Payload::None, |payload| Payload::Schema(payload.clone())))
}
