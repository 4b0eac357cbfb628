//! The endpoint: one address, asked over HTTP or HTTPS.
//!
//! Invariant: nothing is sent elsewhere than to that address: redirects are not followed, and no proxy is taken from the environment. The key
//! goes into one header and nowhere else. A request ends by itself after its time.
//! Not here: what is sent (`prompt`), how the answer is read (`stream`).

use crate::error::{Error, Failure, Result};
use crate::stream::{self, Broken, Completion, Ear, shortened};
use outbound::http::{StatusCode, Uri};
use outbound::{Agent, Body};
use serde_json::Value;
use std::io::Read;
use std::time::Duration;

/// A connection is made within so long, or not at all.
const CONNECT: Duration = Duration::from_secs(10);
/// Bytes of a refusal that are read.
const REFUSAL: u64 = 64 << 10;

/// Where a model answers.
pub(crate) struct Endpoint {
    agent: Agent,
    url: String,
    key: Option<String>,
}

impl Endpoint {
    /// An endpoint, without asking it anything yet.
    pub(crate) fn new(url: &str, key: Option<String>, timeout: Duration) -> Result<Self> {
        let key = key.map(|key| key.trim().to_owned()).filter(|key| !key.is_empty());
        if key.as_ref().is_some_and(|key| !key.bytes().all(|byte| byte.is_ascii_graphic())) {
            let detail = "the key of the language model holds characters that a header cannot carry";
            return Err(Error::new(Failure::Setting, detail, "the key is one line without spaces"));
        }
        let url = address(url)?;
        let config = outbound::config(&url);
        let config = config.timeout_connect(Some(CONNECT.min(timeout))).timeout_global(Some(timeout));
        Ok(Self { agent: config.build().new_agent(), url, key })
    }

    /// Has a model go on from messages. What it says is heard piece by piece; the whole is returned.
    pub(crate) fn complete(&self, model: &str, messages: &Value, ear: &mut Ear<'_>) -> Result<Completion> {
        let mut request =
            serde_json::json!({"model": model, "messages": messages, "stream": true, "temperature": 0});
        match self.ask(&request, ear) {
            // Some models take no other temperature than their own.
            Err(Refused::Status(StatusCode::BAD_REQUEST, said)) if said.contains("temperature") => {
                if let Some(request) = request.as_object_mut() {
                    request.remove("temperature");
                }
                self.ask(&request, ear)
            }
            answered => answered,
        }
        .map_err(|refused| self.error(refused).without(self.key.as_deref()))
    }

    fn ask(&self, request: &Value, ear: &mut Ear<'_>) -> std::result::Result<Completion, Refused> {
        let mut post = self.agent.post(&self.url).header("Accept", "text/event-stream, application/json");
        post = post.header("Content-Type", "application/json");
        if let Some(key) = &self.key {
            post = post.header("Authorization", format!("Bearer {key}"));
        }
        let response = post.send(request.to_string().as_bytes())?;
        let (head, body) = response.into_parts();
        if !head.status.is_success() {
            return Err(Refused::Status(head.status, refusal(body)));
        }
        stream::read(body.into_reader(), ear).map_err(|broken| match broken {
            Broken::Error(error) => Refused::Answer(error),
            Broken::Io(error) => match outbound::Error::from(error) {
                slow @ outbound::Error::Timeout(_) => Refused::Connection(slow),
                broken => Refused::Broken(broken),
            },
        })
    }

    fn error(&self, refused: Refused) -> Error {
        let url = &self.url;
        match refused {
            Refused::Answer(error) => error,
            Refused::Status(status, said) => {
                let said = if said.is_empty() { String::new() } else { format!(": {}", shortened(&said)) };
                let detail = format!("the language model at {url} refused with {}{said}", status.as_u16());
                Error::new(Failure::Refused, detail, hint_for(status))
            }
            Refused::Connection(outbound::Error::Timeout(timeout)) => {
                let hint = "a smaller model or budget is quicker; `--llm-seconds` waits longer";
                Error::new(
                    Failure::Slow,
                    format!("the language model at {url} took too long ({timeout})"),
                    hint,
                )
            }
            Refused::Connection(error) => {
                let hint = "check the address, and that the endpoint runs; a certificate that the system does not trust can be named by SSL_CERT_FILE";
                Error::new(
                    Failure::Unreachable,
                    format!("the language model at {url} cannot be reached: {error}"),
                    hint,
                )
            }
            Refused::Broken(error) => {
                let detail = format!("the language model at {url} broke off its answer: {error}");
                Error::new(Failure::CutOff, detail, "ask again; the endpoint's own log says more")
            }
        }
    }
}

