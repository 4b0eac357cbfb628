//! Doctor: what is wrong with an index, and its rebuild.

use crate::backfill::{embedding_text, vector_row};
use crate::layout::Layout;
use crate::lock::Lock;
use crate::{Engine, Result};
use corpus::{ChunkId, Tier};
use fence::Confinement;
use index::VectorRow;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What an examination found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// One entry for each check, in order.
    pub checks: Vec<Finding>,
}

/// The outcome of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What was checked.
    pub check: String,
    /// Whether all was well.
    pub ok: bool,
    /// What was found, one line each; counts when all was well.
    pub details: Vec<String>,
}

impl Findings {
    /// Whether every check passed.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.checks.iter().all(|check| check.ok)
    }
}

/// Chunks that are looked up by their own text and vector.
const SAMPLES: usize = 64;
/// Texts that are read at a time.
const STEP: usize = 1024;

impl Engine {
    /// Examines the index: what opening repaired, every checksum, whether the stores agree, whether samples find themselves; and whether it is known
    /// who wrote what and who holds what.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub fn doctor(&self) -> Result<Findings> {
        let mut checks = vec![self.check_open()];
        checks.extend(self.check_stores()?);
        checks.push(self.check_vectors()?);
        checks.push(self.check_samples()?);
        checks.push(self.check_parsers());
        checks.push(self.check_provenance());
        checks.push(self.check_versions()?);
        checks.push(self.check_restores());
        checks.push(self.check_leases());
        Ok(Findings { checks })
    }

    /// Throws the index away and makes it anew from the files. No file of the workspace is touched, and teacher vectors are
    /// kept beside the index.
    ///
    /// # Errors
    /// When another process owns the workspace, or the index folder cannot be removed.
    pub fn discard_index(folder: &Path) -> Result<()> {
        let layout = Layout::of(folder)?;
        let _lock = Lock::take(folder)?;
        match fs_err::remove_dir_all(layout.index()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn check_open(&self) -> Finding {
        Finding { check: "left behind by the last run".to_owned(), ok: true, details: self.repaired.clone() }
    }

    /// Whether files that are not plain text can be parsed, and within which bounds.
    fn check_parsers(&self) -> Finding {
        let (ok, detail) = match self.ingest.try_parser() {
            Ok(Some(Confinement::Full)) => {
                (true, "in processes of their own, without files or network".to_owned())
            }
            Ok(Some(Confinement::Limits)) => (
                true,
                "in processes of their own, within limits; this system filters no system calls".to_owned(),
            ),
            Ok(Some(_)) => {
                (true, "in processes of their own, within a time limit only on this system".to_owned())
            }
            Ok(None) => {
                (true, "none in this program: PDF, Office and mail are listed as problems".to_owned())
            }
            Err(error) => (false, error.to_string()),
        };
        Finding { check: "parsers".to_owned(), ok, details: vec![detail] }
    }

    /// Every checksum, and whether the stores hold the same chunks.
    fn check_stores(&self) -> Result<Vec<Finding>> {
        let health = self.index.health()?;
        let sums = if health.damage.is_empty() {
            vec![format!("{} files, {} rows", health.files, health.rows)]
        } else {
            health.damage.clone()
        };
        let amiss: Vec<String> = [
            (health.text_orphans, "chunks of text that no document owns"),
            (health.text_missing, "chunks without their text"),
            (health.vector_orphans, "vectors that no document owns"),
        ]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{n} {what}"))
        .collect();
        let counts = vec![
            format!(
                "ledger: {} documents, {} skipped files, {} chunks",
                health.documents, health.skipped, health.chunks
            ),
            format!(
                "vectors: {} by the student, {} by the teacher, {} chunks without (their words say nothing)",
                health.student_vectors, health.teacher_vectors, health.chunks_without_vector
            ),
            format!("full text: {} chunks in {} segments", health.text_chunks, health.segments),
        ];
        let finding = |check: &str, ok, details| Finding { check: check.to_owned(), ok, details };
        Ok(vec![
            finding("checksums", health.damage.is_empty(), sums),
            finding("stores agree", amiss.is_empty(), if amiss.is_empty() { counts } else { amiss }),
        ])
    }

    /// Chunks without a vector whose text has one.
    fn check_vectors(&self) -> Result<Finding> {
        let lost = self.lost_vectors()?;
        let ok = lost.is_empty();
        let mut paths: Vec<String> = lost.iter().map(|row| self.path_of(row.chunk)).collect();
        paths.dedup();
        let details = match paths.len() {
            0 => vec!["none is missing".to_owned()],
            _ => paths.iter().map(|path| format!("{path}: chunks have lost their vectors")).collect(),
        };
        Ok(Finding { check: "vectors".to_owned(), ok, details })
    }

    fn path_of(&self, chunk: ChunkId) -> String {
        self.index.documents().docs().of_chunk(chunk).map_or_else(String::new, |doc| doc.path.to_string())
    }

    /// The student's vectors of chunks that should have one and have none.
    fn lost_vectors(&self) -> Result<Vec<VectorRow>> {
        let snapshot = self.snapshot()?;
        let bare = |chunk: &ChunkId| snapshot.tier(*chunk).is_none();
        let bare: Vec<ChunkId> = snapshot.live().iter().map(ChunkId).filter(bare).collect();
        let student = self.ingest.student();
        let mut rows = Vec::new();
        for chunks in bare.chunks(STEP) {
            for stored in snapshot.fetch(chunks)?.into_iter().flatten() {
                let vector = student.student.embed_text(&embedding_text(&stored));
                let row =
                    vector.and_then(|vector| vector_row(&stored, student.model, Tier::Student, &vector));
                rows.extend(row);
            }
        }
        Ok(rows)
    }

    /// Gives chunks that have lost their vector one by the student. Returns how many.
    ///
    /// # Errors
    /// When the index fails.
    pub fn mend_vectors(&self) -> Result<u64> {
        let rows = self.lost_vectors()?;
        let n = rows.len() as u64;
        if n > 0 {
            tracing::warn!(n, "chunks had lost their vectors");
            let transaction = self.ingest.ahead_of_bulk(|| self.index.begin())?;
            self.commit_vectors(transaction, rows)?;
        }
        Ok(n)
    }

    /// A sample of chunks, searched by their own vectors, are found first.
    fn check_samples(&self) -> Result<Finding> {
        let snapshot = self.snapshot()?;
        let allowed = snapshot.allowed(&index::Filter::default());
        let step = (snapshot.live().len() as usize / SAMPLES).max(1);
        let mut details = Vec::new();
        let mut looked = 0;
        for chunk in snapshot.live().iter().step_by(step).map(ChunkId) {
            let Some((_, vector)) = snapshot.vector(chunk) else { continue };
            looked += 1;
            let found = snapshot.search_vectors(&vector, 1, &allowed);
            // Another chunk with the same words is as good: what counts is that something this near is found.
            if found.first().is_none_or(|found| found.cosine < 0.98) {
                details.push(format!("chunk {chunk} is not found by its own vector"));
            }
        }
        let ok = details.is_empty();
        if ok {
            details.push(format!("{looked} chunks found by their own vectors"));
        }
        Ok(Finding { check: "self-search".to_owned(), ok, details })
    }
}
