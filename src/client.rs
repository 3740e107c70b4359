//! The builder that all clients share.

use std::env;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{NoProxy, Proxy, Url};

use crate::api::Api;
use crate::env::Environment;
use crate::error::Error;
use crate::retry::RetryPolicy;
use crate::session::Sessions;
use crate::transport::{Core, Shared};

/// A connection pool as the clients of this crate need it: it follows no redirect, sends no
/// referrer, and gives up connecting after 10 seconds. HTTPS_PROXY, ALL_PROXY and NO_PROXY of the
/// environment are honoured for https; plain http goes straight to its server.
///
/// Give it to several builders, and their clients share one pool.
///
/// # Errors
///
/// [`Configuration`](crate::ErrorKind::Configuration) if TLS can't be set up, or the proxy is no
/// URL.
///
/// ```
/// use hosting_apis::{kiwivm, Error};
///
/// # fn main() -> Result<(), Error> {
/// let pool = hosting_apis::http_client()?;
/// let fleet = [(1234567, "private_one"), (7654321, "private_two")]
///     .map(|(veid, key)| kiwivm::Credentials::new(veid, key))
///     .map(|credentials| kiwivm::Client::builder(credentials).http_client(pool.clone()).build());
/// # fleet.into_iter().collect::<Result<Vec<_>, _>>()?;
/// # Ok(())
/// # }
/// ```
pub fn http_client() -> Result<reqwest::Client, Error> {
    let builder = reqwest::Client::builder()
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(Duration::from_secs(10))
        .user_agent(concat!("hosting-apis/", env!("CARGO_PKG_VERSION")))
        .no_proxy();
    let builder = match https_proxy() {
        Some(url) if url.contains("://") && !url.starts_with("http") => {
            return Err(Error::configuration(
                "HTTPS_PROXY or ALL_PROXY names a proxy of another kind than http and https",
            ));
        }
        Some(url) => builder.proxy(
            Proxy::https(url)
                .map_err(|_| Error::configuration("HTTPS_PROXY or ALL_PROXY is no URL of a proxy"))?
                .no_proxy(NoProxy::from_env()),
        ),
        None => builder,
    };
    builder
        .build()
        .map_err(|e| Error::configuration("the HTTP client can't be made").caused_by(e))
}

/// The proxy that the environment names. One for plain http would get to see what that may show to
/// this machine only, the credentials, so there is none.
fn https_proxy() -> Option<String> {
    let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let values = names.iter().filter_map(|name| env::var(name).ok());
    values
        .map(|value| value.trim().to_owned())
        .find(|value| !value.is_empty())
}

/// Makes a client: where the server is, how long a call may take, when it is made again.
///
/// ```
/// use hosting_apis::{kiwivm, Error, RetryPolicy};
/// use std::time::Duration;
///
/// # fn main() -> Result<(), Error> {
/// let credentials = kiwivm::Credentials::new(1234567, "private_EXAMPLE");
/// let client = kiwivm::Client::builder(credentials)
///     .timeout(Duration::from_secs(60))
///     .retry(RetryPolicy::never())
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a builder makes nothing until `build` is called"]
pub struct ClientBuilder<C: Api> {
    credentials: C,
    base_url: Option<String>,
    http: Option<reqwest::Client>,
    timeout: Option<Duration>,
    retry: RetryPolicy,
    max_response_bytes: usize,
    strict: bool,
    allow_insecure_http: bool,
}

impl<C: Api> ClientBuilder<C> {
    /// A builder with the defaults; [`build`](ClientBuilder::build) checks them.
    pub fn new(credentials: C) -> Self {
        ClientBuilder {
            credentials,
            base_url: None,
            http: None,
            timeout: None,
            retry: RetryPolicy::default(),
            max_response_bytes: 32 << 20,
            strict: false,
            allow_insecure_http: false,
        }
    }

    /// A builder with credentials and, if it is set, the base URL of the environment.
    ///
    /// The variables begin with the API's name: `KIWIVM_API_KEY`, `KIWIVM_BASE_URL`. In place of
    /// a secret the same name with `_FILE` may give the path of a file that holds it.
    ///
    /// # Errors
    ///
    /// [`Configuration`](crate::ErrorKind::Configuration) if a variable is missing or unusable.
    pub fn from_env() -> Result<Self, Error> {
        let lookup = |name: &str| env::var_os(name);
        let env = Environment::new(C::PREFIX, &lookup);
        let builder = Self::new(C::from_env(&env)?);
        Ok(ClientBuilder {
            base_url: env.optional("BASE_URL")?,
            ..builder
        })
    }

