//! CDNfly's peculiarities, each with what the client makes of it.

#![cfg(all(feature = "cdnfly", feature = "mock"))]

mod support;

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use hosting_apis::cdnfly::types::*;
use hosting_apis::cdnfly::{Client, Credentials};
use hosting_apis::{Error, ErrorKind, Id, IntegerOrText, Json, RetryPolicy, mock};
use serde_json::{Value, json};
use support::{Answer, Request, Server, reply};
use tokio::sync::Barrier;

/// Base64, with all that it has besides letters and digits.
const TOKEN: &str = "bWFkZSB1cA+for/these+tests==";
const PASSWORD: &str = "a pass word, ünd so on";

fn login() -> Credentials {
    Credentials::login("marta@example.net", PASSWORD)
}

fn client(credentials: Credentials, url: impl Into<String>) -> Client {
    let builder = Client::builder(credentials).base_url(url);
    builder.retry(RetryPolicy::never()).build().unwrap()
}

/// A client of a server that gives each call the next of these answers.
async fn answers(answers: impl IntoIterator<Item = Answer>) -> (Server, Client) {
    let server = Server::in_turn(answers).await;
    let client = client(Credentials::access_token(TOKEN), server.url());
    (server, client)
}

/// The same with bodies, all of which have HTTP status 200.
async fn replies(bodies: impl IntoIterator<Item = Value>) -> (Server, Client) {
    answers(bodies.into_iter().map(|body| ok(&body))).await
}

fn ok(body: &Value) -> Answer {
    support::json(200, &body.to_string())
}

fn success(data: Value) -> Answer {
    ok(&json!({"code": 0, "msg": "", "data": data}))
}

/// What a call without an error gives: the id of what it made, or a list of nothing.
fn done(request: &Request) -> Answer {
    match request.method.as_str() {
        "POST" => success(json!("923")),
        _ => success(json!([])),
    }
}

fn login_required() -> Answer {
    ok(&json!({"code": "login_required"}))
}

fn logged_in(token: &str) -> Answer {
    success(json!({"access_token": token, "type": 2, "uid": 17, "username": "marta"}))
}

fn body(request: &Request) -> Value {
    serde_json::from_str(&request.body).unwrap()
}

fn targets(server: &Server) -> Vec<String> {
    let requests = server.requests().into_iter();
    requests
        .map(|request| format!("{} {}", request.method, request.target))
        .collect()
}

/// What a request says about who makes it.
fn credentials_of(request: &Request) -> [Option<&str>; 4] {
    ["api-key", "api-secret", "access-token", "authorization"].map(|name| request.header(name))
}

// ---------------------------------------------------------------------------------------------
// Credentials

#[tokio::test]
async fn a_key_and_its_secret_or_a_token_go_into_headers_of_their_own() {
    let server = Server::start(done).await;
    let key = client(Credentials::api_key("K17", "s-17"), server.url());
    let token = client(Credentials::access_token(TOKEN), server.url());
    for client in [key, token] {
        client.list_sites().await.unwrap();
        client.create_cert().type_("lets").await.unwrap();
    }
    let requests = server.requests();
    for request in &requests[..2] {
        assert_eq!(
            credentials_of(request),
            [Some("K17"), Some("s-17"), None, None]
        );
    }
    for request in &requests[2..] {
        assert_eq!(credentials_of(request), [None, None, Some(TOKEN), None]);
    }
    assert_eq!(requests[0].target, "/v1/sites");
    assert_eq!(requests[1].body, r#"{"type":"lets"}"#);
}

#[tokio::test]
async fn a_login_carries_no_credentials_and_needs_none() {
    for credentials in [
        Credentials::api_key("K17", "s-17"),
        Credentials::access_token(TOKEN),
        login(),
    ] {
        let server = Server::always(logged_in("another")).await;
        let client = client(credentials, server.url());
        let reply = client.login().account("ina").password("p").await.unwrap();
        assert_eq!(reply.access_token.unwrap().expose(), "another");
        assert_eq!((reply.uid, reply.type_), (Some(17.into()), Some(2)));
        let requests = server.requests();
        assert_eq!(requests.len(), 1);
        assert_eq!(credentials_of(&requests[0]), [None; 4]);
        assert_eq!(
            body(&requests[0]),
            json!({"account": "ina", "password": "p"})
        );
    }
}

#[tokio::test]
async fn credentials_that_do_not_log_in_are_refused_at_once() {
    for credentials in [
        Credentials::api_key("K17", "s-17"),
        Credentials::access_token(TOKEN),
    ] {
        let server = Server::always(login_required()).await;
        let error = client(credentials, server.url()).list_sites().await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Authentication);
        assert_eq!(error.code(), Some("login_required"));
        assert_eq!(error.operation(), Some("cdnfly.listSites"));
        assert_eq!((error.attempts(), server.requests().len()), (1, 1));
    }
}

#[tokio::test]
async fn the_mock_refuses_strangers_as_the_panel_does() {
    for credentials in [
        Credentials::api_key("K17", "s-17"),
        Credentials::access_token(TOKEN),
        login(),
    ] {
        let server = mock::Server::start(credentials.clone()).await.unwrap();
        let known = client(credentials, server.base_url());
        known.list_sites().await.unwrap();
        for stranger in [
            Credentials::api_key("K17", "s-18"),
            Credentials::access_token("another"),
            Credentials::login("marta@example.net", "another"),
        ] {
            let stranger = client(stranger, server.base_url());
            let error = stranger.list_sites().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Authentication);
            assert_eq!(error.code(), Some("login_required"));
        }
        assert_eq!(server.problems(), [""; 0]);
    }
}

#[test]
fn the_operators_own_address_has_to_be_set_and_to_be_safe() {
    let build = |url: Option<&str>| {
        let builder = Client::builder(login());
        let builder = url.into_iter().fold(builder, |b, url| b.base_url(url));
        builder.build()
    };
    let refused = [
        (None, "cdnfly has no base URL by default"),
        (
            Some("http://cdn.example.com"),
            "plain http to another machine",
        ),
    ];
    for (url, says) in refused {
        let error = build(url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(says), "{error}");
    }
    let meant = Client::builder(login()).base_url("http://cdn.example.com");
    assert!(meant.allow_insecure_http().build().is_ok());
}

#[tokio::test]
async fn a_prefix_of_the_base_url_stands_in_front_of_every_path() {
    let server = Server::in_turn([logged_in(TOKEN), success(json!([])), success(json!(""))]).await;
    let client = client(login(), format!("{}/panel/api/", server.url()));
    client.list_sites().await.unwrap();
    client.delete_sites().id(311).await.unwrap();
    assert_eq!(
        targets(&server),
        [
            "POST /panel/api/v1/login",
            "GET /panel/api/v1/sites",
            "DELETE /panel/api/v1/sites/311",
        ]
    );
}

#[tokio::test]
#[ignore = "the next test runs it, with an environment for it"]
async fn a_client_of_the_environment() {
    Client::from_env().unwrap().list_sites().await.unwrap();
}

