//! Bombs in messages.

use super::{Bomb, bomb};
use corpus::Format::{Email, Mbox};

const DEEP: usize = 100_000;

pub(super) const BOMBS: [Bomb; 10] = [
    bomb("eml: parts in parts", Email, || {
        let layer = |n: usize| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n");
        message(&(0..DEEP).map(layer).collect::<String>())
    }),
    bomb("eml: parts in parts with one boundary", Email, || {
        message(&"Content-Type: multipart/mixed; boundary=b\n\n--b\n".repeat(DEEP))
    }),
    bomb("eml: messages in messages", Email, || message(&"Content-Type: message/rfc822\n\n".repeat(DEEP))),
    bomb("eml: 100,000 parts", Email, || {
        message(&format!(
            "Content-Type: multipart/mixed; boundary=b\n\n{}",
            "--b\nContent-Disposition: attachment; filename=a.txt\n\na\n".repeat(DEEP)
        ))
    }),
    bomb("eml: 100,000 headers", Email, || message(&"Subject: a\nReceived: b\nTo: c@d\n".repeat(DEEP))),
    bomb("eml: a header of 10 MB", Email, || {
        message(&format!("To: {}\n\na", "\"a\" <b@c>, (d)".repeat(800_000)))
    }),
    bomb("eml: brackets in brackets", Email, || {
        message(&format!("To: {}\nDate: {}\n\na", "(".repeat(DEEP), "(".repeat(DEEP)))
    }),
    bomb("eml: a file name in 100,000 parts", Email, || {
        let part = |n: usize| format!(";\n filename*{n}*=a%20");
        message(&format!("Content-Disposition: attachment{}\n\na", (0..DEEP).map(part).collect::<String>()))
    }),
    bomb("eml: boundaries everywhere", Email, || {
        message(&format!("Content-Type: multipart/mixed; boundary=\"\"\n\n{}", "--\n".repeat(10 * DEEP)))
    }),
    bomb("mbox: 200,000 messages", Mbox, || {
        "From a@b Sat May  4 10:20:30 2024\nSubject: a\n\nb\n\n".repeat(2 * DEEP).into_bytes()
    }),
];

fn message(rest: &str) -> Vec<u8> {
    format!("From: a@b\nMIME-Version: 1.0\n{rest}").into_bytes()
}
