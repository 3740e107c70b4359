//! From a reply to its payload: judged and decoded, in one pass where it is a success.

use std::borrow::Cow;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;
use serde_json::error::Category;

use crate::envelope::{Open, Seen};
use crate::error::{Error, ErrorKind};
use crate::operation::{Envelope, Operation};
use crate::place::path_of;
use crate::wire::{self, Lenient};

/// What an API itself says of a reply: its `judge`.
type Judge = fn(&Reply) -> Result<(), Error>;

/// A reply as it came, its body whole.
#[doc(hidden)]
#[derive(Debug)]
pub struct Reply {
    pub(crate) operation: &'static Operation,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The envelope's fields, if they were read with the payload.
    seen: Option<Seen>,
}

impl Reply {
    pub(crate) fn new(
        operation: &'static Operation,
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
    ) -> Self {
        Reply {
            operation,
            status,
            headers,
            body,
            seen: None,
        }
    }

    /// Reads the payload to its place, or says why there is none. What is there after a failure is
    /// nobody's.
    pub(crate) fn read<T>(&mut self, own: Judge, payload: &mut Option<T>) -> Result<(), Error>
    where
        T: for<'de> Lenient<'de>,
    {
        let read = match &self.operation.envelope {
            Some(envelope) if self.is_read_at_once(envelope) && !T::NOTHING => {
                let mut seen = Seen::default();
                let open = Open::noting(envelope, &mut seen, payload);
                let read = open.read(&self.text());
                // A payload that can't be read may be that of a failure, which is looked for first.
                self.seen = read.is_ok().then_some(seen);
                self.judge(own)?;
                read
            }
            envelope => {
                self.judge(own)?;
                match envelope {
                    // A reply that is to carry nothing may as well be empty, as after a DELETE.
                    _ if T::NOTHING => wire::whole("null").map(|nothing| *payload = Some(nothing)),
                    None => wire::whole(&self.text()).map(|value| *payload = Some(value)),
                    Some(envelope) => {
                        Open::leaving(envelope, &mut Seen::default(), payload).read(&self.text())
                    }
                }
            }
        };
        read.map_err(|e| self.unreadable(&e))
    }

    /// The body as the text that JSON is, looked through once and not again in each of its strings.
    fn text(&self) -> Cow<'_, str> {
        match str::from_utf8(&self.body) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(marked(&self.body)),
        }
    }

    /// Whether the envelope can be read with the payload: not if the payload uses its fields too.
    fn is_read_at_once(&self, envelope: &Envelope) -> bool {
        self.status.is_success() && envelope.results.is_none()
    }

    /// HTML first, since no API means it; then what the API itself says; then the status.
    pub(crate) fn judge(&self, own: Judge) -> Result<(), Error> {
        let status = self.status;
        if self.body.trim_ascii_start().first() == Some(&b'<') {
            if !status.is_success() {
                let reason = "the reply is an HTML page, not the API's own";
                return Err(Error::of_status(status).because(reason));
            }
            let reason =
                "the reply is an HTML page; something in front of the API may have answered";
            return Err(Error::new(ErrorKind::UnexpectedResponse)
                .because(reason)
                .body_is(&self.body));
        }
        own(self)?;
        if status.is_success() {
            Ok(())
        } else {
            Err(Error::of_status(status))
        }
    }

    /// The failure that the envelope reports, of the kind that its code stands for.
    pub(crate) fn envelope(&self, kind: impl Fn(&str) -> Option<ErrorKind>) -> Result<(), Error> {
        let Some(envelope) = &self.operation.envelope else {
            return Ok(());
        };
        let read;
        let seen = match &self.seen {
            Some(seen) => seen,
            None => match envelope.read(&self.text()) {
                Ok(seen) => {
                    read = seen;
                    &read
                }
                // A failure by status needn't have the envelope.
                Err(_) if !self.status.is_success() => return Err(Error::of_status(self.status)),
                Err(e) => return Err(self.without_envelope(&e)),
            },
        };
        let Some(code) = seen.code() else {
            if !self.status.is_success() {
                return Err(Error::of_status(self.status));
            }
            let count = if seen.twice { "more than one" } else { "no" };
            let reason = format!(
                "the reply has {count} `{}` to say how the call went",
                envelope.field
            );
            return Err(Error::new(ErrorKind::Decode)
                .because(reason)
                .body_is(&self.body));
        };
        if self.status.is_success() && envelope.is_success(&code, seen) {
            return Ok(());
        }
        let error = match kind(&code) {
            Some(kind) => Error::new(kind),
            None if self.status.is_success() => Error::new(ErrorKind::Api),
            None => Error::of_status(self.status),
        };
        let mut details = seen.details.clone();
        details.retain(|_, value| !matches!(value, Value::Null) && value.as_str() != Some(""));
        let details = (!details.is_empty()).then_some(Value::Object(details));
        Err(error
            .code_is(code.into_owned())
            .message_is(seen.message())
            .details_are(details))
    }

    /// serde's own words would quote the value that is no object.
    fn without_envelope(&self, error: &serde_json::Error) -> Error {
        let what = match error.classify() {
            Category::Data => "is JSON but no object",
            Category::Eof if self.body.trim_ascii().is_empty() => "is empty",
            Category::Eof => "is JSON that breaks off",
            _ => "is no JSON",
        };
        let reason = format!("the body {what}, so it can't say how the call went");
        Error::new(ErrorKind::Decode)
            .because(reason)
            .body_is(&self.body)
    }

    fn unreadable(&self, error: &serde_json::Error) -> Error {
        let unreadable = Error::new(ErrorKind::Decode)
            .status_is(self.status)
            .body_is(&self.body);
        if self.body.trim_ascii().is_empty() {
            return unreadable.because("the body is empty where the spec has a payload");
        }
        // Not as the source too: that would say the same again, and secrets can't be taken out of it.
        let text = self.text();
        let mut words = error.to_string();
        if matches!(text, Cow::Owned(_)) && words.starts_with(MARK_READ) {
            words = "invalid unicode code point".to_owned();
        }
        unreadable.because(match path_of(text.as_bytes(), error) {
            Some(path) => format!("at {path}: {words}"),
            None => words,
        })
    }
}

/// An escape that stands for no character: what reads it fails, and what passes over it doesn't.
const MARK: &str = "\\udc00";
/// How the error of what reads it begins.
const MARK_READ: &str = "lone leading surrogate";

/// A text with a mark wherever it isn't UTF-8, so that only what is read of it must be.
fn marked(body: &[u8]) -> String {
    let mut text = String::with_capacity(body.len());
    for chunk in body.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() && !text.ends_with(MARK) {
            text.push_str(MARK);
        }
    }
    text
}
