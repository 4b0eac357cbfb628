//! The lexicon: the one writer of an index.
//!
//! Invariant: a searcher sees whole commits only; after a failed call the writer refuses everything until it is opened again, so
//! nothing is built on a state that is not known.
//! Not here: the order in which the stores of an index commit.
//! On disk: a tantivy index in a directory of its own; the commit number is its payload.

use std::path::Path;
use std::sync::Arc;

use corpus::{Chunk, ChunkId, DocId, DocPath, Format, LanguageCode, Seq, TextHash};
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy, NoMergePolicy};
use tantivy::{Directory, Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, TantivyError, Term};

use crate::analysis::{Language, Stemming};
use crate::check;
use crate::directory::CheckedDirectory;
use crate::error::{At, Error};
use crate::fault;
use crate::languages::languages_of;
use crate::schema::{self, Fields};
use crate::seal::Seal;
use crate::searcher::Searcher;

/// A chunk to be indexed and stored.
#[derive(Clone, Copy, Debug)]
pub struct LexiconDoc<'a> {
    /// Its id, never used before.
    pub chunk_id: ChunkId,
    /// The document it belongs to.
    pub doc_id: DocId,
    /// The document's path: its words are searchable.
    pub path: &'a DocPath,
    /// The document's title: its words count double.
    pub title: Option<&'a str>,
    /// What else the document says of itself (authors, keywords), or nothing: its words are searchable.
    pub about: &'a str,
    /// The language of its text, whose rules reduce its words. `None`, and what has no rules, is read as English.
    pub language: Option<LanguageCode>,
    /// Where it stands; the words of its headings count double.
    pub chunk: &'a Chunk,
    /// Its text.
    pub body: &'a str,
    /// The document's format.
    pub format: Format,
    /// When the document was last modified, in milliseconds since 1970.
    pub modified_ms: i64,
    /// Names its vector.
    pub text_hash: TextHash,
}

/// How an index is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LexiconOptions {
    /// How word forms are reduced, or whether. An index has one way; another one makes it incompatible.
    pub stemming: Stemming,
    /// Memory in bytes for staged chunks while live. More are written out early, as a segment of their own.
    pub live_memory: usize,
    /// Memory in bytes for staged chunks in bulk, shared by its threads.
    pub bulk_memory: usize,
    /// Threads that index in bulk, at most 8. Live there is one: each makes a segment a commit.
    pub bulk_threads: usize,
    /// The ledger whose chunks these are. An index that belongs to another one is refused.
    pub store: u64,
    /// Compare the checksum of every file on open, also of those that look as they did when they were last found sound.
    pub distrust: bool,
}

impl Default for LexiconOptions {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            stemming: Stemming::ByLanguage,
            live_memory: 64 << 20,
            bulk_memory: 48 << 20,
            bulk_threads: cores.div_ceil(2),
            store: 0,
            distrust: false,
        }
    }
}

/// tantivy takes no less for a thread.
const MIN_THREAD_MEMORY: usize = 16 << 20;
const MAX_THREADS: usize = 8;
/// Segments of a size that are merged into one: fewer make queries faster, more make writing cheaper.
const SEGMENTS_PER_MERGE: usize = 6;
/// Smaller segments all count as one size. tantivy's 10,000 would rewrite a small workspace every few commits.
const SMALLEST_LAYER: u32 = 512;
/// A segment with a greater share of deleted chunks is rewritten: they cost space and blur the statistics.
const MAX_DELETED: f32 = 0.3;

