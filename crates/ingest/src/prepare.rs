//! One file, from its path to what the index takes: read, hash, extract, chunk, embed; with the documents it holds, if any.
//!
//! Invariant: never fails and never panics outwards: whatever happens to a file ends as a [`Prepared`] value.
//! What is known already is not computed again: same bytes at the same path are only touched; same bytes elsewhere (a rename, a copy)
//! bring their chunks and vectors along; an unchanged chunk of an edited file keeps its teacher vector.

use crate::StudentInUse;
use crate::diff::{is_live, is_read_so};
use crate::known::Known;
use crate::progress::Outcome;
use crate::read::{FileBytes, Unread, read};
use crate::reading::{OFF, Reading, Unreadable};
use corpus::{
    Chunk, ChunkId, ChunkText, ContentHash, DocPath, Document, Format, Metadata, ModelId, QuantizedVector,
    Span, TextHash, Tier, Token, Tokenizer,
};
use embed::WordPiece;
use extract::{Parser, Skip};
use fence::Parsed;
use index::{DocRecord, Index, PutChunk, PutDoc, SkipRecord, Snapshot};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use watch::{Presence, Stat};

/// What the commit thread is to do for one file.
pub(crate) enum Prepared {
    Put(Box<Put>),
    Skip(SkipRecord),
    Touch { path: DocPath, stat: Stat, racy: bool },
    Gone(DocPath),
}

/// A document, and what it holds.
pub(crate) struct Put {
    pub(crate) doc: PutDoc,
    pub(crate) parts: Vec<PutDoc>,
    pub(crate) bad_parts: Vec<SkipRecord>,
}

/// How much of what a file says of itself is kept: a record has room for some kilobytes.
const MAX_AUTHORS: usize = 12;
const MAX_KEYWORDS: usize = 16;
const MAX_WORD_BYTES: usize = 80;

/// What preparation needs, shared by all threads.
pub(crate) struct Preparer<'a> {
    pub(crate) root: &'a Path,
    pub(crate) reading: &'a Reading,
    pub(crate) tokenizer: &'a WordPiece,
    pub(crate) student: Arc<StudentInUse>,
    pub(crate) teacher_model: Option<ModelId>,
    pub(crate) index: &'a Index,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) known: &'a Known,
    pub(crate) now_ms: i64,
}

impl Prepared {
    /// What to tell the caller, and how many bytes it was.
    pub(crate) fn outcome(&self) -> (DocPath, u64, Outcome) {
        match self {
            Self::Put(put) => {
                let chunks =
                    put.doc.chunks.len() + put.parts.iter().map(|part| part.chunks.len()).sum::<usize>();
                (put.doc.path.clone(), put.doc.size, Outcome::Indexed { chunks })
            }
            Self::Skip(skip) => {
                let outcome =
                    Outcome::Skipped { code: skip.code.clone().into(), reason: skip.reason.clone() };
                (skip.path.clone(), skip.size, outcome)
            }
            Self::Touch { path, stat, .. } => (path.clone(), stat.size, Outcome::Unchanged),
            Self::Gone(path) => (path.clone(), 0, Outcome::Removed),
        }
    }

    pub(crate) fn path(&self) -> &DocPath {
        match self {
            Self::Put(put) => &put.doc.path,
            Self::Skip(skip) => &skip.path,
            Self::Touch { path, .. } | Self::Gone(path) => path,
        }
    }
}

impl<'a> Preparer<'a> {
    /// The same, for another state of the index.
    pub(crate) fn on<'b>(&'b self, snapshot: &'b Snapshot, known: &'b Known) -> Preparer<'b>
    where
        'a: 'b,
    {
        Preparer { snapshot, known, student: Arc::clone(&self.student), ..*self }
    }
}

