//! How long calls take, and what of it is decoding: `cargo bench --features mock --bench calls`.

mod support;

use std::time::Duration;

use criterion::{BatchSize, BenchmarkGroup, Criterion, SamplingMode, measurement::WallTime};
use tokio::runtime::{Builder, Runtime};

use support::server::{self, Server};
use support::{MB, bare, bodies, by_hand, ours};

fn main() {
    server::run_if_asked();
    let mut criterion = Criterion::default().configure_from_args();
    end_to_end(&mut criterion);
    decoding(&mut criterion);
    criterion.final_summary();
}

/// On one thread, as each contender's calls would share it with its connection in a small program.
fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn end_to_end(criterion: &mut Criterion) {
    let server = Server::start();
    let runtime = runtime();
    let url = server.url(0);
    let mut group = criterion.benchmark_group("end to end/getServiceInfo 2 KB");
    group.measurement_time(Duration::from_secs(10));

    let client = ours::kiwivm(&url, None, 1);
    group.bench_function("ours", |b| {
        b.to_async(&runtime)
            .iter(async || client.get_service_info().await.unwrap())
    });
    let client = by_hand::KiwiVm::new(by_hand::http_client(), &url, 1);
    group.bench_function("by hand", |b| {
        b.to_async(&runtime)
            .iter(async || client.get_service_info().await.unwrap())
    });
    let client = bare::kiwivm(&url);
    group.bench_function("bare", |b| {
        b.to_async(&runtime).iter(async || {
            let body = bare::credentials(1);
            client.get_service_info(&body).await.unwrap()
        })
    });
    group.finish();

    for (size, bytes) in [("1 MB", MB), ("20 MB", 20 * MB)] {
        let url = server.url(bytes);
        let mut group = criterion.benchmark_group(format!("end to end/getRawUsageStats {size}"));
        large(&mut group);
        let client = ours::kiwivm(&url, None, 1);
        group.bench_function("ours", |b| {
            b.to_async(&runtime)
                .iter(async || client.get_raw_usage_stats().await.unwrap())
        });
        let client = by_hand::KiwiVm::new(by_hand::http_client(), &url, 1);
        group.bench_function("by hand", |b| {
            b.to_async(&runtime)
                .iter(async || client.get_raw_usage_stats().await.unwrap())
        });
        group.finish();
    }
}

fn decoding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decoding/getServiceInfo 2 KB");
    let body = bodies::service_info();
    bench(&mut group, "ours", &body, ours::service_info);
    bench(
        &mut group,
        "by hand",
        &body,
        by_hand::decode::<by_hand::ServiceInfo>,
    );
    bench(
        &mut group,
        "bare",
        &body,
        bare::decode::<bare::types::GetServiceInfoResponse>,
    );
    group.finish();

    for (size, bytes) in [("1 MB", MB), ("20 MB", 20 * MB)] {
        let mut group = criterion.benchmark_group(format!("decoding/getRawUsageStats {size}"));
        large(&mut group);
        let body = bodies::usage(bytes);
        bench(&mut group, "ours", &body, ours::usage);
        bench(
            &mut group,
            "by hand",
            &body,
            by_hand::decode::<by_hand::RawUsageStats>,
        );
        bench(
            &mut group,
            "bare",
            &body,
            bare::decode::<bare::types::GetRawUsageStatsResponse>,
        );
        // What neither of the others can read.
        bench(
            &mut group,
            "ours, of numbers as text",
            &bodies::usage_as_text(bytes),
            ours::usage,
        );
        group.finish();

        let mut group = criterion.benchmark_group(format!("decoding/listSites {size}"));
        large(&mut group);
        let body = bodies::sites(bytes);
        bench(&mut group, "ours", &body, ours::sites);
        bench(
            &mut group,
            "by hand",
            &body,
            by_hand::decode::<by_hand::SiteList>,
        );
        bench(
            &mut group,
            "bare",
            &body,
            bare::decode::<bare::types::SiteList>,
        );
        group.finish();
    }
}

/// Few samples: each takes long enough by itself.
fn large(group: &mut BenchmarkGroup<'_, WallTime>) {
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
}

/// A contender that takes the body over, as the one that reads a reply does.
fn bench<T>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    contender: &str,
    body: &[u8],
    decode: impl Fn(Vec<u8>) -> T,
) {
    group.bench_function(contender, |b| {
        b.iter_batched(|| body.to_vec(), &decode, BatchSize::PerIteration)
    });
}
