//! The types of requests and replies: typify's structs and enums, made lenient and documented.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToSnakeCase;
use proc_macro2::{Literal, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Field, Fields, FieldsNamed, Ident, Item, ItemEnum, ItemMod, ItemStruct, Meta, Path,
    Token, Type, parse_quote,
};

use super::setters::set_other;
use super::tree::{argument, generic};
use super::{BASE64, SECRET, docs};
use crate::codegen::lower::Lowered;

/// The dressed module, and the structs in it for the builders to read.
pub struct Types {
    /// `pub mod types { … }`
    pub module: TokenStream,
    /// By name.
    pub structs: BTreeMap<String, ItemStruct>,
    /// The names of everything defined in the module.
    pub names: BTreeSet<String>,
}

/// What serde sends base64 with.
const BASE64_TEXT: &str = "crate::wire::base64_text";

/// Types that the dressed module names without their paths.
const HIDING: [&str; 4] = ["Option", "Result", "String", "Vec"];

/// Dresses progenitor's module `types`, of which `bodies` are only sent.
pub fn dress(
    module: ItemMod,
    bodies: &BTreeSet<String>,
    lowered: &Lowered,
) -> Result<Types, String> {
    let mut dresser = Dresser {
        lowered,
        base64: 0,
        deprecated: 0,
        json_text: 0,
        secrets: 0,
    };
    let mut items: Vec<TokenStream> = Vec::new();
    let mut structs = BTreeMap::new();
    let mut names = BTreeSet::new();
    for item in module.content.map(|(_, items)| items).unwrap_or_default() {
        match item {
            Item::Struct(mut item) => {
                Shorten.visit_item_struct_mut(&mut item);
                dresser.structure(&mut item)?;
                let name = item.ident.to_string();
                items.push(item.to_token_stream());
                items.extend(constructor(&item, lowered));
                if !bodies.contains(&name) {
                    items.push(reader(&item, lowered));
                }
                names.insert(name.clone());
                structs.insert(name, item);
            }
            Item::Enum(item) => {
                names.insert(item.ident.to_string());
                items.push(open_enum(&item)?);
            }
            // Builders, conversions and their errors are what the builders of this crate stand for.
            Item::Impl(_) | Item::Mod(_) | Item::Use(_) => {}
            other => {
                return Err(format!(
                    "typify made an item that dress doesn't know: {}",
                    other.to_token_stream()
                ));
            }
        }
    }
    dresser.finish(lowered)?;
    let (lists, texts) = (lowered.lists.keys(), lowered.texts.keys());
    let mut stood_in_for = lists.chain(texts).chain(lowered.keys.keys());
    if let Some(name) = stood_in_for.find(|name| !names.contains(*name)) {
        return Err(format!(
            "typify made no `{name}`, which a bare list or text stands in for"
        ));
    }
    if let Some(name) = names.iter().find(|name| HIDING.contains(&name.as_str())) {
        return Err(format!(
            "the type `{name}` would hide Rust's own: rename its schema"
        ));
    }
    let module = quote! {
        /// What calls send and receive.
        ///
        /// Fields that the server may leave out are an `Option`, or an empty list or map. Decoding
        /// is lenient: numbers may come as text, flags as numbers, an empty map as `[]`. Most types
        /// that are nothing but the body of a call can be encoded, and not decoded.
        #[allow(deprecated)]
        pub mod types {
            #(#items)*
        }
    };
    Ok(Types {
        module,
        structs,
        names,
    })
}

impl Types {
    /// The literal of a request type, made with what its example has of what is required.
    pub fn new_literal(&self, name: &str, example: &serde_yaml::Value) -> Option<String> {
        let (_, required) = optional_and_required(self.structs.get(name)?);
        let values = required
            .iter()
            .map(|field| docs::literal(example.get(wire_name(field))?, &field.ty));
        let values = values.collect::<Option<Vec<_>>>()?;
        let constructor = if values.is_empty() { "default" } else { "new" };
        Some(format!("{name}::{constructor}({})", values.join(", ")))
    }
}

