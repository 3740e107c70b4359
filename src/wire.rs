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
//!
//! A visitor that refuses a list or an object reads to its end first, and so does one that gives up in
//! the middle. What stands around it can then go on without it: see [`unread`](crate::unread).

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::place::path_of;
use crate::unread;

/// A type that reads itself from what these servers send.
#[doc(hidden)]
pub trait Lenient<'de>: Sized {
    /// Whether an optional value of this type is absent when it is `""`.
    const EMPTY_IS_NONE: bool = true;
    /// Whether it is read from JSON text in a string too, so that the text `null` is null.
    const IN_TEXT: bool = false;
    /// Whether it is an object, so that a list of it may hold nothing else.
    const OBJECT: bool = false;
    /// Whether no body is due, so that none is read.
    const NOTHING: bool = false;
    /// Whether any JSON can be read as it, so that reading it proves nothing.
    const ANYTHING: bool = false;
    /// The property that says which key of a map a value belongs to, where a list of values may
    /// stand in for the map.
    const KEY: Option<&'static str> = None;

    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    /// The same for one of many in a list or map.
    fn item<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::lenient(deserializer)
    }

    /// The same for a reply's whole payload, which has to be believed: it must hold what the spec
    /// says that it holds.
    fn payload<D: Deserializer<'de>>(deserializer: D, _: Whole) -> Result<Self, D::Error> {
        Self::lenient(deserializer)
    }

    /// What a property stands for that isn't there, if it needn't be.
    fn absent() -> Option<Self> {
        None
    }

    /// The value of an absent payload, if it may be absent.
    fn absent_payload() -> Option<Self> {
        None
    }
}

/// What is read: a part of a reply, or its payload.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    /// A part.
    Part,
    /// An item of a list, or a value of a map: what has properties, and none of its own, is another
    /// thing.
    Item,
    /// The payload. Nothing but its own properties tells that it is the reply.
    Bare,
    /// The payload of a reply whose envelope reports success.
    Enveloped,
}

/// Reads a list to its end.
pub(crate) fn drain_list<'de, A: SeqAccess<'de>>(mut list: A) {
    while let Ok(Some(IgnoredAny)) = list.next_element() {}
}

/// Reads an object to its end.
pub(crate) fn drain_map<'de, A: MapAccess<'de>>(mut map: A) {
    while let Ok(Some((IgnoredAny, IgnoredAny))) = map.next_entry() {}
}

/// A type from a text of JSON, read from the first byte to the last.
pub(crate) fn whole<T: for<'a> Lenient<'a>>(text: &str) -> Result<T, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = T::lenient(&mut json)?;
    json.end()?;
    Ok(value)
}

/// The payload of a reply that has no envelope.
pub(crate) fn bare<T: for<'a> Lenient<'a>>(text: &str) -> Result<T, serde_json::Error> {
    read(text, Whole::Bare)
}

fn read<T: for<'a> Lenient<'a>>(text: &str, whole: Whole) -> Result<T, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = T::payload(&mut json, whole)?;
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
        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
            $crate::wire::drain_list(list);
            Err(mismatch(&Expected(&self), "a list"))
        }
    };
    (@ map) => {
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            $crate::wire::drain_map(map);
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

/// Floats are exact below this: beyond it, integers come rounded.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A float that is an integer, as far as a float is exact.
pub(crate) fn whole_number(value: f64) -> Option<i64> {
    (value.fract() == 0.0 && value.abs() < EXACT).then_some(value as i64)
}

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
        let larger = "a fraction, or a larger number";
        whole_number(value).ok_or_else(|| mismatch(&Expected(&self), larger))
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
    fn visit_f64<E: Error>(self, value: f64) -> Result<bool, E> {
        match value {
            0.0 => Ok(false),
            1.0 => Ok(true),
            _ => Err(mismatch(&Expected(&self), "another number")),
        }
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<bool, E> {
        match value.trim() {
            // KiwiVM's is_cpu_throttled is "" while it isn't.
            "" => Ok(false),
            text if text.eq_ignore_ascii_case("true") => Ok(true),
            text if text.eq_ignore_ascii_case("false") => Ok(false),
            text => match text.parse() {
                Ok(0.0) => Ok(false),
                Ok(1.0) => Ok(true),
                _ => Err(mismatch(&Expected(&self), "other text")),
            },
        }
    }
    refuse!(unit, seq, map);
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
        // An integer beyond 64 bits comes rounded.
        match value.fract() == 0.0 && value.abs() >= EXACT {
            true => Err(mismatch(&Expected(&self), "a larger number")),
            false => Ok(value.to_string()),
        }
    }
    refuse!(unit, seq, map);
}

