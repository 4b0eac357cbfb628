//! HTML source to a stream of text and tags, by the tokenisation rules of the HTML standard (section 13.2.5).
//!
//! Invariant: borrows from the source, never looks back, and every byte is read a bounded number of times.
//! Not here: what tags mean; character references stay as they are.

use memchr::{memchr, memchr_iter, memmem};

/// One thing in the source.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event<'a> {
    /// Characters between tags, references undecoded.
    Text(&'a str),
    /// `<name ...>`
    Start(Tag<'a>),
    /// `</name>`
    End(&'a str),
    /// A whole element whose inside is not markup, such as a script.
    Raw(&'a str, &'a str),
}

/// A start tag, with what its attributes say about being shown.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    /// The name as it is written.
    pub(super) name: &'a str,
    /// Whether readers do not see the element.
    pub(super) hidden: bool,
    /// The `role` attribute.
    pub(super) role: Option<&'a str>,
    /// Whether it names the language of what it leads to.
    pub(super) is_translation: bool,
}

/// Elements whose inside is characters only.
const RAW: [&str; 8] = ["script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes"];

pub(super) struct Lexer<'a> {
    rest: &'a str,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self { rest: source }
    }

    fn take(&mut self, n: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(n);
        self.rest = rest;
        taken
    }

    /// At `<`: the event of the markup there, `None` if it is a comment or the like, which has been passed over.
    fn markup(&mut self) -> Option<Event<'a>> {
        let after = self.rest.as_bytes().get(1..).unwrap_or_default();
        match after {
            [b'!', b'-', b'-', ..] => self.skip_comment(),
            [b'!' | b'?', ..] => self.skip_past('>'),
            [b'/', c, ..] if c.is_ascii_alphabetic() => {
                self.take(2);
                let name = self.take_name();
                self.attributes();
                return Some(Event::End(name));
            }
            [b'/', _, ..] => self.skip_past('>'),
            [c, ..] if c.is_ascii_alphabetic() => return self.start_tag(),
            _ => return Some(Event::Text(self.take(1))),
        }
        None
    }

    fn start_tag(&mut self) -> Option<Event<'a>> {
        self.take(1);
        let name = self.take_name();
        let (tag, closed) = self.attributes()?;
        match RAW.iter().find(|raw| raw.eq_ignore_ascii_case(name)) {
            // The standard ignores the slash of `<script/>`; whoever writes it means it.
            Some(_) if closed => Some(Event::Raw(name, "")),
            Some(raw) => Some(Event::Raw(name, self.raw_text(raw))),
            None => Some(Event::Start(Tag { name, ..tag })),
        }
    }

    /// Everything up to the end tag of `name`, which is passed over too.
    fn raw_text(&mut self, name: &str) -> &'a str {
        let bytes = self.rest.as_bytes();
        let end = memmem::find_iter(bytes, b"</").find(|&at| {
            let tag = &bytes[at + 2..];
            tag.len() > name.len()
                && tag[..name.len()].eq_ignore_ascii_case(name.as_bytes())
                && (tag[name.len()].is_ascii_whitespace() || matches!(tag[name.len()], b'>' | b'/'))
        });
        let text = self.take(end.unwrap_or(bytes.len()));
        self.skip_past('>');
        text
    }

    fn take_name(&mut self) -> &'a str {
        let is_end = |byte: u8| byte.is_ascii_whitespace() || byte == b'/' || byte == b'>';
        let end = self.rest.bytes().position(is_end).unwrap_or(self.rest.len());
        self.take(end)
    }

    /// Reads attributes through the closing `>`: what they say, and whether the tag closes itself. `None` when the source ends first.
    fn attributes(&mut self) -> Option<(Tag<'a>, bool)> {
        let mut tag = Tag::default();
        let mut closed = false;
        loop {
            self.rest = self.rest.trim_ascii_start();
            match self.rest.as_bytes().first()? {
                b'>' => {
                    self.take(1);
                    return Some((tag, closed));
                }
                b'/' => {
                    self.take(1);
                    closed = true;
                }
                _ => {
                    closed = false;
                    let (name, value) = self.attribute();
                    tag.note(name, value);
                }
            }
        }
    }

    fn attribute(&mut self) -> (&'a str, &'a str) {
        let is_end = |(at, byte): (usize, u8)| {
            byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>') || (byte == b'=' && at > 0)
        };
        let end = self.rest.bytes().enumerate().position(is_end).unwrap_or(self.rest.len());
        let name = self.take(end);
        let Some(value) = self.rest.trim_ascii_start().strip_prefix('=') else { return (name, "") };
        self.rest = value.trim_ascii_start();
        let value = match self.rest.as_bytes().first() {
            Some(&quote @ (b'"' | b'\'')) => {
                self.take(1);
                let end = memchr(quote, self.rest.as_bytes());
                let value = self.take(end.unwrap_or(self.rest.len()));
                self.take(usize::from(end.is_some()));
                value
            }
            _ => {
                let end = self.rest.bytes().position(|byte| byte.is_ascii_whitespace() || byte == b'>');
                self.take(end.unwrap_or(self.rest.len()))
            }
        };
        (name, value)
    }

    fn skip_comment(&mut self) {
        self.take("<!--".len());
        // `<!-->` and `<!--->` are whole comments.
        for short in [">", "->"] {
            if let Some(rest) = self.rest.strip_prefix(short) {
                self.rest = rest;
                return;
            }
        }
        let bytes = self.rest.as_bytes();
        let end = memchr_iter(b'>', bytes)
            .find(|&at| bytes[..at].ends_with(b"--") || bytes[..at].ends_with(b"--!"))
            .map(|at| at + 1);
        self.take(end.unwrap_or(bytes.len()));
    }

    fn skip_past(&mut self, end: char) {
        let at = self.rest.find(end).map_or(self.rest.len(), |at| at + end.len_utf8());
        self.take(at);
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        while !self.rest.is_empty() {
            let text = memchr(b'<', self.rest.as_bytes()).unwrap_or(self.rest.len());
            if text > 0 {
                return Some(Event::Text(self.take(text)));
            }
            if let Some(event) = self.markup() {
                return Some(event);
            }
        }
        None
    }
}

