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
    /// The first thing that was found wrong: the reason, if there is nothing to show for it.
    problem: Option<Skip>,
}

impl Workbook {
    pub(crate) fn new() -> Self {
        Self { build: Builder::new(), writer: Writer::new(), sheets: 0, problem: None }
    }

    /// Adds a sheet.
    pub(crate) fn push(&mut self, sheet: Sheet) {
        self.sheets += 1;
        if sheet.is_full() {
            self.problem(Skip::too_much("more cells than one document may have"));
        }
        self.writer.write(&mut self.build, sheet);
    }

    /// A part that could not be read. What can be is shown none the less.
    pub(crate) fn problem(&mut self, problem: Skip) {
        self.problem.get_or_insert(problem);
    }

    /// The document.
    pub(crate) fn finish(
        self,
        format: Format,
        Properties { title, mut metadata }: Properties,
    ) -> Result<Document, Skip> {
        match self.problem {
            // Half a workbook that is too big would look as if it were whole.
            Some(problem @ (Skip::TooMuch { .. } | Skip::Encrypted)) => return Err(problem),
            Some(problem) if self.build.is_empty() => return Err(problem),
            None if self.build.is_empty() => {
                return Err(Skip::NoText { why: format!("its sheets ({}) are empty", self.sheets) });
            }
            _ => {}
        }
        metadata.pages = Some(self.sheets);
        self.build.finish(format, title, metadata)
    }
}