/// The writer of an index. One exists at a time, across all processes.
pub struct Lexicon {
    dir: Arc<Path>,
    index: Index,
    reader: IndexReader,
    /// `None` once poisoned.
    writer: Option<IndexWriter>,
    fields: Fields,
    options: LexiconOptions,
    /// Those of the last commit.
    languages: Arc<[&'static Language]>,
    seq: Option<Seq>,
    seal: Seal,
    n_checked: usize,
    staged: bool,
    bulk: bool,
}

impl Lexicon {
    /// Opens the index in `dir`, creating both when absent. What was staged but not committed before is gone. Files that were changed
    /// since they were last known to be sound are read and their checksums compared before anything is believed.
    ///
    /// # Errors
    /// [`Error::Locked`] when another writer is open; [`Error::Corrupt`], [`Error::Incompatible`] and [`Error::Foreign`] when only
    /// indexing anew helps; [`Error::Io`].
    pub fn open(dir: &Path, options: LexiconOptions) -> Result<Self, Error> {
        let at = At { dir, op: "open the full-text index" };
        fs_err::create_dir_all(dir).map_err(|error| at.io(&error))?;
        if let Some(parent) = dir.parent() {
            // Or a power cut takes the folder's name, and with it what was committed in it.
            fs_err::File::open(parent).and_then(|parent| parent.sync_all()).map_err(|error| at.io(&error))?;
        }
        let (schema, fields) = schema::schema(options.stemming);
        let index = at.reading(|| {
            fault::point(fault::OPEN)?;
            let directory = CheckedDirectory::open(dir)?;
            if check::exists(dir)? {
                return Index::open(directory);
            }
            Index::create(directory, schema.clone(), IndexSettings::default())
        })?;
        if index.schema() != schema {
            return Err(at.incompatible(
                schema::analyzer_of(&index.schema()),
                schema::analyzer_name(options.stemming),
            ));
        }
        schema::register_analyzer(&index, options.stemming);
        let writer = at.reading(|| {
            let writer = open_writer(&index, &options, false)?;
            // A commit that was cut off leaves files whose names the next one may come upon again, and refuses to write over.
            writer.garbage_collect_files().wait()?;
            Ok(writer)
        })?;
        let (seal, n_checked) = check_files(dir, &index, &options, at)?;
        let reader = at.reading(|| index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into())?;
        let languages = at.reading(|| languages_of(&reader.searcher(), fields.text))?;
        let payload = at.reading(|| Ok(index.load_metas()?.payload))?;
        let seq = payload.map(|payload| seq_of(&payload, &options, at)).transpose()?;
        Ok(Self {
            dir: dir.into(),
            index,
            reader,
            writer: Some(writer),
            fields,
            options,
            languages,
            seq,
            seal,
            n_checked,
            staged: false,
            bulk: false,
        })
    }

    /// Stages a chunk.
    ///
    /// # Errors
    /// [`Error::WriterEnded`], which poisons; [`Error::Poisoned`].
    pub fn add(&mut self, doc: &LexiconDoc<'_>) -> Result<(), Error> {
        let document = self.fields.document_of(doc);
        self.staged = true;
        self.write("add a chunk", |writer| writer.add_document(document).map(drop))
    }

    /// Stages the deletion of every chunk of `doc` that was committed or staged before this call, and of none that is staged after it.
    ///
    /// # Errors
    /// [`Error::Poisoned`].
    pub fn delete_document(&mut self, doc: DocId) -> Result<(), Error> {
        let term = Term::from_field_u64(self.fields.document, doc.0);
        self.staged = true;
        self.write("delete a document", |writer| {
            writer.delete_term(term);
            Ok(())
        })
    }

    /// Stages the deletion of one chunk that was committed or staged before this call. For what an unfinished commit left behind.
    ///
    /// # Errors
    /// [`Error::Poisoned`].
    pub fn delete_chunk(&mut self, chunk: ChunkId) -> Result<(), Error> {
        let term = Term::from_field_u64(self.fields.chunk, chunk.0);
        self.staged = true;
        self.write("delete a chunk", |writer| {
            writer.delete_term(term);
            Ok(())
        })
    }

