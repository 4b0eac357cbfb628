//! Workbooks that are odd or made to hurt, written here: a stored zip needs no library.

use corpus::{Document, Span};
use extract::Skip;
use proptest::prelude::*;

use super::{placed, read};

/// A zip of stored entries.
fn zip(entries: &[(&str, &str)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, text) in entries {
        let offset = out.len() as u32;
        let mut about = Vec::new();
        about.extend([20, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        about.extend(crc(text.as_bytes()).to_le_bytes());
        about.extend((text.len() as u32).to_le_bytes());
        about.extend((text.len() as u32).to_le_bytes());
        about.extend((name.len() as u16).to_le_bytes());
        about.extend([0, 0]);
        out.extend(b"PK\x03\x04");
        out.extend(&about);
        out.extend(name.as_bytes());
        out.extend(text.as_bytes());
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&about);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let start = out.len() as u32;
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend((entries.len() as u16).to_le_bytes());
    out.extend((entries.len() as u16).to_le_bytes());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), |crc, _| step(crc)))
}

/// A workbook of one sheet, `S`, with these rows.
fn xlsx(rows: &str) -> Result<Document, Skip> {
    xlsx_with(rows, "")
}

fn xlsx_with(rows: &str, after: &str) -> Result<Document, Skip> {
    read(&zip(&[
        ("xl/workbook.xml", "<workbook><sheets><sheet name='S' sheetId='1'/></sheets></workbook>"),
        ("xl/worksheets/sheet1.xml", &format!("<worksheet><sheetData>{rows}</sheetData>{after}</worksheet>")),
    ]))
}

#[track_caller]
fn check(rows: &str, expected: &str) {
    assert_eq!(placed(&xlsx(rows).unwrap()), format!(" S\n \n{expected}"), "{rows}");
}

fn ods(table: &str) -> Result<Document, Skip> {
    let content =
        format!("<document-content><body><spreadsheet>{table}</spreadsheet></body></document-content>");
    read(&zip(&[("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", &content)]))
}

#[test]
fn cells_need_not_say_where_they_are() {
    check(
        "<row><c><v>1</v></c><c t='str'><v>b</v></c></row><row><c><v>2.50</v></c></row>",
        "A1:B1 1 | b\nA2:B2 2.5\n",
    );
}

#[test]
fn rows_and_cells_out_of_order_are_brought_into_it() {
    check(
        "<row r='3'><c r='B3'><v>4</v></c><c r='A3'><v>3</v></c></row><row r='2'><c r='A2'><v>1</v></c></row>",
        "A2:B2 1\nA3:B3 3 | 4\n",
    );
}

#[test]
fn a_row_that_comes_twice_begins_another_place() {
    check(
        "<row r='2'><c><v>1</v></c></row><row r='3'><c><v>5</v></c></row><row r='2'><c><v>2</v></c></row>",
        "A2:A2 1\n \nA2:A2 2\nA3:A3 5\n",
    );
}

#[test]
fn words_of_one_cell_are_one_line() {
    check(
        "<row r='1'><c t='inlineStr'><is><r><t>two\nlines </t></r><r><t>&amp; &#x41;</t></r><rPh><t>no</t></rPh></is></c></row>\
         <row r='2'><c t='str'><v> \n </v></c></row><row r='3'><c t='b'><v>1</v></c><c t='e'><v>#N/A</v></c></row>",
        "A1:A1 two lines & A\n \nA3:B3 TRUE | #N/A\n",
    );
}

#[test]
fn what_is_hidden_under_merged_cells_is_not_seen() {
    let rows =
        "<row r='1'><c><v>1</v></c><c><v>2</v></c></row><row r='2'><c><v>3</v></c><c><v>4</v></c></row>";
    let document =
        xlsx_with(rows, "<mergeCells><mergeCell ref='A1:A2'/><mergeCell ref='A1:XFD1048576'/></mergeCells>");
    assert_eq!(placed(&document.unwrap()), " S\n \nA1:A1 1\n");
}

