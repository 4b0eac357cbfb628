//! A settings file of somebody else's, changed: shown first, kept beside, and replaced in one step.
//!
//! Invariant: the file is the old one or the new one at every instant. Its permissions stay, and a link to it stays a link.

use similar::TextDiff;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// How the name of a file ends that is kept.
const KEPT: &str = ".bak";

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

/// Replaces the file, if it still has the old text; without a new text it goes. Returns where the old one is kept, if there was any.
pub(super) fn replace(file: &Path, old: &str, new: Option<&str>) -> io::Result<Option<PathBuf>> {
    let file = &std::fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf());
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    if read(file)? != old {
        return Err(io::Error::other("the file was changed just now; try again"));
    }
    let kept = if file.exists() { Some(keep(file)?) } else { None };
    let Some(new) = new else {
        std::fs::remove_file(file)?;
        return Ok(kept);
    };
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

/// The texts that the file had, as far as they were kept, the newest first.
pub(super) fn earlier(file: &Path) -> io::Result<Vec<String>> {
    let file = &std::fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf());
    let prefix = format!("{}.", file.file_name().unwrap_or_default().to_string_lossy());
    let mut kept = Vec::new();
    for entry in std::fs::read_dir(file.parent().unwrap_or(Path::new(".")))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with(&prefix) && name.ends_with(KEPT) {
            kept.push(name);
        }
    }
    // The time in the name has the same length in all of them.
    kept.sort_unstable_by(|a, b| b.cmp(a));
    kept.iter().map(|name| std::fs::read_to_string(file.with_file_name(name))).collect()
}

/// Copies the file beside itself, under a name that says when: one that nothing has yet, since a file may be changed twice in a moment.
fn keep(file: &Path) -> io::Result<PathBuf> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let mut now = jiff::Timestamp::now();
    loop {
        let kept = file.with_file_name(format!("{name}.{}{KEPT}", now.strftime("%Y%m%dT%H%M%S%3fZ")));
        match std::fs::File::create_new(&kept) {
            Ok(_) => return std::fs::copy(file, &kept).map(|_| kept),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                now += std::time::Duration::from_millis(1);
            }
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_the_old_one_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a/settings.json");
        assert_eq!(read(&file).unwrap(), "");
        assert_eq!(replace(&file, "", Some("one")).unwrap(), None);
        let usual = folder.path().join("usual");
        std::fs::write(&usual, "").unwrap();
        let permissions = |file: &Path| std::fs::metadata(file).unwrap().permissions();
        assert_eq!(permissions(&file), permissions(&usual));
        let kept = replace(&file, "one", Some("two")).unwrap().unwrap();
        assert_eq!((read(&file).unwrap().as_str(), read(&kept).unwrap().as_str()), ("two", "one"));
        assert!(replace(&file, "one", Some("three")).is_err());
        assert_eq!(std::fs::read_dir(folder.path().join("a")).unwrap().count(), 2);
        assert_eq!(earlier(&file).unwrap(), ["one"]);
        replace(&file, "two", None).unwrap();
        assert!(!file.exists());
        assert_eq!(earlier(&file).unwrap(), ["two", "one"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("real"), folder.path().join("link"));
        std::fs::write(&file, "one").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, "one", Some("two")).unwrap();
        assert!(link.is_symlink());
        assert_eq!(read(&file).unwrap(), "two");
    }
}
