//! Styles of an OpenDocument: what paragraphs and spans of a style are, and how its lists count.

use std::collections::HashMap;

use package::{Node, Tag, Xml};

use crate::font::is_monospaced;
use crate::numeral::Numeral;

/// How many styles a style may be based on, one on the other.
const MAX_BASES: usize = 16;
/// The longest template of a number.
const MAX_TEMPLATE: usize = 64;
/// Levels of a list.
pub(super) const LEVELS: usize = 10;

#[derive(Clone, Debug, Default)]
struct Raw {
    name: String,
    parent: Option<String>,
    is_code: Option<bool>,
    is_hidden: Option<bool>,
}

/// What a style, with all it is based on, makes of a paragraph or span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) is_title: bool,
    /// A line of a table of contents.
    pub(super) is_contents: bool,
    pub(super) is_code: bool,
    pub(super) is_hidden: bool,
}

/// A level of a list.
#[derive(Clone, Debug)]
pub(super) struct Level {
    numeral: Numeral,
    prefix: String,
    suffix: String,
    /// How many levels are shown: 2 for `3.1`.
    shown: usize,
    /// All of it, where the format is new enough: `Figure %1%-%2%`.
    template: Option<String>,
    pub(super) start: u32,
}

impl Default for Level {
    fn default() -> Self {
        Self {
            numeral: Numeral::Bullet,
            prefix: String::new(),
            suffix: String::new(),
            shown: 1,
            template: None,
            start: 1,
        }
    }
}

pub(super) type Levels = [Level; LEVELS];

/// The styles of a document by name, those of the whole and those that paragraphs have for themselves.
#[derive(Debug, Default)]
pub(super) struct Styles {
    raw: HashMap<String, Raw>,
    lists: HashMap<String, Levels>,
    pub(super) outline: Levels,
}

impl Styles {
    /// Takes the styles in a part.
    pub(super) fn read(&mut self, source: &str) {
        let mut xml = Xml::new(source);
        while let Some(node) = xml.next() {
            let Node::Open(tag) = node else { continue };
            match tag.name() {
                "style" => {
                    if let Some(name) = tag.attr("name") {
                        let raw = Raw::read(&tag, &name, &mut xml);
                        self.raw.insert(name, raw);
                    }
                }
                "list-style" => {
                    if let Some(name) = tag.attr("name") {
                        self.lists.insert(name, read_levels(&mut xml));
                    }
                }
                "outline-style" => self.outline = read_levels(&mut xml),
                "body" | "master-styles" => xml.skip(),
                _ => {}
            }
        }
    }

    pub(super) fn get(&self, name: &str) -> Style {
        let mut style = Style::default();
        let (mut is_code, mut is_hidden) = (None, None);
        let mut next = Some(name);
        for _ in 0..MAX_BASES {
            let Some(base) = next.and_then(|name| self.raw.get(name)) else { break };
            style.name(&base.name);
            is_code = is_code.or(base.is_code);
            is_hidden = is_hidden.or(base.is_hidden);
            next = base.parent.as_deref();
        }
        if let Some(name) = next {
            style.name(name);
        }
        style.is_code |= is_code == Some(true);
        style.is_hidden = is_hidden == Some(true);
        style
    }

    /// The levels of the list style of that name.
    pub(super) fn levels(&self, name: &str) -> Option<&Levels> {
        self.lists.get(name)
    }
}

impl Style {
    fn name(&mut self, name: &str) {
        let name: String = name.replace("_20_", "").to_lowercase().chars().filter(|&c| c != ' ').collect();
        self.is_title |= name == "title";
        self.is_contents |= name == "contentsheading"
            || name.strip_prefix("contents").is_some_and(|n| n.parse::<u8>().is_ok());
        self.is_code |= matches!(name.as_str(), "preformattedtext" | "sourcetext" | "sourcecode");
    }
}

