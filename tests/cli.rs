//! The command, as a shell has it: what each subcommand prints, where, and with which exit code.

#![cfg(feature = "cli")]

use std::collections::BTreeSet;
use std::io::Write;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use serde_json::Value;

const FINE: i32 = 0;
const FINDINGS: i32 = 1;
const MISUSE: i32 = 2;

const APIS: [&str; 4] = ["kiwivm", "vps-org", "cdnfly", "boardmate"];
const SUBCOMMANDS: [&str; 7] = [
    "spec",
    "operations",
    "check",
    "diff",
    "docs",
    "mock",
    "completions",
];

/// How a run ended.
struct Run {
    code: i32,
    out: String,
    err: String,
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hosting-apis"));
    command.args(arguments);
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        command.env_remove(variable);
    }
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run(arguments: &[&str]) -> Run {
    finish(command(arguments), "")
}

/// A run that reads this from standard input.
fn run_with(arguments: &[&str], input: &str) -> Run {
    finish(command(arguments), input)
}

fn finish(mut command: Command, input: &str) -> Run {
    let mut child = command.spawn().expect("the command");
    let mut stdin = child.stdin.take().expect("its input");
    // It may end without having read all.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("its output");
    Run {
        code: output.status.code().expect("an exit code"),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
    }
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {}", run.out))
}

fn spec(api: &str) -> String {
    let path = format!("{}/specs/{api}.yaml", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("a spec")
}

/// boardmate's spec with one mistake, at 159:5.
fn with_a_mistake() -> String {
    let text = spec("boardmate");
    let summary = "      summary: Get the balance, the quota and the servers of a user\n";
    assert_eq!(text.matches(summary).count(), 1);
    text.replace(summary, "")
}

/// boardmate's spec with a change that breaks callers, and one that doesn't.
fn with_changes() -> String {
    let text = spec("boardmate");
    assert_eq!(text.matches("operationId: getUser").count(), 1);
    assert_eq!(text.matches("operationId: setCode").count(), 1);
    let text = text.replace("operationId: getUser", "operationId: fetchUser");
    text.replace(
        "operationId: setCode",
        "operationId: setCode\n      deprecated: true",
    )
}

mod help {
    use super::*;

    #[test]
    fn the_top_names_the_exit_codes_and_every_subcommand() {
        let run = run(&["--help"]);
        assert_eq!((run.code, &*run.err), (FINE, ""));
        insta::assert_snapshot!("help", run.out);
        for subcommand in SUBCOMMANDS {
            assert!(
                run.out.contains(&format!("\n  {subcommand} ")),
                "{subcommand}"
            );
        }
    }

    #[test]
    fn each_subcommand_teaches_with_examples() {
        for subcommand in SUBCOMMANDS {
            let run = run(&[subcommand, "--help"]);
            assert_eq!((run.code, &*run.err), (FINE, ""), "{subcommand}");
            assert!(run.out.contains("\nExamples:\n  "), "{subcommand}");
            insta::assert_snapshot!(format!("help_{subcommand}"), run.out);
        }
    }

    /// What an example calls exists.
    #[test]
    fn the_options_of_examples_are_taken() {
        for subcommand in SUBCOMMANDS {
            let help = run(&[subcommand, "--help"]).out;
            let (_, examples) = help.split_once("\nExamples:\n").expect("examples");
            let calls = examples.split_whitespace().collect::<Vec<_>>();
            let options = calls.iter().filter(|word| word.starts_with("--"));
            for option in options {
                assert!(help.matches(option).count() > 1, "{subcommand}: {option}");
            }
            assert!(
                examples.contains(&format!("hosting-apis {subcommand}")),
                "{subcommand}"
            );
        }
    }

    #[test]
    fn the_version_is_that_of_the_crate() {
        let run = run(&["--version"]);
        assert_eq!(
            run.out,
            format!("hosting-apis {}\n", env!("CARGO_PKG_VERSION"))
        );
    }
}

mod misuse {
    use super::*;

    /// Finds that nothing was printed but the reason.
    #[track_caller]
    fn assert_misuse(arguments: &[&str], says: &str) {
        let run = run(arguments);
        assert_eq!((run.code, &*run.out), (MISUSE, ""), "{arguments:?}");
        assert!(run.err.contains(says), "{arguments:?}: {}", run.err);
    }

    #[test]
    fn what_does_not_exist_is_named_with_what_does() {
        assert_misuse(&[], "Usage: hosting-apis <COMMAND>");
        assert_misuse(&["chekc"], "a similar subcommand exists: 'check'");
        assert_misuse(&["check", "--jsno"], "a similar argument exists: '--json'");
        for subcommand in ["spec", "operations", "mock"] {
            assert_misuse(
                &[subcommand, "kiwi"],
                "[possible values: kiwivm, vps-org, cdnfly, boardmate]",
            );
        }
        assert_misuse(&["completions", "dash"], "[possible values: bash,");
        assert_misuse(&["diff", "kiwivm"], "<NEW>");
        assert_misuse(
            &["mock", "kiwivm", "--port", "70000"],
            "70000 is not in 0..=65535",
        );
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        assert_misuse(&["check", "specs/none.yaml"], "error: specs/none.yaml: ");
        assert_misuse(&["check", "specs"], "error: specs: ");
        assert_misuse(
            &["diff", "specs/none.yaml", "kiwivm"],
            "error: specs/none.yaml: ",
        );
        assert_misuse(&["diff", "kiwivm", "specs"], "error: specs: ");
    }

    #[test]
    fn a_spec_that_gives_no_client_is_told_with_its_findings() {
        let run = run_with(&["diff", "boardmate", "-"], &with_a_mistake());
        assert_eq!((run.code, &*run.out), (MISUSE, ""));
        assert_eq!(
            run.err,
            "error: (standard input) gives no client to compare:\n\
             (standard input):159:5: paths./api/user/{dc_user_id}.get: [summary] an operation needs \
             a `summary`, one line on what the call does; add it\n"
        );
    }

    #[test]
    fn a_port_in_use_is_named() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port().to_string();
        let says =
            format!("error: configuration: port {port} of the loopback interface can't be had: ");
        assert_misuse(&["mock", "kiwivm", "--port", &port], &says);
    }
}

