//! An envelope: how the replies of an API say failure inside a success. It is read in one pass with
//! the payload, whether that stands in it or beside it.

use std::borrow::Cow;
use std::fmt;
use std::mem;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, IntoDeserializer, MapAccess, Visitor,
};
use serde_json::{Map, Value};

use crate::error::ErrorKind;
use crate::operation::Envelope;
use crate::unread;
use crate::wire::{Lenient, Whole, whole_number};

/// The envelope's own fields as they came.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    code: Option<Value>,
    message: Option<Value>,
    /// What only failures have.
    pub(crate) details: Map<String, Value>,
    /// Whether the field that tells success from failure came more than once, and so tells nothing.
    pub(crate) twice: bool,
}

impl Seen {
    /// What tells success from failure, as text. A number is the same with a fraction of 0.
    pub(crate) fn code(&self) -> Option<Cow<'_, str>> {
        let code = self.code.as_ref().filter(|_| !self.twice)?;
        match code.as_f64().filter(|number| number.fract() == 0.0) {
            // An integer stays exact.
            Some(number) if code.is_f64() => Some(Cow::Owned(format!("{number:.0}"))),
            _ => match text(code)? {
                Cow::Borrowed(text) => Some(Cow::Borrowed(text.trim())),
                other => Some(other),
            },
        }
    }

    /// The vendor's words, as text.
    pub(crate) fn message(&self) -> Option<String> {
        self.message.as_ref().and_then(text).map(Cow::into_owned)
    }

    /// Takes down the value of the envelope's field with this name.
    fn note(&mut self, name: &str, envelope: &Envelope, value: Value) {
        if name == envelope.field {
            self.twice |= self.code.replace(value).is_some();
        } else if name == envelope.message {
            self.message = Some(value);
        } else {
            self.details.insert(name.to_owned(), value);
        }
    }
}

/// A value as text, whether it came as text or as a number.
fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(Cow::Borrowed(text)),
        other => Some(Cow::Owned(other.to_string())),
    }
}

/// The number that a code is, as JSON writes numbers: `00` is a code of its own.
fn number(code: &str) -> Option<f64> {
    serde_json::from_str(code).ok()
}

impl Envelope {
    /// Whether the call went well, by what the envelope says.
    pub(crate) fn is_success(&self, code: &str, seen: &Seen) -> bool {
        let success = self.means_success(code, seen);
        let Some((minimum, maximum)) = self.results else {
            return success;
        };
        // A payload that uses the field for itself is told from a failure by what only failures
        // have: shell commands exit with 1 and more without the call having failed. A plain
        // success may come with those fields, but empty: captures of other calls show that.
        let failed = |field: &&str| match seen.details.get(*field) {
            None => false,
            Some(Value::Null) => !success,
            Some(value) => !success || value.as_str() != Some(""),
        };
        let is_result = |n: i64| (minimum..=maximum).contains(&n);
        let number = number(code).and_then(whole_number);
        let is_result = success || number.is_some_and(is_result);
        is_result && !self.details.iter().any(failed)
    }

    /// Whether a value is that of success. Where that is a number, it is one in any form: `"0.0"`,
    /// or `false` for 0.
    fn means_success(&self, code: &str, seen: &Seen) -> bool {
        if code == self.success {
            return true;
        }
        let Some(success) = number(self.success) else {
            return false;
        };
        match seen.code {
            Some(Value::Bool(flag)) => success == f64::from(u8::from(flag)),
            _ => number(code) == Some(success),
        }
    }

    /// The kind of failure that a code stands for, if the spec says so.
    pub(crate) fn kind(&self, code: &str) -> Option<ErrorKind> {
        let found = self.codes.iter().find(|(known, _)| *known == code);
        found.map(|(_, kind)| *kind)
    }

    /// The kind of failure that all other codes stand for.
    pub(crate) fn other_kind(&self) -> ErrorKind {
        self.kind("default").unwrap_or(ErrorKind::Api)
    }

    /// The envelope's own fields alone.
    pub(crate) fn read(&self, body: &str) -> Result<Seen, serde_json::Error> {
        let mut seen = Seen::default();
        let mut json = serde_json::Deserializer::from_str(body);
        json.deserialize_map(Fields(self, &mut seen))?;
        json.end()?;
        Ok(seen)
    }

    /// The names of its own fields.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        let names = [self.field, self.message];
        names.into_iter().chain(self.details.iter().copied())
    }
}

