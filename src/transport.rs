//! One call: from a request to its payload, or to the error that says why there is none.
//!
//! ```text
//! required, path_value, url ── prepared ── session ── authorized ── attempt ── read
//!                                             │            └────── retry ──────┤
//!                                             └──── once, if it has expired ───┘
//! ```
//!
//! A deadline stands over all that is sent. What is logged is listed in one place: the span of
//! [`Call::spanned`], which holds no URL, no header, no parameter and no body.

use std::error::Error as _;
use std::fmt::{self, Display};
use std::future::ready;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use progenitor_client::encode_path;
use reqwest::header::{ACCEPT, HeaderValue};
use reqwest::{Method, Request, RequestBuilder, StatusCode, Url};
use serde::Serialize;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{Instrument, Span, debug, field, info_span, warn};

use crate::api::Api;
use crate::error::{Error, ErrorKind, one_line};
use crate::id::{Id, Ids};
use crate::operation::Operation;
use crate::redact::Redactor;
use crate::reply::{Judge, Reply};
use crate::response::Response;
use crate::retry::{RetryPolicy, retry_after};
use crate::secret::Secret;
use crate::session::{Login, Session, Sessions};
use crate::untyped::Untyped;
use crate::wire::Lenient;

/// What a client and its clones share. The generated clients hold nothing else.
#[doc(hidden)]
pub struct Core<C>(Arc<Shared<C>>);

pub(crate) struct Shared<C> {
    pub(crate) credentials: C,
    pub(crate) base_url: Url,
    pub(crate) http: reqwest::Client,
    /// The timeout of every call, if it was set.
    pub(crate) timeout: Option<Duration>,
    pub(crate) retry: RetryPolicy,
    pub(crate) max_response_bytes: usize,
    pub(crate) strict: bool,
    pub(crate) sessions: Sessions<C>,
}

/// How long a call may take that nobody has set a timeout for.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// What a call makes of a reply. It keeps what it made to itself.
type Read<'a> = dyn FnMut(&mut Reply) -> Result<(), Error> + Send + 'a;

/// What was set for one call alone. In a box, as it mostly is nothing.
#[doc(hidden)]
#[derive(Clone, Debug, Default)]
pub struct Options(Option<Box<Tuned>>);

#[derive(Clone, Debug, Default)]
struct Tuned {
    timeout: Option<Duration>,
    retry: Option<RetryPolicy>,
}

impl Options {
    pub(crate) fn timeout(&mut self, timeout: Duration) {
        self.0.get_or_insert_default().timeout = Some(timeout);
    }

    pub(crate) fn retry(&mut self, policy: RetryPolicy) {
        self.0.get_or_insert_default().retry = Some(policy);
    }
}

/// What awaiting a generated builder gives.
#[doc(hidden)]
pub type CallFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

impl<C: Api> Core<C> {
    pub(crate) fn new(shared: Shared<C>) -> Self {
        Core(Arc::new(shared))
    }

    pub(crate) fn call(&self, operation: &'static Operation, options: Options) -> Call<'_, C> {
        Call {
            shared: &self.0,
            operation,
            options,
            idempotent: operation.idempotent,
            hidden: Vec::new(),
        }
    }
}

impl<C> Clone for Core<C> {
    fn clone(&self) -> Self {
        Core(Arc::clone(&self.0))
    }
}

impl<C: fmt::Debug> fmt::Debug for Core<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core")
            .field("base_url", &self.0.base_url.as_str())
            .field("credentials", &self.0.credentials)
            .field("timeout", &self.0.timeout)
            .finish_non_exhaustive()
    }
}

/// A body that holds one item, or a list of them.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Body<T> {
    One(T),
    Many(Vec<T>),
}

/// What is wrong with such an id.
const WITH_COMMA: &str = "with a comma, which would be two: give them one by one";

/// One call of one operation, under way.
pub(crate) struct Call<'a, C> {
    shared: &'a Shared<C>,
    operation: &'static Operation,
    options: Options,
    idempotent: bool,
    /// The secrets among its parameters.
    hidden: Vec<Secret>,
}

impl<'a, C: Api> Call<'a, C> {
    /// The URL of a path, its values encoded. The base URL isn't parsed again: its host alone
    /// would take a twentieth of a call.
    pub(crate) fn url(&self, path: &str) -> Url {
        let mut url = self.shared.base_url.clone();
        let base = self.shared.base_url.path().trim_end_matches('/');
        url.set_path(&[base, path].concat());
        url
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.shared.http
    }

