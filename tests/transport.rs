//! What every call promises, whatever its API: through real sockets, against servers that break
//! every rule.

#![cfg(any(feature = "kiwivm", feature = "vps-org"))]

mod support;

use std::time::Duration;

use hosting_apis::{ErrorKind, RetryPolicy};

/// The default policy without its waits.
fn at_once() -> RetryPolicy {
    let mut policy = RetryPolicy::default();
    policy.base_delay = Duration::ZERO;
    policy
}

#[cfg(feature = "vps-org")]
mod vps_org_calls {
    use std::collections::VecDeque;
    use std::error::Error as _;
    use std::sync::{Arc, Mutex};
    use std::time::{Instant, SystemTime};

    use hosting_apis::{ClientBuilder, Error, Method, StatusCode, vps_org};

    use super::support::{Answer, ClosedPort, Server, json, reply};
    use super::*;

    const ME: &str = r#"{"account": {"email": "ada@example.net"}}"#;

    fn builder(url: impl Into<String>) -> ClientBuilder<vps_org::Credentials> {
        let credentials = vps_org::Credentials::token("vps_transport-test");
        vps_org::Client::builder(credentials).base_url(url)
    }

    fn client(server: &Server) -> vps_org::Client {
        let builder = builder(server.url()).retry(at_once());
        builder.build().unwrap()
    }

    fn client_without_retries(server: &Server) -> vps_org::Client {
        let builder = builder(server.url()).retry(RetryPolicy::never());
        builder.build().unwrap()
    }

    /// The error of one read that gets this answer.
    async fn error_of(answer: Answer) -> Error {
        errors_of([answer]).await.remove(0)
    }

    /// The errors of reads that get one of these answers each.
    async fn errors_of(answers: impl IntoIterator<Item = Answer>) -> Vec<Error> {
        let answers: Vec<Answer> = answers.into_iter().collect();
        let reads = answers.len();
        let server = Server::in_turn(answers).await;
        let client = client_without_retries(&server);
        let mut errors = Vec::new();
        for _ in 0..reads {
            errors.push(client.get_account_me().await.unwrap_err());
        }
        errors
    }

    /// A URL may hold more than where the server is.
    #[track_caller]
    fn assert_no_url(error: &Error) {
        let mut text = format!("{error} {error:?}");
        let mut cause = error.source();
        while let Some(error) = cause {
            text.push_str(&format!(" {error} {error:?}"));
            cause = error.source();
        }
        assert!(
            !text.contains("http://") && !text.contains("account/me"),
            "{text}"
        );
    }

    // -----------------------------------------------------------------------------------------
    // Nothing is sent

    #[tokio::test]
    async fn a_call_that_lacks_a_parameter_sends_nothing() {
        let server = Server::always(json(200, ME)).await;
        let client = client(&server);
        let errors = [
            (
                "domain_name",
                client.register_domain().years(2).await.unwrap_err(),
            ),
            ("domain_id", client.get_domain().await.unwrap_err()),
            ("domain_id", client.delete_domain().await.unwrap_err()),
            (
                "auth_code",
                client.transfer_domain().domain_id(4).await.unwrap_err(),
            ),
        ];
        for (name, error) in errors {
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
            assert!(
                error.to_string().contains(&format!("`{name}` is required")),
                "{error}"
            );
            assert!(error.operation().unwrap().starts_with("vps_org."));
            assert_eq!(error.attempts(), 0);
            assert_eq!(error.status(), None);
            assert!(!error.is_retryable());
        }
        assert!(server.requests().is_empty());
    }

    #[tokio::test]
    async fn a_path_value_that_leads_elsewhere_sends_nothing() {
        let server = Server::always(json(200, "{}")).await;
        let client = client(&server);
        let unsafe_values = [
            "",
            ".",
            "..",
            "/",
            "a/b",
            "../account/me",
            "a\\b",
            "a\0",
            "a\nb",
            "\u{7f}",
            "\u{85}",
        ];
        for value in unsafe_values {
            let error = client.get_domain().domain_id(value).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{value:?}");
            assert_eq!(error.operation(), Some("vps_org.getDomain"));
            assert!(
                error
                    .to_string()
                    .contains("`domain_id` can't stand in a path"),
                "{error}"
            );
            assert_eq!(error.attempts(), 0);
        }
        let of_writes = [
            client.update_domain().domain_id("..").await.unwrap_err(),
            client.delete_domain().domain_id("").await.unwrap_err(),
            client
                .transfer_domain()
                .domain_id("a/b")
                .auth_code("k")
                .await
                .unwrap_err(),
        ];
        assert!(
            of_writes
                .iter()
                .all(|e| e.kind() == ErrorKind::InvalidRequest)
        );
        assert!(server.requests().is_empty());
    }