impl<'de> Lenient<'de> for String {
    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Text)
    }
}

impl<'de> Lenient<'de> for Value {
    const ANYTHING: bool = true;

    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

/// A call whose reply carries nothing: whatever the body is, it isn't read.
impl<'de> Lenient<'de> for () {
    const NOTHING: bool = true;
    const ANYTHING: bool = true;

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

    /// Whether text is nothing: empty, or the null of JSON where JSON is due.
    fn is_none(text: &str) -> bool {
        text.is_empty() && T::EMPTY_IS_NONE || T::IN_TEXT && text.trim() == "null"
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
        if Self::is_none(value) {
            return Ok(None);
        }
        Self::some(value.into_deserializer())
    }
    fn visit_string<E: Error>(self, value: String) -> Result<Option<T>, E> {
        if Self::is_none(&value) {
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

    fn payload<D: Deserializer<'de>>(deserializer: D, whole: Whole) -> Result<Self, D::Error> {
        let payload = match whole {
            Whole::Part | Whole::Item => return Self::lenient(deserializer),
            Whole::Bare => Option::<Payload<T, true>>::lenient(deserializer)?.map(|it| it.0),
            Whole::Enveloped => Option::<Payload<T, false>>::lenient(deserializer)?.map(|it| it.0),
        };
        Ok(payload)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn absent_payload() -> Option<Self> {
        Some(None)
    }
}

/// A payload within an `Option`: what isn't null has to be believed.
struct Payload<T, const BARE: bool>(T);

impl<'de, T: Lenient<'de>, const BARE: bool> Lenient<'de> for Payload<T, BARE> {
    const EMPTY_IS_NONE: bool = T::EMPTY_IS_NONE;
    const IN_TEXT: bool = T::IN_TEXT;

    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let whole = if BARE { Whole::Bare } else { Whole::Enveloped };
        T::payload(deserializer, whole).map(Payload)
    }
}

/// What a type that holds itself is behind.
impl<'de, T: Lenient<'de>> Lenient<'de> for Box<T> {
    const EMPTY_IS_NONE: bool = T::EMPTY_IS_NONE;
    const IN_TEXT: bool = T::IN_TEXT;
    const OBJECT: bool = T::OBJECT;

    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::lenient(deserializer).map(Box::new)
    }

    fn item<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::item(deserializer).map(Box::new)
    }
}

/// The value of a property, which serde asks for by type.
pub(crate) struct Part<T>(pub(crate) T);

impl<'de, T: Lenient<'de>> Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::lenient(deserializer).map(Part)
    }
}

/// The same of an item of a list, or a value of a map.
struct Item<T>(T);

impl<'de, T: Lenient<'de>> Deserialize<'de> for Item<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::item(deserializer).map(Item)
    }
}

struct List<T>(PhantomData<T>);

impl<'de, T: for<'a> Lenient<'a>> Visitor<'de> for List<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        if unread::is_on() {
            return Self::forgiving(list);
        }
        // A hostile length can't make this allocate more than a page.
        let mut items = Vec::with_capacity(list.size_hint().unwrap_or(0).min(128));
        while let Some(Item(item)) = list.next_element()? {
            items.push(item);
        }
        Ok(items)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Vec<T>, A::Error> {
        Self::with_gaps(map, &Expected(&self))
    }
    fn visit_unit<E: Error>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<T>, E> {
        match text.trim() {
            "" | "null" => Ok(Vec::new()),
            text => from_text(text, &Expected(&self), Whole::Part),
        }
    }
    refuse!(bool, i64, u64, f64);
}

impl<T: for<'a> Lenient<'a>> List<T> {
    /// A list in whose items something may be left out, but none of them as a whole.
    fn forgiving<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        loop {
            let since = unread::mark();
            match list.next_element() {
                Ok(Some(Item(item))) => {
                    unread::in_item(since, items.len());
                    items.push(item);
                }
                Ok(None) => return Ok(items),
                Err(error) => {
                    if T::OBJECT {
                        unread::refuse();
                    }
                    drain_list(list);
                    return Err(error);
                }
            }
        }
    }

    /// PHP sends a list whose keys have gaps as an object. Its items, in the order of the keys.
    fn with_gaps<'de, A: MapAccess<'de>>(
        mut map: A,
        expected: &dyn fmt::Display,
    ) -> Result<Vec<T>, A::Error> {
        let mut items: Vec<(u64, T)> = Vec::new();
        let read = loop {
            let since = unread::mark();
            match map.next_key::<String>() {
                Ok(None) => break Ok(()),
                Ok(Some(key)) => match key.parse() {
                    Ok(index) => match map.next_value() {
                        Ok(Item(item)) => {
                            unread::in_property(since, &key);
                            items.push((index, item));
                        }
                        Err(error) => {
                            if T::OBJECT && unread::is_on() {
                                unread::refuse();
                            }
                            break Err(error);
                        }
                    },
                    Err(_) => {
                        let _ = map.next_value::<IgnoredAny>();
                        break Err(mismatch(expected, "an object"));
                    }
                },
                Err(error) => break Err(error),
            }
        };
        if let Err(error) = read {
            drain_map(map);
            return Err(error);
        }
        items.sort_by_key(|(index, _)| *index);
        Ok(items.into_iter().map(|(_, item)| item).collect())
    }
}

