//! Whether examples fit their schemas. The mock server answers with the examples, and the tests
//! decode them, so that an example that doesn't fit is a wrong schema or a wrong example.

use std::collections::BTreeMap;

use serde_yaml::Value;

use super::super::source::{Finding, Path};
use super::document::{Document, Object, entries, list, text};
use super::grammar::{Kind, describe};
use super::nearest::suggestion;

/// example-mismatch: every example and default, against the schema that it stands beside.
pub(super) fn mismatches(document: &Document, findings: &mut Vec<Finding>) {
    for object in document.all().filter(|object| object.reference().is_none()) {
        for (schema, path, value) in samples(document, object) {
            let expected = Expectation::of(document, schema);
            for (path, message) in expected.objections(document, value, &path) {
                findings.push(document.finding(&path, "example-mismatch", message));
            }
        }
    }
}

/// The samples that an object gives: the schema that each must fit, its place and its value.
fn samples<'a>(document: &Document<'a>, object: &Object<'a>) -> Vec<(&'a Value, Path, &'a Value)> {
    let (schema, keys): (_, &[&str]) = match object.kind {
        Kind::Schema => (Some(object.value), &["example", "default"]),
        Kind::MediaType | Kind::Parameter | Kind::Header => (object.get("schema"), &["example"]),
        _ => (None, &[]),
    };
    let Some(schema) = schema else {
        return Vec::new();
    };
    let direct = keys.iter().filter_map(|key| {
        object
            .get(key)
            .map(|value| (schema, object.path.child(*key), value))
    });
    let named = entries(object.value, "examples").filter_map(|(name, example)| {
        let place = object.path.child("examples").child(name);
        let value = document.resolve(example).get("value")?;
        // Positions below a reference are those of the reference.
        Some((schema, place.child("value"), value))
    });
    let named = named.filter(|_| object.kind != Kind::Schema);
    direct.chain(named).collect()
}

/// What a value must be to fit: a schema with its references followed and its `allOf` merged.
#[derive(Clone, Default)]
struct Expectation<'a> {
    /// The schemas merged so far. One that comes again adds nothing, so circles end.
    merged: Vec<&'a Value>,
    types: Vec<&'a str>,
    nullable: bool,
    enums: Vec<&'a [Value]>,
    properties: BTreeMap<&'a str, Vec<&'a Value>>,
    required: Vec<&'a str>,
    additional: Vec<&'a Value>,
    items: Vec<&'a Value>,
    /// Lists of `oneOf` and `anyOf`; the value must fit one of each.
    choices: Vec<(&'static str, &'a [Value])>,
}

type Objections = Vec<(Path, String)>;

