//! One builder an operation, to be awaited or sent.
//!
//! | part | makes |
//! | --- | --- |
//! | [`setters`](super::setters) | what callers set, and the body all at once |
//! | [`send`](super::send) | the request, for transport to send |
//! | [`pages`](super::pages) | `stream()`, where the spec paginates |
//!
//! progenitor's builder gives the types of the parameters, the URL and the request; what comes
//! before (its `Result` in every field) and behind (its hooks and its error type) is replaced by
//! one call into transport.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToUpperCamelCase;
use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::visit_mut::VisitMut;
use syn::{Ident, ImplItem, Item, ItemImpl, ItemMod, ItemStruct, ReturnType, Type, parse_quote};

use super::setters::{Setter, set, set_body, set_other, setters};
use super::tree::generic;
use super::types::{Shorten, Types, is_rest};
use super::{constant, docs, method, pages, send};
use crate::codegen::lower::{ITEMS, Lowered, Operation};

/// Types that all builders use.
const TAKEN: [&str; 8] = [
    "CallFuture",
    "Duration",
    "Error",
    "Options",
    "Prepared",
    "Response",
    "RetryPolicy",
    "Untyped",
];

/// The dressed builders.
pub struct Builders {
    /// `pub mod builder { … }`
    pub module: TokenStream,
    /// `impl Client { … }`, a method an operation.
    pub calls: TokenStream,
    /// A program an operation, by the operation's id: what its example in rustdoc compiles.
    pub samples: BTreeMap<String, String>,
    operations: Vec<Call>,
}

/// What a call by the operation's id needs to know of it.
struct Call {
    id: String,
    method: Ident,
    constant: Ident,
    setters: Vec<Setter>,
    payload: Type,
}

impl Builders {
    /// The arms of a match on an operation's id, each with a call of it.
    pub fn calls_by_id(&self) -> impl Iterator<Item = TokenStream> {
        self.operations.iter().map(|call| {
            let Call {
                id,
                method,
                setters,
                ..
            } = call;
            let set = setters.iter().map(|Setter { wire, ident, .. }| {
                quote! { call.#ident = parameters.take(#wire)?; }
            });
            quote! {
                #id => {
                    #[allow(unused_mut)]
                    let mut call = self.#method();
                    #(#set)*
                    parameters.finish()?;
                    crate::mock::Payload::of(call.send().await?)
                }
            }
        })
    }

    /// The arms of a match on an operation's id, each reading a reply of it.
    pub fn replies_by_id(&self) -> impl Iterator<Item = TokenStream> {
        self.operations.iter().map(|call| {
            let Call {
                id,
                constant,
                payload,
                ..
            } = call;
            quote! {
                #id => crate::mock::Payload::read::<Credentials, #payload>(
                    &operations::#constant, status, body,
                ),
            }
        })
    }
}