impl<'de, T: for<'a> Lenient<'a>> Lenient<'de> for Vec<T> {
    const IN_TEXT: bool = true;

    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(List(PhantomData))
    }

    fn absent() -> Option<Self> {
        Some(Vec::new())
    }
}

struct Map<T>(PhantomData<T>, Whole);

impl<'de, T: for<'a> Lenient<'a>> Visitor<'de> for Map<T> {
    type Value = BTreeMap<String, T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        if unread::is_on() {
            return self.forgiving(map);
        }
        let mut entries = BTreeMap::new();
        while let Some((key, Item(value))) = map.next_entry()? {
            entries.insert(key, value);
        }
        Ok(entries)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let keyed = match T::KEY {
            Some(key) => Self::keyed(&mut list, key),
            // PHP can't tell an empty map from an empty list.
            None => match list.next_element()? {
                None => return Ok(BTreeMap::new()),
                Some(IgnoredAny) => Err(mismatch(&Expected(&self), "a list")),
            },
        };
        if keyed.is_err() {
            drain_list(list);
        }
        keyed
    }
    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(BTreeMap::new())
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        match text.trim() {
            "" | "null" => Ok(BTreeMap::new()),
            text => from_text(text, &Expected(&self), self.1),
        }
    }
    refuse!(bool, i64, u64, f64);
}

impl<T: for<'a> Lenient<'a>> Map<T> {
    /// Leaves out the values that can't be read.
    fn forgiving<'de, A: MapAccess<'de>>(
        self,
        mut map: A,
    ) -> Result<BTreeMap<String, T>, A::Error> {
        let mut entries = BTreeMap::new();
        let mut last = None;
        while let Some(key) = map.next_key::<String>()? {
            let since = unread::mark();
            match map.next_value() {
                Ok(Item(value)) => {
                    unread::in_property(since, &key);
                    entries.insert(key, value);
                }
                Err(error) if unread::leave_out(since, &key) => last = Some(error),
                Err(error) => {
                    drain_map(map);
                    return Err(error);
                }
            }
        }
        match last {
            // A payload of which nothing can be read is another reply.
            Some(error) if self.1 != Whole::Part && entries.is_empty() => Err(error),
            _ => Ok(entries),
        }
    }

    /// The values of a list, each by the property that holds its key.
    fn keyed<'de, A: SeqAccess<'de>>(
        list: &mut A,
        key: &str,
    ) -> Result<BTreeMap<String, T>, A::Error> {
        let mut entries = BTreeMap::new();
        while let Some(value) = list.next_element()? {
            let Value::Object(mut value) = value else {
                return Err(A::Error::custom("expected objects in the list"));
            };
            let missing = || A::Error::custom(format_args!("an item of the list has no `{key}`"));
            let name = value.remove(key).ok_or_else(missing)?;
            let name = String::lenient(name).map_err(A::Error::custom)?;
            let since = unread::mark();
            let read = from_value(&value.into())?;
            unread::in_property(since, &name);
            entries.insert(name, read);
        }
        Ok(entries)
    }
}

impl<'de, T: for<'a> Lenient<'a>> Lenient<'de> for BTreeMap<String, T> {
    const IN_TEXT: bool = true;
    const ANYTHING: bool = T::ANYTHING;

    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Map(PhantomData, Whole::Part))
    }

    fn payload<D: Deserializer<'de>>(deserializer: D, whole: Whole) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Map(PhantomData, whole))
    }

    fn absent() -> Option<Self> {
        Some(BTreeMap::new())
    }
}

/// A list, map or struct from JSON text in a string.
pub(crate) fn from_text<T, E>(text: &str, expected: &dyn fmt::Display, whole: Whole) -> Result<T, E>
where
    T: for<'a> Lenient<'a>,
    E: Error,
{
    if !text.starts_with(['[', '{']) {
        return Err(mismatch(expected, "text that is no JSON"));
    }
    read(text, whole).map_err(|e| E::custom(in_text(text, &e)))
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