#[tokio::test]
async fn a_client_comes_from_the_environment() {
    let server = Server::start(|request| match request.target.as_str() {
        "/v1/login" => logged_in(TOKEN),
        _ => success(json!([])),
    })
    .await;
    let ways = [
        vec![("CDNFLY_API_KEY", "K17"), ("CDNFLY_API_SECRET", "s-17")],
        vec![("CDNFLY_ACCESS_TOKEN", "from-outside")],
        vec![("CDNFLY_ACCOUNT", "marta"), ("CDNFLY_PASSWORD", PASSWORD)],
    ];
    for way in ways {
        let mut run = Command::new(std::env::current_exe().unwrap());
        run.args(["--ignored", "--exact", "a_client_of_the_environment"]);
        for name in [
            "API_KEY",
            "API_SECRET",
            "ACCESS_TOKEN",
            "ACCOUNT",
            "PASSWORD",
        ] {
            run.env_remove(format!("CDNFLY_{name}"));
            run.env_remove(format!("CDNFLY_{name}_FILE"));
        }
        run.envs(way).env("CDNFLY_BASE_URL", server.url());
        let output = tokio::task::spawn_blocking(move || run.output());
        let output = output.await.unwrap().unwrap();
        let output = String::from_utf8_lossy(&output.stdout);
        assert!(output.contains("1 passed"), "{output}");
    }
    let requests = server.requests();
    let sent: Vec<_> = requests.iter().map(credentials_of).collect();
    assert_eq!(
        sent,
        [
            [Some("K17"), Some("s-17"), None, None],
            [None, None, Some("from-outside"), None],
            [None; 4],
            [None, None, Some(TOKEN), None],
        ]
    );
    assert_eq!(
        body(&requests[2]),
        json!({"account": "marta", "password": PASSWORD})
    );
}

// ---------------------------------------------------------------------------------------------
// Sessions

/// A panel with one account. Its first login gives the token `1+/=`, its second `2+/=`, and so on.
#[derive(Default)]
struct Panel {
    logins: AtomicUsize,
    /// How many logins' tokens have expired.
    expired: AtomicUsize,
}

impl Panel {
    fn expire_all(&self) {
        self.expire(self.logins());
    }

    fn expire(&self, logins: usize) {
        self.expired.store(logins, Ordering::SeqCst);
    }

    fn logins(&self) -> usize {
        self.logins.load(Ordering::SeqCst)
    }

    /// What it answers; `refusal` if the token has expired.
    fn answer(&self, request: &Request, refusal: Answer) -> Answer {
        if request.target == "/v1/login" {
            let number = self.logins.fetch_add(1, Ordering::SeqCst) + 1;
            return logged_in(&format!("{number}+/="));
        }
        let token = request.header("access-token").expect("a token");
        let number: usize = token.strip_suffix("+/=").unwrap().parse().unwrap();
        if number > self.expired.load(Ordering::SeqCst) {
            done(request)
        } else {
            refusal
        }
    }
}

/// A panel, and a client that logs in to it.
async fn panel() -> (Arc<Panel>, Server, Client) {
    let panel = Arc::new(Panel::default());
    let behind = Arc::clone(&panel);
    let server = Server::start(move |request| behind.answer(request, login_required())).await;
    let client = client(login(), server.url());
    (panel, server, client)
}

#[tokio::test]
async fn the_first_call_logs_in_and_its_token_serves_all_that_follow() {
    let (_panel, server, client) = panel().await;
    assert!(server.requests().is_empty(), "nothing was called yet");
    client.list_sites().await.unwrap();
    client.clone().list_certs().await.unwrap();
    client.create_cert().type_("lets").await.unwrap();
    assert_eq!(
        targets(&server),
        [
            "POST /v1/login",
            "GET /v1/sites",
            "GET /v1/certs",
            "POST /v1/certs",
        ]
    );
    let requests = server.requests();
    assert_eq!(credentials_of(&requests[0]), [None; 4]);
    let account = json!({"account": "marta@example.net", "password": PASSWORD});
    assert_eq!(body(&requests[0]), account);
    for request in &requests[1..] {
        assert_eq!(credentials_of(request), [None, None, Some("1+/="), None]);
    }
}

#[tokio::test]
async fn a_call_whose_token_has_expired_is_made_once_more_after_one_login() {
    let (panel, server, client) = panel().await;
    client.list_sites().await.unwrap();
    let first = server.requests().len();

    panel.expire_all();
    let sites = client.list_sites().send().await.unwrap();
    assert!(sites.data.is_empty());
    // A write was refused before it did anything, so that it is safe as well.
    panel.expire_all();
    let call = client.create_cert().type_("lets").name("shop");
    assert_eq!(call.await.unwrap()[..], ["923".into()]);

    assert_eq!(
        targets(&server)[first..],
        [
            "GET /v1/sites",
            "POST /v1/login",
            "GET /v1/sites",
            "POST /v1/certs",
            "POST /v1/login",
            "POST /v1/certs",
        ]
    );
    let requests = &server.requests()[first..];
    let tokens: Vec<_> = requests.iter().map(|r| r.header("access-token")).collect();
    let [one, two, three] = ["1+/=", "2+/=", "3+/="].map(Some);
    assert_eq!(tokens, [one, None, two, two, None, three]);
    assert_eq!(requests[3].body, requests[5].body);
    assert_eq!(requests[5].body, r#"{"name":"shop","type":"lets"}"#);
}

#[tokio::test]
async fn a_token_that_is_refused_fresh_is_an_error_after_two_requests() {
    let (panel, server, client) = panel().await;
    panel.expire(usize::MAX);
    let error = client.create_cert().type_("lets").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert_eq!(error.operation(), Some("cdnfly.createCert"));
    assert_eq!(error.code(), Some("login_required"));
    assert_eq!(error.attempts(), 2);
    assert_eq!(
        targets(&server),
        [
            "POST /v1/login",
            "POST /v1/certs",
            "POST /v1/login",
            "POST /v1/certs",
        ]
    );
    // The account may be welcome again later.
    panel.expire_all();
    client.create_cert().type_("lets").await.unwrap();
    assert_eq!(panel.logins(), 3);
}

#[tokio::test]
async fn another_failure_is_no_reason_to_log_in_again() {
    let failures = [
        ok(&json!({"code": "site-1", "msg": "权限不足"})),
        reply(403, &[], ""),
        reply(500, &[], ""),
    ];
    for failure in failures {
        let server = Server::in_turn([logged_in(TOKEN), failure]).await;
        let error = client(login(), server.url()).list_sites().await;
        assert_eq!(error.unwrap_err().attempts(), 1);
        assert_eq!(targets(&server), ["POST /v1/login", "GET /v1/sites"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_calls_with_the_same_expired_token_lead_to_one_login() {
    const CALLS: usize = 20;
    let panel = Arc::new(Panel::default());
    let behind = Arc::clone(&panel);
    // No call is refused before all are there to be refused.
    let all = Arc::new(Barrier::new(CALLS));
    let refusal = login_required().at(&all);
    let server = Server::start(move |request| behind.answer(request, refusal.clone())).await;
    let client = client(login(), server.url());
    client.list_sites().await.unwrap();
    panel.expire_all();

    let calls = (0..CALLS).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.list_sites().await })
    });
    for outcome in join_all(calls).await {
        outcome.unwrap().unwrap();
    }
    assert_eq!(panel.logins(), 2);
    let with = |token| {
        let requests = server.requests().into_iter();
        let sent = requests.filter(|request| request.header("access-token") == Some(token));
        sent.count()
    };
    assert_eq!((with("1+/="), with("2+/=")), (1 + CALLS, CALLS));
}

#[tokio::test]
async fn a_login_that_fails_is_tried_once_for_all_that_wait_for_it() {
    const CALLS: usize = 20;
    let wrong = ok(&json!({"code": "login-7", "msg": "密码错误", "data": ""}));
    let gate = Arc::new(Barrier::new(2));
    let server = Server::in_turn([wrong.at(&gate), logged_in(TOKEN), success(json!([]))]).await;
    let client = client(login(), server.url());

    let calls = join_all((0..CALLS).map(|_| client.list_sites().into_future()));
    let (outcomes, ()) = tokio::join!(calls, async {
        // By then every call has begun, and all but the first wait.
        server.has_got(1).await;
        gate.wait().await;
    });
    assert_eq!(outcomes.len(), CALLS);
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        assert_eq!(error.operation(), Some("cdnfly.login"));
        assert_eq!(error.kind(), ErrorKind::Authentication);
        assert_eq!(error.code(), Some("login-7"));
        assert_eq!(error.message(), Some("密码错误"));
        assert_eq!(error.status().unwrap(), 200);
        assert_eq!(error.attempts(), 1);
    }
    assert_eq!(targets(&server), ["POST /v1/login"]);
    // It isn't held against the calls that come later.
    client.list_sites().await.unwrap();
    let expected = ["POST /v1/login", "POST /v1/login", "GET /v1/sites"];
    assert_eq!(targets(&server), expected);
}

