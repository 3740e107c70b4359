//! The one error of all calls.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;

use crate::redact::Redactor;
use crate::untyped::Untyped;

/// What went wrong, in the terms that decide what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A parameter is missing or unusable, and nothing was sent. Mend the call.
    InvalidRequest,
    /// The client can't be made as asked: a missing variable, an insecure base URL. Mend the
    /// configuration.
    Configuration,
    /// No connection came about, so nothing was sent: the name doesn't resolve, the port is
    /// closed, the certificate isn't trusted. Repeating is safe for every call.
    Connect,
    /// The call's time is up. Whether the server did what was asked is unknown.
    Timeout,
    /// The connection broke on the way. Whether the server did what was asked is unknown.
    Transport,
    /// The reply is larger than [`max_response_bytes`](crate::ClientBuilder::max_response_bytes),
    /// and wasn't read any further. Ask for less, or allow more.
    TooLarge,
    /// The server doesn't accept the credentials. Repeating won't help.
    Authentication,
    /// The credentials are known, and may not do this.
    PermissionDenied,
    /// What the call names doesn't exist.
    NotFound,
    /// The account's balance doesn't cover it.
    PaymentRequired,
    /// The server doesn't take a value. [`message`](Error::message) and
    /// [`details`](Error::details) say which.
    InvalidInput,
    /// The call collides with the state of what it names.
    Conflict,
    /// The server is at work on what the call names. Wait; [`details`](Error::details) may tell
    /// how far it is.
    Locked,
    /// Too many calls. Wait for [`retry_after`](Error::retry_after).
    RateLimited,
    /// Any other failure that the vendor reports: see [`code`](Error::code) and
    /// [`message`](Error::message).
    Api,
    /// A fault of the server.
    Server,
    /// The call succeeded, and its reply isn't what the spec says: it can't be read, or lacks what
    /// such a reply must have. The server may have changed; what the call asked for may well have
    /// been done. [`payload`](Error::payload) holds the reply, if it is JSON.
    Decode,
    /// A redirect, or a page or text that isn't the API's. Often the base URL is wrong, or something
    /// in front of the server answered. A status of 401, 403, 429, or 500 and more has its own kind
    /// all the same.
    UnexpectedResponse,
    /// A list ended before all of its items came, or isn't paged as the API says. Each call
    /// succeeded, and the items that came are good, but there may be more. Fetch the list again, as
    /// it may have changed meanwhile; if that doesn't help, fetch it page by page, without
    /// `stream()`, and see what the server makes of each.
    Incomplete,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            ErrorKind::InvalidRequest => "invalid request",
            ErrorKind::Configuration => "configuration",
            ErrorKind::Connect => "no connection",
            ErrorKind::Timeout => "timed out",
            ErrorKind::Transport => "connection broke",
            ErrorKind::TooLarge => "reply too large",
            ErrorKind::Authentication => "authentication failed",
            ErrorKind::PermissionDenied => "permission denied",
            ErrorKind::NotFound => "not found",
            ErrorKind::PaymentRequired => "payment required",
            ErrorKind::InvalidInput => "invalid input",
            ErrorKind::Conflict => "conflict",
            ErrorKind::Locked => "locked",
            ErrorKind::RateLimited => "rate limited",
            ErrorKind::Api => "refused",
            ErrorKind::Server => "server fault",
            ErrorKind::Decode => "unreadable reply",
            ErrorKind::UnexpectedResponse => "unexpected response",
            ErrorKind::Incomplete => "incomplete list",
        })
    }
}

