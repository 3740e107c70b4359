//! Typed async clients for hosting APIs whose wire habits are odd.

mod api;
mod client;
mod env;
mod error;
mod id;
#[cfg(feature = "kiwivm")]
pub mod kiwivm;
#[cfg(feature = "mock")]
pub mod mock;
mod retry;
mod secret;
mod transport;
#[cfg(feature = "vps-org")]
pub mod vps_org;
mod wire;

pub use api::{Api, Envelope, Operation};
pub use client::{ClientBuilder, http_client};
pub use error::{Error, ErrorKind};
pub use id::Id;
pub use progenitor_client::ResponseValue;
pub use reqwest::StatusCode;
pub use retry::RetryPolicy;
pub use secret::Secret;