    /// Where the server is, with the path that all its operations have in common. By default the
    /// vendor's own server.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// The connection pool to use, such as one that several clients share. By default the client
    /// makes [one of its own](http_client).
    ///
    /// The type is that of reqwest 0.13.
    ///
    /// A pool of your own should follow no redirects: see
    /// [`Policy::none`](reqwest::redirect::Policy::none). A reply that a redirect led to is
    /// refused, but by then the request went there.
    pub fn http_client(mut self, http: reqwest::Client) -> Self {
        self.http = Some(http);
        self
    }

    /// How long a call may take as a whole, retries and their waits included. By default 30
    /// seconds, or more for an operation that is known to be slow: its documentation says how long.
    ///
    /// A call's own `timeout` takes precedence over this one, and this one over that of an operation.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// When a call is made again. By default up to three times in all.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// How large a reply's body may be, in bytes. By default 32 MiB.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// Whether a value that can't be read fails its call, with the kind
    /// [`Decode`](crate::ErrorKind::Decode). By default it doesn't, if it is that of an optional
    /// property or of a map: it is left out, a `tracing` warning names its path, and so does
    /// [`Response::unread`](crate::Response::unread).
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Allows a base URL with plain `http` to another host: whoever is on the way can read the
    /// credentials, and what they can do is theirs.
    pub fn allow_insecure_http(mut self) -> Self {
        self.allow_insecure_http = true;
        self
    }

    /// The client.
    ///
    /// # Errors
    ///
    /// [`Configuration`](crate::ErrorKind::Configuration) if the credentials or the base URL are
    /// unusable, or there is no TLS to reach it with.
    pub fn build(self) -> Result<C::Client, Error>
    where
        C::Client: From<Core<C>>,
    {
        // A password goes into a body, where it may be any text.
        let is_key = self.credentials.login().is_none();
        for secret in self.credentials.secrets() {
            check_secret(C::NAME, secret.expose(), is_key)?;
        }
        let base_url = match self.base_url.as_deref().or(C::BASE_URL) {
            Some(url) => check_base_url(url, self.allow_insecure_http)?,
            None => {
                return Err(Error::configuration(format!(
                    "{} has no base URL by default; set one with `.base_url()`",
                    C::NAME
                )));
            }
        };
        let http = match self.http {
            Some(http) => http,
            None if cfg!(not(feature = "rustls")) && base_url.scheme() == "https" => {
                return Err(Error::configuration(
                    "this build has no TLS; enable the feature `rustls` of hosting-apis, or bring \
                     a reqwest client that has it with `.http_client()`",
                ));
            }
            None => http_client()?,
        };
        Ok(C::Client::from(Core::new(Shared {
            credentials: self.credentials,
            base_url,
            http,
            timeout: self.timeout,
            retry: self.retry,
            max_response_bytes: self.max_response_bytes,
            strict: self.strict,
            sessions: Sessions::new(),
        })))
    }
}

/// The base URL isn't checked yet, so it may hold a password.
impl<C: Api> fmt::Debug for ClientBuilder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("credentials", &self.credentials)
            .field("timeout", &self.timeout)
            .field("retry", &self.retry)
            .field("max_response_bytes", &self.max_response_bytes)
            .field("strict", &self.strict)
            .finish_non_exhaustive()
    }
}

/// A secret must survive a header and a form as it is. The message doesn't quote it.
fn check_secret(api: &str, secret: &str, is_key: bool) -> Result<(), Error> {
    let wrong = if secret.is_empty() {
        "is empty"
    } else if is_key && !secret.bytes().all(|b| b.is_ascii_graphic()) {
        "holds a space, a line break or another character that no key has; was it copied whole?"
    } else {
        return Ok(());
    };
    Err(Error::configuration(format!(
        "a credential for {api} {wrong}"
    )))
}

/// Credentials go over https, or to this machine.
fn check_base_url(text: &str, allow_insecure_http: bool) -> Result<Url, Error> {
    let wrong = |reason: &str| Err(Error::configuration(format!("the base URL {reason}")));
    let Ok(url) = Url::parse(text) else {
        return wrong("is no URL; it begins with https:// and a host");
    };
    if !url.username().is_empty() || url.password().is_some() {
        return wrong("holds a user name or password; credentials go into `Credentials`");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return wrong("has a query or a fragment; leave it out");
    }
    match url.scheme() {
        "https" => {}
        "http" if allow_insecure_http || is_loopback(&url) => {}
        "http" => {
            return wrong(
                "is plain http to another machine, which would show the credentials to the \
                 network; use https, or `.allow_insecure_http()` if that is meant",
            );
        }
        _ => return wrong("is neither https nor http"),
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}