    /// The method, which each operation has in its spec.
    pub(crate) fn method(&self) -> Method {
        Method::from_bytes(self.operation.method.as_bytes()).unwrap_or_default()
    }

    /// Takes note of parameters that no error may show, should the server repeat them.
    pub(crate) fn hiding<'s>(
        mut self,
        secrets: impl IntoIterator<Item = Option<&'s Secret>>,
    ) -> Self {
        self.hidden.extend(secrets.into_iter().flatten().cloned());
        self
    }

    fn secrets(&self) -> Vec<&Secret> {
        let credentials = self.shared.credentials.secrets();
        credentials.into_iter().chain(&self.hidden).collect()
    }

    /// A parameter that the call can't be made without.
    pub(crate) fn required<T>(&self, name: &str, value: Option<T>) -> Result<T, Error> {
        value.ok_or_else(|| self.invalid(format!("`{name}` is required and wasn't set")))
    }

    /// A required value as a segment of the path. One that would lead elsewhere is refused: URLs
    /// resolve `..`, servers take an empty segment for the collection, and some decode `%2F` too
    /// early.
    pub(crate) fn path_value(
        &self,
        name: &str,
        value: Option<impl Display>,
    ) -> Result<String, Error> {
        let value = self.required(name, value)?.to_string();
        let unsafe_char = |c: char| c == '/' || c == '\\' || c.is_control();
        if value.is_empty() || value == "." || value == ".." || value.contains(unsafe_char) {
            return Err(self.invalid(format!(
                "`{name}` can't stand in a path: it is empty, `.`, `..`, or holds a slash, a \
                 backslash or a control character"
            )));
        }
        Ok(encode_path(&value))
    }

    /// The same for an id, which a server may take for several.
    pub(crate) fn path_id(&self, name: &str, id: Option<Id>) -> Result<String, Error> {
        let id = self.required(name, id)?;
        let segment = self.path_value(name, Some(&id))?;
        self.ids(name, [&id])?;
        Ok(segment)
    }

    /// The same for ids that share a segment, with commas between them.
    pub(crate) fn path_values(&self, name: &str, ids: Option<Ids>) -> Result<String, Error> {
        let ids = self.required(name, ids)?.into_iter();
        let of_id = |id| self.path_id(name, Some(id));
        let ids = ids.map(of_id).collect::<Result<Vec<_>, _>>()?;
        if ids.is_empty() {
            return Err(self.invalid(format!("`{name}` is a list without an id")));
        }
        Ok(ids.join(","))
    }

    /// Refuses parameters that wouldn't be sent, as `name` makes up the whole body.
    pub(crate) fn alone(&self, name: &str, others: &[(&str, bool)]) -> Result<(), Error> {
        match others.iter().find(|(_, set)| *set) {
            None => Ok(()),
            Some((other, _)) => Err(self.invalid(format!(
                "`{other}` was set beside `{name}`: set what one item has, or give all in `{name}`"
            ))),
        }
    }

    /// Refuses a list of items without one.
    pub(crate) fn some<T>(&self, name: &str, items: &[T]) -> Result<(), Error> {
        match items {
            [] => Err(self.invalid(format!("`{name}` is a list without an item"))),
            _ => Ok(()),
        }
    }

    /// Refuses ids that a server would take for none, or for several.
    pub(crate) fn ids<'i>(
        &self,
        name: &str,
        ids: impl IntoIterator<Item = &'i Id>,
    ) -> Result<(), Error> {
        let wrong = ids.into_iter().find_map(|id| match id {
            Id::Text(text) if text.trim().is_empty() => Some("that is empty"),
            Id::Text(text) if text.contains(',') => Some(WITH_COMMA),
            _ => None,
        });
        match wrong {
            Some(wrong) => Err(self.invalid(format!("`{name}` holds an id {wrong}"))),
            None => Ok(()),
        }
    }

    /// Refuses properties that have a setter of their own, which would be sent twice, and those
    /// without a name.
    pub(crate) fn others<'n>(
        &self,
        known: &[&str],
        others: impl IntoIterator<Item = &'n String>,
    ) -> Result<(), Error> {
        let is_wrong = |name: &&String| name.is_empty() || known.contains(&name.as_str());
        match others.into_iter().find(is_wrong).map(String::as_str) {
            None => Ok(()),
            Some("") => Err(self.invalid("`other` was given a property without a name".to_owned())),
            Some(name) => Err(self.invalid(format!(
                "`{name}` is a property that the spec names: use its own setter"
            ))),
        }
    }

    pub(crate) fn invalid(&self, reason: String) -> Error {
        Error::new(ErrorKind::InvalidRequest)
            .because(reason)
            .of(self.operation.name)
    }

    /// The call with what it sends.
    pub(crate) fn prepared(self, request: RequestBuilder) -> Result<Prepared<'a, C>, Error> {
        let mut request = request.build().map_err(|e| {
            self.invalid("the parameters make no request".to_owned())
                .caused_by(e.without_url())
        })?;
        let body = match request.body_mut().take() {
            None => None,
            Some(body) => {
                let bytes = body.as_bytes().map(Bytes::copy_from_slice);
                let again = || self.invalid("the body can't be sent twice".to_owned());
                Some(bytes.ok_or_else(again)?)
            }
        };
        Ok(Prepared {
            call: self,
            sent: Sent { request, body },
        })
    }

    /// How long it may take: as was said for this call, for this client, or for this operation.
    fn timeout(&self) -> Duration {
        let own = self.options.0.as_ref().and_then(|tuned| tuned.timeout);
        let set = own.or(self.shared.timeout);
        set.or(self.operation.timeout).unwrap_or(TIMEOUT)
    }

    fn retry(&self) -> &RetryPolicy {
        let own = self.options.0.as_ref();
        let own = own.and_then(|tuned| tuned.retry.as_ref());
        own.unwrap_or(&self.shared.retry)
    }

    fn redactor(&self) -> Redactor {
        Redactor::new(&self.secrets())
    }

    /// Makes the call, in a span of its own.
    async fn spanned(&mut self, sent: &Sent, read: &mut Read<'_>) -> Result<(), Error> {
        let span = info_span!(
            "hosting_apis.call",
            operation = self.operation.name,
            method = self.operation.method,
            path = self.operation.path,
            attempts = field::Empty,
            status = field::Empty,
            error = field::Empty,
        );
        let deadline = deadline(self.timeout());
        let exchange = pin!(self.exchange(sent, deadline, read));
        let outcome = exchange.instrument(span.clone()).await;
        record(&span, &outcome);
        outcome.map(|_| ())
    }

    /// Sends the request until its reply can be read, and says how many times that took and what
    /// the reply's status was. All that differs between operations is in `read`, so that this is
    /// compiled once.
    async fn exchange(
        &mut self,
        sent: &Sent,
        deadline: Instant,
        read: &mut Read<'_>,
    ) -> Result<(u32, StatusCode), Error> {
        let mut session = self.session(None, deadline).await?;
        let mut renewed = false;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let request = self.authorized(sent.request(), session.as_deref())?;
            // Credentials in the query make it another.
            let with_query = (request.url() != sent.url()).then(|| request.url().clone());
            let url = with_query.as_ref().unwrap_or(sent.url());
            let attempt = self.attempt(url, self.http().execute(request), read);
            let error = match timeout_at(deadline, attempt).await {
                Ok(Ok(status)) => return Ok((attempts, status)),
                Ok(Err(error)) => error,
                Err(_) => self.too_late(),
            };
            let error = error
                .of(self.operation.name)
                .attempts_were(attempts)
                .without(&self.redactor());
            // A server that doesn't know the session did nothing of what was asked.
            if session.is_some() && !renewed && error.kind() == ErrorKind::Authentication {
                debug!(attempt = attempts, "the session has expired");
                renewed = true;
                session = self.session(session.as_deref(), deadline).await?;
                continue;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let Some(wait) = self.retry().next(self.idempotent, &error, left) else {
                return Err(error);
            };
            debug!(attempt = attempts, error = %error.kind(), wait_ms = wait.as_millis() as u64, "retrying");
            sleep(wait).await;
        }
    }

    fn too_late(&self) -> Error {
        Error::new(ErrorKind::Timeout).because(format!(
            "no whole reply within {:?}, which is the timeout of the call",
            self.timeout()
        ))
    }

    /// The session that the request belongs to, if the credentials are of the kind that log in.
    async fn session(
        &mut self,
        expired: Option<&Session<C>>,
        deadline: Instant,
    ) -> Result<Option<Arc<Session<C>>>, Error> {
        if !self.operation.authorized {
            return Ok(None);
        }
        let Some(login) = self.shared.credentials.login() else {
            return Ok(None);
        };
        let login = || log_in(self.shared, login, self.options.clone(), deadline);
        let attempts = self.retry().max_attempts;
        let session = self.shared.sessions.get(expired, attempts, login);
        let session = timeout_at(deadline, session)
            .await
            .unwrap_or_else(|_| Err(self.too_late().of(self.operation.name)))?;
        let secrets = session.credentials.secrets();
        self.hidden.extend(secrets.into_iter().cloned());
        Ok(Some(session))
    }

    /// The request with its headers and the credentials in it.
    fn authorized(
        &self,
        mut request: Request,
        session: Option<&Session<C>>,
    ) -> Result<Request, Error> {
        // Where no payload is due either: failures are JSON everywhere.
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(ACCEPT, json);
        let credentials = session.map_or(&self.shared.credentials, |session| &session.credentials);
        if self.operation.authorized {
            credentials
                .authorize(&mut request)
                .map_err(|e| e.of(self.operation.name))?;
        }
        Ok(request)
    }

    /// One request and its reply, which is from `url` if no redirect was followed.
    async fn attempt(
        &self,
        url: &Url,
        response: impl Future<Output = reqwest::Result<reqwest::Response>>,
        read: &mut Read<'_>,
    ) -> Result<StatusCode, Error> {
        let mut response = response.await.map_err(exchange_error)?;
        let status = response.status();
        if status.is_redirection() || response.url() != url {
            let reason = "the server redirects, which is never followed; is the base URL right?";
            return Err(Error::new(ErrorKind::UnexpectedResponse)
                .status_is(status)
                .because(reason));
        }
        let headers = mem::take(response.headers_mut());
        let body = body(response, self.shared.max_response_bytes).await;
        let body = body.map_err(|e| e.status_is(status))?;
        let mut reply = Reply::new(self.operation, status, headers, body);
        reply.strict = self.shared.strict;
        match read(&mut reply) {
            Ok(()) => {
                self.warn_of(&reply.unread);
                Ok(status)
            }
            Err(error) => {
                let wait = retry_after(&reply.headers);
                Err(error.status_is(status).retry_after_is(wait))
            }
        }
    }
}

