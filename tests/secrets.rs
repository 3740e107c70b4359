//! Secrets show nowhere: not in any `Debug` or `Display`, not in an error or what caused it, not in
//! a tracing span or event, not in a URL. Neither the caller's, nor those of a reply.

#![cfg(all(
    feature = "mock",
    any(feature = "kiwivm", feature = "vps-org", feature = "cdnfly")
))]

mod support;

use std::cell::RefCell;
use std::error::Error as _;
use std::fmt::{Debug, Write};
use std::sync::Once;

use hosting_apis::{Error, RetryPolicy, Secret};
use support::Server;
use tracing::field::{Field, Visit};
use tracing::span;

/// Every secret of these tests holds this, early on.
const MARK: &str = "hush";

#[track_caller]
fn assert_hidden(text: &str) {
    assert!(!text.contains(MARK), "{text}");
}

#[track_caller]
fn assert_hidden_in_debug(value: &impl Debug) {
    assert_hidden(&format!("{value:?} {value:#?}"));
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

/// All that an error holds.
fn held(error: &Error) -> String {
    let details = error.details().map(|details| details.to_string());
    let payload = error.payload().map(|payload| (**payload).to_string());
    let parts = [
        error.message(),
        error.code(),
        details.as_deref(),
        error.body(),
        payload.as_deref(),
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    format!("{} {}", shown(error), parts.join(" "))
}

/// Keeps every name and value that is traced on this thread, at every level.
///
/// There is one for the whole process: where subscribers come and go, tracing may take a span that
/// one thread doesn't want for one that nobody wants.
struct Recorder;

/// One field of a span or event, or its beginning.
struct Line {
    ours: bool,
    name: String,
    value: String,
}

thread_local! {
    static LINES: RefCell<Vec<Line>> = const { RefCell::new(Vec::new()) };
}

fn begin_trace() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| tracing::subscriber::set_global_default(Recorder).unwrap());
    LINES.take();
}

/// Asserts that a call was traced, and that nothing was but what the transport lists.
#[track_caller]
fn assert_trace_hides_all(operation: &str) {
    const LISTED: [&str; 12] = [
        "(span)",
        "(event)",
        "operation",
        "method",
        "path",
        "attempts",
        "attempt",
        "status",
        "error",
        "wait_ms",
        "message",
        "unread",
    ];
    let lines = LINES.take();
    let traced = |line: &Line| line.ours && line.value.contains(operation);
    assert!(lines.iter().any(traced), "{operation} isn't traced");
    for Line { ours, name, value } in lines {
        // Not even those of the libraries below.
        assert_hidden(&value);
        assert!(!ours || !value.contains("127.0.0.1"), "{name}={value}");
        assert!(!ours || LISTED.contains(&name.as_str()), "{name}={value}");
    }
}

struct Fields {
    ours: bool,
}

impl Fields {
    fn of(metadata: &tracing::Metadata<'_>, beginning: &str) -> Self {
        let ours = metadata.target().starts_with("hosting_apis");
        let mut fields = Fields { ours };
        fields.add(beginning, metadata.name().to_owned());
        fields
    }

    fn add(&mut self, name: &str, value: String) {
        let (ours, name) = (self.ours, name.to_owned());
        LINES.with_borrow_mut(|lines| lines.push(Line { ours, name, value }));
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field.name(), format!("{value:?}"));
    }
}

impl tracing::Subscriber for Recorder {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        let mut fields = Fields::of(span.metadata(), "(span)");
        span.record(&mut fields);
        span::Id::from_u64(1 + u64::from(fields.ours))
    }
    fn record(&self, id: &span::Id, values: &span::Record<'_>) {
        let ours = id.into_u64() == 2;
        values.record(&mut Fields { ours });
    }
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut Fields::of(event.metadata(), "(event)"));
    }
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

#[test]
fn a_secret_is_read_by_one_name() {
    let secret = Secret::from("hush-hush");
    assert_eq!(
        format!("{secret:?} {:#?}", Some(&secret)),
        "[redacted] Some(\n    [redacted],\n)"
    );
    assert_eq!(secret.expose(), "hush-hush");
    assert_eq!(Secret::from("hush".to_owned()).clone().expose(), MARK);
    assert_eq!(Secret::from(&secret).expose(), secret.expose());
}

#[cfg(feature = "kiwivm")]
mod kiwivm_secrets {
    use std::time::Duration;

    use hosting_apis::{ClientBuilder, ErrorKind, Method, kiwivm, mock};
    use serde_json::{Value, json};

    use super::support::Answer;
    use super::*;

    /// With characters that JSON, forms and PHP write in more than one way.
    const KEY: &str = r#"private_hush/of+the"call"#;

    fn credentials() -> kiwivm::Credentials {
        kiwivm::Credentials::new(51, KEY)
    }

