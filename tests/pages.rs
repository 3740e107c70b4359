//! The promises of `stream()`: when a list ends, that it is whole or says that it isn't, which pages
//! are fetched, and what an error does.
//! On CDNfly, whose replies count, and on VPS.org, whose replies say whether there is more.

#![cfg(all(feature = "cdnfly", feature = "vps-org"))]

mod support;

use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt};
use hosting_apis::cdnfly::types::Site;
use hosting_apis::vps_org::types::Domain;
use hosting_apis::{Error, ErrorKind, Id, IncompleteList, Items, RetryPolicy, cdnfly, vps_org};
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

trait Row {
    fn id(self) -> Option<Id>;
}

impl Row for Site {
    fn id(self) -> Option<Id> {
        self.id
    }
}

impl Row for Domain {
    fn id(self) -> Option<Id> {
        self.id
    }
}

/// What is left of a stream, with the items that came before an error.
async fn drained<T: Row>(mut sites: Items<'_, T>) -> (Vec<Id>, Option<Error>) {
    let mut found = Vec::new();
    while let Some(site) = sites.next().await {
        match site {
            Ok(site) => found.extend(site.id()),
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
    for count in [json!(null), json!(0), json!(31)] {
        let (server, client) = sites(31, count).await;
        let (found, _) = drained(client.list_sites().limit(0).stream()).await;
        assert_eq!(found, numbers(1..=31));
        assert_eq!(targets(&server), ["/v1/sites?limit=0&page=1"]);
    }
}

#[tokio::test]
async fn an_empty_list_is_one_request_and_no_item() {
    for count in [json!(null), json!(0)] {
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
// Lists that aren't whole

#[track_caller]
fn assert_incomplete(error: Option<Error>, operation: &str, said: &str) {
    let error = error.expect("the list isn't whole");
    assert_eq!(error.kind(), ErrorKind::Incomplete);
    assert_eq!(error.operation(), Some(operation));
    assert!(!error.is_retryable());
    assert_eq!(
        error.to_string(),
        format!("{operation}: incomplete list: {said}")
    );
}

/// What a stream of sites gives, and that it ends like this.
#[track_caller]
fn assert_ends(ended: (Vec<Id>, Option<Error>), items: i64, said: &str) {
    assert_eq!(ended.0, numbers(1..=items));
    assert_incomplete(ended.1, "cdnfly.listSites", said);
}

#[tokio::test]
async fn a_count_that_promises_too_much_is_an_error_after_the_items() {
    let (server, client) = sites(3, json!(99)).await;
    let ended = drained(client.list_sites().limit(2).stream()).await;
    let said = "the server says that there are 99 items, and gave 3 in 2 pages, then none";
    assert_ends(ended, 3, said);
    assert_eq!(server.requests().len(), 3);

    let (server, client) = sites(10, json!(25)).await;
    let ended = drained(client.list_sites().stream()).await;
    let said = "the server says that there are 25 items, and gave 10 in 1 page, then none";
    assert_ends(ended, 10, said);
    assert_eq!(server.requests().len(), 2);

    for (count, said) in [
        (7, "the server says that there are 7 items, and gave none"),
        (1, "the server says that there is 1 item, and gave none"),
    ] {
        let (server, client) = sites(0, json!(count)).await;
        assert_ends(drained(client.list_sites().stream()).await, 0, said);
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn more_items_than_the_count_are_an_error_after_them() {
    let (server, client) = sites(10, json!(5)).await;
    let ended = drained(client.list_sites().stream()).await;
    let said = "the server says that there are 5 items, and gave 10 in 1 page";
    assert_ends(ended, 10, said);
    assert_eq!(server.requests().len(), 1);

    // One that came before is no item more: here the last page is filled up with it.
    let server = Server::start(|request| match query(request, "page") {
        Some(3) => page(json!(5), vec![json!({"id": 4}), json!({"id": 5})]),
        _ => page(json!(5), page_of(5, request)),
    })
    .await;
    let client = cdnfly_client(&server);
    let (found, error) = drained(client.list_sites().limit(2).stream()).await;
    assert!(error.is_none());
    assert_eq!(found, [1, 2, 3, 4, 4, 5].map(Id::from));
}

#[tokio::test]
async fn a_page_of_repetitions_is_an_error_and_a_repetition_is_not() {
    // A panel that gives its first page whatever it is asked for.
    for count in [json!(null), json!(9)] {
        let server = Server::start(move |_| page(count.clone(), rows(9, 1, 3))).await;
        let client = cdnfly_client(&server);
        let ended = drained(client.list_sites().limit(3).stream()).await;
        let said = "page 2 holds nothing but what is among the 3 items before it: the server \
                    seems to ignore `page`";
        assert_ends(ended, 3, said);
        assert_eq!(server.requests().len(), 2);
    }

    // By turns: not only the page before is compared.
    let server = Server::start(|request| {
        let page = query(request, "page").unwrap();
        self::page(json!(null), rows(9, (page - 1) % 2 + 1, 3))
    })
    .await;
    let client = cdnfly_client(&server);
    let (found, error) = drained(client.list_sites().limit(3).stream()).await;
    assert_eq!(found, numbers(1..=6));
    assert!(error.unwrap().to_string().contains(": page 3 holds "));

    // While it was fetched, an item was added in front: one comes twice, and the new one is missing.
    let server = Server::start(|request| match query(request, "page") {
        Some(1) => page(json!(4), rows(4, 1, 3)),
        Some(2) => page(json!(5), vec![json!({"id": 3}), json!({"id": 4})]),
        _ => page(json!(5), Vec::new()),
    })
    .await;
    let client = cdnfly_client(&server);
    let (found, error) = drained(client.list_sites().limit(3).stream()).await;
    assert_eq!(found, [1, 2, 3, 3, 4].map(Id::from));
    let said = "the server says that there are 5 items, and gave 4 in 2 pages, then none";
    assert_incomplete(error, "cdnfly.listSites", said);
}

#[tokio::test]
async fn what_came_on_a_page_before_is_no_item_more() {
    // Pages that overlap: 1 and 2, 2 and 3, and so on.
    let overlapping = |count: Value, last: i64| {
        move |request: &Request| match query(request, "page").unwrap() {
            page if page > last => self::page(count.clone(), Vec::new()),
            page => self::page(
                count.clone(),
                vec![json!({"id": page}), json!({"id": page + 1})],
            ),
        }
    };
    let server = Server::start(overlapping(json!(6), 3)).await;
    let client = cdnfly_client(&server);
    let (found, error) = drained(client.list_sites().limit(2).stream()).await;
    assert_eq!(found, [1, 2, 2, 3, 3, 4].map(Id::from));
    let said = "the server says that there are 6 items, and gave 4 in 3 pages, then none";
    assert_incomplete(error, "cdnfly.listSites", said);

    let server = Server::start(overlapping(json!(6), 5)).await;
    let client = cdnfly_client(&server);
    let (found, error) = drained(client.list_sites().limit(2).stream()).await;
    assert!(error.is_none() && found.len() == 10);

    // Rows of one page may be alike.
    let alike = || vec![json!({"name": "a"}), json!({"name": "a"})];
    let server = Server::start(move |_| page(json!(2), alike())).await;
    let client = cdnfly_client(&server);
    assert_eq!(client.list_sites().stream().all().await.unwrap().len(), 2);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_count_of_0_beside_items_is_none() {
    // Two full pages and a short one.
    let (server, client) = sites(25, json!(0)).await;
    let (found, error) = drained(client.list_sites().stream()).await;
    assert!(error.is_none());
    assert_eq!(found, numbers(1..=25));
    assert_eq!(server.requests().len(), 3);

    // What a page said before stays.
    let server = Server::start(|request| {
        let page = query(request, "page").unwrap();
        let count = if page == 1 { 25 } else { 0 };
        self::page(json!(count), rows(14, page, 10))
    })
    .await;
    let client = cdnfly_client(&server);
    let ended = drained(client.list_sites().stream()).await;
    let said = "the server says that there are 25 items, and gave 14 in 2 pages, then none";
    assert_ends(ended, 14, said);
}

#[tokio::test]
async fn a_limit_of_0_goes_on_while_the_count_says_more() {
    // A panel that gives 5 at most.
    for total in [5, 9, 10, 12] {
        let server = Server::start(move |request| {
            assert_eq!(query(request, "limit"), Some(0));
            page(
                json!(total),
                rows(total, query(request, "page").unwrap(), 5),
            )
        })
        .await;
        let client = cdnfly_client(&server);
        let (found, error) = drained(client.list_sites().limit(0).stream()).await;
        assert!(error.is_none());
        assert_eq!(found, numbers(1..=total));
        assert_eq!(server.requests().len() as i64, (total + 4) / 5);
    }

    let server = Server::start(|request| match query(request, "page") {
        Some(1) => page(json!(99), rows(31, 1, 31)),
        _ => page(json!(99), vec![]),
    })
    .await;
    let client = cdnfly_client(&server);
    let ended = drained(client.list_sites().limit(0).stream()).await;
    let said = "the server says that there are 99 items, and gave 31 in 1 page, then none";
    assert_ends(ended, 31, said);
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_limit_of_0_goes_on_while_there_is_a_next() {
    // Django REST framework takes a page size of 0 for none.
    let (server, client) = pages([
        json!({"next": NEXT, "results": rows(3, 1, 2)}),
        json!({"next": null, "results": rows(3, 2, 2)}),
    ])
    .await;
    let servers = client.list_servers().page_size(0).stream();
    assert_eq!(servers.all().await.unwrap().len(), 3);
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn from_a_later_page_items_are_missing_only_if_that_is_certain() {
    // The count, the page and limit asked for, how many items come from there, and what is said. The
    // pages before may hold what seems to be missing, if there is a limit and it is as high.
    let rows = [
        (6, 9, Some(2), 0, None),
        (7, 3, Some(3), 1, None),
        (9, 4, Some(2), 3, None),
        (99, 3, None, 4, None),
        (99, 3, Some(0), 4, None),
        (8, 3, Some(2), 4, None),
        (
            9,
            3,
            Some(2),
            4,
            Some("and gave 4 in 2 pages from page 3 on, then none"),
        ),
        (
            99,
            3,
            Some(2),
            1,
            Some("and gave 1 in 1 page from page 3 on, then none"),
        ),
        (99, 3, Some(2), 0, Some("and gave none from page 3 on")),
    ];
    for (count, first, limit, items, said) in rows {
        let server = Server::start(move |request| {
            let page = query(request, "page").unwrap() - first + 1;
            let size = limit.unwrap_or(10).max(1);
            self::page(json!(count), self::rows(items, page, size))
        })
        .await;
        let client = cdnfly_client(&server);
        let call = client.list_sites().page(first);
        let call = limit
            .into_iter()
            .fold(call, |call, limit: i64| call.limit(limit));
        let (found, error) = drained(call.stream()).await;
        assert_eq!(
            found,
            numbers(1..=items),
            "{count} from {first} by {limit:?}"
        );
        match said {
            Some(said) => {
                let said = format!("the server says that there are {count} items, {said}");
                assert_incomplete(error, "cdnfly.listSites", &said);
            }
            None => assert!(error.is_none(), "{error:?}"),
        }
    }
}

#[tokio::test]
async fn from_a_later_page_more_items_than_the_count_are_an_error_if_that_is_certain() {
    // By the size of the third page the two before it hold all that the count says, and more.
    let server = Server::always(page(json!(4), rows(2, 1, 2))).await;
    let client = cdnfly_client(&server);
    let (found, error) = drained(client.list_sites().page(3).stream()).await;
    assert!(error.is_none());
    assert_eq!(found, numbers(1..=2));
    assert_eq!(server.requests().len(), 1);

    let server = Server::always(page(json!(4), rows(5, 1, 5))).await;
    let client = cdnfly_client(&server);
    let ended = drained(client.list_sites().page(3).stream()).await;
    let said = "the server says that there are 4 items, and gave 5 in 1 page from page 3 on";
    assert_ends(ended, 5, said);
}

#[tokio::test]
async fn it_fetches_no_more_pages_than_it_may() {
    let (server, client) = sites(9, json!(9)).await;
    let stream = || client.list_sites().limit(2).stream();
    let ended = drained(stream().max_pages(2)).await;
    let said =
        "the server gave 4 in 2 pages, as many pages as `max_pages` allows, and more are due";
    assert_ends(ended, 4, said);
    assert_eq!(server.requests().len(), 2);

    // As many as there are will do.
    let (found, error) = drained(stream().max_pages(5)).await;
    assert!(error.is_none());
    assert_eq!(found, numbers(1..=9));
    assert_eq!(server.requests().len(), 2 + 5);

    let (found, error) = drained(stream().max_pages(0)).await;
    assert!(found.is_empty());
    assert_eq!(error.unwrap().kind(), ErrorKind::Incomplete);
    assert_eq!(server.requests().len(), 2 + 5, "none");
}

#[tokio::test]
async fn the_total_is_what_the_server_said_last() {
    let server = Server::start(|request| {
        let page = query(request, "page").unwrap();
        let count = [json!(7), json!(null), json!(6), json!("0")][page as usize - 1].clone();
        self::page(count, rows(7, page, 2))
    })
    .await;
    let client = cdnfly_client(&server);
    let mut sites = client.list_sites().limit(2).stream();
    assert_eq!(sites.total(), None, "nothing was asked yet");
    let mut said = Vec::new();
    while let Some(Ok(_)) = sites.next().await {
        said.push(sites.total());
    }
    assert_eq!(said, [7, 7, 7, 7, 6, 6].map(Some));
}

// ---------------------------------------------------------------------------------------------
// All at once

#[tokio::test]
async fn all_gives_what_came_before_an_error_of_any_kind() {
    let failure = support::json(500, "{}");
    let server = Server::start(move |request| match query(request, "page") {
        Some(2) => failure.clone(),
        _ => page(json!(4), page_of(4, request)),
    })
    .await;
    let client = cdnfly_client(&server);
    let list = client.list_sites().limit(2).stream().all().await;
    let list = list.unwrap_err();
    assert_eq!(list.kind(), ErrorKind::Server);
    assert_eq!(ids(&list.items), numbers(1..=2));

    let (_server, client) = sites(3, json!(4)).await;
    let list = client.list_sites().limit(2).stream().all().await;
    let list = list.unwrap_err();
    assert_eq!(list.kind(), ErrorKind::Incomplete);
    assert_eq!(ids(&list.items), numbers(1..=3));
    let said = "the server says that there are 4 items, and gave 3 in 2 pages, then none";
    assert_incomplete(Some(list.error), "cdnfly.listSites", said);
}

#[tokio::test]
async fn an_incomplete_list_is_an_error_like_any_and_shows_no_items() {
    let row = json!({"id": 1, "domain": "private.example.com"});
    let (_server, client) = pages([json!({"count": 2, "results": [row]})]).await;
    let list = || async { client.list_domains().stream().all().await.unwrap_err() };

    let incomplete: IncompleteList<Domain> = list().await;
    let said = "vps_org.listDomains: incomplete list: the server says that there are 2 items, and gave \
                1 in 1 page, then none";
    assert_eq!(incomplete.to_string(), said);
    let debug = format!("{incomplete:?}");
    assert!(debug.starts_with("IncompleteList { items: 1, error: Error { kind: Incomplete,"));
    assert!(!debug.contains("private"), "{debug}");

    // What it displays is the error, so what comes next is the error's cause.
    let cause = std::error::Error::source(&incomplete).unwrap();
    assert!(cause.to_string().contains("Invalid page."), "{cause}");
    let any: Box<dyn std::error::Error + Send + Sync> = incomplete.into();
    assert_eq!(any.to_string(), said);

    async fn asked(client: &vps_org::Client) -> Result<Vec<Domain>, Error> {
        Ok(client.list_domains().stream().all().await?)
    }
    let error = asked(&client).await.unwrap_err();
    assert_eq!(error.to_string(), said);
    assert_eq!(Error::from(list().await).kind(), ErrorKind::Incomplete);
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
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert_eq!(error.code(), Some("site-1"));
        assert_eq!(error.operation(), Some("cdnfly.listSites"));
        assert_eq!(server.requests().len() as i64, page);

        let all = client.list_sites().limit(2).stream().all().await;
        assert_eq!(all.unwrap_err().code(), Some("site-1"));
        assert_eq!(server.requests().len() as i64, 2 * page);
    }
}

/// A panel with 4 sites, the last of which is odd.
async fn with_an_odd_site(odd: Value) -> Server {
    Server::start(move |request| {
        let mut rows = page_of(4, request);
        if query(request, "page") == Some(2) {
            rows[1] = odd.clone();
        }
        page(json!(4), rows)
    })
    .await
}

#[tokio::test]
async fn a_page_that_can_not_be_read_gives_none_of_its_items() {
    for odd in [json!(4), json!("4"), json!([4]), json!(null)] {
        let server = with_an_odd_site(odd.clone()).await;
        let client = cdnfly_client(&server);
        let (found, error) = drained(client.list_sites().limit(2).stream()).await;
        assert_eq!(found, numbers(1..=2), "{odd}");
        let error = error.unwrap();
        assert_eq!(error.kind(), ErrorKind::Decode, "{odd}");
        assert!(error.to_string().contains("at data[1]: "), "{error}");
    }
}

#[tokio::test]
async fn a_property_that_can_not_be_read_ends_a_stream_only_if_the_client_is_strict() {
    let server = with_an_odd_site(json!({"id": 4, "enable": "perhaps"})).await;
    let client = cdnfly_client(&server);
    let sites = client.list_sites().limit(2).stream().all().await.unwrap();
    assert_eq!(ids(&sites), numbers(1..=4));
    assert_eq!(sites[3].enable, None);

    let credentials = cdnfly::Credentials::api_key("K", "S");
    let builder = cdnfly::Client::builder(credentials).base_url(server.url());
    let strict = builder.strict(true).build().unwrap();
    let (found, error) = drained(strict.list_sites().limit(2).stream()).await;
    assert_eq!(found, numbers(1..=2));
    let error = error.unwrap();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("at data[1].enable: "), "{error}");
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
    let body = json!({"count": 2 * pages, "next": next, "previous": null, "results": rows});
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
async fn without_a_next_it_is_one_page_if_the_count_is_reached_or_not_there() {
    let rows = json!([{"id": 1}, {"id": 2}]);
    let bodies = [
        json!({"count": 2, "next": null, "results": rows}),
        json!({"count": 2, "next": "", "results": rows}),
        json!({"count": 2, "results": rows}),
        json!({"count": 0, "next": null, "results": rows}),
        json!({"count": -1, "next": null, "results": rows}),
        json!({"next": null, "results": rows}),
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
async fn without_a_next_it_goes_on_while_items_are_missing() {
    for next in [json!({}), json!({"next": null}), json!({"next": ""})] {
        let server = Server::start(move |request| {
            let mut body = next.clone();
            body["count"] = json!(3);
            body["results"] = json!(rows(3, query(request, "page").unwrap(), 2));
            support::json(200, &body.to_string())
        })
        .await;
        let client = vps_org_client(&server);
        let (found, error) = drained(client.list_domains().stream()).await;
        assert!(error.is_none());
        assert_eq!(found, numbers(1..=3));
        assert_eq!(targets(&server), ["/domains/?page=1", "/domains/?page=2"]);
    }
}

/// A server of VPS.org's kind with those pages, the first of which has the number 1.
async fn pages(bodies: impl IntoIterator<Item = Value>) -> (Server, vps_org::Client) {
    let bodies: Vec<Value> = bodies.into_iter().collect();
    let server = Server::start(move |request| {
        let page = query(request, "page").unwrap_or(1);
        match bodies.get(page as usize - 1) {
            Some(body) => support::json(200, &body.to_string()),
            None => support::json(404, r#"{"detail": "Invalid page."}"#),
        }
    })
    .await;
    let client = vps_org_client(&server);
    (server, client)
}

const NEXT: &str = "https://example.net/?page=2";

#[tokio::test]
async fn an_empty_page_that_has_a_next_is_the_end_only_if_the_count_is_reached() {
    let first = json!({"count": 2, "next": NEXT, "results": [{"id": 1}, {"id": 2}]});
    let empty = |count: Value| json!({"count": count, "next": NEXT, "results": []});
    for (bodies, items, said) in [
        (vec![empty(json!(0))], 0, None),
        (vec![first.clone(), empty(json!(2))], 2, None),
        (
            vec![empty(json!(9))],
            0,
            Some("the server says that there are 9 items, and gave none"),
        ),
        (
            vec![empty(json!(null))],
            0,
            Some("page 1 is empty, and says that there is a next one"),
        ),
        (
            vec![
                json!({"next": NEXT, "results": [{"id": 1}]}),
                empty(json!(null)),
            ],
            1,
            Some("page 2 is empty, and says that there is a next one"),
        ),
    ] {
        let requests = bodies.len();
        let (server, client) = pages(bodies).await;
        let (found, error) = drained(client.list_domains().stream()).await;
        assert_eq!(found, numbers(1..=items));
        assert_eq!(server.requests().len(), requests);
        match said {
            Some(said) => assert_incomplete(error, "vps_org.listDomains", said),
            None => assert!(error.is_none()),
        }
    }
}

#[tokio::test]
async fn not_found_after_a_page_means_that_there_is_no_such_page() {
    let rows = json!([{"id": 1}, {"id": 2}]);
    // Nothing is known to be missing: the count is reached, or there is none, and no page is due.
    let body = json!({"count": 2, "next": NEXT, "results": rows});
    let (server, client) = pages([body]).await;
    let (found, error) = drained(client.list_domains().stream()).await;
    assert!(error.is_none());
    assert_eq!(found, numbers(1..=2));
    assert_eq!(server.requests().len(), 2);

    // The page that isn't there was promised.
    for count in [json!(null), json!(0)] {
        let body = json!({"count": count, "next": NEXT, "results": rows});
        let (server, client) = pages([body]).await;
        let (found, error) = drained(client.list_domains().stream()).await;
        assert_eq!(found, numbers(1..=2));
        assert_eq!(server.requests().len(), 2);
        let said = "page 2 isn't there, though the one before it says that there is a next one";
        assert_incomplete(error, "vps_org.listDomains", said);
    }

    // From a later page it isn't certain that some are.
    let last = json!({"count": 9, "next": null, "results": rows});
    let (server, client) = pages([json!({}), last]).await;
    let (found, error) = drained(client.list_domains().page(2).stream()).await;
    assert!(error.is_none());
    assert_eq!(found, numbers(1..=2));
    assert_eq!(targets(&server), ["/domains/?page=2", "/domains/?page=3"]);

    // VPS.org's own sample: three are counted, two are there, and no page follows.
    let (server, client) = pages([json!({"count": 3, "next": null, "results": rows})]).await;
    let (found, error) = drained(client.list_domains().stream()).await;
    assert_eq!(found, numbers(1..=2));
    assert_eq!(server.requests().len(), 2);
    let cause = std::error::Error::source(error.as_ref().unwrap()).unwrap();
    let cause: &Error = cause.downcast_ref().unwrap();
    assert_eq!(cause.kind(), ErrorKind::NotFound);
    let said = "the server says that there are 3 items, and gave 2 in 1 page, then none";
    assert_incomplete(error, "vps_org.listDomains", said);
}

#[tokio::test]
async fn not_found_for_the_first_page_is_what_it_says() {
    let (server, client) = pages([]).await;
    for call in [client.list_domains(), client.list_domains().page(3)] {
        let (found, error) = drained(call.stream()).await;
        assert!(found.is_empty());
        let error = error.unwrap();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.message(), Some("Invalid page."));
    }
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_server_that_ignores_the_page_is_asked_twice() {
    // Django REST framework's LimitOffsetPagination knows no `page`, and always has a `next`.
    let row = |id: i64| json!({"id": id, "domain_name": format!("{id}.example.com")});
    for count in [json!(5), json!(0), json!(null)] {
        let rows: Vec<Value> = (1..=5).map(row).collect();
        let body = json!({"count": count, "next": NEXT, "previous": null, "results": rows});
        let server = Server::always(support::json(200, &body.to_string())).await;
        let client = vps_org_client(&server);
        let (found, error) = drained(client.list_domains().stream()).await;
        assert_eq!(found, numbers(1..=5));
        assert_eq!(server.requests().len(), 2);
        let said = "page 2 holds nothing but what is among the 5 items before it: the server \
                    seems to ignore `page`";
        assert_incomplete(error, "vps_org.listDomains", said);
    }
}

#[tokio::test]
async fn a_count_of_the_one_page_is_an_error_once_more_items_came() {
    // New items for ever.
    let server = Server::start(|request| {
        let rows = rows(i64::MAX, query(request, "page").unwrap(), 2);
        let body = json!({"count": 2, "next": NEXT, "results": rows});
        support::json(200, &body.to_string())
    })
    .await;
    let client = vps_org_client(&server);
    let (found, error) = drained(client.list_domains().stream()).await;
    assert_eq!(found, numbers(1..=4));
    let said = "the server says that there are 2 items, and gave 4 in 2 pages";
    assert_incomplete(error, "vps_org.listDomains", said);
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
