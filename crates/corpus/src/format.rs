//! What kind of text a file holds.

/// The format of a document, which decides how it is extracted and chunked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Prose without markup.
    Text,
    /// Markdown, with or without front matter.
    Markdown,
    /// HTML; the text is what a reader would see of the main part.
    Html,
    /// Source code.
    Code(Language),
    /// Comma, semicolon or tab separated rows.
    Csv,
    /// One JSON value.
    Json,
    /// One JSON value a line.
    JsonLines,
    /// YAML.
    Yaml,
    /// TOML.
    Toml,
    /// XML of no known vocabulary.
    Xml,
    /// reStructuredText.
    Rst,
    /// AsciiDoc.
    AsciiDoc,
    /// Emacs Org.
    Org,
    /// LaTeX source.
    Latex,
    /// A Jupyter notebook (`.ipynb`).
    Notebook,
    /// PDF.
    Pdf,
    /// A Word document (`.docx`).
    Docx,
    /// A Word document of before 2007 (`.doc`).
    Doc,
    /// An OpenDocument text (`.odt`).
    Odt,
    /// Rich Text Format.
    Rtf,
    /// A PowerPoint presentation (`.pptx`).
    Pptx,
    /// A PowerPoint presentation of before 2007 (`.ppt`).
    Ppt,
    /// An OpenDocument presentation (`.odp`).
    Odp,
    /// An Excel workbook (`.xlsx`, `.xlsm`, `.xlsb`).
    Xlsx,
    /// An Excel workbook of before 2007 (`.xls`).
    Xls,
    /// An OpenDocument spreadsheet (`.ods`).
    Ods,
    /// An e-book (`.epub`).
    Epub,
    /// An e-mail message (`.eml`).
    Email,
    /// A mailbox of messages (`.mbox`).
    Mbox,
    /// An Outlook message (`.msg`).
    Msg,
    /// An image, of which only the metadata is read.
    Image,
    /// A zip archive.
    Zip,
    /// A tar archive, compressed or not.
    Tar,
}

/// A programming language. `Other` is code we have no grammar for: it is cut by indentation and braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each is the language's own name")]
pub enum Language {
    Rust,
    Python,
    JavaScript,
    TypeScript,
    Tsx,
    Go,
    Java,
    C,
    Cpp,
    Other,
}

const NAMED: [(Format, &str); 42] = [
    (Format::Text, "text"),
    (Format::Markdown, "markdown"),
    (Format::Html, "html"),
    (Format::Csv, "csv"),
    (Format::Json, "json"),
    (Format::JsonLines, "jsonl"),
    (Format::Yaml, "yaml"),
    (Format::Toml, "toml"),
    (Format::Xml, "xml"),
    (Format::Rst, "rst"),
    (Format::AsciiDoc, "asciidoc"),
    (Format::Org, "org"),
    (Format::Latex, "latex"),
    (Format::Notebook, "ipynb"),
    (Format::Pdf, "pdf"),
    (Format::Docx, "docx"),
    (Format::Doc, "doc"),
    (Format::Odt, "odt"),
    (Format::Rtf, "rtf"),
    (Format::Pptx, "pptx"),
    (Format::Ppt, "ppt"),
    (Format::Odp, "odp"),
    (Format::Xlsx, "xlsx"),
    (Format::Xls, "xls"),
    (Format::Ods, "ods"),
    (Format::Epub, "epub"),
    (Format::Email, "eml"),
    (Format::Mbox, "mbox"),
    (Format::Msg, "msg"),
    (Format::Image, "image"),
    (Format::Zip, "zip"),
    (Format::Tar, "tar"),
    (Format::Code(Language::Rust), "rust"),
    (Format::Code(Language::Python), "python"),
    (Format::Code(Language::JavaScript), "javascript"),
    (Format::Code(Language::TypeScript), "typescript"),
    (Format::Code(Language::Tsx), "tsx"),
    (Format::Code(Language::Go), "go"),
    (Format::Code(Language::Java), "java"),
    (Format::Code(Language::C), "c"),
    (Format::Code(Language::Cpp), "cpp"),
    (Format::Code(Language::Other), "code"),
];

impl Format {
    /// The name users filter by (`--type`), stable on disk and in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMED.iter().find(|(format, _)| *format == self).map_or("text", |(_, name)| name)
    }

    /// The format of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        NAMED.iter().find(|(_, known)| *known == name).map(|(format, _)| *format)
    }

    /// All formats, in the order they are listed to users.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMED.iter().map(|(format, _)| *format)
    }

    /// Whether it is read by a parser that runs in a process of its own (see the crate `fence`): all that is not plain text underneath.
    #[must_use]
    pub fn is_fenced(self) -> bool {
        use Format::{
            Doc, Docx, Email, Epub, Image, Mbox, Msg, Odp, Ods, Odt, Pdf, Ppt, Pptx, Rtf, Tar, Xls, Xlsx, Zip,
        };
        matches!(
            self,
            Pdf | Docx
                | Doc
                | Odt
                | Rtf
                | Pptx
                | Ppt
                | Odp
                | Xlsx
                | Xls
                | Ods
                | Epub
                | Email
                | Mbox
                | Msg
                | Image
                | Zip
                | Tar
        )
    }

    /// Whether it holds other documents: attachments, members.
    #[must_use]
    pub fn is_container(self) -> bool {
        matches!(self, Self::Email | Self::Mbox | Self::Msg | Self::Zip | Self::Tar)
    }

    /// Whether it is source code of any language.
    #[must_use]
    pub fn is_code(self) -> bool {
        matches!(self, Self::Code(_))
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_round_trip() {
        for format in Format::all() {
            assert_eq!(Format::from_name(format.name()), Some(format));
        }
        assert_eq!(Format::from_name("nonsense"), None);
    }
}
