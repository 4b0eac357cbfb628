//! An answer of a model, taken apart: its sentences, and what each cites.
//!
//! Models are told to write `[2: "exact words"]`; what they write besides and what is clearly meant so is understood too: other quotation marks or
//! none, several in one pair of brackets, a bare `[2]`.
//!
//! Invariant: pure, total, and linear in the answer. Nothing in a citation's brackets is part of a sentence.
//! Not here: whether a quote stands anywhere (`check`).

use retrieve::sentences;

/// A citation as the model gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The number of the passage.
    pub(crate) passage: usize,
    /// The words; empty where there is only a number.
    pub(crate) quote: String,
}

/// A sentence with what it cites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) claims: Vec<Claim>,
}

/// The sentences of an answer. What a model thought aloud before it is left out.
pub(crate) fn parse(answer: &str) -> Vec<Said> {
    let (text, claims) = without_citations(after_thoughts(answer));
    let ranges = sentences(&text);
    let mut said: Vec<(usize, Said)> = ranges
        .into_iter()
        .map(|range| (range.start, Said { text: text[range].to_owned(), claims: Vec::new() }))
        .collect();
    let mut current = 0;
    for (at, claim) in claims {
        // The last sentence that began before.
        while said.get(current + 1).is_some_and(|(start, _)| *start < at) {
            current += 1;
        }
        if let Some((_, sentence)) = said.get_mut(current) {
            sentence.claims.push(claim);
        }
    }
    let says_something = |said: &Said| !said.claims.is_empty() || said.text.contains(char::is_alphabetic);
    said.into_iter().map(|(_, said)| said).filter(says_something).collect()
}

/// Some models write what they think into the answer itself.
pub(crate) fn after_thoughts(answer: &str) -> &str {
    let thoughts = answer.trim_start().strip_prefix("<think>").and_then(|rest| rest.split_once("</think>"));
    thoughts.map_or(answer, |(_, rest)| rest)
}

/// The text without citations, and each citation with the place in that text where it stood.
fn without_citations(answer: &str) -> (String, Vec<(usize, Claim)>) {
    let mut out = Plain { text: String::with_capacity(answer.len()), gap: None };
    let mut claims = Vec::new();
    let mut reader = Reader { text: answer, quote_end: Next::default(), bracket_end: Next::default() };
    let mut at = 0;
    while let Some(open) = answer[at..].find(OPENS).map(|found| at + found) {
        out.push(&answer[at..open]);
        let inside = open + width(answer, open);
        at = match reader.citations(inside) {
            Some((found, end)) => {
                let place = out.cite();
                claims.extend(found.into_iter().map(|claim| (place, claim)));
                end
            }
            None => {
                out.push(&answer[open..inside]);
                inside
            }
        };
    }
    out.push(&answer[at..]);
    (out.text, claims)
}

/// Text with holes where citations were.
struct Plain {
    text: String,
    /// After a citation: the white space that stood before it.
    gap: Option<&'static str>,
}

impl Plain {
    fn push(&mut self, more: &str) {
        let Some(first) = more.chars().next() else { return };
        if let Some(gap) = self.gap.take()
            && !first.is_whitespace()
            && !".,;:!?)。！？、，".contains(first)
        {
            self.text.push_str(gap);
        }
        self.text.push_str(more);
    }

    /// A citation stood here: the place of the text's end.
    fn cite(&mut self) -> usize {
        let kept = self.text.trim_end().len();
        if self.gap.is_none() || kept < self.text.len() {
            self.gap = Some(if self.text[kept..].contains('\n') { "\n" } else { " " });
        }
        self.text.truncate(kept);
        kept
    }
}

const OPENS: [char; 2] = ['[', '【'];
const CLOSES: [char; 2] = [']', '】'];
/// Quotation marks, by which a quote may begin or end.
const MARKS: [char; 6] = ['"', '“', '”', '„', '«', '»'];
/// What stands between two citations in one pair of brackets.
const BETWEEN: [char; 4] = [',', ';', '-', '–'];
/// No more bytes can be a quote.
const LONGEST: usize = 4000;
/// Digits of a number, and spaces at each place where there may be some.
const FEW: usize = 4;

