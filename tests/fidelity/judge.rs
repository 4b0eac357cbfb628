//! Whether a hit holds a sentence, and says rightly where it stands.
//!
//! *Invariant:* judging reads nothing but the hit's JSON: what an agent gets is what is judged.

use crate::truth::{Place, Truth};
use serde_json::Value;

/// The least share of a sentence's words that must be there, in order.
const ENOUGH: f64 = 0.9;

/// How much of a sentence a hit holds, from nothing to every character.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum Match {
    /// This share of its words, in order.
    Words(f64),
    /// All of it but for spaces, separators of cells, kinds of quotes and hyphens between letters.
    Loose,
    /// All of it but for how white space is written.
    Exact,
}

/// The best hit of a list for a sentence.
pub(crate) struct Finding<'a> {
    hit: Option<&'a Value>,
    found: Match,
}

impl<'a> Finding<'a> {
    /// The hit in the sentence's file that holds most of it; of equals the one with the right place, and of those the first.
    pub(crate) fn best(truth: &Truth, hits: &'a [Value]) -> Self {
        let mut best = Self { hit: None, found: Match::Words(0.0) };
        for hit in hits.iter().filter(|hit| is_of(hit, &truth.file)) {
            let found = matched(truth, hit["quote"].as_str().unwrap_or_default());
            let is_placed = |hit: &Value| stands_at(truth, hit);
            let is_better = found > best.found
                || found == best.found && is_placed(hit) && !best.hit.is_some_and(is_placed);
            if best.hit.is_none() || is_better {
                best = Self { hit: Some(hit), found };
            }
        }
        best
    }

    /// Whether the sentence is there.
    pub(crate) fn is_found(&self) -> bool {
        self.found >= Match::Words(ENOUGH)
    }

    /// What is wrong with it.
    pub(crate) fn problem(&self, truth: &Truth) -> Option<String> {
        if truth.is_optional {
            return None;
        }
        let Some(hit) = self.hit.filter(|_| self.is_found()) else {
            return Some(format!("not found ({:?})", self.found));
        };
        if !stands_at(truth, hit) {
            return Some(format!("at {}", hit["place"]));
        }
        let is_under = truth.heading.as_deref().is_none_or(|heading| is_under(truth, heading, hit));
        (!is_under).then(|| format!("under {}", hit["headings"]))
    }
}

