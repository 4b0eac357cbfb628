//! The languages of an index, read off its list of terms.
//!
//! Invariant: every language that a chunk was indexed in is named, for as long as one of its terms is there; English never is.
//! Not here: what a language's terms look like (see `analysis::language`).

use std::collections::BTreeMap;
use std::sync::Arc;

use tantivy::schema::Field;
use tantivy::{Searcher, TantivyError};

use crate::analysis::{Language, TAG};

/// The languages other than English that terms of `field` belong to, in order of their codes. A few look-ups for each segment.
pub(crate) fn languages_of(
    searcher: &Searcher,
    field: Field,
) -> Result<Arc<[&'static Language]>, TantivyError> {
    let mut found = BTreeMap::new();
    for segment in searcher.segment_readers() {
        let index = segment.inverted_index(field)?;
        let mut from = vec![TAG];
        loop {
            let mut terms = index.terms().range().ge(&from).lt([TAG + 1]).into_stream()?;
            if !terms.advance() {
                break;
            }
            if let Some(language) = Language::of_term(terms.key()) {
                found.insert(language.code(), language);
            }
            // On to the next tag: no byte of a term is so high.
            from.clear();
            from.extend(terms.key().iter().take(3));
            from.push(u8::MAX);
        }
    }
    Ok(found.into_values().collect())
}
