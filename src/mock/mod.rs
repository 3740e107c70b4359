//! A server on loopback made from the spec of an API, for testing programs that call it.
//!
//! It answers each operation with the spec's example, refuses wrong credentials the way the real
//! server does, checks each request against the spec, and remembers what it was sent. Any
//! operation can be told to answer something else. Of the spec it checks paths, parameters, what is
//! required, types, enums and limits; not patterns, and not formats.
//!
//! ```
//! use hosting_apis::{kiwivm, mock, ErrorKind};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), hosting_apis::Error> {
//! let credentials = kiwivm::Credentials::new(1234567, "private_test");
//! let server = mock::Server::start(credentials.clone()).await?;
//! let client = kiwivm::Client::builder(credentials).base_url(server.base_url()).build()?;
//!
//! // The spec's example.
//! assert!(client.get_service_info().await?.hostname.is_some());
//!
//! // A failure, once.
//! server.answer("restart", mock::Answer::error("788888", "VE is currently locked").times(1))?;
//! assert_eq!(client.restart().await.unwrap_err().kind(), ErrorKind::Locked);
//! assert!(client.restart().await.is_ok());
//!
//! // What was sent.
//! assert_eq!(server.requests().len(), 3);
//! assert!(server.problems().is_empty());
//! # Ok(())
//! # }
//! ```

mod call;
mod check;
mod spec;

use std::collections::{HashMap, VecDeque};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub use call::{Parameters, Payload, decode};
pub use spec::Example;

use crate::api::Api;
use crate::error::{Error, ErrorKind};
use check::Credentials;
use spec::Spec;

/// A server that stands in for that of an API until it is dropped.
pub struct Server {
    server: MockServer,
    state: Arc<State>,
}

/// A server that isn't started yet; [`Server::builder`] makes one.
pub struct ServerBuilder<C> {
    credentials: C,
    port: u16,
    observer: Observer,
}

/// What is called with each exchange.
type Observer = Box<dyn Fn(&Exchange) + Send + Sync>;

/// A request that the server got and answered.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Exchange<'a> {
    /// The request.
    pub request: &'a Received,
    /// The HTTP status of the answer.
    pub status: u16,
    /// Whether the credentials in it were refused, as the real server does that.
    pub refused: bool,
    /// What was wrong with it, by the spec: its part of [`Server::problems`].
    pub problems: &'a [String],
}

/// A request that the server got.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Received {
    /// The spec's id of the operation; none if the request fits no operation.
    pub operation: Option<String>,
    /// The HTTP method.
    pub method: String,
    /// The path and the query, from the base URL on.
    pub path: String,
    /// Names, in lower case, and values of the headers, as they came.
    pub headers: Vec<(String, String)>,
    /// The body, as text.
    pub body: String,
}

/// What an operation answers in place of the spec's example.
#[derive(Clone, Debug)]
pub struct Answer {
    reply: Reply,
    headers: Vec<(String, String)>,
    delay: Duration,
    times: Option<u32>,
}

#[derive(Clone, Debug)]
enum Reply {
    Example,
    Body {
        /// None for that of the operation's success.
        status: Option<u16>,
        body: String,
    },
    Error {
        code: Code,
        message: String,
        details: Value,
    },
}

/// The code of a failure.
#[derive(Clone, Debug)]
enum Code {
    Named(String),
    /// That of this kind, which the spec knows.
    Of(ErrorKind),
}

impl Code {
    fn of(&self, operation: &spec::Operation) -> Option<String> {
        match self {
            Code::Named(code) => Some(code.clone()),
            Code::Of(kind) => operation.code(*kind),
        }
    }
}

impl Answer {
    /// The spec's example, to be combined with a delay or a header.
    pub fn example() -> Self {
        Answer {
            reply: Reply::Example,
            headers: Vec::new(),
            delay: Duration::ZERO,
            times: None,
        }
    }

    /// This JSON body, with the status of the operation's success.
    pub fn json(body: Value) -> Self {
        Answer::body(None, body.to_string())
    }

    /// This status with an empty body.
    pub fn status(status: u16) -> Self {
        Answer::text(status, "")
    }

