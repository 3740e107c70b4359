//! Runs the targets without libFuzzer: a fixed number of times, or for a time.
//!
//! ```text
//! stable run [TARGET] [--runs N] [--seconds S] [--seed N] [--from N]
//! stable show TARGET FILE
//! stable seeds TARGET DIRECTORY
//! ```

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, panic, process, thread};

use fastrand::Rng;
use hosting_apis_fuzz::{TARGETS, Target};

/// What threads get that don't ask for more.
const STACK: usize = 2 << 20;

/// What takes longer hangs.
const LONGEST: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["run", rest @ ..] => run(rest),
        ["show", name, file] => target(name).and_then(|target| {
            println!(
                "{}",
                (target.show)(&fs::read(file).map_err(|e| e.to_string())?)
            );
            Ok(())
        }),
        ["seeds", name, directory] => {
            target(name).and_then(|target| write_seeds(target, Path::new(directory)))
        }
        _ => Err("see fuzz/README.md".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn target(name: &str) -> Result<&'static Target, String> {
    let found = TARGETS.iter().find(|target| target.name == name);
    found.ok_or_else(|| format!("there is no target `{name}`"))
}

fn write_seeds(target: &Target, directory: &Path) -> Result<(), String> {
    let write = || {
        fs::create_dir_all(directory)?;
        for (number, seed) in (target.seeds)().into_iter().enumerate() {
            fs::write(directory.join(format!("seed-{number}")), seed)?;
        }
        Ok(())
    };
    write().map_err(|e: std::io::Error| format!("{}: {e}", directory.display()))
}

/// How long a target runs.
#[derive(Clone, Copy)]
struct Limits {
    runs: u64,
    time: Duration,
    seed: u64,
    from: u64,
}

fn run(arguments: &[&str]) -> Result<(), String> {
    let mut limits = Limits {
        runs: u64::MAX,
        time: Duration::MAX,
        seed: 1,
        from: 0,
    };
    let mut targets: Vec<&'static Target> = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let Some(option) = argument.strip_prefix("--") else {
            targets.push(target(argument)?);
            continue;
        };
        let value = arguments.next().and_then(|value| value.parse().ok());
        let value: u64 = value.ok_or_else(|| format!("--{option} takes a number"))?;
        match option {
            "runs" => limits.runs = value,
            "seconds" => limits.time = Duration::from_secs(value),
            "seed" => limits.seed = value,
            "from" => limits.from = value,
            _ => return Err(format!("there is no option --{option}")),
        }
    }
    if targets.is_empty() {
        targets.extend(&TARGETS);
    }
    for target in targets {
        fuzz(target, limits)?;
    }
    Ok(())
}

/// Runs a target in a thread of its own, whose stack is that of any thread.
fn fuzz(target: &'static Target, limits: Limits) -> Result<(), String> {
    let current = Arc::new(AtomicU64::new(limits.from));
    let watched = Arc::clone(&current);
    let worker = thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || each(target, limits, &current))
        .map_err(|e| e.to_string())?;
    let (mut last, mut since) = (limits.from, Instant::now());
    while !worker.is_finished() {
        thread::sleep(Duration::from_millis(20));
        let now = watched.load(Ordering::Relaxed);
        if now != last {
            (last, since) = (now, Instant::now());
        } else if since.elapsed() > LONGEST {
            let Limits { seed, .. } = limits;
            eprintln!(
                "{}: run {now} of seed {seed} hangs:\n{}",
                target.name,
                (target.show)(&input(&(target.seeds)(), seed, now))
            );
            process::exit(1);
        }
    }
    worker
        .join()
        .unwrap_or_else(|_| Err("the runner itself failed".to_owned()))
}

fn each(target: &Target, limits: Limits, current: &AtomicU64) -> Result<(), String> {
    let Limits { seed, from, .. } = limits;
    let seeds = (target.seeds)();
    let begin = Instant::now();
    let mut outcomes = BTreeMap::<String, u64>::new();
    let mut runs = 0;
    while runs < limits.runs && begin.elapsed() < limits.time {
        let number = from + runs;
        current.store(number, Ordering::Relaxed);
        let input = input(&seeds, seed, number);
        match panic::catch_unwind(|| (target.run)(&input)) {
            Ok(outcome) => *outcomes.entry(outcome).or_default() += 1,
            Err(_) => {
                let (name, shown) = (target.name, (target.show)(&input));
                return Err(format!(
                    "{name}: run {number} of seed {seed} failed; again: \
                     run {name} --seed {seed} --from {number} --runs 1\n{shown}"
                ));
            }
        }
        runs += 1;
    }
    let seconds = begin.elapsed().as_secs_f64();
    println!(
        "{}: {runs} runs in {seconds:.1} s, seed {seed}",
        target.name
    );
    for (outcome, count) in outcomes {
        println!("{count:10} {outcome}");
    }
    Ok(())
}

/// The input of a run: first every seed as it is, then changes to them. Nothing but the two numbers
/// decides about it.
fn input(seeds: &[Vec<u8>], seed: u64, number: u64) -> Vec<u8> {
    let index = usize::try_from(number).unwrap_or(usize::MAX);
    if let Some(input) = seeds.get(index) {
        return input.clone();
    }
    let mut rng = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number);
    let pick = |rng: &mut Rng| rng.choice(seeds).cloned().unwrap_or_default();
    let mut input = pick(&mut rng);
    // The targets take the bytes behind a seed for changes to what it stands for.
    let more = 1 << rng.u32(0..8);
    let more = rng.usize(0..more);
    input.extend((0..more).map(|_| rng.u8(..)));
    for _ in 0..rng.u32(0..4) {
        if input.is_empty() {
            break;
        }
        let place = rng.usize(0..input.len());
        match rng.u32(0..6) {
            0 => input[place] ^= 1 << rng.u32(0..8),
            1 => input[place] = rng.u8(..),
            2 => drop(input.remove(place)),
            3 => input.insert(place, rng.u8(..)),
            4 => input.truncate(place),
            _ => {
                let other = pick(&mut rng);
                let from = rng.usize(0..=other.len());
                input.truncate(place);
                input.extend_from_slice(&other[from..]);
            }
        }
    }
    input
}
