//! Whom the judges speak for: one token each, and exactly what it is shown.
//!
//! Not here: why (docs/permissions.md). What is listed here is a second account of it, so that neither changes by itself.

/// Somebody with a token, or without one.
pub(super) struct Caller {
    pub(super) name: &'static str,
    /// What `token create` is told of it; nothing for who has no token.
    pub(super) grants: &'static [&'static str],
    /// The tools that it is shown.
    shown: Shown,
    /// Every file that it is shown as a resource.
    pub(super) files: &'static [&'static str],
}

/// Which of all tools.
enum Shown {
    AllBut(&'static [&'static [&'static str]]),
    Only(&'static [&'static str]),
}

impl Caller {
    /// Every tool that it is shown, in order.
    pub(super) fn tools(&self) -> Vec<&'static str> {
        match self.shown {
            Shown::Only(these) => these.to_vec(),
            Shown::AllBut(others) => {
                let is_shown = |tool: &&str| !others.iter().any(|these| these.contains(tool));
                EVERY_TOOL.into_iter().filter(is_shown).collect()
            }
        }
    }
}

/// Administers everything.
pub(super) const ADMIN: Caller = Caller {
    name: "admin",
    grants: &["--admin", "/"],
    shown: Shown::AllBut(&[]),
    files: &["notes/log.md", "private/plan.md"],
};
/// Reads everything and writes nothing.
pub(super) const READER: Caller = Caller {
    name: "reader",
    grants: &["--read", "/"],
    shown: Shown::AllBut(&[&WHOLE, &WRITING]),
    files: ADMIN.files,
};
/// Reads and writes below one folder.
pub(super) const INSIDER: Caller = Caller {
    name: "insider",
    grants: &["--read", "notes", "--write", "notes"],
    shown: Shown::AllBut(&[&WHOLE]),
    files: &["notes/log.md"],
};
/// Writes below one folder and reads nothing.
pub(super) const SENDER: Caller =
    Caller { name: "sender", grants: &["--write", "drop"], shown: Shown::Only(&SENDING), files: &[] };
/// Has no token.
pub(super) const NOBODY: Caller = Caller { name: "nobody", grants: &[], shown: Shown::Only(&[]), files: &[] };

/// All that there are.
const EVERY_TOOL: [&str; 47] = [
    "acquire_lease",
    "add_comment",
    "append_file",
    "ask",
    "audit_log",
    "copy_file",
    "create_checkpoint",
    "create_directory",
    "create_transfer",
    "delete_file",
    "diff_checkpoint",
    "diff_versions",
    "directory_tree",
    "edit_file",
    "extend_lease",
    "fetch",
    "find_similar",
    "get_file_info",
    "list_allowed_directories",
    "list_checkpoints",
    "list_comments",
    "list_directory",
    "list_directory_with_sizes",
    "list_leases",
    "list_saved_states",
    "list_trash",
    "list_versions",
    "move_file",
    "read_media_file",
    "read_multiple_files",
    "read_text_file",
    "read_version",
    "release_lease",
    "request_approval",
    "resolve_comment",
    "restore_checkpoint",
    "restore_from_trash",
    "restore_version",
    "resume_state",
    "save_state",
    "search",
    "search_files",
    "semantic_search",
    "status",
    "wait_for_approval",
    "wait_for_events",
    "write_file",
];

/// Those that are about the whole workspace.
const WHOLE: [&str; 3] = ["audit_log", "create_checkpoint", "create_transfer"];

/// Those that change files.
const WRITING: [&str; 11] = [
    "append_file",
    "copy_file",
    "create_directory",
    "delete_file",
    "edit_file",
    "move_file",
    "restore_checkpoint",
    "restore_from_trash",
    "restore_version",
    "save_state",
    "write_file",
];

/// Those that are any use to who reads nothing.
const SENDING: [&str; 9] = [
    "acquire_lease",
    "append_file",
    "extend_lease",
    "list_allowed_directories",
    "list_leases",
    "release_lease",
    "request_approval",
    "wait_for_approval",
    "write_file",
];
