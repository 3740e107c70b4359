//! Turns a spec that is true to the wire into one that progenitor can express.
//!
//! | part | has the transforms of |
//! | --- | --- |
//! | [`requests`] | parameters, form bodies, credentials |
//! | [`schemas`] | everything that becomes a type |
//! | [`names`] | what becomes a type and has no name |
//! | [`own`] | what no plain type reads, and a type of the crate does |
//! | [`envelope`] | replies that say failure inside a success |
//! | [`operations`] | none: it reads what the later stages need |
//! | [`typed`] | none: it hands the outcome to progenitor |
//!
//! Each transform is one function with its reason above it. Those that go through [`expect`] count
//! the places that they changed, and fail the build if their subject is in the spec and they changed
//! nothing: that would be a spec and a generator that no longer understand each other. What the
//! others leave undone dress refuses, since typify makes of it what dress doesn't know.

mod envelope;
mod merged;
mod names;
mod operations;
mod own;
mod requests;
mod schemas;
#[cfg(test)]
mod tests;
mod typed;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use openapiv3::OpenAPI;
use serde_yaml::Value;

use envelope::take_payloads;
use names::name_objects;
use operations::read_operations;
use own::name_own_types;
use requests::{
    describe_bodies, drop_credentials, fold_items, inline_components, json_text_properties,
    nullable_lists_in_requests,
};
use schemas::{
    built_by_callers, count_format, deprecated_properties, describe_references, drop_failures,
    drop_keywords, drop_unused_schemas, filled, flatten_all_of, fold_any_ids, fold_json_text,
    fold_keyed_maps, fold_lists, fold_texts, inline_plain_schemas, keep_other_properties,
    nullable_references, property_order, received_only,
};
use typed::typed;
use walk::text;

pub use envelope::envelope;

/// The lowered spec, and what the later stages need to know that it can no longer say.
pub struct Lowered {
    /// What progenitor is given.
    pub document: OpenAPI,
    /// Every operation, in the order of the spec.
    pub operations: Vec<Operation>,
    /// How replies say failure where no operation says otherwise.
    pub envelope: Option<Envelope>,
    /// Schemas that types of the crate stand in for, such as `crate::Id`.
    pub own: BTreeMap<String, &'static str>,
    /// Schemas that a bare list stands in for, with the field that takes the list.
    pub lists: BTreeMap<String, String>,
    /// Schemas that bare text stands in for, with the field that takes the text.
    pub texts: BTreeMap<String, String>,
    /// Schemas of which a list stands in for a map, with the property that holds the key.
    pub keys: BTreeMap<String, String>,
    /// Form properties that go out as JSON text: the type's name and the property's.
    pub json_text: BTreeSet<(String, String)>,
    /// The properties of each type, in the order of the spec.
    pub properties: BTreeMap<String, Vec<String>>,
    /// Properties that the spec advises against: the type's name and the property's.
    pub deprecated: BTreeSet<(String, String)>,
    /// Types that callers make themselves, since they stand inside of a body.
    pub built: BTreeSet<String>,
    /// Types that are only ever received.
    pub received: BTreeSet<String>,
    /// Types of which a reply holds at least one property.
    pub filled: BTreeSet<String>,
    /// How many properties hold base64 (`format: byte`).
    pub base64: usize,
    /// How many properties hold a secret (`format: password`).
    pub secrets: usize,
    /// The API's module, such as `vps_org`.
    pub module: String,
    /// The spec's title.
    pub title: String,
    /// The spec's own introduction, in markdown.
    pub description: String,
}

/// What an operation's code and documentation are made from.
pub struct Operation {
    /// The `operationId`.
    pub id: String,
    /// `get`, `post`, …
    pub method: String,
    /// The path template.
    pub path: String,
    /// One line.
    pub summary: String,
    /// The paragraphs below it.
    pub description: String,
    /// Whether the spec advises against it.
    pub deprecated: bool,
    /// Whether sending it twice does no harm.
    pub idempotent: bool,
    /// How its reply says failure, if not by HTTP status.
    pub envelope: Option<Envelope>,
    /// Whether its requests carry the credentials.
    pub authorized: bool,
    /// How many seconds it may take, if it is known to be slow.
    pub timeout: Option<u64>,
    /// The names of the properties of its reply that are secret.
    pub secrets: BTreeSet<String>,
    /// Whether its reply may carry null in place of a payload.
    pub nullable: bool,
    /// How its body holds many items.
    pub items: Option<Items>,
    /// How its reply is one page of many.
    pub pages: Option<Pages>,
    /// What callers set, with its description: path and query parameters, then body properties.
    pub parameters: Vec<Parameter>,
}

/// What sets the items of such a body.
pub const ITEMS: &str = "items";

/// A body that is a list of items, or may be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Items {
    /// The schema of an item.
    pub schema: String,
    /// Whether the body may as well be one item by itself.
    pub or_one: bool,
}

/// `x-pagination`: names of query parameters, and of properties of the payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pages {
    /// The parameter that says which page, from 1.
    pub page: String,
    /// The parameter that says how many items a page has.
    pub limit: Option<String>,
    /// The items of the page.
    pub items: String,
    /// How many items there are in all.
    pub total: Option<String>,
    /// What is there if there is a next page.
    pub next: Option<String>,
}

/// One thing that a caller sets.
pub struct Parameter {
    /// Its name on the wire.
    pub name: String,
    /// Where it goes: `path`, `query`, `header`, or `body`.
    pub location: String,
    /// What the spec says about it.
    pub description: String,
    /// A value that works, from the spec's examples.
    pub example: Option<Value>,
    /// Whether the call can't be made without it.
    pub required: bool,
    /// Whether the spec advises against it.
    pub deprecated: bool,
}

