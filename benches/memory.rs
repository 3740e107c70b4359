//! What calls allocate, what they hold at their peak, and what a client holds:
//! `cargo bench --features mock --bench memory`. It exits with 1 if a target is missed.
//!
//! dhat counts: a block is an allocation or a reallocation, and a reallocation resizes what is held.
//! All is measured end to end, so with what reqwest and hyper take.

mod support;

use std::process::ExitCode;

use dhat::{HeapStats, Profiler};
use tokio::runtime::Builder;

use support::server::{self, Server};
use support::{MB, bare, bodies, by_hand, ours};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// What a peak may hold beyond the body and the typed result.
const EXCESS: i64 = 64 << 10;
/// What a client may hold beyond its credentials.
const CLIENT: i64 = 1 << 10;

const CALLS: u64 = 100;
const FLEET: u64 = 1000;

fn main() -> ExitCode {
    server::run_if_asked();
    let runtime = Builder::new_current_thread().enable_all().build();
    let met = runtime.unwrap().block_on(async {
        let server = Server::start();
        allocations(&server).await;
        let peaks = peaks(&server).await;
        clients(&server) && peaks
    });
    if met {
        ExitCode::SUCCESS
    } else {
        eprintln!("a target is missed");
        ExitCode::FAILURE
    }
}

/// Counts from here until it is dropped. Blocks that are older don't count, nor does freeing them.
fn count() -> Profiler {
    Profiler::builder().testing().build()
}

async fn allocations(server: &Server) {
    println!("| a call of getServiceInfo, 2 KB | allocations | bytes allocated |");
    println!("| --- | ---: | ---: |");
    let url = server.url(0);
    let client = ours::kiwivm(&url, None, 1);
    allocations_of("ours", async || {
        drop(client.get_service_info().await.unwrap())
    })
    .await;
    let client = by_hand::KiwiVm::new(by_hand::http_client(), &url, 1);
    allocations_of("by hand", async || {
        drop(client.get_service_info().await.unwrap())
    })
    .await;
    let client = bare::kiwivm(&url);
    allocations_of("bare", async || {
        let credentials = bare::credentials(1);
        drop(client.get_service_info(&credentials).await.unwrap());
    })
    .await;
    println!();
}

async fn allocations_of(contender: &str, call: impl AsyncFn()) {
    // The first one opens the connection.
    call().await;
    let _counting = count();
    for _ in 0..CALLS {
        call().await;
    }
    let heap = HeapStats::get();
    let (blocks, bytes) = (heap.total_blocks / CALLS, heap.total_bytes / CALLS);
    println!("| {contender} | {blocks} | {bytes} |");
}

async fn peaks(server: &Server) -> bool {
    println!(
        "| bytes at the peak of a call | peak | body | result | connection | excess | target |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    let mut met = true;
    for (size, bytes) in [("1 MB", MB), ("20 MB", 20 * MB)] {
        let url = server.url(bytes);
        let case = format!("getRawUsageStats {size}");
        let body = bodies::usage(bytes).len();
        let client = ours::kiwivm(&url, None, 1);
        client.get_service_info().await.unwrap();
        met &= peak(&case, "ours", body, async || {
            client.get_raw_usage_stats().await.unwrap()
        })
        .await;
        let client = by_hand::KiwiVm::new(by_hand::http_client(), &url, 1);
        client.get_service_info().await.unwrap();
        peak(&case, "by hand", body, async || {
            client.get_raw_usage_stats().await.unwrap()
        })
        .await;

        let case = format!("listSites {size}");
        let body = bodies::sites(bytes).len();
        let client = ours::cdnfly(&url);
        met &= peak(&case, "ours", body, async || {
            client.list_sites().await.unwrap()
        })
        .await;
        let client = by_hand::Cdnfly::new(&url);
        peak(&case, "by hand", body, async || {
            client.list_sites().await.unwrap()
        })
        .await;
    }
    println!();
    met
}

/// Whether the peak of a call is within the target. What the connection keeps for the next reply,
/// hyper's buffer of 408 KiB at most, is no part of it: reqwest has no setting for that.
async fn peak<T>(case: &str, contender: &str, body: usize, call: impl AsyncFn() -> T) -> bool {
    let _counting = count();
    let reply = call().await;
    let heap = HeapStats::get();
    drop(reply);
    let connection = HeapStats::get().curr_bytes;
    let result = heap.curr_bytes - connection;
    let peak = heap.max_bytes;
    let excess = peak as i64 - (body + result + connection) as i64;
    println!(
        "| {case}, {contender} | {peak} | {body} | {result} | {connection} | {excess} | {EXCESS} |"
    );
    excess <= EXCESS
}

/// Whether what the clients of a fleet with one pool hold is within the target.
fn clients(server: &Server) -> bool {
    println!("| bytes that one of {FLEET} clients holds | all | credentials | beyond | target |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    let url = server.url(0);

    let http = hosting_apis::http_client().unwrap();
    let credentials =
        held(|veid| hosting_apis::kiwivm::Credentials::new(veid, bodies::api_key(veid)));
    let all = held(|veid| ours::kiwivm(&url, Some(http.clone()), veid));
    let beyond = all - credentials;
    println!("| ours | {all} | {credentials} | {beyond} | {CLIENT} |");
    let met = beyond <= CLIENT;

    let http = by_hand::http_client();
    let credentials = held(|veid| (veid, bodies::api_key(veid)));
    let all = held(|veid| by_hand::KiwiVm::new(http.clone(), &url, veid));
    let beyond = all - credentials;
    println!("| by hand | {all} | {credentials} | {beyond} | {CLIENT} |");
    met
}

/// The bytes of each of many values, what they point to included.
fn held<T>(make: impl Fn(u64) -> T) -> i64 {
    let mut values = Vec::with_capacity(FLEET as usize);
    let _counting = count();
    values.extend((0..FLEET).map(make));
    (HeapStats::get().curr_bytes as u64 / FLEET) as i64 + size_of::<T>() as i64
}