    fn builder(url: &str) -> ClientBuilder<kiwivm::Credentials> {
        let builder = kiwivm::Client::builder(credentials()).base_url(url);
        builder.retry(RetryPolicy::never())
    }

    fn client(url: &str) -> kiwivm::Client {
        builder(url).build().unwrap()
    }

    /// What was traced of ours under this name.
    fn traced(name: &str) -> Vec<String> {
        LINES.with_borrow(|lines| {
            let ours = lines.iter().filter(|line| line.ours && line.name == name);
            // As text is recorded.
            ours.map(|line| line.value.trim_matches('"').to_owned())
                .collect()
        })
    }

    /// One that leaves out nothing.
    fn strict_client(url: &str) -> kiwivm::Client {
        builder(url).strict(true).build().unwrap()
    }

    #[test]
    fn credentials_builders_and_clients_hide_the_key() {
        assert_hidden_in_debug(&credentials());
        assert_hidden_in_debug(&kiwivm::Client::builder(credentials()));
        let client = client("http://localhost:1");
        assert_hidden_in_debug(&client);
        assert_hidden_in_debug(&client.get_service_info());
        assert_hidden_in_debug(&client.wait_until_unlocked());
        assert!(
            format!("{client:?}").contains("51"),
            "what is no secret stays visible"
        );
    }

    #[test]
    fn a_builder_hides_what_a_wrong_base_url_holds() {
        for url in [
            "https://root:hush@panel.example.net",
            "https://panel.example.net/?key=hush",
        ] {
            let builder = kiwivm::Client::builder(credentials()).base_url(url);
            assert_hidden_in_debug(&builder);
            assert_hidden(&held(&builder.build().unwrap_err()));
        }
    }

    #[test]
    fn parameters_that_are_secrets_are_hidden() {
        let client = client("http://localhost:1");
        let clone = client
            .clone_from_external_server()
            .external_server_ip("192.0.2.1")
            .external_server_root_password("hush");
        assert_hidden_in_debug(&clone);
        assert!(format!("{clone:?}").contains("192.0.2.1"));
        let import = client.snapshot_import().source_veid(7).source_token("hush");
        assert_hidden_in_debug(&import);
        assert_hidden_in_debug(&kiwivm::types::SnapshotImportBody::new(7, "hush"));
    }

    #[tokio::test]
    async fn no_call_has_a_secret_in_its_url() {
        let server = mock::Server::start(credentials()).await.unwrap();
        let client = client(&server.base_url());
        for operation in <kiwivm::Credentials as hosting_apis::Api>::OPERATIONS {
            let mut parameters = server.example(operation.id).unwrap().parameters;
            for secret in ["externalServerRootPassword", "sourceToken"] {
                if parameters.get(secret).is_some() {
                    parameters[secret] = json!("hush");
                }
            }
            client.call(operation.id, parameters).await.unwrap();
        }
        assert_eq!(server.problems(), [""; 0]);
        let requests = server.requests();
        assert!(requests.len() >= 45);
        for request in requests {
            assert_hidden(&request.path);
            assert!(!request.path.contains("51"), "{}", request.path);
            let in_headers = request
                .headers
                .iter()
                .any(|(_, value)| value.contains(MARK));
            assert!(!in_headers, "{request:?}");
            assert!(request.body.contains(MARK));
        }
    }

    #[tokio::test]
    async fn secrets_of_replies_are_hidden_until_exposed() {
        let server = mock::Server::start(credentials()).await.unwrap();
        let client = client(&server.base_url());
        let answer = |operation, body| server.answer(operation, mock::Answer::json(body)).unwrap();
        answer(
            "reinstallOS",
            json!({"error": 0, "rootPassword": "hush1", "sshPort": 22}),
        );
        answer(
            "resetRootPassword",
            json!({"error": 0, "password": "hush2"}),
        );
        answer("snapshotExport", json!({"error": 0, "token": "hush3"}));
        begin_trace();

        let reinstalled = client.reinstall_os().os("debian").send().await.unwrap();
        assert_hidden_in_debug(&reinstalled);
        let reset = client.reset_root_password().await.unwrap();
        assert_hidden_in_debug(&reset);
        let exported = client.snapshot_export().snapshot("a.tar.gz").await.unwrap();
        assert_hidden_in_debug(&exported);
        assert_trace_hides_all("kiwivm.resetRootPassword");

        assert_eq!(
            reinstalled.into_inner().root_password.unwrap().expose(),
            "hush1"
        );
        assert_eq!(reset.password.unwrap().expose(), "hush2");
        assert_eq!(exported.token.unwrap().expose(), "hush3");
    }

