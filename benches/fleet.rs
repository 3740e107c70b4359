//! 1,000 clients with different credentials over one pool, 64 calls at a time; and one client, one
//! call at a time: `cargo bench --features mock --bench fleet`.
//!
//! The contenders take turns, in the order A B B A, so that a machine that grows slower or faster
//! meanwhile does so for both. Everything of the client runs on one thread and the server in a
//! process of its own, so that throughput is what the client's code leaves of a processor.

mod support;

use std::cell::Cell;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::runtime::Builder;

use support::server::{self, Server};
use support::{by_hand, ours};

/// Clients, and calls at a time.
const FLEETS: [(u64, usize); 2] = [(1000, 64), (1, 1)];
/// Of a round: few, so that the contenders change places often.
const CALLS: usize = 4_000;
const ROUNDS: usize = 200;
/// What the ratio of throughputs of the first should be at least.
const TARGET: f64 = 0.97;

fn main() {
    server::run_if_asked();
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.unwrap();
    for (clients, at_a_time) in FLEETS {
        runtime.block_on(compare(clients, at_a_time));
    }
    println!("\nThe target of the first is {TARGET}.");
}

async fn compare(clients: u64, at_a_time: usize) {
    let server = Server::start();
    let url = server.url(0);
    let http = hosting_apis::http_client().unwrap();
    let ours: Vec<_> = (0..clients)
        .map(|veid| ours::kiwivm(&url, Some(http.clone()), veid))
        .collect();
    let http = by_hand::http_client();
    let by_hand: Vec<_> = (0..clients)
        .map(|veid| by_hand::KiwiVm::new(http.clone(), &url, veid))
        .collect();

    let our_call = async |n: usize| drop(ours[n % ours.len()].get_service_info().await.unwrap());
    let their_call =
        async |n: usize| drop(by_hand[n % by_hand.len()].get_service_info().await.unwrap());
    // Connections are opened in a round that doesn't count.
    let before = server.connections().await;
    round(at_a_time, our_call).await;
    let between = server.connections().await;
    round(at_a_time, their_call).await;
    let after = server.connections().await;
    // The question itself takes a connection.
    let opened = [between - before - 1, after - between - 1];

    let mut results = [Vec::new(), Vec::new()];
    let mut ratios = Vec::new();
    for n in 0..ROUNDS {
        let (mine, theirs);
        if n % 2 == 0 {
            mine = round(at_a_time, our_call).await;
            theirs = round(at_a_time, their_call).await;
        } else {
            theirs = round(at_a_time, their_call).await;
            mine = round(at_a_time, our_call).await;
        }
        ratios.push(theirs.time.as_secs_f64() / mine.time.as_secs_f64());
        results[0].push(mine);
        results[1].push(theirs);
    }

    println!(
        "\n| clients: {clients}, calls at a time: {at_a_time} | calls a second | p50 | p99 | connections |"
    );
    println!("| --- | ---: | ---: | ---: | ---: |");
    for ((contender, rounds), opened) in ["ours", "by hand"].iter().zip(results).zip(opened) {
        let time: Duration = rounds.iter().map(|round| round.time).sum();
        let throughput = (CALLS * ROUNDS) as f64 / time.as_secs_f64();
        let mut latencies: Vec<_> = rounds.into_iter().flat_map(|r| r.latencies).collect();
        latencies.sort();
        let percentile = |percent: usize| latencies[latencies.len() * percent / 100];
        let (p50, p99) = (percentile(50), percentile(99));
        println!("| {contender} | {throughput:.0} | {p50:.1?} | {p99:.1?} | {opened} |");
    }
    ratios.sort_by(f64::total_cmp);
    let [low, median, high] = [ROUNDS / 4, ROUNDS / 2, ROUNDS * 3 / 4].map(|n| ratios[n]);
    println!(
        "\nThroughput, ours / by hand: {median:.3}, half of the rounds from {low:.3} to {high:.3}."
    );
}

struct Round {
    time: Duration,
    latencies: Vec<Duration>,
}

/// Makes all calls, so many at a time, each by the next client.
async fn round(at_a_time: usize, call: impl AsyncFn(usize)) -> Round {
    let next = Cell::new(0);
    let start = Instant::now();
    let worker = async || {
        let mut latencies = Vec::with_capacity(CALLS / at_a_time * 2);
        loop {
            let n = next.replace(next.get() + 1);
            if n >= CALLS {
                return latencies;
            }
            let start = Instant::now();
            call(n).await;
            latencies.push(start.elapsed());
        }
    };
    let latencies = join_all((0..at_a_time).map(|_| worker())).await.concat();
    Round {
        time: start.elapsed(),
        latencies,
    }
}
