//! Reshapes what progenitor made into the client that users see.
//!
//! | part | does |
//! | --- | --- |
//! | [`types`] | lenient decoding, open enums, base64 and JSON text, documentation of every field |
//! | [`builders`] | one builder an operation, to be awaited |
//! | [`setters`] | a function for everything that a call sends |
//! | [`send`] | the request, for transport to send |
//! | [`pages`] | a stream, where the spec paginates |
//! | [`docs`] | markdown that rustdoc takes, and an example that compiles for each operation |
//!
//! Each transform works on the syntax tree and fails when it doesn't find what it changes: a new
//! progenitor that writes something else must be a build error, never a different client.

mod builders;
mod docs;
mod pages;
mod send;
mod setters;
#[cfg(test)]
mod tests;
mod tree;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToShoutySnakeCase, ToSnakeCase};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{File, Ident, Item, ItemMod};

use self::builders::Builders;
use self::types::Types;
use super::lower::{Code, Envelope, Lowered, Operation};

/// What progenitor is told to call a secret.
pub const SECRET: &str = "crate::Secret";

/// What progenitor is told to call base64; [`types`] replaces it by `String` and a conversion.
pub const BASE64: &str = "crate::wire::Base64";

/// What an id is, and several.
const IDS: [&str; 2] = ["crate::Id", "crate::Ids"];

/// Makes the client of progenitor's.
pub fn dress(tree: File, lowered: &Lowered) -> Result<File, String> {
    let (types, builders) = types_and_builders(&tree, lowered)?;
    let client = client(lowered);
    let operations = operations(lowered);
    let call = call_by_id(&builders);
    let calls = &builders.calls;
    let builders = &builders.module;
    let types = &types.module;
    let made = quote! {
        #client
        #calls
        #call
        #operations
        #builders
        #types
    };
    syn::parse2(made).map_err(|e| format!("the dressed client is not Rust: {e}"))
}

/// A program for each operation, by its id, that calls it with what the spec gives as examples: the
/// same that the documentation of its method compiles.
pub fn samples(tree: &File, lowered: &Lowered) -> Result<BTreeMap<String, String>, String> {
    Ok(types_and_builders(tree, lowered)?.1.samples)
}

fn types_and_builders(tree: &File, lowered: &Lowered) -> Result<(Types, Builders), String> {
    let (types, builders) = (module(tree, "types")?, module(tree, "builder")?);
    let bodies = builders::bodies(&builders, &types, lowered);
    let types = types::dress(types, &bodies, lowered)?;
    let builders = builders::dress(builders, &types, lowered)?;
    Ok((types, builders))
}

fn module(tree: &File, name: &str) -> Result<ItemMod, String> {
    let found = tree.items.iter().find_map(|item| match item {
        Item::Mod(module) if module.ident == name => Some(module.clone()),
        _ => None,
    });
    found.ok_or_else(|| format!("progenitor made no module `{name}`"))
}

/// The type that users hold. Its constructors are the ones that check: a builder, and the
/// environment.
fn client(lowered: &Lowered) -> TokenStream {
    let about = docs::attributes(&format!(
        "A client of the {} API; clones share one connection pool.\n\n{}",
        lowered.title,
        docs::markdown(&lowered.description),
    ));
    quote! {
        #about
        #[derive(Clone, Debug)]
        pub struct Client {
            core: crate::transport::Core<Credentials>,
        }

        impl Client {
            /// A client with settings of your own.
            pub fn builder(credentials: Credentials) -> crate::ClientBuilder<Credentials> {
                crate::ClientBuilder::new(credentials)
            }

            /// A client with credentials, and the base URL if it is set, from the environment.
            ///
            /// # Errors
            ///
            /// [`Configuration`](crate::ErrorKind::Configuration) if a variable is missing or
            /// unusable.
            pub fn from_env() -> Result<Self, crate::Error> {
                crate::ClientBuilder::<Credentials>::from_env()?.build()
            }

            /// Begins a call of a path that no operation has, below the base URL; see
            /// [`Request`](crate::Request).
            pub fn request(
                &self,
                method: crate::Method,
                path: impl Into<String>,
            ) -> crate::Request<'_, Credentials> {
                crate::Request::new(&self.core, &operations::REQUEST, &method, path.into())
            }
        }

        impl From<crate::transport::Core<Credentials>> for Client {
            fn from(core: crate::transport::Core<Credentials>) -> Self {
                Self { core }
            }
        }
    }
}

