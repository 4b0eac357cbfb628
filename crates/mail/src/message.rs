//! One message as mail programs send it (RFC 5322): headers, the body that is read, attachments.
//!
//! Not here: what is encrypted or signed opaquely; of such a message the headers are read.

use corpus::Format;
use extract::Skip;
use mail_parser::{HeaderName, Message, MimeHeaders};

use crate::body;
use crate::draft::Draft;
use crate::entity::{self, Part};
use crate::read::Mail;
use crate::{address, attachments, date, transfer};

/// Signatures and keys: they say nothing to a reader.
const SEALS: [&str; 7] = [
    "application/pgp-signature",
    "application/pgp-encrypted",
    "application/pgp-keys",
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "application/pkcs7-mime",
    "application/x-pkcs7-mime",
];

/// Extensions for parts that have no name, by media type.
const EXTENSIONS: [(&str, &str); 12] = [
    ("text/plain", ".txt"),
    ("text/html", ".html"),
    ("text/calendar", ".ics"),
    ("text/vcard", ".vcf"),
    ("text/x-vcard", ".vcf"),
    ("text/csv", ".csv"),
    ("text/rtf", ".rtf"),
    ("message/delivery-status", ".txt"),
    ("text/rfc822-headers", ".txt"),
    ("application/pdf", ".pdf"),
    ("application/json", ".json"),
    ("application/zip", ".zip"),
];

/// Reads a file of one message.
pub(crate) fn read(bytes: &[u8]) -> Result<Mail, Skip> {
    draft(message_of(bytes)).into_mail(Format::Email)
}

/// The message in a file: without the line that a mailbox puts before it, and without what Apple Mail puts around it (its length in a line
/// of digits, and properties after).
fn message_of(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let end = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1);
    let (line, rest) = bytes.split_at(end);
    if line.starts_with(b"From ") || line.starts_with(b">From ") {
        return rest;
    }
    let length = std::str::from_utf8(line.trim_ascii()).ok().and_then(|line| line.parse::<usize>().ok());
    match length {
        Some(length) => rest.get(..length).unwrap_or(rest),
        None => bytes,
    }
}

/// Takes a message apart.
pub(crate) fn draft(raw: &[u8]) -> Draft {
    let (headers, parts) = entity::parts(raw);
    let line =
        |addresses: Option<&mail_parser::Address<'_>>| addresses.map(address::line).unwrap_or_default();
    let mut draft = Draft {
        from: line(headers.from().or(headers.sender())),
        to: line(headers.to()),
        cc: line(headers.cc()),
        bcc: line(headers.bcc()),
        date: date::of_headers(&headers),
        subject: subject(&headers),
        ..Draft::default()
    };
    sort(&parts, &mut draft);
    draft
}

