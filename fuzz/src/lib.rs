//! What the fuzzers run: see README.md.
//!
//! A target is a function of bytes that panics if a promise is broken. libFuzzer calls it by
//! `fuzz_targets/`, and `src/bin/stable.rs` does so without libFuzzer.

mod choices;
#[path = "../../codegen/mod.rs"]
mod codegen;
mod json;
pub mod pipeline;
pub mod replies;
pub mod specs;

/// A target, and what goes with it.
pub struct Target {
    pub name: &'static str,
    /// Runs it, and says in a word or two how deep the input got.
    pub run: fn(&[u8]) -> String,
    /// The input as a person reads it.
    pub show: fn(&[u8]) -> String,
    /// Inputs to begin with, made from the specs.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

pub const TARGETS: [Target; 3] = [
    Target {
        name: "replies",
        run: replies::run,
        show: replies::show,
        seeds: replies::seeds,
    },
    Target {
        name: "specs",
        run: specs::run,
        show: specs::show,
        seeds: specs::seeds,
    },
    Target {
        name: "pipeline",
        run: pipeline::run,
        show: specs::show_small,
        seeds: specs::seeds,
    },
];

/// Whether a text is one line, and no longer than so many characters.
fn is_line(text: &str, longest: usize) -> bool {
    text.chars().count() <= longest && !text.contains(|c: char| c.is_control())
}
