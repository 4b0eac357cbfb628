//! Streams: large files, events, slow clients, the end.

use crate::client::{connect, read_answer};
use crate::served::{FILES, Running};
use custody::Right;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use workroom_server::{ServeOptions, Timeouts};

#[test]
fn a_large_file_goes_in_and_out() {
    let server = Running::new();
    let token = server.admin();
    let bytes: Vec<u8> = (0..5_000_000_u32).map(|n| (n * 7 % 251) as u8).collect();
    let written = server.send(&server.request(&token, "PUT", "/file?path=large.bin").bytes(bytes.clone()));
    assert_eq!(written.status, 201, "{}", written.text());
    let read = server.ask(&token, "GET", "/file?path=large.bin");
    assert!(read.body == bytes);
    assert_eq!(read.header("etag"), Some(format!("{}", written.json()["version"]).as_str()));
    let part = server.send(
        &server.request(&token, "GET", "/file?path=large.bin").header("Range", "bytes=4000000-4000099"),
    );
    assert_eq!(part.body, &bytes[4_000_000..4_000_100]);
}

/// Events of the workspace, line by line.
fn listen(server: &Running, token: &str, last: Option<&str>) -> BufReader<TcpStream> {
    let mut stream = connect(server.address);
    let last = last.map_or(String::new(), |id| format!("Last-Event-ID: {id}\r\n"));
    let head = format!(
        "GET /v1/workspaces/mill/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nAuthorization: Bearer {token}\r\n{last}\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut reader = BufReader::new(stream);
    until(&mut reader, |line| line.starts_with("retry:"));
    reader
}

/// Reads until a line is as wanted, and returns it with those before.
fn until(reader: &mut impl BufRead, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        assert!(reader.read_line(&mut line).unwrap() > 0, "the stream ended after {lines:?}");
        lines.push(line.trim_end().to_owned());
        if lines.last().is_some_and(|line| wanted(line)) {
            return lines;
        }
    }
}

#[test]
fn changes_are_heard_by_who_may_and_gone_on_with() {
    let server = Running::new();
    let (admin, reader) = (server.admin(), server.token(&[("notes", &[Right::Read])]));
    let mut heard = listen(&server, &reader, None);
    let write = |path: &str| {
        let written =
            server.send(&server.request(&admin, "PUT", &format!("/file?path={path}")).bytes("text"));
        assert_eq!(written.status, 201);
    };
    write("hidden/new.md");
    write("notes/one.md");
    let lines = until(&mut heard, |line| line.contains("notes/one.md"));
    assert!(!lines.iter().any(|line| line.contains("hidden")), "{lines:?}");
    let id = lines.iter().rev().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned();
    drop(heard);
    write("notes/two.md");
    let mut again = listen(&server, &reader, Some(&id));
    let lines = until(&mut again, |line| line.contains("notes/two.md"));
    assert!(!lines.contains(&format!("id: {id}")), "{lines:?}");
    // What means nothing here may have missed anything.
    let mut lost = listen(&server, &reader, Some("nonsense"));
    until(&mut lost, |line| line == "event: missed");
}

#[test]
fn who_says_nothing_is_closed() {
    let timeouts = Timeouts { head: Duration::from_millis(300), ..Timeouts::default() };
    let server = Running::with(&FILES, |options| ServeOptions { timeouts, ..options });
    for said in [&b""[..], b"GET / HTTP/1.1\r\nHost: loc", b"PRI * HTTP/2"] {
        let mut stream = connect(server.address);
        stream.write_all(said).unwrap();
        let mut answer = Vec::new();
        // It ends, by an answer or without one, well before the client's own patience.
        let _reset = stream.read_to_end(&mut answer);
        assert!(answer.is_empty() || read_answer(&answer, false).status >= 400);
    }
}

#[test]
fn more_connections_than_allowed_are_closed() {
    let server = Running::with(&FILES, |options| ServeOptions { max_connections: 2, ..options });
    let token = server.admin();
    let held: Vec<_> = (0..2).map(|_| listen(&server, &token, None)).collect();
    let mut third = connect(server.address);
    let _sent = third.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut answer = Vec::new();
    let _reset = third.read_to_end(&mut answer);
    assert!(answer.is_empty(), "{}", String::from_utf8_lossy(&answer));
    drop(held);
}

#[test]
fn the_end_lets_what_runs_come_to_its_end() {
    let mut server = Running::new();
    let token = server.admin();
    let mut heard = listen(&server, &token, None);
    // Half of a file is sent.
    let mut writing = connect(server.address);
    let head = format!(
        "PUT /v1/workspaces/mill/file?path=late.txt HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/octet-stream\r\nContent-Length: 8\r\nExpect: 100-continue\r\n\r\n"
    );
    writing.write_all(head.as_bytes()).unwrap();
    let mut writing = BufReader::new(writing);
    until(&mut writing, |line| line.starts_with("HTTP/1.1 100"));
    server.ask_to_end();
    until(&mut heard, |line| line == "event: end");
    writing.get_mut().write_all(b"all of i").unwrap();
    let lines = until(&mut writing, |line| line.starts_with("HTTP/1.1 2"));
    assert!(!lines.is_empty());
    server.end();
    assert_eq!(std::fs::read_to_string(server.folder.join("late.txt")).unwrap(), "all of i");
    assert!(TcpStream::connect(server.address).is_err());
}
