//! Search: from a query to hits that say where they are from and whether that is still so.

use crate::past::Seen;
use crate::place::page_of;
use crate::provenance::Provenance;
use crate::{Engine, Error, ErrorKind, Hit, Mode, Place, Query, Result};
use corpus::{Chunk, ChunkId, ContentHash, Tier, Tokenizer};
use index::{DocRecord, Fact, Snapshot, View};
use jiff::Timestamp;
use retrieve::{Candidates, Ranked, STUDENT_FIDELITY, quote};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use watch::Presence;

/// Hits beyond the limit that are looked at, so that files deleted a moment ago leave no gap.
const SPARE: usize = 8;
/// How long a query waits for the commit it names, and how often it looks.
const SEQ_PATIENCE: Duration = Duration::from_secs(5);
const SEQ_STEP: Duration = Duration::from_millis(2);

impl Engine {
    /// Finds chunks by meaning and words, best first. A file that is gone from the disk is not shown, even before the index knows.
    ///
    /// # Errors
    /// When a type is unknown, or the index cannot be read.
    pub fn search(&self, query: &Query) -> Result<Vec<Hit>> {
        Ok(self.searched(query)?.0)
    }

    /// As [`Engine::search`], with the time that the teacher took.
    pub(crate) fn searched(&self, query: &Query) -> Result<(Vec<Hit>, Duration)> {
        let seen = self.seen_by(query)?;
        let (ranked, by_teacher) =
            self.ranked(&seen.snapshot.view(&query.within), query, query.limit + SPARE)?;
        let (first, mut spare) = ranked.split_at(query.limit.min(ranked.len()));
        let mut hits = self.hits(&seen, first)?;
        while hits.len() < query.limit && !spare.is_empty() {
            let (next, rest) = spare.split_at((query.limit - hits.len()).min(spare.len()));
            hits.extend(self.hits(&seen, next)?);
            spare = rest;
        }
        Ok((hits, by_teacher))
    }

    /// What queries see now, or once the commit that the query waits for is there.
    pub(crate) fn snapshot_for(&self, query: &Query) -> Result<Arc<Snapshot>> {
        if query.min_seq.is_some() && !query.within.is_all() {
            // Commits are counted for the whole workspace: whether one is there tells how much is written where the caller may not look.
            let message = "a query that sees a part of the workspace cannot wait for a commit";
            let hint = "ask without it: what a call has written is seen by every query that begins after it";
            return Err(Error::new(ErrorKind::Invalid, message).hint(hint));
        }
        let min_seq = query.min_seq.unwrap_or_default();
        let started = Instant::now();
        loop {
            let snapshot = self.snapshot()?;
            let seq = snapshot.seq().0;
            if seq >= min_seq {
                return Ok(snapshot);
            }
            if started.elapsed() > SEQ_PATIENCE {
                let message = format!("commit {min_seq} did not come; the index is at {seq}");
                let hint = "ask without it: an index that was made anew counts its commits from 1 again";
                return Err(Error::new(ErrorKind::Timeout, message).hint(hint));
            }
            std::thread::sleep(SEQ_STEP);
        }
    }

    /// What queries see now. The first call reads the vectors into memory, between two commits.
    pub(crate) fn snapshot(&self) -> Result<Arc<Snapshot>> {
        if self.is_warm.load(Ordering::Relaxed) {
            return Ok(self.index.snapshot()?);
        }
        let snapshot = self.ingest.ahead_of_bulk(|| self.index.snapshot())?;
        self.is_warm.store(true, Ordering::Relaxed);
        Ok(snapshot)
    }

    /// Candidates, best first, and the time that the teacher took for the query and for them.
    pub(crate) fn ranked(
        &self,
        view: &View<'_>,
        query: &Query,
        limit: usize,
    ) -> Result<(Vec<Ranked>, Duration)> {
        let _asking = self.improving.asking();
        let began = Instant::now();
        let vector = match query.mode {
            Mode::Lexical => None,
            Mode::Hybrid | Mode::Dense => self.query_vector(&query.text),
        };
        let by_teacher = matches!(vector, Some((Tier::Teacher, _)));
        let mut took = if by_teacher { began.elapsed() } else { Duration::ZERO };
        let filter = query.filter(|trust| Fact::Among(self.labelled(view, trust)))?;
        let asked = retrieve::Query {
            text: &query.text,
            vector: vector.as_ref().map(|(tier, vector)| (*tier, &**vector)),
            // Measured on whatever queries met, anywhere.
            fidelity: if view.is_whole() { self.improving.fidelity() } else { STUDENT_FIDELITY },
            letters_per_piece: self.letters_per_piece(&query.text),
            mode: query.mode,
            limit,
            filter: &filter,
            recency: query.recency(),
        };
        let mut candidates = Candidates::gather(view, &asked)?;
        if by_teacher {
            let began = Instant::now();
            self.rescore(&mut candidates, view.snapshot(), query);
            took += began.elapsed();
        }
        Ok((candidates.ranked(), took))
    }

