//! KiwiVM's peculiarities, each with what the client makes of it.

#![cfg(all(feature = "kiwivm", feature = "mock"))]

mod support;

use std::sync::Mutex;
use std::time::{Duration, Instant};

use hosting_apis::kiwivm::{self, LockProgress, types::VmType};
use hosting_apis::{Api, Error, ErrorKind, Method, RetryPolicy, StatusCode, mock};
use serde_json::{Value, json};
use support::{Answer, ClosedPort, Server, reply};

fn credentials() -> kiwivm::Credentials {
    kiwivm::Credentials::new(8041, "private_kiwi-test")
}

fn client(url: impl Into<String>) -> kiwivm::Client {
    let builder = kiwivm::Client::builder(credentials()).base_url(url);
    builder.retry(RetryPolicy::never()).build().unwrap()
}

async fn mocked() -> (mock::Server, kiwivm::Client) {
    let server = mock::Server::start(credentials()).await.unwrap();
    let client = client(server.base_url());
    (server, client)
}

/// A client of a server that gives each call the next of these bodies, as KiwiVM labels them.
async fn replies<const N: usize>(bodies: [Value; N]) -> (Server, kiwivm::Client) {
    let text = [("content-type", "text/html; charset=UTF-8")];
    let server = Server::in_turn(bodies.map(|body| reply(200, &text, &body.to_string()))).await;
    let client = client(server.url());
    (server, client)
}

// ---------------------------------------------------------------------------------------------
// Requests

#[tokio::test]
async fn every_call_is_a_post_with_the_credentials_in_its_form() {
    let (server, client) = mocked().await;
    let operations = kiwivm::Credentials::OPERATIONS;
    assert_eq!(operations.len(), 45);
    for operation in operations {
        let example = server.example(operation.id).unwrap();
        client.call(operation.id, example.parameters).await.unwrap();
    }
    for (request, operation) in server.requests().iter().zip(operations) {
        assert_eq!(request.operation.as_deref(), Some(operation.id));
        assert_eq!(request.method, "POST", "{}", operation.id);
        // No query.
        assert_eq!(request.path, operation.path);
        let form: Vec<(String, String)> = serde_urlencoded::from_str(&request.body).unwrap();
        let of = |name| form.iter().filter(move |(found, _)| found == name);
        let veid: Vec<_> = of("veid").map(|(_, value)| value.as_str()).collect();
        let key: Vec<_> = of("api_key").map(|(_, value)| value.as_str()).collect();
        assert_eq!(
            (veid, key),
            (vec!["8041"], vec!["private_kiwi-test"]),
            "{}",
            operation.id
        );
    }
    assert_eq!(server.problems(), [""; 0]);
}

#[tokio::test]
async fn parameters_survive_the_form_whatever_they_hold() {
    let (server, client) = replies([json!({"error": 0})]).await;
    let script = "#!/bin/sh\necho \"a&b=c\" +1 % 'é' \\ \u{1F980}\0\r\n";
    client.shell_script_exec().script(script).await.unwrap();
    let expected = [
        ("script", script),
        ("veid", "8041"),
        ("api_key", "private_kiwi-test"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(server.requests()[0].form(), expected);
    let content_type = server.requests()[0]
        .header("content-type")
        .unwrap()
        .to_owned();
    assert_eq!(content_type, "application/x-www-form-urlencoded");
}

#[tokio::test]
async fn what_is_not_set_is_not_sent() {
    let assigned = json!({"error": 0, "assigned_ips": ["10.8.0.41"]});
    let (server, client) = replies([assigned, json!({"error": 0})]).await;
    client.private_ip_assign().await.unwrap();
    client.snapshot_create().await.unwrap();
    for request in server.requests() {
        assert_eq!(request.body, "veid=8041&api_key=private_kiwi-test");
    }
}

#[tokio::test]
async fn no_ssh_keys_are_an_empty_field_which_clears_them() {
    let (server, client) = replies([json!({"error": 0})]).await;
    client.update_ssh_keys().ssh_keys("").await.unwrap();
    let form = server.requests()[0].form();
    assert_eq!(form[0], ("ssh_keys".to_owned(), String::new()));
}

#[tokio::test]
async fn notification_preferences_are_json_text_in_one_field() {
    let updated = json!({"error": 0, "updated_email_preferences": {"17": "1", "4": 0}});
    let (server, client) = replies([updated]).await;
    let call = client.kiwivm_set_notification_preferences();
    let reply = call
        .json_notification_preferences([("4", 0), ("17", 1)])
        .await
        .unwrap();
    let form = server.requests()[0].form();
    assert_eq!(form[0].0, "json_notification_preferences");
    let sent: Value = serde_json::from_str(&form[0].1).unwrap();
    assert_eq!(sent, json!({"4": 0, "17": 1}));
    assert!(reply.updated_email_preferences["17"]);
    assert!(!reply.updated_email_preferences["4"]);
}

#[tokio::test]
async fn the_mock_refuses_wrong_credentials_as_kiwivm_does() {
    let server = mock::Server::start(credentials()).await.unwrap();
    let right_key_of_another = kiwivm::Credentials::new(8042, "private_kiwi-test");
    let wrong_key = kiwivm::Credentials::new(8041, "private_kiwi-tes");
    for wrong in [right_key_of_another, wrong_key] {
        let builder = kiwivm::Client::builder(wrong).base_url(server.base_url());
        let error = builder.build().unwrap().start().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Authentication);
        assert_eq!(error.code(), Some("700005"));
        assert_eq!(error.status().unwrap().as_u16(), 200);
    }
}

// ---------------------------------------------------------------------------------------------
// Calls that no operation stands for

#[tokio::test]
async fn a_call_of_tomorrow_carries_the_credentials_and_is_judged_by_the_envelope() {
    let (server, client) = replies([
        json!({"error": 0, "message": "", "gift": {"a": [1]}, "error_of_tomorrow": 7}),
        json!({"error": 788888, "message": "The VE is busy"}),
        json!({"gift": 1}),
        json!({"error": 0, "gift": 2}),
    ])
    .await;
    let call = || client.request(Method::POST, "/newCall").form(&[("a", "1")]);
    let gift = call().json().await.unwrap();
    assert_eq!(gift["gift"]["a"][0], 1);
    let payload = json!({"gift": {"a": [1]}, "error_of_tomorrow": 7});
    assert_eq!(gift, payload, "without the envelope");

    let error = call().json().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked);
    assert_eq!(error.code(), Some("788888"));
    assert_eq!(error.message(), Some("The VE is busy"));
    assert_eq!(error.operation(), Some("kiwivm.request"));
    let error = call().json().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);

    let reply = client
        .request(Method::GET, "/new/call")
        .query(&[("q", "a b")]);
    let reply = reply.send().await.unwrap();
    assert_eq!(reply.status(), StatusCode::OK);
    assert_eq!(reply["gift"], 2);

    let requests = server.requests();
    for request in &requests[..3] {
        let target = (request.method.as_str(), request.target.as_str());
        assert_eq!(target, ("POST", "/newCall"));
        assert_eq!(request.body, "a=1&veid=8041&api_key=private_kiwi-test");
        let content_type = request.header("content-type");
        assert_eq!(content_type, Some("application/x-www-form-urlencoded"));
    }
    let target = (&*requests[3].method, &*requests[3].target);
    assert_eq!(target, ("GET", "/new/call?q=a+b"));
}