/// A refusal tells all who wait what they would be told. That a server was away for a moment, for a
/// call that didn't try again, doesn't.
#[tokio::test]
async fn a_login_that_fails_in_passing_fails_for_none_that_would_try_again() {
    const CALLS: usize = 20;
    let down = reply(502, &[], "");
    let gate = Arc::new(Barrier::new(2));
    let server = Server::in_turn([down.at(&gate), logged_in(TOKEN), success(json!([]))]).await;
    let client = Client::builder(login()).base_url(server.url());
    let client = client.build().unwrap();

    let first = client.list_sites().retry(RetryPolicy::never());
    let others = (1..CALLS).map(|_| client.list_sites().into_future());
    let calls = join_all([first.into_future()].into_iter().chain(others));
    let (outcomes, ()) = tokio::join!(calls, async {
        server.has_got(1).await;
        gate.wait().await;
    });
    let failures: Vec<Error> = outcomes.into_iter().filter_map(Result::err).collect();
    let [error]: [Error; 1] = failures.try_into().unwrap();
    assert_eq!(error.operation(), Some("cdnfly.login"));
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Server, 1));
    let logins = targets(&server)
        .into_iter()
        .filter(|target| target == "POST /v1/login");
    assert_eq!(logins.count(), 2);
}

#[tokio::test]
async fn a_refused_login_is_authentication_whatever_its_code() {
    let refusals = [
        json!({"code": "login-7", "msg": "密码错误", "data": ""}),
        json!({"code": 1, "msg": "密码错误"}),
        json!({"code": "login_required", "msg": "密码错误"}),
    ];
    for refusal in refusals {
        let server = Server::always(ok(&refusal)).await;
        let logs_in = client(login(), server.url());
        let by_hand = client(Credentials::access_token(TOKEN), server.url());
        let errors = [
            logs_in.list_sites().await.unwrap_err(),
            by_hand
                .login()
                .account("ina")
                .password("p")
                .await
                .unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Authentication, "{refusal}");
            assert_eq!(error.operation(), Some("cdnfly.login"));
            assert_eq!(error.message(), Some("密码错误"));
            assert!(!error.is_retryable());
        }
        // A refusal isn't tried again, and of another call it says something else.
        assert_eq!(server.requests().len(), 2);
        let of_a_list = by_hand.list_sites().await.unwrap_err().kind();
        let is_login = refusal["code"] == "login_required";
        assert_eq!(of_a_list == ErrorKind::Authentication, is_login);
    }
}

#[tokio::test]
async fn a_login_that_is_given_up_leaves_it_to_the_next_call() {
    let server = Server::in_turn([Answer::Silence, logged_in(TOKEN), success(json!([]))]).await;
    let client = client(login(), server.url());
    let mut first = client.list_sites().into_future();
    let mut second = client.list_certs().into_future();
    tokio::select! {
        biased;
        _ = &mut first => panic!("nobody answers"),
        _ = &mut second => panic!("nobody answers"),
        () = server.has_got(1) => {}
    }
    drop(first);
    server.hung_up_on().await;
    second.await.unwrap();
    let expected = ["POST /v1/login", "POST /v1/login", "GET /v1/certs"];
    assert_eq!(targets(&server), expected);
}

#[tokio::test]
async fn a_login_has_the_time_of_the_call_that_needs_it() {
    let server = Server::always(Answer::Silence).await;
    let builder = Client::builder(login()).base_url(server.url());
    let client = builder.timeout(Duration::from_millis(150)).build().unwrap();
    let start = Instant::now();
    let error = client.list_sites().await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.operation(), Some("cdnfly.login"));
    assert!(error.to_string().contains("within 150ms"), "{error}");
    assert_eq!(error.attempts(), 1);
    server.hung_up_on().await;
    assert_eq!(targets(&server), ["POST /v1/login"]);
}

#[tokio::test]
async fn a_login_is_repeated_like_a_call_whose_repetition_does_no_harm() {
    let mut policy = RetryPolicy::default();
    policy.base_delay = Duration::ZERO;
    for status in [502, 503] {
        let server = Server::always(reply(status, &[], "")).await;
        let builder = Client::builder(login()).retry(policy.clone());
        let client = builder.base_url(server.url()).build().unwrap();
        // Whether the call that needs it may be repeated or not.
        for error in [
            client.list_sites().await.unwrap_err(),
            client.create_cert().type_("lets").await.unwrap_err(),
        ] {
            assert_eq!(error.operation(), Some("cdnfly.login"));
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Server, 3));
        }
        assert_eq!(targets(&server), ["POST /v1/login"; 6]);
        let once = client.list_sites().retry(RetryPolicy::never());
        assert_eq!(once.await.unwrap_err().attempts(), 1);
    }

    let down = || reply(502, &[], "");
    let server = Server::in_turn([down(), down(), logged_in(TOKEN), success(json!("923"))]).await;
    let builder = Client::builder(login()).retry(policy.clone());
    let client = builder.base_url(server.url()).build().unwrap();
    client.create_cert().type_("lets").await.unwrap();
    let [log_in, create] = ["POST /v1/login", "POST /v1/certs"];
    assert_eq!(targets(&server), [log_in, log_in, log_in, create]);

    let port = support::ClosedPort::new();
    let builder = Client::builder(login()).retry(policy);
    let client = builder.base_url(port.url()).build().unwrap();
    let error = client.list_sites().await.unwrap_err();
    assert_eq!(error.operation(), Some("cdnfly.login"));
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 3));
}

