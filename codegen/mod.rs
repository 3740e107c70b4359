//! The build's pipeline: a spec in, the source text of its client out.
//!
//! ```text
//! text ── source ── check ── lower ── progenitor ── dress ── text
//! ```
//!
//! | stage | does |
//! | --- | --- |
//! | [`source`] | reads the YAML and remembers where everything in it stands |
//! | [`check`] | refuses what would vanish or surprise later, all findings at once |
//! | [`lower`] | turns what is true to the wire into what progenitor can express |
//! | progenitor | makes types and one builder an operation |
//! | [`dress`] | reshapes those into the client that users see |
//!
//! Beside the stages stand [`surface`], which reads off a client what its callers see, [`diff`],
//! which compares what callers of two specs see, and [`place`], which finds the way back to a spec.
//!
//! Nothing here knows the crate's own sources, and nothing here panics on a spec: a stage that
//! can't go on says why.

// build.rs uses one part of this, the command another, and the tests a third.
#![allow(dead_code)]

pub mod check;
// Of these the build needs nothing, and would wait for them.
#[cfg(any(test, feature = "cli"))]
pub mod diff;
pub mod dress;
pub mod lower;
mod place;
pub mod source;
#[cfg(any(test, feature = "cli"))]
pub mod surface;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{self, UnwindSafe};
use std::sync::Once;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use progenitor::{GenerationSettings, Generator, InterfaceStyle, TagStyle, TypeImpl};

/// What the build writes for one spec.
pub struct Generated {
    /// The client's source text.
    pub code: String,
    /// The spec as JSON, which the mock server reads at run time.
    pub spec: String,
}

