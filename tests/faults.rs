//! What a call does when something breaks: every fault of the table below, over every API, with a
//! read and with a write that isn't idempotent.
//!
//! The table says of what kind the error is, whether the call is made again, and what the caller
//! learns; the snapshot `faults__matrix` shows all outcomes. The servers repeat what is secret in a
//! call wherever the fault leaves room for it, and no error and no event may show it.

#![cfg(all(
    feature = "mock",
    any(
        feature = "kiwivm",
        feature = "vps-org",
        feature = "cdnfly",
        feature = "boardmate"
    )
))]

mod support;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::error::Error as _;
use std::fmt::{Debug, Write};
use std::io;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hosting_apis::mock::Example;
use hosting_apis::{Error, ErrorKind, Operation, RetryPolicy};
use reqwest::dns::{Name, Resolve, Resolving};
use serde_json::{Value, json};
use support::{Answer, ClosedPort, Request, Server};
use tokio::task::JoinSet;
use tracing::field::{Field, Visit};
use tracing::span;

/// Every secret of these tests holds this, early on.
const MARK: &str = "hush";

/// Where a reply repeats the secrets.
const ECHO: &str = "ECHO";

/// The largest body that the clients take.
const CAP: usize = 1 << 20;

/// How long a call may take where the fault is that it takes too long.
const SHORT: Duration = Duration::from_millis(400);

// ---------------------------------------------------------------------------------------------
// The APIs

struct Subject {
    name: &'static str,
    /// Status and body with which it refuses credentials.
    refusal: (u16, Value),
    /// Its own error, with what a server might repeat in it.
    failure: Value,
    /// A success of its own that is not that of the calls below.
    other: Value,
    read: Call,
    write: Call,
    run: fn(&'static Operation, Value, Setup) -> Outcome,
}

/// A call of which nothing but the outcome counts.
type Outcome = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

#[derive(Clone)]
struct Call {
    operation: &'static Operation,
    parameters: Value,
    /// The reply of the spec's example.
    reply: Value,
    /// Where a number stands in it.
    number: &'static str,
    /// What its requests carry.
    secrets: Vec<String>,
}

struct Setup {
    url: String,
    strict: bool,
    pool: reqwest::Client,
    timeout: Duration,
}

impl Call {
    fn new(
        operations: &'static [Operation],
        id: &str,
        example: Example,
        number: &'static str,
        credentials: &[&str],
        hidden: Value,
    ) -> Self {
        let operation = operations.iter().find(|o| o.id == id).unwrap();
        let mut parameters = example.parameters;
        let mut secrets: Vec<String> = credentials.iter().copied().map(str::to_owned).collect();
        for (name, secret) in hidden.as_object().unwrap() {
            assert!(parameters.get(name).is_some(), "{id} has no `{name}`");
            parameters[name] = secret.clone();
            secrets.extend(secret.as_str().map(str::to_owned));
        }
        let reply = example.reply.unwrap();
        assert!(reply.pointer(number).is_some(), "{id} has no {number}");
        Call {
            operation,
            parameters,
            reply,
            number,
            secrets,
        }
    }
}

/// The APIs, each with a read and a write, and where their replies have a number.
macro_rules! subjects {
    ($(
        $feature:literal: $api:ident, $credentials:expr, hiding: $secrets:expr,
        read: $read:literal $read_number:literal,
        write: $write:literal $write_number:literal $parameters:tt,
        refuses: $status:literal $refusal:tt, fails: $failure:tt, other: $other:tt;
    )*) => {
        async fn subjects() -> Vec<Subject> {
            let mut subjects = Vec::new();
            $(
                #[cfg(feature = $feature)]
                {
                    use hosting_apis::$api::{Client, Credentials, OPERATIONS};

                    let server = hosting_apis::mock::Server::start($credentials).await.unwrap();
                    let call = |id, number, hidden| {
                        let example = server.example(id).unwrap();
                        Call::new(OPERATIONS, id, example, number, &$secrets, hidden)
                    };
                    subjects.push(Subject {
                        name: stringify!($api),
                        refusal: ($status, json!($refusal)),
                        failure: json!($failure),
                        other: json!($other),
                        read: call($read, $read_number, json!({})),
                        write: call($write, $write_number, json!($parameters)),
                        run: |operation, parameters, setup| {
                            let mut policy = RetryPolicy::default();
                            policy.base_delay = Duration::ZERO;
                            policy.max_retry_after = Duration::from_millis(1);
                            let client = Client::builder($credentials)
                                .base_url(setup.url)
                                .http_client(setup.pool)
                                .timeout(setup.timeout)
                                .max_response_bytes(CAP)
                                .retry(policy)
                                .strict(setup.strict)
                                .allow_insecure_http()
                                .build()
                                .unwrap();
                            Box::pin(async move {
                                let reply = client.call(operation.id, parameters).await;
                                reply.map(drop)
                            })
                        },
                    });
                }
            )*
            subjects
        }
    };
}

// With characters that JSON, forms and PHP write in more than one way, and lines.
const KEY: &str = r#"key_hush/of+the"call"#;
#[allow(dead_code, reason = "an API alone may do without")]
const OTHER_KEY: &str = r#"secret_hush/of+the"call"#;
#[allow(dead_code, reason = "an API alone may do without")]
const PARAMETER: &str = "hush, not a word\nof what's in \"here\"/there";

subjects! {
    "kiwivm": kiwivm, Credentials::new(51, KEY), hiding: [KEY],
        read: "getServiceInfo" "/plan_ram",
        write: "reinstallOS" "/sshPort" {},
        refuses: 200 {"error": 700005, "message": "No: ECHO"},
        fails: {"error": 756130, "message": "No: ECHO", "additionalErrorInfo": {"ECHO": ["ECHO"]}},
        other: {"error": 0, "message": "No: ECHO", "rows": ["ECHO"]};
    "vps-org": vps_org, Credentials::token(KEY), hiding: [KEY],
        read: "getDomain" "/days_until_expiration",
        write: "transferDomain" "/id" {"auth_code": PARAMETER},
        refuses: 401 {"detail": "No: ECHO"},
        fails: {"detail": "No: ECHO"},
        other: {"rows": ["ECHO"]};
    "cdnfly": cdnfly, Credentials::api_key(KEY, OTHER_KEY), hiding: [KEY, OTHER_KEY],
        read: "getSite" "/data/id",
        write: "createCert" "/data" {"key": PARAMETER},
        refuses: 200 {"code": "login_required", "msg": "No: ECHO"},
        fails: {"code": "site-30", "msg": "No: ECHO", "data": {"ECHO": "ECHO"}},
        other: {"code": 0, "msg": "No: ECHO", "rows": ["ECHO"]};
    "boardmate": boardmate, Credentials::key(KEY), hiding: [KEY],
        read: "getUser" "/money",
        write: "setCode" "/money" {},
        refuses: 403 {"code": 403, "message": "No: ECHO"},
        fails: {"status": "error", "message": "No: ECHO"},
        other: {"rows": ["ECHO"]};
}

// ---------------------------------------------------------------------------------------------
// The faults

struct Fault {
    name: String,
    place: Place,
    expected: Expected,
    /// The APIs that judge it otherwise.
    otherwise: Vec<(&'static str, Calls, Expected)>,
    /// Whether it takes all the time that the call has.
    late: bool,
    /// Whether a call that succeeds is made first, on the same connection.
    warm: bool,
    /// Whether the client takes what it can't read for an error.
    strict: bool,
}

/// Of which calls of an API something holds.
#[derive(Clone, Copy, PartialEq)]
enum Calls {
    Both,
    Write,
}

enum Place {
    ClosedPort,
    UnknownName,
    #[cfg(feature = "rustls")]
    UntrustedCertificate,
    Server(Box<dyn Fn(&Case) -> Answer>),
}

/// What the caller is to see.
#[derive(Clone, Debug)]
struct Expected {
    /// None if the call succeeds.
    kind: Option<ErrorKind>,
    repeated: Repeated,
    status: Option<u16>,
    code: Option<&'static str>,
    message: Option<&'static str>,
    retry_after: Option<RangeInclusive<u64>>,
    /// Whether the beginning of the body is kept.
    body: bool,
    /// A part of what is displayed.
    says: &'static str,
}

#[derive(Clone, Copy, Debug)]
enum Repeated {
    Never,
    /// If the operation is idempotent.
    IfHarmless,
    /// Nothing left.
    Always,
}

fn fails(kind: ErrorKind, says: &'static str) -> Expected {
    Expected {
        kind: Some(kind),
        repeated: Repeated::Never,
        status: None,
        code: None,
        message: None,
        retry_after: None,
        body: matches!(kind, ErrorKind::Decode | ErrorKind::UnexpectedResponse),
        says,
    }
}

fn succeeds() -> Expected {
    Expected {
        kind: None,
        ..fails(ErrorKind::Api, "")
    }
}

impl Expected {
    fn repeated(self, repeated: Repeated) -> Self {
        Expected { repeated, ..self }
    }

    fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    fn body(self, body: bool) -> Self {
        Expected { body, ..self }
    }

    /// That of the API's own error.
    fn with_message(mut self) -> Self {
        self.message = Some("No: [redacted]");
        self
    }

    fn attempts(&self, operation: &Operation) -> u32 {
        match self.repeated {
            Repeated::Always => 3,
            Repeated::IfHarmless if operation.idempotent => 3,
            _ => 1,
        }
    }
}

/// One call that meets a fault.
struct Case<'a> {
    subject: &'a Subject,
    call: &'a Call,
    /// A server that nobody is to be led to.
    elsewhere: &'a str,
}

impl Case<'_> {
    /// The secrets as a server might repeat them in a text.
    fn echo(&self) -> String {
        self.call.secrets.join(" ")
    }

    /// A head that repeats the secrets, up to the empty line.
    fn head(&self, status: u16, headers: &str) -> String {
        let echo = self.echo().replace('\n', " ");
        format!("HTTP/1.1 {status} {echo}\r\nx-echo: {echo}\r\n{headers}")
    }

    fn reply(&self, status: u16, headers: &str, body: impl AsRef<[u8]>) -> Answer {
        let body = body.as_ref();
        let length = format!("{headers}content-length: {}\r\n\r\n", body.len());
        Answer::Send([self.head(status, &length).as_bytes(), body].concat())
    }

    /// JSON that repeats the secrets.
    fn json(&self, json: &Value) -> String {
        let echo = Value::from(self.echo()).to_string();
        json.to_string().replace(ECHO, &echo[1..echo.len() - 1])
    }

    /// The example's reply with something else in place of a number.
    fn with_number(&self, number: &[u8]) -> Vec<u8> {
        let mut reply = self.call.reply.clone();
        *reply.pointer_mut(self.call.number).unwrap() = json!("NUMBER");
        let reply = reply.to_string();
        let (before, after) = reply.split_once("\"NUMBER\"").unwrap();
        [before.as_bytes(), number, after.as_bytes()].concat()
    }

    /// The example's reply with one of its fields twice.
    fn with_field_twice(&self) -> String {
        let name = self.call.number.split('/').nth(1).unwrap();
        let field = json!({ name: self.call.reply[name] }).to_string();
        let reply = self.call.reply.to_string();
        format!("{},{}", &field[..field.len() - 1], &reply[1..])
    }
}

