//! One commit being put together.
//!
//! Invariant: nothing staged here is seen by any query before [`Transaction::commit`] returns, and all of it is after.
//! Order on disk: lexicon commit (made durable), ledger commit (made durable: the commit point), then memory. See docs/format.md.

use crate::open::{Index, Writer};
use crate::{Error, Snapshot, fault};
use corpus::{
    Chunk, ChunkId, ContentHash, DocId, DocPath, Format, Metadata, ModelId, QuantizedVector, Seq, TextHash,
    Tier,
};
use ledger::{Commit, DocRecord, SkipRecord, VectorRow};
use lexicon::LexiconDoc;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, MutexGuard};

/// A new version of a document.
#[derive(Clone, Debug)]
pub struct PutDoc {
    /// Where the file is.
    pub path: DocPath,
    /// Hash of the bytes that were read.
    pub hash: ContentHash,
    /// Size of the file in bytes.
    pub size: u64,
    /// Modification time before the bytes were read, in nanoseconds since 1970 (UTC).
    pub mtime_ns: i64,
    /// The file system's number for the file, 0 where there is none.
    pub inode: u64,
    /// The time stamp was too fresh to trust: the next scan hashes the file again.
    pub racy: bool,
    /// What kind of text it holds.
    pub format: Format,
    /// The encoding its bytes were read as.
    pub encoding: String,
    /// Its title, if it says one.
    pub title: Option<String>,
    /// What it says of itself.
    pub metadata: Metadata,
    /// The parser that read it, with its version.
    pub parser: String,
    /// The file that it is a part of: an attachment of a message, a member of an archive. The facts of the file are then that file's.
    pub container: Option<DocPath>,
    /// Its chunks, in order.
    pub chunks: Vec<PutChunk>,
}

/// A chunk of a new version, with its text and vector.
#[derive(Clone, Debug)]
pub struct PutChunk {
    /// Where it stands.
    pub chunk: Chunk,
    /// Its text, and after it the white space up to the next chunk, so that neighbours can be joined again byte for byte.
    pub body: String,
    /// Hash of the text that was embedded.
    pub text_hash: TextHash,
    /// Its vector, if its text has any direction.
    pub vector: Option<(ModelId, Tier, QuantizedVector)>,
}

/// What a commit did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Number of the commit; a snapshot with this number or a higher one shows it.
    pub seq: Seq,
    /// Documents that were put.
    pub put: usize,
    /// Documents that were removed.
    pub removed: usize,
}

/// A batch of changes that becomes visible as a whole or not at all. Holding one keeps other writers waiting; readers never wait.
pub struct Transaction<'a> {
    writer: MutexGuard<'a, Writer>,
    index: &'a Index,
    /// The last word on each path, so that a path put twice in one batch is put once.
    puts: BTreeMap<DocPath, Put>,
    removed: BTreeMap<DocPath, Arc<DocRecord>>,
    skips: BTreeMap<DocPath, SkipRecord>,
    unskips: Vec<DocPath>,
    replaced: Vec<VectorRow>,
    /// Chunks that were staged here and replaced here: their vectors are in the ledger and belong to nobody.
    outdone: Vec<Range<u64>>,
    next_doc: u64,
    next_chunk: u64,
    staged_text: bool,
}

struct Put {
    record: DocRecord,
    /// Its vectors, if there are vectors in memory to bring up to date.
    vectors: Vec<VectorRow>,
    /// Only what is known of the file changed, not its chunks.
    touch: bool,
}

impl<'a> Transaction<'a> {
    pub(crate) fn begin(index: &'a Index, writer: MutexGuard<'a, Writer>) -> Result<Self, Error> {
        if writer.poisoned {
            return Err(Error::Poisoned);
        }
        Ok(Self {
            index,
            puts: BTreeMap::new(),
            removed: BTreeMap::new(),
            skips: BTreeMap::new(),
            unskips: Vec::new(),
            replaced: Vec::new(),
            outdone: Vec::new(),
            next_doc: writer.next_doc,
            next_chunk: writer.next_chunk,
            staged_text: false,
            writer,
        })
    }

    /// The state this transaction builds on.
    #[must_use]
    pub fn base(&self) -> &Snapshot {
        &self.writer.current
    }

