//! Lenient decoding: what these servers send, read as what they mean.
//!
//! | a field of | takes as well |
//! | --- | --- |
//! | integer, float | its text |
//! | bool | 0, 1, their text, `""`, `"true"`, `"false"` |
//! | string | a number, a bool |
//! | list, map | `[]`, `{}`, null, `""`, JSON text in a string; a map from a list of its values |
//! | struct | `[]`, JSON text in a string, and a bare list or text if it is made for one |
//! | string enum | a value not yet known, another case |
//! | `Option` | null and `""` as `None` |
//!
//! Types stay plain. A trait carries the leniency, so that generated code has only to list the
//! properties of a struct, and so that nothing is built in between: values go from the text to their
//! type. What can't be read is an error that names no value, since a value may be a secret.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess,
    Visitor,
};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::place::path_of;

/// A type that reads itself from what these servers send.
#[doc(hidden)]
pub trait Lenient<'de>: Sized {
    /// Whether an optional value of this type is absent when it is `""`.
    const EMPTY_IS_NONE: bool = true;
    /// Whether no body is due, so that none is read.
    const NOTHING: bool = false;
    /// The property that says which key of a map a value belongs to, where a list of values may
    /// stand in for the map.
    const KEY: Option<&'static str> = None;

    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    /// What a property stands for that isn't there, if it needn't be.
    fn absent() -> Option<Self> {
        None
    }
}

/// A type from a text of JSON, read from the first byte to the last.
pub(crate) fn whole<T: for<'a> Lenient<'a>>(text: &str) -> Result<T, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = T::lenient(&mut json)?;
    json.end()?;
    Ok(value)
}

/// An error that says what was due and what came, but not the value.
pub(crate) fn mismatch<E: Error>(expected: &dyn fmt::Display, found: &str) -> E {
    E::custom(format_args!("expected {expected}, found {found}"))
}

/// The arms in which a visitor refuses what it doesn't take. serde's own would quote the value.
macro_rules! refuse {
    ($($arm:ident),*) => { $(refuse!(@ $arm);)* };
    (@ bool) => { refuse!(@@ visit_bool, bool, "a bool"); };
    (@ i64) => { refuse!(@@ visit_i64, i64, "an integer"); };
    (@ u64) => { refuse!(@@ visit_u64, u64, "an integer"); };
    (@ f64) => { refuse!(@@ visit_f64, f64, "a number"); };
    (@ str) => { refuse!(@@ visit_str, &str, "text"); };
    (@ unit) => {
        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Err(mismatch(&Expected(&self), "null"))
        }
    };
    (@ seq) => {
        fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
            Err(mismatch(&Expected(&self), "a list"))
        }
    };
    (@ map) => {
        fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
            Err(mismatch(&Expected(&self), "an object"))
        }
    };
    (@@ $visit:ident, $ty:ty, $found:literal) => {
        fn $visit<E: Error>(self, _: $ty) -> Result<Self::Value, E> {
            Err(mismatch(&Expected(&self), $found))
        }
    };
}

pub(crate) use refuse;

/// A visitor's `expecting`, to be displayed.
pub(crate) struct Expected<'a, V>(pub(crate) &'a V);

impl<'de, V: Visitor<'de>> fmt::Display for Expected<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }
}

// ---------------------------------------------------------------------------------------------
// Scalars

struct Integer;

impl<'de> Visitor<'de> for Integer {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an integer of 64 bits")
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<i64, E> {
        Ok(value)
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<i64, E> {
        i64::try_from(value).map_err(|_| mismatch(&Expected(&self), "a larger one"))
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<i64, E> {
        // 2^63 and beyond would saturate.
        if value.fract() == 0.0 && value.abs() < 9_223_372_036_854_775_808.0 {
            Ok(value as i64)
        } else {
            Err(mismatch(&Expected(&self), "a fraction, or a larger number"))
        }
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<i64, E> {
        let value = value.trim();
        match (value.parse::<i64>(), value.parse::<f64>()) {
            (Ok(value), _) => Ok(value),
            (_, Ok(value)) => self.visit_f64(value),
            _ => Err(mismatch(&Expected(&self), "text that is no number")),
        }
    }
    refuse!(bool, unit, seq, map);
}

impl<'de> Lenient<'de> for i64 {
    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Integer)
    }
}

struct Float;

impl<'de> Visitor<'de> for Float {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a number")
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<f64, E> {
        // Rust reads `inf` and `nan` as numbers; no server means one by them.
        let number = value
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite());
        number.ok_or_else(|| mismatch(&Expected(&self), "text that is no number"))
    }
    refuse!(bool, unit, seq, map);
}

impl<'de> Lenient<'de> for f64 {
    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Float)
    }
}

struct Flag;

