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

use std::collections::BTreeMap;
use std::fmt::Write;

use proc_macro2::TokenTree;
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Expr, ExprLit, Field, File, FnArg, GenericArgument, ImplItem, ImplItemFn, Item,
    ItemEnum, ItemMod, ItemStruct, Lit, Meta, Path, PathArguments, ReturnType, Type,
};

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
        settings.bind(|| insta::assert_snapshot!(module(&file), surface(&tree)));
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
        pub async fn send(self) -> Result<ResponseValue<std::collections::BTreeMap<String, crate::Id>>, Error> { todo!() }
    }
}
pub mod types {
    #[non_exhaustive]
    pub struct Thing {
        #[serde(rename = "fileName", default, deserialize_with = "crate::wire::field")]
        pub file_name: Option<String>,
        #[deprecated]
        #[serde(default, with = "crate::wire::base64_text")]
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
    crate::wire::open_enum! { #[doc = " d"] pub enum State { #[doc = " `up`"] Up = "up", NotFound = "not-found" } }
    crate::wire::lenient! { Place ~ "name", Thing @ "key", ThingList = "results" ~ "note" @ "id" }
}"#,
    );
    insta::assert_snapshot!(surface(&tree.expect("Rust")), @"
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
");
}

/// The listing.
fn surface(tree: &File) -> String {
    let mut out = String::new();
    let builders = items(tree, "builder");
    let types = items(tree, "types");
    let idempotent = idempotent(&items(tree, "operations"));
    for method in methods(&tree.items) {
        let Some(builder) = returned(method).filter(|ty| ty.starts_with("builder::")) else {
            continue;
        };
        let builder = builder.trim_start_matches("builder::").to_owned();
        let name = builder.split('<').next().unwrap_or_default();
        let mut marks = Vec::new();
        if is_deprecated(&method.attrs) {
            marks.push("deprecated");
        }
        if idempotent.get(&method.sig.ident.to_string()) == Some(&true) {
            marks.push("idempotent");
        }
        let _ = writeln!(
            out,
            "{}() -> {}{}",
            method.sig.ident,
            payload(&builders, name),
            marked(&marks)
        );
        setters(&builders, name, &mut out);
    }
    let lenient = lenient(&types);
    for item in &types {
        match item {
            Item::Struct(item) => {
                let new = methods_of(&types, &item.ident.to_string());
                structure(item, &lenient, &new, &mut out);
            }
            Item::Macro(mac) if ends(&mac.mac.path, "open_enum") => {
                if let Ok(item) = mac.mac.parse_body::<ItemEnum>() {
                    choice(&item, &mut out);
                }
            }
            _ => {}
        }
    }
    out
}

/// The items of a module of the client.
fn items(tree: &File, name: &str) -> Vec<Item> {
    let module = tree.items.iter().find_map(|item| match item {
        Item::Mod(ItemMod {
            ident,
            content: Some((_, items)),
            ..
        }) if ident == name => Some(items.clone()),
        _ => None,
    });
    module.unwrap_or_default()
}

/// All functions of all impls.
fn methods(items: &[Item]) -> impl Iterator<Item = &ImplItemFn> {
    let impls = items.iter().filter_map(|item| match item {
        Item::Impl(item) => Some(item),
        _ => None,
    });
    impls
        .flat_map(|item| &item.items)
        .filter_map(|item| match item {
            ImplItem::Fn(method) => Some(method),
            _ => None,
        })
}

/// Those of one type.
fn methods_of<'a>(items: &'a [Item], name: &str) -> Vec<&'a ImplItemFn> {
    let own = items.iter().filter(|item| match item {
        Item::Impl(item) if item.trait_.is_none() => match &*item.self_ty {
            Type::Path(path) => ends(&path.path, name),
            _ => false,
        },
        _ => false,
    });
    own.flat_map(|item| methods(std::slice::from_ref(item)))
        .collect()
}

fn ends(path: &Path, name: &str) -> bool {
    path.segments.last().is_some_and(|last| last.ident == name)
}

