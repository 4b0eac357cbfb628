//! `cargo xtask distill`: makes `data/student/student.bin` from the teacher and a broad sample of text.
//!
//! Invariant: the same sources, cut the same way, give the same file.
//! Not here: the fit itself, which the product uses too.
//!
//! What is slow, the teacher's vectors, is kept in `target/distill`, so a second run takes a minute.

mod passages;
mod read;
mod sources;
mod vectors;

use std::time::Instant;

use anyhow::Context;
use corpus::{DIM, Token, Tokenizer};
use embed::{FitOptions, Sample, Student, Teacher, WordPiece, fit, models, start_rows};
use fs_err as fs;
use serde::Serialize;

use crate::Outcome;
use crate::setup::TEACHER;
use passages::Passage;
use vectors::Vectors;

/// One passage in so many is kept from the fit, to measure it by.
const HELD_OUT: usize = 30;

const OPTIONS: FitOptions = FitOptions { ridge: 1.0, iterations: 60 };

/// What `data/student/PROVENANCE.toml` says about the table beside it.
#[derive(Serialize)]
struct Provenance {
    teacher: &'static str,
    passages: usize,
    tokens: usize,
    /// BLAKE3 over the passages in order.
    sample: String,
    ridge: f32,
    iterations: usize,
    held_out_passages: usize,
    held_out_mean_cosine: f32,
    /// The same for the rows the fit began with.
    start_mean_cosine: f32,
    /// BLAKE3 of the whole file.
    student: String,
}

/// A passage and the teacher's vector of it.
type Pair<'a> = (&'a Passage, &'a [f32; DIM]);

/// Fetches the sources, asks the teacher, fits, writes. `limit` is the size of a smaller sample of the same make-up.
pub(crate) fn run(limit: Option<usize>) -> Outcome {
    let work = crate::root().join("target/distill");
    fs::create_dir_all(&work)?;
    let sources = sources::fetch(&crate::root().join("data/student/SOURCES.toml"), &work)?;
    let passages = passages::sample(&sources, limit.unwrap_or(usize::MAX))?;
    println!("{} passages, sample {}", passages.len(), digest(&passages));
    let start = start(&work)?;
    let targets = teacher_vectors(&work, &passages)?;
    let is_held_out = |(at, _): &(usize, Pair<'_>)| at % HELD_OUT == 0;
    let (held_out, taught): (Vec<_>, Vec<_>) =
        passages.iter().zip(&targets).enumerate().partition(is_held_out);
    let [held_out, taught] =
        [held_out, taught].map(|pairs| pairs.into_iter().map(|(_, pair)| pair).collect::<Vec<_>>());

    let begun = Student::from_rows(TEACHER, &start).context("the start rows do not fit the vocabulary")?;
    let student = fitted(&begun, &start, &taught);
    report(&held_out, &student);
    let bytes = student.to_bytes();
    let provenance = Provenance {
        teacher: TEACHER,
        passages: passages.len(),
        tokens: passages.iter().map(|passage| passage.n_tokens).sum(),
        sample: digest(&passages),
        ridge: OPTIONS.ridge,
        iterations: OPTIONS.iterations,
        held_out_passages: held_out.len(),
        held_out_mean_cosine: mean_cosine(&held_out, &student),
        start_mean_cosine: mean_cosine(&held_out, &begun),
        student: blake3::hash(&bytes).to_string(),
    };
    Ok(write(&bytes, &provenance)?)
}

fn fitted(begun: &Student, start: &[[f32; DIM]], taught: &[Pair<'_>]) -> Student {
    let mut sample = Sample::default();
    for (passage, target) in taught {
        sample.push(&tokens(&passage.text), target);
    }
    println!("fitting {} passages", sample.len());
    let begin = Instant::now();
    // Held to the rows in full precision, not to the quantised ones of `begun`.
    let rows = fit(&sample, |id| start.get(usize::from(id)).copied().unwrap_or([0.0; DIM]), OPTIONS);
    println!("fitted {} rows in {:.1} s", rows.ids.len(), begin.elapsed().as_secs_f32());
    begun.with_rows(rows.iter())
}

fn write(bytes: &[u8], provenance: &Provenance) -> anyhow::Result<()> {
    let folder = crate::root().join("data/student");
    let text = toml::to_string(provenance)?;
    fs::write(folder.join("student.bin.new"), bytes)?;
    fs::rename(folder.join("student.bin.new"), folder.join("student.bin"))?;
    fs::write(folder.join("PROVENANCE.toml"), format!("# Written by `cargo xtask distill`.\n{text}"))?;
    print!("{text}");
    Ok(())
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    WordPiece::builtin().tokenize(text, &mut tokens);
    tokens
}

fn digest(passages: &[Passage]) -> String {
    let mut hash = blake3::Hasher::new();
    for passage in passages {
        hash.update(passage.text.as_bytes()).update(&[0]);
    }
    hash.finalize().to_string()
}

fn n_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The first rows: every word piece alone through the teacher.
fn start(work: &std::path::Path) -> anyhow::Result<Vec<[f32; DIM]>> {
    let vocabulary = fs::read_to_string(crate::root().join("data/student/vocab.txt"))?;
    let pieces: Vec<&str> = vocabulary.lines().collect();
    let mut vectors = Vectors::open(&work.join("pieces.vectors"))?;
    vectors.complete(&pieces, || {
        let dir = crate::models_dir();
        let teacher =
            Teacher::load_for_pieces(&dir.join(TEACHER), &models::runtime_library(&dir), n_threads());
        teacher.context("run `cargo xtask setup` first")
    })?;
    Ok(start_rows(&vectors.get(&pieces)?))
}

fn teacher_vectors(work: &std::path::Path, passages: &[Passage]) -> anyhow::Result<Vec<[f32; DIM]>> {
    let texts: Vec<&str> = passages.iter().map(|passage| &*passage.text).collect();
    let mut vectors = Vectors::open(&work.join("passages.vectors"))?;
    vectors.complete(&texts, || {
        let dir = crate::models_dir();
        let teacher = Teacher::load(&dir.join(TEACHER), &models::runtime_library(&dir), n_threads());
        teacher.context("run `cargo xtask setup` first")
    })?;
    vectors.get(&texts)
}

fn mean_cosine(pairs: &[Pair<'_>], student: &Student) -> f32 {
    let cosine = |(passage, target): &Pair<'_>| {
        let vector = student.embed_text(&passage.text).unwrap_or([0.0; DIM]);
        vector.iter().zip(*target).map(|(a, b)| a * b).sum::<f32>()
    };
    pairs.iter().map(cosine).sum::<f32>() / pairs.len().max(1) as f32
}

/// Held-out cosine of each source: tells where the table is weak.
fn report(held_out: &[Pair<'_>], student: &Student) {
    // Passages of one source follow one another.
    for of_source in held_out.chunk_by(|(a, _), (b, _)| a.source == b.source) {
        let cosine = mean_cosine(of_source, student);
        println!("{:<24} {:>4} held out, mean cosine {cosine:.3}", of_source[0].0.source, of_source.len());
    }
}
