//! Paths, as requests name them.
//!
//! Invariant: what the pattern in the schema allows is taken, and nothing else; it is what the library takes for a path.
//! Not here: what stands at a path.

use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// A path of a file or folder, inside the workspace.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct FilePath(pub(super) String);

/// As [`FilePath`]; the empty one is the workspace's folder.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub(super) struct FolderPath(pub(super) String);

/// A component: neither `.` nor `..`.
macro_rules! component {
    () => {
        r"(?:[^/\x00.][^/\x00]{0,254}|\.[^/\x00.][^/\x00]{0,253}|\.\.[^/\x00]{1,253})"
    };
}

const FILE: &str = concat!("^", component!(), "(?:/", component!(), ")*$");
const FOLDER: &str = concat!("^(?:|", component!(), "(?:/", component!(), ")*)$");
/// Characters of a path, and of one of its components.
const LONGEST: usize = 1024;
const LONGEST_NAME: usize = 255;

impl TryFrom<String> for FilePath {
    type Error = &'static str;

    fn try_from(path: String) -> std::result::Result<Self, &'static str> {
        let fits = |part: &str| !matches!(part, "" | "." | "..") && part.chars().count() <= LONGEST_NAME;
        if path.chars().count() <= LONGEST && !path.contains('\0') && path.split('/').all(fits) {
            return Ok(Self(path));
        }
        Err("that is no path inside the workspace, such as `notes/today.md`")
    }
}

impl TryFrom<String> for FolderPath {
    type Error = &'static str;

    fn try_from(path: String) -> std::result::Result<Self, &'static str> {
        if path.is_empty() { Ok(Self(path)) } else { FilePath::try_from(path).map(|path| Self(path.0)) }
    }
}

fn path_schema(pattern: &str, shortest: usize) -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
    text.min_length(Some(shortest)).max_length(Some(LONGEST)).into()
}

impl PartialSchema for FilePath {
    fn schema() -> RefOr<Schema> {
        path_schema(FILE, 1)
    }
}

impl PartialSchema for FolderPath {
    fn schema() -> RefOr<Schema> {
        path_schema(FOLDER, 0)
    }
}

impl ToSchema for FilePath {}
impl ToSchema for FolderPath {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_path_is_one_by_its_pattern() {
        let long = "a".repeat(255);
        for good in ["a", "a/b.md", ".git", "...", "..a", "a b", "ü/ß", "a\\b", "%2e", &long, "c:/x"] {
            assert!(FilePath::try_from(good.to_owned()).is_ok(), "{good}");
        }
        let longer = "a".repeat(256);
        let longest = "a/".repeat(512) + "b";
        for bad in [
            "", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "./a", "a/./b", "a\0b", &longer, &longest,
        ] {
            assert!(FilePath::try_from(bad.to_owned()).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn the_schema_and_the_library_agree(path in "[./a\\\\\u{0}]{0,12}") {
            let is_path = workroom::DocPath::new(&path).is_ok();
            prop_assert_eq!(FilePath::try_from(path).is_ok(), is_path);
        }
    }
}
