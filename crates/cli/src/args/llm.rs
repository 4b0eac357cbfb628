//! The language model on the command line: of `ask`, `serve` and `mcp`.

use clap::Args as ClapArgs;
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Language model")]
pub(crate) struct Llm {
    /// An endpoint that speaks OpenAI's chat completions, such as http://127.0.0.1:11434; its model answers from the passages, and what it
    /// quotes is held against them
    #[arg(long, value_name = "URL", env = "WORKROOM_LLM_URL")]
    pub(crate) llm_url: Option<String>,
    /// The model's name there
    #[arg(long, value_name = "NAME", env = "WORKROOM_LLM_MODEL")]
    pub(crate) llm_model: Option<String>,
    /// A file that holds the endpoint's key [default: the key in WORKROOM_LLM_KEY, if any]
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) llm_key_file: Option<PathBuf>,
    /// The longest that an answer may take
    #[arg(long, value_name = "SECONDS", default_value_t = 120, hide_short_help = true, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) llm_seconds: u64,
    /// Ask no language model, whatever the environment says
    #[arg(long, hide_short_help = true)]
    pub(crate) no_llm: bool,
}
