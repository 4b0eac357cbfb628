//! A file's pages, one after the other.
//!
//! Invariant: a page that cannot be read is an empty page, so that the others keep their numbers.
//! Not here: what makes headings and running lines, see [`crate::compose`].

use corpus::Document;
use extract::{MAX_TEXT_BYTES, Skip};
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};

use crate::budget::{Budget, PAGES};
use crate::compose::{self, About, Sheet};
use crate::content::{self, Fonts};
use crate::outline::Outline;
use crate::tags::Tags;
use crate::{guard, info, layout};

/// Reads a PDF.
///
/// # Errors
/// [`Skip::Encrypted`] without its password, [`Skip::NoText`] for scans, [`Skip::Damaged`] and [`Skip::TooMuch`] for what cannot be read.
pub fn read(bytes: Vec<u8>) -> Result<Document, Skip> {
    guard::check(&bytes)?;
    let pdf = Pdf::new(bytes).map_err(|error| match error {
        LoadPdfError::Decryption(
            DecryptionError::PasswordProtected | DecryptionError::UnsupportedAlgorithm,
        ) => Skip::Encrypted,
        LoadPdfError::Decryption(_) => Skip::damaged("what it says of its encryption makes no sense"),
        LoadPdfError::Invalid => Skip::damaged("it has no page that can be found"),
    })?;
    let pages = pdf.pages();
    if pages.len() > PAGES {
        return Err(Skip::too_much(format!("{} pages, at most {PAGES} are read", pages.len())));
    }
    let (mut fonts, mut tags, mut budget) = (Fonts::default(), Tags::new(&pdf), Budget::new());
    let mut sheets = Vec::with_capacity(pages.len());
    let (mut images, mut letters) = (0, 0);
    for page in pages.iter() {
        let stated = tags.of_page(page, &mut budget);
        let drawing = content::draw(page, &stated, &mut fonts, &mut budget);
        if let Some(skip) = budget.exceeded() {
            return Err(skip);
        }
        images += usize::from(drawing.images > 0);
        letters += drawing.words.iter().map(|word| word.text.len()).sum::<usize>();
        if letters > MAX_TEXT_BYTES {
            return Err(Skip::too_much(format!("more than {} MiB of text", MAX_TEXT_BYTES >> 20)));
        }
        let height = drawing.height;
        sheets.push(Sheet { blocks: layout::arrange(drawing.words), comments: drawing.comments, height });
    }
    if sheets.iter().all(|sheet| sheet.blocks.is_empty() && sheet.comments.is_empty()) {
        return Err(Skip::NoText { why: without_text(sheets.len(), images) });
    }
    let about =
        About { title: info::title(&pdf), metadata: info::metadata(&pdf), outline: Outline::new(&pdf) };
    compose::document(sheets, about)
}

/// What a document without text holds.
fn without_text(pages: usize, images: usize) -> String {
    match (pages, images) {
        (0, _) => "it has no pages".to_owned(),
        (1, 0) => "its page is empty".to_owned(),
        (pages, 0) => format!("its {pages} pages are empty"),
        (1, _) => "its page is an image".to_owned(),
        (pages, images) if images == pages => format!("its {pages} pages are images"),
        (pages, images) => format!("{images} of its {pages} pages are images, the others are empty"),
    }
}
