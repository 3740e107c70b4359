//! Logging in: one token for all calls of a client, asked for when the first one needs it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;
use tokio::sync::Mutex;

use crate::error::{Error, ErrorKind};
use crate::operation::Operation;

/// How credentials that requests can't carry become some that they can: by a call of the API.
///
/// It holds no secret itself: the body with the password in it is made when the call is.
#[doc(hidden)]
pub struct Login<C> {
    pub(crate) operation: &'static Operation,
    /// Makes the JSON body of that call.
    pub(crate) body: fn(&C) -> Value,
    /// The credentials in its payload.
    pub(crate) credentials: fn(&Value) -> Option<C>,
}

/// What a login gave.
pub(crate) struct Session<C> {
    /// Which login it was, to tell an expired session from the one that took its place.
    number: u64,
    pub(crate) credentials: C,
}

/// The session of a client, for however many calls at once.
pub(crate) struct Sessions<C> {
    /// How many logins have ended, well or not.
    ended: AtomicU64,
    state: Mutex<State<C>>,
}

struct State<C> {
    current: Option<Arc<Session<C>>>,
    /// Why the last login failed, if it did.
    failure: Option<Error>,
}

impl<C> Sessions<C> {
    pub(crate) fn new() -> Self {
        Sessions {
            ended: AtomicU64::new(0),
            state: Mutex::new(State {
                current: None,
                failure: None,
            }),
        }
    }

    /// The session to use; a new one if there is none or it is the `expired` one. Of many calls that
    /// need a new one, the first logs in, and the others wait and share what comes of it: a wrong
    /// password tried a hundred times would lock the account. A login that ran
    /// out of its own call's time, or of fewer attempts than `attempts`, isn't shared: the next
    /// waiting call logs in.
    pub(crate) async fn get<F>(
        &self,
        expired: Option<&Session<C>>,
        attempts: u32,
        login: impl FnOnce() -> F,
    ) -> Result<Arc<Session<C>>, Error>
    where
        F: Future<Output = Result<C, Error>>,
    {
        let asked = self.ended.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        let expired = expired.map(|session| session.number);
        if let Some(current) = &state.current
            && Some(current.number) != expired
        {
            return Ok(Arc::clone(current));
        }
        let number = self.ended.load(Ordering::Acquire);
        let is_theirs = |failure: &&Error| {
            let passes = failure.is_retryable() && failure.attempts() < attempts;
            number > asked && !passes && failure.kind() != ErrorKind::Timeout
        };
        if let Some(failure) = state.failure.as_ref().filter(is_theirs) {
            return Err(failure.again());
        }
        let outcome = login().await;
        self.ended.store(number + 1, Ordering::Release);
        match outcome {
            Ok(credentials) => {
                let session = Arc::new(Session {
                    number,
                    credentials,
                });
                state.current = Some(Arc::clone(&session));
                state.failure = None;
                Ok(session)
            }
            Err(error) => {
                state.failure = Some(error.again());
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::*;

    #[tokio::test]
    async fn a_late_complaint_about_an_old_session_finds_the_one_that_took_its_place() {
        let sessions = Sessions::new();
        let old = sessions.get(None, 3, || ready(Ok("old"))).await.unwrap();
        let new = sessions
            .get(Some(&old), 3, || ready(Ok("new")))
            .await
            .unwrap();
        assert_eq!(new.credentials, "new");
        let late = sessions.get(Some(&old), 3, || ready(Ok("another"))).await;
        assert_eq!(late.unwrap().credentials, "new");
        let renewed = sessions.get(Some(&new), 3, || ready(Ok("newest"))).await;
        assert_eq!(renewed.unwrap().credentials, "newest");
    }

    #[tokio::test]
    async fn a_renewal_that_fails_fails_for_those_who_waited_for_it() {
        let sessions = Sessions::new();
        let failure = || ready(Err(Error::new(ErrorKind::Api).code_is("login-7")));
        let old = sessions.get(None, 3, || ready(Ok("old"))).await.unwrap();
        // The first fails, and the second, which waits for it, doesn't get to log in.
        let (first, second) = tokio::join!(
            sessions.get(Some(&old), 3, || async {
                tokio::task::yield_now().await;
                failure().await
            }),
            sessions.get(Some(&old), 3, || ready(Ok("too soon")))
        );
        for outcome in [first, second] {
            assert_eq!(outcome.err().unwrap().code(), Some("login-7"));
        }
        let later = sessions.get(Some(&old), 3, || ready(Ok("later"))).await;
        assert_eq!(later.unwrap().credentials, "later");
    }

    #[tokio::test]
    async fn who_waited_for_a_login_whose_time_was_up_logs_in() {
        let sessions = Sessions::new();
        let (first, second) = tokio::join!(
            sessions.get(None, 3, || async {
                tokio::task::yield_now().await;
                Err(Error::new(ErrorKind::Timeout))
            }),
            sessions.get(None, 3, || ready(Ok("own")))
        );
        assert_eq!(
            first.err().map(|error| error.kind()),
            Some(ErrorKind::Timeout)
        );
        assert_eq!(second.unwrap().credentials, "own");
    }
}