impl<C: Api> Call<'_, C> {
    /// Says what was left out of a payload, by names that the server may have made up.
    fn warn_of(&self, unread: &[String]) {
        if unread.is_empty() {
            return;
        }
        let mut paths = unread.join(", ");
        self.redactor().text(&mut paths);
        warn!(
            unread = one_line(&paths),
            "the reply has values of another form, which are left out"
        );
    }
}

/// A call and what it sends.
pub(crate) struct Prepared<'a, C> {
    call: Call<'a, C>,
    sent: Sent,
}

/// What each attempt of a call sends, but for the credentials: they may be others by then.
struct Sent {
    /// All but the body.
    request: Request,
    body: Option<Bytes>,
}

impl Sent {
    fn url(&self) -> &Url {
        self.request.url()
    }

    /// The request of an attempt. What it has is all that generated code sets: reqwest's own copy
    /// makes a table for a timeout that there is not.
    fn request(&self) -> Request {
        let mut request = Request::new(self.request.method().clone(), self.url().clone());
        request.headers_mut().clone_from(self.request.headers());
        *request.body_mut() = self.body.clone().map(Into::into);
        request
    }
}

/// What sending a generated builder gives: the payload with the reply's status and headers.
pub(crate) async fn send<C, T>(
    prepared: Result<Prepared<'_, C>, Error>,
) -> Result<Response<T>, Error>
where
    C: Api,
    T: for<'de> Lenient<'de> + Send,
{
    let mut prepared = prepared?;
    let mut response: Response<T> = made_of_reply(&mut prepared, |reply, own, made| {
        let mut payload = None;
        reply.read(own, &mut payload)?;
        *made = payload.map(|payload| reply.response(payload));
        Ok(())
    })
    .await?;
    response.redact_unread(|| prepared.call.redactor());
    Ok(response)
}

