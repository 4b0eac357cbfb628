//! The parts of a package and how they point to each other (ECMA-376 part 2).

use extract::Skip;
use package::Package;

use crate::xml::{Node, Xml};

/// More than this no sheet points at.
const MAX_RELATIONS: usize = 20_000;

/// What a part points at.
#[derive(Debug, Default)]
pub(crate) struct Relations(Vec<Relation>);

#[derive(Debug)]
struct Relation {
    id: String,
    kind: String,
    target: String,
}

impl Relations {
    /// What the part of that name points at.
    pub(crate) fn of(package: &mut Package<'_>, part: &str) -> Result<Self, Skip> {
        let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
        let between = if folder.is_empty() { "" } else { "/" };
        let text = package.read_text(&format!("{folder}{between}_rels/{name}.rels"))?.unwrap_or_default();
        let (mut xml, mut relations) = (Xml::new(&text), Vec::new());
        while let Some(node) = xml.next() {
            if let Node::Open(tag) = node
                && tag.name() == "Relationship"
                && relations.len() < MAX_RELATIONS
                && tag.get("TargetMode").is_none_or(|mode| mode != "External")
            {
                let attribute = |name| tag.get(name).unwrap_or_default().into_owned();
                relations.push(Relation {
                    id: attribute("Id"),
                    kind: attribute("Type"),
                    target: resolved(folder, &attribute("Target")),
                });
            }
        }
        Ok(Self(relations))
    }

    /// The part that a relation points at.
    pub(crate) fn target(&self, id: &str) -> Option<&str> {
        self.0.iter().find(|relation| relation.id == id).map(|relation| relation.target.as_str())
    }

    /// The name of the part of a kind, by the end of its type: the beginning differs between the standard's forms.
    pub(crate) fn named(&self, kind: &str) -> Option<&str> {
        self.0.iter().find(|relation| relation.kind.ends_with(kind)).map(|relation| relation.target.as_str())
    }

    /// The text of the part of a kind.
    pub(crate) fn part(&self, package: &mut Package<'_>, kind: &str) -> Result<Option<String>, Skip> {
        self.named(kind).map_or(Ok(None), |name| package.read_text(name))
    }
}

/// The part that the package begins with.
pub(crate) fn office_document(package: &mut Package<'_>) -> Result<Option<String>, Skip> {
    let relations = Relations::of(package, "")?;
    Ok(relations.named("/officeDocument").filter(|name| package.contains(name)).map(str::to_owned))
}

/// The name that a target has in the package.
fn resolved(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = match target.starts_with('/') {
        true => Vec::new(),
        false => folder.split('/').filter(|part| !part.is_empty()).collect(),
    };
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_names_in_the_package() {
        let cases = [
            ("xl", "worksheets/a.xml"),
            ("xl/worksheets", "../worksheets/a.xml"),
            ("q", "/xl/worksheets/a.xml"),
        ];
        for (folder, target) in cases {
            assert_eq!(resolved(folder, target), "xl/worksheets/a.xml");
        }
        assert_eq!(resolved("", "../../a"), "a");
    }
}
