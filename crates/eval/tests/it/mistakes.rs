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
        beir("corpus.jsonl", Some("{\"_id\": [], \"text\": \"x\"}\n")),
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
    insta::assert_snapshot!(all.join("\n"), @r#"
    corpus.jsonl: the collection is empty
    corpus.jsonl:2: column 24: EOF while parsing a string
    corpus.jsonl:1: missing field `_id`
    corpus.jsonl:1: the id is empty
    corpus.jsonl:1: no `text`
    corpus.jsonl:1: invalid type: integer `5`, expected a string
    corpus.jsonl:1: invalid length 2, expected an object with `_id` and `text`
    corpus.jsonl:1: an id is neither a text nor a number
    corpus.jsonl:2: the id `d1` occurs a second time
    queries.jsonl:3: the id `q1` occurs a second time
    queries.jsonl:1: no `text`
    cannot read queries.jsonl: No such file or directory (os error 2)
    cannot read qrels/test.tsv: No such file or directory (os error 2)
    qrels/test.tsv:1: the header is not query-id, corpus-id, score
    qrels/test.tsv:2: 2 columns instead of query-id, corpus-id, score
    qrels/test.tsv:2: 1 columns instead of query-id, corpus-id, score
    qrels/test.tsv:2: the score `high` is not a whole number
    qrels/test.tsv:2: the score `1.5` is not a whole number
    qrels/test.tsv:2: the query `q9` is not in queries.jsonl
    qrels/test.tsv:3: `d1` is judged a second time for the query `q1`
    qrels/test.tsv: no query has a relevant document
    qrels/test.tsv: no query has a relevant document
    SOURCE.json: the scope `own room` names no `metadata.KEY`
    SOURCE.json: column 10: EOF while parsing a value
    corpus.jsonl:1: no `metadata.conv`, which SOURCE.json makes the scope
    "#);
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
    insta::assert_snapshot!(all.join("\n"), @r#"
    g.jsonl:2: no document has the path `b.md`
    g.jsonl:2: neither `path` nor `paths`
    g.jsonl:2: both `path` and `paths`
    g.jsonl:2: missing field `question`
    g.jsonl:2: the id `q1` occurs a second time
    g.jsonl:2: column 2: expected ident
    g.jsonl: no query has a relevant document
    .: the collection is empty
    "#);
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
    insta::assert_snapshot!(all.join("\n"), @r#"
    f.jsonl:2: invalid type: sequence, expected a string
    f.jsonl:1: invalid type: string "a", expected a sequence
    f.jsonl: no query has a relevant document
    f.jsonl: the collection is empty
    f.jsonl:1: a passage is neither a text nor an object with `context`
    f.jsonl:2: missing field `input`
    f.jsonl holds no test set
    f.jsonl holds no test set
    f.jsonl:1: column 15: EOF while parsing a value
    "#);
}

#[test]
fn in_the_path() {
    let dir = folder(&[("a/readme.md", "x")]);
    assert_eq!(read(&dir, "a", None).unwrap_err(), "a holds no test set");
    assert_eq!(read(&dir, "b", None).unwrap_err(), "cannot read b: No such file or directory (os error 2)");
}