#[tokio::test]
async fn a_path_that_leads_elsewhere_sends_nothing() {
    let (server, client) = replies([json!({"error": 0})]).await;
    let paths = [
        "/../x",
        "/a/../../x",
        "/a/%2e%2E/x",
        "/./x",
        "//h",
        "//h/x",
        "/a//x",
        "x",
        "",
        "/",
        "https://h/x",
        "@h/x",
        "/x?veid=1",
        "/x#y",
        "/a\\..\\x",
        "/a%2f..%2Fx",
        "/a\nb",
        "/a%0d%0ab",
        "/..;/x",
    ];
    for path in paths {
        let call = client.request(Method::POST, path);
        let error = call.form(&[("a", "1")]).json().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{path:?}");
        assert!(error.to_string().contains("the path "), "{path:?}: {error}");
        assert_eq!(error.attempts(), 0, "{path:?}");
    }
    // A body of two, and credentials other than the client's.
    let call = || client.request(Method::POST, "/newCall");
    let json = json!({"b": 1});
    for (call, says) in [
        (call().form(&[("a", "1")]).body(&json), "has one body"),
        (
            call().form(&[("a", "1")]).form(&[("b", "1")]),
            "has one body",
        ),
        (
            call().form(&[("a", "1"), ("veid", "2")]),
            "`veid` is one of the credentials",
        ),
    ] {
        let error = call.json().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.to_string().contains(says), "{error}");
    }
    for method in [Method::HEAD, Method::OPTIONS, Method::CONNECT] {
        let error = client.request(method, "/newCall").json().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert_eq!(error.attempts(), 0);
    }
    assert!(server.requests().is_empty());
}

// ---------------------------------------------------------------------------------------------
// Failures inside a 200

#[tokio::test]
async fn a_failure_comes_with_status_200() {
    let body = json!({
        "error": 700005, "message": "Wrong key or veid", "additionalErrorCode": null,
    });
    let (_server, client) = replies([body]).await;
    let error = client.get_service_info().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert_eq!(error.status().unwrap().as_u16(), 200);
    assert_eq!(error.code(), Some("700005"));
    assert_eq!(error.message(), Some("Wrong key or veid"));
    assert_eq!(error.details(), None);
    assert_eq!(
        error.to_string(),
        "kiwivm.getServiceInfo: authentication failed (code 700005, HTTP 200): Wrong key or veid"
    );
}

#[tokio::test]
async fn calls_without_a_payload_fail_too() {
    let (_server, client) = replies([json!({"error": 700003, "message": "Running"})]).await;
    let errors = [
        client.restart().await.unwrap_err(),
        client.stop().await.unwrap_err(),
        client.set_hostname().new_hostname("h").await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Api, Some("700003"))
        );
    }
}

