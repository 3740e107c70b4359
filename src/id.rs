//! Ids, which servers send as numbers or as text, one or several.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::{slice, vec};

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::wire::{Expected, Lenient, Whole, drain_map, from_text, mismatch, refuse, whole_number};

/// An id that is an integer or text, kept as it came.
///
/// Where a server's pages and its own client disagree about what an id is, this takes both:
///
/// ```
/// use hosting_apis::Id;
///
/// let ids = [Id::from(101), Id::from("3f1c9a52-0d5e-4a7e-9b55-1f2d3c4b5a69")];
/// assert_eq!(ids[0].to_string(), "101");
/// // A list may have as a number what a creation gave as text.
/// assert_eq!(ids[0], Id::from("101"));
/// ```
///
/// An id that is empty or holds a comma can't be sent: servers take it for none, or for two. Of a
/// creation, 0, a negative number and text without a digit are no id.
pub type Id = IntegerOrText;

/// An integer or text, kept as it came: what a server can't decide on.
///
/// Two are equal if their texts are, whichever of the two a server sent; hashing and order go by
/// the text as well.
#[derive(Clone, Debug, Serialize)]
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

impl IntegerOrText {
    /// The text that it is equal by.
    fn canonical(&self) -> Cow<'_, str> {
        match self {
            IntegerOrText::Integer(value) => Cow::Owned(value.to_string()),
            IntegerOrText::Text(value) => Cow::Borrowed(value),
        }
    }

    /// Whether it names something: where servers made nothing, they send 0, a negative number, a
    /// word or nothing. Numbers and UUIDs have digits, and words have none.
    fn names_something(&self) -> bool {
        let text = self.canonical();
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        let is_positive = |number: f64| number > 0.0;
        text.bytes().any(|byte| byte.is_ascii_digit())
            && text.bytes().all(is_part)
            && text.parse().map_or(true, is_positive)
    }
}

impl PartialEq for IntegerOrText {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (IntegerOrText::Integer(one), IntegerOrText::Integer(other)) => one == other,
            (one, other) => one.canonical() == other.canonical(),
        }
    }
}

impl Eq for IntegerOrText {}

impl Hash for IntegerOrText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.canonical().hash(state);
    }
}

impl Ord for IntegerOrText {
    fn cmp(&self, other: &Self) -> Ordering {
        self.canonical().cmp(&other.canonical())
    }
}

impl PartialOrd for IntegerOrText {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<'de> Deserialize<'de> for IntegerOrText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
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
            fn visit_f64<E: Error>(self, value: f64) -> Result<IntegerOrText, E> {
                whole_number(value)
                    .map(IntegerOrText::Integer)
                    .ok_or_else(|| mismatch(&Expected(&self), "a number"))
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<IntegerOrText, E> {
                Ok(IntegerOrText::Text(value.to_owned()))
            }
            refuse!(bool, unit, seq, map);
        }

        deserializer.deserialize_any(Either)
    }
}

impl<'de> Lenient<'de> for IntegerOrText {
    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }

    /// What a call made. It may stand in an object, as `id`.
    fn payload<D: Deserializer<'de>>(deserializer: D, whole: Whole) -> Result<Self, D::Error> {
        let mut ids = Ids::payload(deserializer, whole)?.into_iter();
        match (ids.next(), ids.next()) {
            (Some(id), None) => Ok(id),
            _ => Err(D::Error::custom("expected one id, found several")),
        }
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

impl Ids {
    /// Whether this id is one of them, be it a number or text.
    ///
    /// ```
    /// use hosting_apis::Ids;
    ///
    /// assert!(Ids::from([901, 902]).contains("901"));
    /// ```
    pub fn contains(&self, id: impl Into<Id>) -> bool {
        self.0.contains(&id.into())
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
            fn visit_f64<E: Error>(self, id: f64) -> Result<Ids, E> {
                whole_number(id)
                    .map(Ids::from)
                    .ok_or_else(|| mismatch(&Expected(&self), "a number"))
            }
            fn visit_str<E: Error>(self, ids: &str) -> Result<Ids, E> {
                match ids.trim() {
                    json if json.starts_with(['[', '{']) => {
                        from_text(json, &Expected(&self), Whole::Part)
                    }
                    ids => Ok(ids.split(',').map(str::trim).collect()),
                }
            }
            fn visit_seq<A: SeqAccess<'de>>(self, ids: A) -> Result<Ids, A::Error> {
                Vec::lenient(SeqAccessDeserializer::new(ids)).map(Ids)
            }
            /// Some panels wrap what they made: `{"id": 923}`, `{"ids": [923, 924]}`, `{"site_id": 7}`.
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ids, A::Error> {
                let (mut named, mut of_kind) = (Vec::new(), Vec::new());
                while let Some(key) = map.next_key::<String>()? {
                    let found = match &*key {
                        "id" | "ids" => &mut named,
                        kind if kind.ends_with("_id") => &mut of_kind,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    match map.next_value::<Ids>() {
                        Ok(ids) => found.push(ids),
                        Err(error) => {
                            drain_map(map);
                            return Err(error);
                        }
                    }
                }
                let mut found = if named.is_empty() { of_kind } else { named };
                found.dedup();
                let only = <[Ids; 1]>::try_from(found);
                only.map(|[ids]| ids)
                    .map_err(|_| mismatch(&Expected(&self), "an object without just one"))
            }
            refuse!(bool, unit);
        }