    /// This status with this body, whatever it is.
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        Answer::body(Some(status), body.into())
    }

    fn body(status: Option<u16>, body: String) -> Self {
        Answer {
            reply: Reply::Body { status, body },
            ..Answer::example()
        }
    }

    /// A failure as the vendor reports it: inside the API's envelope with this code, or, if the
    /// API has none, with the code as HTTP status and a body like that of the spec's example.
    pub fn error(code: impl Into<String>, message: impl Into<String>) -> Self {
        Answer::refusal(Code::Named(code.into()), message.into())
    }

    fn refusal(code: Code, message: String) -> Self {
        let details = Value::Null;
        Answer {
            reply: Reply::Error {
                code,
                message,
                details,
            },
            ..Answer::example()
        }
    }

    /// A failure of this kind, with the code that the spec's table has for it, or, if the API has no
    /// envelope, with the HTTP status that stands for it.
    ///
    /// ```
    /// # use hosting_apis::{ErrorKind, kiwivm, mock};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), hosting_apis::Error> {
    /// # let credentials = kiwivm::Credentials::new(1234567, "private_test");
    /// # let server = mock::Server::start(credentials.clone()).await?;
    /// # let client = kiwivm::Client::builder(credentials).base_url(server.base_url()).build()?;
    /// server.answer("start", mock::Answer::failure(ErrorKind::Locked, "VE is currently locked"))?;
    /// assert_eq!(client.start().await.unwrap_err().code(), Some("788888"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn failure(kind: ErrorKind, message: impl Into<String>) -> Self {
        Answer::refusal(Code::Of(kind), message.into())
    }

    /// Further fields of a failure's body.
    pub fn details(mut self, fields: Value) -> Self {
        if let Reply::Error { details, .. } = &mut self.reply {
            *details = fields;
        }
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Waits before the answer.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Refuses what can't be sent, so that it fails the test that asks for it and not the server.
    fn check(&self, operation: &spec::Operation, code_is_status: bool) -> Result<(), Error> {
        let invalid = |what: String| Err(Error::new(ErrorKind::InvalidRequest).because(what));
        let status = match &self.reply {
            Reply::Body {
                status: Some(status),
                ..
            } => status.to_string(),
            Reply::Error { code, .. } => match code.of(operation) {
                None => {
                    return invalid(
                        "the spec has no code for a failure of this kind; name one with \
                         `Answer::error`"
                            .to_owned(),
                    );
                }
                Some(code) if code_is_status => code,
                Some(_) => "200".to_owned(),
            },
            _ => "200".to_owned(),
        };
        let is_error = code_is_status && matches!(self.reply, Reply::Error { .. });
        let wanted = if is_error { 400..=599 } else { 200..=599 };
        if !status
            .parse()
            .is_ok_and(|status: u16| wanted.contains(&status))
        {
            return invalid(format!(
                "`{status}` is no HTTP status that can be answered here"
            ));
        }
        for (name, value) in &self.headers {
            if HeaderName::try_from(name).is_err() || HeaderValue::try_from(value).is_err() {
                return invalid(format!("`{name}` is no header, or its value can't be one"));
            }
        }
        Ok(())
    }

    /// Answers so this often; then what was set next has its turn, and at last the example.
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }
}

impl<C: Api> ServerBuilder<C> {
    /// The port of the loopback interface; 0, as without this, is any that is free.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Calls this with each exchange, before the answer is sent.
    ///
    /// ```
    /// # use hosting_apis::{kiwivm, mock};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), hosting_apis::Error> {
    /// # let credentials = kiwivm::Credentials::new(1234567, "private_test");
    /// let server = mock::Server::builder(credentials)
    ///     .observe(|it| eprintln!("{} {}: {}", it.request.method, it.request.path, it.status))
    ///     .start()
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn observe(mut self, observer: impl Fn(&Exchange) + Send + Sync + 'static) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// [`Configuration`](ErrorKind::Configuration) if the port isn't free.
    pub async fn start(self) -> Result<Server, Error> {
        let spec = Spec::of::<C>()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).map_err(|e| {
            let reason = match self.port {
                0 => "no port of the loopback interface is free".to_owned(),
                port => format!("port {port} of the loopback interface can't be had"),
            };
            Error::configuration(reason).caused_by(e)
        })?;
        let server = MockServer::builder().listener(listener).start().await;
        let state = Arc::new(State {
            credentials: Credentials::of(&self.credentials, &spec)?,
            spec,
            answers: Mutex::default(),
            log: Mutex::default(),
            observer: self.observer,
        });
        let responder = Responder(Arc::clone(&state));
        Mock::given(any())
            .respond_with(responder)
            .mount(&server)
            .await;
        Ok(Server { server, state })
    }
}

