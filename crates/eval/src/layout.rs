//! Layout: which file of a workspace each document becomes.
//!
//! Invariant: paths are different from one another (also where case does not count), plain, and no document's file lies where another's
//! folder must be. A made-up name is one word that no query holds, and has no extension where none is needed, so that a path never counts
//! for or against a document.
//! Not here: writing the files.

use crate::{Body, Document, Error, Result, Set};
use corpus::{DocPath, Format};
use extract::{HEAD_BYTES, detect_format};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Changes whenever the same set becomes other files.
const VERSION: &str = "workroom eval layout 1";
/// Letters of made-up names: no vowels, so that no language has the word.
const LETTERS: [char; 20] =
    ['b', 'c', 'd', 'f', 'g', 'h', 'j', 'k', 'l', 'm', 'n', 'p', 'q', 'r', 's', 't', 'v', 'w', 'x', 'z'];
/// Letters after the first three: 3.2 million documents before names get longer.
const NAME_LETTERS: usize = 5;
/// Extension of files with a title: a rare one of Markdown, for a query may well hold the word `md`.
const TITLED: &str = "mkdn";

/// Where the documents of a set go.
#[derive(Debug)]
pub struct Layout<'a> {
    placed: Vec<Placed<'a>>,
    folders: HashMap<&'a str, String>,
}

/// A document with its path in the workspace.
#[derive(Debug)]
pub struct Placed<'a> {
    /// The path.
    pub path: String,
    /// The document.
    pub document: &'a Document,
    /// Whether the title becomes a heading of the file. Where the path is the title, or there is none, it does not.
    titled: bool,
}

impl<'a> Layout<'a> {
    /// Finds a place for every document.
    #[must_use]
    pub fn of(set: &'a Set) -> Self {
        let mut folders = HashMap::new();
        for scope in set.documents.iter().filter_map(|document| document.scope.as_deref()) {
            let next = folders.len();
            folders.entry(scope).or_insert_with(|| word("zqy", next));
        }
        let mut taken = Taken::default();
        let place = |(document, number): (&'a Document, usize)| {
            let folder = document.scope.as_deref().and_then(|scope| folders.get(scope));
            let below = |name: &str| folder.map_or(name.to_owned(), |folder| format!("{folder}/{name}"));
            let own = own_path(document).map(below).filter(|path| taken.take(path));
            let titled = own.is_none() && !document.title.trim().is_empty();
            let made_up = || {
                let word = word("zqx", number);
                below(&if titled { format!("{word}.{TITLED}") } else { word })
            };
            Placed { path: own.unwrap_or_else(made_up), document, titled }
        };
        let placed = set.documents.iter().zip(0..).map(place).collect();
        Self { placed, folders }
    }

    /// The documents with their paths, in the order of the set.
    #[must_use]
    pub fn placed(&self) -> &[Placed<'a>] {
        &self.placed
    }

    /// The folder of a scope; `None` when no document is in it.
    #[must_use]
    pub fn folder(&self, scope: &str) -> Option<&str> {
        self.folders.get(scope).map(String::as_str)
    }

    /// The id of each document by its path.
    #[must_use]
    pub fn ids(&self) -> BTreeMap<String, String> {
        self.placed.iter().map(|placed| (placed.path.clone(), placed.document.id.clone())).collect()
    }

    /// A digest of all paths, ids and contents: equal digests mean equal workspaces.
    ///
    /// # Errors
    /// When a document's file cannot be read.
    pub fn fingerprint(&self) -> Result<String> {
        let mut digest = blake3::Hasher::new();
        let mut part = |bytes: &[u8]| {
            digest.update(&(bytes.len() as u64).to_le_bytes());
            digest.update(bytes);
        };
        part(VERSION.as_bytes());
        for placed in &self.placed {
            part(placed.path.as_bytes());
            part(placed.document.id.as_bytes());
            part(&placed.content()?);
        }
        Ok(digest.finalize().to_string())
    }
}

impl Placed<'_> {
    /// The bytes of the file.
    ///
    /// # Errors
    /// When the document is a file that cannot be read.
    pub fn content(&self) -> Result<Cow<'_, [u8]>> {
        match &self.document.body {
            Body::File(path) => std::fs::read(path).map(Cow::Owned).map_err(Error::reading(path)),
            Body::Text(text) if self.titled => {
                // A heading is one line.
                let title: Vec<&str> = self.document.title.split_whitespace().collect();
                Ok(Cow::Owned(format!("# {}\n\n{text}\n", title.join(" ")).into_bytes()))
            }
            Body::Text(text) => Ok(Cow::Borrowed(text.as_bytes())),
        }
    }
}

/// The path that a document brings along: that of its file, or a title that is one.
fn own_path(document: &Document) -> Option<&str> {
    match &document.body {
        Body::File(_) => Some(&document.id),
        Body::Text(text) => {
            let is_path = document.title.contains('/') || document.id.ends_with(&document.title);
            (is_path && names_a_format(&document.title, text)).then_some(&document.title)
        }
    }
}

/// Whether a title is the path of a file whose format its extension tells. `Node.js` is no path in an encyclopaedia; `src/node.js` is one.
fn names_a_format(title: &str, text: &str) -> bool {
    let Ok(path) = DocPath::new(title) else { return false };
    let special = title.split('/').any(|part| part.starts_with('.') || part.contains('\\'));
    if special || path.extension().is_none() || title.contains(char::is_whitespace) {
        return false;
    }
    let head = &text.as_bytes()[..text.len().min(HEAD_BYTES)];
    match detect_format(&path, head) {
        Ok(Format::Text) => path.extension().is_some_and(|extension| ["txt", "rst"].contains(&extension)),
        Ok(format) => !format.is_fenced(),
        Err(_) => false,
    }
}

