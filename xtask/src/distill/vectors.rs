//! Teacher vectors on disk, by the hash of their text.
//!
//! Invariant: records are only appended; a torn last one is dropped on opening.
//! Not here: which texts.
//!
//! A record is 16 bytes of the text's hash and 384 little-endian `f32`.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use corpus::{DIM, TextHash};
use embed::{Embedder, Teacher};
use fs_err as fs;

const RECORD: usize = 16 + DIM * 4;

/// Texts between two writes: little is lost when a run is stopped.
const STEP: usize = 256;

pub(super) struct Vectors {
    known: HashMap<[u8; 16], [f32; DIM]>,
    file: fs::File,
}

impl Vectors {
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let bytes = if path.exists() { fs::read(path)? } else { Vec::new() };
        let whole = bytes.len() / RECORD * RECORD;
        let mut known = HashMap::new();
        for record in bytes[..whole].chunks_exact(RECORD) {
            let (hash, values) = record.split_first_chunk().context("a record is too short")?;
            let mut vector = [0.0; DIM];
            for (x, bytes) in vector.iter_mut().zip(values.as_chunks().0) {
                *x = f32::from_le_bytes(*bytes);
            }
            known.insert(*hash, vector);
        }
        let file = fs::OpenOptions::new().create(true).append(true).open(path)?;
        file.set_len(whole as u64)?;
        Ok(Self { known, file })
    }

    /// Asks the teacher for what is missing.
    pub(super) fn complete(
        &mut self,
        texts: &[&str],
        teacher: impl Fn() -> anyhow::Result<Teacher>,
    ) -> anyhow::Result<()> {
        let is_missing = |text: &&str| !self.known.contains_key(TextHash::of(text).as_bytes());
        let mut missing: Vec<&str> = texts.iter().copied().filter(is_missing).collect();
        if missing.is_empty() {
            return Ok(());
        }
        // Of like length together, so that little is filled up.
        missing.sort_by_key(|text| (text.len(), *text));
        let teacher = teacher()?;
        let begin = Instant::now();
        for (step, some) in missing.chunks(STEP).enumerate() {
            for (text, vector) in some.iter().zip(teacher.embed_passages(some)?) {
                self.add(text, &vector)?;
            }
            if step % 10 == 0 {
                let (done, seconds) = (step * STEP + some.len(), begin.elapsed().as_secs());
                println!("{done} of {} texts in {seconds} s", missing.len());
            }
        }
        Ok(())
    }

    fn add(&mut self, text: &str, vector: &[f32]) -> anyhow::Result<()> {
        let vector: [f32; DIM] = vector.try_into().context("a vector of another size")?;
        let hash = TextHash::of(text);
        let mut record = hash.as_bytes().to_vec();
        record.extend(vector.iter().flat_map(|x| x.to_le_bytes()));
        self.file.write_all(&record)?;
        self.known.insert(*hash.as_bytes(), vector);
        Ok(())
    }

    /// The vector of each text.
    pub(super) fn get(&self, texts: &[&str]) -> anyhow::Result<Vec<[f32; DIM]>> {
        let vector = |text: &&str| {
            self.known.get(TextHash::of(text).as_bytes()).copied().context("a text without a vector")
        };
        texts.iter().map(vector).collect()
    }
}
