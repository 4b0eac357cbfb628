//! Names of members and attachments, made safe: an archive may call its members anything.
//!
//! Invariant: what comes out is a plain relative path ([`DocPath`]) of bounded length.

use corpus::DocPath;
use extract::Skip;

/// Longer names are cut: no file system has them.
const MAX_NAME: usize = 1024;

/// The path that a file's name makes, by which its format is told and by which it is listed.
///
/// # Errors
/// None that can happen: a name of which nothing is left is replaced.
pub(crate) fn path(name: &str) -> Result<DocPath, Skip> {
    let path = safe(name).map_or_else(|| DocPath::new("file"), Ok);
    path.map_err(|error| Skip::damaged(error.to_string()))
}

/// The name as a path inside its archive: folders are kept; drives, roots and ways out (`..`) are dropped. `None` when nothing is left.
fn safe(name: &str) -> Option<DocPath> {
    let plain: String =
        name.chars().map(|c| if c == '\\' { '/' } else { c }).filter(|c| !c.is_control()).collect();
    // `C:\docs` is a drive, `C: a plan` a name.
    let rest = match plain.split_once(":/") {
        Some((drive, rest)) if drive.len() == 1 => rest,
        _ => &plain,
    };
    let parts: Vec<&str> =
        rest.split('/').map(str::trim).filter(|part| !matches!(*part, "" | "." | "..")).collect();
    let joined = parts.join("/");
    let joined = if cfg!(windows) { joined.replace(':', "_") } else { joined };
    // The end tells the format.
    let cut = joined.ceil_char_boundary(joined.len().saturating_sub(MAX_NAME));
    DocPath::new(joined.get(cut..)?.trim_matches('/')).ok()
}

/// What systems put beside the files of an archive for themselves.
pub(crate) fn is_clutter(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    name.starts_with("__MACOSX/")
        || file.starts_with("._")
        || matches!(file, ".DS_Store" | "Thumbs.db" | "desktop.ini")
}

/// The name with a number before its extension: `a/b (2).txt`.
pub(crate) fn numbered(name: &str, number: usize) -> String {
    let file_at = name.rfind('/').map_or(0, |slash| slash + 1);
    let dot = name.rfind('.').filter(|dot| *dot > file_at).unwrap_or(name.len());
    let (stem, extension) = name.split_at(dot);
    format!("{stem} ({number}){extension}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_lead_nowhere_else() {
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(safe(name).as_ref().map(DocPath::as_str), expected, "{name:?}");
        };
        check("a/b.txt", Some("a/b.txt"));
        check("../../etc/passwd", Some("etc/passwd"));
        check("/etc//./passwd", Some("etc/passwd"));
        check("C:\\docs\\plan.docx", Some("docs/plan.docx"));
        check("C: tide.txt", Some(if cfg!(windows) { "C_ tide.txt" } else { "C: tide.txt" }));
        check("a\0b\nc.txt", Some("abc.txt"));
        check("..", None);
        check("/", None);
        check("", None);
        check(&format!("{}.pdf", "x".repeat(5000)), Some(&format!("{}.pdf", "x".repeat(1020))));
    }

    #[test]
    fn numbers_stand_before_the_extension() {
        let names = ["a.txt", "d.d/b", "d/.env", "x.tar.gz"].map(|name| numbered(name, 2));
        assert_eq!(names, ["a (2).txt", "d.d/b (2)", "d/.env (2)", "x.tar (2).gz"]);
    }

    proptest! {
        #[test]
        fn any_name_is_a_path_or_none(name in "[a./\\\\: \u{e9}\u{0}]{0,20}") {
            if let Some(path) = safe(&name) {
                prop_assert!(path.as_str().len() <= MAX_NAME && !path.as_str().contains('\\'));
            }
            prop_assert!(path(&name).is_ok());
        }
    }
}
