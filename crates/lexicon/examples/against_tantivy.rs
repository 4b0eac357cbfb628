//! Measured: megabytes of text a second into the lexicon (with stored text), and into bare tantivy (one stemmed text field, nothing
//! stored); then the time of a live commit, a query and a fetch.
//! Corpus: the UTF-8 files of a folder, cut into pieces of about 1 KB, at most 60 MB.
//! Run: `cargo run -p workroom-lexicon --example against_tantivy -- FOLDER [THREADS]`, better with `--release`.
//! Not shown: extraction, chunking, embedding; commits smaller than 20,000 chunks; a cold disk cache.

#![expect(clippy::print_stdout, reason = "an example talks to its user")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use corpus::{Chunk, ChunkId, DocId, DocPath, Format, Seq, TextHash};
use tantivy::schema::{IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::{Index, IndexWriter, TantivyDocument};
use workroom_lexicon::{Lexicon, LexiconDoc, LexiconOptions};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const MAX_BYTES: usize = 60 << 20;
const CHUNK_BYTES: usize = 1024;
const CHUNKS_PER_COMMIT: usize = 20_000;
const ROUNDS: usize = 3;
/// Commits, queries and fetches that are timed.
const SAMPLES: usize = 100;

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().ok_or("usage: against_tantivy FOLDER [THREADS]")?);
    let threads = args.next().map_or(Ok(1), |threads| threads.parse())?;
    let files = read_files(&folder)?;
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    let n_chunks: usize = files.iter().map(|(_, text)| chunks(text).count()).sum();
    println!("{} files, {n_chunks} chunks, {:.1} MB, {threads} threads", files.len(), megabytes(bytes));
    for _ in 0..ROUNDS {
        let (bare, bare_size) = bare_tantivy(&files, threads)?;
        let (ours, ours_size) = lexicon(&files, threads)?;
        println!(
            "bare {:6.1} MB/s ({:.0} MB)   lexicon {:6.1} MB/s ({:.0} MB)   time x{:.2}",
            megabytes(bytes) / bare.as_secs_f64(),
            megabytes(bare_size),
            megabytes(bytes) / ours.as_secs_f64(),
            megabytes(ours_size),
            ours.as_secs_f64() / bare.as_secs_f64(),
        );
    }
    latencies(&files)
}

/// Live work on a small index: a commit of one chunk, a query of one sentence, a stored chunk.
fn latencies(files: &[(DocPath, String)]) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let mut lexicon = Lexicon::open(dir.path(), LexiconOptions::default())?;
    let mut next_id = 0;
    let mut add = |lexicon: &mut Lexicon, path: &DocPath, body: &str| {
        next_id += 1;
        let (chunk, hash) = (Chunk::default(), TextHash::of(body));
        let (chunk_id, doc_id) = (ChunkId(next_id), DocId(next_id));
        lexicon.add(&LexiconDoc {
            chunk_id,
            doc_id,
            path,
            title: None,
            about: "",
            language: None,
            chunk: &chunk,
            body,
            format: Format::Text,
            modified_ms: 0,
            text_hash: hash,
        })
    };
    let bodies: Vec<(&DocPath, &str)> =
        files.iter().flat_map(|(path, text)| chunks(text).map(move |body| (path, body))).collect();
    let (live, cold) = bodies.split_at(SAMPLES.min(bodies.len()));
    cold.iter().try_for_each(|(path, body)| add(&mut lexicon, path, body))?;
    let mut searcher = lexicon.commit(Seq(1))?;
    let mut commits = Vec::new();
    for (path, body) in live {
        let start = Instant::now();
        add(&mut lexicon, path, body)?;
        searcher = lexicon.commit(Seq(2))?;
        commits.push(start.elapsed());
    }
    let (mut queries, mut fetches) = (Vec::new(), Vec::new());
    for (_, body) in live {
        let start = Instant::now();
        let words: Vec<&str> = body.split_whitespace().take(12).collect();
        let hits = searcher.search(&words.join(" "), 100, &|_| true, false)?.hits;
        queries.push(start.elapsed());
        let ids: Vec<ChunkId> = hits.iter().map(|hit| hit.0).collect();
        let start = Instant::now();
        let stored = searcher.fetch(&ids)?;
        fetches.push(start.elapsed() / stored.len().max(1) as u32);
    }
    println!(
        "{} chunks, {} segments: commit of one {:?}, query of 12 words {:?}, fetch {:?} (medians)",
        searcher.n_chunks(),
        searcher.n_segments(),
        median(commits),
        median(queries),
        median(fetches),
    );
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn read_files(folder: &Path) -> Result<Vec<(DocPath, String)>> {
    let (mut files, mut bytes, mut folders) = (Vec::new(), 0, vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        let mut paths: Vec<PathBuf> =
            fs_err::read_dir(next)?.map(|entry| entry.map(|e| e.path())).collect::<std::io::Result<_>>()?;
        paths.sort();
        for path in paths {
            if path.is_dir() {
                folders.push(path);
            } else if bytes < MAX_BYTES
                && let Ok(text) = fs_err::read_to_string(&path)
            {
                bytes += text.len();
                files.push((DocPath::from_fs(folder, &path)?, text));
            }
        }
    }
    Ok(files)
}

