//! The numbers and bullets of lists (ECMA-376 part 1, section 17.9): a list refers to a scheme of levels, and lists of one scheme count on.

use std::collections::{HashMap, HashSet};

use package::{Node, Tag, Xml};

use crate::numeral::Numeral;

const LEVELS: usize = 9;
/// The longest template of a marker, `Article %1.` or the like.
const MAX_TEMPLATE: usize = 64;

#[derive(Clone, Debug, Default)]
struct Level {
    numeral: Numeral,
    /// `%1.%2`, where `%1` stands for the number of the first level.
    template: String,
    start: Option<u32>,
    /// All numbers in figures.
    is_legal: bool,
    /// The innermost level, from 1, that it begins anew after; after each level outside it, if it does not say.
    restarts_after: Option<usize>,
    /// The style of paragraphs that are on this level.
    style: Option<String>,
}

#[derive(Clone, Debug, Default)]
struct Scheme {
    levels: [Level; LEVELS],
    /// A style whose list has the levels.
    style: Option<String>,
}

#[derive(Clone, Debug, Default)]
struct List {
    scheme: String,
    starts: [Option<u32>; LEVELS],
    levels: HashMap<usize, Level>,
}

/// The lists of a document, and how far each has counted.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    schemes: HashMap<String, Scheme>,
    lists: HashMap<String, List>,
    counters: HashMap<String, [Option<u32>; LEVELS]>,
    begun: HashSet<String>,
}

/// What is before the words of a paragraph.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Marker {
    Bullet,
    /// `2.1`, `b)`; empty where nothing is seen.
    Number(String),
}

impl Numbering {
    /// `list_of_style` finds the list of a style, for schemes that are defined by one.
    pub(super) fn read(source: &str, list_of_style: impl Fn(&str) -> Option<String>) -> Self {
        let mut numbering = Self::default();
        let mut xml = Xml::new(source);
        while let Some(node) = xml.next() {
            let Node::Open(tag) = node else { continue };
            match (tag.name(), tag.attr("abstractNumId"), tag.attr("numId")) {
                ("abstractNum", Some(id), _) => {
                    numbering.schemes.insert(id, read_scheme(&mut xml));
                }
                ("num", _, Some(id)) => {
                    numbering.lists.insert(id, read_list(&mut xml));
                }
                _ => {}
            }
        }
        numbering.follow_styles(list_of_style);
        numbering
    }

    fn follow_styles(&mut self, list_of_style: impl Fn(&str) -> Option<String>) {
        let linked: Vec<(String, String)> = self
            .schemes
            .iter()
            .filter_map(|(id, scheme)| {
                let list = self.lists.get(&list_of_style(scheme.style.as_deref()?)?)?;
                (list.scheme != *id).then(|| (id.clone(), list.scheme.clone()))
            })
            .collect();
        for (id, target) in linked {
            if let Some(levels) = self.schemes.get(&target).map(|scheme| scheme.levels.clone())
                && let Some(scheme) = self.schemes.get_mut(&id)
            {
                scheme.levels = levels;
            }
        }
    }

    /// The level of a list that paragraphs of a style are on.
    pub(super) fn level_of_style(&self, list: &str, style: &str) -> Option<u8> {
        let scheme = self.schemes.get(&self.lists.get(list)?.scheme)?;
        let at = scheme.levels.iter().position(|level| level.style.as_deref() == Some(style))?;
        u8::try_from(at).ok()
    }

    /// Counts one more on a level of a list. A list that is not defined has bullets.
    pub(super) fn next(&mut self, list_id: &str, level: u8) -> Marker {
        let at = usize::from(level).min(LEVELS - 1);
        let Some(list) = self.lists.get(list_id) else { return Marker::Bullet };
        let Some(scheme) = self.schemes.get(&list.scheme) else { return Marker::Bullet };
        let level = |at: usize| list.levels.get(&at).or_else(|| scheme.levels.get(at));
        let start =
            |at: usize| list.starts.get(at).copied().flatten().or_else(|| level(at)?.start).unwrap_or(1);
        let counters = self.counters.entry(list.scheme.clone()).or_default();
        if self.begun.insert(list_id.to_owned()) {
            // A list that states where it starts does not count on.
            for (counter, stated) in counters.iter_mut().zip(list.starts) {
                *counter = if stated.is_some() { None } else { *counter };
            }
        }
        for (i, counter) in counters.iter_mut().enumerate() {
            match i.cmp(&at) {
                std::cmp::Ordering::Less => *counter = counter.or_else(|| Some(start(i))),
                std::cmp::Ordering::Equal => {
                    *counter = Some(counter.map_or_else(|| start(i), |n| n.saturating_add(1)));
                }
                std::cmp::Ordering::Greater => {
                    let restarts_after = level(i).and_then(|level| level.restarts_after);
                    if restarts_after.is_none_or(|innermost| at < innermost) {
                        *counter = None;
                    }
                }
            }
        }
        let Some(here) = level(at) else { return Marker::Bullet };
        if here.numeral == Numeral::Bullet {
            return Marker::Bullet;
        }
        let write = |i: usize| {
            let numeral = if here.is_legal {
                Numeral::Decimal
            } else {
                level(i).map_or(Numeral::Decimal, |l| l.numeral)
            };
            counters.get(i).copied().flatten().map_or_else(String::new, |n| numeral.write(n))
        };
        Marker::Number(fill(&here.template, write))
    }
}

