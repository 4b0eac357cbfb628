//! What a view costs: queries over a workspace of 10,000 files (or as many as are asked for) of four chunks, seen as a whole and in part.
//!
//! Texts are drawn from 20,000 words by Zipf's law, vectors are random. A query has five words, one of them frequent. Prints milliseconds a
//! query, by how much is seen and what ranks: those that went by, and those that the asking thread had a processor, which other work on
//! the machine weighs on less. Each query is asked of every view before the next one is, so that such work weighs on all of them alike.
//! Then a file is written again and committed before each query is asked, and the first look that a view takes at the new commit counts.
//!
//! Run with `cargo run --release -p workroom-retrieve --example views [-- FILES]`.

#![expect(clippy::print_stdout, reason = "a program for a terminal")]

use corpus::{
    Chunk, ContentHash, DIM, DocPath, Format, Metadata, ModelId, PathSet, QuantizedVector, Span, TextHash,
    Tier,
};
use cpu_time::ThreadTime;
use index::{Filter, Index, PutChunk, PutDoc, Snapshot};
use std::time::{Duration, Instant};
use workroom_retrieve::{Candidates, Mode, Query, STUDENT_FIDELITY};

const CHUNKS: u64 = 4;
const WORDS: u64 = 150;
const VOCABULARY: u64 = 20_000;
const QUERIES: usize = 200;
const COMMITS: u64 = 200;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

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

fn main() -> Outcome<()> {
    let files = std::env::args().nth(1).map_or(Ok(10_000), |files| files.parse())?;
    let dir = tempfile::tempdir()?;
    let (index, _) = Index::open(dir.path())?;
    let mut dice = Dice(88_172_645_463_325_252);
    let mut transaction = index.begin()?;
    for n in 0..files {
        transaction.put(file(n, &mut dice)?, 0)?;
    }
    transaction.commit()?;
    let folders = |n: u64| PathSet::under((0..n).map(|n| format!("f{n}")));
    let views = [
        ("no view", PathSet::all()),
        ("1 %", folders(1)),
        ("10 %", folders(10)),
        ("50 %", folders(50)),
        ("100 %", folders(100)),
    ];
    let snapshot = index.snapshot()?;
    println!("{files} files, {} chunks, {} segments", snapshot.counts().chunks, snapshot.counts().segments);
    for mode in [Mode::Lexical, Mode::Dense, Mode::Hybrid] {
        let mut times = vec![Vec::with_capacity(QUERIES); views.len()];
        let mut dice = Dice(2_463_534_242);
        for _ in 0..QUERIES {
            let (text, vector) = query(&mut dice);
            for ((_, set), times) in views.iter().zip(&mut times) {
                times.push(asked(&snapshot, set, mode, &text, &vector)?);
            }
        }
        for ((name, _), times) in views.iter().zip(&times) {
            println!("{mode:?}, {name}: {}", told(times));
        }
    }
    drop(snapshot);
    let mut times = vec![Vec::new(); views.len()];
    for n in 0..COMMITS {
        let mut transaction = index.begin()?;
        transaction.put(file(n * 37 % files, &mut dice)?, 0)?;
        transaction.commit()?;
        let (snapshot, (text, vector)) = (index.snapshot()?, query(&mut dice));
        for ((_, set), times) in views.iter().zip(&mut times) {
            times.push(asked(&snapshot, set, Mode::Hybrid, &text, &vector)?);
        }
    }
    for ((name, _), times) in views.iter().zip(&times) {
        println!("Hybrid, first after a commit, {name}: {}", told(times));
    }
    Ok(())
}

fn file(n: u64, dice: &mut Dice) -> Outcome<PutDoc> {
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

fn query(dice: &mut Dice) -> (String, Vec<f32>) {
    let words: Vec<String> = (0..4).map(|_| dice.word()).collect();
    (format!("w5x {}", words.join(" ")), dice.vector())
}

/// What a query takes, in milliseconds.
#[derive(Clone, Copy)]
struct Taken {
    time: f64,
    processor: f64,
}

fn asked(snapshot: &Snapshot, set: &PathSet, mode: Mode, text: &str, vector: &[f32]) -> Outcome<Taken> {
    let (started, processor) = (Instant::now(), ThreadTime::try_now()?);
    let query = Query {
        text,
        vector: Some((Tier::Student, vector)),
        fidelity: STUDENT_FIDELITY,
        letters_per_piece: None,
        mode,
        limit: 10,
        filter: &Filter::default(),
        recency: None,
    };
    let ranked = Candidates::gather(&snapshot.view(set), &query)?.ranked();
    assert!(!ranked.is_empty(), "{text} finds nothing");
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    Ok(Taken { time: ms(started.elapsed()), processor: ms(processor.try_elapsed()?) })
}

/// The medians, and what all but the slowest twentieth stay below.
fn told(taken: &[Taken]) -> String {
    let at = |part: fn(&Taken) -> f64, share: usize| {
        let mut sorted: Vec<f64> = taken.iter().map(part).collect();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() * share / 100).copied().unwrap_or_default()
    };
    let time = |taken: &Taken| taken.time;
    let processor = |taken: &Taken| taken.processor;
    format!(
        "{:.2} ms, 95 % within {:.2} ms; of a processor {:.2} ms, {:.2} ms",
        at(time, 50),
        at(time, 95),
        at(processor, 50),
        at(processor, 95)
    )
}
