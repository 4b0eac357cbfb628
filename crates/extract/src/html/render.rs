//! Tags to lines of text, in one pass.
//!
//! Invariant: the work per tag is constant, amortised: an end tag costs what it closes, and one that closes nothing is found out by
//! looking at one number.

use corpus::{Heading, Span};

use super::element::{Element, Role, is_empty};
use super::lexer::{Event, Lexer, Tag};
use super::reference;
use super::select::{Part, Region};

/// The whole page as text, and which parts of it are what.
#[derive(Debug, Default)]
pub(super) struct Rendered {
    pub(super) text: String,
    pub(super) headings: Vec<Heading>,
    /// In the order in which they end; properly nested.
    pub(super) regions: Vec<Region>,
    /// The inside of `<title>`, decoded.
    pub(super) title: Option<String>,
}

/// Renders the source. Never fails: there is no wrong HTML.
pub(super) fn render(source: &str) -> Rendered {
    let mut page = Page::new();
    for event in Lexer::new(source) {
        page.event(event);
    }
    page.close_to(0);
    page.out
}

/// White space that is owed before the next word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Line,
    Blank,
}

struct Open {
    element: Element,
    /// Where its part began, if it is one.
    part: Option<(Part, usize)>,
    hidden: bool,
    /// Where its text began, if it may be one of a list of languages.
    translation: Option<usize>,
}

struct Page<'a> {
    out: Rendered,
    open: Vec<Open>,
    /// For each element, its places in `open`.
    places: Vec<Vec<usize>>,
    /// An element that is passed over whole, and how many of its name are open in it.
    passing: Option<(&'a str, usize)>,
    n_hidden: usize,
    gap: Gap,
    heading: Option<(u8, Option<usize>)>,
    /// The next words begin an item of this many nested lists.
    item: Option<usize>,
    n_lists: usize,
    /// Main parts and articles that are open.
    n_subjects: usize,
    n_cells: usize,
    n_preformatted: usize,
    /// A line break straight after `<pre>` does not count.
    at_pre_start: bool,
    /// Whether the row has a cell already.
    in_row: bool,
}

impl<'a> Page<'a> {
    fn new() -> Self {
        Self {
            out: Rendered::default(),
            open: Vec::new(),
            places: vec![Vec::new(); Element::COUNT],
            passing: None,
            n_hidden: 0,
            gap: Gap::None,
            heading: None,
            item: None,
            n_lists: 0,
            n_subjects: 0,
            n_cells: 0,
            n_preformatted: 0,
            at_pre_start: false,
            in_row: false,
        }
    }

    fn event(&mut self, event: Event<'a>) {
        if let Some((name, n)) = self.passing {
            let n = match event {
                Event::Start(tag) if tag.name.eq_ignore_ascii_case(name) => n + 1,
                Event::End(end) if end.eq_ignore_ascii_case(name) => n - 1,
                _ => n,
            };
            self.passing = (n > 0).then_some((name, n));
            return;
        }
        match event {
            Event::Text(source) if self.n_hidden == 0 => self.text(source),
            Event::Text(_) => {}
            Event::Raw(name, inside) => self.raw(name, inside),
            Event::Start(tag) => self.start(&tag),
            Event::End(name) => self.end(name),
        }
    }

    fn raw(&mut self, name: &str, inside: &str) {
        if name.eq_ignore_ascii_case("title") && self.out.title.is_none() {
            self.out.title = Some(reference::decode(inside).into_owned());
        } else if name.eq_ignore_ascii_case("xmp") && self.n_hidden == 0 {
            self.owe(Gap::Blank);
            self.preformatted(inside.trim_start_matches('\n'));
            self.owe(Gap::Blank);
        }
    }

    fn start(&mut self, tag: &Tag<'a>) {
        let element = Element::named(tag.name);
        let role = element.map(Element::role);
        let passed = role == Some(Role::Unseen)
            || (tag.hidden && element.is_none_or(|element| !element.end_is_optional()));
        if passed {
            if !is_empty(tag.name) {
                self.passing = Some((tag.name, 1));
            }
            return;
        }
        if tag.is_translation {
            self.translation();
        }
        let (Some(element), Some(role)) = (element, role) else { return };
        if role == Role::Break {
            return self.line_break();
        }
        self.imply_ends(element, role);
        if role == Role::Rule {
            return self.owe(Gap::Blank);
        }
        self.begin(role);
        let part = self.part(role, tag.role).map(|part| (part, self.out.text.len()));
        self.n_subjects += usize::from(is_subject(part));
        self.n_hidden += usize::from(tag.hidden);
        self.places[element.index()].push(self.open.len());
        self.open.push(Open { element, part, hidden: tag.hidden, translation: None });
    }

