//! Books (`.epub`), by EPUB 3.3 and the older Open Publication Structure 2.0.
//!
//! Places: chapters, named as the table of contents names them, with the number in that name, or else that of the file in reading order.
//! Not here: books under copy protection; the table of contents itself; pictures.

mod chapter;
mod contents;
mod opf;

use corpus::{Document, Format, Place, Unit};
use extract::{Builder, Skip, read_html};
use package::{Node, Package, Xml, optional};

use chapter::{File, stretches};
use contents::Contents;
use opf::Opf;

/// How fonts are made unusable outside the book, which is no encryption of its text.
const FONT_OBFUSCATION: [&str; 2] = ["http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"];

pub(crate) fn read(package: &mut Package) -> Result<Document, Skip> {
    if is_protected(package)? {
        return Err(Skip::Encrypted);
    }
    let part = root_part(package)?;
    let source = package.read_text(&part)?.ok_or_else(|| Skip::damaged(format!("{part} is missing")))?;
    let opf = Opf::read(&source, &part);
    let contents = Contents::read(package, &opf)?;
    let mut files = Vec::new();
    let mut problem = None;
    for (part, number) in opf.spine.iter().zip(1..) {
        if contents.is_contents(part) {
            continue;
        }
        match read_file(package, part) {
            Ok(Some(document)) => files.push(File::new(number, document, contents.of(part))),
            Ok(None) => {}
            Err(reason @ Skip::TooMuch { .. }) => return Err(reason),
            Err(reason) => problem = Some(reason),
        }
    }
    if let (true, Some(reason)) = (files.is_empty(), problem) {
        return Err(reason);
    }
    let mut build = Builder::new();
    for stretch in stretches(files) {
        build.place(Place::one(Unit::Chapter, stretch.number, stretch.name));
        build.append(&stretch.document, 0);
        build.end_place();
    }
    build.finish(Format::Epub, opf.properties.title, opf.properties.metadata)
}

/// A file of the book; `None` if it is missing, or has no words.
fn read_file(package: &mut Package, part: &str) -> Result<Option<Document>, Skip> {
    let Some(bytes) = package.read(part)? else { return Ok(None) };
    let file = read_html(bytes)?;
    Ok(Some(file).filter(|file| !file.text.trim().is_empty()))
}

/// Whether more than fonts is encrypted.
fn is_protected(package: &mut Package) -> Result<bool, Skip> {
    let Some(source) = optional(package.read_text("META-INF/encryption.xml"))? else { return Ok(false) };
    let mut xml = Xml::new(&source);
    while let Some(node) = xml.next() {
        if let Node::Open(tag) = node
            && tag.name() == "EncryptionMethod"
            && let Some(method) = tag.attr("Algorithm")
            && !FONT_OBFUSCATION.contains(&method.as_str())
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The part that describes the book: the one the container names, or else the first that could be it.
fn root_part(package: &mut Package) -> Result<String, Skip> {
    let container = optional(package.read_text("META-INF/container.xml"))?.unwrap_or_default();
    let mut xml = Xml::new(&container);
    while let Some(node) = xml.next() {
        if let Node::Open(tag) = node
            && tag.name() == "rootfile"
            && let Some(part) = tag.attr("full-path").filter(|part| package.contains(part))
        {
            return Ok(part);
        }
    }
    let found = package.names().find(|name| name.ends_with(".opf")).map(str::to_owned);
    found.ok_or_else(|| {
        Skip::damaged("nothing in it says that it is a book: it has no package document (.opf)")
    })
}
