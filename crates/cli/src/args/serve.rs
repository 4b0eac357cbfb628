//! The command line of `workroom serve`.

use super::{Llm, Otlp};
use clap::{Args as ClapArgs, ValueEnum};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// What whoever shows no token may do.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Anonymous {
    /// Nothing
    None,
    /// Read everything
    Read,
    /// Read and write everything
    Write,
}

/// Whether tests of a protocol's conformance find what they look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Fixtures {
    /// Not offered
    None,
    /// Offered beside the real tools
    Offered,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Serve {
    /// The workspace [default: as for every command]
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: Option<PathBuf>,
    /// Serve every workspace right below this folder, by its name
    #[arg(long, value_name = "DIR", conflicts_with = "folder")]
    pub(crate) root: Option<PathBuf>,
    /// Where to listen: an address in numbers and a port, or a port of this machine; port 0 for any that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7700", value_parser = address)]
    pub(crate) listen: SocketAddr,
    /// A name by which the server is reached, besides localhost and addresses in numbers; with a port, at that one alone (may be given
    /// several times)
    #[arg(long = "host", value_name = "NAME")]
    pub(crate) hosts: Vec<String>,
    /// Where clients reach the server through a proxy that stands before it, such as https://work.example
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// The certificate with its chain, PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's private key, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// What whoever shows no token may do
    #[arg(long, value_enum, default_value_t = Anonymous::None)]
    pub(crate) anonymous: Anonymous,
    /// Be reached from elsewhere without TLS or without tokens
    #[arg(long)]
    pub(crate) insecure: bool,
    /// The most connections at once
    #[arg(long, value_name = "N", default_value_t = 2048, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub(crate) max_connections: u32,
    /// The most requests of one token in a second
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) rate: u32,
    /// For tests of the protocol's conformance
    #[arg(long, value_enum, default_value_t = Fixtures::None, hide = true, num_args = 0..=1, default_missing_value = "offered")]
    pub(crate) conformance_fixtures: Fixtures,
    /// Print the address as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) llm: Llm,
    #[command(flatten)]
    pub(crate) otlp: Otlp,
}

/// Where to listen. No name is looked up but this machine's own: another might stand for an address that is reached from elsewhere.
fn address(text: &str) -> Result<SocketAddr, String> {
    let port = text.strip_prefix("localhost:").unwrap_or(text).parse::<u16>();
    let here = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    text.parse().or_else(|_| port.map(here)).map_err(|_| {
        "write an address in numbers and a port, such as 127.0.0.1:7700, or a port of this machine".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn addresses_are_numbers_or_this_machine() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(address(text).ok().map(|address| address.to_string()).as_deref(), expected, "{text}");
        };
        check("127.0.0.1:7700", Some("127.0.0.1:7700"));
        check("0.0.0.0:0", Some("0.0.0.0:0"));
        check("[::1]:80", Some("[::1]:80"));
        check("localhost:80", Some("127.0.0.1:80"));
        check("7701", Some("127.0.0.1:7701"));
        for bad in ["localhost", "", "example.org:80", "127.0.0.1", "70000", ":80", "::1:80:"] {
            check(bad, None);
        }
    }
}