    /// Letters of a text for each word piece of it; `None` without any.
    fn letters_per_piece(&self, text: &str) -> Option<f32> {
        let n_pieces = self.tokenizer.count(text);
        let n_letters = text.chars().filter(|c| c.is_alphabetic()).count();
        (n_pieces > 0).then(|| n_letters as f32 / n_pieces as f32)
    }

    /// The query in the index's space: by the teacher where there is one, else by the student.
    fn query_vector(&self, text: &str) -> Option<(Tier, Arc<[f32]>)> {
        if let Some(vector) = self.teacher.query_vector(text) {
            return Some((Tier::Teacher, vector));
        }
        let vector = self.ingest.student().student.embed_text(text)?;
        Some((Tier::Student, Arc::from(vector)))
    }

    fn hits(&self, seen: &Seen, ranked: &[Ranked]) -> Result<Vec<Hit>> {
        let snapshot = &*seen.snapshot;
        let ids: Vec<ChunkId> = ranked.iter().map(|ranked| ranked.chunk).collect();
        let stored = snapshot.fetch(&ids)?;
        let mut hits = Vec::with_capacity(ranked.len());
        for (ranked, stored) in ranked.iter().zip(stored) {
            let (Some(stored), Some(doc)) = (stored, snapshot.docs().of_chunk(ranked.chunk)) else {
                continue;
            };
            if let Some(fresh) = seen.freshness(self, doc) {
                let text = quote(&stored).to_owned();
                let provenance = self.provenance(snapshot, doc);
                hits.push(seen.dated(hit(doc, ranked, &stored.chunk, text, (fresh, provenance))));
            }
        }
        Ok(hits)
    }

    /// Whether the file still has the bytes that were indexed; `None` when it is gone. A part is as fresh as the file it is in.
    pub(crate) fn freshness(&self, snapshot: &Snapshot, doc: &DocRecord) -> Option<bool> {
        let container = doc.container.as_ref().and_then(|container| snapshot.doc(container));
        let doc = container.map_or(doc, |container| container);
        let on_disk = doc.path.to_fs(&self.layout.root);
        match Presence::of(&on_disk) {
            Ok(Presence::File(stat)) => {
                let same = (stat.size, stat.mtime_ns, stat.inode) == (doc.size, doc.mtime_ns, doc.inode);
                Some((same && !doc.racy) || (stat.size == doc.size && self.has_bytes(doc)))
            }
            Ok(_) => None,
            // The system will not say: the quote stands, its freshness does not.
            Err(_) => Some(false),
        }
    }

    fn has_bytes(&self, doc: &DocRecord) -> bool {
        std::fs::read(doc.path.to_fs(&self.layout.root))
            .is_ok_and(|bytes| ContentHash::of(&bytes) == doc.hash)
    }
}

/// Puts a citation together.
pub(crate) fn hit(
    doc: &DocRecord,
    ranked: &Ranked,
    place: &Chunk,
    quote: String,
    (fresh, provenance): (bool, Provenance),
) -> Hit {
    Hit {
        path: doc.path.to_string(),
        chunk: ranked.chunk.0.saturating_sub(doc.first_chunk.0),
        score: ranked.score,
        lexical_score: ranked.lexical,
        dense_score: ranked.dense,
        tier: ranked.tier.map(|tier| tier.name().to_owned()),
        title: doc.title.clone(),
        headings: place.headings.clone(),
        header: place.header.clone(),
        place: place.place.as_ref().map(Place::from),
        page: page_of(place.place.as_ref()),
        start_byte: place.span.start,
        end_byte: place.span.end,
        start_char: place.chars.start,
        end_char: place.chars.end,
        start_line: place.lines.0,
        end_line: place.lines.1,
        quote,
        authors: doc.metadata.authors.clone(),
        created: doc.metadata.created_ms.map(rfc3339),
        language: doc.metadata.language.map(|language| language.to_string()),
        container: doc.container.as_ref().map(ToString::to_string),
        version: doc.hash.to_string(),
        modified: rfc3339(doc.mtime_ns / 1_000_000),
        indexed_at: rfc3339(doc.indexed_at_ms),
        fresh,
        as_of: None,
        is_current: None,
        origin: provenance.origin,
        trust: provenance.trust,
    }
}

/// A time as RFC 3339 in UTC, to the millisecond; the epoch for one that no calendar holds.
#[must_use]
pub fn rfc3339(ms: i64) -> String {
    let time = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{time:.3}")
}
