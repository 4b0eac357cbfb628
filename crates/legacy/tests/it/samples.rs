//! Whole texts of the samples, with their structure.

use corpus::{Document, Span};

use super::{read, sample};

const HANDBOOK: &str = "The tide mill\n\nThe wheel turns at ebb \u{2013} never at flood. C\u{e9}line says \u{201c}so\u{201d}.\n\nGates
- Open the north gate\n- Wait for the sea\n1. Close it\n2. Write it down\n\nGate | Width | Keeper\nNorth | 3 m | Ada
South |  | Bo Kersten\n\nSeen\n\n\u{41f}\u{440}\u{438}\u{43b}\u{438}\u{432}\u{43d}\u{430}\u{44f} \
\u{43c}\u{435}\u{43b}\u{44c}\u{43d}\u{438}\u{446}\u{430} \u{6f6e}\u{6c50}\n";

#[track_caller]
fn check(name: &str, expected: &str) -> Document {
    let (format, bytes) = sample(name);
    let document = read(format, bytes).unwrap();
    assert_eq!((document.text.as_str(), document.format), (expected, format), "{name}");
    document
}

#[test]
fn a_handbook_in_two_formats() {
    for name in ["handbook.doc", "handbook.rtf"] {
        let document = check(name, HANDBOOK);
        let headings: Vec<_> =
            document.headings.iter().map(|heading| (heading.level, heading.text.as_str())).collect();
        assert_eq!(headings, [(1, "The tide mill"), (2, "Gates")], "{name}");
        assert_eq!((document.tables.len(), document.tables[0].header.as_str()), (1, "Gate | Width | Keeper"));
        assert_eq!(document.title.as_deref(), Some("Handbook of the mill"), "{name}");
        assert_eq!(document.metadata.authors, ["Ada Toll"], "{name}");
        assert_eq!(document.metadata.keywords, ["tide", "mill"], "{name}");
        assert_eq!(document.metadata.created_ms, Some(1_678_003_200_000), "{name}");
    }
}

#[test]
fn notes_comments_fields_and_boxes() {
    let notes = "[^1]: Twice a day.\n[^e1]: Slowly.\n[^c1]: Is it right?\n";
    let first = "Ebb\n\nThe sea falls[^1] and the wheel turns[^e1]. A table of tides hangs there[^c1].\n\nBefore the box.\n\n";
    // Word keeps the text of boxes behind the main text, RTF where they stand.
    check("notes.doc", &format!("{first}Page 1, the end.\n\nWords in a box\n\n{notes}"));
    check("notes.rtf", &format!("{first}Words in a box\n\nPage 1, the end.\n\n{notes}"));
}

#[test]
fn slides_with_notes_from_top_to_bottom() {
    let document = check(
        "talk.ppt",
        "Why tides\n\nThe moon pulls\nThe sea follows\n\nNotes\n\nShow the almanac\n\nAbove\n\nBelow: \u{6f6e}\n",
    );
    let place = |words: &str| {
        let start = document.text.find(words).unwrap();
        document.place_of(Span::new(start, start + words.len())).map(|place| place.label())
    };
    assert_eq!(place("almanac").as_deref(), Some("slide 1 (Why tides)"));
    assert_eq!(place("Above").as_deref(), Some("slide 2"));
    assert_eq!((document.title.as_deref(), document.metadata.pages), (Some("A talk on tides"), Some(2)));
}

#[test]
fn reasons() {
    let (format, bytes) = sample("handbook.doc");
    let mut encrypted = bytes.to_vec();
    // The flag stands in the first sector of the main stream, wherever that is.
    let main = encrypted.windows(2).position(|pair| pair == [0xec, 0xa5]).unwrap();
    encrypted[main + 11] |= 1;
    assert_eq!(read(format, &encrypted).unwrap_err().code(), "encrypted");
    let (format, bytes) = sample("talk.ppt");
    let mut encrypted = bytes.to_vec();
    let mark = encrypted.windows(4).position(|four| four == [0x5f, 0xc0, 0x91, 0xe3]).unwrap();
    encrypted[mark..mark + 4].copy_from_slice(&[0xdf, 0xc4, 0xd1, 0xf3]);
    assert_eq!(read(format, &encrypted).unwrap_err().code(), "encrypted");
    let reason = read(corpus::Format::Doc, bytes).unwrap_err().to_string();
    assert_eq!(reason, "damaged: there is no Word document in it");
}
