//! A server on loopback in a process of its own, so that no contender's figures hold a part of it.
//!
//! The bench starts itself again for that, with an environment variable, and begins with
//! [`run_if_asked`]. The server ends with the bench, when its standard input does.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::{env, process, thread};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;

use super::bodies;

const ASKED: &str = "HOSTING_APIS_BENCH_SERVER";

/// The server's process.
pub struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    pub fn start() -> Server {
        let mut process = Command::new(env::current_exe().unwrap())
            .env(ASKED, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        let output = process.stdout.as_mut().unwrap();
        BufReader::new(output).read_line(&mut address).unwrap();
        let address = address.trim().parse().unwrap();
        Server { process, address }
    }

    /// The base URL at which lists are this large.
    pub fn url(&self, bytes: usize) -> String {
        format!("http://{}/{bytes}", self.address)
    }

    /// How many connections were opened before the one that asks.
    pub async fn connections(&self) -> u64 {
        let url = format!("http://{}/0/connections", self.address);
        let reply = reqwest::get(url).await.unwrap();
        reply.text().await.unwrap().parse::<u64>().unwrap() - 1
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// Is the server, if this process was started to be that, and doesn't return then.
pub fn run_if_asked() {
    if env::var_os(ASKED).is_none() {
        return;
    }
    thread::spawn(|| {
        let _ = io::stdin().read(&mut [0]);
        process::exit(0);
    });
    let runtime = Builder::new_current_thread().enable_io().build().unwrap();
    runtime.block_on(serve());
}

async fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    let replies = Arc::default();
    for connections in 1.. {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        tokio::spawn(answer(stream, connections, Arc::clone(&replies)));
    }
}

/// Whole replies by their paths.
type Replies = Mutex<HashMap<String, Arc<[u8]>>>;

/// Answers the requests of a connection, of which it reads no more than where they end.
async fn answer(mut stream: TcpStream, connections: usize, replies: Arc<Replies>) {
    let mut received = Vec::new();
    while stream.read_buf(&mut received).await.is_ok_and(|n| n > 0) {
        let Some(head) = received.windows(4).position(|w| w == b"\r\n\r\n") else {
            continue;
        };
        let text = std::str::from_utf8(&received[..head]).unwrap();
        let length = text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse().unwrap())
        });
        if received.len() < head + 4 + length.unwrap_or(0) {
            continue;
        }
        let target = text.split(' ').nth(1).unwrap();
        let path = target.split('?').next().unwrap();
        let reply = if path == "/0/connections" {
            reply(connections.to_string().into())
        } else {
            let mut replies = replies.lock().unwrap();
            let known = replies.entry(path.to_owned());
            Arc::clone(known.or_insert_with(|| reply(body(path))))
        };
        received.clear();
        if stream.write_all(&reply).await.is_err() {
            return;
        }
    }
}

fn reply(body: Vec<u8>) -> Arc<[u8]> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    [head.into_bytes(), body].concat().into()
}

fn body(path: &str) -> Vec<u8> {
    let (bytes, operation) = path[1..].split_once('/').unwrap();
    let bytes = bytes.parse().unwrap();
    match operation {
        "getServiceInfo" => bodies::service_info(),
        "getRawUsageStats" => bodies::usage(bytes),
        "v1/sites" => bodies::sites(bytes),
        _ => panic!("there is no {path}"),
    }
}
