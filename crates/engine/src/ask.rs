//! Ask: the passages that speak to a question, within a budget, and an answer made of their sentences.

use crate::search::hit;
use crate::{Answer, Citation, Engine, Place, Question, Result};
use corpus::{LineIndex, Token};
use retrieve::{Passage, Sentence, answer, passages};

/// Chunks that are considered for the budget.
const CONSIDERED: usize = 24;

impl Engine {
    /// Answers a question with passages and quoted sentences. Where no passage answers it, [`Answer::answer`] is absent, and the
    /// passages are the nearest misses.
    ///
    /// # Errors
    /// As [`Engine::search`].
    pub fn ask(&self, question: &Question) -> Result<Answer> {
        let snapshot = self.snapshot_for(&question.query)?;
        let view = snapshot.view(&question.query.within);
        let ranked = self.ranked(&view, &question.query, CONSIDERED)?;
        let mut found = passages(&snapshot, &ranked, question.budget, self.tokenizer)?;
        let fresh: Vec<Option<bool>> =
            found.iter().map(|passage| self.freshness(&snapshot, &passage.doc)).collect();
        let mut there = fresh.iter();
        found.retain(|_| there.next().is_some_and(Option::is_some));
        let fresh = fresh.into_iter().flatten();

        let student = self.ingest.student();
        let embed = |pieces: &[Token]| student.student.embed_tokens(pieces);
        let said = answer(&question.query.text, &found, self.tokenizer, &embed);
        let (sentences, support) = said.map_or((Vec::new(), 0.0), |said| (said.sentences, said.support));
        let sentences: Vec<Citation> = sentences.iter().map(|sentence| citation(sentence, &found)).collect();
        let text: Vec<&str> = sentences.iter().map(|sentence| sentence.quote.as_str()).collect();
        Ok(Answer {
            question: question.query.text.clone(),
            answer: (!text.is_empty()).then(|| text.join(" ")),
            support,
            sentences,
            tokens: found.iter().map(|passage| passage.tokens).sum(),
            passages: found.iter().zip(fresh).map(|(passage, fresh)| as_hit(passage, fresh)).collect(),
        })
    }
}

fn as_hit(passage: &Passage, fresh: bool) -> crate::Hit {
    let mut hit = hit(&passage.doc, &passage.best, &passage.place, passage.text.clone(), fresh);
    hit.chunk = passage.chunks.0;
    hit
}

/// Where a sentence of a passage stands in its document.
fn citation(sentence: &Sentence, passages: &[Passage]) -> Citation {
    let passage = &passages[sentence.passage];
    let lines = LineIndex::new(&passage.text);
    let (first, last) =
        (lines.position(sentence.range.start as u32), lines.position(sentence.range.end as u32));
    let place = &passage.place;
    Citation {
        passage: sentence.passage,
        path: passage.doc.path.to_string(),
        version: passage.doc.hash.to_string(),
        start_byte: place.span.start + sentence.range.start as u32,
        end_byte: place.span.start + sentence.range.end as u32,
        start_char: place.chars.start + first.char,
        end_char: place.chars.start + last.char,
        start_line: place.lines.0 + first.line - 1,
        end_line: place.lines.0 + last.line - 1,
        place: passage.place_of(&sentence.range).map(Place::from),
        quote: passage.text[sentence.range.clone()].to_owned(),
    }
}
