//! The teacher: a transformer from local files, run by fastembed.
//!
//! Invariant: a vector does not depend on what else is embedded at the same time, but for the last digits: the scales of its 8-bit
//! numbers are fixed when the model is loaded.
//! Not here: fetching models (see [`models`](crate::models)).
//! Fails with: `Error::Runtime` without the runtime library, `Error::Corrupt` when a file is not what its manifest says.
//!
//! One session serves passages and queries. A second one for queries would take as much memory again and, on the same cores, would
//! still slow down while passages run. Instead passages go in batches of some tens of milliseconds, and a query takes the next turn.

use std::path::Path;

use corpus::{DIM, Tier, Tokenizer};
use fastembed::{TextEmbedding, TokenizerFiles};
use serde_json::{Value, json};

use crate::encoder::Source;
use crate::gate::Gate;
use crate::models::{Manifest, read_manifest};
use crate::{Embedder, Error, ModelInfo, Result, WordPiece, bert, runtime};

/// Passages times the length of the longest in one run of the model. On two idle cores a run takes 15 ms, which is the most that a query
/// waits. Runs of 1,024 are 5 to 15 % faster a token; from 2,048 on they are slower, for they leave the caches, and take more memory.
const BATCH_TOKENS: usize = 512;

/// A loaded transformer.
pub struct Teacher {
    info: ModelInfo,
    model: Gate<TextEmbedding>,
}

impl Teacher {
    /// Loads the model in the folder `dir`, which holds a manifest, with the ONNX Runtime library `runtime`, which must be 1.24 or
    /// later, to use up to `threads` threads. Takes about 100 ms, but for the first time: then the encoder is turned into 8 bits, which
    /// takes a second or two and 400 MB for that long, and is kept in `dir` as `encoder.int8`, 24 MB, if `dir` can be written.
    ///
    /// # Errors
    /// [`Error::Runtime`] when the library cannot be used, [`Error::NotInstalled`] without a manifest, [`Error::Corrupt`] when a file
    /// does not match it, [`Error::Unsupported`] for an architecture other than BERT or vectors of another size than ours.
    pub fn load(dir: &Path, runtime: &Path, threads: usize) -> Result<Self> {
        Self::load_with(dir, runtime, threads, Ok)
    }

    /// As [`Self::load`], but texts are names of word pieces as the vocabulary has them (`word`, `##ing`), divided by spaces: how a
    /// student's table gets its first rows.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn load_for_pieces(dir: &Path, runtime: &Path, threads: usize) -> Result<Self> {
        let path = dir.join("tokenizer.json");
        Self::load_with(dir, runtime, threads, |json| {
            piece_tokenizer(&json).ok_or_else(|| Error::corrupt(&path, "it is not a tokenizer"))
        })
    }

    fn load_with(
        dir: &Path,
        runtime: &Path,
        threads: usize,
        edit_tokenizer: impl Fn(Vec<u8>) -> Result<Vec<u8>>,
    ) -> Result<Self> {
        let environment = runtime::environment(runtime)?;
        let manifest = read_manifest(dir)?;
        let source = Source { dir, manifest: &manifest, environment, threads };
        let tokenizer = source.tokenizer()?;
        let tokenizer_file = edit_tokenizer(tokenizer.tokenizer_file)?;
        let model = source.open(TokenizerFiles { tokenizer_file, ..tokenizer })?;
        Ok(Self::new(info(&manifest), model))
    }

    pub(crate) fn new(info: ModelInfo, model: TextEmbedding) -> Self {
        // It would cut texts into pieces on the caller's rayon pool, under our lock: a deadlock when that pool's workers call us.
        tokenizers::utils::parallelism::set_parallelism(false);
        Self { info, model: Gate::new(model) }
    }

    /// As [`Embedder::embed_passages`], but each batch goes before all passages that are embedded without hurry: for the few that a query
    /// waits for.
    ///
    /// # Errors
    /// As [`Embedder::embed_passages`].
    pub fn embed_urgently(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>> {
        self.embed_in(texts, |texts| self.model.urgent(|model| Self::run(model, texts)))
    }

    /// Vectors of passages, by a function that embeds one batch.
    fn embed_in(
        &self,
        texts: &[&str],
        embed: impl Fn(&[&str]) -> Result<Vec<Vec<f32>>>,
    ) -> Result<Vec<Vec<f32>>> {
        let prefixed: Vec<String>;
        let prefixed: Vec<&str> = if self.info.passage_prefix.is_empty() {
            texts.to_vec()
        } else {
            prefixed = texts.iter().map(|text| format!("{}{text}", self.info.passage_prefix)).collect();
            prefixed.iter().map(String::as_str).collect()
        };
        let mut vectors = vec![vec![0.0; DIM]; texts.len()];
        for batch in batches(texts, self.info.max_tokens) {
            let batch_texts: Vec<&str> = batch.iter().map(|&at| prefixed[at]).collect();
            for (at, vector) in batch.into_iter().zip(embed(&batch_texts)?) {
                vectors[at] = vector;
            }
        }
        Ok(vectors)
    }

    /// Runs the model once.
    fn run(model: &mut TextEmbedding, texts: &[&str]) -> Result<Vec<Vec<f32>>> {
        let vectors =
            model.embed(texts, None).map_err(|error| Error::Inference { reason: error.to_string() })?;
        let sound = |vector: &Vec<f32>| vector.len() == DIM && vector.iter().all(|x| x.is_finite());
        if vectors.len() == texts.len() && vectors.iter().all(sound) {
            Ok(vectors)
        } else {
            Err(Error::Inference { reason: "the output is not one finite vector a text".to_owned() })
        }
    }
}

