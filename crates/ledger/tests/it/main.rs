//! The ledger on a real disk: against a model, at its limits, and after damage.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]
#![allow(clippy::single_range_in_vec_init, reason = "a list of one range of chunks is meant")]

mod damage;
mod limits;
mod loss;
mod model;

use corpus::{ChunkId, ContentHash, DIM, DocId, DocPath, Format, ModelId, QuantizedVector, TextHash, Tier};
use std::path::Path;
use workroom_ledger::{DocRecord, Ledger, Options, Outcome, VectorRow};

fn open(dir: &Path) -> Ledger {
    let (ledger, report) = Ledger::open(dir, &Options::default()).unwrap();
    assert!(matches!(report.outcome, Outcome::Clean | Outcome::Created), "{report:?}");
    ledger
}

fn doc(id: u64, version: u64, chunks: std::ops::Range<u64>) -> DocRecord {
    DocRecord {
        id: DocId(id),
        path: DocPath::new(&format!("dir/{id}.md")).unwrap(),
        hash: ContentHash::of(&version.to_le_bytes()),
        size: version,
        mtime_ns: -5,
        inode: u64::MAX,
        racy: version.is_multiple_of(2),
        format: Format::Markdown,
        title: (!version.is_multiple_of(3)).then(|| format!("Title {version}")),
        first_chunk: ChunkId(chunks.start),
        n_chunks: (chunks.end - chunks.start) as u32,
        indexed_at_ms: 7,
        encoding: "UTF-8".to_owned(),
        metadata: corpus::Metadata::default(),
        parser: "text 1".into(),
        container: None,
    }
}

fn vector(chunk: u64, salt: u64) -> VectorRow {
    let values: Vec<f32> =
        (0..DIM as u64).map(|i| ((chunk * 31 + salt * 7 + i * i) % 17) as f32 - 8.0).collect();
    VectorRow {
        chunk: ChunkId(chunk),
        model: ModelId(salt as u16),
        tier: if salt.is_multiple_of(2) { Tier::Student } else { Tier::Teacher },
        text_hash: TextHash::of(&format!("{chunk} {salt}")),
        vector: QuantizedVector::from_f32(&values).unwrap(),
    }
}

/// Copies the files as they are, as a kill would leave them.
fn copy(from: &Path, to: &Path) {
    for entry in fs_err::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs_err::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs_err::copy(entry.path(), target).unwrap();
        }
    }
}
