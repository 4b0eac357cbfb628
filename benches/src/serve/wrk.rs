//! The same search by `wrk`, a load generator of others: an independent look at throughput and latency.

use super::client::Service;
use super::load::body;
use crate::Failure;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Has `wrk` search for `time` over that many connections. What it cannot do is said, and costs only its figures.
pub(super) fn run(
    service: &Service,
    queries: &[String],
    connections: usize,
    time: Duration,
) -> Result<Value, Failure> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/search.lua");
    let bodies = tempfile::NamedTempFile::new()?;
    let lines: Vec<Vec<u8>> = queries.iter().map(|query| body(query)).collect();
    std::fs::write(bodies.path(), lines.join(&b'\n'))?;
    let output = Command::new("wrk")
        .args(["-t1", "--latency", &format!("-c{connections}"), &format!("-d{}s", time.as_secs().max(1))])
        .arg("-s")
        .arg(script)
        .arg(format!("http://{}{}/search", service.address, service.below))
        .env("WORKROOM_TOKEN", &service.token)
        .env("WORKROOM_BODIES", bodies.path())
        .output();
    let output = match output {
        Ok(output) if output.status.success() => output,
        Ok(output) => return Err(String::from_utf8_lossy(&output.stderr).into()),
        Err(error) => {
            println!("  wrk is not to be had ({error}): its figures are missing");
            return Ok(Value::Null);
        }
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| tells(line)).collect();
    lines.iter().for_each(|line| println!("  {line}"));
    Ok(json!(lines))
}

/// Whether a line of its report is one that counts.
fn tells(line: &str) -> bool {
    let starts = ["50%", "75%", "90%", "99%", "Requests/sec", "Non-2xx", "Socket errors"];
    starts.iter().any(|start| line.starts_with(start)) || line.contains(" requests in ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_is_kept() {
        let report = [
            ("Running 30s test @ http://127.0.0.1:1/", false),
            ("99%   20.00ms", true),
            ("2500 requests in 30.00s, 20MB read", true),
            ("Requests/sec:   1234.56", true),
            ("Non-2xx or 3xx responses: 3", true),
            ("Socket errors: connect 0, read 0, write 0, timeout 2", true),
            ("Transfer/sec:      1.00MB", false),
        ];
        for (line, expected) in report {
            assert_eq!(tells(line), expected, "{line}");
        }
    }
}
