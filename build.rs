//! Makes the client of each enabled API from its spec: see `codegen/mod.rs` for the stages.

#[path = "codegen/mod.rs"]
mod codegen;

use std::panic::resume_unwind;
use std::path::Path;
use std::{env, fs, process, thread};

/// As much as a main thread has: specs are nested, and so are calls that read them.
const STACK: usize = 8 << 20;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=codegen");
    println!("cargo::rerun-if-changed=specs");
    if let Err(message) = run() {
        // Plain lines instead of a panic: whoever edits a spec needs the place, not a backtrace.
        for line in message.lines() {
            println!("cargo::error={line}");
        }
        process::exit(1);
    }
}

fn run() -> Result<(), String> {
    let out = env::var("OUT_DIR").map_err(|e| format!("OUT_DIR: {e}"))?;
    let apis = apis()?;
    let out = Path::new(&out);
    // Side by side: whoever rebuilds after an edit waits for them.
    let failures: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = apis
            .iter()
            .map(|api| {
                let work = move || generate(&format!("specs/{api}.yaml"), api, out);
                let thread = thread::Builder::new().stack_size(STACK);
                thread.spawn_scoped(scope, work)
            })
            .collect();
        let outcomes = threads.into_iter().map(|thread| match thread {
            Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(e) => Err(format!("no thread for a spec: {e}")),
        });
        outcomes.filter_map(Result::err).collect()
    });
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures.join("\n"))
    }
}

/// The specs whose feature is on. A spec, its feature and its module have one name, with `-` in the
/// first two where the module has `_`.
fn apis() -> Result<Vec<String>, String> {
    let specs = fs::read_dir("specs").map_err(|e| format!("specs: {e}"))?;
    let mut apis = Vec::new();
    for spec in specs {
        let spec = spec.map_err(|e| format!("specs: {e}"))?.file_name();
        let Some(api) = spec.to_str().and_then(|name| name.strip_suffix(".yaml")) else {
            continue;
        };
        let feature = format!("CARGO_FEATURE_{}", api.to_uppercase().replace('-', "_"));
        if env::var_os(feature).is_some() {
            apis.push(api.to_owned());
        }
    }
    apis.sort();
    Ok(apis)
}

fn generate(spec: &str, api: &str, out: &Path) -> Result<(), String> {
    let text = fs::read_to_string(spec).map_err(|e| format!("{spec}: {e}"))?;
    let generated = codegen::generate(spec, &text).map_err(|e| e.to_string())?;
    let module = api.replace('-', "_");
    for (extension, text) in [("rs", generated.code), ("json", generated.spec)] {
        let file = out.join(format!("{module}.{extension}"));
        fs::write(&file, text).map_err(|e| format!("{}: {e}", file.display()))?;
    }
    Ok(())
}