mod spec_command {
    use super::*;

    #[test]
    fn a_spec_is_printed_as_it_was_written() {
        for api in APIS {
            let run = run(&["spec", api]);
            assert_eq!((run.code, &*run.err), (FINE, ""), "{api}");
            assert!(run.out == spec(api), "{api}");
        }
    }

    #[test]
    fn as_json_it_is_the_same_document() {
        for api in APIS {
            let run = run(&["spec", api, "--json"]);
            assert_eq!((run.code, &*run.err), (FINE, ""), "{api}");
            let yaml: Value = serde_yaml::from_str(&spec(api)).unwrap();
            assert!(json(&run) == yaml, "{api}");
        }
    }
}

mod operations {
    use super::*;

    #[test]
    fn a_table_has_a_line_an_operation() {
        let run = run(&["operations", "boardmate"]);
        assert_eq!((run.code, &*run.err), (FINE, ""));
        insta::assert_snapshot!(run.out, @r"
        ID          METHOD  PATH                    RUST         MARKS       SUMMARY
        getUser     GET     /api/user/{dc_user_id}  get_user     idempotent  Get the balance, the quota and the servers of a user
        updateUser  POST    /api/user/{dc_user_id}  update_user  idempotent  Set the balance and the quota of a user
        listCodes   GET     /api/code               list_codes   idempotent  List all codes
        setCode     POST    /api/code               set_code     -           Create or overwrite a code
        deleteCode  DELETE  /api/code               delete_code  idempotent  Delete a code
        ");
    }

    #[test]
    fn without_an_api_all_are_listed() {
        let run = run(&["operations"]);
        assert_eq!((run.code, &*run.err), (FINE, ""));
        let apis: BTreeSet<&str> = run
            .out
            .lines()
            .filter_map(|l| l.split(' ').next())
            .collect();
        assert_eq!(
            apis,
            BTreeSet::from(["API", "boardmate", "cdnfly", "kiwivm", "vps-org"])
        );
        let lines = run.out.lines().count() - 1;
        let json = json(&super::run(&["operations", "--json"]));
        assert_eq!(json.as_array().map(Vec::len), Some(lines));
    }

    /// The table of the library, which the clients work by, is what it is compared with.
    #[test]
    fn as_json_they_are_what_the_clients_have() {
        use hosting_apis::{boardmate, cdnfly, kiwivm, vps_org};
        let of = |api: &'static str, operations: &[hosting_apis::Operation]| -> Vec<_> {
            let known = operations.iter();
            known
                .map(|o| {
                    (
                        api.to_owned(),
                        o.id.to_owned(),
                        o.method.to_owned(),
                        o.path.to_owned(),
                        o.idempotent,
                    )
                })
                .collect()
        };
        let known = [
            of("kiwivm", kiwivm::OPERATIONS),
            of("vps-org", vps_org::OPERATIONS),
            of("cdnfly", cdnfly::OPERATIONS),
            of("boardmate", boardmate::OPERATIONS),
        ];
        let listed = json(&run(&["operations", "--json"]));
        let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let listed = listed.as_array().expect("a list");
        let rows: Vec<_> = listed
            .iter()
            .map(|row| {
                let idempotent = row["idempotent"].as_bool().expect("a flag");
                (
                    text(row, "api"),
                    text(row, "id"),
                    text(row, "method"),
                    text(row, "path"),
                    idempotent,
                )
            })
            .collect();
        assert_eq!(rows, known.concat());
        let list_sites = listed.iter().find(|row| row["id"] == "listSites").unwrap();
        assert_eq!(list_sites["paged"], true);
        assert_eq!(list_sites["deprecated"], false);
        assert_eq!(list_sites["rust"], "cdnfly::Client::list_sites");
        assert!(listed.iter().all(|row| !text(row, "summary").is_empty()));
    }
}

