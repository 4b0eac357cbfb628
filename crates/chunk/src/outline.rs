//! The sections of a document: which heading or definition stands inside which.

use crate::measure::Measure;

/// The deepest nesting that is told apart; what is deeper belongs to its outer section.
const MAX_DEPTH: u32 = 32;
/// The longest title that is kept, in characters; a heading that long is a paragraph.
const MAX_TITLE_CHARS: usize = 120;

/// A section of an [`Outline`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SectionId(u32);

struct Section {
    title: String,
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
        let root =
            Section { title: String::new(), parent: Self::ROOT, depth: 0, budget: measure.budget(&[]) };
        Self { sections: vec![root] }
    }

    /// A new section inside `parent`.
    pub(crate) fn add(&mut self, parent: SectionId, title: &str, measure: &Measure<'_>) -> SectionId {
        let depth = self.get(parent).depth + 1;
        if depth > MAX_DEPTH {
            return parent;
        }
        let title: String = title.chars().take(MAX_TITLE_CHARS).collect();
        self.sections.push(Section { title, parent, depth, budget: 0 });
        let id = SectionId((self.sections.len() - 1) as u32);
        let budget = measure.budget(&self.path(id));
        self.sections[id.0 as usize].budget = budget;
        id
    }

    pub(crate) fn budget(&self, id: SectionId) -> usize {
        self.get(id).budget
    }

    /// Titles from the outermost in.
    pub(crate) fn path(&self, mut id: SectionId) -> Vec<String> {
        let mut path = Vec::new();
        while id != Self::ROOT {
            path.push(self.get(id).title.clone());
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