impl<'a> Expectation<'a> {
    fn of(document: &Document<'a>, schema: &'a Value) -> Expectation<'a> {
        let mut expectation = Expectation::default();
        expectation.merge(document, schema);
        expectation
    }

    fn merge(&mut self, document: &Document<'a>, schema: &'a Value) {
        let schema = document.resolve(schema);
        if self.merged.iter().any(|known| std::ptr::eq(*known, schema)) {
            return;
        }
        self.merged.push(schema);
        self.types.extend(text(schema, "type"));
        self.nullable |= schema.get("nullable").and_then(Value::as_bool) == Some(true);
        self.enums.extend(
            schema
                .get("enum")
                .and_then(Value::as_sequence)
                .map(Vec::as_slice),
        );
        for (name, property) in entries(schema, "properties") {
            self.properties.entry(name).or_default().push(property);
        }
        self.required
            .extend(list(schema, "required").iter().filter_map(Value::as_str));
        self.additional.extend(schema.get("additionalProperties"));
        self.items.extend(schema.get("items"));
        for key in ["oneOf", "anyOf"] {
            let options = list(schema, key);
            if !options.is_empty() {
                self.choices.push((key, options));
            }
        }
        for member in list(schema, "allOf") {
            self.merge(document, member);
        }
    }

    /// Why a value doesn't fit; nothing if it does.
    fn objections(&self, document: &Document<'a>, value: &'a Value, path: &Path) -> Objections {
        if value.is_null() && (self.nullable || self.types.is_empty() && self.choices.is_empty()) {
            return Vec::new();
        }
        if let Some(((key, options), rest)) = self.choices.split_last() {
            return self.choice(document, (key, options), rest, value, path);
        }
        let refuse = |message| vec![(path.clone(), message)];
        if let Some(expected) = self
            .types
            .iter()
            .find(|expected| !is_of_type(expected, value))
        {
            let actual = describe(value);
            return refuse(match value {
                Value::Null => format!(
                    "this is null, but the schema says `{expected}`; if the server \
                                        sends null, add `nullable: true` to the schema"
                ),
                _ => format!(
                    "this is {actual}, but the schema says `{expected}`; correct one of them"
                ),
            });
        }
        if let Some(values) = self.enums.iter().find(|values| !values.contains(value)) {
            let values: Vec<_> = values.iter().map(print).collect();
            return refuse(format!(
                "this is {}, which the schema's `enum` doesn't list: {}",
                print(value),
                values.join(", ")
            ));
        }
        match value {
            Value::Mapping(_) => self.object(document, value, path),
            Value::Sequence(items) => self.list(document, items, path),
            _ => Vec::new(),
        }
    }

    /// A value that must fit one of several schemas. The objections are those of the nearest: not
    /// of another type at once, and with the fewest objections.
    fn choice(
        &self,
        document: &Document<'a>,
        (key, options): (&str, &'a [Value]),
        rest: &[(&'static str, &'a [Value])],
        value: &'a Value,
        path: &Path,
    ) -> Objections {
        let attempts = options.iter().map(|option| {
            let mut expectation = Expectation {
                choices: rest.to_vec(),
                ..self.clone()
            };
            expectation.merge(document, option);
            expectation.objections(document, value, path)
        });
        let distance = |objections: &Objections| {
            let at_once = objections.first().is_some_and(|(place, _)| place == path);
            (!objections.is_empty(), at_once, objections.len())
        };
        let nearest = attempts.min_by_key(distance).unwrap_or_default();
        let explain = |message| {
            format!(
                "this fits none of the {} schemas in `{key}`; for the nearest: {message}",
                options.len()
            )
        };
        nearest
            .into_iter()
            .map(|(path, message)| (path, explain(message)))
            .collect()
    }

    fn object(&self, document: &Document<'a>, value: &'a Value, path: &Path) -> Objections {
        let mut objections = Objections::new();
        for name in self
            .required
            .iter()
            .filter(|name| value.get(**name).is_none())
        {
            let message = format!("this lacks `{name}`, which the schema requires; add it");
            objections.push((path.clone(), message));
        }
        for (name, value) in value.as_mapping().into_iter().flatten() {
            let Some(name) = name.as_str() else { continue };
            let path = path.child(name);
            match self.properties.get(name) {
                Some(schemas) => objections.extend(all(document, schemas, value, &path)),
                None if !self.additional.is_empty() => {
                    let schemas: Vec<_> = self
                        .additional
                        .iter()
                        .copied()
                        .filter(|s| s.is_mapping())
                        .collect();
                    objections.extend(all(document, &schemas, value, &path));
                }
                None if !self.properties.is_empty() => {
                    let names = self.properties.keys().copied();
                    let rest = "describe it there, or remove it from the example";
                    let message = format!(
                        "`{name}` is not a property of the schema{}",
                        suggestion(name, names, rest)
                    );
                    objections.push((path, message));
                }
                None => {}
            }
        }
        objections
    }

    fn list(&self, document: &Document<'a>, items: &'a [Value], path: &Path) -> Objections {
        let items = items.iter().enumerate();
        items
            .flat_map(|(index, item)| all(document, &self.items, item, &path.child(index)))
            .collect()
    }
}

/// The objections of several schemas that a value must fit at once.
fn all<'a>(
    document: &Document<'a>,
    schemas: &[&'a Value],
    value: &'a Value,
    path: &Path,
) -> Objections {
    let mut expectation = Expectation::default();
    for schema in schemas {
        expectation.merge(document, schema);
    }
    expectation.objections(document, value, path)
}

fn is_of_type(expected: &str, value: &Value) -> bool {
    match expected {
        "array" => value.is_sequence(),
        "boolean" => value.is_bool(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.as_f64().is_some_and(f64::is_finite),
        "object" => value.is_mapping(),
        "string" => value.is_string(),
        // Another rule objects to the type itself.
        _ => true,
    }
}

/// A value as a person would write it.
fn print(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => format!("`{flag}`"),
        Value::Number(number) => format!("`{number}`"),
        Value::String(text) => format!("'{text}'"),
        other => describe(other).to_owned(),
    }
}
