//! One builder an operation: setters for everything that it sends, to be awaited or sent.
//!
//! progenitor's builder gives the types of the parameters, the URL and the request; what comes
//! before (its `Result` in every field) and behind (its hooks and its error type) is replaced by
//! one call into transport.

use std::collections::BTreeSet;

use heck::{ToSnakeCase, ToUpperCamelCase};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Block, Expr, ExprMethodCall, Fields, FnArg, Ident, ImplItem, Item, ItemImpl, ItemMod,
    ItemStruct, Path, ReturnType, Stmt, Token, Type, parse_quote,
};

use super::tree::generic;
use super::types::{Shorten, Types, wire_name};
use super::{constant, docs, method};
use crate::codegen::lower::{Lowered, Operation};

/// The dressed builders.
pub struct Builders {
    /// `pub mod builder { … }`
    pub module: TokenStream,
    /// `impl Client { … }`, a method an operation.
    pub calls: TokenStream,
    /// The operation's id, its method, and what a caller can set.
    operations: Vec<(String, Ident, Vec<Setter>)>,
}

impl Builders {
    /// The arms of a match on an operation's id, each with a call of it.
    pub fn calls_by_id(&self) -> impl Iterator<Item = TokenStream> {
        self.operations.iter().map(|(id, method, setters)| {
            let set = setters.iter().map(|Setter { wire, ident, .. }| {
                quote! { call.#ident = parameters.take(#wire)?; }
            });
            quote! {
                #id => {
                    #[allow(unused_mut)]
                    let mut call = self.#method();
                    #(#set)*
                    parameters.finish()?;
                    crate::mock::encode(call.await?)
                }
            }
        })
    }
}

/// One thing that a caller sets.
struct Setter {
    /// Its name on the wire.
    wire: String,
    /// Where it goes: `path`, `query`, `header`, or `body`.
    location: String,
    /// The method's name, and the field's.
    ident: Ident,
    ty: Type,
    /// Whether it is a property of the body.
    in_body: bool,
    /// Whether the request type has it as it is, not as an `Option`.
    required: bool,
}

/// Names that a builder has anyway.
const TAKEN: [&str; 6] = ["new", "client", "body", "send", "stream", "into_future"];

/// Dresses progenitor's module `builder`.
pub fn dress(module: ItemMod, types: &Types, lowered: &Lowered) -> Result<Builders, String> {
    let items = module.content.map(|(_, items)| items).unwrap_or_default();
    let mut made = Vec::new();
    let mut calls = Vec::new();
    let mut operations = Vec::new();
    for operation in &lowered.operations {
        let name = operation.id.to_upper_camel_case();
        let parts = Parts::find(&items, &name)
            .ok_or_else(|| format!("{}: progenitor made no builder `{name}`", operation.id))?;
        let in_operation = |e| format!("{}: {e}", operation.id);
        let method = method(operation).map_err(in_operation)?;
        let builder =
            builder(operation, &method, parts, types, &lowered.module).map_err(in_operation)?;
        made.push(builder.item);
        calls.push(builder.call);
        operations.push((operation.id.clone(), method, builder.setters));
    }
    Ok(Builders {
        module: quote! {
            /// A call each: set what it sends, then await it.
            pub mod builder {
                use super::{operations, types};
                use crate::{Error, ResponseValue};
                #(#made)*
            }
        },
        calls: quote! { impl Client { #(#calls)* } },
        operations,
    })
}

/// progenitor's builder of one operation.
struct Parts<'a> {
    item: &'a ItemStruct,
    send: &'a syn::ImplItemFn,
}

impl<'a> Parts<'a> {
    fn find(items: &'a [Item], name: &str) -> Option<Self> {
        let item = items.iter().find_map(|item| match item {
            Item::Struct(item) if item.ident == name => Some(item),
            _ => None,
        })?;
        let of_builder = |item: &&'a ItemImpl| match &*item.self_ty {
            Type::Path(path) => path.path.segments.last().is_some_and(|s| s.ident == name),
            _ => false,
        };
        let impls = items.iter().filter_map(|item| match item {
            Item::Impl(item) => Some(item),
            _ => None,
        });
        let send = impls
            .filter(of_builder)
            .flat_map(|item| &item.items)
            .find_map(|item| match item {
                ImplItem::Fn(item) if item.sig.ident == "send" => Some(item),
                _ => None,
            })?;
        Some(Parts { item, send })
    }
}

struct Builder {
    item: TokenStream,
    call: TokenStream,
    setters: Vec<Setter>,
}

