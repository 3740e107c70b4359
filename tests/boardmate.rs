//! boardmate's peculiarities, each with what the client makes of it.

#![cfg(all(feature = "boardmate", feature = "mock"))]

mod support;

use hosting_apis::{Error, ErrorKind, Method, RetryPolicy, boardmate, mock};
use serde_json::{Value, json};
use support::{Answer, Server, reply};

const KEY: &str = "MadeUpKeyOfFiftyLettersAndDigitsForTheseTests12345";
/// A Discord id, which a float would not keep.
const USER: &str = "1199887766554433221";

fn credentials() -> boardmate::Credentials {
    boardmate::Credentials::key(KEY)
}

fn client(credentials: boardmate::Credentials, url: impl Into<String>) -> boardmate::Client {
    let builder = boardmate::Client::builder(credentials).base_url(url);
    builder.retry(RetryPolicy::never()).build().unwrap()
}

/// A client of a server that gives each call the next of these answers.
async fn answers(answers: impl IntoIterator<Item = Answer>) -> (Server, boardmate::Client) {
    let server = Server::in_turn(answers).await;
    let client = client(credentials(), server.url());
    (server, client)
}

/// What a code is worth once it is made.
fn code() -> Value {
    json!({"user": [], "use": 1, "money": 2})
}

/// The confirmation of a deletion.
fn deleted() -> Value {
    json!({"code": 200, "message": "已刪除"})
}

fn json_answer(status: u16, body: Value) -> Answer {
    reply(
        status,
        &[("content-type", "application/json")],
        &body.to_string(),
    )
}

fn pairs(form: &[(String, String)]) -> Vec<(&str, &str)> {
    form.iter()
        .map(|(name, value)| (&**name, &**value))
        .collect()
}

#[test]
fn the_operators_own_address_has_to_be_set() {
    let error = boardmate::Client::builder(credentials())
        .build()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(
        error
            .to_string()
            .contains("boardmate has no base URL by default"),
        "{error}"
    );
}

#[tokio::test]
async fn the_key_is_a_form_field_of_every_method() {
    let user = json!({"money": 1});
    let (server, client) = answers([
        json_answer(200, user.clone()),
        json_answer(200, user),
        json_answer(200, deleted()),
    ])
    .await;
    client.get_user().dc_user_id(USER).await.unwrap();
    client
        .update_user()
        .dc_user_id(USER)
        .money(7)
        .await
        .unwrap();
    client.delete_code().code("SPRING").await.unwrap();
    let requests = server.requests();
    assert_eq!(requests[0].method, "GET");
    assert_eq!(requests[0].target, format!("/api/user/{USER}"));
    assert_eq!(pairs(&requests[0].form()), [("key", KEY)]);
    assert_eq!(pairs(&requests[1].form()), [("money", "7"), ("key", KEY)]);
    assert_eq!(requests[2].method, "DELETE");
    assert_eq!(
        pairs(&requests[2].form()),
        [("code", "SPRING"), ("key", KEY)]
    );
    for request in requests {
        let form = Some("application/x-www-form-urlencoded");
        assert_eq!(request.header("content-type"), form);
    }
}

#[tokio::test]
async fn for_the_later_generation_a_get_has_the_key_in_its_query() {
    let server = Server::in_turn([json_answer(200, json!({})), json_answer(200, code())]).await;
    let client = client(credentials().key_in_query(), server.url());
    client.list_codes().await.unwrap();
    client.set_code().code("A").use_(1).money(2).await.unwrap();
    let requests = server.requests();
    assert_eq!(requests[0].target, format!("/api/code?key={KEY}"));
    assert_eq!(requests[0].body, "");
    assert_eq!(requests[1].target, "/api/code");
    assert!(
        requests[1]
            .form()
            .contains(&("key".to_owned(), KEY.to_owned()))
    );
}

#[tokio::test]
async fn a_200_with_a_status_and_a_message_is_a_fault_of_the_server() {
    for status in ["error", "fixed"] {
        let fault = json!({"status": status, "message": "could not read the number"});
        let (_server, client) = answers([json_answer(200, fault)]).await;
        let error = client
            .update_user()
            .dc_user_id(USER)
            .money(1)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Server);
        assert_eq!(error.status().unwrap(), 200);
        assert_eq!(error.code(), Some(status));
        assert_eq!(error.message(), Some("could not read the number"));
    }
}

