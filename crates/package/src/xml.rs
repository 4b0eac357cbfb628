//! A stream of XML that always comes to a balanced end, whatever the source.
//!
//! Invariant: every `Open` is followed by its `Close`, even where the source breaks off; nesting is bounded by [`MAX_DEPTH`]; only the five
//! predefined entities and character references are expanded, so text is never longer than its source. Of alternatives for programs of
//! different age (`mc:AlternateContent`, ECMA-376 part 3, section 9) only the first is in the stream.
//! Not here: namespaces. Names are compared without their prefix: producers choose prefixes freely, and where two vocabularies share a name
//! their meanings do not clash.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// Real documents nest some dozens deep; what is deeper is made to hurt.
const MAX_DEPTH: usize = 1024;

/// One thing in the stream.
#[derive(Debug)]
pub enum Node<'a> {
    /// An element begins.
    Open(Tag<'a>),
    /// The innermost open element ends.
    Close,
    /// Words, unescaped. What a reader takes for one word may come in pieces.
    Text(Cow<'a, str>),
}

/// A start tag.
#[derive(Debug)]
pub struct Tag<'a>(BytesStart<'a>);

impl Tag<'_> {
    /// Its name without prefix.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }

    /// The value of the first attribute of that name, whatever its prefix.
    #[must_use]
    pub fn attr(&self, name: &str) -> Option<String> {
        self.get(name).map(Cow::into_owned)
    }

    /// As [`Self::attr`], without a copy.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.find(|key| key.rsplit(':').next() == Some(name))
    }

    /// The value of the attribute of that name that has a prefix: `r:id`, which refers to another part, beside `id`.
    #[must_use]
    pub fn prefixed_attr(&self, name: &str) -> Option<String> {
        self.find(|key| key.rsplit_once(':').is_some_and(|(_, local)| local == name)).map(Cow::into_owned)
    }

    /// An attribute as a number.
    #[must_use]
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name)?.trim().parse().ok()
    }

    /// An attribute that is true or false.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| matches!(&*value, "1" | "true" | "on"))
    }

    /// The attribute `val` as a switch: its being there means on, unless it says otherwise.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !matches!(self.get("val").as_deref(), Some("0" | "false" | "off" | "none"))
    }

    fn find(&self, is_it: impl Fn(&str) -> bool) -> Option<Cow<'_, str>> {
        let mut attributes = self.0.attributes();
        let found = attributes.with_checks(false).flatten().find(|attribute| is_it(attribute.key.0))?;
        // Most have nothing to unfold.
        let unfolded = found.value.contains('&').then(|| quick_xml::escape::unescape(&found.value));
        match unfolded {
            Some(Ok(value)) => Some(Cow::Owned(value.into_owned())),
            _ => Some(found.value),
        }
    }
}

/// Alternatives that were begun.
#[derive(Debug)]
struct Alternatives {
    depth: usize,
    is_one_taken: bool,
}

/// The stream.
#[derive(Debug)]
pub struct Xml<'a> {
    reader: Reader<&'a [u8]>,
    depth: usize,
    alternatives: Vec<Alternatives>,
    problem: Option<String>,
    is_over: bool,
}

impl<'a> Xml<'a> {
    /// The stream of a source.
    #[must_use]
    pub fn new(source: &'a str) -> Self {
        let mut reader = Reader::from_str(source);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        Self { reader, depth: 0, alternatives: Vec::new(), problem: None, is_over: false }
    }

    /// What comes next; `None` at the end.
    #[expect(clippy::should_implement_trait, reason = "an iterator's `skip` is another")]
    pub fn next(&mut self) -> Option<Node<'a>> {
        loop {
            match self.pull()? {
                Node::Open(tag) if self.is_passed_over(&tag) => self.skip(),
                node => return Some(node),
            }
        }
    }

    /// Whether the element that was just opened is another alternative than the first.
    fn is_passed_over(&mut self, tag: &Tag<'_>) -> bool {
        let depth = self.depth;
        // Those on this level or further in have ended.
        while self.alternatives.pop_if(|open| open.depth >= depth).is_some() {}
        if tag.0.name().into_inner().ends_with("AlternateContent") {
            self.alternatives.push(Alternatives { depth, is_one_taken: false });
            return false;
        }
        let outer = self.alternatives.last_mut().filter(|open| open.depth + 1 == depth);
        outer.is_some_and(|open| {
            matches!(tag.name(), "Choice" | "Fallback") && std::mem::replace(&mut open.is_one_taken, true)
        })
    }

    /// What comes next in the source.
    fn pull(&mut self) -> Option<Node<'a>> {
        while !self.is_over {
            match self.reader.read_event() {
                Ok(Event::Start(tag)) => {
                    if self.depth >= MAX_DEPTH {
                        self.end(Some(format!("its XML is nested deeper than {MAX_DEPTH}")));
                        break;
                    }
                    self.depth += 1;
                    return Some(Node::Open(Tag(tag)));
                }
                Ok(Event::End(_)) if self.depth > 0 => {
                    self.depth -= 1;
                    return Some(Node::Close);
                }
                Ok(Event::Text(text)) => return Some(Node::Text(text.into_inner())),
                Ok(Event::CData(text)) => return Some(Node::Text(text.into_inner())),
                Ok(Event::GeneralRef(reference)) => {
                    if let Some(text) = character(&reference) {
                        return Some(Node::Text(text));
                    }
                }
                Ok(Event::Eof) => self.end((self.depth > 0).then(|| "its XML breaks off".to_owned())),
                Ok(_) => {}
                Err(error) => self.end(Some(format!("its XML is broken: {error}"))),
            }
        }
        (self.depth > 0).then(|| {
            self.depth -= 1;
            Node::Close
        })
    }

    /// Passes over the rest of the element that was opened last.
    pub fn skip(&mut self) {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside && self.pull().is_some() {}
    }

    /// The text in the rest of the element that was opened last, whatever else is in it; a line break is a space.
    pub fn text(&mut self) -> String {
        self.text_without(&[])
    }

    /// As [`Self::text`], but for what is in elements of these names.
    pub fn text_without(&mut self, unseen: &[&str]) -> String {
        let outside = self.depth.saturating_sub(1);
        let mut words = String::new();
        while self.depth > outside {
            match self.next() {
                Some(Node::Open(tag)) if unseen.contains(&tag.name()) => self.skip(),
                Some(Node::Open(tag)) if tag.name() == "br" => words.push(' '),
                Some(Node::Text(text)) => words.push_str(&text),
                Some(_) => {}
                None => break,
            }
        }
        words
    }

    /// How many elements are open.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Why the stream ended before the source did.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    fn end(&mut self, problem: Option<String>) {
        self.is_over = true;
        self.problem = problem;
    }
}

