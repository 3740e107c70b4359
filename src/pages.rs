//! Lists that come in pages, as one stream.

use std::collections::HashSet;
use std::error::Error as StdError;
use std::future::poll_fn;
use std::hash::{DefaultHasher, Hasher};
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::{fmt, io, vec};

use futures_core::Stream;
use serde::Serialize;

use crate::transport::CallFuture;
use crate::{Error, ErrorKind};

/// How many pages a stream fetches at most, unless the caller says otherwise.
const MAX_PAGES: u32 = 10_000;

/// The items of a list, page after page: what `stream()` of a paged call gives.
///
/// A page is fetched when its first item is asked for, and none before. An error comes in place of
/// an item, after all items before it, and then the stream has ended.
///
/// It is a [`Stream`] for the combinators of the crate `futures`, and does without them:
///
/// ```no_run
/// # #[cfg(feature = "vps-org")]
/// # async fn example(client: hosting_apis::vps_org::Client) -> Result<(), hosting_apis::Error> {
/// let mut domains = client.list_domains().stream();
/// while let Some(domain) = domains.next().await {
///     println!("{}", domain?.domain_name.unwrap_or_default());
/// }
/// # Ok(())
/// # }
/// ```
///
/// # The end
///
/// The stream goes on while the server says that there is a next page, or that there are more items
/// in all than came. Where it says neither, a page with fewer items than asked for, or than the
/// first page had, is the last; and so is the first page of a call with a limit of 0, which asks
/// for everything at once. A page that the server answers with "not found", after others, is like
/// an empty one.
///
/// A list is whole, or ends with an error of the kind [`Incomplete`](ErrorKind::Incomplete) that
/// says what was seen:
///
/// - A page is empty or not found, though by the server's own total items are missing, or though the
///   last page says that there is a next one.
/// - More items came than the total says. A total of 0 beside items is taken for none at all.
/// - All items of a page were on pages before it: the server ignores the number of the page. Items
///   that come twice otherwise are given twice, and count once.
/// - More pages are due than [`max_pages`](Items::max_pages).
///
/// A stream that begins at a later page doesn't know how many items the pages before it have. It
/// reports items as missing only if that many pages, each as full as the limit allows, can't have
/// them.
///
/// If the list changes while it is fetched, items may move from one page to another, and come twice
/// or not at all. Only the total tells of that, if the server gives one.
///
/// A stream holds one page, and of each item that it gave a hash, to recognize it by.
#[must_use = "a stream fetches nothing until it is asked for an item"]
pub struct Items<'a, T> {
    fetch: Box<dyn FnMut(i64) -> CallFuture<'a, Page<T>> + Send + 'a>,
    /// What an item is recognized by. A pointer, so that the type needs no bound on `T`.
    fingerprint: fn(&T) -> Option<u64>,
    /// The fingerprints of all items that came.
    known: HashSet<u64>,
    /// The page under way.
    pending: Option<CallFuture<'a, Page<T>>>,
    /// What is left of the page that was fetched last.
    ready: vec::IntoIter<T>,
    /// The page to fetch next; none at the end.
    next: Option<i64>,
    /// What comes after the last item, if the list isn't whole.
    error: Option<Error>,
    tally: Tally,
    max_pages: u32,
}

/// One page, as the generated code takes it out of a reply.
#[doc(hidden)]
#[derive(Debug)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// How many items all pages have, if the server says so.
    pub total: Option<i64>,
    /// Whether there is a next page, if the API is one that says so.
    pub more: Option<bool>,
}

impl<'a, T> Items<'a, T> {
    /// The list of an operation, from the page and with the size of pages that the caller asked
    /// for. `parameter` is what the request calls the number of the page.
    pub(crate) fn new(
        operation: &'static str,
        parameter: &'static str,
        page: Option<i64>,
        limit: Option<i64>,
        fetch: impl FnMut(i64) -> CallFuture<'a, Page<T>> + Send + 'a,
    ) -> Self
    where
        T: Serialize,
    {
        let first = page.unwrap_or(1);
        Items {
            fetch: Box::new(fetch),
            fingerprint,
            known: HashSet::new(),
            pending: None,
            ready: Vec::new().into_iter(),
            next: Some(first),
            error: None,
            tally: Tally::new(operation, parameter, first, limit),
            max_pages: MAX_PAGES,
        }
    }

