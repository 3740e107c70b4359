//! How the structs that build.rs makes are read: property by property, each leniently.
//!
//! `lenient!` is told a struct's properties. serde's `derive(Deserialize)` would be several times the
//! code, which users wait for: it makes a type of its own for each field that is read in another way
//! than its type's, and reads each struct from lists as well. A type that callers decode on their own
//! is read as it is within a reply.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::mem;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess,
    Visitor,
};
use serde_json::json;

use crate::unread;
use crate::wire::{
    Expected, Lenient, Part, Whole, decode_base64, drain_list, drain_map, from_text, from_value,
    mismatch, refuse,
};

/// A generated struct: what its properties are, and what may stand in for it.
pub(crate) trait Structure<'de>: Sized {
    /// The property that bare text in place of the struct is the value of.
    const TEXT: Option<&'static str> = None;
    /// Whether a payload of it may hold nothing.
    const MAY_BE_EMPTY: bool = true;

    fn from_map<A: MapAccess<'de>>(map: A, whole: Whole) -> Result<Self, A::Error>;

    /// From a bare list that stands in for the struct. Only the structs of which that is known make
    /// use of it, so that no other is compiled for it; the others give it back.
    fn from_list<A: SeqAccess<'de>>(list: A) -> Result<Result<Self, A>, A::Error> {
        Ok(Err(list))
    }
}

/// Reads a generated struct.
pub(crate) fn read<'de, D, T>(deserializer: D, whole: Whole) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Structure<'de> + for<'a> Lenient<'a>,
{
    deserializer.deserialize_any(AnObject(PhantomData, whole))
}

struct AnObject<T>(PhantomData<T>, Whole);

impl<'de, T: Structure<'de> + for<'a> Lenient<'a>> Visitor<'de> for AnObject<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::from_map(map, self.1)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        match T::from_list(list)? {
            Ok(value) => Ok(value),
            Err(mut list) => match list.next_element()? {
                None => self.empty(),
                Some(IgnoredAny) => {
                    drain_list(list);
                    Err(mismatch(&Expected(&self), "a list"))
                }
            },
        }
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        match (text.trim(), T::TEXT) {
            ("", _) => self.empty(),
            (json, Some(field)) if !json.starts_with('{') => from_value(&json!({ field: text })),
            (json, _) => from_text(json, &Expected(&self), self.1),
        }
    }
    refuse!(bool, i64, u64, f64, unit);
}

impl<'de, T: Structure<'de> + for<'a> Lenient<'a>> AnObject<T> {
    /// A struct of which the server sent nothing.
    fn empty<E: Error>(self) -> Result<T, E> {
        if matches!(self.1, Whole::Bare | Whole::Enveloped) && !T::MAY_BE_EMPTY {
            return Err(mismatch(&Expected(&self), "nothing"));
        }
        from_value(&json!({}))
    }
}

/// A generated struct from the list that is its only property.
pub(crate) fn entry<'de, A, T>(key: &'static str, list: A) -> Result<T, A::Error>
where
    A: SeqAccess<'de>,
    T: Structure<'de>,
{
    let entry = OneEntry {
        key: Some(key),
        list: Some(list),
    };
    T::from_map(entry, Whole::Part)
}

struct OneEntry<A> {
    key: Option<&'static str>,
    list: Option<A>,
}

impl<'de, A: SeqAccess<'de>> MapAccess<'de> for OneEntry<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        let key = self.key.take().map(IntoDeserializer::into_deserializer);
        key.map(|key| seed.deserialize(key)).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        match self.list.take() {
            Some(list) => seed.deserialize(SeqAccessDeserializer::new(list)),
            None => Err(A::Error::custom("a value was asked for before its key")),
        }
    }
}

/// The properties of an object, for the struct that has a place for each.
pub(crate) struct Properties<A> {
    map: A,
    /// Of the property of this name.
    place: fn(&str) -> usize,
    /// The last name that was read, if those without a place are kept.
    name: Option<String>,
    /// Whether what can't be read is left out.
    forgiving: bool,
    /// How many had a place, how many of these were left out, and how many had none.
    known: usize,
    odd: usize,
    unknown: usize,
}