#[tokio::test]
async fn success_needs_no_message_and_takes_any() {
    let bodies = [
        json!({"error": 0}),
        json!({"error": 0, "message": ""}),
        json!({"error": 0, "message": null}),
        json!({"error": "0", "message": "Done."}),
        json!({"error": 0, "additionalErrorCode": null, "additionalErrorInfo": ""}),
    ];
    let (_server, client) = replies(bodies.clone()).await;
    for body in bodies {
        client
            .restart()
            .await
            .unwrap_or_else(|e| panic!("{body}: {e}"));
    }
}

#[tokio::test]
async fn success_may_come_in_any_form_that_means_it() {
    for body in [
        "\u{feff}{\"error\": 0, \"hostname\": \"a\"}",
        r#"{"error": 0.0, "hostname": "a"}"#,
        r#"{"error": " 0", "hostname": "a"}"#,
        r#"{"error": false, "hostname": "a"}"#,
        "\n {\"hostname\": \"a\", \"error\": \"0\"}",
    ] {
        let server = Server::always(support::json(200, body)).await;
        let info = client(server.url()).get_service_info().await;
        assert_eq!(info.unwrap().hostname.as_deref(), Some("a"), "{body}");
    }
}

/// Untyped, a large reply would take many times its size.
#[test]
fn a_large_reply_is_read_without_what_is_odd_and_kept_nowhere() {
    let filler = "x".repeat(5 << 20);
    let read = |rest: &str| {
        let body = format!(r#"{{"error": 0, "filler": "{filler}", {rest}}}"#);
        kiwivm::Client::read("getRawUsageStats", StatusCode::OK, body)
    };
    let usage = read(r#""data": [{"timestamp": 7, "cpu_usage": 12.5}]"#).unwrap();
    assert_eq!(usage.json["data"][0]["timestamp"], 7);
    assert_eq!(usage.unread, ["data[0].cpu_usage"]);
    let error = read(r#""vm_type": "kvm""#).unwrap_err();
    assert_eq!(
        (error.kind(), error.payload().is_some()),
        (ErrorKind::Decode, false)
    );
    assert_eq!(
        read(r#""data": [{"cpu_usage": {}}], "broken": "#)
            .unwrap_err()
            .kind(),
        ErrorKind::Decode
    );
}

#[tokio::test]
async fn a_failure_without_a_message_has_none() {
    let (_server, client) = replies([
        json!({"error": 756130}),
        json!({"error": 756130, "message": ""}),
        json!({"error": 756130, "message": null}),
    ])
    .await;
    for _ in 0..3 {
        let error = client.backup_list().await.unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Api, None));
        assert_eq!(
            error.to_string(),
            "kiwivm.backupList: refused (code 756130, HTTP 200)"
        );
    }
}

#[tokio::test]
async fn a_call_that_the_server_does_not_know_is_an_api_error() {
    let (_server, client) = replies([json!({"error": 1, "message": "API: invalid request"})]).await;
    let error = client.get_raw_usage_stats().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api);
    assert_eq!(error.message(), Some("API: invalid request"));

    let (server, client) = mocked().await;
    let error = client.call("getEverything", json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_refusal_may_be_the_whole_body() {
    let body = "API: invalid request\n";
    let server = Server::always(reply(200, &[("content-type", "text/html")], body)).await;
    let client = client(server.url());
    let errors = [
        client.get_service_info().await.unwrap_err(),
        client.restart().await.unwrap_err(),
        client.basic_shell_exec().command("id").await.unwrap_err(),
        client.get_service_info().json().await.unwrap_err(),
        client
            .request(Method::POST, "/newCall")
            .json()
            .await
            .unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Api, "{error}");
        assert_eq!(error.message(), Some("API: invalid request"));
        assert_eq!(error.status().unwrap().as_u16(), 200);
        assert_eq!(error.body(), Some(body));
        assert!(!error.is_retryable());
    }
    // Other words are nobody's.
    for body in [
        "APIs are away",
        "Database API: gone",
        "\"API: invalid request\"",
    ] {
        let server = Server::always(reply(200, &[], body)).await;
        let error = self::client(server.url()).restart().await.unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Decode, None));
        assert_eq!(error.body(), Some(body));
    }
}

#[tokio::test]
async fn the_content_type_means_nothing() {
    let body = r#"{"error": 0, "hostname": "content"}"#;
    for content_type in ["text/plain;charset=UTF-8", "text/html", "image/png", ""] {
        let server = Server::always(reply(200, &[("content-type", content_type)], body)).await;
        let info = client(server.url()).get_service_info().await.unwrap();
        assert_eq!(info.hostname.as_deref(), Some("content"));
    }
    // Nor does its absence, nor white space around the body.
    let server = Server::always(reply(200, &[], &format!("\r\n{body}\n"))).await;
    assert!(client(server.url()).get_service_info().await.is_ok());
}

// ---------------------------------------------------------------------------------------------
// Shell commands