    #[tokio::test]
    async fn a_reply_that_can_not_be_read_shows_its_secrets_to_nobody_but_who_asks() {
        // The last of each is what a client leaves out that isn't strict, if it can do without.
        let bodies = [
            (
                r#"{"error": 0, "rootPassword": ["hush"], "sshPort": 22}"#,
                Some("rootPassword"),
            ),
            (r#"{"error": 0, "rootPassword": {"hush": "hush"}}"#, None),
            (
                r#"{"error": 0, "rootPassword": "hush", "sshPort": "hush"}"#,
                Some("sshPort"),
            ),
            (
                r#"{"error": 0, "rootPassword": "hush", "sshPort": 1.5}"#,
                Some("sshPort"),
            ),
            (r#"{"error": 0, "rootPassword": "hush"#, None),
            (r#"{"error": 0, "rootPassword": "hush" "hush"}"#, None),
            (
                r#"{"error": 0, "rootPassword": "hush", "rootPassword": "hush"}"#,
                None,
            ),
            (r#"{"error": 0, "root_password": "hush", "hush": 1}"#, None),
            (r#"{"rootPassword": "hush"}"#, None),
            (r#""hush""#, None),
            (r#"["hush"]"#, None),
            ("<html>hush", None),
            ("hush", None),
        ];
        let server = Server::in_turn(bodies.iter().flat_map(|(body, _)| {
            let answer = support::reply(200, &[], body);
            [answer.clone(), answer]
        }))
        .await;
        let (strict, lenient) = (strict_client(&server.url()), client(&server.url()));
        for (body, left_out) in bodies {
            begin_trace();
            let error = strict.reinstall_os().os("debian").await.unwrap_err();
            assert_hidden(&shown(&error));
            assert_eq!(error.body(), Some(body));
            match (lenient.reinstall_os().os("debian").send().await, left_out) {
                (Ok(reply), Some(path)) => {
                    assert_hidden_in_debug(&reply);
                    assert_eq!(reply.unread(), [path]);
                    assert_eq!(traced("unread"), [path]);
                    let password = reply.into_inner().root_password;
                    assert_eq!(password.is_none(), path == "rootPassword");
                }
                (Err(error), None) => {
                    assert_hidden(&shown(&error));
                    assert_eq!(error.body(), Some(body));
                }
                (outcome, _) => panic!("{body}: {outcome:?}"),
            }
            assert_trace_hides_all("kiwivm.reinstallOS");
        }
    }

    /// A reinstallation can't be made again for the sake of its password.
    #[tokio::test]
    async fn what_can_not_be_believed_is_in_reach_of_who_asks_for_it() {
        type Password = fn(&Value) -> &Value;
        let rows: [(&str, Password); 7] = [
            (
                r#"{"error": 0, "result": {"rootPassword": "hush"}}"#,
                |payload| &payload["result"]["rootPassword"],
            ),
            (
                r#"{"error": 0, "list": [{"rootPassword": "hush", "sshPort": 22}]}"#,
                |payload| &payload["list"][0]["rootPassword"],
            ),
            (
                r#"{"error": 0, "rootPassword": "first", "rootPassword": "hush"}"#,
                |payload| &payload["rootPassword"],
            ),
            // What JSON's readers refuse, and an envelope that doesn't say how the call went.
            (
                r#"{"error": 0, "rootPassword": "hush", "sshPort": 1e400}"#,
                |payload| &payload["rootPassword"],
            ),
            (
                r#"{"error": 0, "rootPassword": "hush", "sshKeys": "\ud800"}"#,
                |payload| &payload["rootPassword"],
            ),
            (
                r#"{"rootPassword": "hush"}"#,
                |payload| &payload["rootPassword"],
            ),
            (
                r#"{"error": 0, "error": 1, "rootPassword": "hush"}"#,
                |payload| &payload["rootPassword"],
            ),
        ];
        for (body, password) in rows {
            let server = Server::always(support::reply(200, &[], body)).await;
            begin_trace();
            let error = client(&server.url()).reinstall_os().os("debian").await;
            let error = error.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
            assert_hidden(&shown(&error));
            let payload = error.payload().unwrap();
            assert_eq!(password(payload), "hush", "{body}");
            assert_hidden(&format!("{payload} {payload:#} {payload:?} {payload:#?}"));
            assert!(payload.get("error").is_none(), "the envelope is left out");
            assert_trace_hides_all("kiwivm.reinstallOS");
        }

        // What can be read but for one field, too.
        let body = r#"{"error": 0, "rootPassword": "hush", "sshPort": "many"}"#;
        let server = Server::always(support::reply(200, &[], body)).await;
        let error = strict_client(&server.url())
            .reinstall_os()
            .os("debian")
            .await;
        let error = error.unwrap_err();
        assert_hidden(&shown(&error));
        let payload = error.payload().unwrap();
        assert_eq!(payload["rootPassword"], "hush");
        assert_hidden(&format!("{payload} {payload:?}"));
        assert!(payload.to_string().contains("many"));
    }

    #[tokio::test]
    async fn a_payload_as_json_hides_what_the_spec_says_is_secret() {
        let body = json!({
            "error": 0, "message": "", "rootPassword": "hush1", "sshPort": 22,
            "of_tomorrow": {"list": [{"rootPassword": ["hush2"]}], "n": 7},
        });
        let server = Server::always(support::json(200, &body.to_string())).await;
        let client = client(&server.url());
        begin_trace();
        let payload = client.reinstall_os().os("debian").json().await.unwrap();
        let call = client
            .request(Method::POST, "/reinstallOS")
            .form(&[("os", "x")]);
        assert_hidden_in_debug(&call);
        let reply = call.send().await.unwrap();
        assert_hidden_in_debug(&reply);
        assert_trace_hides_all("kiwivm.reinstallOS");
        for payload in [payload, reply.into_inner()] {
            let shown = format!("{payload} {payload:#} {payload:?} {payload:#?}");
            assert_hidden(&shown);
            assert!(
                shown.contains("[redacted]") && shown.contains("of_tomorrow"),
                "{shown}"
            );
            // It derefs to the value.
            assert_eq!(payload["rootPassword"], "hush1");
            let list = payload["of_tomorrow"]["list"].as_array().unwrap();
            assert_eq!(list[0]["rootPassword"][0], "hush2");
            assert_eq!(
                (&payload["sshPort"], &payload["of_tomorrow"]["n"]),
                (&json!(22), &json!(7))
            );
            assert!(payload.get("error").is_none(), "the envelope is left out");
            assert_eq!(Value::from(payload)["rootPassword"], "hush1");
        }
    }

    #[tokio::test]
    async fn a_payload_as_json_holds_no_key_that_the_server_repeats() {
        let body = r#"{"error": 0, "hostname": "of KEY", "KEY": {"KEY": ["KEY", 1]}, "n": 7}"#;
        let server = echo(&[(200, body), (200, body)]).await;
        let client = client(&server.url());
        begin_trace();
        let payloads = [
            client.get_service_info().json().await.unwrap(),
            client
                .request(Method::POST, "/newCall")
                .json()
                .await
                .unwrap(),
        ];
        assert_trace_hides_all("kiwivm.getServiceInfo");
        let redacted = "[redacted]";
        for payload in payloads {
            let expected = json!({
                "hostname": "of [redacted]", redacted: {redacted: [redacted, 1]}, "n": 7,
            });
            assert_eq!(payload, expected);
            assert_hidden_in_debug(&payload);
        }
    }

    #[tokio::test]
    async fn a_path_that_was_left_out_holds_no_key_that_the_server_repeats() {
        let body = r#"{"error": 0, "hostname": "h", "ptr": {"KEY": [], "a": "b"}}"#;
        let server = echo(&[(200, body), (200, body)]).await;
        let client = client(&server.url());
        begin_trace();
        let info = client.get_service_info().send().await.unwrap();
        assert_eq!(info.unread(), ["ptr.[redacted]"]);
        assert_hidden_in_debug(&info);
        // The warning is there for who doesn't ask, too.
        client.get_service_info().await.unwrap();
        assert_eq!(traced("unread"), ["ptr.[redacted]"; 2]);
        assert_trace_hides_all("kiwivm.getServiceInfo");
    }

    /// A server that puts the key that it was sent in place of every KEY of these bodies, written
    /// as JSON.
    async fn echo(bodies: &[(u16, &str)]) -> Server {
        let bodies: Vec<_> = bodies.iter().map(|(s, b)| (*s, (*b).to_owned())).collect();
        let mut bodies = bodies.into_iter();
        Server::start(move |request| {
            let form = request.form();
            let key = &form.iter().find(|(name, _)| name == "api_key").unwrap().1;
            let json = serde_json::to_string(key).unwrap();
            let (status, body) = bodies.next().unwrap();
            support::reply(
                status,
                &[("x-echo", "hush")],
                &body.replace("KEY", json.trim_matches('"')),
            )
        })
        .await
    }

    #[tokio::test]
    async fn a_server_that_echoes_the_key_is_not_repeated() {
        let bodies = [
            (200, r#"{"error": 700005, "message": "KEY: wrong, KEY"}"#),
            (200, r#"{"error": "KEY", "message": "m"}"#),
            (200, r#"{"error": 1, "message": ["KEY"]}"#),
            (200, r#"{"error": 1, "additionalErrorCode": "KEY"}"#),
            (
                200,
                r#"{"error": 1, "additionalErrorInfo": {"a": ["KEY", {"b": "KEY"}]}}"#,
            ),
            (
                200,
                r#"{"error": 788888, "additionalLockingInfo": {"KEY": {"KEY": 1}}}"#,
            ),
            (500, r#"{"error": 1, "message": "KEY"}"#),
            (200, r#"{"error": 0, "hostname": ["KEY"]}"#),
            (200, r#"{"error": 0, "hostname": {"KEY": 1}}"#),
            (200, r#"{"error": 0, "ptr": {"KEY": []}}"#),
            (200, r#"{"error": 0, "ip_nullroutes": "KEY"}"#),
            (200, r#"{"error": 0, "ip_nullroutes": "{\"KEY\": "}"#),
            (200, r#"{"error": 0, "hostname": "KEY"#),
            (200, r#"{"KEY": "KEY"}"#),
            (200, r#""KEY""#),
            (200, r#"{"error": 0, "KEY": {"KEY": ["KEY"]}}"#),
            (200, "KEY"),
            (200, "API: KEY"),
            (200, "<html>KEY</html>"),
            (404, "no KEY here"),
            (503, "upstream: KEY\nKEY"),
            (503, "<html>KEY</html>"),
        ];
        let server = echo(&bodies).await;
        let client = strict_client(&server.url());
        begin_trace();
        for (_, body) in bodies {
            let error = client.get_service_info().await.unwrap_err();
            let text = held(&error);
            assert_hidden(&text);
            assert!(text.contains("[redacted]"), "{body}: {text}");
        }
        assert_trace_hides_all("kiwivm.getServiceInfo");
    }

    #[tokio::test]
    async fn an_echo_in_the_words_of_something_in_front_is_shown_without_the_key() {
        let server = echo(&[(503, "no upstream for KEY, KEY\nnor KEY")]).await;
        let error = client(&server.url()).get_service_info().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Server);
        let says = ": no upstream for [redacted], [redacted]";
        assert!(error.to_string().ends_with(says), "{error}");
        let body = error.body().unwrap();
        assert_hidden(body);
        assert!(body.ends_with("\nnor [redacted]"), "{body}");
    }

    #[tokio::test]
    async fn an_echo_is_found_however_it_is_written() {
        let form = serde_urlencoded::to_string([("key", KEY)]).unwrap();
        let spellings = [
            KEY.to_owned(),
            serde_json::to_string(KEY).unwrap(),
            // PHP's json_encode.
            serde_json::to_string(KEY).unwrap().replace('/', r"\/"),
            form,
        ];
        for spelling in spellings {
            for body in [
                format!("you sent {spelling}."),
                format!("<p>you sent {spelling}.</p>"),
            ] {
                let server = Server::always(support::reply(200, &[], &body)).await;
                let error = client(&server.url()).get_service_info().await.unwrap_err();
                let text = held(&error);
                assert_hidden(&text);
                assert!(error.body().unwrap().contains("[redacted]"), "{text}");
            }
        }
    }

    #[tokio::test]
    async fn a_body_is_not_cut_in_the_middle_of_the_key() {
        let lengths = 900..1030;
        let bodies: Vec<_> = lengths
            .clone()
            .map(|n| format!("{}{KEY}", "x".repeat(n)))
            .collect();
        let server =
            Server::in_turn(bodies.iter().map(|body| support::reply(200, &[], body))).await;
        let client = client(&server.url());
        for _ in bodies {
            let error = client.get_service_info().await.unwrap_err();
            let body = error.body().unwrap();
            assert!(body.len() >= 900);
            assert!(!body.contains("private_h"), "{}", &body[890..]);
        }
    }

    #[tokio::test]
    async fn a_call_that_gets_no_reply_shows_no_secret() {
        let cut = b"HTTP/1.1 200 hush\r\nx: hush\r\ncontent-length: 99\r\n\r\nhush".to_vec();
        let answers = [
            Answer::SendAndClose(b"hush".to_vec()),
            Answer::SendAndClose(cut),
            support::reply(
                302,
                &[("location", "http://127.0.0.1:1/?api_key=hush")],
                "hush",
            ),
            support::reply(404, &[("retry-after", "hush")], ""),
        ];
        // Of somebody else's, the error keeps the beginning; of text, it shows the first line.
        let of_others = [
            (404, "<html>hush"),
            (503, "<html>\nhush"),
            (404, "gone\nhush"),
            (503, "  \ngone \r\nhush"),
            (503, r#"{"hush": "hush"#),
        ]
        .map(|(status, body)| {
            let headers = [("retry-after", "hush")];
            (body, support::reply(status, &headers, body))
        });
        let answers_of_others = of_others.iter().map(|(_, answer)| answer.clone());
        let server = Server::in_turn(answers.iter().cloned().chain(answers_of_others)).await;
        let client = client(&server.url());
        begin_trace();
        for _ in answers {
            assert_hidden(&held(&client.restart().await.unwrap_err()));
        }
        for (body, _) in of_others {
            let error = client.restart().await.unwrap_err();
            assert_hidden(&shown(&error));
            assert_eq!(error.body(), Some(body));
        }
        let port = support::ClosedPort::new();
        let far = kiwivm::Client::builder(credentials()).base_url(port.url());
        let mut policy = RetryPolicy::default();
        policy.base_delay = Duration::ZERO;
        let far = far.retry(policy).build().unwrap();
        let error = far.restart().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect);
        assert_hidden(&held(&error));
        let is_retry = |line: &&Line| line.ours && line.value == "retrying";
        let retries = LINES.with_borrow(|lines| lines.iter().filter(is_retry).count());
        assert_eq!(retries, 2);
        assert_trace_hides_all("kiwivm.restart");
    }
}

#[cfg(feature = "vps-org")]
mod vps_org_secrets {
    use hosting_apis::{mock, vps_org};
    use serde_json::json;

    use super::*;

    const TOKEN: &str = r#"vps_hush/of+the"call"#;

    fn credentials() -> vps_org::Credentials {
        vps_org::Credentials::token(TOKEN)
    }

    fn client(url: &str) -> vps_org::Client {
        let builder = vps_org::Client::builder(credentials()).base_url(url);
        builder.retry(RetryPolicy::never()).build().unwrap()
    }

    /// One that leaves out nothing.
    fn strict_client(url: &str) -> vps_org::Client {
        let builder = vps_org::Client::builder(credentials()).base_url(url);
        let builder = builder.strict(true).retry(RetryPolicy::never());
        builder.build().unwrap()
    }

    #[test]
    fn credentials_builders_and_clients_hide_the_token() {
        assert_hidden_in_debug(&credentials());
        assert_hidden_in_debug(&vps_org::Client::builder(credentials()));
        let client = client("http://localhost:1");
        assert_hidden_in_debug(&client);
        assert_hidden_in_debug(&client.get_account_me());
    }

    #[test]
    fn an_auth_code_is_hidden() {
        let client = client("http://localhost:1");
        assert_hidden_in_debug(&client.transfer_domain().domain_id(3).auth_code("hush"));
        assert_hidden_in_debug(&vps_org::types::TransferDomainRequest::new("hush"));
    }

    #[tokio::test]
    async fn the_password_of_a_new_server_is_hidden_until_exposed() {
        let server = mock::Server::start(credentials()).await.unwrap();
        let client = client(&server.base_url());
        let made = json!({"uuid": "u-7", "password": "hush1"});
        server
            .answer("createServer", mock::Answer::json(made))
            .unwrap();
        begin_trace();
        let call = client.create_server().hostname("a.example").location(4);
        let call = call.plan("p-1").os_version("o-1").send();
        let made = call.await.unwrap();
        assert_hidden_in_debug(&made);
        assert_trace_hides_all("vps_org.createServer");
        assert_eq!(made.into_inner().password.unwrap().expose(), "hush1");
    }

    #[tokio::test]
    async fn an_auth_code_that_the_server_repeats_is_taken_out() {
        let server = mock::Server::start(credentials()).await.unwrap();
        let client = client(&server.base_url());
        let echo = json!({ "auth_code": ["hush-7#4 is no code of this domain."] });
        let answer = mock::Answer::text(400, echo.to_string());
        server.answer("transferDomain", answer).unwrap();
        let call = client.transfer_domain().domain_id(3).auth_code("hush-7#4");
        let error = call.await.unwrap_err();
        assert_hidden(&shown(&error));
        assert_hidden(&held(&error));
        let expected = "auth_code: [redacted] is no code of this domain.";
        assert_eq!(error.message(), Some(expected));
    }

    #[tokio::test]
    async fn no_call_has_a_secret_in_its_url() {
        let server = mock::Server::start(credentials()).await.unwrap();
        let client = client(&server.base_url());
        begin_trace();
        let operations = <vps_org::Credentials as hosting_apis::Api>::OPERATIONS;
        for operation in operations {
            let mut parameters = server.example(operation.id).unwrap().parameters;
            if parameters.get("auth_code").is_some() {
                parameters["auth_code"] = json!("hush");
            }
            client.call(operation.id, parameters).await.unwrap();
        }
        assert_eq!(server.problems(), [""; 0]);
        let requests = server.requests();
        assert_eq!(requests.len(), operations.len());
        for request in &requests {
            assert_hidden(&request.path);
        }
        assert!(requests.iter().any(|request| request.body.contains(MARK)));
        assert_trace_hides_all("vps_org.transferDomain");
    }

    #[tokio::test]
    async fn a_server_that_echoes_the_token_is_not_repeated() {
        let bodies = [
            (401, r#"{"detail": "KEY: wrong, KEY"}"#),
            (400, r#"{"name": ["KEY"], "KEY": {"KEY": ["KEY"]}}"#),
            (400, r#"{"KEY": ["m"]}"#),
            (400, r#"["KEY"]"#),
            (400, r#""KEY""#),
            (200, r#"{"account": {"email": ["KEY"]}}"#),
            (200, r#"{"account": "KEY"}"#),
            (200, r#"{"account": {"email": "KEY"#),
            (200, r#"{"detail": "no balance for KEY"}"#),
            (200, r#"{"KEY": "KEY"}"#),
            (200, "KEY"),
            (200, "<html>KEY</html>"),
            (404, "no KEY here"),
            (503, "upstream: KEY"),
        ];
        let mut left = bodies.into_iter();
        let server = Server::start(move |request| {
            let token = request.header("authorization").unwrap();
            let token = serde_json::to_string(token.strip_prefix("Bearer ").unwrap()).unwrap();
            let (status, body) = left.next().unwrap();
            support::reply(status, &[], &body.replace("KEY", token.trim_matches('"')))
        })
        .await;
        let client = strict_client(&server.url());
        begin_trace();
        for (_, body) in bodies {
            let error = client.get_account_me().await.unwrap_err();
            let text = held(&error);
            assert_hidden(&text);
            assert!(text.contains("[redacted]"), "{body}: {text}");
        }
        assert_trace_hides_all("vps_org.getAccountMe");
    }
}

#[cfg(feature = "cdnfly")]
mod cdnfly_secrets {
    use hosting_apis::{ErrorKind, cdnfly, mock};
    use serde_json::json;

    use super::support::{Answer, json};
    use super::*;

    /// With characters that JSON and PHP write in more than one way, of which a header takes all.
    const TOKEN: &str = r#"hush+of/the"login"=="#;
    const PASSWORD: &str = "hush, a pass/word";

    fn all_kinds() -> [cdnfly::Credentials; 3] {
        [
            cdnfly::Credentials::api_key("hush_key", "hush_secret"),
            cdnfly::Credentials::access_token(TOKEN),
            login(),
        ]
    }

    fn login() -> cdnfly::Credentials {
        cdnfly::Credentials::login("marta@example.net", PASSWORD)
    }

    fn client(credentials: cdnfly::Credentials, url: &str) -> cdnfly::Client {
        let builder = cdnfly::Client::builder(credentials).base_url(url);
        builder.retry(RetryPolicy::never()).build().unwrap()
    }

    fn logged_in(token: &str) -> Answer {
        let body = json!({"code": 0, "data": {"access_token": token, "type": 2}});
        json(200, &body.to_string())
    }

    fn failure(code: &str, message: &str) -> Answer {
        let body = json!({"code": code, "msg": message, "data": message});
        json(200, &body.to_string())
    }

    #[test]
    fn credentials_builders_clients_and_what_they_send_hide_the_secrets() {
        for credentials in all_kinds() {
            assert_hidden_in_debug(&credentials);
            assert_hidden_in_debug(&cdnfly::Client::builder(credentials.clone()));
            let client = client(credentials, "http://localhost:1");
            assert_hidden_in_debug(&client);
            assert_hidden_in_debug(&client.list_sites());
            assert_hidden_in_debug(&client.list_sites().stream());
            assert_hidden_in_debug(&client.login().account("marta").password("hush"));
            assert_hidden_in_debug(&client.create_cert().type_("custom").key("hush"));
        }
        assert_hidden_in_debug(&cdnfly::types::LoginRequest::new("marta", "hush"));
        let client = client(login(), "http://localhost:1");
        assert!(
            format!("{client:?}").contains("marta@example.net"),
            "what is no secret stays visible"
        );
    }

    #[tokio::test]
    async fn no_call_has_a_secret_in_its_url() {
        for credentials in all_kinds() {
            let server = mock::Server::start(credentials.clone()).await.unwrap();
            let client = client(credentials, &server.base_url());
            begin_trace();
            let operations = <cdnfly::Credentials as hosting_apis::Api>::OPERATIONS;
            for operation in operations.iter().filter(|o| o.authorized) {
                let mut parameters = server.example(operation.id).unwrap().parameters;
                for name in ["key", "password"] {
                    if parameters.get(name).is_some() {
                        parameters[name] = json!("hush");
                    }
                }
                client.call(operation.id, parameters).await.unwrap();
            }
            assert_trace_hides_all("cdnfly.createUser");
            assert_eq!(server.problems(), [""; 0]);
            let requests = server.requests();
            assert!(requests.len() >= operations.len() - 1);
            for request in &requests {
                assert_hidden(&request.path);
            }
            assert!(requests.iter().any(|request| request.body.contains(MARK)));
        }
    }

    #[tokio::test]
    async fn a_session_shows_neither_password_nor_token() {
        let refused = || json(200, r#"{"code": "login_required"}"#);
        let done = || json(200, r#"{"code": 0, "data": []}"#);
        let in_turn = [
            logged_in(TOKEN),
            done(),
            refused(),
            logged_in(TOKEN),
            done(),
        ];
        let server = Server::in_turn(in_turn).await;
        let client = client(login(), &server.url());
        begin_trace();
        client.list_sites().await.unwrap();
        assert_hidden_in_debug(&client);
        client.list_sites().await.unwrap();
        assert_hidden_in_debug(&client);
        let renewals = LINES.with_borrow(|lines| {
            let is_renewal = |line: &&Line| line.ours && line.value == "the session has expired";
            lines.iter().filter(is_renewal).count()
        });
        assert_eq!(renewals, 1);
        assert_trace_hides_all("cdnfly.listSites");
        let requests = server.requests();
        assert!(requests.iter().any(|request| request.body.contains(MARK)));
        assert_eq!(requests[4].header("access-token"), Some(TOKEN));
        for request in requests {
            assert_hidden(&request.target);
        }
    }

    #[tokio::test]
    async fn a_login_that_fails_does_not_show_the_password() {
        let answers = [
            failure("login-7", &format!("wrong: {PASSWORD}")),
            json(401, r#"{"code": "hush, a pass/word"}"#),
            json(200, r#""hush, a pass\/word is wrong""#),
            json(200, "hush, a pass/word"),
            json(200, "<html>hush, a pass/word"),
        ];
        let server = Server::in_turn(answers.clone()).await;
        let client = client(login(), &server.url());
        begin_trace();
        for answer in answers {
            let error = client.list_sites().await.unwrap_err();
            assert_eq!(error.operation(), Some("cdnfly.login"));
            let text = held(&error);
            assert_hidden(&text);
            assert!(text.contains("[redacted]"), "{answer:?}: {text}");
        }
        assert_trace_hides_all("cdnfly.listSites");
    }

    #[tokio::test]
    async fn a_login_that_can_not_be_read_shows_its_token_to_nobody_but_who_asks() {
        let bodies = [
            r#"{"data": {"access_token": "hush"}}"#,
            r#"{"code": 0, "data": {"access_token": ["hush"]}}"#,
            r#"{"code": 0, "data": {"access_token": "hush hush"}}"#,
            r#"{"code": 0, "data": "hush"}"#,
            r#"{"code": 0, "data": {"access_token": "hush"#,
            r#"["hush"]"#,
        ];
        let server = Server::in_turn(bodies.map(|body| json(200, body))).await;
        let client = client(login(), &server.url());
        begin_trace();
        for body in bodies {
            let error = client.list_sites().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
            assert_hidden(&shown(&error));
        }
        assert_trace_hides_all("cdnfly.listSites");
    }

    /// The tokens of a session aren't among the credentials that the client was made with.
    #[tokio::test]
    async fn a_server_that_echoes_what_it_was_sent_is_not_repeated() {
        for credentials in all_kinds() {
            let mut tokens = ["hush/1==", "hush+2=="].into_iter();
            let server = Server::start(move |request| {
                if request.target == "/v1/login" {
                    return logged_in(tokens.next().unwrap());
                }
                let sent = ["api-key", "api-secret", "access-token"];
                let sent: Vec<&str> = sent.iter().filter_map(|n| request.header(n)).collect();
                let message = format!("no such token: {}", sent.join(" "));
                failure("login_required", &message)
            })
            .await;
            let client = client(credentials, &server.url());
            begin_trace();
            let error = client.list_sites().await.unwrap_err();
            let text = held(&error);
            assert_hidden(&text);
            assert!(text.contains("no such token: [redacted]"), "{text}");
            assert_trace_hides_all("cdnfly.listSites");
        }
    }

    #[tokio::test]
    async fn secrets_of_replies_are_hidden_until_exposed() {
        let key = json!({"code": 0, "data": {"api_key": "hush1", "api_secret": "hush2"}});
        let server = Server::in_turn([logged_in(TOKEN), json(200, &key.to_string())]).await;
        let key = cdnfly::Credentials::api_key("K", "S");
        let client = client(key, &server.url());
        let token = client.login().account("marta").password("hush").await;
        let token = token.unwrap();
        assert_hidden_in_debug(&token);
        assert_eq!(token.access_token.unwrap().expose(), TOKEN);
        let key = client.get_api_key().await.unwrap();
        assert_hidden_in_debug(&key);
        let key = key.unwrap();
        assert_eq!(key.api_key.unwrap().expose(), "hush1");
        assert_eq!(key.api_secret.unwrap().expose(), "hush2");
    }
}