/// The table.
fn faults() -> Vec<Fault> {
    use ErrorKind::*;
    use Repeated::{Always, IfHarmless};

    let mut faults = vec![
        Fault::new(
            "connection refused",
            Place::ClosedPort,
            fails(Connect, "no connection: connection refused").repeated(Always),
        ),
        Fault::new(
            "name that doesn't resolve",
            Place::UnknownName,
            fails(Connect, "no connection: no such name").repeated(Always),
        ),
        #[cfg(feature = "rustls")]
        Fault::new(
            "certificate that isn't trusted",
            Place::UntrustedCertificate,
            fails(Connect, "invalid peer certificate").repeated(Always),
        ),
        Fault::answer(
            "reset before the head",
            |_| Answer::SendAndReset(Vec::new()),
            fails(Transport, "connection reset").repeated(IfHarmless),
        ),
        Fault::answer(
            "reset before the head, on a connection in use",
            |_| Answer::SendAndReset(Vec::new()),
            fails(Transport, "connection reset").repeated(IfHarmless),
        )
        .warm(),
        Fault::answer(
            "reset in the head",
            |case| Answer::SendAndReset(case.head(200, "").into()),
            fails(Transport, "connection reset").repeated(IfHarmless),
        ),
        Fault::answer(
            "reset after the head",
            |case| Answer::SendAndReset(case.head(200, "content-length: 99\r\n\r\n").into()),
            fails(Transport, "connection reset")
                .status(200)
                .repeated(IfHarmless),
        ),
        Fault::answer(
            "closed before the head",
            |_| Answer::SendAndClose(Vec::new()),
            fails(Transport, "connection closed").repeated(IfHarmless),
        ),
        Fault::answer(
            "closed in the head",
            |case| Answer::SendAndClose(case.head(200, "").into()),
            fails(Transport, "connection closed").repeated(IfHarmless),
        ),
        Fault::answer(
            "no HTTP",
            |case| Answer::SendAndClose(format!("SSH-2.0-{}\r\n\r\n", case.echo()).into()),
            fails(Transport, "invalid HTTP").repeated(IfHarmless),
        ),
        Fault::answer(
            "body cut off, with a content-length",
            |case| {
                let body = case.json(&json!([ECHO]));
                let length = format!("content-length: {}\r\n\r\n", body.len() + 1);
                Answer::SendAndClose((case.head(200, &length) + &body).into())
            },
            fails(Transport, "end of file")
                .status(200)
                .repeated(IfHarmless),
        ),
        // Nobody can tell it from a whole body that is no JSON.
        Fault::answer(
            "body cut off, without a content-length",
            |case| {
                let (echo, reply) = (
                    case.json(&json!({ ECHO: ECHO })),
                    case.call.reply.to_string(),
                );
                let begun = format!("{},{}", &echo[..echo.len() - 1], &reply[1..reply.len() - 2]);
                Answer::SendAndClose((case.head(200, "\r\n") + &begun).into())
            },
            fails(Decode, "EOF while parsing").status(200),
        )
        .of("kiwivm", fails(Decode, "breaks off").status(200))
        .of("cdnfly", fails(Decode, "breaks off").status(200)),
        Fault::answer(
            "body cut off, chunked",
            |case| {
                let head = case.head(200, "transfer-encoding: chunked\r\n\r\n");
                Answer::SendAndClose((head + "ff\r\n" + &case.echo()).into())
            },
            fails(Transport, "end of file")
                .status(200)
                .repeated(IfHarmless),
        ),
        Fault::answer(
            "body cut off between two chunks",
            |case| {
                let head = case.head(200, "transfer-encoding: chunked\r\n\r\n");
                Answer::SendAndClose((head + "2\r\n{}\r\n").into())
            },
            fails(Transport, "unexpected EOF")
                .status(200)
                .repeated(IfHarmless),
        ),
        Fault::answer(
            "head that never ends",
            |case| Answer::Drip {
                first: case.head(200, "x-more: ").into(),
                then: [b'x'; 4096].into(),
                pause: Duration::ZERO,
            },
            fails(Transport, "head is too large").repeated(IfHarmless),
        ),
        Fault::answer("no answer", |_| Answer::Silence, too_late()).late(),
        Fault::answer(
            "interim heads that never end",
            |case| Answer::Drip {
                first: Vec::new(),
                then: (case.head(103, "\r\n")).into(),
                pause: Duration::ZERO,
            },
            too_late(),
        )
        .late(),
        Fault::answer(
            "head that trickles past the deadline",
            |case| Answer::Drip {
                first: case.head(200, "x-more: ").into(),
                then: b"x".into(),
                pause: Duration::from_millis(20),
            },
            too_late(),
        )
        .late(),
        Fault::answer(
            "body that trickles past the deadline",
            |case| Answer::Drip {
                first: case.head(200, "content-length: 9999\r\n\r\n").into(),
                then: b" ".into(),
                pause: Duration::from_millis(20),
            },
            too_late(),
        )
        .late(),
        Fault::answer(
            "empty body",
            |case| case.reply(200, "", ""),
            fails(Decode, "the body is empty").status(200),
        ),
    ];
    for (status, kind) in [
        (200, UnexpectedResponse),
        (400, UnexpectedResponse),
        (401, Authentication),
        (403, PermissionDenied),
        (404, UnexpectedResponse),
        (409, UnexpectedResponse),
        (429, RateLimited),
        (500, ErrorKind::Server),
        (502, ErrorKind::Server),
        (503, ErrorKind::Server),
        (504, ErrorKind::Server),
    ] {
        let repeated = match status {
            429 | 502.. => IfHarmless,
            _ => Repeated::Never,
        };
        let text = match status {
            200 => fails(Decode, "JSON"),
            _ => fails(
                kind,
                "text, and not the API's own: no healthy upstream [redacted]",
            ),
        };
        let text = text.status(status).body(true).repeated(repeated);
        let fault = Fault::answer(
            &format!("text with {status}"),
            move |case| {
                let text = format!("no healthy upstream {}", case.echo());
                case.reply(status, "content-type: text/plain\r\n", text)
            },
            text,
        );
        faults.push(fault);
        faults.push(Fault::answer(
            &format!("HTML with {status}"),
            move |case| {
                let page = format!("<!doctype html><title>{}</title>", case.echo());
                case.reply(status, "content-type: text/html\r\n", page)
            },
            fails(kind, "HTML page")
                .status(status)
                .body(true)
                .repeated(repeated),
        ));
    }
    let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3600));
    for (name, value, seconds) in [
        ("in seconds", "7".to_owned(), Some(7..=7)),
        ("as a date", date, Some(3500..=3600)),
        ("of ages", u64::MAX.to_string(), Some(u64::MAX..=u64::MAX)),
        ("absurd", "-1e9 soon".to_owned(), None),
        ("absent", String::new(), None),
    ] {
        let header = match name {
            "absent" => String::new(),
            _ => format!("retry-after: {value}\r\n"),
        };
        let expected = |code: Option<&'static str>| Expected {
            code,
            retry_after: seconds.clone(),
            ..fails(RateLimited, "No: ")
                .status(429)
                .with_message()
                .repeated(IfHarmless)
        };
        faults.push(
            Fault::answer(
                &format!("429, Retry-After {name}"),
                move |case| case.reply(429, &header, case.json(&case.subject.failure)),
                expected(None),
            )
            .of("kiwivm", expected(Some("756130")))
            .of("cdnfly", expected(Some("site-30")))
            .of("boardmate", expected(Some("error"))),
        );
    }
    for status in [301, 302, 307, 308] {
        faults.push(Fault::answer(
            &format!("{status} to another host"),
            move |case| {
                let echo = serde_urlencoded::to_string([(ECHO, case.echo())]).unwrap();
                let location = format!("location: {}/?{echo}\r\n", case.elsewhere);
                case.reply(status, &location, case.echo())
            },
            fails(UnexpectedResponse, "redirects, which is never followed").status(status),
        ));
    }
    faults.extend([
        // No gzip is asked for.
        Fault::answer(
            "gzip",
            |case| {
                let gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\xff";
                let body = [gzip, case.echo().as_bytes()].concat();
                case.reply(200, "content-encoding: gzip\r\n", body)
            },
            fails(Decode, "expected value").status(200),
        )
        .of("kiwivm", fails(Decode, "no JSON").status(200))
        .of("cdnfly", fails(Decode, "no JSON").status(200)),
        Fault::answer(
            "body over the cap, with a content-length",
            |case| {
                let length = format!("content-length: {}\r\n\r\n", CAP + 1);
                Answer::Send((case.head(200, &length) + &case.echo()).into())
            },
            fails(TooLarge, "1048576 bytes").status(200),
        ),
        Fault::answer(
            "body over the cap, without a content-length",
            |case| {
                let head = case.head(200, "transfer-encoding: chunked\r\n\r\n");
                Answer::Drip {
                    first: head.into(),
                    then: [b"1000\r\n".as_slice(), &[b'x'; 0x1000], b"\r\n"].concat(),
                    pause: Duration::ZERO,
                }
            },
            fails(TooLarge, "1048576 bytes").status(200),
        ),
        Fault::answer(
            "JSON of another shape",
            |case| case.reply(200, "", case.json(&json!([ECHO, { ECHO: ECHO }]))),
            fails(Decode, "object").status(200),
        ),
        Fault::answer(
            "another success of the API's",
            |case| case.reply(200, "", case.json(&case.subject.other)),
            fails(Decode, "none of the properties").status(200),
        )
        .of(
            "kiwivm",
            fails(Decode, "none of the properties")
                .status(200)
                .with_message(),
        )
        .of(
            "cdnfly",
            fails(Decode, "missing field `data`")
                .status(200)
                .with_message(),
        ),
        Fault::answer(
            "a success of another API's",
            |case| {
                case.reply(
                    200,
                    "",
                    case.json(&json!({"success": true, "result": [ECHO]})),
                )
            },
            fails(Decode, "none of the properties").status(200),
        )
        .of("kiwivm", fails(Decode, "no `error`").status(200))
        .of("cdnfly", fails(Decode, "no `code`").status(200)),
        Fault::answer(
            "404 of another API's",
            |case| {
                case.reply(
                    404,
                    "",
                    case.json(&json!({"message": "no Route", "of": ECHO})),
                )
            },
            fails(UnexpectedResponse, "isn't the API's own").status(404),
        )
        .of(
            "boardmate",
            fails(UnexpectedResponse, "isn't the dashboard's own").status(404),
        ),
        Fault::answer(
            "JSON with a field of another shape",
            of_another_shape,
            succeeds(),
        )
        .of_write("cdnfly", no_id("at data: ")),
        Fault::answer(
            "JSON with a field of another shape, strict",
            of_another_shape,
            fails(Decode, "expected ").status(200),
        )
        .of_write("cdnfly", no_id("expected "))
        .strict(),
        Fault::answer(
            "JSON nested 100,000 deep",
            |case| case.reply(200, "", "[".repeat(100_000) + &"]".repeat(100_000)),
            fails(Decode, "object").status(200),
        ),
        Fault::answer(
            "JSON with a field nested 100,000 deep",
            |case| {
                let deep = "[".repeat(100_000) + &"]".repeat(100_000);
                case.reply(200, "", case.with_number(deep.as_bytes()))
            },
            fails(Decode, "expected ").status(200),
        ),
        Fault::answer(
            "JSON with invalid UTF-8",
            |case| {
                let echo = Value::from(case.echo()).to_string();
                let text = [&echo.as_bytes()[..echo.len() - 1], b"\xff\xfe\""].concat();
                case.reply(200, "", case.with_number(&text))
            },
            fails(Decode, "invalid unicode").status(200),
        ),
        Fault::answer(
            "JSON with an integer beyond 64 bits",
            |case| case.reply(200, "", case.with_number(b"36893488147419103232")),
            succeeds(),
        )
        .of_write("cdnfly", no_id("expected ")),
        Fault::answer(
            "JSON with a number beyond all floats",
            |case| case.reply(200, "", case.with_number(b"1e999")),
            fails(Decode, "number out of range").status(200),
        ),
        Fault::answer(
            "JSON with a field twice",
            |case| case.reply(200, "", case.with_field_twice()),
            fails(Decode, "duplicate field").status(200),
        )
        .of_write("cdnfly", no_id("duplicate field")),
        Fault::answer(
            "credentials that the API refuses",
            |case| {
                let (status, body) = &case.subject.refusal;
                case.reply(*status, "", case.json(body))
            },
            fails(Authentication, "No: ").status(200).with_message(),
        )
        .of(
            "kiwivm",
            fails(Authentication, "No: ")
                .status(200)
                .code("700005")
                .with_message(),
        )
        .of(
            "vps_org",
            fails(Authentication, "No: ").status(401).with_message(),
        )
        .of(
            "cdnfly",
            fails(Authentication, "No: ")
                .status(200)
                .code("login_required")
                .with_message(),
        )
        .of(
            "boardmate",
            fails(Authentication, "No: ")
                .status(403)
                .code("403")
                .with_message(),
        ),
        Fault::answer(
            "the API's own error with 200",
            |case| case.reply(200, "", case.json(&case.subject.failure)),
            fails(Api, "No: ").status(200).with_message(),
        )
        .of(
            "kiwivm",
            fails(Api, "No: ").status(200).code("756130").with_message(),
        )
        .of(
            "cdnfly",
            fails(Api, "No: ")
                .status(200)
                .code("site-30")
                .with_message(),
        )
        .of(
            "boardmate",
            fails(ErrorKind::Server, "No: ")
                .status(200)
                .code("error")
                .with_message(),
        ),
    ]);
    for (status, repeated) in [(500, Repeated::Never), (503, IfHarmless)] {
        let expected = || {
            fails(ErrorKind::Server, "No: ")
                .status(status)
                .with_message()
                .repeated(repeated)
        };
        faults.push(
            Fault::answer(
                &format!("the API's own error with {status}"),
                move |case| case.reply(status, "", case.json(&case.subject.failure)),
                expected(),
            )
            .of("kiwivm", expected().code("756130"))
            .of("cdnfly", expected().code("site-30"))
            .of("boardmate", expected().code("error")),
        );
    }
    faults
}

