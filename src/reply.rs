//! From a reply to its payload: judged and decoded, in one pass where it is a success.
//!
//! ```text
//! judge: a page? ── envelope ── status ─┬─ read ── payload
//!                                       └─ can't be read ── judge of the API ── reread, leaving out
//! ```

use std::borrow::Cow;
use std::mem;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::error::Category;

use crate::envelope::{Open, Seen};
use crate::error::{Error, ErrorKind};
use crate::operation::{Envelope, Operation};
use crate::place::path_of;
use crate::response::Response;
use crate::unread;
use crate::untyped::{self, Untyped};
use crate::wire::{self, Lenient};

/// What an API itself says of a body that isn't a payload: its `judge`.
pub(crate) type Judge<'a> = &'a (dyn Fn(&Reply, &Value) -> Result<(), Error> + Sync);

/// A reply as it came, its body whole.
#[doc(hidden)]
#[derive(Debug)]
pub struct Reply {
    pub(crate) operation: &'static Operation,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether an unreadable optional value fails the call.
    pub(crate) strict: bool,
    /// What of the payload was left out.
    pub(crate) unread: Vec<String>,
    /// The envelope's fields, if they were read with the payload.
    seen: Option<Seen>,
}

/// The largest body that is looked at as untyped JSON if it can't be read: that takes many times its
/// size. Neither a failure nor what a call made is as large.
const LARGEST_UNTYPED: usize = 4 << 20;

/// The byte order mark that some servers send before JSON.
const BOM: &[u8] = b"\xef\xbb\xbf";

impl Reply {
    pub(crate) fn new(
        operation: &'static Operation,
        status: StatusCode,
        headers: HeaderMap,
        mut body: Bytes,
    ) -> Self {
        if body.starts_with(BOM) {
            body = body.split_off(BOM.len());
        }
        Reply {
            operation,
            status,
            headers,
            body,
            strict: false,
            unread: Vec::new(),
            seen: None,
        }
    }

