//! The parser: the first word of a file says what happens.

use corpus::{ContentHash, Document};
use extract::Skip;
use std::io;
use workroom_fence::{Parsed, Part, Request};

pub(crate) fn parse(request: Request) -> Result<Parsed, Skip> {
    let told = String::from_utf8_lossy(&request.bytes).into_owned();
    if request.options.list_only {
        return Ok(listed(&request));
    }
    let (way, rest) = told.split_once(' ').unwrap_or((&told, ""));
    let text = match way {
        "echo" => rest.to_owned(),
        "skip" => return Err(Skip::Encrypted),
        "pid" => std::process::id().to_string(),
        "repeat" => "tide ".repeat(rest.parse().unwrap_or(0)),
        "print" => print(),
        "loop" => spin(),
        "allocate" => allocate(),
        "overflow" => overflow(1).to_string(),
        "panic" => std::panic::panic_any("as told"),
        "abort" => std::process::abort(),
        "exit" => std::process::exit(3),
        _ => forbidden(way, rest),
    };
    Ok(Parsed::without_parts(Document::plain(text, request.format)))
}

/// A mail with one attachment.
fn listed(request: &Request) -> Parsed {
    let part = Part {
        name: "plan.pdf".to_owned(),
        size: 9,
        hash: ContentHash::of(&request.bytes),
        outcome: Err(Skip::Failed { why: "it was not read".to_owned() }),
    };
    Parsed { document: Document::plain("a mail".to_owned(), request.format), parts: vec![part] }
}

/// More than a pipe holds, to both standard streams.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a parser that prints is what is tested")]
fn print() -> String {
    for _ in 0..10_000 {
        println!("a line that belongs nowhere, as some parsers print them");
        eprintln!("another one");
    }
    "printed".to_owned()
}

fn spin() -> String {
    loop {
        std::hint::spin_loop();
    }
}

fn allocate() -> String {
    let mut all = Vec::new();
    loop {
        all.push(vec![1_u8; 1 << 20]);
    }
}

fn overflow(depth: u64) -> u64 {
    let room = std::hint::black_box([depth; 512]);
    if room[1] == 0 {
        return 0;
    }
    overflow(depth + 1) + room[0]
}

/// Tries something that no parser may do, and says how that went.
fn forbidden(way: &str, rest: &str) -> String {
    let tried = match way {
        "open" => std::fs::File::open(rest).map(drop),
        "create" => std::fs::File::create(rest).map(drop),
        "remove" => std::fs::remove_file(rest),
        "connect" => std::net::TcpStream::connect(rest).map(drop),
        "bind" => std::net::UdpSocket::bind("127.0.0.1:0").map(drop),
        "run" => std::process::Command::new(rest).status().map(drop),
        "thread" => std::thread::Builder::new().spawn(|| ()).map(drop),
        _ => Err(io::ErrorKind::Unsupported.into()),
    };
    tried.map_or_else(|error| error.kind().to_string(), |()| "done".to_owned())
}
