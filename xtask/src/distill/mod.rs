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

/// Fetches the sources, asks the teacher, fits, writes. `limit` is the size of a smaller sample of the same make-up.
pub(crate) fn run(limit: Option<usize>) -> Outcome {
    let limit = limit.unwrap_or(usize::MAX);
    let work = crate::root().join("target/distill");
    fs::create_dir_all(&work)?;
    let sources = sources::fetch(&crate::root().join("data/student/SOURCES.toml"), &work)?;
    let passages = passages::sample(&sources, limit)?;
    let sample_hash = digest(&passages);
    println!("{} passages, sample {sample_hash}", passages.len());

    let start = start(&work)?;
    let targets = teacher_vectors(&work, &passages)?;
    let begun = Student::from_rows(TEACHER, &start).context("the start rows do not fit the vocabulary")?;
    let (held_out, taught): (Vec<_>, Vec<_>) =
        passages.iter().zip(&targets).enumerate().partition(|(at, _)| at % HELD_OUT == 0);
    let mut sample = Sample::default();
    for (_, (passage, target)) in &taught {
        sample.push(&tokens(&passage.text), target);
    }
    let options = FitOptions::BROAD;
    println!("fitting {} passages", sample.len());
    let fitted = fit(&sample, |id| start[usize::from(id)], options);
    let mut rows = start;
    for (id, row) in fitted.iter() {
        rows[usize::from(id)] = *row;
    }
    let student = Student::from_rows(TEACHER, &rows).context("the fitted rows do not fit the vocabulary")?;
    report(&held_out, &student);
    let bytes = student.to_bytes();
    write(
        &bytes,
        &Provenance {
            teacher: TEACHER,
            passages: passages.len(),
            tokens: passages.iter().map(|passage| passage.n_tokens).sum(),
            sample: sample_hash,
            ridge: options.ridge,
            iterations: options.iterations,
            held_out_passages: held_out.len(),
            held_out_mean_cosine: mean_cosine(held_out.iter().map(|(_, pair)| *pair), &student),
            start_mean_cosine: mean_cosine(held_out.iter().map(|(_, pair)| *pair), &begun),
            student: blake3::hash(&bytes).to_string(),
        },
    )
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

fn mean_cosine<'a>(pairs: impl Iterator<Item = (&'a Passage, &'a [f32; DIM])>, student: &Student) -> f32 {
    let (mut sum, mut n) = (0.0, 0);
    for (passage, target) in pairs {
        let vector = student.embed_text(&passage.text).unwrap_or([0.0; DIM]);
        sum += vector.iter().zip(target).map(|(a, b)| a * b).sum::<f32>();
        n += 1;
    }
    sum / n.max(1) as f32
}

/// Held-out cosine of each source: tells where the table is weak.
fn report(held_out: &[(usize, (&Passage, &[f32; DIM]))], student: &Student) {
    let mut names: Vec<&str> = held_out.iter().map(|(_, (passage, _))| &*passage.source).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let of_source =
            held_out.iter().map(|(_, pair)| *pair).filter(|(passage, _)| *passage.source == *name);
        let n = of_source.clone().count();
        println!("{name:<24} {n:>4} held out, mean cosine {:.3}", mean_cosine(of_source, student));
    }
}
