//! Charts and diagrams of OOXML documents, which are parts of their own (ECMA-376 part 1, sections 21.2 and 21.4).

use std::collections::BTreeMap;

use extract::Skip;
use package::{Node, Package, Relationship, Xml, optional};

use crate::flow::{Block, Flow};

/// The most points of a series that are told.
const MAX_POINTS: usize = 200;
/// The most series.
const MAX_SERIES: usize = 50;

/// Whether parts of this kind are read by [`read`].
pub(crate) fn is_figure(kind: &str) -> bool {
    matches!(kind, "chart" | "diagramData")
}

/// What a chart or a diagram says.
pub(crate) fn read(package: &mut Package, figure: &Relationship) -> Result<Vec<Block>, Skip> {
    let Some(source) = optional(package.read_text(&figure.part))? else { return Ok(Vec::new()) };
    Ok(if figure.kind == "chart" { chart(&source) } else { diagram(&source) })
}

/// The words of a diagram, a point a line.
fn diagram(source: &str) -> Vec<Block> {
    let mut xml = Xml::new(source);
    let mut blocks = Vec::new();
    while let Some(node) = xml.next() {
        let Node::Open(tag) = node else { continue };
        match tag.name() {
            // The text of a point; elsewhere are hints for the layout.
            "t" => blocks.extend(paragraphs(&mut xml)),
            "prSet" | "cxnLst" | "bg" | "whole" => xml.skip(),
            _ => {}
        }
    }
    blocks
}

/// The paragraphs in the rest of the element that was opened last.
fn paragraphs(xml: &mut Xml) -> Vec<Block> {
    let outside = xml.depth().saturating_sub(1);
    let mut blocks = Vec::new();
    let mut words = String::new();
    while xml.depth() > outside {
        match xml.next() {
            Some(Node::Open(tag)) => match tag.name() {
                "p" if !words.trim().is_empty() => blocks.push(Block::Paragraph(std::mem::take(&mut words))),
                "t" => words.push_str(&xml.text()),
                "br" => words.push(' '),
                _ => {}
            },
            Some(_) => {}
            None => break,
        }
    }
    if !words.trim().is_empty() {
        blocks.push(Block::Paragraph(words));
    }
    blocks
}

#[derive(Debug, Default)]
struct Series {
    name: String,
    categories: BTreeMap<usize, String>,
    values: BTreeMap<usize, String>,
}

/// The title of a chart, and its series as a table: a row for each category.
fn chart(source: &str) -> Vec<Block> {
    let mut xml = Xml::new(source);
    let mut titles = Vec::new();
    let mut series = Vec::new();
    while let Some(node) = xml.next() {
        let Node::Open(tag) = node else { continue };
        match tag.name() {
            "title" => titles.extend(paragraphs(&mut xml)),
            "ser" if series.len() < MAX_SERIES => series.push(read_series(&mut xml)),
            _ => {}
        }
    }
    let mut flow = Flow::new();
    flow.begin_box();
    titles.into_iter().for_each(|title| flow.push(title));
    table(&series, &mut flow);
    flow.end_box()
}

fn read_series(xml: &mut Xml) -> Series {
    let outside = xml.depth().saturating_sub(1);
    let mut series = Series::default();
    while xml.depth() > outside {
        match xml.next() {
            Some(Node::Open(tag)) => match tag.name() {
                "tx" => series.name = points(xml).into_values().next().unwrap_or_default(),
                "cat" | "xVal" => series.categories = points(xml),
                "val" | "yVal" => series.values = points(xml),
                "spPr" | "dLbls" | "dPt" | "extLst" => xml.skip(),
                _ => {}
            },
            Some(_) => {}
            None => break,
        }
    }
    series
}

/// The cached values in the rest of the element, by index.
fn points(xml: &mut Xml) -> BTreeMap<usize, String> {
    let outside = xml.depth().saturating_sub(1);
    let mut points = BTreeMap::new();
    let mut index = 0;
    while xml.depth() > outside {
        match xml.next() {
            Some(Node::Open(tag)) => match tag.name() {
                "pt" => index = tag.number("idx").unwrap_or(0),
                "v" => {
                    let value = xml.text();
                    if points.len() < MAX_POINTS {
                        points.entry(index).or_insert(value);
                    }
                }
                "f" | "formatCode" => xml.skip(),
                _ => {}
            },
            Some(_) => {}
            None => break,
        }
    }
    points
}

fn table(series: &[Series], flow: &mut Flow) {
    let Some(first) = series.first() else { return };
    let cell = |flow: &mut Flow, words: &str| {
        flow.begin_cell();
        flow.push(Block::Paragraph(words.to_owned()));
    };
    flow.begin_table();
    flow.begin_row();
    flow.mark_header();
    cell(flow, "");
    series.iter().for_each(|series| cell(flow, &series.name));
    let rows: std::collections::BTreeSet<usize> = series
        .iter()
        .flat_map(|series| series.values.keys().chain(series.categories.keys()))
        .copied()
        .collect();
    for row in rows.into_iter().take(MAX_POINTS) {
        flow.begin_row();
        cell(flow, first.categories.get(&row).map_or("", String::as_str));
        series.iter().for_each(|series| cell(flow, series.values.get(&row).map_or("", String::as_str)));
    }
    flow.end_table();
}
