//! VPS.org's peculiarities, most of them Django REST framework's, each with what the client makes
//! of it.

#![cfg(all(feature = "vps-org", feature = "mock"))]

mod support;

use hosting_apis::vps_org;
use hosting_apis::vps_org::types::{DnsRecordType, DomainStatus, PowerAction};
use hosting_apis::{Api, Error, ErrorKind, Id, RetryPolicy, StatusCode, mock};
use serde_json::{Value, json};
use support::{Answer, Server, reply};

fn credentials() -> vps_org::Credentials {
    vps_org::Credentials::token("vps_org-test")
}

fn client(url: impl Into<String>) -> vps_org::Client {
    let builder = vps_org::Client::builder(credentials()).base_url(url);
    builder.retry(RetryPolicy::never()).build().unwrap()
}

/// A client of a server that gives each call the next of these answers.
async fn answers(answers: impl IntoIterator<Item = Answer>) -> (Server, vps_org::Client) {
    let server = Server::in_turn(answers).await;
    let client = client(server.url());
    (server, client)
}

fn json_answer(status: u16, body: &Value) -> Answer {
    let headers = [("content-type", "application/json")];
    reply(status, &headers, &body.to_string())
}

/// A client of a server that gives each call the next of these bodies.
async fn replies<const N: usize>(bodies: [Value; N]) -> (Server, vps_org::Client) {
    answers(bodies.map(|body| json_answer(200, &body))).await
}

// ---------------------------------------------------------------------------------------------
// Requests

#[tokio::test]
async fn every_call_carries_the_token_and_every_path_ends_in_a_slash() {
    let server = mock::Server::start(credentials()).await.unwrap();
    let client = client(server.base_url());
    let operations = vps_org::Credentials::OPERATIONS;
    for operation in operations {
        assert!(operation.path.ends_with('/'), "{}", operation.path);
        let example = server.example(operation.id).unwrap();
        client.call(operation.id, example.parameters).await.unwrap();
    }
    let requests = server.requests();
    assert_eq!(requests.len(), operations.len());
    for (request, operation) in requests.iter().zip(operations) {
        assert_eq!(request.operation.as_deref(), Some(operation.id));
        let (path, _query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        assert!(path.ends_with('/'), "{path}");
        let headers = request
            .headers
            .iter()
            .filter(|(name, _)| name == "authorization");
        let values: Vec<&str> = headers.map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["Bearer vps_org-test"]);
    }
    assert_eq!(server.problems(), [""; 0]);
}

#[tokio::test]
async fn the_base_url_has_the_path_of_the_vendor_s() {
    let server = mock::Server::start(credentials()).await.unwrap();
    assert!(server.base_url().ends_with("/api/v1"));
}

#[tokio::test]
async fn the_mock_refuses_a_wrong_token_as_the_server_does() {
    let server = mock::Server::start(credentials()).await.unwrap();
    let wrong = vps_org::Client::builder(vps_org::Credentials::token("vps_org-tes"));
    let wrong = wrong.base_url(server.base_url()).build().unwrap();
    let error = wrong.get_account_me().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert_eq!(error.status(), Some(StatusCode::UNAUTHORIZED));
    assert!(error.message().is_some());
}

#[tokio::test]
async fn filters_go_into_the_query_and_only_if_set() {
    let (server, client) = replies([json!([])]).await;
    client.list_domains().await.unwrap();
    client.list_domains().page(3).await.unwrap();
    let call = client.list_domains().status(DomainStatus::Expired);
    call.search("a&b=c é").await.unwrap();
    client
        .list_domains()
        .status("a state of tomorrow")
        .await
        .unwrap();
    let targets: Vec<String> = server.requests().into_iter().map(|r| r.target).collect();
    assert_eq!(
        targets,
        [
            "/domains/",
            "/domains/?page=3",
            "/domains/?search=a%26b%3Dc+%C3%A9&status=expired",
            "/domains/?status=a+state+of+tomorrow",
        ]
    );
}

