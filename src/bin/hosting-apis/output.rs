//! Where output goes. Whoever closes the pipe, as `head` does, has read enough: that is no error.
//!
//! Styles are written as escape codes, which the streams take out unless they end at a terminal
//! that wants them.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use anstyle::{AnsiColor, Style};

/// What needs attention.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// What is well.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// A word among others.
pub const NAME: Style = AnsiColor::Cyan.on_default();
/// A heading.
pub const HEADING: Style = Style::new().bold();

/// A text in a style.
pub fn styled(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Writes what was asked for.
pub fn print(text: &str) -> Result<(), String> {
    let mut stdout = anstream::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    finish(written)
}

/// Writes data as indented JSON.
pub fn print_json(value: &serde_json::Value) -> Result<(), String> {
    print(&format!("{value:#}\n"))
}

/// Writes a line about what was asked for. There is nowhere to tell that it can't be written.
pub fn remark(text: impl Display) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

fn finish(written: io::Result<()>) -> Result<(), String> {
    match written {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(format!("standard output: {e}")),
        _ => Ok(()),
    }
}