    /// Stages a new version of a document. The version before, if any, goes, and the parts it had: put the new ones after it.
    ///
    /// # Errors
    /// When the full-text writer refuses; the transaction must then be dropped.
    pub fn put(&mut self, doc: PutDoc, now_ms: i64) -> Result<(), Error> {
        self.remove_parts(&doc.path)?;
        let known = self.unput(&doc.path);
        let known = known.or_else(|| self.writer.current.docs.get(&doc.path).map(|old| old.id));
        self.staged_text = true;
        let id = match known {
            Some(id) => {
                self.writer.lexicon.delete_document(id).map_err(Error::Lexicon)?;
                id
            }
            None => self.new_doc_id(),
        };
        let first_chunk = ChunkId(self.next_chunk);
        self.next_chunk += doc.chunks.len() as u64;
        let record = DocRecord {
            id,
            hash: doc.hash,
            size: doc.size,
            mtime_ns: doc.mtime_ns,
            inode: doc.inode,
            racy: doc.racy,
            format: doc.format,
            title: doc.title,
            first_chunk,
            n_chunks: doc.chunks.len() as u32,
            indexed_at_ms: now_ms,
            encoding: doc.encoding,
            metadata: doc.metadata,
            parser: doc.parser,
            container: doc.container,
            path: doc.path,
        };
        let vectors = self.stage_chunks(&record, doc.chunks)?;
        self.removed.remove(&record.path);
        self.unskip(&record.path);
        self.puts.insert(record.path.clone(), Put { record, vectors, touch: false });
        Ok(())
    }

    fn stage_chunks(&mut self, record: &DocRecord, chunks: Vec<PutChunk>) -> Result<Vec<VectorRow>, Error> {
        let Metadata { authors, keywords, language, .. } = &record.metadata;
        let about: Vec<&str> = authors.iter().chain(keywords).map(String::as_str).collect();
        let about = about.join(" ");
        let mut vectors = Vec::with_capacity(chunks.len());
        for (put, id) in chunks.into_iter().zip(record.first_chunk.0..) {
            let doc = LexiconDoc {
                chunk_id: ChunkId(id),
                doc_id: record.id,
                path: &record.path,
                title: record.title.as_deref(),
                chunk: &put.chunk,
                body: &put.body,
                format: record.format,
                modified_ms: record.mtime_ns / 1_000_000,
                text_hash: put.text_hash,
                language: *language,
                about: &about,
            };
            self.writer.lexicon.add(&doc).map_err(Error::Lexicon)?;
            if let Some((model, tier, vector)) = put.vector {
                vectors.push(VectorRow { chunk: ChunkId(id), model, tier, text_hash: put.text_hash, vector });
            }
        }
        self.writer.ledger.stage(&vectors).map_err(Error::Ledger)?;
        // Kept only for the vectors in memory: a run that only writes holds none.
        if self.writer.vectors.is_none() {
            vectors.clear();
            vectors.shrink_to_fit();
        }
        Ok(vectors)
    }

    fn new_doc_id(&mut self) -> DocId {
        let id = DocId(self.next_doc);
        self.next_doc += 1;
        id
    }

    /// Stages the removal of a document with its parts, and of the note that its path was skipped. Unknown paths are ignored.
    ///
    /// # Errors
    /// When the full-text writer refuses; the transaction must then be dropped.
    pub fn remove(&mut self, path: &DocPath) -> Result<(), Error> {
        self.remove_parts(path)?;
        self.unskip(path);
        let staged = self.unput(path);
        let old = self.writer.current.docs.get(path).cloned();
        if let Some(id) = staged.or(old.as_ref().map(|old| old.id)) {
            self.staged_text = true;
            self.writer.lexicon.delete_document(id).map_err(Error::Lexicon)?;
        }
        if let Some(old) = old {
            self.removed.insert(path.clone(), old);
        }
        Ok(())
    }

    /// Stages the removal of what the version before held: attachments, members, and the notes of those that could not be read.
    fn remove_parts(&mut self, path: &DocPath) -> Result<(), Error> {
        let current = &self.writer.current;
        let staged = self.puts.get(path).map(|put| put.record.format);
        let before = current.docs.get(path).map(|old| old.format);
        if !staged.is_some_and(Format::is_container) && !before.is_some_and(Format::is_container) {
            return Ok(());
        }
        let is_part = |container: &Option<DocPath>| container.as_ref() == Some(path);
        // A file of its own may have taken the place of a part.
        let replaced = |at: &DocPath| self.puts.get(at).is_some_and(|put| !is_part(&put.record.container));
        let staged =
            below(&self.puts, path).filter(|(_, put)| is_part(&put.record.container)).map(|(at, _)| at);
        let noted = below(&self.skips, path).filter(|(_, skip)| is_part(&skip.container)).map(|(at, _)| at);
        let old = current.parts(path).map(|old| &old.path);
        let skipped = current.bad_parts(path).map(|skip| &skip.path);
        let parts = staged.chain(noted).chain(old).chain(skipped).filter(|at| !replaced(at));
        let parts: BTreeSet<DocPath> = parts.cloned().collect();
        parts.iter().try_for_each(|part| self.remove(part))
    }

