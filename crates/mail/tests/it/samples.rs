//! The samples that `samples/make.py` wrote.

use corpus::Format;
use proptest::prelude::*;
use workroom_mail::{Mail, read};

pub(crate) const HEAD: &str = "From: Jürgen Müller <juergen@mill.example>\nTo: Ada Byron <ada@mill.example>, bo@mill.example\n\
    Date: 2024-03-05 14:22 +0100\n";

const SAMPLES: [(&str, &[u8], Format); 7] = [
    ("full", include_bytes!("../samples/full.eml"), Format::Email),
    ("stub", include_bytes!("../samples/stub.eml"), Format::Email),
    ("signed", include_bytes!("../samples/signed.eml"), Format::Email),
    ("sealed", include_bytes!("../samples/sealed.eml"), Format::Email),
    ("broken", include_bytes!("../samples/broken.eml"), Format::Email),
    ("flowed", include_bytes!("../samples/flowed.eml"), Format::Email),
    ("two", include_bytes!("../samples/two.mbox"), Format::Mbox),
];

fn sample(name: &str) -> Mail {
    let (_, bytes, format) = SAMPLES.iter().find(|(known, _, _)| *known == name).unwrap();
    read(bytes.to_vec(), *format).unwrap()
}

#[track_caller]
fn check(name: &str, text: &str, attachments: &[&str]) -> Mail {
    let mail = sample(name);
    assert_eq!(mail.document.text, text, "{name}");
    let names: Vec<_> = mail.attachments.iter().map(|attachment| attachment.name.as_str()).collect();
    assert_eq!(names, attachments, "{name}");
    mail
}

#[test]
fn a_message_with_everything() {
    let text = format!(
        "{HEAD}Subject: Flügel und Schleuse – Wartung im Frühjahr\n\nDie Schleuse öffnet um zwölf.\n\n> Wann öffnet sie?\n\n--\nJürgen\n\n\
         Attachments: Gezeiten März.csv, plan.pdf, plan (2).pdf, Oak - beech.eml\n"
    );
    let mail = check("full", &text, &["Gezeiten März.csv", "plan.pdf", "plan (2).pdf", "Oak - beech.eml"]);
    let document = &mail.document;
    assert_eq!(document.title.as_deref(), Some("Flügel und Schleuse – Wartung im Frühjahr"));
    assert_eq!(document.metadata.authors, ["Jürgen Müller <juergen@mill.example>"]);
    assert_eq!(document.metadata.created_ms, Some(1_709_644_921_000));
    assert_eq!(mail.attachments[0].bytes, b"ebb,flood\n1,2\n");
    let inner = read(mail.attachments[3].bytes.clone(), Format::Email).unwrap();
    assert_eq!(inner.document.text, "From: bo@mill.example\nSubject: Oak / beech\n\nOak lasts longer.\n");
}

#[test]
fn of_two_versions_the_one_with_the_words() {
    let text = format!(
        "{HEAD}Subject: Newsletter\n\nSpring tides\n\nThe highest water of the year comes on the ninth of April, shortly after noon.\n\n\
         Opening\n\n- gate\n- wheel\n"
    );
    let mail = check("stub", &text, &[]);
    let headings: Vec<_> =
        mail.document.headings.iter().map(|heading| (heading.level, heading.text.as_str())).collect();
    assert_eq!(headings, [(1, "Spring tides"), (2, "Opening")]);
}

#[test]
fn seals_are_no_attachments() {
    check("signed", &format!("{HEAD}Subject: Signed\n\nWe agree.\n"), &[]);
    check("sealed", "From: ada@mill.example\nSubject: Sealed\n", &[]);
}

#[test]
fn broken_and_old_messages() {
    check(
        "broken",
        "From: Frédéric <f@mill.example>\nSubject: Marée haute à midi\n\nLa marée est à midi, l'écluse est fermée.\n",
        &[],
    );
    check(
        "flowed",
        "From: ada@mill.example\nDate: yesterday\nSubject: Flowed\n\nThe wheel turns at ebb, never at flood.\n> Does it turn?\n",
        &[],
    );
}

