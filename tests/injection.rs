//! Any text, given as any parameter of any operation, reaches the server as exactly that text in
//! exactly that place, or is refused before anything is sent.

#![cfg(all(
    feature = "mock",
    any(
        feature = "kiwivm",
        feature = "vps-org",
        feature = "cdnfly",
        feature = "boardmate"
    )
))]

#[path = "support/spec.rs"]
mod spec;

use hosting_apis::mock::Received;
use hosting_apis::{Error, ErrorKind, Operation};
use proptest::strategy::{Just, Strategy};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use proptest::{prop_oneof, string};
use serde_json::{Value, json};

use spec::{Due, due, made, resolved};

/// How many texts each parameter is tried with.
const CASES: u32 = 16;

/// Texts that have broken out of a path, a query, a form or a header somewhere, and any other text.
fn texts() -> impl Strategy<Value = String> {
    let nasty = [
        "..",
        ".",
        "",
        "/",
        "a/b",
        "..\\..",
        "%2e%2e",
        "%2F",
        "%00",
        "a%",
        "a b",
        "a+b",
        "a&key=b",
        "a=b",
        "a?b=c",
        "a#b",
        "a;b",
        "a,b",
        "a\r\nx-evil: 1",
        "a\nb",
        "\0",
        "\u{7f}",
        "{id}",
        "[]",
        "\"",
        "'; --",
        "<b>",
        "$(id)",
        "é",
        "\u{202e}",
        "𝕏",
    ];
    prop_oneof![
        proptest::sample::select(nasty.to_vec()).prop_map(str::to_owned),
        string::string_regex("[ -~]{0,12}").expect("a pattern"),
        string::string_regex("\\PC{0,12}").expect("a pattern"),
        Just("x".repeat(5000)),
    ]
}

/// Tries every parameter of an API that can be text. A macro, since the clients have no trait in
/// common; gives how many there were.
macro_rules! parameters {
    ($api:ident, $credentials:expr) => {{
        let spec = <hosting_apis::$api::Credentials as hosting_apis::Api>::SPEC;
        let spec: Value = serde_json::from_str(spec).unwrap();
        let mut tried = 0;
        for operation in hosting_apis::$api::OPERATIONS {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let server = hosting_apis::mock::Server::start($credentials);
            let server = runtime.block_on(server).unwrap();
            let client = hosting_apis::$api::Client::builder($credentials)
                .base_url(server.base_url())
                .build()
                .unwrap();
            let mut whole = server.example(operation.id).unwrap().parameters;
            let all = due(&spec, operation);
            for Due { name, schema, .. } in &all {
                let set = whole.as_object_mut().unwrap();
                set.entry(name).or_insert_with(|| made(&spec, schema));
            }
            for due in all.iter().filter(|due| takes_text(&spec, &due.schema)) {
                tried += 1;
                let config = Config {
                    cases: CASES,
                    failure_persistence: None,
                    ..Config::default()
                };
                let tested = TestRunner::new_with_rng(config, fixed()).run(&texts(), |text| {
                    let mut parameters = whole.clone();
                    parameters[&due.name] = json!(text);
                    let before = server.requests().len();
                    let outcome = runtime.block_on(client.call(operation.id, parameters));
                    let requests = server.requests().split_off(before);
                    check(operation, due, &text, outcome.err(), &requests)
                        .map_err(TestCaseError::fail)
                });
                tested.unwrap_or_else(|e| panic!("{}: `{}`: {e}", operation.name, due.name));
            }
        }
        tried
    }};
}

/// The same texts at every run: a test that fails now and then helps nobody.
fn fixed() -> proptest::test_runner::TestRng {
    use proptest::test_runner::{RngAlgorithm, TestRng};
    TestRng::deterministic_rng(RngAlgorithm::ChaCha)
}

