//! `hosting-apis docs`: the references of all APIs as a static site that needs no network.
//!
//! | file | is made by |
//! | --- | --- |
//! | `index.html` | [`index`], with `style.css` |
//! | `kiwivm.html`, and one for each other API | [`page`], with samples by [`curl`] and by codegen |
//! | `kiwivm.yaml`, `kiwivm.json`, … | nobody: the specs as they are |
//! | `scalar.js` | the crate `scalar_api_reference`, which has the bundle in it |
//!
//! The same specs make the same bytes. Links are relative, so that the site works from a file, and
//! below any path of a server.

mod curl;
mod index;
mod page;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use hosting_apis::{Api, Operation, boardmate, cdnfly, kiwivm, vps_org};
use serde_yaml::Value;

use crate::FINE;
use crate::apis::Name;
use crate::codegen::{self, source::Source};
use crate::spec;

/// Write the references of all APIs as a static site.
///
/// The site has a front page, a page for each API with every operation, searchable, with a sample in
/// Rust and one for curl, and the OpenAPI files to download. It loads nothing from elsewhere: open
/// `index.html` from the disk, or copy the directory to any web server, below any path. The pages of
/// GitHub and GitLab serve it as it is.
///
/// Files of an earlier run are overwritten; others in the directory stay.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hosting-apis docs --out site
          A site in the directory `site`, to be opened there or copied to any web server")]
pub struct Arguments {
    /// The directory to write to; it is made if it isn't there
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// What the site says of one API.
struct Reference {
    /// What its files are called, and its feature: `vps-org`.
    stem: String,
    /// The crate's module: `vps_org`.
    module: String,
    /// The spec's title.
    title: String,
    document: Value,
    yaml: &'static str,
    json: String,
    operations: &'static [Operation],
    /// What the names of its environment variables begin with.
    prefix: &'static str,
    /// A program an operation, by the operation's id.
    programs: BTreeMap<String, String>,
}

/// A file of the site.
struct File {
    name: String,
    content: Vec<u8>,
}

impl File {
    fn new(name: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        File {
            name: name.into(),
            content: content.into(),
        }
    }
}

pub fn run(out: &Path) -> Result<u8, String> {
    prepare(out)?;
    // All of it is made before any of it is written.
    let files = site()?;
    for File { name, content } in &files {
        let path = out.join(name);
        fs::write(&path, content).map_err(|e| unwritable(out, &path, &e))?;
    }
    let index = out.join("index.html");
    let said = writeln!(
        io::stdout(),
        "{} files, open {}",
        files.len(),
        index.display()
    );
    said.map_err(|e| format!("standard output: {e}"))?;
    Ok(FINE)
}

fn site() -> Result<Vec<File>, String> {
    let references = Name::value_variants().iter();
    let references = references.map(|name| Reference::of(*name));
    let references = references.collect::<Result<Vec<_>, _>>()?;
    let mut files = vec![
        File::new("index.html", index::html(&references)?),
        File::new("style.css", include_str!("style.css")),
        File::new("scalar.js", page::bundle()?),
        File::new("scalar-license.txt", include_str!("scalar-license.txt")),
    ];
    for reference in &references {
        let stem = &reference.stem;
        files.push(File::new(
            format!("{stem}.html"),
            page::html(reference, &references)?,
        ));
        files.push(File::new(format!("{stem}.yaml"), reference.yaml));
        files.push(File::new(format!("{stem}.json"), reference.json.as_str()));
    }
    Ok(files)
}

/// Makes the directory. What it holds besides the site is left alone.
fn prepare(out: &Path) -> Result<(), String> {
    if out.is_file() {
        return Err(format!(
            "--out {}: this is a file; name a directory, which is made if it isn't there",
            out.display()
        ));
    }
    fs::create_dir_all(out).map_err(|e| unwritable(out, out, &e))
}

fn unwritable(out: &Path, what: &Path, e: &io::Error) -> String {
    format!(
        "--out {}: can't write {}: {e}; name a directory that you may write to",
        out.display(),
        what.display()
    )
}

impl Reference {
    fn of(api: Name) -> Result<Self, String> {
        let (file, yaml) = (api.file(), api.text());
        let source = Source::read(file, yaml).map_err(|e| e.to_string())?;
        let document = source.document().clone();
        let title = document["info"]["title"].as_str();
        let title = title.ok_or_else(|| format!("{file}: info.title: is missing; add it"))?;
        let module = codegen::module(file);
        let (prefix, operations) = match api {
            Name::Kiwivm => table::<kiwivm::Credentials>(kiwivm::OPERATIONS),
            Name::VpsOrg => table::<vps_org::Credentials>(vps_org::OPERATIONS),
            Name::Cdnfly => table::<cdnfly::Credentials>(cdnfly::OPERATIONS),
            Name::Boardmate => table::<boardmate::Credentials>(boardmate::OPERATIONS),
        };
        Ok(Reference {
            stem: module.replace('_', "-"),
            title: title.to_owned(),
            yaml,
            json: spec::json(api)?,
            operations,
            prefix,
            programs: codegen::samples(file, yaml).map_err(|e| e.to_string())?,
            module,
            document,
        })
    }

    /// The spec's introduction, in markdown.
    fn description(&self) -> &str {
        let description = self.document["info"]["description"].as_str();
        description.unwrap_or_default()
    }

    fn curl(&self) -> curl::Curl<'_> {
        curl::Curl::new(&self.document, self.prefix)
    }
}

fn table<C: Api>(operations: &'static [Operation]) -> (&'static str, &'static [Operation]) {
    (C::PREFIX, operations)
}

/// Text as HTML has it, in an element and between quotes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
    }
    out
}
