//! Bombs in PDF.

use super::{Bomb, bomb};
use corpus::Format::Pdf;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::fmt::Write as _;
use std::io::Write as _;

const DEEP: usize = 100_000;

pub(super) const BOMBS: [Bomb; 25] = [
    bomb("pdf: arrays in arrays", Pdf, || page(&format!("/A {}{}", "[".repeat(DEEP), "]".repeat(DEEP)), b"")),
    bomb("pdf: dictionaries in dictionaries", Pdf, || {
        page(&format!("/A {}{}", "<</A ".repeat(DEEP), ">>".repeat(DEEP)), b"")
    }),
    bomb("pdf: arrays in the text", Pdf, || {
        page("", format!("BT /F 9 Tf {} TJ ET", "[".repeat(DEEP)).as_bytes())
    }),
    bomb("pdf: states in states", Pdf, || page("", "q BT ".repeat(10 * DEEP).as_bytes())),
    bomb("pdf: pages 100,000 deep", Pdf, deep_pages),
    bomb("pdf: pages that are their own parents", Pdf, || {
        pdf(&["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2/Parent 2 0 R>>"])
    }),
    bomb("pdf: one page a million times", Pdf, || {
        pdf(&[
            "<</Type/Catalog/Pages 2 0 R>>",
            &format!("<</Type/Pages/Kids[{}]/Count 1000000>>", "3 0 R ".repeat(10 * DEEP)),
            "<</Type/Page/Parent 2 0 R>>",
        ])
    }),
    bomb("pdf: each form twice the one after it", Pdf, || forms(40, 2)),
    bomb("pdf: a form in a form, 10,000 deep", Pdf, || forms(10_000, 1)),
    bomb("pdf: forms that draw themselves", Pdf, || {
        pdf(&[
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</XObject<</A 4 0 R>>>>>>",
            "<</Subtype/Form/Length 11/Resources<</XObject<</A 4 0 R>>>>>>stream\n/A Do /A Do\nendstream",
        ])
    }),
    bomb("pdf: a gigabyte of zeros", Pdf, || filtered("/FlateDecode", &deflated(&[0; 1 << 20], 1 << 10))),
    bomb("pdf: a gigabyte of text", Pdf, || {
        filtered("/FlateDecode", &deflated(&b"(a)Tj ".repeat(1 << 17), 1 << 10))
    }),
    bomb("pdf: zeros deflated three times", Pdf, || {
        let inner = deflated(&[0; 1 << 20], 1 << 10);
        filtered("[/FlateDecode/FlateDecode/FlateDecode]", &deflated(&deflated(&inner, 1), 1))
    }),
    bomb("pdf: a thousand filters", Pdf, || {
        filtered(&format!("[{}]", "/ASCIIHexDecode".repeat(1000)), "30".repeat(DEEP).as_bytes())
    }),
    bomb("pdf: LZW upon LZW", Pdf, || filtered(&format!("[{}]", "/LZWDecode".repeat(20)), &[0x80; DEEP])),
    bomb("pdf: lengths of runs", Pdf, || {
        filtered("[/RunLengthDecode/RunLengthDecode/RunLengthDecode]", &[129; 10 * DEEP])
    }),
    bomb("pdf: a predictor of 2 billion columns", Pdf, || {
        filtered(
            "/FlateDecode/DecodeParms<</Predictor 15/Columns 2147483647/Colors 255/BitsPerComponent 16>>",
            &deflated(b"abc", 1),
        )
    }),
    bomb("pdf: widths of 4 billion characters", Pdf, || {
        font("/W[0 4294967295 500 0[1 2 3] 4294967295[1 1]]/DW 1", "")
    }),
    bomb("pdf: a million widths", Pdf, || font(&format!("/W[0[{}]]", "1 ".repeat(10 * DEEP)), "")),
    bomb("pdf: a map of 4 billion characters", Pdf, || {
        font(
            "",
            &format!(
                "1 begincodespacerange <00000000> <ffffffff> endcodespacerange {}",
                "1 beginbfrange <00000000> <ffffffff> <0041> endbfrange ".repeat(1000)
            ),
        )
    }),
    bomb("pdf: a map of all characters, a thousand times", Pdf, || {
        font(
            "",
            &format!(
                "1 begincodespacerange <0000> <ffff> endcodespacerange {}",
                "1 beginbfrange <0000> <ffff> <0041> endbfrange ".repeat(1000)
            ),
        )
    }),
    bomb("pdf: tables of references in a ring", Pdf, || {
        b"%PDF-1.4\nxref\n0 1\n0000000000 65535 f \ntrailer<</Size 1/Root 1 0 R/Prev 9>>\nstartxref\n9\n%%EOF"
            .to_vec()
    }),
    bomb("pdf: a table of 4 billion objects", Pdf, || {
        b"%PDF-1.4\nxref\n0 4294967295\n0000000000 65535 f \ntrailer<</Size 4294967295/Root 1 0 R>>\nstartxref\n9\n%%EOF".to_vec()
    }),
    bomb("pdf: contents in a ring", Pdf, || {
        pdf(&[
            "<</Type/Catalog/Pages 2 0 R/Outlines 5 0 R>>",
            "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            "<</Type/Page/Parent 2 0 R>>",
            "<</Title(a)/Next 4 0 R/First 4 0 R/Dest[3 0 R]>>",
            "<</First 4 0 R/Count 9>>",
        ])
    }),
    bomb("pdf: objects that are each other", Pdf, || {
        pdf(&[
            "<</Type/Catalog/Pages 2 0 R>>",
            "3 0 R",
            "4 0 R",
            "2 0 R",
            "<</Type/ObjStm/N 9999999/First 9/Extends 5 0 R/Length 5 0 R>>stream\n5 0 6 0 5 0 R\nendstream",
        ])
    }),
];

