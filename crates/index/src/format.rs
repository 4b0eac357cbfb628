//! The format file: which version of this program wrote an index.
//!
//! Invariant: an index of another version is never read. One whose format file is damaged is: its stores carry versions of their own.
//! On disk: `FORMAT`, one line.

use crate::{Error, fault};
use std::io::ErrorKind;
use std::path::Path;

/// It rises when an older program could misread what a newer one writes.
const VERSION: u32 = 3;
const FILE: &str = "FORMAT";
const NAME: &str = "workroom index ";

/// Whether the folder is new. Refuses one of another version.
pub(crate) fn check(dir: &Path, repaired: &mut Vec<String>) -> Result<bool, Error> {
    fs_err::create_dir_all(dir)?;
    if let Some(parent) = dir.parent() {
        // Whoever made the folder may not have come to this.
        fs_err::File::open(parent)?.sync_all()?;
    }
    let is_new = match fs_err::read(dir.join(FILE)) {
        Ok(found) => match version(&found) {
            Some(VERSION) => return Ok(false),
            Some(other) => {
                return Err(Error::Incompatible {
                    path: dir.to_path_buf(),
                    found: format!("{NAME}{other}"),
                    expected: format!("{NAME}{VERSION}"),
                });
            }
            None => false,
        },
        // Written before the stores are made, so one that has stores has lost it.
        Err(error) if error.kind() == ErrorKind::NotFound => !has_stores(dir),
        // Something else is in its place.
        Err(error) if error.kind() == ErrorKind::IsADirectory => {
            fs_err::remove_dir_all(dir.join(FILE))?;
            false
        }
        Err(error) => return Err(error.into()),
    };
    write(dir)?;
    if !is_new {
        repaired.push("the note of the index's format was damaged; the stores say it themselves".to_owned());
    }
    Ok(is_new)
}

fn version(found: &[u8]) -> Option<u32> {
    std::str::from_utf8(found).ok()?.strip_prefix(NAME)?.strip_suffix('\n')?.parse().ok()
}

fn has_stores(dir: &Path) -> bool {
    ["ledger", "lexicon"].iter().any(|store| dir.join(store).exists())
}

fn write(dir: &Path) -> Result<(), Error> {
    fault::at(fault::FORMAT)?;
    let file = dir.join(FILE);
    fs_err::write(&file, format!("{NAME}{VERSION}\n"))?;
    fs_err::File::open(&file)?.sync_all()?;
    fs_err::File::open(dir)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_version_is_one() {
        for (text, expected) in [
            ("workroom index 2\n", Some(2)),
            ("workroom index 31\n", Some(31)),
            ("workroom index 2", None),
            ("workroom index x\n", None),
            ("workroom indey 2\n", None),
            ("", None),
            ("\u{0}\u{0}", None),
        ] {
            assert_eq!(version(text.as_bytes()), expected, "{text:?}");
        }
    }
}
