//! All stages of the build, on what `specs` makes.

use crate::codegen::generate;
use crate::specs::{Case, FILE};

/// Finds that a spec gives a client that is Rust, or lines that say why it gives none.
pub fn run(data: &[u8]) -> String {
    let case = Case::small(data);
    match generate(FILE, &case.text) {
        Ok(generated) => {
            let parsed = syn::parse_file(&generated.code);
            assert!(parsed.is_ok(), "what is generated is no Rust");
            "generated".to_owned()
        }
        Err(failure) => {
            let text = failure.to_string();
            let prefix = format!("{FILE}:");
            assert!(!text.trim().is_empty(), "a failure says nothing");
            for line in text.lines() {
                assert!(line.starts_with(&prefix), "a failure has no place: {line}");
            }
            let stage = ["lower", "progenitor", "dress", "source"]
                .into_iter()
                .find(|stage| text.starts_with(&format!("{prefix} [{stage}] ")));
            stage.unwrap_or("check").to_owned()
        }
    }
}
