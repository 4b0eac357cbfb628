//! A receiver of webhooks: HTTP over a socket of this machine, which answers as a test wants.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver as Queue, Sender, channel};
use std::time::Duration;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was received.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// `file.created a.md`.
    pub(crate) fn said(&self) -> String {
        let json = self.json();
        format!("{} {}", json["type"].as_str().unwrap(), json["data"]["path"].as_str().unwrap_or("-"))
    }
}

/// What is answered: a status, and perhaps a header.
pub(crate) type Answer = (u16, Option<(&'static str, String)>);

/// A receiver, until the test ends.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    received: Queue<Received>,
}

impl Receiver {
    /// Answers each request as `answer` says, which is told what came and how many came before.
    pub(crate) fn new(answer: impl Fn(&Received, usize) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (send, received) = channel();
        std::thread::spawn(move || {
            for (n, stream) in listener.incoming().flatten().enumerate() {
                if serve(stream, &answer, n, &send).is_none() {
                    return;
                }
            }
        });
        Self { address, received }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// The next request.
    pub(crate) fn next(&self) -> Received {
        self.received.recv_timeout(PATIENCE).expect("nothing came")
    }

    pub(crate) fn take(&self, n: usize) -> Vec<Received> {
        (0..n).map(|_| self.next()).collect()
    }

    /// What came and was not looked at.
    pub(crate) fn rest(&self) -> Vec<Received> {
        self.received.try_iter().collect()
    }
}

fn serve(
    stream: TcpStream,
    answer: &impl Fn(&Received, usize) -> Answer,
    n: usize,
    send: &Sender<Received>,
) -> Option<()> {
    let mut from = BufReader::new(stream.try_clone().ok()?);
    let (mut headers, mut line) = (HashMap::new(), String::new());
    while from.read_line(&mut line).ok()? > 2 {
        if let Some((name, value)) = line.trim_end().split_once(": ") {
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        line.clear();
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    from.read_exact(&mut body).ok()?;
    let received = Received { headers, body };
    let (status, header) = answer(&received, n);
    let header = header.map(|(name, value)| format!("{name}: {value}\r\n")).unwrap_or_default();
    let mut to = stream;
    // Noted first: whoever hears of the answer finds the request.
    let sent = send.send(received).ok();
    drop(write!(to, "HTTP/1.1 {status} As Told\r\n{header}content-length: 0\r\nconnection: close\r\n\r\n"));
    sent
}
