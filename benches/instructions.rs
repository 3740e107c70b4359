//! How many instructions calls take, by callgrind: `cargo bench --features mock --bench instructions`,
//! with words of the cases to count (`-- listSites`) or without. It exits with 1 if a ratio is over its
//! limit.
//!
//! The limits are ratios to the opponent by hand, which hold on any processor and toolchain; gungraun
//! compares counts with those of an earlier run or with fixed numbers, and has no limit for the ratio
//! of two functions.
//!
//! Callgrind counts what this process does in user space: not the kernel's part of the socket, and
//! not the server.

mod support;

use std::env;
use std::hint::black_box;
use std::process::{Command, ExitCode, Stdio};

use tokio::runtime::{Builder, Runtime};

use support::server::{self, Server};
use support::{MB, bare, bodies, by_hand, ours};

/// What is counted, and how many times the instructions of the opponent by hand it may take.
const CASES: &[(&str, f64)] = &[
    ("call getServiceInfo", 1.05),
    ("decode getServiceInfo 2 KB", 1.15),
    ("decode getRawUsageStats 1 MB", 1.15),
    ("decode getRawUsageStats 20 MB", 1.15),
    ("decode listSites 1 MB", 1.15),
    ("decode listSites 20 MB", 1.15),
];
const CONTENDERS: [&str; 3] = ["ours", "by hand", "bare"];

/// How often what is small is done, so that what isn't the same each time is lost in it.
const TIMES: u64 = 200;

/// Where a process under callgrind finds its case, contender and server.
const CASE: &str = "HOSTING_APIS_BENCH_CASE";
const CONTENDER: &str = "HOSTING_APIS_BENCH_CONTENDER";
const URL: &str = "HOSTING_APIS_BENCH_URL";

fn main() -> ExitCode {
    server::run_if_asked();
    if let (Ok(case), Ok(contender)) = (env::var(CASE), env::var(CONTENDER)) {
        run(&case, &contender);
        return ExitCode::SUCCESS;
    }
    if let Err(error) = valgrind().arg("--version").stdout(Stdio::null()).status() {
        eprintln!("valgrind can't be run ({error}); it is the package `valgrind` of most systems");
        return ExitCode::from(2);
    }
    let words: Vec<_> = env::args()
        .skip(1)
        .filter(|a| !a.starts_with('-'))
        .collect();
    let is_asked = |case: &str| words.iter().all(|word| case.contains(word.as_str()));

    let server = Server::start();
    let mut over = false;
    println!("| instructions | ours | by hand | bare | ours / by hand | limit |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    for (case, limit) in CASES.iter().filter(|(case, _)| is_asked(case)) {
        let [ours, by_hand, bare] = CONTENDERS.map(|contender| count(case, contender, &server));
        let ratio = ours as f64 / by_hand as f64;
        over |= ratio > *limit;
        println!("| {case} | {ours} | {by_hand} | {bare} | {ratio:.3} | {limit} |");
    }
    if over {
        eprintln!("a ratio is over its limit");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn valgrind() -> Command {
    Command::new("valgrind")
}

/// The instructions of one call, or of decoding one body.
fn count(case: &str, contender: &str, server: &Server) -> u64 {
    let output = valgrind()
        .arg("--tool=callgrind")
        .arg("--callgrind-out-file=/dev/null")
        .arg("--toggle-collect=*::counted_region")
        .arg(env::current_exe().unwrap())
        .env(CASE, case)
        .env(CONTENDER, contender)
        .env(URL, server.url(0))
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{report}");
    let collected = report
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    let counted = collected.and_then(|(_, count)| count.trim().parse::<u64>().ok());
    let counted = counted.filter(|count| *count > 0);
    let counted = counted.unwrap_or_else(|| panic!("no count in: {report}"));
    counted / times(case)
}

fn times(case: &str) -> u64 {
    if case.ends_with("MB") { 1 } else { TIMES }
}

/// What callgrind counts. Its name stands in the options above.
#[inline(never)]
fn counted_region(run: &mut dyn FnMut()) {
    run();
    black_box(());
}

fn run(case: &str, contender: &str) {
    let times = times(case);
    let words: Vec<_> = case.split(' ').collect();
    match words[..] {
        ["call", "getServiceInfo"] => call(contender),
        ["decode", "getServiceInfo", _, "KB"] => decode(
            contender,
            times,
            bodies::service_info(),
            ours::service_info,
            by_hand::decode::<by_hand::ServiceInfo>,
            bare::decode::<bare::types::GetServiceInfoResponse>,
        ),
        ["decode", "getRawUsageStats", size, "MB"] => decode(
            contender,
            times,
            bodies::usage(size.parse::<usize>().unwrap() * MB),
            ours::usage,
            by_hand::decode::<by_hand::RawUsageStats>,
            bare::decode::<bare::types::GetRawUsageStatsResponse>,
        ),
        ["decode", "listSites", size, "MB"] => decode(
            contender,
            times,
            bodies::sites(size.parse::<usize>().unwrap() * MB),
            ours::sites,
            by_hand::decode::<by_hand::SiteList>,
            bare::decode::<bare::types::SiteList>,
        ),
        _ => panic!("there is no case {case}"),
    }
}

fn decode<A, B, C>(
    contender: &str,
    times: u64,
    body: Vec<u8>,
    ours: fn(Vec<u8>) -> A,
    by_hand: fn(Vec<u8>) -> B,
    bare: fn(Vec<u8>) -> C,
) {
    match contender {
        "ours" => decode_all(body, times, ours),
        "by hand" => decode_all(body, times, by_hand),
        _ => decode_all(body, times, bare),
    }
}

/// Without the freeing of what came of it.
fn decode_all<T>(body: Vec<u8>, times: u64, decode: fn(Vec<u8>) -> T) {
    let bodies = vec![body; times as usize];
    let mut decoded = Vec::with_capacity(bodies.len() + 1);
    // The first time isn't like the others: the allocator tidies up after what was there before.
    decoded.push(decode(bodies[0].clone()));
    let mut bodies = bodies.into_iter();
    counted_region(&mut || decoded.extend(bodies.by_ref().map(decode)));
    black_box(decoded);
}

fn call(contender: &str) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let url = env::var(URL).unwrap();
    match contender {
        "ours" => {
            let client = ours::kiwivm(&url, None, 1);
            calls(&runtime, async || {
                drop(black_box(client.get_service_info().await.unwrap()))
            });
        }
        "by hand" => {
            let client = by_hand::KiwiVm::new(by_hand::http_client(), &url, 1);
            calls(&runtime, async || {
                drop(black_box(client.get_service_info().await.unwrap()))
            });
        }
        _ => {
            let client = bare::kiwivm(&url);
            calls(&runtime, async || {
                let credentials = bare::credentials(1);
                black_box(client.get_service_info(&credentials).await.unwrap());
            });
        }
    }
}

fn calls(runtime: &Runtime, call: impl AsyncFn()) {
    // The first one opens the connection.
    runtime.block_on(call());
    counted_region(&mut || {
        runtime.block_on(async {
            for _ in 0..TIMES {
                call().await;
            }
        });
    });
}
