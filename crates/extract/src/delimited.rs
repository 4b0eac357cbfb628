//! Tables in plain text (RFC 4180 and its relatives): the header row, and which rows the lines are. The text itself stays as it is.
//!
//! Invariant: each line of the text belongs to one row; a row of several lines has an anchor of its own.

use std::collections::HashSet;

use corpus::{Anchor, Document, Format, Place, Span, Table, Unit};

use crate::encoding::decode;
use crate::{Skip, title};

/// What may part two cells.
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];
/// How many records show what parts the cells and whether the first is a header.
const SAMPLE: usize = 50;
/// The longest header that is repeated with each part of the table.
const MAX_HEADER_BYTES: usize = 2048;
/// The most anchors of one table. Only one with line breaks in its cells has more than one; beyond this its rows have no numbers.
const MAX_ANCHORS: usize = 50_000;

pub(crate) fn read(bytes: Vec<u8>, format: Format) -> Result<Document, Skip> {
    let (text, encoding) = decode(bytes, None)?;
    let records: Vec<Record> = records(&text).collect();
    let sample: Vec<&str> = records
        .iter()
        .map(|record| &text[record.start..record.end])
        .filter(|record| !record.trim().is_empty())
        .take(SAMPLE)
        .collect();
    let delimiter = delimiter(&sample);
    let rows: Vec<Vec<String>> = sample.iter().map(|record| cells(record, delimiter)).collect();
    let n_columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let anchors = if n_columns == 0 { Vec::new() } else { anchors(&records, n_columns as u32) };
    let (title, n_captions) = caption(&rows);
    let header = header(rows.get(n_captions..).unwrap_or_default());
    let tables = header.and_then(|header| table(&text, &records, n_captions, header)).into_iter().collect();
    Ok(Document { title, anchors, tables, encoding, ..Document::plain(text, format) })
}

/// A record and its line break. It is a row by its number, from 1.
#[derive(Clone, Copy)]
struct Record {
    start: usize,
    end: usize,
    n_lines: u32,
}

/// The records: line breaks inside quotes do not end one. A quote that nothing closes ends with its line.
fn records(text: &str) -> impl Iterator<Item = Record> {
    let is_closed = text.bytes().filter(|&byte| byte == b'"').count() % 2 == 0;
    let mut at = 0;
    let mut lines = text.split_inclusive('\n');
    std::iter::from_fn(move || {
        let (start, mut n_lines, mut quoted) = (at, 0, false);
        for line in lines.by_ref() {
            at += line.len();
            n_lines += 1;
            quoted ^= line.bytes().filter(|&byte| byte == b'"').count() % 2 == 1;
            if !quoted || !is_closed {
                break;
            }
        }
        (at > start).then_some(Record { start, end: at, n_lines })
    })
}

/// Anchors for runs of records of one line, and for each of several.
fn anchors(records: &[Record], n_columns: u32) -> Vec<Anchor> {
    let mut anchors: Vec<Anchor> = Vec::new();
    let mut run: Option<(usize, u32)> = None;
    let mut push = |start: usize, end: usize, first: u32, last: u32| {
        let place = Place { unit: Unit::Row, first, last, name: None, columns: Some((0, n_columns - 1)) };
        if anchors.len() < MAX_ANCHORS {
            anchors.push(Anchor { span: Span::new(start, end), place });
        }
    };
    for (row, record) in (1..).zip(records) {
        if record.n_lines == 1 {
            run = run.or(Some((record.start, row)));
            continue;
        }
        if let Some((start, first)) = run.take() {
            push(start, record.start, first, row - 1);
        }
        push(record.start, record.end, row, row);
    }
    if let (Some((start, first)), Some(last)) = (run, records.last()) {
        push(start, last.end, first, records.len() as u32);
    }
    anchors
}

/// The words above a table of several columns, and how many rows they take: rows with one cell.
fn caption(rows: &[Vec<String>]) -> (Option<String>, usize) {
    const FEW: usize = 3;
    let is_caption =
        |row: &&Vec<String>| row.len() > 1 && row.iter().filter(|cell| !cell.is_empty()).count() == 1;
    let n = rows.iter().take_while(is_caption).count();
    let is_above = (1..=FEW).contains(&n) && rows.get(n).is_some_and(|row| row.len() > 1);
    let words = rows.first().and_then(|row| row.iter().find(|cell| !cell.is_empty()));
    if is_above { (words.and_then(|words| title::tidy(words)), n) } else { (None, 0) }
}

/// The rows after the header. Without any, there is nothing that needs it.
fn table(text: &str, records: &[Record], n_before: usize, header: &[String]) -> Option<Table> {
    let first =
        records.iter().filter(|record| !text[record.start..record.end].trim().is_empty()).nth(n_before)?;
    let n_named = header.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
    let header = header[..n_named].join(" | ");
    let has_rows = !text[first.end..].trim().is_empty();
    (has_rows && header.len() <= MAX_HEADER_BYTES)
        .then(|| Table { span: Span::new(first.end, text.len()), header })
}

