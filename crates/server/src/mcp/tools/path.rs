//! Paths as models write them.
//!
//! Invariant: pure. What comes out is a path inside the workspace as the library takes it, and the library refuses what is none.

use crate::access::Access;
use crate::mcp::uri;
use crate::refusal::{Refusal, Result};
use std::path::Path;

/// A file's path: relative, or one of our URIs, or, from whoever owns the machine's files, absolute inside the workspace.
pub(super) fn file(access: &Access, path: &str) -> Result<String> {
    let path = any(access, path)?;
    if path.is_empty() {
        return Err(Refusal::invalid("the path is empty").hint("name a file, such as `notes/today.md`"));
    }
    Ok(path)
}

/// A folder's path; the empty path, `.` and `/` are the workspace's own folder.
pub(super) fn folder(access: &Access, path: &str) -> Result<String> {
    any(access, path)
}

fn any(access: &Access, path: &str) -> Result<String> {
    let room = access.room();
    let root = access.principal().is_owner().then(|| room.workspace.root());
    normal(&room.name, root, path)
}

fn normal(workspace: &str, root: Option<&Path>, path: &str) -> Result<String> {
    if path.contains("://") {
        let named = uri::path(workspace, path);
        return named.ok_or_else(|| {
            Refusal::invalid(format!("`{path}` names no file of this workspace"))
                .hint("name a file by its path, such as `notes/today.md`")
        });
    }
    let path = match root.and_then(|root| Path::new(path).strip_prefix(root).ok()?.to_str()) {
        Some(inside) => inside,
        None => path,
    };
    let trimmed = path.strip_suffix('/').unwrap_or(path);
    match trimmed {
        "" | "." => Ok(String::new()),
        absolute if absolute.starts_with('/') => {
            let inside = absolute.trim_start_matches('/');
            Err(Refusal::invalid(format!("`{path}` is not a path inside the workspace"))
                .hint(format!("paths are relative to the workspace: `{inside}`")))
        }
        relative => Ok(relative.strip_prefix("./").unwrap_or(relative).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_as_models_write_them() {
        let check = |path: &str, expected: Option<&str>| {
            let root = Path::new("/home/ann/desk");
            assert_eq!(normal("mill", Some(root), path).ok().as_deref(), expected, "{path}");
        };
        check("notes/a.md", Some("notes/a.md"));
        check("./notes/a.md", Some("notes/a.md"));
        check("notes/", Some("notes"));
        for root in ["", ".", "/", "./", "/home/ann/desk", "/home/ann/desk/"] {
            check(root, Some(""));
        }
        check("/home/ann/desk/notes/a.md", Some("notes/a.md"));
        check("/home/ann/desk-old/a.md", None);
        check("/etc/passwd", None);
        check("workroom:///notes/a%20b.md", Some("notes/a b.md"));
        check("workroom://mill/a.md#page=2", Some("a.md"));
        check("workroom://other/a.md", None);
        check("file:///etc/passwd", None);
        // For the library to refuse.
        check("../a.md", Some("../a.md"));
        check("a\\..\\b", Some("a\\..\\b"));
    }

    #[test]
    fn whoever_does_not_own_the_machine_is_not_told_where_it_is() {
        assert!(normal("mill", None, "/home/ann/desk/a.md").is_err());
    }
}
