//! Queries: from what somebody typed to what tantivy is asked.
//!
//! Invariant: every string is a query; none fails, and none costs more than [`MAX_TERMS`] terms and [`MAX_PHRASES`] phrases.
//! Not here: running it (see `collect`), filters.
//!
//! A chunk matches when it holds any of the terms; BM25 adds up what each contributes. There are no operators to trip over: only text
//! in double quotes means something more, a phrase, which lifts the chunks that hold it.
//!
//! A word is asked for in its form in every language that is searched. A chunk has one language, so the forms are alternatives, and they
//! weigh as one term that occurs wherever one of them does: which language a chunk is in does not make its words rarer.

use std::collections::HashSet;
use std::iter;

use tantivy::query::{Bm25StatisticsProvider, BoostQuery, PhraseQuery, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::tokenizer::{TokenStream, Tokenizer};
use tantivy::{TantivyError, Term};

use crate::analysis::{Analyzer, Language, Stemming, TermKind, is_stop_word, untagged};

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

/// A word of a query that occurs in what is searched.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryTerm {
    /// The word as it is indexed, folded and stemmed, in the language in which most chunks have it.
    pub text: String,
    /// In how many chunks it occurs in any language: of all, those deleted but not yet merged away included; or of those searched within.
    pub doc_freq: u64,
    /// The most it can add to a score.
    pub bound: f32,
}

/// A query ready to run.
pub(crate) struct Plan {
    /// What a chunk may match. Its score is the sum over those that it does.
    pub(crate) clauses: Vec<Clause>,
    /// No chunk scores higher.
    pub(crate) bound: f32,
    /// The terms, rarest first.
    pub(crate) terms: Vec<QueryTerm>,
}

/// Something that a chunk may match.
pub(crate) enum Clause {
    /// What holds the term; its BM25 counts so many times.
    Term {
        term: Term,
        weight: f32,
    },
    Phrase(Box<dyn Query>),
}

impl Clause {
    /// As tantivy runs it.
    pub(crate) fn into_query(self) -> Box<dyn Query> {
        match self {
            Self::Term { term, weight } => {
                boosted(TermQuery::new(term, IndexRecordOption::WithFreqs), weight)
            }
            Self::Phrase(phrase) => phrase,
        }
    }
}

/// A word before it is looked up.
#[derive(Debug)]
struct Candidate {
    /// What it is in the languages of the index, each form once, English first.
    forms: Vec<Form>,
    /// The languages in which it says nothing about the subject.
    stops: Languages,
    kind: TermKind,
    position: usize,
}

#[derive(Debug)]
struct Form {
    text: String,
    languages: Languages,
}

/// A set of a reader's languages: bit n is the n-th, and English the first.
type Languages = u64;
const ENGLISH: usize = 0;
/// A query is in another language than English when it has this many more of that language's stop words: a single one can be a
/// coincidence ("die", "man").
const STOP_WORD_LEAD: usize = 2;

/// A word that occurs, with the terms it is searched by.
struct Word {
    term: QueryTerm,
    weight: f32,
    /// Each with its own number of chunks.
    forms: Vec<(String, u64)>,
}

impl Plan {
    /// Reads `query` against the terms that `searched` has.
    pub(crate) fn new(query: &str, searched: &Searched<'_>) -> Result<Self, TantivyError> {
        let query = &query[..query.floor_char_boundary(MAX_QUERY_BYTES)];
        let mut reader = Reader::new(searched);
        let statistics = Statistics::new(searched)?;
        let words = choose_words(candidates(query, &mut reader), &statistics)?;
        let mut clauses = Vec::with_capacity(words.len());
        let mut bound = 0.0;
        for word in &words {
            for (text, doc_freq) in &word.forms {
                let as_one = statistics.rarity(word.term.doc_freq) / statistics.rarity(*doc_freq);
                clauses.push(Clause::Term { term: statistics.term(text), weight: word.weight * as_one });
            }
            bound += word.term.bound;
        }
        for phrase in phrases(query).take(MAX_PHRASES) {
            let (queries, phrase_bound) = phrase_clauses(phrase, &mut reader, &statistics)?;
            clauses.extend(queries.into_iter().map(|query| Clause::Phrase(boosted(query, PHRASE_WEIGHT))));
            bound += phrase_bound;
        }
        let terms = words.into_iter().map(|word| word.term).collect();
        Ok(Self { clauses, bound, terms })
    }
}