/// The sign that gives the most records the same number of cells, and more than one.
fn delimiter(sample: &[&str]) -> char {
    let score = |delimiter: char| {
        let counts: Vec<usize> = sample.iter().map(|record| cells(record, delimiter).len()).collect();
        let first = counts.first().copied().unwrap_or(0);
        let same = counts.iter().filter(|&&n| n == first).count();
        if first > 1 { (same * 100 / counts.len().max(1), first) } else { (0, 0) }
    };
    // The first of equals is the usual one.
    DELIMITERS.into_iter().rev().max_by_key(|&delimiter| score(delimiter)).unwrap_or(',')
}

/// The cells of a record, without quotes, in one line each.
fn cells(record: &str, delimiter: char) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for c in record.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']).chars() {
        let Some(cell) = cells.last_mut() else { break };
        match c {
            '"' => quoted = !quoted,
            c if c == delimiter && !quoted => cells.push(String::new()),
            c => cell.push(if c.is_control() { ' ' } else { c }),
        }
    }
    cells.iter().map(|cell| cell.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// The header row, if the first is one: words, each its own, and none of them again below it. One cell may be empty: that of the rows' own
/// names.
fn header(rows: &[Vec<String>]) -> Option<&[String]> {
    let (first, rest) = rows.split_first()?;
    let words: Vec<&String> = first.iter().filter(|cell| !cell.is_empty()).collect();
    let distinct: HashSet<&String> = words.iter().copied().collect();
    let is_named = distinct.len() == words.len() && words.len() + 1 >= first.len() && !words.is_empty();
    let is_words = words.iter().all(|cell| !is_value(cell));
    let recurs =
        rest.iter().any(|row| row.iter().zip(first).any(|(cell, name)| !name.is_empty() && cell == name));
    let n_alike = rest.iter().filter(|row| row.len() == first.len()).count();
    let is_even = n_alike * 10 >= rest.len() * 7;
    // In one column of words, nothing tells a name from a value.
    let is_table = first.len() > 1 || rest.iter().any(|row| row.iter().any(|cell| is_value(cell)));
    (is_named && is_words && is_even && !recurs && is_table && !rest.is_empty()).then_some(first.as_slice())
}

/// A number, an amount, a date, an address: what is no column's name.
fn is_value(cell: &str) -> bool {
    let n_digits = cell.chars().filter(char::is_ascii_digit).count();
    let n_letters = cell.chars().filter(|c| c.is_alphabetic()).count();
    let is_year = cell.len() == 4 && n_digits == 4;
    (n_digits > 0 && n_letters <= 3 && n_digits > n_letters && !is_year)
        || cell.contains('@')
        || cell.contains("://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, header: Option<&str>, rows: &[(&str, &str)]) {
        let document = read(source.as_bytes().to_vec(), Format::Csv).unwrap();
        assert_eq!(document.text, source);
        assert_eq!(document.tables.first().map(|table| table.header.as_str()), header, "{source}");
        for (words, cited) in rows {
            let start = source.find(words).unwrap();
            let place = document.place_of(Span::new(start, start + words.len()));
            assert_eq!(place.and_then(|place| place.cells()).as_deref(), Some(*cited), "{source} {words}");
        }
    }

    #[test]
    fn headers_and_rows() {
        check(
            "Name,Tons\nAda,3\nBo,4\n",
            Some("Name | Tons"),
            &[("Name", "A1:B1"), ("Ada", "A2:B2"), ("Ada,3\nBo,4", "A2:B3")],
        );
        check(
            "Name;Note\nAda;\"a\nb; c\"\nBo;x\nCy;y",
            Some("Name | Note"),
            &[("b; c", "A2:B2"), ("Bo", "A3:B3"), ("Cy", "A4:B4"), ("a\nb; c\"\nBo", "A2:B3")],
        );
        check(
            "\u{feff}\"Team, home\"\t2023\r\nEling\t7\r\n",
            Some("Team, home | 2023"),
            &[("Eling", "A2:B2")],
        );
        check(",Jan,Feb\nEbb,1,2\n", Some(" | Jan | Feb"), &[]);
        check("Tides,,\nDay,Ebb,\n1,2,x\n", Some("Day | Ebb"), &[("1,2", "A3:C3")]);
        check("One, two\nthree\nfour\nfive\n", None, &[]);
        check("1,2\n3,4\n", None, &[("3,4", "A2:B2")]);
        check("a@b.c,Ada\nd@e.f,Bo\n", None, &[]);
        check("yes,no\nyes,no\n", None, &[]);
        check("Name,Tons\n", None, &[("Name", "A1:B1")]);
        check("words\nmore words\n", None, &[("more", "A2:A2")]);
        check("open,\"quote\nnext,line\n", Some("open | quote"), &[("next", "A2:B2")]);
        check("", None, &[]);
    }
}