#[tokio::test]
async fn every_exit_status_is_a_result() {
    let server = Server::start({
        let mut status = 0..;
        move |_| {
            let body = json!({"error": status.next(), "message": "out\n"});
            reply(200, &[], &body.to_string())
        }
    })
    .await;
    let client = client(server.url());
    for status in 0..=255 {
        let result = client.basic_shell_exec().command("true").await.unwrap();
        assert_eq!(result.error, Some(status));
        assert_eq!(result.message.as_deref(), Some("out\n"));
    }
    let error = client.basic_shell_exec().command("true").await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Api, Some("256")));
}

#[tokio::test]
async fn an_exit_status_may_come_as_text_and_its_output_be_absent() {
    let (_server, client) = replies([
        json!({"error": "127", "message": "sh: nope: not found"}),
        json!({"error": 0}),
        json!({"error": 0, "message": ""}),
    ])
    .await;
    let result = client.basic_shell_exec().command("nope").await.unwrap();
    assert_eq!(result.error, Some(127));
    for _ in 0..2 {
        let result = client.basic_shell_exec().command("true").await.unwrap();
        assert_eq!((result.error, result.message), (Some(0), None));
    }
}

#[tokio::test]
async fn a_command_that_succeeded_may_come_with_empty_fields_of_failures() {
    let body = json!({
        "error": 0, "message": "done", "additionalErrorCode": null, "additionalErrorInfo": "",
    });
    let (_server, client) = replies([body]).await;
    let result = client.basic_shell_exec().command("true").await.unwrap();
    assert_eq!(
        (result.error, result.message.as_deref()),
        (Some(0), Some("done"))
    );
}

#[tokio::test]
async fn an_api_error_of_a_shell_command_is_no_exit_status() {
    let cases = [
        (json!({"error": 256}), ErrorKind::Api),
        (json!({"error": -1}), ErrorKind::Api),
        (json!({"error": 700000, "message": "m"}), ErrorKind::Api),
        (json!({"error": 700005}), ErrorKind::Authentication),
        (json!({"error": 788888}), ErrorKind::Locked),
        (
            json!({"error": 0, "additionalErrorCode": 3}),
            ErrorKind::Api,
        ),
        (
            json!({"error": 1, "additionalErrorInfo": "no such VPS"}),
            ErrorKind::Api,
        ),
        (
            json!({"error": 255, "additionalLockingInfo": {}}),
            ErrorKind::Api,
        ),
        // The key alone marks it.
        (
            json!({"error": 2, "additionalErrorCode": null}),
            ErrorKind::Api,
        ),
    ];
    for (body, kind) in cases {
        let (_server, client) = replies([body.clone()]).await;
        let error = client.basic_shell_exec().command("id").await;
        let error = error.expect_err(&body.to_string());
        assert_eq!(error.kind(), kind, "{body}");
        assert_eq!(
            error.code(),
            Some(body["error"].to_string().as_str()),
            "{body}"
        );
    }
}

#[tokio::test]
async fn only_a_shell_command_has_exit_statuses() {
    let (_server, client) = replies([json!({"error": 1, "message": "m"})]).await;
    let cd = client
        .basic_shell_cd()
        .current_dir("/")
        .new_dir("etc")
        .await;
    assert_eq!(cd.unwrap_err().kind(), ErrorKind::Api);
    let script = client.shell_script_exec().script("true").await;
    assert_eq!(script.unwrap_err().kind(), ErrorKind::Api);
}

// ---------------------------------------------------------------------------------------------
// Locks

fn locked(percent: i64) -> Value {
    json!({
        "error": 788888,
        "message": "The VE is busy",
        "additionalErrorCode": null,
        "additionalErrorInfo": "Moving to another node",
        "additionalLockingInfo": {
            "last_status_update_s_ago": 4,
            "completed_percent": percent,
            "friendly_progress_message": "Copying the disk",
        },
    })
}

#[tokio::test]
async fn a_lock_tells_its_job_and_progress() {
    let (_server, client) = replies([locked(61)]).await;
    let error = client.start().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked);
    assert_eq!(error.message(), Some("The VE is busy"));
    assert!(error.is_retryable());
    let details = error.details().unwrap();
    assert_eq!(details["additionalErrorInfo"], "Moving to another node");
    assert_eq!(details["additionalLockingInfo"]["completed_percent"], 61);
    assert_eq!(
        details.as_object().unwrap().len(),
        2,
        "what is null is left out"
    );

    let progress = LockProgress::of(&error).unwrap();
    assert_eq!(progress.job.as_deref(), Some("Moving to another node"));
    assert_eq!(progress.completed_percent, Some(61));
    assert_eq!(progress.message.as_deref(), Some("Copying the disk"));
    assert_eq!(progress.last_update, Some(Duration::from_secs(4)));
    assert_eq!(
        progress.to_string(),
        "Moving to another node, 61 %: Copying the disk"
    );
}

