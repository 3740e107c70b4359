//! `hosting-apis spec`: an API's OpenAPI file.

use std::io::{self, Write};

use crate::FINE;
use crate::apis::Name;
use crate::codegen::source::Source;

pub fn run(api: Name, json: bool) -> Result<u8, String> {
    let text = if json {
        self::json(api)?
    } else {
        api.text().to_owned()
    };
    let written = io::stdout().write_all(text.as_bytes());
    written.map_err(|e| format!("standard output: {e}"))?;
    Ok(FINE)
}

/// The spec as JSON.
pub fn json(api: Name) -> Result<String, String> {
    let source = Source::read(api.file(), api.text()).map_err(|e| e.to_string())?;
    let json = serde_json::to_string_pretty(source.document());
    Ok(json.map_err(|e| format!("{}: {e}", api.file()))? + "\n")
}