/// Why a call failed, or why a client couldn't be made.
///
/// It displays as one line that names the operation, the kind, the vendor's code, the HTTP status
/// and the message, and neither a URL nor a header nor a body; but of a reply that isn't the API's
/// own, and is plain text, the first line. Nothing that was a credential of the call is left in any
/// part of it.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    operation: Option<&'static str>,
    status: Option<StatusCode>,
    code: Option<String>,
    message: Option<String>,
    reason: Option<String>,
    details: Option<Value>,
    body: Option<String>,
    payload: Option<Untyped>,
    retry_after: Option<Duration>,
    attempts: u32,
    /// Whether the vendor says that it passes.
    transient: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// What went wrong, to decide by.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The API and the operation, such as `kiwivm.getServiceInfo`; none if the failure is that of
    /// making a client.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The HTTP status as on the wire, if there was a reply. Some APIs report every failure with
    /// 200: decide by [`kind`](Error::kind).
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The vendor's code, as text.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The vendor's message.
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// What else the vendor said: errors by field, or the progress of a job that locks.
    pub fn details(&self) -> Option<&Value> {
        self.0.details.as_ref()
    }

    /// The beginning of a reply that couldn't be read as the API's: the first 1,024 bytes.
    ///
    /// No `Debug` or `Display` shows it, for it may hold secrets of the reply.
    pub fn body(&self) -> Option<&str> {
        self.0.body.as_deref()
    }

    /// The payload of a reply that says success and that couldn't be read as the call's (kind
    /// [`Decode`](ErrorKind::Decode)), if it is JSON of at most 4 MiB.
    ///
    /// A call that made something, such as a root password, can't be made again to read what it
    /// gave: here it is. No `Debug` or `Display` of the error shows it.
    pub fn payload(&self) -> Option<&Untyped> {
        self.0.payload.as_ref()
    }

    /// How long the server asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How many times the request was tried; 0 if it never came to that.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether the same call may succeed later. That says nothing about whether repeating it is
    /// safe: after [`Timeout`](ErrorKind::Timeout) and [`Transport`](ErrorKind::Transport) the
    /// server may have done what was asked.
    pub fn is_retryable(&self) -> bool {
        use ErrorKind::*;
        if self.0.transient {
            return true;
        }
        match self.kind() {
            Connect | Timeout | Transport | RateLimited | Locked => true,
            Api | Server | UnexpectedResponse => {
                let status = self.status().map(|status| status.as_u16());
                matches!(status, Some(408 | 429 | 502 | 503 | 504))
            }
            _ => false,
        }
    }
}

