//! When a call is made again.
//!
//! Three gates, all of which must be open:
//!
//! 1. Repeating does no harm: the operation is idempotent, or the request was never sent.
//! 2. The failure is transient: no connection, a broken one, 408, 429, 502, 503, 504, what the
//!    vendor says passes, and a lock if the policy says so.
//! 3. Attempts are left, and the wait ends before the call's deadline.
//!
//! Waits grow exponentially with full jitter, so that many clients that failed together don't
//! come back together. A server's `Retry-After` is a lower bound to the wait.

use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder, ExponentialBuilder};
use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::error::{Error, ErrorKind};

/// When and how often a call is made again; see [`ClientBuilder::retry`](crate::ClientBuilder::retry).
///
/// A call is repeated only if that does no harm (its operation is idempotent, or the request
/// was never sent), only after a transient failure, and only within the call's timeout.
///
/// ```
/// use hosting_apis::RetryPolicy;
/// use std::time::Duration;
///
/// let mut policy = RetryPolicy::default();
/// policy.max_attempts = 5;
/// policy.max_delay = Duration::from_secs(20);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// How many requests a call may make in all; 1 means no retry. By default 3.
    pub max_attempts: u32,
    /// The longest first wait; the real one is random below it. By default 500 ms.
    pub base_delay: Duration,
    /// The longest wait that growth leads to. By default 10 s.
    pub max_delay: Duration,
    /// The longest wait that a server's `Retry-After` leads to. By default 60 s.
    pub max_retry_after: Duration,
    /// Whether [`Locked`](ErrorKind::Locked) counts as transient, for calls whose repetition does
    /// no harm. By default it doesn't: jobs that lock take minutes.
    pub retry_locked: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        RetryPolicy {
            max_attempts: 3,
            base_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(10),
            max_retry_after: Duration::from_secs(60),
            retry_locked: false,
        }
    }
}

impl RetryPolicy {
    /// Every call makes one request.
    pub fn never() -> Self {
        RetryPolicy {
            max_attempts: 1,
            ..RetryPolicy::default()
        }
    }

    /// How long to wait before the next attempt, if there is to be one within `left`.
    pub(crate) fn next(&self, idempotent: bool, error: &Error, left: Duration) -> Option<Duration> {
        let harmless = idempotent || error.kind() == ErrorKind::Connect;
        let transient = match error.kind() {
            ErrorKind::Locked => self.retry_locked,
            ErrorKind::Timeout => false,
            _ => error.is_retryable(),
        };
        if !harmless || !transient || error.attempts() >= self.max_attempts {
            return None;
        }
        let asked = error
            .retry_after()
            .unwrap_or_default()
            .min(self.max_retry_after);
        let wait = self.backoff(error.attempts()).max(asked);
        (wait < left).then_some(wait)
    }

    /// A random wait after this many attempts, below a bound that doubles with each.
    fn backoff(&self, attempts: u32) -> Duration {
        let mut bounds = ExponentialBuilder::default()
            .with_min_delay(self.base_delay)
            .with_max_delay(self.max_delay)
            .without_max_times()
            .build();
        let bound = bounds.nth(attempts.saturating_sub(1) as usize);
        bound
            .unwrap_or(self.max_delay)
            .min(self.max_delay)
            .mul_f64(fastrand::f64())
    }
}

/// `Retry-After`, in seconds or as a date; what is neither is as good as absent.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}
