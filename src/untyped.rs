//! A payload as JSON, for what its type doesn't hold.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::de::IgnoredAny;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::redact::{REDACTED, Redactor};

/// The payload of a reply as JSON: what `json()` of a call gives, and
/// [`Error::payload`](crate::Error::payload).
///
/// It derefs to a [`Value`]. `Debug` and `Display` show it without what the spec says is secret, and
/// the value holds that too. The secrets of the request are nowhere in it. A number that a float would
/// round, such as an integer beyond 64 bits, is the text of its digits.
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

/// JSON from a text, its large numbers as texts, and without what stands for no character.
pub(crate) fn parse(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str(&with_characters(&with_large_numbers_quoted(text)))
}

/// A text in which the numbers that JSON's readers round or refuse are texts.
fn with_large_numbers_quoted(text: &str) -> Cow<'_, str> {
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
                if is_too_large(number) {
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

/// Whether a number of JSON is an integer beyond 64 bits, or any beyond a float.
fn is_too_large(number: &str) -> bool {
    let digits = number.strip_prefix('-').unwrap_or(number);
    let is_integer = digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_rounded = match is_integer {
        true => number.parse::<i64>().is_err() && number.parse::<u64>().is_err(),
        false => number.parse().is_ok_and(f64::is_infinite),
    };
    is_rounded && serde_json::from_str::<IgnoredAny>(number).is_ok()
}

/// A text of JSON in which escapes that stand for no character, halves of one, are replaced.
fn with_characters(text: &str) -> Cow<'_, str> {
    let mut replaced = String::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(found) = text[at..].find('\\') {
        let start = at + found;
        at = match (escaped(text, start), escaped(text, start + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => start + 12,
            (Some(0xd800..=0xdfff), _) => {
                replaced.extend([&text[copied..start], "\u{fffd}"]);
                copied = start + 6;
                copied
            }
            (Some(_), _) => start + 6,
            // What is escaped may be of several bytes.
            (None, _) => start + 1 + text[start + 1..].chars().next().map_or(0, char::len_utf8),
        };
    }
    match copied {
        0 => Cow::Borrowed(text),
        _ => Cow::Owned(replaced + &text[copied..]),
    }
}

/// The code of an escape such as `\u00e9` at a place in a text.
fn escaped(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..)?.strip_prefix("\\u")?.get(..4)?;
    u32::from_str_radix(digits, 16).ok()
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
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            if let Ok(mut inside) = parse(text) {
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
        let text = r#"{"a": 1e400, "b": [-1.5E+999], "c": "1e400", "d": 0.1e3}"#;
        let expected = json!({"a": "1e400", "b": ["-1.5E+999"], "c": "1e400", "d": 100.0});
        assert_eq!(parse(text).unwrap(), expected);
        // What is no JSON stays that, wherever it breaks off.
        for text in [
            "",
            "\"",
            "\"\\",
            "[99999999999999999999",
            "99999999999999999999x",
            "é99999999999999999999",
            "099999999999999999999",
            "1.e400",
            r#"{"a": "\u12"}"#,
            r#"{"a": "\é"}"#,
            "\\",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_stands_for_no_character_is_replaced() {
        for (text, expected) in [
            (r#""a\ud800b""#, "a\u{fffd}b"),
            (r#""\udc00\ud83d\ude00\ud83d""#, "\u{fffd}\u{1f600}\u{fffd}"),
            (r#""\\ud800\"\ud8ff\u0041""#, "\\ud800\"\u{fffd}A"),
        ] {
            assert_eq!(parse(text).unwrap(), expected, "{text}");
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
