//! `stream()`, where the spec paginates.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::visit_mut::VisitMut;
use syn::{Fields, Ident, Type};

use super::setters::{Qualify, Setter};
use super::tree::generic;
use super::types::{Types, wire_name};
use super::{constant, docs};
use crate::codegen::lower::{Operation, Pages};

/// The function that turns a call into a stream of the items of all pages.
pub fn stream(
    operation: &Operation,
    payload: &Type,
    setters: &[Setter],
    types: &Types,
) -> Result<Option<TokenStream>, String> {
    let Some(pages) = &operation.pages else {
        return Ok(None);
    };
    let page = parameter(setters, &pages.page)?;
    let limit = match &pages.limit {
        Some(limit) => {
            let limit = parameter(setters, limit)?;
            quote!(self.#limit)
        }
        None => quote!(None),
    };
    let (items, list) = property(types, payload, &pages.items)?;
    let mut item = generic(&list, "Vec")
        .and_then(|types| types.into_iter().next())
        .ok_or_else(|| format!("`{}`, the items of its pages, is no list", pages.items))?;
    Qualify(&types.names).visit_type_mut(&mut item);
    let total = total(pages, payload, types)?;
    let more = more(pages, payload, types)?;
    let constant = constant(operation);
    let parameter = &pages.page;
    let about = docs::attributes(&format!(
        "The items of all pages, one after the other; see [`Items`](crate::Items).\n\nIt begins at \
         the page that [`{page}`](Self::{page}) says, or at the first. A list that ends before all \
         of its items came gives an error of the kind \
         [`Incomplete`](crate::ErrorKind::Incomplete) after its last item."
    ));
    Ok(Some(quote! {
        #about
        pub fn stream(self) -> crate::Items<'a, #item> {
            let name = operations::#constant.name;
            crate::Items::new(name, #parameter, self.#page, #limit, move |page| {
                let call = self.clone().#page(page);
                Box::pin(async move {
                    let list = call.await?;
                    Ok(crate::pages::Page { items: list.#items, total: #total, more: #more })
                })
            })
        }
    }))
}

/// How many items all pages have, of a reply called `list`.
fn total(pages: &Pages, payload: &Type, types: &Types) -> Result<TokenStream, String> {
    let Some(total) = &pages.total else {
        return Ok(quote!(None));
    };
    let (field, ty) = property(types, payload, total)?;
    match &*ty.to_token_stream().to_string() {
        "Option < i64 >" => Ok(quote!(list.#field)),
        "i64" => Ok(quote!(Some(list.#field))),
        _ => Err(format!("`{total}`, the total of its pages, is no integer")),
    }
}

/// Whether there is a next page, of a reply called `list`.
fn more(pages: &Pages, payload: &Type, types: &Types) -> Result<TokenStream, String> {
    let Some(next) = &pages.next else {
        return Ok(quote!(None));
    };
    let (field, ty) = property(types, payload, next)?;
    if generic(&ty, "Option").is_none() {
        return Err(format!(
            "`{next}`, which tells of a next page, is always there"
        ));
    }
    Ok(quote!(Some(list.#field.is_some())))
}

/// The setter of an integer in the query.
fn parameter<'a>(setters: &'a [Setter], name: &str) -> Result<&'a Ident, String> {
    let found = setters
        .iter()
        .find(|setter| setter.wire == name && setter.location == "query");
    found
        .filter(|setter| setter.ty.to_token_stream().to_string() == "i64")
        .map(|setter| &setter.ident)
        .ok_or_else(|| format!("its x-pagination names `{name}`, which is no integer of its query"))
}

/// The field of the payload's property, and its type.
fn property<'a>(types: &'a Types, payload: &Type, name: &str) -> Result<(&'a Ident, Type), String> {
    let fields = match payload {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
    .and_then(|last| types.structs.get(&last.ident.to_string()))
    .map(|item| &item.fields);
    let Some(Fields::Named(fields)) = fields else {
        return Err("its x-pagination needs a payload that is an object".to_owned());
    };
    let found = fields.named.iter().find(|field| wire_name(field) == name);
    found
        .and_then(|field| Some((field.ident.as_ref()?, field.ty.clone())))
        .ok_or_else(|| {
            format!("its x-pagination names `{name}`, which is no property of its payload")
        })
}
