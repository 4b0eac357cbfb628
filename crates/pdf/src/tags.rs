//! Which marked content of a page is a heading, and which is none, by the structure that the file states (PDF 32000-1, 14.7 and 14.8).
//!
//! Invariant: every node of the tree, and every entry of a page, is paid for; a chain of parents or roles is followed a few steps only.
//! Not here: whether the structure makes sense, which takes all pages, see [`crate::compose`]; the order of reading; tables.

use std::collections::{HashMap, HashSet};

use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, MaybeRef, Name, Object, ObjectIdentifier};
use hayro_syntax::page::Page;

use crate::budget::Budget;

/// Nodes of the tree that leads from pages to their elements.
const NODES: usize = 100_000;
/// Elements between a piece of text and its heading or cell: a paragraph, a link, a span of another language.
const PARENTS: usize = 4;
/// Names that stand for names.
const ROLES: usize = 4;

/// What the file says that a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stated {
    /// A heading of this level.
    Heading(u8),
    /// A cell in the head of a table, or an entry of the contents.
    Part,
}

/// The elements of pages, as far as they may be headings.
pub(crate) struct Tags<'p> {
    /// By the page's key: its elements, in the order of their marks.
    elements: HashMap<i32, Array<'p>>,
    roles: Dict<'p>,
    known: HashMap<ObjectIdentifier, Option<Stated>>,
}

impl<'p> Tags<'p> {
    /// Reads where the elements of each page are.
    pub(crate) fn new(pdf: &'p Pdf) -> Self {
        let root: Option<Dict<'p>> = pdf.xref().get(pdf.xref().root_id());
        let tree = root.and_then(|root| root.get::<Dict<'p>>("StructTreeRoot")).unwrap_or_default();
        let mut elements = HashMap::new();
        let mut seen: HashSet<ObjectIdentifier> = HashSet::new();
        let mut open: Vec<Dict<'p>> = tree.get("ParentTree").into_iter().collect();
        let mut nodes = 0;
        while let Some(node) = open.pop() {
            nodes += 1;
            if nodes > NODES || node.obj_id().is_some_and(|id| !seen.insert(id)) {
                continue;
            }
            if let Some(numbers) = node.get::<Array<'p>>("Nums") {
                let mut parts = numbers.flex_iter();
                while let Some(key) = parts.next::<i32>() {
                    nodes += 1;
                    // Others are the element of a single object, a link perhaps.
                    if let Some(Object::Array(list)) = parts.next::<Object<'p>>() {
                        elements.insert(key, list);
                    }
                    if nodes > NODES {
                        break;
                    }
                }
            }
            if let Some(kids) = node.get::<Array<'p>>("Kids") {
                open.extend(kids.iter::<Dict<'p>>().take(NODES.saturating_sub(open.len())));
            }
        }
        Self { elements, roles: tree.get("RoleMap").unwrap_or_default(), known: HashMap::new() }
    }

    /// What each mark of a page is in, by its number.
    pub(crate) fn of_page(&mut self, page: &Page<'p>, budget: &mut Budget) -> Vec<Option<Stated>> {
        let list = page.raw().get::<i32>("StructParents").and_then(|key| self.elements.get(&key).cloned());
        let Some(list) = list else {
            return Vec::new();
        };
        let mut marks = Vec::new();
        for entry in list.raw_iter() {
            if !budget.take_operator() {
                break;
            }
            marks.push(match entry {
                MaybeRef::Ref(reference) => {
                    let id = ObjectIdentifier::from(reference);
                    let known = self.known.get(&id).copied();
                    known.unwrap_or_else(|| {
                        let element: Option<Dict<'p>> = page.xref().get(id);
                        let stated = element.and_then(|element| self.stated(element));
                        self.known.insert(id, stated);
                        stated
                    })
                }
                MaybeRef::NotRef(_) => None,
            });
        }
        marks
    }

    /// What an element is, or is in.
    fn stated(&self, mut element: Dict<'p>) -> Option<Stated> {
        for _ in 0..PARENTS {
            let role = self.role(element.get::<Name<'p>>("S")?);
            match role.as_ref() {
                b"Title" => return Some(Stated::Heading(1)),
                [b'H', digit @ b'1'..=b'6'] => return Some(Stated::Heading(digit - b'0')),
                b"TH" | b"TOCI" => return Some(Stated::Part),
                b"P" | b"Span" | b"Link" | b"Reference" | b"Lbl" | b"Em" | b"Strong" | b"NonStruct" => {
                    element = element.get("P")?;
                }
                _ => return None,
            }
        }
        None
    }

    /// The standard name that a name stands for.
    fn role(&self, mut name: Name<'p>) -> Name<'p> {
        for _ in 0..ROLES {
            match self.roles.get::<Name<'p>>(name.as_ref()) {
                Some(standard) if standard.as_ref() != name.as_ref() => name = standard,
                _ => break,
            }
        }
        name
    }
}
