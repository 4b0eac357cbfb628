//! The settings of one workspace: `.workroom/config.toml`.
//!
//! Invariant: unknown keys are refused by name, so that a misspelt setting is never silently without effect.

use crate::audit::AuditSettings;
use crate::layout::Layout;
use crate::retention::VersionSettings;
use crate::settings::IndexSettings;
use crate::{Error, ErrorKind, Result};
use custody::TrustPolicy;
use custody::usage::{Quotas, Thresholds};
use serde::{Deserialize, Serialize};

/// The settings of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The teacher whose vectors the index gets, by name, or `student` for none.
    pub model: String,
    /// Larger text files are not indexed, in bytes.
    pub max_file_bytes: u64,
    /// Larger documents (PDF, Office, mail, ...) are not indexed, in bytes.
    pub max_document_bytes: u64,
    /// Whether the documents inside zip and tar archives are indexed.
    pub archives: bool,
    /// Seconds that a parser may take for one file.
    pub parse_seconds: u64,
    /// Memory that a parser may take for one file, in MiB.
    pub parse_memory_mb: u64,
    /// Whether files and folders whose name begins with a dot are indexed.
    pub hidden: bool,
    /// Share of the teacher's time that back-fill may take in the background, in percent, 1 to 100.
    pub backfill_percent: u8,
    /// Seconds without a request after which the daemon leaves; 0 means never.
    pub daemon_idle_seconds: u64,
    /// Whether the workspace is put away: read and searched, not changed and not watched.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// Which places are trusted, and which are not. From here on, each is a section of its own in the file, so they come last.
    #[serde(skip_serializing_if = "TrustPolicy::is_empty")]
    pub trust: TrustPolicy,
    /// Which places are not indexed.
    #[serde(skip_serializing_if = "IndexSettings::is_default")]
    pub index: IndexSettings,
    /// What goes into the audit log.
    #[serde(skip_serializing_if = "AuditSettings::is_default")]
    pub audit: AuditSettings,
    /// What is kept of files that were changed or removed, and for how long.
    #[serde(skip_serializing_if = "VersionSettings::is_default")]
    pub versions: VersionSettings,
    /// What each token may do at most.
    #[serde(skip_serializing_if = "Quotas::is_empty")]
    pub quotas: Quotas,
    /// When somebody should have a look.
    #[serde(skip_serializing_if = "Thresholds::is_default")]
    pub alerts: Thresholds,
}

/// The name that stands for "no teacher".
pub const STUDENT: &str = "student";

impl Default for Config {
    fn default() -> Self {
        Self {
            model: STUDENT.to_owned(),
            max_file_bytes: 8 << 20,
            max_document_bytes: 64 << 20,
            archives: false,
            parse_seconds: 30,
            parse_memory_mb: 1024,
            hidden: true,
            backfill_percent: 50,
            daemon_idle_seconds: 600,
            archived: false,
            trust: TrustPolicy::default(),
            index: IndexSettings::default(),
            audit: AuditSettings::default(),
            versions: VersionSettings::default(),
            quotas: Quotas::default(),
            alerts: Thresholds::default(),
        }
    }
}

const HEADER: &str = "# Settings of this workspace; see docs/configuration.md.\n";

impl Config {
    /// The settings of the workspace at `folder`, without opening it.
    ///
    /// # Errors
    /// When it is no workspace, or its settings cannot be read.
    pub fn of(folder: &std::path::Path) -> Result<Self> {
        Self::load(&Layout::of(folder)?)
    }

    pub(crate) fn load(layout: &Layout) -> Result<Self> {
        let path = layout.config();
        let refused = |why: &str| {
            Error::new(ErrorKind::Invalid, format!("{} cannot be read: {why}", path.display()))
                .at(&path)
                .hint("mend it, or delete it to go back to the defaults")
        };
        if std::fs::metadata(&path).is_ok_and(|meta| !meta.is_file()) {
            return Err(refused("it is no regular file"));
        }
        let text = match fs_err::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                return Err(refused("it is not UTF-8"));
            }
            Err(error) => return Err(error.into()),
        };
        let config: Self = toml::from_str(&text).map_err(|error| refused(error.message()))?;
        if !(1..=100).contains(&config.backfill_percent) {
            return Err(refused("backfill_percent is not between 1 and 100 (`models pause` stops the work)"));
        }
        if config.parse_seconds == 0 || config.parse_memory_mb == 0 {
            return Err(refused("parse_seconds and parse_memory_mb must be at least 1"));
        }
        config.trust.check().map_err(|error| refused(&error.to_string()))?;
        config.index.check().map_err(|error| refused(&error.to_string()))?;
        Ok(config)
    }

    /// When the settings of the workspace at `folder` were last written; `None` while they are the defaults.
    #[must_use]
    pub fn modified(folder: &std::path::Path) -> Option<std::time::SystemTime> {
        let path = Layout::of(folder).ok()?.config();
        std::fs::metadata(path).and_then(|meta| meta.modified()).ok()
    }

    pub(crate) fn save(&self, layout: &Layout) -> Result<()> {
        let text =
            toml::to_string(self).map_err(|error| Error::new(ErrorKind::Invalid, error.to_string()))?;
        layout.write_whole(&layout.config(), format!("{HEADER}{text}").as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_it_saved_and_names_what_it_does_not_know() {
        let dir = tempfile::tempdir().unwrap();
        let (layout, _) = Layout::make(dir.path()).unwrap();
        assert_eq!(Config::load(&layout).unwrap(), Config::default());
        let trust = TrustPolicy { untrusted: vec!["inbox".into()], ..TrustPolicy::default() };
        let config = Config { max_file_bytes: 5, trust, ..Config::default() };
        config.save(&layout).unwrap();
        assert_eq!(Config::load(&layout).unwrap(), config);
        for (text, named) in [
            ("modle = 'x'", "modle"),
            ("backfill_percent = 0", "backfill_percent"),
            ("[trust]\ntrusted = ['a//b']", "a//b"),
            ("[trust]\ntrusted = ['a']\nuntrusted = ['a/']", "both"),
            ("[trust]\nbelieved = ['a']", "believed"),
            ("[audit]\nwrites = false", "writes"),
            ("[index]\noff = ['../a']", "../a"),
            ("[index]\non = ['a']", "on"),
        ] {
            std::fs::write(layout.config(), text).unwrap();
            let error = Config::load(&layout).unwrap_err();
            assert!(error.to_string().contains(named), "{error}");
        }
    }
}
