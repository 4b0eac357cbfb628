//! Which format a file is in, from its name and its first bytes.
//!
//! Invariant: decided before anything large is decoded, so a disk image costs as little as a note.

use corpus::{DocPath, Format, Language};
use memchr::memmem;

use crate::magic::Kind;
use crate::names::{self, Named};
use crate::{Skip, container, encoding, magic, vocabulary};

/// How many leading bytes [`detect_format`] looks at, at most.
pub const HEAD_BYTES: usize = 8192;
/// How far into a PDF file its mark may stand: mailers and web servers leave lines before it.
const PDF_MARK_BYTES: usize = 1024;
/// How many header lines at the beginning make a message of a file whose name says nothing.
const MESSAGE_HEADERS: usize = 3;

/// The format of a file called `path` that begins with `head` (at least [`HEAD_BYTES`] of it, or all there is).
///
/// Bytes that can only be one kind decide over the name; else the name decides where it can; then the words that the file begins with.
/// What is left is plain text.
///
/// # Errors
/// [`Skip::Unsupported`] for a kind that is known and has no reader, [`Skip::Binary`] for bytes that are not text.
pub fn detect_format(path: &DocPath, head: &[u8]) -> Result<Format, Skip> {
    let head = &head[..head.len().min(HEAD_BYTES)];
    let named = names::by_name(path);
    if let Some(Named::Unread(what)) = named {
        return Err(unsupported(what));
    }
    let named = named.and_then(Named::format);
    if let Some(kind) = magic::kind_of(trimmed(head)) {
        return by_kind(kind, head, named);
    }
    if let Some(format) = named.filter(|format| format.is_fenced()) {
        return Ok(fenced_format(format, head));
    }
    if is_binary(head) {
        return if has_pdf_mark(head) { Ok(Format::Pdf) } else { Err(Skip::Binary) };
    }
    Ok(match named {
        Some(Format::Code(Language::C)) if is_cpp_header(path, head) => Format::Code(Language::Cpp),
        Some(Format::Xml) => vocabulary::xml_format(head),
        Some(format) => format,
        None => by_content(head),
    })
}

fn unsupported(what: &str) -> Skip {
    Skip::Unsupported { what: what.to_owned() }
}

fn by_kind(kind: Kind, head: &[u8], named: Option<Format>) -> Result<Format, Skip> {
    match kind {
        Kind::Is(format) => Ok(format),
        Kind::Zip => container::zip_format(trimmed(head), named),
        Kind::Compound => container::compound_format(trimmed(head), named),
        Kind::Gzip if named == Some(Format::Tar) => Ok(Format::Tar),
        Kind::Gzip => Err(unsupported("a compressed file")),
        Kind::Unread(what) => Err(unsupported(what)),
    }
}

/// The format of a file that is named like `named` and does not begin like it. Programs that export tables and letters give pages and text
/// the names of documents.
fn fenced_format(named: Format, head: &[u8]) -> Format {
    if matches!(named, Format::Email | Format::Mbox | Format::Image)
        || has_pdf_mark(head) && named == Format::Pdf
    {
        return named;
    }
    let found = by_content(head);
    let is_text = !head.is_empty() && !is_binary(head);
    match named {
        _ if is_text && matches!(found, Format::Html | Format::Xml | Format::Email) => found,
        Format::Xls if is_text && memchr::memchr(b'\t', head).is_some() => Format::Csv,
        Format::Doc | Format::Rtf | Format::Xls if is_text => found,
        named => named,
    }
}

fn is_binary(head: &[u8]) -> bool {
    head.contains(&0) && encoding::wide(head).is_none()
}

fn has_pdf_mark(head: &[u8]) -> bool {
    memmem::find(&head[..head.len().min(PDF_MARK_BYTES)], b"%PDF-").is_some()
}

/// The head without what editors and mailers leave before the beginning. Zeros stay: they are the beginning of some kinds.
fn trimmed(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start()
}

fn by_content(head: &[u8]) -> Format {
    let text = trimmed(head);
    if text.starts_with(b"#!") {
        let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
        return names::by_interpreter(&String::from_utf8_lossy(line));
    }
    let begins = |tag: &[u8]| text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    if begins(b"<!doctype html") || begins(b"<html") {
        return Format::Html;
    }
    if begins(b"<?xml") {
        return vocabulary::xml_format(head);
    }
    if is_mailbox(text) {
        return Format::Mbox;
    }
    if is_message(text) { Format::Email } else { Format::Text }
}

/// A mailbox begins with the line that parts its messages (RFC 4155): `From `, an address, a date; the headers of a message follow.
fn is_mailbox(text: &[u8]) -> bool {
    let mut lines = text.split(|&byte| byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let has_time = first
        .windows(3)
        .any(|three| matches!(three, [a, b':', b] if a.is_ascii_digit() && b.is_ascii_digit()));
    first.starts_with(b"From ") && has_time && lines.next().is_some_and(|line| header_name(line).is_some())
}

/// Header lines of which one is written by mail programs only, and not by people.
fn is_message(text: &[u8]) -> bool {
    const OF_MAIL: [&str; 6] =
        ["received", "return-path", "delivered-to", "mime-version", "message-id", "x-mailer"];
    let (mut headers, mut of_mail) = (0, false);
    for line in text.split(|&byte| byte == b'\n') {
        if matches!(line.first(), Some(b' ' | b'\t')) && headers > 0 {
            continue;
        }
        let Some(name) = header_name(line) else { break };
        headers += 1;
        of_mail |= OF_MAIL.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()));
    }
    headers >= MESSAGE_HEADERS && of_mail
}

