//! What users of each API see, in short: calls with what they take and give, and all types. A
//! change of a spec, of codegen or of progenitor shows up here as what it means to a caller.
//!
//! It is read off the generated tree, and of every spec in the directory, so that nothing has to be
//! listed here. How to read it:
//!
//! ```text
//! method() -> Payload  [marks]
//!     setter: Type  [required]
//!     body: Type            (all setters of the body at once)
//!     stream: Type          (the items of all pages, in place of the payload)
//!
//! struct Name  [marks]
//!     new(field, …)         (what is required)
//!     wire name → field: Type  [marks]
//!
//! enum Name
//!     value on the wire → Variant
//! ```

use std::fmt::Write;

use crate::codegen::surface::{Call, Field, Surface, Type};
use crate::codegen::{generate_tree, module};
use crate::specs;

#[test]
fn the_surface_of_each_api_is_as_it_was() {
    let specs = specs().expect("the directory of specs");
    assert!(!specs.is_empty());
    for (file, text) in specs {
        let (tree, _) = generate_tree(&file, &text).unwrap_or_else(|failure| panic!("{failure}"));
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(module(&file), listing(&Surface::of(&tree))));
    }
}

#[test]
fn the_listing_shows_what_a_caller_could_notice() {
    let tree = syn::parse_file(
        r#"
impl Client {
    #[deprecated]
    pub fn get_it(&self) -> builder::GetIt<'_> { todo!() }
    pub fn from_env() -> Result<Self, crate::Error> { todo!() }
}
mod operations {
    pub(crate) const GET_IT: Operation = Operation { id: "getIt", idempotent: true };
}
pub mod builder {
    pub struct GetIt<'a> { client: &'a super::Client, pub(super) all: Option<Vec<types::Thing>>, pub(super) old: Option<i64> }
    impl<'a> GetIt<'a> {
        /// All.
        ///
        /// Required.
        pub fn all(mut self, all: impl IntoIterator<Item = impl Into<types::Thing>>) -> Self { self }
        #[deprecated]
        pub fn old(mut self, old: impl Into<i64>) -> Self { self }
        pub fn body(mut self, body: types::GetItBody) -> Self { self }
        pub fn stream(self) -> crate::Items<'a, types::Thing> { todo!() }
        pub async fn send(self) -> Result<Response<std::collections::BTreeMap<String, crate::Id>>, Error> { todo!() }
    }
}
pub mod types {
    #[non_exhaustive]
    pub struct Thing {
        #[serde(rename = "fileName")]
        pub file_name: Option<String>,
        #[deprecated]
        #[serde(serialize_with = "crate::wire::base64_text")]
        pub note: Option<String>,
        #[serde(serialize_with = "crate::wire::json_text")]
        pub map: Option<std::collections::BTreeMap<String, serde_json::Value>>,
        pub key: crate::Secret,
        #[serde(flatten)]
        pub extra: std::collections::BTreeMap<String, serde_json::Value>,
    }
    impl Thing {
        pub fn new(key: impl Into<crate::Secret>, file_name: impl Into<String>) -> Self { todo!() }
        pub fn note(mut self, note: impl Into<String>) -> Self { todo!() }
    }
    pub struct ThingList { pub results: Vec<Thing> }
    pub struct Place { pub name: Option<String> }
    pub enum State { Up, NotFound, Unknown(String) }
    crate::wire::open_enum! { State { "up" => Up, "not-found" => NotFound } }
    pub struct GetItBody { pub count: i64 }
    crate::structure::lenient! { Place ~ "name" { "name" => name } }
    crate::structure::lenient! { Thing @ "key" { "fileName" => file_name, "note" => note: base64, .. extra } }
    crate::structure::lenient! { ThingList = "results" ~ "note" @ "id" { "results" => results } }
}"#,
    );
    insta::assert_snapshot!(listing(&Surface::of(&tree.expect("Rust"))), @"
get_it() -> BTreeMap<String, Id>  [deprecated, idempotent]
    all: Vec<Thing>  [required]
    old: i64  [deprecated]
    body: GetItBody
    stream: Thing

struct Thing  [non_exhaustive, or in a list, by its key, a function sets each field]
    new(key, file_name)
    fileName → file_name: Option<String>
    note: Option<String>  [base64, deprecated]
    map: Option<BTreeMap<String, Value>>  [JSON text]
    key: Secret
    extra: BTreeMap<String, Value>  [all others]

struct ThingList  [or a bare list, as results, or bare text, as note, or in a list, by its id]
    results: Vec<Thing>

struct Place  [or bare text, as name]
    name: Option<String>

enum State
    up → Up
    not-found → NotFound

struct GetItBody  [only sent]
    count: i64
");
}

/// The listing.
fn listing(surface: &Surface) -> String {
    let mut out = String::new();
    surface
        .calls
        .iter()
        .for_each(|call| list_call(call, &mut out));
    surface.types.iter().for_each(|ty| list_type(ty, &mut out));
    out
}

fn list_call(call: &Call, out: &mut String) {
    let Call {
        method, payload, ..
    } = call;
    let marks = [
        (call.deprecated, "deprecated"),
        (call.idempotent, "idempotent"),
    ];
    let _ = writeln!(out, "{method}() -> {payload}{}", marked(marks));
    for setter in &call.setters {
        let marks = [
            (setter.required, "required"),
            (setter.deprecated, "deprecated"),
        ];
        let _ = writeln!(out, "    {}: {}{}", setter.name, setter.ty, marked(marks));
    }
    if let Some(items) = &call.stream {
        let _ = writeln!(out, "    stream: {items}");
    }
}

fn list_type(ty: &Type, out: &mut String) {
    match ty {
        Type::Struct(item) => {
            let mut marks = vec![
                (item.non_exhaustive, "non_exhaustive".to_owned()),
                (!item.read, "only sent".to_owned()),
            ];
            let stand_ins = item.stand_ins.iter();
            marks.extend(stand_ins.map(|stand_in| (true, format!("or {stand_in}"))));
            // Each by its name, with what the field holds.
            marks.push((item.built, "a function sets each field".to_owned()));
            let _ = writeln!(out, "\nstruct {}{}", item.name, marked(marks));
            if let Some(arguments) = &item.new {
                let names: Vec<&str> = arguments.iter().map(|(name, _)| name.as_str()).collect();
                let _ = writeln!(out, "    new({})", names.join(", "));
            }
            for field in &item.fields {
                let _ = writeln!(out, "    {}", line(field));
            }
        }
        Type::Enum(item) => {
            let _ = writeln!(out, "\nenum {}", item.name);
            for (variant, value) in &item.variants {
                let _ = writeln!(out, "    {value} → {variant}");
            }
        }
    }
}

/// `fileName → file_name: Option<String>  [base64]`
fn line(field: &Field) -> String {
    let Field { name, wire, ty, .. } = field;
    let name = if name == wire {
        name.clone()
    } else {
        format!("{wire} → {name}")
    };
    let marks = [
        (field.base64, "base64"),
        (field.json_text, "JSON text"),
        (field.rest, "all others"),
        (field.deprecated, "deprecated"),
    ];
    format!("{name}: {ty}{}", marked(marks))
}

/// The marks that are true.
fn marked(marks: impl IntoIterator<Item = (bool, impl Into<String>)>) -> String {
    let marks = marks.into_iter().filter(|(is, _)| *is);
    let marks: Vec<String> = marks.map(|(_, mark)| mark.into()).collect();
    if marks.is_empty() {
        String::new()
    } else {
        format!("  [{}]", marks.join(", "))
    }
}