#[tokio::test]
async fn a_login_without_a_token_is_decode_and_no_session() {
    let payloads = [
        json!(null),
        json!(""),
        json!({}),
        json!({"access_token": null}),
        json!({"access_token": ""}),
        json!({"access_token": 17}),
        // No header takes it.
        json!({"access_token": "two\nlines"}),
    ];
    for payload in payloads {
        let refused = json!({"code": 0, "msg": "账号已锁定", "data": payload});
        let server = Server::in_turn([
            support::json(200, &refused.to_string()),
            logged_in(TOKEN),
            success(json!([])),
        ])
        .await;
        let client = client(login(), server.url());
        let error = client.list_sites().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{payload}");
        assert_eq!(error.message(), Some("账号已锁定"), "{payload}");
        assert_eq!(error.operation(), Some("cdnfly.login"), "{payload}");
        let says = "the reply to the login holds no token";
        assert!(error.to_string().contains(says), "{payload}: {error}");
        assert_eq!(server.requests().len(), 1);
        client.list_sites().await.unwrap();
    }
}

// ---------------------------------------------------------------------------------------------
// The envelope

#[tokio::test]
async fn success_is_the_code_0_as_a_number_or_as_text() {
    let bodies = [
        json!({"code": 0, "msg": "", "data": {"id": 7}}),
        json!({"code": "0", "msg": "成功", "data": {"id": 7}}),
        json!({"data": {"id": 7}, "code": 0}),
        json!({"data": {"id": 7}, "code": 0.0}),
    ];
    let (_server, client) = replies(bodies).await;
    for _ in 0..4 {
        let site = client.get_site().id(7).await.unwrap();
        assert_eq!(site.id, Some(7.into()));
    }
}

#[tokio::test]
async fn any_other_code_is_a_failure_whatever_the_status_and_the_data() {
    use ErrorKind::{Api, PermissionDenied};
    let rows = [
        (
            json!({"code": "site-1", "msg": "权限不足", "data": ""}),
            "site-1",
            PermissionDenied,
        ),
        (
            json!({"code": "site-30", "msg": "权限不足", "data": null}),
            "site-30",
            Api,
        ),
        (
            json!({"code": "admin_user-34", "msg": "权限不足"}),
            "admin_user-34",
            Api,
        ),
        (json!({"code": 1, "msg": "权限不足", "data": []}), "1", Api),
        (
            json!({"code": -1, "msg": "权限不足", "data": {"id": 7}}),
            "-1",
            Api,
        ),
        (
            json!({"code": "", "msg": "权限不足", "data": {"id": 7}}),
            "",
            Api,
        ),
    ];
    let (server, client) = replies(rows.iter().map(|(body, ..)| body.clone())).await;
    for (body, code, kind) in &rows {
        let error = client.get_site().id(7).await.unwrap_err();
        assert_eq!(error.kind(), *kind, "{body}");
        assert_eq!(error.code(), Some(*code), "{body}");
        assert_eq!(error.message(), Some("权限不足"), "{body}");
        assert_eq!(error.details(), None, "{body}");
        assert_eq!(error.status().unwrap(), 200);
        let shown = format!("cdnfly.getSite: {kind} (code {code}, HTTP 200): 权限不足");
        assert_eq!(error.to_string(), shown);
    }
    assert_eq!(server.requests().len(), rows.len());
}

#[tokio::test]
async fn zeros_in_a_row_are_a_code_like_any_other() {
    let body = json!({"code": "00", "msg": "权限不足", "data": {"id": 7}});
    let (_server, client) = replies([body]).await;
    let error = client.get_site().id(7).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Api, Some("00")));
    assert_eq!(error.message(), Some("权限不足"));
}

#[tokio::test]
async fn where_no_payload_is_due_any_data_will_do() {
    let bodies = [
        json!({"code": 0, "data": ""}),
        json!({"code": 0, "data": null}),
        json!({"code": 0}),
        json!({"code": 0, "data": {"id": 7}}),
        json!({"code": "0", "msg": "成功", "data": ["7", 7, 7.5]}),
    ];
    let (_server, client) = replies(bodies.clone()).await;
    for _ in &bodies {
        client.delete_sites().id(7).await.unwrap();
    }
}

#[tokio::test]
async fn a_list_may_have_nothing_in_it_in_many_ways() {
    let bodies = [
        json!({"code": 0, "count": 0, "data": []}),
        json!({"code": 0, "count": "0", "data": ""}),
        json!({"code": 0, "count": "", "data": null}),
        json!({"code": 0, "count": null, "data": "null"}),
        json!({"code": 0, "data": "[]"}),
        json!({"code": 0, "data": {}}),
    ];
    let counts = [Some(0), Some(0), None, None, None, None];
    let (_server, client) = replies(bodies.clone()).await;
    for (body, count) in bodies.iter().zip(counts) {
        let list = client.list_certs().await.unwrap();
        assert!(list.data.is_empty(), "{body}");
        assert_eq!(list.count, count, "{body}");
    }
}

#[tokio::test]
async fn a_list_without_its_data_is_no_list() {
    for body in [
        json!({"code": 0}),
        json!({"code": 0, "count": 0, "msg": "成功"}),
    ] {
        let (_server, client) = replies([body.clone()]).await;
        let series = client.get_site_realtime().type_("bandwidth");
        let series = series.domain("a.example").start("2024-05-06 00:00:00");
        let errors = [
            client.list_sites().await.unwrap_err(),
            client.list_certs().await.unwrap_err(),
            client.list_jobs().await.unwrap_err(),
            series.end("2024-05-06 01:00:00").await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Decode, "{error}: {body}");
            let says = "missing field `data`";
            assert!(error.to_string().contains(says), "{body}: {error}");
        }
    }
}

#[tokio::test]
async fn an_object_without_any_property_of_its_own_is_decode() {
    let none = "the object has none of the properties";
    let nothing = "expected an object, found nothing";
    for (data, says) in [
        (json!({}), none),
        (json!({"rows": [7]}), none),
        (json!([]), nothing),
        (json!(""), nothing),
    ] {
        let (_server, client) = answers([success(data.clone())]).await;
        let error = client.get_site().id(7).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{data}");
        assert!(error.to_string().contains(says), "{data}: {error}");
        assert_eq!(error.payload().unwrap(), &data);
    }
}

