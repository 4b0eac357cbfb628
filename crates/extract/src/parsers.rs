//! Which parser reads a format, and its version.
//!
//! Invariant: a change that makes a parser read any file differently raises its version here. Files that the older one read, or failed on,
//! are then read again.

use corpus::Format;

/// A parser and its version, as they are recorded with every document and every problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Parser {
    /// Its name: `pdf`, `office`, `text`.
    pub name: &'static str,
    /// Its version, from 1.
    pub version: u16,
}

/// What finds out which format a file is in. Files of kinds that it does not know are looked at again when its version changes.
pub const DETECTION: Parser = Parser { name: "detection", version: 1 };

/// The parser of a format.
#[must_use]
pub fn parser_of(format: Format) -> Parser {
    let (name, version) = match format {
        Format::Pdf => ("pdf", 2),
        Format::Docx | Format::Odt | Format::Pptx | Format::Odp => ("office", 2),
        Format::Doc | Format::Ppt => ("old-office", 2),
        Format::Rtf => ("rtf", 2),
        Format::Xlsx | Format::Xls | Format::Ods => ("sheets", 2),
        Format::Epub => ("epub", 2),
        Format::Email | Format::Mbox | Format::Msg => ("mail", 1),
        Format::Zip | Format::Tar => ("archive", 2),
        Format::Image => ("image", 1),
        Format::Html => ("html", 1),
        Format::Xml => ("xml", 1),
        Format::Notebook => ("notebook", 1),
        Format::Markdown => ("markdown", 1),
        Format::Rst | Format::AsciiDoc | Format::Org | Format::Latex => ("markup", 1),
        _ => ("text", 1),
    };
    Parser { name, version }
}

/// Whether this is the record of a parser as it is today.
#[must_use]
pub fn is_current_parser(recorded: &str) -> bool {
    let mut parsers = Format::all().map(parser_of).chain([DETECTION]);
    parsers.any(|parser| parser.is(Some(recorded)))
}

impl Parser {
    /// Whether `recorded` is this parser in this version, as [`Display`](std::fmt::Display) writes it.
    #[must_use]
    pub fn is(&self, recorded: Option<&str>) -> bool {
        let parts = recorded.and_then(|recorded| recorded.split_once(' '));
        parts.is_some_and(|(name, version)| name == self.name && version.parse() == Ok(self.version))
    }
}

impl std::fmt::Display for Parser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_names_parser_and_version() {
        for parser in Format::all().map(parser_of).chain([DETECTION]) {
            assert!(parser.is(Some(&parser.to_string())) && is_current_parser(&parser.to_string()));
        }
        let pdf = parser_of(Format::Pdf);
        assert!(
            ![None, Some("pdf"), Some("pdf 0"), Some("html 1"), Some("")].iter().any(|other| pdf.is(*other))
        );
        assert!(!is_current_parser("pdf 65535"));
    }
}