/// Reads an object for the envelope's fields.
struct Fields<'a>(&'a Envelope, &'a mut Seen);

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let Fields(envelope, seen) = self;
        let names = Names::of(envelope);
        let mut map = Beside { map, names, seen };
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

/// Reads an object for its payload. That goes straight to its place: it may be large, and on the
/// way through each function's result it would be copied.
pub(crate) struct Open<'a, T> {
    names: Names<'a>,
    seen: &'a mut Seen,
    payload: &'a mut Option<T>,
}

impl<'a, T> Open<'a, T> {
    /// Notes the envelope's fields on the way.
    pub(crate) fn noting(
        envelope: &'a Envelope,
        seen: &'a mut Seen,
        payload: &'a mut Option<T>,
    ) -> Self {
        Open {
            names: Names::of(envelope),
            seen,
            payload,
        }
    }

    /// Leaves the envelope's fields to the payload, which may have them as well.
    pub(crate) fn leaving(
        envelope: &'a Envelope,
        seen: &'a mut Seen,
        payload: &'a mut Option<T>,
    ) -> Self {
        let names = Names {
            envelope,
            lengths: 0,
        };
        Open {
            names,
            seen,
            payload,
        }
    }

    pub(crate) fn read(self, body: &str) -> Result<(), serde_json::Error>
    where
        T: for<'de> Lenient<'de>,
    {
        let mut json = serde_json::Deserializer::from_str(body);
        json.deserialize_any(self)?;
        json.end()
    }
}

impl<'de, T: Lenient<'de>> Visitor<'de> for Open<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let Open {
            names,
            seen,
            payload,
        } = self;
        let mut map = Beside { map, names, seen };
        let Some(field) = names.envelope.payload else {
            let beside = MapAccessDeserializer::new(map);
            *payload = Some(T::payload(beside, Whole::Enveloped)?);
            return Ok(());
        };
        let mut found = false;
        while let Some(is_payload) = map.next_key_seed(Is(field))? {
            if !is_payload {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if mem::replace(&mut found, true) {
                return Err(A::Error::duplicate_field(field));
            }
            let since = unread::mark();
            let Inside(value) = map.next_value()?;
            unread::in_property(since, field);
            *payload = Some(value);
        }
        if !found {
            let absent = T::absent_payload();
            *payload = Some(absent.ok_or_else(|| A::Error::missing_field(field))?);
        }
        Ok(())
    }
}

/// A payload that stands in its envelope.
struct Inside<T>(T);

impl<'de, T: Lenient<'de>> Deserialize<'de> for Inside<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::payload(deserializer, Whole::Enveloped).map(Inside)
    }
}

/// Whether a key is this one.
struct Is(&'static str);

impl<'de> DeserializeSeed<'de> for Is {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<bool, D::Error> {
        key.deserialize_str(self)
    }
}

impl Visitor<'_> for Is {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_str<E: Error>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

/// The properties that stand beside the envelope's fields, which are noted and passed over.
struct Beside<'a, A> {
    map: A,
    names: Names<'a>,
    seen: &'a mut Seen,
}

/// The names of an envelope's fields.
#[derive(Clone, Copy)]
struct Names<'a> {
    envelope: &'a Envelope,
    /// A bit for each length that they have, up to 64 and then again from the first bit, so that
    /// most keys need no comparison.
    lengths: u64,
}

impl<'a> Names<'a> {
    fn of(envelope: &'a Envelope) -> Self {
        let lengths = envelope.names().map(Names::bit);
        let lengths = lengths.fold(0, |all, length| all | length);
        Names { envelope, lengths }
    }

    #[inline(always)]
    fn bit(name: &str) -> u64 {
        1_u64.rotate_left(name.len() as u32)
    }

    /// Which of them a key is.
    #[inline(always)]
    fn find(self, key: &str) -> Option<Name> {
        if self.lengths & Names::bit(key) == 0 {
            return None;
        }
        self.compared(key)
    }

    #[inline(never)]
    fn compared(self, key: &str) -> Option<Name> {
        let place = self.envelope.names().position(|name| name == key)?;
        Name::try_from(place).ok()
    }

    fn get(self, name: Name) -> &'static str {
        self.envelope.names().nth(name.into()).unwrap_or_default()
    }
}