/// What a query is asked of: an index, or a part of it.
pub(crate) struct Searched<'a> {
    pub(crate) stemming: Stemming,
    /// Those that its terms belong to, besides English.
    pub(crate) languages: &'a [&'static Language],
    /// The field of the terms.
    pub(crate) text: Field,
    pub(crate) statistics: &'a dyn Bm25StatisticsProvider,
}

/// What BM25 needs to know of all that is searched.
struct Statistics<'a> {
    searched: &'a Searched<'a>,
    n_docs: u64,
}

impl<'a> Statistics<'a> {
    fn new(searched: &'a Searched<'a>) -> Result<Self, TantivyError> {
        Ok(Self { searched, n_docs: searched.statistics.total_num_docs()? })
    }

    fn term(&self, text: &str) -> Term {
        Term::from_field_text(self.searched.text, text)
    }

    fn doc_freq(&self, text: &str) -> Result<u64, TantivyError> {
        self.searched.statistics.doc_freq(&self.term(text))
    }

    /// BM25's inverse document frequency.
    fn rarity(&self, doc_freq: u64) -> f32 {
        let without = self.n_docs.saturating_sub(doc_freq) as f32;
        (1.0 + (without + 0.5) / (doc_freq as f32 + 0.5)).ln()
    }

    /// The limit of a term's BM25 contribution as its frequency grows.
    fn bound(&self, doc_freq: u64) -> f32 {
        self.rarity(doc_freq) * (BM25_K1 + 1.0)
    }
}

fn boosted(query: impl Query, weight: f32) -> Box<dyn Query> {
    if weight == 1.0 { Box::new(query) } else { Box::new(BoostQuery::new(Box::new(query), weight)) }
}

/// Reads text as documents are read, in every language of what is searched.
struct Reader {
    analyzer: Analyzer,
    /// English is `None`, and first.
    languages: Vec<Option<&'static Language>>,
}

impl Reader {
    fn new(searched: &Searched<'_>) -> Self {
        let others = searched.languages.iter().copied().map(Some);
        Self {
            analyzer: Analyzer::new(searched.stemming),
            languages: iter::once(None).chain(others).collect(),
        }
    }

    fn read(&mut self, text: &str) -> Vec<Candidate> {
        let mut stream = self.analyzer.token_stream(text);
        let mut candidates = Vec::new();
        while stream.advance() {
            let (kind, position) = (stream.kind(), stream.token().position);
            // A single character is asked for only when it stands alone: its pairs say more.
            if kind == TermKind::Single {
                continue;
            }
            let (mut forms, mut stops): (Vec<Form>, Languages) = (Vec::new(), 0);
            for (at, &language) in self.languages.iter().enumerate() {
                let can_stop = matches!(kind, TermKind::Word | TermKind::Part);
                stops |= Languages::from(can_stop && is_stop_word(stream.raw(), language)) << at;
                let text = stream.rewrite_in(language);
                match forms.iter_mut().find(|form| form.text == text) {
                    Some(form) => form.languages |= 1 << at,
                    None => forms.push(Form { text: text.to_owned(), languages: 1 << at }),
                }
            }
            candidates.push(Candidate { forms, stops, kind, position });
        }
        candidates
    }
}

