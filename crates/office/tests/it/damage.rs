//! Damaged copies of every sample: cut off, with a byte changed, and bombs. Each gives a document or a reason, and ends.

use corpus::{Document, Format};
use extract::Skip;
use proptest::prelude::*;

use crate::samples::samples;
use crate::zip::package;

const FORMATS: [Format; 5] = [Format::Docx, Format::Odt, Format::Pptx, Format::Odp, Format::Epub];

fn sound(result: Result<Document, Skip>) {
    match result {
        Ok(document) => {
            let text = &document.text;
            assert!(!text.trim().is_empty());
            assert!(document.headings.iter().all(|heading| heading.span.of(text) == Some(&heading.text)));
            assert!(document.anchors.iter().all(|anchor| anchor.span.of(text).is_some()));
            assert!(document.tables.iter().all(|table| table.span.of(text).is_some()));
        }
        Err(reason) => assert!(!reason.to_string().is_empty()),
    }
}

#[test]
fn truncated_samples() {
    for (path, format) in samples() {
        let bytes = std::fs::read(&path).unwrap();
        for end in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
            sound(workroom_office::read(bytes[..end].to_vec(), format));
        }
    }
}

#[test]
fn samples_under_the_name_of_another_format() {
    for (path, _) in samples() {
        for format in FORMATS {
            sound(workroom_office::read(std::fs::read(&path).unwrap(), format));
        }
    }
}

#[test]
fn what_is_made_to_explode_is_bounded() {
    let nested = "<w:tbl><w:tr><w:tc>".repeat(3000);
    let boxes = "<w:p><w:r><w:txbxContent>".repeat(2000);
    let entities = "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;'>]><a><p><t>&b;&b;</t></p></a>";
    let wide = format!(
        "<w:p><w:r><w:t>x</w:t></w:r></w:p>{}",
        "<w:tr><w:tc><w:gridSpan w:val='4000000000'/></w:tc></w:tr>".repeat(2000)
    );
    let lists = "<text:list><text:list-item>".repeat(900) + "<text:p>x</text:p>";
    for body in
        [nested.as_str(), &boxes, entities, &wide, &lists, &"<a:p><a:pPr lvl='99'/><a:r><a:t>x".repeat(900)]
    {
        let parts = ["word/document.xml", "content.xml", "ppt/slides/slide1.xml"].map(|part| (part, body));
        for format in FORMATS {
            sound(workroom_office::read(package(&parts), format));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn samples_with_changed_bytes(pick in any::<prop::sample::Index>(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let samples = samples();
        let (path, format) = &samples[pick.index(samples.len())];
        let mut bytes = std::fs::read(path).unwrap();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        sound(workroom_office::read(bytes, *format));
    }

    #[test]
    fn any_markup(pieces in prop::collection::vec(prop::sample::select(MARKUP), 0..60)) {
        let body = pieces.concat();
        let parts = ["word/document.xml", "word/numbering.xml", "content.xml", "styles.xml", "ppt/slides/slide1.xml", "a.opf", "a.html"];
        let bytes = package(&parts.map(|part| (part, body.as_str())));
        for format in FORMATS {
            sound(workroom_office::read(bytes.clone(), format));
        }
    }
}

/// Pieces of all the vocabularies, so that what is random reaches deep.
const MARKUP: &[&str] = &[
    "<w:p>",
    "</w:p>",
    "<w:r>",
    "</w:r>",
    "<w:t>",
    "</w:t>",
    "words",
    " ",
    "é",
    "<w:tbl>",
    "</w:tbl>",
    "<w:tr>",
    "</w:tr>",
    "<w:tc>",
    "</w:tc>",
    "<w:pPr>",
    "</w:pPr>",
    "<w:pStyle w:val='Heading1'/>",
    "<w:numPr><w:numId w:val='1'/></w:numPr>",
    "<w:fldChar w:fldCharType='begin'/>",
    "<w:fldChar w:fldCharType='end'/>",
    "<mc:AlternateContent>",
    "<mc:Choice>",
    "<mc:Fallback>",
    "</x>",
    "<w:txbxContent>",
    "</w:txbxContent>",
    "<m:oMath>",
    "</m:oMath>",
    "<m:sup>",
    "<m:d>",
    "<m:e>",
    "<m:rad>",
    "<m:nary>",
    "<w:hdr>",
    "<w:comment>",
    "<text:h text:outline-level='3'>",
    "</text:h>",
    "<text:p>",
    "</text:p>",
    "<text:list>",
    "</text:list>",
    "<text:list-item>",
    "<text:note><text:note-body>",
    "</text:note-body></text:note>",
    "<office:annotation>",
    "</office:annotation>",
    "<draw:page>",
    "</draw:page>",
    "<draw:frame svg:x='1cm' svg:y='2cm'>",
    "</draw:frame>",
    "<draw:text-box>",
    "</draw:text-box>",
    "<presentation:notes>",
    "<style:header>",
    "<table:table>",
    "<table:table-cell>",
    "<p:sp>",
    "</p:sp>",
    "<p:grpSp>",
    "</p:grpSp>",
    "<a:off x='9' y='-9'/>",
    "<a:p>",
    "<a:t>",
    "<a:buAutoNum type='arabicPeriod'/>",
    "<p:ph type='title'/>",
    "<item id='a' href='a.html'/>",
    "<itemref idref='a'/>",
    "<w:abstractNum w:abstractNumId='1'><w:lvl w:ilvl='0'>",
    "<w:num w:numId='1'><w:abstractNumId w:val='1'/></w:num>",
    "&amp;",
    "&x;",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<",
    ">",
];
