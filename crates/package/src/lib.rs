//! Zip packages, opened within bounds: what office documents, books and archives are made of.
//!
//! Invariant: however the bytes lie, no more is unfolded than [`Limits`] allow, in time linear in the bytes read and unfolded. Sizes that
//! headers state are never believed, only counted. A package whose directory is lost is read by the headers of its entries.
//! Not here: what the entries mean; passwords; writing.

mod directory;
mod limits;
mod package;
mod text;

pub use limits::Limits;
pub use package::Package;
pub use text::decode_xml;

#[cfg(test)]
mod tests;
