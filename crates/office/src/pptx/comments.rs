//! Comments on slides, in the form of 2007 and in that of 2018.

use std::collections::HashMap;

use extract::Skip;
use package::{Node, Package, Relationships, Xml, optional};

/// Names by id.
#[derive(Debug, Default)]
pub(super) struct Authors {
    names: HashMap<String, String>,
}

impl Authors {
    pub(super) fn read(package: &mut Package, relationships: &Relationships) -> Result<Self, Skip> {
        let mut names = HashMap::new();
        for kind in ["commentAuthors", "authors"] {
            let Some(source) = relationships.text(package, kind)? else { continue };
            let mut xml = Xml::new(&source);
            while let Some(node) = xml.next() {
                if let Node::Open(tag) = node
                    && let (Some(id), Some(name)) = (tag.attr("id"), tag.attr("name"))
                {
                    names.insert(id, name);
                }
            }
        }
        Ok(Self { names })
    }

    /// Who said what in the comments that a slide refers to.
    pub(super) fn comments(
        &self,
        package: &mut Package,
        relationships: &Relationships,
    ) -> Result<Vec<(String, String)>, Skip> {
        let mut comments = Vec::new();
        let parts = relationships.iter().filter(|(_, found)| found.kind == "comments");
        for (_, found) in parts {
            if let Some(source) = optional(package.read_text(&found.part))? {
                self.read_part(&source, &mut comments);
            }
        }
        Ok(comments)
    }

    fn read_part(&self, source: &str, comments: &mut Vec<(String, String)>) {
        let mut xml = Xml::new(source);
        while let Some(node) = xml.next() {
            let Node::Open(tag) = node else { continue };
            match tag.name() {
                "cm" | "reply" => {
                    let author = tag.attr("authorId").and_then(|id| self.names.get(&id).cloned());
                    comments.push((author.unwrap_or_default(), String::new()));
                }
                "text" | "t" => {
                    if let Some((_, words)) = comments.last_mut() {
                        words.push_str(&xml.text());
                    }
                }
                "p" | "br" => {
                    if let Some((_, words)) = comments.last_mut() {
                        words.push(' ');
                    }
                }
                _ => {}
            }
        }
    }
}
