//! The targets: every entry that takes bytes from outside, and what must hold of what it gives.

use crate::chunks;
use crate::custody;
use crate::input::Input;
use crate::packages::packed;
use crate::promises::{check_document, check_outcome};
use corpus::{DocPath, Document, Format, LanguageCode};
use extract::{HEAD_BYTES, Skip};
use fence::{Options, Parsed, Request};
use package::{Limits, Package};

/// An entry, by its name.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, which is the fuzzer's too.
    pub name: &'static str,
    /// Gives it an input; panics when a promise is broken.
    pub run: fn(&[u8]),
    /// Extensions of the files that are its seeds: one that is first here is chosen by a first byte of 0, and so on.
    pub seeds: &'static [&'static str],
    /// Whether its input is the entries of a package, and the package is made around them.
    pub is_packed: bool,
}

/// All of them.
pub const TARGETS: [Target; 19] = [
    plain("pdf", pdf, &["pdf"]),
    plain("office", office, &["docx", "odt", "pptx", "odp", "epub"]),
    inside("office_parts", office_parts, &["docx", "odt", "pptx", "odp", "epub"]),
    plain("package", package, &["zip", "docx", "epub", "xlsx"]),
    plain("sheets", sheets, &["xlsx", "xlsb", "ods", "xls"]),
    inside("sheets_parts", sheets_parts, &["xlsx", "xlsb", "ods"]),
    plain("legacy", legacy, &["rtf", "doc", "ppt"]),
    plain("mail", mail, &["eml", "mbox", "msg"]),
    plain("text", text, &NAMES),
    plain("image", image, &["png", "jpg", "gif", "webp", "tiff", "bmp", "svg"]),
    plain("archive", archive, &["zip", "tar", "gz"]),
    plain("wire", wire, &[]),
    plain("chunk", chunk, &NAMES),
    plain("detect", detect, &NAMES),
    plain("language", language, &["md", "txt", "html"]),
    plain("packs", custody::packs, &[]),
    plain("events", custody::events, &[]),
    plain("audits", custody::audits, &[]),
    plain("journals", custody::journals, &[]),
];

const fn plain(name: &'static str, run: fn(&[u8]), seeds: &'static [&'static str]) -> Target {
    Target { name, run, seeds, is_packed: false }
}

const fn inside(name: &'static str, run: fn(&[u8]), seeds: &'static [&'static str]) -> Target {
    Target { name, run, seeds, is_packed: true }
}

/// Gives the target of that name an input.
///
/// # Panics
/// When a promise is broken, or there is no such target.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.into_iter().find(|target| target.name == name);
    assert!(target.is_some(), "no target {name}");
    target.into_iter().for_each(|target| (target.run)(bytes));
}

/// Extensions of plain text formats.
const NAMES: [&str; 25] = [
    "rst", "adoc", "org", "tex", "csv", "html", "xml", "ipynb", "md", "json", "yaml", "toml", "txt", "tsv",
    "jsonl", "rs", "py", "js", "ts", "tsx", "go", "java", "c", "cpp", "sh",
];
/// Of these the text is the file, byte for byte.
const KEPT: [&str; 8] = ["md", "json", "yaml", "toml", "txt", "jsonl", "rs", "py"];

const OFFICE: [Format; 5] = [Format::Docx, Format::Odt, Format::Pptx, Format::Odp, Format::Epub];
const SHEETS: [Format; 4] = [Format::Xlsx, Format::Xlsx, Format::Ods, Format::Xls];
const LEGACY: [Format; 3] = [Format::Rtf, Format::Doc, Format::Ppt];
const MAIL: [Format; 3] = [Format::Email, Format::Mbox, Format::Msg];

fn pdf(bytes: &[u8]) {
    check_outcome(&pdf::read(bytes.get(1..).unwrap_or_default().to_vec()));
}

fn office(bytes: &[u8]) {
    with_format(bytes, &OFFICE, |bytes, format| office::read(bytes.to_vec(), format));
}

fn office_parts(bytes: &[u8]) {
    with_format(bytes, &OFFICE, |bytes, format| office::read(packed(bytes), format));
}

fn sheets(bytes: &[u8]) {
    with_format(bytes, &SHEETS, |bytes, format| sheets::read(bytes.to_vec(), format));
}

fn sheets_parts(bytes: &[u8]) {
    with_format(bytes, &SHEETS, |bytes, format| sheets::read(packed(bytes), format));
}

fn legacy(bytes: &[u8]) {
    with_format(bytes, &LEGACY, |bytes, format| legacy::read(bytes.to_vec(), format));
}

fn mail(bytes: &[u8]) {
    with_format(bytes, &MAIL, |bytes, format| {
        let mail = mail::read(bytes.to_vec(), format)?;
        let names = mail.attachments.iter().map(|attachment| attachment.name.as_str());
        let mut names: Vec<&str> = names.collect();
        assert!(names.iter().all(|name| !name.is_empty() && !name.contains('/')), "{names:?}");
        let n = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), n, "two attachments of one name");
        Ok(mail.document)
    });
}

