//! reStructuredText: sections by their adornment (Docutils' specification, "Sections"), fields at the beginning.

use super::Found;
use crate::{inline, markdown};

/// How many lines the fields about the document stand in.
const FIELD_LINES: usize = 100;

/// Adornments in the order in which they appear, which is that of their levels: the mark, and whether it also stands above.
type Styles = Vec<(char, bool)>;

pub(super) fn scan(text: &str) -> Found {
    let mut found = Found::default();
    let mut styles = Styles::new();
    let lines: Vec<(usize, &str)> = markdown::lines(text, 0).collect();
    let line =
        |at: usize| lines.get(at).map_or("", |(_, line)| line.trim_start_matches('\u{feff}').trim_end());
    let mut at = 0;
    let mut after_blank = true;
    while at < lines.len() {
        let (first, second, third) = (line(at), line(at + 1), line(at + 2));
        let overlined =
            adornment(first).filter(|&mark| is_title(second.trim()) && adornment(third) == Some(mark));
        let overlined =
            overlined.filter(|_| first.len() == third.len() && first.len() >= second.trim().chars().count());
        let underlined = || {
            adornment(second)
                .filter(|_| is_title(first) && !first.starts_with([' ', '\t']) && fits(first, second))
        };
        let section = match (overlined, after_blank) {
            (Some(mark), true) => Some((mark, true, second, at + 2)),
            (None, true) => underlined().map(|mark| (mark, false, first, at + 1)),
            _ => None,
        };
        if let Some((mark, over, words, last)) = section {
            let end = lines.get(last).map_or(text.len(), |(start, line)| start + line.len());
            let start = lines
                .get(at)
                .map_or(0, |(start, line)| start + line.len() - line.trim_start_matches('\u{feff}').len());
            found.heading(start, end, level(&mut styles, (mark, over)), &plain(words));
            at = last + 1;
            continue;
        }
        if let Some((name, value)) = field(first).filter(|_| at < FIELD_LINES) {
            found.field(name, value);
        }
        after_blank = first.is_empty();
        at += 1;
    }
    found
}

/// The mark that all of a line consists of.
fn adornment(line: &str) -> Option<char> {
    let mark = line.chars().next().filter(char::is_ascii_punctuation)?;
    (line.len() >= 2 && line.bytes().all(|byte| char::from(byte) == mark)).then_some(mark)
}

/// Docutils takes an underline that is too short from four marks on, with a warning.
fn fits(title: &str, underline: &str) -> bool {
    underline.len() >= title.chars().count() || underline.len() >= 4
}

/// Words that no other markup claims.
fn is_title(line: &str) -> bool {
    const OTHERS: [&str; 5] = [".. ", "- ", "* ", "+ ", ">>> "];
    !line.is_empty()
        && adornment(line).is_none()
        && !OTHERS.iter().any(|mark| line.starts_with(mark))
        && field(line).is_none()
}

fn level(styles: &mut Styles, style: (char, bool)) -> usize {
    let known = styles.iter().position(|known| *known == style);
    known.unwrap_or_else(|| {
        styles.push(style);
        styles.len() - 1
    }) + 1
}

/// `:name: value`
fn field(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix(':')?.split_once(':')?;
    let is_field = !name.is_empty() && !name.starts_with(' ') && (value.is_empty() || value.starts_with(' '));
    is_field.then_some((name, value))
}

/// The words without roles (`` :ref:`x` ``) and marks.
fn plain(words: &str) -> String {
    let mut out = String::new();
    for (n, piece) in words.split('`').enumerate() {
        // A role stands straight before the backtick it belongs to.
        let role =
            piece.rfind(':').filter(|&end| end + 1 == piece.len()).and_then(|end| piece[..end].rfind(':'));
        let is_role = |start: usize| {
            piece[start..]
                .trim_matches(':')
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ':'))
        };
        let piece = role.filter(|&start| is_role(start) && n % 2 == 0).map_or(piece, |start| &piece[..start]);
        if n > 0 {
            out.push('`');
        }
        out.push_str(piece);
    }
    inline::plain(&out)
}
