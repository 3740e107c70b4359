//! Every operation of every API, called by our client on [Prism](https://github.com/stoplightio/prism),
//! which makes a server of our specs and finds fault with requests as it reads them, not as we do.
//!
//! Prism needs Node, so `cargo test` leaves these tests out. `.ci/specs/run` starts it for each spec
//! and runs them, with its address in the environment as `PRISM_` and the API's name.

#![cfg(all(
    feature = "mock",
    any(
        feature = "kiwivm",
        feature = "vps-org",
        feature = "cdnfly",
        feature = "boardmate"
    )
))]

#[macro_use]
#[path = "support/spec.rs"]
mod spec;
mod support;

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hosting_apis::mock::Example;
use hosting_apis::{Error, Operation, RetryPolicy};
use serde_json::Value;

use spec::due;
use support::{Answer, Request, Server};

/// Calls every operation of an API on Prism, and finds that neither objects to the other.
macro_rules! assert_no_fault {
    ($api:ident, $credentials:expr) => {{
        let prefix = <hosting_apis::$api::Credentials as hosting_apis::Api>::PREFIX;
        let prism = Prism::relayed(&format!("PRISM_{prefix}")).await;
        let spec = <hosting_apis::$api::Credentials as hosting_apis::Api>::SPEC;
        let examples = Examples {
            spec: serde_json::from_str(spec).unwrap(),
            operations: hosting_apis::$api::OPERATIONS,
            // Prism alone is called.
            mock: hosting_apis::mock::Server::start($credentials).await.unwrap(),
        };
        let client = hosting_apis::$api::Client::builder($credentials)
            // Prism leaves out the path of the spec's server.
            .base_url(prism.relay.url())
            .retry(RetryPolicy::never())
            .build()
            .unwrap();
        let (mut calls, mut faults) = (0, Vec::new());
        call_each!($api, client, examples: examples, |operation, example, reply| {
            calls += 1;
            let mut found = match prism.reply() {
                Some(Ok(answer)) => answer.faults(example.status),
                Some(Err(e)) => vec![format!("Prism gives no reply: {e}")],
                None => vec!["nothing was sent".to_owned()],
            };
            if let (Err(e), true) = (reply, found.is_empty()) {
                found.push(format!("the client doesn't take Prism's reply: {e}"));
            }
            let found = found.into_iter();
            faults.extend(found.map(|fault| format!("{}: {fault}", operation.name)));
        });
        assert!(calls > 0);
        assert!(faults.is_empty(), "Prism finds:\n{}", faults.join("\n"));
    }};
}

/// The examples of a spec, as far as Prism can take them.
struct Examples {
    spec: Value,
    operations: &'static [Operation],
    mock: hosting_apis::mock::Server,
}

impl Examples {
    /// The example of an operation. Where it has several ids in the path, one of them: a comma there
    /// ends Prism, <https://github.com/stoplightio/prism/issues/2710>.
    fn example(&self, id: &str) -> Result<Example, Error> {
        let mut example = self.mock.example(id)?;
        let operation = self.operations.iter().find(|o| o.id == id).unwrap();
        for due in due(&self.spec, operation) {
            let value = example.parameters.get_mut(&due.name);
            if let ("path", Some(Value::Array(items))) = (&*due.place, value) {
                items.truncate(1);
            }
        }
        Ok(example)
    }
}

/// Prism, behind a server that passes everything on as it is, and remembers the reply.
struct Prism {
    relay: Server,
    last: Arc<Mutex<Option<io::Result<Reply>>>>,
}

impl Prism {
    async fn relayed(variable: &str) -> Self {
        let address = std::env::var(variable)
            .unwrap_or_else(|_| panic!("no {variable}: run this by .ci/specs/run"));
        let last = Arc::new(Mutex::new(None));
        let kept = Arc::clone(&last);
        let relay = Server::start(move |request| {
            let bytes = passed_on(&address, request);
            let reply = bytes.as_ref().map_err(|e| io::Error::from(e.kind()));
            *kept.lock().unwrap() = Some(reply.and_then(|bytes| Reply::read(bytes)));
            Answer::SendAndClose(bytes.unwrap_or_default())
        });
        Prism {
            relay: relay.await,
            last,
        }
    }

    /// The reply since this was asked last.
    fn reply(&self) -> Option<io::Result<Reply>> {
        self.last.lock().unwrap().take()
    }
}