#[test]
fn headers_are_guessed_for_each_block() {
    let row = |number: u32, cells: &[&str]| {
        let cell = |words: &&str| match words.parse::<f64>() {
            Ok(_) => format!("<c><v>{words}</v></c>"),
            Err(_) => format!("<c t='str'><v>{words}</v></c>"),
        };
        format!("<row r='{number}'>{}</row>", cells.iter().map(cell).collect::<String>())
    };
    let rows = [
        row(1, &["The mill", ""]),
        row(2, &["Year", "Sacks"]),
        row(3, &["1820", "12"]),
        row(5, &["", "2020", "2021"]),
        row(6, &["Wheat", "3.5", "4"]),
        row(8, &["Port", "Sea"]),
        row(9, &["Dover", "Channel"]),
        row(10, &["Leith", "North"]),
        row(12, &["yes", "no"]),
        row(13, &["no", "no"]),
        row(14, &["no", "yes"]),
    ];
    check(
        &rows.concat(),
        "A1:B1 The mill\n \nA2:B2 Year | Sacks\nA3:B3| 1820 | 12\n \nA5:C5  | 2020 | 2021\nA6:C6 Wheat | 3.5 | 4\n \n\
         A8:B8 Port | Sea\nA9:B9| Dover | Channel\nA10:B10| Leith | North\n \nA12:B12 yes | no\nA13:B13 no | no\nA14:B14 no | yes\n",
    );
}

#[test]
fn cells_far_apart_cost_no_more_than_near_ones() {
    let rows: String =
        (1..=3000).map(|n| format!("<row r='{n}'><c r='{}{n}'><v>7</v></c></row>", column(n * 5))).collect();
    let document = xlsx(&rows).unwrap();
    assert!(document.text.len() < 1 << 20, "{}", document.text.len());
    assert_eq!(document.text.lines().count(), 3002);
}

fn column(mut number: usize) -> String {
    let mut letters = String::new();
    while number > 0 {
        letters.insert(0, char::from(b'A' + ((number - 1) % 26) as u8));
        number = (number - 1) / 26;
    }
    letters
}

#[test]
fn repeated_rows_and_cells_of_opendocument() {
    let document = ods(
        "<table name='S'><table-row number-rows-repeated='2'><table-cell number-columns-repeated='2'/>\
         <table-cell value-type='string' number-columns-repeated='2'><p>a<s c='2'/>b</p><p>c</p></table-cell></table-row>\
         <table-row number-rows-repeated='1048000'><table-cell number-columns-repeated='16384'/></table-row>\
         <table-row><table-cell value-type='date' date-value='2023-03-05'><p>05/03/23</p></table-cell>\
         <covered-table-cell><p>unseen</p></covered-table-cell></table-row></table>",
    );
    assert_eq!(
        placed(&document.unwrap()),
        " S\n \nC1:D1 a b c | a b c\nC2:D2 a b c | a b c\n \nA1048003:A1048003 2023-03-05\n"
    );
}

