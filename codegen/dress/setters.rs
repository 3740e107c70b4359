//! What callers set: parameters, the properties of a body, and the items of one that holds many.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToSnakeCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Fields, Ident, ItemStruct, Path, Type, parse_quote};

use super::docs;
use super::tree::{argument, generic};
use super::types::{Shorten, Types, is_required, is_rest, readable, wire_name};
use crate::codegen::lower::{ITEMS, Operation, Parameter};

/// One thing that a caller sets.
pub struct Setter {
    /// Its name on the wire.
    pub wire: String,
    /// Where it goes: `path`, `query`, `header`, or `body`.
    pub location: String,
    /// The method's name, and the field's.
    pub ident: Ident,
    pub ty: Type,
    /// Whether it is a property of the body.
    pub in_body: bool,
    /// Whether the call can't be made without it.
    pub required: bool,
    /// Whether the request type has it as it is, not as an `Option`.
    pub plain: bool,
}

/// Names that a builder has anyway.
const TAKEN: [&str; 12] = [
    "new",
    "client",
    "body",
    "prepared",
    "send",
    "stream",
    "into_future",
    "json",
    "call_options",
    "other",
    "retry",
    "timeout",
];

/// Parameters, as the fields of progenitor's builder are, then the body's properties, all in the order of the spec.
pub fn setters(
    operation: &Operation,
    builder: &ItemStruct,
    body: Option<&Ident>,
    types: &Types,
) -> Result<Vec<Setter>, String> {
    distinct(operation)?;
    let mut setters = Vec::new();
    for field in &builder.fields {
        let Some(ident) = field.ident.clone() else {
            continue;
        };
        if ident == "client" || (ident == "body" && body.is_some()) {
            continue;
        }
        let ty = generic(&field.ty, "Result").and_then(|types| types.into_iter().next());
        let ty = ty.ok_or_else(|| format!("progenitor's field `{ident}` is no Result"))?;
        let optional = generic(&ty, "Option").and_then(|types| types.into_iter().next());
        let parameter = operation
            .parameters
            .iter()
            .find(|p| p.location != "body" && ident == *variable(&p.name));
        let (wire, location) = match parameter {
            Some(parameter) => (parameter.name.clone(), parameter.location.clone()),
            None if ident == "body" => ("body".to_owned(), "body".to_owned()),
            None => return Err(format!("progenitor's field `{ident}` is no parameter")),
        };
        setters.push(Setter {
            wire,
            location,
            required: optional.is_none(),
            plain: optional.is_none(),
            ty: optional.unwrap_or(ty),
            ident,
            in_body: false,
        });
    }
    if let Some(body) = body.filter(|_| operation.items.as_ref().is_none_or(|i| i.or_one)) {
        setters.extend(properties(body, types)?);
    }
    if let Some(items) = &operation.items {
        let item = format_ident!("{}", items.schema);
        setters.push(Setter {
            wire: ITEMS.to_owned(),
            location: "body".to_owned(),
            ident: format_ident!("{ITEMS}"),
            ty: parse_quote!(Vec<types::#item>),
            in_body: false,
            required: !items.or_one,
            plain: true,
        });
    }
    for setter in &mut setters {
        Shorten.visit_type_mut(&mut setter.ty);
    }
    complete(operation, &setters)?;
    let order = |setter: &Setter| {
        operation
            .parameters
            .iter()
            .position(|p| p.name == setter.wire)
    };
    setters.sort_by_key(order);
    Ok(setters)
}

/// A setter for each field of the body.
fn properties(body: &Ident, types: &Types) -> Result<Vec<Setter>, String> {
    let item = types.structs.get(&body.to_string());
    let Some(ItemStruct {
        fields: Fields::Named(fields),
        ..
    }) = item
    else {
        return Err(format!("its body `{body}` is no struct"));
    };
    let named = fields.named.iter().filter(|field| !is_rest(field));
    let fields = named.filter_map(|field| {
        let optional = generic(&field.ty, "Option").and_then(|types| types.into_iter().next());
        let mut ty = optional.clone().unwrap_or_else(|| field.ty.clone());
        Qualify(&types.names).visit_type_mut(&mut ty);
        Some(Setter {
            wire: wire_name(field),
            location: "body".to_owned(),
            ident: field.ident.clone()?,
            ty,
            in_body: true,
            required: is_required(field),
            plain: optional.is_none(),
        })
    });
    Ok(fields.collect())
}

/// A parameter of the path and a property of the body may have the same name; a builder can't.
fn distinct(operation: &Operation) -> Result<(), String> {
    let mut seen = BTreeMap::new();
    for parameter in &operation.parameters {
        let name = setter(parameter);
        if TAKEN.contains(&name.as_str()) {
            return Err(format!(
                "its parameter `{}` would be set by `{name}`, which every builder has; \
                 codegen/dress/setters.rs must learn to call it something else",
                parameter.name
            ));
        }
        let what = format!("`{}` ({})", parameter.name, parameter.location);
        if let Some(other) = seen.insert(name.clone(), what.clone()) {
            return Err(format!(
                "its parameters {other} and {what} would both be set by `{name}`; \
                 codegen/dress/setters.rs must learn to tell them apart"
            ));
        }
    }
    Ok(())
}

/// What the spec lists and progenitor lost would never be sent.
fn complete(operation: &Operation, setters: &[Setter]) -> Result<(), String> {
    for parameter in &operation.parameters {
        let sets = |setter: &&Setter| {
            setter.wire == parameter.name && setter.location == parameter.location
        };
        if setters.iter().filter(sets).count() != 1 {
            return Err(format!(
                "progenitor made nothing of its parameter `{}`",
                parameter.name
            ));
        }
    }
    Ok(())
}

/// What sets a parameter: its variable, or the field of the body.
fn setter(parameter: &Parameter) -> String {
    let field = readable(&parameter.name).filter(|_| parameter.location == "body");
    field.map_or_else(|| variable(&parameter.name), |field| field.to_string())
}

/// What progenitor calls the variable of a parameter.
fn variable(wire: &str) -> String {
    let name = wire.replace('\'', "").to_snake_case();
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        format!("_{name}")
    } else if syn::parse_str::<Ident>(&name).is_ok() {
        name
    } else {
        format!("{name}_")
    }
}

