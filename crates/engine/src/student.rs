//! The workspace's own student: the built-in table, fitted further to the workspace, kept beside the index.
//!
//! Invariant: a table that is missing, damaged or of another space never stands in the way: the built-in one serves, and `status` says why.
//! The record is written after the table it describes, so one that is there describes a whole table.
//! Not here: fitting it (`adapt`).

use crate::adapt::Fitted;
use crate::search::rfc3339;
use crate::{Engine, Result};
use corpus::ModelId;
use embed::{Embedder, Student};
use index::Index;
use ingest::StudentInUse;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a workspace's student was fitted to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adaptation {
    /// Passages of the workspace that it was fitted to.
    pub sample: u64,
    /// Rows of its table that the fit changed; none where fitting taught it nothing, and the built-in table serves.
    pub rows: u64,
    /// Mean cosine of its vectors with the teacher's on passages it was not fitted to.
    pub fidelity: f32,
    /// Chunks that the workspace held then.
    pub chunks: u64,
    /// When, RFC 3339, UTC.
    pub at: String,
    /// Checksum of the table.
    pub(crate) checksum: String,
    /// Chunks from this number on came later.
    pub(crate) next_chunk: u64,
}

/// The student of a workspace as it was found on disk.
pub(crate) struct Found {
    pub(crate) in_use: StudentInUse,
    pub(crate) adaptation: Option<Adaptation>,
    pub(crate) problem: Option<String>,
}

/// Reads the workspace's student, or says why it is the built-in one.
pub(crate) fn find(index: &Index) -> Result<Found> {
    let (table, record) = files(index.dir());
    let builtin = |problem| Found { in_use: StudentInUse::builtin(), adaptation: None, problem };
    let text = match std::fs::read_to_string(&record) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(builtin(None)),
        Err(error) => return Ok(builtin(Some(error.to_string()))),
    };
    match read(&table, &text) {
        Ok((student, adaptation)) => {
            let model = model_of(index, &student)?;
            let in_use = StudentInUse { student: Arc::new(student), model };
            Ok(Found { in_use, adaptation: Some(adaptation), problem: None })
        }
        Err(why) => Ok(builtin(Some(format!("{}: {why}; the built-in table serves", table.display())))),
    }
}

fn read(table: &Path, record: &str) -> std::result::Result<(Student, Adaptation), String> {
    let adaptation: Adaptation = toml::from_str(record).map_err(|error| error.message().to_owned())?;
    let bytes = std::fs::read(table).map_err(|error| error.to_string())?;
    let student = Student::from_bytes(&bytes).map_err(|error| error.to_string())?;
    if student.model().checksum != adaptation.checksum {
        return Err("it is not the table that its record describes".to_owned());
    }
    if student.model().space != Student::builtin().model().space {
        return Err(format!("it is fitted to {}", student.model().space));
    }
    Ok((student, adaptation))
}

/// The number that a student's vectors go by in the index.
pub(crate) fn model_of(index: &Index, student: &Student) -> Result<ModelId> {
    let checksum = &student.model().checksum;
    if *checksum == Student::builtin().model().checksum {
        return Ok(ModelId::BUILTIN);
    }
    Ok(index.model_id(&format!("student {}", &checksum[..16.min(checksum.len())]))?)
}

impl Engine {
    /// Keeps a student on disk and lets it embed from now on.
    pub(crate) fn take_student(&self, fitted: Fitted, sample: usize) -> Result<()> {
        let Fitted { student, rows, fidelity } = fitted;
        let snapshot = self.index.documents();
        let adaptation = Adaptation {
            sample: sample as u64,
            rows: rows as u64,
            fidelity,
            chunks: snapshot.live().len(),
            at: rfc3339(jiff::Timestamp::now().as_millisecond()),
            checksum: student.model().checksum.clone(),
            next_chunk: snapshot.live().max().map_or(0, |last| last + 1),
        };
        let (table, record) = files(self.index.dir());
        let text = toml::to_string(&adaptation)
            .map_err(|error| crate::Error::new(crate::ErrorKind::Invalid, error.to_string()))?;
        // The old record must not be taken for one of the new table.
        match fs_err::remove_file(&record) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        self.layout.write_whole(&table, &student.to_bytes())?;
        self.layout.write_whole(&record, text.as_bytes())?;
        let model = model_of(&self.index, &student)?;
        self.ingest.use_student(StudentInUse { student, model });
        self.improving.adapted(adaptation);
        tracing::info!(sample, rows, "the student was fitted to the workspace");
        Ok(())
    }
}

/// The table and the record of it.
fn files(index: &Path) -> (PathBuf, PathBuf) {
    (index.join("student.bin"), index.join("student.toml"))
}
