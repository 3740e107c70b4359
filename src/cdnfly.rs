//! CDNfly, a panel for running a content delivery network of one's own: sites, certificates,
//! streams, packages, jobs, statistics, users, orders.
//!
//! The base URL is the operator's own master and has to be set, without the `/v1` of the paths. See
//! [`Client`] for the calls and for what is known about the server.
//!
//! ```no_run
//! use hosting_apis::cdnfly;
//!
//! # async fn example() -> Result<(), hosting_apis::Error> {
//! let credentials = cdnfly::Credentials::api_key("EXAMPLE_KEY", "EXAMPLE_SECRET");
//! let client =
//!     cdnfly::Client::builder(credentials).base_url("https://cdn.example.com").build()?;
//! let mut sites = client.list_sites().enable(true).stream();
//! while let Some(site) = sites.next().await {
//!     let site = site?;
//!     println!("{}: {} backends", site.domain.unwrap_or_default(), site.backend.len());
//! }
//! # Ok(())
//! # }
//! ```

use reqwest::Request;
use reqwest::header::HeaderName;
use serde_json::{Value, json};

use crate::api::Api;
use crate::authorize::add_header;
use crate::env::Environment;
use crate::reply::Reply;
use crate::session::Login;
use crate::{Error, ErrorKind, Secret};

include!(concat!(env!("OUT_DIR"), "/cdnfly.rs"));

/// What requests are made with: a pair of key and secret, an access token, or an account that logs
/// in to get one.
///
/// Keys of users and of administrators are distinct, and some calls take only the one or the other.
#[derive(Clone, Debug)]
pub struct Credentials(Kind);

#[derive(Clone, Debug)]
enum Kind {
    ApiKey { key: Secret, secret: Secret },
    AccessToken(Secret),
    Login { account: String, password: Secret },
}

impl Credentials {
    /// A pair that the panel made, which doesn't expire.
    pub fn api_key(key: impl Into<Secret>, secret: impl Into<Secret>) -> Self {
        let (key, secret) = (key.into(), secret.into());
        Credentials(Kind::ApiKey { key, secret })
    }

    /// A token that a login gave before. It expires, after a time that the operator has set.
    pub fn access_token(token: impl Into<Secret>) -> Self {
        Credentials(Kind::AccessToken(token.into()))
    }

    /// A user's name, phone number or e-mail address, with the password. The client logs in when it
    /// first needs to, and once more when the token has expired; it keeps the token in memory.
    pub fn login(account: impl Into<String>, password: impl Into<Secret>) -> Self {
        let (account, password) = (account.into(), password.into());
        Credentials(Kind::Login { account, password })
    }
}

impl Api for Credentials {
    const NAME: &'static str = "cdnfly";
    const BASE_URL: Option<&'static str> = None;
    const PREFIX: &'static str = "CDNFLY";
    const OPERATIONS: &'static [crate::Operation] = OPERATIONS;
    #[cfg(feature = "mock")]
    const SPEC: &'static str = include_str!(concat!(env!("OUT_DIR"), "/cdnfly.json"));
    type Client = Client;

    fn from_env(env: &Environment) -> Result<Self, Error> {
        match env.only_one_of(["API_KEY", "ACCESS_TOKEN", "ACCOUNT"])? {
            "API_KEY" => Ok(Credentials::api_key(
                env.secret("API_KEY")?,
                env.secret("API_SECRET")?,
            )),
            "ACCESS_TOKEN" => Ok(Credentials::access_token(env.secret("ACCESS_TOKEN")?)),
            _ => Ok(Credentials::login(
                env.required("ACCOUNT")?,
                env.secret("PASSWORD")?,
            )),
        }
    }

    fn secrets(&self) -> Vec<&Secret> {
        match &self.0 {
            Kind::ApiKey { key, secret } => vec![key, secret],
            Kind::AccessToken(secret)
            | Kind::Login {
                password: secret, ..
            } => vec![secret],
        }
    }

    fn authorize(&self, request: &mut Request) -> Result<(), Error> {
        let mut add = |name, secret: &Secret| {
            add_header(request, HeaderName::from_static(name), secret.expose())
        };
        match &self.0 {
            Kind::ApiKey { key, secret } => {
                add("api-key", key)?;
                add("api-secret", secret)
            }
            Kind::AccessToken(token) => add("access-token", token),
            // The session's token goes in its place.
            Kind::Login { .. } => Ok(()),
        }
    }

    fn login(&self) -> Option<Login<Self>> {
        matches!(self.0, Kind::Login { .. }).then_some(Login {
            operation: &operations::LOGIN,
            body: |credentials| match &credentials.0 {
                Kind::Login { account, password } => {
                    json!({ "account": account, "password": password.expose() })
                }
                _ => Value::Null,
            },
            credentials: |payload| {
                let token = payload["access_token"].as_str()?;
                // One that no header takes would be kept and never refused.
                let is_token = !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
                is_token.then(|| Credentials::access_token(token))
            },
        })
    }

    /// The one success that is none: the user exists already, and only the message says so.
    fn judge(reply: &Reply, body: &Value, _: Option<&Self>) -> Result<(), Error> {
        let made_nothing = body["data"] == 0 || body["data"] == "0";
        if !made_nothing || reply.operation.id != operations::CREATE_USER.id {
            return Ok(());
        }
        let message = body["msg"].as_str().map(str::to_owned);
        Err(Error::new(ErrorKind::Conflict).message_is(message))
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn half_of_a_pair_in_the_environment_says_what_is_missing() {
        let cases = [
            ("CDNFLY_API_KEY", "CDNFLY_API_SECRET is not set"),
            ("CDNFLY_ACCOUNT", "CDNFLY_PASSWORD is not set"),
            // By themselves they say nothing of which way is meant.
            ("CDNFLY_API_SECRET", "none of CDNFLY_API_KEY, "),
            ("CDNFLY_PASSWORD", "none of CDNFLY_API_KEY, "),
        ];
        for (name, says) in cases {
            let lookup = |asked: &str| (asked == name).then(|| OsString::from("seen?"));
            let error = Credentials::from_env(&Environment::new("CDNFLY", &lookup)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            let text = error.to_string();
            assert!(text.contains(says) && !text.contains("seen?"), "{text}");
        }
    }
}
