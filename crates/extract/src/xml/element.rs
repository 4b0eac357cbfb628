//! What elements of well-known vocabularies are: DocBook, TEI, JATS, DITA, RSS, Atom, FictionBook, and what others have in common with them.
//!
//! Invariant: names are compared without prefix and in lower case; an element that is not listed has a role by what it holds.

/// What an element does to the text in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A part with a heading of its own.
    Section,
    /// Holds what a section says about itself.
    Information,
    /// The heading of the section it stands in.
    Heading,
    /// A paragraph, whatever it is mixed with.
    Block,
    /// An item of a list.
    Item,
    /// A list, one level further in.
    List,
    Table,
    /// The rows of a table that name its columns.
    Header,
    Row,
    Cell,
    /// Text whose line breaks matter.
    Verbatim,
    /// Not text for readers.
    Unseen,
    /// Anything else: what it holds decides.
    Other,
}

/// The role of the element `name` in an element of the role and name `parent`.
pub(super) fn role(name: &str, parent: Option<(Role, &str)>) -> Role {
    match (name, parent) {
        // A cell of DocBook, an entry of a feed.
        ("entry", Some((Role::Row, _))) => return Role::Cell,
        ("entry", Some((_, "feed"))) => return Role::Section,
        // An item of a feed, or of a list in TEI.
        ("item", Some((Role::List, _))) => return Role::Item,
        ("item", Some((_, "channel" | "rdf"))) => return Role::Section,
        ("description", Some((_, "fictionbook"))) => return Role::Information,
        // A drawing's facts are for programs; titles of its shapes are names that drawing programs gave them.
        ("metadata" | "defs" | "namedview", Some((_, "svg"))) => return Role::Unseen,
        ("title", Some((_, "g" | "path"))) => return Role::Unseen,
        // Only a section has a heading: figures and references have titles too.
        ("title" | "head" | "article-title" | "book-title", Some((Role::Section | Role::Information, _))) => {
            return Role::Heading;
        }
        ("title" | "head" | "article-title" | "book-title", _) => return Role::Other,
        // These are everyday words outside the vocabularies they are taken from.
        (
            "reference" | "task" | "part" | "text" | "summary" | "line" | "l" | "v" | "list" | "step"
            | "note" | "figure" | "term",
            Some((Role::Other, _)),
        ) => {
            return Role::Other;
        }
        _ => {}
    }
    listed(name)
}

/// The role of an element by its name alone.
fn listed(name: &str) -> Role {
    match name {
        "article" | "book" | "chapter" | "part" | "section" | "sect1" | "sect2" | "sect3" | "sect4"
        | "sect5" | "simplesect" | "refentry" | "refsection" | "refsect1" | "refsect2" | "appendix"
        | "preface" | "glossary" | "bibliography" | "sec" | "app" | "div" | "div1" | "div2" | "div3"
        | "div4" | "div5" | "text" | "body" | "back" | "topic" | "concept" | "task" | "reference"
        | "channel" | "feed" | "fictionbook" => Role::Section,
        "info" | "articleinfo" | "bookinfo" | "chapterinfo" | "sectioninfo" | "setinfo" | "refentryinfo"
        | "front" | "article-meta" | "title-group" | "teiheader" | "filedesc" | "titlestmt"
        | "title-info" | "titleinfo" | "head-meta" | "prolog" => Role::Information,
        "p" | "para" | "simpara" | "formalpara" | "abstract" | "blockquote" | "caption" | "figure"
        | "note" | "tip" | "warning" | "important" | "subtitle" | "lg" | "l" | "line" | "stanza"
        | "epigraph" | "bridgehead" | "term" | "equation" | "paragraph" | "shortdesc" | "summary" | "v" => {
            Role::Block
        }
        "li" | "listitem" | "list-item" | "step" | "cmd" | "varlistentry" => Role::Item,
        "ul" | "ol" | "itemizedlist" | "orderedlist" | "variablelist" | "simplelist" | "list" | "steps" => {
            Role::List
        }
        "table" | "informaltable" | "tgroup" | "table-wrap" => Role::Table,
        "thead" => Role::Header,
        "row" | "tr" => Role::Row,
        "td" | "th" => Role::Cell,
        "programlisting" | "screen" | "literallayout" | "codeblock" | "code-block" | "pre" | "preformat" => {
            Role::Verbatim
        }
        "binary" | "script" | "style" | "sha1" | "graphic" | "processing-meta" => Role::Unseen,
        _ => Role::Other,
    }
}

/// Whether an element that counts as a section is one by level: wrappers such as `body` are not.
pub(super) fn is_level(name: &str) -> bool {
    !matches!(name, "text" | "body" | "back" | "fictionbook")
}
