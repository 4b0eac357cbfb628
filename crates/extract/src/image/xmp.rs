//! XMP: facts in RDF, in a packet of XML inside an image of any kind (ISO 16684-1, section 7).
//!
//! Invariant: the first packet is read, and no more than [`MAX_BYTES`] of it.

use memchr::memmem;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::Facts;
use crate::html::reference;
use crate::{add_authors, add_subject, date};

const BEGIN: &[u8] = b"<x:xmpmeta";
const END: &[u8] = b"</x:xmpmeta>";
const MAX_BYTES: usize = 1 << 20;

/// Adds the facts of the packet, if there is one.
pub(super) fn read(bytes: &[u8], facts: &mut Facts) {
    let Some(start) = memmem::find(bytes, BEGIN) else { return };
    let packet = bytes.get(start..).unwrap_or_default();
    let packet = &packet[..packet.len().min(MAX_BYTES)];
    let end = memmem::find(packet, END).unwrap_or(packet.len());
    packet_of(&String::from_utf8_lossy(&packet[..end]), facts);
}

fn packet_of(packet: &str, facts: &mut Facts) {
    let mut reader = Reader::from_str(packet);
    reader.config_mut().check_end_names = false;
    // The fact we are in; its values are items of a list below it, or its own text.
    let mut inside: Option<String> = None;
    let mut text = String::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                let name = tag.name().as_ref().to_owned();
                if is_fact(&name) {
                    inside = Some(name);
                }
                text.clear();
                attributes(&tag, facts);
            }
            Ok(Event::Empty(tag)) => attributes(&tag, facts),
            Ok(Event::Text(more)) => text.push_str(&more),
            Ok(Event::GeneralRef(name)) => text.push_str(&reference::decode(&format!("&{};", &*name))),
            Ok(Event::End(tag)) => {
                if let Some(fact) = &inside {
                    tell(fact, text.trim(), facts);
                    text.clear();
                    if tag.name().as_ref() == fact {
                        inside = None;
                    }
                }
            }
            Ok(Event::Eof) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// Simple facts may stand as attributes.
fn attributes(tag: &quick_xml::events::BytesStart<'_>, facts: &mut Facts) {
    for attribute in tag.attributes().with_checks(false).flatten().take(256) {
        let name: &str = attribute.key.as_ref();
        if is_fact(name) {
            tell(name, &reference::decode(&attribute.value), facts);
        }
    }
}

fn is_fact(name: &str) -> bool {
    matches!(
        name,
        "dc:title"
            | "dc:description"
            | "dc:subject"
            | "dc:creator"
            | "photoshop:Headline"
            | "photoshop:DateCreated"
            | "xmp:CreateDate"
            | "exif:DateTimeOriginal"
    )
}

fn tell(fact: &str, words: &str, facts: &mut Facts) {
    if words.is_empty() {
        return;
    }
    match fact {
        "dc:title" => facts.set_title(words),
        "dc:description" | "photoshop:Headline" => facts.describe(words),
        "dc:subject" => add_subject(&mut facts.metadata, words),
        "dc:creator" => add_authors(&mut facts.metadata, words),
        _ if facts.metadata.created_ms.is_none() => facts.metadata.created_ms = date::of_text(words),
        _ => {}
    }
}