impl<'de> Visitor<'de> for Flag {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a bool, 0 or 1")
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<bool, E> {
        Ok(value)
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<bool, E> {
        match value {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(mismatch(&Expected(&self), "another integer")),
        }
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<bool, E> {
        self.visit_i64(i64::try_from(value).unwrap_or(i64::MAX))
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<bool, E> {
        match value.trim() {
            // KiwiVM's is_cpu_throttled is "" while it isn't.
            "" | "0" => Ok(false),
            "1" => Ok(true),
            text if text.eq_ignore_ascii_case("true") => Ok(true),
            text if text.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(mismatch(&Expected(&self), "other text")),
        }
    }
    refuse!(f64, unit, seq, map);
}

impl<'de> Lenient<'de> for bool {
    const EMPTY_IS_NONE: bool = false;

    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Flag)
    }
}

struct Text;

impl<'de> Visitor<'de> for Text {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("text")
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<String, E> {
        Ok(value.to_owned())
    }
    fn visit_string<E: Error>(self, value: String) -> Result<String, E> {
        Ok(value)
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<String, E> {
        Ok(value.to_string())
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<String, E> {
        Ok(value.to_string())
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<String, E> {
        Ok(value.to_string())
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<String, E> {
        Ok(value.to_string())
    }
    refuse!(unit, seq, map);
}

impl<'de> Lenient<'de> for String {
    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Text)
    }
}

impl<'de> Lenient<'de> for Value {
    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

/// A call whose reply carries nothing: whatever the body is, it isn't read.
impl<'de> Lenient<'de> for () {
    const NOTHING: bool = true;

    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| ())
    }
}

// ---------------------------------------------------------------------------------------------
// Containers

struct Optional<T>(PhantomData<T>);

impl<'de, T: Lenient<'de>> Optional<T> {
    fn some<D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        T::lenient(deserializer).map(Some)
    }
}

impl<'de, T: Lenient<'de>> Visitor<'de> for Optional<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value or null")
    }
    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }
    fn visit_none<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        deserializer.deserialize_any(self)
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<Option<T>, E> {
        if value.is_empty() && T::EMPTY_IS_NONE {
            return Ok(None);
        }
        Self::some(value.into_deserializer())
    }
    fn visit_string<E: Error>(self, value: String) -> Result<Option<T>, E> {
        if value.is_empty() && T::EMPTY_IS_NONE {
            return Ok(None);
        }
        Self::some(value.into_deserializer())
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<Option<T>, E> {
        Self::some(value.into_deserializer())
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Option<T>, E> {
        Self::some(value.into_deserializer())
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Option<T>, E> {
        Self::some(value.into_deserializer())
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Option<T>, E> {
        Self::some(value.into_deserializer())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Option<T>, A::Error> {
        Self::some(SeqAccessDeserializer::new(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Option<T>, A::Error> {
        Self::some(MapAccessDeserializer::new(map))
    }
}

impl<'de, T: Lenient<'de>> Lenient<'de> for Option<T> {
    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Optional(PhantomData))
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// What a type that holds itself is behind.
impl<'de, T: Lenient<'de>> Lenient<'de> for Box<T> {
    const EMPTY_IS_NONE: bool = T::EMPTY_IS_NONE;

    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::lenient(deserializer).map(Box::new)
    }
}

/// An element or value of a container, which serde asks for by type.
pub(crate) struct Item<T>(pub(crate) T);

impl<'de, T: Lenient<'de>> Deserialize<'de> for Item<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::lenient(deserializer).map(Item)
    }
}

struct List<T>(PhantomData<T>);

impl<'de, T: for<'a> Lenient<'a>> Visitor<'de> for List<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        // A hostile length can't make this allocate more than a page.
        let mut items = Vec::with_capacity(list.size_hint().unwrap_or(0).min(128));
        while let Some(Item(item)) = list.next_element()? {
            items.push(item);
        }
        Ok(items)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<T>, A::Error> {
        map.next_key_seed(Refused(&Expected(&self), "an object"))?;
        Ok(Vec::new())
    }
    fn visit_unit<E: Error>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<T>, E> {
        match text.trim() {
            "" => Ok(Vec::new()),
            text => from_text(text, &Expected(&self)),
        }
    }
    refuse!(bool, i64, u64, f64);
}

impl<'de, T: for<'a> Lenient<'a>> Lenient<'de> for Vec<T> {
    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(List(PhantomData))
    }

    fn absent() -> Option<Self> {
        Some(Vec::new())
    }
}

struct Map<T>(PhantomData<T>);