/// What Prism answers to a request that goes to it as it came.
fn passed_on(address: &str, request: &Request) -> io::Result<Vec<u8>> {
    let headers = request.headers.iter();
    let headers: String = headers
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let Request {
        method,
        target,
        body,
        ..
    } = request;
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    write!(
        stream,
        "{method} {target} HTTP/1.1\r\n{headers}connection: close\r\n\r\n{body}"
    )?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply)?;
    Ok(reply)
}

/// What tells of faults in a reply of Prism.
struct Reply {
    status: u16,
    /// The header with what Prism objects to, in the request or in its own example.
    violations: Option<String>,
    body: String,
}

impl Reply {
    fn read(bytes: &[u8]) -> io::Result<Self> {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text
            .split_once("\r\n\r\n")
            .ok_or(ErrorKind::UnexpectedEof)?;
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let mut headers = head.lines().filter_map(|line| line.split_once(": "));
        let violations = headers.find(|(name, _)| name.eq_ignore_ascii_case("sl-violations"));
        Ok(Reply {
            status: status.ok_or(ErrorKind::InvalidData)?,
            violations: violations.map(|(_, list)| list.to_owned()),
            body: body.to_owned(),
        })
    }

    /// What Prism objects to, where this status was due. If the spec documents a failure, Prism
    /// answers with that and lists its objections in a header; else its own body lists them.
    fn faults(&self, due: u16) -> Vec<String> {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        let list = self.violations.as_deref().map(serde_json::from_str);
        let list: Value = match list {
            Some(list) => list.expect("JSON in the header"),
            None => body["validation"].clone(),
        };
        let listed = list.as_array().into_iter().flatten().map(|violation| {
            let location = violation["location"].as_array().into_iter().flatten();
            let location: Vec<_> = location.map(text).collect();
            format!("{}: {}", location.join("."), text(&violation["message"]))
        });
        let mut faults: Vec<String> = listed.collect();
        if faults.is_empty() && (self.status != due || self.violations.is_some()) {
            let said = body["detail"].as_str().unwrap_or(&self.body);
            faults.push(format!("status {}, and not {due}: {said}", self.status));
        }
        faults
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// As Prism 5.14 was seen to answer, shortened: else a change of this file could miss all faults.
#[test]
fn every_way_in_which_prism_objects_is_seen() {
    let faults = |reply: &str| Reply::read(reply.as_bytes()).unwrap().faults(200);
    let problem = "HTTP/1.1 422 Unprocessable Entity\r\ncontent-type: application/problem+json\r\n\r\n\
        {\"status\": 422, \"detail\": \"Your request is not valid\", \"validation\": [\
        {\"location\": [\"body\", \"veid\"], \"severity\": \"Error\", \"code\": \"type\", \
        \"message\": \"Request body property veid must be integer\"}]}";
    let in_body = "body.veid: Request body property veid must be integer";
    assert_eq!(faults(problem), [in_body]);
    let documented = "HTTP/1.1 401 Unauthorized\r\nsl-violations: [{\"location\":[\"request\"],\
        \"severity\":\"Error\",\"code\":401,\"message\":\"Invalid security scheme used\"}]\r\n\r\n\
        {\"detail\": \"Incorrect authentication credentials.\"}";
    assert_eq!(
        faults(documented),
        ["request: Invalid security scheme used"]
    );
    let no_route = "HTTP/1.1 404 Not Found\r\ncontent-type: application/problem+json\r\n\r\n\
        {\"status\": 404, \"detail\": \"The route /x hasn't been found\"}";
    let not_due = "status 404, and not 200: The route /x hasn't been found";
    assert_eq!(faults(no_route), [not_due]);
    assert_eq!(
        faults("HTTP/1.1 200 OK\r\n\r\n{\"validation\": 1}"),
        [""; 0]
    );
}

/// The test of every API: its feature, its module, credentials.
macro_rules! apis {
    ($($feature:literal: $api:ident, $credentials:expr;)*) => {$(
        #[cfg(feature = $feature)]
        mod $api {
            use hosting_apis::$api::Credentials;

            use super::*;

            #[tokio::test]
            #[ignore = "needs Prism: run .ci/specs/run"]
            async fn prism_finds_no_fault() {
                assert_no_fault!($api, $credentials);
            }
        }
    )*};
}

apis! {
    "kiwivm": kiwivm, Credentials::new(24_681_357, KEY);
    "vps-org": vps_org, Credentials::token(KEY);
    "cdnfly": cdnfly, Credentials::api_key(KEY, "other_made_up_key");
    "boardmate": boardmate, Credentials::key(KEY);
}

const KEY: &str = "key_made_up_for_prism";
