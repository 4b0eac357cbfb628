//! The forms of requests.
//!
//! Invariant: every rule that is checked is in the schema, and the other way round. What a request holds besides is refused.
//! Not here: the forms of answers (`reply`, `answer`), paths (`path`), what is done with them.

use super::path::{FilePath, FolderPath};
use crate::refusal::{Refusal, Result};
use custody::{Claim, Trust};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Refuses a number or a length that the schema does not allow.
pub(super) fn check_range(name: &str, value: u64, range: std::ops::RangeInclusive<u64>) -> Result<()> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(Refusal::invalid(format!("`{name}` is from {} to {}", range.start(), range.end())))
}

/// Which workspace.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) struct InWorkspace {
    /// Its name.
    #[param(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    workspace: String,
}

/// What a change expects.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) struct IfMatch {
    /// The version that the file must have, as its entity tag.
    #[param(rename = "If-Match", required = false)]
    if_match: Option<String>,
}

/// By which lease a change is made.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) struct UnderLease {
    /// The id of a lease of one's own on what is changed. Without it nothing is changed on which somebody holds one.
    #[param(rename = "Workroom-Lease", required = false, pattern = "^lease_[A-Za-z0-9]{22}$")]
    workroom_lease: String,
}

/// Makes a change once.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) struct Once {
    /// The same for every time that the request is sent, and for no other request: the change is made once.
    #[param(rename = "Idempotency-Key", required = false, min_length = 1, max_length = 255)]
    idempotency_key: Option<String>,
}

/// Which file.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FileQuery {
    /// The file's path inside the workspace.
    pub(super) path: FilePath,
}

/// How far a file is to be believed.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Label {
    /// The owner vouches for it. Nobody else may say so.
    Trusted,
    /// Whoever it is from may mean harm.
    Untrusted,
}

/// What to write, and what its writer says of it.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(try_from = "Vec<(String, String)>")]
#[into_params(parameter_in = Query)]
pub(super) struct WriteQuery {
    /// The file's path inside the workspace.
    pub(super) path: FilePath,
    /// Where it was fetched.
    #[param(
        required = false,
        min_length = 3,
        max_length = 2048,
        pattern = r"^[A-Za-z][A-Za-z0-9+.\-]*:[!-~]+$"
    )]
    pub(super) source_url: Option<String>,
    /// The files of the workspace that it was made of; the parameter is given once for each. It is trusted no further than they are.
    #[param(required = false, max_items = 64, style = Form, explode)]
    pub(super) derived_from: Vec<FilePath>,
    /// How far it is to be believed.
    #[param(required = false)]
    pub(super) trust: Option<Label>,
}

impl TryFrom<Vec<(String, String)>> for WriteQuery {
    type Error = String;

    fn try_from(pairs: Vec<(String, String)>) -> std::result::Result<Self, String> {
        let (mut path, mut source_url, mut trust, mut derived_from) = (None, None, None, Vec::new());
        for (name, value) in pairs {
            let is_first = match name.as_str() {
                "path" => path.replace(FilePath::try_from(value)?).is_none(),
                "source_url" => source_url.replace(value).is_none(),
                "trust" => trust.replace(label(&value)?).is_none(),
                "derived_from" => {
                    derived_from.push(FilePath::try_from(value)?);
                    true
                }
                _ => return Err(format!("unknown field `{name}`")),
            };
            if !is_first {
                return Err(format!("duplicate field `{name}`"));
            }
        }
        Ok(Self { path: path.ok_or("missing field `path`")?, source_url, derived_from, trust })
    }
}

fn label(name: &str) -> std::result::Result<Label, String> {
    match name {
        "trusted" => Ok(Label::Trusted),
        "untrusted" => Ok(Label::Untrusted),
        _ => Err(format!("`trust` is trusted or untrusted, not `{name}`")),
    }
}

impl WriteQuery {
    /// What is said of the file.
    pub(super) fn claim(&self) -> Claim {
        Claim {
            source_url: self.source_url.clone(),
            derived_from: self.derived_from.iter().map(|path| path.0.clone()).collect(),
            trust: self.trust.map(|label| match label {
                Label::Trusted => Trust::Trusted,
                Label::Untrusted => Trust::Untrusted,
            }),
            edits: false,
        }
    }
}

/// What to remove.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RemoveQuery {
    /// The path of a file or folder.
    pub(super) path: FilePath,
    /// Whether a folder goes with all that it holds.
    #[param(required = false)]
    pub(super) recursive: Option<bool>,
}

/// What to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// The folder; the workspace's own when it is absent.
    #[param(required = false)]
    pub(super) folder: Option<FolderPath>,
    /// How many levels; 1 when it is absent. Not with a pattern, which looks at all of them.
    #[param(required = false, minimum = 1, maximum = 64)]
    pub(super) depth: Option<u64>,
    /// Only what has such a path below the folder, as `**/*.md`.
    #[param(required = false, min_length = 1, max_length = 256)]
    pub(super) pattern: Option<String>,
    /// Where to go on: `next` of the page before.
    #[param(required = false, max_length = 4096)]
    pub(super) cursor: Option<String>,
    /// The most entries; 200 when it is absent.
    #[param(required = false, minimum = 1, maximum = 1000)]
    pub(super) limit: Option<u64>,
}