fn returned(method: &ImplItemFn) -> Option<String> {
    match &method.sig.output {
        ReturnType::Type(_, ty) => Some(written(&**ty)),
        ReturnType::Default => None,
    }
}

/// What `send` gives inside of its `Result` and `ResponseValue`.
fn payload(builders: &[Item], name: &str) -> String {
    let send = methods_of(builders, name)
        .into_iter()
        .find(|method| method.sig.ident == "send");
    let payload = send.and_then(|send| match &send.sig.output {
        ReturnType::Type(_, ty) => argument(argument(ty, "Result")?, "ResponseValue"),
        ReturnType::Default => None,
    });
    payload.map_or_else(|| "?".to_owned(), short)
}

/// `T` of `Name<T>`, `Name<T, …>` or `Name<'a, T>`.
fn argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path
        .path
        .segments
        .last()
        .filter(|last| last.ident == name)?;
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) => {
            arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
        }
        _ => None,
    }
}

/// The setters of a builder, with the type of the field that each sets.
fn setters(builders: &[Item], name: &str, out: &mut String) {
    let item = builders.iter().find_map(|item| match item {
        Item::Struct(item) if item.ident == name => Some(item),
        _ => None,
    });
    let fields = item.into_iter().flat_map(|item| &item.fields);
    let fields: BTreeMap<String, String> = fields
        .filter_map(|field| {
            let ty = argument(&field.ty, "Option")?;
            Some((field.ident.as_ref()?.to_string(), short(ty)))
        })
        .collect();
    for method in methods_of(builders, name) {
        if let Some(items) = streamed(method) {
            let _ = writeln!(out, "    stream: {items}");
        }
        let inputs: Vec<&FnArg> = method.sig.inputs.iter().collect();
        let [FnArg::Receiver(_), FnArg::Typed(argument)] = inputs.as_slice() else {
            continue;
        };
        let setter = method.sig.ident.to_string();
        let ty = fields.get(&setter).cloned();
        let ty = ty.unwrap_or_else(|| short(&argument.ty));
        let mut marks = Vec::new();
        if documentation(&method.attrs).ends_with("Required.") {
            marks.push("required");
        }
        if is_deprecated(&method.attrs) {
            marks.push("deprecated");
        }
        let _ = writeln!(out, "    {setter}: {ty}{}", marked(&marks));
    }
}

/// `T` of a `stream()` that gives `Items<'a, T>`.
fn streamed(method: &ImplItemFn) -> Option<String> {
    let ReturnType::Type(_, ty) = &method.sig.output else {
        return None;
    };
    (method.sig.ident == "stream").then(|| argument(ty, "Items").map_or("?".to_owned(), short))
}

/// What is listed of a struct: what else may stand for it, its constructor, its fields.
fn structure(
    item: &ItemStruct,
    lenient: &BTreeMap<String, Vec<String>>,
    own: &[&ImplItemFn],
    out: &mut String,
) {
    let mut marks = Vec::new();
    if item
        .attrs
        .iter()
        .any(|a| a.path().is_ident("non_exhaustive"))
    {
        marks.push("non_exhaustive".to_owned());
    }
    marks.extend(
        lenient
            .get(&item.ident.to_string())
            .into_iter()
            .flatten()
            .cloned(),
    );
    let sets = |method: &&&ImplItemFn| method.sig.receiver().is_some();
    if own.iter().any(|method| sets(&method)) {
        // Each by its name, with what the field holds.
        marks.push("a function sets each field".to_owned());
    }
    let _ = writeln!(out, "\nstruct {}{}", item.ident, marked(&marks));
    for method in own.iter().filter(|method| !sets(method)) {
        let inputs = method.sig.inputs.iter().map(|input| match input {
            FnArg::Typed(argument) => written(&argument.pat),
            FnArg::Receiver(_) => String::new(),
        });
        let inputs = inputs.collect::<Vec<_>>().join(", ");
        let _ = writeln!(out, "    {}({inputs})", method.sig.ident);
    }
    for field in &item.fields {
        let _ = writeln!(out, "    {}", line(field));
    }
}

