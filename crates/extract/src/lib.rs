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

mod detect;
mod encoding;
mod extract;
mod html;
mod inline;
mod magic;
mod markdown;
mod names;
mod skip;
mod title;

pub use detect::{HEAD_BYTES, detect_format};
pub use extract::extract;
pub use skip::Skip;