#[tokio::test]
async fn a_lock_may_tell_less() {
    let cases = [
        (json!({}), "a job"),
        (json!({"additionalErrorInfo": ""}), "a job"),
        (
            json!({"additionalErrorInfo": "Backup", "additionalLockingInfo": []}),
            "Backup",
        ),
        (
            json!({"additionalLockingInfo": {"completed_percent": 5}}),
            "a job, 5 %",
        ),
        (
            json!({"additionalLockingInfo": {"completed_percent": "5"}}),
            "a job, 5 %",
        ),
        (
            json!({"additionalLockingInfo": {"friendly_progress_message": ""}}),
            "a job",
        ),
        (json!({"additionalLockingInfo": "soon"}), "a job"),
    ];
    for (mut body, shown) in cases {
        body["error"] = json!(788888);
        let (_server, client) = replies([body.clone()]).await;
        let error = client.start().await.unwrap_err();
        let progress = LockProgress::of(&error).unwrap();
        assert_eq!(progress.to_string(), shown, "{body}");
        // What is empty is left out.
        let empty = body.as_object().unwrap().len() == 1 || body["additionalErrorInfo"] == "";
        assert_eq!(error.details().is_none(), empty, "{body}");
    }
}

#[tokio::test]
async fn other_errors_have_no_progress() {
    let mut body = locked(61);
    body["error"] = json!(700001);
    let (_server, client) = replies([body]).await;
    let error = client.start().await.unwrap_err();
    assert!(error.details().is_some());
    assert_eq!(LockProgress::of(&error), None);
}

/// A wait without pauses, with all the progress that it saw.
async fn wait(client: &kiwivm::Client, timeout: Duration) -> (Result<(), Error>, Vec<String>) {
    let seen = Mutex::new(Vec::new());
    let waited = client
        .wait_until_unlocked()
        .timeout(timeout)
        .interval(Duration::from_millis(1))
        .on_progress(|progress| seen.lock().unwrap().push(progress.to_string()))
        .await;
    (waited, seen.into_inner().unwrap())
}

const LONG: Duration = Duration::from_secs(20);

fn answer(body: Value) -> Answer {
    reply(200, &[], &body.to_string())
}

#[tokio::test]
async fn waiting_polls_the_locations_until_the_lock_is_gone() {
    let free = json!({"error": 0, "currentLocation": "L1", "locations": []});
    let (server, client) = replies([locked(10), locked(90), free]).await;
    let (waited, seen) = wait(&client, LONG).await;
    waited.unwrap();
    let expected = [10, 90].map(|n| format!("Moving to another node, {n} %: Copying the disk"));
    assert_eq!(seen, expected);
    let targets: Vec<String> = server.requests().into_iter().map(|r| r.target).collect();
    assert_eq!(targets, ["/migrate/getLocations"; 3]);
}

#[tokio::test]
async fn waiting_for_a_free_vps_is_one_poll() {
    let (server, client) = replies([json!({"error": 0})]).await;
    client.wait_until_unlocked().await.unwrap();
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn waiting_needs_no_callback_and_can_be_spawned() {
    let (_server, client) = replies([locked(10), json!({"error": 0})]).await;
    let task = tokio::spawn(async move {
        let wait = client.wait_until_unlocked().interval(Duration::ZERO);
        wait.await
    });
    task.await.unwrap().unwrap();
}

#[tokio::test]
async fn waiting_times_out_with_the_last_progress() {
    let (server, client) = replies([locked(42)]).await;
    let (waited, seen) = wait(&client, Duration::from_millis(150)).await;
    let error = waited.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.operation(), Some("kiwivm.migrateGetLocations"));
    let text = error.to_string();
    assert!(text.contains("still locked after 150ms"), "{text}");
    assert!(
        text.contains("Moving to another node, 42 %: Copying the disk"),
        "{text}"
    );
    assert!(!seen.is_empty());
    // The last poll may be under way when the time is up.
    assert!(server.requests().len() - seen.len() <= 1);
}

#[tokio::test]
async fn waiting_ends_with_its_time_although_a_poll_hangs() {
    let server = Server::in_turn([answer(locked(42)), Answer::Silence]).await;
    let start = Instant::now();
    let (waited, seen) = wait(&client(server.url()), Duration::from_millis(200)).await;
    let error = waited.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("42 %"), "{error}");
    assert_eq!(seen.len(), 1);
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn waiting_endures_failures_that_pass() {
    let answers = [
        answer(locked(1)),
        Answer::SendAndClose(vec![]),
        reply(503, &[], "<html>"),
        reply(429, &[], ""),
        answer(locked(2)),
        answer(json!({"error": 0})),
    ];
    let polls = answers.len();
    let server = Server::in_turn(answers).await;
    let (waited, seen) = wait(&client(server.url()), LONG).await;
    waited.unwrap();
    assert_eq!(seen.len(), 2);
    assert_eq!(server.requests().len(), polls);
}

#[tokio::test]
async fn waiting_times_out_with_the_failure_that_did_not_pass() {
    let port = ClosedPort::new();
    let (waited, seen) = wait(&client(port.url()), Duration::from_millis(30)).await;
    let error = waited.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("no connection"), "{error}");
    assert!(seen.is_empty());
}

#[tokio::test]
async fn waiting_gives_up_at_once_if_it_will_not_pass() {
    let cases = [
        (
            json!({"error": 700005, "message": "m"}),
            ErrorKind::Authentication,
        ),
        (json!({"error": 7, "message": "m"}), ErrorKind::Api),
        (json!({"message": "m"}), ErrorKind::Decode),
    ];
    for (body, kind) in cases {
        let (server, client) = replies([locked(10), body]).await;
        let (waited, seen) = wait(&client, LONG).await;
        assert_eq!(waited.unwrap_err().kind(), kind);
        assert_eq!((seen.len(), server.requests().len()), (1, 2));
    }
}