impl<'de, A: MapAccess<'de>> Properties<A> {
    pub(crate) fn new(map: A, place: fn(&str) -> usize, keeps_others: bool) -> Self {
        Properties {
            map,
            place,
            name: keeps_others.then(String::new),
            forgiving: unread::is_on(),
            known: 0,
            odd: 0,
            unknown: 0,
        }
    }

    /// The place of the next property.
    #[allow(clippy::should_implement_trait)]
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<usize>, A::Error> {
        self.map.next_key_seed(PlaceOf {
            place: self.place,
            name: self.name.as_mut(),
        })
    }

    /// Reads a property that may be left out, if its type knows what its absence stands for.
    #[inline]
    pub(crate) fn read<T: Lenient<'de>>(
        &mut self,
        name: &'static str,
        to: &mut Option<T>,
    ) -> Result<(), A::Error> {
        self.read_or(name, to, T::absent)
    }

    /// Reads a property without which its object isn't believed.
    #[inline]
    pub(crate) fn read_required<T: Lenient<'de>>(
        &mut self,
        name: &'static str,
        to: &mut Option<T>,
    ) -> Result<(), A::Error> {
        self.read_or(name, to, || None)
    }

    /// What goes over the wire as base64.
    pub(crate) fn read_base64(
        &mut self,
        name: &'static str,
        to: &mut Option<Option<String>>,
    ) -> Result<(), A::Error> {
        self.read(name, to)?;
        if let Some(Some(text)) = to {
            decode_base64(text);
        }
        Ok(())
    }

    #[inline]
    fn read_or<T: Lenient<'de>>(
        &mut self,
        name: &'static str,
        to: &mut Option<T>,
        absent: fn() -> Option<T>,
    ) -> Result<(), A::Error> {
        self.known += 1;
        if self.forgiving {
            return self.read_or_leave_out(name, to, absent);
        }
        if to.is_some() {
            return Err(A::Error::duplicate_field(name));
        }
        let Part(value) = self.map.next_value()?;
        *to = Some(value);
        Ok(())
    }

    /// The slow way, of a reply that couldn't be read as it is.
    #[inline(never)]
    fn read_or_leave_out<T: Lenient<'de>>(
        &mut self,
        name: &'static str,
        to: &mut Option<T>,
        absent: fn() -> Option<T>,
    ) -> Result<(), A::Error> {
        let since = unread::mark();
        let read = self.map.next_value();
        if to.is_some() {
            drain_map(&mut self.map);
            return Err(A::Error::duplicate_field(name));
        }
        match read {
            Ok(Part(value)) => {
                unread::in_property(since, name);
                *to = Some(value);
                Ok(())
            }
            Err(error) => match absent() {
                Some(absent) if unread::leave_out(since, name) => {
                    self.odd += 1;
                    *to = Some(absent);
                    Ok(())
                }
                _ => {
                    drain_map(&mut self.map);
                    Err(error)
                }
            },
        }
    }

    pub(crate) fn skip(&mut self) -> Result<(), A::Error> {
        self.unknown += 1;
        self.map.next_value::<IgnoredAny>().map(|_| ())
    }

    /// Keeps a property that has no place.
    pub(crate) fn keep<T: Lenient<'de>>(
        &mut self,
        others: &mut BTreeMap<String, T>,
    ) -> Result<(), A::Error> {
        self.known += 1;
        let name = self.name.as_mut().map(mem::take).unwrap_or_default();
        let since = unread::mark();
        match self.map.next_value() {
            Ok(Part(value)) => {
                unread::in_property(since, &name);
                others.insert(name, value);
                Ok(())
            }
            Err(_) if self.forgiving && unread::leave_out(since, &name) => Ok(()),
            Err(error) => {
                drain_map(&mut self.map);
                Err(error)
            }
        }
    }

    /// Whether the object is the one that is due: none of its properties, but others, make it
    /// another one, such as that of an error.
    pub(crate) fn believed(&self, whole: Whole, may_be_empty: bool) -> Result<(), A::Error> {
        let holds_none = self.known == self.odd;
        let holds_others = self.unknown + self.odd > 0;
        let is_another = match whole {
            Whole::Part => false,
            Whole::Item => self.known == 0 && self.unknown > 0,
            Whole::Enveloped => holds_none && !may_be_empty,
            Whole::Bare => holds_none && (!may_be_empty || holds_others),
        };
        if !is_another {
            return Ok(());
        }
        Err(A::Error::custom(
            "the object has none of the properties that the spec has for it",
        ))
    }
}

