//! Typed async clients for hosting APIs whose wire habits are odd: credentials in form fields,
//! errors inside a 200, numbers as text, `[]` for an empty map.
//!
//! Each API is described in an OpenAPI file, written by hand and true to the wire. The build turns
//! it into a module with a client, a builder for every operation, and the types of all bodies. A
//! thin layer below, the same for all, authorizes requests and tells failures from successes.
//!
#![cfg_attr(
    all(feature = "kiwivm", feature = "mock"),
    doc = r#"
```
use hosting_apis::{kiwivm, ErrorKind};

# #[tokio::main(flavor = "current_thread")]
# async fn main() -> Result<(), hosting_apis::Error> {
# let credentials = kiwivm::Credentials::new(1234567, "private_EXAMPLE");
# let server = hosting_apis::mock::Server::start(credentials.clone()).await?;
# let client = kiwivm::Client::builder(credentials).base_url(server.base_url()).build()?;
# /*
let client = kiwivm::Client::from_env()?; // KIWIVM_VEID, KIWIVM_API_KEY
# */

let info = client.get_service_info().await?;
println!("{}: {:?}", info.hostname.unwrap_or_default(), info.ip_addresses);

match client.restart().await {
    Ok(()) => println!("restarting"),
    Err(e) if e.kind() == ErrorKind::Locked => println!("{}", e.message().unwrap_or("locked")),
    Err(e) => return Err(e),
}
# Ok(())
# }
```
"#
)]
//! # Calls
//!
//! A method of the client begins a call, setters add what it sends, and `.await` makes it and
//! gives the payload. What is required is checked before anything is sent. With `send()` in place
//! of the bare `.await` the payload comes in a [`Response`], with the status and headers of the
//! reply; with `json()`, as [`Untyped`] JSON, for properties that the spec doesn't know. `timeout` and
//! `retry` set for this call what the client has for all:
//!
#![cfg_attr(
    feature = "vps-org",
    doc = r#"
```no_run
# async fn example(client: hosting_apis::vps_org::Client) -> Result<(), hosting_apis::Error> {
let reply = client.update_domain().domain_id(101).auto_renew(false).send().await?;
println!("{} {:?}", reply.status(), reply.into_inner().message);
# Ok(())
# }
```
"#
)]
//! A call whose reply is one page of a list has `stream()` too, which gives the items of all pages,
//! or an error if the server doesn't: see [`Items`].
//!
//! Replies are read leniently, because these servers change what they send: a number may come as
//! text, a flag as 0 or 1, an empty map as a list. Types stay plain: nearly every field is an
//! `Option`, a `Vec` or a map, and an enum has a case for values that nobody has listed yet. What
//! can't be read is left out of an optional property or a map, and named by [`Response::unread`].
//!
//! Leniency is about form, never about truth. A reply that lacks what its spec says that it must have
//! is an error, and so is a list that ends before the server's own total.
//!
//! A path that no operation has is called with `client.request(method, path)`: see [`Request`].
//!
//! # Clients
//!
//! [`ClientBuilder`] sets what all clients have in common: the base URL, the timeout of a whole
//! call (30 s), retries, the largest reply (32 MiB). A client is cheap to clone, and many clients
//! with different credentials can share one pool: see [`http_client`].
//!
//! Calls whose repetition does no harm are retried after a transient failure, at most three requests
//! in all; see [`RetryPolicy`]. Other calls are retried only if the request was never sent.
//!
//! # Errors
//!
//! There is one [`Error`]. Decide by its [`kind`](Error::kind): each [`ErrorKind`] says what to do
//! about it. The vendor's own code, message and details are kept. It displays as one line:
//!
//! ```text
//! kiwivm.restart: locked (code 788888, HTTP 200): VE is currently locked
//! ```
//!
//! # Secrets
//!
//! Keys, tokens and passwords, those of replies too, are a [`Secret`]: no `Debug`, error or
//! `tracing` event shows one. Credentials go over https or to this machine only, never into a URL,
//! and never after a redirect.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! | --- | --- | --- |
//! | `kiwivm` | yes | the module `kiwivm` |
//! | `vps-org` | yes | the module `vps_org` |
//! | `cdnfly` | yes | the module `cdnfly` |
//! | `boardmate` | yes | the module `boardmate` |
//! | `rustls` | yes | TLS, as reqwest has it; without it, bring a reqwest client that has TLS |
//! | `mock` | no | the module `mock`: a server made from the specs, for the tests of your program |
//! | `cli` | no | the command `hosting-apis` |
//!
//! A program that needs one API builds faster with `default-features = false` and
//! `features = ["rustls", "kiwivm"]`.

// What one API needs of the layer below, another may not.
#![cfg_attr(
    not(all(
        feature = "kiwivm",
        feature = "vps-org",
        feature = "cdnfly",
        feature = "boardmate"
    )),
    allow(dead_code, unused_imports, unused_macros)
)]

mod api;
mod authorize;
#[cfg(feature = "boardmate")]
pub mod boardmate;
#[cfg(feature = "cdnfly")]
pub mod cdnfly;
mod client;
mod env;
mod envelope;
mod error;
mod id;
mod json;
#[cfg(feature = "kiwivm")]
pub mod kiwivm;
#[cfg(feature = "mock")]
pub mod mock;
mod operation;
mod pages;
mod place;
mod redact;
mod reply;
mod request;
mod response;
mod retry;
mod secret;
mod session;
mod structure;
mod transport;
mod unread;
mod untyped;
#[cfg(feature = "vps-org")]
pub mod vps_org;
mod wire;

pub use api::Api;
pub use client::{ClientBuilder, http_client};
pub use error::{Error, ErrorKind};
pub use id::{Id, Ids, IntegerOrText};
pub use json::Json;
pub use operation::{Envelope, Operation};
pub use pages::{IncompleteList, Items};
pub use request::Request;
pub use reqwest::{Method, StatusCode};
pub use response::Response;
pub use retry::RetryPolicy;
pub use secret::Secret;
pub use untyped::Untyped;

/// The README's programs compile.
#[cfg(all(doctest, feature = "kiwivm", feature = "cdnfly", feature = "mock"))]
#[doc = include_str!("../README.md")]
struct Readme;