/// Whether any text will do, that is, not only the text of JSON.
fn takes_text(spec: &Value, schema: &Value) -> bool {
    let schema = resolved(spec, schema);
    let options = [&schema["oneOf"], &schema["anyOf"], &schema["allOf"]];
    let mut options = options
        .into_iter()
        .flat_map(|list| list.as_array())
        .flatten();
    let is_list = schema["type"] == "array" && takes_text(spec, &schema["items"]);
    let is_text = schema["type"] == "string" && schema["format"] != "json";
    is_text || is_list || options.any(|option| takes_text(spec, option))
}

/// What is wrong with what came of one call.
fn check(
    operation: &Operation,
    due: &Due,
    text: &str,
    error: Option<Error>,
    requests: &[Received],
) -> Result<(), String> {
    let refused = error.filter(|error| error.kind() == ErrorKind::InvalidRequest);
    if let Some(error) = refused {
        return match requests {
            [] if may_be_refused(due, text) => Ok(()),
            [] => Err(format!("{text:?} is refused: {error}")),
            _ => Err("it was refused, and something was sent".to_owned()),
        };
    }
    let [request] = requests else {
        return Err(format!("{} requests were sent", requests.len()));
    };
    if request.operation.as_deref() != Some(operation.id) {
        return Err(format!(
            "{text:?} led to {} {}",
            request.method, request.path
        ));
    }
    let due_once = |found: Vec<String>| match found.as_slice() {
        [found] if found == text => Ok(()),
        other => Err(format!("{text:?} came as {other:?}")),
    };
    due_once(found(operation, due, request))
}

/// What can't stand in a path; and an enum or a list needn't take any text.
fn may_be_refused(due: &Due, text: &str) -> bool {
    let unsafe_char = |c: char| ['/', '\\', ','].contains(&c) || c.is_control();
    let in_path = text.is_empty() || text == "." || text == ".." || text.contains(unsafe_char);
    due.place == "path" && in_path || due.schema["type"] == "array"
}

/// What a request has for a parameter.
fn found(operation: &Operation, due: &Due, request: &Received) -> Vec<String> {
    let pairs = |text: &str| -> Vec<String> {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(text).unwrap_or_default();
        let named = pairs.into_iter().filter(|(name, _)| *name == due.name);
        named.map(|(_, value)| value).collect()
    };
    let (path, query) = match request.path.split_once('?') {
        Some((path, query)) => (path, query),
        None => (&*request.path, ""),
    };
    match (&*due.place, serde_json::from_str::<Value>(&request.body)) {
        ("query", _) => pairs(query),
        ("path", _) => {
            let templates = operation.path.split('/');
            let segments = templates.zip(path.split('/'));
            let own = segments.filter(|(template, _)| *template == format!("{{{}}}", due.name));
            own.map(|(_, segment)| decoded(segment)).collect()
        }
        (_, Ok(body)) => {
            let value = body[&due.name].as_str();
            value.into_iter().map(str::to_owned).collect()
        }
        (_, Err(_)) => pairs(&request.body),
    }
}

fn decoded(segment: &str) -> String {
    // A form, but for what means something in a form alone.
    let pair = format!("v={}", segment.replace('+', "%2B").replace('&', "%26"));
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&pair).expect("a segment");
    pairs.into_iter().map(|(_, value)| value).collect()
}

#[cfg(feature = "kiwivm")]
#[test]
fn kiwivm_gets_what_was_given() {
    use hosting_apis::kiwivm::Credentials;
    assert!(parameters!(kiwivm, Credentials::new(24_681_357, "key_made_up")) > 20);
}

#[cfg(feature = "vps-org")]
#[test]
fn vps_org_gets_what_was_given() {
    use hosting_apis::vps_org::Credentials;
    assert!(parameters!(vps_org, Credentials::token("key_made_up")) > 20);
}

#[cfg(feature = "cdnfly")]
#[test]
fn cdnfly_gets_what_was_given() {
    use hosting_apis::cdnfly::Credentials;
    assert!(parameters!(cdnfly, Credentials::access_token("key_made_up")) > 100);
}

#[cfg(feature = "boardmate")]
#[test]
fn boardmate_gets_what_was_given() {
    use hosting_apis::boardmate::Credentials;
    assert!(parameters!(boardmate, Credentials::key("key_made_up")) > 3);
}