/// A creation that says success and nothing of what was made.
fn no_id(says: &'static str) -> Expected {
    Expected {
        message: Some("证书添加成功"),
        ..fails(ErrorKind::Decode, says).status(200)
    }
}

fn of_another_shape(case: &Case) -> Answer {
    let field = case.json(&json!({ ECHO: [ECHO] }));
    case.reply(200, "", case.with_number(field.as_bytes()))
}

fn too_late() -> Expected {
    fails(ErrorKind::Timeout, "no whole reply within 400ms")
}

impl Fault {
    fn new(name: &str, place: Place, expected: Expected) -> Self {
        Fault {
            name: name.to_owned(),
            place,
            expected,
            otherwise: Vec::new(),
            late: false,
            warm: false,
            strict: false,
        }
    }

    fn answer(name: &str, answer: impl Fn(&Case) -> Answer + 'static, expected: Expected) -> Self {
        Fault::new(name, Place::Server(Box::new(answer)), expected)
    }

    fn of(mut self, api: &'static str, expected: Expected) -> Self {
        self.otherwise.push((api, Calls::Both, expected));
        self
    }

    fn of_write(mut self, api: &'static str, expected: Expected) -> Self {
        self.otherwise.push((api, Calls::Write, expected));
        self
    }

    fn late(self) -> Self {
        Fault { late: true, ..self }
    }

