//! The command `hosting-apis`: what can be done with the specs besides calling the servers.
//!
//! A file a subcommand. Each gives an exit code or says why it couldn't do what it was asked.

mod apis;
#[path = "../../../codegen/mod.rs"]
mod codegen;
mod docs;
mod spec;

use std::path::PathBuf;
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
    /// Write the references of all APIs as a static site.
    ///
    /// The site has a front page, a page for each API with every operation, searchable, with a
    /// sample in Rust and one for curl, and the OpenAPI files to download. It loads nothing from
    /// elsewhere: open `index.html` from the disk, or copy the directory to any web server, below
    /// any path. The pages of GitHub and GitLab serve it as it is.
    ///
    /// Files of an earlier run are overwritten; others in the directory stay.
    #[command(after_long_help = "Example:\n  hosting-apis docs --out site")]
    Docs {
        /// The directory to write to. It is made if it isn't there.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
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
        Command::Docs { out } => docs::run(&out),
    };
    ExitCode::from(outcome.unwrap_or_else(|reason| {
        eprintln!("error: {reason}");
        MISUSE
    }))
}
