//! Whether an XML file is a document or the source of a program.
//!
//! Invariant: decided from the head alone, so that reading and detection agree.

use corpus::{Format, Language};

use crate::encoding;

/// Roots of documents and feeds.
const DOCUMENTS: &str = "rss feed rdf:rdf article book chapter section part appendix preface refentry set tei tei.2 teicorpus \
     concept task reference topic map bookmap dita fictionbook opml mediawiki kml library urlset nitf newsml newsitem play poem";
/// Roots of build files, interfaces, schemas and settings, whose words are identifiers.
const CODE: &str = "project configuration beans resources manifest plist window page usercontrol application resourcedictionary \
     linearlayout relativelayout framelayout constraintlayout androidx.constraintlayout.widget.constraintlayout menu \
     xs:schema xsd:schema schema xsl:stylesheet xsl:transform wsdl:definitions definitions ui interface module component \
     settings web-app persistence hibernate-mapping mapper assembly package packages runsettings nuspec svg \
     office:document-styles grammar rng:grammar root.config checkstyle ruleset ivy-module suppressions";
/// The part of the visible bytes that are words rather than markup, from which on a file of an unknown kind is data and prose.
const PROSE_PERCENT: usize = 22;

/// How an XML file that begins with `head` is read: as HTML, as a document, or as code, byte for byte.
pub(crate) fn xml_format(head: &[u8]) -> Format {
    let text = match encoding::decode(head.to_vec(), None) {
        Ok((text, _)) => text,
        Err(_) => String::from_utf8_lossy(head).into_owned(),
    };
    let root = root_of(&text).unwrap_or_default().to_ascii_lowercase();
    let listed = |list: &str| list.split_ascii_whitespace().any(|name| name == root);
    if root == "html" {
        Format::Html
    } else if listed(CODE) {
        Format::Code(Language::Other)
    } else if listed(DOCUMENTS) || prose_percent(&text) >= PROSE_PERCENT {
        Format::Xml
    } else {
        Format::Code(Language::Other)
    }
}

/// The name of the first element.
fn root_of(text: &str) -> Option<&str> {
    pieces(text).find_map(|(markup, _)| {
        let name = markup.strip_prefix('<')?;
        let end = name.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).unwrap_or(name.len());
        name.starts_with(|c: char| c.is_alphabetic() || c == '_').then_some(&name[..end])
    })
}

fn prose_percent(text: &str) -> usize {
    let visible = |part: &str| part.bytes().filter(|byte| !byte.is_ascii_whitespace()).count();
    let (mut words, mut all) = (0, 0);
    for (markup, after) in pieces(text) {
        words += visible(after);
        all += visible(after) + visible(markup);
    }
    words * 100 / all.max(1)
}

/// Each tag with the text after it. Comments and declarations come as nothing with the text after them.
fn pieces(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text.find('<').map_or("", |at| &text[at..]);
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (end, is_tag) = match rest.as_bytes() {
            [b'<', b'!', b'-', b'-', ..] => (rest.find("-->").map(|at| at + 3), false),
            [b'<', b'!' | b'?', ..] => (rest.find('>').map(|at| at + 1), false),
            _ => (rest.find('>').map(|at| at + 1), true),
        };
        let (markup, after) = rest.split_at(end.unwrap_or(rest.len()));
        let next = after.find('<').unwrap_or(after.len());
        rest = &after[next..];
        Some((if is_tag { markup } else { "" }, &after[..next]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_or_the_words_decide() {
        let code = Format::Code(Language::Other);
        for (head, expected) in [
            ("<?xml version=\"1.0\"?><!-- <rss> --><TEI xmlns=\"x\"><p/></TEI>", Format::Xml),
            ("<!DOCTYPE html [<!ENTITY a 'b'>]><html>", Format::Html),
            (
                "<mills><mill><name>Eling</name><place>Totton</place><age>9 hundred years</age></mill></mills>",
                Format::Xml,
            ),
            ("<Project Sdk=\"x\"><Prose>many words of prose indeed</Prose></Project>", code),
            ("<layout a=\"1\" b=\"2\"><row c=\"3\"/><row c=\"4\"/></layout>", code),
            ("no markup", code),
            ("<", code),
            ("", code),
        ] {
            assert_eq!(xml_format(head.as_bytes()), expected, "{head}");
        }
    }
}