/// Reads citations. The two searches go through the text once each, however many citations begin.
struct Reader<'a> {
    text: &'a str,
    quote_end: Next,
    bracket_end: Next,
}

/// The first place at or after some other, remembered.
#[derive(Default)]
struct Next(Option<usize>);

impl Next {
    fn from(&mut self, from: usize, search: impl FnOnce() -> usize) -> usize {
        match self.0 {
            Some(found) if found >= from => found,
            _ => *self.0.insert(search()),
        }
    }
}

impl<'a> Reader<'a> {
    /// The citations in brackets that were opened just before `at`, and where the text goes on.
    fn citations(&mut self, at: usize) -> Option<(Vec<Claim>, usize)> {
        let (first, mut end) = self.claim(self.skip_word(self.skip_spaces(at)))?;
        let mut claims = vec![first];
        loop {
            let after = self.skip_spaces(end);
            match self.char_at(after) {
                Some(c) if CLOSES.contains(&c) => return Some((claims, after + c.len_utf8())),
                Some(c) if BETWEEN.contains(&c) => match self.claim(after + c.len_utf8()) {
                    Some((claim, after)) => {
                        claims.push(claim);
                        end = after;
                    }
                    None => break,
                },
                _ => break,
            }
        }
        // Brackets that do not end as they should: with words it is a citation all the same, a mere number is text.
        claims.iter().any(|claim| !claim.quote.is_empty()).then_some((claims, end))
    }

    /// A number, with words if there are some.
    fn claim(&mut self, at: usize) -> Option<(Claim, usize)> {
        let (passage, after) = self.number(self.skip_spaces(at))?;
        let colon = self.skip_spaces(after);
        if self.char_at(colon) != Some(':') {
            return Some((Claim { passage, quote: String::new() }, after));
        }
        let (quote, end) = self.quote(self.skip_spaces(colon + 1))?;
        Some((Claim { passage, quote: quote.trim().to_owned() }, end))
    }

    /// The words that begin at `at`, and where they have ended.
    fn quote(&mut self, at: usize) -> Option<(&'a str, usize)> {
        let text = self.text;
        let mark = self.char_at(at).filter(|c| MARKS.contains(c));
        let from = at + mark.map_or(0, char::len_utf8);
        let end = match mark {
            Some(_) => self.quote_end.from(from, || quote_end(text, from)),
            None => self
                .bracket_end
                .from(from, || text[from..].find(CLOSES).map_or(text.len(), |found| from + found)),
        };
        let after = end + if mark.is_some() { width(text, end) } else { 0 };
        (end < text.len() && end - from <= LONGEST).then(|| (&text[from..end], after))
    }

    fn char_at(&self, at: usize) -> Option<char> {
        self.text.get(at..)?.chars().next()
    }

    fn skip_spaces(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        at + rest.chars().take(FEW).take_while(|c| c.is_whitespace()).map(char::len_utf8).sum::<usize>()
    }

    /// The word `passage`, which models put before the number.
    fn skip_word(&self, at: usize) -> usize {
        const WORD: &str = "passage";
        let is_word = self.text.get(at..at + WORD.len()).is_some_and(|word| word.eq_ignore_ascii_case(WORD));
        if is_word { at + WORD.len() } else { at }
    }

    fn number(&self, at: usize) -> Option<(usize, usize)> {
        let rest = self.text.get(at..)?;
        let digits = rest.bytes().take(FEW).take_while(u8::is_ascii_digit).count();
        Some((rest.get(..digits)?.parse().ok()?, at + digits))
    }
}

/// The first quotation mark at or after `from` that ends a quote: behind it the brackets end, or the next citation begins. The text's length
/// where there is none.
fn quote_end(text: &str, from: usize) -> usize {
    let ends = |(at, mark): (usize, &str)| {
        let mut rest = text[from + at + mark.len()..].chars().filter(|c| !c.is_whitespace()).take(2 + FEW);
        match rest.next() {
            Some(c) if CLOSES.contains(&c) => true,
            Some(c) if BETWEEN.contains(&c) => {
                let mut rest = rest.skip_while(char::is_ascii_digit);
                rest.next() == Some(':')
            }
            _ => false,
        }
    };
    let mut marks = text[from..].match_indices(MARKS);
    marks.find(|found| ends(*found)).map_or(text.len(), |(at, _)| from + at)
}