impl Preparer<'_> {
    /// Prepares one file. `known` is its size and time as the scan saw them, for the record of a file that cannot be read.
    pub(crate) fn prepare(&self, path: &DocPath, known: Stat) -> Prepared {
        let panicked = |_| {
            self.skip(
                path,
                known,
                "failed",
                "reading it failed inside the program; please report this file".into(),
            )
        };
        catch_unwind(AssertUnwindSafe(|| self.prepare_file(path))).unwrap_or_else(panicked)
    }

    fn prepare_file(&self, path: &DocPath) -> Prepared {
        let unknown = Stat::UNKNOWN;
        if self.reading.off.contains(path.as_str())
            && let Ok(Presence::File(stat)) = Presence::of(&path.to_fs(self.root))
        {
            let reason = "indexing is switched off here (`[index] off` in the settings)";
            return self.skip(path, stat, OFF, reason.to_owned());
        }
        let (limit, setting) = self.reading.limit(path);
        let file = match read(self.root, path, limit) {
            Ok(file) => file,
            Err(Unread::Gone) => return Prepared::Gone(path.clone()),
            // In each of these cases no time stamp is recorded, so that every scan tries again: the cause may end without leaving one.
            Err(Unread::Changing) => {
                let reason = "it changes faster than it can be read; it is read again when it stands still";
                return self.skip(path, unknown, "changing", reason.to_owned());
            }
            Err(Unread::Link) => {
                let reason = "a symbolic link took its place while the folder was scanned";
                return self.skip(path, unknown, "link", reason.to_owned());
            }
            Err(Unread::Special(reason)) => return self.skip(path, unknown, "special", reason),
            Err(Unread::TooLarge { size }) => {
                let reason = format!("{size} bytes are more than the limit of {limit} ({setting})");
                return self.skip(path, Stat { size, ..unknown }, "too-large", reason);
            }
            Err(Unread::Failed(error)) => return self.skip(path, unknown, "unreadable", error.to_string()),
        };
        let hash = ContentHash::of(&file.bytes);
        let old = self.snapshot.doc(path).filter(|old| old.container.is_none());
        if old.is_some_and(|old| {
            old.hash == hash && is_read_so(self.snapshot, self.reading, old) && is_live(self.snapshot, old)
        }) {
            return Prepared::Touch { path: path.clone(), stat: file.stat, racy: file.racy };
        }
        let format = match extract::detect_format(path, &file.bytes) {
            Ok(format) => format,
            Err(skip) => return self.unread(path, &file, hash, extract::DETECTION, &skip),
        };
        if let Some(copy) = self.copy_of(path, format, &hash, &file) {
            return Prepared::Put(Box::new(Put { doc: copy, parts: Vec::new(), bad_parts: Vec::new() }));
        }
        let parser = extract::parser_of(format);
        if let Some(bad) = self.known.bad(&hash).filter(|bad| parser.is(bad.parser.as_deref())) {
            let (path, stat, reason) = (path.clone(), file.stat, bad.reason.clone());
            let skip = skip_record(path, stat, &bad.code, reason, self.now_ms);
            return Prepared::Skip(SkipRecord { hash: bad.hash, parser: bad.parser.clone(), ..skip });
        }
        let mut file = file;
        let bytes = std::mem::take(&mut file.bytes);
        match self.reading.read(format, bytes) {
            Ok(parsed) => Prepared::Put(Box::new(self.put(path, &file, hash, parsed))),
            Err(Unreadable::Skip(skip)) => self.unread(path, &file, hash, parser, &skip),
            // Not the file's fault: no time stamp is recorded, so that every scan tries again.
            Err(Unreadable::NoProcess(reason)) => self.skip(path, unknown, "failed", reason),
        }
    }

    /// A file that no text is had of: because it was looked at and has none, or because nobody may look.
    fn unread(
        &self,
        path: &DocPath,
        file: &FileBytes,
        hash: ContentHash,
        parser: Parser,
        skip: &Skip,
    ) -> Prepared {
        let record = skip_record(path.clone(), file.stat, skip.code(), skip.to_string(), self.now_ms);
        if matches!(skip, Skip::Archive | Skip::NoParser) {
            return Prepared::Skip(record);
        }
        Prepared::Skip(SkipRecord { hash: Some(hash), parser: Some(parser.to_string()), ..record })
    }

    /// A document with its parts.
    fn put(&self, path: &DocPath, file: &FileBytes, hash: ContentHash, parsed: Parsed) -> Put {
        let doc = self.put_doc(path.clone(), file, hash, parsed.document, None);
        let mut put = Put { doc, parts: Vec::new(), bad_parts: Vec::new() };
        for part in parsed.parts {
            // Two names that come to one path, or one that no path can hold, are told apart or left out by the parser.
            let Ok(at) = path.join(&part.name) else { continue };
            match part.outcome {
                Ok(document) => {
                    put.parts.push(self.put_doc(at, file, part.hash, document, Some(path.clone())))
                }
                Err(skip) => {
                    let parser =
                        extract::detect_format(&at, &[]).map_or(extract::DETECTION, extract::parser_of);
                    let record = skip_record(at, file.stat, skip.code(), skip.to_string(), self.now_ms);
                    let (parser, container) = (Some(parser.to_string()), Some(path.clone()));
                    put.bad_parts.push(SkipRecord { parser, container, ..record });
                }
            }
        }
        put
    }

    fn put_doc(
        &self,
        path: DocPath,
        file: &FileBytes,
        hash: ContentHash,
        mut document: Document,
        container: Option<DocPath>,
    ) -> PutDoc {
        document.metadata.language =
            document.metadata.language.or_else(|| extract::detect_language(&document));
        let old = self.snapshot.doc(&path);
        let chunks = self.embed(&document, &self.teacher_vectors(old.map(|old| &**old)));
        let Document { format, title, metadata, encoding, .. } = document;
        let (encoding, parser) = (encoding.to_owned(), extract::parser_of(format).to_string());
        let Stat { size, mtime_ns, inode, .. } = file.stat;
        let (racy, metadata) = (file.racy, bounded(metadata));
        PutDoc {
            path,
            hash,
            size,
            mtime_ns,
            inode,
            racy,
            format,
            encoding,
            title,
            metadata,
            parser,
            container,
            chunks,
        }
    }

    fn skip(&self, path: &DocPath, stat: Stat, code: &str, reason: String) -> Prepared {
        Prepared::Skip(skip_record(path.clone(), stat, code, reason, self.now_ms))
    }

    /// The same bytes under another name, read the same way: its chunks and vectors serve again. What has parts is read anew.
    fn copy_of(
        &self,
        path: &DocPath,
        format: Format,
        hash: &ContentHash,
        file: &FileBytes,
    ) -> Option<PutDoc> {
        let source = self.known.doc(hash)?;
        let reads_same =
            source.format == format && !format.is_container() && self.reading.still_reads(&source);
        if !reads_same || !is_live(self.snapshot, &source) {
            return None;
        }
        let stored = self.snapshot.chunks_of(&source).ok()?;
        if stored.len() != source.n_chunks as usize {
            return None;
        }
        let chunks = stored.into_iter().map(|stored| {
            // What has no vector, or none any more because another run has replaced the source since, is made anew with its document.
            let row = self.index.vector(stored.chunk_id).ok()??;
            let vector = Some((row.model, row.tier, row.vector));
            Some(PutChunk { chunk: stored.chunk, body: stored.body, text_hash: stored.text_hash, vector })
        });
        let chunks = chunks.collect::<Option<Vec<_>>>()?;
        let Stat { size, mtime_ns, inode, .. } = file.stat;
        let (path, hash, racy) = (path.clone(), *hash, file.racy);
        let DocRecord { encoding, title, metadata, parser, .. } = DocRecord::clone(&source);
        let container = None;
        Some(PutDoc {
            path,
            hash,
            size,
            mtime_ns,
            inode,
            racy,
            format,
            encoding,
            title,
            metadata,
            parser,
            container,
            chunks,
        })
    }

    /// The teacher vectors of the version before, by the text they stand for.
    fn teacher_vectors(&self, old: Option<&DocRecord>) -> HashMap<TextHash, QuantizedVector> {
        let Some(old) = old.filter(|_| self.teacher_model.is_some()) else { return HashMap::new() };
        let rows = old.chunks().filter_map(|chunk| self.index.vector(ChunkId(chunk)).ok().flatten());
        let by_teacher =
            rows.filter(|row| row.tier == Tier::Teacher && Some(row.model) == self.teacher_model);
        by_teacher.map(|row| (row.text_hash, row.vector)).collect()
    }

    /// Cuts a document into chunks with vectors. The text is cut into word pieces once; the chunks' vectors are made of the same pieces.
    fn embed(&self, document: &Document, reuse: &HashMap<TextHash, QuantizedVector>) -> Vec<PutChunk> {
        let mut tokens = Vec::with_capacity(document.text.len() / 2);
        self.tokenizer.tokenize(&document.text, &mut tokens);
        let chunks = chunk::chunk(document, &tokens, self.tokenizer);
        let starts: Vec<u32> = chunks.iter().skip(1).map(|chunk| chunk.span.start).collect();
        let mut input = Vec::new();
        let put = |(i, chunk): (usize, Chunk)| {
            let body = chunk.span.of(&document.text).unwrap_or_default();
            let until = starts.get(i).copied().unwrap_or(chunk.span.end).max(chunk.span.end);
            let with_gap = document.text.get(chunk.span.start as usize..until as usize).unwrap_or(body);
            let text = ChunkText::new(document.title.as_deref(), &chunk, body);
            let text_hash = TextHash::of(&text.joined());
            let context = text.context;
            let vector = match (reuse.get(&text_hash), self.teacher_model) {
                (Some(vector), Some(model)) => Some((model, Tier::Teacher, vector.clone())),
                _ => {
                    input.clear();
                    self.tokenizer.tokenize(&context, &mut input);
                    input.extend_from_slice(pieces_of(&tokens, chunk.span));
                    let StudentInUse { student, model } = &*self.student;
                    let vector = student.embed_tokens(&input);
                    let vector = vector.and_then(|vector| QuantizedVector::from_f32(&vector));
                    vector.map(|vector| (*model, Tier::Student, vector))
                }
            };
            PutChunk { body: with_gap.to_owned(), text_hash, vector, chunk }
        };
        chunks.into_iter().enumerate().map(put).collect()
    }
}

/// The word pieces that begin inside a span.
fn pieces_of(tokens: &[Token], span: Span) -> &[Token] {
    let from = tokens.partition_point(|token| token.start < span.start);
    let to = from + tokens[from..].partition_point(|token| token.start < span.end);
    &tokens[from..to]
}

pub(crate) fn skip_record(path: DocPath, stat: Stat, code: &str, reason: String, at_ms: i64) -> SkipRecord {
    SkipRecord {
        path,
        size: stat.size,
        mtime_ns: stat.mtime_ns,
        inode: stat.inode,
        code: code.to_owned(),
        reason,
        at_ms,
        hash: None,
        parser: None,
        container: None,
    }
}

/// What a file says of itself, as far as a record has room for it.
fn bounded(mut metadata: Metadata) -> Metadata {
    for (list, n) in [(&mut metadata.authors, MAX_AUTHORS), (&mut metadata.keywords, MAX_KEYWORDS)] {
        list.truncate(n);
        for word in list {
            word.truncate(word.floor_char_boundary(MAX_WORD_BYTES));
        }
    }
    metadata
}