    /// Which part of the page begins here. What an author says with `role` goes before what the element stands for.
    fn part(&self, role: Role, said: Option<&str>) -> Option<Part> {
        match said {
            Some("main") => return Some(Part::Main),
            Some("article") => return Some(Part::Article),
            Some("navigation" | "complementary" | "search") => return Some(Part::Aside),
            // Only those of the page itself; what stands in the subject is about the subject.
            Some("contentinfo" | "banner") if self.n_subjects == 0 => return Some(Part::Aside),
            _ => {}
        }
        match role {
            Role::Main => Some(Part::Main),
            Role::Article => Some(Part::Article),
            Role::Aside => Some(Part::Aside),
            // An article's own header holds its title.
            Role::Header if self.n_subjects == 0 => Some(Part::Aside),
            _ => None,
        }
    }

    /// A link that names its language. A short item that begins with one leads to the page in that language, which is navigation.
    fn translation(&mut self) {
        let start = self.out.text.len();
        if let (Some(_), Some(at)) = (self.item, self.place("li"))
            && let Some(open) = self.open.get_mut(at)
        {
            open.translation = Some(start);
        }
    }

    fn begin(&mut self, role: Role) {
        match role {
            Role::Heading(level) => {
                self.owe(Gap::Blank);
                self.item = None;
                self.heading = Some((level, None));
            }
            Role::List => {
                self.owe(if self.n_lists == 0 { Gap::Blank } else { Gap::Line });
                self.n_lists += 1;
            }
            Role::Item => {
                self.owe(Gap::Line);
                self.item = Some(self.n_lists.max(1));
            }
            Role::Preformatted => {
                self.owe(Gap::Blank);
                self.n_preformatted += 1;
                self.at_pre_start = true;
            }
            Role::Row => {
                self.owe(Gap::Line);
                self.in_row = false;
            }
            Role::Cell => {
                if self.in_row && self.n_hidden == 0 {
                    self.words("|");
                }
                self.owe(if self.in_row { Gap::Space } else { Gap::Line });
                self.in_row = true;
                self.n_cells += 1;
            }
            Role::Table => self.owe(Gap::Blank),
            _ => self.soft_break(role),
        }
    }

    /// A break that only parts words while inside a cell, whose row is one line.
    fn soft_break(&mut self, role: Role) {
        let gap = if role == Role::Block { Gap::Line } else { Gap::Blank };
        self.owe(if self.n_cells > 0 { Gap::Space } else { gap });
    }

    fn line_break(&mut self) {
        if self.n_preformatted > 0 && self.n_hidden == 0 {
            self.preformatted("\n");
        } else {
            // Two breaks in a row part paragraphs.
            self.soft_break(if self.gap == Gap::Line { Role::Paragraph } else { Role::Block });
        }
    }

    /// Ends what the standard lets authors leave open.
    fn imply_ends(&mut self, element: Element, role: Role) {
        if self.open.last().is_some_and(|open| Some(open.element) == Element::named("p")) {
            self.close_to(self.open.len() - 1);
        }
        let same: &[&str] = match role {
            Role::Item => &["li"],
            Role::Cell => &["td", "th"],
            Role::Row => &["tr"],
            Role::Heading(_) => &["h1", "h2", "h3", "h4", "h5", "h6"],
            _ if Some(element) == Element::named("dt") || Some(element) == Element::named("dd") => {
                &["dt", "dd"]
            }
            _ if element.is_table_part() => &["tr", "caption", "thead", "tbody", "tfoot"],
            _ => return,
        };
        let within: &[&str] = match role {
            Role::Item => &["ul", "ol", "menu", "dir", "td", "th"],
            Role::Heading(_) => &["div", "section", "article", "li", "td", "th"],
            _ => &["table", "dl"],
        };
        let barrier = within.iter().filter_map(|name| self.place(name)).max();
        if let Some(at) =
            same.iter().filter_map(|name| self.place(name)).filter(|&at| Some(at) > barrier).min()
        {
            self.close_to(at);
        }
    }

    fn end(&mut self, name: &str) {
        let Some(element) = Element::named(name) else { return };
        let Some(&at) = self.places[element.index()].last() else {
            // `</p>` and `</br>` alone still break the line.
            if matches!(element.role(), Role::Paragraph | Role::Break) {
                self.line_break();
            }
            return;
        };
        // A stray end tag in a cell must not tear down the table around it.
        let fence: &[&str] = if element.is_table_part() { &["table"] } else { &["td", "th", "caption"] };
        let is_table = element.role() == Role::Table;
        if is_table || fence.iter().filter_map(|name| self.place(name)).max() < Some(at) {
            self.close_to(at);
        }
    }

    /// Where the innermost open element of that name stands.
    fn place(&self, name: &str) -> Option<usize> {
        self.places[Element::named(name)?.index()].last().copied()
    }