fn builder(
    operation: &Operation,
    method: &Ident,
    parts: Parts,
    types: &Types,
    module: &str,
) -> Result<Builder, String> {
    let body = body_type(parts.item);
    let setters = setters(operation, &parts, body.as_ref(), types)?;
    let name = &parts.item.ident;
    if ["Error", "ResponseValue"].iter().any(|taken| name == taken) {
        return Err(format!(
            "its builder would be `{name}`, which every call gives: rename the operation"
        ));
    }
    let payload = payload(parts.send)?;
    let send = send(operation, &parts.send.block, &setters, body.as_ref())?;
    let whole_body = body.as_ref().map(|body| set_body(body, &setters));
    let set = setters.iter().map(|setter| set(operation, setter));
    let fields: Vec<&Ident> = setters.iter().map(|s| &s.ident).collect();
    let field_types = setters.iter().map(|s| &s.ty);
    let deprecated = operation.deprecated.then(|| quote!(#[deprecated]));
    let about = docs::attributes(&format!(
        "The call that [`Client::{method}`](super::Client::{method}) makes."
    ));
    let item = quote! {
        #about
        #[derive(Clone, Debug)]
        #[must_use = "a call does nothing until it is awaited"]
        pub struct #name<'a> {
            client: &'a super::Client,
            #(pub(super) #fields: Option<#field_types>,)*
        }

        impl<'a> #name<'a> {
            pub(super) fn new(client: &'a super::Client) -> Self {
                Self { client, #(#fields: None),* }
            }

            #(#set)*
            #whole_body

            /// Makes the call, and gives the status and headers of the reply with its payload.
            ///
            /// # Errors
            ///
            /// See [`ErrorKind`](crate::ErrorKind).
            pub async fn send(self) -> Result<ResponseValue<#payload>, Error> {
                #send
            }
        }

        impl<'a> IntoFuture for #name<'a> {
            type Output = Result<#payload, Error>;
            type IntoFuture = crate::transport::CallFuture<'a, #payload>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(async move { self.send().await.map(ResponseValue::into_inner) })
            }
        }
    };
    let unit = payload.to_token_stream().to_string() == "()";
    let example = docs::example(
        module,
        &method.to_string(),
        &examples(operation, &setters),
        unit,
    );
    let about = docs::attributes(&docs::operation(operation, &example));
    let call = quote! {
        #about
        #deprecated
        pub fn #method(&self) -> builder::#name<'_> {
            builder::#name::new(self)
        }
    };
    Ok(Builder {
        item,
        call,
        setters,
    })
}

/// The type of a body whose properties the caller sets one by one.
fn body_type(item: &ItemStruct) -> Option<Ident> {
    let field = item
        .fields
        .iter()
        .find(|f| f.ident.as_ref().is_some_and(|i| i == "body"))?;
    let Type::Path(inner) = generic(&field.ty, "Result")?.into_iter().next()? else {
        return None;
    };
    let segments: Vec<&Ident> = inner.path.segments.iter().map(|s| &s.ident).collect();
    match segments.as_slice() {
        [types, builder, name] if *types == "types" && *builder == "builder" => {
            Some((*name).clone())
        }
        _ => None,
    }
}

/// Parameters, then the body's properties, all in the order of the spec.
fn setters(
    operation: &Operation,
    parts: &Parts,
    body: Option<&Ident>,
    types: &Types,
) -> Result<Vec<Setter>, String> {
    distinct(operation)?;
    let mut setters = Vec::new();
    for field in &parts.item.fields {
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
            ty: optional.unwrap_or(ty),
            ident,
            in_body: false,
        });
    }
    if let Some(body) = body {
        setters.extend(properties(body, types)?);
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
    let fields = fields.named.iter().filter_map(|field| {
        let optional = generic(&field.ty, "Option").and_then(|types| types.into_iter().next());
        let mut ty = optional.clone().unwrap_or_else(|| field.ty.clone());
        Qualify(&types.names).visit_type_mut(&mut ty);
        Some(Setter {
            wire: wire_name(field),
            location: "body".to_owned(),
            ident: field.ident.clone()?,
            ty,
            in_body: true,
            required: optional.is_none(),
        })
    });
    Ok(fields.collect())
}

