//! The folder that is served: so many small text files of another folder, always the same ones.

use crate::Failure;
use std::path::{Path, PathBuf};

/// Notes and sources, not generated tables.
const SIZES: std::ops::RangeInclusive<u64> = 256..=16 << 10;
const KINDS: [&str; 4] = ["md", "rs", "toml", "txt"];
/// Files in one folder of the copy.
const IN_ONE: usize = 100;

/// Copies `n` files, taken at even steps from all that fit, to a new folder.
pub(super) fn prepare(from: &Path, n: usize, to: &Path) -> Result<u64, Failure> {
    if to.exists() {
        std::fs::remove_dir_all(to)?;
    }
    std::fs::create_dir_all(to)?;
    let files = fitting(from)?;
    if files.len() < n {
        let has = files.len();
        return Err(format!("{} has {has} files that fit, not {n}; `--files {has}`", from.display()).into());
    }
    let mut bytes = 0;
    for (at, number) in even_steps(files.len(), n).zip(0..) {
        let name = files[at].file_name().unwrap_or_default().to_string_lossy();
        let folder = to.join(format!("part{:03}", number / IN_ONE));
        std::fs::create_dir_all(&folder)?;
        bytes += std::fs::copy(&files[at], folder.join(format!("{number:05}-{name}")))?;
    }
    Ok(bytes)
}

/// `n` of `len` places, as far from each other as they can be.
fn even_steps(len: usize, n: usize) -> impl Iterator<Item = usize> {
    (0..n).map(move |i| i * len / n)
}

fn fitting(root: &Path) -> Result<Vec<PathBuf>, Failure> {
    let (mut open, mut files) = (vec![root.to_path_buf()], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            let known = path.extension().is_some_and(|extension| KINDS.iter().any(|kind| extension == *kind));
            if kind.is_dir() && !entry.file_name().to_string_lossy().starts_with('.') {
                open.push(path);
            } else if kind.is_file() && known && SIZES.contains(&entry.metadata()?.len()) {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_are_taken_each_time() {
        let from = tempfile::tempdir().unwrap();
        for (name, bytes) in
            [("a.md", 300), ("b.rs", 300), ("c.md", 10), ("d.bin", 300), (".git/e.md", 300), ("f/g.txt", 300)]
        {
            let path = from.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, vec![b'x'; bytes]).unwrap();
        }
        let to = from.path().join(".copy");
        assert_eq!(prepare(from.path(), 2, &to).unwrap(), 600);
        let names = |folder: &Path| {
            let names = std::fs::read_dir(folder).unwrap();
            let mut names: Vec<_> =
                names.map(|name| name.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        };
        assert_eq!(names(&to.join("part000")), ["00000-a.md", "00001-b.rs"]);
        let refused = prepare(from.path(), 4, &to).unwrap_err().to_string();
        assert!(refused.ends_with("`--files 3`"), "{refused}");
    }

    #[test]
    fn steps_are_even() {
        let check = |len, n, expected: &[usize]| assert_eq!(even_steps(len, n).collect::<Vec<_>>(), expected);
        check(10, 5, &[0, 2, 4, 6, 8]);
        check(3, 3, &[0, 1, 2]);
        check(7, 2, &[0, 3]);
        check(0, 0, &[]);
    }
}
