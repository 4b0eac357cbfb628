//! A workbook on its way to a document: what all formats of spreadsheets have in common once they are read.

use corpus::{Document, Format};
use extract::{Builder, Skip};
use package::Properties;

use crate::layout::Writer;
use crate::sheet::Sheet;

/// More sheets than this have no meaning, but may all point at the same bytes.
pub(crate) const MAX_SHEETS: usize = 4096;

/// A workbook being read.
#[derive(Debug)]
pub(crate) struct Workbook {
    build: Builder,
    writer: Writer,
    sheets: u32,
    /// What is wrong with it: the reason, if there is nothing to show for it.
    problem: Option<Skip>,
}

impl Workbook {
    pub(crate) fn new() -> Self {
        Self { build: Builder::new(), writer: Writer::new(), sheets: 0, problem: None }
    }

    /// Adds a sheet.
    pub(crate) fn push(&mut self, mut sheet: Sheet) {
        self.sheets += 1;
        if let Some(problem) = sheet.finish() {
            self.problem(problem);
        }
        if let Err(problem) = self.writer.write(&mut self.build, sheet) {
            self.problem(problem);
        }
    }

    /// A part that could not be read. What can be is shown none the less.
    pub(crate) fn problem(&mut self, problem: Skip) {
        if self.problem.is_none() || (is_final(&problem) && !self.is_refused()) {
            self.problem = Some(problem);
        }
    }

    /// Whether there will be no document, whatever else is in it.
    fn is_refused(&self) -> bool {
        self.problem.as_ref().is_some_and(is_final)
    }

    /// The document.
    pub(crate) fn finish(
        self,
        format: Format,
        Properties { title, mut metadata }: Properties,
    ) -> Result<Document, Skip> {
        let is_refused = self.is_refused();
        match self.problem {
            Some(problem) if is_refused || self.build.is_empty() => return Err(problem),
            None if self.build.is_empty() => {
                let why = match self.sheets {
                    0 => "it has no sheets".to_owned(),
                    n => format!("its sheets ({n}) are empty"),
                };
                return Err(Skip::NoText { why });
            }
            _ => {}
        }
        metadata.pages = Some(self.sheets);
        self.build.finish(format, title, metadata)
    }
}

/// Half a workbook that is too big, or locked, would look as if it were whole.
fn is_final(problem: &Skip) -> bool {
    matches!(problem, Skip::TooMuch { .. } | Skip::Encrypted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::{Kind, MAX_COLUMNS};

    #[track_caller]
    fn check(sheets: Vec<Sheet>, problems: &[Skip], expected: &str) {
        let mut book = Workbook::new();
        problems.iter().for_each(|problem| book.problem(problem.clone()));
        sheets.into_iter().for_each(|sheet| book.push(sheet));
        assert_eq!(book.finish(Format::Xlsx, Properties::default()).unwrap_err().to_string(), expected);
    }

    #[test]
    fn the_problem_that_matters_most_is_told() {
        let (broken, big) = (Skip::damaged("broken"), Skip::too_much("big"));
        let sheet = || {
            let mut sheet = Sheet::new("S");
            sheet.cell(0, 0, Kind::Text, "ebb");
            sheet
        };
        check(vec![], &[broken.clone(), Skip::damaged("also")], "damaged: broken");
        check(vec![sheet()], &[broken, big], "too much inside: big");
    }

    #[test]
    fn cells_and_places_are_bounded() {
        let mut sheet = Sheet::new("S");
        for row in 0..=1 << 20 {
            sheet.cell(2 * row, 0, Kind::Number, "7");
        }
        check(
            vec![sheet],
            &[],
            "too much inside: blocks of cells, remarks and shapes in more than 1048576 places",
        );
        let mut sheet = Sheet::new("S");
        for row in 0..600 {
            for column in 0..MAX_COLUMNS {
                sheet.cell(row, column, Kind::Number, "7");
            }
        }
        check(vec![sheet], &[], "too much inside: more than 8388608 cells in a sheet");
    }
}
