//! A parsed file in lines: its text, then each part with its size and its text or reason.

use corpus::Document;
use extract::Skip;
use fence::Parsed;

pub(crate) fn tell(parsed: &Result<Parsed, Skip>) -> String {
    let parsed = match parsed {
        Ok(parsed) => parsed,
        Err(reason) => return format!("! {reason}\n"),
    };
    let mut told = parsed.document.text.clone();
    for part in &parsed.parts {
        told += &format!("== {}, {} bytes\n{}", part.name, part.size, outcome(&part.outcome));
    }
    told
}

fn outcome(outcome: &Result<Document, Skip>) -> String {
    match outcome {
        Ok(document) => document.text.clone(),
        Err(reason) => format!("! {reason}\n"),
    }
}
