//! An envelope: how the replies of an API say failure inside a success. It is read in one pass with
//! the payload, whether that stands in it or beside it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, IntoDeserializer, MapAccess, Visitor,
};
use serde_json::{Map, Value};

use crate::operation::Envelope;
use crate::wire::{Item, Lenient};

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
    /// What tells success from failure, as text.
    pub(crate) fn code(&self) -> Option<Cow<'_, str>> {
        self.code.as_ref().filter(|_| !self.twice).and_then(text)
    }

    /// The vendor's words, as text.
    pub(crate) fn message(&self) -> Option<String> {
        self.message.as_ref().and_then(text).map(Cow::into_owned)
    }

    fn note(&mut self, field: Field, value: Value) {
        match field {
            Field::Code => self.twice |= self.code.replace(value).is_some(),
            Field::Message => self.message = Some(value),
            Field::Detail(name) => {
                self.details.insert(name.to_owned(), value);
            }
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

/// One of the envelope's own fields.
enum Field {
    Code,
    Message,
    Detail(&'static str),
}

impl Envelope {
    /// Whether the call went well, by what the envelope says.
    pub(crate) fn is_success(&self, code: &str, seen: &Seen) -> bool {
        let Some((minimum, maximum)) = self.results else {
            return code == self.success;
        };
        // A payload that uses the field for itself is told from a failure by what only failures
        // have: shell commands exit with 1 and more without the call having failed. A plain
        // success may come with those fields, but empty: captures of other calls show that.
        let failed = |field: &&str| match seen.details.get(*field) {
            None => false,
            Some(Value::Null) => code != self.success,
            Some(value) => code != self.success || value.as_str() != Some(""),
        };
        let is_result = code
            .parse()
            .is_ok_and(|n: i64| (minimum..=maximum).contains(&n));
        is_result && !self.details.iter().any(failed)
    }

    /// The envelope's own fields alone.
    pub(crate) fn read(&self, body: &[u8]) -> Result<Seen, serde_json::Error> {
        let mut seen = Seen::default();
        let mut json = serde_json::Deserializer::from_slice(body);
        json.deserialize_map(Fields(self, &mut seen))?;
        json.end()?;
        Ok(seen)
    }

    fn find(&self, key: &str) -> Option<Field> {
        if key == self.field {
            return Some(Field::Code);
        }
        if key == self.message {
            return Some(Field::Message);
        }
        let detail = self.details.iter().find(|name| **name == key);
        detail.map(|name| Field::Detail(name))
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
        let mut map = Beside {
            map,
            noting: Some((Names::of(envelope), seen)),
        };
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

/// Reads an object for its payload. The envelope's fields are noted on the way, unless they are the
/// payload's as well.
pub(crate) struct Open<'a, T> {
    envelope: &'a Envelope,
    seen: Option<&'a mut Seen>,
    to: PhantomData<T>,
}

impl<'a, T> Open<'a, T> {
    pub(crate) fn new(envelope: &'a Envelope, seen: Option<&'a mut Seen>) -> Self {
        let to = PhantomData;
        Open { envelope, seen, to }
    }

    pub(crate) fn read(self, body: &[u8]) -> Result<T, serde_json::Error>
    where
        T: for<'de> Lenient<'de>,
    {
        let mut json = serde_json::Deserializer::from_slice(body);
        let payload = json.deserialize_any(self)?;
        json.end()?;
        Ok(payload)
    }
}

impl<'de, T: Lenient<'de>> Visitor<'de> for Open<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        let Open { envelope, seen, .. } = self;
        let noting = seen.map(|seen| (Names::of(envelope), seen));
        let mut map = Beside { map, noting };
        let Some(payload) = envelope.payload else {
            return T::lenient(MapAccessDeserializer::new(map));
        };
        let mut value = None;
        while let Some(is_payload) = map.next_key_seed(Is(payload))? {
            if is_payload {
                let Item(found) = map.next_value()?;
                if value.replace(found).is_some() {
                    return Err(A::Error::duplicate_field(payload));
                }
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        // What is left out is null.
        match value {
            Some(value) => Ok(value),
            None => T::lenient(().into_deserializer()).map_err(|e: A::Error| e),
        }
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
    noting: Option<(Names<'a>, &'a mut Seen)>,
}

/// The names of an envelope's fields.
#[derive(Clone, Copy)]
struct Names<'a> {
    envelope: &'a Envelope,
    /// A bit for each length that they have, so that most keys need no comparison.
    lengths: u64,
}

impl<'a> Names<'a> {
    fn of(envelope: &'a Envelope) -> Self {
        let names = [envelope.field, envelope.message];
        let names = names.iter().chain(envelope.details);
        let lengths = names.fold(0, |lengths, name| lengths | Names::bit(name));
        Names { envelope, lengths }
    }

    #[inline(always)]
    fn bit(name: &str) -> u64 {
        1 << name.len().min(63)
    }

    #[inline(always)]
    fn may_have(self, key: &str) -> bool {
        self.lengths & Names::bit(key) != 0
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Beside<'_, A> {
    type Error = A::Error;

    #[inline(always)]
    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let Some((names, seen)) = &mut self.noting else {
            return self.map.next_key_seed(seed);
        };
        let mut seed = Some(seed);
        let mut field = None;
        while let Some(key) = self.map.next_key_seed(Key(*names, &mut field, &mut seed))? {
            if key.is_some() {
                return Ok(key);
            }
            let value = self.map.next_value()?;
            if let Some(field) = field.take() {
                seen.note(field, value);
            }
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

/// A key that is the envelope's, which is put down, or else is for the seed, which is used up then.
struct Key<'a, S>(Names<'a>, &'a mut Option<Field>, &'a mut Option<S>);

impl<'de, S: DeserializeSeed<'de>> Key<'_, S> {
    #[inline(always)]
    fn given<D: Deserializer<'de>>(self, text: &str, key: D) -> Result<Option<S::Value>, D::Error> {
        let Key(names, field, seed) = self;
        if names.may_have(text) {
            *field = names.envelope.find(text);
        }
        match seed.take_if(|_| field.is_none()) {
            Some(seed) => seed.deserialize(key).map(Some),
            None => Ok(None),
        }
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Key<'_, S> {
    type Value = Option<S::Value>;

    #[inline(always)]
    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<Self::Value, D::Error> {
        key.deserialize_str(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Key<'_, S> {
    type Value = Option<S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a key")
    }
    #[inline(always)]
    fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<Self::Value, E> {
        self.given(key, BorrowedStrDeserializer::new(key))
    }
    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        self.given(key, key.into_deserializer())
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
            let payload: BTreeMap<String, i64> = Open::new(&envelope, Some(&mut seen))
                .read(body.as_bytes())
                .unwrap();
            assert_eq!(payload, BTreeMap::from([("a".to_owned(), 1)]), "{body}");
            assert_eq!(seen.code().as_deref(), Some("5"), "{body}");
        }
    }
}
