//! KiwiVM, the panel of BandwagonHost's VPSs: power, reinstallation, snapshots, migration,
//! statistics, shell commands.
//!
//! One pair of credentials stands for one VPS and may do everything with it. See [`Client`] for
//! the calls and for what is known about the server.
//!
//! ```no_run
//! use hosting_apis::{kiwivm, ErrorKind};
//!
//! # async fn example() -> Result<(), hosting_apis::Error> {
//! let client = kiwivm::Client::builder(kiwivm::Credentials::new(1234567, "private_EXAMPLE")).build()?;
//! let info = client.get_service_info().await?;
//! println!("{} runs {}", info.hostname.unwrap_or_default(), info.os.unwrap_or_default());
//!
//! match client.restart().await {
//!     Ok(()) => {}
//!     Err(e) if e.kind() == ErrorKind::Locked => println!("{}", e.message().unwrap_or("locked")),
//!     Err(e) => return Err(e),
//! }
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use reqwest::Request;
use serde::Serialize;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::api::Api;
use crate::env::Environment;
use crate::error::one_line;
use crate::{Error, ErrorKind, Secret};

include!(concat!(env!("OUT_DIR"), "/kiwivm.rs"));

/// The id of a VPS and the API key that goes with it, both from its KiwiVM panel.
///
/// They are sent as form fields of a POST, never in a URL.
#[derive(Clone, Debug)]
pub struct Credentials {
    veid: u64,
    api_key: Secret,
}

impl Credentials {
    /// `veid` is the number of the VPS, `api_key` begins with `private_`.
    pub fn new(veid: u64, api_key: impl Into<Secret>) -> Self {
        Credentials {
            veid,
            api_key: api_key.into(),
        }
    }
}

impl Api for Credentials {
    const NAME: &'static str = "kiwivm";
    const BASE_URL: Option<&'static str> = Some("https://api.64clouds.com/v1");
    const PREFIX: &'static str = "KIWIVM";
    const OPERATIONS: &'static [crate::Operation] = OPERATIONS;
    #[cfg(feature = "mock")]
    const SPEC: &'static str = include_str!(concat!(env!("OUT_DIR"), "/kiwivm.json"));
    type Client = Client;

    fn from_env(env: &Environment) -> Result<Self, Error> {
        let veid = env
            .required("VEID")?
            .parse()
            .map_err(|_| Error::configuration("KIWIVM_VEID is not the number of a VPS"))?;
        Ok(Credentials {
            veid,
            api_key: env.secret("API_KEY")?,
        })
    }

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.api_key]
    }

    fn authorize(&self, request: &mut Request) -> Result<(), Error> {
        #[derive(Serialize)]
        struct Form<'a> {
            veid: u64,
            api_key: &'a str,
        }
        let form = Form {
            veid: self.veid,
            api_key: self.api_key.expose(),
        };
        crate::authorize::add_form_fields(request, &form)
    }
}

/// A job that keeps a VPS locked, and how far it is.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct LockProgress {
    /// What the job is, such as the reinstallation of an operating system.
    pub job: Option<String>,
    /// How much of it is done, in percent.
    pub completed_percent: Option<i64>,
    /// What the job is at.
    pub message: Option<String>,
    /// How long ago the server last heard of the job.
    pub last_update: Option<Duration>,
}

impl LockProgress {
    /// What an error of the kind [`Locked`](ErrorKind::Locked) tells; none for other kinds.
    pub fn of(error: &Error) -> Option<Self> {
        if error.kind() != ErrorKind::Locked {
            return None;
        }
        let details = error.details().cloned().unwrap_or_default();
        let info = &details["additionalLockingInfo"];
        let text = |value: &serde_json::Value| {
            let text = value.as_str().filter(|text| !text.is_empty());
            text.map(str::to_owned)
        };
        // Numbers of this server may come as text.
        let number = |value: &serde_json::Value| {
            value
                .as_i64()
                .or_else(|| value.as_str()?.trim().parse().ok())
        };
        Some(LockProgress {
            job: text(&details["additionalErrorInfo"]),
            completed_percent: number(&info["completed_percent"]),
            message: text(&info["friendly_progress_message"]),
            last_update: number(&info["last_status_update_s_ago"])
                .and_then(|seconds| u64::try_from(seconds).ok())
                .map(Duration::from_secs),
        })
    }
}

