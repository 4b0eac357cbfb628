//! The teacher: a transformer from local files, run by fastembed.
//!
//! Invariant: a vector does not depend on what else is embedded at the same time, but for the last digits.
//! Not here: fetching models (see [`models`](crate::models)).
//! Fails with: `Error::Runtime` without the runtime library, `Error::Corrupt` when a file is not what its manifest says.
//!
//! One session serves passages and queries. A second one for queries would take another 150 MB and, on the same cores, would still
//! slow down while passages run. Instead passages go in batches of some tens of milliseconds, and a query takes the next turn.

use std::path::Path;

use corpus::{DIM, Tier, Tokenizer};
use fastembed::{InitOptionsUserDefined, TextEmbedding, TokenizerFiles, UserDefinedEmbeddingModel};
use serde_json::{Value, json};

use crate::gate::Gate;
use crate::models::{Manifest, Pooling, read_manifest, read_verified};
use crate::safetensors::Contents;
use crate::{Embedder, Error, ModelInfo, Result, WordPiece, bert, runtime};

/// Passages times the length of the longest in one run of the model. On two cores, runs of 256 to 2,048 take 30 to 250 ms and are
/// equally fast a token; larger ones are slower, for they leave the caches, and take more memory. A query waits for at most one run.
const BATCH_TOKENS: usize = 512;

/// A loaded transformer.
pub struct Teacher {
    info: ModelInfo,
    model: Gate<TextEmbedding>,
}

impl Teacher {
    /// Loads the model in the folder `dir`, which holds a manifest, with the ONNX Runtime library `runtime`, which must be 1.24 or
    /// later, to use up to `threads` threads. Reads the weights whole: 90 MB of them take about half a second, and 170 MB of memory stay.
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
        let read = |file: &str| read_verified(dir, &manifest, file);
        let (weights, config_file) = (read(bert::WEIGHTS)?, read("config.json")?);
        let weights_path = dir.join(bert::WEIGHTS);
        let config = bert::Config::read(&dir.join("config.json"), &config_file)?;
        let graph = bert::graph(&config, &weights_path, &Contents::read(&weights_path, &weights)?)?;
        let tokenizer = TokenizerFiles {
            tokenizer_file: edit_tokenizer(read("tokenizer.json")?)?,
            config_file,
            special_tokens_map_file: read("special_tokens_map.json")?,
            tokenizer_config_file: read("tokenizer_config.json")?,
        };
        let model = UserDefinedEmbeddingModel::new(graph, tokenizer)
            .with_pooling(match manifest.pooling {
                Pooling::Mean => fastembed::Pooling::Mean,
                Pooling::Cls => fastembed::Pooling::Cls,
            })
            .with_external_initializer(bert::WEIGHTS.to_owned(), weights);
        // The processor without its arena, which never gives memory back, and without threads that spin while they wait.
        let options = InitOptionsUserDefined::new()
            .with_environment(environment)
            .with_execution_providers(vec![ort::ep::CPU::default().build()])
            .with_intra_threads(threads.max(1))
            .with_session_config("session.intra_op.allow_spinning", "0")
            .with_max_length(manifest.max_tokens);
        let model = TextEmbedding::try_new_from_user_defined(model, options)
            .map_err(|error| Error::unsupported(dir, error.to_string()))?;
        Ok(Self::new(info(&manifest), model))
    }

    pub(crate) fn new(info: ModelInfo, model: TextEmbedding) -> Self {
        // It would cut texts into pieces on the caller's rayon pool, under our lock: a deadlock when that pool's workers call us.
        tokenizers::utils::parallelism::set_parallelism(false);
        Self { info, model: Gate::new(model) }
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
            let found = self.model.patient(|model| Self::run(model, &batch_texts))?;
            for (at, vector) in batch.into_iter().zip(found) {
                vectors[at] = vector;
            }
        }
        Ok(vectors)
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
        checksum: manifest.files.get(bert::WEIGHTS).cloned().unwrap_or_default(),
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