#[tokio::test]
async fn a_change_sends_only_what_was_set() {
    let (server, client) = replies([json!({"id": 12})]).await;
    let cases = [
        (
            client.update_domain().locked(false),
            json!({"locked": false}),
        ),
        (
            client
                .update_domain()
                .auto_renew(true)
                .privacy_protection(false),
            json!({"auto_renew": true, "privacy_protection": false}),
        ),
        (
            client
                .update_domain()
                .nameservers(["ns1.a.example", "ns2.a.example"]),
            json!({"nameservers": ["ns1.a.example", "ns2.a.example"]}),
        ),
        // An empty list is a value. The server judges it.
        (
            client.update_domain().nameservers([""; 0]),
            json!({"nameservers": []}),
        ),
        (client.update_domain(), json!({})),
    ];
    let mut expected = Vec::new();
    for (call, body) in cases {
        call.domain_id(12).await.unwrap();
        expected.push(body);
    }
    let requests = server.requests();
    for (request, expected) in requests.iter().zip(expected) {
        assert_eq!(
            (request.method.as_str(), request.target.as_str()),
            ("PUT", "/domains/12/")
        );
        assert_eq!(request.header("content-type"), Some("application/json"));
        let sent: Value = serde_json::from_str(&request.body).unwrap();
        assert_eq!(sent, expected);
    }
    assert_eq!(requests.len(), 5);
}

#[tokio::test]
async fn a_registration_leaves_the_defaults_to_the_server() {
    let (server, client) = replies([json!({"id": 4})]).await;
    client
        .register_domain()
        .domain_name("a.example")
        .await
        .unwrap();
    assert_eq!(server.requests()[0].body, r#"{"domain_name":"a.example"}"#);
}

#[tokio::test]
async fn a_transfer_sends_the_code_itself() {
    let (server, client) = replies([json!({"id": 4, "next_steps": ["Wait."]})]).await;
    let call = client
        .transfer_domain()
        .domain_id("u-4")
        .auth_code("epp/\"4\"");
    let transfer = call.await.unwrap();
    let request = &server.requests()[0];
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("POST", "/domains/u-4/transfer/")
    );
    assert_eq!(
        serde_json::from_str::<Value>(&request.body).unwrap(),
        json!({"auth_code": "epp/\"4\""})
    );
    assert_eq!(transfer.next_steps, ["Wait."]);
}

// ---------------------------------------------------------------------------------------------
// Failures