/// Paths that are in use, as files and as folders, without case: some systems know none.
#[derive(Default)]
struct Taken {
    files: HashSet<String>,
    folders: HashSet<String>,
}

impl Taken {
    /// Takes a path if nothing is in its way.
    fn take(&mut self, path: &str) -> bool {
        let path = path.to_lowercase();
        let folders: Vec<&str> = path.match_indices('/').map(|(at, _)| &path[..at]).collect();
        let free = !self.files.contains(&path)
            && !self.folders.contains(&path)
            && folders.iter().all(|folder| !self.files.contains(*folder));
        if free {
            self.folders.extend(folders.into_iter().map(str::to_owned));
            self.files.insert(path);
        }
        free
    }
}

/// A word of its own for each number.
fn word(prefix: &str, number: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = number;
    while rest > 0 || letters.len() < NAME_LETTERS {
        letters.push(LETTERS[rest % LETTERS.len()]);
        rest /= LETTERS.len();
    }
    prefix.chars().chain(letters.into_iter().rev()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn document(id: &str, title: &str, text: &str, scope: Option<&str>) -> Document {
        let body = Body::Text(text.to_owned());
        Document { id: id.to_owned(), title: title.to_owned(), body, scope: scope.map(str::to_owned) }
    }

    fn set(documents: Vec<Document>) -> Set {
        Set { name: "s".to_owned(), documents, queries: Vec::new(), notes: Vec::new() }
    }

    #[test]
    fn each_kind_of_document_has_its_kind_of_file() {
        let set = set(vec![
            document("1", "", "plain # text", None),
            document("2", " A\ntitle ", "text", None),
            document("r:src/a.rs", "src/a.rs", "fn a() {}", Some("r")),
            document("q:src/a.rs", "src/a.rs", "fn b() {}", Some("q")),
            document("r:src/A.rs", "src/A.rs", "fn c() {}", Some("r")),
            document("r:src/a.rs/x.py", "src/a.rs/x.py", "", Some("r")),
            document("17", "Node.js", "a runtime", None),
            document("18", "setup.py", "a script", None),
            document("h:.git/x.rs", ".git/x.rs", "", None),
            document("h:../x.rs", "../x.rs", "", None),
            document("h:.gitignore", ".gitignore", "*", None),
            document("h:a/b.png", "a/b.png", "x", None),
            document("h:a/b.txt", "a/b.txt", "x", None),
            document("py/x.py", "x.py", "x = 1", None),
        ]);
        let layout = Layout::of(&set);
        let line = |placed: &Placed<'_>| {
            let content = String::from_utf8(placed.content().unwrap().into_owned()).unwrap();
            format!("{} <- {}: {content:?}", placed.path, placed.document.id)
        };
        let lines: Vec<String> = layout.placed().iter().map(line).collect();
        insta::assert_snapshot!(lines.join("\n"), @r##"
        zqxbbbbb <- 1: "plain # text"
        zqxbbbbc.mkdn <- 2: "# A title\n\ntext\n"
        zqybbbbb/src/a.rs <- r:src/a.rs: "fn a() {}"
        zqybbbbc/src/a.rs <- q:src/a.rs: "fn b() {}"
        zqybbbbb/zqxbbbbg.mkdn <- r:src/A.rs: "# src/A.rs\n\nfn c() {}\n"
        zqybbbbb/zqxbbbbh.mkdn <- r:src/a.rs/x.py: "# src/a.rs/x.py\n\n\n"
        zqxbbbbj.mkdn <- 17: "# Node.js\n\na runtime\n"
        zqxbbbbk.mkdn <- 18: "# setup.py\n\na script\n"
        zqxbbbbl.mkdn <- h:.git/x.rs: "# .git/x.rs\n\n\n"
        zqxbbbbm.mkdn <- h:../x.rs: "# ../x.rs\n\n\n"
        zqxbbbbn.mkdn <- h:.gitignore: "# .gitignore\n\n*\n"
        zqxbbbbp.mkdn <- h:a/b.png: "# a/b.png\n\nx\n"
        a/b.txt <- h:a/b.txt: "x"
        x.py <- py/x.py: "x = 1"
        "##);
        assert_eq!((layout.folder("q"), layout.folder("x")), (Some("zqybbbbc"), None));
    }

    #[test]
    fn fingerprints_tell_sets_apart() {
        let of = |title: &str, text: &str| {
            Layout::of(&set(vec![document("1", title, text, None)])).fingerprint().unwrap()
        };
        assert_eq!(of("a", "b"), of("a", "b"));
        assert_ne!(of("a", "b"), of("a", "c"));
        assert_ne!(of("", "b"), of("a", "b"));
    }

    proptest! {
        #[test]
        fn paths_are_plain_and_different(
            titles in prop::collection::vec("[aAbB./]{0,6}(\\.(rs|md|txt|png))?", 0..30),
        ) {
            let documents: Vec<Document> =
                titles.iter().zip(0..).map(|(title, n)| document(&format!("{n}:{title}"), title, "x", None)).collect();
            let set = set(documents);
            let layout = Layout::of(&set);
            let mut seen = HashSet::new();
            for placed in layout.placed() {
                prop_assert!(DocPath::new(&placed.path).is_ok(), "{}", placed.path);
                prop_assert!(seen.insert(placed.path.to_lowercase()), "{} twice", placed.path);
            }
            let inside = |a: &str, b: &str| b.strip_prefix(a).is_some_and(|rest| rest.starts_with('/'));
            prop_assert!(seen.iter().all(|a| seen.iter().all(|b| !inside(a, b))));
        }
    }
}
