//! Which parser reads which format, and what becomes of one that panics.

use crate::archive;
use corpus::{Document, Format};
use extract::{Skip, parser_of};
use mail::Attachment;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A file as its parser read it: what it holds is still in bytes.
pub(crate) struct Whole {
    pub(crate) document: Document,
    pub(crate) attachments: Vec<Attachment>,
}

/// Reads a file that is no archive to be opened. An archive's text is the names of its members.
pub(crate) fn read(format: Format, bytes: Vec<u8>) -> Result<Whole, Skip> {
    guarded(format, || {
        let mut attachments = Vec::new();
        let document = match format {
            Format::Pdf => pdf::read(bytes),
            Format::Docx | Format::Odt | Format::Pptx | Format::Odp | Format::Epub => {
                office::read(bytes, format)
            }
            Format::Xlsx | Format::Xls | Format::Ods => sheets::read(bytes, format),
            Format::Doc | Format::Ppt | Format::Rtf => legacy::read(bytes, format),
            Format::Email | Format::Mbox | Format::Msg => mail::read(bytes, format).map(|mail| {
                attachments = mail.attachments;
                mail.document
            }),
            Format::Zip => archive::zip_names(&bytes),
            Format::Tar => archive::tar_names(&bytes),
            Format::Image => extract::read_image(&bytes),
            _ => extract::read(format, bytes),
        };
        document.map(|document| Whole { document, attachments })
    })
}

/// What a parser says, or that it panicked.
pub(crate) fn guarded<T>(format: Format, parser: impl FnOnce() -> Result<T, Skip>) -> Result<T, Skip> {
    // Nothing that a parser leaves half done outlives it: it owns all it works on.
    catch_unwind(AssertUnwindSafe(parser)).unwrap_or_else(|panic| {
        let (name, what) = (parser_of(format).name, said(&*panic));
        Err(Skip::Failed { why: format!("the {name} parser panicked: {what}") })
    })
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a word")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_reason() {
        let check = |parser: fn() -> Result<(), Skip>, expected: Result<(), &str>| {
            let found = guarded(Format::Pdf, parser).map_err(|reason| reason.to_string());
            assert_eq!(found, expected.map_err(str::to_owned));
        };
        check(|| Ok(()), Ok(()));
        check(|| Err(Skip::Binary), Err("binary data"));
        check(|| panic!("page {}", 3), Err("the pdf parser panicked: page 3"));
        check(|| std::panic::panic_any(3), Err("the pdf parser panicked: without a word"));
    }
}
