//! Lists that come in pages, as one stream.

use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec;

use futures_core::Stream;

use crate::Error;
use crate::transport::CallFuture;

/// The items of a list, page after page: what `stream()` of a paged call gives.
///
/// A page is fetched when its first item is asked for, and none before. After an error, which comes
/// in place of an item, the stream has ended.
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
#[must_use = "a stream fetches nothing until it is asked for an item"]
pub struct Items<'a, T> {
    fetch: Box<dyn FnMut(i64) -> CallFuture<'a, Page<T>> + Send + 'a>,
    /// The page under way.
    pending: Option<CallFuture<'a, Page<T>>>,
    /// What is left of the page that was fetched last.
    ready: vec::IntoIter<T>,
    /// The page to fetch next; none at the end.
    next: Option<i64>,
    /// How many items a page has: as the caller asked, or as the first page had.
    size: Option<i64>,
    /// How many pages before the first are passed over, until its size is known.
    passed: i64,
    /// How many items there are up to here, those of the pages passed over among them.
    seen: i64,
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
    /// From the page and with the size of pages that the caller asked for.
    pub(crate) fn new(
        page: Option<i64>,
        limit: Option<i64>,
        fetch: impl FnMut(i64) -> CallFuture<'a, Page<T>> + Send + 'a,
    ) -> Self {
        let first = page.unwrap_or(1);
        Items {
            fetch: Box::new(fetch),
            pending: None,
            ready: Vec::new().into_iter(),
            next: Some(first),
            size: limit,
            passed: first.saturating_sub(1).max(0),
            seen: 0,
        }
    }

    /// The next item; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// All items that are left.
    ///
    /// # Errors
    ///
    /// That of the first page that couldn't be fetched.
    pub async fn all(mut self) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        while let Some(item) = self.next().await {
            items.push(item?);
        }
        Ok(items)
    }

    /// Takes a page's items, and finds out whether another page is due.
    fn take(&mut self, page: Page<T>) {
        let count = i64::try_from(page.items.len()).unwrap_or(i64::MAX);
        // The total counts what was passed over. A server may make pages smaller than was asked
        // for, so that only what came tells of what size they are.
        let pages = mem::take(&mut self.passed).saturating_add(1);
        self.seen = self.seen.saturating_add(count.saturating_mul(pages));
        // A limit of 0 asks for everything at once.
        let last = count == 0
            || self.size == Some(0)
            || match (page.more, page.total) {
                (Some(more), _) => !more,
                (None, Some(total)) => self.seen >= total,
                (None, None) => self.size.is_some_and(|size| count < size),
            };
        self.size = self.size.or(Some(count));
        self.next = self.next.filter(|_| !last).and_then(|n| n.checked_add(1));
        self.ready = page.items.into_iter();
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
                return Poll::Ready(None);
            };
            let fetch = &mut items.fetch;
            let pending = items.pending.get_or_insert_with(|| fetch(page));
            let fetched = ready!(pending.as_mut().poll(context));
            items.pending = None;
            match fetched {
                Ok(page) => items.take(page),
                Err(error) => {
                    items.next = None;
                    return Poll::Ready(Some(Err(error)));
                }
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
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}