impl Embedder for Teacher {
    fn model(&self) -> &ModelInfo {
        &self.info
    }

    fn embed_passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>> {
        self.embed_in(texts, |texts| self.model.patient(|model| Self::run(model, texts)))
    }

    fn embed_query(&self, text: &str) -> Result<Vec<f32>> {
        if WordPiece::builtin().count(text) == 0 {
            return Ok(vec![0.0; DIM]);
        }
        let text = format!("{}{text}", self.info.query_prefix);
        let vectors = self.model.urgent(|model| Self::run(model, &[&text]))?;
        vectors.into_iter().next().ok_or_else(|| Error::Inference { reason: "no vector".to_owned() })
    }
}

fn info(manifest: &Manifest) -> ModelInfo {
    ModelInfo {
        name: manifest.name.clone(),
        space: manifest.name.clone(),
        dim: manifest.dim,
        tier: Tier::Teacher,
        max_tokens: manifest.max_tokens,
        query_prefix: manifest.query_prefix.clone(),
        passage_prefix: manifest.passage_prefix.clone(),
        checksum: format!("{} int8", manifest.files.get(bert::WEIGHTS).map_or("", String::as_str)),
    }
}

/// A tokenizer file with the same vocabulary and marks, that looks up what stands between spaces and does nothing else.
fn piece_tokenizer(json: &[u8]) -> Option<Vec<u8>> {
    let mut tokenizer: Value = serde_json::from_slice(json).ok()?;
    let vocabulary = tokenizer.get_mut("model")?.get_mut("vocab")?.take();
    tokenizer["model"] = json!({ "type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]" });
    tokenizer["pre_tokenizer"] = json!({ "type": "WhitespaceSplit" });
    tokenizer["normalizer"] = Value::Null;
    serde_json::to_vec(&tokenizer).ok()
}

/// Which texts go together: of like length, since all are filled up to the longest. Texts without pieces are in no batch.
///
/// Lengths are counted with the built-in vocabulary; for a model with another one they are near enough to sort by.
fn batches(texts: &[&str], max_tokens: usize) -> Vec<Vec<usize>> {
    let mut lengths: Vec<(usize, usize)> =
        texts.iter().enumerate().map(|(at, text)| (WordPiece::builtin().count(text), at)).collect();
    lengths.retain(|&(length, _)| length > 0);
    lengths.sort_unstable();
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for (length, at) in lengths {
        let length = (length + 2).min(max_tokens);
        match batches.last_mut() {
            Some(batch) if (batch.len() + 1) * length <= BATCH_TOKENS => batch.push(at),
            _ => batches.push(vec![at]),
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn batches_hold_each_text_once_and_stay_small(lengths in prop::collection::vec(0_usize..400, 0..60)) {
            let texts: Vec<String> = lengths.iter().map(|&n| "a ".repeat(n)).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let batches = batches(&texts, 256);
            let mut seen: Vec<usize> = batches.iter().flatten().copied().collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..texts.len()).filter(|&at| lengths[at] > 0).collect::<Vec<_>>());
            for batch in batches {
                let longest = batch.iter().map(|&at| (lengths[at] + 2).min(256)).max().unwrap();
                prop_assert!(batch.len() == 1 || batch.len() * longest <= BATCH_TOKENS);
            }
        }
    }
}
