//! What holds inside a group and ends with it.

use crate::flow::Note;

/// Where the words of a group go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    /// The text that is read.
    Text,
    /// Nowhere.
    Nowhere,
    Fonts,
    Styles,
    /// The number or dot before a list item.
    Marker,
    Title,
    Author,
    Subject,
    Keywords,
    Created,
    Modified,
}

/// What holds inside a group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    pub(super) destination: Destination,
    /// Whether the words at its end are a note or stand beside the text.
    pub(super) aside: Option<Aside>,
    pub(super) hidden: bool,
    /// How many characters stand for one in Unicode, for readers that know none.
    pub(super) stand_ins: u32,
    pub(super) font: i32,
    pub(super) paragraph: Paragraph,
}

/// Text that is not part of the paragraph it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aside {
    Note(Note),
    Box,
}

/// What a paragraph says of itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Paragraph {
    pub(super) style: Option<i32>,
    /// From 0; 9 is none.
    pub(super) outline: Option<i32>,
    pub(super) depth: i32,
    pub(super) in_table: bool,
}

impl Group {
    pub(super) fn new() -> Self {
        Self {
            destination: Destination::Text,
            aside: None,
            hidden: false,
            stand_ins: 1,
            font: -1,
            paragraph: Paragraph::default(),
        }
    }
}

/// Where the words of a group go that begins with this control word; `None` when it is no destination.
pub(super) fn destination(word: &str) -> Option<Destination> {
    Some(match word {
        "fonttbl" => Destination::Fonts,
        "stylesheet" => Destination::Styles,
        "listtext" | "pntext" => Destination::Marker,
        "title" => Destination::Title,
        "author" => Destination::Author,
        "subject" | "category" => Destination::Subject,
        "keywords" => Destination::Keywords,
        "creatim" => Destination::Created,
        "revtim" => Destination::Modified,
        // What else there is about the document, and the copies of the text for other readers.
        "colortbl" | "info" | "pict" | "objdata" | "objclass" | "objname" | "fldinst" | "header"
        | "headerl" | "headerr" | "headerf" | "footer" | "footerl" | "footerr" | "footerf" | "ftnsep"
        | "ftnsepc" | "ftncn" | "aftnsep" | "aftnsepc" | "aftncn" | "xe" | "tc" | "tcn" | "rxe" | "txe"
        | "nonesttables" | "shprslt" | "upr" | "sp" | "comment" | "operator" | "company" | "manager"
        | "doccomm" | "hlinkbase" | "buptim" | "printim" | "filetbl" | "listtable" | "listoverridetable"
        | "revtbl" | "rsidtbl" | "themedata" | "bkmkstart" | "bkmkend" | "atnid" | "atnauthor"
        | "atntime" | "atnicn" | "atnref" | "pnseclvl" | "fontemb" | "falt" | "panose" | "template"
        | "private" => Destination::Nowhere,
        _ => return None,
    })
}
