//! The site that `hosting-apis docs` writes: its files, its samples, and, where there is a browser,
//! its pages.

#![cfg(feature = "cli")]

mod browser;
mod curl;
mod rust;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;
use std::{fs, process};

use hosting_apis::{Api, boardmate, cdnfly, kiwivm, vps_org};
use serde_json::Value;

/// A directory of this test alone, empty.
fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = path.join(format!("docs-{}-{name}", process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn docs(out: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hosting-apis"));
    command.arg("docs").arg("--out").arg(out).output().unwrap()
}

/// The site, its files by name.
static SITE: LazyLock<BTreeMap<String, Vec<u8>>> = LazyLock::new(|| {
    let out = directory("site");
    let output = docs(&out);
    assert!(output.status.success(), "{output:?}");
    let files = files(&out);
    fs::remove_dir_all(out).unwrap();
    files
});

fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(directory).unwrap().map(Result::unwrap);
    let file = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        (name, fs::read(entry.path()).unwrap())
    };
    entries.map(file).collect()
}

fn text(name: &str) -> &'static str {
    std::str::from_utf8(&SITE[name]).unwrap()
}

/// The document that the page of an API shows.
fn shown(stem: &str) -> Value {
    let page = text(match stem {
        "kiwivm" => "kiwivm.html",
        "vps-org" => "vps-org.html",
        "cdnfly" => "cdnfly.html",
        _ => "boardmate.html",
    });
    let start = "<script type=\"application/json\" id=\"configuration\">";
    let (_, rest) = page.split_once(start).unwrap();
    let (json, _) = rest.split_once("</script>").unwrap();
    serde_json::from_str::<Value>(json).unwrap()["content"].take()
}

/// A sample of an operation, `Rust` or `curl`.
fn sample(document: &Value, operation: &hosting_apis::Operation, label: &str) -> String {
    let object = &document["paths"][operation.path][operation.method.to_lowercase()];
    let samples = object["x-codeSamples"].as_array().unwrap();
    let of_label = samples.iter().find(|sample| sample["label"] == label);
    of_label.unwrap()["source"].as_str().unwrap().to_owned()
}

const STEMS: [&str; 4] = ["kiwivm", "vps-org", "cdnfly", "boardmate"];

#[test]
fn the_same_specs_make_the_same_bytes_in_a_directory_that_is_made() {
    let again = directory("again");
    assert!(docs(&again.join("a/b")).status.success());
    assert!(files(&again.join("a/b")) == *SITE);
    fs::remove_dir_all(again).unwrap();
}

#[test]
fn the_downloads_are_the_specs_as_they_are() {
    fn json_of<C: Api>() -> Value {
        serde_json::from_str(C::SPEC).unwrap()
    }
    let json = [
        json_of::<kiwivm::Credentials>(),
        json_of::<vps_org::Credentials>(),
        json_of::<cdnfly::Credentials>(),
        json_of::<boardmate::Credentials>(),
    ];
    for (stem, json) in STEMS.into_iter().zip(json) {
        let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("specs/{stem}.yaml"));
        assert!(SITE[&format!("{stem}.yaml")] == fs::read(spec).unwrap());
        let download: Value = serde_json::from_slice(&SITE[&format!("{stem}.json")]).unwrap();
        assert!(download == json, "{stem}");
    }
}

#[test]
fn whatever_a_page_loads_is_a_file_of_the_site() {
    let mut loaded = 0;
    for (name, content) in SITE.iter().filter(|(name, _)| name.ends_with(".html")) {
        let page = std::str::from_utf8(content).unwrap();
        // Of a reference's specification only Scalar knows what is a link.
        let page = page
            .split("<script type=\"application/json\"")
            .next()
            .unwrap();
        let attributes = page.split(&[' ', '\n'][..]);
        for attribute in attributes {
            let Some((kind, value)) = attribute.split_once("=\"") else {
                continue;
            };
            let target = value.split('"').next().unwrap();
            // What a reader clicks may be anywhere.
            let elsewhere = target.starts_with("https://") && name == "index.html";
            if ["href", "src"].contains(&kind) && !target.starts_with("data:") && !elsewhere {
                assert!(SITE.contains_key(target), "{name}: {target}");
                loaded += 1;
            }
        }
    }
    assert!(loaded > 20, "{loaded}");
}

#[test]
fn the_front_page_has_what_is_to_be_known_of_each_api() {
    let index = text("index.html");
    let counts = [
        kiwivm::OPERATIONS.len(),
        vps_org::OPERATIONS.len(),
        cdnfly::OPERATIONS.len(),
        boardmate::OPERATIONS.len(),
    ];
    for (stem, count) in STEMS.into_iter().zip(counts) {
        let (_, card) = index
            .split_once(&format!("<article id=\"{stem}\">"))
            .unwrap();
        let card = card.split("</article>").next().unwrap();
        for due in [
            format!("{count} operations"),
            format!("href=\"{stem}.html\""),
            format!("href=\"{stem}.yaml\""),
            format!("href=\"{stem}.json\""),
            format!("hosting_apis::{}<", stem.replace('-', "_")),
            format!("<dd><code>{stem}</code></dd>"),
            "Where the facts come from".to_owned(),
        ] {
            assert!(card.contains(&due), "{stem}: {due}\n{card}");
        }
    }
    assert!(index.contains("The vendor's manual of version 1"));
    assert!(index.contains(
        "<code>CDNFLY_BASE_URL</code> <code>CDNFLY_API_KEY</code> <code>CDNFLY_API_SECRET</code>"
    ));
    assert!(!index.contains("{{"));
}

#[test]
fn an_earlier_site_is_overwritten_and_files_of_others_stay() {
    let out = directory("others");
    fs::write(out.join("CNAME"), "docs.example.com").unwrap();
    fs::write(out.join("index.html"), "of an earlier run").unwrap();
    let output = docs(&out);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(fs::read(out.join("CNAME")).unwrap(), b"docs.example.com");
    assert!(fs::read(out.join("index.html")).unwrap() == SITE["index.html"]);
    fs::remove_dir_all(out).unwrap();
}

#[test]
fn a_place_that_cannot_be_written_is_a_line_that_says_what_to_do() {
    let out = directory("bad");
    let file = out.join("file");
    fs::write(&file, "mine").unwrap();
    let taken = out.join("taken");
    fs::create_dir_all(taken.join("kiwivm.html")).unwrap();
    for (bad, says) in [
        (file.clone(), "this is a file; name a directory"),
        (file.join("site"), "name a directory that you may write to"),
        (taken, "name a directory that you may write to"),
    ] {
        let output = docs(&bad);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        let start = format!("error: --out {}: ", bad.display());
        assert!(said.starts_with(&start) && said.contains(says), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(output.stdout.is_empty());
    }
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    fs::remove_dir_all(out).unwrap();
}