mod check {
    use super::*;

    const FINDING: &str = "(standard input):159:5: paths./api/user/{dc_user_id}.get: [summary] an \
                           operation needs a `summary`, one line on what the call does; add it\n";

    #[test]
    fn without_a_file_our_own_are_checked() {
        let run = run(&["check"]);
        assert_eq!((run.code, &*run.out), (FINE, ""));
        assert_eq!(run.err, "no findings in 4 files\n");
    }

    #[test]
    fn a_finding_is_a_line_and_an_exit_code() {
        let run = run_with(&["check", "-"], &with_a_mistake());
        assert_eq!((run.code, &*run.out), (FINDINGS, FINDING));
        assert_eq!(run.err, "1 finding in 1 file\n");
    }

    #[test]
    fn findings_of_all_files_come_together() {
        let run = run_with(
            &["check", "Cargo.lock", "boardmate", "-"],
            &with_a_mistake(),
        );
        assert_eq!(run.code, FINDINGS);
        let lines: Vec<&str> = run.out.lines().collect();
        assert_eq!(lines.len(), 2, "{}", run.out);
        assert!(lines[0].starts_with("Cargo.lock:"), "{}", lines[0]);
        assert_eq!(lines[1], FINDING.trim_end());
        assert_eq!(run.err, "2 findings in 3 files\n");
    }

    #[test]
    fn a_file_that_cannot_be_read_keeps_none_from_being_checked() {
        let run = run_with(&["check", "specs/none.yaml", "-"], &with_a_mistake());
        assert_eq!((run.code, &*run.out), (MISUSE, FINDING));
        let remarks: Vec<&str> = run.err.lines().collect();
        assert!(
            remarks[0].starts_with("error: specs/none.yaml: "),
            "{}",
            run.err
        );
        assert_eq!(remarks[1..], ["1 finding in 1 file"]);
    }