    /// Sets how many pages are fetched at most, 10,000 unless set. If more are due, the stream ends
    /// with an error of the kind [`Incomplete`](ErrorKind::Incomplete).
    ///
    /// That is for servers that never come to an end. For the first few items of a list, stop asking
    /// for more.
    pub fn max_pages(mut self, pages: u32) -> Self {
        self.max_pages = pages;
        self
    }

    /// How many items the whole list has, as the server said last.
    ///
    /// None before the first page came, and where the server doesn't say. The number is what the
    /// server said, even if it can't be, such as 0 beside items.
    pub fn total(&self) -> Option<i64> {
        self.tally.total
    }

    /// The next item; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// All items that are left.
    ///
    /// # Errors
    ///
    /// That which ended the stream, with the items that came before it: see [`IncompleteList`].
    pub async fn all(mut self) -> Result<Vec<T>, IncompleteList<T>> {
        let mut items = Vec::new();
        while let Some(item) = self.next().await {
            match item {
                Ok(item) => items.push(item),
                Err(error) => return Err(IncompleteList { items, error }),
            }
        }
        Ok(items)
    }

    /// Takes a page's items, and finds out whether another page is due.
    fn take(&mut self, number: i64, page: Page<T>) {
        // Items of one page may be alike; what was on a page before isn't new.
        let prints: Vec<_> = page.items.iter().map(self.fingerprint).collect();
        let is_new = |print: &&Option<u64>| print.is_none_or(|print| !self.known.contains(&print));
        let new = prints.iter().filter(is_new).count();
        let new = i64::try_from(new).unwrap_or(i64::MAX);
        self.known.extend(prints.into_iter().flatten());
        let count = i64::try_from(page.items.len()).unwrap_or(i64::MAX);
        self.tally.add(count, new, &page);
        let due = self.tally.is_another_due(number, count, new);
        // A page of nothing but repetitions isn't given again.
        if new > 0 {
            self.ready = page.items.into_iter();
        }
        self.go_on(number, due);
    }

    /// Ends at a page that couldn't be fetched. "Not found" means that there is no such page, if
    /// there were others: before that, the call itself may be at fault.
    fn fail(&mut self, number: i64, error: Error) {
        if error.kind() != ErrorKind::NotFound || self.tally.pages == 0 {
            self.next = None;
            self.error = Some(error);
            return;
        }
        let promised = format!(
            "page {number} isn't there, though the one before it says that there is a next one"
        );
        let due = self.tally.is_whole(promised).map(|()| false);
        self.go_on(number, due);
        self.error = self.error.take().map(|found| found.caused_by(error));
    }

    /// On to the page after this one if it is due, else to the end, with why the list isn't whole.
    fn go_on(&mut self, number: i64, due: Result<bool, String>) {
        self.next = match due {
            Ok(true) => number.checked_add(1),
            Ok(false) => None,
            Err(reason) => {
                let error = Error::new(ErrorKind::Incomplete).of(self.tally.operation);
                self.error = Some(error.because(reason));
                None
            }
        };
    }
}

impl<T> Stream for Items<'_, T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let items = &mut *self;
        loop {
            if let Some(item) = items.ready.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            let Some(page) = items.next else {
                return Poll::Ready(items.error.take().map(Err));
            };
            if items.tally.pages >= items.max_pages {
                items.go_on(page, Err(items.tally.too_many_pages()));
                continue;
            }
            let fetch = &mut items.fetch;
            let pending = items.pending.get_or_insert_with(|| fetch(page));
            let fetched = ready!(pending.as_mut().poll(context));
            items.pending = None;
            match fetched {
                Ok(fetched) => items.take(page, fetched),
                Err(error) => items.fail(page, error),
            }
        }
    }
}

/// Nothing in it is pinned in place: what is under way is in a box.
impl<T> Unpin for Items<'_, T> {}

impl<T> fmt::Debug for Items<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items")
            .field("next_page", &self.next)
            .field("seen", &self.tally.seen())
            .finish_non_exhaustive()
    }
}