fn subject(headers: &Message<'_>) -> String {
    headers
        .header(HeaderName::Subject)
        .and_then(|value| value.as_text())
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// Tells bodies from attachments. Of an alternative, one version is read.
fn sort(parts: &[Part<'_>], draft: &mut Draft) {
    let mut rest = parts;
    while let Some(first) = rest.first() {
        let n = match first.alternative {
            Some(id) => rest.iter().take_while(|part| part.alternative == Some(id)).count(),
            None => 1,
        };
        let (group, after) = rest.split_at(n.max(1));
        rest = after;
        let is_alternative = first.alternative.is_some();
        let (mut plain, mut html) = (String::new(), String::new());
        for part in group {
            match part_kind(part) {
                Kind::Plain => append(&mut plain, &plain_text(part)),
                Kind::Html => append(&mut html, &transfer::text(part.bytes(), part.parameter("charset"))),
                Kind::Attachment(name) => draft.attachments.push((name, part.bytes())),
                Kind::Version if is_alternative => {}
                Kind::Version => append(&mut plain, &plain_text(part)),
                Kind::Seal => {}
            }
        }
        draft.bodies.extend(body::choose(plain, html));
    }
}

fn append(text: &mut String, more: &str) {
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str(more);
}

fn plain_text(part: &Part<'_>) -> String {
    let text = transfer::text(part.bytes(), part.parameter("charset"));
    let is = |name: &str, value: &str| part.parameter(name).is_some_and(|it| it.eq_ignore_ascii_case(value));
    if is("format", "flowed") { body::unflowed(&text, is("delsp", "yes")) } else { text }
}

/// What a part is to a reader.
enum Kind {
    Plain,
    Html,
    /// Text of another kind, which is a further version when it stands in an alternative.
    Version,
    Attachment(String),
    /// A signature, or what only a key opens.
    Seal,
}

fn part_kind(part: &Part<'_>) -> Kind {
    let media_type = part.media_type();
    if part.is_sealed || SEALS.contains(&media_type.as_str()) {
        return Kind::Seal;
    }
    if matches!(media_type.as_str(), "message/rfc822" | "message/global") {
        return Kind::Attachment(message_name(part));
    }
    let is_attached = part
        .headers
        .content_disposition()
        .is_some_and(|disposition| disposition.ctype().eq_ignore_ascii_case("attachment"));
    if let Some(name) = name_of(part) {
        // Text that is shown in place may have a name too.
        let is_inline = part.headers.content_disposition().is_some_and(|disposition| disposition.is_inline());
        return match media_type.as_str() {
            "text/plain" if is_inline && !has_extension(&name) => Kind::Plain,
            _ => Kind::Attachment(name),
        };
    }
    match media_type.split_once('/') {
        Some(("text", "plain")) if !is_attached => Kind::Plain,
        Some(("text", "html")) if !is_attached => Kind::Html,
        Some(("text", "enriched" | "richtext" | "x-amp-html" | "watch-html" | "x-markdown" | "markdown"))
            if !is_attached =>
        {
            Kind::Version
        }
        // A picture in the text, or a multipart that nothing could be found in.
        Some(("image", _)) => Kind::Seal,
        Some(("multipart", _)) => Kind::Plain,
        _ => Kind::Attachment(format!("attachment{}", extension_of(&media_type))),
    }
}

/// The name that a part gives itself, with encoded words that do not belong there decoded.
fn name_of(part: &Part<'_>) -> Option<String> {
    let name = part.headers.attachment_name()?.trim();
    if !name.contains("=?") {
        return (!name.is_empty()).then(|| name.to_owned());
    }
    let header = format!("Subject: {name}\n\n");
    let (headers, _) = entity::headers_and_body(header.as_bytes());
    Some(subject(&headers)).filter(|name| !name.is_empty())
}

fn has_extension(name: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(stem, extension)| !stem.is_empty() && (1..=5).contains(&extension.len()))
}

fn extension_of(media_type: &str) -> &'static str {
    EXTENSIONS.iter().find(|(known, _)| *known == media_type).map_or(".bin", |(_, extension)| extension)
}

/// An attached message is called by its subject, or by the name it was given.
fn message_name(part: &Part<'_>) -> String {
    let content = part.bytes();
    let (headers, _) = entity::headers_and_body(message_of(&content));
    let subject = subject(&headers);
    let name = if subject.is_empty() { name_of(part).unwrap_or_default() } else { subject };
    attachments::message_name(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_put_around_a_message() {
        for (file, message) in [
            ("From a@b.c Tue Mar  5 14:22:01 2024\nTo: x\n", "To: x\n"),
            ("6\nTo: x\n<?xml version=\"1.0\"?><plist/>", "To: x\n"),
            ("99\nTo: x\n", "To: x\n"),
            ("\u{feff}\r\nTo: x\n", "To: x\n"),
            ("To: x\n", "To: x\n"),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8_lossy(message_of(file.as_bytes())), message, "{file}");
        }
    }

    #[test]
    fn parts_by_what_they_are_to_a_reader() {
        let check = |raw: &str, n_bodies: usize, names: &[&str]| {
            let draft = draft(format!("Content-Type: multipart/mixed; boundary=b\n\n{raw}").as_bytes());
            let found: Vec<_> = draft.attachments.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!((draft.bodies.len(), found.as_slice()), (n_bodies, names), "{raw}");
        };
        check("--b\n\none\n--b\n\ntwo\n", 2, &[]);
        check("--b\nContent-Type: text/calendar\n\nBEGIN\n", 0, &["attachment.ics"]);
        check(
            "--b\nContent-Type: image/png\n\nx\n--b\nContent-Type: image/png; name=a.png\n\nx",
            0,
            &["a.png"],
        );
        check("--b\nContent-Disposition: attachment; filename*=UTF-8''%C3%A9b%62.txt\n\nx", 0, &["ébb.txt"]);
        check("--b\nContent-Type: application/x; name=\"=?utf-8?q?=C3=A9bb.x?=\"\n\nx", 0, &["ébb.x"]);
        check(
            "--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogYS9iCgo=",
            0,
            &["a-b.eml"],
        );
    }
}
