//! Run and qrels files in the form of TREC, which every scorer reads.
//!
//! Invariant: ids hold no white space (see [`escape`]); a file appears whole or not at all.
//! Not here: reading such files; other tools do.

use crate::publish::publish;
use crate::{Query, Ranking, Result};
use std::path::Path;

/// An id without white space and control characters: these and `%` become `%` and the hexadecimal digits of their UTF-8 bytes.
#[must_use]
pub fn escape(id: &str) -> String {
    let mut out = String::with_capacity(id.len());
    for c in id.chars() {
        if c.is_whitespace() || c.is_control() || c == '%' {
            let mut bytes = [0; 4];
            c.encode_utf8(&mut bytes).bytes().for_each(|byte| out.push_str(&format!("%{byte:02X}")));
        } else {
            out.push(c);
        }
    }
    out
}

/// The id that [`escape`] made `escaped` of; `None` if it cannot have.
#[must_use]
pub fn unescape(escaped: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let byte = match byte {
            b'%' => digit(rest.next()?)? * 16 + digit(rest.next()?)?,
            _ => byte,
        };
        bytes.push(byte);
    }
    String::from_utf8(bytes).ok()
}

/// Writes a run: `query Q0 document rank score tag` a line. The tag names the system; it is escaped as ids are.
///
/// # Errors
/// When the file cannot be written.
pub fn write_run<'a>(
    path: &Path,
    rankings: impl IntoIterator<Item = (&'a Query, &'a Ranking)>,
    tag: &str,
) -> Result<()> {
    let tag = escape(tag);
    let mut text = String::new();
    for (query, ranking) in rankings {
        let query = escape(&query.id);
        for ((document, score), rank) in ranking.iter().zip(1_u32..) {
            text.push_str(&format!("{query} Q0 {} {rank} {score} {tag}\n", escape(document)));
        }
    }
    publish(path, &text)
}

/// Writes the judgments: `query 0 document gain` a line. Queries without a relevant document are left out, as they are from our means.
///
/// # Errors
/// When the file cannot be written.
pub fn write_qrels<'a>(path: &Path, queries: impl IntoIterator<Item = &'a Query>) -> Result<()> {
    let mut text = String::new();
    for query in queries.into_iter().filter(|query| query.counts()) {
        let id = escape(&query.id);
        for (document, gain) in &query.judged {
            text.push_str(&format!("{id} 0 {} {gain}\n", escape(document)));
        }
    }
    publish(path, &text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_are_escaped() {
        for (id, expected) in [
            ("a/b.rs", "a/b.rs"),
            ("a b", "a%20b"),
            ("100%", "100%25"),
            ("\u{3000}\n", "%E3%80%80%0A"),
            ("東京", "東京"),
        ] {
            assert_eq!(escape(id), expected);
        }
        for bad in ["%", "%2", "%zz", "%FF", "%+1"] {
            assert_eq!(unescape(bad), None, "{bad}");
        }
    }

    fn query(id: &str, judged: &[(&str, i32)]) -> Query {
        let judged = judged.iter().map(|(id, gain)| ((*id).to_owned(), *gain)).collect();
        Query { id: id.to_owned(), text: String::new(), scope: None, judged, quote: None }
    }

    #[test]
    fn files_are_what_scorers_read() {
        let dir = tempfile::tempdir().unwrap();
        let (run, qrels) = (dir.path().join("new/x.run"), dir.path().join("x.qrels"));
        let (one, two) = (query("q 1", &[("d 1", 2), ("e", 0)]), query("q2", &[("e", 0)]));
        let ranking = Ranking::of_hits([("e".to_owned(), 0.5), ("d 1".to_owned(), 0.5)]);
        write_run(&run, [(&one, &ranking)], "hybrid student").unwrap();
        write_qrels(&qrels, [&one, &two]).unwrap();
        let read = |path| std::fs::read_to_string(path).unwrap();
        assert_eq!(
            read(&run),
            "q%201 Q0 e 1 0.5 hybrid%20student\nq%201 Q0 d%201 2 0.499999 hybrid%20student\n"
        );
        assert_eq!(read(&qrels), "q%201 0 d%201 2\nq%201 0 e 0\n");
        let error = write_qrels(&run.join("below/a/file"), [&one]).unwrap_err();
        assert!(error.to_string().starts_with("cannot write "), "{error}");
    }

    proptest! {
        #[test]
        fn escaping_can_be_undone(id in any::<String>()) {
            let escaped = escape(&id);
            prop_assert_eq!(escaped.split_whitespace().count(), usize::from(!id.is_empty()));
            prop_assert_eq!(unescape(&escaped), Some(id));
        }
    }
}