    fn strict(self) -> Self {
        Fault {
            strict: true,
            ..self
        }
    }

    fn warm(self) -> Self {
        Fault { warm: true, ..self }
    }

    fn expected(&self, api: &str, is_write: bool) -> Expected {
        let is_it = |(name, calls, _): &&(&str, Calls, Expected)| {
            *name == api && (is_write || *calls == Calls::Both)
        };
        let found = self.otherwise.iter().find(is_it);
        found
            .map_or(&self.expected, |(_, _, expected)| expected)
            .clone()
    }

    /// Meets the fault, later.
    fn meet(&self, case: &Case, pools: &Pools) -> Pin<Box<dyn Future<Output = Met> + Send>> {
        let Case { subject, call, .. } = case;
        let strict = self.strict;
        let setup = |url: String, pool: &reqwest::Client| Setup {
            url,
            strict,
            pool: pool.clone(),
            timeout: if self.late {
                SHORT
            } else {
                Duration::from_secs(30)
            },
        };
        let (run, call) = (subject.run, (*call).clone());
        let Call {
            operation,
            parameters,
            reply,
            ..
        } = call;
        match &self.place {
            Place::ClosedPort => {
                let port = ClosedPort::new();
                let outcome = run(operation, parameters, setup(port.url(), &pools.usual));
                Box::pin(async move {
                    let _closed = port;
                    Met::by(outcome.await, Vec::new())
                })
            }
            Place::UnknownName => {
                let setup = setup("http://panel.invalid".to_owned(), &pools.without_names);
                let outcome = run(operation, parameters, setup);
                Box::pin(async move { Met::by(outcome.await, Vec::new()) })
            }
            #[cfg(feature = "rustls")]
            Place::UntrustedCertificate => {
                let setup = setup(String::new(), &pools.with_tls);
                Box::pin(async move {
                    let server = Server::always(support::json(200, &reply.to_string())).await;
                    let url = tls::front(&server, &tls::certificate("127.0.0.1")).await;
                    let outcome = run(operation, parameters, Setup { url, ..setup }).await;
                    Met::by(outcome, server.requests())
                })
            }
            Place::Server(answer) => {
                let fault = answer(case);
                let fine = support::json(200, &reply.to_string());
                let endless = matches!(fault, Answer::Drip { .. } | Answer::Silence);
                let warm = self.warm;
                let answers = match warm {
                    true => vec![fine, fault],
                    false => vec![fault],
                };
                let setup = setup(String::new(), &pools.usual);
                Box::pin(async move {
                    let server = Server::in_turn(answers).await;
                    let setup = || Setup {
                        url: server.url(),
                        pool: setup.pool.clone(),
                        ..setup
                    };
                    if warm {
                        run(operation, parameters.clone(), setup()).await.unwrap();
                    }
                    let outcome = run(operation, parameters, setup()).await;
                    if endless {
                        server.hung_up_on().await;
                    }
                    let mut requests = server.requests();
                    if warm {
                        // The second call began on the connection of the first.
                        assert_eq!(requests[1].connection, 0);
                        requests.remove(0);
                    }
                    Met::by(outcome, requests)
                })
            }
        }
    }
}

