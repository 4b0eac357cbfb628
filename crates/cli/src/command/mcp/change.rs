//! A settings file of somebody else's, changed: shown first, kept beside, and replaced in one step.
//!
//! Invariant: the file is the old one or the new one at every instant. Its permissions stay, and a link to it stays a link.

use similar::TextDiff;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The file's text; empty where there is none.
pub(super) fn read(file: &Path) -> io::Result<String> {
    match std::fs::read_to_string(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        read => read,
    }
}

/// What would change.
pub(super) fn diff(file: &Path, old: &str, new: &str) -> String {
    const CONTEXT: usize = 3;
    let name = file.display().to_string();
    TextDiff::from_lines(old, new).unified_diff().context_radius(CONTEXT).header(&name, &name).to_string()
}

/// Replaces the file, if it still has the old text. Returns where that is kept, if there was any.
pub(super) fn replace(file: &Path, old: &str, new: &str) -> io::Result<Option<PathBuf>> {
    let file = &std::fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf());
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    if read(file)? != old {
        return Err(io::Error::other("the file was changed just now; try again"));
    }
    let kept = if file.exists() { Some(keep(file)?) } else { None };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".workroom-");
    // A new settings file is like any other file of its user, who may share it with a project: no secret is in it.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut temporary = builder.tempfile_in(folder)?;
    temporary.write_all(new.as_bytes())?;
    if let Ok(meta) = std::fs::metadata(file) {
        temporary.as_file().set_permissions(meta.permissions())?;
    }
    temporary.as_file().sync_all()?;
    temporary.persist(file)?;
    Ok(kept)
}

/// Copies the file beside itself, under a name that says when.
fn keep(file: &Path) -> io::Result<PathBuf> {
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S%3fZ");
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let kept = file.with_file_name(format!("{name}.{now}.bak"));
    std::fs::copy(file, &kept)?;
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_the_old_one_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a/settings.json");
        assert_eq!(read(&file).unwrap(), "");
        assert_eq!(replace(&file, "", "one").unwrap(), None);
        let usual = folder.path().join("usual");
        std::fs::write(&usual, "").unwrap();
        let permissions = |file: &Path| std::fs::metadata(file).unwrap().permissions();
        assert_eq!(permissions(&file), permissions(&usual));
        let kept = replace(&file, "one", "two").unwrap().unwrap();
        assert_eq!((read(&file).unwrap().as_str(), read(&kept).unwrap().as_str()), ("two", "one"));
        assert!(replace(&file, "one", "three").is_err());
        assert_eq!(std::fs::read_dir(folder.path().join("a")).unwrap().count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("real"), folder.path().join("link"));
        std::fs::write(&file, "one").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, "one", "two").unwrap();
        assert!(link.is_symlink());
        assert_eq!(read(&file).unwrap(), "two");
    }
}
