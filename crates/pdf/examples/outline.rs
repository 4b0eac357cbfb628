//! Prints what is read of the PDFs named, with its pages, headings and tables marked, and how long each took.
//!
//! `cargo run --release -p workroom-pdf --example outline -- FILE...`

use std::io::{self, Write};
use std::time::Instant;

use corpus::Document;

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path)?;
        let start = Instant::now();
        let read = workroom_pdf::read(bytes);
        let took = start.elapsed();
        writeln!(out, "##### {path} ({:.1} ms)", took.as_secs_f64() * 1000.0)?;
        match read {
            Ok(document) => write_document(&mut out, &document)?,
            Err(reason) => writeln!(out, "{reason}")?,
        }
    }
    Ok(())
}

fn write_document(out: &mut impl Write, document: &Document) -> io::Result<()> {
    writeln!(out, "title: {:?}\n{:?}", document.title, document.metadata)?;
    let mut at = 0;
    for line in document.text.split_inclusive('\n') {
        if let Some(anchor) = document.anchors.iter().find(|anchor| anchor.span.start == at) {
            writeln!(out, "--- {}", anchor.place.label())?;
        }
        if let Some(heading) = document.headings.iter().find(|heading| heading.span.start == at) {
            write!(out, "{} ", "#".repeat(usize::from(heading.level)))?;
        } else if document.tables.iter().any(|table| table.span.contains(at)) {
            write!(out, "| ")?;
        }
        out.write_all(line.as_bytes())?;
        at += line.len() as u32;
    }
    Ok(())
}
