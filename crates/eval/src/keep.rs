//! The files of a set on disk, kept from run to run.
//!
//! Invariant: a folder is only ever emptied if an earlier run of ours filled it; the record is complete only after the last file is.
//! Not here: the workspace that is made of them.

use crate::publish::publish;
use crate::{Error, Layout, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What lies beside the files.
const RECORD: &str = "documents.json";
/// The folder of the files.
const FILES: &str = "files";

/// What the files are: whose digest, and which document each is.
#[derive(Default, Serialize, Deserialize)]
struct Record {
    /// Of the layout; empty while the files are being written.
    fingerprint: String,
    /// Document ids by path.
    documents: BTreeMap<String, String>,
}

/// Writes the files of a set below `folder`, unless an earlier run did. Returns the folder that holds nothing else. Beside it,
/// `documents.json` says which document each path is.
///
/// # Errors
/// When a document cannot be read or a file not written, or `folder` holds what no earlier run left there.
pub fn keep(layout: &Layout<'_>, folder: &Path) -> Result<PathBuf> {
    let (record_at, files) = (folder.join(RECORD), folder.join(FILES));
    let fingerprint = layout.fingerprint()?;
    let known = record(&record_at)?;
    if known.as_ref().is_some_and(|known| known.fingerprint == fingerprint) {
        return Ok(files);
    }
    if files.exists() {
        if known.is_none() {
            return Err(Error::Taken(files));
        }
        std::fs::remove_dir_all(&files).map_err(Error::writing(&files))?;
    }
    std::fs::create_dir_all(&files).map_err(Error::writing(&files))?;
    publish_record(&record_at, &Record::default())?;
    for placed in layout.placed() {
        let path = files.join(&placed.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(Error::writing(parent))?;
        }
        std::fs::write(&path, placed.content()?).map_err(Error::writing(&path))?;
    }
    publish_record(&record_at, &Record { fingerprint, documents: layout.ids() })?;
    Ok(files)
}

fn record(path: &Path) -> Result<Option<Record>> {
    if !path.exists() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(path).map_err(Error::reading(path))?;
    serde_json::from_str(&text).map(Some).map_err(|_| Error::Taken(path.to_owned()))
}

fn publish_record(path: &Path, record: &Record) -> Result<()> {
    let text = serde_json::to_string_pretty(record).map_err(|error| Error::writing(path)(error.into()))?;
    publish(path, &text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Body, Document, Set};

    fn set(text: &str) -> Set {
        let document = |id: &str| Document {
            id: id.to_owned(),
            title: String::new(),
            body: Body::Text(text.to_owned()),
            scope: Some("part".to_owned()),
        };
        Set {
            name: "s".to_owned(),
            documents: vec![document("a"), document("b")],
            queries: vec![],
            notes: vec![],
        }
    }

    #[test]
    fn files_are_written_once_and_anew_when_the_set_changes() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("s/student");
        let (one, two) = (set("one"), set("two"));
        let files = keep(&Layout::of(&one), &folder).unwrap();
        let first = files.join(&Layout::of(&one).placed()[0].path);
        assert_eq!(std::fs::read_to_string(&first).unwrap(), "one");

        std::fs::write(files.join("index"), "made of the files").unwrap();
        keep(&Layout::of(&one), &folder).unwrap();
        assert!(files.join("index").exists(), "the same set changes nothing");

        keep(&Layout::of(&two), &folder).unwrap();
        assert_eq!(std::fs::read_to_string(&first).unwrap(), "two");
        assert!(!files.join("index").exists(), "another set leaves nothing of the old one");
        let record = std::fs::read_to_string(folder.join(RECORD)).unwrap();
        assert!(record.contains("\"zqybbbbb/zqxbbbbc\": \"b\""), "{record}");
    }

    #[test]
    fn what_others_left_is_not_touched() {
        let dir = tempfile::tempdir().unwrap();
        let files = dir.path().join(FILES);
        std::fs::create_dir(&files).unwrap();
        std::fs::write(files.join("mine"), "mine").unwrap();
        assert!(keep(&Layout::of(&set("x")), dir.path()).is_err());
        std::fs::write(dir.path().join(RECORD), "{").unwrap();
        assert!(keep(&Layout::of(&set("x")), dir.path()).is_err());
        assert_eq!(std::fs::read_to_string(files.join("mine")).unwrap(), "mine");
    }
}