    /// Makes everything staged visible and durable as commit `seq`, at once and as a whole, and returns the snapshot of it.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::WriterEnded`], which poison: whether the commit took place is then known only after opening again,
    /// from [`Lexicon::seq`]. [`Error::Poisoned`].
    pub fn commit(&mut self, seq: Seq) -> Result<Searcher, Error> {
        let payload = schema::payload(self.options.store, seq);
        let at = At { dir: &self.dir, op: "commit" };
        self.seal.suspend().map_err(|error| at.io(&error))?;
        self.write("commit", |writer| {
            fault::point(fault::PREPARE)?;
            let mut commit = writer.prepare_commit()?;
            commit.set_payload(&payload);
            fault::point(fault::COMMIT)?;
            commit.commit().map(drop)
        })?;
        self.staged = false;
        // tantivy renames its list of segments into place but leaves the rename itself to the operating system's leisure.
        let (index, reader, text) = (self.index.clone(), self.reader.clone(), self.fields.text);
        self.languages = self.write("make a commit durable", |_| {
            index.directory().sync_directory()?;
            fault::point(fault::RELOAD)?;
            reader.reload()?;
            languages_of(&reader.searcher(), text)
        })?;
        self.seq = Some(seq);
        self.renew_seal();
        tracing::debug!(%seq, segments = self.reader.searcher().segment_readers().len(), "committed");
        Ok(self.searcher())
    }

    /// Notes which files are sound now. Without it the next open reads more, so its failure is none of the commit's.
    fn renew_seal(&mut self) {
        let at = At { dir: &self.dir, op: "seal the files" };
        let renewed = at.reading(|| Ok(self.seal.renew(&check::live(&self.index)?)?));
        if let Err(error) = renewed {
            tracing::warn!(%error, "the files were not sealed");
        }
    }

    /// Forgets what is staged.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::WriterEnded`], which poison; [`Error::Poisoned`].
    pub fn rollback(&mut self) -> Result<(), Error> {
        // tantivy's own rollback must not be tried twice and loses its merge policy: a new writer is simpler and the same.
        let at = At { dir: &self.dir, op: "roll back" };
        drop(self.writer.take().ok_or_else(|| poisoned(&self.dir))?);
        self.writer = Some(at.reading(|| {
            fault::point(fault::ROLLBACK)?;
            open_writer(&self.index, &self.options, self.bulk)
        })?);
        self.staged = false;
        Ok(())
    }

    /// The snapshot of the last commit.
    #[must_use]
    pub fn searcher(&self) -> Searcher {
        Searcher {
            dir: self.dir.clone(),
            inner: self.reader.searcher(),
            other: None,
            fields: self.fields,
            stemming: self.options.stemming,
            languages: self.languages.clone(),
        }
    }

    /// How many files were read on open, because the seal did not vouch for them.
    #[must_use]
    pub fn n_checked(&self) -> usize {
        self.n_checked
    }

    /// The number of the last commit; `None` before the first.
    #[must_use]
    pub fn seq(&self) -> Option<Seq> {
        self.seq
    }

    /// Switches between bulk (more threads and memory, for a cold index) and live (one thread). Waits for merges to end.
    ///
    /// # Errors
    /// [`Error::Uncommitted`] when something is staged, and nothing happens; [`Error::Io`], [`Error::WriterEnded`] and
    /// [`Error::Locked`] (another process was quicker), which poison; [`Error::Poisoned`].
    pub fn set_bulk(&mut self, on: bool) -> Result<(), Error> {
        let at = At { dir: &self.dir, op: "change the writer's threads" };
        if self.writer.is_some() && self.bulk == on {
            return Ok(());
        }
        if self.writer.is_some() && self.staged {
            return Err(Error::Uncommitted { dir: self.dir.to_path_buf() });
        }
        let writer = self.writer.take().ok_or_else(|| poisoned(&self.dir))?;
        self.writer = Some(at.reading(|| {
            fault::point(fault::SET_BULK)?;
            writer.wait_merging_threads()?;
            open_writer(&self.index, &self.options, on)
        })?);
        self.bulk = on;
        Ok(())
    }

    /// Waits for merges to end and takes no more commits. Merges that are under way when a writer is dropped are lost: a process that
    /// commits once and leaves without this would pile up segments. What is staged is dropped.
    ///
    /// # Errors
    /// [`Error::WriterEnded`] when a merge failed, [`Error::Io`]; the last commit is not touched by either. [`Error::Poisoned`].
    pub fn finish(&mut self) -> Result<(), Error> {
        let at = At { dir: &self.dir, op: "close the full-text index" };
        let writer = self.writer.take().ok_or_else(|| Error::Poisoned { dir: self.dir.to_path_buf() })?;
        at.reading(|| {
            fault::point(fault::FINISH)?;
            writer.wait_merging_threads()?;
            Ok(self.index.directory().sync_directory()?)
        })?;
        self.renew_seal();
        Ok(())
    }

