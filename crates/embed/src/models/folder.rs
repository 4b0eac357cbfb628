//! Installed models: listing, checking, and installing from files at hand.
//!
//! Invariant: a model's folder appears whole or not at all. Replacing one moves the old aside first, so a crash in between can leave
//! none of that name, never half of one.
//! Not here: fetching files.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use corpus::{DIM, MAX_INPUT_TOKENS};
use fs_err as fs;
use serde_json::Value;
use tempfile::TempDir;

use super::known::{self, Known};
use super::manifest::{self, Manifest, Pooling, check_name};
use super::sha256;
use crate::{Error, Result, bert};

/// The files of a model we have no list for.
const FILES: [&str; 5] = [
    "config.json",
    "model.safetensors",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
];

/// The manifests of the models under `dir`, by name. Folders without a readable manifest are no models and are passed over; a `dir` that
/// does not exist holds none.
///
/// # Errors
/// [`Error::Io`] when `dir` cannot be read.
pub fn list(dir: &Path) -> Result<Vec<Manifest>> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        match read_manifest(&entry.path()) {
            Ok(manifest) if *manifest.name == *entry.file_name() => found.push(manifest),
            Ok(_) | Err(Error::NotInstalled { .. }) => {}
            Err(error) => tracing::warn!(%error, "passing over a model folder"),
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Reads every file of an installed model and compares its checksum.
///
/// # Errors
/// [`Error::NotInstalled`] when there is none of that name, [`Error::Corrupt`] for the first file that does not match.
pub fn verify(dir: &Path, name: &str) -> Result<Manifest> {
    check_name(name)?;
    let dir = dir.join(name);
    let manifest = read_manifest(&dir)?;
    for file in manifest.files.keys() {
        drop(read_verified(&dir, &manifest, file)?);
    }
    Ok(manifest)
}

/// Copies the model files in the folder `src` to `dir/name`, replacing a model of that name. For a model we know, the files must be
/// the very ones; any other BERT encoder with vectors of our size is taken as it is, with what its own files say about pooling, length
/// and prefixes. Durable when it returns.
///
/// # Errors
/// [`Error::Corrupt`] when a file is missing or not the expected one, [`Error::Unsupported`] when it is no model we can run.
pub fn install_from_folder(src: &Path, dir: &Path, name: &str) -> Result<Manifest> {
    check_name(name)?;
    let known = known::model(name);
    let names: Vec<&str> =
        known.map_or(FILES.to_vec(), |known| known.files.iter().map(|&(file, _)| file).collect());
    fs::create_dir_all(dir)?;
    let staging = staging(dir)?;
    let mut files = BTreeMap::new();
    for file in names {
        let mut from = match fs::File::open(src.join(file)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Error::corrupt(&src.join(file), "it is missing"));
            }
            from => from?,
        };
        let mut to = fs::File::create_new(staging.path().join(file))?;
        files.insert(file.to_owned(), sha256::copy(&mut from, &mut to)?);
        to.sync_all()?;
    }
    let manifest = match known {
        Some(known) => known_manifest(known, src, files)?,
        None => own_manifest(name, src, files)?,
    };
    publish(staging, dir, &manifest)?;
    Ok(manifest)
}

fn known_manifest(known: &Known, src: &Path, files: BTreeMap<String, String>) -> Result<Manifest> {
    for (file, expected) in known.files {
        let found = files.get(*file).map_or("nothing", String::as_str);
        if found != *expected {
            return Err(Error::corrupt(&src.join(file), format!("SHA-256 is {found}, not {expected}")));
        }
    }
    Ok(Manifest {
        name: known.name.to_owned(),
        dim: DIM,
        pooling: known.pooling,
        max_tokens: known.max_tokens,
        query_prefix: String::new(),
        passage_prefix: String::new(),
        license: known.license.to_owned(),
        source: known.package.to_owned(),
        files,
    })
}

