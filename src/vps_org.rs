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
use crate::{Error, ErrorKind, Secret};

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

    /// Django REST framework's bodies: a text under `detail`, or texts by field. A 2xx is a failure
    /// only if it has `detail` or `non_field_errors`.
    fn judge(reply: &Reply, body: &Value, _: Option<&Self>) -> Result<(), Error> {
        let error = if !reply.status.is_success() {
            Error::of_status(reply.status)
        } else if is_failure(body) {
            Error::new(ErrorKind::Api)
        } else {
            return Ok(());
        };
        // A text of a proxy.
        if body.is_null() {
            return Ok(());
        }
        // The framework says these in one way alone.
        if matches!(reply.status.as_u16(), 404 | 405) && body["detail"].is_null() {
            let reason = "the reply has no `detail`, and so isn't the API's own";
            return Err(reply.foreign(reason.to_owned()));
        }
        let code = body["code"].as_str();
        let error = code
            .into_iter()
            .fold(error, |error, code| error.code_is(code));
        let details =
            !matches!(body, Value::Object(map) if map.len() == 1 && map.contains_key("detail"));
        Err(error
            .message_is(Some(message(body)))
            .details_are(details.then(|| body.clone())))
    }
}

/// Whether a body holds the framework's words for a failure.
fn is_failure(body: &Value) -> bool {
    ["detail", "non_field_errors"]
        .iter()
        .any(|name| !body[name].is_null())
}

/// All texts of an error body, each with the field that it is about.
fn message(body: &Value) -> String {
    let mut texts = Vec::new();
    match body {
        // What stands beside `detail` says the same for programs.
        Value::Object(map) if map.get("detail").is_some_and(Value::is_string) => {
            collect("", &map["detail"], &mut texts);
        }
        body => collect("", body, &mut texts),
    }
    texts.join("; ")
}

fn collect(field: &str, value: &Value, texts: &mut Vec<String>) {
    match value {
        // Of several objects, each is an item of the list that was sent.
        Value::Array(list) if list.iter().any(Value::is_object) => {
            for (index, value) in list.iter().enumerate() {
                collect(&format!("{field}[{index}]"), value, texts);
            }
        }
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
