//! Which row of a block is its header.
//!
//! Where the file says it, that is it. Else it is a guess: names that differ, above rows as wide, and either what is below is of another kind
//! (numbers under words), or the names stand in the first row, without a gap, and none of them comes again below.

use crate::sheet::{Kind, Row, Sheet, Shown};

/// A title and a few remarks may stand above a header, not more.
const MAX_ABOVE: usize = 6;
/// Rows below that are looked at.
const SAMPLE: usize = 12;
/// A longer cell is no name of a column.
const MAX_NAME_BYTES: usize = 160;

/// The place of the header in the block, whose rows use `width` columns.
pub(crate) fn header_of(sheet: &Sheet, rows: &[Row], width: usize) -> Option<usize> {
    let mut widest_above = 0;
    for at in 0..rows.len().saturating_sub(1).min(MAX_ABOVE) {
        let names: Vec<_> = sheet.cells(rows.get(at)?).collect();
        let below = rows.get(at + 1..)?;
        if names.len() > widest_above
            && could_be(&names)
            && let Some(sign) = sign(sheet, &names, below, width)
            && (sign == Sign::Kind || at == 0)
        {
            return Some(at);
        }
        widest_above = widest_above.max(names.len());
    }
    None
}

/// Whether a row that stands alone, with one blank row after it, is the header of the block there, which uses these columns.
pub(crate) fn is_header_of(sheet: &Sheet, row: &Row, block: &[Row], columns: &[u16]) -> bool {
    let names: Vec<_> = sheet.cells(row).collect();
    if !could_be(&names) || !names.iter().map(|cell| cell.column).eq(columns.iter().copied()) {
        return false;
    }
    let own = block.split_first().and_then(|(first, below)| {
        let names: Vec<_> = sheet.cells(first).collect();
        could_be(&names).then(|| sign(sheet, &names, below, columns.len())).flatten()
    });
    own != Some(Sign::Kind) && sign(sheet, &names, block, columns.len()).is_some()
}

/// Whether these could be the names of columns by themselves.
fn could_be(names: &[Shown<'_>]) -> bool {
    let of_names = names.iter().filter(|cell| is_name(cell)).count();
    let mut words: Vec<_> = names.iter().map(|cell| cell.words.to_lowercase()).collect();
    words.sort_unstable();
    words.dedup();
    // One name may stand twice (`Total`), in a wide table some.
    let distinct = words.len() + names.len() / 6 >= names.len();
    names.len() >= 2 && of_names * 5 >= names.len() * 4 && distinct
}

/// A word, a date or a year.
fn is_name(cell: &Shown<'_>) -> bool {
    let is_year =
        || cell.words.len() == 4 && cell.words.parse().is_ok_and(|year: u32| (1900..2100).contains(&year));
    match cell.kind {
        Kind::Text => cell.words.len() <= MAX_NAME_BYTES,
        Kind::Date => true,
        Kind::Number => is_year(),
        Kind::Truth => false,
    }
}

/// What shows that names are a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    /// What is below is of another kind.
    Kind,
    /// Nothing is missing, and none of them comes again. Many a row is like that.
    Shape,
}

fn sign(sheet: &Sheet, names: &[Shown<'_>], below: &[Row], width: usize) -> Option<Sign> {
    let sample: Vec<Vec<_>> =
        below.iter().take(SAMPLE).map(|row| sheet.cells(row).collect::<Vec<_>>()).collect();
    let widest = sample.iter().map(Vec::len).max().unwrap_or(0);
    // The first column of a table often has no name.
    if names.len() * 10 < widest * 6 && names.len() + 1 < widest {
        return None;
    }
    let (mut other_kind, mut again) = (0, 0);
    for name in names {
        let at = |row: &'_ Vec<Shown<'_>>| row.binary_search_by_key(&name.column, |cell| cell.column).ok();
        let column = || sample.iter().filter_map(|row| row.get(at(row)?));
        let others = column().filter(|cell| cell.kind != name.kind && cell.kind != Kind::Text).count();
        other_kind += usize::from(others > 0 && others * 2 >= column().count());
        again += usize::from(column().any(|cell| cell.words == name.words));
    }
    let complete = names.len() == width && names.iter().all(|cell| cell.kind == Kind::Text);
    let by_kind = other_kind > 0 && names.iter().any(|cell| cell.kind == Kind::Text);
    match again {
        0 if by_kind => Some(Sign::Kind),
        0 if complete && below.len() >= 2 => Some(Sign::Shape),
        _ => None,
    }
}
