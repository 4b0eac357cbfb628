//! The comparison with an index of the same files that is made anew.
//!
//! Invariant: both hold the same chunks, and find the same for the same query. BM25 itself may differ: a chunk that was deleted counts in a
//! term's statistics until its segment is merged, so words are compared by what they find, not by its score.

use crate::check::ALL;
use crate::{FOLDERS, Version, folder};
use anyhow::Result;
use std::collections::BTreeSet;
use workroom::{Mode, NoProgress, OpenOptions, Query, Sharing, Workspace};

/// Sentences that are asked by words and by meaning.
const SENTENCES: usize = 4;
/// A chunk as a hit cites it: path, version, first byte, quote.
type Chunk = (String, String, u32, String);

/// What two indexes of the same files differ in.
pub(crate) fn differences(workspace: &Workspace, versions: &[Version]) -> Result<Vec<String>> {
    let dir = tempfile::Builder::new().prefix("fresh-").tempdir()?;
    for name in FOLDERS {
        let from = workspace.root().join(name);
        if from.exists() {
            folder::copy(&from, &dir.path().join(name))?;
        }
    }
    let alone = OpenOptions { sharing: Sharing::Alone, ..OpenOptions::default() };
    let anew = Workspace::create_with(dir.path(), &alone)?;
    anew.index(&NoProgress)?;

    let mut differences = Vec::new();
    let findable = versions.iter().filter(|version| version.is_findable());
    let markers = findable.map(Version::marker);
    let sentences: BTreeSet<String> = versions.iter().take(SENTENCES).map(Version::sentence).collect();
    for text in markers.chain(sentences.iter().cloned()) {
        let (ours, theirs) = (chunks(workspace, &text)?, chunks(&anew, &text)?);
        if ours != theirs {
            let only = |these: &BTreeSet<Chunk>, those: &BTreeSet<Chunk>| {
                these
                    .difference(those)
                    .take(3)
                    .map(|chunk| format!("{chunk:?}"))
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            let (more, less) = (only(&ours, &theirs), only(&theirs, &ours));
            differences.push(format!("`{text}`: here only {more}; anew only {less}"));
        }
    }
    let of_student = |workspace: &Workspace| {
        workspace.status().map(|status| status.teacher_vectors == 0 && status.adaptation.is_none())
    };
    if of_student(workspace)? {
        for text in &sentences {
            let (ours, theirs) = (cosines(workspace, text)?, cosines(&anew, text)?);
            if ours != theirs {
                differences.push(format!("`{text}`: the nearest are {ours:?}, anew {theirs:?}"));
            }
        }
    }
    Ok(differences)
}

/// Every chunk that a text's words find.
fn chunks(workspace: &Workspace, text: &str) -> Result<BTreeSet<Chunk>> {
    let hits = workspace.search(&Query::new(text).mode(Mode::Lexical).limit(ALL))?;
    Ok(hits.into_iter().map(|hit| (hit.path, hit.version, hit.start_byte, hit.quote)).collect())
}

/// How near the nearest are: the same vectors give the same cosines, whichever of equals comes first.
fn cosines(workspace: &Workspace, text: &str) -> Result<Vec<i32>> {
    let hits = workspace.search(&Query::new(text).mode(Mode::Dense).limit(10))?;
    Ok(hits.iter().filter_map(|hit| hit.dense_score).map(|cosine| (cosine * 1e4).round() as i32).collect())
}
