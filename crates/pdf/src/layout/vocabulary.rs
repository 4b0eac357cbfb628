//! The words of a document, as far as they tell what a hyphen at the end of a line means.
//!
//! Invariant: only words are kept that some broken line asks for, so that a book costs no more than a pass over it.
//! Not here: dictionaries. A document knows its own words best, in whatever language.

use std::collections::HashSet;

/// Shorter parts are syllables as often as words.
const FIRST_PART: usize = 3;
const SECOND_PART: usize = 4;

/// Words that stand whole in the middle of some line.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    seen: HashSet<String>,
}

impl Vocabulary {
    /// The words of these paragraphs, each a list of lines.
    pub(crate) fn new<'l>(paragraphs: impl Iterator<Item = &'l [String]> + Clone) -> Self {
        let mut asked = HashSet::new();
        for pair in paragraphs.clone().flat_map(|lines| lines.windows(2)) {
            if let [line, next] = pair
                && let Some((first, second)) = broken(line, next)
            {
                asked.extend([format!("{first}{second}"), format!("{first}-{second}"), first, second]);
            }
        }
        let mut seen = HashSet::new();
        if !asked.is_empty() {
            for lines in paragraphs {
                let mut is_rest = false;
                for line in lines {
                    let begins_rest = is_rest;
                    is_rest = line.trim_end().ends_with(is_hyphen);
                    let whole =
                        line.split_whitespace().enumerate().map(|(at, word)| (at > 0 || !begins_rest, word));
                    for word in whole.filter(|(whole, word)| *whole && !word.ends_with(is_hyphen)) {
                        let word = word.1.trim_matches(|c: char| !c.is_alphanumeric());
                        if asked.contains(word) {
                            seen.insert(word.to_owned());
                        } else if !word.is_ascii() || word.contains('-') {
                            // Hyphens have two codes, and a compound may begin a sentence.
                            seen.extend(Some(normal(word)).filter(|word| asked.contains(word)));
                        }
                    }
                }
            }
        }
        Self { seen }
    }

    /// Whether the hyphen between two lines belongs to the word: the document has that word with its hyphen, or both of its parts as words
    /// and not the whole.
    pub(crate) fn keeps_hyphen(&self, line: &str, next: &str) -> bool {
        let Some((first, second)) = broken(line, next) else {
            return false;
        };
        let has = |word: &str| self.seen.contains(word);
        let are_words = first.chars().count() >= FIRST_PART
            && second.chars().count() >= SECOND_PART
            && has(&first)
            && has(&second);
        has(&format!("{first}-{second}")) || are_words && !has(&format!("{first}{second}"))
    }
}

/// The two parts of a word that the end of a line breaks.
fn broken(line: &str, next: &str) -> Option<(String, String)> {
    let first = line.trim_end().rsplit(' ').next()?.strip_suffix(is_hyphen)?;
    let second = next.split_whitespace().next()?;
    let parts = (normal(first), normal(second));
    (!parts.0.is_empty() && !parts.1.is_empty()).then_some(parts)
}

pub(crate) fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}')
}

/// A word as it is compared: in small letters, without what stands around it, its hyphens alike.
fn normal(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase().replace('\u{2010}', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hyphens_that_belong_to_the_word() {
        let text = "A tide\u{2010}mill and a water wheel. In the worst case the high\nground is safe, and the water-\nmen keep \
            the watermen happy. A high quality of every net and work in the network.";
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let asking =
            ["the tide-|mill", "a high-|quality", "a worst-|case", "the net-|work", "water-|men", "mil-|ler"];
        let asking: Vec<Vec<String>> =
            asking.iter().map(|lines| lines.split('|').map(str::to_owned).collect()).collect();
        let all = || std::iter::once(lines.as_slice()).chain(asking.iter().map(Vec::as_slice));
        let vocabulary = Vocabulary::new(all().collect::<Vec<_>>().into_iter());
        let kept: Vec<bool> =
            asking.iter().map(|lines| vocabulary.keeps_hyphen(&lines[0], &lines[1])).collect();
        assert_eq!(kept, [true, true, true, false, false, false]);
    }
}
