//! One entry to all parsers of files that are not plain text, and to the documents that such files hold.
//!
//! A mail has attachments, an archive has members: each becomes a document of its own, one level deep. What is inside those is not followed.
//!
//! Invariant: any bytes give a [`Parsed`] or one reason ([`Skip`](extract::Skip)). What is wrong with a part is that part's reason and costs the
//! others nothing; a panic is a reason like any other. The text of all parts together, their number and the bytes they unfold to are bounded.
//! Not here: time and memory limits, which the process that this runs in keeps (`fence`); the settings.
//!
//! ```
//! use corpus::Format;
//! use fence::{Options, Request};
//! let bytes = b"From: Ada <ada@mill.example>\nSubject: Spring tide\n\nWe open at noon.\n".to_vec();
//! let request = Request { format: Format::Email, bytes, options: Options::default() };
//! let parsed = workroom_parse::parse(request)?;
//! assert_eq!(parsed.document.title.as_deref(), Some("Spring tide"));
//! # Ok::<(), extract::Skip>(())
//! ```

mod archive;
mod member;
mod parse;
mod parser;
mod parts;

pub use parse::parse;