impl fmt::Display for LockProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&one_line(self.job.as_deref().unwrap_or("a job")))?;
        if let Some(percent) = self.completed_percent {
            write!(f, ", {percent} %")?;
        }
        match &self.message {
            Some(message) => write!(f, ": {}", one_line(message)),
            None => Ok(()),
        }
    }
}

impl Client {
    /// Waits until no job keeps the VPS locked, as reinstallation, snapshots and migration do.
    ///
    /// It polls `migrate/getLocations`, which changes nothing and answers
    /// [`Locked`](ErrorKind::Locked) as long as there is a job. A poll that fails in passing is
    /// made again.
    ///
    /// # Errors
    ///
    /// [`Timeout`](ErrorKind::Timeout) if the time is up and the VPS is still locked; else those
    /// of the poll.
    ///
    /// ```no_run
    /// # async fn example(client: hosting_apis::kiwivm::Client) -> Result<(), hosting_apis::Error> {
    /// use std::time::Duration;
    ///
    /// client.snapshot_create().description("before the upgrade").await?;
    /// client
    ///     .wait_until_unlocked()
    ///     .timeout(Duration::from_secs(20 * 60))
    ///     .on_progress(|progress| eprintln!("{progress}"))
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until_unlocked(&self) -> WaitUntilUnlocked<'_> {
        WaitUntilUnlocked {
            client: self,
            timeout: Duration::from_secs(15 * 60),
            interval: Duration::from_secs(10),
            on_progress: Box::new(|_| {}),
        }
    }
}

/// The wait that [`Client::wait_until_unlocked`] makes.
#[must_use = "a wait does nothing until it is awaited"]
pub struct WaitUntilUnlocked<'a> {
    client: &'a Client,
    timeout: Duration,
    interval: Duration,
    on_progress: Box<dyn FnMut(&LockProgress) + Send + 'a>,
}

impl<'a> WaitUntilUnlocked<'a> {
    /// How long to wait in all. By default 15 minutes.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long to wait between two polls. By default 10 seconds, which stays far below the rate
    /// limit.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// What to do with the progress that each poll finds.
    pub fn on_progress(mut self, callback: impl FnMut(&LockProgress) + Send + 'a) -> Self {
        self.on_progress = Box::new(callback);
        self
    }

    async fn wait(mut self) -> Result<(), Error> {
        let deadline = crate::transport::deadline(self.timeout);
        let mut last = None;
        loop {
            // Any success means that no job holds the lock.
            let poll = self.client.migrate_get_locations().json();
            match timeout_at(deadline, poll).await {
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(error)) if error.is_retryable() => {
                    if let Some(progress) = LockProgress::of(&error) {
                        (self.on_progress)(&progress);
                    }
                    last = Some(error);
                }
                Ok(Err(error)) => return Err(error),
                Err(_) => return Err(still_locked(self.timeout, last)),
            }
            sleep_until(deadline.min(crate::transport::deadline(self.interval))).await;
            if Instant::now() >= deadline {
                return Err(still_locked(self.timeout, last));
            }
        }
    }
}

fn still_locked(timeout: Duration, last: Option<Error>) -> Error {
    let found = match last.map(|error| (LockProgress::of(&error), error)) {
        None => format!("no poll was answered within {timeout:?}"),
        Some((Some(progress), _)) => {
            format!("still locked after {timeout:?}; the last poll found {progress}")
        }
        Some((None, error)) => {
            format!("not known to be unlocked after {timeout:?}; the last poll failed: {error}")
        }
    };
    Error::new(ErrorKind::Timeout)
        .because(found)
        .of(operations::MIGRATE_GET_LOCATIONS.name)
}

impl<'a> IntoFuture for WaitUntilUnlocked<'a> {
    type Output = Result<(), Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.wait())
    }
}

impl fmt::Debug for WaitUntilUnlocked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitUntilUnlocked")
            .field("timeout", &self.timeout)
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}