#[test]
fn what_lies_over_the_cells() {
    let relation = |id: &str, kind: &str, target: &str| {
        format!("<Relationship Id='{id}' Type='x/{kind}' Target='{target}'/>")
    };
    let anchor = |row: u32, inside: &str| {
        format!(
            "<twoCellAnchor><from><col>1</col><row>{row}</row></from><to><col>3</col><row>9</row></to>{inside}</twoCellAnchor>"
        )
    };
    let drawing = [
        anchor(6, "<graphicFrame><c:chart r:id='c'/></graphicFrame>"),
        anchor(
            2,
            "<sp><txBody><a:p><a:r><a:t>Mind </a:t></a:r><a:r><a:t>the gate.</a:t></a:r></a:p><a:p/><a:p><a:fld><a:t>Bo</a:t></a:fld></a:p></txBody></sp>",
        ),
        anchor(3, "<sp><cNvPr hidden='1'/><txBody><a:p><a:t>unseen</a:t></a:p></txBody></sp>"),
        anchor(4, "<pic/>"),
    ];
    let chart = "<chartSpace><title><tx><rich><a:p><a:t>Sacks</a:t></a:p></rich></tx></title><ser><v>7</v></ser></chartSpace>";
    let document = read(&zip(&[
        ("xl/workbook.xml", "<workbook><sheets><sheet name='S' sheetId='1'/></sheets></workbook>"),
        ("xl/worksheets/sheet1.xml", "<worksheet><row r='1'><c r='A1'><v>1</v></c></row></worksheet>"),
        (
            "xl/worksheets/_rels/sheet1.xml.rels",
            &format!("<R>{}</R>", relation("d", "drawing", "../drawings/d.xml")),
        ),
        ("xl/drawings/d.xml", &format!("<wsDr>{}</wsDr>", drawing.concat())),
        ("xl/drawings/_rels/d.xml.rels", &format!("<R>{}</R>", relation("c", "chart", "/xl/charts/c.xml"))),
        ("xl/charts/c.xml", chart),
    ]));
    assert_eq!(
        placed(&document.unwrap()),
        " S\n \nA1:A1 1\n \nB3:D3 Mind the gate.\nB3:D3 \nB3:D3 Bo\n \nB7:D7 Sacks\n"
    );
    let table = "<table name='S'><shapes><frame><text-box><p>Mind</p></text-box></frame></shapes>\
         <table-row><table-cell><p>1</p><custom-shape><p>the gate.</p></custom-shape></table-cell></table-row></table>";
    assert_eq!(placed(&ods(table).unwrap()), " S\n \nA1:A1 1\n \nA1:A1 Mind\n \nA1:A1 the gate.\n");
}

#[test]
fn headers_that_the_file_tells() {
    let cells =
        |words: &[&str]| words.iter().map(|w| format!("<c t='str'><v>{w}</v></c>")).collect::<String>();
    let row = |number: u32, words: &[&str]| format!("<row r='{number}'>{}</row>", cells(words));
    let rows = [row(1, &["ebb", "ebb"]), row(2, &["Mon", "Day"]), row(3, &["ebb", "ebb"])].concat();
    let parts = |table: &str| {
        read(&zip(&[
            ("xl/workbook.xml", "<workbook><sheets><sheet name='S' sheetId='1'/></sheets></workbook>"),
            ("xl/worksheets/sheet1.xml", &format!("<worksheet>{rows}</worksheet>")),
            (
                "xl/worksheets/_rels/sheet1.xml.rels",
                "<R><Relationship Id='t' Type='x/table' Target='../tables/t.xml'/></R>",
            ),
            ("xl/tables/t.xml", table),
        ]))
    };
    let told = parts("<table ref='A2:B3'/>").unwrap();
    assert_eq!(placed(&told), " S\n \nA1:B1 ebb | ebb\n \nA2:B2 Mon | Day\nA3:B3| ebb | ebb\n");
    let untold = parts("<table ref='A2:B3' headerRowCount='0'/>").unwrap();
    assert_eq!(placed(&untold), " S\n \nA1:B1 ebb | ebb\nA2:B2 Mon | Day\nA3:B3 ebb | ebb\n");
    let cell = "<table-cell><p>ebb</p></table-cell>";
    let table = format!(
        "<table name='S'><table-header-rows><table-row>{cell}{cell}</table-row></table-header-rows><table-row>{cell}{cell}</table-row></table>"
    );
    assert_eq!(placed(&ods(&table).unwrap()), " S\n \nA1:B1 ebb | ebb\nA2:B2| ebb | ebb\n");
}