    /// Decodes into `payload`, or says why there is none. On error, ignore what `payload` holds.
    pub(crate) fn read<T>(&mut self, own: Judge<'_>, payload: &mut Option<T>) -> Result<(), Error>
    where
        T: for<'de> Lenient<'de>,
    {
        self.read_into(own, payload)
            .map_err(|e| self.with_payload(e))
    }

    fn read_into<T>(&mut self, own: Judge<'_>, payload: &mut Option<T>) -> Result<(), Error>
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
                if envelope.is_none() && T::ANYTHING {
                    self.judge_anything(own)?;
                }
                if T::NOTHING {
                    // A reply that is to carry nothing may as well be empty, as after a DELETE.
                    wire::whole("null").map(|nothing| *payload = Some(nothing))
                } else {
                    self.decode(payload)
                }
            }
        };
        read.or_else(|error| self.reread(own, error, payload))
    }

    /// The payload untyped.
    pub(crate) fn untyped(&self, own: Judge<'_>) -> Result<Untyped, Error> {
        self.read_untyped(own).map_err(|e| self.with_payload(e))
    }

    fn read_untyped(&self, own: Judge<'_>) -> Result<Untyped, Error> {
        self.judge(own)?;
        self.judge_anything(own)?;
        match untyped::parse(&self.text()) {
            Ok(value) => Ok(self.payload(value)),
            Err(_) if self.body.trim_ascii().is_empty() => Ok(self.payload(Value::Null)),
            Err(error) => Err(self.unreadable(&error)),
        }
    }

    /// A payload with what came with it.
    pub(crate) fn response<T>(&mut self, payload: T) -> Response<T> {
        let headers = mem::take(&mut self.headers);
        Response::new(payload, self.status, headers, self.unread.clone())
    }

    fn payload(&self, reply: Value) -> Untyped {
        Untyped::new(self.operation.payload(reply), self.operation.secrets)
    }

    /// An error with the payload, if the reply may be that of a call that was done and can't be read:
    /// what it made is lost otherwise.
    fn with_payload(&self, error: Error) -> Error {
        let is_lost = error.kind() == ErrorKind::Decode && self.status.is_success();
        if !is_lost || !self.is_kept() {
            return error;
        }
        match untyped::parse(&self.text()) {
            Ok(value) => error.payload_is(self.payload(value)),
            Err(_) => error,
        }
    }

    /// Whether the body is looked at as untyped JSON.
    fn is_kept(&self) -> bool {
        self.body.len() <= LARGEST_UNTYPED
    }

    /// Reads the payload of a reply that is a success.
    fn decode<T>(&self, payload: &mut Option<T>) -> Result<(), serde_json::Error>
    where
        T: for<'de> Lenient<'de>,
    {
        match &self.operation.envelope {
            None => wire::bare(&self.text()).map(|value| *payload = Some(value)),
            Some(envelope) if envelope.results.is_none() => {
                Open::noting(envelope, &mut Seen::default(), payload).read(&self.text())
            }
            Some(envelope) => {
                Open::leaving(envelope, &mut Seen::default(), payload).read(&self.text())
            }
        }
    }

    /// Looks once more at a reply that can't be read as it is: whether it is a failure in the API's
    /// own words, and whether it can be read without what is odd in it. Only then is it an error.
    fn reread<T>(
        &mut self,
        own: Judge<'_>,
        error: serde_json::Error,
        payload: &mut Option<T>,
    ) -> Result<(), Error>
    where
        T: for<'de> Lenient<'de>,
    {
        let value = match self.is_kept() {
            true => serde_json::from_str(&self.text()),
            false => serde_json::from_str(&self.text()).map(|IgnoredAny| Value::Null),
        };
        let Ok(value) = value else {
            return Err(self.unreadable(&error));
        };
        own(self, &value)?;
        let error = match self.strict {
            true => error,
            false => match unread::collecting(|| self.decode(payload)) {
                (Ok(()), unread) => {
                    self.unread = unread.into_paths();
                    return Ok(());
                }
                (Err(error), _) => error,
            },
        };
        let message = self.operation.envelope.as_ref();
        let message = message.and_then(|envelope| envelope.read(&self.text()).ok()?.message());
        Err(self.unreadable(&error).message_is(message))
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

    /// A page first, since no API means it; then what the envelope says; then the status, with what
    /// the API itself says of the body.
    pub(crate) fn judge(&self, own: Judge<'_>) -> Result<(), Error> {
        if self.body.trim_ascii_start().first() == Some(&b'<') {
            let page = "the reply is an HTML page, not the API's own; something in front of it may \
                        have answered";
            return Err(self.foreign(page.to_owned()));
        }
        if let Some(envelope) = &self.operation.envelope {
            self.open(envelope)?;
        }
        if self.status.is_success() {
            return Ok(());
        }
        if self.body.trim_ascii().is_empty() {
            return Err(Error::of_status(self.status));
        }
        let body = serde_json::from_str(&self.text());
        let is_json = body.is_ok();
        let body: Value = body.unwrap_or_default();
        own(self, &body)?;
        // An object without anything in it says no less than an empty body.
        let is_empty = match &body {
            Value::Null => true,
            Value::Array(list) => list.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            _ => false,
        };
        if let Some(envelope) = &self.operation.envelope
            && !is_empty
            && body[envelope.field].is_null()
            && !matches!(self.status.as_u16(), 400 | 422)
        {
            let field = envelope.field;
            let reason = format!("the reply has no `{field}`, and so isn't the API's own");
            return Err(self.foreign(reason));
        }
        Err(match self.plain_text() {
            _ if is_json => Error::of_status(self.status),
            Some(text) => {
                let line = first_line(&text);
                self.foreign(format!("the reply is text, and not the API's own: {line}"))
            }
            None => self.foreign("the reply is no JSON, and so not the API's own".to_owned()),
        })
    }

    /// Asks the API about a body that is read as any JSON.
    fn judge_anything(&self, own: Judge<'_>) -> Result<(), Error> {
        match serde_json::from_str::<Value>(&self.text()) {
            Ok(body) => own(self, &body),
            Err(_) => Ok(()),
        }
    }

    /// The failure that the envelope reports, of the kind that its code stands for.
    fn open(&self, envelope: &Envelope) -> Result<(), Error> {
        let read;
        let seen = match &self.seen {
            Some(seen) => seen,
            None => match envelope.read(&self.text()) {
                Ok(seen) => {
                    read = seen;
                    &read
                }
                Err(e) => return self.without_envelope(envelope, &e),
            },
        };
        let Some(code) = seen.code() else {
            if !self.status.is_success() {
                return Ok(());
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
        let success = envelope.is_success(&code, seen);
        // 400 and 422 only say that the call was refused.
        let refused =
            envelope.kind("default").is_some() && matches!(self.status.as_u16(), 400 | 422);
        let error = match (self.status.is_success(), envelope.kind(&code)) {
            (true, _) if success => return Ok(()),
            (true, kind) => Error::new(kind.unwrap_or(envelope.other_kind())),
            // A code says more than a status does, unless it is only known to be a failure.
            (false, Some(kind)) if kind != ErrorKind::Api => Error::new(kind),
            (false, None) if refused => Error::new(envelope.other_kind()),
            (false, _) => Error::of_status(self.status),
        };
        let mut details = seen.details.clone();
        details.retain(|_, value| !matches!(value, Value::Null) && value.as_str() != Some(""));
        let details = (!details.is_empty()).then_some(Value::Object(details));
        Err(error
            .code_is(code.into_owned())
            .message_is(seen.message())
            .details_are(details))
    }

    /// A body that isn't an object. serde's own words would quote the value.
    fn without_envelope(
        &self,
        envelope: &Envelope,
        error: &serde_json::Error,
    ) -> Result<(), Error> {
        let text = self.plain_text();
        let is_refusal = |beginning| self.text().trim_start().starts_with(beginning);
        if envelope.bare_text.is_some_and(is_refusal) && text.is_some() {
            let error = match self.status.is_success() {
                true => Error::new(envelope.other_kind()),
                false => Error::of_status(self.status),
            };
            return Err(error.message_is(text).body_is(&self.body));
        }
        if !self.status.is_success() {
            return Ok(());
        }
        let what = match error.classify() {
            Category::Data => "is JSON but no object",
            Category::Eof if self.body.trim_ascii().is_empty() => "is empty",
            Category::Eof => "is JSON that breaks off",
            _ => "is no JSON",
        };
        let reason = format!("the body {what}, so it can't say how the call went");
        let shown = !self.body.trim_ascii_start().starts_with(b"\"") && self.may_be_shown();
        let reason = match text.filter(|_| shown) {
            Some(text) => format!("{reason}: {}", first_line(&text)),
            None => reason,
        };
        Err(Error::new(ErrorKind::Decode)
            .because(reason)
            .body_is(&self.body))
    }

    /// A reply that isn't the API's own. Some statuses mean themselves, whoever answers.
    pub(crate) fn foreign(&self, reason: String) -> Error {
        let error = match self.status.as_u16() {
            401 | 403 | 429 | 500.. => Error::of_status(self.status),
            _ => Error::new(ErrorKind::UnexpectedResponse).status_is(self.status),
        };
        error.because(reason).body_is(&self.body)
    }

    /// Whether the text of a reply that says success may be shown: not where a secret is due.
    fn may_be_shown(&self) -> bool {
        self.operation.secrets.is_empty()
    }

    /// A body that is nothing but text, plain or as a string of JSON.
    pub(crate) fn plain_text(&self) -> Option<String> {
        let body = str::from_utf8(&self.body).ok()?.trim();
        let text = match body.starts_with('"') {
            true => serde_json::from_str::<String>(body).ok()?,
            false => body.to_owned(),
        };
        let text = text.trim();
        let is_text = |c: char| !c.is_control() || c.is_whitespace();
        // What begins so is JSON, or was to be.
        let begins_as_json = text.starts_with(['{', '[', '"']);
        let is_plain = !text.is_empty() && !begins_as_json && text.chars().all(is_text);
        let is_json = || serde_json::from_str::<Value>(body).is_ok_and(|value| !value.is_string());
        (is_plain && !is_json()).then(|| text.to_owned())
    }

    fn unreadable(&self, error: &serde_json::Error) -> Error {
        let unreadable = Error::new(ErrorKind::Decode)
            .status_is(self.status)
            .body_is(&self.body);
        if let Some(text) = self.plain_text().filter(|_| error.is_syntax()) {
            let reason = "the body is text and no JSON";
            return unreadable.because(match self.may_be_shown() {
                true => format!("{reason}: {}", first_line(&text)),
                false => reason.to_owned(),
            });
        }
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

/// The first line of a text, for an error to show. It isn't cut where it is shown only: what is left
/// of a secret there would not be found.
fn first_line(text: &str) -> String {
    const LONGEST: usize = 1024;
    let line = text.trim().lines().next().unwrap_or_default();
    // What follows may be JSON, and hold a secret.
    let words = line.split(['{', '[']).next().unwrap_or_default();
    words.trim_end().chars().take(LONGEST).collect()
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
