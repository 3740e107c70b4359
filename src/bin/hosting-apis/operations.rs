//! `hosting-apis operations`: the calls of the APIs, as a table.

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::FINE;
use crate::apis::Name;
use crate::codegen::lower::{Operation, lower};
use crate::codegen::source::Source;
use crate::codegen::{dress, module};
use crate::output::{HEADING, print, print_json, styled};

/// List the calls of an API, or of all.
///
/// Each with its id in the spec, what it is on the wire, the method of the client that makes it, and
/// its marks: `idempotent`, it may be repeated after a failure; `paged`, it has a `stream()` of the
/// items of all pages; `deprecated`, the vendor advises against it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hosting-apis operations kiwivm
          What can be called
  hosting-apis operations | grep paged
          All lists that come in pages
  hosting-apis operations --json | jq -r '.[] | select(.method == \"DELETE\").id'
          The ids of what deletes")]
pub struct Arguments {
    /// The API; without it, all
    api: Option<Name>,
    /// Print an array of {api, id, method, path, idempotent, deprecated, paged, rust, summary}
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<u8, String> {
    let all = Name::value_variants();
    let apis = all
        .iter()
        .filter(|api| arguments.api.is_none_or(|one| one == **api));
    let mut rows = Vec::new();
    for api in apis {
        rows.extend(operations(*api)?);
    }
    if arguments.json {
        print_json(&rows.iter().map(Row::as_json).collect())?;
    } else {
        print(&table(&rows, arguments.api.is_none()))?;
    }
    Ok(FINE)
}

/// A call of an API.
struct Row {
    api: Name,
    rust: String,
    operation: Operation,
}

/// What the build makes calls of, read as it reads it.
fn operations(api: Name) -> Result<Vec<Row>, String> {
    let source = Source::read(api.file(), api.text()).map_err(|e| e.to_string())?;
    let in_file = |reason| format!("{}: {reason}", api.file());
    let lowered = lower(&module(api.file()), source.document()).map_err(in_file)?;
    let row = |operation| {
        let rust = dress::method(&operation)?.to_string();
        Ok(Row {
            api,
            rust,
            operation,
        })
    };
    let rows: Result<_, String> = lowered.operations.into_iter().map(row).collect();
    rows.map_err(in_file)
}

impl Row {
    fn as_json(&self) -> Value {
        let Operation {
            id,
            method,
            path,
            summary,
            idempotent,
            deprecated,
            pages,
            ..
        } = &self.operation;
        json!({
            "api": self.api.to_string(),
            "id": id,
            "method": method.to_uppercase(),
            "path": path,
            "idempotent": idempotent,
            "deprecated": deprecated,
            "paged": pages.is_some(),
            "rust": format!("{}::Client::{}", module(self.api.file()), self.rust),
            "summary": summary,
        })
    }

    fn marks(&self) -> String {
        let operation = &self.operation;
        let marks = [
            (operation.idempotent, "idempotent"),
            (operation.pages.is_some(), "paged"),
            (operation.deprecated, "deprecated"),
        ];
        let marks = marks.into_iter().filter(|(is, _)| *is);
        let marks: Vec<&str> = marks.map(|(_, mark)| mark).collect();
        if marks.is_empty() {
            "-".to_owned()
        } else {
            marks.join(",")
        }
    }

    fn cells(&self) -> [String; 7] {
        let operation = &self.operation;
        [
            self.api.to_string(),
            operation.id.clone(),
            operation.method.to_uppercase(),
            operation.path.clone(),
            self.rust.clone(),
            self.marks(),
            operation.summary.clone(),
        ]
    }
}

/// Columns as wide as what is in them; lines are as long as they need to be.
fn table(rows: &[Row], with_api: bool) -> String {
    let heading = ["API", "ID", "METHOD", "PATH", "RUST", "MARKS", "SUMMARY"].map(str::to_owned);
    let mut lines = vec![heading];
    lines.extend(rows.iter().map(Row::cells));
    let shown = if with_api { 0.. } else { 1.. };
    let shown: Vec<usize> = shown.take_while(|column| *column < 7).collect();
    let width = |column: usize| {
        let cells = lines.iter().map(|line| line[column].chars().count());
        cells.max().unwrap_or_default()
    };
    let mut out = String::new();
    for (number, line) in lines.iter().enumerate() {
        let cells = shown
            .iter()
            .map(|column| format!("{:<1$}", line[*column], width(*column)));
        let line = cells.collect::<Vec<_>>().join("  ");
        let line = line.trim_end();
        out += &if number == 0 {
            styled(HEADING, line)
        } else {
            line.to_owned()
        };
        out.push('\n');
    }
    out
}
