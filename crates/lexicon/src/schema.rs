//! The schema: which fields a chunk has in tantivy, and how a chunk becomes a tantivy document.
//!
//! Invariant: whatever changes the bytes on disk (fields, analysis, record) changes [`FORMAT`], and an index of another format is refused.
//! Not here: reading and writing the index.
//!
//! There is *one* indexed text field. Body, context line, path and what the document says of itself are values of it, the context twice: BM25 over a field in which the
//! weightier parts occur oftener is BM25F with integer weights (Robertson, Zaragoza, Taylor 2004, "Simple BM25 extension to multiple
//! weighted fields"). A term then has one posting list instead of four, a query a quarter of the scorers, and the best possible score
//! of a query is a plain sum over its terms.

use corpus::{ChunkText, Seq};
use tantivy::Index;
use tantivy::TantivyDocument;
use tantivy::schema::{
    FAST, Field, FieldType, INDEXED, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions,
};

use crate::LexiconDoc;
use crate::analysis::{Analyzer, Language, Stemming, marked};
use crate::record;

/// Version of everything this crate puts on disk.
const FORMAT: u32 = 3;

/// How often title and headings count, against once for body and path.
const CONTEXT_WEIGHT: usize = 2;

/// The fields, by their tantivy numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields {
    /// u64: finds a chunk (indexed) and says which chunk a hit is (fast).
    pub(crate) chunk: Field,
    /// u64: finds all chunks of a document, to delete them.
    pub(crate) document: Field,
    /// Body, context, path and the rest, each marked with its language, with positions for phrases.
    pub(crate) text: Field,
    /// The stored chunk (see `record`).
    pub(crate) record: Field,
}

/// The name of the fast field.
pub(crate) const CHUNK: &str = "chunk";

/// Schema and fields.
pub(crate) fn schema(stemming: Stemming) -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(&analyzer_name(stemming))
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let fields = Fields {
        chunk: builder.add_u64_field(CHUNK, INDEXED | FAST),
        document: builder.add_u64_field("document", INDEXED),
        text: builder.add_text_field("text", TextOptions::default().set_indexing_options(indexing)),
        record: builder.add_bytes_field("record", STORED),
    };
    (builder.build(), fields)
}

/// Makes our analysis known to an index.
pub(crate) fn register_analyzer(index: &Index, stemming: Stemming) {
    index.tokenizers().register(&analyzer_name(stemming), Analyzer::new(stemming));
}

/// The analyzer's name carries format and stemming, so that a schema on disk differs whenever one of them does.
pub(crate) fn analyzer_name(stemming: Stemming) -> String {
    format!("workroom_{FORMAT}_{}", stemming.name())
}

/// The name of the analyzer that a schema found on disk was made with, as far as it can be told.
pub(crate) fn analyzer_of(schema: &Schema) -> String {
    let names = schema.fields().filter_map(|(_, entry)| match entry.field_type() {
        FieldType::Str(options) => {
            options.get_indexing_options().map(|indexing| indexing.tokenizer().to_owned())
        }
        _ => None,
    });
    names.last().unwrap_or_else(|| "unknown".to_owned())
}

impl Fields {
    /// The chunk as a tantivy document.
    pub(crate) fn document_of(self, doc: &LexiconDoc<'_>) -> TantivyDocument {
        let mut out = TantivyDocument::with_capacity(2 * doc.body.len() + 512);
        out.add_u64(self.chunk, doc.chunk_id.0);
        out.add_u64(self.document, doc.doc_id.0);
        let language = doc.language.and_then(Language::of);
        out.add_text(self.text, marked(language, doc.body));
        let context = ChunkText::new(doc.title, doc.chunk, "").context;
        if !context.is_empty() {
            let context = marked(language, &context);
            for _ in 0..CONTEXT_WEIGHT {
                out.add_text(self.text, &context);
            }
        }
        out.add_text(self.text, marked(language, doc.path.as_str()));
        if !doc.about.is_empty() {
            out.add_text(self.text, marked(language, doc.about));
        }
        out.add_bytes(self.record, &record::encode(doc));
        out
    }
}

/// What a commit carries besides its segments: which ledger it belongs to, and its number.
pub(crate) fn payload(store: u64, seq: Seq) -> String {
    format!("format={FORMAT} store={store:016x} seq={seq}")
}

/// Ledger and commit number in a payload of this format.
pub(crate) fn parse_payload(payload: &str) -> Option<(u64, Seq)> {
    let rest = payload.strip_prefix(&format!("format={FORMAT} store="))?;
    let (store, seq) = rest.split_once(" seq=")?;
    Some((u64::from_str_radix(store, 16).ok()?, Seq(seq.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_round_trip_and_others_are_refused() {
        for (store, seq) in [(0, 0), (7, 1), (u64::MAX, u64::MAX)] {
            assert_eq!(parse_payload(&payload(store, Seq(seq))), Some((store, Seq(seq))));
        }
        for other in [
            "",
            "format=1 seq=1",
            "format=2 store=1 seq=1",
            "format=3 seq=1",
            "format=3 store=x seq=1",
            "format=3 store=1 seq=",
            "format=3 store=1 seq=-1",
        ] {
            assert_eq!(parse_payload(other), None, "{other:?}");
        }
    }

    #[test]
    fn stemmings_have_different_schemas() {
        assert_ne!(schema(Stemming::ByLanguage).0, schema(Stemming::None).0);
    }
}
