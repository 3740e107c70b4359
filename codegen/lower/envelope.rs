//! Takes envelopes off: what callers get is the payload, and transport reads the rest.

use std::collections::BTreeSet;

use serde_yaml::{Mapping, Value};

use super::Envelope;
use super::merged::Merged;
use super::walk::{each_operation, entries, map, schema_name, text};

/// The document's `x-envelope` with what the operation overrides.
pub(super) fn envelope(document: &Value, operation: &Value) -> Option<Envelope> {
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
    Some(Envelope {
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

/// Callers get the payload: transport opens the envelope. A reply of the envelope alone carries
/// nothing. Where `results` says so, the envelope's fields are themselves the result.
pub(super) fn take_payloads(document: &mut Value) -> Result<usize, String> {
    let original = document.clone();
    let names = envelope_schemas(&original);
    let mut changed = 0;
    let mut problems = Vec::new();
    each_operation(document, |_, _, operation| {
        let Some(envelope) = envelope(&original, operation) else {
            return;
        };
        let id = text(operation, "operationId").to_owned();
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
            match taken {
                Some(Some(schema)) => {
                    for media in content.values_mut() {
                        if let Some(media) = media.as_mapping_mut() {
                            media.insert("schema".into(), schema.clone());
                        }
                    }
                    changed += 1;
                }
                Some(None) => {
                    response
                        .as_mapping_mut()
                        .map(|response| response.shift_remove("content"));
                    changed += 1;
                }
                None => problems.push(format!(
                    "{id}: its reply has no payload that the envelope could be taken off"
                )),
            }
        }
    });
    match problems.as_slice() {
        [] => Ok(changed),
        _ => Err(problems.join("; ")),
    }
}

/// The payload's schema: `Some(None)` if there is none, `None` if the reply isn't enveloped.
fn payload(
    document: &Value,
    envelopes: &BTreeSet<String>,
    envelope: &Envelope,
    schema: &Value,
) -> Option<Option<Value>> {
    if envelope.results.is_some() {
        return Some(Some(schema.clone()));
    }
    let is_envelope = |part: &Value| schema_name(part).is_some_and(|n| envelopes.contains(n));
    if let Some(field) = &envelope.payload {
        let mut merged = Merged::default();
        merged.add(document, schema, 0).ok()?;
        merged.properties.get(&envelope.field)?;
        return Some(merged.properties.get(field).cloned());
    }
    if is_envelope(schema) {
        return Some(None);
    }
    let parts = schema.get("allOf")?.as_sequence()?;
    let rest: Vec<&Value> = parts.iter().filter(|part| !is_envelope(part)).collect();
    match rest.as_slice() {
        _ if rest.len() == parts.len() => None,
        [] => Some(None),
        [only] => Some(Some((*only).clone())),
        several => {
            let mut merged = Merged::default();
            let mut parts = several.iter();
            parts
                .try_for_each(|part| merged.add(document, part, 0))
                .ok()?;
            let mut object = Mapping::new();
            merged.put_into(&mut object);
            Some(Some(Value::Mapping(object)))
        }
    }
}