/// How the parts of the crate make one.
impl Error {
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Error(Box::new(Inner {
            kind,
            operation: None,
            status: None,
            code: None,
            message: None,
            reason: None,
            details: None,
            body: None,
            payload: None,
            retry_after: None,
            attempts: 0,
            transient: false,
            source: None,
        }))
    }

    /// A client that can't be made, and why.
    pub(crate) fn configuration(reason: impl Into<String>) -> Self {
        Error::new(ErrorKind::Configuration).because(reason)
    }

    /// The kind that an HTTP status stands for by itself.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let kind = match status.as_u16() {
            400 | 422 => ErrorKind::InvalidInput,
            401 => ErrorKind::Authentication,
            402 => ErrorKind::PaymentRequired,
            403 => ErrorKind::PermissionDenied,
            404 => ErrorKind::NotFound,
            409 => ErrorKind::Conflict,
            429 => ErrorKind::RateLimited,
            500..=599 => ErrorKind::Server,
            300..=399 => ErrorKind::UnexpectedResponse,
            _ => ErrorKind::Api,
        };
        Error::new(kind).status_is(status)
    }

    /// This crate's own explanation, for want of a vendor's.
    pub(crate) fn because(mut self, reason: impl Into<String>) -> Self {
        self.0.reason = Some(reason.into());
        self
    }

    pub(crate) fn of(mut self, operation: &'static str) -> Self {
        self.0.operation = Some(operation);
        self
    }

    pub(crate) fn status_is(mut self, status: StatusCode) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn code_is(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    pub(crate) fn message_is(mut self, message: Option<String>) -> Self {
        self.0.message = message.filter(|message| !message.is_empty());
        self
    }

    pub(crate) fn details_are(mut self, details: Option<Value>) -> Self {
        self.0.details = details;
        self
    }

    /// Keeps the beginning of a body, in whole characters.
    pub(crate) fn body_is(mut self, body: &[u8]) -> Self {
        const KEPT: usize = 1024;
        let text = String::from_utf8_lossy(&body[..body.len().min(KEPT)]);
        self.0.body = Some(text.trim_end_matches('\u{fffd}').to_owned());
        self
    }

    /// Keeps the payload of a reply that says success.
    pub(crate) fn payload_is(mut self, payload: Untyped) -> Self {
        self.0.payload = Some(payload);
        self
    }

    /// What the vendor says passes by itself.
    pub(crate) fn passing(mut self) -> Self {
        self.0.transient = true;
        self
    }

    pub(crate) fn retry_after_is(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    pub(crate) fn attempts_were(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    /// The same error for another call that waited for the same thing. What caused it stays with the
    /// first.
    pub(crate) fn again(&self) -> Self {
        let inner = &self.0;
        Error(Box::new(Inner {
            kind: inner.kind,
            operation: inner.operation,
            status: inner.status,
            code: inner.code.clone(),
            message: inner.message.clone(),
            reason: inner.reason.clone(),
            details: inner.details.clone(),
            body: inner.body.clone(),
            payload: inner.payload.clone(),
            retry_after: inner.retry_after,
            attempts: inner.attempts,
            transient: inner.transient,
            source: None,
        }))
    }

    /// Takes every occurrence of the call's secrets out: servers do echo what they were sent.
    pub(crate) fn without(mut self, redactor: &Redactor) -> Self {
        let inner = &mut *self.0;
        let texts = [&mut inner.code, &mut inner.message, &mut inner.reason];
        texts
            .into_iter()
            .flatten()
            .for_each(|text| redactor.text(text));
        if let Some(details) = &mut inner.details {
            redactor.json(details);
        }
        if let Some(body) = &mut inner.body {
            redactor.beginning(body);
            // The reason may end in a part of it.
            if let Some(reason) = &mut inner.reason {
                redactor.beginning(reason);
            }
        }
        if let Some(payload) = &mut inner.payload {
            payload.redact(redactor);
        }
        self
    }
}

/// An error with all that caused it, on one line.
fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    one_line(&text)
}

/// One line, whatever a server put into its message.
pub(crate) fn one_line(text: &str) -> String {
    const LONGEST: usize = 300;
    let mut line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.retain(|c| !c.is_control());
    if let Some((end, _)) = line.char_indices().nth(LONGEST) {
        line.truncate(end);
        line.push('…');
    }
    line
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        if let Some(operation) = inner.operation {
            write!(f, "{operation}: ")?;
        }
        write!(f, "{}", inner.kind)?;
        let code = inner
            .code
            .as_ref()
            .map(|code| format!("code {}", one_line(code)));
        let status = inner
            .status
            .map(|status| format!("HTTP {}", status.as_u16()));
        let about: Vec<String> = [code, status].into_iter().flatten().collect();
        if !about.is_empty() {
            write!(f, " ({})", about.join(", "))?;
        }
        for text in [&inner.message, &inner.reason].into_iter().flatten() {
            write!(f, ": {}", one_line(text))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        let line = |text: &Option<String>| text.as_deref().map(one_line);
        let mut debug = f.debug_struct("Error");
        debug.field("kind", &inner.kind);
        debug.field("operation", &inner.operation);
        debug.field("status", &inner.status.map(|status| status.as_u16()));
        debug.field("code", &line(&inner.code));
        debug.field("message", &line(&inner.message));
        if inner.reason.is_some() {
            debug.field("reason", &line(&inner.reason));
        }
        debug.field("attempts", &inner.attempts);
        if let Some(source) = &inner.source {
            debug.field("source", &format_args!("{}", chain(&**source)));
        }
        debug.finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_ref()
            .map(|source| &**source as &(dyn StdError + 'static))
    }
}