#[tokio::test]
async fn waiting_may_be_for_ever() {
    let (_server, client) = replies([locked(10), json!({"error": 0})]).await;
    wait(&client, Duration::MAX).await.0.unwrap();
}

// ---------------------------------------------------------------------------------------------
// Payloads

#[tokio::test]
async fn snapshot_descriptions_are_text() {
    let snapshots = json!([
        {"fileName": "a.tar.gz", "description": "YmVmb3JlIHVwZ3JhZGUg4oCmCg==", "size": "7516192768"},
        {"fileName": "b.tar.gz", "description": "", "sticky": true, "purgesIn": 3600},
        {"fileName": "c.tar.gz", "description": "not base64!", "sticky": 0, "purgesIn": "60"},
        {"fileName": "d.tar.gz", "description": null},
    ]);
    let (_server, client) = replies([json!({"error": 0, "snapshots": snapshots})]).await;
    let list = client.snapshot_list().await.unwrap().snapshots;
    let descriptions: Vec<Option<&str>> = list.iter().map(|s| s.description.as_deref()).collect();
    assert_eq!(
        descriptions,
        [Some("before upgrade …\n"), None, Some("not base64!"), None]
    );
    assert_eq!(list[0].size, Some(7 << 30));
    assert_eq!(
        (list[1].sticky, list[1].purges_in),
        (Some(true), Some(3600))
    );
    assert_eq!((list[2].sticky, list[2].purges_in), (Some(false), Some(60)));
}

#[tokio::test]
async fn a_description_is_sent_as_it_is() {
    let (server, client) = replies([json!({"error": 0})]).await;
    client
        .snapshot_create()
        .description("before upgrade …")
        .await
        .unwrap();
    let form = server.requests()[0].form();
    assert_eq!(
        form[0],
        ("description".to_owned(), "before upgrade …".to_owned())
    );
}

#[tokio::test]
async fn empty_maps_come_as_lists() {
    let (_server, client) = replies([
        json!({"error": 0, "ip_nullroutes": [], "ptr": []}),
        json!({"error": 0, "backups": []}),
        json!({"error": 0, "email_preferences": {"Power state": [], "Other": {"8": {"is_enabled": "1"}}}}),
        json!({"error": 0, "locations": ["L1"], "descriptions": [], "dataTransferMultipliers": []}),
        json!({"error": 0, "vz_status": [], "vz_quota": []}),
    ])
    .await;
    let info = client.get_service_info().await.unwrap();
    assert!(info.ip_nullroutes.is_empty() && info.ptr.is_empty());
    assert!(client.backup_list().await.unwrap().backups.is_empty());
    let preferences = client.kiwivm_get_notification_preferences().await.unwrap();
    assert!(preferences.email_preferences["Power state"].is_empty());
    assert_eq!(
        preferences.email_preferences["Other"]["8"].is_enabled,
        Some(true)
    );
    let locations = client.migrate_get_locations().await.unwrap();
    assert_eq!(locations.locations, ["L1"]);
    assert!(locations.descriptions.is_empty());
    assert!(locations.data_transfer_multipliers.is_empty());
    let live = client.get_live_service_info().await.unwrap();
    assert!(live.vz_status.is_empty() && live.vz_quota.is_empty());
}

#[tokio::test]
async fn a_vps_of_any_age_is_read() {
    let old = json!({
        "error": 0, "vm_type": "ovz", "hostname": "old", "plan_ram": "268435456",
        "plan_monthly_data": "1099511627776", "monthly_data_multiplier": "1.5", "suspended": "",
        "ip_addresses": [], "ip_nullroutes": {"192.0.2.9": {"nullroute_timestamp": "1500000000"}},
        "ptr": {"192.0.2.1": null, "2001:db8::1": ""}, "iso1": "", "suspension_count": null,
        "location_ipv6_ready": 0, "free_ip_replacement_interval": -100, "node_ip": "192.0.2.250",
    });
    let new = json!({"error": 0, "vm_type": "firecracker", "some_field_of_tomorrow": {"a": [1]}});
    let (_server, client) = replies([old, new]).await;
    let info = client.get_service_info().await.unwrap();
    assert_eq!(info.vm_type.unwrap().as_str(), "ovz");
    assert_eq!(info.plan_ram, Some(256 << 20));
    assert_eq!(info.plan_monthly_data, Some(1 << 40));
    assert_eq!(info.monthly_data_multiplier, Some(1.5));
    assert_eq!(
        (info.suspended, info.location_ipv6_ready),
        (Some(false), Some(false))
    );
    assert_eq!(
        info.ip_nullroutes["192.0.2.9"].nullroute_timestamp,
        Some(1_500_000_000)
    );
    assert_eq!(info.ptr["192.0.2.1"], None);
    assert_eq!((info.iso1, info.suspension_count), (None, None));
    assert_eq!(info.free_ip_replacement_interval, Some(-100));
    let info = client.get_service_info().await.unwrap();
    assert_eq!(
        info.vm_type,
        Some(VmType::Unknown("firecracker".to_owned()))
    );
    assert_eq!(info.hostname, None);
}

