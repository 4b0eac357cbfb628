//! What lies over the cells of a sheet (ECMA-376 part 1, sections 20.5 and 21.2): the words of text boxes and the titles of charts.
//!
//! Not here: pictures, diagrams, what a chart shows (it is in the cells).

use extract::Skip;
use package::{Node, Package, Relationships, Xml, optional};

use super::part;
use crate::sheet::{MAX_COLUMNS, MAX_SHAPES, Shape, Sheet};

/// The last row of any program, from 0.
const LAST_ROW: u32 = (1 << 20) - 1;

/// Reads what lies over a sheet, which is the part of that name.
pub(crate) fn drawing(package: &mut Package<'_>, name: &str, sheet: &mut Sheet) -> Result<(), Skip> {
    let relations = Relationships::of(package, name)?;
    let Some(source) = optional(part(package, &relations, "drawing"))? else { return Ok(()) };
    let charts = Relationships::of(package, relations.first("drawing").unwrap_or_default())?;
    for (mut shape, chart) in shapes(&source) {
        if let Some(chart) = chart.and_then(|id| charts.part(&id))
            && let Some(source) = optional(package.read_text(&chart.part))?
        {
            titles(&source, &mut shape.paragraphs);
        }
        sheet.shape(shape);
    }
    Ok(())
}

/// The shapes of a drawing, each with the chart it may be a frame for.
fn shapes(source: &str) -> Vec<(Shape, Option<String>)> {
    let (mut xml, mut found) = (Xml::new(source), Vec::new());
    while let Some(node) = xml.next() {
        if let Node::Open(tag) = node
            && matches!(tag.name(), "twoCellAnchor" | "oneCellAnchor" | "absoluteAnchor")
            && found.len() < MAX_SHAPES
        {
            found.push(anchored(&mut xml));
        }
    }
    found
}

/// What is in the anchor that was opened last.
fn anchored(xml: &mut Xml<'_>) -> (Shape, Option<String>) {
    let (mut shape, mut chart, mut is_hidden) = (Shape::default(), None, false);
    let outside = xml.depth().saturating_sub(1);
    while xml.depth() > outside {
        let Some(node) = xml.next() else { break };
        let Node::Open(tag) = node else { continue };
        match tag.name() {
            "from" => (shape.row, shape.columns.0) = corner(xml),
            "to" => shape.columns.1 = corner(xml).1,
            "cNvPr" => is_hidden |= tag.is("hidden"),
            "chart" => chart = tag.prefixed_attr("id"),
            "txBody" => paragraphs(xml, &mut shape.paragraphs),
            _ => {}
        }
    }
    shape.columns.1 = shape.columns.1.max(shape.columns.0);
    if is_hidden { (Shape::default(), None) } else { (shape, chart) }
}

/// Row and column of a corner.
fn corner(xml: &mut Xml<'_>) -> (u32, u32) {
    let (mut row, mut column) = (0, 0);
    let outside = xml.depth().saturating_sub(1);
    while xml.depth() > outside {
        let Some(node) = xml.next() else { break };
        let Node::Open(tag) = node else { continue };
        match tag.name() {
            "row" => row = xml.text().trim().parse().unwrap_or(0),
            "col" => column = xml.text().trim().parse().unwrap_or(0),
            _ => {}
        }
    }
    (row.min(LAST_ROW), column.min(MAX_COLUMNS - 1))
}

/// The titles of a chart and of its axes; those that are taken from cells are in the cells.
fn titles(source: &str, out: &mut Vec<String>) {
    let mut xml = Xml::new(source);
    while let Some(node) = xml.next() {
        if let Node::Open(tag) = node
            && tag.name() == "title"
        {
            paragraphs(&mut xml, out);
        }
    }
}

/// The paragraphs in the element that was opened last.
fn paragraphs(xml: &mut Xml<'_>, out: &mut Vec<String>) {
    let outside = xml.depth().saturating_sub(1);
    while xml.depth() > outside {
        let Some(node) = xml.next() else { break };
        let Node::Open(tag) = node else { continue };
        match (tag.name(), out.last_mut()) {
            ("p", _) => out.push(String::new()),
            ("br", Some(words)) => words.push(' '),
            ("t", Some(words)) => words.push_str(&xml.text()),
            _ => {}
        }
    }
}