/// What came of a call.
struct Met {
    outcome: Result<(), Error>,
    requests: Vec<Request>,
}

impl Met {
    fn by(outcome: Result<(), Error>, requests: Vec<Request>) -> Self {
        Met { outcome, requests }
    }
}

struct Pools {
    usual: reqwest::Client,
    /// The same without the proxy that the environment may name.
    #[cfg(feature = "rustls")]
    with_tls: reqwest::Client,
    /// One to which no name is known.
    without_names: reqwest::Client,
}

impl Pools {
    fn new() -> Self {
        let plain = || reqwest::Client::builder().no_proxy();
        let without_names = plain().dns_resolver(Arc::new(NoName));
        Pools {
            usual: hosting_apis::http_client().unwrap(),
            #[cfg(feature = "rustls")]
            with_tls: plain().build().unwrap(),
            without_names: without_names.build().unwrap(),
        }
    }
}

struct NoName;

impl Resolve for NoName {
    fn resolve(&self, _: Name) -> Resolving {
        let unknown = io::Error::other("no such name");
        Box::pin(async { Err(unknown.into()) })
    }
}

// ---------------------------------------------------------------------------------------------
// The matrix

#[tokio::test]
async fn every_fault_has_its_outcome_for_every_api() {
    begin_trace();
    let elsewhere = Server::always(support::json(200, "{}")).await;
    let elsewhere_url = elsewhere.url();
    let (subjects, pools) = (subjects().await, Pools::new());
    let faults = faults();
    let mut met = BTreeMap::new();
    // What takes all its time comes last, when there is nothing else to do.
    let late = |fault: &&Fault| fault.late;
    let mut waves: Vec<Vec<(usize, usize)>> = Vec::new();
    let of = |chosen: &dyn Fn(&&Fault) -> bool, api: usize| -> Vec<(usize, usize)> {
        let numbered = faults.iter().enumerate();
        let chosen = numbered.filter(|(_, fault)| chosen(fault));
        chosen.map(|(fault, _)| (fault, api)).collect()
    };
    for api in 0..subjects.len() {
        waves.push(of(&|fault| !late(fault), api));
    }
    waves.push((0..subjects.len()).flat_map(|api| of(&late, api)).collect());
    for wave in waves {
        let mut calls = JoinSet::new();
        for (fault, api) in wave {
            let subject = &subjects[api];
            for (is_write, call) in [(false, &subject.read), (true, &subject.write)] {
                let elsewhere = &*elsewhere_url;
                let case = Case {
                    subject,
                    call,
                    elsewhere,
                };
                let meeting = faults[fault].meet(&case, &pools);
                calls.spawn(async move { ((fault, api, is_write), meeting.await) });
            }
        }
        met.extend(calls.join_all().await);
    }

    let mut wrong = Vec::new();
    let mut retries = 0;
    for (&(fault, api, is_write), met) in &met {
        let (fault, subject) = (&faults[fault], &subjects[api]);
        let call = [&subject.read, &subject.write][usize::from(is_write)];
        assert_eq!(call.operation.idempotent, !is_write, "{}", subject.name);
        retries += met
            .outcome
            .as_ref()
            .map_or_else(|e| e.attempts() - 1, |()| 0);
        let expected = fault.expected(subject.name, is_write);
        for what in differences(&expected, call, met) {
            wrong.push(format!("{}, {}: {what}", fault.name, call.operation.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(elsewhere.requests().len(), 0, "a redirect was followed");
    assert_trace_hides_all(retries);

    if cfg!(all(
        feature = "kiwivm",
        feature = "vps-org",
        feature = "cdnfly",
        feature = "boardmate",
        feature = "rustls"
    )) {
        let mut lines = format!(
            "{:<47} {:<9} {:<18} {:<5} {:<4} what the caller learns\n",
            "fault", "API", "kind", "again", "sent"
        );
        for ((number, fault), (api, subject)) in faults
            .iter()
            .enumerate()
            .flat_map(|fault| subjects.iter().enumerate().map(move |api| (fault, api)))
        {
            let of = |is_write| &met[&(number, api, is_write)];
            writeln!(lines, "{}", line(fault, subject, of(false), of(true))).unwrap();
        }
        insta::assert_snapshot!("matrix", lines);
    }
}

/// Where the outcome isn't the expected one.
fn differences(expected: &Expected, call: &Call, met: &Met) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut due = |holds: bool, what: &str, found: &dyn Debug| {
        if !holds {
            wrong.push(format!("{what}, found {found:?}"));
        }
    };
    let Met { outcome, requests } = met;
    let sent = requests.len();
    if !call.operation.idempotent {
        due(sent <= 1, "a write is sent once", &sent);
    }
    for request in requests {
        let Request { target, body, .. } = request;
        due(!target.contains(MARK), "a URL holds no secret", target);
        due(
            format!("{request:?}").contains(MARK),
            "every request is authorized",
            request,
        );
        due(
            *body == requests[0].body,
            "every attempt sends the same",
            body,
        );
    }
    let error = match (outcome, expected.kind) {
        (Ok(()), None) => {
            due(sent == 1, "one request", &sent);
            return wrong;
        }
        (Ok(()), Some(kind)) => {
            due(false, &format!("{kind:?}"), outcome);
            return wrong;
        }
        (Err(error), kind) => {
            due(kind == Some(error.kind()), &format!("{kind:?}"), error);
            error
        }
    };
    let attempts = expected.attempts(call.operation);
    due(
        error.attempts() == attempts,
        &format!("{attempts} attempts"),
        &error.attempts(),
    );
    let arrives = !matches!(expected.repeated, Repeated::Always);
    let requests_due = if arrives { attempts as usize } else { 0 };
    due(
        sent == requests_due,
        &format!("{requests_due} requests"),
        &sent,
    );
    let status = error.status().map(|status| status.as_u16());
    due(
        status == expected.status,
        &format!("status {:?}", expected.status),
        &status,
    );
    due(
        error.code() == expected.code,
        &format!("code {:?}", expected.code),
        &error.code(),
    );
    let message = error.message().map(collapsed);
    due(
        message.as_deref() == expected.message,
        &format!("message {:?}", expected.message),
        &message,
    );
    let wait = error.retry_after().map(|wait| wait.as_secs());
    let wait_fits = match (&expected.retry_after, wait) {
        (Some(range), Some(wait)) => range.contains(&wait),
        (None, None) => true,
        _ => false,
    };
    due(
        wait_fits,
        &format!("retry after {:?}", expected.retry_after),
        &wait,
    );
    let name = call.operation.name;
    let display = error.to_string();
    due(error.operation() == Some(name), name, &error.operation());
    due(
        display.starts_with(&format!("{name}: ")),
        "it names the operation",
        &display,
    );
    due(
        display.contains(expected.says),
        &format!("it says `{}`", expected.says),
        &display,
    );
    due(!display.contains('\n'), "one line", &display);
    due(
        expected.body || error.body().is_none(),
        "no body is kept",
        &error.body(),
    );
    let shown = shown(error);
    due(!shown.contains(MARK), "no secret shows", &shown);
    let url = ["http://", "https://", "?ECHO"];
    due(
        !url.iter().any(|part| shown.contains(part)),
        "no URL shows",
        &shown,
    );
    let held = held(error);
    due(!held.contains(MARK), "no secret is left", &held);
    wrong
}

/// All that an error shows without being asked for its body.
fn shown(error: &Error) -> String {
    let mut text = format!("{error} {error:#} {error:?} {error:#?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        write!(text, " {error} {error:#} {error:?} {error:#?}").unwrap();
        cause = error.source();
    }
    text
}

/// All that an error holds besides.
fn held(error: &Error) -> String {
    let details = error.details().map(|details| details.to_string());
    let parts = [
        error.message(),
        error.code(),
        details.as_deref(),
        error.body(),
    ];
    parts.into_iter().flatten().collect()
}

/// With one `[redacted]` for all secrets in a row.
fn collapsed(text: &str) -> String {
    let mut text = text.to_owned();
    while text.contains("[redacted] [redacted]") {
        text = text.replace("[redacted] [redacted]", "[redacted]");
    }
    text
}

/// One line of the snapshot. What is sent are the requests that the server saw, of the read and of
/// the write.
fn line(fault: &Fault, subject: &Subject, read: &Met, write: &Met) -> String {
    let repeated = match (read.attempts(), write.attempts()) {
        (1, 1) => "no",
        (_, 1) => "reads",
        (1, _) => "writes",
        (_, _) => "yes",
    };
    let (read_kind, write_kind) = (read.kind(), write.kind());
    let kind = match read_kind == write_kind {
        true => read_kind,
        false => format!("{read_kind}/{write_kind}"),
    };
    let (learned, of_write) = (read.learned(), write.learned());
    let learned = match learned == of_write {
        true => learned,
        false => format!("{learned} / write: {of_write}"),
    };
    let line = format!(
        "{:<47} {:<9} {kind:<18} {repeated:<5} {}+{}  {learned}",
        fault.name,
        subject.name,
        read.requests.len(),
        write.requests.len(),
    );
    line.trim_end().to_owned()
}

impl Met {
    fn attempts(&self) -> u32 {
        self.outcome.as_ref().map_or_else(Error::attempts, |()| 1)
    }

    fn kind(&self) -> String {
        let kind = self.outcome.as_ref().map_err(Error::kind);
        kind.map_or_else(|kind| format!("{kind:?}"), |()| "none".to_owned())
    }

    /// What the error says besides the operation.
    fn learned(&self) -> String {
        let Err(error) = &self.outcome else {
            return "a payload".to_owned();
        };
        let text = error.to_string();
        let text = text.strip_prefix(error.operation().unwrap()).unwrap();
        let mut text = collapsed(text.trim_start_matches(": "));
        let wait = error.retry_after().map(|wait| wait.as_secs());
        match wait {
            None => {}
            Some(seconds @ 0..100) => write!(text, "; retry after {seconds} s").unwrap(),
            Some(seconds) => {
                let hours = seconds.div_ceil(3600);
                write!(text, "; retry after {hours} h").unwrap();
            }
        }
        if error.details().is_some() {
            text.push_str("; details");
        }
        if error.body().is_some() {
            text.push_str("; body");
        }
        text
    }
}

// ---------------------------------------------------------------------------------------------
// What the matrix has no room for

/// The system's resolver, and a name that it refuses without asking anybody.
#[tokio::test]
async fn a_name_that_the_system_does_not_resolve_is_said_to_be_none() {
    for subject in subjects().await {
        let Call {
            operation,
            parameters,
            ..
        } = subject.read;
        let setup = Setup {
            url: format!("http://{}.invalid", "x".repeat(64)),
            strict: false,
            pool: hosting_apis::http_client().unwrap(),
            timeout: Duration::from_secs(30),
        };
        let error = (subject.run)(operation, parameters, setup)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect);
        assert!(error.to_string().contains("lookup"), "{error}");
    }
}

/// Lists that lie: each row is what the pages hold, in turn, and the last one for ever.
#[cfg(all(feature = "cdnfly", feature = "vps-org"))]
#[tokio::test]
async fn a_list_that_lies_ends_with_an_error_after_the_items_that_came() {
    use ErrorKind::{Api, Decode, Incomplete};
    use hosting_apis::{cdnfly, vps_org};

    let page = |api: &str, total: Value, ids: &[i64]| {
        let rows: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
        match api {
            "cdnfly" => json!({"code": 0, "count": total, "data": rows}),
            _ => json!({"count": total, "next": "http://127.0.0.1/?page=9", "results": rows}),
        }
    };
    let of_another_shape = |api: &str| match api {
        "cdnfly" => json!({"code": 0, "count": 4, "rows": [{"id": 3}]}),
        _ => json!({"count": 4, "rows": [{"id": 3}]}),
    };
    let refused = |api: &str| match api {
        "cdnfly" => json!({"code": "site-30", "msg": "No"}),
        _ => json!({"detail": "No"}),
    };
    for api in ["cdnfly", "vps_org"] {
        let rows = [
            (
                "ends early",
                vec![page(api, json!(25), &[1, 2]), page(api, json!(25), &[])],
                2,
                Incomplete,
            ),
            (
                "ignores the page",
                vec![page(api, json!(5), &[1, 2])],
                2,
                Incomplete,
            ),
            (
                "ignores it, and doesn't count",
                vec![page(api, json!(null), &[1, 2])],
                2,
                Incomplete,
            ),
            (
                "counts too few",
                vec![page(api, json!(1), &[1, 2])],
                2,
                Incomplete,
            ),
            (
                "a page of another shape",
                vec![page(api, json!(4), &[1, 2]), of_another_shape(api)],
                2,
                Decode,
            ),
            (
                "a page that is refused",
                vec![page(api, json!(4), &[1, 2]), refused(api)],
                2,
                Api,
            ),
        ];
        for (name, pages, items, kind) in rows {
            let pages = pages
                .iter()
                .map(|page| support::json(200, &page.to_string()));
            let server = Server::in_turn(pages).await;
            let (came, error) = match api {
                "cdnfly" => {
                    let credentials = cdnfly::Credentials::api_key(KEY, OTHER_KEY);
                    let client = cdnfly::Client::builder(credentials).base_url(server.url());
                    let client = client.build().unwrap();
                    let list = client
                        .list_sites()
                        .limit(2)
                        .stream()
                        .all()
                        .await
                        .unwrap_err();
                    (list.items.len(), list.error)
                }
                _ => {
                    let credentials = vps_org::Credentials::token(KEY);
                    let client = vps_org::Client::builder(credentials).base_url(server.url());
                    let client = client.build().unwrap();
                    let list = client.list_domains().stream().all().await.unwrap_err();
                    (list.items.len(), list.error)
                }
            };
            assert_eq!(
                (came, error.kind()),
                (items, kind),
                "{api}, {name}: {error}"
            );
            assert!(server.requests().len() <= 3, "{api}, {name}");
        }
    }
}

#[cfg(feature = "rustls")]
#[tokio::test]
async fn a_certificate_counts_for_who_trusts_it_and_for_its_name() {
    for subject in subjects().await {
        for name in ["127.0.0.1", "elsewhere.example"] {
            let certificate = tls::certificate(name);
            let trusted = reqwest::Certificate::from_der(certificate.cert.der()).unwrap();
            let pool = reqwest::Client::builder().no_proxy();
            let pool = pool.tls_certs_merge([trusted]).build().unwrap();
            for call in [&subject.read, &subject.write] {
                let server = Server::always(support::json(200, &call.reply.to_string())).await;
                let setup = Setup {
                    url: tls::front(&server, &certificate).await,
                    strict: false,
                    pool: pool.clone(),
                    timeout: Duration::from_secs(30),
                };
                let outcome = (subject.run)(call.operation, call.parameters.clone(), setup).await;
                if name == "127.0.0.1" {
                    outcome.unwrap();
                    assert_eq!(server.requests().len(), 1);
                } else {
                    let error = outcome.unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::Connect);
                    assert!(error.to_string().contains("not valid for name"), "{error}");
                    assert_eq!(server.requests().len(), 0);
                }
            }
        }
    }
}

#[cfg(feature = "rustls")]
mod tls {
    use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
    use tokio::io::copy_bidirectional;
    use tokio::net::{TcpListener, TcpStream};
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::pki_types::PrivateKeyDer;

    use super::*;

    /// One that nobody has signed but itself.
    pub fn certificate(name: &str) -> CertifiedKey<KeyPair> {
        generate_simple_self_signed([name.to_owned()]).unwrap()
    }

    /// Puts TLS before a server, and gives its URL.
    pub async fn front(server: &Server, certificate: &CertifiedKey<KeyPair>) -> String {
        let key = certificate.signing_key.serialize_der();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.cert.der().clone()],
                PrivateKeyDer::try_from(key).unwrap(),
            )
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let behind = server.address();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // A client that trusts nobody hangs up here.
                    let Ok(mut stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let mut behind = TcpStream::connect(behind).await.unwrap();
                    let _ = copy_bidirectional(&mut stream, &mut behind).await;
                });
            }
        });
        url
    }
}

// ---------------------------------------------------------------------------------------------
// What is traced

thread_local! {
    static TRACED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Keeps what this crate traces on this thread, at every level.
struct Recorder;

fn begin_trace() {
    tracing::subscriber::set_global_default(Recorder).unwrap();
}

/// Asserts that every retry was traced, and no secret.
#[track_caller]
fn assert_trace_hides_all(retries: u32) {
    let traced = TRACED.take();
    let is_retry = |line: &&String| line.as_str() == "message=retrying";
    let found = traced.iter().filter(is_retry).count();
    assert_eq!(found, retries as usize);
    for line in traced {
        assert!(!line.contains(MARK), "{line}");
        assert!(!line.contains("127.0.0.1"), "{line}");
    }
}

struct Fields;

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        TRACED.with_borrow_mut(|traced| traced.push(format!("{}={value:?}", field.name())));
    }
}

impl tracing::Subscriber for Recorder {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("hosting_apis")
    }
    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        span.record(&mut Fields);
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut Fields);
    }
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut Fields);
    }
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}