impl Server {
    /// Starts a server that takes these credentials, on any free port.
    ///
    /// # Errors
    ///
    /// [`Configuration`](ErrorKind::Configuration) if no port of the loopback interface is free.
    pub async fn start<C: Api>(credentials: C) -> Result<Server, Error> {
        Server::builder(credentials).start().await
    }

    /// A server that takes these credentials, to be started with settings of your own.
    pub fn builder<C: Api>(credentials: C) -> ServerBuilder<C> {
        ServerBuilder {
            credentials,
            port: 0,
            observer: Box::new(|_| {}),
        }
    }

    /// Where it is: what to give to a client's builder.
    pub fn base_url(&self) -> String {
        format!("{}{}", self.server.uri(), self.state.spec.base_path)
    }

    /// Makes an operation answer something else. Answers with a number of [`times`](Answer::times)
    /// queue up; one without stays until another takes its place.
    ///
    /// # Errors
    ///
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) if the API has no such operation or no code for
    /// such a failure, or HTTP no such status or header.
    pub fn answer(&self, operation: &str, answer: Answer) -> Result<(), Error> {
        let known = self.state.spec.known(operation)?;
        answer.check(known, self.state.spec.envelope.is_none())?;
        let mut answers = locked(&self.state.answers);
        let queue = answers.entry(operation.to_owned()).or_default();
        // One that stays would keep all that come after it from their turn.
        if queue.back().is_some_and(|last| last.times.is_none()) {
            queue.pop_back();
        }
        queue.push_back(answer);
        Ok(())
    }

    /// What the spec gives as example of an operation.
    ///
    /// # Errors
    ///
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) if the API has no such operation.
    pub fn example(&self, operation: &str) -> Result<Example, Error> {
        self.state
            .spec
            .known(operation)
            .map(|operation| operation.example.clone())
    }

    /// Every request so far, in the order in which they came.
    pub fn requests(&self) -> Vec<Received> {
        locked(&self.state.log).requests.clone()
    }

    /// What was wrong with requests, by the spec. A request for no operation was answered with
    /// 404, one that doesn't fit its operation with 400.
    pub fn problems(&self) -> Vec<String> {
        locked(&self.state.log).problems.clone()
    }
}

struct State {
    spec: Spec,
    credentials: Credentials,
    answers: Mutex<HashMap<String, VecDeque<Answer>>>,
    log: Mutex<Log>,
    observer: Observer,
}

#[derive(Default)]
struct Log {
    requests: Vec<Received>,
    problems: Vec<String>,
}

/// A test that panicked elsewhere shouldn't hide what the server saw.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Responder(Arc<State>);

impl Respond for Responder {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let spec = &self.0.spec;
        let path = request.url.path();
        let inside = path.strip_prefix(&*spec.base_path);
        let found = inside.and_then(|path| spec.find(request.method.as_str(), path));
        let path = inside.unwrap_or(path);
        let id = found.as_ref().map(|(operation, _)| operation.id.clone());
        let received = received(request, path, id);
        let mut problems = Vec::new();
        let judged = match found {
            Some((operation, values)) => self.judge(operation, &values, request, &mut problems),
            None => {
                let method = &request.method;
                problems.push(format!("{method} {path}: the API has no such operation"));
                Judged::of(404, ResponseTemplate::new(404))
            }
        };
        (self.0.observer)(&Exchange {
            request: &received,
            status: judged.status,
            refused: judged.refused,
            problems: &problems,
        });
        let mut log = locked(&self.0.log);
        log.requests.push(received);
        log.problems.extend(problems);
        judged.reply
    }
}

/// What a request comes to.
struct Judged {
    /// Whether its credentials are the wrong ones.
    refused: bool,
    /// The status of the reply, which can't be asked for it.
    status: u16,
    reply: ResponseTemplate,
}

