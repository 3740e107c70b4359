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
use serde_json::{Value, json};

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
    /// Whoever keeps logs of URLs then keeps the key. In the environment, `BOARDMATE_KEY_IN=query`
    /// says the same.
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
        let credentials = Credentials::key(env.secret("KEY")?);
        match env.optional("KEY_IN")?.as_deref() {
            None | Some("form") => Ok(credentials),
            Some("query") => Ok(credentials.key_in_query()),
            Some(_) => Err(Error::configuration(
                "BOARDMATE_KEY_IN is neither `form` nor `query`",
            )),
        }
    }

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.key]
    }

    fn authorize(&self, request: &mut Request) -> Result<(), Error> {
        if self.in_query && request.method() == Method::GET {
            return add_query(request, "key", &self.key);
        }
        add_form_fields(request, &[("key", self.key.expose())])
    }

    fn judge(reply: &Reply, body: &Value, credentials: Option<&Self>) -> Result<(), Error> {
        let later = credentials.is_some_and(|credentials| credentials.in_query);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        if reply.status.is_success() {
            return match text(&body["status"]) {
                Some(status) if body["message"].is_string() => Err(fault(&status, body)),
                _ => Ok(()),
            };
        }
        let is_page = reply.plain_text().as_deref() == Some(PAGE);
        let is_text = body.is_null() && !is_page;
        // Of a user or a code the dashboard says so with a code.
        let has_code = !body["code"].is_null() || !body["detail"]["code"].is_null();
        let error = match reply.status {
            // Not the dashboard's own.
            _ if is_text => return Ok(()),
            StatusCode::FORBIDDEN if body.is_object() => Error::new(ErrorKind::Authentication),
            // The page of an unknown path is all that the later generation says of an unknown user.
            StatusCode::NOT_FOUND if is_page && !later => {
                return Err(reply.foreign(UNKNOWN_PATH.to_owned()));
            }
            StatusCode::NOT_FOUND if !is_page && !has_code => {
                let reason = "the reply has no `code`, and so isn't the dashboard's own";
                return Err(reply.foreign(reason.to_owned()));
            }
            status => Error::of_status(status),
        };
        let advice = advice(reply.status, body, later, is_page);
        let error = advice.into_iter().fold(error, Error::because);
        // The later generation puts the same under `detail`, or there a list of what is wrong.
        match &body["detail"] {
            Value::Null => Err(failure(error, body)),
            detail @ Value::Array(list) => {
                let wrong: Vec<String> = list.iter().map(wrong_field).collect();
                Err(error
                    .message_is(Some(wrong.join("; ")))
                    .details_are(Some(detail.clone())))
            }
            Value::String(text) => Err(error.message_is(Some(text.clone()))),
            detail => Err(failure(error, detail)),
        }
    }
}

/// A fault of the server, which comes with 200. One that it has `fixed` passes on a second try.
fn fault(status: &str, body: &Value) -> Error {
    let error = failure(Error::new(ErrorKind::Server), body);
    if status == "fixed" {
        error.passing()
    } else {
        error
    }
}

/// The page of a path that the dashboard doesn't have: "no such page".
const PAGE: &str = "頁面不存在";

const UNKNOWN_PATH: &str = "the dashboard has no such path: is the base URL right? If it is, the \
    dashboard is of the later generation, which says the same of an unknown user or code: use \
    `Credentials::key_in_query`, or BOARDMATE_KEY_IN=query";

/// What to do if the dashboard may be of the other generation than the `later` that the credentials
/// are for.
fn advice(status: StatusCode, body: &Value, later: bool, is_page: bool) -> Option<&'static str> {
    let list = body["detail"].as_array();
    let misses_key = |wrong: &Value| wrong["loc"] == json!(["query", "key"]);
    match status.as_u16() {
        _ if !later && list.is_some_and(|list| list.iter().any(misses_key)) => Some(
            "this dashboard is of the later generation, which reads the key of a GET from the \
             query: use `Credentials::key_in_query`, or BOARDMATE_KEY_IN=query",
        ),
        400 if later => Some(
            "this dashboard may be of the documented generation, which reads the key of a GET from \
             the form: leave out `Credentials::key_in_query`, or set BOARDMATE_KEY_IN=form",
        ),
        404 if is_page => Some(
            "the dashboard has no such user or code, or no such path: this generation says the \
             same of all",
        ),
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn the_environment_says_where_the_key_goes() {
        let read = |key_in: Option<&str>| {
            let lookup = |name: &str| match name {
                "BOARDMATE_KEY" => Some(OsString::from("k")),
                "BOARDMATE_KEY_IN" => key_in.map(OsString::from),
                _ => None,
            };
            Credentials::from_env(&Environment::new("BOARDMATE", &lookup))
        };
        for (key_in, in_query) in [
            (None, false),
            (Some(""), false),
            (Some("form"), false),
            (Some("query"), true),
        ] {
            assert_eq!(read(key_in).unwrap().in_query, in_query, "{key_in:?}");
        }
        let error = read(Some("header")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        let says = "BOARDMATE_KEY_IN is neither `form` nor `query`";
        assert!(error.to_string().contains(says), "{error}");
    }
}
