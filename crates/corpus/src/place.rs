//! Where a stretch of text stands in the original, in the words a person would use: a page, a slide, a range of cells.

use crate::Span;

/// What an original counts its places in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unit {
    /// Pages, as a viewer counts them, from 1.
    Page,
    /// Slides, from 1.
    Slide,
    /// Rows of a sheet, from 1. In the text each line is one row.
    Row,
    /// Cells of a notebook, from 1.
    Cell,
    /// Chapters of a book in reading order, from 1.
    Chapter,
    /// Messages of a mailbox, from 1.
    Message,
}

const UNITS: [(Unit, &str); 6] = [
    (Unit::Page, "page"),
    (Unit::Slide, "slide"),
    (Unit::Row, "row"),
    (Unit::Cell, "cell"),
    (Unit::Chapter, "chapter"),
    (Unit::Message, "message"),
];

impl Unit {
    /// Its name, stable on disk and in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        UNITS.iter().find(|(unit, _)| *unit == self).map_or("page", |(_, name)| name)
    }

    /// The unit of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        UNITS.iter().find(|(_, known)| *known == name).map(|(unit, _)| *unit)
    }

    /// Whether a chunk ends where its unit ends, so that it is cited by one page or one slide. The cells of a notebook and the rows of a
    /// sheet are too small for that.
    #[must_use]
    pub fn parts_chunks(self) -> bool {
        !matches!(self, Self::Row | Self::Cell)
    }
}

/// A place in the original: one page, some rows of a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// What is counted.
    pub unit: Unit,
    /// The first, from 1.
    pub first: u32,
    /// The last, included.
    pub last: u32,
    /// The sheet's, slide's or chapter's own name, or the kind of a notebook's cell.
    pub name: Option<String>,
    /// First and last column, from 0, both included; for rows only.
    pub columns: Option<(u32, u32)>,
}

impl Place {
    /// One page, slide, row, ...
    #[must_use]
    pub fn one(unit: Unit, number: u32, name: Option<String>) -> Self {
        Self { unit, first: number, last: number, name, columns: None }
    }

    /// Rows `first..=last`, from 1, of a sheet, with its first and last used column, from 0.
    #[must_use]
    pub fn rows(sheet: impl Into<String>, rows: (u32, u32), columns: (u32, u32)) -> Self {
        let (first, last) = rows;
        Self { unit: Unit::Row, first, last, name: Some(sheet.into()), columns: Some(columns) }
    }

    /// The smallest place that holds both. Places of different kinds, or of different sheets, have none.
    #[must_use]
    pub fn merged(&self, other: &Self) -> Option<Self> {
        let same_sheet = self.unit != Unit::Row || self.name == other.name;
        if self.unit != other.unit || !same_sheet {
            return None;
        }
        let columns = match (self.columns, other.columns) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
        let (first, last) = (self.first.min(other.first), self.last.max(other.last));
        Some(Self {
            unit: self.unit,
            first,
            last,
            name: self.name.clone().filter(|_| self.name == other.name),
            columns,
        })
    }

    /// Its cells in the notation of spreadsheets, `B2:F14`; `None` for what is no range of cells.
    #[must_use]
    pub fn cells(&self) -> Option<String> {
        let (left, right) = self.columns?;
        Some(format!("{}{}:{}{}", column_letters(left), self.first, column_letters(right), self.last))
    }

    /// In words: `page 3`, `pages 3-4`, `slide 2 (Costs)`, `sheet Sales, A2:F14`.
    #[must_use]
    pub fn label(&self) -> String {
        if let (Unit::Row, Some(cells)) = (self.unit, self.cells()) {
            return match &self.name {
                Some(sheet) => format!("sheet {sheet}, {cells}"),
                None => cells,
            };
        }
        let (unit, first, last) = (self.unit.name(), self.first, self.last);
        let number =
            if first == last { format!("{unit} {first}") } else { format!("{unit}s {first}-{last}") };
        match &self.name {
            Some(name) => format!("{number} ({name})"),
            None => number,
        }
    }
}

/// A stretch of a document's text and the place it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Its part of the text.
    pub span: Span,
    /// Where that stands in the original.
    pub place: Place,
}

impl Anchor {
    /// The place of the bytes of `span` that lie in this anchor; `None` when there are none. Rows are counted by lines.
    pub(crate) fn part(&self, text: &str, span: Span) -> Option<Place> {
        let (start, end) = (self.span.start.max(span.start) as usize, self.span.end.min(span.end) as usize);
        if start >= end {
            return None;
        }
        if self.place.unit != Unit::Row {
            return Some(self.place.clone());
        }
        let breaks = |from: usize, to: usize| {
            text.as_bytes()
                .get(from..to)
                .map_or(0, |bytes| bytes.iter().filter(|&&b| b == b'\n').count() as u32)
        };
        let first = self.place.first + breaks(self.span.start as usize, start);
        // The line break that ends the last row is not the beginning of another.
        let last = first + breaks(start, end - 1);
        Some(Place {
            first: first.min(self.place.last),
            last: last.min(self.place.last),
            ..self.place.clone()
        })
    }
}

/// A column's letters: 0 is `A`, 26 is `AA`.
fn column_letters(mut column: u32) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + (column % 26) as u8));
        if column < 26 {
            break;
        }
        column = column / 26 - 1;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_round_trip_by_name() {
        for (unit, name) in UNITS {
            assert_eq!((Unit::from_name(name), unit.name()), (Some(unit), name));
        }
        assert_eq!(Unit::from_name("verse"), None);
    }

    #[test]
    fn columns_have_the_letters_of_spreadsheets() {
        let letters = [0, 25, 26, 51, 52, 701, 702, 16_383].map(column_letters);
        assert_eq!(letters, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA", "XFD"]);
    }

    #[test]
    fn labels_and_merges() {
        let page = |n| Place::one(Unit::Page, n, None);
        let rows = Place::rows("Sales", (2, 14), (1, 5));
        assert_eq!([page(3).label(), rows.label()], ["page 3", "sheet Sales, B2:F14"]);
        let pages = page(4).merged(&page(3)).map(|place| place.label());
        assert_eq!(pages.as_deref(), Some("pages 3-4"));
        let slides = Place::one(Unit::Slide, 2, Some("Costs".to_owned()));
        assert_eq!(slides.label(), "slide 2 (Costs)");
        assert_eq!(
            (page(1).merged(&slides), rows.merged(&Place::rows("Other", (1, 1), (0, 0)))),
            (None, None)
        );
    }

    #[test]
    fn rows_are_counted_by_lines() {
        let text = "title\na\nb\nc\n";
        let anchor = Anchor { span: Span::new(6, 12), place: Place::rows("S", (5, 7), (0, 1)) };
        let part =
            |start, end| anchor.part(text, Span::new(start, end)).map(|place| (place.first, place.last));
        assert_eq!(
            [part(0, 12), part(6, 7), part(6, 8), part(8, 11), part(0, 6)],
            [Some((5, 7)), Some((5, 5)), Some((5, 5)), Some((6, 7)), None]
        );
    }
}