/// `fixed` means that the dashboard has read its data anew; `error`, that there was nothing to mend.
#[tokio::test]
async fn a_fault_that_is_fixed_passes_on_a_second_try_of_what_may_be_repeated() {
    let fault = |status: &str| json_answer(200, json!({"status": status, "message": "busy"}));
    let retrying = |server: &Server| {
        let mut policy = RetryPolicy::default();
        policy.base_delay = std::time::Duration::ZERO;
        let builder = boardmate::Client::builder(credentials()).base_url(server.url());
        builder.retry(policy).build().unwrap()
    };
    let user = json_answer(200, json!({"money": 1}));
    let server = Server::in_turn([fault("fixed"), user.clone()]).await;
    let read = retrying(&server).get_user().dc_user_id(USER).await.unwrap();
    assert_eq!((read.money, server.requests().len()), (Some(1), 2));

    for (status, retryable) in [("fixed", true), ("error", false)] {
        let server = Server::in_turn([fault(status), json_answer(200, code())]).await;
        let call = retrying(&server);
        let error = call
            .set_code()
            .code("A")
            .use_(1)
            .money(2)
            .await
            .unwrap_err();
        assert_eq!(
            (error.is_retryable(), error.attempts()),
            (retryable, 1),
            "{status}"
        );
    }
    let server = Server::in_turn([fault("error"), user]).await;
    let outcome = retrying(&server).get_user().dc_user_id(USER).await;
    assert_eq!(outcome.unwrap_err().attempts(), 1);
}

#[tokio::test]
async fn the_wrong_generation_is_told_with_what_to_do() {
    let missing =
        json!({"detail": [{"type": "missing", "loc": ["query", "key"], "msg": "Field required"}]});
    let wrong = json!({"code": 400, "message": "資料有誤"});
    let other_field =
        json!({"detail": [{"type": "missing", "loc": ["body", "use"], "msg": "Field required"}]});
    for (credentials, status, body, advice) in [
        (credentials(), 422, &missing, Some("BOARDMATE_KEY_IN=query")),
        (
            credentials().key_in_query(),
            400,
            &wrong,
            Some("BOARDMATE_KEY_IN=form"),
        ),
        (credentials(), 400, &wrong, None),
        (credentials(), 422, &other_field, None),
    ] {
        let server = Server::always(json_answer(status, body.clone())).await;
        let error = client(credentials, server.url())
            .list_codes()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let shown = error.to_string();
        match advice {
            Some(advice) => assert!(shown.contains(advice), "{shown}"),
            None => assert!(!shown.contains("BOARDMATE_KEY_IN"), "{shown}"),
        }
    }
}

#[tokio::test]
async fn a_fault_that_says_its_status_twice_is_no_success() {
    let fault = r#"{"status": "error", "status": "error", "message": "busy"}"#;
    let (_server, client) = answers([support::json(200, fault)]).await;
    let outcome = client.update_user().dc_user_id(USER).money(1).await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Server);
}

