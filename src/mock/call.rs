//! Calls by the id of their operation, with parameters and replies as JSON.

use std::fmt::Debug;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::unknown;
use crate::api::Api;
use crate::error::{Error, ErrorKind};
use crate::operation::Operation;
use crate::reply::Reply;
use crate::response::Response;
use crate::wire::Lenient;

/// The parameters of a call by id, which the generated code takes one by one.
#[doc(hidden)]
#[derive(Debug)]
pub struct Parameters {
    operation: &'static Operation,
    values: Map<String, Value>,
}

impl Parameters {
    pub(crate) fn new(
        operations: &'static [Operation],
        operation: &str,
        values: Value,
    ) -> Result<Self, Error> {
        let found = operations.iter().find(|o| o.id == operation);
        let operation = found.ok_or_else(|| unknown(operation))?;
        let wrong = Error::new(ErrorKind::InvalidRequest).of(operation.name);
        match values {
            Value::Object(values) => Ok(Parameters { operation, values }),
            Value::Null => Ok(Parameters {
                operation,
                values: Map::new(),
            }),
            _ => Err(wrong.because("parameters are a JSON object")),
        }
    }

    /// A parameter that may have been left out.
    pub(crate) fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, Error> {
        let Some(value) = self.values.remove(name) else {
            return Ok(None);
        };
        serde_json::from_value(value).map(Some).map_err(|e| {
            let reason = format!("`{name}` is of another type");
            Error::new(ErrorKind::InvalidRequest)
                .because(reason)
                .of(self.operation.name)
                .caused_by(e)
        })
    }

    /// Refuses what the operation doesn't have.
    pub(crate) fn finish(&self) -> Result<(), Error> {
        match self.values.keys().next() {
            None => Ok(()),
            Some(name) => Err(Error::new(ErrorKind::InvalidRequest)
                .because(format!("there is no parameter `{name}`"))
                .of(self.operation.name)),
        }
    }

    pub(crate) fn unknown(&self) -> Result<Payload, Error> {
        Err(unknown(self.operation.id))
    }
}

/// What a call makes of a reply, for measuring that alone.
#[doc(hidden)]
pub fn decode<C: Api, T: for<'de> Lenient<'de>>(
    operation: &'static Operation,
    status: StatusCode,
    body: Vec<u8>,
) -> Result<T, Error> {
    read::<C, T>(operation, status, body).map(|(payload, _)| payload)
}

fn read<C: Api, T: for<'de> Lenient<'de>>(
    operation: &'static Operation,
    status: StatusCode,
    body: Vec<u8>,
) -> Result<(T, Reply), Error> {
    let mut reply = Reply::new(operation, status, HeaderMap::new(), body.into());
    let mut payload = None;
    let read = reply.read(&|reply, body| C::judge(reply, body, None), &mut payload);
    read.map_err(|e| e.of(operation.name).status_is(status))?;
    let payload = payload.ok_or_else(|| Error::new(ErrorKind::Decode).of(operation.name))?;
    Ok((payload, reply))
}

/// What a call by id gave.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Payload {
    /// The payload as JSON again, its secrets included.
    pub json: Value,
    /// The payload as `{:#?}` shows it.
    pub debug: String,
    /// The paths of what couldn't be read; see [`Response::unread`](crate::Response::unread).
    pub unread: Vec<String>,
}

impl Payload {
    /// What a call makes of a reply.
    pub(crate) fn read<C: Api, T>(
        operation: &'static Operation,
        status: StatusCode,
        body: impl Into<Vec<u8>>,
    ) -> Result<Self, Error>
    where
        T: for<'de> Lenient<'de> + Serialize + Debug,
    {
        let (payload, mut reply) = read::<C, T>(operation, status, body.into())?;
        Payload::of(reply.response(payload))
    }

    pub(crate) fn of<T: Serialize + Debug>(reply: Response<T>) -> Result<Self, Error> {
        let unread = reply.unread().to_vec();
        let payload = reply.into_inner();
        let debug = format!("{payload:#?}");
        match serde_json::to_value(payload) {
            Ok(json) => Ok(Payload {
                json,
                debug,
                unread,
            }),
            Err(e) => Err(Error::new(ErrorKind::Decode)
                .because("the reply can't be encoded again")
                .caused_by(e)),
        }
    }
}