    fn close_to(&mut self, len: usize) {
        while self.open.len() > len {
            let Some(open) = self.open.pop() else { return };
            self.places[open.element.index()].pop();
            self.n_hidden -= usize::from(open.hidden);
            self.finish(open.element.role());
            self.n_subjects -= usize::from(is_subject(open.part));
            let end = self.out.text.len();
            let language = open.translation.filter(|start| end - start <= MAX_LANGUAGE_BYTES);
            let part = open.part.or(language.map(|start| (Part::Aside, start)));
            if let Some((part, start)) = part {
                self.out.regions.push(Region { part, start, end });
            }
        }
    }

    fn finish(&mut self, role: Role) {
        match role {
            Role::Heading(_) => {
                self.finish_heading();
                self.owe(Gap::Blank);
            }
            Role::List => {
                self.n_lists -= 1;
                self.item = None;
                self.owe(if self.n_lists == 0 { Gap::Blank } else { Gap::Line });
            }
            Role::Preformatted => {
                self.n_preformatted -= 1;
                self.owe(Gap::Blank);
            }
            Role::Cell => {
                self.n_cells -= 1;
                self.owe(Gap::Space);
            }
            Role::Item | Role::Row => {
                self.item = None;
                self.owe(Gap::Line);
            }
            Role::Table => self.owe(Gap::Blank),
            _ => self.soft_break(role),
        }
    }

    fn finish_heading(&mut self) {
        let Some((level, Some(start))) = self.heading.take() else { return };
        // Many generators put a link sign behind each heading.
        let words = self.out.text[start..]
            .trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '¶' | '#' | '§' | '\u{1f517}'));
        if words.is_empty() {
            return;
        }
        let text = words.to_owned();
        let end = start + text.len();
        self.out.text.truncate(end);
        self.out.headings.push(Heading { span: Span::new(start, end), level, text });
    }

    fn owe(&mut self, gap: Gap) {
        // A heading is one line, whatever it is made of.
        let gap = if matches!(self.heading, Some((_, Some(_)))) { gap.min(Gap::Space) } else { gap };
        self.gap = self.gap.max(gap);
    }

    fn text(&mut self, source: &str) {
        let text = reference::decode(source);
        if self.n_preformatted > 0 { self.preformatted(&text) } else { self.flow(&text) }
    }

    /// Words with one space between them.
    fn flow(&mut self, text: &str) {
        let mut rest = text;
        loop {
            let trimmed = rest.trim_start();
            if trimmed.len() < rest.len() {
                self.owe(Gap::Space);
            }
            if trimmed.is_empty() {
                return;
            }
            let end = trimmed.find(char::is_whitespace).unwrap_or(trimmed.len());
            self.words(&trimmed[..end]);
            rest = &trimmed[end..];
        }
    }

    fn preformatted(&mut self, text: &str) {
        if self.heading.is_some() {
            return self.flow(text);
        }
        let text = if std::mem::take(&mut self.at_pre_start) {
            text.strip_prefix("\r\n").or(text.strip_prefix('\n')).unwrap_or(text)
        } else {
            text
        };
        if text.is_empty() {
            return;
        }
        self.settle();
        self.out.text.extend(text.chars().filter(|&c| c != '\r'));
    }

    fn words(&mut self, words: &str) {
        self.settle();
        self.out.text.push_str(words);
    }

    /// Pays the white space that is owed, and writes what begins the line.
    fn settle(&mut self) {
        let gap = std::mem::replace(&mut self.gap, Gap::None);
        if !self.out.text.is_empty() {
            let breaks = self.out.text.bytes().rev().take(2).take_while(|&byte| byte == b'\n').count();
            match gap {
                Gap::None => {}
                Gap::Space if breaks == 0 => self.out.text.push(' '),
                Gap::Space => {}
                Gap::Line => self.out.text.push_str(if breaks > 0 { "" } else { "\n" }),
                Gap::Blank => self.out.text.push_str(["\n\n", "\n", ""][breaks.min(2)]),
            }
        }
        if let Some(depth) = self.item.take() {
            self.out.text.extend(std::iter::repeat_n("  ", (depth - 1).min(MAX_INDENT)));
            self.out.text.push_str("- ");
        }
        if let Some((_, start @ None)) = &mut self.heading {
            *start = Some(self.out.text.len());
        }
    }
}

fn is_subject(part: Option<(Part, usize)>) -> bool {
    matches!(part, Some((Part::Main | Part::Article, _)))
}

/// The longest name of a language, with what makes it an item.
const MAX_LANGUAGE_BYTES: usize = 64;

/// How many levels of lists are told apart by indentation; without a limit the text could outgrow its source.
const MAX_INDENT: usize = 8;