#[tokio::test]
async fn a_body_that_is_no_envelope_is_an_error_that_says_so() {
    use ErrorKind::{Api, Decode, NotFound, PermissionDenied, Server as Fault, UnexpectedResponse};
    let page = "<!doctype html><h1>A page</h1>";
    // The status, the body, what it is, what the error says, its message, and whether it has the body.
    let rows = [
        (
            200,
            r#""没有权限""#,
            Api,
            "refused (HTTP 200): 没有权限",
            Some("没有权限"),
            true,
        ),
        (200, r#""""#, Decode, "no object", None, true),
        // JSON once more may hold anything, and is no message.
        (
            200,
            r#""{\"password\": \"p\"}""#,
            Decode,
            "no object",
            None,
            true,
        ),
        (200, "[]", Decode, "no object", None, true),
        (200, "7", Decode, "no object", None, true),
        (200, "成功", Decode, "the body is no JSON", None, true),
        (200, "", Decode, "the body is empty", None, true),
        (200, "{}", Decode, "the reply has no `code`", None, true),
        (
            200,
            r#"{"code": null, "data": {"id": 7}}"#,
            Decode,
            "the reply has no `code`",
            None,
            true,
        ),
        (200, page, UnexpectedResponse, "HTML page", None, true),
        (404, page, UnexpectedResponse, "HTML page", None, true),
        (403, page, PermissionDenied, "HTML page", None, true),
        (502, page, Fault, "HTML page", None, true),
        (404, "{}", NotFound, "not found", None, false),
        (404, "", NotFound, "not found", None, false),
        (404, "[7]", UnexpectedResponse, "has no `code`", None, true),
        (
            404,
            "false",
            UnexpectedResponse,
            "has no `code`",
            None,
            true,
        ),
        (
            404,
            "no such route\nhere",
            UnexpectedResponse,
            "not the API's own: no such route",
            None,
            true,
        ),
        (
            404,
            r#""no such route""#,
            NotFound,
            "not found (HTTP 404): no such route",
            Some("no such route"),
            true,
        ),
        (
            403,
            r#""需要管理员权限""#,
            PermissionDenied,
            "permission denied (HTTP 403): 需要管理员权限",
            Some("需要管理员权限"),
            true,
        ),
    ];
    let all = rows.map(|(status, body, ..)| support::json(status, body));
    let (_server, client) = answers(all).await;
    for (status, body, kind, says, message, is_kept) in rows {
        let error = client.get_site().id(7).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{body}");
        assert_eq!(error.status().unwrap().as_u16(), status, "{body}");
        assert!(error.to_string().contains(says), "{body}: {error}");
        assert_eq!(error.message(), message, "{body}");
        assert!(!error.to_string().contains("A page"), "{error}");
        assert_eq!(error.body(), is_kept.then_some(body), "{body}");
    }
}

#[tokio::test]
async fn a_user_that_exists_already_is_a_conflict_though_the_code_says_success() {
    async fn create(client: &Client) -> Result<Id, Error> {
        let call = client.create_user().name("ina").email("ina@example.net");
        call.password("p").type_(2).await
    }
    // What another call, or another payload, means by 0 is for it to say.
    let rows = [
        (json!({"code": 0, "data": "31"}), Some(Id::from("31"))),
        (json!({"code": 0, "data": 31}), Some(Id::from(31))),
        (json!({"code": 0, "data": 0, "msg": "邮箱已存在"}), None),
        (json!({"code": 0, "data": "0", "msg": "邮箱已存在"}), None),
    ];
    let (_server, client) = replies(rows.iter().map(|(body, _)| body.clone())).await;
    let mut refused = Vec::new();
    for (body, id) in rows {
        match create(&client).await {
            Ok(created) => assert_eq!(Some(created), id, "{body}"),
            Err(error) => refused.push(error),
        }
    }
    assert_eq!(refused.len(), 2);
    for error in refused {
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert_eq!(error.operation(), Some("cdnfly.createUser"));
        assert_eq!(error.message(), Some("邮箱已存在"));
        assert_eq!(error.status().unwrap(), 200);
        assert!(!error.is_retryable());
    }

    let (_server, client) = replies([json!({"code": 0, "data": 0})]).await;
    let error = client.create_cert().type_("lets").await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Decode, None));
    let error = create(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Conflict, None));
}

#[tokio::test]
async fn what_was_created_has_one_id_or_many_as_text_or_as_numbers() {
    let rows = [
        (json!("923"), vec![Id::from("923")]),
        (json!(923), vec![Id::from(923)]),
        (json!(["923", "924"]), vec!["923".into(), "924".into()]),
        (json!([923, "924"]), vec![923.into(), "924".into()]),
        (json!("923,924"), vec!["923".into(), "924".into()]),
        (json!({"id": 923}), vec![923.into()]),
        (
            json!({"ids": ["923", 924], "url": "/x"}),
            vec!["923".into(), 924.into()],
        ),
    ];
    let (_server, client) = answers(rows.iter().map(|(data, _)| success(data.clone()))).await;
    for (data, ids) in rows {
        let created = client.create_cert().type_("lets").await.unwrap();
        assert_eq!(json!(created), json!(ids), "{data}, each of its own type");
    }
    // The id of what was created isn't known, so that it can't be what the caller gets. What the
    // panel says may tell why there is none.
    let none = [
        json!(""),
        json!("0"),
        json!(0),
        json!(null),
        json!([]),
        json!({}),
        json!(["923", ""]),
    ];
    for data in none {
        let body = json!({"code": 0, "msg": "余额不足", "data": data});
        let (_server, client) = replies([body]).await;
        let user = client.create_user().name("ina").email("ina@example.net");
        let errors = [
            client.create_cert().type_("lets").await.err(),
            client.create_site().body(new_site("a.example")).await.err(),
            user.password("p").type_(2).await.err(),
        ];
        for error in errors {
            let error = error.unwrap_or_else(|| panic!("{data} is an id"));
            let is_conflict =
                error.operation() == Some("cdnfly.createUser") && (data == 0 || data == "0");
            match error.kind() {
                ErrorKind::Conflict => assert!(is_conflict, "{data}: {error}"),
                kind => assert_eq!((kind, is_conflict), (ErrorKind::Decode, false), "{data}"),
            }
            assert_eq!(error.message(), Some("余额不足"), "{data}: {error}");
        }
    }
    let (_server, client) = replies([json!({"code": 0, "msg": "余额不足"})]).await;
    let error = client.create_cert().type_("lets").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.message(), Some("余额不足"));
}

#[tokio::test]
async fn a_key_that_is_turned_off_is_none() {
    let key = json!({"api_key": "K17", "api_secret": "s-17", "api_ip": ""});
    let (_server, client) = replies([
        json!({"code": 0, "data": null}),
        json!({"code": 0, "data": ""}),
        json!({"code": 0}),
        json!({"code": 0, "data": key}),
    ])
    .await;
    for _ in 0..3 {
        assert!(client.get_api_key().await.unwrap().is_none());
    }
    let key = client.get_api_key().await.unwrap().unwrap();
    assert_eq!(key.api_key.unwrap().expose(), "K17");
    assert_eq!(key.api_secret.unwrap().expose(), "s-17");
    assert_eq!(key.api_ip, None);
}

// ---------------------------------------------------------------------------------------------
// JSON in text

