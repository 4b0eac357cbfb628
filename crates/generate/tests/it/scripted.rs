//! An endpoint that says what it is told to.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use workroom_generate::{Model, Settings};

/// A request as it came.
pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: Value,
}

/// An endpoint. It ends with the process.
pub(crate) struct Scripted {
    pub(crate) url: String,
    pub(crate) requests: Receiver<Request>,
}

impl Scripted {
    /// Answers every request by a script, which is given its number.
    pub(crate) fn new(script: impl Fn(usize, TcpStream) + Send + Sync + Clone + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (send, requests) = channel();
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().enumerate() {
                let (script, send) = (script.clone(), send.clone());
                std::thread::spawn(move || {
                    let request = read(&stream);
                    // A test that looks at no request has dropped the other end.
                    drop(send.send(request));
                    script(number, stream);
                });
            }
        });
        Self { url, requests }
    }

    /// Says the same bytes every time, and closes.
    pub(crate) fn saying(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::new(move |_, mut stream| drop(stream.write_all(&bytes)))
    }

    /// The model there, with little time.
    pub(crate) fn model(&self) -> Model {
        self.model_with(|settings| settings)
    }

    pub(crate) fn model_with(&self, change: impl FnOnce(Settings) -> Settings) -> Model {
        let settings = Settings { timeout: Duration::from_secs(60), ..Settings::new(&self.url, "scripted") };
        Model::new(change(settings)).unwrap()
    }
}

fn read(stream: &TcpStream) -> Request {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
    let length =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    Request { head, body: serde_json::from_slice(&body).unwrap_or_default() }
}

/// A head of an answer that goes on until the connection closes.
pub(crate) const STREAM: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

/// An event with a piece of the answer.
pub(crate) fn delta(text: &str) -> String {
    format!(
        "data: {}\n\n",
        json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]})
    )
}

/// An answer in pieces of a few characters, with all that endpoints put around them.
pub(crate) fn streamed(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let pieces: String = chars.chunks(3).map(|piece| delta(&piece.iter().collect::<String>())).collect();
    let first = json!({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]});
    let last = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    let usage = json!({"choices": [], "usage": {"total_tokens": 7}});
    format!(
        "{STREAM}: a comment\n\nevent: message\ndata: {first}\n\n{pieces}data: {last}\n\ndata: {usage}\n\ndata: [DONE]\n\n"
    )
}

/// An answer with a length.
pub(crate) fn whole(status: &str, kind: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}
