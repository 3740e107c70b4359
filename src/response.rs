//! A payload with what came with it.

use std::fmt;
use std::ops::{Deref, DerefMut};

use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::redact::Redactor;

/// A payload with the status and headers of its reply, and what of it couldn't be read: what `send()`
/// of a call gives.
///
/// It derefs to the payload.
pub struct Response<T> {
    payload: T,
    status: StatusCode,
    headers: HeaderMap,
    unread: Vec<String>,
}

impl<T> Response<T> {
    pub(crate) fn new(
        payload: T,
        status: StatusCode,
        headers: HeaderMap,
        unread: Vec<String>,
    ) -> Self {
        Response {
            payload,
            status,
            headers,
            unread,
        }
    }

    /// Takes secrets out of the paths, which hold names that the server made up.
    pub(crate) fn redact_unread(&mut self, redactor: impl Fn() -> Redactor) {
        if !self.unread.is_empty() {
            let redactor = redactor();
            self.unread.iter_mut().for_each(|path| redactor.text(path));
        }
    }

    /// The payload.
    pub fn into_inner(self) -> T {
        self.payload
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The paths of what couldn't be read and was left out of the payload, such as
    /// `data[2].cpu_usage`. Beyond a hundred, the last entry says how many more there are.
    ///
    /// The server sent something there, of another form than the spec knows: `json()` in place of
    /// `send()` gives all of the payload. A client that is [`strict`](crate::ClientBuilder::strict)
    /// takes it for an error.
    pub fn unread(&self) -> &[String] {
        &self.unread
    }

    /// The same with something made of the payload.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Response<U> {
        Response {
            payload: make(self.payload),
            status: self.status,
            headers: self.headers,
            unread: self.unread,
        }
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.payload
    }
}

impl<T> DerefMut for Response<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.payload
    }
}

impl<T> AsRef<T> for Response<T> {
    fn as_ref(&self) -> &T {
        &self.payload
    }
}

/// Shows no header: servers put secrets there as well.
impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status.as_u16())
            .field("payload", &self.payload)
            .field("unread", &self.unread)
            .finish_non_exhaustive()
    }
}
