//! A client that keeps its connection: one request at a time, each answer read whole.
//!
//! It shares the machine with the server that it measures, so it does no more than it must: one buffer for what is sent, one for what comes.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than the server lets any call take.
const PATIENCE: Duration = Duration::from_secs(90);
/// Read at a time.
const PORTION: usize = 64 << 10;

/// Where to ask, and as whom.
#[derive(Clone, Debug)]
pub(super) struct Service {
    pub(super) address: SocketAddr,
    /// The path of the workspace's calls.
    pub(super) below: String,
    pub(super) token: String,
}

/// A connection.
pub(super) struct Client<'a> {
    service: &'a Service,
    stream: TcpStream,
    sent: Vec<u8>,
    came: Vec<u8>,
}

/// An answer, until the next request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer<'a> {
    pub(super) status: u16,
    pub(super) body: &'a [u8],
}

impl<'a> Client<'a> {
    pub(super) fn connect(service: &'a Service) -> io::Result<Self> {
        let stream = TcpStream::connect(service.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { service, stream, sent: Vec::new(), came: Vec::new() })
    }

    /// `POST`s JSON to a call of the workspace.
    pub(super) fn post(&mut self, call: &str, json: &[u8]) -> io::Result<Answer<'_>> {
        self.send("POST", call, "application/json", json)
    }

    /// `PUT`s a file's bytes.
    pub(super) fn put(&mut self, path: &str, bytes: &[u8]) -> io::Result<Answer<'_>> {
        self.send("PUT", &format!("/file?path={path}"), "application/octet-stream", bytes)
    }

    fn send(&mut self, method: &str, call: &str, kind: &str, body: &[u8]) -> io::Result<Answer<'_>> {
        let Service { address, below, token } = self.service;
        self.sent.clear();
        write!(
            self.sent,
            "{method} {below}{call} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )?;
        self.sent.extend_from_slice(body);
        self.stream.write_all(&self.sent)?;
        self.came.clear();
        loop {
            if let Some(Head { status, body }) = head(&self.came)?
                && self.came.len() >= body.end
            {
                return Ok(Answer { status, body: &self.came[body] });
            }
            let before = self.came.len();
            self.came.resize(before + PORTION, 0);
            let n = self.stream.read(&mut self.came[before..])?;
            self.came.truncate(before + n);
            if n == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// What the head of an answer says: its status, and where its body is.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    body: std::ops::Range<usize>,
}

/// The head of an answer, if it is all there.
fn head(bytes: &[u8]) -> io::Result<Option<Head>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let invalid = |what: &str| io::Error::new(ErrorKind::InvalidData, what.to_owned());
    let text = std::str::from_utf8(&bytes[..end]).map_err(|_| invalid("the head is not text"))?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|word| word.parse().ok());
    let status = status.ok_or_else(|| invalid("the answer has no status"))?;
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let length = length.ok_or_else(|| invalid("the answer does not say how long it is"))?;
    Ok(Some(Head { status, body: end + 4..end + 4 + length }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_say_where_bodies_are() {
        let check = |bytes: &str, expected: Result<Option<(u16, &str)>, ()>| {
            let found = head(bytes.as_bytes()).map_err(drop);
            let found = found.map(|head| head.map(|head| (head.status, &bytes[head.body])));
            assert_eq!(found, expected, "{bytes:?}");
        };
        check("", Ok(None));
        check("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n", Ok(None));
        check("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab", Ok(Some((200, "ab"))));
        check("HTTP/1.1 429 Too Many\r\nDate: x\r\nContent-Length:0\r\n\r\n", Ok(Some((429, ""))));
        check("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", Err(()));
        check("nonsense\r\n\r\n", Err(()));
    }
}