#[tokio::test]
async fn a_live_vps_is_read_in_any_state() {
    let running = json!({
        "error": 0, "ve_status": "running", "ve_disk_quota_gb": "41", "is_cpu_throttled": "",
        "is_disk_throttled": "1", "ssh_port": 29055, "swap_total_kb": null,
    });
    let stopped = json!({"error": 0, "ve_status": "Stopped", "live_hostname": null});
    let (_server, client) = replies([running, stopped]).await;
    let live = client.get_live_service_info().await.unwrap();
    assert_eq!(
        live.ve_status,
        Some("Running".into()),
        "compared without case"
    );
    assert_eq!(live.ve_disk_quota_gb, Some(41));
    assert_eq!(
        (live.is_cpu_throttled, live.is_disk_throttled),
        (Some(false), Some(true))
    );
    assert_eq!((live.ssh_port, live.swap_total_kb), (Some(29055), None));
    let live = client.get_live_service_info().await.unwrap();
    assert_eq!((live.ssh_port, live.live_hostname), (None, None));
}

#[tokio::test]
async fn a_list_that_its_reply_must_have_is_missed() {
    // The VPS may have none. That it isn't said is another reply.
    for body in [
        json!({"error": 0}),
        json!({"error": 0, "count": 0, "rows": []}),
    ] {
        let (_server, client) = replies([body.clone()]).await;
        let errors = [
            ("templates", client.get_available_os().await.err()),
            ("data", client.get_raw_usage_stats().await.err()),
            ("log_entries", client.get_audit_log().await.err()),
            ("snapshots", client.snapshot_list().await.err()),
            ("backups", client.backup_list().await.err()),
            ("locations", client.migrate_get_locations().await.err()),
            (
                "available_ips",
                client.private_ip_get_available_ips().await.err(),
            ),
            ("assigned_ips", client.private_ip_assign().await.err()),
            (
                "email_preferences",
                client.kiwivm_get_notification_preferences().await.err(),
            ),
        ];
        for (name, error) in errors {
            let error = error.unwrap_or_else(|| panic!("{body} has {name}"));
            assert_eq!(error.kind(), ErrorKind::Decode, "{name}");
            let says = format!("missing field `{name}`");
            assert!(error.to_string().contains(&says), "{error}");
        }
    }
    let body = json!({"error": 0, "snapshots": null, "backups": "", "locations": "null"});
    let (_server, client) = replies([body]).await;
    assert!(client.snapshot_list().await.unwrap().snapshots.is_empty());
    assert!(client.backup_list().await.unwrap().backups.is_empty());
    assert!(
        client
            .migrate_get_locations()
            .await
            .unwrap()
            .locations
            .is_empty()
    );
}

#[tokio::test]
async fn a_reply_without_any_field_of_its_own_is_decode() {
    for body in [
        json!({"error": 0}),
        json!({"error": 0, "message": "", "rows": [7]}),
    ] {
        let (_server, client) = replies([body.clone()]).await;
        let errors = [
            client.get_service_info().await.err(),
            client.get_live_service_info().await.err(),
            client.reinstall_os().os("debian").await.err(),
            client.get_ssh_keys().await.err(),
            client.reset_root_password().await.err(),
            client
                .basic_shell_cd()
                .current_dir("/")
                .new_dir("etc")
                .await
                .err(),
            client.snapshot_export().snapshot("a.tar.gz").await.err(),
            client.ipv6_add().await.err(),
            client.migrate_start().location("L1").await.err(),
            client.get_suspension_details().await.err(),
            client.get_policy_violations().await.err(),
            client.get_rate_limit_status().await.err(),
        ];
        for (index, error) in errors.into_iter().enumerate() {
            let error = error.unwrap_or_else(|| panic!("{index}: {body} is a success"));
            assert_eq!(error.kind(), ErrorKind::Decode, "{error}: {body}");
            let says = "the object has none of the properties";
            assert!(error.to_string().contains(says), "{error}");
        }
        // Of these nobody knows what they hold.
        client.start().await.unwrap();
        client.shell_script_exec().script("true").await.unwrap();
        client.snapshot_create().await.unwrap();
    }
}

