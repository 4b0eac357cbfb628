//! The command line of `workroom eval`.

use super::Mode;
use clap::{Args as ClapArgs, ValueEnum};
use std::path::PathBuf;

/// Whose vectors a measurement searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tier {
    /// The built-in student alone, as without an installed model
    Student,
    /// Queries by the teacher, documents by the built-in student
    Prior,
    /// Queries by the teacher, documents by a student fitted to them
    Adapted,
    /// As prior, and the best candidates of each query get teacher vectors within a time budget
    Lazy,
    /// Queries and documents by the teacher
    Teacher,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Eval {
    /// A BEIR folder, a folder of such, a folder of documents with a golden JSONL file, or a Ragas or DeepEval JSONL file
    #[arg(value_name = "DIR")]
    pub(crate) path: PathBuf,
    /// The golden JSONL file about the documents in DIR, where it does not lie there
    #[arg(long, value_name = "FILE")]
    pub(crate) golden: Option<PathBuf>,
    /// Only these sets
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) sets: Vec<String>,
    /// What ranks
    #[arg(long, value_enum, default_value_t = Mode::Hybrid)]
    pub(crate) mode: Mode,
    /// Whose vectors are searched [default: lazy with an installed model, else student]
    #[arg(long, value_enum)]
    pub(crate) tier: Option<Tier>,
    /// How many milliseconds a query of tier lazy may wait for better vectors [default: as for `search`]
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(..=600_000))]
    pub(crate) rescore_ms: Option<u64>,
    /// Let no query of tier lazy profit from vectors that were made for another
    #[arg(long)]
    pub(crate) forget: bool,
    /// Write NAME.run and NAME.qrels of each set there, in the form of TREC
    #[arg(long, value_name = "DIR")]
    pub(crate) run_dir: Option<PathBuf>,
    /// Keep the indexed sets there for the next run [default: a temporary folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) work_dir: Option<PathBuf>,
    /// Print JSON (its form: docs/json.md)
    #[arg(long)]
    pub(crate) json: bool,
}
