//! Zip packages, opened within bounds: what office documents, books and archives are made of.
//!
//! Invariant: however the bytes lie, no more is unfolded than [`Limits`] allow, in time linear in the bytes read and unfolded. Sizes that
//! headers state are never believed, only counted. A package whose directory is lost is read by the headers of its entries.
//! What all documents in packages have is read here too: XML as a stream, references between parts, what the document says of itself.
//! Not here: what the other entries mean; passwords; writing.

mod directory;
mod limits;
mod package;
mod properties;
mod relationships;
mod text;
mod xml;

pub use limits::Limits;
pub use package::Package;
pub use properties::{Properties, optional};
pub use relationships::{Relationship, Relationships, main_part, resolve};
pub use text::decode_xml;
pub use xml::{Node, Tag, Xml};

#[cfg(test)]
mod tests;