/// Which chunks.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ChunksQuery {
    /// The document's path.
    pub(super) path: FilePath,
    /// Only this chunk and its neighbours.
    #[param(required = false, minimum = 0, maximum = 4294967295_u64)]
    pub(super) chunk: Option<u64>,
}

/// What ranks.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mode {
    /// Words and meaning together.
    Hybrid,
    /// Words alone.
    Lexical,
    /// Meaning alone.
    Dense,
}

/// A search in an address.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SearchQuery {
    /// What to find, in words.
    #[param(min_length = 1, max_length = 4096)]
    pub(super) query: String,
    /// The most hits; 10 when it is absent.
    #[param(required = false, minimum = 1, maximum = 100)]
    pub(super) limit: Option<u64>,
    /// Only this file, or files below this folder.
    #[param(required = false)]
    pub(super) path: Option<FolderPath>,
}

/// A search.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Search {
    /// What to find, in words.
    #[schema(min_length = 1, max_length = 4096)]
    pub(super) query: String,
    /// The most hits; 10 when it is absent.
    #[schema(minimum = 1, maximum = 100)]
    pub(super) limit: Option<u64>,
    /// What ranks; both when it is absent.
    pub(super) mode: Option<Mode>,
    /// Only this file, or files below this folder.
    pub(super) path: Option<FolderPath>,
    /// Only files of these types, as `markdown`.
    #[schema(max_items = 64)]
    pub(super) types: Option<Vec<String>>,
    /// Only documents that say this of themselves, as `author=smith` or `created>=2024-03`.
    #[schema(max_items = 16)]
    pub(super) filters: Option<Vec<String>>,
    /// Search what was there then, as it was: a date, a time (RFC 3339), an age (`90m`, `12h`, `7d`, `2w`), or the id or a tag of a checkpoint.
    #[schema(max_length = 64)]
    pub(super) as_of: Option<String>,
}

/// A question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    /// The question, in words.
    #[schema(min_length = 1, max_length = 4096)]
    pub(super) question: String,
    /// Word pieces that the passages may hold together; 1500 when it is absent.
    #[schema(minimum = 50, maximum = 32000)]
    pub(super) budget: Option<u64>,
    /// What ranks; both when it is absent.
    pub(super) mode: Option<Mode>,
    /// Only this file, or files below this folder.
    pub(super) path: Option<FolderPath>,
    /// Only files of these types, as `markdown`.
    #[schema(max_items = 64)]
    pub(super) types: Option<Vec<String>>,
    /// Only documents that say this of themselves, as `author=smith`.
    #[schema(max_items = 16)]
    pub(super) filters: Option<Vec<String>>,
    /// Search what was there then, as it was: a date, a time (RFC 3339), an age (`90m`, `12h`, `7d`, `2w`), or the id or a tag of a checkpoint.
    #[schema(max_length = 64)]
    pub(super) as_of: Option<String>,
    /// Whether the server's language model is to answer from the passages too, if it has one.
    pub(super) generate: Option<bool>,
}

/// Some text to replace.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Edit {
    /// What stands there, byte for byte.
    #[schema(min_length = 1)]
    pub(super) old: String,
    /// What is to stand there.
    pub(super) new: String,
    /// Everywhere, rather than at the one place where it stands.
    #[serde(default)]
    pub(super) replace_all: bool,
}

/// Edits of a file, made in order, all of them or none.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"path": "notes/log.md", "edits": [{"old": "all night", "new": "until dawn"}]}))]
pub(super) struct EditFile {
    /// The file.
    pub(super) path: FilePath,
    /// The edits.
    #[schema(min_items = 1, max_items = 256)]
    pub(super) edits: Vec<Edit>,
    /// Whether only to say what would come of it.
    #[serde(default)]
    pub(super) dry_run: bool,
}

/// From where to where.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"from": "notes/log.md", "to": "archive/log.md"}))]
pub(super) struct FromTo {
    /// A file or folder.
    pub(super) from: FilePath,
    /// A path where nothing is. Folders are made.
    pub(super) to: FilePath,
}

/// Where to make a folder.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MakeFolder {
    /// Its path. Those above it are made too.
    pub(super) path: FilePath,
}

/// A workspace to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MakeWorkspace {
    /// Its name.
    #[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    pub(super) name: String,
    /// The workspace whose files and settings it is to begin with; the token must administer that one.
    #[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    pub(super) template: Option<String>,
    /// The checkpoint of the template whose files they are, by its id or a tag; the files as they are, when it is absent.
    #[schema(min_length = 1, max_length = 64)]
    pub(super) checkpoint: Option<String>,
}

/// Something that can be granted.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Right {
    /// See files.
    Read,
    /// Change files.
    Write,
    /// Grant rights to others; holds the other two.
    Admin,
}

/// Rights on everything below a prefix.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Grant {
    /// Empty for the whole workspace, else a path.
    pub(super) prefix: FolderPath,
    /// Which.
    #[schema(min_items = 1, max_items = 3)]
    pub(super) rights: Vec<Right>,
}

/// A token to make. It may no more than the one it is made with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewToken {
    /// What people are to call whoever has it.
    #[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}[A-Za-z0-9]$")]
    pub(super) name: String,
    /// What it may.
    #[schema(min_items = 1, max_items = 64)]
    pub(super) grants: Vec<Grant>,
    /// Seconds from now until it ends by itself; never when it is absent.
    #[schema(minimum = 1, maximum = 315360000)]
    pub(super) expires_in: Option<u64>,
}
