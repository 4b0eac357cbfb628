//! PDF to text with pages and headings, after ISO 32000-1.
//!
//! Objects, cross references (broken ones too) and encryption are read by `hayro-syntax`; what the codes of fonts mean, what operators
//! write where, and the order in which a reader takes it in are this crate's.
//!
//! Invariant: any bytes give a document or one recorded reason, never a panic; what comes out of streams, forms and operators is paid for
//! from one budget.
//! Not here: pictures. A page that is a scan has no text.

mod annotations;
mod budget;
mod compose;
mod content;
mod font;
mod guard;
mod info;
mod layout;
mod matrix;
mod outline;
mod read;
mod stream;
mod strings;
mod tags;
mod word;

pub use read::read;
