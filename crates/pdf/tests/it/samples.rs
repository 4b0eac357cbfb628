//! What is read of each sample: text, pages, headings, tables, metadata. `samples/make.py` and `samples/plain.py`
//! make them.

use corpus::{Document, Format};
use extract::Skip;

pub(crate) fn sample(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/samples/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The text with its structure marked: `<page 1>`, `#` before headings, `>` before rows under a header.
fn marked(document: &Document) -> String {
    let mut marked = String::new();
    let mut at = 0;
    for line in document.text.split_inclusive('\n') {
        if let Some(anchor) = document.anchors.iter().find(|anchor| anchor.span.start == at) {
            marked.push_str(&format!("<{}>\n", anchor.place.label()));
        }
        if let Some(heading) = document.headings.iter().find(|heading| heading.span.start == at) {
            marked.push_str(&"#".repeat(usize::from(heading.level)));
        }
        if document.tables.iter().any(|table| table.span.contains(at)) {
            marked.push('>');
        }
        marked.push_str(line);
        at += line.len() as u32;
    }
    marked
}

#[track_caller]
fn check(name: &str, expected: &str) -> Document {
    let document = workroom_pdf::read(sample(name)).unwrap_or_else(|reason| panic!("{name}: {reason}"));
    assert_eq!(document.format, Format::Pdf);
    assert_eq!(marked(&document), expected);
    document
}

const FIRST: &str = "The mill stands where the creek is narrow. At flood the gates let the water in, and at ebb it leaves \
    through the wheel race. The miller opens the sluice two hours after high water and grinds until the pond is empty, \
    twice a day, at hours that the moon sets.";
const SECOND: &str = "Oak lasts longest under water. Elm is used for the paddles because it does not split when it is wet \
    and dry by turns. Every spring the paddles are counted, and the worst four are changed before the equinox tides \
    arrive with their weight of weed.";
const TABLE: &str = "Month | Paddles | Sacks\n>March | 4 | 210\n>June | 1 | 188\n";

#[test]
fn columns_are_read_one_after_the_other() {
    let page = |n: u32, header: &str, a: &str, b: &str| {
        format!("<page {n}>\n{header}#{n} Wheels and water\n\n##The pond\n\n{a}\n\n{b}\n\n{TABLE}")
    };
    let expected = [
        page(1, "Handbook of tide mills\n\n", FIRST, SECOND),
        page(2, "", SECOND, FIRST),
        page(3, "", FIRST, SECOND),
    ];
    let document = check("columns.pdf", &expected.join("\n"));
    assert_eq!(document.title.as_deref(), Some("The tide mill"));
    assert_eq!(document.metadata.authors, ["Ada Ferrier", "Bo Lind"]);
    assert_eq!(document.metadata.keywords, ["mill", "tide"]);
    assert_eq!((document.metadata.pages, document.metadata.created_ms), (Some(3), Some(946_684_800_000)));
    assert_eq!(document.tables[0].header, "Month | Paddles | Sacks");
}

#[test]
fn a_row_with_one_cell_is_no_heading() {
    check(
        "plain/table.pdf",
        "<page 1>\nHow wide the gates are, in paces of the miller.\n\n\
        Gate | Width | Height\n>North | 2.4 | 3.1\n>South | 2.2 | 3.0\n>Sluices\n>Race | 1.1 | 0.9\n\
        >Pond | 0.8 | 0.7\n",
    );
}

#[test]
fn contents_and_figures_are_no_headings() {
    let again = ["What is on the other pages is told here once."; 8].join(" ");
    check(
        "plain/contents.pdf",
        &format!(
            "<page 1>\n#Contents\n\n2 The creek\n\n4 Gates and sluices\n\n12 The wheel\n\n31 Stones\n\n48 Weed\n\n\
            Oak.......60\n\n{again}\n\n\
            <page 2>\n##The year | Spring to fall\n\n\
            The mill went round whenever the moon let it, and stood as long as it had to.\n\n\
            210\n\nsacks were ground in the month of March\n\n8th\n\nwheel since the pond was dug by the monks\n\n\
            There is more to tell of that in winter.\n"
        ),
    );
}

#[test]
fn what_a_word_processor_writes() {
    let document = check(
        "handbook.pdf",
        "<page 1>\n#Handbook of tide mills\n\n\
        A tide mill takes in the sea at flood and lets it go at ebb. It needs no river and no wind, only a creek that can \
        be closed, and a miller who does not mind getting up at night.\n\n\
        ##Daily work\n\n\
        The hours of work move by fifty minutes a day. The miller keeps a table of them on the door:\n\n\
        Day | Flood | Grinding\n>Monday | 04:10 | 06:30 to 10:00\n>Tuesday | 05:00 | 07:20 to 10:50\n\n\
        ###Before the ebb\n\n\
        - close the flood gates\n- clear the rack of weed\n  - by hand when it is little\n\
        1. open the sluice by a hand\n2. wait for the wheel to turn twice\n\n\
        gate  = closed\n  race = open\n",
    );
    assert_eq!(document.title.as_deref(), Some("Handbook of tide mills"));
}

#[test]
fn writings_symbols_and_turned_text() {
    check(
        "scripts.pdf",
        "<page 1>\n\u{6f6e}\u{306e}\u{6c34}\u{8eca} \u{3b1}\u{3b2}\u{3b3}\n\n- Größe \u{2013} café\n\nBeside the text\n\n\
        <page 2>\nA page on its side\n",
    );
}

#[test]
fn filled_in_forms_and_comments() {
    check("form.pdf", "<page 1>\nName of the miller | Cato Brandt\n\nAsk him about the weir.\n");
}

#[test]
fn files_without_text_say_why() {
    check("open.pdf", "<page 1>\nOnly for the owner of the mill\n");
    assert_eq!(workroom_pdf::read(sample("locked.pdf")), Err(Skip::Encrypted));
    check("plain/encrypted.pdf", "<page 1>\nOnly for the owner of the mill\n");
    let scan = workroom_pdf::read(sample("scan.pdf")).unwrap_err();
    assert_eq!(scan.to_string(), "it holds no text: its 2 pages are images");
    let nothing = workroom_pdf::read(b"no pdf at all".to_vec()).unwrap_err();
    assert_eq!(nothing.code(), "damaged");
}

#[test]
fn codes_of_every_kind_of_font() {
    check("plain/unicode.pdf", "<page 1>\ndab fie whél \u{20ac}\n");
    check("plain/composite.pdf", "<page 1>\n\u{6f6e}\u{6f6f}\u{6f70} AB\n\n\u{6f6e}\u{306e}\n");
    check("plain/compact.pdf", "<page 1>\nAaéfi ok\n");
    check("plain/drawn.pdf", "<page 1>\nebb\n\nfi e eb\n");
}

#[test]
fn objects_and_streams_as_they_may_be_packed() {
    check("plain/packed-objects.pdf", "<page 1>\nPacked like herrings\n");
    check("plain/filters.pdf", "<page 1>\nruns letters codes differences\n");
}

#[test]
fn forms_and_marked_content() {
    check(
        "plain/marked.pdf",
        "<page 1>\nebb flood\n\nwithin a form A form\n\nin another size\n\nset wide\nand below\n",
    );
    check(
        "plain/columns.pdf",
        "<page 1>\nThe pond fills while the town is asleep, and the wheel turns when the gulls come in from the flats, an \
        hour before light.\n\n\
        Nobody sees the miller then, but the whole street hears that the stones have begun, and what is not ground by \
        noon must wait.\n\nWeed to be cleared\n\nAn eel\n",
    );
}

#[test]
fn structure_names_the_headings() {
    let document = check(
        "plain/tagged.pdf",
        "<page 1>\n#A mill by the sea\n\nIts wheel turns twice a day, at hours that the moon sets for it.\n\n\
        ##Hinges of brass\n\nOil them before the equinox, and again when the ice has gone.\n\n\
        Paddles and sacks\n\nMore than that was never written down, by any of the millers.\n",
    );
    assert_eq!(document.title.as_deref(), Some("A mill by the sea"));
}

#[test]
fn bookmarks_name_the_headings() {
    let document = check(
        "plain/outline.pdf",
        "<page 1>\n#1 The wheel\n\nAt ebb the wheel has four hours.\n\n\
        <page 2>\n#The stones\n\nAt ebb the wheel has four hours.\n\n",
    );
    assert_eq!(document.metadata.pages, Some(3));
}
