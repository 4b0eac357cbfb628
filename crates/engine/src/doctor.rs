//! Doctor: what is wrong with an index, and its rebuild.

use crate::layout::Layout;
use crate::{Result, Engine};
use corpus::ChunkId;
use serde::Serialize;
use std::path::Path;

/// What an examination found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// One entry for each check, in order.
    pub checks: Vec<Finding>,
}

/// The outcome of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was checked.
    pub check: &'static str,
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

impl Engine {
    /// Examines the index: what opening repaired, every checksum, whether the stores agree, whether samples find themselves.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub fn doctor(&self) -> Result<Findings> {
        Ok(Findings {
            checks: vec![self.check_open(), self.check_sums()?, self.check_stores()?, self.check_samples()?],
        })
    }

    /// Throws the index away and makes it anew from the files. No file of the workspace is touched, but the teacher's vectors are lost.
    ///
    /// # Errors
    /// When another process owns the workspace, or the index folder cannot be removed.
    pub fn discard_index(folder: &Path) -> Result<()> {
        let layout = Layout::of(folder)?;
        let _lock = layout.lock()?;
        match fs_err::remove_dir_all(layout.index()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn check_open(&self) -> Finding {
        Finding { check: "left behind by the last run", ok: true, details: self.repaired.clone() }
    }

    fn check_sums(&self) -> Result<Finding> {
        let damaged = self.index.verify()?;
        Ok(Finding { check: "checksums", ok: damaged.is_empty(), details: damaged })
    }

    /// Every live chunk has its text; every document's chunks are live.
    fn check_stores(&self) -> Result<Finding> {
        let snapshot = self.index.snapshot()?;
        let counts = snapshot.counts();
        let mut details = Vec::new();
        for doc in snapshot.docs().iter() {
            let found = snapshot.chunks_of(doc)?.len();
            if found != doc.n_chunks as usize {
                details.push(format!("{}: {found} of {} chunks have their text", doc.path, doc.n_chunks));
            }
        }
        let ok = details.is_empty();
        if ok {
            details.push(format!(
                "{} documents, {} chunks, {} vectors, {} skipped files",
                counts.documents, counts.chunks, counts.vectors, counts.skipped
            ));
        }
        Ok(Finding { check: "stores agree", ok, details })
    }

    /// A sample of chunks, searched by their own vectors, are found first.
    fn check_samples(&self) -> Result<Finding> {
        let snapshot = self.index.snapshot()?;
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
        Ok(Finding { check: "self-search", ok, details })
    }
}
