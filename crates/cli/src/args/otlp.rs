//! Traces on the command line: of `serve` and `mcp`.

use clap::Args as ClapArgs;

#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Traces")]
pub(crate) struct Otlp {
    /// Send spans of what is done to the collector there (OTLP over HTTP), such as http://127.0.0.1:4318 [env:
    /// OTEL_EXPORTER_OTLP_ENDPOINT and its like]
    #[arg(long, value_name = "URL")]
    pub(crate) otlp_endpoint: Option<String>,
    /// Let spans hold text: queries, arguments, passages
    #[arg(long, hide_short_help = true)]
    pub(crate) otlp_content: bool,
}