/// Pieces of about [`CHUNK_BYTES`] that end at a line if one ends nearby.
fn chunks(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let limit = rest.floor_char_boundary(CHUNK_BYTES);
        let end =
            if limit == rest.len() { limit } else { rest[..limit].rfind('\n').map_or(limit, |at| at + 1) };
        let chunk;
        (chunk, rest) = rest.split_at(end);
        (!chunk.is_empty()).then_some(chunk)
    })
}

fn bare_tantivy(files: &[(DocPath, String)], threads: usize) -> Result<(Duration, usize)> {
    let dir = tempfile::tempdir()?;
    let mut schema = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("en_stem")
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let body = schema.add_text_field("body", TextOptions::default().set_indexing_options(indexing));
    let index = Index::create_in_dir(dir.path(), schema.build())?;
    let mut writer: IndexWriter = index.writer_with_num_threads(threads, 256 << 20)?;
    let start = Instant::now();
    for (at, chunk) in files.iter().flat_map(|(_, text)| chunks(text)).enumerate() {
        let mut document = TantivyDocument::default();
        document.add_text(body, chunk);
        writer.add_document(document)?;
        if at % CHUNKS_PER_COMMIT == CHUNKS_PER_COMMIT - 1 {
            writer.commit()?;
        }
    }
    writer.commit()?;
    let elapsed = start.elapsed();
    writer.wait_merging_threads()?;
    let size = index.reader()?.searcher().space_usage()?.total().get_bytes();
    Ok((elapsed, size as usize))
}

fn lexicon(files: &[(DocPath, String)], threads: usize) -> Result<(Duration, usize)> {
    let dir = tempfile::tempdir()?;
    let options = LexiconOptions { bulk_threads: threads, ..LexiconOptions::default() };
    let mut lexicon = Lexicon::open(dir.path(), options)?;
    lexicon.set_bulk(true)?;
    let start = Instant::now();
    let mut n_chunks = 0;
    for (doc_id, (path, text)) in files.iter().enumerate() {
        for body in chunks(text) {
            n_chunks += 1;
            lexicon.add(&LexiconDoc {
                chunk_id: ChunkId(n_chunks),
                doc_id: DocId(doc_id as u64),
                path,
                title: Some(path.file_name()),
                about: "",
                language: None,
                chunk: &Chunk {
                    headings: vec!["Chapter".to_owned(), "A section of it".to_owned()],
                    ..Chunk::default()
                },
                body,
                format: Format::Text,
                modified_ms: 1_700_000_000_000,
                text_hash: TextHash::from_bytes([7; 16]),
            })?;
            if n_chunks.is_multiple_of(CHUNKS_PER_COMMIT as u64) {
                lexicon.commit(Seq(n_chunks))?;
            }
        }
    }
    let searcher = lexicon.commit(Seq(n_chunks + 1))?;
    let elapsed = start.elapsed();
    let size = searcher.size_bytes()?;
    lexicon.finish()?;
    Ok((elapsed, size as usize))
}
