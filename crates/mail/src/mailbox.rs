//! A mailbox (RFC 4155): messages one after the other, each behind a line that begins with `From `.
//!
//! Invariant: `Content-Length` is not believed. The line counts only after a blank line, with a time in it and headers after it; the same
//! words in a text are words.

use corpus::{Format, Metadata, Place, Unit};
use extract::{Builder, Skip};

use crate::attachments::{Attachments, MAX_OF_MAILBOX};
use crate::message;
use crate::read::Mail;
use crate::{draft::Draft, entity};

/// Reads a mailbox: each message is a place of its own under its subject.
pub(crate) fn read(bytes: &[u8]) -> Result<Mail, Skip> {
    let mut build = Builder::new();
    let mut attachments = Attachments::new(MAX_OF_MAILBOX);
    for (n, raw) in (1_u32..).zip(messages(bytes)) {
        let draft = message::draft(&unescaped(raw));
        write(draft, n, &mut build, &mut attachments);
        if build.is_full() {
            break;
        }
    }
    if build.is_empty() {
        return Err(Skip::NoText { why: "it has no messages".to_owned() });
    }
    let document = build.finish(Format::Mbox, None, Metadata::default())?;
    Ok(Mail { document, attachments: attachments.into_list() })
}

fn write(mut draft: Draft, n: u32, build: &mut Builder, attachments: &mut Attachments) {
    let subject = extract::tidy(&draft.subject);
    build.place(Place::one(Unit::Message, n, subject));
    build.heading(1, &draft.subject);
    draft.write_headers(build, false);
    let given = std::mem::take(&mut draft.attachments);
    draft.write_rest(build, 1, given, |name, bytes| attachments.add(&format!("message-{n}-{name}"), bytes));
}

/// The messages, each without the line before it.
fn messages(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let mut rest = Some(bytes).filter(|bytes| !bytes.is_empty());
    std::iter::from_fn(move || {
        let (message, after) = split_first(rest?);
        rest = after;
        Some(message)
    })
}

/// The first message, and the mailbox from the next one's line on.
fn split_first(bytes: &[u8]) -> (&[u8], Option<&[u8]>) {
    let begin = if is_separator(bytes) { line_end(bytes) } else { 0 };
    let bytes = bytes.get(begin..).unwrap_or_default();
    for at in memchr::memmem::find_iter(bytes, b"\nFrom ") {
        let (before, after) = bytes.split_at(at + 1);
        let is_after_blank = before.ends_with(b"\n\n") || before.ends_with(b"\n\r\n") || before == b"\n";
        if is_after_blank && is_separator(after) {
            return (before, Some(after));
        }
    }
    (bytes, None)
}

fn line_end(bytes: &[u8]) -> usize {
    memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1)
}

/// `From `, an address, a date; then a header. Some programs put lines of `>From ` between.
fn is_separator(bytes: &[u8]) -> bool {
    let (line, after) = bytes.split_at(line_end(bytes));
    let has_time =
        line.windows(3).any(|at| matches!(at, [a, b':', b] if a.is_ascii_digit() && b.is_ascii_digit()));
    let next = after.get(..line_end(after)).unwrap_or_default();
    line.starts_with(b"From ") && has_time && (entity::is_header(next) || next.starts_with(b">From "))
}

/// A line of a text that began with `From ` got a `>` before it, one more on each way through a mailbox; one is taken away.
fn unescaped(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    for line in raw.split_inclusive(|&byte| byte == b'\n') {
        let words =
            line.iter().position(|&byte| byte != b'>').and_then(|at| line.get(at..)).unwrap_or_default();
        let is_escaped = line.starts_with(b">") && words.starts_with(b"From ");
        out.extend(line.get(usize::from(is_escaped)..).unwrap_or_default());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAILBOX: &str = "From ada@mill.example Tue Mar  5 14:22:01 2024\nFrom: ada@mill.example\nSubject: Sluice\nContent-Length: 900000\n\n\
        Open it.\n>From noon on.\n>>From me.\n\nFrom here it is 10:15 to the sea.\n\nFrom bo@mill.example Wed Mar  6 09:00:00 2024\n\
        From: bo@mill.example\nSubject: Re: Sluice\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nDone.\n--b\n\
        Content-Type: text/csv; name=\"tides.csv\"\n\nebb,flood\n--b--\n";

    #[test]
    fn each_message_is_a_place_under_its_subject() {
        let mail = read(MAILBOX.as_bytes()).unwrap();
        assert_eq!(
            mail.document.text,
            "Sluice\n\nFrom: ada@mill.example\n\nOpen it.\nFrom noon on.\n>From me.\n\nFrom here it is 10:15 to the sea.\n\n\
             Re: Sluice\n\nFrom: bo@mill.example\n\nDone.\n\nAttachments: message-2-tides.csv\n"
        );
        let anchors: Vec<_> = mail.document.anchors.iter().map(|anchor| anchor.place.label()).collect();
        assert_eq!(anchors, ["message 1 (Sluice)", "message 2 (Re: Sluice)"]);
        let headings: Vec<_> =
            mail.document.headings.iter().map(|heading| (heading.level, heading.text.as_str())).collect();
        assert_eq!(headings, [(1, "Sluice"), (1, "Re: Sluice")]);
        assert_eq!(mail.attachments[0].bytes, b"ebb,flood");
    }

    #[test]
    fn line_breaks_of_other_systems_and_bare_messages() {
        let count = |text: &str| messages(text.as_bytes()).count();
        assert_eq!([count(MAILBOX), count(&MAILBOX.replace('\n', "\r\n"))], [2, 2]);
        assert_eq!([count("Subject: x\n\ny"), count("\n"), count("")], [1, 0, 0]);
    }
}