/// Dresses progenitor's module `builder`.
pub fn dress(module: ItemMod, types: &Types, lowered: &Lowered) -> Result<Builders, String> {
    let items = module.content.map(|(_, items)| items).unwrap_or_default();
    let all = Parts::all(&items);
    let mut made = Vec::new();
    let mut calls = Vec::new();
    let mut samples = BTreeMap::new();
    let mut operations = Vec::new();
    for operation in &lowered.operations {
        let name = operation.id.to_upper_camel_case();
        let parts = all
            .get(&name)
            .copied()
            .ok_or_else(|| format!("{}: progenitor made no builder `{name}`", operation.id))?;
        let in_operation = |e| format!("{}: {e}", operation.id);
        let method = method(operation).map_err(in_operation)?;
        let builder =
            builder(operation, &method, parts, types, &lowered.module).map_err(in_operation)?;
        made.push(builder.item);
        calls.push(builder.call);
        samples.insert(operation.id.clone(), builder.sample);
        operations.push(Call {
            id: operation.id.clone(),
            method,
            constant: constant(operation),
            setters: builder.setters,
            payload: builder.payload,
        });
    }
    Ok(Builders {
        module: quote! {
            /// A call each: set what it sends, then await it.
            #[allow(deprecated)]
            pub mod builder {
                use std::time::Duration;

                use super::{operations, types};
                use crate::transport::{CallFuture, Options, Prepared, json, payload, send};
                use crate::{Error, Response, RetryPolicy, Untyped};
                #(#made)*
            }
        },
        calls: quote! { impl Client { #(#calls)* } },
        samples,
        operations,
    })
}

/// The types that are nothing but bodies of calls. Nothing reads them: callers fill in what they
/// send. In progenitor's modules `builder` and `types`.
pub fn bodies(builders: &ItemMod, types: &ItemMod, lowered: &Lowered) -> BTreeSet<String> {
    let mut bodies = BTreeSet::new();
    let mut others = BTreeSet::new();
    for item in items(builders) {
        match item {
            Item::Struct(item) => {
                let body = body_type(item);
                let is_body = |name: &Ident| name == "body" && body.is_some();
                let fields = item.fields.iter();
                let fields = fields.filter(|f| !f.ident.as_ref().is_some_and(is_body));
                fields.for_each(|field| identifiers(field.ty.to_token_stream(), &mut others));
                bodies.extend(body.map(|body| body.to_string()));
            }
            Item::Impl(item) => {
                let functions = item.items.iter().filter_map(|item| match item {
                    ImplItem::Fn(function) if function.sig.ident == "send" => Some(function),
                    _ => None,
                });
                functions.for_each(|send| identifiers(send.sig.to_token_stream(), &mut others));
            }
            _ => {}
        }
    }
    for item in items(types) {
        if let Item::Struct(item) = item {
            identifiers(item.fields.to_token_stream(), &mut others);
        }
    }
    let lists = lowered.operations.iter().filter_map(|o| o.items.as_ref());
    others.extend(lists.map(|items| items.schema.clone()));
    bodies.difference(&others).cloned().collect()
}

fn items(module: &ItemMod) -> impl Iterator<Item = &Item> {
    module.content.iter().flat_map(|(_, items)| items)
}

/// All identifiers in a piece of code.
fn identifiers(tokens: TokenStream, found: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => drop(found.insert(ident.to_string())),
            TokenTree::Group(group) => identifiers(group.stream(), found),
            _ => {}
        }
    }
}

/// progenitor's builder of one operation.
#[derive(Clone, Copy)]
struct Parts<'a> {
    item: &'a ItemStruct,
    send: &'a syn::ImplItemFn,
}

impl<'a> Parts<'a> {
    /// Those of every operation, by the name of its builder.
    fn all(items: &'a [Item]) -> BTreeMap<String, Self> {
        let mut sends = BTreeMap::new();
        for item in items {
            let Item::Impl(ItemImpl { self_ty, items, .. }) = item else {
                continue;
            };
            let Type::Path(path) = &**self_ty else {
                continue;
            };
            let send = items.iter().find_map(|item| match item {
                ImplItem::Fn(item) if item.sig.ident == "send" => Some(item),
                _ => None,
            });
            if let (Some(builder), Some(send)) = (path.path.segments.last(), send) {
                sends.entry(&builder.ident).or_insert(send);
            }
        }
        let structs = items.iter().filter_map(|item| match item {
            Item::Struct(item) => Some(item),
            _ => None,
        });
        structs
            .filter_map(|item| {
                let send = sends.get(&item.ident)?;
                Some((item.ident.to_string(), Parts { item, send }))
            })
            .collect()
    }
}

struct Builder {
    item: TokenStream,
    call: TokenStream,
    setters: Vec<Setter>,
    payload: Type,
    sample: String,
}

