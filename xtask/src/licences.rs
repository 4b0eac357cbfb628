//! `cargo xtask licences`: every dependency's licence is one we may ship under, and each heavy dependency is named by one crate only.
//!
//! Reads `cargo metadata`; a package that does not fit fails the run by name.

use crate::Outcome;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;

/// Licences that ask for no more than notices. One of them must be among a package's choices, or all of them where it says AND.
const ALLOWED: [&str; 17] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0", // file by file: used unchanged
    "NCSA",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "WTFPL",
];

/// A heavy dependency and the crates that may name it.
const WRAPPED: [(&str, &[&str]); 25] = [
    ("tantivy", &["workroom-lexicon", "workroom-benches"]),
    ("fastembed", &["workroom-embed"]),
    ("hnsw_rs", &["workroom-vectors"]),
    ("sled", &["workroom-ledger"]),
    ("notify", &["workroom-watch"]),
    ("ignore", &["workroom-watch"]),
    ("clap", &["workroom-cli"]),
    ("hayro-syntax", &["workroom-pdf"]),
    ("hayro-cmap", &["workroom-pdf"]),
    // Wheels of the Python package index are zip packages too.
    ("zip", &["workroom-package", "workroom-embed"]),
    ("quick-xml", &["workroom-extract", "workroom-package"]),
    ("mail-parser", &["workroom-mail"]),
    ("seccompiler", &["workroom-fence", "workroom-faults"]),
    ("cap-std", &["workroom-files"]),
    ("cap-fs-ext", &["workroom-files"]),
    ("axum", &["workroom-server"]),
    ("rmcp", &["workroom-server"]),
    ("utoipa", &["workroom-server"]),
    ("tokio-rustls", &["workroom-server"]),
    ("governor", &["workroom-server"]),
    ("rustls-native-certs", &["workroom-outbound"]),
    ("ureq", &["workroom-outbound"]),
    ("standardwebhooks", &["workroom-hooks"]),
    ("opentelemetry", &["workroom-telemetry"]),
    ("opentelemetry_sdk", &["workroom-telemetry"]),
];

/// Checks licences and bans.
pub(crate) fn run() -> Outcome {
    let metadata = metadata()?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?;
    let mut wrong = Vec::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let licence = package["license"].as_str().unwrap_or_default();
        if !is_allowed(licence) {
            wrong.push(format!(
                "{name} {} has the licence `{licence}`",
                package["version"].as_str().unwrap_or_default()
            ));
        }
        *counts.entry(licence).or_default() += 1;
        if package["source"].is_null() {
            wrong.extend(misnamed(name, package));
        }
    }
    if !wrong.is_empty() {
        return Err(wrong.join("\n").into());
    }
    println!("licences: {} packages, {} licence expressions, all allowed", packages.len(), counts.len());
    Ok(())
}

fn metadata() -> Result<Value, Box<dyn std::error::Error>> {
    let output =
        Command::new(env!("CARGO")).args(["metadata", "--format-version", "1", "--locked"]).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Reads an SPDX expression without nesting beyond one level of brackets, which is all that occurs; the old `/` means OR.
fn is_allowed(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ").replace(['(', ')'], " ");
    if expression.trim().is_empty() {
        return false;
    }
    let one = |licence: &str| ALLOWED.contains(&licence.trim());
    // `A AND (B OR C)` loses its brackets above; asking that some choice of every AND part is allowed is the same question.
    expression.split(" AND ").all(|part| part.split(" OR ").any(one))
}

/// The heavy dependencies that one of our packages names without being their wrapper.
fn misnamed(name: &str, package: &Value) -> Vec<String> {
    let dependencies = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
    let named = dependencies.iter().filter_map(|dependency| dependency["name"].as_str());
    let wrapped = named.filter_map(|dependency| WRAPPED.iter().find(|(heavy, _)| *heavy == dependency));
    wrapped
        .filter(|(_, wrappers)| !wrappers.contains(&name))
        .map(|(heavy, wrappers)| format!("{name} names {heavy}; only {} may", wrappers.join(", ")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn reads_licence_expressions() {
        for good in [
            "MIT",
            "MIT OR GPL-3.0",
            "MIT/Apache-2.0",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "GPL-2.0 OR BSD-3-Clause",
        ] {
            assert!(is_allowed(good), "{good}");
        }
        for bad in ["", "GPL-3.0-only", "MIT AND GPL-3.0", "AGPL-3.0 OR SSPL-1.0"] {
            assert!(!is_allowed(bad), "{bad}");
        }
    }
}
