//! Pages, slides and their like: a chunk lies in one of them, so that it is cited by one number.
//!
//! Invariant: the units cover what they covered before, in the same order.

use corpus::{Anchor, Document, Unit as PlaceUnit};

use crate::unit::Unit;

/// Cuts the units where the place changes, and marks those that begin another one.
pub(crate) fn apart(document: &Document, units: Vec<Unit>) -> Vec<Unit> {
    let mut edges = edges(&document.anchors).into_iter().peekable();
    let mut out = Vec::with_capacity(units.len());
    for mut unit in units {
        while let Some(edge) = edges.next_if(|edge| *edge < unit.end) {
            if edge > unit.start {
                out.push(Unit { end: edge, ..unit });
                unit = Unit { start: edge, continues: false, ..unit };
            }
            unit.apart = true;
        }
        out.push(unit);
    }
    out
}

/// Where a place begins that shares no chunk with the one before.
fn edges(anchors: &[Anchor]) -> Vec<usize> {
    let parts = |before: &Anchor, anchor: &Anchor| {
        anchor.place.unit.parts_chunks()
            || (anchor.place.unit == PlaceUnit::Row && anchor.place.name != before.place.name)
    };
    let pairs = anchors.windows(2).filter(|pair| parts(&pair[0], &pair[1]));
    // What stands between the two, a sheet's name, is the beginning of the second.
    pairs.map(|pair| pair[0].span.end as usize).collect()
}