impl Judged {
    fn of(status: u16, reply: ResponseTemplate) -> Self {
        Judged {
            refused: false,
            status,
            reply,
        }
    }
}

fn received(request: &Request, path: &str, operation: Option<String>) -> Received {
    let headers = request.headers.iter().map(|(name, value)| {
        (
            name.as_str().to_owned(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    });
    let query = request.url.query().map(|query| format!("?{query}"));
    Received {
        operation,
        method: request.method.to_string(),
        path: format!("{path}{}", query.unwrap_or_default()),
        headers: headers.collect(),
        body: String::from_utf8_lossy(&request.body).into_owned(),
    }
}

impl Responder {
    /// What a request of an operation is answered with.
    fn judge(
        &self,
        operation: &spec::Operation,
        values: &[(String, String)],
        request: &Request,
        problems: &mut Vec<String>,
    ) -> Judged {
        let State {
            spec, credentials, ..
        } = &*self.0;
        let id = &operation.id;
        if credentials.in_url(request) {
            problems.push(format!("{id}: the credentials are in the URL"));
        }
        if !credentials.accepts(operation, request) {
            let (status, reply) = &operation.refusal;
            return Judged {
                refused: true,
                ..Judged::of(*status, body(*status, reply.to_string()))
            };
        }
        let found = check::request(spec, operation, values, request, credentials);
        if !found.is_empty() {
            let answer = json!({ "problems": found }).to_string();
            problems.extend(found.iter().map(|problem| format!("{id}: {problem}")));
            return Judged::of(400, body(400, answer));
        }
        let (status, reply) = self.reply(operation);
        Judged::of(status, reply)
    }

    fn reply(&self, operation: &spec::Operation) -> (u16, ResponseTemplate) {
        let answer = self.next(&operation.id).unwrap_or_else(Answer::example);
        let (status, text) = match answer.reply {
            Reply::Example => {
                let example = &operation.example;
                (example.status, example.reply.as_ref().map(Value::to_string))
            }
            Reply::Body { status, body } => {
                (status.unwrap_or(operation.example.status), Some(body))
            }
            Reply::Error {
                code,
                message,
                details,
            } => {
                // One was found when it was set.
                let code = code.of(operation).unwrap_or_default();
                let (status, fields) = self.error(operation, &code, &message, details);
                (status, Some(fields.to_string()))
            }
        };
        let mut reply = match text {
            Some(text) => body(status, text),
            None => ResponseTemplate::new(status),
        };
        for (name, value) in answer.headers {
            reply = reply.insert_header(name, value);
        }
        (status, reply.set_delay(answer.delay))
    }

    /// The answer whose turn it is.
    fn next(&self, operation: &str) -> Option<Answer> {
        let mut answers = locked(&self.0.answers);
        let queue = answers.get_mut(operation)?;
        while let Some(answer) = queue.front_mut() {
            match &mut answer.times {
                None => return Some(answer.clone()),
                Some(0) => {
                    queue.pop_front();
                }
                Some(times) => {
                    *times -= 1;
                    return Some(answer.clone());
                }
            }
        }
        None
    }

    fn error(
        &self,
        operation: &spec::Operation,
        code: &str,
        message: &str,
        details: Value,
    ) -> (u16, Value) {
        let (status, mut fields) = match &self.0.spec.envelope {
            Some((field, text)) => {
                let code = code
                    .parse::<i64>()
                    .map_or_else(|_| json!(code), |code| json!(code));
                (200, json!({ field.as_str(): code, text.as_str(): message }))
            }
            None => {
                let status = code.parse().unwrap_or(400);
                (status, operation.failure(status, message))
            }
        };
        if let (Value::Object(fields), Value::Object(details)) = (&mut fields, details) {
            fields.extend(details);
        }
        (status, fields)
    }
}

/// A body of JSON, or of whatever a test wants to come in its place.
fn body(status: u16, text: String) -> ResponseTemplate {
    let media = if text.trim_start().starts_with('<') {
        "text/html"
    } else {
        "application/json"
    };
    ResponseTemplate::new(status).set_body_raw(text.into_bytes(), media)
}

pub(crate) fn unknown(operation: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest).because(format!("the API has no operation `{operation}`"))
}
