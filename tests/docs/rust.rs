//! The samples in Rust compile, since each is an example of the crate's documentation, and those
//! are compiled by `cargo test --doc`.

use std::collections::BTreeSet;

use hosting_apis::{Operation, boardmate, cdnfly, kiwivm, vps_org};

use crate::{sample, shown};

/// The lines of every example that rustdoc compiles in a generated client, the hidden ones too.
fn compiled(client: &str) -> BTreeSet<Vec<String>> {
    let mut examples = BTreeSet::new();
    let mut example: Option<Vec<String>> = None;
    for line in client.lines() {
        let Some(line) = line.trim_start().strip_prefix("///") else {
            continue;
        };
        let line = line.strip_prefix(' ').unwrap_or(line);
        match (line, &mut example) {
            ("```no_run", None) => example = Some(Vec::new()),
            ("```", Some(_)) => examples.extend(example.take()),
            (line, Some(example)) => {
                let shown = line.strip_prefix("# ").or(line.strip_prefix('#'));
                example.push(shown.unwrap_or(line).trim().to_owned());
            }
            _ => {}
        }
    }
    examples
}

fn assert_compiled(stem: &str, client: &str, operations: &[Operation]) {
    let compiled = compiled(client);
    let document = shown(stem);
    for operation in operations {
        let sample = sample(&document, operation, "Rust");
        let lines: Vec<String> = sample.lines().map(|line| line.trim().to_owned()).collect();
        assert!(
            compiled.contains(&lines),
            "{}: no documentation test compiles\n{sample}",
            operation.name
        );
        let start = format!("use hosting_apis::{{Error, {}}};", stem.replace('-', "_"));
        assert!(sample.starts_with(&start), "{sample}");
    }
    assert!(!operations.is_empty());
}

macro_rules! apis {
    ($($api:ident: $stem:literal;)*) => {$(
        #[test]
        fn $api() {
            let client = include_str!(concat!(env!("OUT_DIR"), "/", stringify!($api), ".rs"));
            assert_compiled($stem, client, $api::OPERATIONS);
        }
    )*};
}

apis! {
    kiwivm: "kiwivm";
    vps_org: "vps-org";
    cdnfly: "cdnfly";
    boardmate: "boardmate";
}
