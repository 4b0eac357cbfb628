//! Bombs in office documents, books and workbooks.

use super::{Bomb, bomb};
use corpus::Format::{Docx, Epub, Odp, Ods, Odt, Pptx, Xlsx};
use hostile::zip::{Entry, Zip};

const W: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";
const SHEET: &str = "xl/worksheets/sheet1.xml";
const ODF: &str = "xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
    xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" \
    xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
    xmlns:draw=\"urn:oasis:names:tc:opendocument:xmlns:drawing:1.0\"";
/// How deep things are nested.
const DEEP: usize = 100_000;

pub(super) const BOMBS: [Bomb; 26] = [
    bomb("docx: a gigabyte of blanks", Docx, || blanks("word/document.xml")),
    bomb("xlsx: a gigabyte of blanks", Xlsx, || blanks(SHEET)),
    bomb("xlsx: a gigabyte of shared strings", Xlsx, || {
        repeated("xl/sharedStrings.xml", "<sst>", "<si><t>a</t></si>")
    }),
    bomb("xlsx: a gigabyte of cells", Xlsx, || {
        repeated(SHEET, "<worksheet><sheetData><row>", "<c><v>1</v></c>")
    }),
    bomb("docx: entries upon one another", Docx, overlapping),
    bomb("docx: 100,000 entries", Docx, many_entries),
    bomb("docx: a billion laughs", Docx, || docx(&laughs("w:p"))),
    bomb("docx: one long entity, often", Docx, || docx(&quadratic())),
    bomb("docx: an element of 100,000 attributes", Docx, || {
        docx(&format!(
            "<w:document {W}><w:body><w:p {}><w:r><w:t>a</w:t></w:r></w:p></w:body></w:document>",
            attributes(DEEP)
        ))
    }),
    bomb("docx: tables in tables", Docx, || {
        docx(&format!(
            "<w:document {W}><w:body>{}",
            nested("<w:tbl><w:tr><w:tc>", "", "<w:p><w:r><w:t>a</w:t></w:r></w:p>")
        ))
    }),
    bomb("docx: runs in runs", Docx, || {
        docx(&format!("<w:document {W}><w:body><w:p>{}", nested("<w:r>", "</w:r>", "<w:t>a</w:t>")))
    }),
    bomb("docx: fields in fields", Docx, || {
        docx(&format!(
            "<w:document {W}><w:body><w:p>{}",
            nested("<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r>", "", "<w:r><w:t>a</w:t></w:r>")
        ))
    }),
    bomb("docx: text boxes in text boxes", Docx, || {
        docx(&format!(
            "<w:document {W}><w:body>{}",
            nested(
                "<w:p><w:r><w:txbxContent>",
                "</w:txbxContent></w:r></w:p>",
                "<w:p><w:r><w:t>a</w:t></w:r></w:p>"
            )
        ))
    }),
    bomb("docx: cells that span 2 billion", Docx, || {
        docx(&format!("<w:document {W}><w:body><w:tbl>{}", "<w:tr><w:tc><w:tcPr><w:gridSpan w:val=\"2147483647\"/></w:tcPr><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc></w:tr>".repeat(1000)))
    }),
    bomb("docx: a list 4 billion deep", Docx, || {
        docx(&format!(
            "<w:document {W}><w:body><w:p><w:pPr><w:numPr><w:ilvl w:val=\"4294967295\"/><w:numId w:val=\"1\"/></w:numPr></w:pPr><w:r><w:t>a</w:t></w:r></w:p>"
        ))
    }),
    bomb("pptx: groups in groups", Pptx, || {
        one(
            "ppt/slides/slide1.xml",
            &format!(
                "<p:sld xmlns:p=\"p\" xmlns:a=\"a\"><p:cSld><p:spTree>{}",
                nested(
                    "<p:grpSp>",
                    "</p:grpSp>",
                    "<p:sp><p:txBody><a:p><a:r><a:t>a</a:t></a:r></a:p></p:txBody></p:sp>"
                )
            ),
        )
    }),
    bomb("odt: spans in spans", Odt, || {
        odf("text", &format!("<text:p>{}", nested("<text:span>", "</text:span>", "a")))
    }),
    bomb("odt: lists in lists", Odt, || {
        odf(
            "text",
            &nested("<text:list><text:list-item>", "</text:list-item></text:list>", "<text:p>a</text:p>"),
        )
    }),
    bomb("odt: 10 billion blanks", Odt, || {
        odf("text", &format!("<text:p>a{}b</text:p>", "<text:s text:c=\"1000000000\"/>".repeat(10)))
    }),
    bomb("odt: columns repeated without end", Odt, || {
        odf("text", &format!("<table:table><table:table-row>{}</table:table-row></table:table>", "<table:table-cell table:number-columns-repeated=\"4294967295\"><text:p>a</text:p></table:table-cell>".repeat(10)))
    }),
    bomb("odp: frames in frames", Odp, || {
        odf(
            "presentation",
            &format!(
                "<draw:page>{}",
                nested("<draw:frame><draw:text-box>", "</draw:text-box></draw:frame>", "<text:p>a</text:p>")
            ),
        )
    }),
    bomb("ods: all cells of a sheet, each with words", Ods, || {
        odf("spreadsheet", &format!("<table:table table:name=\"a\">{}</table:table>", "<table:table-row table:number-rows-repeated=\"1048576\"><table:table-cell table:number-columns-repeated=\"16384\" office:value-type=\"string\"><text:p>a</text:p></table:table-cell></table:table-row>".repeat(9)))
    }),
    bomb("xlsx: a cell at XFD1048576", Xlsx, || {
        sheet(
            "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"1048576\"><c r=\"XFD1048576\"><v>2</v></c></row>",
        )
    }),
    bomb("xlsx: 4 billion rows", Xlsx, || {
        sheet(
            "<row r=\"4294967295\"><c r=\"ZZZZZZZ4294967295\"><v>2</v></c></row><row r=\"4294967296\"><c><v>3</v></c></row>",
        )
    }),
    bomb("epub: elements in elements", Epub, || {
        epub(&format!("<html><body>{}", nested("<div>", "</div>", "<p>a</p>")))
    }),
    bomb("epub: a billion laughs", Epub, || epub(&laughs("p"))),
];