    #[tokio::test]
    async fn any_other_path_value_stays_one_segment() {
        let server = Server::always(json(200, r#"{"id": 4}"#)).await;
        let client = client(&server);
        let cases = [
            ("a?b=1", "/domains/a%3Fb=1/"),
            ("a#b", "/domains/a%23b/"),
            ("%2e%2e", "/domains/%252e%252e/"),
            ("a%2Fb", "/domains/a%252Fb/"),
            ("é ü", "/domains/%C3%A9%20%C3%BC/"),
            ("...", "/domains/.../"),
            ("a;b", "/domains/a;b/"),
        ];
        for (value, _) in cases {
            client.get_domain().domain_id(value).await.unwrap();
        }
        let targets: Vec<String> = server.requests().into_iter().map(|r| r.target).collect();
        assert_eq!(targets, cases.map(|(_, target)| target));
    }

    // -----------------------------------------------------------------------------------------
    // No client is made

    #[test]
    fn a_base_url_that_would_show_the_credentials_makes_no_client() {
        let cases = [
            ("http://panel.example.net", "plain http to another machine"),
            ("http://192.0.2.7/api", "plain http to another machine"),
            (
                "http://127.0.0.1.example.net",
                "plain http to another machine",
            ),
            ("http://[2001:db8::1]", "plain http to another machine"),
            ("https://user@panel.example.net", "user name or password"),
            (
                "https://user:hunter2@panel.example.net",
                "user name or password",
            ),
            (
                "https://panel.example.net/?token=hunter2",
                "query or a fragment",
            ),
            ("https://panel.example.net/#hunter2", "query or a fragment"),
            ("ftp://panel.example.net", "neither https nor http"),
            ("file:///etc/passwd", "neither https nor http"),
            ("localhost:8000", "neither https nor http"),
            ("panel.example.net", "is no URL"),
            ("https://", "is no URL"),
            ("", "is no URL"),
        ];
        for (url, reason) in cases {
            let error = builder(url).build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{url}");
            let text = error.to_string();
            assert!(text.starts_with("configuration: the base URL "), "{text}");
            assert!(text.contains(reason), "{url}: {text}");
            assert!(!text.contains("hunter2"), "{text}");
            assert_eq!((error.operation(), error.attempts()), (None, 0));
            assert!(!error.is_retryable());
        }
    }

    #[test]
    fn plain_http_takes_this_machine_or_a_word_of_consent() {
        for url in [
            "http://localhost:1",
            "http://127.9.9.9",
            "http://[::1]:1/api/",
        ] {
            assert!(builder(url).build().is_ok(), "{url}");
        }
        let far = "http://panel.example.net";
        assert!(builder(far).allow_insecure_http().build().is_ok());
        // Consent to plain http is no consent to the rest.
        for url in ["http://user@panel.example.net", "ftp://panel.example.net"] {
            let error = builder(url).allow_insecure_http().build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{url}");
        }
    }

    #[test]
    fn a_credential_that_no_header_takes_makes_no_client() {
        let cases = [
            "",
            "vps_half\nvps_half",
            "vps_half\r",
            "vps_hälfte",
            "vps half",
            "\tvps_half",
        ];
        for token in cases {
            let credentials = vps_org::Credentials::token(token);
            let error = vps_org::Client::builder(credentials).build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{token:?}");
            let text = format!("{error} {error:?}");
            assert!(text.contains("a credential for vps_org"), "{text}");
            assert!(!text.contains("half") && !text.contains("lfte"), "{text}");
        }
    }

    #[cfg(feature = "rustls")]
    #[test]
    fn the_vendor_s_server_is_the_default() {
        let client = vps_org::Client::builder(vps_org::Credentials::token("vps_t")).build();
        let shown = format!("{:?}", client.unwrap());
        assert!(shown.contains("https://admin.vps.org/api/v1"), "{shown}");
    }

    #[tokio::test]
    async fn a_base_url_keeps_its_path_with_or_without_a_slash_at_its_end() {
        let server = Server::always(json(200, ME)).await;
        for end in ["/proxy/v1", "/proxy/v1/"] {
            let client = builder(format!("{}{end}", server.url())).build().unwrap();
            client.get_account_me().await.unwrap();
        }
        for request in server.requests() {
            assert_eq!(request.target, "/proxy/v1/account/me/");
        }
    }

    #[test]
    fn this_machine_is_reached_without_a_proxy() {
        // A test of this file, run with a proxy that nobody reaches.
        let port = ClosedPort::new();
        let this_file = std::env::current_exe().unwrap();
        let run = std::process::Command::new(this_file)
            .args([
                "--exact",
                "vps_org_calls::send_gives_status_and_headers_with_the_payload",
            ])
            .envs(["HTTP_PROXY", "http_proxy", "ALL_PROXY"].map(|name| (name, port.url())))
            .env_remove("NO_PROXY")
            .env_remove("no_proxy")
            .output()
            .unwrap();
        let output = String::from_utf8_lossy(&run.stdout);
        assert!(output.contains("1 passed"), "{output}");
    }

    // -----------------------------------------------------------------------------------------
    // No reply comes

    #[tokio::test]
    async fn a_closed_port_is_connect() {
        let port = ClosedPort::new();
        let client = builder(port.url()).retry(at_once()).build().unwrap();
        let error = client.get_account_me().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect);
        assert_eq!(error.operation(), Some("vps_org.getAccountMe"));
        assert_eq!(
            error.to_string(),
            "vps_org.getAccountMe: no connection: connection refused"
        );
        assert_eq!(error.status(), None);
        assert_eq!(error.attempts(), 3);
        assert!(error.is_retryable());
        assert!(error.source().is_some());
        assert_no_url(&error);
    }

    #[tokio::test]
    async fn a_server_that_never_answers_is_timeout() {
        let begun = b"HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\n{".to_vec();
        for answer in [Answer::Silence, Answer::Send(begun)] {
            let server = Server::always(answer).await;
            let short = Duration::from_millis(50);
            let client = builder(server.url())
                .retry(at_once())
                .timeout(short)
                .build()
                .unwrap();
            let start = Instant::now();
            let error = client.get_account_me().await.unwrap_err();
            assert!(start.elapsed() < Duration::from_secs(5));
            assert_eq!(error.kind(), ErrorKind::Timeout);
            assert!(error.to_string().contains("within 50ms"), "{error}");
            assert_eq!(error.attempts(), 1);
            assert!(error.is_retryable());
            server.hung_up_on().await;
        }
    }

    #[tokio::test]
    async fn a_timeout_of_the_pool_is_timeout_too_and_not_retried() {
        let server = Server::always(Answer::Silence).await;
        let pool = reqwest::Client::builder()
            .timeout(Duration::from_millis(30))
            .build()
            .unwrap();
        let client = builder(server.url())
            .retry(at_once())
            .http_client(pool)
            .build()
            .unwrap();
        let error = client.get_account_me().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 1));
    }

    #[tokio::test]
    async fn a_connection_that_breaks_is_transport() {
        let head = "HTTP/1.1 200 X\r\n";
        let cases = [
            ("before the head", None, Answer::SendAndClose(vec![])),
            ("reset before the head", None, Answer::SendAndReset(vec![])),
            ("in the head", None, Answer::SendAndClose(head.into())),
            (
                "no HTTP",
                None,
                Answer::SendAndClose("SSH-2.0-OpenSSH_9.9\r\n\r\n".into()),
            ),
            (
                "short of its length",
                Some(200),
                Answer::SendAndClose(format!("{head}content-length: 99\r\n\r\n{ME}").into()),
            ),
            (
                "in a chunk",
                Some(200),
                Answer::SendAndClose(
                    format!("{head}transfer-encoding: chunked\r\n\r\nff\r\n{ME}").into(),
                ),
            ),
            (
                "before the last chunk",
                Some(200),
                Answer::SendAndClose(
                    format!("{head}transfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n").into(),
                ),
            ),
        ];
        let errors = errors_of(cases.clone().map(|(_, _, answer)| answer)).await;
        for ((case, status, _), error) in cases.into_iter().zip(errors) {
            assert_eq!(error.kind(), ErrorKind::Transport, "{case}");
            assert_eq!(error.status().map(|s| s.as_u16()), status, "{case}");
            assert_eq!(error.attempts(), 1, "{case}");
            assert!(error.is_retryable(), "{case}");
            assert!(error.source().is_some(), "{case}");
            assert_no_url(&error);
        }
    }

    #[tokio::test]
    async fn a_body_without_a_length_ends_with_the_connection() {
        let server = Server::always(Answer::SendAndClose(
            format!("HTTP/1.1 200 X\r\n\r\n{ME}").into(),
        ));
        let me = client_without_retries(&server.await)
            .get_account_me()
            .await
            .unwrap();
        assert_eq!(me.account.unwrap().email.unwrap(), "ada@example.net");
    }

    // -----------------------------------------------------------------------------------------
    // Too much comes

    #[tokio::test]
    async fn a_body_over_the_cap_is_too_large_and_read_no_further() {
        let announced = b"HTTP/1.1 200 X\r\ncontent-length: 1025\r\n\r\n{".to_vec();
        for answer in [Answer::Send(announced), Answer::Endless] {
            let server = Server::always(answer).await;
            let client = builder(server.url())
                .max_response_bytes(1024)
                .build()
                .unwrap();
            let error = client.get_account_me().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TooLarge);
            assert!(error.to_string().contains("1024 bytes"), "{error}");
            assert_eq!(error.status(), Some(StatusCode::OK));
            assert_eq!(error.attempts(), 1);
            assert!(!error.is_retryable());
            server.hung_up_on().await;
        }
    }

    #[tokio::test]
    async fn a_body_as_large_as_the_cap_is_taken() {
        let server = Server::always(json(200, ME)).await;
        let with_cap = |cap| {
            builder(server.url())
                .max_response_bytes(cap)
                .build()
                .unwrap()
        };
        assert!(with_cap(ME.len()).get_account_me().await.is_ok());
        let error = with_cap(ME.len() - 1).get_account_me().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
    }

    #[tokio::test]
    async fn an_announced_length_takes_no_memory_before_it_comes() {
        let huge = format!(
            "HTTP/1.1 200 X\r\ncontent-length: {}\r\n\r\n{{}}",
            1u64 << 62
        );
        let server = Server::always(Answer::SendAndClose(huge.into())).await;
        let builder = builder(server.url()).max_response_bytes(usize::MAX);
        let client = builder.retry(RetryPolicy::never()).build().unwrap();
        let error = client.get_account_me().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport);
    }

    // -----------------------------------------------------------------------------------------
    // A failure comes

    #[tokio::test]
    async fn each_status_has_its_kind() {
        use ErrorKind::{
            Api, Authentication, Conflict, InvalidInput, NotFound, PaymentRequired,
            PermissionDenied, RateLimited, UnexpectedResponse,
        };
        let cases = [
            (400, InvalidInput, false),
            (401, Authentication, false),
            (402, PaymentRequired, false),
            (403, PermissionDenied, false),
            (404, NotFound, false),
            (405, Api, false),
            (408, Api, true),
            (409, Conflict, false),
            (415, Api, false),
            (422, InvalidInput, false),
            (429, RateLimited, true),
            (500, ErrorKind::Server, false),
            (501, ErrorKind::Server, false),
            (502, ErrorKind::Server, true),
            (503, ErrorKind::Server, true),
            (504, ErrorKind::Server, true),
        ];
        // Whose body it is: the vendor's, nobody's, or that of something in front.
        let bodies = [
            (
                r#"{"detail": "Said by the vendor."}"#,
                Some("Said by the vendor."),
                true,
            ),
            ("", None, true),
            (
                "<html><h1>Said by something in front</h1></html>",
                None,
                false,
            ),
            ("no JSON", None, false),
            (r#"{"detail": "breaks off"#, None, false),
        ];
        for (body, message, is_own) in bodies {
            let errors = errors_of(cases.map(|(status, _, _)| reply(status, &[], body))).await;
            for ((status, kind, retryable), error) in cases.into_iter().zip(errors) {
                let case = format!("{status} {body}");
                // These mean themselves, whoever answers.
                let counts = is_own || matches!(status, 401 | 403 | 429 | 500..);
                let (kind, retryable) = match counts {
                    true => (kind, retryable),
                    false => (UnexpectedResponse, status == 408),
                };
                assert_eq!(error.body(), (!is_own).then_some(body), "{case}");
                assert_eq!(error.kind(), kind, "{case}");
                assert_eq!(error.status().unwrap().as_u16(), status, "{case}");
                assert_eq!(error.message(), message, "{case}");
                assert_eq!(error.code(), None, "{case}");
                assert_eq!(error.details(), None, "{case}");
                assert_eq!(error.retry_after(), None, "{case}");
                assert_eq!(error.operation(), Some("vps_org.getAccountMe"), "{case}");
                assert_eq!(error.attempts(), 1, "{case}");
                assert_eq!(error.is_retryable(), retryable, "{case}");
                assert!(error.source().is_none(), "{case}");
            }
        }
    }

    #[tokio::test]
    async fn an_error_displays_as_one_line() {
        let body = r#"{"name": ["Too\nlong.", "\u001b[31mToo\tred."]}"#;
        let error = error_of(json(400, body)).await;
        assert_eq!(
            error.to_string(),
            "vps_org.getAccountMe: invalid input (HTTP 400): name: Too long.; name: [31mToo red."
        );
        assert_eq!(
            error.message().unwrap(),
            "name: Too\nlong.; name: \u{1b}[31mToo\tred."
        );
        let endless = format!(r#"{{"detail": "{}"}}"#, "é".repeat(5000));
        let error = error_of(json(400, &endless)).await;
        assert!(error.to_string().len() < 1000);
        assert_eq!(error.message().unwrap().chars().count(), 5000);
    }

    #[test]
    fn an_error_is_small_and_goes_anywhere() {
        fn goes_anywhere<T: std::error::Error + Send + Sync + 'static>() {}
        goes_anywhere::<Error>();
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    // -----------------------------------------------------------------------------------------
    // What comes isn't what was due

    #[tokio::test]
    async fn text_in_place_of_an_error_shows_its_first_line() {
        let text = "\r\nno healthy upstream\r\nrequest 7";
        for status in [404, 503] {
            let error = error_of(reply(status, &[], text)).await;
            let shown = error.to_string();
            assert!(
                shown.ends_with(": the reply is text, and not the API's own: no healthy upstream"),
                "{shown}"
            );
            assert_eq!(error.body(), Some(text));
        }
    }

    /// What fails a strict client, and what a lenient one leaves out, by its path; none if it fails
    /// that one as well.
    #[tokio::test]
    async fn a_success_that_the_spec_does_not_know_is_decode_or_left_out() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let deep_field = format!(r#"{{"account": {{"email": {deep}}}}}"#);
        let cases = [
            (
                r#"{"account": {"email": {}}}"#,
                "at account.email: expected text, found an object",
                Some("account.email"),
            ),
            (
                r#"{"token": {"permissions": ["a", []]}}"#,
                "at token.permissions[1]: expected text",
                Some("token.permissions"),
            ),
            (
                r#"{"token": {"is_expired": 7}}"#,
                "at token.is_expired: expected a bool, 0 or 1",
                Some("token.is_expired"),
            ),
            (
                r#"{"account": 7, "token": {}}"#,
                "at account: expected an object, found an integer",
                Some("account"),
            ),
            ("7", "expected an object, found an integer", None),
            ("null", "expected an object, found null", None),
            ("", "the body is empty where the spec has a payload", None),
            (
                " \n",
                "the body is empty where the spec has a payload",
                None,
            ),
            (r#"{"account": {"#, "EOF", None),
            (
                r#"{"account": 7} {}"#,
                "at account: expected an object",
                None,
            ),
            (r#"{"account": {}} {}"#, "trailing characters", None),
            ("{}", "the object has none of the properties", None),
            (
                r#"{"me": 7}"#,
                "the object has none of the properties",
                None,
            ),
            (
                r#"{"token": {}, "token": {}}"#,
                "duplicate field `token`",
                None,
            ),
            ("OK", "the body is text and no JSON: OK", None),
            (deep.as_str(), "expected an object", None),
            (
                deep_field.as_str(),
                "at account.email: expected text, found a list",
                None,
            ),
        ];
        let server = Server::in_turn(cases.iter().flat_map(|(body, ..)| {
            let answer = json(200, body);
            [answer.clone(), answer]
        }))
        .await;
        let lenient = client_without_retries(&server);
        let strict = builder(server.url()).retry(RetryPolicy::never());
        let strict = strict.strict(true).build().unwrap();
        for (body, reason, left_out) in cases {
            let case: String = body.chars().take(40).collect();
            let refused = strict.get_account_me().send().await.unwrap_err();
            let read = lenient.get_account_me().send().await;
            let errors = match (read, left_out) {
                (Ok(me), Some(path)) => {
                    assert_eq!(me.unread(), [path], "{case}");
                    vec![refused]
                }
                (Err(error), None) => vec![refused, error],
                (read, _) => panic!("{case}: {read:?}"),
            };
            for error in errors {
                assert_eq!(error.kind(), ErrorKind::Decode, "{case}");
                assert_eq!(error.status(), Some(StatusCode::OK), "{case}");
                assert!(error.to_string().contains(reason), "{case}: {error}");
                assert!(body.starts_with(error.body().unwrap()), "{case}");
                assert_eq!(error.body().unwrap().len(), body.len().min(1024), "{case}");
                let payload = error.payload().map(|payload| payload.to_string());
                let is_json = serde_json::from_str::<serde_json::Value>(body);
                let is_json = is_json.ok().map(|json| json.to_string());
                assert_eq!(payload, is_json, "{case}");
                assert_eq!(error.operation(), Some("vps_org.getAccountMe"));
                assert_eq!(error.attempts(), 1, "{case}");
                assert!(!error.is_retryable(), "{case}");
            }
        }
    }

    #[tokio::test]
    async fn a_decode_error_keeps_the_status_and_the_payload_of_a_created_thing() {
        let server = Server::always(json(201, r#"{"id": 4, "total_cost": "free"}"#)).await;
        let strict = builder(server.url()).strict(true).build().unwrap();
        let call = strict.register_domain().domain_name("a.example");
        let error = call.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert_eq!(error.status(), Some(StatusCode::CREATED));
        assert!(
            error
                .to_string()
                .contains("at total_cost: expected a number"),
            "{error}"
        );
        assert_eq!(error.payload().unwrap()["id"], 4);
        assert_eq!(server.requests().len(), 1);

        let client = client(&server);
        let call = client.register_domain().domain_name("a.example");
        let made = call.send().await.unwrap();
        assert_eq!(made.status(), StatusCode::CREATED);
        assert_eq!((&made.id, made.total_cost), (&Some(4.into()), None));
        assert_eq!(made.unread(), ["total_cost"]);
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let other = Server::always(json(200, ME)).await;
        let location = format!("{}/account/me/", other.url());
        for status in [301, 302, 303, 307, 308] {
            let server = Server::always(reply(status, &[("location", &location)], "")).await;
            let client = client(&server);
            let error = client.get_account_me().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{status}");
            assert_eq!(error.status().unwrap().as_u16(), status);
            assert!(
                error
                    .to_string()
                    .contains("redirects, which is never followed"),
                "{error}"
            );
            assert!(!error.to_string().contains("127.0.0.1"), "{error}");
            assert_eq!(error.attempts(), 1);
            assert!(!error.is_retryable());

            let write = client
                .register_domain()
                .domain_name("a.example")
                .await
                .unwrap_err();
            assert_eq!(write.kind(), ErrorKind::UnexpectedResponse, "{status}");
            assert_eq!(server.requests().len(), 2);
        }
        assert!(other.requests().is_empty());
    }

    #[tokio::test]
    async fn the_reply_that_a_pool_of_ones_own_was_led_to_is_refused() {
        let other = Server::always(json(200, ME)).await;
        let server = Server::always(reply(307, &[("location", &other.url())], "")).await;
        let pool = reqwest::Client::new();
        let client = builder(server.url()).http_client(pool).build().unwrap();
        let error = client.get_account_me().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
        assert_eq!(other.requests().len(), 1);
    }

    #[tokio::test]
    async fn html_where_json_was_due_is_unexpected() {
        let page = "\n <!doctype html><title>Log in to the network</title>";
        let error = error_of(reply(200, &[("content-type", "text/html")], page)).await;
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
        assert_eq!(error.status(), Some(StatusCode::OK));
        assert!(error.to_string().contains("HTML page"), "{error}");
        assert!(!error.to_string().contains("Log in"), "{error}");
        assert_eq!(error.body(), Some(page));
        assert!(!error.is_retryable());
    }

    // -----------------------------------------------------------------------------------------
    // The gates of a retry

    /// Failures that pass, by name.
    fn passing() -> Vec<(&'static str, Answer)> {
        let cut = b"HTTP/1.1 200 X\r\ncontent-length: 99\r\n\r\n{".to_vec();
        vec![
            ("408", reply(408, &[], "")),
            ("429", reply(429, &[], "")),
            ("502", reply(502, &[], "<html>")),
            ("503", reply(503, &[], "")),
            ("504", reply(504, &[], "")),
            ("closed", Answer::SendAndClose(vec![])),
            ("reset", Answer::SendAndReset(vec![])),
            ("cut", Answer::SendAndClose(cut)),
        ]
    }

    #[tokio::test]
    async fn a_read_survives_two_failures_that_pass() {
        for (case, failure) in passing() {
            let server = Server::in_turn([failure.clone(), failure, json(200, ME)]).await;
            let me = client(&server).get_account_me().await;
            assert_eq!(
                me.unwrap().account.unwrap().email.unwrap(),
                "ada@example.net",
                "{case}"
            );
            assert_eq!(server.requests().len(), 3, "{case}");
        }
    }

    #[tokio::test]
    async fn a_read_gives_up_after_three_failures_with_the_last_one() {
        for (case, failure) in passing() {
            let server = Server::in_turn([reply(503, &[], ""), failure]).await;
            let error = client(&server).get_account_me().await.unwrap_err();
            assert_eq!(error.attempts(), 3, "{case}");
            assert!(error.is_retryable(), "{case}");
            match case.parse::<u16>() {
                Ok(status) => assert_eq!(error.status().unwrap().as_u16(), status),
                Err(_) => assert_eq!(error.kind(), ErrorKind::Transport, "{case}"),
            }
            assert_eq!(server.requests().len(), 3, "{case}");
        }
    }

    #[tokio::test]
    async fn a_failure_that_stays_is_not_retried() {
        for status in [400, 401, 402, 403, 404, 405, 409, 415, 422, 500, 501, 505] {
            let server = Server::in_turn([json(status, "{}"), json(200, ME)]).await;
            let error = client(&server).get_account_me().await.unwrap_err();
            assert_eq!(error.attempts(), 1, "{status}");
            assert_eq!(server.requests().len(), 1, "{status}");
        }
    }

    #[tokio::test]
    async fn a_write_that_may_have_arrived_is_sent_once() {
        for (case, failure) in passing() {
            let server = Server::in_turn([failure, json(201, r#"{"id": 4}"#)]).await;
            let client = client(&server);
            let error = client
                .register_domain()
                .domain_name("a.example")
                .await
                .unwrap_err();
            assert_eq!(error.attempts(), 1, "{case}");
            assert!(error.is_retryable(), "{case}");
            assert_eq!(server.requests().len(), 1, "{case}");
        }
    }

    #[tokio::test]
    async fn put_and_delete_are_repeated_as_http_means_them() {
        let server = Server::in_turn([
            reply(503, &[], ""),
            reply(204, &[], ""),
            reply(503, &[], ""),
            json(200, r#"{"id": 4}"#),
        ])
        .await;
        let client = client(&server);
        client.delete_domain().domain_id(4).await.unwrap();
        client
            .update_domain()
            .domain_id(4)
            .locked(true)
            .await
            .unwrap();
        let methods: Vec<String> = server.requests().into_iter().map(|r| r.method).collect();
        assert_eq!(methods, ["DELETE", "DELETE", "PUT", "PUT"]);
        // The body of the second attempt is that of the first.
        assert_eq!(server.requests()[3].body, r#"{"locked":true}"#);
    }

    /// Resolves to one address after another; the last one stays.
    struct InTurn(Mutex<VecDeque<std::net::SocketAddr>>);

    impl reqwest::dns::Resolve for InTurn {
        fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
            let mut addresses = self.0.lock().unwrap();
            let next = addresses.front().copied();
            if addresses.len() > 1 {
                addresses.pop_front();
            }
            Box::pin(async move { Ok(Box::new(next.into_iter()) as reqwest::dns::Addrs) })
        }
    }

    #[tokio::test]
    async fn a_write_that_never_left_is_sent_again() {
        let (closed, server) = (
            ClosedPort::new(),
            Server::always(json(201, r#"{"id": 4}"#)).await,
        );
        let addresses = [closed.address(), closed.address(), server.address()];
        let pool = reqwest::Client::builder()
            .no_proxy()
            .dns_resolver(Arc::new(InTurn(Mutex::new(addresses.into()))))
            .build()
            .unwrap();
        let builder = builder("http://panel.test")
            .allow_insecure_http()
            .http_client(pool);
        let client = builder.retry(at_once()).build().unwrap();
        client
            .register_domain()
            .domain_name("a.example")
            .await
            .unwrap();
        assert_eq!(server.requests().len(), 1);
    }

    #[tokio::test]
    async fn a_write_gives_up_too_if_it_can_not_leave() {
        let port = ClosedPort::new();
        let client = builder(port.url()).retry(at_once()).build().unwrap();
        let error = client
            .register_domain()
            .domain_name("a.example")
            .await
            .unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 3));
    }

    #[tokio::test]
    async fn the_policy_says_how_often() {
        let mut five = at_once();
        five.max_attempts = 5;
        let mut none = at_once();
        none.max_attempts = 0;
        for (policy, attempts) in [(five, 5), (RetryPolicy::never(), 1), (none, 1)] {
            let server = Server::always(reply(503, &[], "")).await;
            let client = builder(server.url()).retry(policy).build().unwrap();
            let error = client.get_account_me().await.unwrap_err();
            assert_eq!(error.attempts(), attempts);
            assert_eq!(server.requests().len(), attempts as usize);
        }
    }

    #[tokio::test]
    async fn retry_after_is_seconds_or_a_date() {
        let date = |time| httpdate::fmt_http_date(time);
        let hour = Duration::from_secs(3600);
        let cases = [
            ("0".to_owned(), Some(0..=0)),
            ("7".to_owned(), Some(7..=7)),
            (date(SystemTime::now() + hour), Some(3590..=3600)),
            (date(SystemTime::now() - hour), Some(0..=0)),
            ("-7".to_owned(), None),
            ("soon".to_owned(), None),
            ("".to_owned(), None),
            ("9".repeat(40), None),
            (u64::MAX.to_string(), Some(u64::MAX..=u64::MAX)),
        ];
        for status in [429, 503] {
            let answers = cases
                .iter()
                .map(|(value, _)| reply(status, &[("retry-after", value)], ""));
            let errors = errors_of(answers).await;
            for ((value, expected), error) in cases.iter().zip(errors) {
                let found = error.retry_after().map(|wait| wait.as_secs());
                match expected {
                    Some(range) => assert!(range.contains(&found.unwrap()), "{value}: {found:?}"),
                    None => assert_eq!(found, None, "{value}"),
                }
            }
        }
    }

    #[tokio::test]
    async fn retry_after_is_waited_for_up_to_a_cap() {
        let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3600));
        for value in ["3600".to_owned(), u64::MAX.to_string(), date] {
            let throttled = reply(429, &[("retry-after", &value)], "");
            let server = Server::in_turn([throttled, json(200, ME)]).await;
            let mut policy = at_once();
            policy.max_retry_after = Duration::from_millis(40);
            let client = builder(server.url()).retry(policy).build().unwrap();
            let start = Instant::now();
            client.get_account_me().await.unwrap();
            assert!(start.elapsed() >= Duration::from_millis(40), "{value}");
            assert_eq!(server.requests().len(), 2, "{value}");
        }
    }

    #[tokio::test]
    async fn a_retry_after_of_zero_or_of_no_sense_is_no_wait() {
        for value in ["0", "soon", "-1"] {
            let throttled = reply(429, &[("retry-after", value)], "");
            let server = Server::in_turn([throttled, json(200, ME)]).await;
            let client = builder(server.url()).retry(at_once());
            let client = client.timeout(Duration::from_secs(5)).build().unwrap();
            client.get_account_me().await.unwrap();
            assert_eq!(server.requests().len(), 2, "{value}");
        }
    }

    #[tokio::test]
    async fn a_wait_that_would_pass_the_deadline_is_not_begun() {
        let server = Server::always(reply(503, &[("retry-after", "30")], "")).await;
        let builder = builder(server.url()).retry(at_once());
        let client = builder.timeout(Duration::from_secs(20)).build().unwrap();
        let start = Instant::now();
        let error = client.get_account_me().await.unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(10));
        assert_eq!(error.kind(), ErrorKind::Server);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
        assert_eq!((error.attempts(), server.requests().len()), (1, 1));
    }

    // -----------------------------------------------------------------------------------------
    // The deadline and the pool

    #[tokio::test]
    async fn the_deadline_stands_over_all_attempts() {
        let server = Server::in_turn([reply(503, &[], ""), Answer::Silence]).await;
        let builder = builder(server.url()).retry(at_once());
        let client = builder.timeout(Duration::from_millis(200)).build().unwrap();
        let error = client.get_account_me().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 2));

        let server = Server::always(reply(503, &[], "")).await;
        let mut policy = RetryPolicy::default();
        policy.max_attempts = u32::MAX;
        policy.base_delay = Duration::from_millis(1);
        let builder = super::vps_org_calls::builder(server.url()).retry(policy);
        let client = builder.timeout(Duration::from_millis(200)).build().unwrap();
        let start = Instant::now();
        client.get_account_me().await.unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[tokio::test]
    async fn a_call_may_have_a_timeout_of_its_own() {
        let server = Server::always(Answer::Silence).await;
        let client = builder(server.url()).timeout(Duration::from_secs(60));
        let client = client.build().unwrap();
        let short = Duration::from_millis(50);
        let start = Instant::now();
        let errors = [
            client.get_account_me().timeout(short).await.unwrap_err(),
            client
                .get_account_me()
                .timeout(short)
                .send()
                .await
                .unwrap_err(),
            client
                .get_account_me()
                .timeout(short)
                .json()
                .await
                .unwrap_err(),
            client
                .request(Method::GET, "/new/")
                .timeout(short)
                .json()
                .await
                .unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Timeout);
            assert!(error.to_string().contains("within 50ms"), "{error}");
        }
        assert!(start.elapsed() < Duration::from_secs(10));

        // It may be longer than the client's, too, which stays as it is for the others.
        let late = Answer::Drip {
            first: Vec::new(),
            then: format!("HTTP/1.1 200 X\r\ncontent-length: {}\r\n\r\n{ME}", ME.len()).into(),
            pause: Duration::from_millis(200),
        };
        let server = Server::always(late).await;
        let client = builder(server.url()).timeout(short).build().unwrap();
        let long = Duration::from_secs(20);
        client.get_account_me().timeout(long).await.unwrap();
        let error = client.get_account_me().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
    }

    #[tokio::test]
    async fn a_call_may_have_a_retry_policy_of_its_own() {
        let server = Server::always(reply(503, &[], "")).await;
        let never = client_without_retries(&server);
        let attempts = [
            never.get_account_me().retry(at_once()).await.unwrap_err(),
            never
                .get_account_me()
                .retry(at_once())
                .send()
                .await
                .unwrap_err(),
            never
                .get_account_me()
                .retry(at_once())
                .json()
                .await
                .unwrap_err(),
            never
                .request(Method::GET, "/new/")
                .retry(at_once())
                .json()
                .await
                .unwrap_err(),
        ]
        .map(|error| error.attempts());
        assert_eq!(attempts, [3; 4]);
        assert_eq!(never.get_account_me().await.unwrap_err().attempts(), 1);

        let client = client(&server);
        let once = client.get_account_me().retry(RetryPolicy::never());
        assert_eq!(once.await.unwrap_err().attempts(), 1);
        assert_eq!(client.get_account_me().await.unwrap_err().attempts(), 3);
        // That a write may have arrived no policy changes.
        let write = client.register_domain().domain_name("a.example");
        assert_eq!(write.retry(at_once()).await.unwrap_err().attempts(), 1);
        let write = client.request(Method::POST, "/new/").retry(at_once());
        assert_eq!(write.json().await.unwrap_err().attempts(), 1);
    }

    #[tokio::test]
    async fn a_timeout_may_be_as_long_as_a_duration() {
        let server = Server::always(json(200, ME)).await;
        let client = builder(server.url())
            .timeout(Duration::MAX)
            .build()
            .unwrap();
        client.get_account_me().await.unwrap();
    }

    #[tokio::test]
    async fn a_call_that_is_dropped_leaves_the_client_usable() {
        let server = Server::in_turn([Answer::Silence, json(200, ME)]).await;
        let client = client(&server);
        let mut call = client.get_account_me().into_future();
        tokio::select! {
            _ = &mut call => panic!("nobody answers"),
            () = async {
                while server.requests().is_empty() {
                    tokio::task::yield_now().await;
                }
            } => {}
        }
        drop(call);
        server.hung_up_on().await;
        client.get_account_me().await.unwrap();
        assert_eq!(server.requests().len(), 2);
    }

    #[tokio::test]
    async fn clients_share_a_pool_and_not_their_credentials() {
        let server = Server::always(json(200, ME)).await;
        let pool = hosting_apis::http_client().unwrap();
        for token in ["vps_first", "vps_second", "vps_third"] {
            let credentials = vps_org::Credentials::token(token);
            let builder = vps_org::Client::builder(credentials).base_url(server.url());
            let client = builder.http_client(pool.clone()).build().unwrap();
            client.get_account_me().await.unwrap();
        }
        let sent: Vec<(usize, String)> = server
            .requests()
            .iter()
            .map(|r| (r.connection, r.header("authorization").unwrap().to_owned()))
            .collect();
        let expected = ["vps_first", "vps_second", "vps_third"];
        assert_eq!(sent, expected.map(|token| (0, format!("Bearer {token}"))));
    }

    #[tokio::test]
    async fn a_failure_leaves_its_connection_to_the_next_call() {
        let server = Server::in_turn([json(404, "{}"), json(200, "7"), json(200, ME)]).await;
        let client = client(&server);
        client.get_account_me().await.unwrap_err();
        client.get_account_me().await.unwrap_err();
        client.get_account_me().await.unwrap();
        assert!(server.requests().iter().all(|r| r.connection == 0));
    }

    #[tokio::test]
    async fn send_gives_status_and_headers_with_the_payload() {
        let server = Server::always(reply(200, &[("x-request-id", "r-81")], ME)).await;
        let reply = client(&server).get_account_me().send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::OK);
        assert_eq!(reply.headers()["x-request-id"], "r-81");
        assert_eq!(reply.unread(), [""; 0]);
        assert!(reply.account.is_some(), "it derefs to the payload");
        let reply = reply.map(Some);
        assert_eq!(reply.status(), StatusCode::OK);
        assert_eq!(reply.headers()["x-request-id"], "r-81");
        let shown = format!("{reply:?}");
        assert!(!shown.contains("r-81"), "no header: {shown}");
        let reply = reply.map(Option::unwrap);
        assert_eq!(
            reply.into_inner().account.unwrap().email.unwrap(),
            "ada@example.net"
        );
    }
}

#[cfg(feature = "kiwivm")]
mod kiwivm_calls {
    use hosting_apis::{ClientBuilder, kiwivm};

    use super::support::{Answer, ClosedPort, Server, json, reply};
    use super::*;

    const LOCKED: &str = r#"{"error": 788888, "message": "Locked by a job"}"#;

    fn builder(url: impl Into<String>) -> ClientBuilder<kiwivm::Credentials> {
        let credentials = kiwivm::Credentials::new(51, "private_transport-test");
        kiwivm::Client::builder(credentials).base_url(url)
    }

    fn client(server: &Server) -> kiwivm::Client {
        let builder = builder(server.url()).retry(at_once());
        builder.build().unwrap()
    }

    #[tokio::test]
    async fn a_call_that_lacks_a_parameter_sends_nothing() {
        let server = Server::always(json(200, r#"{"error": 0}"#)).await;
        let client = client(&server);
        let errors = [
            ("ptr", client.set_ptr().ip("192.0.2.1").await.unwrap_err()),
            ("os", client.reinstall_os().await.unwrap_err()),
            (
                "externalServerIP",
                client.clone_from_external_server().await.unwrap_err(),
            ),
        ];
        for (name, error) in errors {
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
            assert!(
                error.to_string().contains(&format!("`{name}` is required")),
                "{error}"
            );
            assert_eq!(error.attempts(), 0);
        }
        assert!(server.requests().is_empty());
    }

    #[test]
    fn a_key_that_no_panel_gives_makes_no_client() {
        for key in ["", "private_half\n", "private_hälfte", " private_half"] {
            let credentials = kiwivm::Credentials::new(51, key);
            let error = kiwivm::Client::builder(credentials).build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{key:?}");
            let text = format!("{error} {error:?}");
            assert!(!text.contains("half") && !text.contains("lfte"), "{text}");
        }
    }

    #[tokio::test]
    async fn each_code_of_the_envelope_has_its_kind() {
        use ErrorKind::{Api, Authentication, InvalidInput, Locked};
        let cases = [
            ("700005", Authentication, false),
            ("788888", Locked, true),
            ("700001", InvalidInput, false),
            ("700000", Api, false),
            ("756130", Api, false),
            ("1", Api, false),
            ("-1", Api, false),
            (r#""700005""#, Authentication, false),
            (r#""E_LIMIT""#, Api, false),
        ];
        let body = |code| format!(r#"{{"error": {code}, "message": "Said by the panel"}}"#);
        let server = Server::in_turn(cases.map(|(code, _, _)| json(200, &body(code)))).await;
        let client = client(&server);
        for (code, kind, retryable) in cases {
            let error = client.get_service_info().await.unwrap_err();
            assert_eq!(error.kind(), kind, "{code}");
            assert_eq!(error.code(), Some(code.trim_matches('"')));
            assert_eq!(error.message(), Some("Said by the panel"));
            assert_eq!(error.status().unwrap().as_u16(), 200);
            assert_eq!(error.operation(), Some("kiwivm.getServiceInfo"));
            assert_eq!(error.is_retryable(), retryable, "{code}");
            assert_eq!(error.attempts(), 1, "{code}");
        }
        assert_eq!(server.requests().len(), cases.len());
    }

    #[tokio::test]
    async fn a_status_counts_where_there_is_no_envelope() {
        use ErrorKind::{
            Authentication, Locked, NotFound, PermissionDenied, RateLimited, UnexpectedResponse,
        };
        let cases = [
            (401, Authentication),
            (403, PermissionDenied),
            (404, NotFound),
            (429, RateLimited),
            (500, ErrorKind::Server),
            (503, ErrorKind::Server),
        ];
        for (body, is_own) in [
            ("", true),
            ("{}", true),
            ("[]", true),
            ("gone", false),
            ("<html>", false),
        ] {
            let server = Server::in_turn(cases.map(|(status, _)| reply(status, &[], body))).await;
            let client = client(&server);
            for (status, kind) in cases {
                let error = client.restart().await.unwrap_err();
                // What something in front answered, unless its status means itself.
                let kind = match kind {
                    NotFound if !is_own => UnexpectedResponse,
                    kind => kind,
                };
                assert_eq!(error.kind(), kind, "{status} {body}");
                assert_eq!(error.status().unwrap().as_u16(), status, "{body}");
                assert_eq!(error.body(), (!is_own).then_some(body), "{status}");
            }
        }
        // The vendor's code says more than a status does, and success isn't said by the code alone.
        for (body, kind) in [
            (r#"{"error": 788888}"#, Locked),
            (r#"{"error": 0}"#, ErrorKind::Server),
        ] {
            let server = Server::always(reply(500, &[], body)).await;
            let error = client(&server).restart().await.unwrap_err();
            assert_eq!(error.kind(), kind, "{body}");
            assert_eq!(error.status().unwrap().as_u16(), 500);
        }
    }

    #[tokio::test]
    async fn a_reply_that_does_not_say_how_the_call_went_is_decode() {
        let deep = format!(r#"{{"message": {}"#, "[".repeat(100_000));
        let cases = [
            ("", "the body is empty"),
            (" \n", "the body is empty"),
            ("done", "the body is no JSON"),
            (r#"{"error": 0"#, "the body is JSON that breaks off"),
            ("[]", "the body is JSON but no object"),
            (r#""private text""#, "the body is JSON but no object"),
            ("{}", "the reply has no `error`"),
            (r#"{"error": null}"#, "the reply has no `error`"),
            (
                r#"{"error": 756130, "error": 0}"#,
                "the reply has more than one `error`",
            ),
            (deep.as_str(), "the body"),
        ];
        for (body, reason) in cases {
            let server = Server::always(json(200, body)).await;
            let client = client(&server);
            let case: String = body.chars().take(40).collect();
            for error in [
                client.restart().await.unwrap_err(),
                client.get_service_info().await.unwrap_err(),
            ] {
                assert_eq!(error.kind(), ErrorKind::Decode, "{case}");
                assert!(error.to_string().contains(reason), "{case}: {error}");
                assert!(!error.to_string().contains("private text"), "{error}");
                assert_eq!(error.status().unwrap().as_u16(), 200);
                assert!(body.starts_with(error.body().unwrap()), "{case}");
            }
            // Nobody knows what the write did, so it isn't made again.
            assert_eq!(server.requests().len(), 2, "{case}");
        }
    }

    #[tokio::test]
    async fn a_payload_of_another_shape_names_its_place() {
        let odd = r#"{"error": 0, "snapshots": [{"size": "1"}, {"size": "large"}]}"#;
        let deep = format!(r#"{{"error": 0, "sshKeysBrief": {}"#, "[".repeat(100_000));
        let answers = [json(200, odd), json(200, odd), json(200, &deep)];
        let server = Server::in_turn(answers).await;
        let strict = builder(server.url()).strict(true).build().unwrap();
        let error = strict.snapshot_list().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        let reason = "at snapshots[1].size: expected an integer of 64 bits, found text";
        assert!(error.to_string().contains(reason), "{error}");
        assert!(!error.to_string().contains("large"), "{error}");
        assert!(error.body().unwrap().contains("large"));

        let client = client(&server);
        let list = client.snapshot_list().send().await.unwrap();
        assert_eq!(list.unread(), ["snapshots[1].size"]);
        let sizes: Vec<_> = list.snapshots.iter().map(|s| s.size).collect();
        assert_eq!(sizes, [Some(1), None]);

        let error = client.reinstall_os().os("void").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
    }

    #[tokio::test]
    async fn a_read_is_repeated_although_it_is_a_post() {
        let answers = [
            reply(503, &[], ""),
            Answer::SendAndClose(vec![]),
            json(200, r#"{"error": 0, "hostname": "h"}"#),
        ];
        let server = Server::in_turn(answers).await;
        let info = client(&server).get_service_info().await.unwrap();
        assert_eq!(info.hostname.as_deref(), Some("h"));
        let requests = server.requests();
        assert_eq!(requests.len(), 3);
        // Every attempt carries the credentials, once.
        for request in requests {
            assert_eq!(request.method, "POST");
            assert_eq!(request.body, "veid=51&api_key=private_transport-test");
        }
    }

    #[tokio::test]
    async fn a_write_that_may_have_arrived_is_sent_once() {
        let cut = b"HTTP/1.1 200 X\r\ncontent-length: 99\r\n\r\n{".to_vec();
        let failures = [
            reply(503, &[], ""),
            reply(429, &[("retry-after", "0")], ""),
            Answer::SendAndClose(vec![]),
            Answer::SendAndReset(vec![]),
            Answer::SendAndClose(cut),
        ];
        for failure in failures {
            let case = format!("{failure:?}");
            let server = Server::in_turn([failure, json(200, r#"{"error": 0}"#)]).await;
            let error = client(&server).restart().await.unwrap_err();
            assert_eq!(error.attempts(), 1, "{case}");
            assert_eq!(server.requests().len(), 1, "{case}");
        }
    }

    #[tokio::test]
    async fn a_write_that_never_left_is_tried_again() {
        let port = ClosedPort::new();
        let client = builder(port.url()).retry(at_once()).build().unwrap();
        let error = client.restart().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 3));
    }

    #[tokio::test]
    async fn a_lock_is_waited_for_only_if_the_policy_says_so() {
        let free = r#"{"error": 0, "currentLocation": "L", "locations": []}"#;
        let server = Server::in_turn([json(200, LOCKED), json(200, free)]).await;
        let error = client(&server).migrate_get_locations().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Locked, 1));

        let mut patient = at_once();
        patient.retry_locked = true;
        let server = Server::in_turn([json(200, LOCKED), json(200, free)]).await;
        let client = builder(server.url())
            .retry(patient.clone())
            .build()
            .unwrap();
        client.migrate_get_locations().await.unwrap();
        assert_eq!(server.requests().len(), 2);

        // A lock refuses the call; yet nobody says that a refused write did nothing.
        let server = Server::always(json(200, LOCKED)).await;
        let client = builder(server.url()).retry(patient).build().unwrap();
        let error = client.restart().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Locked, 1));
    }
}
