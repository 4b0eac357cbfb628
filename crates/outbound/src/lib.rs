//! Requests to servers elsewhere, as all who make them make them.
//!
//! Invariant: a request goes where it was meant to go, with its headers, and nowhere else: no redirect is followed, and no proxy is taken from the
//! environment. What a status means is for whoever asks.
//! Not here: to which addresses anything is sent, how long it may take, what is said.
//!
//! [`config`] is where each client begins; it adds its deadlines, and makes its [`Agent`]. The types of the HTTP library that a client needs are
//! named here, so that none names the library itself.

pub use ureq::unversioned::{resolver, transport};
pub use ureq::{Agent, Body, Error, config, http};

use ureq::config::ConfigBuilder;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::typestate::AgentScope;

/// What the program calls itself.
const USER_AGENT: &str = concat!("workroom/", env!("CARGO_PKG_VERSION"));

/// The settings of an [`Agent`] for requests to `url`, without deadlines.
pub fn config(url: &str) -> ConfigBuilder<AgentScope> {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent(USER_AGENT)
        .tls_config(TlsConfig::builder().root_certs(roots(url)).build())
}

/// Whom to trust: the certificates of the system, so that one's own count too; those of browsers where a system has none, as in a bare container.
fn roots(url: &str) -> RootCerts {
    if !url.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:")) {
        // Nobody is asked for one.
        return RootCerts::WebPki;
    }
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::debug!(%error, "a certificate of the system is left out");
    }
    if found.certs.is_empty() {
        return RootCerts::WebPki;
    }
    RootCerts::from(found.certs.iter().map(|der| Certificate::from_der(der.as_ref()).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    /// What an agent makes of an answer, and the request that it made.
    fn asked(answer: &'static str) -> (u16, Vec<String>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}/first", listener.local_addr().unwrap());
        let served = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let head = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let head: Vec<String> = head.take_while(|line| !line.is_empty()).collect();
            (&stream).write_all(answer.as_bytes()).unwrap();
            head
        });
        let answered = config(&url).build().new_agent().get(&url).call().unwrap();
        (answered.status().as_u16(), served.join().unwrap())
    }

    #[test]
    fn a_request_goes_where_it_was_meant_to_go_and_its_status_is_told() {
        let check = |answer: &'static str, status: u16| {
            let (found, head) = asked(answer);
            assert_eq!((found, head[0].as_str()), (status, "GET /first HTTP/1.1"), "{head:?}");
            assert!(head.iter().any(|line| line.eq_ignore_ascii_case(&format!("user-agent: {USER_AGENT}"))));
        };
        check("HTTP/1.1 204 x\r\nconnection: close\r\n\r\n", 204);
        check("HTTP/1.1 302 x\r\nlocation: /second\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", 302);
        check("HTTP/1.1 500 x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", 500);
    }

    #[test]
    fn only_a_server_with_tls_needs_somebody_to_vouch_for_it() {
        for plain in ["http://a.example/", "http://https:/", "", "httpsé"] {
            assert!(matches!(roots(plain), RootCerts::WebPki), "{plain}");
        }
        let found = !rustls_native_certs::load_native_certs().certs.is_empty();
        for tls in ["https://a.example/", "HTTPS://a.example/"] {
            assert_eq!(matches!(roots(tls), RootCerts::Specific(_)), found, "{tls}");
        }
    }

    #[test]
    fn no_proxy_is_taken_from_the_environment() {
        assert!(config("http://a.example/").build().proxy().is_none());
    }
}