fn builder(
    operation: &Operation,
    method: &Ident,
    parts: Parts,
    types: &Types,
    module: &str,
) -> Result<Builder, String> {
    let body = body_type(parts.item);
    let setters = setters(operation, parts.item, body.as_ref(), types)?;
    let open = body
        .as_ref()
        .is_some_and(|body| is_open(operation, body, types));
    let name = &parts.item.ident;
    if TAKEN.iter().any(|taken| name == taken) {
        return Err(format!(
            "its builder would be `{name}`, which all builders use: rename the operation"
        ));
    }
    let mut payload = payload(parts.send)?;
    if operation.nullable {
        payload = parse_quote!(Option<#payload>);
    }
    let block = &parts.send.block;
    let prepared = send::prepared(operation, block, &setters, body.as_ref(), open, types)?;
    let stream = pages::stream(operation, &payload, &setters, types)?;
    let has_properties = setters.iter().any(|setter| setter.in_body);
    let whole_body = body
        .as_ref()
        .filter(|_| has_properties)
        .map(|body| set_body(body, &setters, open));
    let set_other = open.then(|| set_other(&format_ident!("other")));
    let others =
        open.then(|| quote!(other: std::collections::BTreeMap<String, serde_json::Value>,));
    let no_others = open.then(|| quote!(other: Default::default(),));
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
            call_options: Options,
            #(pub(super) #fields: Option<#field_types>,)*
            #others
        }

        impl<'a> #name<'a> {
            pub(super) fn new(client: &'a super::Client) -> Self {
                Self { client, call_options: Options::default(), #(#fields: None,)* #no_others }
            }

            #(#set)*
            #set_other
            #whole_body
            #stream

            /// Sets how long this call may take, in place of the client's timeout.
            pub fn timeout(mut self, timeout: Duration) -> Self {
                self.call_options.timeout(timeout);
                self
            }

            /// Sets when this call is retried, in place of the client's policy.
            pub fn retry(mut self, policy: RetryPolicy) -> Self {
                self.call_options.retry(policy);
                self
            }

            /// Makes the call, and gives the payload as untyped JSON, judged by the status and the
            /// envelope alone.
            ///
            /// # Errors
            ///
            /// See [`ErrorKind`](crate::ErrorKind).
            pub fn json(self) -> CallFuture<'a, Untyped> {
                json(self.prepared())
            }

            /// Makes the call, and gives the payload with the status and headers of the reply, and
            /// the paths of what couldn't be read.
            ///
            /// # Errors
            ///
            /// See [`ErrorKind`](crate::ErrorKind).
            pub async fn send(self) -> Result<Response<#payload>, Error> {
                send(self.prepared()).await
            }

            fn prepared(self) -> Result<Prepared<'a, super::Credentials>, Error> {
                #prepared
            }
        }

        impl<'a> IntoFuture for #name<'a> {
            type Output = Result<#payload, Error>;
            type IntoFuture = CallFuture<'a, #payload>;

            fn into_future(self) -> Self::IntoFuture {
                payload(self.prepared())
            }
        }
    };
    let unit = payload.to_token_stream().to_string() == "()";
    let example = docs::Example::new(
        module,
        &method.to_string(),
        &examples(operation, &setters, types, module),
        unit,
    );
    let about = docs::attributes(&docs::operation(operation, &example.rustdoc()));
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
        payload,
        sample: example.program(),
    })
}

/// Whether a body takes properties that the spec doesn't name.
fn is_open(operation: &Operation, body: &Ident, types: &Types) -> bool {
    let one = operation.items.as_ref().is_none_or(|items| items.or_one);
    let item = types.structs.get(&body.to_string());
    one && item.is_some_and(|item| item.fields.iter().any(is_rest))
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

/// What the example of a call sets, each with its literal.
fn examples(
    operation: &Operation,
    setters: &[Setter],
    types: &Types,
    module: &str,
) -> Vec<(String, Option<String>)> {
    let literal = |setter: &Setter| {
        let parameter = operation.parameters.iter().find(|p| p.name == setter.wire);
        let example = parameter?.example.as_ref()?;
        match &operation.items {
            Some(items) if setter.wire == ITEMS => {
                let example = example.as_sequence()?.first()?;
                let item = types.new_literal(&items.schema, example)?;
                Some(format!("[hosting_apis::{module}::types::{item}]"))
            }
            _ => docs::literal(example, &setter.ty),
        }
    };
    setters
        .iter()
        .map(|setter| (setter.ident.to_string(), literal(setter)))
        .collect()
}