fn site(property: &str, value: Value) -> Site {
    serde_json::from_value(json!({ property: value })).unwrap()
}

/// The value, and the JSON text that says the same.
fn both(value: &Value) -> [Value; 2] {
    [value.clone(), json!(value.to_string())]
}

#[test]
fn lists_in_a_row_are_read_from_json_text_and_from_json() {
    let backends = json!([
        {"index": 0, "addr": "192.0.2.10", "weight": "2", "state": "up"},
        {"index": 1, "addr": "192.0.2.11", "weight": 1},
    ]);
    for sent in both(&backends) {
        let [one, two]: [Backend; 2] = site("backend", sent).backend.try_into().unwrap();
        assert_eq!((one.index, one.weight), (Some(0), Some(2)));
        assert_eq!(one.addr.as_deref(), Some("192.0.2.10"));
        assert_eq!(one.state.as_deref(), Some("up"));
        assert_eq!((two.weight, two.state), (Some(1), None));
    }
    for empty in [
        json!("[]"),
        json!("{}"),
        json!([]),
        json!({}),
        json!(""),
        json!(null),
    ] {
        assert!(site("backend", empty.clone()).backend.is_empty(), "{empty}");
    }
    let listen = json!([{"protocol": "udp", "port": 53}]);
    for sent in both(&listen) {
        let stream: Stream = serde_json::from_value(json!({ "listen": sent })).unwrap();
        assert_eq!(stream.listen[0].protocol, Some(StreamProtocol::Udp));
        assert_eq!(stream.listen[0].port.as_deref(), Some("53"));
    }
}

#[test]
fn objects_in_a_row_are_read_from_json_text_and_from_json() {
    let https = json!({"cert": "95", "port": 443, "ssl_protocols": "TLSv1.3"});
    for sent in both(&https) {
        let listen = site("https_listen", sent).https_listen.unwrap();
        assert_eq!(listen.cert, Some("95".into()));
        assert_eq!(listen.port.as_deref(), Some("443"));
        assert_eq!(listen.ssl_protocols.as_deref(), Some("TLSv1.3"));
        assert_eq!(listen.ssl_ciphers, None);
    }
    let cors = json!({"enable": 1, "allow_credentials": "0", "max_age": "600"});
    for sent in both(&cors) {
        let cors = site("cors", sent).cors.unwrap();
        assert_eq!(
            (cors.enable, cors.allow_credentials),
            (Some(true), Some(false))
        );
        assert_eq!(cors.max_age, Some(600));
    }
    for empty in [json!("{}"), json!("[]"), json!({}), json!([])] {
        let listen = site("https_listen", empty.clone()).https_listen.unwrap();
        assert!(listen.cert.is_none() && listen.port.is_none(), "{empty}");
        assert!(listen.extra.is_empty(), "{empty}");
    }
    for nothing in [json!(""), json!(null)] {
        assert!(site("https_listen", nothing.clone()).https_listen.is_none());
        assert!(site("cors", nothing).cors.is_none());
    }
    let orders = json!({"data": [
        {"amount": 6600, "data": r#"{"user_package": 58, "amount": "1"}"#},
        {"data": {"package": 384, "end_at": "2024-05-06 07:08:09"}},
        {"data": null},
    ]});
    let orders: OrderList = serde_json::from_value(orders).unwrap();
    let data: Vec<_> = orders.data.into_iter().map(|order| order.data).collect();
    assert_eq!(data[0].as_ref().unwrap().amount, Some(1));
    assert_eq!(data[1].as_ref().unwrap().package, Some(384.into()));
    assert!(data[2].is_none());
}

#[test]
fn json_of_which_no_form_is_known_is_read_from_text_too() {
    let acl = json!({"default": "allow", "rules": [{"ip": "192.0.2.0/24", "deny": 1}]});
    for sent in both(&acl) {
        assert_eq!(site("acl", sent).acl, Some(Json(acl.clone())));
    }
    for empty in [json!({}), json!([])] {
        for sent in both(&empty) {
            assert_eq!(site("acl", sent).acl, Some(Json(empty.clone())));
        }
    }
    for nothing in [json!(""), json!(null)] {
        assert_eq!(site("acl", nothing).acl, None);
    }
}

#[tokio::test]
async fn text_that_is_no_json_is_left_out_or_an_error_with_its_place_and_without_its_value() {
    let rows = [
        (
            "acl",
            "private",
            "at data[1].acl: expected JSON, found text",
        ),
        (
            "acl",
            r#"{"private"#,
            "at data[1].acl: expected JSON, found text",
        ),
        (
            "backend",
            "private",
            "at data[1].backend: expected a list, found text that is no JSON",
        ),
        (
            "cors",
            "private",
            "at data[1].cors: expected an object, found text that is no JSON",
        ),
        (
            "backend",
            r#"[{"weight": "private"}]"#,
            "at data[1].backend: in JSON text, at [0].weight: expected an integer",
        ),
    ];
    let body =
        |name: &str, text: &str| ok(&json!({"code": 0, "data": [{"id": 1}, { name: text }]}));
    let server = Server::in_turn(rows.iter().flat_map(|(name, text, _)| {
        let answer = body(name, text);
        [answer.clone(), answer]
    }))
    .await;
    let lenient = client(Credentials::access_token(TOKEN), server.url());
    let strict = Client::builder(Credentials::access_token(TOKEN)).strict(true);
    let strict = strict.base_url(server.url()).build().unwrap();
    for (name, _, says) in rows {
        let error = strict.list_sites().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains(says), "{error}");
        assert!(!format!("{error} {error:?}").contains("private"));

        let list = lenient.list_sites().send().await.unwrap();
        let left_out = match says.split_once("in JSON text, at [0].") {
            Some(_) => "data[1].backend[0].weight".to_owned(),
            None => format!("data[1].{name}"),
        };
        assert_eq!(list.unread(), [left_out]);
        assert_eq!(list.data[0].id, Some(1.into()));
        assert!(!format!("{list:?}").contains("private"), "{list:?}");
    }
}

#[tokio::test]
async fn requests_have_json_where_replies_have_text() {
    let (server, client) = replies([json!({"code": 0, "data": ""})]).await;
    let listen = SiteHttpsListen::default().cert(96).port("443");
    let cors = SiteCors::default().enable(true).max_age(600);
    let backend = Backend::default().addr("192.0.2.10").weight(2);
    let call = client.update_site().id(311).https_listen(listen).cors(cors);
    let call = call.backend([backend]).acl(json!({"default": "allow"}));
    let call = call.hotlink(json!([])).enable(false).proxy_timeout(90);
    call.await.unwrap();
    assert_eq!(
        body(&server.requests()[0]),
        json!({
            "https_listen": {"cert": 96, "port": "443"},
            "cors": {"enable": true, "max_age": 600},
            "backend": [{"addr": "192.0.2.10", "weight": 2}],
            "acl": {"default": "allow"},
            "hotlink": [],
            "enable": false,
            "proxy_timeout": 90,
        })
    );
    assert_eq!(targets(&server), ["PUT /v1/sites/311"]);
}

