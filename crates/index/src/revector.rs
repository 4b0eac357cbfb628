//! Other student vectors for chunks that have some already: written quietly in small steps, then shown all at once.
//!
//! Invariant: a teacher's vector is never replaced by a student's, and a dead chunk gets no vector. No step holds the writer for longer
//! than its own rows take, so writes go on in between.
//! Both generations of vectors lie in one space, so it does no harm that a crash between the steps leaves some rows of each.

use crate::open::Writer;
use crate::{Error, Index};
use corpus::{ChunkId, ModelId, Tier};
use ledger::VectorRow;

impl Index {
    /// Live chunks with a student vector by another model than `student`, by rising id. Reads every vector from disk.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn outdated(&self, student: ModelId) -> Result<Vec<ChunkId>, Error> {
        let snapshot = self.documents();
        let mut outdated = Vec::new();
        for row in self.ledger.vectors() {
            let row = row.map_err(Error::Ledger)?;
            let old = row.tier == Tier::Student && row.model != student;
            if old && snapshot.live().contains(row.chunk.0) {
                outdated.push(row.chunk);
            }
        }
        Ok(outdated)
    }

    /// Writes student vectors for chunks that have others, without showing them. They are durable with the next commit.
    ///
    /// # Errors
    /// When the ledger fails.
    pub fn stage_vectors(&self, mut rows: Vec<VectorRow>) -> Result<(), Error> {
        // Those shown must be in memory: read later, they would be the staged ones.
        self.snapshot()?;
        let writer = self.lock();
        rows.retain(|row| is_students(&writer, row.chunk));
        writer.ledger.restage(&rows).map_err(Error::Ledger)
    }

    /// Shows vectors that were staged, all at once. Returns how many: chunks that died or got a teacher's vector meanwhile are left out.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn show_vectors(&self, rows: &[VectorRow]) -> Result<usize, Error> {
        self.snapshot()?;
        let mut writer = self.lock();
        let wanted: Vec<&VectorRow> = rows.iter().filter(|row| is_students(&writer, row.chunk)).collect();
        let Some(store) = &mut writer.vectors else { return Ok(0) };
        for row in &wanted {
            // Refused is only a vector without direction, which cannot be made.
            let _known = store.replace(row.chunk, row.tier, &row.vector);
        }
        let view = store.snapshot();
        writer.current.vectors = Some(view);
        self.publish(&writer.current);
        Ok(wanted.len())
    }
}

/// Whether a chunk is live and has a student's vector.
fn is_students(writer: &Writer, chunk: ChunkId) -> bool {
    writer.current.live.contains(chunk.0) && writer.current.tier(chunk) == Some(Tier::Student)
}
