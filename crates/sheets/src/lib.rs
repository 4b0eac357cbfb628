//! Spreadsheets to text with rows and cell ranges.
//!
//! Each sheet is a heading and, for each row that holds something, a line of its cells as a reader sees them; see `layout`.
//! All readers are our own: what they hold is the cells that hold something, and numbers go through their formats.
//!
//! Invariant: any bytes give a [`Document`] or one recorded reason ([`Skip`]), never a panic, in time linear in what the bytes unfold to.
//! Not here: delimited text (crate `extract`), charts but for their titles, pictures, formulas (their last results are in the file).

mod header;
mod layout;
mod number;
mod ods;
mod sheet;
mod strings;
mod styles;
mod workbook;
mod xls;
mod xlsb;
mod xlsx;

use corpus::{Document, Format};
use extract::Skip;
use legacy::Compound;
use package::{Limits, Package};

/// Sheets are the biggest XML that there is: a million rows take some hundred MiB of it.
const LIMITS: Limits = Limits { entries: 20_000, entry_bytes: 256 << 20, total_bytes: 512 << 20, ratio: 300 };

/// Reads a workbook. Which of the formats it is in shows in its bytes; `format` only says what it was taken for.
///
/// # Errors
/// [`Skip`] with the reason that it has no text: a password, damage, nothing but empty sheets, too much inside.
pub fn read(bytes: Vec<u8>, format: Format) -> Result<Document, Skip> {
    let document = if Compound::is_compound(&bytes) { compound(&bytes) } else { packed(&bytes) }?;
    Ok(Document { format, ..document })
}

fn compound(bytes: &[u8]) -> Result<Document, Skip> {
    let file = Compound::open(bytes)?;
    if file.contains("EncryptedPackage") {
        return Err(Skip::Encrypted);
    }
    xls::read(&file)
}

fn packed(bytes: &[u8]) -> Result<Document, Skip> {
    let package = Package::open(bytes, LIMITS)?;
    if package.contains("content.xml") {
        ods::read(package)
    } else if package.contains("xl/workbook.bin") {
        xlsb::read(package)
    } else {
        xlsx::read(package)
    }
}
