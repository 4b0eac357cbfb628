//! Repairs that are due: what the next open must examine or do again, because the one who found out could not.
//!
//! Invariant: what is noted stays so until it is done, through any crash. A note that cannot be read asks for everything.
//! On disk: `repairs`, one line each; absent when nothing is due.

use crate::{Error, fault};
use std::io::{ErrorKind, Write};
use std::path::Path;

const FILE: &str = "repairs";

/// What is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Repairs {
    /// Examine the full text, whatever its seal says.
    pub(crate) verify_lexicon: bool,
    /// Make the full text anew.
    pub(crate) rebuild_lexicon: bool,
    /// Examine the ledger.
    pub(crate) verify_ledger: bool,
    /// All files must be read again.
    pub(crate) rescan: bool,
}

impl Repairs {
    const EVERYTHING: Self =
        Self { verify_lexicon: true, rebuild_lexicon: false, verify_ledger: true, rescan: true };

    /// What is due in `dir`.
    pub(crate) fn read(dir: &Path) -> Result<Self, Error> {
        match fs_err::read(dir.join(FILE)) {
            Ok(text) => Ok(Self::parse(&text).unwrap_or(Self::EVERYTHING)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error.into()),
        }
    }

    /// What an error says of the stores.
    pub(crate) fn after(error: &Error, cleared: bool) -> Self {
        let (lexicon, ledger) = match error {
            Error::Corrupt { .. } => (true, true),
            Error::Lexicon(error) => (error.is_damage(), false),
            Error::Ledger(error) => (false, error.is_damage()),
            _ => (false, false),
        };
        Self {
            verify_lexicon: lexicon && !cleared,
            rebuild_lexicon: lexicon && cleared,
            verify_ledger: ledger,
            rescan: false,
        }
    }

    /// Both.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            verify_lexicon: self.verify_lexicon || other.verify_lexicon,
            rebuild_lexicon: self.rebuild_lexicon || other.rebuild_lexicon,
            verify_ledger: self.verify_ledger || other.verify_ledger,
            rescan: self.rescan || other.rescan,
        }
    }

    /// Makes this what is due in place of `before`, durable when it returns.
    pub(crate) fn replace(self, dir: &Path, before: Self) -> Result<(), Error> {
        if self == before && Self::read(dir)? == self {
            return Ok(());
        }
        fault::at(fault::REPAIRS)?;
        let file = dir.join(FILE);
        if self == Self::default() {
            match fs_err::remove_file(&file) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        } else {
            let unfinished = dir.join(format!("{FILE}.new"));
            let mut new = fs_err::File::create(&unfinished)?;
            new.write_all(self.text().as_bytes())?;
            new.sync_all()?;
            fs_err::rename(&unfinished, &file)?;
        }
        fs_err::File::open(dir)?.sync_all()?;
        Ok(())
    }

    fn lines(&mut self) -> [(&'static str, &mut bool); 4] {
        [
            ("verify lexicon", &mut self.verify_lexicon),
            ("rebuild lexicon", &mut self.rebuild_lexicon),
            ("verify ledger", &mut self.verify_ledger),
            ("rescan", &mut self.rescan),
        ]
    }

    fn text(mut self) -> String {
        self.lines().into_iter().filter(|(_, due)| **due).map(|(line, _)| format!("{line}\n")).collect()
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let mut found = Self::default();
        for line in std::str::from_utf8(text).ok()?.lines() {
            let (_, due) = found.lines().into_iter().find(|(known, _)| *known == line)?;
            *due = true;
        }
        (found != Self::default()).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_read_and_rubbish_asks_for_everything() {
        let dir = tempfile::tempdir().unwrap();
        let read = || Repairs::read(dir.path()).unwrap();
        assert_eq!(read(), Repairs::default());
        for bits in 1..16_u8 {
            let bit = |n: u8| bits & (1 << n) != 0;
            let due = Repairs {
                verify_lexicon: bit(0),
                rebuild_lexicon: bit(1),
                verify_ledger: bit(2),
                rescan: bit(3),
            };
            due.replace(dir.path(), Repairs::default()).unwrap();
            assert_eq!(read(), due);
        }
        for bad in ["", "verify", "verify lexicon\n\u{0}", "rescan\nmore\n"] {
            fs_err::write(dir.path().join(FILE), bad).unwrap();
            assert_eq!(read(), Repairs::EVERYTHING, "{bad:?}");
        }
        Repairs::default().replace(dir.path(), read()).unwrap();
        assert!(!dir.path().join(FILE).exists());
    }
}
