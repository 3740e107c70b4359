//! How a builder prepares its call: what is required, and the URL and the request of progenitor's.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Block, Expr, ExprLit, ExprMethodCall, Ident, ItemStruct, Lit, Path, Stmt, Token, Type,
    parse_quote,
};

use super::setters::Setter;
use super::tree::generic;
use super::types::{Types, is_rest, wire_name};
use super::{IDS, SECRET, constant};
use crate::codegen::lower::{ITEMS, Operation};

/// The body of `prepared`: what is required, and the URL and the request of progenitor's.
pub fn prepared(
    operation: &Operation,
    block: &Block,
    setters: &[Setter],
    body: Option<&Ident>,
    open: bool,
    types: &Types,
) -> Result<TokenStream, String> {
    let constant = constant(operation);
    let call = free("call", setters);
    let fields = setters.iter().map(|s| &s.ident);
    let required = setters
        .iter()
        .filter(|s| s.required && !s.in_body)
        .map(|setter| {
            let Setter { ident, wire, .. } = setter;
            let take = match (&*setter.location, &*setter.ty.to_token_stream().to_string()) {
                ("path", "crate :: Ids") => quote!(path_values),
                ("path", "crate :: Id") => quote!(path_id),
                ("path", _) => quote!(path_value),
                _ => quote!(required),
            };
            quote!(let #ident = #call.#take(#wire, #ident)?;)
        });
    let extra = open.then(|| quote!(extra: other));
    // What is in the path says which thing is meant, and so isn't for the body to say.
    let named = setters.iter().filter(|s| s.in_body || s.location == "path");
    let known = named.map(|setter| &setter.wire);
    let others = open.then(|| quote!(#call.others(&[#(#known),*], other.keys())?;));
    let others_inside = setters
        .iter()
        .filter(|s| s.in_body || s.wire == ITEMS)
        .flat_map(|setter| {
            let ident = &setter.ident;
            others_in_each(&quote!(#ident.iter()), &setter.ty, types, &[], &call)
        });
    let items = format_ident!("{ITEMS}");
    let body = body.map(|body| {
        let properties = setters.iter().filter(|s| s.in_body).map(|setter| {
            let Setter { ident, wire, .. } = setter;
            if setter.required {
                quote!(#ident: #call.required(#wire, #ident)?)
            } else if setter.plain {
                quote!(#ident: #ident.unwrap_or_default())
            } else {
                quote!(#ident)
            }
        });
        let properties = properties.chain(extra);
        let one = quote!(types::#body { #(#properties),* });
        match &operation.items {
            None => quote!(let body = #one;),
            Some(many) if !many.or_one => quote! {
                #call.some(#ITEMS, &#items)?;
                let body = #items;
            },
            Some(_) => {
                let others = setters.iter().filter(|s| s.in_body).map(|setter| {
                    let Setter { ident, wire, .. } = setter;
                    quote!((#wire, #ident.is_some()))
                });
                let others = others.chain(open.then(|| quote!(("other", !other.is_empty()))));
                quote! {
                    let body = match #items {
                        Some(items) => {
                            #call.alone(#ITEMS, &[#(#others),*])?;
                            #call.some(#ITEMS, &items)?;
                            crate::transport::Body::Many(items)
                        }
                        None => crate::transport::Body::One(#one),
                    };
                }
            }
        }
    });
    let secrets = setters.iter().filter_map(|setter| {
        let secrets = secrets(setter.ident.to_token_stream(), &setter.ty)?;
        Some(quote!(.hiding(#secrets)))
    });
    let in_items = hidden_in_items(operation, types);
    let checked = setters
        .iter()
        .filter(|s| s.location != "path" && s.wire != ITEMS)
        .filter_map(|setter| {
            let Setter { ident, wire, .. } = setter;
            let ids = ids_in_each(quote!(#ident), &setter.ty, types, &[])?;
            Some(quote!(#call.ids(#wire, #ids)?;))
        });
    let checked_in_items = checked_in_items(operation, types, &call);
    let left = open.then(|| quote!(other,));
    let (url_name, url) = url(block, setters, &call)?;
    let request = request(block, &call)?;
    let request_name = free("request", setters);
    let headers = setters.iter().filter(|s| s.location == "header");
    let headers = headers.map(|setter| header(setter, &request_name));
    Ok(quote! {
        let Self { client, call_options, #(#fields,)* #left } = self;
        let #call = client.core.call(&operations::#constant, call_options)#(#secrets)* #(#in_items)*;
        #(#checked)*
        #(#checked_in_items)*
        #others
        #(#others_inside)*
        #(#required)*
        #body
        let #url_name = #url;
        let #request_name = #request;
        #(#headers)*
        #call.prepared(#request_name)
    })
}

/// The ids in a field, as an iterator, if its type holds any: those of the objects in it, too. `seen`
/// are the objects around it.
fn ids(field: TokenStream, ty: &Type, types: &Types, seen: &[&Ident]) -> Option<TokenStream> {
    let name = ty.to_token_stream().to_string().replace(' ', "");
    match IDS.iter().position(|ids| *ids == name) {
        Some(0) => return Some(quote!(std::iter::once(&#field))),
        Some(_) => return Some(quote!(#field.iter())),
        None => {}
    }
    if let Some(inner) = inner(ty) {
        return ids_in_each(field, &inner, types, seen);
    }
    let item = object(ty, types).filter(|item| !seen.contains(&&item.ident))?;
    let seen: Vec<&Ident> = seen.iter().copied().chain([&item.ident]).collect();
    let fields = item.fields.iter().filter_map(|inside| {
        let ident = inside.ident.as_ref()?;
        ids(quote!(#field.#ident), &inside.ty, types, &seen)
    });
    fields.reduce(|all, ids| quote!(#all.chain(#ids)))
}

/// The same in each of what a list or an option holds.
fn ids_in_each(
    list: TokenStream,
    ty: &Type,
    types: &Types,
    seen: &[&Ident],
) -> Option<TokenStream> {
    if ty.to_token_stream().to_string().replace(' ', "") == IDS[0] {
        return Some(quote!(#list.iter()));
    }
    let inside = ids(quote!(value), ty, types, seen)?;
    Some(quote!(#list.iter().flat_map(|value| #inside)))
}

/// The checks of properties that the spec doesn't name, in all objects of an iterator and within
/// them. `seen` are the objects around them.
fn others_in_each(
    each: &TokenStream,
    ty: &Type,
    types: &Types,
    seen: &[&Ident],
    call: &Ident,
) -> Vec<TokenStream> {
    if let Some(inner) = inner(ty) {
        let each = quote!(#each.flat_map(|value| value.iter()));
        return others_in_each(&each, &inner, types, seen, call);
    }
    let Some(item) = object(ty, types).filter(|item| !seen.contains(&&item.ident)) else {
        return Vec::new();
    };
    let seen: Vec<&Ident> = seen.iter().copied().chain([&item.ident]).collect();
    let fields = item.fields.iter().filter_map(|field| {
        let ident = field.ident.as_ref()?;
        Some((ident, field))
    });
    let checks = fields.flat_map(|(ident, field)| {
        if is_rest(field) {
            let (name, names) = (
                &item.ident,
                quote!(#each.flat_map(|value| value.#ident.keys())),
            );
            return vec![quote!(#call.others(types::#name::NAMED, #names)?;)];
        }
        let each = quote!(#each.map(|value| &value.#ident));
        others_in_each(&each, &field.ty, types, &seen, call)
    });
    checks.collect()
}

/// The struct that a type is.
fn object<'a>(ty: &Type, types: &'a Types) -> Option<&'a ItemStruct> {
    let Type::Path(path) = ty else {
        return None;
    };
    let name = path.path.segments.last()?.ident.to_string();
    types.structs.get(&name)
}

/// The ids in the items of a body, which are looked at before it is sent.
fn checked_in_items(operation: &Operation, types: &Types, call: &Ident) -> Vec<TokenStream> {
    let items = format_ident!("{ITEMS}");
    let item = operation.items.as_ref();
    let Some(item) = item.and_then(|items| types.structs.get(&items.schema)) else {
        return Vec::new();
    };
    let mut checked = Vec::new();
    for field in &item.fields {
        let (Some(ident), wire) = (&field.ident, wire_name(field)) else {
            continue;
        };
        if let Some(ids) = ids(quote!(item.#ident), &field.ty, types, &[&item.ident]) {
            let of_items = quote!(#items.iter().flatten().flat_map(|item| #ids));
            checked.push(quote!(#call.ids(#wire, #of_items)?;));
        }
    }
    checked
}

/// The secrets in the items of a body, for errors not to show them.
fn hidden_in_items(operation: &Operation, types: &Types) -> Vec<TokenStream> {
    let item = operation.items.as_ref();
    let item = item.and_then(|items| types.structs.get(&items.schema));
    let fields = item.into_iter().flat_map(|item| &item.fields);
    let items = format_ident!("{ITEMS}");
    fields
        .filter_map(|field| {
            let ident = field.ident.as_ref()?;
            let secrets = match inner(&field.ty) {
                Some(inner) => secrets(quote!(item.#ident), &inner)?,
                None if is_secret(&field.ty) => quote!([Some(&item.#ident)]),
                None => return None,
            };
            Some(quote!(.hiding(#items.iter().flatten().flat_map(|item| #secrets))))
        })
        .collect()
}

/// An iterator over the secrets in a value that has an `iter()`, if its type holds any. Those in an
/// object of their own are not found.
fn secrets(value: TokenStream, ty: &Type) -> Option<TokenStream> {
    if is_secret(ty) {
        return Some(quote!(#value.iter().map(Some)));
    }
    let inner = secrets(quote!(value), &inner(ty)?)?;
    Some(quote!(#value.iter().flat_map(|value| #inner)))
}

fn is_secret(ty: &Type) -> bool {
    ty.to_token_stream().to_string().replace(' ', "") == SECRET
}

/// `T` of `Option<T>` or `Vec<T>`.
fn inner(ty: &Type) -> Option<Type> {
    let types = generic(ty, "Option").or_else(|| generic(ty, "Vec"))?;
    types.into_iter().next()
}

/// A name for a variable of `prepared` that nothing the caller sets has.
fn free(name: &str, setters: &[Setter]) -> Ident {
    let mut name = name.to_owned();
    while setters.iter().any(|setter| setter.ident == name) {
        name.insert(0, '_');
    }
    format_ident!("{name}")
}

/// A parameter in a header. progenitor puts it next to its own headers, which go.
fn header(setter: &Setter, request: &Ident) -> TokenStream {
    let Setter { ident, wire, .. } = setter;
    if setter.required {
        return quote!(let #request = #request.header(#wire, #ident.to_string()););
    }
    quote! {
        let #request = match #ident {
            Some(value) => #request.header(#wire, value.to_string()),
            None => #request,
        };
    }
}

/// A variable of progenitor's send. One that a parameter has taken the name of gets a `_` before
/// it, and stands behind it.
fn local<'a>(block: &'a Block, name: &str) -> Result<(&'a Ident, &'a Expr), String> {
    let found = block.stmts.iter().rev().find_map(|stmt| match stmt {
        Stmt::Local(local) => {
            let syn::Pat::Ident(pat) = &local.pat else {
                return None;
            };
            let bound = pat.ident.to_string();
            let init = local.init.as_ref()?;
            (bound.trim_start_matches('_') == name).then_some((&pat.ident, &*init.expr))
        }
        _ => None,
    });
    found.ok_or_else(|| format!("progenitor's send has no `let {name}`"))
}

/// `format!("{}/x/{}", client.baseurl, encode_path(&id.to_string()))`, below our base URL, and with
/// values that `path_value` has encoded, or refused if they would lead elsewhere.
fn url<'a>(
    block: &'a Block,
    setters: &[Setter],
    call: &Ident,
) -> Result<(&'a Ident, TokenStream), String> {
    let (name, Expr::Macro(mac)) = local(block, "url")? else {
        return Err("progenitor's URL is no format!".to_owned());
    };
    let parse = Punctuated::<Expr, Token![,]>::parse_terminated;
    let arguments = mac.mac.parse_body_with(parse).map_err(|e| e.to_string())?;
    let mut arguments = arguments.into_iter();
    let format = match arguments.next() {
        Some(Expr::Lit(ExprLit {
            lit: Lit::Str(format),
            ..
        })) => format.value(),
        _ => return Err("progenitor's URL has no format".to_owned()),
    };
    let base = arguments
        .next()
        .map(|base| base.to_token_stream().to_string());
    let path = format.strip_prefix("{}");
    let path = path.filter(|_| base.as_deref() == Some("client . baseurl"));
    let path = path.ok_or("progenitor's URL doesn't begin with the base URL")?;
    let mut values = Vec::new();
    for argument in arguments {
        let value = encoded(&argument)
            .ok_or("progenitor's URL holds something other than an encoded path value")?;
        let listed = |setter: &Setter| setter.ident == value && setter.location == "path";
        if !setters.iter().any(listed) {
            return Err(format!(
                "`{value}`, in progenitor's URL, is not in the path"
            ));
        }
        values.push(value);
    }
    let path = if values.is_empty() {
        quote!(#path)
    } else {
        quote!(&format!(#path #(, #values)*))
    };
    Ok((name, quote!(#call.url(#path))))
}

/// `x` of `encode_path(&x.to_string())`.
fn encoded(argument: &Expr) -> Option<Ident> {
    let Expr::Call(call) = argument else {
        return None;
    };
    if call.func.to_token_stream().to_string() != "encode_path" {
        return None;
    }
    let Expr::Reference(reference) = call.args.first()? else {
        return None;
    };
    let Expr::MethodCall(to_string) = &*reference.expr else {
        return None;
    };
    let Expr::Path(path) = &*to_string.receiver else {
        return None;
    };
    path.path.get_ident().cloned()
}

/// progenitor's request, from our pool, without its own headers, and not built yet: building can
/// fail, and transport says so in this crate's words.
fn request(block: &Block, call: &Ident) -> Result<Expr, String> {
    let (_, Expr::Try(built)) = local(block, "request")? else {
        return Err("progenitor's request isn't built".to_owned());
    };
    let mut chain = (*built.expr).clone();
    let mut edit = Chain::new(call);
    edit.visit_expr_mut(&mut chain);
    if (edit.build, edit.headers, edit.client) != (1, 1, 1) {
        return Err("progenitor's request is built in a way that dress doesn't know".to_owned());
    }
    Ok(chain)
}

/// Counts its edits: each is due exactly once.
struct Chain<'a> {
    call: &'a Ident,
    build: usize,
    headers: usize,
    client: usize,
}

impl VisitMut for Chain<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        while let Some((receiver, count)) = self.dropped(expr) {
            *expr = receiver;
            match count {
                "build" => self.build += 1,
                "headers" => self.headers += 1,
                _ => {}
            }
        }
        if let Expr::Try(form) = expr
            && let Expr::MethodCall(call) = &mut *form.expr
            && call.method == "form_urlencoded"
        {
            call.method = format_ident!("form");
            *expr = (*form.expr).clone();
        }
        if expr.to_token_stream().to_string() == "client . client" {
            let call = self.call;
            *expr = parse_quote!(#call.http());
            self.client += 1;
        }
        visit_mut::visit_expr_mut(self, expr);
    }

    fn visit_path_mut(&mut self, path: &mut Path) {
        path.leading_colon = None;
        visit_mut::visit_path_mut(self, path);
    }
}

impl<'a> Chain<'a> {
    fn new(call: &'a Ident) -> Self {
        Chain {
            call,
            build: 0,
            headers: 0,
            client: 0,
        }
    }

    /// What a `.build()`, a `.headers(header_map)` or an Accept header is called on. transport asks
    /// for JSON in every request.
    fn dropped(&self, expr: &Expr) -> Option<(Expr, &'static str)> {
        let Expr::MethodCall(ExprMethodCall {
            receiver,
            method,
            args,
            ..
        }) = expr
        else {
            return None;
        };
        let accept = || args.to_token_stream().to_string().contains(":: ACCEPT");
        let name = ["build", "headers", "header"]
            .into_iter()
            .find(|name| method == name && (*name != "header" || accept()))?;
        Some(((**receiver).clone(), name))
    }
}
