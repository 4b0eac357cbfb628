//! Reading: which sets a path holds, and each of them.
//!
//! A form is told by what is there: `corpus.jsonl` makes a BEIR folder; other JSONL files are told by the keys of their first line.

mod beir;
mod contexts;
mod golden;
mod lines;
mod scope;

use crate::{Error, Result, Set};
use lines::Kind;
use std::path::{Path, PathBuf};

/// A set that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name.
    pub name: String,
    form: Form,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    Beir(PathBuf),
    Golden { questions: PathBuf, documents: PathBuf },
    Ragas(PathBuf),
    DeepEval(PathBuf),
}

impl Source {
    /// Reads the set.
    ///
    /// # Errors
    /// When a file is missing or cannot be read, or something in it is not what its format asks for.
    pub fn read(&self) -> Result<Set> {
        match &self.form {
            Form::Beir(folder) => beir::read(folder, &self.name),
            Form::Golden { questions, documents } => golden::read(questions, documents, &self.name),
            Form::Ragas(file) => contexts::read_ragas(file, &self.name),
            Form::DeepEval(file) => contexts::read_deepeval(file, &self.name),
        }
    }
}

/// The sets at `path`, by name. With `golden`, `path` is a folder of documents and `golden` the JSONL file of questions about them.
///
/// # Errors
/// When there is none, or the folder cannot be read.
pub fn sources(path: &Path, golden: Option<&Path>) -> Result<Vec<Source>> {
    if let Some(questions) = golden {
        let form = Form::Golden { questions: questions.to_owned(), documents: path.to_owned() };
        return Ok(vec![Source { name: name(path), form }]);
    }
    let found = if std::fs::metadata(path).map_err(Error::reading(path))?.is_file() {
        of_file(path)?.into_iter().collect()
    } else if path.join(beir::CORPUS).is_file() {
        vec![beir_at(path)]
    } else {
        of_folder(path)?
    };
    if found.is_empty() { Err(Error::NoSet(path.to_owned())) } else { Ok(found) }
}

fn beir_at(folder: &Path) -> Source {
    Source { name: name(folder), form: Form::Beir(folder.to_owned()) }
}

/// The BEIR folders in a folder; where there are none, its JSONL files.
fn of_folder(folder: &Path) -> Result<Vec<Source>> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::reading(folder))? {
        entries.push(entry.map_err(Error::reading(folder))?.path());
    }
    entries.sort();
    let beir: Vec<Source> =
        entries.iter().filter(|entry| entry.join(beir::CORPUS).is_file()).map(|at| beir_at(at)).collect();
    if !beir.is_empty() {
        return Ok(beir);
    }
    let files = entries
        .iter()
        .filter(|entry| entry.is_file() && entry.extension().is_some_and(|extension| extension == "jsonl"));
    let mut found = Vec::new();
    for file in files {
        found.extend(of_file(file)?);
    }
    Ok(found)
}

fn of_file(file: &Path) -> Result<Option<Source>> {
    let form = match lines::kind(file)? {
        Some(Kind::Golden) => {
            let documents = file.parent().filter(|parent| !parent.as_os_str().is_empty());
            let documents = documents.unwrap_or(Path::new(".")).to_owned();
            Form::Golden { questions: file.to_owned(), documents }
        }
        Some(Kind::Ragas) => Form::Ragas(file.to_owned()),
        Some(Kind::DeepEval) => Form::DeepEval(file.to_owned()),
        None => return Ok(None),
    };
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Some(Source { name, form }))
}

/// What a folder is called, also when it is given as `.` or `..`.
fn name(folder: &Path) -> String {
    let whole = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    whole.file_name().map_or_else(|| "set".to_owned(), |name| name.to_string_lossy().into_owned())
}
