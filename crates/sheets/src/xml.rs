//! XML in small steps: what opens, what closes, words.
//!
//! Invariant: entities of the document's own are not expanded, so nothing grows; what is not well-formed ends the document where it is, and
//! what came before stands.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

/// A reader of XML.
pub(crate) struct Xml<'a> {
    reader: Reader<&'a [u8]>,
}

/// What comes next in XML.
pub(crate) enum Node<'a> {
    Open(Tag<'a>),
    Close,
    Words(Cow<'a, str>),
}

/// An element's beginning.
pub(crate) struct Tag<'a>(BytesStart<'a>);

impl<'a> Xml<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        Self { reader }
    }

    /// What comes next; `None` at the end.
    pub(crate) fn next(&mut self) -> Option<Node<'a>> {
        loop {
            let node = match self.reader.read_event() {
                Ok(Event::Start(start) | Event::Empty(start)) => Node::Open(Tag(start)),
                Ok(Event::End(_)) => Node::Close,
                Ok(Event::Text(text)) => Node::Words(text.into_inner()),
                Ok(Event::CData(text)) => Node::Words(text.into_inner()),
                Ok(Event::GeneralRef(name)) => Node::Words(entity(&name.into_inner())),
                Ok(Event::Eof) | Err(_) => return None,
                Ok(_) => continue,
            };
            return Some(node);
        }
    }

    /// Goes past the end of the element that was opened last, and gives the words in it, but for those in elements named in `without`.
    pub(crate) fn words_in(&mut self, without: &[&str]) -> String {
        let (mut words, mut depth, mut hidden) = (String::new(), 1_usize, 0_usize);
        while depth > 0 {
            match self.next() {
                Some(Node::Open(tag)) => {
                    depth += 1;
                    if hidden > 0 || without.contains(&tag.name()) {
                        hidden += 1;
                    } else if tag.name() == "br" {
                        words.push(' ');
                    }
                }
                Some(Node::Close) => {
                    depth -= 1;
                    hidden = hidden.saturating_sub(1);
                }
                Some(Node::Words(more)) if hidden == 0 => words.push_str(&more),
                Some(Node::Words(_)) => {}
                None => break,
            }
        }
        words
    }

    /// Goes past the end of the element that was opened last.
    pub(crate) fn skip(&mut self) {
        let mut depth = 1_usize;
        while depth > 0 {
            match self.next() {
                Some(Node::Open(_)) => depth += 1,
                Some(Node::Close) => depth -= 1,
                Some(Node::Words(_)) => {}
                None => break,
            }
        }
    }
}

impl Tag<'_> {
    /// Its name, without prefix: files of several standards differ in nothing else.
    pub(crate) fn name(&self) -> &str {
        let name = self.0.name().into_inner();
        let local = name.len() - name.rsplit(':').next().map_or(0, str::len);
        let len = name.len();
        self.0.get(local..len).unwrap_or_default()
    }

    /// An attribute by its name without prefix.
    pub(crate) fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut attributes = self.0.attributes();
        let found = attributes
            .with_checks(false)
            .flatten()
            .find(|attribute| attribute.key.into_inner().rsplit(':').next() == Some(name))?;
        // Most have nothing to unfold.
        if !found.value.contains('&') {
            return Some(found.value);
        }
        Some(match found.normalized_value(XmlVersion::Implicit1_0) {
            Ok(value) => Cow::Owned(value.into_owned()),
            Err(_) => Cow::Owned(found.value.into_owned()),
        })
    }

    /// An attribute that is a number.
    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.get(name)?.trim().parse().ok()
    }

    /// An attribute that is true or false.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| matches!(&*value, "1" | "true" | "on"))
    }
}

/// What an entity stands for; one of the document's own for nothing.
fn entity(name: &str) -> Cow<'static, str> {
    let of_number = |digits: &str| match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    };
    let text = match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => {
            let c = name.strip_prefix('#').and_then(of_number).and_then(char::from_u32);
            return c.map_or(Cow::Borrowed(""), |c| Cow::Owned(c.to_string()));
        }
    };
    Cow::Borrowed(text)
}
