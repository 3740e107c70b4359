//! A payload as JSON, for what its type doesn't hold.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::redact::{REDACTED, Redactor};

/// The payload of a reply as JSON: what `json()` of a call gives, and
/// [`Error::payload`](crate::Error::payload).
///
/// It derefs to a [`Value`]. `Debug` and `Display` show it without what the spec says is secret, and
/// the value holds that too. The secrets of the request are nowhere in it. An integer beyond 64 bits is
/// the text of its digits, as a float would round it.
///
/// ```no_run
/// # #[cfg(feature = "kiwivm")]
/// # async fn example(client: hosting_apis::kiwivm::Client) -> Result<(), hosting_apis::Error> {
/// let info = client.get_service_info().json().await?;
/// println!("{} in {}", info["hostname"], info["a_property_of_tomorrow"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq)]
pub struct Untyped {
    value: Value,
    /// The names of what is secret.
    secrets: &'static [&'static str],
}

/// JSON from a text, its large integers as texts.
pub(crate) fn parse(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str(&with_large_integers_quoted(text))
}

fn with_large_integers_quoted(text: &str) -> Cow<'_, str> {
    let mut quoted = String::new();
    let (mut copied, mut at) = (0, 0);
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at) {
        let start = at;
        match byte {
            b'"' => {
                at += 1;
                while bytes.get(at).is_some_and(|byte| *byte != b'"') {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            b'-' | b'0'..=b'9' => {
                let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+-.".contains(*byte);
                at += bytes[at..].iter().take_while(is_part).count();
                let number = &text[start..at];
                let digits = number.strip_prefix('-').unwrap_or(number);
                let is_integer = digits.bytes().all(|byte| byte.is_ascii_digit());
                let fits = number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok();
                if is_integer && !digits.is_empty() && !digits.starts_with('0') && !fits {
                    quoted.extend([&text[copied..start], "\"", number, "\""]);
                    copied = at;
                }
            }
            _ => at += 1,
        }
    }
    match copied {
        0 => Cow::Borrowed(text),
        _ => Cow::Owned(quoted + &text[copied..]),
    }
}

impl Untyped {
    pub(crate) fn new(value: Value, secrets: &'static [&'static str]) -> Self {
        Untyped { value, secrets }
    }

    /// Takes out what the call was made with.
    pub(crate) fn redact(&mut self, redactor: &Redactor) {
        redactor.json(&mut self.value);
    }

    /// The value, secrets of the reply included.
    pub fn into_inner(self) -> Value {
        self.value
    }

    /// The value as it may be shown.
    fn shown(&self) -> Value {
        let mut value = self.value.clone();
        hide(&mut value, self.secrets);
        value
    }
}

fn hide(value: &mut Value, secrets: &[&str]) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(|value| hide(value, secrets)),
        Value::Object(map) => {
            for (name, value) in map {
                match value {
                    Value::Null => {}
                    value if secrets.contains(&name.as_str()) => *value = REDACTED.into(),
                    value => hide(value, secrets),
                }
            }
        }
        // JSON text may hold one too.
        Value::String(text) if text.starts_with(['{', '[']) => {
            if let Ok(mut inside) = serde_json::from_str(text) {
                hide(&mut inside, secrets);
                *value = inside.to_string().into();
            }
        }
        _ => {}
    }
}

impl Deref for Untyped {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.value
    }
}

impl PartialEq<Value> for Untyped {
    fn eq(&self, other: &Value) -> bool {
        self.value == *other
    }
}

impl From<Untyped> for Value {
    fn from(untyped: Untyped) -> Value {
        untyped.value
    }
}

/// Writes the secrets out, as serializing a typed reply does.
impl Serialize for Untyped {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl fmt::Display for Untyped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown().fmt(f)
    }
}

impl fmt::Debug for Untyped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Untyped").field(&self.shown()).finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn integers_of_any_size_stay_exact() {
        let text = r#"{"use": 100000000000000000001, "a\"1": [-9223372036854775809, 18446744073709551615],
            "text": "36893488147419103232 \\", "f": 1e30, "n": -7}"#;
        let value = parse(text).unwrap();
        let expected = json!({
            "use": "100000000000000000001", "a\"1": ["-9223372036854775809", u64::MAX],
            "text": "36893488147419103232 \\", "f": 1e30, "n": -7,
        });
        assert_eq!(value, expected);
        // What is no JSON stays that, wherever it breaks off.
        for text in [
            "",
            "\"",
            "\"\\",
            "[99999999999999999999",
            "99999999999999999999x",
            "é99999999999999999999",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn secrets_are_in_reach_and_do_not_show() {
        let value = json!({
            "rootPassword": "hush", "list": [{"token": ["hush"], "n": 1}], "other": null,
            "text": r#"{"token": "hush"}"#,
        });
        let payload = Untyped::new(value.clone(), &["rootPassword", "token", "other"]);
        for shown in [
            format!("{payload}"),
            format!("{payload:#}"),
            format!("{payload:?}"),
        ] {
            assert!(!shown.contains("hush"), "{shown}");
            assert!(
                shown.contains("[redacted]") && shown.contains("rootPassword"),
                "{shown}"
            );
        }
        assert_eq!(payload["rootPassword"], "hush");
        assert_eq!(payload, value);
        assert_eq!(
            serde_json::to_value(&payload).unwrap(),
            payload.into_inner()
        );
    }
}
