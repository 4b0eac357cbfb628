//! Prints the text of spreadsheets, with the place of each line.
#![allow(clippy::print_stdout, reason = "it is what the example is for")]
use corpus::{Format, Span};

fn main() {
    for path in std::env::args().skip(1) {
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let (size, start) = (bytes.len(), std::time::Instant::now());
        let document = workroom_sheets::read(bytes, Format::Xlsx);
        let took = start.elapsed();
        println!("=== {path} ({size} bytes, {took:?})");
        match document {
            Err(skip) => println!("!!! {skip}"),
            Ok(document) => {
                println!(
                    "title {:?}, {:?}, tables {}",
                    document.title,
                    document.metadata,
                    document.tables.len()
                );
                let mut at = 0;
                for line in document.text.split_inclusive('\n').take(4000) {
                    let place = document.place_of(Span::new(at, at + line.len()));
                    let header = document.header_at(at as u32).map_or(' ', |_| '|');
                    at += line.len();
                    let label = place.map(|place| place.label()).unwrap_or_default();
                    println!("{label:>30} {header} {}", line.trim_end());
                }
            }
        }
    }
}
