//! Edits: some text of a file replaced by other text.
//!
//! Invariant: pure. Each edit is made where its text stands, exactly once unless it says everywhere, or none is made at all; what is not named
//! stays byte for byte, line ends too.
//! Not here: reading and writing the file (`files`, and `workroom` for both at once).

use crate::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use similar::{Algorithm, TextDiff};
use std::collections::BTreeMap;
use std::time::Duration;

/// Text to be replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// What stands there, byte for byte.
    pub old: String,
    /// What is to stand there.
    pub new: String,
    /// Everywhere, rather than at the one place where it stands.
    #[serde(default)]
    pub replace_all: bool,
}

/// What edits made of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedText {
    /// The whole text.
    pub text: String,
    /// A unified diff of both; empty when nothing has changed.
    pub diff: String,
    /// How many places were changed.
    pub replaced: usize,
}

/// Lines of context in a diff.
const CONTEXT: usize = 3;
/// Then a diff becomes coarser rather than later.
const PATIENCE: Duration = Duration::from_millis(500);

/// Makes edits in order, each on what the one before it left. `path` is what the diff and errors call the text.
///
/// # Errors
/// [`Conflict`](ErrorKind::Conflict) when a text does not stand there, with the nearest lines; [`Invalid`](ErrorKind::Invalid) when it stands at
/// more than one place and was not to be replaced everywhere, with the lines; or when it is empty.
pub fn edit_text(path: &str, text: &str, edits: &[Edit]) -> Result<EditedText> {
    let mut edited = text.to_owned();
    let mut replaced = 0;
    for (edit, number) in edits.iter().zip(1..) {
        let which =
            if edits.len() > 1 { format!("edit {number} of {}", edits.len()) } else { "the edit".into() };
        let refused =
            |kind, why: &str| Error::new(kind, format!("`{path}` was not changed: {which} {why}")).at(path);
        if edit.old.is_empty() {
            let hint = "name the text that stands there; to write a new file, write it whole";
            return Err(refused(ErrorKind::Invalid, "names no text to replace").hint(hint));
        }
        match edited.matches(&edit.old).count() {
            0 => return Err(refused(ErrorKind::Conflict, "does not match").hint(nearest(&edited, &edit.old))),
            n if n > 1 && !edit.replace_all => {
                let why = format!("matches at {n} places, in {}", lines(&edited, &edit.old));
                let hint =
                    "name more of the text around it, so that it matches once; or replace it everywhere";
                return Err(refused(ErrorKind::Invalid, &why).hint(hint));
            }
            n => {
                edited = edited.replace(&edit.old, &edit.new);
                replaced += n;
            }
        }
    }
    let diff = diff_texts(path, text, &edited);
    Ok(EditedText { text: edited, diff, replaced })
}

/// A unified diff of two texts; empty when they are the same.
pub(crate) fn diff_texts(path: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    let diff = TextDiff::configure().algorithm(Algorithm::Myers).timeout(PATIENCE).diff_lines(old, new);
    let (from, to) = (format!("a/{path}"), format!("b/{path}"));
    diff.unified_diff().context_radius(CONTEXT).header(&from, &to).to_string()
}

/// The lines in which a text begins, as far as they are worth listing.
fn lines(text: &str, part: &str) -> String {
    const SHOWN: usize = 8;
    let (mut line, mut counted) = (1, 0);
    let mut begins = text.match_indices(part).map(|(at, _)| {
        line += text.as_bytes()[counted..at].iter().filter(|&&byte| byte == b'\n').count();
        counted = at;
        line.to_string()
    });
    let shown: Vec<String> = begins.by_ref().take(SHOWN).collect();
    let more = if begins.next().is_some() { ", ..." } else { "" };
    format!("lines {}{more}", shown.join(", "))
}

/// What the caller may have meant: the same text but for its line ends, or the lines that are most alike.
fn nearest(text: &str, part: &str) -> String {
    if text.contains("\r\n") && !part.contains("\r\n") && text.contains(&part.replace('\n', "\r\n")) {
        return "the file's lines end with \\r\\n: write them so".to_owned();
    }
    if part.contains("\r\n") && text.contains(&part.replace("\r\n", "\n")) {
        return "the file's lines end with \\n alone: write them so".to_owned();
    }
    let like = most_alike(text, part);
    if like.is_empty() {
        return "read the file again: no line of it is like this text".to_owned();
    }
    let like: Vec<String> = like.iter().map(|(number, line)| format!("{number}: {line}")).collect();
    format!("read the file again; the nearest lines are\n{}", like.join("\n"))
}

/// Lines that share the most with the line of `part` that says most.
fn most_alike(text: &str, part: &str) -> Vec<(usize, String)> {
    const SHOWN: usize = 3;
    const LONGEST: usize = 160;
    /// Of a hundred: half of the pairs of characters.
    const ALIKE: usize = 50;
    let Some(wanted) =
        part.lines().map(str::trim).max_by_key(|line| line.len()).map(|line| cut(line, LONGEST))
    else {
        return Vec::new();
    };
    let wanted = pairs(wanted);
    let mut best: Vec<(usize, usize, &str)> = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let line = cut(line.trim_end(), LONGEST);
        let score = alike(&wanted, line.trim_start());
        if score >= ALIKE {
            best.push((score, number, line));
            best.sort_by_key(|&(score, number, _)| (std::cmp::Reverse(score), number));
            best.truncate(SHOWN);
        }
    }
    best.sort_by_key(|&(_, number, _)| number);
    best.into_iter().map(|(_, number, line)| (number, line.to_owned())).collect()
}

