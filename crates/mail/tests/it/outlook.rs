//! Outlook messages, written stream by stream.

use std::io::{Cursor, Write};

use cfb::CompoundFile;
use corpus::Format;
use proptest::prelude::*;
use workroom_mail::{Mail, read};

use crate::samples::HEAD;

/// A file to write storages and streams into.
struct Writer(CompoundFile<Cursor<Vec<u8>>>);

impl Writer {
    fn new() -> Self {
        Self(CompoundFile::create(Cursor::new(Vec::new())).unwrap())
    }

    fn stream(&mut self, path: &str, bytes: &[u8]) -> &mut Self {
        if let Some((storage, _)) = path.rsplit_once('/') {
            self.0.create_storage_all(format!("/{storage}")).unwrap();
        }
        self.0.create_stream(format!("/{path}")).unwrap().write_all(bytes).unwrap();
        self
    }

    /// A string in UTF-16.
    fn text(&mut self, prefix: &str, id: u16, text: &str) -> &mut Self {
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.stream(&format!("{prefix}__substg1.0_{id:04X}001F"), &bytes)
    }

    /// The short properties behind `header` bytes.
    fn short(&mut self, prefix: &str, header: &[u8], values: &[(u16, u64)]) -> &mut Self {
        let mut bytes = header.to_vec();
        for (id, value) in values {
            bytes.extend([3, 0]);
            bytes.extend(id.to_le_bytes());
            bytes.extend([6, 0, 0, 0]);
            bytes.extend(value.to_le_bytes());
        }
        self.stream(&format!("{prefix}__properties_version1.0"), &bytes)
    }

    fn finish(&mut self) -> Vec<u8> {
        self.0.flush().unwrap();
        std::mem::replace(&mut self.0, CompoundFile::create(Cursor::new(Vec::new())).unwrap())
            .into_inner()
            .into_inner()
    }
}

/// The header of a message's short properties, with the numbers of its recipients and attachments.
fn header(recipients: u8, attachments: u8) -> [u8; 32] {
    let mut header = [0; 32];
    (header[8], header[12]) = (recipients, attachments);
    header
}

fn message() -> Vec<u8> {
    let mut file = Writer::new();
    file.short("", &header(3, 3), &[(0x0039, 133_541_185_210_000_000)])
        .text("", 0x0037, "Schleuse")
        .text("", 0x0042, "Jürgen Müller")
        .text("", 0x5d02, "juergen@mill.example")
        .text("", 0x1000, "Noon.\r\n")
        .text("", 0x007d, "Received: x\r\nDate: Tue, 5 Mar 2024 14:22:01 +0100\r\n");
    let recipients = [
        ("Ada Byron", "ada@mill.example", 1),
        ("bo@mill.example", "bo@mill.example", 1),
        ("Cy", "/O=MILL/CN=CY", 2),
    ];
    for (n, (name, address, kind)) in recipients.into_iter().enumerate() {
        let prefix = format!("__recip_version1.0_#{n:08X}/");
        file.short(&prefix, &[0; 8], &[(0x0c15, kind)])
            .text(&prefix, 0x3001, name)
            .text(&prefix, 0x39fe, address);
    }
    let prefix = "__attach_version1.0_#00000000/";
    file.short(prefix, &[0; 8], &[])
        .text(prefix, 0x3707, "a/tides.csv")
        .stream(&format!("{prefix}__substg1.0_37010102"), b"1,2");
    // The second was deleted.
    let prefix = "__attach_version1.0_#00000002/";
    let inner = format!("{prefix}__substg1.0_3701000D/");
    file.short(prefix, &[0; 8], &[]).short(&inner, &[0; 24], &[(0x0e06, 133_541_185_210_000_000)]);
    file.text(&inner, 0x0037, "Oak")
        .text(&inner, 0x0c1a, "Bo")
        .stream(&format!("{inner}__substg1.0_10130102"), b"<p>Oak lasts</p>");
    file.finish()
}

fn msg(bytes: Vec<u8>) -> Mail {
    read(bytes, Format::Msg).unwrap()
}

#[test]
fn a_message_with_everything() {
    let mail = msg(message());
    let head = HEAD.replace("Date:", "Cc: Cy\nDate:");
    assert_eq!(
        mail.document.text,
        format!("{head}Subject: Schleuse\n\nNoon.\n\nAttachments: tides.csv, Oak.eml\n")
    );
    assert_eq!(
        (mail.attachments[0].bytes.as_slice(), mail.document.title.as_deref()),
        (&b"1,2"[..], Some("Schleuse"))
    );
    let inner = read(mail.attachments[1].bytes.clone(), Format::Email).unwrap();
    assert_eq!(inner.document.text, "From: Bo\nDate: 2024-03-05 13:22 +0000\nSubject: Oak\n\nOak lasts\n");
}

#[test]
fn a_body_of_rich_text_and_strings_without_unicode() {
    let rich = br"{\rtf1\ansi\ansicpg1252 The wheel turns.\par}";
    let mut stored = (rich.len() as u32 + 12).to_le_bytes().to_vec();
    stored.extend((rich.len() as u32).to_le_bytes());
    stored.extend(b"MELA\0\0\0\0");
    stored.extend(rich);
    let mut file = Writer::new();
    file.short("", &header(0, 0), &[(0x3ffd, 1251)])
        .stream("__substg1.0_0037001E", b"\xcc\xeb\xfb\xed")
        .stream("__substg1.0_10090102", &stored);
    assert_eq!(msg(file.finish()).document.text, "Subject: Млын\n\nThe wheel turns.\n");
}

#[test]
fn what_is_no_message_says_so() {
    assert!(read(Writer::new().finish(), Format::Msg).is_err());
    assert!(read(b"words".to_vec(), Format::Msg).is_err());
}

proptest! {
    #[test]
    fn cut_and_changed_messages_are_read_or_refused(cut in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = message();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        let whole = bytes.clone();
        bytes.truncate(cut.index(bytes.len()) + 1);
        for bytes in [whole, bytes] {
            if let Ok(mail) = read(bytes, Format::Msg) {
                prop_assert!(mail.document.text.len() < 1 << 20);
            }
        }
    }
}