/// The hash of an item's JSON. None if there is no JSON of it, so that it passes for new.
fn fingerprint<T: Serialize>(item: &T) -> Option<u64> {
    /// Hashes what is written, so that the text is nowhere as a whole.
    struct Hashed(DefaultHasher);

    impl io::Write for Hashed {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut hashed = Hashed(DefaultHasher::new());
    serde_json::to_writer(&mut hashed, item).ok()?;
    Some(hashed.0.finish())
}

/// What is known of a list by the pages that came.
struct Tally {
    operation: &'static str,
    /// What the request calls the number of the page.
    parameter: &'static str,
    /// How many pages before the first are passed over.
    passed: i64,
    /// How many items a page has at most, as the caller asked.
    limit: Option<i64>,
    /// How many items a page has: as the caller asked, or as the first page had.
    size: Option<i64>,
    /// How many pages with items came.
    pages: u32,
    /// How many items came. One that was on a page before is no item more.
    items: i64,
    /// How many items the pages passed over have, if each has what the first that came has.
    before: i64,
    /// Whether the last page says that there is a next one.
    more: Option<bool>,
    /// How many items there are in all, as the server said last.
    total: Option<i64>,
    /// The same, as the server last said a number that can be right.
    believed: Option<i64>,
}

impl Tally {
    fn new(
        operation: &'static str,
        parameter: &'static str,
        first: i64,
        limit: Option<i64>,
    ) -> Self {
        Tally {
            operation,
            parameter,
            passed: first.saturating_sub(1).max(0),
            limit,
            size: limit,
            pages: 0,
            items: 0,
            before: 0,
            more: None,
            total: None,
            believed: None,
        }
    }

    /// Counts a page with that many items, and so many new ones among them.
    fn add<T>(&mut self, count: i64, new: i64, page: &Page<T>) {
        // A server may make pages smaller than was asked for, so that only what came tells of what
        // size they are.
        if self.pages == 0 {
            self.before = self.passed.saturating_mul(count);
        }
        self.size = self.size.or(Some(count));
        self.pages = self.pages.saturating_add(u32::from(count > 0));
        self.items = self.items.saturating_add(new);
        self.more = page.more;
        self.total = page.total.or(self.total);
        // Some servers say 0 where they didn't count.
        let is_believable = |total: &i64| *total > 0 || (*total == 0 && self.items == 0);
        self.believed = page.total.filter(is_believable).or(self.believed);
    }

    /// How many items there are up to here, those of the pages passed over among them.
    fn seen(&self) -> i64 {
        self.before.saturating_add(self.items)
    }

    /// The same, as many as there can be: no page has more items than the caller asked for.
    fn seen_at_most(&self) -> i64 {
        let most = match (self.passed, self.limit) {
            (0, _) => 0,
            (passed, Some(limit)) if limit > 0 => passed.saturating_mul(limit),
            _ => i64::MAX,
        };
        most.saturating_add(self.items)
    }

    /// Whether another page is due after the one that was added last, or why the list isn't whole.
    fn is_another_due(&self, number: i64, count: i64, new: i64) -> Result<bool, String> {
        if count == 0 {
            let said = format!("page {number} is empty, and says that there is a next one");
            return self.is_whole(said).map(|()| false);
        }
        if new == 0 {
            return Err(format!(
                "page {number} holds nothing but what is among the {} before it: the server seems \
                 to ignore `{}`",
                items(self.items),
                self.parameter
            ));
        }
        // How many items were passed over isn't certain.
        if let Some(total) = self.believed.filter(|total| self.items > *total) {
            return Err(format!("{}, and gave {}", says(total), self.came()));
        }
        // A `next` that isn't there tells less than the total: VPS.org's own sample counts three,
        // holds two, and has no `next`.
        Ok(match (self.more, self.believed) {
            (Some(true), _) => true,
            (_, Some(total)) => self.seen() < total,
            (Some(false), None) => false,
            (None, None) => self.size.is_none_or(|size| size > 0 && count >= size),
        })
    }

    /// Whether the list may end at a page that is empty or isn't there, or why it isn't whole: which
    /// is `promised` if the last page says that there is a next one.
    fn is_whole(&self, promised: String) -> Result<(), String> {
        match self.believed {
            Some(total) if self.seen_at_most() < total => Err(match self.items {
                0 => format!("{}, and gave {}", says(total), self.came()),
                _ => format!("{}, and gave {}, then none", says(total), self.came()),
            }),
            Some(total) if self.seen() >= total => Ok(()),
            _ if self.more == Some(true) => Err(promised),
            _ => Ok(()),
        }
    }

    fn too_many_pages(&self) -> String {
        let came = self.came();
        format!("the server gave {came}, as many pages as `max_pages` allows, and more are due")
    }

    /// Such as "20 in 2 pages" or "none".
    fn came(&self) -> String {
        let from = match self.passed {
            0 => String::new(),
            passed => format!(" from page {} on", passed.saturating_add(1)),
        };
        match (self.items, self.pages) {
            (0, _) => format!("none{from}"),
            (items, 1) => format!("{items} in 1 page{from}"),
            (items, pages) => format!("{items} in {pages} pages{from}"),
        }
    }
}

fn says(total: i64) -> String {
    let are = if total == 1 { "is" } else { "are" };
    format!("the server says that there {are} {}", items(total))
}

fn items(count: i64) -> String {
    match count {
        1 => "1 item".to_owned(),
        _ => format!("{count} items"),
    }
}

/// Why [`Items::all`] doesn't give the whole list, with the items that came.
///
/// It reads like its [`Error`], and `?` makes it one. A program that takes what there is:
///
/// ```no_run
/// # #[cfg(feature = "vps-org")]
/// # async fn example(client: hosting_apis::vps_org::Client) -> Result<(), hosting_apis::Error> {
/// use hosting_apis::ErrorKind;
///
/// let domains = match client.list_domains().stream().all().await {
///     Ok(domains) => domains,
///     Err(list) if list.kind() == ErrorKind::Incomplete => {
///         eprintln!("{list}");
///         list.items
///     }
///     Err(list) => return Err(list.error),
/// };
/// println!("{} domains", domains.len());
///
/// // Or all of them, or none.
/// let servers = client.list_servers().stream().all().await?;
/// # Ok(())
/// # }
/// ```
#[non_exhaustive]
pub struct IncompleteList<T> {
    /// The items that came before the error.
    pub items: Vec<T>,
    /// What ended the list: of any kind, not only [`Incomplete`](ErrorKind::Incomplete).
    pub error: Error,
}

impl<T> Deref for IncompleteList<T> {
    type Target = Error;

    fn deref(&self) -> &Error {
        &self.error
    }
}

impl<T> From<IncompleteList<T>> for Error {
    fn from(list: IncompleteList<T>) -> Self {
        list.error
    }
}

impl<T> fmt::Display for IncompleteList<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

/// Says how many items there are, and shows none: they may hold what isn't for a log.
impl<T> fmt::Debug for IncompleteList<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncompleteList")
            .field("items", &self.items.len())
            .field("error", &self.error)
            .finish()
    }
}

