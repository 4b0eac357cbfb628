//! Queries: from what somebody typed to what tantivy is asked.
//!
//! Invariant: every string is a query; none fails, and none costs more than [`MAX_TERMS`] terms and [`MAX_PHRASES`] phrases.
//! Not here: running it (see `collect`), filters.
//!
//! A chunk matches when it holds any of the terms; BM25 adds up what each contributes. There are no operators to trip over: only text
//! in double quotes means something more, a phrase, which lifts the chunks that hold it.

use std::collections::HashSet;

use tantivy::query::{
    Bm25StatisticsProvider, BooleanQuery, BoostQuery, Occur, PhraseQuery, Query, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::tokenizer::{TokenStream, Tokenizer};
use tantivy::{Searcher, TantivyError, Term};

use crate::analysis::{Analyzer, Stemming, TermKind, is_stop_word};

/// The rarest terms are kept: they decide the ranking.
const MAX_TERMS: usize = 64;
/// Terms that are looked up before the rarest are chosen: far more than a question has, few enough to look up in well under a millisecond.
const MAX_CANDIDATES: usize = 256;
const MAX_PHRASES: usize = 8;
const MAX_PHRASE_TERMS: usize = 16;
/// What follows this many bytes is not read.
const MAX_QUERY_BYTES: usize = 8 * 1024;

/// What the parts of a word count when the word as a whole occurs somewhere: as much as that word together when there are two.
const PART_WEIGHT: f32 = 0.5;
/// What a phrase counts on top of its words.
const PHRASE_WEIGHT: f32 = 1.0;
/// The saturation of term frequency in tantivy's BM25, which has no setting for it.
const BM25_K1: f32 = 1.2;

/// A term of a query that occurs in the index.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryTerm {
    /// The term as it is indexed: folded and stemmed.
    pub text: String,
    /// In how many chunks it occurs, those deleted but not yet merged away included.
    pub doc_freq: u64,
    /// The most it can add to a score.
    pub bound: f32,
}

/// A query ready to run.
pub(crate) struct Plan {
    /// A union, so that tantivy can skip what cannot reach the best hits; `None` when nothing can match.
    pub(crate) union: Option<BooleanQuery>,
    /// No chunk scores higher.
    pub(crate) bound: f32,
    /// The terms, rarest first.
    pub(crate) terms: Vec<QueryTerm>,
}

/// A term before it is looked up.
#[derive(Debug, PartialEq)]
struct Candidate {
    text: String,
    kind: TermKind,
    stop: bool,
    position: usize,
}

impl Plan {
    /// Reads `query` against the terms that `searcher` has.
    pub(crate) fn new(
        query: &str,
        stemming: Stemming,
        field: Field,
        searcher: &Searcher,
    ) -> Result<Self, TantivyError> {
        let query = &query[..query.floor_char_boundary(MAX_QUERY_BYTES)];
        let mut analyzer = Analyzer::new(stemming);
        let statistics = Statistics { searcher, n_docs: searcher.total_num_docs()?, field };
        let terms = choose_terms(candidates(query, &mut analyzer), &statistics)?;
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::with_capacity(terms.len());
        let mut bound = 0.0;
        for (term, weight) in &terms {
            let term_query =
                TermQuery::new(Term::from_field_text(field, &term.text), IndexRecordOption::WithFreqs);
            clauses.push((Occur::Should, boosted(term_query, *weight)));
            bound += term.bound;
        }
        for phrase in phrases(query).take(MAX_PHRASES) {
            if let Some((phrase_query, phrase_bound)) = phrase_clause(phrase, &mut analyzer, &statistics)? {
                clauses.push((Occur::Should, boosted(phrase_query, PHRASE_WEIGHT)));
                bound += phrase_bound;
            }
        }
        let terms = terms.into_iter().map(|(term, _)| term).collect();
        Ok(Self { union: (!clauses.is_empty()).then(|| BooleanQuery::new(clauses)), bound, terms })
    }
}

/// What BM25 needs to know of the whole index.
struct Statistics<'a> {
    searcher: &'a Searcher,
    n_docs: u64,
    field: Field,
}

impl Statistics<'_> {
    fn doc_freq(&self, text: &str) -> Result<u64, TantivyError> {
        self.searcher.doc_freq(&Term::from_field_text(self.field, text))
    }

    /// The limit of a term's BM25 contribution as its frequency grows: idf * (k1 + 1).
    fn bound(&self, doc_freq: u64) -> f32 {
        let without = self.n_docs.saturating_sub(doc_freq) as f32;
        (1.0 + (without + 0.5) / (doc_freq as f32 + 0.5)).ln() * (BM25_K1 + 1.0)
    }
}

fn boosted(query: impl Query, weight: f32) -> Box<dyn Query> {
    if weight == 1.0 { Box::new(query) } else { Box::new(BoostQuery::new(Box::new(query), weight)) }
}