#[tokio::test]
async fn every_error_body_of_the_framework_gives_its_message() {
    let cases = [
        (401, json!({"detail": "No token."}), "No token."),
        (403, json!({"detail": "Not yours."}), "Not yours."),
        (404, json!({"detail": "Invalid page."}), "Invalid page."),
        (
            405,
            json!({"detail": "Method \"PUT\" not allowed."}),
            "Method \"PUT\" not allowed.",
        ),
        (
            415,
            json!({"detail": "Unsupported media type."}),
            "Unsupported media type.",
        ),
        (429, json!({"detail": "Throttled."}), "Throttled."),
        (
            400,
            json!({"detail": "JSON parse error"}),
            "JSON parse error",
        ),
        (400, json!({"years": ["Too many."]}), "years: Too many."),
        (
            400,
            json!({"years": ["Too many.", "Odd."]}),
            "years: Too many.; years: Odd.",
        ),
        (
            400,
            json!({"auto_renew": ["No bool."], "years": ["Too many."]}),
            "auto_renew: No bool.; years: Too many.",
        ),
        (
            400,
            json!({"nameservers": {"0": ["Blank."], "2": ["No host.", "Short."]}}),
            "nameservers[0]: Blank.; nameservers[2]: No host.; nameservers[2]: Short.",
        ),
        (400, json!({"non_field_errors": ["Taken."]}), "Taken."),
        (
            400,
            json!({"non_field_errors": ["Taken."], "years": ["Too many."]}),
            "Taken.; years: Too many.",
        ),
        (400, json!(["Bare.", "Bones."]), "Bare.; Bones."),
        (
            400,
            json!({"owner": {"email": ["No mail."]}}),
            "owner.email: No mail.",
        ),
        (
            400,
            json!({"owner": {"non_field_errors": ["Who?"]}}),
            "owner: Who?",
        ),
        (
            400,
            json!([{}, {"years": ["Too many."]}]),
            "[1].years: Too many.",
        ),
        (
            400,
            json!({"records": [{}, {"name": ["Too long.", "Odd."]}, {}]}),
            "records[1].name: Too long.; records[1].name: Odd.",
        ),
        (
            400,
            json!({"records": [{"non_field_errors": ["Twice."]}, {"ttl": {"unit": ["?"]}}]}),
            "records[0]: Twice.; records[1].ttl.unit: ?",
        ),
        (400, json!({"years": "Too many."}), "years: Too many."),
        (
            400,
            json!({"years": [7, null, true]}),
            "years: 7; years: true",
        ),
        (
            402,
            json!({"detail": "Too poor.", "due": 1.5}),
            // What stands beside it is in the details.
            "Too poor.",
        ),
        (400, json!(7), "7"),
    ];
    let (_server, client) = answers(
        cases
            .iter()
            .map(|(status, body, _)| json_answer(*status, body)),
    )
    .await;
    for (status, body, message) in cases {
        let error = client.list_domains().await.unwrap_err();
        assert_eq!(error.status().unwrap().as_u16(), status, "{body}");
        assert_eq!(error.kind(), kind_of(status), "{body}");
        assert_eq!(error.message(), Some(message), "{body}");
        assert_eq!(error.code(), None, "{body}");
        // A lone detail is all in the message; anything else is kept as it came.
        let lone = body
            .as_object()
            .is_some_and(|o| o.len() == 1 && o.contains_key("detail"));
        assert_eq!(error.details(), (!lone).then_some(&body), "{body}");
        assert!(
            error
                .to_string()
                .ends_with(&format!("(HTTP {status}): {message}")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn an_error_body_that_is_a_text_of_json_is_the_message() {
    let (_server, client) = answers([json_answer(400, &json!("Bare."))]).await;
    let error = client.list_domains().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(error.message(), Some("Bare."));
    assert_eq!(error.details(), Some(&json!("Bare.")));
}

#[tokio::test]
async fn a_code_beside_the_detail_is_the_error_s_code() {
    let body = json!({
        "detail": "Given token not valid for any token type",
        "code": "token_not_valid",
        "messages": [{"token_class": "AccessToken", "message": "Token is expired"}],
    });
    let (_server, client) = answers([json_answer(401, &body)]).await;
    let error = client.list_domains().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert_eq!(error.code(), Some("token_not_valid"));
    let message = "Given token not valid for any token type";
    assert_eq!(error.message(), Some(message));
    assert_eq!(error.details(), Some(&body));
    assert_eq!(
        error.to_string(),
        format!(
            "vps_org.listDomains: authentication failed (code token_not_valid, HTTP 401): {message}"
        )
    );
}

/// No payload has a `detail`, whatever is known of it.
#[tokio::test]
async fn a_detail_in_place_of_a_payload_is_a_refusal_of_every_operation() {
    let server = mock::Server::start(credentials()).await.unwrap();
    let client = client(server.base_url());
    let bodies = [
        (json!({"detail": "No balance."}), "No balance.", None),
        (
            json!({"detail": "No balance.", "code": "poor"}),
            "No balance.",
            Some("poor"),
        ),
        (
            json!({"non_field_errors": ["No balance."]}),
            "No balance.",
            None,
        ),
    ];
    for operation in vps_org::Credentials::OPERATIONS {
        for (body, message, code) in &bodies {
            let answer = mock::Answer::text(200, body.to_string()).times(1);
            server.answer(operation.id, answer).unwrap();
            let parameters = server.example(operation.id).unwrap().parameters;
            let outcome = client.call(operation.id, parameters).await;
            let case = format!("{} {body}", operation.id);
            let error = outcome.expect_err(&case);
            assert_eq!(error.kind(), ErrorKind::Api, "{case}");
            assert_eq!(error.status(), Some(StatusCode::OK), "{case}");
            assert_eq!(error.message(), Some(*message), "{case}");
            assert_eq!(error.code(), *code, "{case}");
            assert!(!error.is_retryable(), "{case}");
        }
    }
}

fn kind_of(status: u16) -> ErrorKind {
    match status {
        400 => ErrorKind::InvalidInput,
        401 => ErrorKind::Authentication,
        402 => ErrorKind::PaymentRequired,
        403 => ErrorKind::PermissionDenied,
        404 => ErrorKind::NotFound,
        429 => ErrorKind::RateLimited,
        _ => ErrorKind::Api,
    }
}

#[tokio::test]
async fn an_error_body_without_a_text_has_no_message() {
    let bodies = [
        json!({}),
        json!([]),
        json!(null),
        json!({"years": []}),
        json!({"detail": ""}),
    ];
    let (_server, client) = answers(bodies.clone().map(|body| json_answer(400, &body))).await;
    for body in bodies {
        let error = client.list_domains().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.message(), None, "{body}");
    }
}

#[tokio::test]
async fn errors_by_field_can_be_read_by_field() {
    let body = json!({"nameservers": {"1": ["Not a host."]}, "years": ["Too many."]});
    let (_server, client) = answers([json_answer(400, &body)]).await;
    let error = client
        .register_domain()
        .domain_name("a.example")
        .await
        .unwrap_err();
    let details = error.details().unwrap();
    assert_eq!(details["nameservers"]["1"][0], "Not a host.");
    assert_eq!(details["years"][0], "Too many.");
}

#[tokio::test]
async fn an_empty_account_is_payment_required() {
    let body = json!({"detail": "Add funds."});
    let (server, client) = answers([json_answer(402, &body)]).await;
    let errors: [Error; 2] = [
        client
            .register_domain()
            .domain_name("a.example")
            .await
            .unwrap_err(),
        client
            .transfer_domain()
            .domain_id(4)
            .auth_code("k")
            .await
            .unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::PaymentRequired);
        assert_eq!(error.status(), Some(StatusCode::PAYMENT_REQUIRED));
        assert_eq!(error.message(), Some("Add funds."));
        assert!(!error.is_retryable());
    }
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn throttling_says_for_how_long() {
    let throttled = reply(429, &[("retry-after", "17")], r#"{"detail": "Throttled."}"#);
    let (_server, client) = answers([throttled]).await;
    let error = client.list_domains().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.retry_after().unwrap().as_secs(), 17);
}

#[tokio::test]
async fn a_page_or_a_text_is_not_the_api_s_answer_unless_its_status_says_enough() {
    use ErrorKind::{Authentication, PermissionDenied, RateLimited, UnexpectedResponse};
    let page = "\n<!doctype html>\n<html><body><h1>A page</h1></body></html>\n";
    let text = "\nUpstream is gone.\nAsk A. Page.\n";
    let cases = [
        (400, UnexpectedResponse, false),
        (401, Authentication, false),
        (403, PermissionDenied, false),
        (404, UnexpectedResponse, false),
        (408, UnexpectedResponse, true),
        (429, RateLimited, true),
        (500, ErrorKind::Server, false),
        (502, ErrorKind::Server, true),
    ];
    for (body, says) in [
        (page, "the reply is an HTML page, not the API's own"),
        (
            text,
            "the reply is text, and not the API's own: Upstream is gone.",
        ),
    ] {
        let html = [("content-type", "text/html; charset=utf-8")];
        let (_server, client) =
            answers(cases.map(|(status, _, _)| reply(status, &html, body))).await;
        for (status, kind, retryable) in cases {
            let error = client.get_domain().domain_id(4).await.unwrap_err();
            assert_eq!(error.status().unwrap().as_u16(), status);
            assert_eq!(error.kind(), kind, "{status} {body}");
            assert_eq!((error.message(), error.details()), (None, None));
            assert_eq!(error.is_retryable(), retryable, "{status} {body}");
            assert_eq!(error.body(), Some(body), "{status}");
            let shown = error.to_string();
            assert!(shown.contains(says), "{shown}");
            assert!(
                !shown.contains("A page") && !shown.contains("Ask"),
                "{shown}"
            );
        }
    }
}

// ---------------------------------------------------------------------------------------------
// Payloads

#[tokio::test]
async fn a_list_is_an_object_or_a_bare_array() {
    let domains = json!([{"id": 1, "domain_name": "a.example"}, {"uuid": "u-2"}]);
    let next = "https://panel.example.net/?page=2";
    let (_server, client) = replies([
        json!({"count": 5, "results": domains}),
        json!({"count": 5, "next": next, "previous": null, "results": domains}),
        domains.clone(),
        json!([]),
        json!({"count": 0, "results": []}),
    ])
    .await;
    let list = client.list_domains().await.unwrap();
    assert_eq!((list.count, list.results.len()), (Some(5), 2));
    assert_eq!((list.next, list.previous), (None, None));

    let list = client.list_domains().await.unwrap();
    assert_eq!(list.next.as_deref(), Some(next));

    let list = client.list_domains().await.unwrap();
    assert_eq!((list.count, list.results.len()), (None, 2));
    assert_eq!(list.results[0].domain_name.as_deref(), Some("a.example"));
    assert_eq!(list.results[1].uuid.as_deref(), Some("u-2"));

    assert!(client.list_domains().await.unwrap().results.is_empty());
    assert!(client.list_domains().await.unwrap().results.is_empty());
}

#[tokio::test]
async fn an_id_is_an_integer_or_text() {
    let (server, client) = replies([
        json!({"id": 77}),
        json!({"id": "77"}),
        json!({"id": "1f0c-e"}),
        json!({"id": null}),
        json!({"uuid": "1f0c-e"}),
    ])
    .await;
    let ids = [
        Some(Id::Integer(77)),
        Some("77".into()),
        Some("1f0c-e".into()),
        None,
        None,
    ];
    for expected in ids {
        let domain = client.get_domain().domain_id(1).await.unwrap();
        assert_eq!(domain.id, expected);
    }
    // What a reply gave goes into the next call as it is.
    for id in [Id::from(77), Id::from("1f0c-e")] {
        client.get_domain().domain_id(&id).await.unwrap();
    }
    let targets: Vec<String> = server.requests().into_iter().map(|r| r.target).collect();
    assert_eq!(targets[5..], ["/domains/77/", "/domains/1f0c-e/"]);
}

#[tokio::test]
async fn both_of_the_vendor_s_namings_are_read() {
    let pages = json!({
        "nameservers": ["ns1.a.example"], "privacy_protection": true, "locked": false,
        "days_until_expiration": -3,
    });
    let its_client = json!({
        "nameserver1": "ns1.a.example", "nameserver4": "", "whois_privacy": 1, "transfer_lock": "0",
    });
    let (_server, client) = replies([pages, its_client]).await;
    let domain = client.get_domain().domain_id(1).await.unwrap();
    assert_eq!(domain.nameservers, ["ns1.a.example"]);
    assert_eq!(
        (domain.privacy_protection, domain.locked),
        (Some(true), Some(false))
    );
    assert_eq!(domain.days_until_expiration, Some(-3));
    let domain = client.get_domain().domain_id(1).await.unwrap();
    assert_eq!(domain.nameserver1.as_deref(), Some("ns1.a.example"));
    assert_eq!(domain.nameserver4, None);
    assert_eq!(
        (domain.whois_privacy, domain.transfer_lock),
        (Some(true), Some(false))
    );
}

#[tokio::test]
async fn a_state_that_nobody_has_listed_is_kept() {
    let (_server, client) =
        replies([json!({"status": "redemption"}), json!({"status": "Active"})]).await;
    let domain = client.get_domain().domain_id(1).await.unwrap();
    assert_eq!(
        domain.status,
        Some(DomainStatus::Unknown("redemption".to_owned()))
    );
    let domain = client.get_domain().domain_id(1).await.unwrap();
    assert_eq!(domain.status, Some(DomainStatus::Active));
}

#[tokio::test]
async fn a_deletion_answers_nothing_and_takes_anything() {
    let (server, client) = answers([
        reply(204, &[], ""),
        reply(200, &[], ""),
        json_answer(200, &json!({"message": "Gone."})),
        reply(202, &[], "queued"),
    ])
    .await;
    for status in [204, 200, 200, 202] {
        let reply = client.delete_domain().domain_id(9).send().await.unwrap();
        assert_eq!(reply.status().as_u16(), status);
    }
    let request = &server.requests()[0];
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("DELETE", "/domains/9/")
    );
    assert_eq!(request.body, "");
}

#[tokio::test]
async fn nothing_where_a_payload_was_due_is_decode() {
    let (_server, client) = answers([reply(204, &[], "")]).await;
    let error = client.get_domain().domain_id(9).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.status(), Some(StatusCode::NO_CONTENT));
}

#[tokio::test]
async fn an_account_is_read_as_far_as_it_goes() {
    let (_server, client) = replies([
        json!({"account": {"email": "a@example.net", "company_name": null}, "token": {
            "permissions": ["domains:*"], "expires_at": null, "is_expired": false, "scope": 1,
        }}),
        json!({"account": null}),
    ])
    .await;
    let me = client.get_account_me().await.unwrap();
    let (account, token) = (me.account.unwrap(), me.token.unwrap());
    assert_eq!(account.email.as_deref(), Some("a@example.net"));
    assert_eq!(account.company_name, None);
    assert_eq!(token.permissions, ["domains:*"]);
    assert_eq!((token.expires_at, token.is_expired), (None, Some(false)));
    let me = client.get_account_me().await.unwrap();
    assert!(me.account.is_none() && me.token.is_none());
}

#[tokio::test]
async fn a_reply_without_any_property_of_its_own_is_decode() {
    let none = "the object has none of the properties";
    let nothing = "expected an object, found nothing";
    let rows = [
        (json!({}), none),
        (json!({"ok": true, "message_of_tomorrow": []}), none),
        (json!([]), nothing),
        (json!(""), nothing),
    ];
    for (body, says) in rows {
        let (_server, client) = replies([body.clone()]).await;
        let order = client.create_server().hostname("a.example").location(4);
        let record = client.create_dns_record().zone_id("z-1").record_type("A");
        let errors = [
            client.get_account_me().await.err(),
            client.get_domain().domain_id(1).await.err(),
            client
                .register_domain()
                .domain_name("a.example")
                .await
                .err(),
            client.update_domain().domain_id(1).locked(true).await.err(),
            client
                .transfer_domain()
                .domain_id(1)
                .auth_code("k")
                .await
                .err(),
            client.get_server().server_id("u-7").await.err(),
            order.plan("p-1").os_version("o-1").await.err(),
            client.get_dns_zone().zone_id("z-1").await.err(),
            record.name("@").value("192.0.2.7").await.err(),
        ];
        for (index, error) in errors.into_iter().enumerate() {
            let error = error.unwrap_or_else(|| panic!("{index}: {body} is a success"));
            assert_eq!(error.kind(), ErrorKind::Decode, "{error}: {body}");
            assert_eq!(error.status(), Some(StatusCode::OK));
            assert!(error.to_string().contains(says), "{body}: {error}");
            assert_eq!(error.payload().unwrap(), &body, "{error}");
            assert!(!error.is_retryable());
        }
    }
}

#[tokio::test]
async fn a_list_without_its_results_is_no_list() {
    for body in [
        json!({}),
        json!({"count": 0}),
        json!({"count": 2, "next": null}),
        json!(""),
    ] {
        let (_server, client) = replies([body.clone()]).await;
        let errors = [
            client.list_domains().await.err(),
            client.list_servers().await.err(),
            client.list_plans().await.err(),
            client.list_locations().await.err(),
            client.list_operating_systems().await.err(),
            client.list_dns_zones().await.err(),
            client.list_ssh_keys().await.err(),
        ];
        for (index, error) in errors.into_iter().enumerate() {
            let error = error.unwrap_or_else(|| panic!("{index}: {body} is a list"));
            assert_eq!(error.kind(), ErrorKind::Decode, "{error}: {body}");
        }
    }
    // They may be null, as any list.
    let (_server, client) = replies([json!({"count": 0, "results": null})]).await;
    assert!(client.list_domains().await.unwrap().results.is_empty());
}

// ---------------------------------------------------------------------------------------------
// What only the vendor's client shows

#[tokio::test]
async fn a_server_is_read_in_both_of_its_spellings() {
    let pages = json!({
        "id": 7, "name": "shop", "status": "active", "ip_address": "192.0.2.7",
        "location": "eu-north", "plan": {"id": 12, "vcpus": 2, "memory": 3072, "storage": "60"},
        "os": {"id": 31, "name": "Debian 13"}, "updated_at": "2026-01-09T08:30:01Z",
    });
    let its_list = json!({
        "uuid": "u-7", "ipv4_addresses": ["192.0.2.7"], "ipv6_addresses": null,
        "location_name": "Oslo", "plan_name": "Two Core", "os_name": "Debian 13",
        "deployed": "2026-01-09T08:30:01Z",
    });
    let its_details = json!({
        "uuid": "u-7", "location": {"name": "Oslo"},
        "plan": {"cpu": "2", "ram": "1.5", "ram_unit": "GB", "disk_space": 60},
        "operating_system": {"name": "Debian"}, "operating_system_version": {"name": "13"},
        "deployed": true,
    });
    let (_server, client) = replies([pages, its_list, its_details]).await;
    let get = || client.get_server().server_id("u-7");

    let server = get().await.unwrap();
    assert_eq!((server.id, server.uuid), (Some(7.into()), None));
    assert_eq!(server.ip_address.as_deref(), Some("192.0.2.7"));
    assert_eq!(server.location.unwrap().name.as_deref(), Some("eu-north"));
    let plan = server.plan.unwrap();
    assert_eq!((plan.id, plan.vcpus), (Some(12.into()), Some(2)));
    assert_eq!((plan.memory, plan.storage), (Some(3072), Some(60)));
    assert_eq!(server.os.unwrap().name.as_deref(), Some("Debian 13"));

    let server = get().await.unwrap();
    assert_eq!(server.ipv4_addresses, ["192.0.2.7"]);
    assert!(server.ipv6_addresses.is_empty() && server.location.is_none());
    assert_eq!(server.location_name.as_deref(), Some("Oslo"));
    assert_eq!(server.plan_name.as_deref(), Some("Two Core"));
    assert_eq!(server.os_name.as_deref(), Some("Debian 13"));
    assert_eq!(server.deployed, Some(json!("2026-01-09T08:30:01Z")));

    let server = get().await.unwrap();
    assert_eq!(server.location.unwrap().name.as_deref(), Some("Oslo"));
    let plan = server.plan.unwrap();
    assert_eq!((plan.cpu, plan.ram), (Some(2), Some(1.5)));
    assert_eq!(plan.disk_space, Some(60.0));
    let version = server.operating_system_version.unwrap();
    assert_eq!(version.name.as_deref(), Some("13"));
    assert_eq!(server.deployed, Some(json!(true)));
}

#[tokio::test]
async fn a_plan_is_read_in_both_of_its_spellings() {
    let plans = json!([
        {"id": 12, "vcpus": 2, "memory": 3072, "price_monthly": 8.5, "locations": ["eu-north"]},
        {"uuid": "u-1", "cpu": 4, "ram": 6, "transfer": 3000, "monthly_price": "17.50"},
        {"uuid": "u-2", "price": "9", "hourly_price": 0.0125},
    ]);
    let (_server, client) = replies([plans]).await;
    let plans = client.list_plans().await.unwrap().results;
    assert_eq!(
        (plans[0].vcpus, plans[0].price_monthly),
        (Some(2), Some(8.5))
    );
    assert_eq!(plans[0].locations, ["eu-north"]);
    assert_eq!((plans[1].cpu, plans[1].ram), (Some(4), Some(6.0)));
    assert_eq!(plans[1].monthly_price, Some(17.5));
    assert_eq!(
        (plans[2].price, plans[2].hourly_price),
        (Some(9.0), Some(0.0125))
    );
}

#[tokio::test]
async fn every_list_may_be_a_bare_array() {
    let rows = json!([{"id": 1, "uuid": "u-1"}, {"id": "2", "uuid": "u-2"}]);
    for body in [rows.clone(), json!({"count": 9, "results": rows})] {
        let (server, client) = replies([body.clone()]).await;
        let counts = [
            client.list_servers().await.unwrap().results.len(),
            client.list_plans().await.unwrap().results.len(),
            client.list_locations().await.unwrap().results.len(),
            client.list_operating_systems().await.unwrap().results.len(),
            client.list_dns_zones().await.unwrap().results.len(),
            client.list_ssh_keys().await.unwrap().results.len(),
        ];
        assert_eq!(counts, [2; 6], "{body}");
        let targets: Vec<String> = server.requests().into_iter().map(|r| r.target).collect();
        assert_eq!(
            targets,
            [
                "/servers/",
                "/plans/",
                "/locations/",
                "/operating-systems/",
                "/dns-zones/",
                "/ssh-keys/",
            ]
        );
    }
}

#[tokio::test]
async fn power_actions_are_sent_as_they_are_written() {
    let (server, client) = replies([json!({})]).await;
    let actions = [
        (PowerAction::Start, "start"),
        (PowerAction::Stop, "stop"),
        (PowerAction::Restart, "restart"),
        (PowerAction::HardStop, "hard_stop"),
        ("hibernate".into(), "hibernate"),
    ];
    for (action, _) in &actions {
        let call = client.power_server().server_id("u-7");
        call.action(action.clone()).await.unwrap();
    }
    let requests = server.requests();
    for (request, (_, sent)) in requests.iter().zip(&actions) {
        assert_eq!(
            (request.method.as_str(), request.target.as_str()),
            ("POST", "/servers/u-7/power/")
        );
        assert_eq!(request.body, format!(r#"{{"action":"{sent}"}}"#));
    }
    assert_eq!(requests.len(), actions.len());
}

#[tokio::test]
async fn what_is_optional_is_left_to_the_server() {
    let (server, client) = replies([json!({"uuid": "u-7"})]).await;
    let at = "u-7";
    client.snapshot_server().server_id(at).await.unwrap();
    let labelled = client.snapshot_server().server_id(at).label("before");
    labelled.await.unwrap();
    client.backup_server().server_id(at).await.unwrap();
    client.renew_domain().domain_id(at).await.unwrap();
    let order = client.create_server().hostname("a.example").location(4);
    order.plan("p-1").os_version("o-1").await.unwrap();
    let record = client.create_dns_record().zone_id(at).record_type("A");
    record.name("@").value("192.0.2.7").await.unwrap();
    let sent: Vec<(String, String)> = server
        .requests()
        .into_iter()
        .map(|request| (request.target, request.body))
        .collect();
    let expected = [
        ("/servers/u-7/snapshot/", "{}"),
        ("/servers/u-7/snapshot/", r#"{"label":"before"}"#),
        ("/servers/u-7/backup/", ""),
        ("/domains/u-7/renew/", "{}"),
        (
            "/servers/",
            r#"{"hostname":"a.example","location":4,"plan":"p-1","os_version":"o-1"}"#,
        ),
        (
            "/dns-zones/u-7/records/",
            r#"{"record_type":"A","name":"@","value":"192.0.2.7"}"#,
        ),
    ];
    let expected = expected.map(|(target, body)| (target.to_owned(), body.to_owned()));
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn a_change_of_a_record_patches_only_what_was_set() {
    let (server, client) = replies([json!({"uuid": "r-1", "ttl": "900", "priority": null})]).await;
    let update = || client.update_dns_record().record_id("r-1");
    let record = update().ttl(900).await.unwrap();
    assert_eq!((record.ttl, record.priority), (Some(900), None));
    update().value("").priority(0).await.unwrap();
    update().record_type(DnsRecordType::Cname).await.unwrap();
    let requests = server.requests();
    let bodies: Vec<&str> = requests.iter().map(|request| &*request.body).collect();
    assert_eq!(
        bodies,
        [
            r#"{"ttl":900}"#,
            r#"{"value":"","priority":0}"#,
            r#"{"record_type":"CNAME"}"#,
        ]
    );
    for request in &requests {
        assert_eq!(
            (request.method.as_str(), request.target.as_str()),
            ("PATCH", "/dns-records/r-1/")
        );
    }
}

#[tokio::test]
async fn every_deletion_answers_204() {
    let (server, client) = answers([reply(204, &[], "")]).await;
    client.delete_server().server_id("u-7").await.unwrap();
    client.delete_dns_zone().zone_id("z-1").await.unwrap();
    client.delete_dns_record().record_id("r-1").await.unwrap();
    client.delete_ssh_key().ssh_key_id("k-1").await.unwrap();
    let targets: Vec<String> = server
        .requests()
        .into_iter()
        .map(|request| format!("{} {}", request.method, request.target))
        .collect();
    assert_eq!(
        targets,
        [
            "DELETE /servers/u-7/",
            "DELETE /dns-zones/z-1/",
            "DELETE /dns-records/r-1/",
            "DELETE /ssh-keys/k-1/",
        ]
    );
}

/// No source says what these answer: whatever it is, but for the framework's words for a failure, a
/// success is one.
#[tokio::test]
async fn a_body_that_is_not_documented_is_not_read() {
    let bodies = [
        reply(200, &[], ""),
        reply(202, &[], "queued"),
        json_answer(200, &json!({"message": "Sent.", "detail": null})),
        json_answer(201, &json!([1])),
    ];
    let (_server, client) = answers(bodies).await;
    client.backup_server().server_id("u-7").await.unwrap();
    let power = client.power_server().server_id("u-7").action("start");
    power.await.unwrap();
    let resize = client.resize_server().server_id("u-7").plan("p-2");
    resize.await.unwrap();
    let call = client.update_nameservers().domain_id("u-1");
    call.nameservers(["ns1.a.example"]).await.unwrap();
}