/// What sending a call without a type gives: its payload as JSON, without what is secret in the
/// request.
pub(crate) async fn send_untyped<C: Api>(
    prepared: Result<Prepared<'_, C>, Error>,
) -> Result<Response<Untyped>, Error> {
    let mut prepared = prepared?;
    let mut response = made_of_reply(&mut prepared, |reply, own, made| {
        let payload = reply.untyped(own)?;
        *made = Some(reply.response(payload));
        Ok(())
    })
    .await?;
    response.redact(&prepared.call.redactor());
    Ok(response)
}

/// What asking a generated builder for JSON gives.
pub(crate) fn json<'a, C: Api>(
    prepared: Result<Prepared<'a, C>, Error>,
) -> CallFuture<'a, Untyped> {
    Box::pin(async { Ok(send_untyped(prepared).await?.into_inner()) })
}

/// What awaiting one gives: the payload alone.
pub(crate) fn payload<'a, C, T>(prepared: Result<Prepared<'a, C>, Error>) -> CallFuture<'a, T>
where
    C: Api,
    T: for<'de> Lenient<'de> + Send + 'a,
{
    match prepared {
        Ok(mut prepared) => Box::pin(async move {
            made_of_reply(&mut prepared, |reply, own, made| reply.read(own, made)).await
        }),
        Err(error) => Box::pin(ready(Err(error))),
    }
}

