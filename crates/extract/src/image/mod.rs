//! Images: what they say about themselves. Size, title, description, keywords, camera and date, in as many words.
//!
//! Invariant: looks at headers and metadata only; no pixel is decoded. Bounded by the number of entries and bytes that are read of each.
//! Not here: the words that can be seen in the picture. A recogniser of characters would join in [`read_image`], between the line of
//! the size and those of the metadata: its lines become paragraphs, and the document's only place is page 1.

mod chunks;
mod exif;
mod size;
mod xmp;

use corpus::{Document, Format, Metadata};

use crate::encoding::decode;
use crate::{Builder, Skip, title, xml};

/// The longest fact that is kept, in bytes; what is longer is no fact but a file of its own.
const MAX_FACT_BYTES: usize = 16 << 10;
/// A description may be in many languages, not in more.
const MAX_DESCRIPTIONS: usize = 256;

/// What an image says about itself.
#[derive(Debug, Default, PartialEq, Eq)]
struct Facts {
    title: Option<String>,
    descriptions: Vec<String>,
    camera: Vec<String>,
    metadata: Metadata,
}

impl Facts {
    fn set_title(&mut self, words: &str) {
        if self.title.is_none() {
            self.title = title::tidy(fact(words));
        }
    }

    fn describe(&mut self, words: &str) {
        // Cameras fill what nobody wrote.
        const EMPTY: [&str; 6] = [
            "default",
            "olympus digital camera",
            "sony dsc",
            "digital camera",
            "untitled",
            "created with gimp",
        ];
        let words = fact(words).split_whitespace().collect::<Vec<_>>().join(" ");
        let says_something = !words.is_empty() && !EMPTY.contains(&words.to_lowercase().as_str());
        let has_room = self.descriptions.len() < MAX_DESCRIPTIONS;
        if says_something && has_room && !self.descriptions.contains(&words) {
            self.descriptions.push(words);
        }
    }
}

fn fact(words: &str) -> &str {
    let words = words.trim_matches(|c: char| c == '\0' || c.is_whitespace());
    &words[..words.floor_char_boundary(MAX_FACT_BYTES)]
}

/// Reads the metadata of an image: PNG, JPEG, GIF, WebP, BMP, TIFF, HEIF and AVIF; of a drawing in SVG, the words.
///
/// # Errors
/// [`Skip::Damaged`] for what begins like none of these.
pub fn read_image(bytes: &[u8]) -> Result<Document, Skip> {
    let Some((kind, size)) = size::of(bytes) else {
        return drawing(bytes);
    };
    let mut facts = Facts::default();
    chunks::read(bytes, kind, &mut facts);
    let mut build = Builder::new();
    build.paragraph(&match size {
        Some((width, height)) => format!("{} image, {width} × {height} pixels", kind.name()),
        None => format!("{} image", kind.name()),
    });
    for words in facts.title.iter().chain(&facts.descriptions) {
        build.line(words);
    }
    build.line(&facts.metadata.keywords.join(", "));
    build.line(&facts.camera.join(" "));
    build.finish(Format::Image, facts.title, facts.metadata)
}

/// The words of a drawing: its title, its description and its texts.
fn drawing(bytes: &[u8]) -> Result<Document, Skip> {
    let unknown = || Skip::damaged("it begins like no kind of image that is read");
    let (source, encoding) = decode(bytes.to_vec(), None).map_err(|_| unknown())?;
    if !source.contains("<svg") {
        return Err(unknown());
    }
    let mut build = Builder::new();
    build.paragraph("SVG image");
    let title = xml::render_into(&source, &mut build);
    let document = build.finish(Format::Image, title, Metadata::default())?;
    Ok(Document { encoding, ..document })
}

#[cfg(test)]
mod tests;
