//! The second opponent: progenitor's client of the same operations, with no layer.
//!
//! It is made from bare.yaml, since progenitor takes specs/kiwivm.yaml as a whole only once our build
//! has lowered it: it has no encodings of form fields. It checks no envelope, sets no timeout, and leaves the JSON that
//! CDNfly puts into strings as text, so its decoding of sites does less than that of the others.

use serde::de::DeserializeOwned;

#[allow(clippy::all, missing_docs, unused_imports)]
mod generated {
    progenitor::generate_api!("benches/support/bare.yaml");
}
pub use generated::{Client, types};

pub fn kiwivm(base_url: &str) -> Client {
    Client::new_with_client(base_url, reqwest::Client::new())
}

pub fn credentials(veid: u64) -> types::Credentials {
    types::Credentials {
        veid: veid as i64,
        api_key: super::bodies::api_key(veid),
    }
}

/// What its calls make of a body, without a socket.
pub fn decode<T: DeserializeOwned>(body: Vec<u8>) -> T {
    serde_json::from_slice(&body).unwrap()
}
