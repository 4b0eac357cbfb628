//! Ask: the passages that speak to a question, within a budget, and an answer made of their sentences.

use crate::provenance::Provenance;
use crate::search::hit;
use crate::{Answer, Citation, Engine, Hit, Place, Question, Result};
use corpus::{LineIndex, Token};
use retrieve::{Passage, Sentence, answer, passages};
use std::ops::Range;
use std::time::Duration;

/// Chunks that are considered for the budget.
const CONSIDERED: usize = 24;

impl Engine {
    /// Answers a question with passages and quoted sentences. Where no passage answers it, [`Answer::answer`] is absent, and the
    /// passages are the nearest misses.
    ///
    /// # Errors
    /// As [`Engine::search`].
    pub fn ask(&self, question: &Question) -> Result<Answer> {
        Ok(self.asked(question)?.0)
    }

    /// As [`Engine::ask`], with the time that the teacher took.
    pub(crate) fn asked(&self, question: &Question) -> Result<(Answer, Duration)> {
        let seen = self.seen_by(&question.query)?;
        let snapshot = &*seen.snapshot;
        let view = snapshot.view(&question.query.within);
        let (ranked, by_teacher) = self.ranked(&view, &question.query, CONSIDERED)?;
        let mut found = passages(snapshot, &ranked, question.budget, self.tokenizer)?;
        let fresh: Vec<Option<bool>> =
            found.iter().map(|passage| seen.freshness(self, &passage.doc)).collect();
        let mut there = fresh.iter();
        found.retain(|_| there.next().is_some_and(Option::is_some));
        let fresh = fresh.into_iter().flatten();

        let student = self.ingest.student();
        let embed = |pieces: &[Token]| student.student.embed_tokens(pieces);
        let said = answer(&question.query.text, &found, self.tokenizer, &embed);
        let (sentences, support) = said.map_or((Vec::new(), 0.0), |said| (said.sentences, said.support));
        let hits: Vec<Hit> = found
            .iter()
            .zip(fresh)
            .map(|(passage, fresh)| {
                seen.dated(as_hit(passage, (fresh, self.provenance(snapshot, &passage.doc))))
            })
            .collect();
        let cited = |sentence: &Sentence| Some(citation(sentence, &found, hits.get(sentence.passage)?));
        let sentences: Vec<Citation> = sentences.iter().filter_map(cited).collect();
        let text: Vec<&str> = sentences.iter().map(|sentence| sentence.quote.as_str()).collect();
        let answer = Answer {
            question: question.query.text.clone(),
            answer: (!text.is_empty()).then(|| text.join(" ")),
            support,
            sentences,
            tokens: found.iter().map(|passage| passage.tokens).sum(),
            passages: hits,
        };
        Ok((answer, by_teacher))
    }
}

fn as_hit(passage: &Passage, known: (bool, Provenance)) -> Hit {
    let mut hit = hit(&passage.doc, &passage.best, &passage.place, passage.text.clone(), known);
    hit.chunk = passage.chunks.0;
    hit
}

/// Where a sentence of a passage stands in its document. Of a passage over several pages the sentence's own is named.
fn citation(sentence: &Sentence, passages: &[Passage], hit: &Hit) -> Citation {
    let place = passages[sentence.passage].place_of(&sentence.range).map(Place::from);
    Citation { place, ..hit.cite(sentence.passage, sentence.range.clone()) }
}

impl Hit {
    /// A part of the quote as a citation, with the hit's own place: `range` is in bytes of the quote, and `passage` the hit's number in its
    /// list, from 0. It is cut down to whole characters of the quote.
    #[must_use]
    pub fn cite(&self, passage: usize, range: Range<usize>) -> Citation {
        let end = self.quote.floor_char_boundary(range.end);
        let start = self.quote.floor_char_boundary(range.start).min(end);
        let lines = LineIndex::new(&self.quote);
        let (first, last) = (lines.position(start as u32), lines.position(end as u32));
        Citation {
            passage,
            path: self.path.clone(),
            version: self.version.clone(),
            start_byte: self.start_byte + start as u32,
            end_byte: self.start_byte + end as u32,
            start_char: self.start_char + first.char,
            end_char: self.start_char + last.char,
            start_line: self.start_line + first.line - 1,
            end_line: self.start_line + last.line - 1,
            place: self.place.clone(),
            quote: self.quote[start..end].to_owned(),
        }
    }
}
