//! Running text on its way to a document: paragraphs, rows of tables that are known whole only at their end, notes.

use corpus::{Document, Format, Metadata};
use extract::{Builder, Skip};

/// More rows than this are written without looking for a header any longer.
const MAX_ROWS: usize = 100_000;

/// What a paragraph is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Role {
    /// The level of a heading, from 1.
    pub(crate) heading: Option<u8>,
    /// How deep in a list, and behind which marker.
    pub(crate) item: Option<(usize, String)>,
}

/// What a note is. Each kind is counted by itself, in the order in which the text refers to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    Foot,
    End,
    Comment,
}

/// A document being read.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    pub(crate) build: Builder,
    rows: Vec<Vec<String>>,
    /// Whether the first row says that it is a header.
    has_header: bool,
    /// Notes that are told before the next heading, each with its label.
    notes: Vec<(String, String)>,
    n_footnotes: u32,
    n_endnotes: u32,
    n_comments: u32,
    title: Option<String>,
}

impl Flow {
    /// A paragraph outside tables.
    pub(crate) fn paragraph(&mut self, role: &Role, words: &str) {
        self.end_table();
        if words.trim().is_empty() {
            return;
        }
        match (role.heading, &role.item) {
            (Some(level), item) => {
                // The number of a heading is part of what is seen.
                let number = item.as_ref().map(|(_, marker)| marker.as_str()).filter(|marker| *marker != "-");
                let words = number.map_or_else(|| words.to_owned(), |number| format!("{number} {words}"));
                if self.title.is_none() {
                    self.title = Some(words.clone());
                }
                self.tell_notes();
                self.build.heading(level, &words);
            }
            (None, Some((depth, marker))) => self.build.list_item(*depth, marker, words),
            (None, None) => self.build.paragraph(words),
        }
    }

    /// A row of a table.
    pub(crate) fn row(&mut self, cells: Vec<String>, is_header: bool) {
        if self.rows.is_empty() {
            self.has_header = is_header;
        }
        self.rows.push(cells);
        if self.rows.len() >= MAX_ROWS {
            self.end_table();
        }
    }

    /// Takes a note, and gives the mark that refers to it.
    pub(crate) fn note(&mut self, note: Note, words: &str) -> String {
        let words = words.trim();
        if words.is_empty() {
            return String::new();
        }
        let (n, prefix) = match note {
            Note::Foot => (&mut self.n_footnotes, ""),
            Note::End => (&mut self.n_endnotes, "e"),
            Note::Comment => (&mut self.n_comments, "c"),
        };
        *n += 1;
        let label = format!("{prefix}{n}");
        let mark = format!("[^{label}]");
        self.notes.push((label, words.to_owned()));
        mark
    }

    fn tell_notes(&mut self) {
        for (i, (label, words)) in std::mem::take(&mut self.notes).into_iter().enumerate() {
            let note = format!("[^{label}]: {words}");
            if i == 0 { self.build.paragraph(&note) } else { self.build.line(&note) }
        }
    }

    /// Writes the table that is open.
    pub(crate) fn end_table(&mut self) {
        let mut rows = std::mem::take(&mut self.rows).into_iter().peekable();
        let Some(first) = rows.next() else { return };
        if rows.peek().is_some() && (self.has_header || could_be_header(&first)) {
            self.build.begin_table(&first);
        } else {
            self.build.begin_block();
            self.build.row(&first);
        }
        for row in rows {
            self.build.row(&row);
        }
    }

    /// The document. Its title is its first heading, unless it has a better one.
    pub(crate) fn finish(
        mut self,
        format: Format,
        (title, metadata): (Option<String>, Metadata),
    ) -> Result<Document, Skip> {
        self.end_table();
        self.tell_notes();
        if self.build.is_empty() {
            return Err(Skip::NoText { why: "there are no words in it".to_owned() });
        }
        self.build.finish(format, title.or(self.title), metadata)
    }
}

/// Whether a first row could be the names of the columns: each has one, and no two are alike.
fn could_be_header(cells: &[String]) -> bool {
    let mut names: Vec<_> = cells.iter().map(|cell| cell.trim().to_lowercase()).collect();
    names.sort_unstable();
    names.dedup();
    let is_name =
        |cell: &String| !cell.trim().is_empty() && cell.len() <= 100 && cell.parse::<f64>().is_err();
    cells.len() >= 2 && names.len() == cells.len() && cells.iter().all(is_name)
}

/// The level of a heading by the name of its style.
pub(crate) fn heading_of_style(name: &str) -> Option<u8> {
    const NAMES: [&str; 8] =
        ["heading ", "überschrift ", "titre ", "título ", "titolo ", "kop ", "rubrik ", "заголовок "];
    let name = name.trim().to_lowercase();
    if name == "title" {
        return Some(1);
    }
    let number = NAMES.iter().find_map(|prefix| name.strip_prefix(prefix))?;
    number.trim().parse().ok().filter(|level| (1..=9).contains(level))
}

/// A marker as it is written: all dots, dashes and boxes are `-`.
pub(crate) fn marker(words: &str) -> Option<String> {
    let words = words.trim();
    let is_letter_or_digit = words.chars().any(char::is_alphanumeric);
    match words {
        "" => None,
        // The circle of the second level is this letter in a font for text.
        "o" => Some("-".to_owned()),
        _ if !is_letter_or_digit => Some("-".to_owned()),
        _ => Some(words.chars().take(20).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_markers_and_headers() {
        assert_eq!(
            ["Heading 2", "Titre 1", "Title", "heading", "Heading 12"].map(heading_of_style),
            [Some(2), Some(1), Some(1), None, None]
        );
        assert_eq!(
            ["\u{b7}\t", "1.", "o", " ", "(iv)"].map(marker),
            [Some("-"), Some("1."), Some("-"), None, Some("(iv)")].map(|m| m.map(str::to_owned))
        );
        let header =
            |cells: &[&str]| could_be_header(&cells.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>());
        assert_eq!(
            [header(&["a", "b"]), header(&["a", "A"]), header(&["a", ""]), header(&["a", "3"])],
            [true, false, false, false]
        );
    }
}