/// `fileName → file_name: Option<String>  [base64]`
fn line(field: &Field) -> String {
    let words: String = field
        .attrs
        .iter()
        .filter(|attr| attr.path().is_ident("serde"))
        .map(|attr| attr.meta.to_token_stream().to_string())
        .collect();
    let name = field
        .ident
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let renamed = words
        .split("rename = \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let name = renamed.map_or(name.clone(), |wire| format!("{wire} → {name}"));
    let mut marks = Vec::new();
    for (word, mark) in [
        ("base64_text", "base64"),
        ("json_text", "JSON text"),
        ("flatten", "all others"),
    ] {
        if words.contains(word) {
            marks.push(mark);
        }
    }
    if is_deprecated(&field.attrs) {
        marks.push("deprecated");
    }
    format!("{name}: {}{}", short(&field.ty), marked(&marks))
}

fn choice(item: &ItemEnum, out: &mut String) {
    let _ = writeln!(out, "\nenum {}", item.ident);
    for variant in &item.variants {
        let value = match &variant.discriminant {
            Some((
                _,
                Expr::Lit(ExprLit {
                    lit: Lit::Str(value),
                    ..
                }),
            )) => value.value(),
            _ => "?".to_owned(),
        };
        let _ = writeln!(out, "    {value} → {}", variant.ident);
    }
}

/// Which methods may be sent again.
fn idempotent(operations: &[Item]) -> BTreeMap<String, bool> {
    let constants = operations.iter().filter_map(|item| match item {
        Item::Const(item) => Some(item),
        _ => None,
    });
    constants
        .map(|item| {
            let method = item.ident.to_string().to_lowercase();
            let fields = item.expr.to_token_stream().to_string();
            (method, fields.contains("idempotent : true"))
        })
        .collect()
}

/// What stands in for a struct, as `lenient!` is told.
fn lenient(types: &[Item]) -> BTreeMap<String, Vec<String>> {
    let lenient = types.iter().find_map(|item| match item {
        Item::Macro(item) if ends(&item.mac.path, "lenient") => Some(item.mac.tokens.clone()),
        _ => None,
    });
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (mut name, mut sign) = (String::new(), ' ');
    for token in lenient.unwrap_or_default() {
        match token {
            TokenTree::Ident(ident) => name = ident.to_string(),
            TokenTree::Punct(punct) => sign = punct.as_char(),
            TokenTree::Literal(field) => {
                let field = field.to_string();
                let field = field.trim_matches('"');
                let mark = match sign {
                    '=' => format!("or a bare list, as {field}"),
                    '~' => format!("or bare text, as {field}"),
                    '@' => format!("or in a list, by its {field}"),
                    sign => format!("? {sign} {field}"),
                };
                found.entry(name.clone()).or_default().push(mark);
            }
            TokenTree::Group(_) => {}
        }
    }
    found
}

fn is_deprecated(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| attr.path().is_ident("deprecated"))
}

fn documentation(attrs: &[Attribute]) -> String {
    let lines = attrs.iter().filter_map(|attr| match &attr.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(line),
                ..
            }) => Some(line.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn marked(marks: &[impl AsRef<str>]) -> String {
    let marks: Vec<&str> = marks.iter().map(AsRef::as_ref).collect();
    if marks.is_empty() {
        String::new()
    } else {
        format!("  [{}]", marks.join(", "))
    }
}

/// A type without its modules.
fn short(ty: &Type) -> String {
    struct Shorten;
    impl VisitMut for Shorten {
        fn visit_path_mut(&mut self, path: &mut Path) {
            path.leading_colon = None;
            path.segments = path.segments.pop().into_iter().collect();
            visit_mut::visit_path_mut(self, path);
        }
    }
    let mut ty = ty.clone();
    Shorten.visit_type_mut(&mut ty);
    written(&ty)
}

/// Tokens as a person writes them.
fn written(tokens: &impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string();
    text.replace(' ', "").replace(',', ", ").replace('+', " + ")
}