/// The words of a query in their order, each term once, without stop words unless there is nothing else.
fn candidates(query: &str, reader: &mut Reader) -> Vec<Candidate> {
    let mut words = reader.read(query);
    drop_stop_words(&mut words, reader.languages.len());
    let mut seen = HashSet::new();
    let mut n_forms = 0;
    words.retain_mut(|word| {
        // A whole that came before as a plain word still says what its parts weigh.
        word.forms.retain(|form| seen.insert(form.text.clone()) || word.kind == TermKind::Whole);
        n_forms += word.forms.len();
        !word.forms.is_empty() && n_forms <= MAX_CANDIDATES
    });
    words
}

/// Drops a word that says nothing in the language of the query, and of any other the forms that say nothing in theirs: German "die" goes, and
/// what English dice do stays.
fn drop_stop_words(words: &mut Vec<Candidate>, n_languages: usize) {
    // In a language that has nothing but stop words for it, the query is about them.
    if words.iter().fold(Languages::MAX, |all, word| all & word.stops) != 0 {
        return;
    }
    let n_stops = |at: usize| words.iter().filter(|word| word.stops >> at & 1 == 1).count();
    let asked_in = (ENGLISH + 1..n_languages)
        .max_by_key(|&at| n_stops(at))
        .filter(|&at| n_stops(at) >= n_stops(ENGLISH) + STOP_WORD_LEAD)
        .unwrap_or(ENGLISH);
    let tells =
        |word: &Candidate, form: &Form| word.stops >> asked_in & 1 == 0 && form.languages & word.stops == 0;
    if words.iter().any(|word| word.forms.iter().any(|form| tells(word, form))) {
        words.retain_mut(|word| {
            let forms = std::mem::take(&mut word.forms);
            word.forms = forms.into_iter().filter(|form| tells(word, form)).collect();
            !word.forms.is_empty()
        });
    }
}

/// The words that occur, with their weight, rarest first and cut to [`MAX_TERMS`].
fn choose_words(candidates: Vec<Candidate>, statistics: &Statistics<'_>) -> Result<Vec<Word>, TantivyError> {
    let (mut chosen, mut known) = (Vec::with_capacity(candidates.len()), HashSet::new());
    let mut part_weight = 1.0;
    for Candidate { forms, kind, .. } in candidates {
        let mut found = Vec::with_capacity(forms.len());
        for Form { text, .. } in forms {
            let doc_freq = statistics.doc_freq(&text)?;
            if doc_freq > 0 {
                found.push((text, doc_freq));
            }
        }
        let weight = match kind {
            TermKind::Part => part_weight,
            TermKind::Whole => {
                // When nobody writes the word that way, its parts are all there is.
                part_weight = if found.is_empty() { 1.0 } else { PART_WEIGHT };
                1.0
            }
            TermKind::Word | TermKind::Pair | TermKind::Single | TermKind::Lone => 1.0,
        };
        found.retain(|(text, _)| known.insert(text.clone()));
        chosen.extend(Word::new(found, weight, statistics));
    }
    chosen.sort_by_key(|word| word.term.doc_freq);
    let mut n_terms = 0;
    chosen.retain(|word| {
        n_terms += word.forms.len();
        n_terms <= MAX_TERMS
    });
    Ok(chosen)
}