#[test]
fn a_header_above_a_blank_row() {
    let row = |number: u32, first: &str, second: &str| {
        let cell = |words: &str| match words.parse::<f64>() {
            Ok(_) => format!("<c><v>{words}</v></c>"),
            Err(_) => format!("<c t='str'><v>{words}</v></c>"),
        };
        format!("<row r='{number}'>{}{}</row>", cell(first), cell(second))
    };
    let rows = [row(1, "Sack", "Price"), row(3, "rye", "3"), row(4, "oats", "4")].concat();
    check(&rows, "A1:B1 Sack | Price\n \nA3:B3| rye | 3\nA4:B4| oats | 4\n");
    let own = [row(1, "Name", "Date"), row(3, "Sack", "Price"), row(4, "rye", "3")].concat();
    check(&own, "A1:B1 Name | Date\n \nA3:B3 Sack | Price\nA4:B4| rye | 3\n");
    let far = [row(1, "Sack", "Price"), row(4, "rye", "3"), row(5, "oats", "4")].concat();
    check(&far, "A1:B1 Sack | Price\n \nA4:B4 rye | 3\nA5:B5 oats | 4\n");
}

#[test]
fn a_sheet_that_repeats_without_end_is_bounded() {
    let document = ods("<table name='S'><table-row number-rows-repeated='4000000000'>\
         <table-cell number-columns-repeated='4000000000'><p>x</p></table-cell></table-row></table>");
    assert!(document.unwrap().text.len() < 8 << 20);
}

#[test]
fn a_long_cell_that_repeats_is_too_much_at_once() {
    let cell =
        format!("<table-cell number-columns-repeated='1000'><p>{}</p></table-cell>", "x".repeat(100_000));
    let document = ods(&format!("<table name='S'><table-row>{}</table-row></table>", cell.repeat(10)));
    assert_eq!(document.unwrap_err().code(), "too-much");
}

#[test]
fn nesting_and_entities_do_not_matter() {
    let deep = format!("<row><c><v>1</v></c></row>{}", "<a>".repeat(200_000));
    assert_eq!(xlsx(&deep).unwrap().text, "S\n\n1\n");
    let nothing_before = xlsx(&"<a>".repeat(200_000)).unwrap_err();
    assert_eq!(nothing_before.to_string(), "damaged: its XML is nested deeper than 1024");
    let bomb = "<!DOCTYPE w [<!ENTITY a 'xxxxxxxxxx'><!ENTITY b '&a;&a;&a;&a;'>]><worksheet><row><c t='str'><v>1&b;</v></c></row></worksheet>";
    let parts =
        [("xl/workbook.xml", "<workbook><sheet name='S'/></workbook>"), ("xl/worksheets/sheet1.xml", bomb)];
    assert_eq!(read(&zip(&parts)).unwrap().text, "S\n\n1\n");
}

#[test]
fn strings_that_are_missing_are_told() {
    let book = |strings: &str, cells: &str| {
        read(&zip(&[
            ("xl/workbook.xml", "<workbook><sheet name='S'/></workbook>"),
            (
                "xl/_rels/workbook.xml.rels",
                "<R><Relationship Id='s' Type='x/sharedStrings' Target='s.xml'/></R>",
            ),
            ("xl/s.xml", strings),
            ("xl/worksheets/sheet1.xml", &format!("<worksheet><row>{cells}</row></worksheet>")),
        ]))
    };
    let reason = |strings: &str| book(strings, "<c t='s'><v>1</v></c>").unwrap_err().to_string();
    assert_eq!(
        reason("<sst><si><t>ebb</t></si></sst>"),
        "damaged: strings that its cells refer to are missing"
    );
    assert_eq!(reason("<sst><si><t>ebb"), "damaged: in its shared strings, its XML breaks off");
    assert_eq!(
        reason(&"<a>".repeat(2000)),
        "damaged: in its shared strings, its XML is nested deeper than 1024"
    );
    // What can be had is worth having.
    let half = book("<sst><si><t>ebb</t></si><si><t>flo", "<c t='s'><v>0</v></c><c t='s'><v>7</v></c>");
    assert_eq!(half.unwrap().text, "S\n\nebb\n");
}

