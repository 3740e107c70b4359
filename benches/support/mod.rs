//! What the benches share: the contenders, the bodies, and a server to send them.

#![allow(dead_code, reason = "each bench uses its own part")]

pub mod bare;
pub mod bodies;
pub mod by_hand;
pub mod server;

use hosting_apis::{Api, Operation, StatusCode, cdnfly, kiwivm, mock};

pub const MB: usize = 1_000_000;

/// An operation of an API by its id.
fn operation<C: Api>(id: &str) -> &'static Operation {
    let found = C::OPERATIONS.iter().find(|operation| operation.id == id);
    found.expect("an operation of the spec")
}

/// What this crate makes of replies, without a socket.
pub mod ours {
    use super::*;

    pub fn service_info(body: Vec<u8>) -> kiwivm::types::ServiceInfo {
        let operation = operation::<kiwivm::Credentials>("getServiceInfo");
        mock::decode::<kiwivm::Credentials, _>(operation, StatusCode::OK, body).unwrap()
    }

    pub fn usage(body: Vec<u8>) -> kiwivm::types::RawUsageStats {
        let operation = operation::<kiwivm::Credentials>("getRawUsageStats");
        mock::decode::<kiwivm::Credentials, _>(operation, StatusCode::OK, body).unwrap()
    }

    pub fn sites(body: Vec<u8>) -> cdnfly::types::SiteList {
        let operation = operation::<cdnfly::Credentials>("listSites");
        mock::decode::<cdnfly::Credentials, _>(operation, StatusCode::OK, body).unwrap()
    }

    /// A client of its own pool, or of one that is shared.
    pub fn kiwivm(base_url: &str, http: Option<reqwest::Client>, veid: u64) -> kiwivm::Client {
        let credentials = kiwivm::Credentials::new(veid, bodies::api_key(veid));
        let builder = kiwivm::Client::builder(credentials).base_url(base_url);
        let builder = match http {
            Some(http) => builder.http_client(http),
            None => builder,
        };
        builder.build().unwrap()
    }

    pub fn cdnfly(base_url: &str) -> cdnfly::Client {
        let credentials = cdnfly::Credentials::api_key("EXAMPLE_KEY", "EXAMPLE_SECRET");
        let builder = cdnfly::Client::builder(credentials).base_url(base_url);
        builder.build().unwrap()
    }
}