/// A name of an envelope's field, by its place among them: small, as it is handed on for each key.
type Name = u8;

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Beside<'_, A> {
    type Error = A::Error;

    #[inline(always)]
    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        mut seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        loop {
            match self.map.next_key_seed(Key(self.names, seed))? {
                None => return Ok(None),
                Some(Found::Other(key)) => return Ok(Some(key)),
                Some(Found::Own(name, unused)) => {
                    let value = self.map.next_value()?;
                    let name = self.names.get(name);
                    self.seen.note(name, self.names.envelope, value);
                    seed = unused;
                }
            }
        }
    }

    #[inline(always)]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

/// A key, to be looked at before the seed makes anything of it.
struct Key<'a, S>(Names<'a>, S);

/// What a key is.
enum Found<S, K> {
    /// The envelope's, for which the seed wasn't used.
    Own(Name, S),
    /// What the seed made of it.
    Other(K),
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Key<'_, S> {
    type Value = Found<S, S::Value>;

    #[inline(always)]
    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<Self::Value, D::Error> {
        key.deserialize_str(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Key<'_, S> {
    type Value = Found<S, S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a key")
    }
    #[inline(always)]
    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        let Key(names, seed) = self;
        match names.find(key) {
            Some(name) => Ok(Found::Own(name, seed)),
            None => seed.deserialize(key.into_deserializer()).map(Found::Other),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn names_with_escapes_are_the_same_names() {
        let beside = Envelope {
            field: "error",
            success: "0",
            message: "message",
            payload: None,
            details: &[],
            results: None,
            codes: &[("5", ErrorKind::Conflict), ("default", ErrorKind::Locked)],
            bare_text: None,
        };
        let inside = Envelope {
            payload: Some("data"),
            ..beside
        };
        for (envelope, body) in [
            (beside, r#"{"\u0065rror": 5, "\u0061": 1}"#),
            (inside, r#"{"\u0065rror": 5, "d\u0061ta": {"\u0061": 1}}"#),
        ] {
            let mut seen = Seen::default();
            let mut payload: Option<BTreeMap<String, i64>> = None;
            Open::noting(&envelope, &mut seen, &mut payload)
                .read(body)
                .unwrap();
            let expected = BTreeMap::from([("a".to_owned(), 1)]);
            assert_eq!(payload, Some(expected), "{body}");
            assert_eq!(seen.code().as_deref(), Some("5"), "{body}");
        }
    }
    #[test]
    fn success_is_a_number_in_any_form_where_the_spec_has_one() {
        let envelope = |success| Envelope {
            field: "code",
            success,
            message: "msg",
            payload: None,
            details: &[],
            results: None,
            codes: &[],
            bare_text: None,
        };
        let is_success = |success, body: &str| {
            let envelope = envelope(success);
            let seen = envelope.read(body).unwrap();
            let code = seen.code().map(Cow::into_owned);
            code.is_some_and(|code| envelope.is_success(&code, &seen))
        };
        for code in [
            "0",
            "0.0",
            r#""0""#,
            r#"" 0""#,
            r#""0.0 ""#,
            "-0",
            "0e3",
            "false",
        ] {
            let body = format!(r#"{{"code": {code}}}"#);
            assert!(is_success("0", &body), "{code}");
        }
        for code in [
            "1",
            "0.5",
            "true",
            r#""""#,
            r#""false""#,
            r#""zero""#,
            "null",
            "[]",
            r#""NaN""#,
            r#""00""#,
        ] {
            let body = format!(r#"{{"code": {code}}}"#);
            assert!(!is_success("0", &body), "{code}");
        }
        assert!(is_success("true", r#"{"code": true}"#) && is_success("ok", r#"{"code": " ok"}"#));
        assert!(!is_success("true", r#"{"code": 1}"#) && !is_success("ok", r#"{"code": "OK"}"#));
    }

    #[test]
    fn a_code_is_the_same_in_any_form() {
        let envelope = Envelope {
            field: "code",
            success: "0",
            message: "msg",
            payload: None,
            details: &[],
            results: None,
            codes: &[
                ("700005", ErrorKind::Authentication),
                ("default", ErrorKind::Conflict),
            ],
            bare_text: None,
        };
        for code in ["700005", "700005.0", r#""700005""#, r#"" 700005 ""#] {
            let seen = envelope.read(&format!(r#"{{"code": {code}}}"#)).unwrap();
            let code = seen.code().unwrap();
            assert_eq!(code, "700005");
            assert_eq!(envelope.kind(&code), Some(ErrorKind::Authentication));
        }
        assert_eq!(envelope.kind("700006"), None);
        assert_eq!(envelope.other_kind(), ErrorKind::Conflict);
    }
}
