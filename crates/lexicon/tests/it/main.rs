//! The lexicon over real directories.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod commit;
mod damage;
mod language;
mod model;
mod search;
mod within;

use std::path::Path;

use corpus::{Chunk, ChunkId, DocId, DocPath, Format, LanguageCode, Seq, Span, TextHash};
use workroom_lexicon::{Lexicon, LexiconDoc, LexiconOptions, Searcher, StoredChunk};

/// An owned chunk, and what is expected back from the store.
#[derive(Clone, Debug)]
struct Doc {
    path: DocPath,
    stored: StoredChunk,
    language: Option<LanguageCode>,
    about: &'static str,
}

fn doc(chunk_id: u64, doc_id: u64, body: &str) -> Doc {
    let chunk = Chunk {
        span: Span::new(0, body.len()),
        chars: Span::new(0, body.chars().count()),
        lines: (1, 1),
        ..Chunk::default()
    };
    Doc {
        path: DocPath::new("f.txt").unwrap(),
        stored: StoredChunk {
            doc_id: DocId(doc_id),
            chunk_id: ChunkId(chunk_id),
            chunk,
            body: body.to_owned(),
            title: None,
            format: Format::Text,
            modified_ms: 1,
            text_hash: TextHash::of(body),
        },
        language: None,
        about: "",
    }
}

impl Doc {
    fn at(mut self, path: &str) -> Self {
        self.path = DocPath::new(path).unwrap();
        self
    }

    fn titled(mut self, title: &str, headings: &[&str]) -> Self {
        self.stored.title = Some(title.to_owned());
        self.stored.chunk.headings = headings.iter().map(|&heading| heading.to_owned()).collect();
        self
    }

    fn in_language(mut self, code: &str) -> Self {
        self.language = LanguageCode::new(code);
        self
    }

    fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }

    fn add_to(&self, lexicon: &mut Lexicon) {
        let stored = &self.stored;
        let added = lexicon.add(&LexiconDoc {
            chunk_id: stored.chunk_id,
            doc_id: stored.doc_id,
            path: &self.path,
            title: stored.title.as_deref(),
            about: self.about,
            language: self.language,
            chunk: &stored.chunk,
            body: &stored.body,
            format: stored.format,
            modified_ms: stored.modified_ms,
            text_hash: stored.text_hash,
        });
        added.unwrap();
    }
}

fn open(dir: &Path) -> Lexicon {
    Lexicon::open(dir, LexiconOptions::default()).unwrap()
}

/// One commit of `docs` in a new directory.
fn indexed(docs: &[Doc]) -> (tempfile::TempDir, Searcher) {
    let dir = tempfile::tempdir().unwrap();
    let mut lexicon = open(dir.path());
    for doc in docs {
        doc.add_to(&mut lexicon);
    }
    let searcher = lexicon.commit(Seq(1)).unwrap();
    (dir, searcher)
}

/// The ids of the hits among all chunks, best first.
fn found(searcher: &Searcher, query: &str) -> Vec<u64> {
    ids(&searcher.search(query, 100, &|_| true, false).unwrap().hits)
}

fn ids(hits: &[(ChunkId, f32)]) -> Vec<u64> {
    hits.iter().map(|(id, _)| id.0).collect()
}
