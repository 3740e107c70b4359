//! `hosting-apis check`: everything that the build's check objects to.

use clap::{Args, ValueEnum, ValueHint};
use serde_json::json;

use crate::apis::Name;
use crate::codegen::check::check;
use crate::codegen::source::{Finding, Source};
use crate::input::Input;
use crate::output::{BAD, GOOD, NAME, print, print_json, remark, styled};
use crate::{FINDINGS, FINE, MISUSE};

/// Check OpenAPI 3.0 files, with every finding at its place.
///
/// Any file will do, YAML or JSON: whether it is OpenAPI at all, and whether it says all that a
/// typed client and its documentation are made of, such as a summary for each operation, a
/// description for each property and an example for each body. Without a file, the specs that this
/// command carries are checked.
///
/// This is the first thing that the build of this crate does with a spec, and the only one here:
/// `cargo build` goes on and may yet refuse what no Rust can be made of. `hosting-apis diff` runs
/// all of it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hosting-apis check specs/kiwivm.yaml
          One line a finding: file:line:column: path: [rule] message
  hosting-apis check *.yaml openapi.json
          Several files, the findings of all
  curl -s https://petstore3.swagger.io/api/v3/openapi.json | hosting-apis check -
          What comes from elsewhere
  hosting-apis check --json openapi.yaml | jq -r '.[].rule' | sort | uniq -c
          Findings by rule

Exits with 0 if there is nothing to object to, 1 if there are findings, 2 if a file can't be read.")]
pub struct Arguments {
    /// A file, an API's name for the spec that this command carries, or `-` for standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    files: Vec<Input>,
    /// Print an array of {file, line, column, path, rule, message}
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<u8, String> {
    let carried = || Name::value_variants().iter().copied().map(Input::Api);
    let inputs = if arguments.files.is_empty() {
        carried().collect()
    } else {
        arguments.files.clone()
    };
    let (mut found, mut checked, mut unread) = (Vec::new(), 0, 0);
    for input in &inputs {
        match input.read() {
            Ok((file, text)) => {
                checked += 1;
                let findings = Source::read(&file, &text).and_then(|source| check(&source));
                let findings = findings.err().unwrap_or_default().0;
                if !arguments.json {
                    let lines: String = findings.iter().map(line).collect();
                    print(&lines)?;
                }
                found.extend(findings);
            }
            Err(reason) => {
                unread += 1;
                remark(format!("{}: {reason}", styled(BAD, "error")));
            }
        }
    }
    if arguments.json {
        print_json(&found.iter().map(as_json).collect())?;
    }
    if checked > 0 {
        remark(summary(found.len(), checked));
    }
    Ok(match (unread, found.len()) {
        (0, 0) => FINE,
        (0, _) => FINDINGS,
        _ => MISUSE,
    })
}

/// The finding as it prints itself, with its rule to be seen.
fn line(finding: &Finding) -> String {
    let rule = format!("[{}]", finding.rule);
    let line = finding.to_string();
    line.replacen(&rule, &styled(NAME, &rule), 1) + "\n"
}

fn as_json(finding: &Finding) -> serde_json::Value {
    json!({
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "path": finding.path,
        "rule": finding.rule,
        "message": finding.message,
    })
}

fn summary(findings: usize, files: usize) -> String {
    let files = match files {
        1 => "1 file".to_owned(),
        n => format!("{n} files"),
    };
    match findings {
        0 => format!("{} in {files}", styled(GOOD, "no findings")),
        1 => format!("{} in {files}", styled(BAD, "1 finding")),
        n => format!("{} in {files}", styled(BAD, format!("{n} findings"))),
    }
}
