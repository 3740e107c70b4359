//! What an API's own file says, and what it can ask of a reply.

use std::fmt::Debug;

use reqwest::header::HeaderMap;
use reqwest::{Request, StatusCode};
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value};

use crate::env::Environment;
use crate::error::{Error, ErrorKind};
use crate::operation::{Envelope, Operation};
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

    /// Tells success from failure. Only what is the API's own: redirects, HTML and what a status
    /// means by itself are judged before.
    #[doc(hidden)]
    fn judge(reply: &Reply) -> Result<(), Error>;
}

/// A reply as it came, its body whole.
#[doc(hidden)]
#[derive(Debug)]
pub struct Reply<'a> {
    pub(crate) operation: &'a Operation,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Reply<'_> {
    /// The failure that the envelope reports, of the kind that its code stands for.
    pub(crate) fn envelope(&self, kind: impl Fn(&str) -> Option<ErrorKind>) -> Result<(), Error> {
        let Some(envelope) = self.operation.envelope else {
            return Ok(());
        };
        let mut seen = match envelope.read(&self.body) {
            Ok(seen) => seen,
            // A failure by status needn't have the envelope.
            Err(_) if !self.status.is_success() => return Err(Error::of_status(self.status)),
            Err(e) => return Err(unreadable(&self.body, &e).body_is(&self.body)),
        };
        let Some(code) = seen.take_text(envelope.field) else {
            if !self.status.is_success() {
                return Err(Error::of_status(self.status));
            }
            let count = if seen.twice { "more than one" } else { "no" };
            let reason = format!(
                "the reply has {count} `{}` to say how the call went",
                envelope.field
            );
            return Err(Error::new(ErrorKind::Decode)
                .because(reason)
                .body_is(&self.body));
        };
        if self.status.is_success() && envelope.is_success(&code, &seen) {
            return Ok(());
        }
        let error = match kind(&code) {
            Some(kind) => Error::new(kind),
            None if self.status.is_success() => Error::new(ErrorKind::Api),
            None => Error::of_status(self.status),
        };
        let message = seen.take_text(envelope.message);
        let mut details = seen.fields;
        details.retain(|_, value| !matches!(value, Value::Null) && value.as_str() != Some(""));
        let details = (!details.is_empty()).then_some(Value::Object(details));
        Err(error.code_is(code).message_is(message).details_are(details))
    }
}

/// serde's own words would quote the value that is no object.
fn unreadable(body: &[u8], error: &serde_json::Error) -> Error {
    let what = match error.classify() {
        Category::Data => "is JSON but no object",
        Category::Eof if body.trim_ascii().is_empty() => "is empty",
        Category::Eof => "is JSON that breaks off",
        _ => "is no JSON",
    };
    let reason = format!("the body {what}, so it can't say how the call went");
    Error::new(ErrorKind::Decode).because(reason)
}

impl Envelope {
    fn is_success(&self, code: &str, seen: &Seen) -> bool {
        let Some((minimum, maximum)) = self.results else {
            return code == self.success;
        };
        // A payload that uses the field for itself is told from a failure by what only failures
        // have: shell commands exit with 1 and more without the call having failed. A plain
        // success may come with those fields, but empty: captures of other calls show that.
        let failed = |field: &&str| match seen.fields.get(*field) {
            None => false,
            Some(Value::Null) => code != self.success,
            Some(value) => code != self.success || value.as_str() != Some(""),
        };
        let is_result = code
            .parse()
            .is_ok_and(|n: i64| (minimum..=maximum).contains(&n));
        is_result && !self.details.iter().any(failed)
    }

    /// The envelope's own fields, without building the payload.
    fn read(&self, body: &[u8]) -> Result<Seen, serde_json::Error> {
        let mut json = serde_json::Deserializer::from_slice(body);
        let seen = json.deserialize_map(Fields(self))?;
        json.end()?;
        Ok(seen)
    }
}

/// The envelope's fields as they came.
struct Seen {
    fields: Map<String, Value>,
    /// Whether the one that tells success from failure came more than once, and so tells nothing.
    twice: bool,
}

impl Seen {
    /// A field's value as text, whether it came as text or as a number.
    fn take_text(&mut self, field: &str) -> Option<String> {
        match self.fields.remove(field)? {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        }
    }
}

struct Fields<'a>(&'a Envelope);

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = Seen;

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Seen, A::Error> {
        let Envelope {
            field,
            message,
            details,
            ..
        } = self.0;
        let mut fields = Map::new();
        let mut twice = false;
        while let Some(key) = map.next_key::<String>()? {
            if key == *field || key == *message || details.contains(&key.as_str()) {
                twice |= key == *field && fields.contains_key(*field);
                fields.insert(key, map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if twice {
            fields.remove(*field);
        }
        Ok(Seen { fields, twice })
    }
}
