//! The promises of `stream()`: when a list ends, which pages are fetched, and what an error does.
//! On CDNfly, whose replies count, and on VPS.org, whose replies say whether there is more.

#![cfg(all(feature = "cdnfly", feature = "vps-org"))]

mod support;

use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt};
use hosting_apis::cdnfly::types::Site;
use hosting_apis::{Error, ErrorKind, Id, Items, RetryPolicy, cdnfly, vps_org};
use serde_json::{Value, json};
use support::{Answer, Request, Server};
use tokio::sync::Barrier;

fn cdnfly_client(server: &Server) -> cdnfly::Client {
    let credentials = cdnfly::Credentials::api_key("K", "S");
    let builder = cdnfly::Client::builder(credentials).base_url(server.url());
    builder.retry(RetryPolicy::never()).build().unwrap()
}

fn vps_org_client(server: &Server) -> vps_org::Client {
    let credentials = vps_org::Credentials::token("vps_t");
    let builder = vps_org::Client::builder(credentials).base_url(server.url());
    builder.retry(RetryPolicy::never()).build().unwrap()
}

/// A number of the query.
fn query(request: &Request, name: &str) -> Option<i64> {
    let (_, query) = request.target.split_once('?')?;
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap();
    let value = pairs.into_iter().find(|(found, _)| found == name)?.1;
    Some(value.parse().unwrap())
}

/// A page of a list of ids from 1 on.
fn rows(total: i64, page: i64, size: i64) -> Vec<Value> {
    let ids = (page - 1) * size + 1..=(page * size).min(total);
    ids.map(|id| json!({ "id": id })).collect()
}

/// The page that a request asks for: of 10 unless it says otherwise, and 0 is all of them.
fn page_of(total: i64, request: &Request) -> Vec<Value> {
    let size = match query(request, "limit").unwrap_or(10) {
        0 => total,
        limit => limit,
    };
    rows(total, query(request, "page").unwrap_or(1), size)
}

fn page(count: Value, rows: Vec<Value>) -> Answer {
    let body = json!({"code": 0, "count": count, "data": rows});
    support::json(200, &body.to_string())
}

/// A panel with that many sites, which says so if it counts, and a client of it.
async fn sites(total: i64, count: Value) -> (Server, cdnfly::Client) {
    let server = Server::start(move |request| page(count.clone(), page_of(total, request))).await;
    let client = cdnfly_client(&server);
    (server, client)
}

fn targets(server: &Server) -> Vec<String> {
    let requests = server.requests().into_iter();
    requests.map(|request| request.target).collect()
}

fn ids(sites: &[Site]) -> Vec<Id> {
    sites.iter().filter_map(|site| site.id.clone()).collect()
}

fn numbers(ids: std::ops::RangeInclusive<i64>) -> Vec<Id> {
    ids.map(Id::from).collect()
}

/// What is left of a stream, with the items that came before an error.
async fn drained(mut sites: Items<'_, Site>) -> (Vec<Id>, Option<Error>) {
    let mut found = Vec::new();
    while let Some(site) = sites.next().await {
        match site {
            Ok(site) => found.extend(site.id),
            Err(error) => {
                assert!(sites.next().await.is_none(), "an error ends it");
                return (found, Some(error));
            }
        }
    }
    assert!(sites.next().await.is_none(), "the end stays the end");
    (found, None)
}

// ---------------------------------------------------------------------------------------------
// The end

#[tokio::test]
async fn it_ends_at_the_count() {
    // The count, as a number or as text, the limit, and how many pages that makes.
    let rows = [
        (5, json!(5), 2, 3),
        (4, json!(4), 2, 2),
        (4, json!("4"), 2, 2),
        (1, json!(1), 2, 1),
        (3, json!(3), 1, 3),
    ];
    for (total, count, limit, pages) in rows {
        let (server, client) = sites(total, count.clone()).await;
        let all = client.list_sites().limit(limit).stream().all().await;
        assert_eq!(ids(&all.unwrap()), numbers(1..=total), "{count}");
        let expected: Vec<String> = (1..=pages)
            .map(|page| format!("/v1/sites?limit={limit}&page={page}"))
            .collect();
        assert_eq!(targets(&server), expected, "{count}");
    }
}