/// The name of a header line (RFC 5322, section 2.2).
fn header_name(line: &[u8]) -> Option<&[u8]> {
    let name = line.get(..memchr::memchr(b':', line)?)?;
    let is_name = !name.is_empty() && name.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_name.then_some(name)
}

/// `.h` is said of C and C++ alike; these words do not occur at the start of a line of C.
fn is_cpp_header(path: &DocPath, head: &[u8]) -> bool {
    const STARTS: [&[u8]; 5] = [b"class ", b"namespace ", b"template", b"using ", b"public:"];
    path.extension() == Some("h")
        && head
            .split(|&byte| byte == b'\n')
            .map(<[u8]>::trim_ascii_start)
            .any(|line| STARTS.iter().any(|start| line.starts_with(start)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, head: &[u8], expected: Result<Format, &str>) {
        let found = detect_format(&DocPath::new(path).unwrap(), head).map_err(|reason| reason.to_string());
        assert_eq!(found, expected.map_err(str::to_owned), "{path}");
    }

    #[test]
    fn by_name() {
        check("a/b.MD", b"", Ok(Format::Markdown));
        check("README", b"hello", Ok(Format::Text));
        check("Makefile", b"all:", Ok(Format::Code(Language::Other)));
        check("deploy/Dockerfile.prod", b"FROM x", Ok(Format::Code(Language::Other)));
        check(".bashrc", b"alias a=b", Ok(Format::Code(Language::Other)));
        check("Cargo.lock", b"", Ok(Format::Toml));
        check("x.tsx", b"", Ok(Format::Code(Language::Tsx)));
        check("x.d.ts", b"", Ok(Format::Code(Language::TypeScript)));
        check("x.h", b"int a;\n", Ok(Format::Code(Language::C)));
        check("x.h", b"#pragma once\n  namespace a {\n", Ok(Format::Code(Language::Cpp)));
        check("x.unknown", b"words", Ok(Format::Text));
    }

    #[test]
    fn by_first_bytes() {
        check("run", b"#!/usr/bin/env python3\n", Ok(Format::Code(Language::Python)));
        check("run", b"#!/bin/sh -e\n", Ok(Format::Code(Language::Other)));
        check("page", b"\xef\xbb\xbf\n<!DOCTYPE HTML>", Ok(Format::Html));
        check("a.txt", b"h\0e\0l\0l\0o\0", Ok(Format::Text));
    }

    #[test]
    fn documents_by_name_and_by_content() {
        check("a.docx", b"PK\x03\x04", Ok(Format::Docx));
        check("a.dotm", b"", Ok(Format::Docx));
        check("a.doc", b"{\\rtf1 x}", Ok(Format::Rtf));
        check("a.doc", b"<html><body>", Ok(Format::Html));
        check("a.doc", b"words", Ok(Format::Text));
        check("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Ok(Format::Doc));
        check("a.xls", b"a\tb\n1\t2\n", Ok(Format::Csv));
        check("a.pdf", b"", Ok(Format::Pdf));
        check("a.pdf", b"<!DOCTYPE html>", Ok(Format::Html));
        check("a", b"%PDF-1.7\n", Ok(Format::Pdf));
        check("a", b"HTTP/1.1 200\r\n\r\n%PDF-1.4\n\0\x01", Ok(Format::Pdf));
        check("a.rs", b"const MARK: &[u8] = b\"%PDF-\";", Ok(Format::Code(Language::Rust)));
        check("a.zip", b"PK\x03\x04", Ok(Format::Zip));
        check("a.tar.gz", b"\x1f\x8b\x08", Ok(Format::Tar));
        check("a.png", b"", Ok(Format::Image));
        check("a", b"\x89PNG\r\n\x1a\n", Ok(Format::Image));
        check("a.svg", b"<svg/>", Ok(Format::Image));
        check("a.ipynb", b"{}", Ok(Format::Notebook));
    }

    #[test]
    fn messages_and_mailboxes() {
        let message = b"Received: x\n by y\nFrom: a@b.c\nSubject: hi\n\nText";
        check("a", message, Ok(Format::Email));
        check("17.M1P2.host:2,S", message, Ok(Format::Email));
        check("a.md", message, Ok(Format::Markdown));
        check("a.eml", b"no header", Ok(Format::Email));
        check("Inbox", b"From a@b.c Tue Mar  5 14:22:01 2024\nFrom: a@b.c\n", Ok(Format::Mbox));
        check("a", b"From here on\nNote: it rains.\n", Ok(Format::Text));
        check("a", b"To: all\nFrom: me\nSubject: tea\n\nNow.", Ok(Format::Text));
    }

    #[test]
    fn xml_is_prose_or_code() {
        check("a.xml", b"<rss><channel><title>T</title></channel></rss>", Ok(Format::Xml));
        check("pom.xml", b"<project><groupId>a</groupId></project>", Ok(Format::Code(Language::Other)));
        check("a.xml", b"<?xml version='1.0'?>\n<html>", Ok(Format::Html));
    }

    #[test]
    fn what_is_not_text_says_so() {
        check("a.jar", b"PK\x03\x04", Err("a package is not read yet"));
        check("a.gz", b"", Err("a compressed file is not read yet"));
        check("a.txt", b"some\0thing", Err("binary data"));
        check("a", b"\x7fELF\x02", Err("a program is not read yet"));
        check(
            "a",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            Err("an old Office document of unknown kind is not read yet"),
        );
    }
}