fn one(name: &str, text: &str) -> Vec<u8> {
    let mut zip = Zip::new();
    zip.stored(name.as_bytes(), text.as_bytes());
    zip.done()
}

fn docx(document: &str) -> Vec<u8> {
    one("word/document.xml", document)
}

fn odf(kind: &str, body: &str) -> Vec<u8> {
    one("content.xml", &format!("<office:document-content {ODF}><office:body><office:{kind}>{body}"))
}

fn sheet(rows: &str) -> Vec<u8> {
    workbook(|zip| {
        zip.stored(
            SHEET.as_bytes(),
            format!(
                "<worksheet><dimension ref=\"A1:XFD4294967295\"/><sheetData>{rows}</sheetData></worksheet>"
            )
            .as_bytes(),
        )
    })
}

fn workbook(add: impl FnOnce(&mut Zip)) -> Vec<u8> {
    let mut zip = Zip::new();
    zip.stored(b"xl/workbook.xml", b"<workbook xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets><sheet name=\"a\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>");
    zip.stored(b"xl/_rels/workbook.xml.rels", b"<Relationships><Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>");
    add(&mut zip);
    zip.done()
}

fn epub(chapter: &str) -> Vec<u8> {
    let mut zip = Zip::new();
    zip.stored(b"mimetype", b"application/epub+zip");
    zip.stored(
        b"META-INF/container.xml",
        b"<container><rootfiles><rootfile full-path=\"a.opf\"/></rootfiles></container>",
    );
    zip.stored(b"a.opf", b"<package><manifest><item id=\"a\" href=\"a.xhtml\" media-type=\"application/xhtml+xml\"/></manifest><spine><itemref idref=\"a\"/></spine></package>");
    zip.stored(b"a.xhtml", chapter.as_bytes());
    zip.done()
}

/// A part that unfolds to a gigabyte of blanks.
fn blanks(name: &str) -> Vec<u8> {
    repeated(name, "<a>", " ")
}

/// A part that unfolds to a gigabyte of one thing.
fn repeated(name: &str, begin: &str, what: &str) -> Vec<u8> {
    let block = format!("{begin}{}", what.repeat((1 << 20) / what.len()));
    workbook(|zip| {
        if name != SHEET {
            zip.stored(
                SHEET.as_bytes(),
                b"<worksheet><sheetData><row><c t=\"s\"><v>0</v></c></row></sheetData></worksheet>",
            );
        }
        zip.deflated(name.as_bytes(), block.as_bytes(), 1 << 10).unwrap();
    })
}

/// Many parts that are one and the same megabytes of zeros.
fn overlapping() -> Vec<u8> {
    let body = vec![b' '; 4 << 20];
    let mut whole = Zip::new();
    whole.deflated(b"x", &body, 1).unwrap();
    let whole = whole.done();
    let number = |at: usize| u32::from_le_bytes(whole[at..at + 4].try_into().unwrap());
    let (crc, compressed) = (number(14), number(18));
    let names: Vec<String> = (0..9999).map(|n| format!("word/footnotes{n}.xml")).collect();
    let entry = |name| Entry { name, is_deflated: true, crc, compressed, unfolded: 4 << 20 };
    let mut zip = Zip::new();
    let at = zip.body(&entry(b"x"), &whole[31..31 + compressed as usize]);
    for name in names.iter().map(String::as_str).chain(["word/document.xml"]) {
        zip.list(&entry(name.as_bytes()), at);
    }
    zip.done()
}

fn many_entries() -> Vec<u8> {
    let mut zip = Zip::new();
    zip.stored(b"word/document.xml", b"<w:document/>");
    (0..DEEP).for_each(|n| zip.stored(format!("{n}").as_bytes(), b""));
    zip.done()
}

/// Entities of entities, which would make a billion words.
pub(super) fn laughs(element: &str) -> String {
    let entity = |n: u32| format!("<!ENTITY e{n} \"{}\">", format!("&e{};", n - 1).repeat(10));
    let entities: String = (1..10).map(entity).collect();
    format!("<!DOCTYPE a [<!ENTITY e0 \"ha\">{entities}]><a {W}><{element}>&e9;</{element}></a>")
}

fn quadratic() -> String {
    let (word, often) = ("a".repeat(DEEP), "&e;".repeat(DEEP));
    format!("<!DOCTYPE a [<!ENTITY e \"{word}\">]><w:document {W}><w:body><w:p><w:r><w:t>{often}")
}

pub(super) fn attributes(n: usize) -> String {
    (0..n).map(|n| format!(" a{n}=\"\"")).collect()
}

/// Something in many layers of another.
pub(super) fn nested(begin: &str, end: &str, inside: &str) -> String {
    format!("{}{inside}{}", begin.repeat(DEEP), end.repeat(DEEP))
}
