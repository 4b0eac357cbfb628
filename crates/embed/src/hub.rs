//! Teachers from the model hub, by fastembed's own list and download. Only with the feature `hub`.
//!
//! Invariant: nothing is fetched unless [`Teacher::load_from_hub`] is called.
//! Not here: models in folders of ours; the hub's cache has its own layout, and its files are trusted as the hub sends them.

use std::path::Path;

use corpus::{DIM, MAX_INPUT_TOKENS, Tier};
use fastembed::{EmbeddingModel, TextEmbedding, TextInitOptions};

use crate::{Error, ModelInfo, Result, Teacher, runtime};

/// Name, model, prefix of queries, prefix of passages: the models of the hub's list with vectors of our size.
const MODELS: [(&str, EmbeddingModel, &str, &str); 5] = [
    ("all-MiniLM-L6-v2", EmbeddingModel::AllMiniLML6V2, "", ""),
    ("all-MiniLM-L12-v2", EmbeddingModel::AllMiniLML12V2, "", ""),
    ("bge-small-en-v1.5", EmbeddingModel::BGESmallENV15, BGE_QUERY, ""),
    ("multilingual-e5-small", EmbeddingModel::MultilingualE5Small, "query: ", "passage: "),
    ("snowflake-arctic-embed-s", EmbeddingModel::SnowflakeArcticEmbedS, BGE_QUERY, ""),
];

/// The instruction that these models were trained to see before a query.
const BGE_QUERY: &str = "Represent this sentence for searching relevant passages: ";

impl Teacher {
    /// Loads a model by name, fetching it into the folder `cache` when it is not there.
    ///
    /// # Errors
    /// [`Error::NotInstalled`] for a name that is not listed, [`Error::Runtime`] when the library cannot be used, [`Error::Fetch`] when
    /// the hub cannot be reached.
    pub fn load_from_hub(name: &str, cache: &Path, runtime: &Path, threads: usize) -> Result<Self> {
        let not_listed = || Error::NotInstalled { name: name.to_owned(), dir: cache.to_owned() };
        let (name, model, query_prefix, passage_prefix) =
            MODELS.into_iter().find(|(known, ..)| *known == name).ok_or_else(not_listed)?;
        let environment = runtime::environment(runtime)?;
        let failed = |error: fastembed::Error| Error::Fetch {
            program: format!("model hub, {name}"),
            reason: error.to_string(),
        };
        let listed = TextEmbedding::get_model_info(&model).map_err(failed)?;
        let info = ModelInfo {
            name: name.to_owned(),
            space: name.to_owned(),
            dim: DIM,
            tier: Tier::Teacher,
            max_tokens: MAX_INPUT_TOKENS,
            query_prefix: query_prefix.to_owned(),
            passage_prefix: passage_prefix.to_owned(),
            checksum: format!("hub:{}/{}", listed.model_code, listed.model_file),
        };
        let options = TextInitOptions::new(model)
            .with_cache_dir(cache.to_owned())
            .with_show_download_progress(false)
            .with_environment(environment)
            .with_execution_providers(vec![ort::ep::CPU::default().build()])
            .with_intra_threads(threads.max(1))
            .with_session_config("session.intra_op.allow_spinning", "0")
            .with_max_length(MAX_INPUT_TOKENS);
        Ok(Self::new(info, TextEmbedding::try_new(options).map_err(failed)?))
    }
}
