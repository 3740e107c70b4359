//! A call that no operation of a spec stands for.

use reqwest::{Method, RequestBuilder};
use serde::Serialize;
use std::fmt;
use std::time::Duration;

use crate::api::Api;
use crate::error::{Error, ErrorKind};
use crate::operation::Operation;
use crate::response::Response;
use crate::retry::RetryPolicy;
use crate::transport::{Core, Options, Prepared, send_untyped};
use crate::untyped::Untyped;

/// A call of a path that the spec doesn't have: what `request` of a client begins.
///
/// It is made as all calls are: with the credentials, to the client's server alone, within its
/// timeout, and judged by the API's envelope. GET, PUT and DELETE are retried after a transient
/// failure, POST and PATCH only if they were never sent.
///
/// ```no_run
/// use hosting_apis::Method;
///
/// # #[cfg(feature = "kiwivm")]
/// # async fn example(client: hosting_apis::kiwivm::Client) -> Result<(), hosting_apis::Error> {
/// let reply = client.request(Method::POST, "/newCall").form(&[("a", "1")]).json().await?;
/// println!("{}", reply["what_it_gives"]);
/// # Ok(())
/// # }
/// ```
#[must_use = "a call does nothing until it is sent"]
pub struct Request<'a, C> {
    core: &'a Core<C>,
    operation: Result<&'static Operation, Error>,
    path: String,
    options: Options,
    build: Vec<Build<'a>>,
    /// How often it was said what the body is.
    bodies: u32,
}

/// What is done to the request once it is made.
type Build<'a> = Box<dyn FnOnce(RequestBuilder) -> RequestBuilder + Send + 'a>;

impl<'a, C: Api> Request<'a, C> {
    pub(crate) fn new(
        core: &'a Core<C>,
        operations: &'static [Operation; 5],
        method: &Method,
        path: String,
    ) -> Self {
        let found = operations.iter().find(|o| o.method == method.as_str());
        let operation = found.ok_or_else(|| {
            Error::new(ErrorKind::InvalidRequest)
                .because("the method is none of GET, POST, PUT, PATCH and DELETE")
                .of(operations[0].name)
        });
        Request {
            core,
            operation,
            path,
            options: Options::default(),
            build: Vec::new(),
            bodies: 0,
        }
    }

    /// Adds parameters to the query.
    pub fn query<T: Serialize + Send + Sync + ?Sized>(self, parameters: &'a T) -> Self {
        self.with(move |request| request.query(parameters))
    }

    /// Sends this form. What the credentials put into it isn't for the caller to give.
    pub fn form<T: Serialize + Send + Sync + ?Sized>(mut self, fields: &'a T) -> Self {
        self.bodies += 1;
        self.with(move |request| request.form(fields))
    }

    /// Sends this as JSON.
    pub fn body<T: Serialize + Send + Sync + ?Sized>(mut self, body: &'a T) -> Self {
        self.bodies += 1;
        self.with(move |request| request.json(body))
    }

    fn with(mut self, build: impl FnOnce(RequestBuilder) -> RequestBuilder + Send + 'a) -> Self {
        self.build.push(Box::new(build));
        self
    }

    /// Sets how long this call may take, in place of the client's timeout.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout(timeout);
        self
    }

    /// Sets when this call is retried, in place of the client's policy.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options.retry(policy);
        self
    }

    /// Makes the call, and gives the payload.
    ///
    /// # Errors
    ///
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) if the path would lead elsewhere, what is to be
    /// sent can't be encoded, or it holds what the credentials put there; else those of any call.
    pub async fn json(self) -> Result<Untyped, Error> {
        self.send().await.map(Response::into_inner)
    }

    /// Makes the call, and gives the status and headers of the reply with its payload.
    ///
    /// # Errors
    ///
    /// Those of [`json`](Request::json).
    pub async fn send(self) -> Result<Response<Untyped>, Error> {
        send_untyped(self.prepared()).await
    }

    fn prepared(self) -> Result<Prepared<'a, C>, Error> {
        let call = self.core.call(self.operation?, self.options);
        if let Some(wrong) = wrong(&self.path) {
            return Err(call.invalid(format!("the path {wrong}")));
        }
        if self.bodies > 1 {
            let reason = "`form` or `body` was called twice, and a request has one body";
            return Err(call.invalid(reason.to_owned()));
        }
        let method = call.method();
        let request = call.http().request(method, call.url(&self.path));
        let request = self
            .build
            .into_iter()
            .fold(request, |made, build| build(made));
        call.prepared(request)
    }
}

/// Why a path can't be sent: it would lead to another place than it says.
fn wrong(path: &str) -> Option<&'static str> {
    let Some(inside) = path.strip_prefix('/') else {
        return Some("doesn't begin with a slash; it is the part below the base URL");
    };
    if path.contains(['?', '#']) {
        return Some("holds a `?` or a `#`; parameters go into `query`");
    }
    if path.contains(|c: char| c == '\\' || c.is_control()) {
        return Some("holds a backslash or a control character");
    }
    let inside = inside.strip_suffix('/').unwrap_or(inside);
    let is_wrong = |segment: &str| {
        // As URLs read them, and servers for which a `;` begins parameters.
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        let plain = plain.split(';').next().unwrap_or_default();
        plain.is_empty() || plain == "." || plain == ".."
    };
    if inside.split('/').any(is_wrong) {
        return Some("has a segment that is empty, `.` or `..`");
    }
    let is_hidden = |code: &str| {
        let byte = code.get(..2).map(|digits| u8::from_str_radix(digits, 16));
        matches!(byte, Some(Ok(byte)) if byte.is_ascii_control() || b"/\\".contains(&byte))
    };
    let mut codes = path.split('%').skip(1);
    codes.any(is_hidden).then_some(
        "holds an encoded slash, backslash or control character, which some servers decode too early",
    )
}

/// Shows no parameter: it may be a secret.
impl<C> fmt::Debug for Request<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = self.operation.as_ref().ok();
        f.debug_struct("Request")
            .field("method", &operation.map(|operation| operation.method))
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::wrong;

    #[test]
    fn a_path_leads_where_it_says() {
        for path in [
            "/newCall",
            "/v1/sites/1,2",
            "/domains/7/",
            "/a%20b/é;x=1",
            "/..a/b..",
            "/.",
        ] {
            assert_eq!(wrong(path).is_none(), path != "/.", "{path}");
        }
        for path in [
            "",
            "newCall",
            "//host/x",
            "/",
            "/a//b",
            "/a/../b",
            "/a/%2E%2e/b",
            "/a/./b",
            "/a?x=1",
            "/a#b",
            "/a\\b",
            "/a\nb",
            "/a%2Fb",
            "/a%5cb",
            "/..;/b",
            "/a/%2e%2E;x=1/b",
            "/;x/b",
            "/a%00b",
            "/a%0d%0Ab",
            "https://elsewhere.example/",
        ] {
            assert!(wrong(path).is_some(), "{path}");
        }
    }
}