/// What the model's own files say about it, in the form that the sentence-transformers library writes.
fn own_manifest(name: &str, src: &Path, files: BTreeMap<String, String>) -> Result<Manifest> {
    let config = bert::Config::read(&src.join("config.json"), &fs::read(src.join("config.json"))?)?;
    let hint = |file: &str| -> Value {
        fs::read(src.join(file)).ok().and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default()
    };
    let cls = hint("1_Pooling/config.json")["pooling_mode_cls_token"].as_bool().unwrap_or(false);
    let max_tokens = hint("sentence_bert_config.json")["max_seq_length"].as_u64().unwrap_or(u64::MAX);
    let prompts = &hint("config_sentence_transformers.json")["prompts"];
    let prefix =
        |names: [&str; 2]| names.iter().find_map(|name| prompts[*name].as_str()).unwrap_or("").to_owned();
    let manifest = Manifest {
        name: name.to_owned(),
        dim: config.hidden_size as usize,
        pooling: if cls { Pooling::Cls } else { Pooling::Mean },
        max_tokens: config
            .max_tokens()
            .min(MAX_INPUT_TOKENS)
            .min(usize::try_from(max_tokens).unwrap_or(usize::MAX)),
        query_prefix: prefix(["query", "query_prefix"]),
        passage_prefix: prefix(["passage", "document"]),
        license: "unknown".to_owned(),
        source: "a local folder".to_owned(),
        files,
    };
    // The checks that reading it back would make.
    Manifest::parse(&src.join(manifest::FILE), &json(&manifest))
}

fn json(manifest: &Manifest) -> Vec<u8> {
    let mut json = serde_json::to_vec_pretty(manifest).unwrap_or_default();
    json.push(b'\n');
    json
}

/// A folder beside the models, with a name that no model can have.
pub(super) fn staging(dir: &Path) -> Result<TempDir> {
    Ok(tempfile::Builder::new().prefix(".install-").tempdir_in(dir)?)
}

fn publish(staging: TempDir, dir: &Path, manifest: &Manifest) -> Result<()> {
    let file = staging.path().join(manifest::FILE);
    fs::write(&file, json(manifest))?;
    fs::File::open(&file)?.sync_all()?;
    sync_folder(staging.path())?;
    let target = dir.join(&manifest.name);
    let old = self::staging(dir)?;
    if target.exists() {
        fs::rename(&target, old.path().join("old"))?;
    }
    let staged = staging.keep();
    if let Err(error) = fs::rename(&staged, &target) {
        fs::remove_dir_all(&staged)?;
        return Err(error.into());
    }
    sync_folder(dir)
}

/// Makes names in a folder durable, where the system can.
pub(crate) fn sync_folder(dir: &Path) -> Result<()> {
    if cfg!(unix) {
        fs::File::open(dir)?.sync_all()?;
    }
    Ok(())
}

/// The manifest of the model in the folder `dir`.
pub(crate) fn read_manifest(dir: &Path) -> Result<Manifest> {
    let path = dir.join(manifest::FILE);
    match fs::read(&path) {
        Ok(json) => Manifest::parse(&path, &json),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Err(Error::NotInstalled { name, dir: dir.parent().map_or_else(PathBuf::new, Path::to_owned) })
        }
        Err(error) => Err(error.into()),
    }
}

/// A file of the model in the folder `dir`, if it is what the manifest says.
pub(crate) fn read_verified(dir: &Path, manifest: &Manifest, file: &str) -> Result<Vec<u8>> {
    let path = dir.join(file);
    let expected =
        manifest.files.get(file).ok_or_else(|| Error::corrupt(&path, "the manifest does not list it"))?;
    let bytes = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Error::corrupt(&path, "it is missing"));
        }
        bytes => bytes?,
    };
    let found = sha256::of(&bytes);
    if found == *expected {
        Ok(bytes)
    } else {
        Err(Error::corrupt(&path, format!("SHA-256 is {found}, not {expected}")))
    }
}