/// Puts numbers in the place of `%1` to `%9`.
fn fill(template: &str, write: impl Fn(usize) -> String) -> String {
    let mut out = String::new();
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        let digit = chars.peek().and_then(|c| c.to_digit(10)).filter(|&digit| c == '%' && digit > 0);
        match digit {
            Some(digit) => {
                chars.next();
                out.push_str(&write(digit as usize - 1));
            }
            None => out.push(c),
        }
    }
    out.trim().to_owned()
}

fn read_scheme(xml: &mut Xml) -> Scheme {
    let mut scheme = Scheme::default();
    each(xml, |xml, tag| match tag.name() {
        "lvl" => {
            let at = tag.number::<usize>("ilvl");
            let level = read_level(xml);
            if let Some(slot) = at.and_then(|at| scheme.levels.get_mut(at)) {
                *slot = level;
            }
        }
        "numStyleLink" => scheme.style = tag.attr("val"),
        _ => {}
    });
    scheme
}

fn read_list(xml: &mut Xml) -> List {
    let mut list = List::default();
    let mut at = 0;
    each(xml, |xml, tag| match tag.name() {
        "abstractNumId" => list.scheme = tag.attr("val").unwrap_or_default(),
        "lvlOverride" => at = tag.number("ilvl").unwrap_or(0),
        "startOverride" => {
            if let Some(start) = list.starts.get_mut(at) {
                *start = tag.number("val");
            }
        }
        "lvl" if at < LEVELS => {
            let level = read_level(xml);
            list.levels.insert(at, level);
        }
        _ => {}
    });
    list
}

fn read_level(xml: &mut Xml) -> Level {
    let mut level = Level::default();
    each(xml, |_, tag| {
        let value = || tag.attr("val").unwrap_or_default();
        match tag.name() {
            "numFmt" => level.numeral = Numeral::of_word(&value()),
            "lvlText" => level.template = value().chars().take(MAX_TEMPLATE).collect(),
            "start" => level.start = tag.number("val"),
            "isLgl" => level.is_legal = tag.is_on(),
            "lvlRestart" => level.restarts_after = tag.number("val"),
            "pStyle" => level.style = Some(value()),
            _ => {}
        }
    });
    level
}

/// Calls `f` with each element inside the one that was opened last.
fn each(xml: &mut Xml, mut f: impl FnMut(&mut Xml, &Tag)) {
    let outside = xml.depth().saturating_sub(1);
    while xml.depth() > outside {
        match xml.next() {
            Some(Node::Open(tag)) => f(xml, &tag),
            Some(_) => {}
            None => break,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "<w:numbering>\
        <w:abstractNum w:abstractNumId='0'>\
        <w:lvl w:ilvl='0'><w:start w:val='1'/><w:numFmt w:val='decimal'/><w:lvlText w:val='%1.'/></w:lvl>\
        <w:lvl w:ilvl='1'><w:start w:val='1'/><w:numFmt w:val='lowerLetter'/><w:lvlText w:val='%1.%2)'/></w:lvl></w:abstractNum>\
        <w:abstractNum w:abstractNumId='1'><w:lvl w:ilvl='0'><w:numFmt w:val='bullet'/><w:lvlText w:val='o'/></w:lvl></w:abstractNum>\
        <w:abstractNum w:abstractNumId='2'><w:numStyleLink w:val='S'/></w:abstractNum>\
        <w:num w:numId='1'><w:abstractNumId w:val='0'/></w:num>\
        <w:num w:numId='2'><w:abstractNumId w:val='0'/><w:lvlOverride w:ilvl='0'><w:startOverride w:val='5'/></w:lvlOverride></w:num>\
        <w:num w:numId='3'><w:abstractNumId w:val='1'/></w:num>\
        <w:num w:numId='4'><w:abstractNumId w:val='2'/></w:num></w:numbering>";

    #[test]
    fn lists_count_as_a_reader_sees_them() {
        let mut numbering = Numbering::read(SOURCE, |style| (style == "S").then(|| "1".to_owned()));
        for (list, level, expected) in [
            ("1", 0, "1."),
            ("1", 1, "1.a)"),
            ("1", 1, "1.b)"),
            ("1", 0, "2."),
            ("1", 1, "2.a)"),
            ("2", 0, "5."),
            ("1", 0, "6."),
            ("2", 0, "7."),
            ("4", 0, "1."),
            ("1", 200, ""),
        ] {
            assert_eq!(numbering.next(list, level), Marker::Number(expected.to_owned()), "{list} {level}");
        }
        assert_eq!([numbering.next("3", 0), numbering.next("none", 0)], [Marker::Bullet, Marker::Bullet]);
    }
}