impl<'de, T: for<'a> Lenient<'a>> Visitor<'de> for Map<T> {
    type Value = BTreeMap<String, T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = BTreeMap::new();
        while let Some((key, Item(value))) = map.next_entry()? {
            entries.insert(key, value);
        }
        Ok(entries)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let Some(key) = T::KEY else {
            // PHP can't tell an empty map from an empty list.
            list.next_element_seed(Refused(&Expected(&self), "a list"))?;
            return Ok(BTreeMap::new());
        };
        let mut entries = BTreeMap::new();
        while let Some(mut value) = list.next_element::<serde_json::Map<_, _>>()? {
            let missing = || A::Error::custom(format_args!("an item of the list has no `{key}`"));
            let name = value.remove(key).ok_or_else(missing)?;
            let name = String::lenient(name).map_err(A::Error::custom)?;
            entries.insert(name, from_value(&value.into())?);
        }
        Ok(entries)
    }
    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(BTreeMap::new())
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        match text.trim() {
            "" => Ok(BTreeMap::new()),
            text => from_text(text, &Expected(&self)),
        }
    }
    refuse!(bool, i64, u64, f64);
}

impl<'de, T: for<'a> Lenient<'a>> Lenient<'de> for BTreeMap<String, T> {
    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Map(PhantomData))
    }

    fn absent() -> Option<Self> {
        Some(BTreeMap::new())
    }
}

/// What a container gives that it is not to have, before any of it is read: so the error's place is
/// that of the container.
pub(crate) struct Refused<'a>(pub(crate) &'a dyn fmt::Display, pub(crate) &'static str);

impl<'de> DeserializeSeed<'de> for Refused<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, _: D) -> Result<(), D::Error> {
        Err(mismatch(self.0, self.1))
    }
}

/// A list, map or struct from JSON text in a string.
pub(crate) fn from_text<T, E>(text: &str, expected: &dyn fmt::Display) -> Result<T, E>
where
    T: for<'a> Lenient<'a>,
    E: Error,
{
    if !text.starts_with(['[', '{']) {
        return Err(mismatch(expected, "text that is no JSON"));
    }
    whole(text).map_err(|e| E::custom(in_text(text, &e)))
}

/// What an error says of JSON text in a string.
fn in_text(text: &str, error: &serde_json::Error) -> String {
    let words = without_place(error);
    match path_of(text.as_bytes(), error) {
        Some(path) => format!("in JSON text, at {path}: {words}"),
        None => format!("in JSON text: {words}"),
    }
}

/// What an error says but for its line and column, which would be taken for those of the body.
fn without_place(error: &serde_json::Error) -> String {
    let place = format!(" at line {} column {}", error.line(), error.column());
    let words = error.to_string();
    words.strip_suffix(&place).unwrap_or(&words).to_owned()
}

/// The same from a value that was made and not sent: what is read in another form than its own goes
/// the way of all the others, so that a type is compiled for one form alone.
pub(crate) fn from_value<T, E>(value: &Value) -> Result<T, E>
where
    T: for<'a> Lenient<'a>,
    E: Error,
{
    whole(&value.to_string()).map_err(|e| E::custom(without_place(&e)))
}

// ---------------------------------------------------------------------------------------------
// Generated enums

/// What an enum of the values that a spec lists does: it keeps any other as `Unknown`.
macro_rules! open_enum {
    ($name:ident { $($value:literal => $variant:ident),* $(,)? }) => {
        impl $name {
            /// The value on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $value,)*
                    Self::Unknown(value) => value,
                }
            }
        }

        impl From<&str> for $name {
            /// Compares without case, as some servers change theirs.
            fn from(value: &str) -> Self {
                match value {
                    $(value if value.eq_ignore_ascii_case($value) => Self::$variant,)*
                    _ => Self::Unknown(value.to_owned()),
                }
            }
        }

        impl From<String> for $name {
            fn from(value: String) -> Self {
                Self::from(value.as_str())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <String as $crate::wire::Lenient>::lenient(deserializer).map(Self::from)
            }
        }

        impl<'de> $crate::wire::Lenient<'de> for $name {
            fn lenient<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <Self as serde::Deserialize>::deserialize(deserializer)
            }
        }
    };
}
pub(crate) use open_enum;

// ---------------------------------------------------------------------------------------------
// Text that isn't what it looks like

/// What isn't base64 of text stays as it came: a server that stops encoding must not make its whole
/// list unreadable.
pub(crate) fn decode_base64(text: &mut String) {
    let bytes = STANDARD.decode(&*text).ok();
    if let Some(decoded) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
        *text = decoded;
    }
}

/// Text that goes over the wire as base64 (`format: byte`).
pub(crate) fn base64_text<S: Serializer>(
    text: &Option<String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let encoded = text.as_ref().map(|text| STANDARD.encode(text));
    encoded.serialize(serializer)
}

/// A value that a form sends as JSON text.
pub(crate) fn json_text<T: Serialize, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let text = serde_json::to_string(value).map_err(serde::ser::Error::custom)?;
    serializer.serialize_str(&text)
}
