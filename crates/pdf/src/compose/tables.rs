//! Rows into the text, under a header where one can be recognised.
//!
//! Invariant: no cell is lost.
//! Not here: which words are cells.

use extract::Builder;

use crate::layout::Cell;

/// Writes a table.
pub(crate) fn write(build: &mut Builder, rows: &[Vec<Cell>]) {
    let texts = |row: &Vec<Cell>| row.iter().map(|cell| cell.text.clone()).collect::<Vec<_>>();
    match rows.split_first() {
        Some((first, rest)) if is_header(first, rest) => {
            build.begin_table(&texts(first));
            rest.iter().for_each(|row| build.row(&texts(row)));
        }
        _ => {
            build.begin_block();
            rows.iter().for_each(|row| build.row(&texts(row)));
        }
    }
}

/// Whether the first row names the columns of the others: it alone is bold, or it has words where they have numbers.
fn is_header(first: &[Cell], rest: &[Vec<Cell>]) -> bool {
    let filled = |row: &[Cell]| row.iter().filter(|cell| !cell.text.is_empty()).count();
    if rest.len() < 2 || filled(first) < 2 || filled(first) * 2 <= first.len() {
        return false;
    }
    let is_bold = |row: &[Cell]| row.iter().filter(|cell| !cell.text.is_empty()).all(|cell| cell.bold);
    if is_bold(first) && !rest.iter().all(|row| is_bold(row)) {
        return true;
    }
    let has_number = |cell: &Cell| cell.text.bytes().any(|b| b.is_ascii_digit());
    let numbers_below = |column: usize| {
        let below = || rest.iter().filter_map(|row| row.get(column)).filter(|cell| !cell.text.is_empty());
        below().count() > 1 && below().all(has_number)
    };
    !first.iter().any(has_number) && (0..first.len()).any(numbers_below)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(table: &[&[&str]]) -> Vec<Vec<Cell>> {
        let cell =
            |text: &&str| Cell { text: text.trim_matches('*').to_owned(), bold: text.starts_with('*') };
        table.iter().map(|row| row.iter().map(cell).collect()).collect()
    }

    #[test]
    fn headers() {
        let cases: [(&[&[&str]], bool); 4] = [
            (&[&["*Name", "*Port"], &["Ada", "Brest"], &["Bo", "Ghent"]], true),
            (&[&["Name", "Tons"], &["Ada", "3"], &["Bo", "12.5"]], true),
            (&[&["Name", "Port"], &["Ada", "Brest"], &["Bo", "Ghent"]], false),
            (&[&["Total", ""], &["Ada", "3"], &["Bo", "4"]], false),
        ];
        for (table, header) in cases {
            let rows = rows(table);
            let (first, rest) = rows.split_first().unwrap();
            assert_eq!(is_header(first, rest), header, "{table:?}");
        }
    }
}