/// A parameter of the path and a property of the body may have the same name; a builder can't.
fn distinct(operation: &Operation) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for parameter in &operation.parameters {
        let name = variable(&parameter.name);
        if TAKEN.contains(&name.as_str()) {
            return Err(format!(
                "its parameter `{}` would be set by `{name}`, which every builder has; \
                 codegen/dress/builders.rs must learn to call it something else",
                parameter.name
            ));
        }
        if !seen.insert(name.clone()) {
            return Err(format!(
                "two of its parameters would be set by `{name}`; codegen/dress/builders.rs must \
                 learn to tell them apart"
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

/// `T` of `Result<ResponseValue<T>, …>`.
fn payload(send: &syn::ImplItemFn) -> Result<Type, String> {
    let ReturnType::Type(_, ty) = &send.sig.output else {
        return Err("progenitor's send returns nothing".to_owned());
    };
    let first = |ty: &Type, name| generic(ty, name).and_then(|types| types.into_iter().next());
    let payload = first(ty, "Result").and_then(|ty| first(&ty, "ResponseValue"));
    let mut payload = payload.ok_or("progenitor's send returns no ResponseValue")?;
    Shorten.visit_type_mut(&mut payload);
    Ok(payload)
}

fn set(operation: &Operation, setter: &Setter) -> TokenStream {
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
    let (argument, value): (FnArg, Expr) = if let Some([item]) = generic(ty, "Vec").as_deref() {
        (
            parse_quote!(#ident: impl IntoIterator<Item = impl Into<#item>>),
            parse_quote!(#ident.into_iter().map(Into::into).collect()),
        )
    } else if let Some([key, value]) = generic(ty, "BTreeMap").as_deref() {
        (
            parse_quote!(#ident: impl IntoIterator<Item = (impl Into<#key>, impl Into<#value>)>),
            parse_quote!(#ident.into_iter().map(|(k, v)| (k.into(), v.into())).collect()),
        )
    } else {
        (
            parse_quote!(#ident: impl Into<#ty>),
            parse_quote!(#ident.into()),
        )
    };
    quote! {
        #about
        pub fn #ident(mut self, #argument) -> Self {
            self.#ident = Some(#value);
            self
        }
    }
}

/// The body's properties all at once, for callers that have them as a value.
fn set_body(body: &Ident, setters: &[Setter]) -> TokenStream {
    let assign = setters.iter().filter(|s| s.in_body).map(|setter| {
        let ident = &setter.ident;
        if setter.required {
            quote!(self.#ident = Some(body.#ident);)
        } else {
            quote!(self.#ident = body.#ident;)
        }
    });
    quote! {
        /// Sets everything that the body holds, in place of what was set before.
        pub fn body(mut self, body: types::#body) -> Self {
            #(#assign)*
            self
        }
    }
}

/// The body of `send`: what is required, the URL and the request of progenitor's, and our call.
fn send(
    operation: &Operation,
    block: &Block,
    setters: &[Setter],
    body: Option<&Ident>,
) -> Result<TokenStream, String> {
    let constant = constant(operation);
    let call = free("call", setters);
    let fields = setters.iter().map(|s| &s.ident);
    let required = setters
        .iter()
        .filter(|s| s.required && !s.in_body)
        .map(|setter| {
            let Setter { ident, wire, .. } = setter;
            if setter.location == "path" {
                quote!(let #ident = #call.path_value(#wire, #ident)?;)
            } else {
                quote!(let #ident = #call.required(#wire, #ident)?;)
            }
        });
    let body = body.map(|body| {
        let properties = setters.iter().filter(|s| s.in_body).map(|setter| {
            let Setter { ident, wire, .. } = setter;
            if setter.required {
                quote!(#ident: #call.required(#wire, #ident)?)
            } else {
                quote!(#ident)
            }
        });
        quote!(let body = types::#body { #(#properties),* };)
    });
    let is_secret = |setter: &&Setter| setter.ty.to_token_stream().to_string().contains("Secret");
    let secrets: Vec<&Ident> = setters
        .iter()
        .filter(is_secret)
        .map(|setter| &setter.ident)
        .collect();
    let secrets = (!secrets.is_empty()).then(|| quote!(.hiding([#(&#secrets),*])));
    let (url_name, url) = url(block, setters, &call)?;
    let request = request(block, &call)?;
    let request_name = free("request", setters);
    let headers = setters.iter().filter(|s| s.location == "header");
    let headers = headers.map(|setter| header(setter, &request_name));
    Ok(quote! {
        let Self { client, #(#fields),* } = self;
        let #call = client.core.call(&operations::#constant)#secrets;
        #(#required)*
        #body
        let #url_name = #url;
        let #request_name = #request;
        #(#headers)*
        #call.send(#request_name).await
    })
}

/// A name for a variable of `send` that nothing the caller sets has.
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

/// `format!("{}/x/{}", client.baseurl, encode_path(&id.to_string()))`, with our base URL, and with
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
    let format = arguments.next().ok_or("progenitor's URL has no format")?;
    let base = arguments
        .next()
        .map(|base| base.to_token_stream().to_string());
    if base.as_deref() != Some("client . baseurl") {
        return Err("progenitor's URL doesn't begin with the base URL".to_owned());
    }
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
    let url = quote!(format!(#format, #call.base_url() #(, #values)*));
    Ok((name, url))
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

/// Names of the module `types`, as the module `builder` must write them.
struct Qualify<'a>(&'a BTreeSet<String>);

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

/// What the example of a call sets, each with its literal.
fn examples(operation: &Operation, setters: &[Setter]) -> Vec<(String, Option<String>)> {
    let literal = |setter: &Setter| {
        let parameter = operation.parameters.iter().find(|p| p.name == setter.wire);
        docs::literal(parameter?.example.as_ref()?, &setter.ty)
    };
    setters
        .iter()
        .map(|setter| (setter.ident.to_string(), literal(setter)))
        .collect()
}
