//! Calls that are given up, calls by the thousand, and the deadline over attempts and waits.

#![cfg(any(feature = "vps-org", feature = "cdnfly"))]

mod support;

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use hosting_apis::{Error, RetryPolicy};
use support::{Answer, Request, Server, json};

type Call = Pin<Box<dyn Future<Output = Result<String, Error>> + Send>>;

/// Polls a call this often; its result, if it has come to that.
async fn poll(call: &mut Call, mut times: usize) -> Option<Result<String, Error>> {
    poll_fn(|context| {
        if times == 0 {
            return Poll::Ready(None);
        }
        times -= 1;
        match call.as_mut().poll(context) {
            Poll::Ready(result) => Poll::Ready(Some(result)),
            // The next poll is due when there is something new, and the last one is over at once.
            Poll::Pending if times == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// The number that a path ends in.
fn number(request: &Request) -> &str {
    let path = request.target.trim_end_matches('/');
    path.rsplit('/').next().unwrap()
}

/// Turns every GET away once, and answers byte by byte.
fn slowly(mut answer: impl FnMut(&Request) -> String) -> impl FnMut(&Request) -> Answer {
    let mut seen = Vec::new();
    move |request| {
        let target = request.target.clone();
        if request.method == "GET" && !seen.contains(&target) {
            seen.push(target);
            return support::reply(503, &[], "");
        }
        match json(200, &answer(request)) {
            Answer::Send(bytes) => Answer::SendByBytes(bytes),
            other => other,
        }
    }
}

/// With a wait between two attempts that is one, so that a call can be given up in it.
fn hasty() -> RetryPolicy {
    let mut policy = RetryPolicy::default();
    policy.base_delay = Duration::from_millis(2);
    policy
}

/// Gives calls up after the first poll, after the second, and so on until one comes to its end. The
/// calls beside and after each must get what is theirs.
async fn assert_giving_up_harms_nobody(server: &Server, call: impl Fn(String) -> Call) -> usize {
    for polls in 0.. {
        let [given_up, beside, after] = ["1", "2", "3"].map(|n| format!("{n}{polls:04}"));
        let beside_it = tokio::spawn(call(beside.clone()));
        let mut whole = call(given_up.clone());
        let result = poll(&mut whole, polls).await;
        drop(whole);
        assert_eq!(beside_it.await.unwrap().unwrap(), beside);
        assert_eq!(call(after.clone()).await.unwrap(), after);
        let came = server.requests();
        let came = came.iter().filter(|r| number(r) == given_up).count();
        // Turned away, refused, answered.
        assert!(came <= 3, "{came} requests of a call that was given up");
        if let Some(result) = result {
            assert_eq!(result.unwrap(), given_up);
            return polls;
        }
    }
    unreachable!("a call ends")
}

#[cfg(feature = "vps-org")]
mod vps_org_calls {
    use std::collections::VecDeque;
    use std::sync::{Arc, Mutex};

    use hosting_apis::{ErrorKind, vps_org};
    use reqwest::dns::{Addrs, Name, Resolve, Resolving};
    use tokio::sync::Barrier;
    use tokio::task::JoinSet;
    use tokio::time::Instant;

    use super::*;

    fn builder(url: impl Into<String>) -> hosting_apis::ClientBuilder<vps_org::Credentials> {
        let credentials = vps_org::Credentials::token("vps_concurrency-test");
        vps_org::Client::builder(credentials).base_url(url)
    }

    fn domain(number: &str) -> String {
        format!(r#"{{"domain_name": "{number}"}}"#)
    }

    #[tokio::test]
    async fn a_call_given_up_at_any_point_leaves_the_pool_usable() {
        let server = Server::start(slowly(|request| domain(number(request)))).await;
        let client = builder(server.url()).retry(hasty()).build().unwrap();
        let call = |number: String| -> Call {
            let client = client.clone();
            Box::pin(async move {
                let domain = client.get_domain().domain_id(number).await?;
                Ok(domain.domain_name.unwrap())
            })
        };
        let points = assert_giving_up_harms_nobody(&server, call).await;
        assert!(points > 10, "{points}");
    }

    // -----------------------------------------------------------------------------------------
    // Many at once

    /// What the server does to the call of a number, and what is to come of it.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Fate {
        Answered,
        Refused,
        /// Turned away once.
        Repeated,
        /// A write that is turned away.
        Broken,
        /// Never answered.
        Late,
    }

    impl Fate {
        fn of(number: usize) -> Self {
            use Fate::*;
            [Answered, Refused, Repeated, Broken, Late][number % 5]
        }
    }

    /// Each call has a connection, and each connection has two ends here.
    #[cfg(unix)]
    fn allow_many_files() {
        use rustix::process::{Resource, getrlimit, setrlimit};

        let mut limit = getrlimit(Resource::Nofile);
        let most = limit.maximum.unwrap_or(u64::MAX).min(4096);
        if limit.current.is_some_and(|current| current < most) {
            limit.current = Some(most);
            setrlimit(Resource::Nofile, limit).unwrap();
        }
    }

    #[cfg(not(unix))]
    fn allow_many_files() {}

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_thousand_calls_over_one_pool_have_each_its_own_result() {
        const CALLS: usize = 1000;
        allow_many_files();
        // So slow that it answers none before it has got all.
        let waiting = (0..CALLS).filter(|n| Fate::of(*n) != Fate::Late).count();
        let all = Arc::new(Barrier::new(waiting));
        let mut turned_away = vec![false; CALLS];
        let server = Server::start(move |request| {
            let text = match request.method.as_str() {
                "POST" => request.body.clone(),
                _ => request.target.clone(),
            };
            let number: String = text.chars().filter(char::is_ascii_digit).collect();
            let id: usize = number.parse().unwrap();
            let again = std::mem::replace(&mut turned_away[id % CALLS], true);
            let answer = match Fate::of(id) {
                Fate::Late => return Answer::Silence,
                Fate::Refused => json(404, &format!(r#"{{"detail": "{number}"}}"#)),
                Fate::Broken => json(503, &format!(r#"{{"detail": "{number}"}}"#)),
                Fate::Repeated if !again => support::reply(503, &[], ""),
                Fate::Repeated | Fate::Answered => json(200, &domain(&number)),
            };
            match again {
                true => answer,
                false => answer.at(&all),
            }
        })
        .await;
        let pool = hosting_apis::http_client().unwrap();
        let builder = builder(server.url()).http_client(pool).retry(hasty());
        let patient = builder.clone().build().unwrap();
        let impatient = builder.timeout(Duration::from_millis(300)).build().unwrap();

        let mut calls = JoinSet::new();
        for number in 0..CALLS {
            let (patient, impatient) = (patient.clone(), impatient.clone());
            calls.spawn(async move {
                let name = number.to_string();
                let result = match Fate::of(number) {
                    Fate::Late => impatient.get_domain().domain_id(name).await,
                    Fate::Broken => {
                        let written = patient.register_domain().domain_name(name).await;
                        written.map(|_| panic!("{number} is broken"))
                    }
                    _ => patient.get_domain().domain_id(name).await,
                };
                (number, result)
            });
        }
        for (number, result) in calls.join_all().await {
            let name = number.to_string();
            let found = match &result {
                Ok(domain) => (None, domain.domain_name.as_deref(), 0),
                Err(error) => (Some(error.kind()), error.message(), error.attempts()),
            };
            let expected = match Fate::of(number) {
                Fate::Answered | Fate::Repeated => (None, Some(&*name), 0),
                Fate::Refused => (Some(ErrorKind::NotFound), Some(&*name), 1),
                Fate::Broken => (Some(ErrorKind::Server), Some(&*name), 1),
                Fate::Late => (Some(ErrorKind::Timeout), None, 1),
            };
            assert_eq!(found, expected, "{number}: {result:?}");
        }
        let writes = server.requests();
        let writes = writes.iter().filter(|r| r.method == "POST").count();
        assert_eq!(writes, CALLS / 5);

        // The pool is as good as new.
        let next = CALLS.to_string();
        let domain = patient.get_domain().domain_id(&*next).await.unwrap();
        assert_eq!(domain.domain_name, Some(next));
    }

    // -----------------------------------------------------------------------------------------
    // The deadline, on a clock that goes as fast as the calls do

    /// What becomes of an attempt, long before it could leave.
    #[derive(Clone, Copy)]
    enum Attempt {
        FailsAfter(Duration),
        Hangs,
    }

    /// A name that costs time and is never found. It needs no socket, which the paused clock would
    /// not wait for.
    struct Script {
        attempts: Mutex<VecDeque<Attempt>>,
        last: Attempt,
    }

    impl Resolve for Script {
        fn resolve(&self, _: Name) -> Resolving {
            let next = self.attempts.lock().unwrap().pop_front();
            let next = next.unwrap_or(self.last);
            Box::pin(async move {
                match next {
                    Attempt::FailsAfter(time) => tokio::time::sleep(time).await,
                    Attempt::Hangs => std::future::pending().await,
                }
                Err::<Addrs, _>("no such name".into())
            })
        }
    }

    const DEADLINE: Duration = Duration::from_secs(30);
    /// The clock ticks in milliseconds.
    const TICK: Duration = Duration::from_millis(1);

    /// The error of a read and of a write that have half a minute, and how long each took.
    async fn errors(attempts: &[Attempt], last: Attempt) -> [(Error, Duration); 2] {
        let client = || {
            let script = Script {
                attempts: Mutex::new(attempts.iter().copied().collect()),
                last,
            };
            let pool = reqwest::Client::builder()
                .no_proxy()
                .dns_resolver(Arc::new(script))
                .build()
                .unwrap();
            let mut endless = RetryPolicy::default();
            endless.max_attempts = u32::MAX;
            let builder = builder("http://panel.test").allow_insecure_http();
            let builder = builder.http_client(pool).retry(endless).timeout(DEADLINE);
            builder.build().unwrap()
        };
        let start = Instant::now();
        let read = client().get_domain().domain_id(7).await.unwrap_err();
        let of_read = start.elapsed();
        let start = Instant::now();
        let write = client().register_domain().domain_name("a.example").await;
        [(read, of_read), (write.unwrap_err(), start.elapsed())]
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_ends_the_waits_between_attempts_that_fail_at_once() {
        for seed in 0..10 {
            fastrand::seed(seed);
            let last = Attempt::FailsAfter(Duration::ZERO);
            for (error, took) in errors(&[], last).await {
                // No wait is begun that the deadline would end.
                assert_eq!(error.kind(), ErrorKind::Connect);
                assert!(took <= DEADLINE + TICK, "{took:?}");
                assert!(error.attempts() > 3, "{}", error.attempts());
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_ends_attempts_that_take_their_time() {
        let mut kinds = Vec::new();
        for seed in 0..10 {
            fastrand::seed(seed);
            let last = Attempt::FailsAfter(Duration::from_secs(7));
            for (error, took) in errors(&[], last).await {
                assert!(took <= DEADLINE + TICK, "{took:?}");
                assert!((4..=5).contains(&error.attempts()), "{error:?}");
                if error.kind() == ErrorKind::Timeout {
                    assert!(took >= DEADLINE, "{took:?}");
                }
                kinds.push(error.kind());
            }
        }
        // In an attempt as well as before a wait.
        for kind in [ErrorKind::Connect, ErrorKind::Timeout] {
            assert!(kinds.contains(&kind), "{kind:?} of {kinds:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_ends_an_attempt_that_hangs_after_others_have_failed() {
        for seed in 0..10 {
            fastrand::seed(seed);
            let failed = [Attempt::FailsAfter(Duration::from_secs(2)); 3];
            for (error, took) in errors(&failed, Attempt::Hangs).await {
                assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 4));
                assert!(error.to_string().contains("within 30s"), "{error}");
                assert!((DEADLINE..=DEADLINE + TICK).contains(&took), "{took:?}");
            }
        }
    }
}

#[cfg(feature = "cdnfly")]
mod cdnfly_calls {
    use hosting_apis::cdnfly;

    use super::*;

    /// With a login that many of the calls are given up in, and that others wait for.
    #[tokio::test]
    async fn a_call_given_up_at_any_point_leaves_its_session_usable() {
        let mut logins = 0;
        let mut left = 0;
        let server = Server::start(slowly(move |request| {
            if request.target == "/v1/login" {
                (logins, left) = (logins + 1, 2);
                return format!(r#"{{"code": 0, "data": {{"access_token": "token-{logins}"}}}}"#);
            }
            // A token is good for two calls.
            let current = format!("token-{logins}");
            if left == 0 || request.header("access-token") != Some(&current) {
                return r#"{"code": "login_required"}"#.to_owned();
            }
            left -= 1;
            format!(
                r#"{{"code": 0, "data": {{"name": "{}"}}}}"#,
                number(request)
            )
        }))
        .await;
        let credentials = cdnfly::Credentials::login("marta", "a password");
        let builder = cdnfly::Client::builder(credentials).base_url(server.url());
        let client = builder.retry(hasty()).build().unwrap();
        let call = |number: String| -> Call {
            let client = client.clone();
            Box::pin(async move { Ok(client.get_site().id(number).await?.name.unwrap()) })
        };
        let points = assert_giving_up_harms_nobody(&server, call).await;
        assert!(points > 10, "{points}");
    }
}