/// The character that a reference stands for. Entities that a document defines itself stand for nothing.
fn character(reference: &BytesRef<'_>) -> Option<Cow<'static, str>> {
    let text = match reference.as_ref() {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        // Of no XML, but of the books that were HTML before.
        "nbsp" => "\u{a0}",
        _ => return Some(Cow::Owned(reference.resolve_char_ref().ok()??.to_string())),
    };
    Some(Cow::Borrowed(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: &str) {
        let mut xml = Xml::new(source);
        let mut seen = String::new();
        while let Some(node) = xml.next() {
            match node {
                Node::Open(tag) => seen.push_str(&format!("<{} {:?}>", tag.name(), tag.attr("k"))),
                Node::Close => seen.push_str("</>"),
                Node::Text(text) => seen.push_str(&text),
            }
        }
        assert_eq!((seen.as_str(), xml.depth()), (expected, 0), "{source}");
    }

    #[test]
    fn the_stream_is_balanced_whatever_the_source() {
        check("<w:a x:k='1'>t<b/></w:a>", "<a Some(\"1\")>t<b None></></>");
        check("<a k='&lt;&#65;'>&amp;&#x42;&nbsp;</a>", "<a Some(\"<A\")>&B\u{a0}</>");
        check("<!DOCTYPE a [<!ENTITY e 'boom'>]><a>&e;&none;</a>", "<a None></>");
        check("</x><a><b></a></b></c>t", "<a None><b None></></>t");
        check("<a>words <b", "<a None>words </>");
        check("<a><![CDATA[<x>]]></a>", "<a None><x></>");
        check("", "");
    }

    #[test]
    fn of_alternatives_the_first_is_taken() {
        check(
            "<m:AlternateContent><Choice>a<m:AlternateContent><Fallback>b</Fallback></m:AlternateContent></Choice><Choice>c<x/></Choice>\
             <Fallback>d</Fallback></m:AlternateContent><Fallback>e</Fallback><m:AlternateContent/><Choice>f</Choice>",
            "<AlternateContent None><Choice None>a<AlternateContent None><Fallback None>b</></></></><Fallback None>e</><AlternateContent None></>\
             <Choice None>f</>",
        );
        check("<AlternateContent><Choice>a</Choice><Choice>b", "<AlternateContent None><Choice None>a</></>");
    }

    #[test]
    fn deep_nesting_ends_the_stream() {
        let source = "<a>".repeat(200_000);
        let mut xml = Xml::new(&source);
        let mut nodes = 0;
        while xml.next().is_some() {
            nodes += 1;
        }
        assert_eq!(nodes, 2 * MAX_DEPTH);
        assert!(xml.problem().is_some_and(|why| why.contains("deeper")));
    }

    #[test]
    fn elements_are_skipped_and_read_whole() {
        let mut xml = Xml::new("<a><b><c>x</c></b><d>y<e>z</e></d></a>");
        let mut words = Vec::new();
        while let Some(node) = xml.next() {
            match node {
                Node::Open(tag) if tag.name() == "b" => xml.skip(),
                Node::Open(tag) if tag.name() == "d" => words.push(xml.text()),
                _ => {}
            }
        }
        assert_eq!(words, ["yz"]);
        let mut xml = Xml::new("<a>w<rPh>x<t>y</t></rPh><br/>z</a>t");
        xml.next();
        assert_eq!((xml.text_without(&["rPh"]).as_str(), xml.depth()), ("w z", 0));
    }
}
