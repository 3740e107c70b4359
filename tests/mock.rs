//! The promises of the mock server: it answers with the spec's examples, refuses wrong
//! credentials as the real server does, says what is wrong with a request, remembers what it was
//! sent, and answers something else when told to.

#![cfg(all(feature = "mock", any(feature = "kiwivm", feature = "vps-org")))]

use hosting_apis::mock::{Received, Server};
use hosting_apis::{Error, ErrorKind, Operation};
use reqwest::{Method, Response};
use serde_json::Value;

/// Sends what the crate's own clients wouldn't.
async fn send(request: reqwest::RequestBuilder) -> Response {
    request.send().await.unwrap()
}

fn raw(server: &Server, method: Method, path: &str) -> reqwest::RequestBuilder {
    reqwest::Client::new().request(method, format!("{}{path}", server.base_url()))
}

/// The same request once more, by hand.
fn again(server: &Server, request: &Received) -> reqwest::RequestBuilder {
    let method = request.method.parse().unwrap();
    let mut again = raw(server, method, &request.path).body(request.body.clone());
    let sent_by_reqwest = ["host", "content-length"];
    for (name, value) in &request.headers {
        if !sent_by_reqwest.contains(&name.as_str()) {
            again = again.header(name, value);
        }
    }
    again
}

