//! What the files say, and whether an index says the same.

use corpus::{Chunk, ContentHash, DIM, DocPath, Format, ModelId, QuantizedVector, Span, TextHash, Tier};
use std::collections::BTreeMap;
use std::path::Path;
use workroom_index::{Filter, Index, OpenReport, PutChunk, PutDoc};

/// The words of each document, one chunk a word.
pub(crate) type Library = BTreeMap<&'static str, Vec<&'static str>>;

pub(crate) fn path(text: &str) -> DocPath {
    DocPath::new(text).unwrap()
}

pub(crate) fn vector(text: &str) -> QuantizedVector {
    let bytes = ContentHash::of(text.as_bytes());
    let component = |i: usize| f32::from(bytes.as_bytes()[i % 32]) - 127.5 + i as f32 * 0.01;
    QuantizedVector::from_f32(&(0..DIM).map(component).collect::<Vec<_>>()).unwrap()
}

pub(crate) fn doc(at: &str, words: &[&str]) -> PutDoc {
    let chunk = |word: &&str| PutChunk {
        chunk: Chunk { span: Span::new(0, word.len()), ..Chunk::default() },
        body: (*word).to_owned(),
        text_hash: TextHash::of(word),
        vector: Some((ModelId::BUILTIN, Tier::Student, vector(word))),
    };
    PutDoc {
        path: path(at),
        hash: ContentHash::of(words.join(" ").as_bytes()),
        size: 1,
        mtime_ns: 1,
        inode: 1,
        racy: false,
        format: Format::Text,
        encoding: "UTF-8".into(),
        title: None,
        metadata: corpus::Metadata::default(),
        parser: "text 1".into(),
        container: None,
        chunks: words.iter().map(chunk).collect(),
    }
}

/// What the index shows, document by document; each word must be found by text and by vector, and only where it is.
fn shown(index: &Index) -> BTreeMap<String, Vec<String>> {
    let snapshot = index.snapshot().unwrap();
    let mut shown = BTreeMap::new();
    for doc in snapshot.docs().iter().filter(|doc| doc.chunks().all(|chunk| snapshot.live().contains(chunk)))
    {
        let words: Vec<String> =
            snapshot.chunks_of(doc).unwrap().into_iter().map(|chunk| chunk.body).collect();
        shown.insert(doc.path.to_string(), words);
    }
    let allowed = snapshot.allowed(&Filter::default());
    for word in shown.values().flatten() {
        let expected: u64 = shown.values().flatten().filter(|other| *other == word).count() as u64;
        let hits = snapshot.search_text(word, 1000, &allowed).unwrap().hits.len() as u64;
        let near = snapshot.search_vectors(&vector(word), 1000, &allowed);
        let near = near.iter().filter(|near| near.cosine > 0.999).count() as u64;
        assert_eq!((hits, near), (expected, expected), "{word} in {shown:?}");
    }
    shown
}

fn without(library: &Library, report: &OpenReport) -> BTreeMap<String, Vec<String>> {
    let words = |words: &Vec<&str>| words.iter().map(|word| (*word).to_owned()).collect();
    let all = library.iter().map(|(path, list)| ((*path).to_owned(), words(list)));
    all.filter(|(at, _)| !report.reingest.contains(&path(at))).collect()
}

/// Makes the index what the files say: what its owner does after a failure.
pub(crate) fn read_all(index: &Index, library: &Library) {
    let known: Vec<DocPath> = index.documents().docs().iter().map(|doc| doc.path.clone()).collect();
    let mut transaction = index.begin().unwrap();
    for path in known.iter().filter(|path| !library.contains_key(path.as_str())) {
        transaction.remove(path).unwrap();
    }
    for (path, words) in library {
        transaction.put(doc(path, words), 0).unwrap();
    }
    transaction.commit().unwrap();
    index.rebuilt().unwrap();
}

/// Opens what a failure left: it shows `before` or `after`, but for what it says it lost; goes on from there; and stays sound.
pub(crate) fn check_healed(dir: &Path, before: &Library, after: &Library, clean: bool) {
    let (index, report) = Index::open(dir).unwrap();
    assert!(!clean || report == OpenReport::default(), "{report:?}");
    let shown_now = shown(&index);
    if report.rebuild {
        let sides = [without(before, &report), without(after, &report)];
        for (at, words) in &shown_now {
            assert!(sides.iter().any(|side| side.get(at) == Some(words)), "{at}: {words:?}, {report:?}");
        }
    } else {
        let sides = [without(before, &report), without(after, &report)];
        assert!(sides.contains(&shown_now), "{shown_now:?} is neither of {sides:?}, {report:?}");
    }
    read_all(&index, after);
    check_sound(&index, after);
    index.finish().unwrap();
    drop(index);
    let (index, report) = Index::open(dir).unwrap();
    assert_eq!(report, OpenReport::default());
    check_sound(&index, after);
}

fn check_sound(index: &Index, library: &Library) {
    assert_eq!(shown(index), without(library, &OpenReport::default()));
    let health = index.health().unwrap();
    assert_eq!(health.damage, [""; 0]);
    let loose =
        [health.text_orphans, health.text_missing, health.vector_orphans, health.chunks_without_vector];
    assert_eq!(loose, [0; 4], "{health:?}");
}
