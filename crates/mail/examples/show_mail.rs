//! Prints what is read from the mail files that are named, for comparing it with the originals.

use corpus::DocPath;

fn main() {
    for name in std::env::args().skip(1) {
        let bytes = std::fs::read(&name).unwrap_or_default();
        let file = std::path::Path::new(&name).file_name().and_then(|name| name.to_str()).unwrap_or("a.eml");
        let format = DocPath::new(file).map(|path| extract::detect_format(&path, &bytes));
        show(&format!("######## {name}: {format:?}"));
        let Ok(Ok(format)) = format else { continue };
        match workroom_mail::read(bytes, format) {
            Ok(mail) => {
                let document = mail.document;
                show(&format!("# {:?} {:?}", document.title, document.metadata));
                for heading in &document.headings {
                    show(&format!("# {} {}", heading.level, heading.text));
                }
                show(&document.text);
                for attachment in &mail.attachments {
                    show(&format!("@ {} ({} bytes)", attachment.name, attachment.bytes.len()));
                }
            }
            Err(skip) => show(&format!("! {} {skip}", skip.code())),
        }
    }
}

#[expect(clippy::print_stdout, reason = "printing is what it is for")]
fn show(line: &str) {
    println!("{line}");
}
