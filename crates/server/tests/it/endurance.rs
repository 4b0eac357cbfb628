//! Clients that hold on: connections that say nothing, requests that never end, readers that do not read. They are ended, and the others are
//! answered meanwhile.

use crate::agent::{Agent, Era};
use crate::client::{Request, connect, read_answer};
use crate::served::{FILES, Running};
use serde_json::json;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};
use workroom_server::{ServeOptions, Timeouts};

const SHORT: Duration = Duration::from_secs(1);
/// After so long nobody is held on to any more, on a machine that is busy too.
const LATE: Duration = Duration::from_secs(30);
/// Others are answered well within it.
const SOON: Duration = Duration::from_secs(5);

fn hasty(largest_file: u64) -> Running {
    let timeouts = Timeouts { head: SHORT, handshake: SHORT, unread: SHORT, body: SHORT, pulse: SHORT / 4 };
    Running::with(&FILES, |options| ServeOptions { timeouts, largest_file, ..options })
}

/// A number among those that the server tells of itself.
fn told(server: &Running, name: &str) -> u64 {
    let metrics = server.send(&Request::new("GET", "/metrics")).text();
    let line = metrics.lines().find_map(|line| line.strip_prefix(&format!("workroom_http_{name} ")));
    line.unwrap_or_else(|| panic!("no {name} in {metrics}")).parse().unwrap()
}

/// Waits until the server holds on to no more than so many.
fn falls_to(server: &Running, name: &str, most: u64) {
    let end = Instant::now() + LATE;
    while told(server, name) > most {
        assert!(Instant::now() < end, "{} {name}", told(server, name));
        std::thread::yield_now();
    }
}

/// That others are answered as if there were nobody.
fn answers_others(server: &Running, token: &str) {
    for _ in 0..20 {
        let begun = Instant::now();
        assert_eq!(server.ask(token, "GET", "/search?query=wheel").status, 200);
        assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    }
}

