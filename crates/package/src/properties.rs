//! What documents say of themselves: Dublin Core and its neighbours, as OOXML, OpenDocument and EPUB use them.

use corpus::Metadata;
use extract::{Skip, add_authors, add_keywords, add_subject, milliseconds};

use crate::Package;
use crate::xml::{Node, Xml};

/// A longer value is a text.
const MAX_VALUE_BYTES: usize = 4096;

/// Title and metadata of a file.
#[derive(Debug, Default)]
pub struct Properties {
    /// Its title, unless a program made it up.
    pub title: Option<String>,
    /// What else it says.
    pub metadata: Metadata,
}

impl Properties {
    /// From the parts of an OOXML package.
    ///
    /// # Errors
    /// [`Skip::TooMuch`] or [`Skip::Encrypted`]; parts that are damaged say nothing.
    pub fn of_ooxml(package: &mut Package<'_>) -> Result<Self, Skip> {
        let mut properties = Self::default();
        for part in ["docProps/core.xml", "docProps/app.xml"] {
            if let Some(source) = optional(package.read_text(part))? {
                properties.read(&source);
            }
        }
        Ok(properties)
    }

    /// Takes what there is in a part, whatever its vocabulary.
    pub fn read(&mut self, source: &str) {
        let mut xml = Xml::new(source);
        let mut has_initial_creator = false;
        while let Some(node) = xml.next() {
            let Node::Open(tag) = node else { continue };
            let name = tag.name();
            if name == "document-statistic" {
                self.metadata.pages = tag.number("page-count").or(self.metadata.pages);
            } else if matches!(name, "HeadingPairs" | "TitlesOfParts") {
                xml.skip();
            } else if is_property(name) {
                let name = name.to_owned();
                let value = xml.text();
                if name == "initial-creator" {
                    has_initial_creator = true;
                } else if name == "creator" && has_initial_creator {
                    continue;
                }
                self.set(&name, value.trim());
            }
        }
    }

    /// Takes one property by the name its vocabulary gives it.
    pub fn set(&mut self, name: &str, value: &str) {
        let metadata = &mut self.metadata;
        if value.is_empty() || value.len() > MAX_VALUE_BYTES {
            return;
        }
        match name {
            "title" if self.title.is_none() => {
                self.title = Some(value.to_owned()).filter(|title| !is_made_up(title))
            }
            // In OpenDocument there is one who began it and one who saved it last.
            "initial-creator" => {
                metadata.authors.clear();
                add_authors(metadata, value);
            }
            "creator" => add_authors(metadata, value),
            "keywords" | "keyword" => add_keywords(metadata, value),
            "subject" | "category" => add_subject(metadata, value),
            "created" | "creation-date" => metadata.created_ms = milliseconds(value).or(metadata.created_ms),
            // In OpenDocument `dc:date` is the last change, in books the publication.
            "modified" | "date" => metadata.modified_ms = milliseconds(value).or(metadata.modified_ms),
            "Pages" => metadata.pages = value.parse().ok().filter(|&pages| pages > 0).or(metadata.pages),
            _ => {}
        }
    }
}

fn is_property(name: &str) -> bool {
    matches!(
        name,
        "title"
            | "creator"
            | "initial-creator"
            | "keywords"
            | "keyword"
            | "subject"
            | "category"
            | "created"
            | "creation-date"
            | "modified"
            | "date"
            | "Pages"
    )
}

/// Titles that programs set by themselves say nothing.
fn is_made_up(title: &str) -> bool {
    const MADE_UP: [&str; 9] = [
        "powerpoint presentation",
        "presentation",
        "word document",
        "untitled",
        "title",
        "slide 1",
        "document",
        "untitled presentation",
        "untitled document",
    ];
    let title = title.trim().to_lowercase();
    MADE_UP.contains(&title.as_str()) || title.starts_with("microsoft word - ")
}

/// A part that may be missing, broken or packed in a way that is not read, without the rest being of no use.
///
/// # Errors
/// What is wrong with the package as a whole.
pub fn optional<T>(part: Result<Option<T>, Skip>) -> Result<Option<T>, Skip> {
    match part {
        Err(Skip::Damaged { .. } | Skip::Unsupported { .. }) => Ok(None),
        part => part,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_of_each_vocabulary() {
        let mut properties = Properties::default();
        properties.read(
            "<cp:coreProperties><dc:title>Tide mills</dc:title><dc:creator>Ada; Bo</dc:creator><dc:subject>Power</dc:subject>\
             <cp:keywords>tide, mill</cp:keywords><dcterms:created>1970-01-02T00:00:00Z</dcterms:created></cp:coreProperties>",
        );
        properties.read(
            "<Properties><Pages>3</Pages><TitlesOfParts><title>no</title></TitlesOfParts></Properties>",
        );
        let Properties { title, metadata } = properties;
        assert_eq!(title.as_deref(), Some("Tide mills"));
        assert_eq!((metadata.authors, metadata.pages), (vec!["Ada".to_owned(), "Bo".to_owned()], Some(3)));
        assert_eq!(metadata.keywords, ["Power", "tide", "mill"]);
        assert_eq!((metadata.created_ms, metadata.modified_ms), (Some(86_400_000), None));
    }
}
