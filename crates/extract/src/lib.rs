//! Bytes to text with structure: what kind of file it is, which encoding it is in, which words are headings.
//!
//! Invariant: any bytes under any name give a [`Document`] or one recorded reason ([`Skip`]), never a panic, in time linear in the input.
//! A plain format in UTF-8 comes back byte for byte, so that places in the text are places in the file.
//! Not here: reading files, limits on their size, cutting the text into chunks.
//!
//! A new format is a row in the tables of `names` and `magic` and an arm in `extract::reader`; no caller changes.
//!
//! ```
//! use corpus::{DocPath, Format};
//! let path = DocPath::new("notes/plan.md")?;
//! let document = workroom_extract::extract(&path, b"# Plan\n\nShip it.\n".to_vec())?;
//! assert_eq!((document.format, document.title.as_deref()), (Format::Markdown, Some("Plan")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod build;
mod container;
mod date;
mod delimited;
mod detect;
mod encoding;
mod extract;
mod html;
mod image;
mod inline;
mod language;
mod magic;
mod markdown;
mod markup;
mod metadata;
mod names;
mod notebook;
mod numeral;
mod parsers;
mod skip;
mod title;
mod vocabulary;
mod xml;

pub use build::{Builder, MAX_TEXT_BYTES};
pub use date::of_text as milliseconds;
pub use detect::{HEAD_BYTES, detect_format};
pub use encoding::decode;
pub use extract::{extract, read};
pub use html::read_html;
pub use image::read_image;
pub use language::detect_language;
pub use metadata::{add_authors, add_keywords, add_subject};
pub use numeral::{letters, roman};
pub use parsers::{DETECTION, Parser, is_current_parser, parser_of};
pub use skip::Skip;
pub use title::tidy;
