//! How the stages' cost grows with a spec: one of ours, copied until it has a thousand operations.
//!
//! Ignored, since it takes a while and wants a quiet machine and valgrind:
//! `benches/build/run scale`.
//! A size each is a process of its own, since a peak of memory is that of a process.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use serde_yaml::{Mapping, Value};

use crate::codegen::check::check;
use crate::codegen::source::Source;
use crate::codegen::{dress, lower, module, progenitor};

const SPECS: [&str; 3] = [
    "specs/kiwivm.yaml",
    "specs/vps-org.yaml",
    "specs/cdnfly.yaml",
];

/// The least number of operations of each size.
const SIZES: [usize; 4] = [125, 250, 500, 1000];

/// How much more an operation may cost among the most than among the fewest.
const GROWTH: f64 = 1.3;

/// The same of instructions, which no cache and no other process changes.
const INSTRUCTION_GROWTH: f64 = 1.05;

const STAGES: [&str; 6] = ["read", "check", "lower", "progenitor", "dress", "print"];

/// What the child process is to do: a file, and how many operations.
const TASK: &str = "HOSTING_APIS_SCALE";

#[test]
#[ignore = "takes minutes; wants a quiet machine"]
fn cost_grows_with_the_number_of_operations() {
    let mut missed = Vec::new();
    for spec in SPECS {
        println!("\n{spec}: ms, and MiB of memory at most until then\n");
        println!(
            "| operations | {} | all | an operation |",
            STAGES.join(" | ")
        );
        println!("|{}", " --- |".repeat(STAGES.len() + 3));
        let costs: Vec<Cost> = SIZES.iter().map(|size| Cost::of(spec, *size)).collect();
        for cost in &costs {
            println!("{cost}");
        }
        let (Some(first), Some(last)) = (costs.first(), costs.last()) else {
            continue;
        };
        for (what, growth) in [
            ("time", last.time() / first.time()),
            ("memory", last.memory() / first.memory()),
        ] {
            println!("\n{what} of an operation: {growth:.2} times, at most {GROWTH}");
            if growth > GROWTH {
                missed.push(format!(
                    "{spec}: {what} of an operation grew {growth:.2} times"
                ));
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
#[ignore = "takes minutes; needs valgrind"]
fn instructions_grow_with_the_number_of_operations() {
    println!("\n| spec | operations | instructions | an operation |");
    println!("| --- | --- | --- | --- |");
    let sizes = [SIZES[0], SIZES[SIZES.len() - 1]];
    let counts = thread::scope(|scope| {
        let started =
            SPECS.map(|spec| sizes.map(|size| scope.spawn(move || instructions(spec, size))));
        started.map(|sizes| sizes.map(|count| count.join().expect("a count")))
    });
    let mut missed = Vec::new();
    for (spec, counts) in SPECS.iter().zip(counts) {
        let [fewest, most] = counts.map(|(operations, all)| {
            let each = all / operations;
            println!("| {spec} | {operations:.0} | {all:.0} | {each:.0} |");
            each
        });
        let growth = most / fewest;
        println!("| {spec} | | | {growth:.3} times, at most {INSTRUCTION_GROWTH} |");
        if growth > INSTRUCTION_GROWTH {
            missed.push(format!(
                "{spec}: instructions of an operation grew {growth:.3} times"
            ));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// How many operations such a spec has, and the instructions of all stages; and of growing the spec,
/// which are few.
fn instructions(file: &str, size: usize) -> (f64, f64) {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    valgrind.arg(env::current_exe().expect("this program"));
    let (output, errors) = stages_of(valgrind, file, size);
    let number = |text: &str, after: &str| {
        let (_, rest) = text.split_once(after).expect("a figure");
        let word = rest.split_whitespace().next().expect("a figure");
        word.parse().expect("a number")
    };
    (
        number(&output, "operations "),
        number(&errors, "Collected :"),
    )
}

/// What a process prints that runs the stages for a size, and its errors.
fn stages_of(mut program: Command, file: &str, size: usize) -> (String, String) {
    let child = program
        .args(["scale::stages", "--exact", "--ignored", "--nocapture"])
        .env(TASK, format!("{file} {size}"))
        .output()
        .expect("it starts");
    let output = String::from_utf8_lossy(&child.stdout).into_owned();
    let errors = String::from_utf8_lossy(&child.stderr).into_owned();
    assert!(child.status.success(), "{output}{errors}");
    (output, errors)
}

/// Runs the stages in this process. Not a test: what the two above start.
#[test]
#[ignore = "for the tests above"]
fn stages() {
    let Ok(task) = env::var(TASK) else { return };
    let (file, size) = task.split_once(' ').expect("a file and a size");
    let text = fs::read_to_string(file).expect("a spec");
    let (text, operations) = grown(&text, size.parse().expect("a size"));
    println!("operations {operations} {}", peak());

    let took = |stage: &str, began: Instant| {
        println!("{stage} {} {}", began.elapsed().as_micros(), peak());
    };
    let began = Instant::now();
    let source = Source::read(file, &text).expect("it is read");
    took("read", began);
    let began = Instant::now();
    check(&source).expect("it has no findings");
    took("check", began);
    let began = Instant::now();
    let lowered = lower::lower(&module(file), source.document()).expect("it is lowered");
    took("lower", began);
    let began = Instant::now();
    let tree = progenitor(&lowered).expect("progenitor takes it");
    took("progenitor", began);
    let began = Instant::now();
    let tree = dress::dress(tree, &lowered).expect("it is dressed");
    took("dress", began);
    let began = Instant::now();
    let code = prettyplease::unparse(&tree);
    took("print", began);
    assert!(code.len() > text.len());
}

/// The time and memory of the stages for one size.
struct Cost {
    operations: u32,
    /// Before the stages began, in KiB.
    before: u64,
    /// For each stage, in its order; the memory in KiB.
    stages: Vec<(Duration, u64)>,
}

impl Cost {
    /// The faster of two runs.
    fn of(file: &str, size: usize) -> Cost {
        let runs = [Cost::once(file, size), Cost::once(file, size)];
        let faster = runs.into_iter().min_by_key(Cost::all);
        faster.expect("two runs")
    }

    fn once(file: &str, size: usize) -> Cost {
        let program = Command::new(env::current_exe().expect("this program"));
        let (output, _) = stages_of(program, file, size);
        let figures: BTreeMap<&str, (u64, u64)> = output
            .lines()
            .filter_map(|line| {
                let mut words = line.split(' ');
                let name = words.next()?;
                let first = words.next()?.parse().ok()?;
                Some((name, (first, words.next()?.parse().ok()?)))
            })
            .collect();
        let (operations, before) = figures["operations"];
        let stage = |stage: &&str| {
            let (time, memory) = figures[*stage];
            (Duration::from_micros(time), memory)
        };
        Cost {
            operations: u32::try_from(operations).expect("a number of operations"),
            before,
            stages: STAGES.iter().map(stage).collect(),
        }
    }

    fn all(&self) -> Duration {
        self.stages.iter().map(|(time, _)| time).sum()
    }

    /// Milliseconds an operation.
    fn time(&self) -> f64 {
        self.all().as_secs_f64() * 1e3 / f64::from(self.operations)
    }

    /// KiB an operation.
    fn memory(&self) -> f64 {
        let most = self.stages.iter().map(|(_, memory)| *memory).max();
        let grown = most.unwrap_or_default().saturating_sub(self.before);
        let grown = u32::try_from(grown).map_or(f64::INFINITY, f64::from);
        // Where the peak isn't known it hasn't grown.
        grown.max(1.0) / f64::from(self.operations)
    }
}

/// A row of the table.
impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "| {} |", self.operations)?;
        for (time, memory) in &self.stages {
            write!(f, " {}, {} |", time.as_millis(), memory >> 10)?;
        }
        write!(
            f,
            " {} | {:.2} ms, {:.0} KiB |",
            self.all().as_millis(),
            self.time(),
            self.memory()
        )
    }
}

/// The most memory that this process has held, in KiB; 0 where the system doesn't tell.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|n| n.parse().ok()).unwrap_or_default()
}

/// A spec with its operations and components copied until it has `size` operations, and how many it
/// has then.
fn grown(text: &str, size: usize) -> (String, usize) {
    let spec: Value = serde_yaml::from_str(text).expect("YAML");
    let mut grown = spec.clone();
    let own = count(&spec);
    let copies = size.div_ceil(own).max(1);
    for copy in 1..copies {
        let suffix = format!("Copy{copy}");
        let target = grown.get_mut("paths").and_then(Value::as_mapping_mut);
        let target = target.expect("paths");
        for (path, item) in entries(&spec["paths"]) {
            let path = format!("/copy{copy}{}", path.as_str().expect("a path"));
            target.insert(path.into(), renamed(item, &suffix));
        }
        for (kind, components) in entries(&spec["components"]) {
            let target = grown["components"][kind].as_mapping_mut();
            let target = target.expect("components");
            for (name, component) in entries(components) {
                if is_copied(kind, component) {
                    let name = format!("{}{suffix}", name.as_str().expect("a name"));
                    target.insert(name.into(), renamed(component, &suffix));
                }
            }
        }
    }
    let text = serde_yaml::to_string(&grown).expect("YAML");
    (text, own * copies)
}

/// Whether a copy of the operations has a copy of this. There is one set of credentials, and nothing
/// but the document itself refers to a security scheme.
fn is_copied(kind: &Value, component: &Value) -> bool {
    kind != "securitySchemes" && component.get("x-credentials").is_none()
}

/// A part of the spec whose ids and references have the suffix.
fn renamed(value: &Value, suffix: &str) -> Value {
    match value {
        Value::Mapping(map) => {
            let entries = map.iter().map(|(key, value)| {
                let value = match (key.as_str(), value.as_str()) {
                    (Some("operationId"), Some(id)) => format!("{id}{suffix}").into(),
                    (Some("$ref"), Some(to)) if !to.ends_with("/Credentials") => {
                        format!("{to}{suffix}").into()
                    }
                    _ => renamed(value, suffix),
                };
                (key.clone(), value)
            });
            Value::Mapping(entries.collect())
        }
        Value::Sequence(list) => list.iter().map(|item| renamed(item, suffix)).collect(),
        other => other.clone(),
    }
}

fn count(spec: &Value) -> usize {
    let items = entries(&spec["paths"]);
    let operations = items.flat_map(|(_, item)| entries(item));
    operations
        .filter(|(_, operation)| operation.get("operationId").is_some())
        .count()
}

fn entries(value: &Value) -> impl Iterator<Item = (&Value, &Value)> {
    value.as_mapping().into_iter().flat_map(Mapping::iter)
}
