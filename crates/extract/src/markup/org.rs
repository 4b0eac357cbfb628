//! Emacs Org: headlines by their stars, keywords about the document (Org Syntax, "Headings", "Keywords").
//!
//! Invariant: a line of stars and a space at the left margin is a headline wherever it stands; Org has it so, blocks or not.

use super::Found;
use crate::markdown;

/// The state of what is open, and the keywords that name further states. In parts, since the word is a note to ourselves elsewhere.
const OPEN: &str = concat!("TO", "DO");
const STATES: [&str; 3] = [OPEN, concat!("SEQ_TO", "DO"), concat!("TYP_TO", "DO")];

/// The most states of a file. Each headline is held against all of them.
const MAX_STATES: usize = 64;

pub(super) fn scan(text: &str) -> Found {
    let mut found = Found::default();
    let mut states: Vec<&str> = vec![OPEN, "DONE"];
    for (start, line) in markdown::lines(text, 0) {
        let words = line.trim_start_matches('\u{feff}').trim_start_matches('*');
        let level = line.trim_start_matches('\u{feff}').len() - words.len();
        if level > 0 && words.starts_with([' ', '\t']) {
            let begin = start + line.len() - words.len() - level;
            found.heading(begin, start + line.trim_end().len(), level, &plain(words, &states));
        } else if let Some((name, value)) =
            line.trim_start().strip_prefix("#+").and_then(|rest| rest.split_once(':'))
        {
            if STATES.contains(&name.to_ascii_uppercase().as_str()) {
                let room = MAX_STATES.saturating_sub(states.len());
                states.extend(value.split_whitespace().map(without_key).take(room));
            } else {
                found.field(name, value);
            }
        }
    }
    found
}

/// `WAIT(w@)` is the state `WAIT` with a key to reach it.
fn without_key(state: &str) -> &str {
    state.split('(').next().unwrap_or(state)
}

/// The words of a headline without its state, priority and tags.
fn plain(words: &str, states: &[&str]) -> String {
    let mut words = words.trim();
    let (first, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    if first != "|" && states.contains(&first) {
        words = rest.trim_start();
    }
    if words.starts_with("[#") && words.as_bytes().get(3) == Some(&b']') {
        words = words.get(4..).unwrap_or_default().trim_start();
    }
    words = words.strip_prefix("COMMENT ").unwrap_or(words);
    without_links(without_tags(words))
}

fn without_tags(words: &str) -> &str {
    let Some((before, last)) = words.rsplit_once(char::is_whitespace) else { return words };
    let inner = last.strip_prefix(':').and_then(|last| last.strip_suffix(':'));
    let is_tag = |tag: &str| {
        !tag.is_empty() && tag.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '@' | '#' | '%'))
    };
    match inner {
        Some(tags) if tags.split(':').all(is_tag) => before.trim_end(),
        _ => words,
    }
}

/// `[[target][words]]` is its words, `[[target]]` its target.
fn without_links(words: &str) -> String {
    let mut out = String::new();
    let mut rest = words;
    while let Some((before, link)) = rest.split_once("[[") {
        let Some((inside, after)) = link.split_once("]]") else { break };
        out.push_str(before);
        out.push_str(inside.split_once("][").map_or(inside, |(_, shown)| shown));
        rest = after;
    }
    out.push_str(rest);
    out
}
