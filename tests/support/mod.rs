//! A server on loopback that answers with the bytes it is told to: for replies that no server of
//! HTTP would make, and for counting what reaches it.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Barrier, Notify, watch};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    /// Which connection it came on, counted from 0.
    pub connection: usize,
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names, in lower case, and values.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    /// A header by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The fields of a form body, in their order.
    pub fn form(&self) -> Vec<(String, String)> {
        serde_urlencoded::from_str(&self.body).expect("a form")
    }
}

/// What the server does once it has a whole request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Writes these bytes, and waits for the next request on the connection.
    Send(Vec<u8>),
    /// Writes these bytes, and closes the connection.
    SendAndClose(Vec<u8>),
    /// Writes these bytes, and resets the connection.
    SendAndReset(Vec<u8>),
    /// Writes these bytes one by one, so that they come one by one.
    SendByBytes(Vec<u8>),
    /// Writes these bytes once all parties of the barrier are there, of which this answer is one.
    SendAt(Arc<Barrier>, Vec<u8>),
    /// Writes the head of a chunked reply, and chunks until the client hangs up.
    Endless,
    /// Says nothing, and waits for the client to hang up.
    Silence,
    /// Writes the first bytes, and then the others again and again, with a pause before each time,
    /// until the client hangs up.
    Drip {
        first: Vec<u8>,
        then: Vec<u8>,
        pause: Duration,
    },
}

impl Answer {
    /// The same, sent when all parties of the barrier are there.
    pub fn at(self, barrier: &Arc<Barrier>) -> Answer {
        match self {
            Answer::Send(bytes) => Answer::SendAt(Arc::clone(barrier), bytes),
            other => panic!("{other:?} doesn't wait"),
        }
    }
}

/// A whole reply.
pub fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let length = match status {
        204 => String::new(),
        _ => format!("content-length: {}\r\n", body.len()),
    };
    Answer::Send(format!("HTTP/1.1 {status} X\r\n{headers}{length}\r\n{body}").into())
}

/// A whole reply with a JSON body.
pub fn json(status: u16, body: &str) -> Answer {
    reply(status, &[("content-type", "application/json")], body)
}

/// Serves until the test's runtime ends.
pub struct Server {
    address: SocketAddr,
    log: Arc<Log>,
}

#[derive(Default)]
struct Log {
    requests: Mutex<Vec<Request>>,
    came: watch::Sender<usize>,
    hang_up: Notify,
}

impl Server {
    /// Answers each request with what the function says.
    pub async fn start(answer: impl FnMut(&Request) -> Answer + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let log = Arc::new(Log::default());
        let answer = Arc::new(Mutex::new(answer));
        let accepted = Arc::clone(&log);
        tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.expect("a connection");
                let (log, answer) = (Arc::clone(&accepted), Arc::clone(&answer));
                tokio::spawn(async move {
                    let answer = |request: &Request| (answer.lock().unwrap())(request);
                    serve(stream, connection, &log, answer).await;
                });
            }
        });
        Server { address, log }
    }

    /// Answers the first request with the first answer, and so on; the last one stays.
    pub async fn in_turn(answers: impl IntoIterator<Item = Answer>) -> Server {
        let mut answers = answers.into_iter().collect::<Vec<_>>().into_iter();
        let mut last = Answer::Silence;
        Server::start(move |_| {
            if let Some(next) = answers.next() {
                last = next;
            }
            last.clone()
        })
        .await
    }

    /// Answers every request like this.
    pub async fn always(answer: Answer) -> Server {
        Server::in_turn([answer]).await
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.log.requests.lock().unwrap().clone()
    }

    /// Waits until this many requests have come.
    pub async fn has_got(&self, requests: usize) {
        let long = Duration::from_secs(10);
        let mut came = self.log.came.subscribe();
        let all = tokio::time::timeout(long, came.wait_for(|came| *came >= requests)).await;
        all.expect("the requests don't come").unwrap();
    }

    /// Waits for a client to hang up before it has all that the server would send.
    pub async fn hung_up_on(&self) {
        let long = Duration::from_secs(10);
        let hang_up = tokio::time::timeout(long, self.log.hang_up.notified()).await;
        hang_up.expect("the client still reads");
    }
}

async fn serve(
    mut stream: TcpStream,
    connection: usize,
    log: &Log,
    answer: impl Fn(&Request) -> Answer,
) {
    while let Some(request) = read(&mut stream, connection).await {
        log.requests.lock().unwrap().push(request.clone());
        log.came.send_modify(|came| *came += 1);
        match answer(&request) {
            Answer::Send(bytes) => {
                if stream.write_all(&bytes).await.is_err() {
                    break;
                }
            }
            Answer::SendByBytes(bytes) => {
                stream.set_nodelay(true).expect("an option of TCP");
                let mut going = Ok(());
                for byte in bytes {
                    if going.is_ok() {
                        going = stream.write_all(&[byte]).await;
                        tokio::task::yield_now().await;
                    }
                }
                if going.is_err() {
                    break;
                }
            }
            Answer::SendAt(barrier, bytes) => {
                barrier.wait().await;
                if stream.write_all(&bytes).await.is_err() {
                    break;
                }
            }
            Answer::SendAndClose(bytes) => {
                let _ = stream.write_all(&bytes).await;
                return;
            }
            Answer::SendAndReset(bytes) => {
                let _ = stream.write_all(&bytes).await;
                stream.set_zero_linger().expect("an option of TCP");
                return;
            }
            Answer::Endless => {
                let head = b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n";
                let chunk = [b"1000\r\n".as_slice(), &[b' '; 0x1000], b"\r\n"].concat();
                let mut going = stream.write_all(head).await;
                while going.is_ok() {
                    going = stream.write_all(&chunk).await;
                }
                break;
            }
            Answer::Silence => {
                let _ = stream.read(&mut [0]).await;
                break;
            }
            Answer::Drip { first, then, pause } => {
                let mut going = stream.write_all(&first).await;
                while going.is_ok() {
                    if !pause.is_zero() {
                        tokio::time::sleep(pause).await;
                    }
                    going = stream.write_all(&then).await;
                }
                break;
            }
        }
    }
    log.hang_up.notify_one();
}

/// A request with its body; none if the connection ends first.
async fn read(stream: &mut TcpStream, connection: usize) -> Option<Request> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).expect("a head of text");
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ').map(str::to_owned);
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, value)| value.parse().expect("a length"));
    while bytes.len() < head_end + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some(Request {
        connection,
        method: first.next()?,
        target: first.next()?,
        headers,
        body: String::from_utf8(bytes[head_end..].to_vec()).expect("a body of text"),
    })
}

/// A port of this machine on which nobody listens, for as long as this is kept.
pub struct ClosedPort(TcpSocket);

impl ClosedPort {
    pub fn new() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        socket.bind(any).expect("a free port");
        ClosedPort(socket)
    }

    pub fn address(&self) -> SocketAddr {
        self.0.local_addr().expect("a bound port")
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }
}
