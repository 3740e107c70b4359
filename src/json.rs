//! JSON of which nobody has said what is in it.

use std::fmt;
use std::ops::Deref;

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::wire::Lenient;

/// JSON whose form the vendor doesn't document. It is read from JSON text in a string too, and goes
/// out as JSON: a string that holds JSON is sent as what it holds, since servers refuse the text.
///
/// ```
/// use hosting_apis::Json;
/// use serde_json::json;
///
/// let acl = Json::from(json!({ "enable": 1 }));
/// assert_eq!(acl["enable"], 1);
///
/// let text = Json::from(r#"{"enable": 1}"#);
/// assert_eq!(serde_json::to_string(&text).unwrap(), r#"{"enable":1}"#);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Json(pub Value);

/// What a text holds, if that is JSON. What is encoded twice stays as it came, so that it is the same
/// when it is read again.
fn inside(text: &str) -> serde_json::Result<Option<Value>> {
    let value = serde_json::from_str(text)?;
    Ok(Some(value).filter(|value: &Value| !value.is_string()))
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let inside = self.0.as_str().and_then(|text| inside(text).ok()?);
        inside.as_ref().unwrap_or(&self.0).serialize(serializer)
    }
}

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

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Json(text.into())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Json(text.into())
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
            Value::String(text) => match inside(&text) {
                Ok(Some(value)) => Ok(Json(value)),
                Ok(None) => Ok(Json(text.into())),
                Err(_) => Err(D::Error::custom("expected JSON, found text that is none")),
            },
            value => Ok(Json(value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(json: &str) -> Result<Json, String> {
        let mut json = serde_json::Deserializer::from_str(json);
        Json::lenient(&mut json).map_err(|e| e.to_string())
    }

    #[test]
    fn text_is_read_as_the_json_that_it_is_once() {
        let rows = [
            (r#""{\"a\": [1]}""#, json!({"a": [1]})),
            (r#"{"a": "[1]"}"#, json!({"a": "[1]"})),
            (r#""[\"{}\"]""#, json!(["{}"])),
            (r#"" [] ""#, json!([])),
            (r#""\"{}\"""#, json!(r#""{}""#)),
            (r#""\"plain\"""#, json!(r#""plain""#)),
            (
                r#""618033988749894848""#,
                json!(618_033_988_749_894_848_i64),
            ),
            (r#""null""#, json!(null)),
            ("17", json!(17)),
            ("null", json!(null)),
        ];
        for (sent, expected) in rows {
            assert_eq!(read(sent).unwrap(), Json(expected), "{sent}");
        }
    }

    #[test]
    fn text_that_is_no_json_is_refused_without_being_shown() {
        let deep = format!(r#""{}""#, "[".repeat(100_000));
        for sent in [r#""secretive""#, r#""{\"secretive\"""#, r#""""#, &deep] {
            let error = read(sent).unwrap_err();
            let says = "expected JSON, found text that is none";
            assert!(error.starts_with(says), "{error}");
            assert!(!error.contains("secretive"), "{error}");
        }
    }

    #[test]
    fn it_is_sent_and_shown_as_json() {
        let acl = Json::from(json!({"default": "allow"}));
        assert_eq!(json!({ "acl": acl }), json!({"acl": {"default": "allow"}}));
        assert_eq!(acl.to_string(), r#"{"default":"allow"}"#);
        assert_eq!(Json::default(), Json(Value::Null));
    }

    #[test]
    fn text_that_is_json_is_sent_as_json() {
        let rows = [
            (r#"{"a": [1]}"#, json!({"a": [1]})),
            (" [] ", json!([])),
            ("null", json!(null)),
            ("17", json!(17)),
            ("no JSON", json!("no JSON")),
            (r#""{}""#, json!(r#""{}""#)),
            ("", json!("")),
        ];
        for (text, sent) in rows {
            assert_eq!(
                json!({ "acl": Json::from(text) }),
                json!({ "acl": sent }),
                "{text}"
            );
        }
    }
}
