//! Measuring one set: its documents become a workspace, its queries are asked, and what they find is judged.
//!
//! Invariant: indexing and search are those of the library, with nothing set that a user could not set.

use super::queries::Counted;
use super::tier::Tier;
use crate::failure::Failure;
use crate::progress::Shown;
use eval::{DEPTH, Figures, Layout, Query, Ranking, Set};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use workroom::{Hit, Mode, Workspace};

/// The ignore file of a workspace made of a set: a set has no build output, so nothing but this file itself is left out.
const IGNORE: (&str, &str) = (".workroomignore", ".workroomignore\n");

/// What stays the same from set to set.
pub(super) struct Bench<'a> {
    pub(super) mode: Mode,
    pub(super) tier: Tier,
    pub(super) rescore_ms: Option<u64>,
    /// Whether vectors made for one query serve the later ones.
    pub(super) keep: bool,
    /// Where the workspaces are, a folder for each set and tier.
    pub(super) base: &'a Path,
    pub(super) quiet: bool,
    pub(super) cancel: Arc<AtomicBool>,
}

/// What measuring a set came to.
pub(super) struct Measured {
    pub(super) name: String,
    pub(super) documents: usize,
    pub(super) figures: Figures,
    /// Share of the queries with a quote that found it in one of the first ten hits.
    pub(super) quote_10: Option<f64>,
    /// Until everything was searchable with the tier's vectors.
    pub(super) indexing: Duration,
    /// All queries together.
    pub(super) searching: Duration,
    /// Of each query, in rising order.
    pub(super) latencies: Vec<Duration>,
    pub(super) notes: Vec<String>,
    /// Of the counted queries, in the order of the set.
    pub(super) rankings: Vec<Ranking>,
}

/// What one query found.
struct Found {
    hits: Vec<Hit>,
    ranking: Ranking,
    latency: Duration,
}

impl Bench<'_> {
    /// Measures a set.
    pub(super) fn measure(&self, set: &Set) -> Result<Measured, Failure> {
        let layout = Layout::of(set);
        let folder = eval::keep(&layout, &self.base.join(&set.name).join(self.tier.name()))?;
        let ignore = folder.join(IGNORE.0);
        if !ignore.exists() {
            std::fs::write(&ignore, IGNORE.1).map_err(|error| super::unwritable(&ignore, error))?;
        }
        let workspace = self.tier.open(&folder)?;
        self.tier.check(&workspace)?;
        let started = Instant::now();
        self.index(&workspace)?;
        let indexing = started.elapsed();

        let asked = Asked { bench: self, workspace: &workspace, layout: &layout, ids: layout.ids() };
        let mut measured = asked.all(set)?;
        self.tier.check(&workspace)?;
        measured.indexing = indexing;
        measured.notes.clone_from(&set.notes);
        measured.notes.extend(skipped(set, &workspace)?);
        Ok(measured)
    }

    fn index(&self, workspace: &Workspace) -> Result<(), Failure> {
        let shown = Shown::new(self.quiet);
        let summary = workspace.index_until(&shown, &self.cancel);
        shown.end();
        summary?;
        self.tier.embed(workspace, self.quiet, &self.cancel)?;
        self.go_on()
    }

    fn go_on(&self) -> Result<(), Failure> {
        if self.cancel.load(Ordering::Relaxed) { Err(Failure::Interrupted) } else { Ok(()) }
    }
}

/// A workspace with the set it is made of.
struct Asked<'a> {
    bench: &'a Bench<'a>,
    workspace: &'a Workspace,
    layout: &'a Layout<'a>,
    ids: BTreeMap<String, String>,
}

impl Asked<'_> {
    /// Asks every query that counts.
    fn all(&self, set: &Set) -> Result<Measured, Failure> {
        let status = self.workspace.status()?;
        let chunks_each = status.chunks.div_ceil(status.documents.max(1)).max(1);
        let limit = DEPTH * usize::try_from(chunks_each).unwrap_or(DEPTH);
        let shown = Counted::new(set, self.bench.quiet);
        let (mut rankings, mut latencies, mut all, mut quoted) = (vec![], vec![], vec![], vec![]);
        let started = Instant::now();
        for query in set.counted() {
            self.bench.go_on()?;
            let found = self.one(query, limit)?;
            all.extend(eval::figures(&found.ranking.ids(), &query.judged));
            quoted.extend(query.quote.as_ref().map(|quote| is_quoted(quote, &found.hits)));
            latencies.push(found.latency);
            rankings.push(found.ranking);
            shown.next();
        }
        shown.end();
        latencies.sort_unstable();
        let n_quoted = quoted.iter().filter(|quoted| **quoted).count();
        Ok(Measured {
            name: set.name.clone(),
            documents: set.documents.len(),
            figures: eval::mean(&all).unwrap_or_default(),
            quote_10: (!quoted.is_empty()).then(|| n_quoted as f64 / quoted.len() as f64),
            indexing: Duration::ZERO,
            searching: started.elapsed(),
            latencies,
            notes: Vec::new(),
            rankings,
        })
    }

    /// Asks one query. Its latency is that of the first search, which decides the order; when many hits fall on few documents, a deeper one
    /// adds documents below.
    fn one(&self, query: &Query, limit: usize) -> Result<Found, Failure> {
        let folder = query.scope.as_deref().map(|scope| self.layout.folder(scope));
        if folder == Some(None) {
            let (hits, ranking) = (Vec::new(), Ranking::default());
            return Ok(Found { hits, ranking, latency: Duration::ZERO });
        }
        let mut asked = workroom::Query::new(&query.text).mode(self.bench.mode).limit(limit);
        asked.path = folder.flatten().map(str::to_owned);
        asked.rescore_ms = self.bench.tier.rescore_ms(self.bench.rescore_ms);
        asked.keep = self.bench.keep;
        let started = Instant::now();
        let hits = self.workspace.search(&asked)?;
        let latency = started.elapsed();
        let mut deeper = Vec::new();
        let mut last = hits.len();
        asked.rescore_ms = Some(0);
        while last == asked.limit && self.n_documents(&hits, &deeper) < DEPTH {
            asked.limit *= 2;
            deeper = self.workspace.search(&asked)?;
            last = deeper.len();
        }
        let all = hits.iter().chain(&deeper);
        let ranking = Ranking::of_hits(all.filter_map(|hit| Some((self.id(hit)?.to_owned(), hit.score))));
        Ok(Found { hits, ranking, latency })
    }

    fn n_documents(&self, hits: &[Hit], deeper: &[Hit]) -> usize {
        hits.iter().chain(deeper).filter_map(|hit| self.id(hit)).collect::<HashSet<_>>().len()
    }

    fn id(&self, hit: &Hit) -> Option<&str> {
        self.ids.get(&hit.path).map(String::as_str)
    }
}

fn is_quoted(quote: &str, hits: &[Hit]) -> bool {
    hits.iter().take(10).any(|hit| hit.quote.contains(quote))
}

/// A note about documents that no query can find.
fn skipped(set: &Set, workspace: &Workspace) -> Result<Option<String>, Failure> {
    let indexed = usize::try_from(workspace.status()?.documents).unwrap_or(usize::MAX);
    let missing = set.documents.len().saturating_sub(indexed);
    if missing == 0 {
        return Ok(None);
    }
    let first = workspace.problems()?.into_iter().next();
    let why = first
        .map_or_else(String::new, |problem| format!("; the first: {}: {}", problem.path, problem.reason));
    Ok(Some(format!("documents that are not searchable: {missing}{why}")))
}
