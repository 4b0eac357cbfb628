//! The check: does each quote stand in the passages?
//!
//! Invariant: pure, total, and linear in answer and passages. Every citation that is let through is byte for byte a part of the passage it
//! names; of what the model wrote only white space may differ from it, and a quote begins and ends where words and numbers do, so that
//! `10` is not found in `100`.
//! Not here: whether the quote means what the sentence says, which no comparison of texts can tell.

use crate::generated::{Cited, Rejected, Sentence, Why};
use crate::parse::{Claim, Said, parse};
use std::cell::OnceCell;
use std::ops::Range;
use workroom::Hit;

/// Citations that are looked up, so that the work is bounded; an answer has a few.
const MOST: usize = 256;
/// Bytes of letters and digits that a quote has at least: fewer would stand anywhere. Two or three characters of Chinese are as many.
const SHORTEST: usize = 8;

/// Checks an answer against the passages it was made from.
pub(crate) fn check(answer: &str, passages: &[Hit]) -> Vec<Sentence> {
    let sources: Vec<Source<'_>> =
        passages.iter().map(|hit| Source { hit, folded: OnceCell::new() }).collect();
    let mut left = MOST;
    parse(answer).into_iter().map(|said| judged(said, &sources, &mut left)).collect()
}

fn judged(said: Said, sources: &[Source<'_>], left: &mut usize) -> Sentence {
    let (mut citations, mut rejected) = (Vec::new(), Vec::new());
    for claim in said.claims {
        let found = if *left == 0 { Err(Why::TooMany) } else { cited(&claim, sources) };
        *left = left.saturating_sub(1);
        match found {
            Ok(cited) => citations.push(cited),
            Err(why) => rejected.push(Rejected { claimed: claim.passage, quote: claim.quote, why }),
        }
    }
    Sentence { text: said.text, supported: !citations.is_empty(), citations, rejected }
}

/// The place of a quote: in the passage that the model named, or else in the first that has it.
fn cited(claim: &Claim, sources: &[Source<'_>]) -> Result<Cited, Why> {
    let said: usize = claim.quote.chars().filter(|c| c.is_alphanumeric()).map(char::len_utf8).sum();
    if said < SHORTEST {
        return Err(Why::TooShort);
    }
    let named = claim.passage.checked_sub(1).filter(|named| *named < sources.len());
    let order = named.into_iter().chain((0..sources.len()).filter(|other| Some(*other) != named));
    for passage in order {
        let Some(source) = sources.get(passage) else { continue };
        if let Some((range, folded)) = source.find(&claim.quote) {
            let claimed = (Some(passage) != named).then_some(claim.passage);
            return Ok(Cited { citation: source.hit.cite(passage, range), claimed, folded });
        }
    }
    Err(Why::NotThere)
}

/// A passage, to be searched.
struct Source<'a> {
    hit: &'a Hit,
    folded: OnceCell<Folded>,
}

impl Source<'_> {
    /// The bytes where a quote stands, and whether other white space stands there.
    fn find(&self, quote: &str) -> Option<(Range<usize>, bool)> {
        let text = self.hit.quote.as_str();
        let exact = text.match_indices(quote).map(|(at, quote)| at..at + quote.len());
        if let Some(range) = exact.into_iter().find(|range| is_whole(text, range)) {
            return Some((range, false));
        }
        let folded = self.folded.get_or_init(|| Folded::new(text));
        let quote = Folded::new(quote).text;
        let mut loose =
            folded.text.match_indices(&quote).filter_map(|(at, quote)| folded.range(at..at + quote.len()));
        loose.find(|range| is_whole(text, range)).map(|range| (range, true))
    }
}

/// Whether neither a word nor a number goes on before or after. Scripts without capital letters may have no spaces between words.
fn is_whole(text: &str, range: &Range<usize>) -> bool {
    let goes_on = |c: char| c.is_numeric() || c.is_lowercase() || c.is_uppercase();
    let (before, inside, after) = (&text[..range.start], &text[range.clone()], &text[range.end..]);
    let joined = |left: &str, right: &str| {
        let (mut left, mut right) = (left.chars().rev(), right.chars());
        match (left.next(), right.next()) {
            (Some(a), Some(b)) if goes_on(a) && goes_on(b) => true,
            // `3` goes on in `3.5`, and `.5` began before.
            (Some(a), Some('.' | ',')) if a.is_numeric() => right.next().is_some_and(char::is_numeric),
            (Some('.' | ','), Some(b)) if b.is_numeric() => left.next().is_some_and(char::is_numeric),
            _ => false,
        }
    };
    !joined(before, inside) && !joined(inside, after)
}

/// A text with one space for each stretch of white space, and none at its ends.
struct Folded {
    text: String,
    /// Where each byte stands in the original.
    at: Vec<usize>,
}

impl Folded {
    fn new(original: &str) -> Self {
        let mut folded =
            Self { text: String::with_capacity(original.len()), at: Vec::with_capacity(original.len()) };
        let mut gap = None;
        for (at, c) in original.char_indices() {
            if c.is_whitespace() {
                gap.get_or_insert(at);
                continue;
            }
            if let Some(gap) = gap.take()
                && !folded.text.is_empty()
            {
                folded.text.push(' ');
                folded.at.push(gap);
            }
            folded.text.push(c);
            folded.at.extend(at..at + c.len_utf8());
        }
        folded
    }

    /// The bytes of the original. Neither end is white space.
    fn range(&self, range: Range<usize>) -> Option<Range<usize>> {
        let last = range.end.checked_sub(1)?;
        Some(*self.at.get(range.start)?..self.at.get(last)? + 1)
    }
}
