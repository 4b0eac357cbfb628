//! Which format a file is in, from its name and its first bytes.
//!
//! Invariant: decided before anything large is decoded, so a disk image costs as little as a note.

use corpus::{DocPath, Format, Language};

use crate::names::{self, Named};
use crate::{Skip, encoding, magic};

/// How many leading bytes [`detect_format`] looks at, at most.
pub const HEAD_BYTES: usize = 8192;

/// The format of a file called `path` that begins with `head` (at least [`HEAD_BYTES`] of it, or all there is).
///
/// The name decides where it can; then a `#!` line or an HTML beginning; what is left is plain text.
///
/// # Errors
/// [`Skip::Unsupported`] for a kind that is known and has no reader, [`Skip::Binary`] for bytes that are not text.
pub fn detect_format(path: &DocPath, head: &[u8]) -> Result<Format, Skip> {
    let head = &head[..head.len().min(HEAD_BYTES)];
    let named = names::by_name(path);
    if let Some(Named::Unread(what)) = named {
        return Err(Skip::Unsupported { what });
    }
    if let Some(what) = magic::kind_of(head) {
        return Err(Skip::Unsupported { what });
    }
    if head.contains(&0) && encoding::wide(head).is_none() {
        return Err(Skip::Binary);
    }
    Ok(match named {
        Some(Named::Read(Format::Code(Language::C))) if is_cpp_header(path, head) => {
            Format::Code(Language::Cpp)
        }
        Some(Named::Read(format)) => format,
        _ => by_content(head),
    })
}

fn by_content(head: &[u8]) -> Format {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if text.starts_with(b"#!") {
        let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
        return names::by_interpreter(&String::from_utf8_lossy(line));
    }
    let begins = |tag: &[u8]| text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    if begins(b"<!doctype html") || begins(b"<html") { Format::Html } else { Format::Text }
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
    fn what_is_not_text_says_so() {
        check("a.pdf", b"", Err("PDF is not read yet"));
        check("a", b"%PDF-1.7\n", Err("PDF is not read yet"));
        check("a.docx", b"PK\x03\x04", Err("a Word document is not read yet"));
        check("a.txt", b"PK\x03\x04", Err("a zip archive is not read yet"));
        check("a.png", b"", Err("an image is not read yet"));
        check("a.txt", b"some\0thing", Err("binary data"));
        check("a", b"\x7fELF\x02", Err("a program is not read yet"));
    }
}