#[tokio::test]
async fn what_a_row_has_goes_back_with_what_nobody_has_named() {
    let row = json!({
        "backend": r#"[{"addr": "192.0.2.10", "weight": "2", "backup": {"after": 3}}]"#,
        "https_listen": r#"{"cert": "95", "port": "443", "hsts": 1, "ocsp": null}"#,
        "acl": r#"{"default": "allow"}"#,
    });
    let (server, client) = replies([
        json!({"code": 0, "data": row}),
        json!({"code": 0, "data": ""}),
    ])
    .await;
    let site = client.get_site().id(311).await.unwrap();
    let call = client.update_site().id(311).backend(site.backend);
    let call = call.https_listen(site.https_listen.unwrap());
    call.acl(site.acl.unwrap()).await.unwrap();
    assert_eq!(
        body(&server.requests()[1]),
        json!({
            "backend": [{"addr": "192.0.2.10", "weight": 2, "backup": {"after": 3}}],
            "https_listen": {"cert": "95", "port": "443", "hsts": 1, "ocsp": null},
            "acl": {"default": "allow"},
        })
    );
}

// ---------------------------------------------------------------------------------------------
// Other types

#[test]
fn names_with_dots_are_properties_of_their_own() {
    let stream = json!({
        "cname_domain": "a.example.net", "s.cname_domain": "b.example.net",
        "cname_hostname": "a", "s.cname_hostname": "b", "cname_mode": "site",
        "s.cname_mode": "package",
    });
    let read: Stream = serde_json::from_value(stream.clone()).unwrap();
    assert_eq!(read.cname_domain.as_deref(), Some("a.example.net"));
    assert_eq!(read.s_cname_domain.as_deref(), Some("b.example.net"));
    assert_eq!(serde_json::to_value(read).unwrap(), stream);

    let package = json!({".cname_domain": "b.example.net", "cname_domain": "a.example.net"});
    let read: UserPackage = serde_json::from_value(package.clone()).unwrap();
    assert_eq!(read.dot_cname_domain.as_deref(), Some("b.example.net"));
    assert_eq!(read.cname_domain.as_deref(), Some("a.example.net"));
    assert_eq!(serde_json::to_value(read).unwrap(), package);
}

#[test]
fn times_and_long_numbers_stay_as_they_came() {
    let row = json!({
        "create_at": null, "create_at2": "2024-02-30 25:61:00", "update_at2": "",
        "record_id": "314159265358979323",
    });
    let stream: Stream = serde_json::from_value(row).unwrap();
    assert_eq!(stream.create_at, None);
    assert_eq!(stream.create_at2.as_deref(), Some("2024-02-30 25:61:00"));
    assert_eq!(stream.update_at2, None);
    assert_eq!(stream.record_id.as_deref(), Some("314159265358979323"));
    let row = r#"{"record_id": 314159265358979323}"#;
    let stream: Stream = serde_json::from_str(row).unwrap();
    assert_eq!(stream.record_id.as_deref(), Some("314159265358979323"));
}

#[test]
fn numbers_and_flags_are_read_from_text() {
    for (sent, limit) in [
        (json!(500), Some(500)),
        (json!("500"), Some(500)),
        (json!(-1), Some(-1)),
        (json!(""), None),
        (json!(null), None),
    ] {
        let row = json!({"conn_limit": sent, "enable": "1", "proxy_protocol": 0});
        let stream: Stream = serde_json::from_value(row).unwrap();
        assert_eq!(stream.conn_limit, limit, "{sent}");
        assert_eq!(
            (stream.enable, stream.proxy_protocol),
            (Some(true), Some(false))
        );
    }
    // A limit of packages is a number that may have a unit.
    let row = json!({"bandwidth": "100Mbps", "connection": -1, "domain": "20"});
    let package: Package = serde_json::from_value(row).unwrap();
    assert_eq!(package.bandwidth, Some("100Mbps".into()));
    assert_eq!(package.connection, Some(IntegerOrText::Integer(-1)));
    assert_eq!(package.domain, Some(20));
}

#[tokio::test]
async fn the_points_of_a_series_are_pairs() {
    let points = json!([[1_700_000_040_000_i64, 39.25], [1_700_000_100_000_i64, "0"]]);
    let (server, client) = replies([json!({"code": 0, "data": points, "msg": ""})]).await;
    let call = client.get_site_realtime().type_("status-4xx");
    let call = call.domain("www.example.com").start("2024-05-06 00:00:00");
    let series = call.end("2024-05-06 01:00:00").await.unwrap();
    assert_eq!(
        series,
        [[1_700_000_040_000.0, 39.25], [1_700_000_100_000.0, 0.0]]
    );
    assert_eq!(
        targets(&server),
        [
            "GET /v1/monitor/site/realtime?domain=www.example.com&end=2024-05-06+01%3A00%3A00\
             &start=2024-05-06+00%3A00%3A00&type=status-4xx"
        ]
    );
}

// ---------------------------------------------------------------------------------------------
// Batches

fn new_site(domain: &str) -> SiteCreate {
    SiteCreate::new(58, domain, [Backend::default()])
}

#[tokio::test]
async fn many_items_go_into_one_request() {
    let (server, client) = replies([
        json!({"code": 0, "data": ["314", "315"]}),
        json!({"code": 0, "data": "316"}),
        json!({"code": 0, "data": ""}),
        json!({"code": 0, "data": ["9", "10"]}),
    ])
    .await;
    let sites = ["img.example.com", "video.example.com"].map(new_site);
    let created = client.create_site().items(sites).await.unwrap();
    assert_eq!(created[..], ["314".into(), "315".into()]);
    let one = client.create_site().body(new_site("www.example.com"));
    assert_eq!(one.await.unwrap()[..], ["316".into()]);

    let changes = created.iter().map(|id| {
        let mut change = SiteChange::new(id);
        change.enable = Some(false);
        change
    });
    client.update_sites().items(changes).await.unwrap();

    let job = |url: &str| {
        let data = JobData::default().url(url);
        JobCreate::new("clean_url", data)
    };
    let urls = ["https://a.example.com/", "https://b.example.com/"];
    client.create_job().items(urls.map(job)).await.unwrap();

    assert_eq!(
        targets(&server),
        [
            "POST /v1/sites",
            "POST /v1/sites",
            "PUT /v1/sites",
            "POST /v1/jobs",
        ]
    );
    let site = |domain| json!({"user_package": 58, "domain": domain, "backend": [{}]});
    let bodies: Vec<Value> = server.requests().iter().map(body).collect();
    assert_eq!(
        bodies,
        [
            json!([site("img.example.com"), site("video.example.com")]),
            site("www.example.com"),
            json!([{"id": "314", "enable": false}, {"id": "315", "enable": false}]),
            json!([
                {"type": "clean_url", "data": {"url": "https://a.example.com/"}},
                {"type": "clean_url", "data": {"url": "https://b.example.com/"}},
            ]),
        ]
    );
}