#[tokio::test]
async fn without_a_count_it_ends_at_a_page_that_is_not_full() {
    // The limit, and how many pages are fetched until one is short, empty at the latest.
    let rows = [
        (5, Some(2), 3),
        (4, Some(2), 3),
        (25, None, 3),
        (7, None, 2),
    ];
    for (total, limit, pages) in rows {
        for count in [json!(null), json!("")] {
            let (server, client) = sites(total, count).await;
            let call = client.list_sites();
            let call = limit
                .into_iter()
                .fold(call, |call, limit: i64| call.limit(limit));
            let (found, error) = drained(call.stream()).await;
            assert!(error.is_none());
            assert_eq!(found, numbers(1..=total));
            assert_eq!(server.requests().len(), pages, "{total} by {limit:?}");
        }
    }
}

#[tokio::test]
async fn a_count_that_promises_too_much_ends_at_an_empty_page() {
    let (server, client) = sites(3, json!(99)).await;
    let (found, error) = drained(client.list_sites().limit(2).stream()).await;
    assert!(error.is_none());
    assert_eq!(found, numbers(1..=3));
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_page_that_the_server_makes_smaller_is_not_the_end() {
    // Asked for 100, it gives 2.
    let server = Server::start(|request| {
        assert_eq!(query(request, "limit"), Some(100));
        page(json!(5), rows(5, query(request, "page").unwrap(), 2))
    })
    .await;
    let client = cdnfly_client(&server);
    let (found, _) = drained(client.list_sites().limit(100).stream()).await;
    assert_eq!(found, numbers(1..=5));
    // From a later page as well.
    let (found, _) = drained(client.list_sites().limit(100).page(2).stream()).await;
    assert_eq!(found, numbers(3..=5));
}

#[tokio::test]
async fn a_limit_of_0_is_one_page() {
    for count in [json!(null), json!(31), json!(99)] {
        let (server, client) = sites(31, count).await;
        let (found, _) = drained(client.list_sites().limit(0).stream()).await;
        assert_eq!(found, numbers(1..=31));
        assert_eq!(targets(&server), ["/v1/sites?limit=0&page=1"]);
    }
}

#[tokio::test]
async fn an_empty_list_is_one_request_and_no_item() {
    for count in [json!(null), json!(0), json!(7)] {
        let (server, client) = sites(0, count).await;
        assert!(client.list_sites().stream().all().await.unwrap().is_empty());
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn it_begins_at_the_page_that_was_set() {
    // The rows before it count as well: of 6 with 2 a page, none is due after the third.
    let (server, client) = sites(6, json!(6)).await;
    let (found, _) = drained(client.list_sites().page(3).limit(2).stream()).await;
    assert_eq!(found, numbers(5..=6));
    assert_eq!(targets(&server), ["/v1/sites?limit=2&page=3"]);

    let (server, client) = sites(45, json!(45)).await;
    let (found, _) = drained(client.list_sites().page(3).stream()).await;
    assert_eq!(found, numbers(21..=45));
    assert_eq!(server.requests().len(), 3);

    // Beyond the end there is nothing.
    let (server, client) = sites(6, json!(6)).await;
    let (found, _) = drained(client.list_sites().page(9).limit(2).stream()).await;
    assert!(found.is_empty());
    assert_eq!(server.requests().len(), 1);
}

// ---------------------------------------------------------------------------------------------
// Requests

#[tokio::test]
async fn no_page_is_fetched_before_its_first_item_is_asked_for() {
    let (server, client) = sites(6, json!(6)).await;
    // Another call, there and back, by the end of which the server has what was sent before it.
    let pages = async || {
        client.list_certs().await.unwrap();
        let targets = targets(&server).into_iter();
        targets.filter(|t| t.starts_with("/v1/sites")).count()
    };
    drop(client.list_sites().limit(2).stream());
    let mut sites = client.list_sites().limit(2).stream();
    assert_eq!(pages().await, 0);
    for (item, fetched) in [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)] {
        let site = sites.next().await.unwrap().unwrap();
        assert_eq!(site.id, Some(item.into()));
        assert_eq!(pages().await, fetched, "after item {item}");
    }
    drop(sites);
    assert_eq!(pages().await, 3);
}

#[tokio::test]
async fn filters_and_the_limit_go_with_every_page() {
    let (server, client) = sites(3, json!(3)).await;
    let call = client.list_sites().domain("a&b.example.com").enable(true);
    call.state("512").limit(2).stream().all().await.unwrap();
    let with = "domain=a%26b.example.com&enable=true&limit=2";
    assert_eq!(
        targets(&server),
        [
            format!("/v1/sites?{with}&page=1&state=512"),
            format!("/v1/sites?{with}&page=2&state=512"),
        ]
    );
    for request in server.requests() {
        assert_eq!(request.header("api-key"), Some("K"));
    }
}

#[tokio::test]
async fn a_next_that_is_given_up_loses_nothing() {
    let gate = Arc::new(Barrier::new(2));
    let answer = page(json!(2), vec![json!({"id": 1}), json!({"id": 2})]).at(&gate);
    let server = Server::always(answer).await;
    let client = cdnfly_client(&server);
    let mut sites = client.list_sites().stream();
    tokio::select! {
        biased;
        _ = sites.next() => panic!("nobody answers yet"),
        () = server.has_got(1) => {}
    }
    gate.wait().await;
    let (found, error) = drained(sites).await;
    assert!(error.is_none());
    assert_eq!(found, numbers(1..=2));
    assert_eq!(server.requests().len(), 1);
}

// ---------------------------------------------------------------------------------------------
// Errors

#[tokio::test]
async fn an_error_comes_in_place_of_an_item_and_is_the_last() {
    let failure = json!({"code": "site-1", "msg": "权限不足"});
    let failing = move |page: i64| {
        let failure = support::json(200, &failure.to_string());
        move |request: &Request| match query(request, "page") {
            Some(n) if n == page => failure.clone(),
            _ => self::page(json!(9), page_of(9, request)),
        }
    };
    for (page, before) in [(1, 0), (2, 2), (3, 4)] {
        let server = Server::start(failing(page)).await;
        let client = cdnfly_client(&server);
        let (found, error) = drained(client.list_sites().limit(2).stream()).await;
        assert_eq!(found, numbers(1..=before));
        let error = error.unwrap();
        assert_eq!(error.kind(), ErrorKind::Api);
        assert_eq!(error.code(), Some("site-1"));
        assert_eq!(error.operation(), Some("cdnfly.listSites"));
        assert_eq!(server.requests().len() as i64, page);

        let all = client.list_sites().limit(2).stream().all().await;
        assert_eq!(all.unwrap_err().code(), Some("site-1"));
        assert_eq!(server.requests().len() as i64, 2 * page);
    }
}

#[tokio::test]
async fn a_page_that_can_not_be_read_gives_none_of_its_items() {
    let server = Server::start(|request| {
        let mut rows = page_of(4, request);
        if query(request, "page") == Some(2) {
            rows[1] = json!({"enable": "perhaps"});
        }
        page(json!(4), rows)
    })
    .await;
    let client = cdnfly_client(&server);
    let (found, error) = drained(client.list_sites().limit(2).stream()).await;
    assert_eq!(found, numbers(1..=2));
    assert_eq!(error.unwrap().kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn a_page_is_retried_like_any_call() {
    let mut left = vec![support::json(503, ""), support::json(503, "")];
    let server = Server::start(move |request| match query(request, "page") {
        Some(2) if !left.is_empty() => left.remove(0),
        _ => page(json!(3), page_of(3, request)),
    })
    .await;
    let mut policy = RetryPolicy::default();
    policy.base_delay = std::time::Duration::ZERO;
    let builder = cdnfly::Client::builder(cdnfly::Credentials::api_key("K", "S"));
    let client = builder
        .base_url(server.url())
        .retry(policy)
        .build()
        .unwrap();
    let (found, error) = drained(client.list_sites().limit(2).stream()).await;
    assert!(error.is_none());
    assert_eq!(found, numbers(1..=3));
    assert_eq!(server.requests().len(), 4);
}

// ---------------------------------------------------------------------------------------------
// Where replies say whether there is more

/// A page of VPS.org: whatever the URL of `next` is, only that there is one means anything.
fn vps_page(request: &Request, pages: i64) -> Answer {
    let page = query(request, "page").unwrap_or(1);
    let next = (page < pages).then_some("http://192.0.2.1:1/api/v1/servers/?page=77&token=x");
    let rows = [json!({ "id": 10 * page }), json!({ "id": 10 * page + 1 })];
    let body = json!({"count": 1000, "next": next, "previous": null, "results": rows});
    support::json(200, &body.to_string())
}

#[tokio::test]
async fn it_goes_on_while_there_is_a_next_and_by_the_number_of_the_page() {
    let server = Server::start(|request| vps_page(request, 3)).await;
    let client = vps_org_client(&server);
    let servers = client.list_servers().status("active").page_size(2).stream();
    let servers = servers.all().await.unwrap();
    let found: Vec<Id> = servers.into_iter().filter_map(|s| s.id).collect();
    assert_eq!(found, [10, 11, 20, 21, 30, 31].map(Id::from));
    assert_eq!(
        targets(&server),
        [
            "/servers/?page=1&page_size=2&status=active",
            "/servers/?page=2&page_size=2&status=active",
            "/servers/?page=3&page_size=2&status=active",
        ]
    );

    let server = Server::start(|request| vps_page(request, 5)).await;
    let client = vps_org_client(&server);
    let domains = client.list_domains().page(4).stream().all().await.unwrap();
    let found: Vec<Id> = domains.into_iter().filter_map(|domain| domain.id).collect();
    assert_eq!(found, [40, 41, 50, 51].map(Id::from));
    assert_eq!(targets(&server), ["/domains/?page=4", "/domains/?page=5"]);
}

#[tokio::test]
async fn without_a_next_it_is_one_page_whatever_the_count_says() {
    let rows = json!([{"id": 1}, {"id": 2}]);
    let bodies = [
        json!({"count": 9, "next": null, "results": rows}),
        json!({"count": 9, "next": "", "results": rows}),
        json!({"count": 9, "results": rows}),
        rows.clone(),
    ];
    for body in bodies {
        let server = Server::always(support::json(200, &body.to_string())).await;
        let client = vps_org_client(&server);
        let domains = client.list_domains().stream().all().await.unwrap();
        assert_eq!(domains.len(), 2, "{body}");
        assert_eq!(targets(&server), ["/domains/?page=1"], "{body}");
    }
}

#[tokio::test]
async fn an_empty_page_is_the_end_even_if_it_has_a_next() {
    let body = json!({"count": 9, "next": "https://example.net/?page=2", "results": []});
    let server = Server::always(support::json(200, &body.to_string())).await;
    let client = vps_org_client(&server);
    assert!(
        client
            .list_domains()
            .stream()
            .all()
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(server.requests().len(), 1);
}

// ---------------------------------------------------------------------------------------------
// In a program

#[tokio::test]
async fn the_combinators_of_futures_take_it() {
    let (server, client) = sites(9, json!(9)).await;
    let stream = || client.list_sites().limit(2).stream();
    let three: Vec<Site> = stream().take(3).try_collect().await.unwrap();
    assert_eq!(ids(&three), numbers(1..=3));
    assert_eq!(server.requests().len(), 2, "no more than that takes");

    let even = stream().try_filter(|site| {
        let even = matches!(site.id, Some(Id::Integer(id)) if id % 2 == 0);
        std::future::ready(even)
    });
    let even: Vec<Site> = even.try_collect().await.unwrap();
    assert_eq!(ids(&even), [2, 4, 6, 8].map(Id::from));

    // As a trait object, and after its end.
    let mut any: futures_util::stream::BoxStream<'_, Result<Site, Error>> = stream().boxed();
    while any.try_next().await.unwrap().is_some() {}
    assert!(any.next().await.is_none());
}

#[tokio::test]
async fn its_debug_says_where_it_is_and_not_what_it_has() {
    let answer = page(json!(9), vec![json!({"name": "private"}), json!({"id": 2})]);
    let server = Server::always(answer).await;
    let client = cdnfly_client(&server);
    let mut sites = client.list_sites().stream();
    assert_eq!(
        format!("{sites:?}"),
        "Items { next_page: Some(1), seen: 0, .. }"
    );
    sites.next().await.unwrap().unwrap();
    assert_eq!(
        format!("{sites:?}"),
        "Items { next_page: Some(2), seen: 2, .. }"
    );
}
