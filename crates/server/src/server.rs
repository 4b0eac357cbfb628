//! The server: its options, its address, its life.
//!
//! Invariant: elsewhere than on this machine it is reached only with TLS and with tokens, unless somebody says that this is meant.
//! Not here: connections and routes (`http`), the command (`cli`).

use crate::host::{Anonymous, Host, Opener, Served};
use crate::http::serve::Serving;
use crate::http::{App, Names, Parts};
use crate::timeouts::Timeouts;
use generate::Model;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use telemetry::Telemetry;
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_util::sync::CancellationToken;

/// How to serve.
#[derive(Clone)]
pub struct ServeOptions {
    /// Which workspaces.
    pub served: Served,
    /// How a workspace is opened.
    pub open: Opener,
    /// The address; port 0 for any that is free.
    pub listen: SocketAddr,
    /// Names under which the server is reached, besides `localhost` and addresses in numbers; with a port, at that one alone.
    pub hosts: Vec<String>,
    /// The address that clients are told, where a proxy stands before the server: a scheme, a host and a port.
    pub public_url: Option<String>,
    /// Files with the certificate chain and its key, both PEM.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// What whoever shows no token may do.
    pub anonymous: Anonymous,
    /// Whether to be reached from elsewhere without TLS, or without tokens.
    pub insecure: bool,
    /// The most connections at once.
    pub max_connections: usize,
    /// Requests of one principal in a second.
    pub rate: NonZeroU32,
    /// The most bytes of a file that is sent.
    pub largest_file: u64,
    /// Whether to offer what tests of the protocol's conformance look for.
    pub conformance_fixtures: bool,
    /// The language model that answers where a request wants it to, if there is one.
    pub model: Option<Arc<Model>>,
    /// Where spans go, if anywhere.
    pub telemetry: Option<Telemetry>,
    /// How long clients may take.
    pub timeouts: Timeouts,
}

impl ServeOptions {
    /// Serves these on a port of this machine.
    pub fn new(served: Served, open: Opener) -> Self {
        Self {
            served,
            open,
            listen: SocketAddr::from(([127, 0, 0, 1], 7700)),
            hosts: Vec::new(),
            public_url: None,
            tls: None,
            anonymous: Anonymous::None,
            insecure: false,
            max_connections: 2048,
            rate: NonZeroU32::new(1000).unwrap_or(NonZeroU32::MIN),
            largest_file: 16 << 30,
            conformance_fixtures: false,
            model: None,
            telemetry: None,
            timeouts: Timeouts::default(),
        }
    }
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address cannot be had.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's word.
        source: io::Error,
    },
    /// It would be open to everybody.
    #[error("{address} can be reached from elsewhere, and {why}")]
    Open {
        /// The address.
        address: SocketAddr,
        /// What is missing.
        why: &'static str,
    },
    /// A name cannot be one.
    #[error("cannot be reached as `{name}`: {why}")]
    Name {
        /// The name.
        name: String,
        /// Why not.
        why: &'static str,
    },
    /// The certificate or its key cannot be used.
    #[error("cannot use {path}: {why}")]
    Tls {
        /// Which file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// A workspace cannot be opened.
    #[error("{0}")]
    Workspace(String),
    /// The system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl ServeError {
    /// What can be done about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Listen { .. } => "choose another address with `--listen`, or port 0 for any that is free",
            Self::Open { .. } => {
                "listen on 127.0.0.1, or give `--tls-cert` and `--tls-key` and make a token; `--insecure` does without"
            }
            Self::Name { .. } => {
                "`--host` takes a host, with a port or without; `--public-url` a scheme and a host"
            }
            Self::Tls { .. } => "both files are PEM: the certificate with its chain, and its private key",
            Self::Workspace(_) => "`workroom status` says more",
            Self::Io(_) => "check that the disk has room and that you may read and write there",
        }
    }
}

/// A server that listens, and answers once it [runs](Server::run).
pub struct Server {
    runtime: Runtime,
    listener: tokio::net::TcpListener,
    address: SocketAddr,
    url: String,
    has_tokens: bool,
    serving: Serving,
    stop: CancellationToken,
}

/// How often a server that runs looks whether it should end.
const LOOK: Duration = Duration::from_millis(50);
/// Calls into the workspaces at once; the library's own gate is behind it.
const AT_ONCE: usize = 64;

