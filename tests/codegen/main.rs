//! The stages of the build, each by itself, and what they make of the real specs.

#[path = "../../codegen/mod.rs"]
mod codegen;

mod check;
mod diff;
mod pipeline;
mod scale;
mod surface;

use std::path::Path;
use std::{fs, io};

/// Every spec in the directory: its name for messages, such as `specs/kiwivm.yaml`, and its text.
fn specs() -> io::Result<Vec<(String, String)>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    let mut specs = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if let Some(name) = path.file_name().and_then(|name| name.to_str())
            && name.ends_with(".yaml")
        {
            specs.push((format!("specs/{name}"), fs::read_to_string(&path)?));
        }
    }
    specs.sort();
    Ok(specs)
}
