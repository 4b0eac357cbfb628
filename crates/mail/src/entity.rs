//! The parts of a message: MIME entities (RFC 2045, RFC 2046), taken apart into those that hold something.
//!
//! Invariant: bodies are borrowed from the message. At most [`MAX_DEPTH`] levels are opened, so each byte is looked at that often at most;
//! what is nested deeper is one part. Nested messages are not opened here.

use std::ops::Range;

use mail_parser::{ContentType, Message, MessageParser, MessagePart, MimeHeaders};
use memchr::{memchr, memmem};

/// How deep multiparts are opened. Forwarding nests messages, not multiparts; real mail has four levels.
const MAX_DEPTH: usize = 16;
/// The most parts of a message.
const MAX_PARTS: usize = 4096;
/// The most bytes of headers that are read.
const MAX_HEADER_BYTES: usize = 1 << 20;

/// A part that is no multipart.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    /// Its headers.
    pub(crate) headers: Message<'static>,
    /// Its content, as it was transferred.
    pub(crate) body: &'a [u8],
    /// Which `multipart/alternative` it is in, the outermost if there are several.
    pub(crate) alternative: Option<usize>,
    /// Whether it is in a `multipart/encrypted`.
    pub(crate) is_sealed: bool,
    /// What it is when it does not say.
    default: &'static str,
}

impl Part<'_> {
    /// Type and subtype in lower case.
    pub(crate) fn media_type(&self) -> String {
        self.headers.content_type().map_or_else(|| self.default.to_owned(), media_type)
    }

    /// A parameter of the content type.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.headers.content_type().and_then(|content_type| content_type.attribute(name))
    }

    /// Its content, decoded.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        crate::transfer::decode(self.body, self.headers.content_transfer_encoding())
    }
}

/// Headers of a whole message, and its parts in order.
pub(crate) fn parts(raw: &[u8]) -> (Message<'static>, Vec<Part<'_>>) {
    let mut parts = Vec::new();
    let (root, body) = headers_and_body(raw);
    let mut pending = vec![Open {
        headers: root.clone(),
        body,
        depth: 0,
        alternative: None,
        is_sealed: false,
        default: TEXT,
    }];
    let mut n_opened = 0;
    while let Some(open) = pending.pop() {
        n_opened += 1;
        let inner = if open.depth < MAX_DEPTH { open.inner(n_opened) } else { Vec::new() };
        if inner.is_empty() {
            parts.push(open.into_part());
        } else {
            let room = MAX_PARTS.saturating_sub(parts.len() + pending.len());
            pending.extend(inner.into_iter().take(room).rev());
        }
    }
    (root, parts)
}

const TEXT: &str = "text/plain";
const MESSAGE: &str = "message/rfc822";

struct Open<'a> {
    headers: Message<'static>,
    body: &'a [u8],
    depth: usize,
    alternative: Option<usize>,
    is_sealed: bool,
    default: &'static str,
}

impl<'a> Open<'a> {
    /// What a multipart holds; nothing when this is none. `id` tells one alternative from another.
    fn inner(&self, id: usize) -> Vec<Self> {
        let Some(content_type) =
            self.headers.content_type().filter(|it| it.c_type.eq_ignore_ascii_case("multipart"))
        else {
            return Vec::new();
        };
        let boundary = content_type.attribute("boundary").map(|boundary| boundary.as_bytes().to_vec());
        let Some(boundary) = boundary.or_else(|| first_boundary(self.body)) else { return Vec::new() };
        let media_type = media_type(content_type);
        let alternative = self.alternative.or((media_type == "multipart/alternative").then_some(id));
        let default = if media_type == "multipart/digest" { MESSAGE } else { TEXT };
        let part = |range| {
            let (headers, body) = headers_and_body(self.body.get::<Range<usize>>(range).unwrap_or_default());
            let is_sealed = self.is_sealed || media_type == "multipart/encrypted";
            Self { headers, body, depth: self.depth + 1, alternative, is_sealed, default }
        };
        ranges(self.body, &boundary).into_iter().take(MAX_PARTS).map(part).collect()
    }

    fn into_part(self) -> Part<'a> {
        let Self { headers, body, alternative, is_sealed, default, .. } = self;
        Part { headers, body, alternative, is_sealed, default }
    }
}

fn media_type(content_type: &ContentType<'_>) -> String {
    let subtype = content_type.subtype().unwrap_or_default();
    format!("{}/{subtype}", content_type.ctype()).to_ascii_lowercase()
}

/// The boundary that the first line beginning with two dashes shows, for multiparts that name none.
fn first_boundary(body: &[u8]) -> Option<Vec<u8>> {
    let mut lines = body.split(|&byte| byte == b'\n').take(64);
    let boundary = lines.find_map(|line| line.trim_ascii_end().strip_prefix(b"--"))?;
    (!boundary.is_empty()).then(|| boundary.to_vec())
}