/// Makes a call, and something of its reply.
async fn made_of_reply<C: Api, T: Send>(
    prepared: &mut Prepared<'_, C>,
    make: fn(&mut Reply, Judge<'_>, &mut Option<T>) -> Result<(), Error>,
) -> Result<T, Error> {
    let mut made = None;
    let Prepared { call, sent } = prepared;
    let credentials = &call.shared.credentials;
    let own = |reply: &Reply, body: &Value| C::judge(reply, body, Some(credentials));
    let read = &mut |reply: &mut Reply| make(reply, &own, &mut made);
    call.spanned(sent, read).await?;
    made.ok_or_else(|| call.invalid("no reply was read".to_owned()))
}

/// Logs in, as one call that other calls may wait for. In a box, since it is a call within a call.
/// A login does no harm if it is repeated: at worst it leaves a token that nobody uses.
fn log_in<'a, C: Api>(
    shared: &'a Shared<C>,
    login: Login<C>,
    options: Options,
    deadline: Instant,
) -> CallFuture<'a, C> {
    Box::pin(async move {
        let call = Call {
            shared,
            operation: login.operation,
            options,
            idempotent: true,
            hidden: Vec::new(),
        };
        let url = call.url(login.operation.path);
        let body = (login.body)(&shared.credentials);
        let request = call.http().post(url).json(&body);
        let Prepared { mut call, sent } = call.prepared(request)?;
        let own = |reply: &Reply, body: &Value| C::judge(reply, body, Some(&shared.credentials));
        let mut credentials = None;
        let mut read = |reply: &mut Reply| {
            reply.judge(&own)?;
            let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
            let envelope = login.operation.envelope.as_ref();
            let message = envelope.and_then(|envelope| body[envelope.message].as_str());
            // What the body holds in place of a token is not for showing.
            let missing = Error::new(ErrorKind::Decode)
                .because("the reply to the login holds no token")
                .message_is(message.map(str::to_owned));
            credentials = (login.credentials)(&login.operation.payload(body));
            credentials.is_some().then_some(()).ok_or(missing)
        };
        call.exchange(&sent, deadline, &mut read).await?;
        credentials.ok_or_else(|| call.invalid("no reply was read".to_owned()))
    })
}

/// When the time is up. `Duration::MAX` is how callers say never, and no `Instant` is that far.
pub(crate) fn deadline(timeout: Duration) -> Instant {
    const NEVER: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
    Instant::now() + timeout.min(NEVER)
}

/// The body, up to the cap and not a byte further.
async fn body(mut response: reqwest::Response, cap: usize) -> Result<Bytes, Error> {
    let too_large = || {
        let reason = format!("the body is larger than the {cap} bytes that the client allows");
        Error::new(ErrorKind::TooLarge).because(reason)
    };
    let announced = response.content_length();
    if announced.is_some_and(|length| length > cap as u64) {
        return Err(too_large());
    }
    // Most come in one piece, which stays as it is.
    let mut first = Bytes::new();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(exchange_error)? {
        let length = first.len() + body.len();
        if length + chunk.len() > cap {
            return Err(too_large());
        }
        if length == 0 {
            first = chunk;
            continue;
        }
        // Doubled as it fills, but to the length that was announced and no further. A length that
        // is only announced takes a mebibyte at most: the cap may be large.
        let more = first.len() + chunk.len();
        if body.capacity() - body.len() < more {
            let doubled = match announced {
                Some(announced) => {
                    let left = (announced as usize).saturating_sub(body.len());
                    left.min(length.max(1 << 20))
                }
                None => length.max(1 << 16),
            };
            body.reserve_exact(doubled.max(more));
        }
        body.extend_from_slice(&mem::take(&mut first));
        body.extend_from_slice(&chunk);
    }
    Ok(if body.is_empty() { first } else { body.into() })
}

