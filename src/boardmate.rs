//! boardmate, a dashboard that ties Discord accounts to servers of a Pterodactyl panel: quotas of
//! users, and redeemable codes.
//!
//! The base URL is the operator's own and has to be set. See [`Client`] for the calls and for what
//! is known about the server.
//!
//! ```no_run
//! use hosting_apis::boardmate;
//!
//! # async fn example() -> Result<(), hosting_apis::Error> {
//! let credentials = boardmate::Credentials::key("EXAMPLE");
//! let client =
//!     boardmate::Client::builder(credentials).base_url("https://dash.example.com").build()?;
//! let user = client.get_user().dc_user_id("80351110224678912").await?;
//! println!("{} coins", user.money.unwrap_or_default());
//! # Ok(())
//! # }
//! ```

use reqwest::{Method, Request, StatusCode};
use serde_json::Value;

use crate::api::Api;
use crate::authorize::{add_form_fields, add_query};
use crate::env::Environment;
use crate::reply::Reply;
use crate::{Error, ErrorKind, Secret};

include!(concat!(env!("OUT_DIR"), "/boardmate.rs"));

/// The key of the dashboard, sent as the form field `key`, in the body of a GET too.
#[derive(Clone, Debug)]
pub struct Credentials {
    key: Secret,
    in_query: bool,
}

impl Credentials {
    /// The key, 50 letters and digits.
    pub fn key(key: impl Into<Secret>) -> Self {
        Credentials {
            key: key.into(),
            in_query: false,
        }
    }

    /// For the later generation of the dashboard, which reads the key of a GET from the query.
    /// Whoever keeps logs of URLs then keeps the key.
    pub fn key_in_query(self) -> Self {
        Credentials {
            in_query: true,
            ..self
        }
    }
}

impl Api for Credentials {
    const NAME: &'static str = "boardmate";
    const BASE_URL: Option<&'static str> = None;
    const PREFIX: &'static str = "BOARDMATE";
    const OPERATIONS: &'static [crate::Operation] = OPERATIONS;
    #[cfg(feature = "mock")]
    const SPEC: &'static str = include_str!(concat!(env!("OUT_DIR"), "/boardmate.json"));
    type Client = Client;

    fn from_env(env: &Environment) -> Result<Self, Error> {
        Ok(Credentials::key(env.secret("KEY")?))
    }

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.key]
    }

    fn authorize(&self, request: &mut Request) -> Result<(), Error> {
        if self.in_query && request.method() == Method::GET {
            add_query(request, "key", &self.key);
            return Ok(());
        }
        add_form_fields(request, &[("key", self.key.expose())])
    }

    fn judge(reply: &Reply) -> Result<(), Error> {
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        if reply.status.is_success() {
            return if is_fault(&body) {
                Err(failure(Error::new(ErrorKind::Server), &body))
            } else {
                Ok(())
            };
        }
        let error = match reply.status {
            StatusCode::FORBIDDEN => Error::new(ErrorKind::Authentication),
            status => Error::of_status(status),
        };
        // The later generation puts the same under `detail`, or there a list of what is wrong.
        match &body["detail"] {
            Value::Null => Err(failure(error, &body)),
            detail @ Value::Array(list) => {
                let wrong: Vec<String> = list.iter().map(wrong_field).collect();
                Err(error
                    .message_is(Some(wrong.join("; ")))
                    .details_are(Some(detail.clone())))
            }
            detail => Err(failure(error, detail)),
        }
    }
}

/// A fault of the server comes with 200. No payload has a text under `status`: a code of that name
/// has an object there.
fn is_fault(body: &Value) -> bool {
    body["status"].is_string() && body["message"].is_string()
}

fn failure(error: Error, body: &Value) -> Error {
    let text = |key: &str| match &body[key] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let error = error.message_is(text("message"));
    match text("code").or(text("status")) {
        Some(code) => error.code_is(code),
        None => error,
    }
}

/// `body.money: Field required`, of `{"loc": ["body", "money"], "msg": "Field required"}`.
fn wrong_field(entry: &Value) -> String {
    let place = entry["loc"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|part| match part {
            Value::String(name) => name.clone(),
            other => other.to_string(),
        });
    let place: Vec<String> = place.collect();
    format!(
        "{}: {}",
        place.join("."),
        entry["msg"].as_str().unwrap_or("is wrong")
    )
}
