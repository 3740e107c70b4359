//! Every sample for curl, run by a shell against the mock server of its API, does what the client
//! does.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use hosting_apis::mock::{Received, Server};
use hosting_apis::{Api, boardmate, cdnfly, kiwivm, vps_org};
use serde_json::Value;

use crate::{directory, sample, shown};

/// A key with all that means something to a shell or to a form.
const KEY: &str = "k$HOME`id`\"q\"'q'\\&+=%;,#!*";

/// Runs a sample, with the variables that a reader would have set and nothing else.
async fn run(command: String, home: &Path, variables: &[(&str, String)]) -> Output {
    // Fails with a status that says so, and doesn't mind the proxy of this machine.
    fs::write(
        home.join(".curlrc"),
        "fail-with-body\nsilent\nshow-error\nnoproxy = *\n",
    )
    .unwrap();
    let mut shell = Command::new("sh");
    shell.arg("-euc").arg(command).env_clear();
    shell.env("PATH", std::env::var_os("PATH").unwrap());
    shell.env("CURL_HOME", home).env("HOME", home);
    shell.envs(variables.iter().map(|(name, value)| (name, value)));
    let run = tokio::task::spawn_blocking(move || shell.output().unwrap());
    run.await.unwrap()
}

fn assert_curl() {
    let curl = Command::new("curl").arg("--version").output();
    assert!(
        curl.is_ok_and(|curl| curl.status.success()),
        "these tests run the samples for curl, and there is no curl: apt-get install curl"
    );
}

/// What of a request the server acts upon: its method and path, the query, and the body.
fn meant(request: &Received) -> (String, BTreeMap<String, Vec<String>>, Value) {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let path = path.replace("%2C", ",");
    let header = |name| request.headers.iter().find(|(header, _)| header == name);
    let is_form = header("content-type").is_some_and(|(_, kind)| kind.contains("urlencoded"));
    let body = if is_form {
        serde_json::to_value(pairs(&request.body)).unwrap()
    } else if request.body.is_empty() {
        Value::Null
    } else {
        as_floats(serde_json::from_str(&request.body).unwrap())
    };
    (format!("{} {path}", request.method), pairs(query), body)
}

/// The parameters of the example that was sent, which of several is the first in the spec's order.
fn parameters(object: &Value, example: Value, sent: &Value) -> Value {
    let bodies = object["requestBody"]["content"].as_object();
    let bodies = bodies.into_iter().flat_map(|bodies| bodies.values());
    let named = bodies.filter_map(|body| body["examples"].as_object());
    let named: Vec<&Value> = named.flat_map(|all| all.values()).collect();
    let named: Vec<&Value> = named.into_iter().map(|named| &named["value"]).collect();
    if named.is_empty() {
        return example;
    }
    let sent = named
        .iter()
        .find(|value| as_floats((**value).clone()) == *sent);
    let sent = sent.expect("one of the examples is sent").as_object();
    let mut parameters = example.as_object().cloned().unwrap_or_default();
    parameters.retain(|name, _| named.iter().all(|value| value.get(name).is_none()));
    parameters.extend(sent.cloned().unwrap_or_default());
    Value::Object(parameters)
}

/// JSON has one kind of number, whether it is written as 45 or as 45.0.
fn as_floats(value: Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().into(),
        Value::Array(items) => items.into_iter().map(as_floats).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter();
            Value::Object(
                fields
                    .map(|(name, value)| (name, as_floats(value)))
                    .collect(),
            )
        }
        other => other,
    }
}

fn pairs(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut pairs = BTreeMap::<String, Vec<String>>::new();
    for (name, value) in serde_urlencoded::from_str::<Vec<(String, String)>>(text).unwrap() {
        // What is JSON may have its parts in any order.
        let json = serde_json::from_str::<Value>(&value).ok();
        let json = json.filter(|json| json.is_object() || json.is_array());
        let value = json.map_or(value, |json| json.to_string());
        pairs.entry(name).or_default().push(value);
    }
    pairs.values_mut().for_each(|values| values.sort());
    pairs
}

macro_rules! apis {
    ($($api:ident: $stem:literal, $credentials:expr, [$($variable:literal = $value:expr),*];)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $api() {
            assert_curl();
            let server = Server::start($credentials).await.unwrap();
            let client = $api::Client::builder($credentials).base_url(server.base_url());
            let client = client.build().unwrap();
            let variables = [$(($variable, $value.to_owned())),*];
            let own = concat!(stringify!($api), "_BASE_URL").to_uppercase();
            let base = (own.as_str(), server.base_url());
            let variables: Vec<_> = variables.into_iter().chain([base]).collect();
            let document = shown($stem);
            let home = directory(concat!("curl-", $stem));
            for operation in $api::OPERATIONS {
                let mut command = sample(&document, operation, "curl");
                let name = operation.name;
                for (_, value) in &variables {
                    assert!(!command.contains(value), "{name}: a credential in {command}");
                }
                match <$api::Credentials as Api>::BASE_URL {
                    Some(url) => {
                        assert_eq!(command.matches(url).count(), 1, "{command}");
                        command = command.replace(url, &server.base_url());
                    }
                    None => assert!(command.contains(&format!("\"${own}/")), "{command}"),
                }

                let output = run(command.clone(), &home, &variables).await;
                assert!(output.status.success(), "{name}: {command}\n{output:?}");
                assert_eq!(server.problems(), [""; 0], "{name}: {command}");
                let example = server.example(operation.id).unwrap();
                // A refusal of the credentials would be another reply.
                let reply = example.reply.map(|reply| reply.to_string()).unwrap_or_default();
                assert_eq!(String::from_utf8(output.stdout).unwrap(), reply, "{name}");

                let by_curl = server.requests().pop().unwrap();
                assert_eq!(by_curl.operation.as_deref(), Some(operation.id));
                let by_curl = meant(&by_curl);
                let object = &document["paths"][operation.path][operation.method.to_lowercase()];
                let parameters = parameters(object, example.parameters, &by_curl.2);
                client.call(operation.id, parameters).await.unwrap();
                let by_client = server.requests().pop().unwrap();
                assert_eq!(by_curl, meant(&by_client), "{name}: {command}");
            }
            fs::remove_dir_all(home).unwrap();
            assert_eq!(server.requests().len(), 2 * $api::OPERATIONS.len());
        }
    )*};
}

apis! {
    kiwivm: "kiwivm", kiwivm::Credentials::new(13_579_246, KEY),
        ["KIWIVM_VEID" = "13579246", "KIWIVM_API_KEY" = KEY];
    vps_org: "vps-org", vps_org::Credentials::token(KEY), ["VPS_ORG_TOKEN" = KEY];
    cdnfly: "cdnfly", cdnfly::Credentials::api_key(KEY, "other$secret"),
        ["CDNFLY_API_KEY" = KEY, "CDNFLY_API_SECRET" = "other$secret"];
    boardmate: "boardmate", boardmate::Credentials::key(KEY), ["BOARDMATE_KEY" = KEY];
}
