//! The teacher of a workspace: loaded when it is first needed, with the vectors of recent queries at hand.
//!
//! Invariant: a teacher that is missing or broken never stands in the way of a search: the student answers, and `status` says why.
//! Not here: what is installed (`models`), and which chunks get its vectors (`backfill`, `rescore`).

use crate::config::{Config, STUDENT};
use crate::hub;
use crate::models::Models;
use crate::{Error, ErrorKind, Result};
use corpus::ModelId;
use embed::{Embedder, VectorCache, models};
use index::Index;
use lru::LruCache;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The teacher of a workspace, loaded when it is first needed.
pub(crate) struct Teacher {
    chosen: Option<Chosen>,
    problem: Option<String>,
}

struct Chosen {
    name: String,
    /// The model's folder, or the hub's cache.
    dir: PathBuf,
    from_hub: bool,
    runtime: PathBuf,
    threads: usize,
    id: ModelId,
    loaded: OnceLock<std::result::Result<embed::Teacher, String>>,
    /// Vectors of the latest queries, by their text.
    queries: Mutex<LruCache<String, Arc<[f32]>>>,
    /// Vectors of passages that were made before; `None` where they cannot be kept.
    cache: OnceLock<Option<VectorCache>>,
}

/// Whether passages are embedded for a query that waits, and so before others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hurry {
    AQueryWaits {
        /// Whether vectors made for it serve later ones, and those made earlier serve it.
        keep: bool,
    },
    None,
}

/// Queries whose vectors are kept: 1.5 MB.
const QUERIES_KEPT: NonZero<usize> = NonZero::new(1024).unwrap();

impl Teacher {
    /// The teacher that the settings name. One that is not installed is a problem to be told, not an error.
    pub(crate) fn choose(
        config: &Config,
        models: Option<&Models>,
        index: &Index,
        threads: usize,
    ) -> Result<Self> {
        if config.model == STUDENT {
            return Ok(Self { chosen: None, problem: None });
        }
        let Some(models) = models else {
            return Ok(Self::missing("no models folder is known".to_owned()));
        };
        let from_hub = models.hub_mark(&config.model).exists();
        let dir = if from_hub { models.hub_cache() } else { models.dir().join(&config.model) };
        if !from_hub && !dir.join("manifest.json").exists() {
            return Ok(Self::missing(format!(
                "{} is not installed in {}",
                config.model,
                models.dir().display()
            )));
        }
        let runtime = models::runtime_library(models.dir());
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let threads = if threads == 0 { cores() } else { threads };
        let id = index.model_id(&config.model)?;
        let chosen = Chosen {
            name: config.model.clone(),
            dir,
            from_hub,
            runtime,
            threads,
            id,
            loaded: OnceLock::new(),
            queries: Mutex::new(LruCache::new(QUERIES_KEPT)),
            cache: OnceLock::new(),
        };
        Ok(Self { chosen: Some(chosen), problem: models.runtime_problem() })
    }

    fn missing(problem: String) -> Self {
        Self { chosen: None, problem: Some(problem) }
    }

    /// The teacher's name, or `student`.
    pub(crate) fn name(&self) -> &str {
        self.chosen.as_ref().filter(|_| self.problem.is_none()).map_or(STUDENT, |chosen| &chosen.name)
    }

    /// Why the teacher that the settings name is not in use.
    pub(crate) fn problem(&self) -> Option<&str> {
        let failed = || self.chosen.as_ref()?.loaded.get()?.as_ref().err();
        self.problem.as_deref().or_else(|| failed().map(String::as_str))
    }

    /// Whether there is a teacher to ask, as far as is known before it is loaded.
    pub(crate) fn is_ready(&self) -> bool {
        self.chosen.is_some() && self.problem().is_none()
    }

    pub(crate) fn model_id(&self) -> Option<ModelId> {
        self.chosen.as_ref().map(|chosen| chosen.id)
    }

    /// The query's vector by the teacher; `None` without one, or when it could not be loaded or failed.
    pub(crate) fn query_vector(&self, text: &str) -> Option<Arc<[f32]>> {
        let chosen = self.chosen.as_ref()?;
        let kept = || chosen.queries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(vector) = kept().get(text) {
            return Some(Arc::clone(vector));
        }
        let Some(Ok(teacher)) = self.loaded() else { return None };
        let told = |error: &embed::Error| tracing::warn!(%error, "the teacher failed; the student answers");
        let vector: Arc<[f32]> = teacher.embed_query(text).inspect_err(told).ok()?.into();
        kept().put(text.to_owned(), Arc::clone(&vector));
        Some(vector)
    }

    /// Vectors of passages, in order.
    pub(crate) fn embed(&self, texts: &[String], hurry: Hurry) -> Result<Vec<Vec<f32>>> {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        self.run(|teacher| match hurry {
            Hurry::AQueryWaits { .. } => teacher.embed_urgently(&texts),
            Hurry::None => teacher.embed_passages(&texts),
        })
    }

    /// The vectors that it made before, kept in `dir`.
    pub(crate) fn cache(&self, dir: &Path) -> Option<&VectorCache> {
        let Some(Ok(teacher)) = self.loaded() else { return None };
        let told =
            |error: &embed::Error| tracing::warn!(%error, "teacher vectors are not kept beside the index");
        let open = || VectorCache::open(dir, teacher.model()).inspect_err(told).ok();
        self.chosen.as_ref()?.cache.get_or_init(open).as_ref()
    }

    /// The same, if they have been asked for.
    pub(crate) fn open_cache(&self) -> Option<&VectorCache> {
        self.chosen.as_ref()?.cache.get()?.as_ref()
    }

    fn run<T>(&self, work: impl FnOnce(&embed::Teacher) -> embed::Result<T>) -> Result<T> {
        match self.loaded() {
            Some(Ok(teacher)) => Ok(work(teacher)?),
            Some(Err(problem)) => Err(Error::new(ErrorKind::Model, problem.clone())),
            None => Err(Error::new(ErrorKind::Model, "this workspace uses no teacher")),
        }
    }

    fn loaded(&self) -> Option<&std::result::Result<embed::Teacher, String>> {
        let chosen = self.chosen.as_ref().filter(|_| self.problem.is_none())?;
        let load = || {
            let Chosen { name, dir, runtime, threads, .. } = chosen;
            let loaded = if chosen.from_hub {
                hub::load(name, dir, runtime, *threads)
            } else {
                embed::Teacher::load(dir, runtime, *threads).map_err(Error::from)
            };
            loaded.map_err(|error| error.to_string())
        };
        Some(chosen.loaded.get_or_init(load))
    }
}