#[test]
fn a_thousand_who_say_nothing_hold_up_nobody_and_are_closed() {
    let head = Duration::from_secs(4);
    let timeouts = Timeouts { head, ..Timeouts::default() };
    let server = Running::with(&FILES, |options| ServeOptions { timeouts, ..options });
    let token = server.admin();
    let before = told(&server, "connections");
    let said =
        [&b""[..], b"GET / HTTP/1.1\r\nHost: loc", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"];
    let mut idle: Vec<TcpStream> = (0..1000).map(|_| connect(server.address)).collect();
    for (n, stream) in idle.iter_mut().enumerate() {
        stream.write_all(said[n % said.len()]).unwrap();
    }
    let begun = Instant::now();
    // They are taken one after the other; on a slow machine the first may be closed before the last is taken.
    while told(&server, "connections") < 1000 && begun.elapsed() < head {
        std::thread::yield_now();
    }
    answers_others(&server, &token);
    for stream in &mut idle {
        let mut answer = Vec::new();
        let _reset = stream.read_to_end(&mut answer);
    }
    assert!(begun.elapsed() < head + LATE, "{:?}", begun.elapsed());
    falls_to(&server, "connections", before + 1);
}

/// A request that is sent in portions, one every twentieth of a second.
struct Held {
    name: &'static str,
    head: String,
    portion: &'static [u8],
    /// Portions after which the client says that there are no more.
    portions: usize,
    /// What may be answered; 0 for a connection that is closed without a word.
    statuses: &'static [u16],
}

/// Sends it until the server ends it, and gives back the first answer's status.
fn hold(address: SocketAddr, held: &Held) -> u16 {
    let mut stream = connect(address);
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    stream.write_all(held.head.as_bytes()).unwrap();
    let (begun, mut answer, mut sent) = (Instant::now(), Vec::new(), 0);
    loop {
        let mut buffer = [0; 4096];
        // Waiting for an answer is the clock.
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => answer.extend(&buffer[..n]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
        assert!(begun.elapsed() < LATE, "{} is held on to", held.name);
        if sent < held.portions {
            let _closed = stream.write_all(held.portion);
            sent += 1;
            if sent == held.portions {
                let _closed = stream.shutdown(Shutdown::Write);
            }
        }
    }
    if answer.is_empty() { 0 } else { read_answer(&answer, false).status }
}

const FOREVER: usize = usize::MAX;

fn half_sent(token: &str) -> Vec<Held> {
    let to = |method: &str, below: &str, kind: &str, length: &str| {
        format!(
            "{method} {below} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: {kind}\r\n\
             Accept: application/json, text/event-stream\r\n{length}\r\n\r\n"
        )
    };
    let at = |below: &str| format!("/v1/workspaces/mill{below}");
    let file = |path: &str, length: &str| {
        to("PUT", &at(&format!("/file?path=held/{path}")), "application/octet-stream", length)
    };
    let (json, chunked) = ("application/json", "Transfer-Encoding: chunked");
    let all = [
        ("nothing", String::new(), &b""[..], FOREVER, &[0, 408][..]),
        ("a slow head", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ".into(), b"x", FOREVER, &[0, 408]),
        (
            "endless headers",
            "GET /healthz HTTP/1.1\r\nHost: localhost\r\n".into(),
            b"x: y\r\n",
            FOREVER,
            &[0, 408, 431],
        ),
        ("a slow search", to("POST", &at("/search"), json, "Content-Length: 1000"), b" ", FOREVER, &[408]),
        ("a slow file", file("slow", "Content-Length: 900000"), b"x", FOREVER, &[408]),
        ("a silent file", file("silent", "Content-Length: 9"), b"", FOREVER, &[408]),
        ("slow chunks", file("chunks", chunked), b"1\r\nx\r\n", FOREVER, &[408]),
        ("a slow message", to("POST", "/mcp", json, "Content-Length: 1000"), b" ", FOREVER, &[408]),
        (
            "a slow body where none is wanted",
            to("GET", &at(""), json, "Content-Length: 1000"),
            b" ",
            FOREVER,
            &[200],
        ),
        (
            "a slow body to nowhere",
            to("POST", "/nowhere", json, "Content-Length: 1000"),
            b" ",
            FOREVER,
            &[404],
        ),
        (
            "a slow body from nobody",
            to("PUT", &at("/file?path=held/x"), "text/plain", "Content-Length: 9").replace(token, "x"),
            b"",
            FOREVER,
            &[401],
        ),
        ("less than was said", file("less", "Content-Length: 9"), b"abc", 2, &[0, 400]),
        ("chunks without an end", file("open", chunked), b"3\r\nabc\r\n", 2, &[0, 400]),
        ("a message cut short", to("POST", "/mcp", json, "Content-Length: 900"), b"{", 2, &[0, 400]),
        ("chunks of no size", file("size", chunked), b"zz\r\nabc\r\n", 1, &[0, 400]),
        (
            "chunks of a size beyond all",
            file("beyond", chunked),
            b"fffffffffffffffff\r\nabc\r\n",
            1,
            &[0, 400, 413],
        ),
    ];
    all.into_iter()
        .map(|(name, head, portion, portions, statuses)| Held { name, head, portion, portions, statuses })
        .collect()
}

#[test]
fn what_never_ends_is_ended_and_leaves_nothing() {
    let server = hasty(1 << 20);
    let token = server.admin();
    std::thread::scope(|scope| {
        let held = half_sent(&token);
        for held in held {
            scope.spawn(move || {
                let status = hold(server.address, &held);
                assert!(held.statuses.contains(&status), "{}: {status}", held.name);
            });
        }
        answers_others(&server, &token);
    });
    assert_eq!(server.ask(&token, "GET", "/file/info?path=held").status, 404);
    let spool = server.folder.join(".workroom/tmp");
    let left: Vec<_> = std::fs::read_dir(spool).into_iter().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn endless_bodies_are_cut_where_they_are_too_large() {
    let server = hasty(1 << 20);
    let token = server.admin();
    let chunk = [format!("{:x}\r\n", 1 << 16).into_bytes(), vec![b'1'; 1 << 16], b"\r\n".to_vec()].concat();
    for (method, target, kind) in [
        ("PUT", "/v1/workspaces/mill/file?path=endless.bin", "application/octet-stream"),
        ("POST", "/v1/workspaces/mill/file/append?path=endless.bin", "application/octet-stream"),
        ("POST", "/v1/workspaces/mill/search", "application/json"),
        ("POST", "/mcp", "application/json"),
    ] {
        for length in ["Transfer-Encoding: chunked", "Content-Length: 90000000000"] {
            let mut stream = connect(server.address);
            let head = format!(
                "{method} {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: {kind}\r\n\
                 Accept: application/json, text/event-stream\r\n{length}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).unwrap();
            let mut reading = stream.try_clone().unwrap();
            let answer = std::thread::spawn(move || {
                let mut line = String::new();
                let _reset = BufReader::new(&mut reading).read_line(&mut line);
                line
            });
            // What says itself that it is too large is refused before it comes.
            let mut sent = 0_u64;
            while length.starts_with("Transfer") && stream.write_all(&chunk).is_ok() {
                sent += chunk.len() as u64;
                assert!(sent < 100 << 20, "{target}: {sent} bytes were taken");
            }
            let line = answer.join().unwrap();
            assert!(line.contains(" 413 ") || line.is_empty() && sent > 0, "{target} {length}: {line:?}");
        }
    }
    assert_eq!(server.ask(&token, "GET", "/file/info?path=endless.bin").status, 404);
}

/// A connection with little room for what is not read.
#[cfg(unix)]
fn narrow(address: SocketAddr) -> TcpStream {
    use rustix::net::{AddressFamily, SocketType, connect, socket, sockopt::set_socket_recv_buffer_size};
    let made = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    set_socket_recv_buffer_size(&made, 4096).unwrap();
    connect(&made, &address).unwrap();
    let stream = TcpStream::from(made);
    stream.set_read_timeout(Some(LATE)).unwrap();
    stream
}

/// Memory that this process has, in KiB.
#[cfg(target_os = "linux")]
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn who_does_not_read_a_large_file_is_given_up_and_costs_little() {
    const LARGE: u64 = 128 << 20;
    const READERS: u64 = 16;
    let server = hasty(1 << 30);
    let token = server.admin();
    let large = std::fs::File::create(server.folder.join("large.bin")).unwrap();
    large.set_len(LARGE).unwrap();
    assert_eq!(server.ask(&token, "HEAD", "/file?path=large.bin").status, 200);
    let before = resident();
    let head = format!(
        "GET /v1/workspaces/mill/file?path=large.bin HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    let mut readers: Vec<TcpStream> = (0..READERS).map(|_| narrow(server.address)).collect();
    for reader in &mut readers {
        reader.write_all(head.as_bytes()).unwrap();
        let mut first = [0; 12];
        reader.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
    }
    answers_others(&server, &token);
    let grown = resident().saturating_sub(before) / 1024;
    // Other tests run beside this one; all files at once would be 2 GiB.
    assert!(grown < 600, "{grown} MiB");
    falls_to(&server, "connections", 1);
    for mut reader in readers {
        let mut rest = Vec::new();
        let _reset = reader.read_to_end(&mut rest);
        assert!((rest.len() as u64) < LARGE, "{} bytes came", rest.len());
    }
}

#[test]
fn sessions_that_nobody_ends_make_room_for_others() {
    let server = Running::new();
    let token = server.admin();
    let mut agents: Vec<Agent> =
        (0..65).map(|_| Agent::connect(server.address, "/mcp", &token, Era::Sessions)).collect();
    assert_eq!(agents[0].post("tools/list", json!({})).status, 404);
    assert!(agents[64].tools().is_array());
}