struct PlaceOf<'a> {
    place: fn(&str) -> usize,
    name: Option<&'a mut String>,
}

impl<'de> DeserializeSeed<'de> for PlaceOf<'_> {
    type Value = usize;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<usize, D::Error> {
        key.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for PlaceOf<'_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a key")
    }
    #[inline]
    fn visit_str<E: Error>(self, key: &str) -> Result<usize, E> {
        if let Some(name) = self.name {
            key.clone_into(name);
        }
        Ok((self.place)(key))
    }
}

/// What came of a property, or what its absence stands for.
pub(crate) fn present<'de, T: Lenient<'de>, E: Error>(
    value: Option<T>,
    name: &'static str,
) -> Result<T, E> {
    required(value.or_else(T::absent), name)
}

/// What came of a property that has to be there.
pub(crate) fn required<T, E: Error>(value: Option<T>, name: &'static str) -> Result<T, E> {
    value.ok_or_else(|| E::missing_field(name))
}

/// Reads a generated struct: `Name { "property" => field, … }`.
///
/// | word | says |
/// | --- | --- |
/// | `: base64` behind a field | its text goes over the wire as base64 |
/// | `: required` behind a field | without it the object isn't believed |
/// | `.. field` at the end | all other properties are kept there |
/// | `= "property"` before the properties | a bare list stands for an object with this one |
/// | `~ "property"` | so does bare text |
/// | `@ "property"` | in a list that stands in for a map, this one holds the key |
/// | `may_be_empty = false` | a payload of it holds at least one of its properties |
macro_rules! lenient {
    (
        $name:ident $(= $list:literal)? $(~ $text:literal)? $(@ $key:literal)?
        $(may_be_empty = $empty:literal)?
        { $($property:literal => $field:ident $(: $form:ident)?),* $(,)? $(.. $others:ident)? }
    ) => {
        impl<'de> $crate::structure::Structure<'de> for $name {
            $(const TEXT: Option<&'static str> = Some($text);)?
            $(const MAY_BE_EMPTY: bool = $empty;)?

            fn from_map<A: serde::de::MapAccess<'de>>(
                map: A,
                whole: $crate::wire::Whole,
            ) -> Result<Self, A::Error> {
                #[allow(non_camel_case_types)]
                enum Place {
                    $($field,)*
                    Other,
                }
                let place = |name: &str| match name {
                    $($property => Place::$field as usize,)*
                    _ => Place::Other as usize,
                };
                let keeps_others = $crate::structure::lenient!(@keeps $($others)?);
                let mut properties = $crate::structure::Properties::new(map, place, keeps_others);
                $(let mut $field = None;)*
                $(let mut $others = std::collections::BTreeMap::new();)?
                while let Some(place) = properties.next()? {
                    match place {
                        $(place if place == Place::$field as usize => {
                            $crate::structure::lenient!(@read properties $property, $field $($form)?)
                        })*
                        _ => $crate::structure::lenient!(@other properties $($others)?),
                    }?
                }
                properties.believed(
                    whole,
                    <Self as $crate::structure::Structure<'de>>::MAY_BE_EMPTY,
                )?;
                Ok(Self {
                    $($field: $crate::structure::lenient!(@present $property, $field $($form)?)?,)*
                    $($others,)?
                })
            }

            $(
                fn from_list<A: serde::de::SeqAccess<'de>>(
                    list: A,
                ) -> Result<Result<Self, A>, A::Error> {
                    $crate::structure::entry($list, list).map(Ok)
                }
            )?
        }

        impl<'de> $crate::wire::Lenient<'de> for $name {
            const IN_TEXT: bool = true;
            const OBJECT: bool = true;
            $(const KEY: Option<&'static str> = Some($key);)?

            fn lenient<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::structure::read(deserializer, $crate::wire::Whole::Part)
            }

            fn item<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::structure::read(deserializer, $crate::wire::Whole::Item)
            }

            fn payload<D: serde::Deserializer<'de>>(
                deserializer: D,
                whole: $crate::wire::Whole,
            ) -> Result<Self, D::Error> {
                $crate::structure::read(deserializer, whole)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::structure::read(deserializer, $crate::wire::Whole::Part)
            }
        }
    };
    (@read $properties:ident $property:literal, $field:ident) => {
        $properties.read($property, &mut $field)
    };
    (@read $properties:ident $property:literal, $field:ident base64) => {
        $properties.read_base64($property, &mut $field)
    };
    (@read $properties:ident $property:literal, $field:ident required) => {
        $properties.read_required($property, &mut $field)
    };
    (@present $property:literal, $field:ident required) => {
        $crate::structure::required($field, $property)
    };
    (@present $property:literal, $field:ident $($form:ident)?) => {
        $crate::structure::present($field, $property)
    };
    (@keeps) => { false };
    (@keeps $others:ident) => { true };
    (@other $properties:ident) => { $properties.skip() };
    (@other $properties:ident $others:ident) => { $properties.keep(&mut $others) };
}
pub(crate) use lenient;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Value;

    #[derive(Debug, PartialEq)]
    struct Thing {
        name: String,
        note: Option<String>,
        tags: Vec<String>,
    }

    lenient! { Thing { "thingName" => name, "note" => note: base64, "tags" => tags } }

    #[derive(Debug, PartialEq)]
    struct Open {
        size: Option<i64>,
        others: BTreeMap<String, Value>,
    }

    lenient! { Open ~ "size" { "size" => size, .. others } }

    fn read<T: serde::de::DeserializeOwned>(json: &str) -> Result<T, String> {
        serde_json::from_str(json).map_err(|e| e.to_string())
    }

    #[test]
    fn properties_go_to_their_fields_and_others_are_passed_over() {
        let json =
            r#"{"x": {"name": [1]}, "tags": ["a"], "note": "Yg==", "thingName": 1, "name": 2}"#;
        let thing = Thing {
            name: "1".to_owned(),
            note: Some("b".to_owned()),
            tags: vec!["a".to_owned()],
        };
        assert_eq!(read(json), Ok(thing));
    }

    #[test]
    fn what_may_be_absent_is_empty_and_what_must_come_is_named() {
        let thing = Thing {
            name: "a".to_owned(),
            note: None,
            tags: Vec::new(),
        };
        assert_eq!(read(r#"{"thingName": "a"}"#), Ok(thing));
        let error = read::<Thing>("{}").unwrap_err();
        assert!(error.starts_with("missing field `thingName`"), "{error}");
    }

    #[test]
    fn a_property_that_comes_twice_is_refused() {
        for json in [
            r#"{"thingName": "a", "tags": [], "tags": []}"#,
            r#"{"thingName": "a", "tags": null, "tags": ["b"]}"#,
        ] {
            let error = read::<Thing>(json).unwrap_err();
            assert!(error.starts_with("duplicate field `tags`"), "{error}");
        }
    }

    #[derive(Debug, PartialEq)]
    struct Counts {
        all: Option<i64>,
        each: BTreeMap<String, i64>,
    }

    lenient! { Counts { "all" => all, .. each } }

    #[test]
    fn others_are_of_the_type_that_their_field_has() {
        let counts = Counts {
            all: Some(3),
            each: BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]),
        };
        assert_eq!(read(r#"{"a": "1", "all": 3, "b": 2}"#), Ok(counts));
        let error = read::<Counts>(r#"{"a": "one"}"#).unwrap_err();
        assert!(error.starts_with("expected an integer"), "{error}");
    }

    #[test]
    fn others_are_kept_by_their_names_where_there_is_a_field_for_them() {
        let open = |size, others: &[(&str, Value)]| Open {
            size,
            others: others
                .iter()
                .map(|(k, v)| ((*k).to_owned(), v.clone()))
                .collect(),
        };
        let rows = [
            ("{}", open(None, &[])),
            (r#"{"a": [], "size": "1", "b": null}"#, {
                open(
                    Some(1),
                    &[("a", Value::Array(Vec::new())), ("b", Value::Null)],
                )
            }),
            (r#""2""#, open(Some(2), &[])),
            (
                r#""{\"size\": 3, \"a\": true}""#,
                open(Some(3), &[("a", true.into())]),
            ),
        ];
        for (json, expected) in rows {
            assert_eq!(read(json), Ok(expected), "{json}");
        }
    }
}
