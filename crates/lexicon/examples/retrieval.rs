//! Measured: nDCG and recall at 10 of full text alone, and the median time of a query, over a collection in the format of BEIR.
//! Corpus: one or more folders with `corpus.jsonl`, `queries.jsonl` and `qrels/test.tsv`, each `FOLDER` or `FOLDER:LANGUAGE`, in one
//! index. Documents are indexed whole, in the language told or, without one, as English.
//! Run: `cargo run -p workroom-lexicon --example retrieval -- FOLDER[:LANGUAGE]...`, better with `--release`.
//! Not shown: chunking, vectors, the detection of languages.

#![expect(clippy::print_stdout, reason = "an example talks to its user")]

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use corpus::{Chunk, ChunkId, DocId, DocPath, Format, LanguageCode, Seq, TextHash};
use serde::Deserialize;
use workroom_lexicon::{Lexicon, LexiconDoc, LexiconOptions, Searcher};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const DEPTH: usize = 10;

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "_id")]
    id: String,
    #[serde(default)]
    title: String,
    text: String,
}

/// A collection in the index: its documents have the chunk ids from `first` on.
struct Collection {
    name: String,
    ids: HashMap<String, ChunkId>,
    queries: Vec<Record>,
    relevant: HashMap<String, HashMap<String, u32>>,
}

fn main() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let mut lexicon = Lexicon::open(dir.path(), LexiconOptions::default())?;
    let (mut collections, mut next_id) = (Vec::new(), 0);
    for arg in std::env::args().skip(1) {
        let (folder, code) = arg.split_once(':').unwrap_or((&arg, ""));
        collections.push(add(&mut lexicon, Path::new(folder), LanguageCode::new(code), &mut next_id)?);
    }
    let searcher = lexicon.commit(Seq(1))?;
    for collection in &collections {
        measure(&searcher, collection)?;
    }
    Ok(())
}

fn add(
    lexicon: &mut Lexicon,
    folder: &Path,
    language: Option<LanguageCode>,
    next_id: &mut u64,
) -> Result<Collection> {
    let mut ids = HashMap::new();
    for record in records(&folder.join("corpus.jsonl"))? {
        *next_id += 1;
        lexicon.add(&LexiconDoc {
            chunk_id: ChunkId(*next_id),
            doc_id: DocId(*next_id),
            path: &DocPath::new("document.txt")?,
            title: Some(record.title.as_str()).filter(|title| !title.is_empty()),
            about: "",
            language,
            chunk: &Chunk::default(),
            body: &record.text,
            format: Format::Text,
            modified_ms: 0,
            text_hash: TextHash::of(&record.text),
        })?;
        ids.insert(record.id, ChunkId(*next_id));
    }
    let mut relevant: HashMap<String, HashMap<String, u32>> = HashMap::new();
    for line in fs_err::read_to_string(folder.join("qrels/test.tsv"))?.lines().skip(1) {
        let mut cells = line.split('\t');
        if let (Some(query), Some(document), Some(grade)) = (cells.next(), cells.next(), cells.next()) {
            relevant.entry(query.to_owned()).or_default().insert(document.to_owned(), grade.parse()?);
        }
    }
    let queries = records(&folder.join("queries.jsonl"))?;
    Ok(Collection { name: folder.display().to_string(), ids, queries, relevant })
}

fn records(path: &Path) -> Result<Vec<Record>> {
    fs_err::read_to_string(path)?.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn measure(searcher: &Searcher, collection: &Collection) -> Result<()> {
    let (mut ndcg, mut recall, mut n, mut times) = (0.0, 0.0, 0_u32, Vec::new());
    for query in &collection.queries {
        let Some(relevant) = collection.relevant.get(&query.id) else { continue };
        let grades: HashMap<ChunkId, u32> = relevant
            .iter()
            .filter(|(_, grade)| **grade > 0)
            .filter_map(|(id, grade)| Some((*collection.ids.get(id)?, *grade)))
            .collect();
        if grades.is_empty() {
            continue;
        }
        let start = Instant::now();
        let found = searcher.search(&query.text, DEPTH, &|_| true, false)?;
        times.push(start.elapsed());
        let gains = found.hits.iter().map(|(id, _)| grades.get(id).copied().unwrap_or(0));
        let mut ideal: Vec<u32> = grades.values().copied().collect();
        ideal.sort_by(|a, b| b.cmp(a));
        let n_found = gains.clone().filter(|gain| *gain > 0).count();
        ndcg += discounted(gains) / discounted(ideal.into_iter().take(DEPTH));
        recall += n_found as f64 / grades.len().min(DEPTH) as f64;
        n += 1;
    }
    times.sort();
    let median: Duration = times.get(times.len() / 2).copied().unwrap_or_default();
    let (ndcg, recall) = (ndcg / f64::from(n), recall / f64::from(n));
    println!("{}: {n} queries, nDCG@10 {ndcg:.4}, recall@10 {recall:.4}, {median:?}", collection.name);
    Ok(())
}

fn discounted(gains: impl Iterator<Item = u32>) -> f64 {
    gains.enumerate().map(|(rank, gain)| f64::from(gain) / (rank as f64 + 2.0).log2()).sum()
}