/// Why a spec gave no client. Displays as one or more whole lines.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// A stage that couldn't go on: which, with which spec, and why. Its place is that of what the
    /// reason begins with, as far as that is known.
    fn new(stage: &'static str, source: &source::Source, reason: impl fmt::Display) -> Self {
        // A finding is one line, whatever a library prints.
        let reason = reason.to_string();
        let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        Failure(match place::of_reason(source.document(), &reason) {
            Some(place) => source.finding(&place, stage, reason).to_string(),
            None => format!("{}: [{stage}] {reason}", source.file()),
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<source::Findings> for Failure {
    fn from(findings: source::Findings) -> Self {
        Failure(findings.to_string())
    }
}

/// Runs all stages. `file` is the name that messages print, such as `specs/kiwivm.yaml`.
pub fn generate(file: &str, text: &str) -> Result<Generated, Failure> {
    let (tree, spec) = generate_tree(file, text)?;
    let code = format!(
        "// Made by build.rs from {file}. Edit that file, not this one.\n\n{}",
        prettyplease::unparse(&tree)
    );
    Ok(Generated { code, spec })
}

/// The client as a syntax tree, before it is printed, and the spec as JSON.
pub fn generate_tree(file: &str, text: &str) -> Result<(syn::File, String), Failure> {
    tree_of(&source::Source::read(file, text)?)
}

fn tree_of(source: &source::Source) -> Result<(syn::File, String), Failure> {
    let failed = |stage, reason: String| Failure::new(stage, source, reason);
    let (tree, lowered) = undressed(source)?;
    let tree = dress::dress(tree, &lowered).map_err(|e| failed("dress", e))?;
    let spec = serde_json::to_string(source.document());
    let spec = spec.map_err(|e| failed("source", e.to_string()))?;
    Ok((tree, spec))
}

/// A program for each operation of a spec, by the operation's id: what the examples in the client's
/// documentation compile.
pub fn samples(file: &str, text: &str) -> Result<BTreeMap<String, String>, Failure> {
    let source = source::Source::read(file, text)?;
    let (tree, lowered) = undressed(&source)?;
    dress::samples(&tree, &lowered).map_err(|e| Failure::new("dress", &source, e))
}

/// What the codes of an API's failures stand for, as a chapter in markdown.
pub fn codes(document: &serde_yaml::Value) -> Option<String> {
    lower::codes(document)
}

/// All stages but the last.
fn undressed(source: &source::Source) -> Result<(syn::File, lower::Lowered), Failure> {
    check::check(source)?;
    let failed = |stage, reason: String| Failure::new(stage, source, reason);
    let module = module(source.file());
    let lowered = lower::lower(&module, source.document()).map_err(|e| failed("lower", e))?;
    let tree = progenitor(&lowered).map_err(|e| failed("progenitor", e))?;
    Ok((tree, lowered))
}

/// The module of the spec in this file: `vps_org` of `specs/vps-org.yaml`.
pub fn module(file: &str) -> String {
    let stem = std::path::Path::new(file)
        .file_stem()
        .and_then(|stem| stem.to_str());
    stem.unwrap_or(file).replace('-', "_")
}

/// Lets progenitor make its client of the lowered spec.
pub fn progenitor(lowered: &lower::Lowered) -> Result<syn::File, String> {
    let mut settings = GenerationSettings::default();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Merged)
        .with_map_type("::std::collections::BTreeMap");
    for (name, path) in &lowered.own {
        settings.with_replacement(name, *path, [TypeImpl::Display].into_iter());
    }
    settings.with_conversion(text_schema("password"), dress::SECRET, [].into_iter());
    settings.with_conversion(text_schema("byte"), dress::BASE64, [].into_iter());
    let tokens = without_panic(|| {
        let tokens = Generator::new(&settings).generate_tokens(&lowered.document);
        tokens.map_err(|e| e.to_string())
    })?;
    syn::parse2(needed(tokens)).map_err(|e| format!("its output is not Rust: {e}"))
}

/// progenitor's output without what nothing reads: in its module of types, the items other than
/// types. They are most of it, and parsing them took longer than making them.
fn needed(tokens: TokenStream) -> TokenStream {
    let mut out: Vec<TokenTree> = Vec::new();
    for token in tokens {
        match (out.as_slice(), &token) {
            ([.., TokenTree::Ident(module), TokenTree::Ident(name)], TokenTree::Group(content))
                if module == "mod" && name == "types" =>
            {
                let types = types_alone(content.stream());
                out.push(Group::new(content.delimiter(), types).into());
            }
            _ => out.push(token),
        }
    }
    out.into_iter().collect()
}

/// The items of a module that aren't an `impl`, a `mod` or a `use`.
fn types_alone(tokens: TokenStream) -> TokenStream {
    let mut out = Vec::new();
    let mut item: Vec<TokenTree> = Vec::new();
    for token in tokens {
        let ends = match &token {
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            TokenTree::Punct(punct) => punct.as_char() == ';',
            _ => false,
        };
        item.push(token);
        if ends {
            // Behind attributes and `pub`.
            let word = item.iter().find_map(|token| match token {
                TokenTree::Ident(word) if word != "pub" => Some(word),
                _ => None,
            });
            let dropped = word.is_some_and(|word| word == "impl" || word == "mod" || word == "use");
            if !dropped {
                out.append(&mut item);
            }
            item.clear();
        }
    }
    out.append(&mut item);
    out.into_iter().collect()
}

thread_local! {
    /// Whether a panic of this thread is an error like any other.
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// progenitor panics on some of what it can't do. Whoever edits a spec needs what it said, in a
/// line with the file, and no backtrace.
fn without_panic<T>(run: impl FnOnce() -> Result<T, String> + UnwindSafe) -> Result<T, String> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !EXPECTED.get() {
                usual(panic);
            }
        }));
    });
    EXPECTED.set(true);
    let result = panic::catch_unwind(run);
    EXPECTED.set(false);
    result.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(format!("it panicked: {}", text.unwrap_or("without a word")))
    })
}

/// A string of this format. progenitor converts a schema only if it matches exactly, and says
/// nothing if none does: dress counts the outcome.
fn text_schema(format: &str) -> schemars::schema::SchemaObject {
    schemars::schema::SchemaObject {
        instance_type: Some(schemars::schema::InstanceType::String.into()),
        format: Some(format.to_owned()),
        ..Default::default()
    }
}
