//! Mail: messages (RFC 5322 and MIME), mailboxes of them, and messages that Outlook saved, to text and attachments.
//!
//! Invariant: any bytes give a [`Mail`] or one recorded reason, never a panic, in time linear in the input; nothing is followed deeper than
//! a fixed number of levels, and what is kept is bounded in number and bytes.
//! Not here: what is inside the attachments; whoever calls decides whether they are read, by which parser.
//!
//! ```
//! use corpus::Format;
//! let bytes = b"From: Ada <ada@mill.example>\nSubject: Spring tide\n\nWe open at noon.\n".to_vec();
//! let mail = workroom_mail::read(bytes, Format::Email)?;
//! assert_eq!(mail.document.title.as_deref(), Some("Spring tide"));
//! assert!(mail.document.text.ends_with("We open at noon.\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod address;
mod attachments;
mod body;
mod date;
mod draft;
mod entity;
mod mailbox;
mod message;
mod outlook;
mod read;
mod transfer;

pub use attachments::Attachment;
pub use read::{Mail, read};
