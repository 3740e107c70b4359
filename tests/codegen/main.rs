//! The stages of the build, each by itself, and what they make of the real specs.

#[path = "../../codegen/mod.rs"]
mod codegen;

mod check;
