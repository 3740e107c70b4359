//! VPS.org: the account behind a token, its domains, servers, DNS zones and SSH keys.
//!
//! See [`Client`] for the calls and for what is known about the server.
//!
//! ```no_run
//! use hosting_apis::vps_org;
//!
//! # async fn example() -> Result<(), hosting_apis::Error> {
//! let client = vps_org::Client::builder(vps_org::Credentials::token("vps_EXAMPLE")).build()?;
//! for domain in client.list_domains().status("expired").await?.results {
//!     println!("{}", domain.domain_name.unwrap_or_default());
//! }
//! # Ok(())
//! # }
//! ```

use reqwest::Request;
use reqwest::header::AUTHORIZATION;
use serde_json::Value;

use crate::api::Api;
use crate::env::Environment;
use crate::reply::Reply;
use crate::{Error, Secret};

include!(concat!(env!("OUT_DIR"), "/vps_org.rs"));

/// A token of the account's developer page, which is sent as `Authorization: Bearer`.
#[derive(Clone, Debug)]
pub struct Credentials {
    token: Secret,
}

impl Credentials {
    /// Tokens begin with `vps_`.
    pub fn token(token: impl Into<Secret>) -> Self {
        Credentials {
            token: token.into(),
        }
    }
}

impl Api for Credentials {
    const NAME: &'static str = "vps_org";
    const BASE_URL: Option<&'static str> = Some("https://admin.vps.org/api/v1");
    const PREFIX: &'static str = "VPS_ORG";
    const OPERATIONS: &'static [crate::Operation] = OPERATIONS;
    #[cfg(feature = "mock")]
    const SPEC: &'static str = include_str!(concat!(env!("OUT_DIR"), "/vps_org.json"));
    type Client = Client;

    fn from_env(env: &Environment) -> Result<Self, Error> {
        Ok(Credentials {
            token: env.secret("TOKEN")?,
        })
    }

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.token]
    }

    fn authorize(&self, request: &mut Request) -> Result<(), Error> {
        crate::authorize::add_header(
            request,
            AUTHORIZATION,
            &format!("Bearer {}", self.token.expose()),
        )
    }

    fn judge(reply: &Reply) -> Result<(), Error> {
        if reply.status.is_success() {
            return Ok(());
        }
        let error = Error::of_status(reply.status);
        // Django REST framework's bodies: a text under `detail`, or texts by field.
        match serde_json::from_slice::<Value>(&reply.body) {
            Ok(body) => {
                let message = message(&body);
                let details = !matches!(&body, Value::Object(map) if map.len() == 1 && map.contains_key("detail"));
                Err(error
                    .message_is(Some(message))
                    .details_are(details.then_some(body)))
            }
            Err(_) => Err(error),
        }
    }
}

/// All texts of an error body, each with the field that it is about.
fn message(body: &Value) -> String {
    let mut texts = Vec::new();
    collect("", body, &mut texts);
    texts.join("; ")
}

fn collect(field: &str, value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| collect(field, value, texts)),
        Value::Object(map) => {
            for (key, value) in map {
                let inner = match key.as_str() {
                    "detail" | "non_field_errors" => field.to_owned(),
                    // The errors of a list's items come by their index.
                    index if index.parse::<usize>().is_ok() => format!("{field}[{index}]"),
                    name if field.is_empty() => name.to_owned(),
                    name => format!("{field}.{name}"),
                };
                collect(&inner, value, texts);
            }
        }
        Value::Null => {}
        scalar => {
            let text = scalar
                .as_str()
                .map_or_else(|| scalar.to_string(), str::to_owned);
            texts.push(match field {
                "" => text,
                field => format!("{field}: {text}"),
            });
        }
    }
}