    /// Notes that a file was seen and not indexed. A document at that path goes.
    ///
    /// # Errors
    /// As [`Transaction::remove`].
    pub fn skip(&mut self, skip: SkipRecord) -> Result<(), Error> {
        self.remove(&skip.path)?;
        self.unskips.retain(|path| *path != skip.path);
        self.skips.insert(skip.path.clone(), skip);
        Ok(())
    }

    /// Renews what is known of an unchanged file (its time stamp moved, its bytes did not).
    pub fn touch(&mut self, path: &DocPath, size: u64, mtime_ns: i64, inode: u64, racy: bool) {
        self.renew(path, |old| DocRecord { size, mtime_ns, inode, racy, ..old.clone() });
    }

    /// Has the next scan read a file again, though it has not changed, because what it holds was not read as it should be.
    pub fn outdate(&mut self, path: &DocPath) {
        self.renew(path, |old| DocRecord { parser: String::new(), ..old.clone() });
    }

    /// Changes what is known of a file, and of its parts, but not their chunks.
    fn renew(&mut self, path: &DocPath, renewed: impl Fn(&DocRecord) -> DocRecord) {
        let Some(old) = self.writer.current.docs.get(path) else { return };
        if self.puts.contains_key(path) || self.removed.contains_key(path) {
            return;
        }
        let mut same = vec![Arc::clone(old)];
        if old.format.is_container() {
            same.extend(self.writer.current.parts(path).cloned());
        }
        for old in same {
            let record = renewed(&old);
            self.puts.insert(old.path.clone(), Put { record, vectors: Vec::new(), touch: true });
        }
    }

    /// Replaces the vector of a live chunk. Ignored when the chunk is no longer live.
    pub fn replace_vector(&mut self, row: VectorRow) {
        if self.writer.current.live.contains(row.chunk.0) {
            self.replaced.push(row);
        }
    }

    /// Forgets what was put at a path before. Returns its document.
    fn unput(&mut self, path: &DocPath) -> Option<DocId> {
        let put = self.puts.remove(path)?;
        if !put.touch {
            self.outdone.push(put.record.chunks());
        }
        Some(put.record.id)
    }

    fn unskip(&mut self, path: &DocPath) {
        self.skips.remove(path);
        if self.writer.current.skips.contains_key(path) {
            self.unskips.push(path.clone());
        }
    }

    /// Makes everything staged durable and visible. When it returns, the next snapshot shows it and no crash loses it.
    ///
    /// # Errors
    /// When a store fails. Nothing of the batch is visible then, and the index takes no more until it is opened again.
    pub fn commit(mut self) -> Result<Committed, Error> {
        let (put, removed) = (self.puts.values().filter(|put| !put.touch).count(), self.removed.len());
        let nothing =
            self.puts.len() + removed + self.skips.len() + self.unskips.len() + self.replaced.len() == 0;
        if nothing && !self.staged_text {
            return Ok(Committed { seq: self.writer.current.seq, put, removed });
        }
        let seq = Seq(self.writer.current.seq.0 + 1);
        // Cleared at the end: a failure in between leaves the stores in different states, which only opening again mends.
        self.writer.poisoned = true;
        let done = self.commit_stores(seq);
        self.index.suspect(done)?;
        fault::at(fault::APPLY)?;
        self.apply(seq);
        fault::at(fault::PUBLISH)?;
        self.writer.poisoned = false;
        self.staged_text = false;
        self.index.publish(&self.writer.current);
        Ok(Committed { seq, put, removed })
    }

    fn commit_stores(&mut self, seq: Seq) -> Result<(), Error> {
        fault::at(fault::COMMIT)?;
        if self.staged_text {
            self.writer.committed = true;
            self.writer.current.text = self.writer.lexicon.commit(seq).map_err(Error::Lexicon)?;
        }
        fault::at(fault::BETWEEN)?;
        let commit = self.ledger_commit(seq);
        self.writer.ledger.commit(commit).map_err(Error::Ledger)
    }

    /// Chunk ranges that die with this commit.
    fn dead_chunks(&self) -> Vec<Range<u64>> {
        let docs = &self.writer.current.docs;
        let replaced = self.puts.values().filter_map(|put| {
            let old = docs.get(&put.record.path)?;
            (old.first_chunk != put.record.first_chunk).then(|| old.chunks())
        });
        let removed = self.removed.values().map(|old| old.chunks());
        replaced
            .chain(removed)
            .chain(self.outdone.iter().cloned())
            .filter(|range| !range.is_empty())
            .collect()
    }