/// Its source is the error's: the error itself is what it displays.
impl<T> StdError for IncompleteList<T> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error.source()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use serde::Serializer;

    use super::*;

    /// A list whose pages say that there is a next one, up to that page.
    fn list<T>(last: i64, page: impl Fn(i64) -> Vec<T> + Send + 'static) -> Items<'static, T>
    where
        T: Serialize + Send + 'static,
    {
        Items::new("acme.listThings", "page", None, None, move |number| {
            let page = Page {
                items: page(number),
                total: None,
                more: Some(number < last),
            };
            Box::pin(async { Ok(page) })
        })
    }

    #[tokio::test]
    async fn ten_thousand_pages_are_fetched_unless_more_may_be() {
        let few = list(10_000, |number| vec![number]).all().await.unwrap();
        assert_eq!(few.len(), 10_000);

        let many = list(i64::MAX, |number| vec![number]).all().await;
        let many = many.unwrap_err();
        assert_eq!(many.kind(), ErrorKind::Incomplete);
        assert_eq!(many.items, (1..=10_000).collect::<Vec<_>>());

        let many = list(10_001, |number| vec![number]).max_pages(10_001);
        assert_eq!(many.all().await.unwrap().len(), 10_001);
    }

    #[tokio::test]
    async fn no_more_than_a_page_is_held() {
        struct Held(i64, #[allow(dead_code, reason = "counted")] Arc<()>);

        impl Serialize for Held {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_i64(self.0)
            }
        }

        let counter = Arc::new(());
        let count = Arc::clone(&counter);
        let mut held = list(50, move |number| {
            let row = |n| Held(10 * number + n, Arc::clone(&count));
            (0..10).map(row).collect()
        });
        let mut came = 0;
        while let Some(item) = held.next().await {
            drop(item.unwrap());
            came += 1;
            // The counter itself, and the one that the pages are made with.
            assert_eq!(Arc::strong_count(&counter), 2 + 9 - (came - 1) % 10);
        }
        assert_eq!(came, 500);
    }

    #[tokio::test]
    async fn an_item_that_is_no_json_is_new() {
        // Its keys are no text.
        let page = |_| vec![BTreeMap::from([((1, 2), 3)])];
        assert_eq!(list(3, page).all().await.unwrap().len(), 3);
        let page = |_| vec![BTreeMap::from([("1", 3)])];
        assert_eq!(list(3, page).all().await.unwrap_err().items.len(), 1);
    }
}
