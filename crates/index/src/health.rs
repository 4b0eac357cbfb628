//! Health: what the stores hold, counted and compared, all at once or a little at a time.
//!
//! Invariant: examining changes nothing but the note of what is suspect.
//! Not here: repairs. Opening again makes them.

use crate::{Error, Index};
use ledger::ScrubPlace;
use roaring::RoaringTreemap;
use std::path::PathBuf;

/// What a full examination found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Documents in the ledger.
    pub documents: u64,
    /// Files that were seen and not indexed.
    pub skipped: u64,
    /// Chunks of those documents.
    pub chunks: u64,
    /// Chunks in the full text that are not deleted.
    pub text_chunks: u64,
    /// Chunks in the full text that no document owns. The next open drops them.
    pub text_orphans: u64,
    /// Chunks of documents without their text. Their documents are hidden until they are read again.
    pub text_missing: u64,
    /// Vectors by the student.
    pub student_vectors: u64,
    /// Vectors by a teacher.
    pub teacher_vectors: u64,
    /// Chunks without a vector: their text has no direction.
    pub chunks_without_vector: u64,
    /// Vectors that no document owns.
    pub vector_orphans: u64,
    /// Segments of the full text.
    pub segments: u64,
    /// Files of the full text whose checksums were compared.
    pub files: u64,
    /// Rows of the ledger whose checksums were compared.
    pub rows: u64,
    /// Bytes of the files of the full text.
    pub text_bytes: u64,
    /// Bytes of the ledger's files.
    pub ledger_bytes: u64,
    /// What is damaged, one line each.
    pub damage: Vec<String>,
}

/// How far a scrub has come. The default is the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScrubCursor {
    /// The last file of the full text that was read.
    file: Option<PathBuf>,
    /// The files are done; the ledger's rows come next.
    files_done: bool,
    rows: ScrubPlace,
}

/// What one step of a scrub found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScrubStep {
    /// What is damaged, one line each. It is noted for the next open.
    pub damage: Vec<String>,
    /// Everything was read: the next step begins anew.
    pub done: bool,
}

/// Rows of the ledger in one step: about a megabyte.
const ROWS: usize = 2000;

impl Index {
    /// Reads all files of all stores, compares every checksum, and counts what the stores hold of each other. Slow, and commits wait.
    ///
    /// # Errors
    /// When the files cannot be read. Damage is not an error; it is in the answer, and noted for the next open.
    pub fn health(&self) -> Result<Health, Error> {
        let writer = self.lock();
        let mut health = Health::default();
        self.examine_text(&writer.current, &mut health)?;
        let report = match self.ledger.verify() {
            Err(error) if error.is_damage() => {
                health.damage.push(format!("ledger: {error}"));
                return self.noted(health);
            }
            report => report.map_err(Error::Ledger)?,
        };
        let row = |row: &ledger::DamagedRow| format!("ledger: row {} of {}: {}", row.key, row.tree, row.why);
        health.damage.extend(report.damaged.iter().map(row));
        health.damage.extend(report.incomplete.iter().map(|what| format!("ledger: {what}")));
        if report.bad_ranges > 0 {
            let n = report.bad_ranges;
            health.damage.push(format!("ledger: {n} documents hold chunks that are not theirs alone"));
        }
        health.documents = report.docs as u64;
        health.skipped = report.skips as u64;
        health.teacher_vectors = report.teacher_vectors as u64;
        health.student_vectors = (report.vectors - report.teacher_vectors) as u64;
        health.chunks_without_vector = report.missing_vectors;
        health.vector_orphans = report.orphan_vectors;
        health.rows = (report.docs + report.skips + report.vectors + report.damaged.len()) as u64;
        health.ledger_bytes = self.ledger.size_on_disk().map_err(Error::Ledger)?;
        self.noted(health)
    }

    fn examine_text(&self, current: &crate::Snapshot, health: &mut Health) -> Result<(), Error> {
        let text = &current.text;
        let mut owned = RoaringTreemap::new();
        for doc in current.docs.iter() {
            owned.insert_range(doc.chunks());
        }
        health.chunks = owned.len();
        health.text_chunks = text.n_chunks();
        health.segments = text.n_segments() as u64;
        let damaged = text.verify().map_err(Error::Lexicon)?;
        health
            .damage
            .extend(damaged.into_iter().map(|(file, why)| format!("full text: {}: {why}", file.display())));
        if health.damage.is_empty() {
            let stored = text.chunk_ids().map_err(Error::Lexicon)?;
            health.text_orphans = stored.difference_len(&owned);
            health.text_missing = owned.difference_len(&stored);
            health.files = text.files().map_err(Error::Lexicon)?.len() as u64;
            health.text_bytes = text.size_bytes().map_err(Error::Lexicon)?;
        }
        Ok(())
    }

    fn noted(&self, health: Health) -> Result<Health, Error> {
        self.note_damage(&health.damage)?;
        Ok(health)
    }

    fn note_damage(&self, damage: &[String]) -> Result<(), Error> {
        match damage.first() {
            Some(what) => self.distrust(&Error::Corrupt { what: what.clone() }),
            None => Ok(()),
        }
    }

    /// What [`Index::health`] finds damaged, one line each.
    ///
    /// # Errors
    /// As [`Index::health`].
    pub fn verify(&self) -> Result<Vec<String>, Error> {
        Ok(self.health()?.damage)
    }

    /// Reads and compares the next file of the full text, or the next rows of the ledger, and moves `cursor` behind them. One step takes
    /// as long as reading the largest file; queries and commits go on meanwhile. For an owner that wants to find rot before a query does: damage in
    /// the answer means to open the index again.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn scrub(&self, cursor: &mut ScrubCursor) -> Result<ScrubStep, Error> {
        let step = if cursor.files_done { self.scrub_rows(cursor) } else { self.scrub_file(cursor) }?;
        self.note_damage(&step.damage)?;
        Ok(step)
    }

    fn scrub_file(&self, cursor: &mut ScrubCursor) -> Result<ScrubStep, Error> {
        let snapshot = self.documents();
        let files = match snapshot.text.files() {
            Err(error) if error.is_damage() => {
                cursor.files_done = true;
                let damage = vec![format!("full text: {}", error.cause())];
                return Ok(ScrubStep { damage, done: false });
            }
            files => files.map_err(Error::Lexicon)?,
        };
        let Some(file) = files.into_iter().find(|file| cursor.file.as_ref().is_none_or(|last| file > last))
        else {
            cursor.files_done = true;
            return Ok(ScrubStep::default());
        };
        let found = snapshot.text.verify_file(&file).map_err(Error::Lexicon)?;
        let damage = found.map(|why| format!("full text: {}: {why}", file.display())).into_iter().collect();
        cursor.file = Some(file);
        Ok(ScrubStep { damage, done: false })
    }

    fn scrub_rows(&self, cursor: &mut ScrubCursor) -> Result<ScrubStep, Error> {
        let step = match self.ledger.scrub(&mut cursor.rows, ROWS) {
            Err(error) if error.is_damage() => {
                *cursor = ScrubCursor::default();
                return Ok(ScrubStep { damage: vec![format!("ledger: {error}")], done: true });
            }
            step => step.map_err(Error::Ledger)?,
        };
        if step.done {
            *cursor = ScrubCursor::default();
        }
        let row = |row: ledger::DamagedRow| format!("ledger: row {} of {}: {}", row.key, row.tree, row.why);
        Ok(ScrubStep { damage: step.damaged.into_iter().map(row).collect(), done: step.done })
    }
}
