//! The collector of traces that the command line and OpenTelemetry's own variables name.
//!
//! Invariant: nothing is sent anywhere unless one of them names a collector. Keys come from the environment alone.

use crate::args::Otlp;
use crate::failure::Failure;
use std::time::Duration;
use telemetry::{Settings, Telemetry};

/// The path that takes traces, below a collector's address.
const TRACES: &str = "/v1/traces";

/// Where spans go, if anywhere.
pub(crate) fn telemetry(options: &Otlp) -> Result<Option<Telemetry>, Failure> {
    let settings = settings(options, &|name| std::env::var(name).ok())?;
    settings.map(Telemetry::start).transpose().map_err(Failure::Otlp)
}

type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads the variables of <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>.
fn settings(options: &Otlp, environment: Environment<'_>) -> Result<Option<Settings>, Failure> {
    let set = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
    let of_traces = |name: &str| {
        set(&format!("OTEL_EXPORTER_OTLP_TRACES_{name}"))
            .or_else(|| set(&format!("OTEL_EXPORTER_OTLP_{name}")))
    };
    let Some(endpoint) = options.otlp_endpoint.as_deref().map(below).or_else(|| endpoint(&set)) else {
        return Ok(None);
    };
    if options.otlp_endpoint.is_none() {
        // Variables that are set for all programs, and say that none is to be traced or by what is not spoken here.
        let is_off = |name: &str, value: &str| set(name).is_some_and(|set| set.eq_ignore_ascii_case(value));
        if is_off("OTEL_SDK_DISABLED", "true") || is_off("OTEL_TRACES_EXPORTER", "none") {
            return Ok(None);
        }
        if of_traces("PROTOCOL").is_some_and(|protocol| protocol == "grpc") {
            tracing::error!(
                "no spans are sent: OTEL_EXPORTER_OTLP_PROTOCOL is `grpc`, and only `http/protobuf` is spoken"
            );
            return Ok(None);
        }
    }
    let defaults = Settings::new(endpoint);
    Ok(Some(Settings {
        headers: pairs("OTEL_EXPORTER_OTLP_HEADERS", &of_traces("HEADERS").unwrap_or_default())?,
        service: set("OTEL_SERVICE_NAME").unwrap_or_else(|| defaults.service.clone()),
        attributes: pairs("OTEL_RESOURCE_ATTRIBUTES", &set("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default())?,
        content: options.otlp_content,
        timeout: of_traces("TIMEOUT").map_or(Ok(defaults.timeout), |value| milliseconds(&value))?,
        ..defaults
    }))
}

/// That of traces is taken as it is; the one of all signals has a path for each below it.
fn endpoint(set: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let all = || set("OTEL_EXPORTER_OTLP_ENDPOINT").as_deref().map(below);
    set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").or_else(all)
}

fn below(address: &str) -> String {
    let address = address.trim().trim_end_matches('/');
    if address.ends_with(TRACES) { address.to_owned() } else { format!("{address}{TRACES}") }
}

/// `name=value,name=value`, percent-encoded. The text may hold a key, so it is not told.
fn pairs(variable: &str, text: &str) -> Result<Vec<(String, String)>, Failure> {
    let pair = |part: &str| {
        let (name, value) = part.split_once('=')?;
        Some((name.trim().to_owned(), decoded(value.trim())?))
    };
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let pairs = parts.map(pair).collect::<Option<Vec<_>>>();
    pairs.ok_or_else(|| unusable(variable, "`name=value,name=value`, with %20 for a space"))
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        decoded.push(if byte == b'%' { u8::try_from(digit()? * 16 + digit()?).ok()? } else { byte });
    }
    String::from_utf8(decoded).ok()
}

fn milliseconds(text: &str) -> Result<Duration, Failure> {
    let number = text.trim().parse().ok().filter(|&number| number > 0);
    number
        .map(Duration::from_millis)
        .ok_or_else(|| unusable("OTEL_EXPORTER_OTLP_TIMEOUT", "a number of milliseconds"))
}

fn unusable(variable: &str, form: &str) -> Failure {
    Failure::Usage { message: format!("{variable} cannot be understood"), hint: format!("it is {form}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(endpoint: Option<&str>, environment: &[(&str, &str)]) -> Result<Option<Settings>, Failure> {
        let options = Otlp { otlp_endpoint: endpoint.map(str::to_owned), otlp_content: false };
        let get = |name: &str| {
            environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        settings(&options, &get)
    }

    #[test]
    fn the_collector_is_the_one_that_is_named() {
        let check = |flag: Option<&str>, environment: &[(&str, &str)], expected: Option<&str>| {
            let found = read(flag, environment).unwrap().map(|settings| settings.endpoint);
            assert_eq!(found.as_deref(), expected, "{flag:?} {environment:?}");
        };
        let (all, traces) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        check(None, &[], None);
        check(None, &[(all, " ")], None);
        check(Some("http://a:4318"), &[(all, "http://b")], Some("http://a:4318/v1/traces"));
        check(Some("http://a:4318/v1/traces"), &[], Some("http://a:4318/v1/traces"));
        check(None, &[(all, "http://b/otlp/")], Some("http://b/otlp/v1/traces"));
        check(None, &[(all, "http://b"), (traces, "http://c/in")], Some("http://c/in"));
        // What is set for all programs holds for this one, unless it is told otherwise.
        check(None, &[(all, "http://b"), ("OTEL_SDK_DISABLED", "TRUE")], None);
        check(None, &[(all, "http://b"), ("OTEL_TRACES_EXPORTER", "none")], None);
        check(None, &[(all, "http://b"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")], None);
        check(Some("http://a"), &[("OTEL_SDK_DISABLED", "true")], Some("http://a/v1/traces"));
    }

    #[test]
    fn headers_and_names_are_read() {
        let settings = read(
            Some("http://a"),
            &[
                ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20k=1, x-a=b,"),
                ("OTEL_SERVICE_NAME", "library"),
                ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=home"),
                ("OTEL_EXPORTER_OTLP_TIMEOUT", "250"),
            ],
        );
        let settings = settings.unwrap().unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(settings.headers, [pair("authorization", "Bearer k=1"), pair("x-a", "b")]);
        assert_eq!(settings.attributes, [pair("deployment.environment.name", "home")]);
        assert_eq!((settings.service.as_str(), settings.timeout.as_millis()), ("library", 250));
        for (name, value) in [
            ("OTEL_EXPORTER_OTLP_HEADERS", "secret"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=%zz"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
        ] {
            let refused = format!("{:?}", read(Some("http://a"), &[(name, value)]).unwrap_err());
            assert!(refused.contains(name) && !refused.contains(value), "{refused}");
        }
    }
}
