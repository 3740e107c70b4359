//! `hosting-apis diff`: what a change of a spec means to callers.

use clap::{Args, ValueHint};
use serde_json::json;

use crate::codegen::diff::{Change, Side, diff};
use crate::input::Input;
use crate::output::{BAD, GOOD, HEADING, print, print_json, styled};
use crate::{FINDINGS, FINE};

/// Say which changes of a spec break callers of the generated client, and which don't.
///
/// Both specs go through the whole build, and what callers of the two clients see is compared:
/// calls, what they take and give, and all types. Breaking is what stops a program from compiling,
/// or a call from being made: something removed or renamed, another type, a parameter that must be
/// set now. Additions are not. Changes on the wire that no program notices, such as another path,
/// are told among the compatible ones.
///
/// Each change stands on a line with its place: in OLD for what is gone, else in NEW.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hosting-apis diff kiwivm specs/kiwivm.yaml
          What an edited file changes against the spec that this command carries
  git show v0.1.0:specs/kiwivm.yaml | hosting-apis diff - specs/kiwivm.yaml
          What changed since a release
  hosting-apis diff --json old.yaml new.yaml | jq '.[] | select(.breaking)'
          Only what breaks

Exits with 0 if nothing breaks, 1 if something does, 2 if a spec can't be read or built.")]
pub struct Arguments {
    /// The spec before: a file, an API's name for the spec that this command carries, or `-`
    #[arg(value_hint = ValueHint::FilePath)]
    old: Input,
    /// The spec after, likewise
    #[arg(value_hint = ValueHint::FilePath)]
    new: Input,
    /// Print an array of {breaking, file, line, column, item, message}
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<u8, String> {
    let (old, new) = (side(&arguments.old)?, side(&arguments.new)?);
    let changes = diff(&old, &new);
    if arguments.json {
        print_json(&changes.iter().map(as_json).collect())?;
    } else {
        print(&listing(&changes))?;
    }
    let breaks = changes.iter().any(|change| change.breaking);
    Ok(if breaks { FINDINGS } else { FINE })
}

fn side(input: &Input) -> Result<Side, String> {
    let (file, text) = input.read()?;
    // Places in the spec that is carried must not look like places in a file at hand.
    let file = match input {
        Input::Api(api) => api.to_string(),
        _ => file,
    };
    let failed = |failure| format!("{file} gives no client to compare:\n{failure}");
    let side = Side::read(&file, &text).map_err(failed);
    side.map_err(|message| message.trim_end().to_owned())
}

fn as_json(change: &Change) -> serde_json::Value {
    json!({
        "breaking": change.breaking,
        "file": change.file,
        "line": change.position.line,
        "column": change.position.column,
        "item": change.item,
        "message": change.message,
    })
}

/// The changes in two groups, and what they ask of the next version.
fn listing(changes: &[Change]) -> String {
    let (breaking, compatible): (Vec<_>, Vec<_>) = changes.iter().partition(|c| c.breaking);
    let mut out = String::new();
    for (heading, changes) in [("Breaking:", &breaking), ("Compatible:", &compatible)] {
        if !changes.is_empty() {
            out += &styled(HEADING, heading);
            changes
                .iter()
                .for_each(|change| out += &format!("\n  {change}"));
            out += "\n\n";
        }
    }
    out + &verdict(breaking.len(), compatible.len()) + "\n"
}

fn verdict(breaking: usize, compatible: usize) -> String {
    let changes = |count: usize| if count == 1 { "change" } else { "changes" };
    match (breaking, compatible) {
        (0, 0) => styled(GOOD, "no changes") + " that callers could notice",
        (0, n) => {
            let count = styled(GOOD, format!("{n} compatible {}", changes(n)));
            format!("{count}: a new minor version will do (a patch below 1.0)")
        }
        (n, m) => {
            let count = styled(BAD, format!("{n} breaking"));
            let others = match m {
                0 => String::new(),
                m => format!(", {m} compatible"),
            };
            let sum = format!("{count}{others} {}", changes(n + m));
            format!("{sum}: this needs a new major version (a minor one below 1.0)")
        }
    }
}