impl Word {
    /// `None` when no form of it occurs.
    fn new(forms: Vec<(String, u64)>, weight: f32, statistics: &Statistics<'_>) -> Option<Self> {
        let (usual, _) = forms.iter().rev().max_by_key(|(_, doc_freq)| *doc_freq)?;
        let doc_freq = forms.iter().map(|(_, doc_freq)| doc_freq).sum();
        let bound = weight * statistics.bound(doc_freq);
        Some(Self { term: QueryTerm { text: untagged(usual).to_owned(), doc_freq, bound }, weight, forms })
    }
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

/// The queries for a phrase of several terms that all occur, one for each language in which it is another one, and their bound.
fn phrase_clauses(
    phrase: &str,
    reader: &mut Reader,
    statistics: &Statistics<'_>,
) -> Result<(Vec<PhraseQuery>, f32), TantivyError> {
    let mut words = reader.read(phrase);
    // A whole stands beside its parts, which have the positions.
    words.retain(|word| word.kind != TermKind::Whole);
    words.truncate(MAX_PHRASE_TERMS);
    let (mut queries, mut bound) = (Vec::new(), 0.0_f32);
    if words.len() < 2 {
        return Ok((queries, bound));
    }
    let mut seen = HashSet::new();
    for at in 0..reader.languages.len() {
        let form = |word: &Candidate| word.forms.iter().position(|form| form.languages >> at & 1 == 1);
        let forms: Vec<usize> = words.iter().filter_map(form).collect();
        if seen.insert(forms.clone())
            && let Some((query, query_bound)) = phrase_query(&words, &forms, statistics)?
        {
            queries.push(query);
            // A chunk has one language.
            bound = bound.max(query_bound);
        }
    }
    Ok((queries, bound))
}

/// The query for the given form of each word, when all occur, and its bound.
fn phrase_query(
    words: &[Candidate],
    forms: &[usize],
    statistics: &Statistics<'_>,
) -> Result<Option<(PhraseQuery, f32)>, TantivyError> {
    let (mut terms, mut bound) = (Vec::with_capacity(words.len()), 0.0);
    for (word, form) in words.iter().zip(forms).filter_map(|(word, &at)| Some((word, word.forms.get(at)?))) {
        let doc_freq = statistics.doc_freq(&form.text)?;
        if doc_freq == 0 {
            return Ok(None);
        }
        terms.push((word.position, statistics.term(&form.text)));
        bound += PHRASE_WEIGHT * statistics.bound(doc_freq);
    }
    Ok(Some((PhraseQuery::new_with_offset(terms), bound)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Stemming;
    use corpus::LanguageCode;

    fn reader(codes: &[&str]) -> Reader {
        let others = codes.iter().map(|code| LanguageCode::new(code).and_then(Language::of));
        Reader {
            analyzer: Analyzer::new(Stemming::ByLanguage),
            languages: iter::once(None).chain(others).collect(),
        }
    }

    /// Forms of a word are joined by `/`; those with a tag have the language before a colon.
    fn check_in(codes: &[&str], query: &str, expected: &[&str]) {
        let shown = |form: &Form| match Language::of_term(form.text.as_bytes()) {
            Some(language) => format!("{}:{}", language.code(), untagged(&form.text)),
            None => form.text.clone(),
        };
        let words: Vec<String> = candidates(query, &mut reader(codes))
            .iter()
            .map(|word| word.forms.iter().map(shown).collect::<Vec<_>>().join("/"))
            .collect();
        assert_eq!(words, expected, "{query}");
    }

    #[test]
    fn terms_of_a_query() {
        let check = |query, expected: &[&str]| check_in(&[], query, expected);
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
    fn words_have_a_form_for_each_language() {
        check_in(&["de"], "Rechnungen", &["rechnungen/de:rechnung"]);
        check_in(
            &["de"],
            "utf8 3.14 水 приливы",
            &["utf8", "utf/de:utf", "8", "3.14", "3", "14", "水", "приливы"],
        );
        check_in(&["ru"], "invoices приливами", &["invoic", "приливами/ru:прилив"]);
        check_in(&["de", "sv"], "the mill", &["mill/de:mill/sv:mill"]);
    }

    #[test]
    fn stop_words_are_those_of_the_query_and_of_each_language() {
        check_in(&["de"], "Wie ist die Rückgabe geregelt?", &["ruckgab/de:ruckgab", "geregelt/de:geregelt"]);
        // English, with a word that is none in German.
        check_in(&["de"], "how to die cast", &["die", "cast/de:cast"]);
        // German, with a word that is none in English.
        check_in(&["de"], "die Kosten", &["die", "kosten/de:kost"]);
        check_in(&["de"], "über", &["uber/de:uber"]);
        check_in(&["de"], "was ist das", &["was/de:was", "ist/de:ist", "das/de:das"]);
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
