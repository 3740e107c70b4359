//! A value that must not be seen: keys, passwords, tokens, in requests and replies alike.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::de::Deserializer;
use serde::{Deserialize, Serialize, Serializer};

use crate::wire::Lenient;

/// Text that no `Debug` shows and that is wiped from memory when dropped.
///
/// Serializing it writes the text, as requests need that: don't serialize a reply into a log.
///
/// There is no `Display`. [`expose`](Secret::expose) gives the text, so that every place that
/// reads a secret can be found by that name.
///
/// ```
/// use hosting_apis::Secret;
///
/// let password = Secret::from("correct horse");
/// assert_eq!(format!("{password:?}"), "[redacted]");
/// assert_eq!(password.expose(), "correct horse");
/// ```
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// The text itself.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The text in all the ways in which servers write it when they repeat it: as it is, in JSON,
    /// in PHP's JSON, in a form.
    pub(crate) fn spellings(&self) -> Vec<String> {
        let plain = self.expose().to_owned();
        let quoted = serde_json::Value::from(plain.as_str()).to_string();
        let json = quoted[1..quoted.len() - 1].to_owned();
        let php = json.replace('/', "\\/");
        let form = serde_urlencoded::to_string([("", &plain)]).unwrap_or_default();
        let form = form.trim_start_matches('=').to_owned();
        let mut spellings = vec![plain, json, php, form];
        spellings.dedup();
        spellings
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Secret(text.into())
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Secret(text.into())
    }
}

impl From<&Secret> for Secret {
    fn from(secret: &Secret) -> Self {
        secret.clone()
    }
}

/// Writes the text: requests carry secrets, and they are serialized like the rest.
impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::lenient(deserializer).map(Secret::from)
    }
}

impl<'de> Lenient<'de> for Secret {
    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}
