//! Whom the judges speak for: one token each, and exactly what it is shown.
//!
//! Not here: why (docs/permissions.md). What is listed here is a second account of it, so that neither changes by itself.

/// Somebody with a token, or without one.
pub(super) struct Caller {
    pub(super) name: &'static str,
    /// What `token create` is told of it; nothing for who has no token.
    pub(super) grants: &'static [&'static str],
    /// Every tool that it is shown, in order.
    pub(super) tools: &'static [&'static str],
    /// Every file that it is shown as a resource.
    pub(super) files: &'static [&'static str],
}

/// Administers everything.
pub(super) const ADMIN: Caller = Caller {
    name: "admin",
    grants: &["--admin", "/"],
    tools: &EVERY_TOOL,
    files: &["notes/log.md", "private/plan.md"],
};
/// Reads everything and writes nothing.
pub(super) const READER: Caller =
    Caller { name: "reader", grants: &["--read", "/"], tools: &READING, files: ADMIN.files };
/// Reads and writes below one folder.
pub(super) const INSIDER: Caller = Caller {
    name: "insider",
    grants: &["--read", "notes", "--write", "notes"],
    tools: &EVERY_TOOL,
    files: &["notes/log.md"],
};
/// Writes below one folder and reads nothing.
pub(super) const SENDER: Caller = Caller {
    name: "sender",
    grants: &["--write", "drop"],
    tools: &["append_file", "list_allowed_directories", "write_file"],
    files: &[],
};
/// Has no token.
pub(super) const NOBODY: Caller = Caller { name: "nobody", grants: &[], tools: &[], files: &[] };

/// All that there are.
const EVERY_TOOL: [&str; 25] = [
    "append_file",
    "ask",
    "copy_file",
    "create_directory",
    "delete_file",
    "directory_tree",
    "edit_file",
    "fetch",
    "find_similar",
    "get_file_info",
    "list_allowed_directories",
    "list_directory",
    "list_directory_with_sizes",
    "list_saved_states",
    "move_file",
    "read_media_file",
    "read_multiple_files",
    "read_text_file",
    "resume_state",
    "save_state",
    "search",
    "search_files",
    "semantic_search",
    "status",
    "write_file",
];

/// Those that change nothing.
const READING: [&str; 17] = [
    "ask",
    "directory_tree",
    "fetch",
    "find_similar",
    "get_file_info",
    "list_allowed_directories",
    "list_directory",
    "list_directory_with_sizes",
    "list_saved_states",
    "read_media_file",
    "read_multiple_files",
    "read_text_file",
    "resume_state",
    "search",
    "search_files",
    "semantic_search",
    "status",
];