/// The fields of a struct: those that a request may leave out, and the others. An empty list is left
/// out if it may be.
fn optional_and_required(item: &ItemStruct) -> (Vec<&Field>, Vec<&Field>) {
    item.fields.iter().partition(|field| !is_required(field))
}

/// How a struct is read, in place of serde's `Deserialize`, whose code is most of a type's.
fn reader(item: &ItemStruct, lowered: &Lowered) -> TokenStream {
    let name = &item.ident;
    let of = |properties: &BTreeMap<String, String>| properties.get(&name.to_string()).cloned();
    let list = of(&lowered.lists).map(|property| quote!(= #property));
    let text = of(&lowered.texts).map(|property| quote!(~ #property));
    let key = of(&lowered.keys).map(|property| quote!(@ #property));
    let (others, fields): (Vec<_>, Vec<_>) = item.fields.iter().partition(|field| is_rest(field));
    let fields = fields.into_iter().map(|field| {
        let (property, ident) = (wire_name(field), &field.ident);
        let form = if must_come(field) {
            quote!(: required)
        } else if is_base64(field) {
            quote!(: base64)
        } else {
            TokenStream::new()
        };
        quote!(#property => #ident #form)
    });
    let filled = lowered.filled.contains(&name.to_string());
    let filled = filled.then(|| quote!(may_be_empty = false));
    let others = others.iter().map(|field| &field.ident);
    let parts = fields.chain(others.map(|others| quote!(.. #others)));
    quote! {
        crate::structure::lenient! {
            #name #list #text #key #filled { #(#parts),* }
        }
    }
}

/// What a request type is made with: a constructor that takes what is required, or else `Default`;
/// and a function for each of its other properties, if it stands inside of a body.
fn constructor(item: &ItemStruct, lowered: &Lowered) -> Option<TokenStream> {
    let name = &item.ident;
    let (optional, required) = optional_and_required(item);
    let is_sent = !lowered.received.contains(&name.to_string());
    let new = (is_sent && !required.is_empty()).then(|| new(&optional, &required));
    let built = lowered.built.contains(&name.to_string());
    let set = optional.iter().filter(|_| built).filter_map(|f| with(f));
    let open = item.fields.iter().find(|field| built && is_rest(field));
    let named = open.map(|_| {
        let named = item.fields.iter().filter(|field| !is_rest(field));
        let named = named.map(wire_name);
        quote! {
            /// The properties that the spec names.
            pub(super) const NAMED: &[&str] = &[#(#named),*];
        }
    });
    let set_other = open.and_then(|field| Some(set_other(field.ident.as_ref()?)));
    let set: Vec<TokenStream> = set.chain(set_other).collect();
    let any = new.is_some() || !set.is_empty();
    any.then(|| quote!(impl #name { #named #new #(#set)* }))
}

fn new(optional: &[&Field], required: &[&Field]) -> TokenStream {
    let optional = optional.iter().map(|field| &field.ident);
    let names = required.iter().map(|field| &field.ident);
    let (arguments, values): (Vec<_>, Vec<_>) = required
        .iter()
        .filter_map(|field| Some(argument(field.ident.as_ref()?, &field.ty)))
        .unzip();
    let allow = (required.len() > 7).then(|| quote!(#[allow(clippy::too_many_arguments)]));
    quote! {
        /// With what is required, and nothing else.
        #allow
        pub fn new(#(#arguments),*) -> Self {
            Self {
                #(#names: #values,)*
                #(#optional: Default::default(),)*
            }
        }
    }
}

/// A function that sets a field and gives the whole.
fn with(field: &Field) -> Option<TokenStream> {
    let name = field
        .ident
        .as_ref()
        .filter(|name| !is_rest(field) && *name != "new")?;
    let inner = generic(&field.ty, "Option").and_then(|types| types.into_iter().next());
    let (argument, value) = argument(name, inner.as_ref().unwrap_or(&field.ty));
    let value = match inner {
        Some(_) => quote!(Some(#value)),
        None => quote!(#value),
    };
    let shown = ["doc", "deprecated"];
    let is_shown = |attr: &&Attribute| shown.iter().any(|word| attr.path().is_ident(word));
    let attrs = field.attrs.iter().filter(is_shown);
    Some(quote! {
        #(#attrs)*
        pub fn #name(mut self, #argument) -> Self {
            self.#name = #value;
            self
        }
    })
}

/// A name in which an acronym runs into a word, as in `externalServerSSHport`: case alone would make
/// it `external_server_ss_hport`. Or one that begins with a dot: without it, it would be another's.
pub fn readable(name: &str) -> Option<Ident> {
    if let Some(name) = name.strip_prefix('.') {
        return syn::parse_str(&format!("dot_{}", name.to_snake_case())).ok();
    }
    const ACRONYMS: [&str; 4] = ["DNS", "SSH", "SSL", "URL"];
    let split = |name: String, acronym: &str| match name.split_once(acronym) {
        Some((before, after)) if after.starts_with(|c: char| c.is_ascii_lowercase()) => {
            format!("{before}{acronym}_{after}")
        }
        _ => name,
    };
    let apart = ACRONYMS
        .iter()
        .fold(name.to_owned(), |name, acronym| split(name, acronym));
    (apart != name).then(|| syn::parse_str(&apart.to_snake_case()).ok())?
}

/// Fields in the order of the spec's properties.
fn reorder(fields: &mut FieldsNamed, order: Option<&Vec<String>>) {
    let Some(order) = order else { return };
    let places: BTreeMap<&str, usize> = order.iter().map(String::as_str).zip(0..).collect();
    let mut sorted: Vec<Field> = fields.named.iter().cloned().collect();
    // What holds all other properties has no place of its own. Cached: a name is parsed from an
    // attribute each time.
    let place = |field: &Field| places.get(&*wire_name(field)).copied();
    sorted.sort_by_cached_key(|field| place(field).unwrap_or(order.len()));
    fields.named = sorted.into_iter().collect();
}

/// Counts what it changes, so that a conversion that silently didn't happen is noticed.
struct Dresser<'a> {
    lowered: &'a Lowered,
    base64: usize,
    deprecated: usize,
    json_text: usize,
    secrets: usize,
}

impl Dresser<'_> {
    fn structure(&mut self, item: &mut ItemStruct) -> Result<(), String> {
        let name = item.ident.to_string();
        let Fields::Named(fields) = &mut item.fields else {
            return Err(format!(
                "typify made `{name}` a newtype: codegen/lower must drop what made it one"
            ));
        };
        documented(&name, &item.attrs)?;
        let mut seen = BTreeMap::new();
        for field in &mut fields.named {
            self.field(&name, field)?;
            let property = match is_rest(field) {
                true => "what the spec doesn't name".to_owned(),
                false => format!("`{}`", wire_name(field)),
            };
            if let Some(other) = seen.insert(field.ident.clone(), property.clone()) {
                return Err(format!(
                    "`{name}` has two fields `{}`, for {other} and for {property}: `readable` in \
                     codegen/dress/types.rs must learn to tell them apart",
                    field.ident.to_token_stream()
                ));
            }
        }
        tidy_docs(&mut item.attrs);
        if self.lowered.filled.contains(&name) && self.lowered.received.contains(&name) {
            let about =
                docs::attributes("\nA reply that has none of these properties is an error.");
            let lines: ItemStruct = parse_quote!(#about struct Carrier;);
            let docs = item
                .attrs
                .iter()
                .take_while(|attr| attr.path().is_ident("doc"));
            let end = docs.count();
            item.attrs.splice(end..end, lines.attrs);
        }
        without_deserialize(&mut item.attrs).map_err(|e| format!("typify's `{name}` {e}"))?;
        reorder(fields, self.lowered.properties.get(&name));
        // A server may send or take more tomorrow; `Default`, `new` and assignment make one.
        item.attrs.push(parse_quote!(#[non_exhaustive]));
        let derived = item.attrs.iter().any(|attr| {
            attr.path().is_ident("derive") && attr.to_token_stream().to_string().contains("Default")
        });
        // typify derives it for no struct with a required property, or with others.
        if !derived && item.fields.iter().all(|field| has_default(&field.ty)) {
            item.attrs.push(parse_quote!(#[derive(Default)]));
        }
        Ok(())
    }

    fn field(&mut self, owner: &str, field: &mut Field) -> Result<(), String> {
        let name = wire_name(field);
        if is_rest(field) {
            let about =
                "Properties that the spec doesn't name, as they came; they are sent as well.";
            let about = docs::attributes(about);
            field.attrs = parse_quote!(#about #[serde(flatten)]);
            return Ok(());
        }
        documented(&format!("{owner}.{name}"), &field.attrs)?;
        tidy_docs(&mut field.attrs);
        if self.lowered.received.contains(owner) && must_come(field) {
            let about = docs::attributes("\nA reply without it is an error.");
            let lines: ItemStruct = parse_quote!(#about struct Carrier;);
            field.attrs.extend(lines.attrs);
        }
        let mut words = serde_words(field);
        field.attrs.retain(|attr| !attr.path().is_ident("serde"));
        if let Some(ident) = readable(&name) {
            words.retain(|word| !word.starts_with("rename"));
            words.push(format!("rename = {name:?}"));
            field.ident = Some(ident);
        }
        let is_of_reading =
            |word: &String| word.starts_with("default") || word.starts_with("deserialize_with");
        words.retain(|word| !is_of_reading(word));
        self.secrets += usize::from(replace_type(&mut field.ty, SECRET, SECRET));
        if replace_type(&mut field.ty, BASE64, "String") {
            if field.ty.to_token_stream().to_string() != "Option < String >" {
                return Err(format!(
                    "`{owner}.{name}` is base64, and its conversion takes one optional text only"
                ));
            }
            self.base64 += 1;
            words.push(format!("serialize_with = {BASE64_TEXT:?}"));
        }
        if self
            .lowered
            .deprecated
            .contains(&(owner.to_owned(), name.clone()))
        {
            self.deprecated += 1;
            field.attrs.push(parse_quote!(#[deprecated]));
        }
        if self.lowered.json_text.contains(&(owner.to_owned(), name)) {
            self.json_text += 1;
            words.push("serialize_with = \"crate::wire::json_text\"".to_owned());
        }
        if !words.is_empty() {
            let words: TokenStream = words
                .join(", ")
                .parse()
                .map_err(|e| format!("{owner}: {e}"))?;
            field.attrs.push(parse_quote!(#[serde(#words)]));
        }
        Ok(())
    }

    fn finish(self, lowered: &Lowered) -> Result<(), String> {
        let rows = [
            ("format: byte", self.base64, lowered.base64),
            ("format: password", self.secrets, lowered.secrets),
            (
                "deprecated: true",
                self.deprecated,
                lowered.deprecated.len(),
            ),
            (
                "contentType: application/json",
                self.json_text,
                lowered.json_text.len(),
            ),
        ];
        for (what, found, expected) in rows {
            if found != expected {
                return Err(format!(
                    "the spec has {expected} properties with `{what}`, and typify made {found} of \
                     them what they should be"
                ));
            }
        }
        Ok(())
    }
}

/// An enum that keeps values it doesn't know. Servers add some, and a list of a thousand domains
/// must not fail to decode for one of them.
///
/// A value that is itself called `Unknown` has no case of its own: it is what that case is for.
fn open_enum(item: &ItemEnum) -> Result<TokenStream, String> {
    let name = &item.ident;
    documented(&name.to_string(), &item.attrs)?;
    let mut attrs = item.attrs.clone();
    attrs.retain(|attr| attr.path().is_ident("doc"));
    let mut variants = Vec::new();
    for variant in &item.variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(format!(
                "typify made `{name}` an enum with contents: codegen/lower must lower the \
                 oneOf or anyOf that it comes from"
            ));
        }
        let value = renamed(&variant.attrs).unwrap_or_else(|| variant.ident.to_string());
        if variant.ident == "Unknown" {
            let about = format!("\nThe value `{value}` comes as `Unknown`.");
            attrs.push(parse_quote!(#[doc = #about]));
        } else {
            variants.push((variant.ident.clone(), value));
        }
    }
    tidy_docs(&mut attrs);
    let idents: Vec<&Ident> = variants.iter().map(|(ident, _)| ident).collect();
    let values: Vec<&String> = variants.iter().map(|(_, value)| value).collect();
    let docs = values.iter().map(|value| format!(" `{value}`"));
    Ok(quote! {
        #(#attrs)*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum #name {
            #(#[doc = #docs] #idents,)*
            /// A value that this version of the crate doesn't know, as it was sent.
            Unknown(String),
        }
        crate::wire::open_enum! {
            #name { #(#values => #idents),* }
        }
    })
}

/// Whether nothing is a value of the type.
fn has_default(ty: &Type) -> bool {
    let types = ["Option", "Vec", "BTreeMap"];
    types.iter().any(|name| generic(ty, name).is_some())
}

/// Takes serde's `Deserialize` out of a derive.
fn without_deserialize(attrs: &mut [Attribute]) -> Result<(), String> {
    let derives = attrs
        .iter_mut()
        .filter(|attr| attr.path().is_ident("derive"));
    let mut found = 0;
    for attr in derives {
        let parse = Punctuated::<Path, Token![,]>::parse_terminated;
        let all = attr.parse_args_with(parse).map_err(|e| e.to_string())?;
        let is_deserialize = |path: &Path| {
            let last = path.segments.last();
            last.is_some_and(|segment| segment.ident == "Deserialize")
        };
        let kept = all.iter().filter(|path| !is_deserialize(path));
        found += all.len() - kept.clone().count();
        attr.meta = parse_quote!(derive(#(#kept),*));
    }
    match found {
        1 => Ok(()),
        _ => Err(format!("derives Deserialize {found} times")),
    }
}

/// What has no documentation would not compile in this crate.
fn documented(name: &str, attrs: &[Attribute]) -> Result<(), String> {
    let documented = attrs
        .iter()
        .filter_map(doc_text)
        .any(|text| !text.trim().is_empty());
    if documented {
        Ok(())
    } else {
        Err(format!("`{name}` has no documentation"))
    }
}

/// The name on the wire: serde's `rename`, or the field's own.
pub fn wire_name(field: &Field) -> String {
    let ident = field
        .ident
        .as_ref()
        .map(Ident::to_string)
        .unwrap_or_default();
    renamed(&field.attrs).unwrap_or_else(|| ident.trim_start_matches("r#").to_owned())
}

fn renamed(attrs: &[Attribute]) -> Option<String> {
    let of_name = |(word, value): (String, Option<Literal>)| value.filter(|_| word == "rename");
    serde_entries(attrs).filter_map(of_name).last().map(text_of)
}

/// Whether a request must hold a field. A list or a map that it may leave out isn't sent if empty.
pub fn is_required(field: &Field) -> bool {
    let left_out = |word: &str| ["flatten", "skip_serializing_if"].contains(&word);
    generic(&field.ty, "Option").is_none()
        && !serde_entries(&field.attrs).any(|(word, _)| left_out(&word))
}

/// Whether an object without it isn't believed: null may stand there, but something must.
fn must_come(field: &Field) -> bool {
    let may_be_null = generic(&field.ty, "Option").is_some();
    let skipped = serde_entries(&field.attrs).any(|(word, _)| word == "skip_serializing_if");
    is_required(field) || may_be_null && !skipped
}

/// Whether a field's text goes over the wire as base64.
fn is_base64(field: &Field) -> bool {
    let is_own = |value: Literal| text_of(value) == BASE64_TEXT;
    serde_entries(&field.attrs).any(|(_, value)| value.is_some_and(is_own))
}

/// Whether a field holds all properties that the spec doesn't name.
pub fn is_rest(field: &Field) -> bool {
    serde_entries(&field.attrs).any(|(word, _)| word == "flatten")
}

/// What serde was told about a field, a word or `word = "value"` each.
fn serde_words(field: &Field) -> Vec<String> {
    let entries = serde_entries(&field.attrs);
    let words = entries.map(|(word, value)| match value {
        Some(value) => format!("{word} = {:?}", text_of(value)),
        None => word,
    });
    words.collect()
}

/// The words of serde's attributes, each with its value. Read off the tokens: a field is asked for
/// them many times, and syn's parser took a third of the time of this stage.
fn serde_entries(attrs: &[Attribute]) -> impl Iterator<Item = (String, Option<Literal>)> {
    let lists = attrs.iter().filter_map(|attr| match &attr.meta {
        Meta::List(list) if list.path.is_ident("serde") => Some(list.tokens.clone()),
        _ => None,
    });
    lists.flat_map(|tokens| {
        let mut entries: Vec<(String, Option<Literal>)> = Vec::new();
        for token in tokens {
            match token {
                TokenTree::Ident(word) => entries.push((word.to_string(), None)),
                TokenTree::Literal(value) => {
                    if let Some((_, of_word)) = entries.last_mut() {
                        *of_word = Some(value);
                    }
                }
                TokenTree::Punct(_) | TokenTree::Group(_) => {}
            }
        }
        entries
    })
}

fn text_of(literal: Literal) -> String {
    match syn::Lit::new(literal) {
        syn::Lit::Str(text) => text.value(),
        other => other.to_token_stream().to_string(),
    }
}

/// Puts one type for another, wherever it stands in `ty`, and says whether it did.
fn replace_type(ty: &mut Type, old: &str, new: &str) -> bool {
    struct Replace<'a>(&'a str, Option<Path>, bool);
    impl VisitMut for Replace<'_> {
        fn visit_path_mut(&mut self, path: &mut Path) {
            if path.to_token_stream().to_string().replace(' ', "") == self.0 {
                *path = self.1.clone().unwrap_or_else(|| path.clone());
                self.2 = true;
            }
            visit_mut::visit_path_mut(self, path);
        }
    }
    let mut replace = Replace(old, syn::parse_str(new).ok(), false);
    replace.visit_type_mut(ty);
    replace.2
}

/// Documentation as rustdoc takes it, a line each.
fn tidy_docs(attrs: &mut Vec<Attribute>) {
    let is_doc = |attr: &Attribute| attr.path().is_ident("doc");
    let text: Vec<String> = attrs.iter().filter_map(doc_text).collect();
    attrs.retain(|attr| !is_doc(attr));
    let lines = docs::attributes(&docs::markdown(&text.join("\n")));
    let lines: ItemStruct = parse_quote!(#lines struct Carrier;);
    attrs.splice(0..0, lines.attrs);
}

fn doc_text(attr: &Attribute) -> Option<String> {
    let Meta::NameValue(meta) = &attr.meta else {
        return None;
    };
    match &meta.value {
        syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(text),
            ..
        }) if meta.path.is_ident("doc") => Some(text.value()),
        _ => None,
    }
}

/// `::std::option::Option` is how a macro must write it; here a person reads it. An object of any
/// properties becomes the map that all others are.
pub struct Shorten;

impl VisitMut for Shorten {
    fn visit_path_mut(&mut self, path: &mut Path) {
        let text = path
            .segments
            .iter()
            .map(|s| s.ident.to_string())
            .collect::<Vec<_>>()
            .join("::");
        let known = [
            "std::option::Option",
            "std::string::String",
            "std::vec::Vec",
        ];
        if path.leading_colon.is_some() && text == "serde_json::Map" {
            *path = parse_quote!(std::collections::BTreeMap<String, serde_json::Value>);
        } else if path.leading_colon.is_some() && known.contains(&text.as_str()) {
            let last = path.segments.pop();
            path.segments = last.into_iter().collect();
            path.leading_colon = None;
        } else if path.leading_colon.is_some()
            && matches!(
                text.as_str(),
                "serde::Deserialize"
                    | "serde::Serialize"
                    | "serde_json::Value"
                    | "std::collections::BTreeMap"
            )
        {
            path.leading_colon = None;
        }
        visit_mut::visit_path_mut(self, path);
    }

    fn visit_attribute_mut(&mut self, attr: &mut Attribute) {
        // serde's paths stand in strings, and derives in tokens: neither is a path to syn.
        if let Meta::List(list) = &mut attr.meta {
            let text = list.tokens.to_string();
            let short = text
                .replace("::std::option::", "")
                .replace("::std::vec::", "")
                .replace(":: std :: collections :: ", "std::collections::")
                .replace("::serde_json::Map::", "std::collections::BTreeMap::")
                .replace(":: serde ::", "serde ::");
            if let Ok(tokens) = short.parse() {
                list.tokens = tokens;
            }
        }
    }
}