    /// Whether an earlier call failed, so that every other one will.
    #[must_use]
    pub fn is_poisoned(&self) -> bool {
        self.writer.is_none()
    }

    /// Runs `step` on the writer, which is gone if it fails.
    fn write<T>(
        &mut self,
        op: &'static str,
        step: impl FnOnce(&mut IndexWriter) -> Result<T, TantivyError>,
    ) -> Result<T, Error> {
        let at = At { dir: &self.dir, op };
        let writer = self.writer.as_mut().ok_or_else(|| poisoned(&self.dir))?;
        let result = at.reading(|| step(writer));
        if result.is_err() {
            self.writer = None;
        }
        result
    }
}

impl std::fmt::Debug for Lexicon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lexicon")
            .field("dir", &self.dir)
            .field("seq", &self.seq)
            .field("bulk", &self.bulk)
            .finish_non_exhaustive()
    }
}

/// Compares the checksums of the files that the seal does not vouch for. Returns the seal, and how many those were.
fn check_files(
    dir: &Path,
    index: &Index,
    options: &LexiconOptions,
    at: At<'_>,
) -> Result<(Seal, usize), Error> {
    let mut seal = Seal::open(dir).map_err(|error| at.io(&error))?;
    if options.distrust {
        seal.distrust();
    }
    let (live, n_checked) = at.reading(|| {
        fault::point(fault::OPEN_CHECK)?;
        check::unsealed(index, dir, &mut seal)
    })?;
    if n_checked > 0 {
        // Not noted, they are read again next time.
        if let Err(error) = seal.renew(&live) {
            tracing::warn!(%error, "the files were not sealed");
        }
    }
    Ok((seal, n_checked))
}

/// The commit number in the payload of the last commit, which must belong to our ledger.
fn seq_of(payload: &str, options: &LexiconOptions, at: At<'_>) -> Result<Seq, Error> {
    match schema::parse_payload(payload) {
        Some((store, seq)) if store == options.store => Ok(seq),
        Some((found, _)) => Err(Error::Foreign { dir: at.dir.to_owned(), found, expected: options.store }),
        None => Err(at.incompatible(payload.to_owned(), schema::payload(options.store, Seq(0)))),
    }
}

fn poisoned(dir: &Path) -> Error {
    Error::Poisoned { dir: dir.to_owned() }
}

fn open_writer(index: &Index, options: &LexiconOptions, bulk: bool) -> Result<IndexWriter, TantivyError> {
    let threads = if bulk { options.bulk_threads.clamp(1, MAX_THREADS) } else { 1 };
    let memory = if bulk { options.bulk_memory / threads } else { options.live_memory };
    let writer = index.writer_with_options(
        IndexWriterOptions::builder()
            .num_worker_threads(threads)
            .memory_budget_per_thread(memory.clamp(MIN_THREAD_MEMORY, 2 << 30))
            .num_merge_threads(threads)
            .build(),
    )?;
    // The first number that a writer gives out is the last commit's own, and a merge applies deletions up to that number: a deletion that
    // got it would be published without a commit. An empty batch uses it up.
    writer.run(std::iter::empty())?;
    if bulk {
        // Segments are as large as memory allows by then, and merging reads them all again: a third of the memory and a tenth of the
        // time of a cold index. Live commits merge what is left, in the background.
        writer.set_merge_policy(Box::new(NoMergePolicy));
        return Ok(writer);
    }
    let mut policy = LogMergePolicy::default();
    policy.set_min_num_segments(SEGMENTS_PER_MERGE);
    policy.set_min_layer_size(SMALLEST_LAYER);
    policy.set_del_docs_ratio_before_merge(MAX_DELETED);
    writer.set_merge_policy(Box::new(policy));
    Ok(writer)
}