/// Bytes of the character at `at`.
fn width(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Sentences as `text {n: words} {n: words}`.
    fn shown(answer: &str) -> Vec<String> {
        let claim = |claim: &Claim| format!(" {{{}: {}}}", claim.passage, claim.quote);
        let said = |said: &Said| said.text.clone() + &said.claims.iter().map(claim).collect::<String>();
        parse(answer).iter().map(said).collect()
    }

    #[test]
    fn sentences_have_the_citations_that_stand_behind_them() {
        let check = |answer: &str, expected: &[&str]| assert_eq!(shown(answer), expected, "{answer:?}");
        check(
            "The mill turns at ebb. [1: \"turns at ebb\"] It rests at flood [2: \"rests at flood\"].",
            &["The mill turns at ebb. {1: turns at ebb}", "It rests at flood. {2: rests at flood}"],
        );
        check("One.[1: \"a. b! c\"]Two.[2: \"d\"]", &["One. {1: a. b! c}", "Two. {2: d}"]);
        check("A b. [1: \"x\"] [2: \"y\"]\n\nC d. [3: \"z\"]", &["A b. {1: x} {2: y}", "C d. {3: z}"]);
        check("[1: \"first\"] It comes before.", &["It comes before. {1: first}"]);
        check("No citation here. But here [1: \"x\"].", &["No citation here.", "But here. {1: x}"]);
        check("1. One is. [1: \"x\"]\n2. Two is. [2: \"y\"]", &["One is. {1: x}", "Two is. {2: y}"]);
        check("42 [1: \"it is 42\"]", &["42 {1: it is 42}"]);
        check("", &[]);
    }

    #[test]
    fn what_is_meant_for_a_citation_is_one() {
        let check = |cited: &str, expected: &str| {
            assert_eq!(shown(&format!("It is so {cited}.")), [format!("It is so. {expected}")], "{cited}");
        };
        check("[1: \"a; \"b\" c\"; 2: \"d\"]", "{1: a; \"b\" c} {2: d}");
        check("[ 3 : “typographic” ]", "{3: typographic}");
        check("【4: \"brackets\"】", "{4: brackets}");
        check("[Passage 5: \"word\"]", "{5: word}");
        check("[6: no marks at all]", "{6: no marks at all}");
        check("[7]", "{7: }");
        check("[8, 9]", "{8: } {9: }");
        check("[1: \"over\na line\"]", "{1: over\na line}");
        check("[2: \"brackets [x] inside\"]", "{2: brackets [x] inside}");
    }

    #[test]
    fn what_is_none_stays_text() {
        for text in
            ["See [the log](a.md).", "It is [1 of 2.", "It is a[i].", "Odd [99999: \"x\"] one.", "[[["]
        {
            assert_eq!(shown(text).concat(), if text == "[[[" { "" } else { text });
        }
    }

    #[test]
    fn thoughts_are_left_out() {
        assert_eq!(shown("<think>Is it? [1: \"x\"]</think>\n\nIt is. [1: \"y\"]"), ["It is. {1: y}"]);
        assert_eq!(shown("<think>It never ends."), ["<think>It never ends."]);
    }

    #[test]
    fn brackets_without_end_take_no_longer_than_others() {
        // Were each search to go to the end, these would take minutes.
        for piece in ["[1:\"", "[1: \"x\" ", "[1: x ", "[1: \"a\", 2: ", "[", "\"", "[1:\"a\"; 2: \"b\""] {
            let answer = piece.repeat((256 << 10) / piece.len());
            let started = std::time::Instant::now();
            parse(&answer);
            assert!(started.elapsed().as_secs() < 20, "{piece}");
        }
    }

    proptest! {
        #[test]
        fn any_answer_is_taken_apart(answer in "([a-z .!?\n]|\\[[0-9]{1,2}(: ?[\"“]?)?|[\"”]?\\]|[,;:】「é。]|\\PC){0,80}") {
            for said in parse(&answer) {
                prop_assert!(!said.text.trim().is_empty());
                for claim in &said.claims {
                    prop_assert!(answer.contains(&claim.quote));
                    prop_assert!(claim.quote.len() <= LONGEST);
                }
            }
        }
    }
}
