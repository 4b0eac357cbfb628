//! What each element means to a reader.

/// What an element does to the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Begins on its own line.
    Block,
    /// Is set apart by a blank line.
    Paragraph,
    /// A heading of this level.
    Heading(u8),
    /// A list.
    List,
    /// One of its items.
    Item,
    /// Text whose white space counts.
    Preformatted,
    /// A table.
    Table,
    /// One of its rows.
    Row,
    /// A cell of a row.
    Cell,
    /// The part of the page that is about its subject.
    Main,
    /// A self-contained part; stands for the main part where there is none.
    Article,
    /// Something around the subject: navigation, forms, notes in the margin.
    Aside,
    /// The introduction of the page or of an article; the former is around the subject.
    Header,
    /// Never seen as text, with all that is inside.
    Unseen,
    /// A line break.
    Break,
    /// A line across the page.
    Rule,
}

/// Sorted by name. Elements that are not listed run along with the text.
const ELEMENTS: [(&str, Role); 71] = [
    ("address", Role::Block),
    ("article", Role::Article),
    ("aside", Role::Aside),
    ("audio", Role::Unseen),
    ("blockquote", Role::Paragraph),
    ("body", Role::Block),
    ("br", Role::Break),
    ("button", Role::Unseen),
    ("canvas", Role::Unseen),
    ("caption", Role::Paragraph),
    ("center", Role::Block),
    ("datalist", Role::Unseen),
    ("dd", Role::Block),
    ("details", Role::Paragraph),
    ("dialog", Role::Unseen),
    ("dir", Role::List),
    ("div", Role::Block),
    ("dl", Role::Paragraph),
    ("dt", Role::Block),
    ("fieldset", Role::Block),
    ("figcaption", Role::Block),
    ("figure", Role::Paragraph),
    ("footer", Role::Aside),
    ("form", Role::Aside),
    ("h1", Role::Heading(1)),
    ("h2", Role::Heading(2)),
    ("h3", Role::Heading(3)),
    ("h4", Role::Heading(4)),
    ("h5", Role::Heading(5)),
    ("h6", Role::Heading(6)),
    ("head", Role::Block),
    ("header", Role::Header),
    ("hgroup", Role::Block),
    ("hr", Role::Rule),
    ("html", Role::Block),
    ("iframe", Role::Unseen),
    ("legend", Role::Block),
    ("li", Role::Item),
    ("listing", Role::Preformatted),
    ("main", Role::Main),
    ("map", Role::Unseen),
    ("menu", Role::List),
    ("nav", Role::Aside),
    ("noembed", Role::Unseen),
    ("noframes", Role::Unseen),
    ("noscript", Role::Unseen),
    ("object", Role::Unseen),
    ("ol", Role::List),
    ("p", Role::Paragraph),
    ("picture", Role::Unseen),
    ("pre", Role::Preformatted),
    ("script", Role::Unseen),
    ("search", Role::Aside),
    ("section", Role::Paragraph),
    ("select", Role::Unseen),
    ("style", Role::Unseen),
    ("summary", Role::Block),
    ("svg", Role::Unseen),
    ("table", Role::Table),
    ("tbody", Role::Block),
    ("td", Role::Cell),
    ("template", Role::Unseen),
    ("textarea", Role::Unseen),
    ("tfoot", Role::Block),
    ("th", Role::Cell),
    ("thead", Role::Block),
    ("title", Role::Unseen),
    ("tr", Role::Row),
    ("ul", Role::List),
    ("video", Role::Unseen),
    ("xmp", Role::Preformatted),
];

/// Elements that have no inside, so that hiding one hides nothing after it.
const EMPTY: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];

/// A listed element, by its place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Element(u8);

impl Element {
    /// How many there are.
    pub(super) const COUNT: usize = ELEMENTS.len();

    /// The element of that name in any case, if it is listed.
    pub(super) fn named(name: &str) -> Option<Self> {
        let mut lower = [0_u8; 10];
        let lower = lower.get_mut(..name.len())?;
        lower.copy_from_slice(name.as_bytes());
        lower.make_ascii_lowercase();
        ELEMENTS
            .binary_search_by(|(known, _)| known.as_bytes().cmp(lower))
            .ok()
            .map(|index| Self(index as u8))
    }

    /// What it does.
    pub(super) fn role(self) -> Role {
        ELEMENTS[self.index()].1
    }

    /// Its place in a table of [`Element::COUNT`].
    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }

    /// Whether its end tag is often left out, so that other tags must end it.
    pub(super) fn end_is_optional(self) -> bool {
        matches!(
            ELEMENTS[self.index()].0,
            "p" | "li"
                | "dt"
                | "dd"
                | "tr"
                | "td"
                | "th"
                | "tbody"
                | "thead"
                | "tfoot"
                | "body"
                | "html"
                | "head"
        )
    }

    /// Whether it belongs to the frame of a table.
    pub(super) fn is_table_part(self) -> bool {
        matches!(ELEMENTS[self.index()].0, "tr" | "td" | "th" | "tbody" | "thead" | "tfoot" | "caption")
    }
}

/// Whether the element of that name never has an inside.
pub(super) fn is_empty(name: &str) -> bool {
    EMPTY.iter().any(|empty| empty.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_found_in_any_case() {
        assert!(ELEMENTS.is_sorted_by(|a, b| a.0 < b.0));
        for (name, role) in ELEMENTS {
            assert_eq!(Element::named(&name.to_uppercase()).map(Element::role), Some(role), "{name}");
        }
        assert_eq!(Element::named("span"), None);
        assert_eq!(Element::named("a-very-long-custom-element"), None);
    }
}
