//! Logging in: one token for all calls of a client, asked for when the first one needs it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;
use tokio::sync::Mutex;

use crate::error::Error;
use crate::operation::Operation;

/// How credentials that requests can't carry become some that they can: by a call of the API.
#[doc(hidden)]
pub struct Login<C> {
    pub(crate) operation: &'static Operation,
    /// The JSON body of that call.
    pub(crate) body: Value,
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
    /// password tried a hundred times would lock the account.
    pub(crate) async fn get(
        &self,
        expired: Option<&Session<C>>,
        login: impl Future<Output = Result<C, Error>>,
    ) -> Result<Arc<Session<C>>, Error> {
        let asked = self.ended.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        let expired = expired.map(|session| session.number);
        if let Some(current) = &state.current
            && Some(current.number) != expired
        {
            return Ok(Arc::clone(current));
        }
        let number = self.ended.load(Ordering::Acquire);
        if let Some(failure) = state.failure.as_ref().filter(|_| number > asked) {
            return Err(failure.again());
        }
        let outcome = login.await;
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