#[test]
fn one_cell_of_too_much_text_is_told_as_such() {
    let cell = format!("<row><c t='str'><v>{}</v></c></row>", "x".repeat((64 << 20) + 1));
    assert_eq!(xlsx(&cell).unwrap_err().to_string(), "too much inside: more than 64 MiB of text");
}

#[test]
fn remarks_and_shapes_outside_any_sheet_are_left_out() {
    let rows = "<table-row number-rows-repeated='4294967295'/>".repeat(2);
    let cell =
        "<table-cell><p>x</p><annotation><p>far</p></annotation><frame><p>out</p></frame></table-cell>";
    let beside = format!("<table-cell number-columns-repeated='4294967295'/>{cell}");
    let table = format!(
        "<table name='S'><table-row><table-cell><p>1</p></table-cell>{beside}</table-row>{rows}<table-row>{cell}</table-row></table>"
    );
    assert_eq!(placed(&ods(&table).unwrap()), " S\n \nA1:A1 1\n");
}

#[test]
fn reasons() {
    let reason = |document: Result<Document, Skip>| document.unwrap_err().to_string();
    assert_eq!(reason(xlsx("")), "it holds no text: its sheets (1) are empty");
    assert_eq!(reason(read(&zip(&[("a", "b")]))), "damaged: it has no workbook inside");
    assert_eq!(reason(ods("<table name='S'><table-row")), "damaged: in content.xml, its XML breaks off");
    let torn = zip(&[("xl/workbook.xml", "<workbook><sheets>")]);
    assert_eq!(reason(read(&torn)), "damaged: in xl/workbook.xml, its XML breaks off");
    assert_eq!(reason(ods("")), "it holds no text: it has no sheets");
    let missing = zip(&[("xl/workbook.xml", "<workbook><sheet name='S'/></workbook>")]);
    assert_eq!(reason(read(&missing)), "damaged: its part xl/worksheets/sheet1.xml is missing");
    let locked = zip(&[
        ("content.xml", "..."),
        ("META-INF/manifest.xml", "<file-entry><encryption-data/></file-entry>"),
    ]);
    assert_eq!(read(&locked), Err(Skip::Encrypted));
}

/// Pieces of sheets of both kinds, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<row>".to_owned()),
        Just("</row>".to_owned()),
        (0..5_u32).prop_map(|n| format!("<row r='{n}'>")),
        (0..4_u32, 0..6_u32, 0..3_u32)
            .prop_map(|(c, r, v)| format!("<c r='{}{r}'><v>{v}</v></c>", column(c as usize))),
        Just("<c t='str'><v>a &amp; b</v></c>".to_owned()),
        Just("<c t='s'><v>7".to_owned()),
        Just("</c>".to_owned()),
        Just("<mergeCell ref='A1:B2'/>".to_owned()),
        Just("<mergeCell ref='B9:A1'/>".to_owned()),
        Just("<table-row number-rows-repeated='3'>".to_owned()),
        Just("</table-row>".to_owned()),
        Just(
            "<table-cell number-columns-repeated='2'><p>x</p><annotation><p>n</p></annotation></table-cell>"
                .to_owned()
        ),
        Just("<covered-table-cell/>".to_owned()),
        Just("<table-cell><p>".to_owned()),
        Just("</table>".to_owned()),
        Just("<".to_owned()),
        Just("&".to_owned()),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    /// Whatever the rows are: each line of a place is a row of it. Only what lies over the cells of one row may have several.
    #[test]
    fn lines_and_rows_agree(rows in pieces()) {
        for document in [xlsx(&rows), ods(&format!("<table name='S'>{rows}</table>"))].into_iter().flatten() {
            for anchor in &document.anchors {
                let (Span { start, end }, place) = (anchor.span, &anchor.place);
                let lines = document.text[start as usize..end as usize].lines().count() as u32;
                let rows = place.last - place.first + 1;
                prop_assert!(lines == rows || (rows == 1 && lines > 1), "{place:?}: {:?}", document.text);
            }
        }
    }
}