#[tokio::test]
async fn a_code_may_be_called_status_and_have_any_letters() {
    let codes = json!({
        "status": {"user": [], "use": 1, "money": 2},
        "message": {"user": [], "use": 1, "money": 2},
        "春節 🧧/..": {"user": [USER], "use": "3", "money": 4},
    });
    let (_server, client) = answers([json_answer(200, codes), json_answer(200, json!({}))]).await;
    let codes = client.list_codes().await.unwrap();
    assert_eq!(codes.len(), 3);
    assert_eq!(codes["春節 🧧/.."].user, [USER]);
    assert_eq!(codes["春節 🧧/.."].use_, Some(3));
    assert!(client.list_codes().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_code_is_sent_as_it_is() {
    let (server, client) = answers([json_answer(200, json!({"code": 200, "message": "ok"}))]).await;
    client.delete_code().code("春節 &=+%/🧧").await.unwrap();
    let form = server.requests()[0].form();
    assert_eq!(pairs(&form)[0], ("code", "春節 &=+%/🧧"));
}

#[tokio::test]
async fn numbers_that_come_back_as_text_are_integers() {
    let quota = json!({
        "money": "200", "resource": {"cpu": 0, "disk": 4096, "memory": "-512", "servers": 0},
    });
    let (_server, client) = answers([json_answer(200, quota)]).await;
    let quota = client
        .update_user()
        .dc_user_id(USER)
        .money(200)
        .memory(-512)
        .await
        .unwrap();
    assert_eq!(quota.money, Some(200));
    let resource = quota.resource.unwrap();
    assert_eq!((resource.memory, resource.disk), (Some(-512), Some(4096)));
}

#[tokio::test]
async fn both_generations_errors_are_understood() {
    let wrong = json!([
        {"type": "missing", "loc": ["body", "money"], "msg": "Field required", "input": null},
        {"type": "int_parsing", "loc": ["body", "use"], "msg": "not an integer", "input": "x"},
    ]);
    let rows = [
        (
            400,
            json!({"code": 400, "message": "資料有誤"}),
            ErrorKind::InvalidInput,
            Some("400"),
            Some("資料有誤"),
        ),
        (
            403,
            json!({"code": 403, "message": "no"}),
            ErrorKind::Authentication,
            Some("403"),
            Some("no"),
        ),
        (
            404,
            json!({"code": 404, "message": "gone"}),
            ErrorKind::NotFound,
            Some("404"),
            Some("gone"),
        ),
        (
            403,
            json!({"detail": {"code": 403, "message": "later"}}),
            ErrorKind::Authentication,
            Some("403"),
            Some("later"),
        ),
        (
            422,
            json!({ "detail": wrong }),
            ErrorKind::InvalidInput,
            None,
            Some("body.money: Field required; body.use: not an integer"),
        ),
        (
            405,
            json!({"detail": "Method Not Allowed"}),
            ErrorKind::Api,
            None,
            Some("Method Not Allowed"),
        ),
    ];
    for (status, body, kind, code, message) in rows {
        let (_server, client) = answers([json_answer(status, body.clone())]).await;
        let error = client.get_user().dc_user_id(USER).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{body}");
        assert_eq!(error.code(), code, "{body}");
        assert_eq!(error.message(), message, "{body}");
        assert_eq!(
            error.details().is_some(),
            body["detail"].is_array(),
            "{body}"
        );
    }
}

#[tokio::test]
async fn the_key_is_the_client_s_to_send() {
    let (server, _) = answers([json_answer(200, json!({}))]).await;
    for credentials in [credentials(), credentials().key_in_query()] {
        let client = client(credentials, server.url());
        let call = client.request(Method::GET, "/api/new");
        let call = call.query(&[("key", "x")]).form(&[("key", "x")]);
        let error = call.json().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        let says = "`key` is one of the credentials";
        assert!(error.to_string().contains(says), "{error}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_page_is_not_the_dashboard_s_answer_unless_its_status_says_enough() {
    const PAGE: &str = "<!doctype html><title>A page</title>";
    let page = |status| reply(status, &[("content-type", "text/html")], PAGE);
    for (status, kind) in [
        (400, ErrorKind::UnexpectedResponse),
        (403, ErrorKind::PermissionDenied),
        (404, ErrorKind::UnexpectedResponse),
        (405, ErrorKind::UnexpectedResponse),
        (429, ErrorKind::RateLimited),
        (500, ErrorKind::Server),
    ] {
        let (_server, client) = answers([page(status)]).await;
        let error = client.list_codes().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.status().unwrap().as_u16()),
            (kind, status)
        );
        assert_eq!(error.body(), Some(PAGE));
        let shown = error.to_string();
        assert!(shown.contains("HTML page"), "{shown}");
        assert!(!shown.contains("A page"), "{shown}");
    }
}

#[tokio::test]
async fn a_404_in_words_is_an_unknown_user_for_the_later_generation_alone() {
    let words = || reply(404, &[("content-type", "text/html")], "頁面不存在");
    let (_server, documented) = answers([words()]).await;
    let error = documented.get_user().dc_user_id(USER).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
    assert_eq!(error.status().unwrap(), 404);
    assert_eq!(error.body(), Some("頁面不存在"));
    // Which of the two it is, the operator has to say.
    let advice = "use `Credentials::key_in_query`, or BOARDMATE_KEY_IN=query";
    assert!(error.to_string().contains(advice), "{error}");

    let server = Server::always(words()).await;
    let later = client(credentials().key_in_query(), server.url());
    let error = later.get_user().dc_user_id(USER).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.status().unwrap(), 404);
    assert!(
        error.to_string().contains("no such user or code"),
        "{error}"
    );

    // Other words aren't the dashboard's.
    let elsewhere = Server::always(reply(404, &[], "404 page not found")).await;
    let later = client(credentials().key_in_query(), elsewhere.url());
    let error = later.get_user().dc_user_id(USER).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);

    // Nor is JSON that doesn't say what is missing, such as that of an unknown path.
    for body in [
        json!({"detail": "Not Found"}),
        json!({"message": "no Route"}),
        json!("gone"),
        json!([7]),
    ] {
        let server = Server::always(json_answer(404, body.clone())).await;
        for credentials in [credentials(), credentials().key_in_query()] {
            let client = client(credentials, server.url());
            let error = client.delete_code().code("A").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{body}");
            assert_eq!(error.body(), Some(&*body.to_string()));
        }
    }

    // JSON that does is the dashboard's own, whichever it is.
    let gone = json_answer(404, json!({"code": 404, "message": "gone"}));
    let server = Server::always(gone).await;
    for credentials in [credentials(), credentials().key_in_query()] {
        let client = client(credentials, server.url());
        let error = client.get_user().dc_user_id(USER).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.message(), Some("gone"));
    }
}

