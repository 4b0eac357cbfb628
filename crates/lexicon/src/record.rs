//! The record: how a chunk and its text are stored.
//!
//! Invariant: decoding never panics, whatever the bytes; what was encoded comes back equal.
//! On disk: one byte of version, then postcard.

use corpus::{Chunk, ChunkId, DocId, Format, Place, Span, TextHash, Unit};
use serde::{Deserialize, Serialize};

use crate::{LexiconDoc, StoredChunk};

const VERSION: u8 = 2;

/// The fields in their order on disk. Add a field: raise [`VERSION`] and the format of the schema.
#[derive(Serialize, Deserialize)]
struct Record<'a> {
    doc_id: u64,
    span: (u32, u32),
    chars: (u32, u32),
    lines: (u32, u32),
    #[serde(borrow)]
    place: Option<PlaceRecord<'a>>,
    headings: Vec<&'a str>,
    header: Option<&'a str>,
    title: Option<&'a str>,
    format: &'a str,
    modified_ms: i64,
    text_hash: [u8; 16],
    body: &'a str,
}

/// A place, its unit by name.
#[derive(Serialize, Deserialize)]
struct PlaceRecord<'a> {
    unit: &'a str,
    first: u32,
    last: u32,
    name: Option<&'a str>,
    columns: Option<(u32, u32)>,
}

/// A chunk as bytes.
pub(crate) fn encode(doc: &LexiconDoc<'_>) -> Vec<u8> {
    let chunk = doc.chunk;
    let record = Record {
        doc_id: doc.doc_id.0,
        span: (chunk.span.start, chunk.span.end),
        chars: (chunk.chars.start, chunk.chars.end),
        lines: chunk.lines,
        place: chunk.place.as_ref().map(place_record),
        headings: chunk.headings.iter().map(String::as_str).collect(),
        header: chunk.header.as_deref(),
        title: doc.title,
        format: doc.format.name(),
        modified_ms: doc.modified_ms,
        text_hash: *doc.text_hash.as_bytes(),
        body: doc.body,
    };
    let mut out = Vec::with_capacity(doc.body.len() + 128);
    out.push(VERSION);
    // Appending to a vector cannot fail, and every part has a known length.
    postcard::to_extend(&record, out).unwrap_or_default()
}

/// The chunk in `bytes`, or `None` when they are not one.
pub(crate) fn decode(chunk_id: ChunkId, bytes: &[u8]) -> Option<StoredChunk> {
    let (&VERSION, bytes) = bytes.split_first()? else { return None };
    let record: Record<'_> = postcard::from_bytes(bytes).ok()?;
    let place = match record.place {
        Some(place) => Some(place_of(&place)?),
        None => None,
    };
    Some(StoredChunk {
        doc_id: DocId(record.doc_id),
        chunk_id,
        chunk: Chunk {
            span: span(record.span)?,
            chars: span(record.chars)?,
            lines: record.lines,
            headings: record.headings.into_iter().map(str::to_owned).collect(),
            header: record.header.map(str::to_owned),
            place,
        },
        body: record.body.to_owned(),
        title: record.title.map(str::to_owned),
        format: Format::from_name(record.format)?,
        modified_ms: record.modified_ms,
        text_hash: TextHash::from_bytes(record.text_hash),
    })
}

fn place_record(place: &Place) -> PlaceRecord<'_> {
    PlaceRecord {
        unit: place.unit.name(),
        first: place.first,
        last: place.last,
        name: place.name.as_deref(),
        columns: place.columns,
    }
}

fn place_of(record: &PlaceRecord<'_>) -> Option<Place> {
    Some(Place {
        unit: Unit::from_name(record.unit)?,
        first: record.first,
        last: record.last,
        name: record.name.map(str::to_owned),
        columns: record.columns,
    })
}

fn span((start, end): (u32, u32)) -> Option<Span> {
    (start <= end).then_some(Span { start, end })
}

#[cfg(test)]
mod tests {
    use super::*;
    use corpus::DocPath;
    use proptest::prelude::*;

    fn places() -> impl Strategy<Value = Place> {
        let unit = prop::sample::select(&[
            Unit::Page,
            Unit::Slide,
            Unit::Row,
            Unit::Cell,
            Unit::Chapter,
            Unit::Message,
        ]);
        let name = prop::option::of("\\PC{0,10}");
        (unit, any::<(u32, u32)>(), name, any::<Option<(u32, u32)>>())
            .prop_map(|(unit, (first, last), name, columns)| Place { unit, first, last, name, columns })
    }

    proptest! {
        #[test]
        fn round_trip(
            ids in any::<(u64, u64)>(),
            offsets in any::<[u32; 4]>(),
            lines in any::<(u32, u32)>(),
            place in prop::option::of(places()),
            headings in prop::collection::vec("\\PC{0,10}", 0..4),
            title in prop::option::of("\\PC{0,10}"),
            header in prop::option::of("\\PC{0,10}"),
            body in "\\PC{0,200}",
            modified_ms in any::<i64>(),
            format in 0..Format::all().count(),
        ) {
            let pair = |a: u32, b: u32| Span { start: a.min(b), end: a.max(b) };
            let chunk = Chunk { span: pair(offsets[0], offsets[1]), chars: pair(offsets[2], offsets[3]), lines, headings, header, place };
            let doc = LexiconDoc {
                chunk_id: ChunkId(ids.0),
                doc_id: DocId(ids.1),
                path: &DocPath::new("a.txt").unwrap(),
                title: title.as_deref(),
                about: "",
                language: None,
                chunk: &chunk,
                body: &body,
                format: Format::all().nth(format).unwrap(),
                modified_ms,
                text_hash: TextHash::of(&body),
            };
            let stored = decode(doc.chunk_id, &encode(&doc)).unwrap();
            prop_assert_eq!(&stored.chunk, &chunk);
            prop_assert_eq!((stored.body.as_str(), stored.title.as_deref()), (doc.body, doc.title));
            prop_assert_eq!((stored.chunk_id, stored.doc_id, stored.format), (doc.chunk_id, doc.doc_id, doc.format));
            prop_assert_eq!((stored.modified_ms, stored.text_hash), (doc.modified_ms, doc.text_hash));
        }

        #[test]
        fn any_bytes_decode_or_do_not(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Some(stored) = decode(ChunkId(1), &bytes) {
                prop_assert!(stored.body.len() <= bytes.len());
            }
        }
    }
}
