//! What each mistake in a set is called.

use crate::{folder, read};

const CORPUS: &str = "{\"_id\": \"d1\", \"text\": \"x\", \"metadata\": {\"room\": \"r\"}}\n";
const QUERIES: &str = "{\"_id\": \"q1\", \"text\": \"x\", \"metadata\": {\"room\": \"r\"}}\n";
const JUDGMENTS: &str = "query-id\tcorpus-id\tscore\nq1\td1\t1\n";

/// The mistake in a good set of which one file is exchanged for another, or left out.
fn beir(path: &str, text: Option<&str>) -> String {
    let mut files = vec![("corpus.jsonl", CORPUS), ("queries.jsonl", QUERIES), ("qrels/test.tsv", JUDGMENTS)];
    files.retain(|(known, _)| *known != path);
    files.extend(text.map(|text| (path, text)));
    read(&folder(&files), ".", None).unwrap_err()
}

#[test]
fn in_beir_folders() {
    let twice = format!("{CORPUS}{CORPUS}");
    let asked_twice = format!("{QUERIES}\n{QUERIES}");
    let judged = |lines: &str| beir("qrels/test.tsv", Some(&format!("query-id\tcorpus-id\tscore\n{lines}")));
    let all = [
        beir("corpus.jsonl", Some("")),
        beir("corpus.jsonl", Some("{\"_id\": \"d1\", \"text\": \"x\"}\n{\"_id\": \"d2\", \"text\": \"y\n")),
        beir("corpus.jsonl", Some("{\"text\": \"x\"}\n")),
        beir("corpus.jsonl", Some("{\"_id\": \"\", \"text\": \"x\"}\n")),
        beir("corpus.jsonl", Some("{\"_id\": \"d1\"}\n")),
        beir("corpus.jsonl", Some("{\"_id\": \"d1\", \"text\": 5}\n")),
        beir("corpus.jsonl", Some("[1]\n")),
        beir("corpus.jsonl", Some(&twice)),
        beir("queries.jsonl", Some(&asked_twice)),
        beir("queries.jsonl", Some("{\"_id\": \"q1\"}\n")),
        beir("queries.jsonl", None),
        beir("qrels/test.tsv", None),
        beir("qrels/test.tsv", Some("q1\td1\t1\n")),
        judged("q1\td1\n"),
        judged("q1 0 d1 1\n"),
        judged("q1\td1\thigh\n"),
        judged("q1\td1\t1.5\n"),
        judged("q9\td1\t1\n"),
        judged("q1\td1\t1\nq1\td1\t0\n"),
        judged(""),
        judged("q1\td1\t0\n"),
        beir("SOURCE.json", Some("{\n\"scope\": \"own room\"}")),
        beir("SOURCE.json", Some("{\"scope\": ")),
        beir("SOURCE.json", Some("{\"scope\": \"by metadata.conv\"}")),
    ];
    insta::assert_snapshot!(all.join("\n"), @"");
}

#[test]
fn that_are_no_text() {
    let dir = folder(&[("queries.jsonl", QUERIES), ("qrels/test.tsv", JUDGMENTS)]);
    std::fs::write(dir.path().join("sets/corpus.jsonl"), b"{\"_id\": \"d1\", \"text\": \"x\"}\n\xff\xfe\n")
        .unwrap();
    assert_eq!(read(&dir, ".", None).unwrap_err(), "corpus.jsonl:2: the line is not UTF-8");
}

#[test]
fn in_golden_files() {
    let golden = |line: &str| {
        let dir = folder(&[
            ("g.jsonl", &format!("{{\"question\": \"x\", \"path\": \"a.md\"}}\n{line}\n")),
            ("a.md", "x"),
        ]);
        read(&dir, ".", None).unwrap_err()
    };
    let none = |lines: &str, files: &[(&str, &str)]| {
        let all: Vec<(&str, &str)> = [("g.jsonl", lines)].iter().chain(files).copied().collect();
        read(&folder(&all), ".", None).unwrap_err()
    };
    let all = [
        golden("{\"question\": \"x\", \"path\": \"b.md\"}"),
        golden("{\"question\": \"x\"}"),
        golden("{\"question\": \"x\", \"path\": \"a.md\", \"paths\": []}"),
        golden("{\"path\": \"a.md\"}"),
        golden("{\"id\": \"q1\", \"question\": \"x\", \"path\": \"a.md\"}"),
        golden("nonsense"),
        none("{\"question\": \"x\", \"paths\": []}\n", &[("a.md", "x")]),
        none("{\"question\": \"x\", \"paths\": []}\n", &[]),
    ];
    insta::assert_snapshot!(all.join("\n"), @"");
}

#[test]
fn in_ragas_and_deepeval_files() {
    let file = |text: &str| read(&folder(&[("f.jsonl", text)]), "f.jsonl", None).unwrap_err();
    let all = [
        file("{\"user_input\": \"x\", \"reference_contexts\": [\"a\"]}\n{\"user_input\": [\"turn\"]}\n"),
        file("{\"user_input\": \"x\", \"reference_contexts\": \"a\"}\n"),
        file("{\"user_input\": \"x\", \"retrieved_contexts\": [\"a\"]}\n"),
        file("{\"user_input\": \"x\"}\n"),
        file("{\"input\": \"x\", \"context\": [3]}\n"),
        file("{\"input\": \"x\", \"context\": [\"a\"]}\n{\"inptu\": \"x\"}\n"),
        file("{\"unknown\": 1}\n"),
        file(""),
        file("{\"user_input\": \n"),
    ];
    insta::assert_snapshot!(all.join("\n"), @"");
}

#[test]
fn in_the_path() {
    let dir = folder(&[("a/readme.md", "x")]);
    assert_eq!(read(&dir, "a", None).unwrap_err(), "a holds no test set");
    assert_eq!(read(&dir, "b", None).unwrap_err(), "cannot read b: No such file or directory (os error 2)");
}
