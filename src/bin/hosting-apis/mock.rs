//! `hosting-apis mock`: a server on loopback that stands in for an API's.

use std::error::Error as _;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use clap::Args;
use hosting_apis::mock::{Exchange, Server};
use hosting_apis::{Api, boardmate, cdnfly, kiwivm, vps_org};
use tokio::runtime::Runtime;
use tokio::signal::ctrl_c;

use crate::FINE;
use crate::apis::Name;
use crate::output::{BAD, GOOD, print, remark, styled};

/// Serve an API on loopback until Ctrl-C, to try clients on.
///
/// Each call is answered with the spec's example. Wrong credentials are refused as the real server
/// does that, and what the spec doesn't allow is answered with what is wrong with it. Nothing is
/// changed by any call.
///
/// On standard output stand shell commands that set what `from_env()` reads, with made-up
/// credentials that the server takes, and a first call as a comment. On standard error each request
/// gets a line; bodies, headers and queries are not shown.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hosting-apis mock kiwivm
          On a free port
  hosting-apis mock cdnfly --port 8080
          On this one
  hosting-apis mock vps-org > mock.env &
          In the background; `. ./mock.env` points clients of this shell to it

Exits with 0 at Ctrl-C, 2 if the port can't be had.")]
pub struct Arguments {
    /// The API
    api: Name,
    /// The port; 0 is any that is free
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
}

/// The made-up credentials of an API: as environment, and as curl sends them with a first call.
struct Account {
    environment: &'static [(&'static str, &'static str)],
    base_url: &'static str,
    curl: &'static str,
    path: &'static str,
}

pub fn run(arguments: &Arguments) -> Result<u8, String> {
    let port = arguments.port;
    match arguments.api {
        Name::Kiwivm => serve(
            kiwivm::Credentials::new(1_234_567, "private_test"),
            port,
            &Account {
                base_url: "KIWIVM_BASE_URL",
                environment: &[
                    ("KIWIVM_VEID", "1234567"),
                    ("KIWIVM_API_KEY", "private_test"),
                ],
                curl: "-d veid=1234567 -d api_key=private_test",
                path: "/getServiceInfo",
            },
        ),
        Name::VpsOrg => serve(
            vps_org::Credentials::token("vps_test"),
            port,
            &Account {
                base_url: "VPS_ORG_BASE_URL",
                environment: &[("VPS_ORG_TOKEN", "vps_test")],
                curl: "-H 'Authorization: Bearer vps_test'",
                path: "/domains/",
            },
        ),
        Name::Cdnfly => serve(
            cdnfly::Credentials::api_key("key_test", "secret_test"),
            port,
            &Account {
                base_url: "CDNFLY_BASE_URL",
                environment: &[
                    ("CDNFLY_API_KEY", "key_test"),
                    ("CDNFLY_API_SECRET", "secret_test"),
                ],
                curl: "-H 'api-key: key_test' -H 'api-secret: secret_test'",
                path: "/v1/sites",
            },
        ),
        Name::Boardmate => serve(
            boardmate::Credentials::key("key_test"),
            port,
            &Account {
                base_url: "BOARDMATE_BASE_URL",
                environment: &[("BOARDMATE_KEY", "key_test")],
                curl: "-X GET -d key=key_test",
                path: "/api/code",
            },
        ),
    }
}

fn serve<C: Api>(credentials: C, port: u16, account: &Account) -> Result<u8, String> {
    let runtime = Runtime::new().map_err(|e| e.to_string())?;
    runtime.block_on(async {
        let secrets: Vec<String> = account
            .environment
            .iter()
            .map(|(_, s)| (*s).to_owned())
            .collect();
        let server = Server::builder(credentials)
            .port(port)
            .observe(move |exchange| remark(line(exchange, &secrets)))
            .start()
            .await
            .map_err(|e| match e.source() {
                Some(source) => format!("{e}: {source}"),
                None => e.to_string(),
            })?;
        let mut stop = pin!(ctrl_c());
        // Polled once, it listens: whoever reads the address may press the keys.
        let stopped = poll_fn(|context| Poll::Ready(stop.as_mut().poll(context))).await;
        print(&introduction(C::NAME, &server.base_url(), account))?;
        let stopped = match stopped {
            Poll::Ready(stopped) => stopped,
            Poll::Pending => stop.await,
        };
        stopped.map_err(|e| format!("Ctrl-C can't be waited for: {e}"))?;
        Ok(FINE)
    })
}

/// What a shell can read, to call the server.
fn introduction(name: &str, base_url: &str, account: &Account) -> String {
    let Account {
        environment,
        curl,
        path,
        ..
    } = account;
    let mut out = format!("# {name} at {base_url} until Ctrl-C\n");
    out += &format!("export {}={base_url}\n", account.base_url);
    for (variable, value) in *environment {
        out += &format!("export {variable}={value}\n");
    }
    out + &format!("# curl {curl} {base_url}{path}\n")
}

/// A request as one line: what it was and what came of it. What it was sent with, it doesn't show.
fn line(exchange: &Exchange, secrets: &[String]) -> String {
    let request = exchange.request;
    let path = request.path.split('?').next().unwrap_or_default();
    let operation = request.operation.as_deref().unwrap_or("-");
    let mut outcome = exchange.status.to_string();
    if exchange.refused {
        outcome += " wrong credentials";
    }
    for problem in exchange.problems {
        outcome += &format!("; {problem}");
    }
    let fine = exchange.problems.is_empty() && !exchange.refused;
    let style = if fine { GOOD } else { BAD };
    let what = shown(&format!("{} {path} {operation}", request.method), secrets);
    format!("{what} {}", styled(style, shown(&outcome, secrets)))
}

/// Without secrets, wherever somebody put them, and without what would move a terminal's cursor.
fn shown(text: &str, secrets: &[String]) -> String {
    let mut text = text.replace(char::is_control, " ");
    for secret in secrets {
        text = text.replace(secret, "[redacted]");
    }
    text
}
