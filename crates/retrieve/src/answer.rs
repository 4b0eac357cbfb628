//! The extractive answer: the sentences of the passages that speak most directly to the question, quoted.
//!
//! Invariant: every sentence is a byte-for-byte part of a passage. When no sentence is near enough to the question there is no answer:
//! nothing is made up.

use crate::{Passage, sentences};
use corpus::{DIM, Token, Tokenizer};
use std::collections::HashSet;
use std::ops::Range;

/// Sentences that answer a question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The sentences, in the order of their passages and places.
    pub sentences: Vec<Sentence>,
    /// How near the best sentence is to the question, 0..=1: agreement of meaning and words, not a probability.
    pub support: f32,
}

/// A sentence of a passage.
#[derive(Clone, Debug, PartialEq)]
pub struct Sentence {
    /// Which passage, from 0.
    pub passage: usize,
    /// Bytes of the passage's text.
    pub range: Range<usize>,
    /// Nearness to the question.
    pub score: f32,
}

/// Sentences an answer holds at most.
const MAX_SENTENCES: usize = 3;
/// Below this the best sentence does not answer the question.
const MIN_SUPPORT: f32 = 0.42;
/// A further sentence must be this near to the best one.
const RELATIVE: f32 = 0.75;
/// Passages that are looked at.
const MAX_PASSAGES: usize = 6;

/// Embeds word pieces into a unit vector; what [`answer`] needs of a model.
pub type EmbedPieces<'a> = &'a dyn Fn(&[Token]) -> Option<[f32; DIM]>;

/// Picks the answer to `question` from `passages`. `embed` must place the question and the sentences in one space.
#[must_use]
pub fn answer(
    question: &str,
    passages: &[Passage],
    tokenizer: &dyn Tokenizer,
    embed: EmbedPieces<'_>,
) -> Option<Answer> {
    let asked = Asked::new(question, tokenizer, embed)?;
    let mut found = Vec::new();
    for (passage, text) in passages.iter().map(|passage| passage.text.as_str()).enumerate().take(MAX_PASSAGES)
    {
        for range in sentences(text) {
            if is_statement(&text[range.clone()]) {
                let score = asked.score(&text[range.clone()], tokenizer, embed);
                found.push(Sentence { passage, range, score });
            }
        }
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let support = found.first()?.score;
    if support < MIN_SUPPORT {
        return None;
    }
    found.retain(|sentence| sentence.score >= support * RELATIVE);
    drop_repeats(&mut found, passages);
    found.truncate(MAX_SENTENCES);
    found.sort_by_key(|sentence| (sentence.passage, sentence.range.start));
    Some(Answer { sentences: found, support: support.min(1.0) })
}

struct Asked {
    vector: [f32; DIM],
    /// Word pieces of the question with the weight of each.
    pieces: Vec<(u16, f32)>,
    total: f32,
}

impl Asked {
    fn new(question: &str, tokenizer: &dyn Tokenizer, embed: EmbedPieces<'_>) -> Option<Self> {
        let mut tokens = Vec::new();
        tokenizer.tokenize(question, &mut tokens);
        let vector = embed(&tokens)?;
        let mut seen = HashSet::new();
        let pieces: Vec<(u16, f32)> = tokens
            .iter()
            .filter(|token| seen.insert(token.id))
            .map(|token| (token.id, rarity(token.id)))
            .collect();
        let total = pieces.iter().map(|(_, weight)| weight).sum();
        Some(Self { vector, pieces, total })
    }

    fn score(&self, sentence: &str, tokenizer: &dyn Tokenizer, embed: EmbedPieces<'_>) -> f32 {
        let mut tokens = Vec::new();
        tokenizer.tokenize(sentence, &mut tokens);
        let Some(vector) = embed(&tokens) else { return 0.0 };
        let cosine: f32 = vector.iter().zip(&self.vector).map(|(a, b)| a * b).sum();
        let has: HashSet<u16> = tokens.iter().map(|token| token.id).collect();
        let covered: f32 =
            self.pieces.iter().filter(|(id, _)| has.contains(id)).map(|(_, weight)| weight).sum();
        0.6 * cosine.max(0.0) + 0.4 * covered / self.total.max(f32::MIN_POSITIVE)
    }
}

/// How much a word piece says. The vocabulary is ordered by falling frequency after its first 2,000 entries (marks, letters, function
/// words), so the place in it stands for rarity.
fn rarity(id: u16) -> f32 {
    match id {
        0..2000 => 0.0,
        id if id < 2100 => 0.1,
        id => (f32::from(id) / 2000.0).ln().max(0.1),
    }
}

/// Whether a sentence says something: not a heading, a question, a fence, or a scrap.
fn is_statement(sentence: &str) -> bool {
    let words = sentence.split_whitespace().count();
    words >= 4 && !sentence.ends_with('?') && !sentence.starts_with(['#', '|']) && !sentence.contains("```")
}

/// Keeps the first of sentences that say the same words.
fn drop_repeats(found: &mut Vec<Sentence>, passages: &[Passage]) {
    let mut seen = HashSet::new();
    found.retain(|sentence| {
        let text = &passages[sentence.passage].text[sentence.range.clone()];
        seen.insert(text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase())
    });
}
