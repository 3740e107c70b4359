//! What an API's own file says.

use std::fmt::Debug;

use reqwest::Request;
use serde_json::Value;

use crate::env::Environment;
use crate::error::Error;
use crate::operation::Operation;
use crate::reply::Reply;
use crate::secret::Secret;
use crate::session::Login;

/// An API, which is what its credentials can call. Each module's `Credentials` implement it.
///
/// It is not for implementing outside this crate: it grows with each API that needs more.
pub trait Api: Clone + Debug + Send + Sync + Sized + 'static {
    /// The module's name, such as `kiwivm`.
    #[doc(hidden)]
    const NAME: &'static str;
    /// Where the server is, if it isn't the operator's own.
    #[doc(hidden)]
    const BASE_URL: Option<&'static str>;
    /// What environment variables begin with, such as `KIWIVM`.
    #[doc(hidden)]
    const PREFIX: &'static str;
    /// The spec's operations.
    #[doc(hidden)]
    const OPERATIONS: &'static [Operation];
    /// The spec itself, as JSON.
    #[cfg(feature = "mock")]
    #[doc(hidden)]
    const SPEC: &'static str;
    /// The generated client.
    type Client;

    /// The credentials that the environment holds.
    #[doc(hidden)]
    fn from_env(env: &Environment) -> Result<Self, Error>;

    /// What must not be seen, for taking it out of whatever a server echoes.
    #[doc(hidden)]
    fn secrets(&self) -> Vec<&Secret>;

    /// Puts the credentials into a request.
    #[doc(hidden)]
    fn authorize(&self, request: &mut Request) -> Result<(), Error>;

    /// How to log in, if requests can't carry these credentials themselves.
    #[doc(hidden)]
    fn login(&self) -> Option<Login<Self>> {
        None
    }

    /// Tells a failure that the spec can't say. Asked of a body that can't be read as the payload,
    /// that has the status of a failure, or that any JSON would fit; not of pages, and not of what
    /// the envelope reports. The credentials are those of the call, if there was one.
    #[doc(hidden)]
    fn judge(_: &Reply, _: &Value, _: Option<&Self>) -> Result<(), Error> {
        Ok(())
    }
}
