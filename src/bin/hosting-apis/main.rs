//! The command `hosting-apis`: what can be done with the specs besides calling the servers.
//!
//! A file a subcommand. Each gives an exit code or says why it couldn't do what it was asked.

mod apis;
#[path = "../../../codegen/mod.rs"]
mod codegen;
mod spec;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use apis::Name;

/// The specs of hosting APIs: print them, check them, compare them, publish them, serve them.
#[derive(Debug, Parser)]
#[command(name = "hosting-apis", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the OpenAPI file of an API.
    Spec {
        /// The API.
        api: Name,
        /// As JSON instead of YAML.
        #[arg(long)]
        json: bool,
    },
}

/// Found nothing to object to.
const FINE: u8 = 0;
/// Couldn't do what was asked: a file that can't be read, a name that doesn't exist.
const MISUSE: u8 = 2;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Command::Spec { api, json } => spec::run(api, json),
    };
    ExitCode::from(outcome.unwrap_or_else(|reason| {
        eprintln!("error: {reason}");
        MISUSE
    }))
}
