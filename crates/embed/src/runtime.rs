//! Loads the ONNX Runtime library, once for the process.
//!
//! Invariant: no function of the runtime is reached before the library was found, loaded and its version checked; the bindings panic
//! otherwise.
//! Not here: sessions and models.
//! Fails with: `Error::Runtime` for a library that is missing, no library, or too old.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ort::environment::Environment;
use ort::logging::LogLevel;

use crate::{Error, Result};

/// The environment is the process's, like the library it belongs to, and lives until its end.
static LOADED: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

/// The runtime in `library`. A process can hold one runtime only: when another sound one is loaded already, that one is used.
pub(crate) fn environment(library: &Path) -> Result<Environment> {
    let failed = |reason: String| Error::runtime(library, reason);
    // An absolute path, as the loader would look for a relative one in places of its own.
    let path = library.canonicalize().map_err(|error| failed(error.to_string()))?;
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((from, environment)) = &*loaded {
        if *from != path {
            check_version(&path).map_err(failed)?;
            tracing::warn!(asked = %path.display(), used = %from.display(), "another runtime library is loaded already");
        }
        return Ok(environment.clone());
    }
    let environment = ort::init_from(&path)
        .map_err(|error| failed(error.to_string()))?
        .with_name("workroom")
        .with_telemetry(false)
        .with_logger(Arc::new(log))
        .build()
        .map_err(|error| failed(error.to_string()))?;
    environment.set_log_level(LogLevel::Warning);
    *loaded = Some((path, environment.clone()));
    Ok(environment)
}

fn check_version(path: &Path) -> Result<(), String> {
    match ort::util::probe(path) {
        Some(minor) if minor >= ort::MINOR_VERSION => Ok(()),
        Some(minor) => Err(format!("version 1.{minor} is older than 1.{}", ort::MINOR_VERSION)),
        None => Err("it is not an ONNX Runtime library".to_owned()),
    }
}

/// What the runtime has to say goes where our own words go, never to the terminal.
fn log(level: LogLevel, category: &str, _id: &str, _place: &str, message: &str) {
    match level {
        LogLevel::Verbose => tracing::trace!(category, "{message}"),
        LogLevel::Info => tracing::debug!(category, "{message}"),
        LogLevel::Warning => tracing::warn!(category, "{message}"),
        LogLevel::Error | LogLevel::Fatal => tracing::error!(category, "{message}"),
    }
}