/// What reqwest couldn't do, without the URL that its errors carry.
fn exchange_error(error: reqwest::Error) -> Error {
    let kind = match &error {
        e if e.is_connect() => ErrorKind::Connect,
        e if e.is_timeout() => ErrorKind::Timeout,
        e if e.is_builder() => ErrorKind::InvalidRequest,
        _ => ErrorKind::Transport,
    };
    let failure = match innermost(&error) {
        Some(cause) => Error::new(kind).because(cause),
        None => Error::new(kind),
    };
    failure.caused_by(error.without_url())
}

/// What it comes down to, such as "connection refused" or "invalid peer certificate: UnknownIssuer".
/// These are the words of the system, of TLS and of HTTP, and not those of a server.
fn innermost(error: &reqwest::Error) -> Option<String> {
    let mut cause = error.source()?;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let text = cause.to_string();
    Some(match text.split_once(" (os error") {
        Some((words, _)) => words.to_lowercase(),
        None => text,
    })
}

fn record(span: &Span, outcome: &Result<(u32, StatusCode), Error>) {
    match outcome {
        Ok((attempts, status)) => {
            span.record("attempts", attempts);
            span.record("status", status.as_u16());
        }
        Err(error) => {
            span.record("attempts", error.attempts());
            span.record("error", field::display(error.kind()));
            if let Some(status) = error.status() {
                span.record("status", status.as_u16());
            }
        }
    }
}

#[cfg(all(test, feature = "cdnfly"))]
mod tests {
    use std::future::{pending, poll_fn};
    use std::pin::pin;
    use std::task::Poll;

    use super::*;
    use crate::cdnfly::{Credentials, OPERATIONS};

    /// No login is known by the time of the calls that wait for it: it has that of the one that
    /// began it.
    #[tokio::test(start_paused = true)]
    async fn a_call_waits_for_the_login_of_another_no_longer_than_its_own_time() {
        let timeout = Duration::from_secs(30);
        let core = Core::new(Shared {
            credentials: Credentials::login("marta", "p"),
            base_url: Url::parse("http://localhost").unwrap(),
            http: crate::http_client().unwrap(),
            timeout: Some(timeout),
            retry: RetryPolicy::never(),
            max_response_bytes: 0,
            strict: false,
            sessions: Sessions::new(),
        });
        let mut login = pin!(core.0.sessions.get(None, 1, pending));
        let begun = poll_fn(|context| Poll::Ready(login.as_mut().poll(context).is_pending()));
        assert!(begun.await);

        let list_sites = OPERATIONS.iter().find(|o| o.id == "listSites").unwrap();
        let mut call = core.call(list_sites, Options::default());
        let start = Instant::now();
        let outcome = timeout_at(start + timeout * 2, call.session(None, deadline(timeout)));
        let error = outcome.await.expect("it waits for ever").err().unwrap();
        assert_eq!(start.elapsed(), timeout);
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert_eq!(error.operation(), Some("cdnfly.listSites"));
    }

    /// What was said last and nearest counts: for the call, for the client, for the operation.
    #[cfg(feature = "kiwivm")]
    #[test]
    fn a_call_has_its_own_timeout_or_the_client_s_or_the_operation_s() {
        use crate::kiwivm;

        let seconds = Duration::from_secs;
        let of = |id: &str| kiwivm::OPERATIONS.iter().find(|o| o.id == id).unwrap();
        let (slow, usual) = (of("migrateStart"), of("getServiceInfo"));
        for (client, own, operation, timeout) in [
            (None, None, usual, 30),
            (None, None, slow, 600),
            (Some(5), None, slow, 5),
            (Some(5), Some(7), slow, 7),
            (None, Some(7), slow, 7),
        ] {
            let core = Core::new(Shared {
                credentials: kiwivm::Credentials::new(7, "k"),
                base_url: Url::parse("http://localhost").unwrap(),
                http: crate::http_client().unwrap(),
                timeout: client.map(seconds),
                retry: RetryPolicy::never(),
                max_response_bytes: 0,
                strict: false,
                sessions: Sessions::new(),
            });
            let mut options = Options::default();
            if let Some(own) = own {
                options.timeout(seconds(own));
            }
            assert_eq!(core.call(operation, options).timeout(), seconds(timeout));
        }
    }
}