/// What the later generation says of an unknown user is labelled as HTML, and a text.
#[tokio::test]
async fn a_404_as_a_page_of_html_is_not_the_dashboard_s() {
    let page = "<!doctype html><title>404</title>";
    let server = Server::always(reply(404, &[("content-type", "text/html")], page)).await;
    for credentials in [credentials(), credentials().key_in_query()] {
        let client = client(credentials, server.url());
        let error = client.get_user().dc_user_id(USER).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
    }
}

#[tokio::test]
async fn a_reply_without_any_property_of_its_own_is_decode() {
    let none = "the object has none of the properties";
    let nothing = "expected an object, found nothing";
    let rows = [
        (json!({}), none),
        (json!({"ok": true}), none),
        (json!([]), nothing),
        (json!(""), nothing),
    ];
    for (body, says) in rows {
        let (_server, client) = answers([json_answer(200, body.clone())]).await;
        let errors = [
            client.get_user().dc_user_id(USER).await.err(),
            client.update_user().dc_user_id(USER).await.err(),
            client.set_code().code("A").use_(1).money(1).await.err(),
        ];
        for error in errors {
            let error = error.unwrap_or_else(|| panic!("{body} is a success"));
            assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
            assert_eq!(error.status().unwrap(), 200);
            assert!(error.to_string().contains(says), "{body}: {error}");
            assert_eq!(error.payload().unwrap(), &body);
        }
        let error = client.delete_code().code("A").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
    }
    // One is enough, and a map of codes may be empty.
    let (_server, client) = answers([json_answer(200, json!({"money": null}))]).await;
    assert!(client.get_user().dc_user_id(USER).await.is_ok());
    let (_server, client) = answers([json_answer(200, json!({}))]).await;
    assert!(client.list_codes().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_code_that_can_not_be_read_is_left_out_of_the_map() {
    let codes = json!({
        "SPRING": {"user": [], "use": 1, "money": 2},
        "SUMMER": 7,
        "WINTER": {"user": [USER], "use": "many", "money": 4},
    });
    let answer = json_answer(200, codes);
    let (server, client) = answers([answer]).await;
    let codes = client.list_codes().send().await.unwrap();
    assert_eq!(codes.unread(), ["SUMMER", "WINTER.use"]);
    assert_eq!(codes.keys().collect::<Vec<_>>(), ["SPRING", "WINTER"]);
    assert_eq!(
        (codes["WINTER"].use_, codes["WINTER"].money),
        (None, Some(4))
    );

    let builder = boardmate::Client::builder(credentials()).strict(true);
    let strict = builder.base_url(server.url()).build().unwrap();
    let error = strict.list_codes().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    let says = "at SUMMER: expected an object, found an integer";
    assert!(error.to_string().contains(says), "{error}");
}

#[tokio::test]
async fn making_a_code_again_would_empty_it_so_it_is_sent_once() {
    let down = || json_answer(503, json!({}));
    let server = Server::in_turn([down(), down(), json_answer(200, json!({"money": 1}))]).await;
    let mut policy = RetryPolicy::default();
    policy.base_delay = std::time::Duration::ZERO;
    let builder = boardmate::Client::builder(credentials()).base_url(server.url());
    let client = builder.retry(policy).build().unwrap();
    let call = client.set_code().code("A").use_(1).money(1);
    assert_eq!(call.await.unwrap_err().attempts(), 1);
    // Setting a user's values again changes nothing.
    client
        .update_user()
        .dc_user_id(USER)
        .money(1)
        .await
        .unwrap();
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn the_mock_refuses_a_wrong_key_as_the_server_does() -> Result<(), Error> {
    let server = mock::Server::start(credentials()).await?;
    let stranger = boardmate::Credentials::key("WrongKey");
    let error = client(stranger, server.base_url())
        .list_codes()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert_eq!(error.status().unwrap(), 403);
    for credentials in [credentials(), credentials().key_in_query()] {
        let server = mock::Server::start(credentials.clone()).await?;
        let client = client(credentials, server.base_url());
        client.list_codes().await?;
        client.set_code().code("A").use_(1).money(1).await?;
        assert_eq!(server.problems(), [""; 0]);
    }
    server.answer("getUser", mock::Answer::error("404", "no such user"))?;
    let error = client(credentials(), server.base_url())
        .get_user()
        .dc_user_id(USER)
        .await;
    let error = error.unwrap_err();
    assert_eq!(
        (error.code(), error.message()),
        (Some("404"), Some("no such user"))
    );
    Ok(())
}
