//! `workroom models`: lists, installs and chooses teachers.

use crate::args::{Args, Models as Which};
use crate::failure::Failure;
use crate::output::Out;
use crate::place;
use serde::Serialize;
use std::path::Path;
use workroom::{Config, Model, Models, STUDENT, Workspace};

pub(super) fn run(args: &Args, which: &Which) -> Result<(), Failure> {
    let Some(dir) = place::models_dir(args) else {
        return Err(Failure::Usage {
            message: "no place for models is known".to_owned(),
            hint: "name one with `--models-dir DIR` or WORKROOM_MODELS".to_owned(),
        });
    };
    let models = Models::at(&dir);
    match which {
        Which::List { json } => list(args, &models, *json),
        Which::Install { name, hub: true, runtime, .. } => {
            models.install_from_hub(name, runtime.as_deref())?;
            installed(&models, name)
        }
        Which::Install { name, from: Some(from), runtime, .. } => {
            models.install_from_folder(name, from, runtime.as_deref())?;
            installed(&models, name)
        }
        Which::Install { name, python, .. } => install(&models, name, python),
        Which::Use { name } => choose(args, &models, name),
        Which::Pause => pause(args, true),
        Which::Resume => pause(args, false),
    }
}

#[derive(Serialize)]
struct Json<'a> {
    #[serde(flatten)]
    model: &'a Model,
    in_use: bool,
}

fn list(args: &Args, models: &Models, json: bool) -> Result<(), Failure> {
    let in_use = Config::of(&place::folder(args)?).map_or_else(|_| STUDENT.to_owned(), |config| config.model);
    let all = models.list()?;
    let mut out = Out::new();
    if json {
        let rows: Vec<Json<'_>> =
            all.iter().map(|model| Json { model, in_use: model.name == in_use }).collect();
        out.json(&rows)?;
        return Ok(out.flush()?);
    }
    let mark = |name: &str| if name == in_use { "*" } else { " " };
    out.whole(&format!("{} {STUDENT}  built in, fitted to all-MiniLM-L6-v2", mark(STUDENT)))?;
    for model in &all {
        let state = model.problem.as_deref().unwrap_or("installed");
        out.whole(&format!(
            "{} {}  {state}, {} dimensions, {}",
            mark(&model.name),
            model.name,
            model.dim,
            model.licence
        ))?;
    }
    if all.is_empty() {
        out.whole(&format!(
            "no teacher is installed in {}; `workroom models install` fetches one",
            models.dir().display()
        ))?;
    }
    Ok(out.flush()?)
}

#[expect(clippy::print_stderr, reason = "progress is not a result")]
fn install(models: &Models, name: &str, python: &Path) -> Result<(), Failure> {
    models.install(name, &python.to_string_lossy(), &mut |step| eprintln!("{step}"))?;
    installed(models, name)
}

fn installed(models: &Models, name: &str) -> Result<(), Failure> {
    let mut out = Out::new();
    out.whole(&format!("installed {name} in {}", models.dir().display()))?;
    out.whole(&format!("next: `workroom models use {name}`, then `workroom index --teacher`"))?;
    Ok(out.flush()?)
}

fn pause(args: &Args, pause: bool) -> Result<(), Failure> {
    let folder = place::folder(args)?;
    let said = if pause {
        Workspace::pause(&folder)?;
        "no teacher vectors are made in the background until `workroom models resume`"
    } else {
        Workspace::resume(&folder)?;
        "teacher vectors are made in the background while a daemon or `workroom watch` runs"
    };
    let mut out = Out::new();
    out.whole(said)?;
    Ok(out.flush()?)
}

fn choose(args: &Args, models: &Models, name: &str) -> Result<(), Failure> {
    let folder = place::folder(args)?;
    models.choose(&folder, name)?;
    let workspace = place::open(args)?;
    workspace.reopen()?;
    let status = workspace.status()?;
    let mut out = Out::new();
    out.whole(&format!("this workspace uses {name}"))?;
    if status.backlog > 0 {
        out.whole(&format!(
            "{} chunks wait for its vectors: the daemon makes them by and by, `workroom index --teacher` at once",
            status.backlog
        ))?;
    }
    Ok(out.flush()?)
}