#[tokio::test]
async fn a_field_that_can_not_be_read_is_left_out_and_named() {
    let odd = json!({
        "error": 0, "hostname": ["h"], "plan_ram": "much", "os": "debian",
        "ip_addresses": {"0": "192.0.2.1", "gap": 1},
        "ptr": {"192.0.2.1": "a.example", "192.0.2.2": ["b.example"]},
        "ip_nullroutes": {"192.0.2.9": {"nullroute_timestamp": {}}, "192.0.2.8": 7},
    });
    let (server, client) = replies([odd]).await;
    let info = client.get_service_info().send().await.unwrap();
    let mut unread = info.unread().to_vec();
    unread.sort();
    assert_eq!(
        unread,
        [
            "hostname",
            "ip_addresses",
            "ip_nullroutes.192.0.2.8",
            "ip_nullroutes.192.0.2.9.nullroute_timestamp",
            "plan_ram",
            "ptr.192.0.2.2",
        ]
    );
    assert_eq!((&info.hostname, info.plan_ram), (&None, None));
    assert_eq!(info.os.as_deref(), Some("debian"));
    assert!(info.ip_addresses.is_empty());
    assert_eq!(info.ptr.len(), 1);
    assert_eq!(info.ip_nullroutes["192.0.2.9"].nullroute_timestamp, None);
    assert!(!info.ip_nullroutes.contains_key("192.0.2.8"));
    // Whether it is asked for or not.
    let info = client.get_service_info().await.unwrap();
    assert_eq!(info.os.as_deref(), Some("debian"));
    let info = client.get_service_info().json().await.unwrap();
    assert_eq!(info["hostname"][0], "h", "nothing is left out of JSON");

    let strict = kiwivm::Client::builder(credentials()).base_url(server.url());
    let strict = strict.strict(true).build().unwrap();
    for error in [
        strict.get_service_info().await.unwrap_err(),
        strict.get_service_info().send().await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains("at hostname: "), "{error}");
    }
}

#[tokio::test]
async fn so_many_fields_that_can_not_be_read_are_counted() {
    let rows: Vec<Value> = (0..250)
        .map(|_| json!({"timestamp": 1, "cpu_usage": "?"}))
        .collect();
    let (_server, client) = replies([json!({"error": 0, "data": rows})]).await;
    let stats = client.get_raw_usage_stats().send().await.unwrap();
    assert_eq!(stats.data.len(), 250);
    assert!(
        stats
            .data
            .iter()
            .all(|row| row.timestamp == Some(1) && row.cpu_usage.is_none())
    );
    assert_eq!(stats.unread().len(), 101);
    assert_eq!(stats.unread()[99], "data[99].cpu_usage");
    assert_eq!(stats.unread()[100], "and 150 more");
}

#[tokio::test]
async fn an_item_that_is_no_object_and_a_required_field_are_never_left_out() {
    let rows = [
        (
            json!({"error": 0, "data": [{"timestamp": 1}, 7]}),
            "at data[1]: expected an object, found an integer",
        ),
        (
            json!({"error": 0, "data": [{"timestamp": 1}, null]}),
            "at data[1]: expected an object, found null",
        ),
        (
            json!({"error": 0, "data": [["x"]]}),
            "at data[0]: expected an object, found a list",
        ),
        (
            json!({"error": 0, "data": {"0": {"timestamp": 1}, "1": "x"}}),
            "expected an object, found text that is no JSON",
        ),
        (
            json!({"error": 0, "data": 7, "vm_type": "kvm"}),
            "at data: expected a list, found an integer",
        ),
    ];
    for (body, says) in rows {
        let (_server, client) = replies([body.clone()]).await;
        let error = client
            .get_raw_usage_stats()
            .await
            .expect_err(&body.to_string());
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
        assert!(error.to_string().contains(says), "{body}: {error}");
    }
    // So is one of a list that may be absent.
    let body = json!({"error": 0, "total_abuse_points": 1, "suspensions": [{"record_id": 1}, 7]});
    let (_server, client) = replies([body]).await;
    let error = client.get_suspension_details().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("at suspensions[1]: "), "{error}");
}

#[tokio::test]
async fn absent_lists_are_empty() {
    let (_server, client) = replies([json!({"error": 0, "total_abuse_points": 0})]).await;
    let details = client.get_suspension_details().await.unwrap();
    assert!(details.suspensions.is_empty() && details.evidence.is_empty());
    assert!(
        client
            .get_policy_violations()
            .await
            .unwrap()
            .policy_violations
            .is_empty()
    );
}

#[test]
fn what_is_not_utf_8_matters_only_where_it_is_read() {
    let read = |operation, body: &[u8]| kiwivm::Client::read(operation, StatusCode::OK, body);
    let info = read(
        "getServiceInfo",
        b"{\"error\":0,\"hostname\":\"h\",\"note\":\"\xff\"}",
    );
    assert_eq!(info.unwrap().json["hostname"], "h");
    read("restart", b"{\"error\":0,\"note\":\"a\xff\xfeb\"}").unwrap();
    let locked = b"{\"error\":788888,\"message\":\"m\",\"hostname\":\"\xff\"}";
    let locked = read("getServiceInfo", locked).unwrap_err();
    assert_eq!(locked.kind(), ErrorKind::Locked);
    let error = read("getServiceInfo", b"{\"error\":0,\"hostname\":\"\xff\"}").unwrap_err();
    assert_eq!(
        error.to_string(),
        "kiwivm.getServiceInfo: unreadable reply (HTTP 200): at hostname: invalid unicode code point"
    );
    let sent = b"{\"error\":0,\"hostname\":\"\\udc00\"}";
    let error = read("getServiceInfo", sent).unwrap_err().to_string();
    assert!(
        error.contains("at hostname: lone leading surrogate"),
        "{error}"
    );
}