impl Server {
    /// Takes the address, and opens what is served.
    ///
    /// # Errors
    /// When the address cannot be had or would be open to everybody, or the certificate or a workspace cannot be used.
    pub fn bind(options: ServeOptions) -> Result<Self, ServeError> {
        let tls = options.tls.as_ref().map(|(certificate, key)| acceptor(certificate, key)).transpose()?;
        let host = Host::new(options.served.clone(), options.anonymous, Arc::clone(&options.open));
        let host = host.with_model(options.model.clone());
        let has_tokens = host.has_tokens();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let names = Names::new(scheme, &options.hosts, options.public_url.as_deref());
        let names = names.map_err(|(name, why)| ServeError::Name { name, why })?;
        refuse_open(&options, has_tokens)?;
        refuse_public(&options, &names)?;
        let listener = TcpListener::bind(options.listen);
        let listener = listener.map_err(|source| ServeError::Listen { address: options.listen, source })?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        crate::handles::allow(options.max_connections);
        host.warm().map_err(|refusal| ServeError::Workspace(refusal.detail))?;
        let url = options.public_url.clone().unwrap_or_else(|| format!("{scheme}://{address}"));
        let (stop, end) = (CancellationToken::new(), CancellationToken::new());
        let app = App::new(Parts {
            host,
            names,
            rate: options.rate,
            largest_file: options.largest_file,
            timeouts: options.timeouts,
            at_once: AT_ONCE,
            fixtures: options.conformance_fixtures,
            telemetry: options.telemetry,
            stop: stop.clone(),
            end: end.clone(),
        });
        let runtime =
            tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("workroom-serve").build()?;
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        let serving = Serving {
            app,
            tls,
            most_connections: options.max_connections,
            timeouts: options.timeouts,
            stop: stop.clone(),
            end,
        };
        Ok(Self { runtime, listener, address, url, has_tokens, serving, stop })
    }

    /// The address it was given.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as clients write it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether anybody can be let in: there is a token.
    #[must_use]
    pub fn has_tokens(&self) -> bool {
        self.has_tokens
    }

    /// Answers until `stop` becomes true, then lets what runs come to its end and returns. Blocks.
    pub fn run(self, stop: &AtomicBool) {
        let token = self.stop.clone();
        self.runtime.block_on(async {
            let watch = async {
                while !stop.load(Ordering::Relaxed) {
                    tokio::time::sleep(LOOK).await;
                }
                token.cancel();
            };
            tokio::join!(self.serving.run(self.listener), watch);
        });
        // A call into a workspace that still runs is not waited for: what it does is whole or nothing.
        self.runtime.shutdown_timeout(Duration::from_secs(1));
    }
}

/// Refuses to be open to everybody by oversight.
fn refuse_open(options: &ServeOptions, has_tokens: bool) -> Result<(), ServeError> {
    let address = options.listen;
    if address.ip().is_loopback() || options.insecure {
        return Ok(());
    }
    let why = match (&options.tls, options.anonymous, has_tokens) {
        (None, ..) => "there is no TLS",
        (Some(_), Anonymous::Read | Anonymous::Write, _) => "whoever shows no token would be let in",
        (Some(_), Anonymous::None, false) => "there is no token",
        (Some(_), Anonymous::None, true) => return Ok(()),
    };
    Err(ServeError::Open { address, why })
}

/// The same where something on this machine makes it reachable from elsewhere.
fn refuse_public(options: &ServeOptions, names: &Names) -> Result<(), ServeError> {
    let why = match (names.is_public_in_clear(), options.anonymous) {
        _ if options.insecure => return Ok(()),
        (None, _) | (Some(false), Anonymous::None) => return Ok(()),
        (Some(true), _) => "its public address has no TLS",
        (Some(false), Anonymous::Read | Anonymous::Write) => "whoever shows no token would be let in",
    };
    Err(ServeError::Open { address: options.listen, why })
}

fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, ServeError> {
    let unusable = |path: &Path, why: String| ServeError::Tls { path: path.to_path_buf(), why };
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|error| unusable(certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(unusable(certificate, "it holds no certificate".to_owned()));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, error.to_string()))?;
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = builder.with_safe_default_protocol_versions().map(|builder| builder.with_no_client_auth());
    let config = config.and_then(|builder| builder.with_single_cert(chain, private));
    let mut config = config.map_err(|error: rustls::Error| unusable(certificate, error.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
