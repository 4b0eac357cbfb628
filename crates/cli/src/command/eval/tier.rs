//! Tiers: which model makes the vectors that a measurement searches, and when.

use crate::args::{self, Args, Eval};
use crate::failure::Failure;
use crate::place;
use crate::progress::backfill_shown;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use workroom::{AdaptOptions, Models, STUDENT, Workspace};

/// The teacher that the built-in student is fitted to.
const TEACHER: &str = "all-MiniLM-L6-v2";

/// A tier with what it needs.
pub(super) enum Tier {
    /// No teacher at all.
    Student,
    /// The teacher reads queries, and chunks as the kind says.
    Taught(args::Tier, Models),
}

/// The tier that is asked for; without a word about it the best one that what is installed allows.
pub(super) fn choose(args: &Args, options: &Eval) -> Result<Tier, Failure> {
    let models = place::models_dir(args).map(|dir| Models::at(&dir));
    let installed = |models: &Models| -> Result<bool, Failure> {
        Ok(models.list()?.iter().any(|model| model.name == TEACHER && model.problem.is_none()))
    };
    let tier = match (options.tier, &models) {
        (Some(tier), _) => tier,
        (None, Some(models)) if installed(models)? => args::Tier::Lazy,
        (None, _) => args::Tier::Student,
    };
    if tier != args::Tier::Lazy && (options.rescore_ms.is_some() || options.forget) {
        return Err(Failure::Usage {
            message: "only the tier `lazy` rescores".to_owned(),
            hint: "leave out --rescore-ms and --forget, or add `--tier lazy`".to_owned(),
        });
    }
    match (tier, models) {
        (args::Tier::Student, _) => Ok(Tier::Student),
        (tier, Some(models)) => Ok(Tier::Taught(tier, models)),
        (_, None) => Err(Failure::Usage {
            message: "no place for models is known".to_owned(),
            hint: "name one with `--models-dir DIR` or WORKROOM_MODELS".to_owned(),
        }),
    }
}

impl Tier {
    /// The word for it, as on the command line.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Student => "student",
            Self::Taught(args::Tier::Adapted, _) => "adapted",
            Self::Taught(args::Tier::Lazy, _) => "lazy",
            Self::Taught(args::Tier::Teacher, _) => "teacher",
            Self::Taught(..) => "prior",
        }
    }

    /// Opens the workspace in `folder`, making it one if it is none.
    pub(super) fn open(&self, folder: &Path) -> Result<Workspace, Failure> {
        Workspace::init(folder)?;
        let Self::Taught(_, models) = self else {
            return Ok(Workspace::open_with(folder, &place::alone(None))?);
        };
        models.choose(folder, TEACHER)?;
        Ok(Workspace::open_with(folder, &place::alone(Some(models.dir().to_owned())))?)
    }

    /// Gives the chunks of an indexed workspace the vectors of the tier, as far as they have them not yet.
    pub(super) fn embed(
        &self,
        workspace: &Workspace,
        quiet: bool,
        cancel: &AtomicBool,
    ) -> Result<(), Failure> {
        match self {
            Self::Taught(args::Tier::Adapted, _) if workspace.status()?.adaptation.is_none() => {
                workspace.adapt(&AdaptOptions::default(), cancel)?;
            }
            Self::Taught(args::Tier::Teacher, _) => {
                backfill_shown(workspace, quiet, cancel)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// How long a query of this tier waits for better vectors: as long as a user's would, or not at all.
    pub(super) fn rescore_ms(&self, asked: Option<u64>) -> Option<u64> {
        if matches!(self, Self::Taught(args::Tier::Lazy, _)) { asked } else { Some(0) }
    }

    /// Fails when the teacher could not be used: the student would have been measured in its place.
    pub(super) fn check(&self, workspace: &Workspace) -> Result<(), Failure> {
        let status = workspace.status()?;
        if matches!(self, Self::Student) || status.model != STUDENT && status.model_problem.is_none() {
            return Ok(());
        }
        let why = status.model_problem.unwrap_or_else(|| "the teacher is not in use".to_owned());
        Err(Failure::Model(why))
    }
}
