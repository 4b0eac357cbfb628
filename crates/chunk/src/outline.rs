//! The sections of a document: which heading or definition stands inside which.

use crate::measure::Measure;

/// The deepest nesting that is told apart; what is deeper belongs to its outer section.
const MAX_DEPTH: u32 = 32;
/// The longest title that is kept, in characters; a heading that long is a paragraph.
const MAX_TITLE_CHARS: usize = 120;
/// The longest header row that is kept, in characters.
const MAX_HEADER_CHARS: usize = 1000;

/// A section of an [`Outline`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SectionId(u32);

struct Section {
    /// Its heading; empty for the document itself and for a table.
    title: String,
    /// The header row, for the rows of a table.
    header: Option<String>,
    parent: SectionId,
    depth: u32,
    /// Pieces that a chunk of it may have.
    budget: usize,
}

/// A tree of sections; the first is the document itself and has no title.
pub(crate) struct Outline {
    sections: Vec<Section>,
}

impl Outline {
    /// The document itself.
    pub(crate) const ROOT: SectionId = SectionId(0);

    pub(crate) fn new(measure: &Measure<'_>) -> Self {
        let budget = measure.budget(Vec::new(), None);
        let root = Section { title: String::new(), header: None, parent: Self::ROOT, depth: 0, budget };
        Self { sections: vec![root] }
    }

    /// A new section inside `parent`.
    pub(crate) fn add(&mut self, parent: SectionId, title: &str, measure: &Measure<'_>) -> SectionId {
        let title = title.chars().take(MAX_TITLE_CHARS).collect();
        self.push(parent, title, None, measure)
    }

    /// A new section for the rows of a table inside `parent`. Of the header as much is kept as leaves room for rows below the headings.
    pub(crate) fn add_table(&mut self, parent: SectionId, header: &str, measure: &Measure<'_>) -> SectionId {
        let header: String = header.chars().take(MAX_HEADER_CHARS).collect();
        let header = measure.cut(&header, measure.room(self.path(parent))).to_owned();
        self.push(parent, String::new(), Some(header), measure)
    }

    fn push(
        &mut self,
        parent: SectionId,
        title: String,
        header: Option<String>,
        measure: &Measure<'_>,
    ) -> SectionId {
        let depth = self.get(parent).depth + 1;
        if depth > MAX_DEPTH {
            return parent;
        }
        self.sections.push(Section { title, header, parent, depth, budget: 0 });
        let id = SectionId((self.sections.len() - 1) as u32);
        let budget = measure.budget(self.path(id), self.header(id).map(str::to_owned));
        self.sections[id.0 as usize].budget = budget;
        id
    }

    /// The header row of the table that the section is.
    pub(crate) fn header(&self, id: SectionId) -> Option<&str> {
        self.get(id).header.as_deref()
    }

    pub(crate) fn budget(&self, id: SectionId) -> usize {
        self.get(id).budget
    }

    /// Titles from the outermost in.
    pub(crate) fn path(&self, mut id: SectionId) -> Vec<String> {
        let mut path = Vec::new();
        while id != Self::ROOT {
            if self.get(id).header.is_none() {
                path.push(self.get(id).title.clone());
            }
            id = self.get(id).parent;
        }
        path.reverse();
        path
    }

    /// Whether `id` is `ancestor` or lies inside it.
    pub(crate) fn is_inside(&self, mut id: SectionId, ancestor: SectionId) -> bool {
        while self.get(id).depth > self.get(ancestor).depth {
            id = self.get(id).parent;
        }
        id == ancestor
    }

    /// Whether the two lie inside the same parent, at whatever depth the second is.
    pub(crate) fn are_near(&self, first: SectionId, second: SectionId) -> bool {
        self.is_inside(second, self.get(first).parent)
    }

    fn get(&self, id: SectionId) -> &Section {
        &self.sections[id.0 as usize]
    }
}
