//! Reads documents and prints what was found, or with `--time` how long it took: `cargo run --example read -- FILE...`.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::time::Instant;

use corpus::Format;

fn main() {
    let is_timed = std::env::args().any(|arg| arg == "--time");
    for path in std::env::args().skip(1).filter(|arg| arg != "--time") {
        let Some(format) = path.rsplit('.').next().and_then(format_of) else { continue };
        let bytes = std::fs::read(&path).unwrap_or_default();
        let (size, begin) = (bytes.len(), Instant::now());
        let document = workroom_office::read(bytes, format);
        let ms = begin.elapsed().as_secs_f64() * 1000.0;
        match document {
            Ok(document) if is_timed => println!("{ms:9.2} ms {size:9} -> {:9} {path}", document.text.len()),
            Ok(document) => {
                println!("=== {path}\ntitle: {:?}\nmetadata: {:?}", document.title, document.metadata);
                let level = |at: u32| document.headings.iter().find(|h| h.span.start == at).map(|h| h.level);
                let mut at = 0;
                for line in document.text.split_inclusive('\n') {
                    let mark = level(at).map_or_else(String::new, |level| "#".repeat(level.into()) + " ");
                    print!("{mark}{line}");
                    at += line.len() as u32;
                }
                document
                    .anchors
                    .iter()
                    .for_each(|anchor| println!("@ {:?} {}", anchor.span, anchor.place.label()));
                document.tables.iter().for_each(|table| println!("| {:?} {}", table.span, table.header));
            }
            Err(reason) => println!("=== {path}\n!!! {reason}"),
        }
    }
}

fn format_of(extension: &str) -> Option<Format> {
    match extension {
        "docm" | "dotx" => Some(Format::Docx),
        "pptm" | "ppsx" => Some(Format::Pptx),
        extension => Format::from_name(extension),
    }
}