/// How often each pair of neighbouring characters stands in a line.
fn pairs(line: &str) -> BTreeMap<(char, char), usize> {
    let mut pairs = BTreeMap::new();
    for pair in line.chars().zip(line.chars().skip(1)) {
        *pairs.entry(pair).or_default() += 1;
    }
    pairs
}

/// Of a hundred, how much of both lines they share.
fn alike(wanted: &BTreeMap<(char, char), usize>, line: &str) -> usize {
    let found = pairs(line);
    let shared: usize = found.iter().map(|(pair, n)| wanted.get(pair).map_or(0, |w| *w.min(n))).sum();
    let all: usize = wanted.values().chain(found.values()).sum();
    (200 * shared).checked_div(all).unwrap_or(0)
}

fn cut(line: &str, most: usize) -> &str {
    line.char_indices().nth(most).map_or(line, |(end, _)| &line[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str =
        "# Tides\n\nThe mill turns at ebb.\nThe gate is shut at flood.\nThe mill turns at ebb.\nEnd\n";

    fn edit(old: &str, new: &str) -> Edit {
        Edit { old: old.into(), new: new.into(), replace_all: false }
    }

    fn everywhere(old: &str, new: &str) -> Edit {
        Edit { replace_all: true, ..edit(old, new) }
    }

    #[test]
    fn edits_are_made_in_order_and_shown() {
        let edits = [
            edit("gate is shut", "gate is open"),
            edit("open at flood", "open"),
            everywhere("ebb", "low tide"),
        ];
        let edited = edit_text("mill.md", TEXT, &edits).unwrap();
        assert_eq!(edited.replaced, 4);
        assert_eq!(
            edited.diff,
            "--- a/mill.md\n+++ b/mill.md\n@@ -1,6 +1,6 @@\n # Tides\n \n-The mill turns at ebb.\n-The gate is shut at flood.\n\
             -The mill turns at ebb.\n+The mill turns at low tide.\n+The gate is open.\n+The mill turns at low tide.\n End\n"
        );
        assert_eq!(edit_text("mill.md", TEXT, &[edit("End", "End")]).unwrap().diff, "");
    }

    #[test]
    fn what_cannot_be_made_says_why_and_where() {
        let check = |edits: &[Edit], kind: ErrorKind, words: &[&str]| {
            let error = edit_text("mill.md", TEXT, edits).unwrap_err();
            let said = format!("{error}\n{}", error.hints().unwrap());
            assert_eq!(error.kind(), kind, "{said}");
            for words in words {
                assert!(said.contains(words), "{words:?} is not in {said:?}");
            }
        };
        let twice = [edit("turns at ebb", "x")];
        check(&twice, ErrorKind::Invalid, &["`mill.md` was not changed", "2 places, in lines 3, 5"]);
        let like = [edit("The gates is shut at flod.", "x")];
        check(&like, ErrorKind::Conflict, &["does not match", "4: The gate is shut at flood."]);
        let unlike = [edit("quantum chromodynamics", "x")];
        check(&unlike, ErrorKind::Conflict, &["no line of it is like this text"]);
        check(&[edit("", "x")], ErrorKind::Invalid, &["names no text"]);
        let second = [edit("End", "Fin"), edit("End", "x")];
        check(&second, ErrorKind::Conflict, &["edit 2 of 2"]);
    }

    #[test]
    fn line_ends_are_told_apart() {
        let error = edit_text("a", "one\r\ntwo\r\n", &[edit("one\ntwo", "x")]).unwrap_err();
        assert!(error.hints().unwrap().contains("\\r\\n"), "{error:?}");
        let error = edit_text("a", "one\ntwo\n", &[edit("one\r\ntwo", "x")]).unwrap_err();
        assert!(error.hints().unwrap().contains("\\n alone"), "{error:?}");
    }

    proptest! {
        #[test]
        fn an_edit_changes_what_it_names_and_nothing_else(
            before in "[a-cü\n]{0,20}", old in "[x-z]{1,5}", after in "[a-cü\n]{0,20}", new in "[a-zü\n]{0,6}",
        ) {
            let text = format!("{before}{old}{after}");
            let edited = edit_text("t", &text, &[edit(&old, &new)]).unwrap();
            prop_assert_eq!(&edited.text, &format!("{before}{new}{after}"));
            prop_assert_eq!(edited.replaced, 1);
            prop_assert!(edit_text("t", &before, &[edit(&old, &new)]).is_err());
        }

        #[test]
        fn any_text_and_edit_give_a_text_or_a_reason(text in ".{0,60}", old in ".{0,6}", new in ".{0,6}", all: bool) {
            let edit = Edit { old, new, replace_all: all };
            if let Err(error) = edit_text("t", &text, &[edit]) {
                prop_assert!(error.hints().is_some());
            }
        }
    }
}