impl Raw {
    fn read(tag: &Tag, name: &str, xml: &mut Xml) -> Self {
        let mut raw = Self {
            name: tag.attr("display-name").unwrap_or_else(|| name.to_owned()),
            parent: tag.attr("parent-style-name"),
            ..Self::default()
        };
        let outside = xml.depth().saturating_sub(1);
        while xml.depth() > outside {
            match xml.next() {
                Some(Node::Open(tag)) if tag.name() == "text-properties" => {
                    let font = tag.attr("font-name").or_else(|| tag.attr("font-family"));
                    raw.is_code = font.map(|font| is_monospaced(&font));
                    raw.is_hidden = tag.attr("display").map(|display| display == "none");
                }
                Some(_) => {}
                None => break,
            }
        }
        raw
    }
}

fn read_levels(xml: &mut Xml) -> Levels {
    let mut levels = Levels::default();
    let outside = xml.depth().saturating_sub(1);
    while xml.depth() > outside {
        match xml.next() {
            Some(Node::Open(tag)) => {
                let is_number = matches!(tag.name(), "list-level-style-number" | "outline-level-style");
                let at = tag.number::<usize>("level").and_then(|level| level.checked_sub(1));
                if let Some(level) = at.filter(|_| is_number).and_then(|at| levels.get_mut(at)) {
                    *level = Level {
                        numeral: Numeral::of_sample(&tag.attr("num-format").unwrap_or_default()),
                        prefix: tag.attr("num-prefix").unwrap_or_default(),
                        suffix: tag.attr("num-suffix").unwrap_or_default(),
                        shown: tag.number("display-levels").unwrap_or(1),
                        template: tag
                            .attr("num-list-format")
                            .filter(|template| template.len() <= MAX_TEMPLATE),
                        start: tag.number("start-value").unwrap_or(1),
                    };
                }
            }
            Some(_) => {}
            None => break,
        }
    }
    levels
}

/// What is before the words on level `at`, when the levels have counted up to `counters`.
pub(super) fn marker(levels: &Levels, counters: &[u32; LEVELS], at: usize) -> String {
    let Some(level) = levels.get(at) else { return "-".to_owned() };
    match level.numeral {
        Numeral::Bullet => "-".to_owned(),
        Numeral::Empty => String::new(),
        _ if level.template.is_some() => {
            let mut number = level.template.clone().unwrap_or_default();
            for (i, (level, &counter)) in levels.iter().zip(counters).enumerate() {
                number = number.replace(&format!("%{}%", i + 1), &level.numeral.write(counter));
            }
            number.trim().to_owned()
        }
        _ => {
            let from = (at + 1).saturating_sub(level.shown.max(1));
            let numbers: Vec<String> = (from..=at)
                .filter_map(|i| Some(levels.get(i)?.numeral.write(*counters.get(i)?)))
                .filter(|number| !number.is_empty())
                .collect();
            format!("{}{}{}", level.prefix, numbers.join("."), level.suffix).trim().to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_are_followed_to_what_they_are_based_on() {
        let mut styles = Styles::default();
        styles.read(
            "<s><style:style style:name='Preformatted_20_Text' style:display-name='Preformatted Text'/>\
             <style:style style:name='P1' style:parent-style-name='Preformatted_20_Text'/>\
             <style:style style:name='P2' style:parent-style-name='Title'/>\
             <style:style style:name='P3' style:parent-style-name='P3'><style:text-properties text:display='none'/></style:style>\
             <text:list-style style:name='L1'><text:list-level-style-number text:level='1' style:num-suffix=')' style:num-format='a'/>\
             <text:list-level-style-number text:level='2' style:num-suffix='.' style:num-format='1' text:display-levels='2'/></text:list-style></s>",
        );
        assert!(styles.get("P1").is_code && styles.get("P2").is_title && styles.get("P3").is_hidden);
        assert_eq!(styles.get("none"), Style::default());
        let levels = styles.levels("L1").unwrap();
        let counters = [3, 2, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!([0, 1, 2, 99].map(|at| marker(levels, &counters, at)), ["c)", "c.2.", "-", "-"]);
    }
}
