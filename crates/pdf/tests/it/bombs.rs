//! Small files made to take long or to grow large.

use std::fmt::Write;
use std::time::{Duration, Instant};

use extract::Skip;

/// A file with one page. Streams are `(dictionary entries, content)`: the first is the page's, further ones are the forms `/X1`, `/X2`, ...
pub(crate) fn file(streams: &[(&str, &str)], resources: &str) -> Vec<u8> {
    let forms: String = (1..streams.len()).fold(String::new(), |mut forms, n| {
        let _written = write!(forms, "/X{n} {} 0 R ", n + 10);
        forms
    });
    let resources = format!("<< {resources} /XObject << {forms} >> >>");
    let mut out = String::from("%PDF-1.7\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n");
    out += "2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj\n";
    out += &format!(
        "3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 400 400] /Contents 10 0 R /Resources {resources} >> endobj\n"
    );
    for (n, (entries, content)) in streams.iter().enumerate() {
        let kind = if n == 0 {
            String::new()
        } else {
            format!("/Subtype /Form /BBox [0 0 9 9] /Resources {resources}")
        };
        out += &format!(
            "{} 0 obj << {kind} {entries} /Length {} >> stream\n{content}\nendstream endobj\n",
            n + 10,
            content.len()
        );
    }
    out += "trailer << /Root 1 0 R >>\n";
    out.into_bytes()
}

const FONT: &str = "/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>";
const HELLO: &str = "BT /F1 12 Tf 50 300 Td (Hello) Tj ET ";

/// Far above what any of these takes, far below what they would take unbounded.
#[track_caller]
fn check(bytes: Vec<u8>) -> Result<String, Skip> {
    let start = Instant::now();
    let read = workroom_pdf::read(bytes).map(|document| document.text);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    read
}

#[test]
fn a_form_that_draws_itself() {
    let text = check(file(&[("", &format!("{HELLO} /X1 Do")), ("", "/X1 Do /X1 Do")], FONT));
    assert_eq!(text.as_deref(), Ok("Hello\n"));
}

#[test]
fn forms_that_multiply() {
    let again: Vec<String> = (2..=9).map(|n| format!("/X{n} Do ").repeat(40)).collect();
    let mut streams: Vec<(&str, &str)> = vec![("", "/X1 Do")];
    streams.extend(again.iter().map(|content| ("", content.as_str())));
    streams.push(("", "0 0 m"));
    assert_eq!(check(file(&streams, FONT)).map_err(|reason| reason.code()), Err("too-much"));
    // With letters, the page is full before the budget is spent.
    streams.pop();
    streams.push(("", HELLO));
    let reason = check(file(&streams, FONT)).unwrap_err();
    assert_eq!(reason.to_string(), "too much inside: a page of more than 1000000 characters");
}

/// Runs of one byte, which no bound on what goes in would have held: a long stream is read as far as any other.
#[test]
fn packed_pages_of_any_length() {
    // 128 spaces at a time, then the text as it is.
    let spaces = "81 20 ".repeat(100_000);
    let text: String =
        HELLO.bytes().fold(format!("{:02x}", HELLO.len() - 1), |text, b| text + &format!("{b:02x}"));
    let packed = format!("{spaces}{text}80>");
    let filters = "/Filter [/AHx /RL]";
    assert_eq!(check(file(&[(filters, &packed)], FONT)).as_deref(), Ok("Hello\n"));
}

#[test]
fn a_page_of_many_operators() {
    let content = "0 0 m 9 9 l S ".repeat(400_000) + HELLO;
    assert_eq!(check(file(&[("", &content)], FONT)).as_deref(), Ok("Hello\n"));
}

#[test]
fn a_page_of_many_letters() {
    let mut content = String::from("BT /F1 1 Tf ");
    for n in 0..60_000 {
        let _written = write!(content, "1 0 0 1 {} {} Tm (ab) Tj ", n % 397, (n * 7) % 393);
    }
    assert!(check(file(&[("", &content)], FONT)).is_ok());
}

#[test]
fn nesting_without_end() {
    for open in ["[", "<< /A ", "q ", "/A BMC ", "BT ", "("] {
        let content = format!("{HELLO} {}", open.repeat(200_000));
        assert_eq!(check(file(&[("", &content)], FONT)).as_deref(), Ok("Hello\n"), "{open}");
    }
}

#[test]
fn fonts_that_claim_more_than_there_is() {
    let simple = "/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /X /FirstChar 4000000000 /LastChar 4100000000 \
        /Widths [500] >> >>";
    assert_eq!(check(file(&[("", HELLO)], simple)).as_deref(), Ok("Hello\n"));
    let composite = "/Font << /F1 << /Type /Font /Subtype /Type0 /Encoding /UniJIS-UCS2-H /DescendantFonts [ << \
        /Subtype /CIDFontType0 /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> \
        /W [0 4294967295 500] >> ] >> >>";
    let content = "BT /F1 12 Tf 50 300 Td <6f6e> Tj ET";
    assert_eq!(check(file(&[("", content)], composite)).as_deref(), Ok("\u{6f6e}\n"));
}

#[test]
fn numbers_without_measure() {
    let content =
        format!("1e38 0 0 1e38 0 0 cm 99999999999999999999 TL BT /F1 -0.0 Tf (a) ' {HELLO} ET {HELLO}");
    assert!(check(file(&[("", &content)], FONT)).is_ok_and(|text| text.len() < 100));
}

#[test]
fn pages_in_a_circle() {
    let bytes = b"%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 2 0 R /Outlines 4 0 R >> endobj\n\
        2 0 obj << /Type /Pages /Kids [2 0 R 3 0 R 2 0 R] /Count 3 >> endobj\n\
        3 0 obj << /Type /Pages /Parent 2 0 R /Kids [2 0 R 3 0 R] >> endobj\n\
        4 0 obj << /First 4 0 R /Next 4 0 R /Title (a) >> endobj\ntrailer << /Root 1 0 R >>\n";
    assert!(check(bytes.to_vec()).is_err());
}

#[test]
fn a_structure_in_a_circle() {
    let elements = "7 0 R ".repeat(50_000);
    let content = "/H1 << /MCID 9 >> BDC BT /F1 12 Tf 50 300 Td (Hello) Tj ET EMC";
    let bytes = format!(
        "%PDF-1.7\n1 0 obj << /Type /Catalog /Pages 2 0 R /StructTreeRoot 4 0 R >> endobj\n\
        2 0 obj << /Type /Pages /Kids [3 0 R 3 0 R 3 0 R] /Count 3 >> endobj\n\
        3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 400 400] /Contents 6 0 R /StructParents 0 \
        /Resources << {FONT} >> >> endobj\n\
        4 0 obj << /ParentTree 5 0 R /RoleMap << /A /B /B /A >> >> endobj\n\
        5 0 obj << /Kids [5 0 R 5 0 R] /Nums [0 [{elements}] 0 8 0 R (x) 1] >> endobj\n\
        6 0 obj << /Length {} >> stream\n{content}\nendstream endobj\n\
        7 0 obj << /S /Span /P 8 0 R >> endobj\n8 0 obj << /S /A /P 7 0 R >> endobj\n\
        trailer << /Root 1 0 R >>\n",
        content.len()
    );
    assert!(check(bytes.into_bytes()).is_ok_and(|text| text.starts_with("Hello\n")));
}