#[tokio::test]
async fn many_ids_go_into_one_path() {
    let (server, client) = replies([json!({"code": 0, "data": ""})]).await;
    client.delete_sites().id(311).await.unwrap();
    client.delete_sites().id([311, 312]).await.unwrap();
    let ids = [Id::from("313"), Id::from(314), Id::from("a b?")];
    client.delete_sites().id(&ids[..]).await.unwrap();
    assert_eq!(
        targets(&server),
        [
            "DELETE /v1/sites/311",
            "DELETE /v1/sites/311,312",
            "DELETE /v1/sites/313,314,a%20b%3F",
        ]
    );
}

#[tokio::test]
async fn what_would_reach_other_things_than_meant_sends_nothing() {
    let (server, client) = replies([json!({"code": 0, "data": ""})]).await;
    let delete = || client.delete_sites();
    let refused = [
        (
            delete().id("311,312").await,
            "`id` holds an id with a comma",
        ),
        (
            delete().id(["1", "2,3"]).await,
            "`id` holds an id with a comma",
        ),
        (delete().id([0; 0]).await, "`id` is a list without an id"),
        (
            delete().id(["311", ".."]).await,
            "`id` can't stand in a path",
        ),
        (delete().id(["311", ""]).await, "`id` can't stand in a path"),
        (delete().await, "`id` is required"),
        (
            client.update_site().id("311/..").enable(true).await,
            "`id` can't stand in a path",
        ),
        (
            client.update_site().id("311,312").enable(true).await,
            "`id` holds an id with a comma",
        ),
        (
            client.update_site().id(311).user_package("5,8").await,
            "`user_package` holds an id with a comma",
        ),
        (
            client
                .update_sites()
                .items([SiteChange::new("311,312")])
                .await,
            "`id` holds an id with a comma",
        ),
        (
            client.update_sites().items([SiteChange::new("")]).await,
            "`id` holds an id that is empty",
        ),
        (
            client.update_sites().items([SiteChange::new(" ")]).await,
            "`id` holds an id that is empty",
        ),
        (
            client.update_sites().items(Vec::<SiteChange>::new()).await,
            "`items` is a list without an item",
        ),
        (
            client
                .create_site()
                .items(Vec::<SiteCreate>::new())
                .await
                .map(drop),
            "`items` is a list without an item",
        ),
        (
            client
                .create_job()
                .items(Vec::<JobCreate>::new())
                .await
                .map(drop),
            "`items` is a list without an item",
        ),
        (
            client
                .create_site()
                .body(SiteCreate::new("", "a", [Backend::default()]))
                .await
                .map(drop),
            "`user_package` holds an id that is empty",
        ),
        // Those of the objects in a body, too.
        (
            client
                .update_site()
                .id(7)
                .https_listen(SiteHttpsListen::default().cert(""))
                .await
                .map(drop),
            "`https_listen` holds an id that is empty",
        ),
    ];
    for (outcome, says) in refused {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(error.attempts(), 0);
    }
    assert!(server.requests().is_empty());
}

/// A server that trims would take it for the whole collection.
#[tokio::test]
async fn an_id_of_spaces_stands_in_no_path() {
    let (server, client) = replies([json!({"code": 0, "data": ""})]).await;
    for outcome in [
        client.delete_sites().id(" ").await,
        client.delete_sites().id(["311", "\u{a0}"]).await,
        client.update_site().id(" ").enable(true).await,
    ] {
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::InvalidRequest);
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn items_beside_what_one_item_has_send_nothing() {
    let (server, client) = replies([json!({"code": 0, "data": ["1"]})]).await;
    let items = || [new_site("www.example.com")];
    let refused = [
        (client.create_site().items(items()).domain("a"), "domain"),
        (client.create_site().enable(false).items(items()), "enable"),
        (
            client.create_site().cname_hostname("a").items(items()),
            "cname_hostname",
        ),
    ];
    for (call, name) in refused {
        let error = call.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        let says = format!("`{name}` was set beside `items`");
        assert!(error.to_string().contains(&says), "{error}");
        assert_eq!(error.operation(), Some("cdnfly.createSite"));
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn what_the_spec_does_not_name_is_sent_beside_the_rest() {
    let (server, client) = replies([json!({"code": 0, "data": "314"})]).await;
    let site = || client.create_site().body(new_site("www.example.com"));
    let call = site()
        .other("enable_ipv6", true)
        .other("tags", json!(["a", 1]));
    call.await.unwrap();
    let mut item = new_site("img.example.com");
    item.extra = [("enable_ipv6".to_owned(), json!(1))].into();
    client.create_site().items([item]).await.unwrap();
    let mut sent = server
        .requests()
        .iter()
        .map(body)
        .collect::<Vec<_>>()
        .into_iter();
    assert_eq!(
        sent.next().unwrap(),
        json!({
            "user_package": 58, "domain": "www.example.com", "backend": [{}],
            "enable_ipv6": true, "tags": ["a", 1],
        })
    );
    let item = json!({
        "user_package": 58, "domain": "img.example.com", "backend": [{}], "enable_ipv6": 1,
    });
    assert_eq!(sent.next().unwrap(), json!([item]));

    // What has a setter would be sent twice.
    let mut item = new_site("img.example.com");
    item.extra = [("domain".to_owned(), json!("x"))].into();
    // So would what an object within the body names, wherever it stands.
    let backend = || Backend::default().addr("192.0.2.7").other("addr", "x");
    let mut inside = new_site("img.example.com");
    inside.backend = vec![backend()];
    let job = JobData::default()
        .url("http://a.example/")
        .other("url", "x");
    let refused = [
        site().other("enable", true).await,
        site().other("domain", "x").await,
        client.create_site().items([item]).await,
        site().backend([backend()]).await,
        client.create_site().items([inside]).await,
        client.create_job().type_("clean_url").data(job).await,
        // The path says which site is meant.
        client
            .update_site()
            .id(7)
            .other("id", 8)
            .await
            .map(|()| hosting_apis::Ids::default()),
    ];
    for outcome in refused {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        let says = "is a property that the spec names: use its own setter";
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(error.attempts(), 0);
    }
    let items = [new_site("img.example.com")];
    let error = client
        .create_site()
        .items(items)
        .other("x", 1)
        .await
        .unwrap_err();
    let says = "`other` was set beside `items`";
    assert!(error.to_string().contains(says), "{error}");
    let error = site().other("", 1).await.unwrap_err();
    let says = "`other` was given a property without a name";
    assert!(error.to_string().contains(says), "{error}");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn an_id_is_the_same_one_whatever_the_panel_sends_it_as() {
    let (_server, client) = replies([
        json!({"code": 0, "data": "311"}),
        json!({"code": 0, "data": [{"id": 311}, {"id": 312.0}]}),
    ])
    .await;
    let made = client
        .create_site()
        .body(new_site("a.example"))
        .await
        .unwrap();
    let sites = client.list_sites().await.unwrap().data;
    let found = sites.iter().find(|site| site.id.as_ref() == Some(&made[0]));
    assert_eq!(found.unwrap().id, Some(311.into()));
    assert_eq!(sites[1].id, Some("312".into()));
}
