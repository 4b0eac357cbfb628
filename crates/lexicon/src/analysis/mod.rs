//! Analysis: from text to the terms that are indexed and searched for.
//!
//! Invariant: documents and queries go through the same [`Analyzer`], so what is written one way is found when asked the same way.
//! Not here: which terms a query keeps and what they weigh (see `query`).

mod analyzer;
mod fold;
mod language;
mod scan;
mod stem;
mod stop;

pub(crate) use analyzer::Analyzer;
pub(crate) use language::{Language, TAG, marked, untagged};
pub(crate) use scan::TermKind;
pub use stem::Stemming;
pub(crate) use stop::is_stop_word;