/// The table that transport and the mock server read.
fn operations(lowered: &Lowered) -> TokenStream {
    let entries = lowered.operations.iter().map(|operation| {
        let name = format!("{}.{}", lowered.module, operation.id);
        let constant = constant(operation);
        let Operation {
            id,
            path,
            idempotent,
            authorized,
            secrets,
            ..
        } = operation;
        let timeout = match operation.timeout {
            Some(seconds) => quote!(Some(std::time::Duration::from_secs(#seconds))),
            None => quote!(None),
        };
        let secrets = secrets.iter();
        let method = operation.method.to_uppercase();
        let envelope = match &operation.envelope {
            Some(envelope) => envelope_literal(envelope),
            None => quote!(None),
        };
        let about = docs::attributes(&format!("`{method} {path}`"));
        quote! {
            #about
            pub(crate) const #constant: Operation = Operation {
                id: #id,
                name: #name,
                method: #method,
                path: #path,
                idempotent: #idempotent,
                authorized: #authorized,
                envelope: #envelope,
                timeout: #timeout,
                secrets: &[#(#secrets),*],
            };
        }
    });
    let raw = raw(lowered);
    let names = lowered.operations.iter().map(constant);
    quote! {
        /// Every operation of the API, in the order of its spec.
        pub const OPERATIONS: &[crate::Operation] = &[#(operations::#names),*];

        mod operations {
            use crate::Operation;
            #(#entries)*
            #raw
        }
    }
}

/// What calls are that no operation stands for.
fn raw(lowered: &Lowered) -> TokenStream {
    let name = format!("{}.request", lowered.module);
    let envelope = match &lowered.envelope {
        Some(envelope) => envelope_literal(envelope),
        None => quote!(None),
    };
    let secrets: BTreeSet<&String> = lowered.operations.iter().flat_map(|o| &o.secrets).collect();
    let secrets = secrets.into_iter();
    quote! {
        /// Calls of paths that no operation has, by their methods.
        pub(crate) static REQUEST: [Operation; 5] =
            Operation::raw(#name, #envelope, &[#(#secrets),*]);
    }
}

fn envelope_literal(envelope: &Envelope) -> TokenStream {
    let Envelope {
        field,
        success,
        message,
        payload,
        details,
        results,
        codes,
        bare_text,
    } = envelope;
    let bare_text = match bare_text {
        Some(beginning) => quote!(Some(#beginning)),
        None => quote!(None),
    };
    let codes = codes.iter().map(|Code { code, kind, .. }| {
        let kind = format_ident!("{kind}");
        quote!((#code, crate::ErrorKind::#kind))
    });
    let payload = match payload {
        Some(payload) => quote!(Some(#payload)),
        None => quote!(None),
    };
    let results = match results {
        Some((minimum, maximum)) => quote!(Some((#minimum, #maximum))),
        None => quote!(None),
    };
    quote! {
        Some(crate::Envelope {
            field: #field,
            success: #success,
            message: #message,
            payload: #payload,
            details: &[#(#details),*],
            results: #results,
            codes: &[#(#codes),*],
            bare_text: #bare_text,
        })
    }
}

/// Calls any operation by its id, which is how the tests reach all of them without a list.
fn call_by_id(builders: &Builders) -> TokenStream {
    let arms = builders.calls_by_id();
    let replies = builders.replies_by_id();
    quote! {
        #[cfg(feature = "mock")]
        impl Client {
            /// Calls the operation with this id, such as `getServiceInfo`, with parameters by their
            /// names on the wire, and gives its reply as JSON again, and as `Debug` shows it.
            ///
            /// For tests that go over every operation of an API.
            ///
            /// # Errors
            ///
            /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest) if there is no such operation,
            /// or a parameter is unknown or of another type; else those of the call.
            #[allow(deprecated)]
            pub async fn call(
                &self,
                operation: &str,
                parameters: serde_json::Value,
            ) -> Result<crate::mock::Payload, crate::Error> {
                #[allow(unused_mut)]
                let mut parameters =
                    crate::mock::Parameters::new(OPERATIONS, operation, parameters)?;
                match operation {
                    #(#arms)*
                    _ => parameters.unknown(),
                }
            }

            /// Reads a reply as the call of an operation does, without a server.
            ///
            /// For tests of what a program makes of replies, and of this crate's own reading.
            ///
            /// # Errors
            ///
            /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest) if there is no such operation;
            /// else those of a call that got this reply.
            pub fn read(
                operation: &str,
                status: crate::StatusCode,
                body: impl Into<Vec<u8>>,
            ) -> Result<crate::mock::Payload, crate::Error> {
                match operation {
                    #(#replies)*
                    _ => Err(crate::mock::unknown(operation)),
                }
            }
        }
    }
}

/// Functions that the client has anyway.
const TAKEN: [&str; 5] = ["builder", "from_env", "request", "call", "read"];

/// The client's method for an operation.
pub fn method(operation: &Operation) -> Result<Ident, String> {
    let name = operation.id.to_snake_case();
    if TAKEN.contains(&name.as_str()) {
        return Err(format!(
            "its method would be `{name}`, which every client has: rename the operation"
        ));
    }
    // A keyword is no name, but it is one with a line behind.
    let ident = syn::parse_str(&name).or_else(|_| syn::parse_str(&format!("{name}_")));
    ident.map_err(|_| format!("`{name}` can't be the name of its method"))
}

/// The operation's entry in the table.
fn constant(operation: &Operation) -> Ident {
    format_ident!("{}", operation.id.to_shouty_snake_case())
}