pub fn set(operation: &Operation, setter: &Setter) -> TokenStream {
    let Setter {
        ident, ty, wire, ..
    } = setter;
    let parameter = operation.parameters.iter().find(|p| p.name == *wire);
    let description = parameter
        .map(|p| docs::markdown(&p.description))
        .filter(|description| !description.is_empty())
        .unwrap_or_else(|| format!("Sets `{wire}`."));
    let required = if setter.required { "\n\nRequired." } else { "" };
    let about = docs::attributes(&format!("{description}{required}"));
    let (argument, value) = argument(ident, ty);
    let deprecated = parameter.filter(|p| p.deprecated);
    let deprecated = deprecated.map(|_| quote!(#[deprecated]));
    quote! {
        #about
        #deprecated
        pub fn #ident(mut self, #argument) -> Self {
            self.#ident = Some(#value);
            self
        }
    }
}

/// What adds a property that the spec doesn't name to the field that holds those.
pub fn set_other(field: &Ident) -> TokenStream {
    quote! {
        /// Adds a property that the spec doesn't name, as JSON.
        pub fn other(
            mut self,
            name: impl Into<String>,
            value: impl Into<serde_json::Value>,
        ) -> Self {
            self.#field.insert(name.into(), value.into());
            self
        }
    }
}

/// The body's properties all at once, for callers that have them as a value.
pub fn set_body(body: &Ident, setters: &[Setter], open: bool) -> TokenStream {
    let others = open.then(|| quote!(self.other = body.extra;));
    let assign = setters.iter().filter(|s| s.in_body).map(|setter| {
        let ident = &setter.ident;
        if setter.plain {
            quote!(self.#ident = Some(body.#ident);)
        } else {
            quote!(self.#ident = body.#ident;)
        }
    });
    quote! {
        /// Sets everything that the body holds, in place of what was set before.
        pub fn body(mut self, body: types::#body) -> Self {
            #(#assign)*
            #others
            self
        }
    }
}

/// Names of the module `types`, as the module `builder` must write them.
pub struct Qualify<'a>(pub &'a BTreeSet<String>);

impl VisitMut for Qualify<'_> {
    fn visit_path_mut(&mut self, path: &mut Path) {
        if path
            .get_ident()
            .is_some_and(|ident| self.0.contains(&ident.to_string()))
        {
            *path = parse_quote!(types::#path);
        }
        visit_mut::visit_path_mut(self, path);
    }
}
