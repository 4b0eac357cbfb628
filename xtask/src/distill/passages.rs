//! Cuts the sources into the passages of the sample.
//!
//! Invariant: which passages are taken depends on their text alone, by its hash, not on the order of files.
//! Not here: reading formats.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use corpus::Tokenizer;
use embed::WordPiece;
use fs_err as fs;

use super::sources::Source;

/// Fewest and most word pieces of an ordinary passage.
const SIZE: std::ops::RangeInclusive<usize> = 40..=250;
/// Of so many passages in a hundred only a sentence or a heading is taken: what queries look like.
const SHORT_PERCENT: u64 = 15;
/// Fewest and most word pieces of such a one.
const SHORT_SIZE: std::ops::RangeInclusive<usize> = 4..=32;

/// One text for the teacher.
pub(super) struct Passage {
    pub(super) source: String,
    pub(super) text: String,
    pub(super) n_tokens: usize,
}

/// The sample: from each source as many as its entry says, or as a share of `limit` in all.
pub(super) fn sample(sources: &[Source], limit: usize) -> anyhow::Result<Vec<Passage>> {
    let wanted: usize = sources.iter().map(|source| source.entry.passages).sum();
    let mut seen = HashSet::new();
    let mut out = Vec::new();
    for source in sources {
        let mut found = Vec::new();
        for file in files(source)? {
            // Files in other encodings are few, and other text will do.
            let Ok(text) = fs::read_to_string(&file) else { continue };
            cut(&source.entry.reader.paragraphs(&text), &mut found);
        }
        found.retain(|text| is_english(text) && seen.insert(fold(text)));
        let n_found = found.len();
        found.sort_by_cached_key(|text| *blake3::hash(text.as_bytes()).as_bytes());
        let share = source.entry.passages * limit.min(wanted) / wanted.max(1);
        println!("{:<24} {:>6} of {n_found}", source.entry.name, share.min(n_found));
        out.extend(found.into_iter().take(share).map(|text| Passage {
            source: source.entry.name.clone(),
            n_tokens: WordPiece::builtin().count(&text),
            text,
        }));
    }
    Ok(out)
}

fn files(source: &Source) -> anyhow::Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    for folder in &source.entry.folders {
        walk(&source.dir.join(folder), &mut out)?;
    }
    out.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        source.entry.endings.iter().any(|ending| name.ends_with(&format!(".{ending}")))
    });
    out.sort();
    Ok(out)
}

fn walk(dir: &Path, out: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(&entry.path(), out)?;
        } else if kind.is_file() {
            out.push(entry.path());
        }
    }
    Ok(())
}

/// Joins paragraphs to passages of varied length, cuts paragraphs that are too long, and shortens some to a line.
fn cut(paragraphs: &[String], out: &mut Vec<String>) {
    let mut current = String::new();
    let mut n_current = 0;
    for paragraph in paragraphs.iter().flat_map(|paragraph| pieces(paragraph)) {
        let n = WordPiece::builtin().count(paragraph);
        if n_current + n > *SIZE.end() {
            finish(&mut current, &mut n_current, out);
        }
        if !current.is_empty() {
            current.push('\n');
        }
        current.push_str(paragraph);
        n_current += n;
        // Mostly short of the largest, as chunks are.
        let target = *SIZE.start() as u64 + number(&current) % 140;
        if n_current as u64 >= target {
            finish(&mut current, &mut n_current, out);
        }
    }
    finish(&mut current, &mut n_current, out);
}

fn finish(current: &mut String, n_current: &mut usize, out: &mut Vec<String>) {
    let text = std::mem::take(current);
    let n = std::mem::take(n_current);
    if SIZE.contains(&n) {
        if number(&text) / 140 % 100 < SHORT_PERCENT {
            out.extend(short(&text));
        } else {
            out.push(text);
        }
    }
}

/// The first line or sentence that could be a query or a title.
fn short(text: &str) -> Option<String> {
    let lines = text.lines().flat_map(|line| line.split_inclusive(['.', '?', ';']));
    let mut good = lines.map(str::trim).filter(|line| SHORT_SIZE.contains(&WordPiece::builtin().count(line)));
    good.next().map(str::to_owned)
}

/// A paragraph in parts of at most the largest size, cut before words.
fn pieces(paragraph: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    WordPiece::builtin().tokenize(paragraph, &mut tokens);
    let mut out = Vec::new();
    let (mut from, mut n) = (0, 0);
    for token in &tokens {
        let start = token.start as usize;
        let at_word = !token.continues && paragraph[..start].ends_with(char::is_whitespace);
        // A little early, so that a word of many pieces still fits.
        if at_word && n + 30 >= *SIZE.end() {
            out.push(&paragraph[from..start]);
            (from, n) = (start, 0);
        }
        n += 1;
    }
    out.push(&paragraph[from..]);
    out
}

/// A number that varies with the text and is always the same for one text.
fn number(text: &str) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..8]);
    u64::from_le_bytes(first)
}

/// What makes two texts the same for us: their letters.
fn fold(text: &str) -> [u8; 32] {
    let letters: String = text.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
    *blake3::hash(letters.as_bytes()).as_bytes()
}

/// Mostly letters, and ASCII: no tables of numbers, no translations.
fn is_english(text: &str) -> bool {
    let count = |kind: fn(&char) -> bool| text.chars().filter(kind).count() as f32;
    let all = text.chars().count().max(1) as f32;
    count(|c| c.is_ascii_alphabetic() || *c == ' ') / all > 0.65 && count(|c| c.is_ascii()) / all > 0.95
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passages_have_the_wanted_sizes_and_hold_all_words() {
        let paragraph = |n: usize| (0..n).map(|i| format!("word{i} and more")).collect::<Vec<_>>().join(" ");
        let mut out = Vec::new();
        cut(&[3, 10, 200, 1, 40, 2, 2, 2, 30].map(paragraph), &mut out);
        assert!(out.len() > 3);
        for text in &out {
            let n = WordPiece::builtin().count(text);
            assert!(SIZE.contains(&n) || SHORT_SIZE.contains(&n), "{n} pieces");
        }
        let long = paragraph(300);
        assert_eq!(pieces(&long).concat(), long);
    }

    #[test]
    fn english_is_told_from_the_rest() {
        assert!(is_english("Plain words, mostly."));
        assert!(!is_english("0.1 0.2 0.3 0.4 0.5 0.6"));
        assert!(!is_english("Съешь же ещё этих мягких французских булок"));
    }
}