/// Where the parts between the boundary lines stand. The last may lack its end.
fn ranges(body: &[u8], boundary: &[u8]) -> Vec<Range<usize>> {
    let mut delimiter = b"--".to_vec();
    delimiter.extend(boundary.trim_ascii_end());
    let mut ranges = Vec::new();
    let mut begin = None;
    for at in memmem::find_iter(body, &delimiter) {
        let after = body.get(at + delimiter.len()..).unwrap_or_default();
        let is_at_line_start = at == 0 || body.get(at - 1) == Some(&b'\n');
        let (is_last, line) = match after.strip_prefix(b"--") {
            Some(line) => (true, line),
            None => (false, after),
        };
        let end = memchr(b'\n', line).unwrap_or(line.len());
        let is_line = line.get(..end).is_some_and(|rest| rest.trim_ascii().is_empty());
        if !is_at_line_start || !(is_line || is_last) {
            continue;
        }
        if let Some(begin) = begin.filter(|&begin| begin <= at) {
            ranges.push(begin..without_line_break(body, begin, at));
        }
        begin = (!is_last).then_some(body.len() - line.len() + (end + 1).min(line.len()));
        if is_last || ranges.len() >= MAX_PARTS {
            break;
        }
    }
    if let Some(begin) = begin.filter(|&begin| begin < body.len()) {
        ranges.push(begin..body.len());
    }
    ranges
}

/// The line break before a boundary belongs to the boundary.
fn without_line_break(body: &[u8], begin: usize, end: usize) -> usize {
    let part = body.get(begin..end).unwrap_or_default();
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    begin + part.strip_suffix(b"\r").unwrap_or(part).len()
}

/// The headers of a message or part, and what follows their blank line.
pub(crate) fn headers_and_body(raw: &[u8]) -> (Message<'static>, &[u8]) {
    let end = header_end(raw);
    let (block, rest) = raw.split_at(end);
    let body = rest.strip_prefix(b"\r\n").or(rest.strip_prefix(b"\n")).unwrap_or(rest);
    let block = &block[..block.len().min(MAX_HEADER_BYTES)];
    let mut block = crate::transfer::text(block.to_vec(), None).into_bytes();
    block.extend(b"\r\n\r\n");
    let headers = MessageParser::new().parse_headers(&block).map(Message::into_owned);
    // Without a part, which it has only with headers, asking it for a content type panics.
    let none = || Message { parts: vec![MessagePart::default()], ..Message::default() };
    (headers.filter(|headers| !headers.parts.is_empty()).unwrap_or_else(none), body)
}

/// Where the headers end: at a blank line, or at a line that is none of theirs.
fn header_end(raw: &[u8]) -> usize {
    let mut at = 0;
    for line in raw.split_inclusive(|&byte| byte == b'\n') {
        let is_continued = at > 0 && matches!(line.first(), Some(b' ' | b'\t'));
        // A relay of old may have left the line of a mailbox among them.
        let is_relayed = line.starts_with(b">From ");
        if line.trim_ascii().is_empty() || !(is_continued || is_relayed || is_header(line)) {
            return at;
        }
        at += line.len();
    }
    at
}

/// Whether a line begins a header field (RFC 5322, section 2.2), with the blanks before the colon that old programs leave.
pub(crate) fn is_header(line: &[u8]) -> bool {
    const MAX_NAME_BYTES: usize = 128;
    let Some(colon) = memchr(b':', &line[..line.len().min(MAX_NAME_BYTES)]) else { return false };
    let name = line.get(..colon).unwrap_or_default().trim_ascii_end();
    !name.is_empty() && name.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, expected: &[(&str, &str)]) {
        let (_, parts) = parts(raw.as_bytes());
        let found: Vec<_> = parts
            .iter()
            .map(|part| (part.media_type(), String::from_utf8_lossy(part.body).into_owned()))
            .collect();
        let found: Vec<_> =
            found.iter().map(|(media_type, body)| (media_type.as_str(), body.as_str())).collect();
        assert_eq!(found, expected, "{raw}");
    }

    #[test]
    fn messages_come_apart() {
        check("Subject: a\n\nText\n", &[("text/plain", "Text\n")]);
        check("Subject: a\nText\n", &[("text/plain", "Text\n")]);
        check("Text\n", &[("text/plain", "Text\n")]);
        check(
            ">From a@b.c Tue Mar 5 2024 remote from x\nContent-Type: text/html\n\nText",
            &[("text/html", "Text")],
        );
        check(
            "Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\npreamble\r\n--b\r\n\r\none\r\n--b  \r\nContent-Type: TEXT/Html\r\n\r\ntwo\r\n--b--\r\nepilogue",
            &[("text/plain", "one"), ("text/html", "two")],
        );
        check(
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--bb\ntwo",
            &[("text/plain", "one\n--bb\ntwo")],
        );
        check("Content-Type: multipart/mixed\n\n--x\n\none\n--x--", &[("text/plain", "one")]);
        check("Content-Type: multipart/mixed; boundary=b\n\nno parts", &[("multipart/mixed", "no parts")]);
        check(
            "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\ny\n--b--",
            &[("message/rfc822", "Subject: x\n\ny")],
        );
    }

    #[test]
    fn nesting_is_opened_to_a_depth() {
        let mut raw = String::new();
        for depth in 0..1000 {
            raw.push_str(&format!("Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n"));
        }
        let (_, parts) = parts(raw.as_bytes());
        assert_eq!(parts.len(), 1);
    }
}
