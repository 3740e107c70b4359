//! An id that a server sends as a number or as text.

use std::fmt;

use serde::de::{Deserializer, Error, Visitor};
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
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum Id {
    /// An integer.
    Integer(i64),
    /// Text, such as a UUID.
    Text(String),
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Id::Integer(id) => id.fmt(f),
            Id::Text(id) => f.pad(id),
        }
    }
}

impl From<i64> for Id {
    fn from(id: i64) -> Self {
        Id::Integer(id)
    }
}

impl From<i32> for Id {
    fn from(id: i32) -> Self {
        Id::Integer(id.into())
    }
}

impl From<u32> for Id {
    fn from(id: u32) -> Self {
        Id::Integer(id.into())
    }
}

impl From<String> for Id {
    fn from(id: String) -> Self {
        Id::Text(id)
    }
}

impl From<&str> for Id {
    fn from(id: &str) -> Self {
        Id::Text(id.to_owned())
    }
}

impl From<&Id> for Id {
    fn from(id: &Id) -> Self {
        id.clone()
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = Id;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an integer or text")
            }
            fn visit_i64<E: Error>(self, id: i64) -> Result<Id, E> {
                Ok(Id::Integer(id))
            }
            fn visit_u64<E: Error>(self, id: u64) -> Result<Id, E> {
                // What doesn't fit stays exact as text.
                Ok(i64::try_from(id).map_or_else(|_| Id::Text(id.to_string()), Id::Integer))
            }
            fn visit_str<E: Error>(self, id: &str) -> Result<Id, E> {
                Ok(Id::Text(id.to_owned()))
            }
            // serde's own words would quote the value.
            fn visit_bool<E: Error>(self, _: bool) -> Result<Id, E> {
                Err(E::custom("expected an integer or text, found a bool"))
            }
            fn visit_f64<E: Error>(self, _: f64) -> Result<Id, E> {
                Err(E::custom("expected an integer or text, found a number"))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl<'de> Lenient<'de> for Id {
    fn lenient<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}
