//! Prints what is read from the files that are named, for comparing it with the originals: `cargo run -p workroom-extract --example show_text -- FILE...`

use corpus::{DocPath, Format};

fn main() {
    for name in std::env::args().skip(1) {
        let bytes = std::fs::read(&name).unwrap_or_default();
        let file = std::path::Path::new(&name).file_name().and_then(|name| name.to_str()).unwrap_or("a.txt");
        let Ok(path) = DocPath::new(file) else { continue };
        let format = workroom_extract::detect_format(&path, &bytes);
        show(&format!("######## {name}: {format:?}"));
        let document = match format {
            Ok(Format::Image) => workroom_extract::read_image(&bytes),
            _ => workroom_extract::extract(&path, bytes),
        };
        match document {
            Ok(document) => {
                show(&format!("# {:?} {:?} {}", document.title, document.metadata, document.encoding));
                for heading in &document.headings {
                    show(&format!("# {} {}", heading.level, heading.text));
                }
                for table in &document.tables {
                    show(&format!("# table {} {:?}", table.header, table.span));
                }
                for anchor in document.anchors.iter().take(5) {
                    show(&format!("# at {} {:?}", anchor.place.label(), anchor.span));
                }
                show(&document.text);
            }
            Err(skip) => show(&format!("! {} {skip}", skip.code())),
        }
    }
}

#[expect(clippy::print_stdout, reason = "printing is what it is for")]
fn show(line: &str) {
    println!("{line}");
}