fn with_format(bytes: &[u8], formats: &[Format], read: impl Fn(&[u8], Format) -> Result<Document, Skip>) {
    let mut input = Input::new(bytes);
    if let Some(format) = input.choice(formats) {
        let outcome = read(input.rest(), format);
        check_outcome(&outcome);
        assert!(outcome.map_or(true, |document| document.format == format), "another format");
    }
}

fn package(bytes: &[u8]) {
    const LIMITS: Limits = Limits { entries: 1000, entry_bytes: 8 << 20, total_bytes: 16 << 20, ratio: 300 };
    let bytes = bytes.get(1..).unwrap_or_default();
    let Ok(mut package) = Package::open(bytes, LIMITS) else { return };
    let names: Vec<String> = package.names().map(str::to_owned).collect();
    assert!(names.len() <= LIMITS.entries, "{} entries", names.len());
    let mut total = 0;
    for name in &names {
        assert!(package.contains(name), "{name:?} is listed and not there");
        if let Ok(Some(body)) = package.read(name) {
            assert!(body.len() as u64 <= LIMITS.entry_bytes, "{name:?} is too long");
            total += body.len() as u64;
            let _text = package::decode_xml(body);
        }
    }
    assert!(total <= LIMITS.total_bytes, "{total} bytes in all");
}

fn text(bytes: &[u8]) {
    let (name, body) = named(bytes);
    let outcome = read_text(name, body);
    check_outcome(&outcome);
    if let (Ok(document), Ok(text)) = (&outcome, std::str::from_utf8(body))
        && KEPT.contains(&name)
        && document.encoding == "UTF-8"
    {
        assert_eq!(document.text.trim_start_matches('\u{feff}'), text.trim_start_matches('\u{feff}'));
    }
}

/// A text format, and the rest of the input.
fn named(bytes: &[u8]) -> (&'static str, &[u8]) {
    let mut input = Input::new(bytes);
    (input.choice(&NAMES).unwrap_or("txt"), input.rest())
}

fn read_text(extension: &str, bytes: &[u8]) -> Result<Document, Skip> {
    let path = DocPath::new(&format!("a.{extension}")).map_err(|error| Skip::damaged(error.to_string()))?;
    extract::extract(&path, bytes.to_vec())
}

fn image(bytes: &[u8]) {
    check_outcome(&extract::read_image(bytes.get(1..).unwrap_or_default()));
}

fn archive(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let (format, is_packed) = input
        .choice(&[(Format::Zip, false), (Format::Tar, false), (Format::Tar, false), (Format::Zip, true)])
        .unwrap_or((Format::Zip, false));
    let bytes = if is_packed { packed(input.rest()) } else { input.rest().to_vec() };
    let options = Options { archives: true, ..Options::default() };
    let outcome = parse::parse(Request { format, bytes, options });
    check_parsed(&outcome);
    let sent = fence::wire_bytes(outcome).map(|bytes| fence::outcome_of_wire_bytes(&bytes));
    assert!(matches!(sent, Some(Ok(_))), "the wire refuses it");
}

fn check_parsed(outcome: &Result<Parsed, Skip>) {
    match outcome {
        Ok(parsed) => {
            check_document(&parsed.document);
            parsed.parts.iter().for_each(|part| check_outcome(&part.outcome));
            assert!(parsed.parts.iter().all(|part| DocPath::new(&part.name).is_ok()), "an odd name");
        }
        Err(reason) => check_outcome(&Err(reason.clone())),
    }
}

fn wire(bytes: &[u8]) {
    if let Ok(Ok(parsed)) = fence::outcome_of_wire_bytes(bytes) {
        assert!(parsed.document.text.len() <= bytes.len(), "more text than bytes");
        // What passes is what a parser could have sent, so it can be sent on.
        let again = fence::wire_bytes(Ok(parsed)).map(|bytes| fence::outcome_of_wire_bytes(&bytes));
        assert!(matches!(again, Some(Ok(Ok(_)))), "it passes once and not again");
    }
}

fn chunk(bytes: &[u8]) {
    // The highest bit tells a text that is read from a document that is built.
    if bytes.first().is_some_and(|first| first & 0x80 == 0) {
        let (name, body) = named(bytes);
        if let Ok(document) = read_text(name, body) {
            chunks::check(&document);
        }
    } else if let Ok(document) = chunks::built(Input::new(bytes)) {
        check_document(&document);
        chunks::check(&document);
    }
}

fn detect(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let names =
        ["a", "a.bin", "a.doc", "a.txt", "a.xml", "a.eml", "a.zip", "a.xls", "a.html", ".a", "a.b.gz"];
    let name = input.choice(&names).unwrap_or("a");
    let head = input.rest().get(..HEAD_BYTES).unwrap_or(input.rest());
    if let Ok(path) = DocPath::new(name)
        && let Ok(format) = extract::detect_format(&path, head)
    {
        let parser = extract::parser_of(format);
        assert!(!parser.name.is_empty(), "{format} has no parser");
    }
}

fn language(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes.get(1..).unwrap_or_default()).into_owned();
    let found = extract::detect_language(&Document::plain(text, Format::Text));
    assert!(found.is_none_or(|code| LanguageCode::new(code.as_str()) == Some(code)), "{found:?}");
}
