//! Tables of contents: their entries are no headings, however large they are set.
//!
//! Invariant: only what has the number of a page is marked, and what that number stands above.
//! Not here: what the outline lists, see [`super::headings`].

use super::Sheet;
use crate::layout::{Block, Paragraph, Table};

/// Fewer entries on one page may be headings with numbers.
const ENTRIES: usize = 5;
/// Pages are further apart than this, on the average; the numbers of headings are not.
const PAGES_APART: usize = 2;
/// Larger numbers are years.
const LAST_PAGE: usize = 1500;
/// So many dots in a row lead to a page's number.
const LEADER: &str = "....";

/// Marks the entries of contents on all pages.
pub(crate) fn mark_entries(sheets: &mut [Sheet]) {
    for sheet in sheets {
        let numbered: Vec<(usize, usize)> = sheet
            .blocks
            .iter()
            .enumerate()
            .flat_map(|(at, block)| numbers(block).into_iter().map(move |number| (at, number)))
            .collect();
        for at in entries(&numbered) {
            mark(&mut sheet.blocks, at);
        }
        for block in &mut sheet.blocks {
            if let Block::Paragraph(paragraph) = block {
                paragraph.listed |= paragraph.lines.iter().any(|line| line.contains(LEADER));
            }
        }
    }
}

/// The blocks whose numbers are those of pages: they rise from one to the next, faster than headings are counted.
fn entries(numbered: &[(usize, usize)]) -> Vec<usize> {
    let number = |at: usize| numbered.get(at).map(|(_, number)| *number);
    let in_order: Vec<(usize, usize)> = numbered
        .iter()
        .enumerate()
        .filter(|(at, (_, own))| {
            let before = at.checked_sub(1).and_then(number);
            before.is_none_or(|before| before <= *own) && number(at + 1).is_none_or(|after| *own <= after)
        })
        .map(|(_, entry)| *entry)
        .collect();
    let reach = match (in_order.first(), in_order.last()) {
        (Some((_, first)), Some((_, last))) => last.saturating_sub(*first),
        _ => 0,
    };
    let are_entries = in_order.len() >= ENTRIES
        && in_order.len() * 5 >= numbered.len() * 4
        && reach >= PAGES_APART * in_order.len();
    if are_entries { in_order.into_iter().map(|(block, _)| block).collect() } else { Vec::new() }
}

/// Marks an entry, its title where that stands below its number, and what goes on in its type: its further lines.
fn mark(blocks: &mut [Block], at: usize) {
    let mut from = blocks.iter_mut().skip(at);
    let Some(Block::Paragraph(entry)) = from.next() else {
        return;
    };
    entry.listed = true;
    let is_number_alone = !entry.lines.iter().any(|line| line.contains(char::is_alphabetic));
    let (size, bold) = (entry.size, entry.bold);
    let mut is_title = is_number_alone;
    for block in from {
        match block {
            Block::Paragraph(more) if is_title || is_like(more, size, bold) => more.listed = true,
            _ => break,
        }
        is_title = false;
    }
}

fn is_like(paragraph: &Paragraph, size: f64, bold: bool) -> bool {
    !paragraph.listed && paragraph.bold == bold && (paragraph.size - size).abs() < 0.05 * size
}

/// The numbers that may be those of pages: one of a paragraph, one of each row with two cells.
fn numbers(block: &Block) -> Vec<usize> {
    match block {
        Block::Paragraph(Paragraph { lines, .. }) => page_number(&lines.join(" ")).into_iter().collect(),
        Block::Table(Table { rows, .. }) => rows
            .iter()
            .filter_map(|row| {
                let filled: Vec<&str> =
                    row.iter().map(|cell| cell.text.as_str()).filter(|text| !text.is_empty()).collect();
                (filled.len() == 2).then(|| page_number(&filled.join(" "))).flatten()
            })
            .collect(),
    }
}

/// The number behind an entry's words, or before them, or alone.
fn page_number(entry: &str) -> Option<usize> {
    let number = |word: &str| {
        let is_number = word.len() <= 4 && word.bytes().all(|b| b.is_ascii_digit());
        word.parse().ok().filter(|number| is_number && *number <= LAST_PAGE)
    };
    let mut words = entry.split_whitespace();
    let (first, last) = (words.next()?, words.next_back());
    last.and_then(number).or_else(|| number(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_have_the_numbers_of_pages() {
        let cases: [(&[&str], &[usize]); 6] = [
            (&["2 Wheels", "4 Gates", "8 The pond", "14 Weed", "15 Elm"], &[0, 1, 2, 3, 4]),
            (
                &["1 Wheels 2", "Report 900", "2 Gates 4", "3 Pond 8", "4 Weed 14", "5 Elm 15", "6 Oak 20"],
                &[],
            ),
            (&["Wheels 2", "Gates 4", "Pond 8", "8", "Weed 14", "Elm 15"], &[0, 1, 2, 3, 4, 5]),
            (&["1 Wheels", "2 Gates", "3 Pond", "4 Weed", "5 Elm", "6 Oak"], &[]),
            (&["1990 Wheels", "2000 Gates", "2004 Pond", "2010 Weed", "2020 Elm"], &[]),
            (&["2 Wheels", "4 Gates", "8 The pond"], &[]),
        ];
        for (paragraphs, expected) in cases {
            let numbered: Vec<(usize, usize)> = paragraphs
                .iter()
                .enumerate()
                .filter_map(|(at, paragraph)| Some((at, page_number(paragraph)?)))
                .collect();
            assert_eq!(entries(&numbered), expected, "{paragraphs:?}");
        }
    }
}
