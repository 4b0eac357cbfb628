//! An installed model as the runtime takes it: its encoder in 8 bits, made once and kept in the model's folder.
//!
//! Invariant: what is read back is, byte for byte, what was made from the same files by the same code; anything else is made anew.
//! Not here: texts; the graph itself.
//!
//! ```text
//! encoder.int8   key [32], BLAKE3 of the rest [32], ONNX graph
//! ```
//!
//! The key names what the graph was made of. A folder that cannot be written costs the time of making at every load, nothing else.

use std::io::Write;
use std::path::Path;

use fastembed::{InitOptionsUserDefined, TextEmbedding, TokenizerFiles, UserDefinedEmbeddingModel};
use fs_err as fs;
use ort::environment::Environment;

use crate::bert::{self, Form};
use crate::models::{Manifest, Pooling, read_verified};
use crate::safetensors::Contents;
use crate::{Error, Result, calibrate};

/// Name of the file in the model's folder.
const FILE: &str = "encoder.int8";

/// Changes with the code that makes the graph.
const VERSION: &str = "workroom int8 encoder 2";

/// A model on disk, and what it is to run on.
pub(crate) struct Source<'a> {
    pub(crate) dir: &'a Path,
    pub(crate) manifest: &'a Manifest,
    pub(crate) environment: Environment,
    pub(crate) threads: usize,
}

impl Source<'_> {
    /// A file of the model, if it is what the manifest says.
    pub(crate) fn read(&self, file: &str) -> Result<Vec<u8>> {
        read_verified(self.dir, self.manifest, file)
    }

    /// The files that say how texts become pieces.
    pub(crate) fn tokenizer(&self) -> Result<TokenizerFiles> {
        Ok(TokenizerFiles {
            tokenizer_file: self.read("tokenizer.json")?,
            config_file: self.read("config.json")?,
            special_tokens_map_file: self.read("special_tokens_map.json")?,
            tokenizer_config_file: self.read("tokenizer_config.json")?,
        })
    }

    /// The model in 8 bits, with the tokenizer given.
    pub(crate) fn open(&self, tokenizer: TokenizerFiles) -> Result<TextEmbedding> {
        self.session(UserDefinedEmbeddingModel::new(self.graph()?, tokenizer))
    }

    fn graph(&self) -> Result<Vec<u8>> {
        let (path, key) = (self.dir.join(FILE), key(self.manifest));
        if let Some(graph) = read(&path, &key) {
            return Ok(graph);
        }
        let graph = self.make()?;
        if let Err(error) = write(self.dir, &path, &key, &graph) {
            tracing::warn!(%error, "the 8-bit encoder cannot be kept and will be made again at the next load");
        }
        Ok(graph)
    }

    fn make(&self) -> Result<Vec<u8>> {
        let weights = self.read(bert::WEIGHTS)?;
        let path = self.dir.join(bert::WEIGHTS);
        let config = bert::Config::read(&self.dir.join("config.json"), &self.read("config.json")?)?;
        let contents = Contents::read(&path, &weights)?;
        let graph = |form| bert::graph(&config, &path, &contents, form);
        let measuring = UserDefinedEmbeddingModel::new(graph(Form::Measuring)?, self.tokenizer()?)
            .with_external_initializer(bert::WEIGHTS.to_owned(), weights.clone());
        let magnitudes = calibrate::magnitudes(&mut self.session(measuring)?)?;
        graph(Form::Int8 { weights: &weights, magnitudes: &magnitudes })
    }

    fn session(&self, model: UserDefinedEmbeddingModel) -> Result<TextEmbedding> {
        let model = model.with_pooling(match self.manifest.pooling {
            Pooling::Mean => fastembed::Pooling::Mean,
            Pooling::Cls => fastembed::Pooling::Cls,
        });
        // The processor without its arena, which never gives memory back, and without threads that spin while they wait.
        let options = InitOptionsUserDefined::new()
            .with_environment(self.environment.clone())
            .with_execution_providers(vec![ort::ep::CPU::default().build()])
            .with_intra_threads(self.threads.max(1))
            .with_session_config("session.intra_op.allow_spinning", "0")
            .with_session_config("session.x64quantprecision", if overflows() { "1" } else { "0" })
            .with_max_length(self.manifest.max_tokens);
        TextEmbedding::try_new_from_user_defined(model, options)
            .map_err(|error| Error::unsupported(self.dir, error.to_string()))
    }
}

/// Whether this processor sums products of bytes in 16 bits, where they overflow: x86 before VNNI. The runtime then has to be told to take
/// the long way, which takes 1.7 times as long where it is not needed.
fn overflows() -> bool {
    #[cfg(target_arch = "x86_64")]
    let overflows = !(std::arch::is_x86_feature_detected!("avx512vnni")
        || std::arch::is_x86_feature_detected!("avxvnni"));
    #[cfg(not(target_arch = "x86_64"))]
    let overflows = false;
    overflows
}

/// Names everything that a graph is made of.
fn key(manifest: &Manifest) -> [u8; 32] {
    let mut hash = blake3::Hasher::new();
    hash.update(VERSION.as_bytes()).update(calibrate::TEXTS.as_bytes());
    for (file, sha256) in &manifest.files {
        hash.update(file.as_bytes()).update(b" ").update(sha256.as_bytes()).update(b"\n");
    }
    *hash.update(&manifest.max_tokens.to_le_bytes()).finalize().as_bytes()
}

/// The graph that is kept under this key, if it is whole.
fn read(path: &Path, key: &[u8; 32]) -> Option<Vec<u8>> {
    let mut bytes = fs::read(path).ok()?;
    let (found, rest) = bytes.split_first_chunk::<32>()?;
    let (checksum, graph) = rest.split_first_chunk::<32>()?;
    let sound = found == key && blake3::hash(graph) == *checksum;
    sound.then(|| bytes.split_off(64))
}

/// Keeps a graph. Others see the old one or the new one, whole.
fn write(dir: &Path, path: &Path, key: &[u8; 32], graph: &[u8]) -> Result<()> {
    // In a folder, as a temporary file of its own could be read by its owner only.
    let staging = tempfile::Builder::new().prefix(".encoder-").tempdir_in(dir)?;
    let staged = staging.path().join(FILE);
    let mut file = fs::File::create_new(&staged)?;
    for part in [&key[..], blake3::hash(graph).as_bytes(), graph] {
        file.write_all(part)?;
    }
    // No sync: a file that a crash tore fails its checksum and is made anew.
    fs::rename(staged, path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_damaged_or_of_other_files_is_not_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        let (key, other) = ([1; 32], [2; 32]);
        assert_eq!(read(&path, &key), None);
        write(dir.path(), &path, &key, b"graph").unwrap();
        assert_eq!(read(&path, &key).as_deref(), Some(&b"graph"[..]));
        assert_eq!(read(&path, &other), None);
        let whole = fs::read(&path).unwrap();
        for damaged in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[damaged] ^= 1;
            fs::write(&path, bytes).unwrap();
            assert_eq!(read(&path, &key), None, "byte {damaged}");
            fs::write(&path, &whole[..damaged]).unwrap();
            assert_eq!(read(&path, &key), None, "cut at {damaged}");
        }
        write(dir.path(), &path, &other, b"").unwrap();
        assert_eq!(read(&path, &other).as_deref(), Some(&b""[..]));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "something was left behind");
    }
}