    #[test]
    fn as_json_findings_have_their_parts() {
        let run = run_with(&["check", "--json", "-"], &with_a_mistake());
        assert_eq!(run.code, FINDINGS);
        assert_eq!(
            json(&run),
            serde_json::json!([{
                "file": "(standard input)",
                "line": 159,
                "column": 5,
                "path": "paths./api/user/{dc_user_id}.get",
                "rule": "summary",
                "message": "an operation needs a `summary`, one line on what the call does; add it",
            }])
        );
        assert_eq!(
            json(&super::run(&["check", "--json"])),
            serde_json::json!([])
        );
    }

    #[test]
    fn json_is_checked_like_yaml() {
        let spec = run(&["spec", "cdnfly", "--json"]).out;
        let run = run_with(&["check", "-"], &spec);
        assert_eq!((run.code, &*run.out), (FINE, ""));
    }

    #[test]
    fn a_file_of_another_kind_is_told_so() {
        let run = run_with(&["check", "-"], r#"{"name": "web", "version": "1.0.0"}"#);
        assert_eq!(run.code, FINDINGS);
        assert_eq!(
            run.out,
            "(standard input):1:1: (document): [version] this is no OpenAPI file: it has neither \
             `openapi` nor `paths`; a spec begins with `openapi: 3.0.3`\n"
        );
    }
}

mod diff {
    use super::*;

    #[test]
    fn what_breaks_comes_first_and_the_verdict_last() {
        let run = run_with(&["diff", "boardmate", "-"], &with_changes());
        assert_eq!((run.code, &*run.err), (FINDINGS, ""));
        insta::assert_snapshot!(run.out, @r"
        Breaking:
          boardmate:159:5: getUser: renamed to `fetchUser`, called by `fetch_user()`

        Compatible:
          (standard input):374:5: setCode: deprecated now

        1 breaking, 1 compatible changes: this needs a new major version (a minor one below 1.0)
        ");
    }

    #[test]
    fn what_breaks_nobody_is_fine() {
        let text = spec("boardmate");
        let text = text.replace(
            "operationId: setCode",
            "operationId: setCode\n      deprecated: true",
        );
        let run = run_with(&["diff", "boardmate", "-"], &text);
        assert_eq!((run.code, &*run.err), (FINE, ""));
        let verdict = "\n1 compatible change: a new minor version will do (a patch below 1.0)\n";
        assert!(run.out.ends_with(verdict), "{}", run.out);
    }

    #[test]
    fn a_spec_is_like_itself() {
        let run = run(&["diff", "vps-org", "specs/vps-org.yaml"]);
        assert_eq!((run.code, &*run.err), (FINE, ""));
        assert_eq!(run.out, "no changes that callers could notice\n");
    }

    #[test]
    fn as_json_changes_have_their_parts() {
        let run = run_with(&["diff", "--json", "boardmate", "-"], &with_changes());
        assert_eq!((run.code, &*run.err), (FINDINGS, ""));
        assert_eq!(
            json(&run),
            serde_json::json!([
                {
                    "breaking": true,
                    "file": "boardmate",
                    "line": 159,
                    "column": 5,
                    "item": "getUser",
                    "message": "renamed to `fetchUser`, called by `fetch_user()`",
                },
                {
                    "breaking": false,
                    "file": "(standard input)",
                    "line": 374,
                    "column": 5,
                    "item": "setCode",
                    "message": "deprecated now",
                },
            ])
        );
    }
}

mod completions {
    use super::*;

