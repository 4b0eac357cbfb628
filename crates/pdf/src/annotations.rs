//! What was put on top of a page: filled-in forms, and comments (PDF 32000-1, 12.5).
//!
//! Invariant: each annotation is read once; links, pop-ups and what is hidden are passed over.
//! Not here: running an appearance, which is content like that of the page.

use hayro_syntax::object::{Array, Dict, Name, Stream, String as PdfString};
use hayro_syntax::page::Page;

use crate::matrix::Matrix;
use crate::strings;

/// More on one page are no notes.
const MANY: usize = 10_000;

/// What an annotation shows.
pub(crate) enum Annotation<'a> {
    /// Content drawn over the page, and how to place it.
    Appearance(Stream<'a>, Matrix),
    /// Words beside the page.
    Comment(String),
}

/// The annotations of a page, in order.
pub(crate) fn of<'a>(page: &Page<'a>) -> Vec<Annotation<'a>> {
    let Some(list) = page.raw().get::<Array<'a>>("Annots") else {
        return Vec::new();
    };
    list.iter::<Dict<'a>>().take(MANY).filter_map(|dict| annotation(&dict)).collect()
}

fn annotation<'a>(dict: &Dict<'a>) -> Option<Annotation<'a>> {
    const HIDDEN: u32 = 0b10_0010;
    if dict.get::<u32>("F").is_some_and(|flags| flags & HIDDEN != 0) {
        return None;
    }
    match dict.get::<Name<'_>>("Subtype")?.as_ref() {
        b"Link" | b"Popup" => None,
        b"Widget" | b"FreeText" | b"Stamp" => {
            let appearance = appearance(dict)?;
            let placed = placement(dict, appearance.dict())?;
            Some(Annotation::Appearance(appearance, placed))
        }
        _ => {
            let contents = dict.get::<PdfString<'_>>("Contents")?;
            Some(Annotation::Comment(strings::decode(contents.as_bytes())))
        }
    }
}

/// The look of an annotation as it is; of a button, that of its state.
fn appearance<'a>(dict: &Dict<'a>) -> Option<Stream<'a>> {
    let looks = dict.get::<Dict<'a>>("AP")?;
    if let Some(normal) = looks.get::<Stream<'a>>("N") {
        return Some(normal);
    }
    let state = dict.get::<Name<'_>>("AS")?;
    looks.get::<Dict<'a>>("N")?.get::<Stream<'a>>(state.as_ref())
}

/// Maps the box of the appearance, as its own matrix leaves it, to the annotation's place.
fn placement(dict: &Dict<'_>, look: &Dict<'_>) -> Option<Matrix> {
    let [x0, y0, x1, y1] = dict.get::<[f64; 4]>("Rect")?;
    let [left, bottom, right, top] = look.get::<[f64; 4]>("BBox")?;
    let own = look.get::<[f64; 6]>("Matrix").map_or(Matrix::IDENTITY, Matrix);
    let corners = [(left, bottom), (right, bottom), (left, top), (right, top)].map(|(x, y)| own.apply(x, y));
    let least = |of: fn(&(f64, f64)) -> f64| corners.iter().map(of).fold(f64::INFINITY, f64::min);
    let most = |of: fn(&(f64, f64)) -> f64| corners.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
    let scale = |to: f64, from: f64| if from > 0.0 { to.abs() / from } else { 1.0 };
    let (x, y) = (least(|p| p.0), least(|p| p.1));
    let (across, up) = (scale(x1 - x0, most(|p| p.0) - x), scale(y1 - y0, most(|p| p.1) - y));
    Some(Matrix([across, 0.0, 0.0, up, x0.min(x1) - across * x, y0.min(y1) - up * y]))
}
