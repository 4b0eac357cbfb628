//! A message in an Outlook file: its headers, its body in the best of three forms, recipients and attachments.
//!
//! Not here: appointments, contacts and tasks beyond their subject and body, which is what they share with messages.

use corpus::Format;
use extract::Skip;
use jiff::Timestamp;
use legacy::Compound;

use super::compressed;
use super::property::{self as id, Properties, Storage};
use crate::body::{self, Body};
use crate::date::{self, Date};
use crate::draft::Draft;
use crate::read::Mail;
use crate::{address, attachments, entity, transfer};

/// The most recipients that are listed.
const MAX_RECIPIENTS: u32 = 1024;
const MAX_ATTACHMENTS: u32 = 1024;
const SEALS: [&str; 4] = [
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "application/pgp-signature",
    "application/pgp-encrypted",
];

/// Reads an Outlook message.
pub(crate) fn read(bytes: &[u8]) -> Result<Mail, Skip> {
    let storage = Storage::new(Compound::open(bytes)?);
    let message = Properties::new(&storage, String::new(), id::FILE_HEADER);
    let mut draft = draft(&message);
    for part in message.attachments(MAX_ATTACHMENTS) {
        draft.attachments.extend(attachment(&part));
    }
    draft.into_mail(Format::Msg)
}

/// A message without its attachments.
fn draft(message: &Properties<'_>) -> Draft {
    let mut draft = Draft {
        from: sender(message),
        date: date_of(message),
        subject: message.text(id::SUBJECT).unwrap_or_default(),
        bodies: body_of(message).into_iter().collect(),
        ..Draft::default()
    };
    recipients(message, &mut draft);
    draft
}

fn sender(message: &Properties<'_>) -> String {
    let name = message.text(id::REPRESENTED_NAME).or_else(|| message.text(id::SENDER_NAME));
    let address = [id::REPRESENTED_SMTP, id::SENDER_SMTP, id::REPRESENTED_ADDRESS, id::SENDER_ADDRESS]
        .iter()
        .filter_map(|&id| message.text(id))
        .find(|address| is_internet(address));
    let sender = address::named(name.as_deref(), address.as_deref());
    if !sender.is_empty() {
        return sender;
    }
    let headers = transport_headers(message);
    headers.and_then(|headers| headers.from().map(address::line)).unwrap_or_default()
}

/// Addresses inside an organisation are paths of its directory, which say nothing to a reader.
fn is_internet(address: &str) -> bool {
    address.contains('@')
}

fn transport_headers(message: &Properties<'_>) -> Option<mail_parser::Message<'static>> {
    let text = message.text(id::TRANSPORT_HEADERS)?;
    Some(entity::headers_and_body(text.trim_start().as_bytes()).0)
}

/// The time is stored without its zone; the headers that came with the message know it.
fn date_of(message: &Properties<'_>) -> Option<Date> {
    let headers = transport_headers(message);
    if let Some(date) = headers.as_ref().and_then(date::of_headers).filter(|date| date.ms.is_some()) {
        return Some(date);
    }
    let ticks = [id::SUBMITTED, id::DELIVERED, id::CREATED]
        .iter()
        .find_map(|&id| message.short(id).filter(|&ticks| ticks > 0))?;
    date::of_filetime(ticks)
}

/// The text, unless it is a mere stub of the page; the rich text where there is neither.
fn body_of(message: &Properties<'_>) -> Option<Body> {
    let plain = message.text(id::BODY).unwrap_or_default();
    let html = match message.binary(id::BODY_HTML) {
        Some(bytes) => {
            let encoding = message.code_page(id::INTERNET_CODE_PAGE).map(encoding_rs::Encoding::name);
            transfer::text(bytes, encoding)
        }
        None => message.text(id::BODY_HTML).unwrap_or_default(),
    };
    body::choose(plain, html).or_else(|| {
        let rich = compressed::decompress(&message.binary(id::BODY_RTF)?)?;
        body::choose(legacy::rtf_text(&rich), String::new())
    })
}

fn recipients(message: &Properties<'_>, draft: &mut Draft) {
    let (mut to, mut cc, mut bcc) = (Vec::new(), Vec::new(), Vec::new());
    for part in message.recipients(MAX_RECIPIENTS) {
        let address =
            [id::SMTP_ADDRESS, id::ADDRESS].iter().filter_map(|&id| part.text(id)).find(|it| is_internet(it));
        let shown = address::named(part.text(id::DISPLAY_NAME).as_deref(), address.as_deref());
        let list = match part.short(id::RECIPIENT_TYPE).map(|kind| kind as u32 & 0xf) {
            Some(2) => &mut cc,
            Some(3) => &mut bcc,
            _ => &mut to,
        };
        list.push(shown);
    }
    // Without recipients of their own, the lines that Outlook shows.
    let line = |list: Vec<String>, shown: u16| {
        if list.is_empty() { message.text(shown).unwrap_or_default() } else { list.join(", ") }
    };
    draft.to = line(to, id::SHOWN_TO);
    draft.cc = line(cc, id::SHOWN_CC);
    draft.bcc = line(bcc, id::SHOWN_BCC);
}

/// Name and content of an attachment. Pictures of the page that have no name, signatures and objects of other programs are none.
fn attachment(part: &Properties<'_>) -> Option<(String, Vec<u8>)> {
    let media_type = part.text(id::MEDIA_TYPE).unwrap_or_default().to_ascii_lowercase();
    if let Some(message) = part.embedded() {
        return Some(as_file(draft(&message)));
    }
    let bytes = part.binary(id::CONTENT)?;
    let name = part
        .text(id::LONG_NAME)
        .or_else(|| part.text(id::SHORT_NAME))
        .or_else(|| part.text(id::DISPLAY_NAME));
    let is_picture =
        media_type.starts_with("image/") || part.short(id::HIDDEN).is_some_and(|hidden| hidden & 1 == 1);
    if SEALS.contains(&media_type.as_str()) || (name.is_none() && is_picture) {
        return None;
    }
    Some((name.unwrap_or_else(|| "attachment".to_owned()), bytes))
}

/// A message inside a message, as the file that mail programs would send: what it holds itself is a level too deep.
fn as_file(message: Draft) -> (String, Vec<u8>) {
    let date =
        message.date.as_ref().map(|date| match date.ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()) {
            Some(timestamp) => timestamp.to_string(),
            None => date.text.clone(),
        });
    let (kind, text) = match message.bodies.into_iter().next() {
        Some(Body::Html(html)) => ("html", html),
        Some(Body::Plain(text)) => ("plain", text),
        None => ("plain", String::new()),
    };
    let headers = [
        ("From", message.from),
        ("To", message.to),
        ("Cc", message.cc),
        ("Date", date.unwrap_or_default()),
        ("Subject", message.subject.clone()),
        ("Content-Type", format!("text/{kind}; charset=utf-8")),
    ];
    let mut file = String::new();
    for (name, value) in headers.iter().filter(|(_, value)| !value.trim().is_empty()) {
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        file.push_str(&format!("{name}: {value}\n"));
    }
    file.push('\n');
    file.push_str(&text);
    (attachments::message_name(&message.subject), file.into_bytes())
}
