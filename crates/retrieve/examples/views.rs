//! What a view costs: queries over a workspace of 10,000 files of four chunks, seen as a whole and in part.
//!
//! Texts are drawn from 20,000 words by Zipf's law, vectors are random. A query has five words, one of them frequent. Prints milliseconds a
//! query, of [`QUERIES`], by how much is seen and what ranks.
//!
//! Run with `cargo run --release -p workroom-retrieve --example views`.

#![expect(clippy::print_stdout, reason = "a program for a terminal")]

use corpus::{
    Chunk, ContentHash, DIM, DocPath, Format, Metadata, ModelId, PathSet, QuantizedVector, Span, TextHash,
    Tier,
};
use index::{Filter, Index, PutChunk, PutDoc, Snapshot};
use std::time::Instant;
use workroom_retrieve::{Candidates, Mode, Query, STUDENT_FIDELITY};

const FILES: u64 = 10_000;
const CHUNKS: u64 = 4;
const WORDS: u64 = 150;
const VOCABULARY: u64 = 20_000;
const QUERIES: usize = 100;

/// A small generator of numbers that look random, so that every run is the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn share(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The rank of a word, the first the most frequent.
    fn word(&mut self) -> String {
        let rank = (VOCABULARY as f64).powf(self.share()) as u64;
        format!("w{rank}x")
    }

    fn vector(&mut self) -> Vec<f32> {
        (0..DIM).map(|_| self.share() as f32 - 0.5).collect()
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let (index, _) = Index::open(dir.path())?;
    let mut dice = Dice(88_172_645_463_325_252);
    let mut transaction = index.begin()?;
    for n in 0..FILES {
        transaction.put(file(n, &mut dice)?, 0)?;
    }
    transaction.commit()?;
    let snapshot = index.snapshot()?;
    let hundredth = ["f0"];
    let half = (0..50).map(|n| format!("f{n}"));
    println!("{} files, {} chunks, {} segments", FILES, snapshot.counts().chunks, snapshot.counts().segments);
    for (name, set) in [
        ("no view", PathSet::all()),
        ("1 %", PathSet::under(hundredth)),
        ("50 %", PathSet::under(half)),
        ("100 %", PathSet::under((0..100).map(|n| format!("f{n}")))),
    ] {
        for mode in [Mode::Lexical, Mode::Dense, Mode::Hybrid] {
            let (median, best) = measured(&snapshot, &set, mode)?;
            println!("{name:8} {mode:?}: {median:.2} ms, the best tenth {best:.2} ms");
        }
    }
    Ok(())
}

fn file(n: u64, dice: &mut Dice) -> Result<PutDoc, Box<dyn std::error::Error>> {
    let chunk = |dice: &mut Dice| {
        let body = (0..WORDS).map(|_| dice.word()).collect::<Vec<_>>().join(" ");
        let vector = QuantizedVector::from_f32(&dice.vector());
        PutChunk {
            chunk: Chunk { span: Span::new(0, body.len()), ..Chunk::default() },
            text_hash: TextHash::of(&body),
            vector: vector.map(|vector| (ModelId::BUILTIN, Tier::Student, vector)),
            body,
        }
    };
    Ok(PutDoc {
        path: DocPath::new(&format!("f{}/n{n}.txt", n % 100))?,
        hash: ContentHash::of(&n.to_le_bytes()),
        size: 4000,
        mtime_ns: 1,
        inode: n,
        racy: false,
        format: Format::Text,
        encoding: "UTF-8".into(),
        title: None,
        metadata: Metadata::default(),
        parser: "text 1".into(),
        container: None,
        chunks: (0..CHUNKS).map(|_| chunk(dice)).collect(),
    })
}

/// The times of queries in milliseconds: the median, and what the quickest tenth stays below, which other work on the machine weighs on less.
fn measured(
    snapshot: &Snapshot,
    set: &PathSet,
    mode: Mode,
) -> Result<(f64, f64), Box<dyn std::error::Error>> {
    let mut dice = Dice(2_463_534_242);
    let mut times = Vec::with_capacity(QUERIES);
    for _ in 0..QUERIES {
        let words: Vec<String> = (0..4).map(|_| dice.word()).collect();
        let (text, vector) = (format!("w5x {}", words.join(" ")), dice.vector());
        let started = Instant::now();
        let query = Query {
            text: &text,
            vector: Some((Tier::Student, &vector)),
            fidelity: STUDENT_FIDELITY,
            letters_per_piece: None,
            mode,
            limit: 10,
            filter: &Filter::default(),
            recency: None,
        };
        let ranked = Candidates::gather(&snapshot.view(set), &query)?.ranked();
        times.push(started.elapsed().as_secs_f64() * 1000.0);
        assert!(!ranked.is_empty(), "{text} finds nothing");
    }
    times.sort_by(f64::total_cmp);
    Ok((times[QUERIES / 2], times[QUERIES / 10]))
}