/// Why there is no answer.
enum Refused {
    Connection(outbound::Error),
    Broken(outbound::Error),
    Status(StatusCode, String),
    Answer(Error),
}

impl From<outbound::Error> for Refused {
    fn from(error: outbound::Error) -> Self {
        Self::Connection(error)
    }
}

fn hint_for(status: StatusCode) -> &'static str {
    match status.as_u16() {
        300..=399 => "redirects are not followed: give the address that it leads to",
        401 | 403 => "check the key: `--llm-key-file`, or WORKROOM_LLM_KEY",
        404 | 405 => "check the address (`/chat/completions` is put behind it) and the model's name",
        413 => "the passages are too many for the model: a smaller budget helps",
        429 => "too much is asked of it: try again later",
        400..=499 => "check the model's name, and that it is one for chat",
        _ => "the endpoint's own log says more",
    }
}

/// What an endpoint says of its refusal.
fn refusal(body: Body) -> String {
    let mut bytes = Vec::new();
    // What cannot be read any more is left out: the status says the most.
    drop(body.into_reader().take(REFUSAL).read_to_end(&mut bytes));
    let text = String::from_utf8_lossy(&bytes).into_owned();
    serde_json::from_str(&text).ok().and_then(|json: Value| stream::message(&json)).unwrap_or(text)
}

/// The address that is asked. A bare host gets the usual `/v1`; what ends in `/chat/completions` is taken as it is.
fn address(given: &str) -> Result<String> {
    let wrong = |why: &str| {
        let hint = "such as http://127.0.0.1:11434 (`/v1/chat/completions` is put behind it) or https://llm.example/v1";
        Error::new(Failure::Setting, format!("`{given}` is no address of a language model: {why}"), hint)
    };
    // What stands before an @ may be a secret.
    if given.contains('@') {
        let hint = "give the key by `--llm-key-file` or WORKROOM_LLM_KEY";
        return Err(Error::new(
            Failure::Setting,
            "the address of a language model must hold no name and no password",
            hint,
        ));
    }
    let uri: Uri = given.trim().parse().map_err(|_| wrong("it is no URL"))?;
    let (Some(scheme @ ("http" | "https")), Some(host)) = (uri.scheme_str(), uri.authority()) else {
        return Err(wrong("it does not begin with http:// or https://"));
    };
    let path = uri.path().trim_end_matches('/');
    let path = match path {
        "" => "/v1/chat/completions".to_owned(),
        whole if whole.ends_with("/chat/completions") => whole.to_owned(),
        base => format!("{base}/chat/completions"),
    };
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    Ok(format!("{scheme}://{host}{path}{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_completed() {
        let check =
            |given: &str, expected: &str| assert_eq!(address(given).as_deref(), Ok(expected), "{given}");
        check("http://127.0.0.1:11434", "http://127.0.0.1:11434/v1/chat/completions");
        check("http://127.0.0.1:11434/", "http://127.0.0.1:11434/v1/chat/completions");
        check(" https://llm.example/v1/ ", "https://llm.example/v1/chat/completions");
        check("https://llm.example/openai/v1", "https://llm.example/openai/v1/chat/completions");
        check("https://llm.example/v1/chat/completions", "https://llm.example/v1/chat/completions");
        check("https://x.example/d?api-version=1", "https://x.example/d/chat/completions?api-version=1");
    }

    #[test]
    fn an_address_that_is_none_is_refused_without_its_secret() {
        for given in
            ["", "llm.example", "ftp://llm.example", "/v1", "http://", "https://bob:geheim@llm.example/v1"]
        {
            let error = address(given).unwrap_err();
            assert_eq!(error.failure(), Failure::Setting, "{given}");
            assert!(!error.to_string().contains("geheim") && !error.hint().is_empty(), "{error}");
        }
    }

    #[test]
    fn a_key_is_one_line_and_never_told() {
        let made = |key: &str| Endpoint::new("http://127.0.0.1:9", Some(key.to_owned()), CONNECT);
        assert!(made("sk-abc\n").is_ok());
        let error = made("sk-abc\nsecond").err().unwrap();
        assert!(!error.to_string().contains("abc"), "{error}");
    }
}