/// A file of these objects, from 1 on; the first is the catalog.
fn pdf(objects: &[&str]) -> Vec<u8> {
    let objects: Vec<&[u8]> = objects.iter().map(|object| object.as_bytes()).collect();
    of_bytes(&objects)
}

fn of_bytes(objects: &[&[u8]]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (n, object) in objects.iter().enumerate() {
        let _ = writeln!(table, "{:010} 00000 n ", out.len());
        out.extend(format!("{} 0 obj\n", n + 1).as_bytes());
        out.extend(*object);
        out.extend(b"\nendobj\n");
    }
    let at = out.len();
    out.extend(table.as_bytes());
    out.extend(
        format!("trailer<</Size {}/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n", objects.len() + 1).as_bytes(),
    );
    out
}

fn stream(entries: &str, body: &[u8]) -> Vec<u8> {
    [format!("<<{entries}/Length {}>>stream\n", body.len()).as_bytes(), body, b"\nendstream"].concat()
}

/// One page with more in its dictionary, and its contents.
fn page(more: &str, contents: &[u8]) -> Vec<u8> {
    let page = format!("<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>{more}>>");
    let contents = stream("", contents);
    let font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>";
    of_bytes(&[
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        page.as_bytes(),
        &contents,
        font,
    ])
}

/// One page whose contents went through these filters.
fn filtered(filter: &str, contents: &[u8]) -> Vec<u8> {
    let contents = stream(&format!("/Filter {filter}"), contents);
    of_bytes(&[
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        &contents,
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ])
}

/// One page in a composite font.
fn font(descendant: &str, map: &str) -> Vec<u8> {
    let (contents, map) = (stream("", b"BT /F 9 Tf 9 9 Td <00410042> Tj ET"), stream("", map.as_bytes()));
    let descendant = format!("<</Type/Font/Subtype/CIDFontType2/BaseFont/A{descendant}>>");
    of_bytes(&[
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        &contents,
        b"<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/Identity-H/ToUnicode 7 0 R/DescendantFonts[6 0 R]>>",
        descendant.as_bytes(),
        &map,
    ])
}

fn deep_pages() -> Vec<u8> {
    let node = |n: usize| format!("<</Type/Pages/Parent {} 0 R/Kids[{} 0 R]/Count 1>>", n - 1, n + 1);
    let mut objects = vec!["<</Type/Catalog/Pages 2 0 R>>".to_owned()];
    objects.extend((2..DEEP).map(node));
    objects.push(format!("<</Type/Page/Parent {} 0 R>>", DEEP - 1));
    pdf(&objects.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A page with a form; each form draws the next so many times.
fn forms(deep: usize, often: usize) -> Vec<u8> {
    let form = |n: usize| {
        let contents = "/A Do ".repeat(often) + "BT /F 9 Tf (a) Tj ET";
        let resources = format!(
            "/Resources<</XObject<</A {} 0 R>>/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>",
            n + 1
        );
        stream(&format!("/Type/XObject/Subtype/Form/BBox[0 0 9 9]{resources}"), contents.as_bytes())
    };
    let mut objects = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</XObject<</A 5 0 R>>>>>>".to_vec(),
        stream("", b"/A Do"),
    ];
    objects.extend((5..5 + deep).map(form));
    of_bytes(&objects.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// A block repeated and deflated.
fn deflated(block: &[u8], often: usize) -> Vec<u8> {
    let mut deflate = ZlibEncoder::new(Vec::new(), Compression::fast());
    (0..often).for_each(|_| deflate.write_all(block).unwrap());
    deflate.finish().unwrap()
}