/// `x-envelope`, of the document with what the operation overrides.
pub struct Envelope {
    /// The field that tells success from failure.
    pub field: String,
    /// Its value on success, as text.
    pub success: String,
    /// The field that holds the server's message.
    pub message: String,
    /// The field that holds the payload; none if the payload stands beside the envelope.
    pub payload: Option<String>,
    /// Fields that say more about a failure, and are there only if there is one.
    pub details: Vec<String>,
    /// Values of `field` that are results and not failures.
    pub results: Option<(i64, i64)>,
    /// What values of `field` stand for.
    pub codes: Vec<Code>,
    /// How a reply begins that is no object, and a refusal in its own words.
    pub bare_text: Option<String>,
}

/// What a code stands for.
pub struct Code {
    /// The code, as text; `default` for all others.
    pub code: String,
    /// The kind of error.
    pub kind: String,
    /// What it means, in a sentence.
    pub meaning: String,
    /// Who says so.
    pub source: String,
}

/// Lowers a checked spec.
pub fn lower(module: &str, spec: &Value) -> Result<Lowered, String> {
    let mut document = spec.clone();
    let document = &mut document;

    expect(
        "inline-components",
        "#/components/",
        document,
        inline_components,
    )?;
    drop_failures(document);
    fold_any_ids(document);
    fold_json_text(document);
    let items = fold_items(document)?;
    inline_plain_schemas(document)?;
    expect("drop-credentials", "x-credentials", document, |document| {
        Ok(drop_credentials(document))
    })?;
    let json_text = json_text_properties(document);
    let lists = fold_lists(document);
    let texts = fold_texts(document);
    let keys = fold_keyed_maps(document);
    // What was folded may be plain now.
    inline_plain_schemas(document)?;
    expect("flatten-all-of", "allOf", document, flatten_all_of)?;
    expect("payload", "x-envelope", document, take_payloads)?;
    let operations = read_operations(document, &items)?;
    let own = name_own_types(document)?;
    describe_bodies(document);
    name_objects(document)?;
    nullable_lists_in_requests(document);
    describe_references(document);
    nullable_references(document);
    let filled = filled(document);
    keep_other_properties(document);
    drop_keywords(document);
    drop_unused_schemas(document);

    let text = |key: &str| {
        let info = spec.get("info");
        let value = info.and_then(|info| info.get(key)).and_then(Value::as_str);
        value.unwrap_or_default().trim().to_owned()
    };
    Ok(Lowered {
        base64: count_format(document, "byte"),
        secrets: count_format(document, "password"),
        built: built_by_callers(document, &items),
        received: received_only(document),
        filled,
        deprecated: deprecated_properties(document),
        properties: property_order(document),
        document: typed(document)?,
        envelope: envelope(spec, &Value::Null),
        operations,
        own,
        lists,
        texts,
        keys,
        json_text,
        module: module.to_owned(),
        title: text("title"),
        description: introduction(&text("description"), spec),
    })
}

/// The spec's description, and what it says of its tags.
fn introduction(description: &str, spec: &Value) -> String {
    let mut whole = description.to_owned();
    for tag in spec
        .get("tags")
        .and_then(Value::as_sequence)
        .into_iter()
        .flatten()
    {
        let (name, about) = (text(tag, "name"), text(tag, "description").trim());
        if !about.is_empty() {
            whole.push_str(&format!("\n\n## Calls: {name}\n\n{about}"));
        }
    }
    match codes(spec) {
        Some(codes) => format!("{whole}\n\n{codes}"),
        None => whole,
    }
}

/// What the codes of an API's failures stand for, as a chapter in markdown.
pub fn codes(spec: &Value) -> Option<String> {
    let codes = envelope(spec, &Value::Null)?.codes;
    let rows: String = codes
        .iter()
        .map(
            |Code {
                 code,
                 kind,
                 meaning,
                 source,
             }| { format!("| `{code}` | `{kind}` | {meaning} | {source} |\n") },
        )
        .collect();
    let about = "The kind is what an error of the client has; a failure with another code is of the \
                 kind `Api`.";
    let head = "| code | kind | meaning | source |\n| --- | --- | --- | --- |";
    (!codes.is_empty()).then(|| format!("## Codes of failures\n\n{about}\n\n{head}\n{rows}"))
}

/// Fails if `subject` stands in the document and the transform changes nothing.
fn expect(
    name: &str,
    subject: &str,
    document: &mut Value,
    transform: impl FnOnce(&mut Value) -> Result<usize, String>,
) -> Result<(), String> {
    let due = mentions(document, subject);
    if transform(document)? == 0 && due {
        return Err(format!(
            "the transform `{name}` found nothing to do although the spec has `{subject}`: mend \
             the transform in codegen/lower, or the spec"
        ));
    }
    Ok(())
}

/// Whether the document has a key of this name, or a reference that begins with it. In free JSON a
/// key means nothing, and the keys of `properties` are names.
fn mentions(value: &Value, subject: &str) -> bool {
    match value {
        Value::Mapping(map) => map.iter().any(|(key, value)| {
            let inner = |value| mentions(value, subject);
            match key.as_str().unwrap_or_default() {
                "$ref" => value.as_str().is_some_and(|to| to.starts_with(subject)),
                "example" | "examples" | "default" => false,
                "properties" => value
                    .as_mapping()
                    .is_some_and(|map| map.values().any(inner)),
                key => key == subject || inner(value),
            }
        }),
        Value::Sequence(list) => list.iter().any(|value| mentions(value, subject)),
        _ => false,
    }
}
