//! Ids, which servers send as numbers or as text, one or several.

use std::fmt;
use std::ops::Deref;
use std::{slice, vec};

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::wire::Lenient;

/// An id that is an integer or text, kept as it came.
///
/// Where a server's pages and its own client disagree about what an id is, this takes both:
///
/// ```
/// use hosting_apis::Id;
///
/// let ids = [Id::from(101), Id::from("3f1c9a52-0d5e-4a7e-9b55-1f2d3c4b5a69")];
/// assert_eq!(ids[0].to_string(), "101");
/// ```
pub type Id = IntegerOrText;

/// An integer or text, kept as it came: what a server can't decide on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum IntegerOrText {
    /// An integer.
    Integer(i64),
    /// Text, such as a UUID.
    Text(String),
}

impl fmt::Display for IntegerOrText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IntegerOrText::Integer(value) => value.fmt(f),
            IntegerOrText::Text(value) => f.pad(value),
        }
    }
}

impl From<&IntegerOrText> for IntegerOrText {
    fn from(value: &IntegerOrText) -> Self {
        value.clone()
    }
}

impl<'de> Deserialize<'de> for IntegerOrText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = IntegerOrText;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an integer or text")
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<IntegerOrText, E> {
                Ok(IntegerOrText::Integer(value))
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<IntegerOrText, E> {
                // What doesn't fit stays exact as text.
                let text = |_| IntegerOrText::Text(value.to_string());
                Ok(i64::try_from(value).map_or_else(text, IntegerOrText::Integer))
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<IntegerOrText, E> {
                Ok(IntegerOrText::Text(value.to_owned()))
            }
            // serde's own words would quote the value.
            fn visit_bool<E: Error>(self, _: bool) -> Result<IntegerOrText, E> {
                Err(E::custom("expected an integer or text, found a bool"))
            }
            fn visit_f64<E: Error>(self, _: f64) -> Result<IntegerOrText, E> {
                Err(E::custom("expected an integer or text, found a number"))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl<'de> Lenient<'de> for IntegerOrText {
    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

/// One id or several: what a call takes that works on many things at once, and what one answers
/// that made them.
///
/// ```
/// use hosting_apis::Ids;
///
/// assert_eq!(Ids::from(7).len(), 1);
/// assert_eq!(Ids::from([7, 8]).iter().map(|id| id.to_string()).collect::<Vec<_>>(), ["7", "8"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Ids(Vec<Id>);

impl Deref for Ids {
    type Target = [Id];

    fn deref(&self) -> &[Id] {
        &self.0
    }
}

impl<T: Into<Id>> FromIterator<T> for Ids {
    fn from_iter<I: IntoIterator<Item = T>>(ids: I) -> Self {
        Ids(ids.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Id>> From<Vec<T>> for Ids {
    fn from(ids: Vec<T>) -> Self {
        ids.into_iter().collect()
    }
}

impl<T: Into<Id>, const N: usize> From<[T; N]> for Ids {
    fn from(ids: [T; N]) -> Self {
        ids.into_iter().collect()
    }
}

impl From<&[Id]> for Ids {
    fn from(ids: &[Id]) -> Self {
        Ids(ids.to_vec())
    }
}

impl From<&Ids> for Ids {
    fn from(ids: &Ids) -> Self {
        ids.clone()
    }
}

impl IntoIterator for Ids {
    type Item = Id;
    type IntoIter = vec::IntoIter<Id>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Ids {
    type Item = &'a Id;
    type IntoIter = slice::Iter<'a, Id>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'de> Deserialize<'de> for Ids {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;

        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Ids;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an id or a list of them")
            }
            fn visit_i64<E: Error>(self, id: i64) -> Result<Ids, E> {
                Ok(Ids::from(id))
            }
            fn visit_u64<E: Error>(self, id: u64) -> Result<Ids, E> {
                let id = i64::try_from(id).map_or_else(|_| Id::from(id.to_string()), Id::from);
                Ok(Ids::from(id))
            }
            fn visit_str<E: Error>(self, id: &str) -> Result<Ids, E> {
                Ok(Ids::from(id))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, ids: A) -> Result<Ids, A::Error> {
                Vec::lenient(SeqAccessDeserializer::new(ids)).map(Ids)
            }
            // serde's own words would quote the value.
            fn visit_bool<E: Error>(self, _: bool) -> Result<Ids, E> {
                Err(E::custom("expected an id or a list of them, found a bool"))
            }
            fn visit_f64<E: Error>(self, _: f64) -> Result<Ids, E> {
                Err(E::custom(
                    "expected an id or a list of them, found a number",
                ))
            }
        }

        deserializer.deserialize_any(OneOrMany)
    }
}

impl<'de> Lenient<'de> for Ids {
    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

/// What an id can be made of makes one id of many as well.
macro_rules! from {
    ($($from:ty => |$value:ident| $id:expr),* $(,)?) => {$(
        impl From<$from> for IntegerOrText {
            fn from($value: $from) -> Self {
                $id
            }
        }

        impl From<$from> for Ids {
            fn from(id: $from) -> Self {
                Ids(vec![Id::from(id)])
            }
        }
    )*};
}

from! {
    i64 => |value| IntegerOrText::Integer(value),
    i32 => |value| IntegerOrText::Integer(value.into()),
    u32 => |value| IntegerOrText::Integer(value.into()),
    String => |value| IntegerOrText::Text(value),
    &str => |value| IntegerOrText::Text(value.to_owned()),
}

impl From<Id> for Ids {
    fn from(id: Id) -> Self {
        Ids(vec![id])
    }
}

impl From<&Id> for Ids {
    fn from(id: &Id) -> Self {
        Ids(vec![id.clone()])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ids(json: &str) -> Result<Ids, String> {
        let mut json = serde_json::Deserializer::from_str(json);
        Ids::lenient(&mut json).map_err(|e| e.to_string())
    }

    #[test]
    fn ids_are_read_from_one_or_many_and_kept_as_they_came() {
        let rows = [
            ("923", vec![Id::Integer(923)]),
            ("-1", vec![Id::Integer(-1)]),
            (r#""0923""#, vec!["0923".into()]),
            // A float would round it.
            ("9223372036854775807", vec![Id::Integer(i64::MAX)]),
            ("9223372036854775808", vec!["9223372036854775808".into()]),
            ("[923, \"924\"]", vec![923.into(), "924".into()]),
            ("[9223372036854775808]", vec!["9223372036854775808".into()]),
            ("[]", vec![]),
        ];
        for (json, expected) in rows {
            assert_eq!(ids(json).unwrap()[..], expected, "{json}");
        }
    }

    #[test]
    fn what_is_no_id_is_refused_without_being_shown() {
        let rows = [
            ("true", "an id or a list of them, found a bool"),
            ("987654.5", "an id or a list of them, found a number"),
            ("null", "invalid type: null"),
            (r#"{"secretive": 1}"#, "invalid type: map"),
            ("[987654.5]", "an integer or text, found a number"),
            ("[false]", "an integer or text, found a bool"),
            (r#"["1", ["secretive"]]"#, "invalid type: sequence"),
            ("[null]", "invalid type: null"),
        ];
        for (json, says) in rows {
            let error = ids(json).unwrap_err();
            assert!(error.contains(says), "{json}: {error}");
            let shown = ["987654", "secretive", "true", "false"].map(|v| error.contains(v));
            assert_eq!(shown, [false; 4], "{error}");
        }
    }

    #[test]
    fn all_that_an_id_is_made_of_makes_one_of_many_too() {
        let one = [
            (Id::from(7_i64), Ids::from(7_i64)),
            (Id::from(7_i32), Ids::from(7_i32)),
            (Id::from(7_u32), Ids::from(7_u32)),
        ];
        for (id, ids) in one {
            assert_eq!((&id, &ids[..]), (&Id::Integer(7), &[Id::Integer(7)][..]));
        }
        let text = Id::Text("7".to_owned());
        let ids = [
            Ids::from("7"),
            Ids::from("7".to_owned()),
            Ids::from(&text),
            Ids::from(text.clone()),
            Ids::from(["7"]),
            Ids::from(vec!["7".to_owned()]),
            Ids::from(std::slice::from_ref(&text)),
            ["7"].into_iter().collect(),
        ];
        for ids in ids {
            assert_eq!(ids[..], [Id::from(&text)]);
            assert_eq!(Ids::from(&ids), ids);
        }
        assert_ne!(Id::from("7"), Id::from(7), "the server's type is kept");
    }

    #[test]
    fn ids_can_be_gone_through_with_and_without_being_used_up() {
        let ids = Ids::from([8, 7]);
        let mut seen = Vec::new();
        for id in &ids {
            seen.push(id.clone());
        }
        seen.extend(ids);
        assert_eq!(seen, [8, 7, 8, 7].map(Id::from));
    }

    #[test]
    fn an_id_is_sent_and_shown_as_it_came() {
        let ids = Ids::from(vec![Id::from(7), Id::from("07")]);
        assert_eq!(json!(ids), json!([7, "07"]));
        assert_eq!(json!(Ids::from(7)), json!([7]));
        let shown: Vec<String> = ids.iter().map(|id| format!("{id}|{id:>4}")).collect();
        assert_eq!(shown, ["7|   7", "07|  07"]);
    }
}