/// Whether a hit is in this file, or in an attachment or member of it.
fn is_of(hit: &Value, file: &str) -> bool {
    let path = hit["path"].as_str().unwrap_or_default();
    path.strip_prefix(file).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn matched(truth: &Truth, quote: &str) -> Match {
    let spellings = std::iter::once(&truth.sentence).chain(&truth.also);
    let best = |best: Match, spelling: &String| {
        let found = if spaced(quote).contains(&spaced(spelling)) {
            Match::Exact
        } else if folded(quote).contains(&folded(spelling)) {
            Match::Loose
        } else {
            Match::Words(share(spelling, quote))
        };
        if found > best { found } else { best }
    };
    spellings.fold(Match::Words(0.0), best)
}

fn stands_at(truth: &Truth, hit: &Value) -> bool {
    let Some(want) = &truth.place else { return true };
    is_numbered(want, &hit["place"]) && want.name.as_deref().is_none_or(|name| is_named(name, hit))
}

fn is_numbered(want: &Place, have: &Value) -> bool {
    let [first, last] = ["first", "last"].map(|key| have[key].as_u64().unwrap_or(0));
    let is_inside = want.numbers.iter().any(|number| (first..=last).contains(number));
    want.numbers.is_empty() || have["unit"] == want.unit.as_str() && is_inside
}

/// Whether a hit has this name for its place; several cells of a notebook together have none.
fn is_named(name: &str, hit: &Value) -> bool {
    let place = &hit["place"];
    let is_of_several = place["name"].is_null() && place["first"] != place["last"];
    is_of_several
        || [&place["name"], &hit["title"]].into_iter().chain(headings(hit)).any(|other| is_like(name, other))
}

/// Whether the heading is above the hit, or within it above the sentence.
fn is_under(truth: &Truth, heading: &str, hit: &Value) -> bool {
    let quote = folded(hit["quote"].as_str().unwrap_or_default());
    let within = quote.find(&folded(heading)).zip(quote.find(&folded(&truth.sentence)));
    is_named(heading, hit) || within.is_some_and(|(heading, sentence)| heading < sentence)
}

fn headings(hit: &Value) -> impl Iterator<Item = &Value> {
    hit["headings"].as_array().into_iter().flatten()
}

fn is_like(name: &str, other: &Value) -> bool {
    let (name, other) = (folded(name), folded(other.as_str().unwrap_or_default()));
    !other.is_empty() && (other.contains(&name) || name.contains(&other))
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text without what differs between two faithful copies of one page.
fn folded(text: &str) -> String {
    let mut folded: Vec<char> = Vec::with_capacity(text.len());
    for char in text.chars().flat_map(char::to_lowercase) {
        match char {
            '|' | '*' | '`' | '\u{ad}' | '\u{200b}' => {}
            char if char.is_whitespace() => {}
            '‘' | '’' => folded.push('\''),
            '“' | '”' => folded.push('"'),
            '‐' | '‑' | '–' | '—' | '−' => folded.push('-'),
            'ﬀ' => folded.extend(['f', 'f']),
            'ﬁ' => folded.extend(['f', 'i']),
            'ﬂ' => folded.extend(['f', 'l']),
            char => folded.push(char),
        }
    }
    // Whether a hyphen at the end of a line belongs to the word cannot be seen.
    let is_letter =
        |at: Option<usize>| at.and_then(|at| folded.get(at)).is_some_and(|char| char.is_alphabetic());
    let is_kept =
        |at: usize, char: char| char != '-' || !is_letter(at.checked_sub(1)) || !is_letter(Some(at + 1));
    folded.iter().enumerate().filter(|&(at, &char)| is_kept(at, char)).map(|(_, &char)| char).collect()
}

/// The largest share of the sentence's words that stands in the text in order, near each other.
fn share(sentence: &str, text: &str) -> f64 {
    let (sentence, text) = (words(sentence), words(text));
    if sentence.is_empty() {
        return 0.0;
    }
    let window = sentence.len() * 3 / 2 + 3;
    let starts = (0..text.len()).filter(|&at| sentence.contains(&text[at]));
    let best = starts.map(|at| common(&sentence, &text[at..text.len().min(at + window)])).max();
    best.unwrap_or(0) as f64 / sentence.len() as f64
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// Length of the longest common subsequence.
fn common(a: &[String], b: &[String]) -> usize {
    let mut row = vec![0; b.len() + 1];
    for x in a {
        let mut before = 0;
        for (at, y) in b.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if x == y { before + 1 } else { above.max(row[at]) };
            before = above;
        }
    }
    row[b.len()]
}

#[test]
fn a_faithful_copy_matches() {
    let check = |sentence: &str, quote: &str, want: Match| {
        let line = serde_json::json!({ "sentence": sentence }).to_string();
        assert_eq!(matched(&Truth::parse(&line).unwrap(), quote), want, "{sentence:?} in {quote:?}");
    };
    check("The wheel turns at ebb", "So: the gate.\nThe wheel\nturns at ebb.", Match::Exact);
    check("a well-kept wheel", "a “wellkept” wheel".replace(['“', '”'], "").as_str(), Match::Loose);
    check("North | 3 m", "North 3 m", Match::Loose);
    check("ebb and flood", "ebb, says Bo, and then flood", Match::Words(1.0));
    check("ebb and flood", "flood and ebb", Match::Words(1.0 / 3.0));
    check("-24", "24", Match::Words(1.0));
    check("ebb", "", Match::Words(0.0));
}