async fn json(response: Response) -> Value {
    let text = response.text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// Finds that a reply is an operation's example, to the letter.
async fn assert_is_example(server: &Server, operation: &Operation, reply: Response) {
    let example = server.example(operation.id).unwrap();
    let name = operation.name;
    assert_eq!(reply.status().as_u16(), example.status, "{name}");
    match example.reply {
        Some(example) => assert_eq!(json(reply).await, example, "{name}"),
        None => assert_eq!(reply.text().await.unwrap(), "", "{name}"),
    }
}

fn assert_invalid<T>(result: Result<T, Error>, says: &str) {
    let error = result.err().expect(says);
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    assert!(error.to_string().contains(says), "{error}");
}

#[cfg(feature = "kiwivm")]
mod kiwivm {
    use std::net::TcpListener;
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    use hosting_apis::kiwivm::{Client, Credentials, OPERATIONS};
    use hosting_apis::mock::Answer;
    use hosting_apis::{RetryPolicy, StatusCode};
    use serde_json::json;

    use super::*;

    const VEID: u64 = 3_141_592;
    const KEY: &str = "private_made_up_for_the_mock";

    fn credentials() -> Credentials {
        Credentials::new(VEID, KEY)
    }

    fn client(server: &Server, credentials: Credentials) -> Client {
        let builder = Client::builder(credentials).retry(RetryPolicy::never());
        builder.base_url(server.base_url()).build().unwrap()
    }

    async fn start() -> (Server, Client) {
        let server = Server::start(credentials()).await.unwrap();
        let client = client(&server, credentials());
        (server, client)
    }

    #[tokio::test]
    async fn a_base_url_without_the_apis_path_is_a_problem() {
        let server = Server::start(credentials()).await.unwrap();
        let short = server.base_url().replace("/v1", "");
        let builder = Client::builder(credentials()).retry(RetryPolicy::never());
        let client = builder.base_url(short).build().unwrap();
        let error = client.stop().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(
            server.problems(),
            ["POST /stop: the API has no such operation"]
        );
    }

    #[tokio::test]
    async fn what_http_cannot_send_is_refused_where_it_is_asked_for() {
        let (server, client) = start().await;
        let answers = [
            Answer::status(42),
            Answer::text(1000, "{}"),
            Answer::example().header("x y", "1"),
            Answer::example().header("x", "1\r\n"),
        ];
        for answer in answers {
            let error = server.answer("stop", answer.clone()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{answer:?}");
        }
        client.stop().await.unwrap();
    }

    #[tokio::test]
    async fn a_server_is_at_the_port_that_it_was_given() {
        // A port that was free a moment ago may be another's by now.
        for _ in 0..10 {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            drop(listener);
            let Ok(server) = Server::builder(credentials()).port(port).start().await else {
                continue;
            };
            let url = format!("http://127.0.0.1:{port}/v1");
            assert_eq!(server.base_url(), url);
            client(&server, credentials()).stop().await.unwrap();
            return;
        }
        panic!("no port could be had a second time");
    }

    #[tokio::test]
    async fn a_port_in_use_is_an_error() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let started = Server::builder(credentials()).port(port).start().await;
        let error = started.err().expect("two servers at one port");
        assert_eq!(error.kind(), ErrorKind::Configuration);
        let says = format!("configuration: port {port} of the loopback interface can't be had");
        assert_eq!(error.to_string(), says);
        assert!(std::error::Error::source(&error).is_some());
    }

    #[tokio::test]
    async fn an_observer_is_told_of_each_exchange() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let server = Server::builder(credentials()).observe(move |exchange| {
            let id = exchange.request.operation.clone().unwrap_or_default();
            let problems = exchange.problems.join("; ");
            let line = format!("{id} {} {} {problems}", exchange.status, exchange.refused);
            log.lock().unwrap().push(line);
        });
        let server = server.start().await.unwrap();
        let right = client(&server, credentials());
        right.stop().await.unwrap();
        server.answer("start", Answer::status(503)).unwrap();
        right.start().await.unwrap_err();
        let wrong = Credentials::new(VEID, "private_another");
        client(&server, wrong).start().await.unwrap_err();
        send(raw(&server, Method::GET, "/nowhere")).await;
        post(&server, "/setHostname", &[]).await;
        assert_eq!(
            *seen.lock().unwrap(),
            [
                "stop 200 false ",
                "start 503 false ",
                "start 200 true ",
                " 404 false GET /nowhere: the API has no such operation",
                "setHostname 400 false setHostname: body.newHostname: is required",
            ]
        );
    }

    /// A POST with a form as its body, the credentials included.
    async fn post(server: &Server, path: &str, fields: &[(&str, &str)]) -> Response {
        let veid = VEID.to_string();
        let mut form = vec![("veid", &*veid), ("api_key", KEY)];
        form.extend(fields);
        send(raw(server, Method::POST, path).form(&form)).await
    }

    #[tokio::test]
    async fn every_operation_answers_with_its_example() {
        let (server, client) = start().await;
        for operation in OPERATIONS {
            let parameters = server.example(operation.id).unwrap().parameters;
            client.call(operation.id, parameters).await.unwrap();
            let request = server.requests().pop().unwrap();
            let reply = send(again(&server, &request)).await;
            assert_is_example(&server, operation, reply).await;
        }
        assert_eq!(server.problems(), [""; 0]);
    }

    #[tokio::test]
    async fn the_base_url_has_the_path_of_the_specs_server() {
        let (server, _) = start().await;
        let url = server.base_url();
        assert!(
            url.starts_with("http://127.0.0.1:") && url.ends_with("/v1"),
            "{url}"
        );
    }

    #[tokio::test]
    async fn an_example_holds_no_credentials() {
        let (server, _) = start().await;
        for operation in OPERATIONS {
            let parameters = server.example(operation.id).unwrap().parameters;
            assert_eq!(parameters.get("veid"), None, "{}", operation.name);
            assert_eq!(parameters.get("api_key"), None, "{}", operation.name);
        }
    }

    #[tokio::test]
    async fn wrong_credentials_are_refused_inside_a_success() {
        let (server, right) = start().await;
        server.answer("start", Answer::status(500)).unwrap();
        let wrong = [
            Credentials::new(VEID + 1, KEY),
            Credentials::new(VEID, "private_another"),
        ];
        for wrong in wrong {
            let error = client(&server, wrong).start().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Authentication);
            assert_eq!(error.status(), Some(StatusCode::OK));
            assert_eq!(error.code(), Some("700005"));
            assert_eq!(error.message(), Some("Authentication failure"));
        }
        let reply = send(raw(&server, Method::POST, "/start")).await;
        assert_eq!(reply.status(), StatusCode::OK);
        let refusal = json!({"error": 700005, "message": "Authentication failure"});
        assert_eq!(super::json(reply).await, refusal, "no credentials at all");
        assert_eq!(server.requests().len(), 3, "recorded like any other");
        assert_eq!(server.problems(), [""; 0], "it isn't against the spec");
        assert_eq!(right.start().await.unwrap_err().kind(), ErrorKind::Server);
    }

    #[tokio::test]
    async fn an_unknown_path_is_a_problem_and_404() {
        let (server, _) = start().await;
        for (method, path) in [
            (Method::POST, "/noSuchCall"),
            (Method::POST, "/start/"),
            (Method::POST, "/iso"),
            (Method::GET, "/start"),
        ] {
            let reply = send(raw(&server, method, path)).await;
            assert_eq!(reply.status(), StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(
            server.problems(),
            [
                "POST /noSuchCall: the API has no such operation",
                "POST /start/: the API has no such operation",
                "POST /iso: the API has no such operation",
                "GET /start: the API has no such operation",
            ]
        );
        let operations = server.requests().into_iter().map(|r| r.operation);
        assert!(operations.eq([None, None, None, None]));
    }

    type Fields = &'static [(&'static str, &'static str)];

    /// A row: the path, the form's fields, the problem.
    const PROBLEMS: [(&str, Fields, &str); 10] = [
        (
            "/start",
            &[("force", "1")],
            "start: body.force: the form has no such field",
        ),
        (
            "/setHostname",
            &[],
            "setHostname: body.newHostname: is required",
        ),
        (
            "/unsuspend",
            &[("record_id", "the first")],
            "unsuspend: body.record_id: must be of type integer",
        ),
        (
            "/snapshot/toggleSticky",
            &[("snapshot", "one"), ("sticky", "2")],
            "snapshotToggleSticky: body.sticky: is above maximum 1",
        ),
        (
            "/snapshot/toggleSticky",
            &[("snapshot", "one"), ("sticky", "-1")],
            "snapshotToggleSticky: body.sticky: is below minimum 0",
        ),
        (
            "/kiwivm/setNotificationPreferences",
            &[("json_notification_preferences", "half=1")],
            "kiwivmSetNotificationPreferences: body.json_notification_preferences: is no JSON text",
        ),
        (
            "/kiwivm/setNotificationPreferences",
            &[("json_notification_preferences", "[1]")],
            "kiwivmSetNotificationPreferences: body.json_notification_preferences: must be of \
             type object",
        ),
        (
            "/kiwivm/setNotificationPreferences",
            &[("json_notification_preferences", r#""{}""#)],
            "kiwivmSetNotificationPreferences: body.json_notification_preferences: must be of \
             type object",
        ),
        (
            "/kiwivm/setNotificationPreferences",
            &[("json_notification_preferences", r#"{"half": true}"#)],
            "kiwivmSetNotificationPreferences: body.json_notification_preferences.half: must be \
             of type integer",
        ),
        (
            "/start?force=1",
            &[],
            "start: query.force: the operation has no such parameter",
        ),
    ];

    #[tokio::test]
    async fn what_is_against_the_spec_is_a_problem_and_400() {
        for (path, fields, problem) in PROBLEMS {
            let (server, _) = start().await;
            let reply = post(&server, path, fields).await;
            assert_eq!(reply.status(), StatusCode::BAD_REQUEST, "{problem}");
            assert_eq!(server.problems(), [problem]);
            let (_, detail) = problem.split_once(": ").unwrap();
            assert_eq!(super::json(reply).await, json!({"problems": [detail]}));
        }
    }

    #[tokio::test]
    async fn all_problems_of_a_request_are_told_at_once() {
        let (server, _) = start().await;
        post(&server, "/basicShell/cd", &[("newDir", "/"), ("dir", "/")]).await;
        assert_eq!(
            server.problems(),
            [
                "basicShellCd: body.dir: the form has no such field",
                "basicShellCd: body.currentDir: is required",
            ]
        );
    }

    #[tokio::test]
    async fn a_failure_of_a_kind_has_the_code_that_the_spec_has_for_it() {
        let (server, client) = start().await;
        let locked = Answer::failure(ErrorKind::Locked, "Busy")
            .details(json!({"additionalErrorInfo": "backup"}));
        server.answer("restart", locked).unwrap();
        let error = client.restart().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Locked, Some("788888"))
        );
        assert_eq!(error.details().unwrap()["additionalErrorInfo"], "backup");
        let none = Answer::failure(ErrorKind::PaymentRequired, "Pay");
        let error = server.answer("restart", none).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(
            error.to_string().contains("name one with `Answer::error`"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_client_shows_a_problem_as_its_calls_failure() {
        let (server, client) = start().await;
        let call = client.snapshot_toggle_sticky().snapshot("one").sticky(7);
        let error = call.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.status(), Some(StatusCode::BAD_REQUEST));
        assert_eq!(server.problems().len(), 1);
    }

    #[tokio::test]
    async fn credentials_in_the_url_are_a_problem() {
        let (server, _) = start().await;
        let path = format!("/start?veid={VEID}&api_key={KEY}");
        let reply = send(raw(&server, Method::POST, &path)).await;
        assert_eq!(
            super::json(reply).await["error"],
            700005,
            "nor are they taken"
        );
        let in_url = "start: the credentials are in the URL";
        assert_eq!(server.problems(), [in_url]);
        post(&server, &path, &[]).await;
        assert_eq!(
            server.problems()[1],
            in_url,
            "though they are in the form too"
        );
    }

    #[tokio::test]
    async fn a_wrong_content_type_is_a_problem() {
        let (server, _) = start().await;
        let body = format!("veid={VEID}&api_key={KEY}");
        for content_type in ["application/json", "text/plain"] {
            let request = raw(&server, Method::POST, "/start").body(body.clone());
            send(request.header("content-type", content_type)).await;
        }
        send(raw(&server, Method::POST, "/start").body(body)).await;
        let problem = "start: body: its content type must be application/x-www-form-urlencoded";
        assert_eq!(server.problems(), [problem; 3]);
    }

    #[tokio::test]
    async fn requests_are_recorded_as_they_came() {
        let (server, client) = start().await;
        client.get_service_info().await.unwrap();
        client.iso_mount().iso("rescue & more.iso").await.unwrap();
        send(raw(&server, Method::PUT, "/other?a=b%20c").header("X-Own", "Yes")).await;
        let requests = server.requests();
        let lines = requests.iter().map(|request| {
            let operation = request.operation.as_deref().unwrap_or("-");
            format!(
                "{operation} {} {} {}",
                request.method, request.path, request.body
            )
        });
        assert!(lines.eq([
            format!("getServiceInfo POST /getServiceInfo veid={VEID}&api_key={KEY}"),
            format!("isoMount POST /iso/mount iso=rescue+%26+more.iso&veid={VEID}&api_key={KEY}"),
            "- PUT /other?a=b%20c ".to_owned(),
        ]));
        let own = ("x-own".to_owned(), "Yes".to_owned());
        assert!(requests[2].headers.contains(&own), "{requests:?}");
    }

    #[tokio::test]
    async fn an_answer_stays_if_no_number_of_times_is_set() {
        let (server, client) = start().await;
        let answer = Answer::json(json!({"error": 0, "pwd": "/srv"}));
        server.answer("basicShellCd", answer).unwrap();
        for _ in 0..3 {
            let call = client.basic_shell_cd().current_dir("/").new_dir("srv");
            assert_eq!(call.await.unwrap().pwd.as_deref(), Some("/srv"));
        }
        assert!(client.restart().await.is_ok(), "others answer as before");
    }

    #[tokio::test]
    async fn answers_queue_up_and_then_the_example_has_its_turn() {
        let (server, client) = start().await;
        let pwd = |pwd: &str| Answer::json(json!({"error": 0, "pwd": pwd}));
        for answer in [
            pwd("/one").times(2),
            pwd("/never").times(0),
            Answer::error("788888", "Locked").times(1),
            pwd("/three").times(1),
        ] {
            server.answer("basicShellCd", answer).unwrap();
        }
        let mut replies = Vec::new();
        for _ in 0..6 {
            let call = client
                .basic_shell_cd()
                .current_dir("/")
                .new_dir("srv")
                .await;
            replies.push(call.map_or_else(|e| e.kind().to_string(), |d| d.pwd.unwrap()));
        }
        let example = server.example("basicShellCd").unwrap().reply.unwrap();
        let example = example["pwd"].as_str().unwrap();
        assert_eq!(
            replies,
            ["/one", "/one", "locked", "/three", example, example]
        );
    }

    #[tokio::test]
    async fn an_answer_waits_for_a_request_that_is_right() {
        let (server, client) = start().await;
        server.answer("stop", Answer::status(503).times(1)).unwrap();
        post(&server, "/stop", &[("force", "1")]).await;
        send(raw(&server, Method::POST, "/stop")).await;
        assert_eq!(server.requests().len(), 2);
        let error = client.stop().await.unwrap_err();
        assert_eq!(error.status(), Some(StatusCode::SERVICE_UNAVAILABLE));
        assert!(client.stop().await.is_ok());
    }

    #[tokio::test]
    async fn a_vendors_error_stands_in_the_envelope() {
        let (server, _) = start().await;
        let bodies = [
            (
                Answer::error("756130", "No such token"),
                json!({"error": 756130, "message": "No such token"}),
            ),
            (
                Answer::error("not a number", ""),
                json!({"error": "not a number", "message": ""}),
            ),
            (
                Answer::error("788888", "Locked").details(json!({"additionalErrorInfo": "Copy"})),
                json!({"error": 788888, "message": "Locked", "additionalErrorInfo": "Copy"}),
            ),
        ];
        for (answer, body) in bodies {
            server.answer("kill", answer.times(1)).unwrap();
            let reply = post(&server, "/kill", &[]).await;
            assert_eq!(reply.status(), StatusCode::OK);
            assert_eq!(super::json(reply).await, body);
        }
    }

    #[tokio::test]
    async fn an_answer_can_be_anything_else() {
        let (server, _) = start().await;
        let bodies = [
            (Answer::status(502), 502, "", "application/json"),
            (
                Answer::text(200, "not JSON"),
                200,
                "not JSON",
                "application/json",
            ),
            (Answer::text(500, " <html>"), 500, " <html>", "text/html"),
            (Answer::json(json!([1])), 200, "[1]", "application/json"),
        ];
        for (answer, status, body, media) in bodies {
            server.answer("kill", answer.times(1)).unwrap();
            let reply = post(&server, "/kill", &[]).await;
            assert_eq!(reply.status().as_u16(), status);
            assert_eq!(reply.headers()["content-type"], media);
            assert_eq!(reply.text().await.unwrap(), body);
        }
    }

    #[tokio::test]
    async fn an_answer_can_have_headers() {
        let (server, client) = start().await;
        let answer = Answer::status(429).header("Retry-After", "7");
        server.answer("kill", answer).unwrap();
        let error = client.kill().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));

        let answer = Answer::example()
            .header("X-Node", "one")
            .header("X-More", "two");
        server.answer("start", answer).unwrap();
        let reply = client.start().send().await.unwrap();
        assert_eq!(reply.headers()["x-node"], "one");
        assert_eq!(reply.headers()["x-more"], "two");
    }

    #[tokio::test]
    async fn an_answer_can_be_late() {
        let (server, client) = start().await;
        let delay = Duration::from_millis(30);
        server
            .answer("start", Answer::example().delay(delay))
            .unwrap();
        let begin = Instant::now();
        client.start().await.unwrap();
        assert!(begin.elapsed() >= delay);
    }

    #[tokio::test]
    async fn an_unknown_operation_is_refused() {
        let (server, _) = start().await;
        let says = "the API has no operation `noSuchCall`";
        assert_invalid(server.answer("noSuchCall", Answer::status(200)), says);
        assert_invalid(server.example("noSuchCall"), says);
        assert_invalid(
            server.example("/start"),
            "the API has no operation `/start`",
        );
    }

    #[tokio::test]
    async fn two_servers_dont_interfere() {
        let (one, client_of_one) = start().await;
        let other_credentials = Credentials::new(VEID + 1, "private_of_the_other");
        let other = Server::start(other_credentials.clone()).await.unwrap();
        let client_of_other = client(&other, other_credentials);
        assert_ne!(one.base_url(), other.base_url());
        one.answer("start", Answer::status(500)).unwrap();
        post(&other, "/noSuchCall", &[]).await;

        let (first, second) = tokio::join!(client_of_one.start(), client_of_other.start());
        assert!(first.is_err() && second.is_ok());
        assert_eq!((one.requests().len(), other.requests().len()), (1, 2));
        assert_eq!((one.problems().len(), other.problems().len()), (0, 1));
        let error = client(&other, credentials()).start().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Authentication);
    }

    #[tokio::test]
    async fn a_call_by_id_takes_parameters_by_their_names_on_the_wire() {
        let (server, client) = start().await;
        let parameters = json!({"currentDir": "/srv", "newDir": ".."});
        client.call("basicShellCd", parameters).await.unwrap();
        client.call("start", Value::Null).await.unwrap();
        client.call("start", json!({})).await.unwrap();
        let body = &server.requests()[0].body;
        assert!(body.starts_with("currentDir=%2Fsrv&newDir=..&"), "{body}");
        assert_eq!(server.problems(), [""; 0]);
    }

    #[tokio::test]
    async fn a_call_by_id_refuses_what_the_operation_doesnt_have() {
        let (server, client) = start().await;
        let cases = [
            (
                "noSuchCall",
                json!({}),
                "the API has no operation `noSuchCall`",
            ),
            (
                "start",
                json!({"force": 1}),
                "there is no parameter `force`",
            ),
            ("start", json!({"veid": 1}), "there is no parameter `veid`"),
            (
                "isoMount",
                json!({"ISO": "a"}),
                "there is no parameter `ISO`",
            ),
            ("isoMount", json!({"iso": 5}), "`iso` is of another type"),
            ("isoMount", json!({"iso": null}), "`iso` is of another type"),
            ("isoMount", json!({}), "`iso` is required"),
            ("isoMount", json!(["a"]), "parameters are a JSON object"),
            (
                "unsuspend",
                json!({"record_id": "5"}),
                "`record_id` is of another type",
            ),
            (
                "unsuspend",
                json!({"record_id": 0.5}),
                "`record_id` is of another type",
            ),
            (
                "kiwivmSetNotificationPreferences",
                json!({"json_notification_preferences": {"half": true}}),
                "`json_notification_preferences` is of another type",
            ),
        ];
        for (operation, parameters, says) in cases {
            assert_invalid(client.call(operation, parameters).await, says);
        }
        assert_eq!(server.requests().len(), 0, "nothing was sent");
    }
}

#[cfg(feature = "vps-org")]
mod vps_org {
    use hosting_apis::StatusCode;
    use hosting_apis::mock::Answer;
    use hosting_apis::vps_org::{Client, Credentials, OPERATIONS};
    use serde_json::json;

    use super::*;

    const TOKEN: &str = "vps_made_up_for_the_mock";

    fn client(server: &Server, token: &str) -> Client {
        let builder = Client::builder(Credentials::token(token));
        builder.base_url(server.base_url()).build().unwrap()
    }

    async fn start() -> (Server, Client) {
        let server = Server::start(Credentials::token(TOKEN)).await.unwrap();
        let client = client(&server, TOKEN);
        (server, client)
    }

    /// A request with the token.
    fn with_token(server: &Server, method: Method, path: &str) -> reqwest::RequestBuilder {
        raw(server, method, path).bearer_auth(TOKEN)
    }

    #[tokio::test]
    async fn every_operation_answers_with_its_example() {
        let (server, client) = start().await;
        for operation in OPERATIONS {
            let parameters = server.example(operation.id).unwrap().parameters;
            client.call(operation.id, parameters).await.unwrap();
            let request = server.requests().pop().unwrap();
            let reply = send(again(&server, &request)).await;
            assert_is_example(&server, operation, reply).await;
        }
        assert_eq!(server.problems(), [""; 0]);
    }

    #[tokio::test]
    async fn a_success_has_the_status_of_the_spec() {
        let (server, client) = start().await;
        let registered = client.register_domain().domain_name("example.org").send();
        assert_eq!(registered.await.unwrap().status(), StatusCode::CREATED);
        let deleted = client.delete_domain().domain_id(1).send();
        assert_eq!(deleted.await.unwrap().status(), StatusCode::NO_CONTENT);

        let answer = Answer::json(json!({"id": 5}));
        server.answer("registerDomain", answer).unwrap();
        let registered = client.register_domain().domain_name("example.org").send();
        let registered = registered.await.unwrap();
        assert_eq!(
            registered.status(),
            StatusCode::CREATED,
            "with another body too"
        );
        assert_eq!(registered.id, Some(5.into()));
    }

    #[tokio::test]
    async fn wrong_credentials_are_refused_by_status() {
        let (server, _) = start().await;
        let error = client(&server, "vps_another").get_account_me().await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Authentication);
        assert_eq!(error.status(), Some(StatusCode::UNAUTHORIZED));
        let refusals = [
            raw(&server, Method::GET, "/account/me/"),
            raw(&server, Method::GET, "/account/me/").basic_auth(TOKEN, None::<&str>),
            raw(&server, Method::GET, "/account/me/").header("authorization", TOKEN),
        ];
        for request in refusals {
            let reply = send(request).await;
            assert_eq!(reply.status(), StatusCode::UNAUTHORIZED);
            let detail = super::json(reply).await["detail"].clone();
            assert_eq!(detail.as_str(), error.message());
            assert_ne!(detail, "");
        }
        assert_eq!(server.requests().len(), 4, "recorded like any other");
        assert_eq!(server.problems(), [""; 0], "it isn't against the spec");
    }

    #[tokio::test]
    async fn an_unknown_path_is_a_problem_and_404() {
        let (server, _) = start().await;
        for path in [
            "/domains",
            "/domains//",
            "/invoices/",
            "/domains/1/transfer",
        ] {
            let reply = send(with_token(&server, Method::GET, path)).await;
            assert_eq!(reply.status(), StatusCode::NOT_FOUND, "{path}");
        }
        let reply = send(with_token(&server, Method::PATCH, "/domains/1/")).await;
        assert_eq!(reply.status(), StatusCode::NOT_FOUND);
        assert_eq!(
            server.problems(),
            [
                "GET /domains: the API has no such operation",
                "GET /domains//: the API has no such operation",
                "GET /invoices/: the API has no such operation",
                "GET /domains/1/transfer: the API has no such operation",
                "PATCH /domains/1/: the API has no such operation",
            ]
        );
    }

    #[tokio::test]
    async fn a_body_against_the_spec_is_a_problem_and_400() {
        let update = "/domains/1/";
        let servers = |count: usize| json!({"nameservers": vec!["ns.example.org"; count]});
        let name = "example.org";
        let rows = [
            (
                Method::PUT,
                update,
                json!({"lock": true}),
                "updateDomain: body.lock: there is no such property",
            ),
            (
                Method::PUT,
                update,
                json!({"locked": 1}),
                "updateDomain: body.locked: must be of type boolean",
            ),
            (
                Method::PUT,
                update,
                json!({"nameservers": ["ns1.example.org", 2]}),
                "updateDomain: body.nameservers[1]: must be of type string",
            ),
            (
                Method::PUT,
                update,
                servers(1),
                "updateDomain: body.nameservers: is below minItems 2",
            ),
            (
                Method::PUT,
                update,
                servers(5),
                "updateDomain: body.nameservers: is above maxItems 4",
            ),
            (
                Method::PUT,
                update,
                json!([]),
                "updateDomain: body: must be of type object",
            ),
            (
                Method::POST,
                "/domains/",
                json!({"years": 2}),
                "registerDomain: body.domain_name: is required",
            ),
            (
                Method::POST,
                "/domains/",
                json!({"domain_name": name, "years": 11}),
                "registerDomain: body.years: is above maximum 10",
            ),
            (
                Method::POST,
                "/domains/",
                json!({"domain_name": name, "years": 0}),
                "registerDomain: body.years: is below minimum 1",
            ),
            (
                Method::POST,
                "/domains/",
                json!({"domain_name": name, "years": 1.5}),
                "registerDomain: body.years: must be of type integer",
            ),
        ];
        for (method, path, body, problem) in rows {
            let (server, _) = start().await;
            let reply = send(with_token(&server, method, path).json(&body)).await;
            assert_eq!(reply.status(), StatusCode::BAD_REQUEST, "{problem}");
            assert_eq!(server.problems(), [problem]);
        }
    }

    #[tokio::test]
    async fn a_query_against_the_spec_is_a_problem_and_400() {
        let rows = [
            ("page=two", "query.page: must be of type integer"),
            (
                "status=gone",
                r#"query.status: must be one of "active", "pending", "expired", "locked""#,
            ),
            (
                "limit=5",
                "query.limit: the operation has no such parameter",
            ),
        ];
        for (query, problem) in rows {
            let (server, _) = start().await;
            let path = format!("/domains/?{query}");
            let reply = send(with_token(&server, Method::GET, &path)).await;
            assert_eq!(reply.status(), StatusCode::BAD_REQUEST, "{query}");
            assert_eq!(server.problems(), [format!("listDomains: {problem}")]);
        }
    }

    #[tokio::test]
    async fn a_body_of_the_wrong_kind_is_a_problem() {
        let (server, _) = start().await;
        let register = || with_token(&server, Method::POST, "/domains/");
        send(register().form(&[("domain_name", "example.org")])).await;
        send(register()).await;
        let json_type = ("content-type", "application/json");
        send(register().header(json_type.0, json_type.1).body("{")).await;
        let list = with_token(&server, Method::GET, "/domains/").body("page=1");
        send(list).await;
        assert_eq!(
            server.problems(),
            [
                "registerDomain: body: its content type must be application/json",
                "registerDomain: body: its content type must be application/json",
                "registerDomain: body: is no JSON",
                "listDomains: body: there must be none",
            ]
        );
    }

    #[tokio::test]
    async fn credentials_in_the_url_are_a_problem() {
        let (server, _) = start().await;
        for path in [
            format!("/domains/?search={TOKEN}"),
            format!("/domains/{TOKEN}/"),
        ] {
            send(with_token(&server, Method::GET, &path)).await;
        }
        assert_eq!(
            server.problems(),
            [
                "listDomains: the credentials are in the URL",
                "getDomain: the credentials are in the URL",
            ]
        );
    }

    #[tokio::test]
    async fn a_vendors_error_has_its_code_as_status() {
        let (server, client) = start().await;
        server
            .answer("registerDomain", Answer::error("402", "Too little money"))
            .unwrap();
        let error = client.register_domain().domain_name("example.org").await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PaymentRequired);
        assert_eq!(error.message(), Some("Too little money"));

        let fields = json!({"years": ["Too many."]});
        let answer = Answer::error("400", "No").details(fields);
        server.answer("updateDomain", answer).unwrap();
        let request = with_token(&server, Method::PUT, "/domains/1/").json(&json!({}));
        let reply = send(request).await;
        assert_eq!(reply.status(), StatusCode::BAD_REQUEST);
        let body = json!({"detail": "No", "years": ["Too many."]});
        assert_eq!(super::json(reply).await, body);
        assert_eq!(server.problems(), [""; 0], "an answer that was asked for");
    }

    #[tokio::test]
    async fn a_path_value_is_taken_whole() {
        let (server, client) = start().await;
        for id in ["a b", "ä+%2F", "101"] {
            client.get_domain().domain_id(id).await.unwrap();
        }
        let requests = server.requests();
        let paths = requests.iter().map(|request| &*request.path);
        assert!(paths.eq(["/domains/a%20b/", "/domains/%C3%A4+%252F/", "/domains/101/",]));
        assert_eq!(server.problems(), [""; 0]);
    }

    #[tokio::test]
    async fn a_call_by_id_refuses_what_the_operation_doesnt_have() {
        let (server, client) = start().await;
        let cases = [
            (
                "get_domain",
                json!({}),
                "the API has no operation `get_domain`",
            ),
            ("getDomain", json!({}), "`domain_id` is required"),
            (
                "getDomain",
                json!({"domain_id": 0.5}),
                "`domain_id` is of another type",
            ),
            (
                "getDomain",
                json!({"domain_id": "a/b"}),
                "`domain_id` can't stand in a path",
            ),
            (
                "getDomain",
                json!({"domain_id": 1, "id": 1}),
                "there is no parameter `id`",
            ),
            (
                "listDomains",
                json!({"page": "1"}),
                "`page` is of another type",
            ),
            (
                "updateDomain",
                json!({"domain_id": 1, "nameservers": "ns1.example.org"}),
                "`nameservers` is of another type",
            ),
        ];
        for (operation, parameters, says) in cases {
            assert_invalid(client.call(operation, parameters).await, says);
        }
        assert_eq!(server.requests().len(), 0, "nothing was sent");
    }
}

/// Servers of different APIs side by side.
#[cfg(all(feature = "kiwivm", feature = "vps-org"))]
#[tokio::test]
async fn servers_of_two_apis_know_their_own_operations() {
    use hosting_apis::{kiwivm, vps_org};

    let kiwivm = kiwivm::Credentials::new(1, "private_made_up");
    let kiwivm = Server::start(kiwivm).await.unwrap();
    let vps_org = vps_org::Credentials::token("vps_made_up");
    let vps_org = Server::start(vps_org).await.unwrap();
    assert!(kiwivm.example("start").is_ok() && vps_org.example("start").is_err());
    assert!(vps_org.example("listDomains").is_ok() && kiwivm.example("listDomains").is_err());
}
