//! Places in an original, as callers are told of them.

use serde::{Deserialize, Serialize};

/// Where a text stands in the original of its document: a page, a slide, a range of cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// What is counted: `page`, `slide`, `row`, `cell` (of a notebook), `chapter`, `message`.
    pub unit: String,
    /// The first, from 1.
    pub first: u32,
    /// The last, included.
    pub last: u32,
    /// The name of the sheet, slide or chapter, or the kind of a notebook's cell.
    pub name: Option<String>,
    /// The cells of a sheet, as in `B2:F14`.
    pub cells: Option<String>,
    /// All of it in words: `page 3`, `sheet Sales, B2:F14`.
    pub label: String,
}

impl From<&corpus::Place> for Place {
    fn from(place: &corpus::Place) -> Self {
        Self {
            unit: place.unit.name().to_owned(),
            first: place.first,
            last: place.last,
            name: place.name.clone(),
            cells: place.cells(),
            label: place.label(),
        }
    }
}

/// The page that a place is, or begins on.
pub(crate) fn page_of(place: Option<&corpus::Place>) -> Option<u32> {
    place.filter(|place| place.unit == corpus::Unit::Page).map(|place| place.first)
}