        deserializer.deserialize_any(OneOrMany)
    }
}

impl<'de> Lenient<'de> for Ids {
    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }

    /// What a call made: at least one thing.
    fn payload<D: Deserializer<'de>>(deserializer: D, _: Whole) -> Result<Self, D::Error> {
        let ids = Self::deserialize(deserializer)?;
        if ids.is_empty() || !ids.iter().all(Id::names_something) {
            return Err(D::Error::custom("the reply holds no id of what was made"));
        }
        Ok(ids)
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
    use std::collections::{BTreeSet, HashSet};

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
            ("901.0", vec![Id::Integer(901)]),
            (r#""923, 924""#, vec!["923".into(), "924".into()]),
            (r#"{"id": 923}"#, vec![Id::Integer(923)]),
            (
                r#"{"url": "/x", "ids": [923, "924"], "n": 2}"#,
                vec![923.into(), "924".into()],
            ),
            (r#"{"site_id": "923"}"#, vec!["923".into()]),
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
            ("null", "an id or a list of them, found null"),
            (r#"{"secretive": 1}"#, "found an object without just one"),
            (
                r#"{"id": ["secretive", {"a": 1}], "b": 1}"#,
                "an integer or text, found an object",
            ),
            ("[987654.5]", "an integer or text, found a number"),
            ("[false]", "an integer or text, found a bool"),
            (
                r#"["1", ["secretive"]]"#,
                "an integer or text, found a list",
            ),
            ("[null]", "an integer or text, found null"),
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
        assert!(
            matches!(Id::from("7"), Id::Text(_)),
            "the server's type is kept"
        );
    }

    #[test]
    fn ids_are_equal_by_their_text_whatever_the_server_made_of_it() {
        let (number, text) = (Id::Integer(901), Id::from("901"));
        assert_eq!(number, text);
        assert_ne!(number, Id::from("0901"));
        assert!(Ids::from([900, 901]).contains(&text) && Ids::from("901").contains(901));
        assert!(!Ids::from([900, 901]).contains("90"));
        assert!(HashSet::from([number.clone()]).contains(&text));
        assert!(BTreeSet::from([text.clone()]).contains(&number));
        // The order is that of the text, for numbers as well.
        assert!(Id::Integer(10) < Id::Integer(9) && Id::Integer(10) < Id::from("9"));
        assert_eq!(Ids::from([7, 8]), Ids::from(["7", "8"]));
    }

    #[test]
    fn a_creation_that_gives_no_id_gave_none() {
        let made = |json: &str| {
            let mut json = serde_json::Deserializer::from_str(json);
            Ids::payload(&mut json, Whole::Enveloped).map_err(|e| e.to_string())
        };
        for none in [
            r#""""#,
            r#""0""#,
            "0",
            "null",
            "[]",
            "[0]",
            r#"["7", ""]"#,
            "{}",
            "-1",
            r#""-1""#,
            r#""00""#,
            r#""0.0""#,
            r#""null""#,
            r#""undefined""#,
            r#""添加成功""#,
            r#""7;8""#,
            r#""<b>7</b>""#,
            r#""[]""#,
            r#""{\"id\": 0}""#,
            r#""[7, ""#,
            r#"{"id": 7, "ids": [8]}"#,
        ] {
            assert!(made(none).is_err(), "{none}");
        }
        for (json, ids) in [
            ("7", vec![7]),
            (r#""7""#, vec![7]),
            (r#""7,8""#, vec![7, 8]),
            (r#"{"id": 7}"#, vec![7]),
            (r#"{"ids": ["7", 8]}"#, vec![7, 8]),
            (r#"{"id": 7, "ids": ["7"]}"#, vec![7]),
            (r#""[7, \"8\"]""#, vec![7, 8]),
            (r#"" {\"id\": 7}""#, vec![7]),
        ] {
            assert_eq!(made(json), Ok(Ids::from(ids)), "{json}");
        }
        let one = |json: &str| {
            let mut json = serde_json::Deserializer::from_str(json);
            Id::payload(&mut json, Whole::Enveloped).ok()
        };
        assert_eq!(one(r#"{"id": "7"}"#), Some(Id::from(7)));
        assert_eq!([one("[7, 8]"), one("0")], [None, None]);
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
