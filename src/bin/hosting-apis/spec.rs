//! `hosting-apis spec`: an API's OpenAPI file.

use clap::Args;

use crate::FINE;
use crate::apis::Name;
use crate::codegen::source::Source;
use crate::output::print;

/// Print the OpenAPI file of an API.
///
/// It is the file that this version of the crate is built from: true to the wire, valid OpenAPI
/// 3.0.3, with the extensions that README.md lists.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hosting-apis spec kiwivm > kiwivm.yaml
          The file as it was written, with its comments
  hosting-apis spec vps-org --json | jq '.paths | keys'
          For programs that read no YAML")]
pub struct Arguments {
    /// The API
    api: Name,
    /// Print JSON instead of YAML
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<u8, String> {
    let api = arguments.api;
    if arguments.json {
        print(&json(api)?)?;
    } else {
        print(api.text())?;
    }
    Ok(FINE)
}

/// The spec as JSON.
pub fn json(api: Name) -> Result<String, String> {
    let source = Source::read(api.file(), api.text()).map_err(|e| e.to_string())?;
    let json = serde_json::to_string_pretty(source.document());
    Ok(json.map_err(|e| format!("{}: {e}", api.file()))? + "\n")
}
