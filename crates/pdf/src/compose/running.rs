//! Running lines: headers, footers and page numbers that stand in the same place of many pages.
//!
//! Invariant: words stay in the text at least once; only numbers of pages go altogether.
//! Not here: what the file itself marks as such; that is never read, see [`crate::content`].

use std::collections::HashMap;

use super::Sheet;
use crate::layout::Block;

/// On fewer pages it may be chance.
const PAGES: usize = 3;
/// This part of the page's height is margin, above and below.
const MARGIN: f64 = 0.12;
/// Running lines stand at the same height, give or take this many points.
const UNEVEN: f64 = 6.0;
/// Longer ones are text.
const LETTERS: usize = 150;

/// Takes running lines out of all pages.
pub(crate) fn drop_running_lines(sheets: &mut [Sheet]) {
    let mut seen: HashMap<Line, usize> = HashMap::new();
    for sheet in sheets.iter() {
        let mut lines: Vec<Line> =
            sheet.blocks.iter().filter_map(|block| line(block, sheet.height)).collect();
        lines.sort();
        lines.dedup();
        for line in lines {
            *seen.entry(line).or_default() += 1;
        }
    }
    // Heights are counted in steps, and a line may lie on either side of one.
    let pages = |line: &Line| -> usize {
        (-1..=1).filter_map(|step| seen.get(&Line { step: line.step + step, text: line.text.clone() })).sum()
    };
    let mut kept: HashMap<String, usize> = HashMap::new();
    for (number, sheet) in sheets.iter_mut().enumerate() {
        let height = sheet.height;
        sheet.blocks.retain(|block| {
            let Some(line) = line(block, height).filter(|line| pages(line) >= PAGES) else {
                return true;
            };
            !is_number(&line.text) && *kept.entry(line.text).or_insert(number) == number
        });
    }
}

/// A line in a margin: its height on the page, and its words with all numbers alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Line {
    step: i64,
    text: String,
}

fn line(block: &Block, height: f64) -> Option<Line> {
    let (top, bottom) = block.edges();
    let in_margin = bottom < MARGIN * height || top > (1.0 - MARGIN) * height;
    let text = match block {
        Block::Paragraph(paragraph) if paragraph.lines.len() <= 2 => paragraph.lines.join(" "),
        Block::Table(table) => match table.rows.as_slice() {
            [row] => row.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join(" "),
            _ => return None,
        },
        Block::Paragraph(_) => return None,
    };
    (in_margin && text.len() <= LETTERS).then(|| Line { step: (top / UNEVEN) as i64, text: alike(&text) })
}

/// Words with every number as `#`, Roman ones too.
fn alike(text: &str) -> String {
    let word = |word: &str| {
        let inner = word.trim_matches(|c: char| !c.is_alphanumeric());
        if !inner.is_empty() && inner.bytes().all(|b| matches!(b, b'i' | b'v' | b'x' | b'l')) {
            return "#".to_owned();
        }
        let mut alike = String::new();
        for c in word.chars() {
            match c {
                c if c.is_ascii_digit() && alike.ends_with('#') => {}
                c if c.is_ascii_digit() => alike.push('#'),
                c => alike.extend(c.to_lowercase()),
            }
        }
        alike
    };
    text.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

/// Whether nothing but the number of the page is said.
fn is_number(alike: &str) -> bool {
    const WORDS: [&str; 10] = ["page", "of", "p", "pg", "seite", "von", "\u{7b2c}", "\u{9875}", "de", "sur"];
    let mut words = alike.split(|c: char| !c.is_alphanumeric() && c != '#').filter(|word| !word.is_empty());
    words.all(|word| word == "#" || WORDS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Paragraph;

    fn block(text: &str, top: f64) -> Block {
        Block::Paragraph(Paragraph {
            lines: vec![text.to_owned()],
            size: 10.0,
            bold: false,
            code: false,
            left: 0.0,
            top,
            bottom: top + 10.0,
            apart: true,
            stated: None,
            listed: false,
        })
    }

    fn texts(sheet: &Sheet) -> Vec<&str> {
        let mut texts = Vec::new();
        for block in &sheet.blocks {
            if let Block::Paragraph(paragraph) = block {
                texts.extend(paragraph.lines.iter().map(String::as_str));
            }
        }
        texts
    }

    #[test]
    fn what_is_on_every_page_stays_once() {
        let sheet = |n: usize| Sheet {
            blocks: vec![
                block("The mill", 20.0 + n as f64),
                block("The mill", 400.0),
                block(&format!("- {n} -"), 780.0),
            ],
            height: 800.0,
            ..Sheet::default()
        };
        let mut sheets: Vec<Sheet> = (1..=4).map(sheet).collect();
        drop_running_lines(&mut sheets);
        let left: Vec<Vec<&str>> = sheets.iter().map(texts).collect();
        assert_eq!(left, [vec!["The mill"; 2], vec!["The mill"], vec!["The mill"], vec!["The mill"]]);
        let mut two: Vec<Sheet> = (1..=2).map(sheet).collect();
        drop_running_lines(&mut two);
        assert_eq!(texts(&two[0]).len(), 3);
    }

    #[test]
    fn numbers_of_pages() {
        let numbers = ["Page 3 of 12", "- iv -", "12", "p. 7", "\u{7b2c} 3 \u{9875}"];
        assert!(numbers.iter().all(|text| is_number(&alike(text))));
        assert!(!is_number(&alike("Chapter 3")));
    }
}
