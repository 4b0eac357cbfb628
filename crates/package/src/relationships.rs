//! How the parts of an OOXML package refer to each other (ECMA-376 part 2, section 6.5).

use std::collections::HashMap;

use extract::Skip;

use crate::xml::{Node, Xml};
use crate::{Package, optional};

/// More than this no part refers to.
const MAX_RELATIONSHIPS: usize = 100_000;

/// The relationships of one part.
#[derive(Debug, Default)]
pub struct Relationships {
    /// In order: id, the last word of the type, and the part that is meant.
    all: Vec<Relationship>,
    by_id: HashMap<String, usize>,
}

/// A reference to another part of the package.
#[derive(Debug)]
pub struct Relationship {
    /// The last word of its type, which is the same in the transitional and the strict form: `slide`, `footnotes`.
    pub kind: String,
    /// The name of the part.
    pub part: String,
}

impl Relationships {
    /// Those of `part`; of the package itself for an empty name.
    ///
    /// # Errors
    /// [`Skip::TooMuch`] or [`Skip::Encrypted`]; a list that is damaged is none.
    pub fn of(package: &mut Package<'_>, part: &str) -> Result<Self, Skip> {
        let (folder, name) = part.rsplit_once('/').map_or(("", part), |(folder, name)| (folder, name));
        let source = format!("{folder}{}_rels/{name}.rels", if folder.is_empty() { "" } else { "/" });
        let mut relationships = Self::default();
        let Some(source) = optional(package.read_text(&source))? else { return Ok(relationships) };
        let mut xml = Xml::new(&source);
        while let Some(node) = xml.next() {
            let Node::Open(tag) = node else { continue };
            if tag.name() != "Relationship" || tag.attr("TargetMode").as_deref() == Some("External") {
                continue;
            }
            if let (Some(id), Some(kind), Some(target)) =
                (tag.attr("Id"), tag.attr("Type"), tag.attr("Target"))
                && relationships.all.len() < MAX_RELATIONSHIPS
            {
                let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                relationships.by_id.insert(id, relationships.all.len());
                relationships.all.push(Relationship { kind, part: resolve(folder, &target) });
            }
        }
        Ok(relationships)
    }

    /// The part that an id refers to.
    #[must_use]
    pub fn part(&self, id: &str) -> Option<&Relationship> {
        self.all.get(*self.by_id.get(id)?)
    }

    /// All of them, by id, in any order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Relationship)> {
        self.by_id.iter().filter_map(|(id, &at)| Some((id.as_str(), self.all.get(at)?)))
    }

    /// The first part of a kind.
    #[must_use]
    pub fn first(&self, kind: &str) -> Option<&str> {
        self.all.iter().find(|relationship| relationship.kind == kind).map(|found| found.part.as_str())
    }

    /// The text of the first part of a kind, if it can be had.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn text(&self, package: &mut Package<'_>, kind: &str) -> Result<Option<String>, Skip> {
        self.first(kind).map_or(Ok(None), |part| optional(package.read_text(part)))
    }
}

/// The main part of the package: by its relationship, or under its usual name.
///
/// # Errors
/// As [`Relationships::of`].
pub fn main_part(package: &mut Package<'_>, usual: &str) -> Result<String, Skip> {
    let relationships = Relationships::of(package, "")?;
    let stated = relationships.first("officeDocument").filter(|part| package.contains(part));
    Ok(stated.unwrap_or(usual).to_owned())
}

/// A target relative to the folder of the part that names it. Fragments are left out, escapes decoded.
#[must_use]
pub fn resolve(folder: &str, target: &str) -> String {
    let target = target.split(['#', '?']).next().unwrap_or_default();
    let mut parts: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => folder.split('/').filter(|part| !part.is_empty()).collect(),
    };
    for part in target.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    unescape_percent(&parts.join("/"))
}

fn unescape_percent(path: &str) -> String {
    if !path.contains('%') {
        return path.to_owned();
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = |at: usize| after.get(at).and_then(|&digit| char::from(digit).to_digit(16));
        match (byte, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_relative_to_their_folder() {
        for (folder, target, expected) in [
            ("ppt/slides", "../notes/n%201.xml", "ppt/notes/n 1.xml"),
            ("word", "/word/a.xml#b", "word/a.xml"),
            ("", "./a.xml", "a.xml"),
            ("a", "../../../b", "b"),
            ("a", "%zz%4", "a/%zz%4"),
        ] {
            assert_eq!(resolve(folder, target), expected);
        }
    }
}