impl<'a> Tag<'a> {
    fn note(&mut self, name: &str, value: &'a str) {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        match name.len() {
            4 if is("role") => self.role = Some(value.trim()),
            5 if is("style") => self.hidden |= hides(value),
            6 if is("hidden") => self.hidden = true,
            8 if is("hreflang") => self.is_translation = true,
            11 if is("aria-hidden") => self.hidden |= value.eq_ignore_ascii_case("true"),
            _ => {}
        }
    }
}

fn hides(style: &str) -> bool {
    let is_pair = |declaration: &str, name: &str, value: &str| {
        declaration.split_once(':').is_some_and(|(n, v)| {
            n.trim().eq_ignore_ascii_case(name) && v.trim().to_ascii_lowercase().starts_with(value)
        })
    };
    style.split(';').any(|part| is_pair(part, "display", "none") || is_pair(part, "visibility", "hidden"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: &[Event<'_>]) {
        assert_eq!(Lexer::new(source).collect::<Vec<_>>(), expected, "{source}");
    }

    fn start(name: &str) -> Event<'_> {
        Event::Start(Tag { name, ..Tag::default() })
    }

    #[test]
    fn tags_text_and_what_is_neither() {
        use Event::{End, Raw, Text};
        check("a<B c=d>e</B >f", &[Text("a"), start("B"), Text("e"), End("B"), Text("f")]);
        check(
            "1 < 2 <3 </ 4> <",
            &[Text("1 "), Text("<"), Text(" 2 "), Text("<"), Text("3 "), Text(" "), Text("<")],
        );
        check("<!doctype html><!-- <p> --->x<!-->y<?php ?>z", &[Text("x"), Text("y"), Text("z")]);
        check("<a title='>' b = \">\" c>x", &[start("a"), Text("x")]);
        check("<br/><a/b>", &[start("br"), start("a")]);
        check("<script>a</b></SCRIPT >x", &[Raw("script", "a</b>"), Text("x")]);
        check("<style>unclosed", &[Raw("style", "unclosed")]);
        check("<title/>x", &[Raw("title", ""), Text("x")]);
        for cut in ["<p", "<p a", "<p a=", "<p a='", "</p", "<!--", "<!", "<?"] {
            let events: Vec<_> = Lexer::new(cut).collect();
            assert!(events.iter().all(|event| matches!(event, End("p"))), "{cut}");
        }
    }

    #[test]
    fn attributes_that_hide() {
        let tag = |source| match Lexer::new(source).next() {
            Some(Event::Start(tag)) => (tag.hidden, tag.role),
            _ => (false, None),
        };
        assert_eq!(tag("<p hidden>"), (true, None));
        assert_eq!(tag("<p ARIA-HIDDEN='true'>"), (true, None));
        assert_eq!(tag("<p style='color:red; display : NONE !important'>"), (true, None));
        assert_eq!(tag("<p aria-hidden=false style=display:block role=main>"), (false, Some("main")));
    }
}
