//! Which collector, and as whom.

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use outbound::http::{HeaderName, HeaderValue, Uri};
use std::fmt;
use std::time::Duration;

/// Which collector, and as whom.
#[derive(Clone)]
pub struct Settings {
    /// The address that takes traces, such as `http://127.0.0.1:4318/v1/traces`.
    pub endpoint: String,
    /// Headers of every request, such as a key.
    pub headers: Vec<(String, String)>,
    /// What the service is called.
    pub service: String,
    /// The version of the program.
    pub version: String,
    /// What else is said of the service.
    pub attributes: Vec<(String, String)>,
    /// Whether spans may hold text of queries and documents.
    pub content: bool,
    /// How long a request may take.
    pub timeout: Duration,
    /// How long after a request that failed the batch is sent again; then twice as long.
    pub pause: Duration,
}

/// Headers may hold keys.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// Why no collector can be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Its address is none.
    #[error("`{endpoint}` is no collector's address: {why}")]
    Endpoint {
        /// The address.
        endpoint: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A header cannot be sent. Its value is not told: it may be a key.
    #[error("the header `{name}` for the collector cannot be sent: {why}")]
    Header {
        /// Its name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl Error {
    /// What can be done about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Endpoint { .. } => {
                "it looks like `http://127.0.0.1:4318`; keys go into OTEL_EXPORTER_OTLP_HEADERS"
            }
            Self::Header { .. } => {
                "OTEL_EXPORTER_OTLP_HEADERS is `name=value,name=value`, with %20 for a space"
            }
        }
    }
}

impl Settings {
    /// For the collector at `endpoint`, without text of queries and documents.
    #[must_use]
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            headers: Vec::new(),
            service: "workroom".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            attributes: Vec::new(),
            content: false,
            timeout: Duration::from_secs(10),
            pause: Duration::from_secs(1),
        }
    }

    /// What every span's process is.
    pub(crate) fn resource(&self) -> Resource {
        let said = self.attributes.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        Resource::builder_empty()
            .with_attributes(said)
            .with_service_name(self.service.clone())
            .with_attribute(KeyValue::new("service.version", self.version.clone()))
            .build()
    }

    /// The address, if it is one.
    pub(crate) fn uri(&self) -> Result<Uri, Error> {
        // Whoever writes a key into the address would find it in a log.
        let shown = || match self.endpoint.rsplit_once('@') {
            Some((_, rest)) => format!("...@{rest}"),
            None => self.endpoint.clone(),
        };
        let wrong = |why| Error::Endpoint { endpoint: shown(), why };
        let uri: Uri = self.endpoint.parse().map_err(|_| wrong("it is no URL"))?;
        let authority = uri.authority().ok_or_else(|| wrong("it names no host"))?;
        match uri.scheme_str() {
            Some("http" | "https") if authority.as_str().contains('@') => {
                Err(wrong("it holds a user or a key"))
            }
            Some("http" | "https") => Ok(uri),
            _ => Err(wrong("it is neither http nor https")),
        }
    }

    /// The headers, if they can be sent.
    pub(crate) fn header_values(&self) -> Result<Vec<(HeaderName, HeaderValue)>, Error> {
        let header = |(name, value): &(String, String)| {
            let wrong = |why| Error::Header { name: name.clone(), why };
            let key = HeaderName::try_from(name.as_str()).map_err(|_| wrong("it is no header's name"))?;
            let mut value = HeaderValue::try_from(value.as_str())
                .map_err(|_| wrong("its value holds control characters"))?;
            value.set_sensitive(true);
            Ok((key, value))
        };
        self.headers.iter().map(header).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_asked_is_refused_without_telling_keys() {
        let check = |endpoint: &str, expected: Result<(), &str>| {
            let found = Settings::new(endpoint).uri().map(drop);
            assert_eq!(found.map_err(|error| error.to_string()), expected.map_err(str::to_owned));
        };
        check("http://127.0.0.1:4318/v1/traces", Ok(()));
        check("https://collector.example", Ok(()));
        check(
            "collector.example",
            Err("`collector.example` is no collector's address: it is neither http nor https"),
        );
        check("ftp://a/", Err("`ftp://a/` is no collector's address: it is neither http nor https"));
        check("http://", Err("`http://` is no collector's address: it is no URL"));
        check(
            "https://a:key@b.example/",
            Err("`...@b.example/` is no collector's address: it holds a user or a key"),
        );
        let settings =
            Settings { headers: vec![("x-key".into(), "secret\n".into())], ..Settings::new("http://a") };
        let error = settings.header_values().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the header `x-key` for the collector cannot be sent: its value holds control characters"
        );
        assert!(!format!("{settings:?} {error:?}").contains("secret"));
    }
}