    #[test]
    fn every_shell_has_some_with_the_names_of_apis() {
        for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
            let run = run(&["completions", shell]);
            assert_eq!((run.code, &*run.err), (FINE, ""), "{shell}");
            assert!(run.out.contains("operations"), "{shell}");
            // elvish and PowerShell complete options and subcommands only.
            if ["bash", "fish", "zsh"].contains(&shell) {
                assert!(APIS.iter().all(|api| run.out.contains(api)), "{shell}");
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn bash_takes_its_own() {
        let script = run(&["completions", "bash"]).out;
        let check = |script: &str| {
            let mut bash = Command::new("bash");
            bash.arg("-n").stdin(Stdio::piped());
            bash.stdout(Stdio::piped()).stderr(Stdio::piped());
            finish(bash, script).code
        };
        assert_eq!(check(&script), 0);
        assert_ne!(check("if"), 0);
    }
}

mod streams {
    use super::*;

    fn colors(arguments: &[&str], variables: &[(&str, &str)]) -> bool {
        let mut command = command(arguments);
        command.envs(variables.iter().copied());
        let run = finish(command, &with_changes());
        (run.out + &run.err).contains('\u{1b}')
    }

    #[test]
    fn there_is_no_color_but_on_terminals() {
        for arguments in [
            &["--help"][..],
            &["chekc"],
            &["check"],
            &["check", "Cargo.lock"],
            &["check", "specs/none.yaml"],
            &["diff", "boardmate", "-"],
            &["operations", "boardmate"],
        ] {
            assert!(!colors(arguments, &[]), "{arguments:?}");
            let forced = [("CLICOLOR_FORCE", "1")];
            assert!(colors(arguments, &forced), "{arguments:?}");
            let refused = [("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")];
            assert!(!colors(arguments, &refused), "{arguments:?}");
        }
    }

    /// What `| head` leaves behind: whoever reads no more isn't told of it.
    #[test]
    fn a_closed_pipe_is_no_error() {
        for (arguments, code, remark) in [
            (&["spec", "cdnfly"][..], FINE, ""),
            (&["operations", "--json"], FINE, ""),
            (&["completions", "bash"], FINE, ""),
            (&["diff", "kiwivm", "specs/kiwivm.yaml"], FINE, ""),
            (&["check", "Cargo.lock"], FINDINGS, "1 finding in 1 file\n"),
            (&["--help"], FINE, ""),
        ] {
            let (reader, writer) = std::io::pipe().expect("a pipe");
            drop(reader);
            let mut command = command(arguments);
            command.stdout(writer);
            let run = finish(command, "");
            assert_eq!((run.code, &*run.err), (code, remark), "{arguments:?}");
        }
    }
}

#[cfg(unix)]
mod mock {
    use std::io::{BufRead, BufReader, Read};
    use std::process::{Child, ChildStderr, ChildStdout};

    use hosting_apis::ErrorKind;
    use hosting_apis::kiwivm::{Client, Credentials};
    use rustix::process::{Pid, Signal, kill_process};

    use super::*;

    /// A running server, which is ended whatever becomes of the test.
    struct Server {
        child: Child,
        out: BufReader<ChildStdout>,
        err: ChildStderr,
    }

    impl Drop for Server {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    impl Server {
        /// Starts it, and gives what it prints until it waits.
        fn start(api: &str) -> (Server, Vec<String>) {
            let mut child = command(&["mock", api]).spawn().expect("the command");
            let out = BufReader::new(child.stdout.take().expect("its output"));
            let err = child.stderr.take().expect("its remarks");
            let mut server = Server { child, out, err };
            let lines = server
                .out
                .by_ref()
                .lines()
                .map(|line| line.expect("a line"));
            let mut printed = Vec::new();
            for line in lines {
                let last = line.starts_with("# curl ");
                printed.push(line);
                if last {
                    break;
                }
            }
            (server, printed)
        }

        /// Presses Ctrl-C, and gives the exit code and the log.
        fn stop(mut self) -> (i32, Vec<String>) {
            let pid = Pid::from_child(&self.child);
            kill_process(pid, Signal::INT).expect("it runs");
            let code = self.child.wait().expect("its end").code();
            let mut log = String::new();
            self.err.read_to_string(&mut log).expect("text");
            let lines = log.lines().map(str::to_owned).collect();
            (code.expect("an exit code"), lines)
        }
    }

    /// The value that a line `export NAME=value` sets.
    fn exported<'a>(printed: &'a [String], name: &str) -> &'a str {
        let name = format!("export {name}=");
        let value = printed.iter().find_map(|line| line.strip_prefix(&name));
        value.unwrap_or_else(|| panic!("{name} in {printed:?}"))
    }

    /// Does what a line of curl says, and gives the status and the body.
    async fn curl(line: &str) -> (u16, String) {
        let mut words = words(line).into_iter().skip(2);
        let (mut method, mut form, mut headers, mut url) = (None, Vec::new(), Vec::new(), None);
        while let Some(word) = words.next() {
            match word.as_str() {
                "-X" => method = words.next(),
                "-d" => form.extend(words.next()),
                "-H" => headers.extend(words.next()),
                _ => url = Some(word),
            }
        }
        let by_body = if form.is_empty() { "GET" } else { "POST" };
        let method = method.as_deref().unwrap_or(by_body).parse().unwrap();
        let mut request = reqwest::Client::new().request(method, url.expect("a URL"));
        for header in headers {
            let (name, value) = header.split_once(": ").expect("a header");
            request = request.header(name, value);
        }
        if !form.is_empty() {
            let media = "application/x-www-form-urlencoded";
            request = request.header("content-type", media).body(form.join("&"));
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// The words of a line, with what stands in single quotes in one.
    fn words(line: &str) -> Vec<String> {
        let mut words = Vec::new();
        for (number, part) in line.split('\'').enumerate() {
            if number % 2 == 1 {
                words.push(part.to_owned());
            } else {
                words.extend(part.split_whitespace().map(str::to_owned));
            }
        }
        words
    }

    #[tokio::test]
    async fn each_api_is_served_as_its_first_call_says() {
        for (api, call) in [
            ("kiwivm", "POST /getServiceInfo getServiceInfo 200"),
            ("vps-org", "GET /domains/ listDomains 200"),
            ("cdnfly", "GET /v1/sites listSites 200"),
            ("boardmate", "GET /api/code listCodes 200"),
        ] {
            let (server, printed) = Server::start(api);
            let (status, body) = curl(printed.last().expect("a call")).await;
            assert_eq!(status, 200, "{api}: {body}");
            assert!(
                serde_json::from_str::<Value>(&body).is_ok(),
                "{api}: {body}"
            );
            let (code, log) = server.stop();
            assert_eq!((code, &*log), (FINE, &[call.to_owned()][..]), "{api}");
        }
    }

    #[tokio::test]
    async fn a_client_takes_what_is_exported_and_the_log_keeps_it_to_itself() {
        let (server, printed) = Server::start("kiwivm");
        let url = exported(&printed, "KIWIVM_BASE_URL").to_owned();
        let key = exported(&printed, "KIWIVM_API_KEY").to_owned();
        let veid = exported(&printed, "KIWIVM_VEID").parse().expect("a number");
        let client = |credentials| {
            let builder = Client::builder(credentials).base_url(&*url);
            builder.build().unwrap()
        };
        let right = client(Credentials::new(veid, &*key));
        assert!(right.get_service_info().await.unwrap().hostname.is_some());
        right
            .set_hostname()
            .new_hostname("hush.example.com")
            .await
            .unwrap();
        let wrong = client(Credentials::new(veid, "private_wrong"));
        let error = wrong.stop().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Authentication);
        // Where no client of ours would put it.
        let leak = format!("# curl {url}/{key}?key={key}");
        assert_eq!(curl(&leak).await.0, 404);
        let (code, log) = server.stop();
        assert_eq!(code, FINE);
        assert_eq!(
            log,
            [
                "POST /getServiceInfo getServiceInfo 200",
                "POST /setHostname setHostname 200",
                "POST /stop stop 200 wrong credentials",
                "GET /[redacted] - 404; GET /[redacted]: the API has no such operation",
            ]
        );
    }
}