/// The terms of a query in their order, each once, without stop words unless there is nothing else.
fn candidates(query: &str, analyzer: &mut Analyzer) -> Vec<Candidate> {
    let mut terms = read_terms(query, analyzer);
    if terms.iter().any(|term| !term.stop) {
        terms.retain(|term| !term.stop);
    }
    let mut seen = HashSet::new();
    // A whole that came before as a plain word still says what its parts weigh.
    terms.retain(|term| seen.insert(term.text.clone()) || term.kind == TermKind::Whole);
    terms.truncate(MAX_CANDIDATES);
    terms
}

fn read_terms(text: &str, analyzer: &mut Analyzer) -> Vec<Candidate> {
    let mut stream = analyzer.token_stream(text);
    let mut terms = Vec::new();
    while stream.advance() {
        let kind = stream.kind();
        // A single character is asked for only when it stands alone: its pairs say more.
        if kind != TermKind::Single {
            let stop = matches!(kind, TermKind::Word | TermKind::Part) && is_stop_word(stream.raw());
            let token = stream.token();
            terms.push(Candidate { text: token.text.clone(), kind, stop, position: token.position });
        }
    }
    terms
}

/// The terms that occur, with their weight, rarest first and cut to [`MAX_TERMS`].
fn choose_terms(
    candidates: Vec<Candidate>,
    statistics: &Statistics<'_>,
) -> Result<Vec<(QueryTerm, f32)>, TantivyError> {
    let mut chosen = Vec::with_capacity(candidates.len());
    let mut part_weight = 1.0;
    for Candidate { text, kind, .. } in candidates {
        let doc_freq = statistics.doc_freq(&text)?;
        let weight = match kind {
            TermKind::Part => part_weight,
            TermKind::Whole => {
                // When nobody writes the word that way, its parts are all there is.
                part_weight = if doc_freq > 0 { PART_WEIGHT } else { 1.0 };
                1.0
            }
            TermKind::Word | TermKind::Pair | TermKind::Single | TermKind::Lone => 1.0,
        };
        if doc_freq > 0 && chosen.iter().all(|(known, _): &(QueryTerm, f32)| known.text != text) {
            let bound = weight * statistics.bound(doc_freq);
            chosen.push((QueryTerm { text, doc_freq, bound }, weight));
        }
    }
    chosen.sort_by_key(|(term, _)| term.doc_freq);
    chosen.truncate(MAX_TERMS);
    Ok(chosen)
}

/// The texts between pairs of double quotes, straight or curly. A quote without partner means nothing.
fn phrases(query: &str) -> impl Iterator<Item = &str> {
    let mut parts = query.split(['"', '“', '”', '„']);
    parts.next();
    std::iter::from_fn(move || {
        let (phrase, _after) = (parts.next()?, parts.next()?);
        Some(phrase)
    })
}

/// The query for a phrase of several terms that all occur, and its bound.
fn phrase_clause(
    phrase: &str,
    analyzer: &mut Analyzer,
    statistics: &Statistics<'_>,
) -> Result<Option<(PhraseQuery, f32)>, TantivyError> {
    let mut terms = read_terms(phrase, analyzer);
    // A whole stands beside its parts, which have the positions.
    terms.retain(|term| term.kind != TermKind::Whole);
    terms.truncate(MAX_PHRASE_TERMS);
    if terms.len() < 2 {
        return Ok(None);
    }
    let mut bound = 0.0;
    for term in &terms {
        let doc_freq = statistics.doc_freq(&term.text)?;
        if doc_freq == 0 {
            return Ok(None);
        }
        bound += PHRASE_WEIGHT * statistics.bound(doc_freq);
    }
    let terms =
        terms.into_iter().map(|term| (term.position, Term::from_field_text(statistics.field, &term.text)));
    Ok(Some((PhraseQuery::new_with_offset(terms.collect()), bound)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, expected: &[&str]) {
        let terms = candidates(query, &mut Analyzer::new(Stemming::English));
        assert_eq!(terms.iter().map(|term| term.text.as_str()).collect::<Vec<_>>(), expected, "{query}");
    }

    #[test]
    fn terms_of_a_query() {
        check("What is the refund policy for invoices?", &["refund", "polici", "invoic"]);
        check("what is it", &["what", "is", "it"]);
        check("run running runs", &["run"]);
        check("email e-mail", &["email", "email", "e", "mail"]);
        check("state-of-the-art", &["stateoftheart", "state", "art"]);
        check("水", &["水"]);
        check("東京都", &["東京", "京都"]);
        check("\u{0}\u{7}\t -- \" ( ] ^~:", &[]);
        check("", &[]);
    }

    #[test]
    fn quotes_make_phrases_in_pairs() {
        for (query, expected) in [
            ("", vec![]),
            ("\"a b\"", vec!["a b"]),
            ("x \"a b\" y \"c\" z \"d", vec!["a b", "c"]),
            ("“a b” \"", vec!["a b"]),
            ("\"\"\"", vec![""]),
        ] {
            assert_eq!(phrases(query).collect::<Vec<_>>(), expected, "{query}");
        }
    }
}