    fn ledger_commit(&self, seq: Seq) -> Commit {
        Commit {
            seq,
            puts: self.puts.values().map(|put| put.record.clone()).collect(),
            removed: self.removed.values().map(|old| old.id).collect(),
            skips: self.skips.values().cloned().collect(),
            unskips: self.unskips.clone(),
            vectors: self.replaced.clone(),
            dead_chunks: self.dead_chunks(),
            text: self.staged_text,
            next_doc: self.next_doc,
            next_chunk: self.next_chunk,
        }
    }

    /// Brings memory to where the ledger is.
    fn apply(&mut self, seq: Seq) {
        let dead = self.dead_chunks();
        let writer = &mut *self.writer;
        let mut live = (*writer.current.live).clone();
        for range in &dead {
            live.remove_range(range.clone());
        }
        for path in self.removed.keys() {
            writer.current.docs.remove(path);
        }
        let mut rows: Vec<VectorRow> = Vec::new();
        for (_, put) in std::mem::take(&mut self.puts) {
            if !put.touch {
                live.insert_range(put.record.chunks());
            }
            rows.extend(put.vectors);
            writer.current.docs.insert(Arc::new(put.record));
        }
        for path in &self.unskips {
            writer.current.skips.remove_mut(path);
        }
        for (path, skip) in std::mem::take(&mut self.skips) {
            writer.current.skips.insert_mut(path, Arc::new(skip));
        }
        writer.next_doc = self.next_doc;
        writer.next_chunk = self.next_chunk;
        writer.current.seq = seq;
        writer.current.live = Arc::new(live);
        apply_vectors(writer, &dead, rows, &self.replaced);
    }
}

/// Brings the vectors in memory to where the ledger is, if they are in memory.
fn apply_vectors(writer: &mut Writer, dead: &[Range<u64>], mut rows: Vec<VectorRow>, replaced: &[VectorRow]) {
    let (Some(store), Some(view)) = (&mut writer.vectors, &writer.current.vectors) else { return };
    let by_teacher = |chunk: u64| view.tier(ChunkId(chunk)) == Some(Tier::Teacher);
    let mut n_teacher = writer.current.n_teacher;
    if n_teacher > 0 {
        n_teacher -= dead.iter().cloned().flatten().filter(|&chunk| by_teacher(chunk)).count() as u64;
    }
    let gained = |row: &&VectorRow| row.tier == Tier::Teacher && !by_teacher(row.chunk.0);
    n_teacher += replaced.iter().filter(gained).count() as u64;
    for range in dead {
        store.remove_range(range.clone());
    }
    // Chunk ids rise in staging order, paths do not: vectors are kept in the order of their ids.
    rows.sort_unstable_by_key(|row| row.chunk);
    for row in &rows {
        // Refused is only what has no direction, which `QuantizedVector` does not let be made.
        if store.insert(row.chunk, row.tier, &row.vector).is_ok() {
            n_teacher += u64::from(row.tier == Tier::Teacher);
        }
    }
    for row in replaced {
        let _known = store.replace(row.chunk, row.tier, &row.vector);
    }
    writer.current.n_teacher = n_teacher;
    writer.current.vectors = Some(store.snapshot());
}

impl Transaction<'_> {
    fn roll_back(&mut self) -> Result<(), Error> {
        fault::at(fault::ROLLBACK)?;
        self.writer.lexicon.rollback().map_err(Error::Lexicon)?;
        self.writer.ledger.unstage().map_err(Error::Ledger)
    }
}

impl Drop for Transaction<'_> {
    /// An abandoned transaction's text must not slip into the next commit.
    fn drop(&mut self) {
        if self.staged_text && !self.writer.poisoned {
            self.writer.poisoned = true;
            self.writer.poisoned = self.roll_back().is_err();
        }
        // Vectors may be staged under the numbers that it gave away: they are not given again.
        self.writer.next_chunk = self.writer.next_chunk.max(self.next_chunk);
    }
}

/// What is staged at and around the paths that begin with `path`, without a look at all the others.
fn below<'a, T>(
    staged: &'a BTreeMap<DocPath, T>,
    path: &'a DocPath,
) -> impl Iterator<Item = (&'a DocPath, &'a T)> {
    staged.range(path.clone()..).take_while(|(at, _)| at.as_str().starts_with(path.as_str()))
}
