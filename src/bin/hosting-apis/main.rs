//! The command `hosting-apis`: what can be done with the specs besides calling the servers.
//!
//! A file a subcommand. Each gives an exit code or says why it couldn't do what it was asked.

mod apis;
mod check;
#[path = "../../../codegen/mod.rs"]
mod codegen;
mod completions;
mod diff;
mod docs;
mod input;
mod mock;
mod operations;
mod output;
mod spec;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use output::{BAD, remark, styled};

/// The specs of hosting APIs: print them, check them, compare them, publish them, serve them.
///
/// The command carries the OpenAPI files of its version: kiwivm, vps-org, cdnfly, boardmate.
#[derive(Debug, Parser)]
#[command(
    name = "hosting-apis",
    version,
    after_long_help = "\
Exit codes:
  0  nothing to object to
  1  findings, or changes that break callers
  2  misuse: an unknown option or name, a file that can't be read, a port in use

Output is on standard output, remarks are on standard error. Color is for terminals, and not for
those with NO_COLOR set.

Begin with:
  hosting-apis operations kiwivm
  hosting-apis check my-openapi.yaml"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Spec(spec::Arguments),
    Operations(operations::Arguments),
    Check(check::Arguments),
    Diff(diff::Arguments),
    Docs(docs::Arguments),
    Mock(mock::Arguments),
    Completions(completions::Arguments),
}

/// Found nothing to object to.
const FINE: u8 = 0;
/// Found something to object to.
const FINDINGS: u8 = 1;
/// Couldn't do what was asked: a file that can't be read, a name that doesn't exist.
const MISUSE: u8 = 2;

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Spec(arguments) => spec::run(&arguments),
        Command::Operations(arguments) => operations::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Docs(arguments) => docs::run(&arguments.out),
        Command::Mock(arguments) => mock::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
    };
    ExitCode::from(outcome.unwrap_or_else(|reason| {
        remark(format!("{}: {reason}", styled(BAD, "error")));
        MISUSE
    }))
}
