//! TLS, with certificates made here.

use crate::client::{PATIENCE, Request, connect, exchange, read_answer};
use crate::served::{FILES, Running};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};
use workroom_server::{ServeError, ServeOptions, Served, Server, Timeouts};

/// A certificate of this machine's name and its key, as files.
struct Pair {
    folder: TempDir,
}

impl Pair {
    fn new() -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("cert.pem"), cert.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), signing_key.serialize_pem()).unwrap();
        Self { folder }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn files(&self) -> Option<(PathBuf, PathBuf)> {
        Some((self.at("cert.pem"), self.at("key.pem")))
    }
}

fn serve(pair: &Pair) -> Running {
    let timeouts = Timeouts { handshake: Duration::from_secs(1), ..Timeouts::default() };
    Running::with(&FILES, |options| ServeOptions { tls: pair.files(), timeouts, ..options })
}

/// What a client that trusts this certificate is answered.
fn ask(
    server: &Running,
    trusted: &Path,
    version: &'static SupportedProtocolVersion,
    request: &Request,
) -> std::io::Result<Vec<u8>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(trusted).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_protocol_versions(&[version]).unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(client, connect(server.address));
    stream.write_all(&request.written(server.address))?;
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}

#[test]
fn requests_go_through_it() {
    let pair = Pair::new();
    let server = serve(&pair);
    let token = server.admin();
    for version in [&TLS12, &TLS13] {
        let file = server.request(&token, "GET", "/file?path=log.txt");
        let answer = read_answer(&ask(&server, &pair.at("cert.pem"), version, &file).unwrap(), false);
        assert_eq!((answer.status, answer.text().as_str()), (200, "first line\n"));
    }
    let nobody = Request::new("GET", "/v1/workspaces/mill");
    let answer = read_answer(&ask(&server, &pair.at("cert.pem"), &TLS13, &nobody).unwrap(), false);
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.contains("resource_metadata=\"https://"), "{challenge}");
    // A page of the same place without TLS is another's.
    let page = server.request(&token, "GET", "").header("Origin", format!("http://{}", server.address));
    assert_eq!(read_answer(&ask(&server, &pair.at("cert.pem"), &TLS13, &page).unwrap(), false).status, 403);
    let refused = ask(&server, &Pair::new().at("cert.pem"), &TLS13, &nobody).unwrap_err();
    assert!(refused.to_string().contains("certificate"), "{refused}");
}

#[test]
fn what_is_no_tls_is_told_nothing_and_not_waited_for() {
    let pair = Pair::new();
    let server = serve(&pair);
    for said in [
        &b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"[..],
        b"SSH-2.0-x\r\n",
        b"\x16\x03\x01\xff\xff",
        b"\x16\x03\x01\x00\x05\x01\x00",
        b"",
        &[0; 4096],
    ] {
        let begun = Instant::now();
        let answer = exchange(server.address, said);
        assert!(!String::from_utf8_lossy(&answer).contains("HTTP"), "{answer:?}");
        assert!(begun.elapsed() < PATIENCE / 2, "{said:?} is waited for");
    }
    let request = Request::new("GET", "/healthz");
    let answer = ask(&server, &pair.at("cert.pem"), &TLS13, &request).unwrap();
    assert_eq!(read_answer(&answer, false).status, 200);
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let (pair, other) = (Pair::new(), Pair::new());
    let write = |name: &str, text: &str| {
        std::fs::write(pair.at(name), text).unwrap();
        pair.at(name)
    };
    let (cert, key) = (pair.at("cert.pem"), pair.at("key.pem"));
    let empty = write("empty.pem", "");
    let nonsense =
        write("nonsense.pem", "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n");
    let text = write("text.pem", "no key at all");
    let absent = pair.at("absent.pem");
    let folder = tempfile::tempdir().unwrap();
    workroom::Workspace::init(folder.path()).unwrap();
    let check = |certificate: &Path, key: &Path, named: &Path| {
        let open = Arc::new(|_: &Path| workroom::OpenOptions::default());
        let options = ServeOptions::new(Served::Folder(folder.path().to_path_buf()), open);
        let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let tls = Some((certificate.to_path_buf(), key.to_path_buf()));
        let refused = Server::bind(ServeOptions { tls, listen, ..options }).err();
        let refused =
            refused.unwrap_or_else(|| panic!("{} and {} are used", certificate.display(), key.display()));
        assert!(matches!(&refused, ServeError::Tls { path, .. } if path == named), "{refused}");
        assert!(
            refused.to_string().contains(&*named.to_string_lossy()) && refused.hint().contains("PEM"),
            "{refused}"
        );
    };
    check(&absent, &key, &absent);
    check(&cert, &absent, &absent);
    check(&empty, &key, &empty);
    check(&cert, &empty, &empty);
    check(&nonsense, &key, &nonsense);
    check(&cert, &text, &text);
    check(&key, &key, &key);
    check(&cert, &cert, &cert);
    // The key of another certificate.
    check(&cert, &other.at("key.pem"), &cert);
}
