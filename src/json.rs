//! JSON of which nobody has said what is in it.

use std::fmt;
use std::ops::Deref;

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::wire::Lenient;

/// JSON whose form the vendor doesn't document. It is read from JSON text in a string too, and goes
/// out as JSON.
///
/// ```
/// use hosting_apis::Json;
/// use serde_json::json;
///
/// let acl = Json::from(json!({ "enable": 1 }));
/// assert_eq!(acl["enable"], 1);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(pub Value);

impl Deref for Json {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Json(value)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Lenient<'de> for Json {
    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => serde_json::from_str(&text)
                .map(Json)
                .map_err(|_| D::Error::custom("expected JSON, found text that is none")),
            value => Ok(Json(value)),
        }
    }
}