#[test]
fn a_mailbox() {
    let mail = sample("two");
    let places: Vec<_> = mail.document.anchors.iter().map(|anchor| anchor.place.label()).collect();
    assert_eq!(places, ["message 1 (Log 1)", "message 2 (Log 2)"]);
    assert!(mail.document.text.contains("First.\nFrom the sea.\n"));
    let names: Vec<_> = mail.attachments.iter().map(|attachment| attachment.name.as_str()).collect();
    assert_eq!(names, ["message-1-log.csv", "message-2-log.csv"]);
}

#[test]
fn nothing_is_said_to_be_nothing() {
    for (bytes, format) in
        [(&b""[..], Format::Email), (b" \n\n", Format::Email), (b"", Format::Mbox), (b"", Format::Msg)]
    {
        assert!(read(bytes.to_vec(), format).is_err());
    }
}

#[test]
fn deep_and_endless_messages_take_linear_time() {
    for piece in [
        "Content-Type: message/rfc822\n\n",
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n",
        "From a@b.c Tue Mar  5 14:22:01 2024\nSubject: x\n\n",
        "--b\n\n",
        "To: a@b.c, ",
        "To: \"(((((",
        "=?utf-8?q?",
        "Subject: =?utf-8?b?",
        "Content-Type: text/plain; name*0*=",
        ">",
        "\nFrom ",
    ] {
        for format in [Format::Email, Format::Mbox] {
            if let Ok(mail) = read(piece.repeat(20_000).into_bytes(), format) {
                assert!(mail.document.text.len() <= piece.len() * 200_000, "{piece}");
            }
        }
    }
}

fn holds_together(mail: &Mail) -> Result<(), TestCaseError> {
    let document = &mail.document;
    prop_assert!(
        document
            .headings
            .iter()
            .all(|heading| heading.span.of(&document.text) == Some(heading.text.as_str()))
    );
    prop_assert!(document.anchors.iter().all(|anchor| anchor.span.of(&document.text).is_some()));
    prop_assert!(
        mail.attachments
            .iter()
            .all(|attachment| !attachment.name.contains('/') && !attachment.name.is_empty())
    );
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_are_mail_or_not(bytes in prop::collection::vec(any::<u8>(), 0..300), format in prop::sample::select(vec![Format::Email, Format::Mbox, Format::Msg])) {
        match read(bytes, format) {
            Ok(mail) => holds_together(&mail)?,
            Err(skip) => prop_assert!(!skip.to_string().is_empty()),
        }
    }

    #[test]
    fn cut_and_changed_samples_are_read(sample in 0..SAMPLES.len(), cut in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let (_, bytes, format) = SAMPLES[sample];
        let mut bytes = bytes.to_vec();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        bytes.truncate(cut.index(bytes.len()) + 1);
        if let Ok(mail) = read(bytes, format) {
            holds_together(&mail)?;
        }
    }

    #[test]
    fn pieces_of_headers_in_any_order(pieces in prop::collection::vec(prop::sample::select(vec![
        "From: ", "Subject: ", "a@b.c", "=?utf-8?b?w6k=?=", "\n", "\n\n", "Content-Type: multipart/alternative; boundary=b\n", "--b\n", "--b--",
        "Content-Type: text/html\n", "<p>x", "Content-Transfer-Encoding: base64\n", "eHh4", "=", "From a 1:2\n", " ", "\t", "Content-Disposition: attachment; filename=\"",
        "\"", "Content-Type: message/rfc822\n", "charset=utf-7", ";", "Date: ", "2024", "é", "\u{0}", "<", ">", ",", ":",
    ]), 0..40)) {
        let bytes = pieces.concat().into_bytes();
        for format in [Format::Email, Format::Mbox] {
            if let Ok(mail) = read(bytes.clone(), format) {
                holds_together(&mail)?;
            }
        }
    }
}
