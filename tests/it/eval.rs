//! `workroom eval` through the real program: its figures against an independent scorer, tiers, scopes, mistakes.

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use workroom_tests::Room;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn sets() -> String {
    repository().join("tests/data/eval").to_str().unwrap().to_owned()
}

fn models() -> String {
    let dir = repository().join("target/models");
    assert!(dir.exists(), "the model is missing: run `cargo xtask setup`");
    dir.to_str().unwrap().to_owned()
}

/// What `ir_measures` says of a run, in the order of [`OURS`].
fn scored(run: &Path, qrels: &Path) -> Vec<f64> {
    const SCRIPT: &str = "
import json, sys, ir_measures
names = ['nDCG@10', 'R@10', 'R@100', 'RR@10']
measures = [ir_measures.parse_measure(name) for name in names]
qrels, run = ir_measures.read_trec_qrels(sys.argv[1]), ir_measures.read_trec_run(sys.argv[2])
found = ir_measures.calc_aggregate(measures, qrels, run)
print(json.dumps([found[measure] for measure in measures]))";
    let scorer = repository().join("target/python");
    assert!(scorer.exists(), "the scorer is missing: run `cargo xtask setup`");
    let mut python = Command::new("python3");
    python.args(["-c", SCRIPT]).args([qrels, run]).env("PYTHONPATH", &scorer);
    let output = python.output().unwrap_or_else(|error| panic!("this test needs python3: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the scorer failed (`cargo xtask setup` renews it): {said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

const OURS: [&str; 4] = ["ndcg@10", "recall@10", "recall@100", "mrr@10"];

fn figures(set: &Value) -> Vec<f64> {
    OURS.iter().map(|name| set[name].as_f64().unwrap()).collect()
}

/// Evaluates and lets the other scorer do it again.
fn check_figures(arguments: &[&str], names: &[&str]) {
    let room = Room::new();
    let all: Vec<&str> = ["eval", "--json", "--run-dir", "runs"].iter().chain(arguments).copied().collect();
    let json = room.ok(&all).json();
    let found: Vec<&str> =
        json["sets"].as_array().unwrap().iter().map(|set| set["name"].as_str().unwrap()).collect();
    assert_eq!(found, names);
    for (set, name) in json["sets"].as_array().unwrap().iter().zip(names) {
        let at = |extension| room.at(&format!("runs/{name}.{extension}"));
        let (ours, theirs) = (figures(set), scored(&at("run"), &at("qrels")));
        let same = ours.iter().zip(&theirs).all(|(ours, theirs)| (ours - theirs).abs() < 5e-5);
        assert!(same, "{name} {arguments:?}: {OURS:?} {ours:?}, by ir_measures {theirs:?}");
        assert!(set["seconds"].as_f64().unwrap() > 0.0 && ours[0] > 0.3, "{set}");
    }
}

#[test]
fn figures_agree_with_another_scorer() {
    for mode in ["hybrid", "lexical", "dense"] {
        check_figures(&[&sets(), "--mode", mode], &["diary", "kitchen"]);
    }
    let (library, golden) =
        (repository().join("data/library"), repository().join("data/golden/library.jsonl"));
    check_figures(&[library.to_str().unwrap(), "--golden", golden.to_str().unwrap()], &["library"]);
}

#[test]
fn the_mean_is_that_of_the_sets() {
    let room = Room::new();
    let json = room.ok(&["eval", &sets(), "--json"]).json();
    let all: Vec<Vec<f64>> = json["sets"].as_array().unwrap().iter().map(figures).collect();
    for (at, mean) in figures(&json["mean"]).into_iter().enumerate() {
        assert!(((all[0][at] + all[1][at]) / 2.0 - mean).abs() < 1e-12, "{json}");
    }
    assert_eq!((json["mode"].as_str(), json["tier"].as_str()), (Some("hybrid"), Some("student")));
    let one = room.ok(&["eval", &sets(), "--sets", "kitchen", "--json"]).json();
    assert_eq!(one["sets"][0]["notes"].as_array().unwrap().len(), 3, "{one}");
    assert_eq!((one["sets"].as_array().unwrap().len(), &one["sets"][0]["queries"]), (1, &Value::from(6)));
}

#[test]
fn queries_see_their_own_scope() {
    let room = Room::new();
    for mode in ["hybrid", "dense"] {
        room.ok(&["eval", &sets(), "--sets", "diary", "--mode", mode, "--run-dir", "runs"]);
        let run = std::fs::read_to_string(room.at("runs/diary.run")).unwrap();
        assert_eq!(run.lines().count(), 12, "{run}");
        for line in run.lines() {
            let fields: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(fields[0].starts_with('a'), fields[2].starts_with("ada/"), "{line}");
        }
    }
}

#[test]
fn each_tier_searches_the_vectors_it_says() {
    let room = Room::new();
    let models = models();
    let run = |more: &[&str]| {
        let all =
            ["eval", &sets(), "--sets", "kitchen", "--models-dir", &models, "--work-dir", "work", "--json"];
        room.ok(&all.iter().chain(more).copied().collect::<Vec<_>>()).json()
    };
    let vectors = |tier: &str| {
        let files = room.at(&format!("work/kitchen/{tier}/files"));
        let status =
            room.ok(&["-w", files.to_str().unwrap(), "--models-dir", &models, "status", "--json"]).json();
        let count = |key: &str| status[key].as_u64().unwrap();
        (count("student_vectors"), count("teacher_vectors"), status["adaptation"].is_object())
    };
    for (tier, expected) in [
        ("student", (11, 0, false)),
        ("prior", (11, 0, false)),
        ("adapted", (0, 11, true)),
        ("teacher", (0, 11, false)),
    ] {
        let first = run(&["--tier", tier]);
        assert_eq!((first["tier"].as_str(), vectors(tier)), (Some(tier), expected));
        let again = run(&["--tier", tier]);
        assert_eq!(
            figures(&again["mean"]),
            figures(&first["mean"]),
            "{tier} is the same when its work is kept"
        );
    }
    run(&["--tier", "lazy", "--forget"]);
    assert_eq!(vectors("lazy"), (11, 0, false), "nothing is kept");
    let lazy = run(&["--rescore-ms", "60000"]);
    assert_eq!(lazy["tier"], "lazy", "the default with a model");
    assert_eq!(vectors("lazy"), (0, 11, false), "every candidate was rescored and kept");
    assert_eq!(figures(&lazy["mean"]), figures(&run(&["--tier", "teacher"])["mean"]));
}

#[test]
fn questions_with_their_contexts() {
    let room = Room::new();
    let ragas = r#"{"user_input": "where do whales breathe", "reference_contexts": ["Whales breathe at the surface."], "retrieved_contexts": ["Bees build combs of wax."]}
{"user_input": "what are combs made of", "reference_contexts": ["Bees build combs of wax."]}
"#;
    let deepeval = r#"{"input": "where do whales breathe", "expected_output": "above", "context": ["Whales breathe at the surface."], "retrieval_context": [{"context": "Bees build combs of wax.", "source": "b"}]}
"#;
    room.write("ragas.jsonl", ragas);
    room.write("deepeval.jsonl", deepeval);
    let json = room.ok(&["eval", ".", "--json"]).json();
    for (set, name) in json["sets"].as_array().unwrap().iter().zip(["deepeval", "ragas"]) {
        assert_eq!((set["name"].as_str(), figures(set)), (Some(name), vec![1.0; 4]), "{set}");
        assert_eq!(set["documents"], 2);
    }
}

#[test]
fn mistakes() {
    let room = Room::with(&[
        ("bad/corpus.jsonl", "{\"_id\": \"d\", \"text\": \"x\"}\n{\"_id\": \"e\", \"text\": \"x\"\n"),
        ("bad/queries.jsonl", "{\"_id\": \"q\", \"text\": \"x\"}\n"),
        ("bad/qrels/test.tsv", "query-id\tcorpus-id\tscore\nq\td\t1\n"),
        ("good/corpus.jsonl", "{\"_id\": \"d\", \"text\": \"x\"}\n"),
        ("good/queries.jsonl", "{\"_id\": \"q\", \"text\": \"x\"}\n"),
        ("good/qrels/test.tsv", "query-id\tcorpus-id\tscore\nq\td\t1\n"),
        ("none/readme.md", "nothing\n"),
        ("taken/good/student/files/mine", "mine\n"),
    ]);
    for (name, arguments) in [
        ("eval_no_set", &["eval", "none"][..]),
        ("eval_missing", &["eval", "missing"]),
        ("eval_malformed", &["eval", "."]),
        ("eval_no_such_set", &["eval", ".", "--sets", "good,better"]),
        ("eval_no_teacher", &["eval", "good", "--tier", "teacher"]),
        ("eval_rescore_without_lazy", &["eval", "good", "--tier", "prior", "--rescore-ms", "5"]),
        ("eval_work_dir_of_others", &["eval", "good", "--work-dir", "taken"]),
        ("eval_run_dir_is_a_file", &["eval", "good", "--run-dir", "none/readme.md"]),
    ] {
        insta::assert_snapshot!(name, room.picture(arguments));
    }
    assert_eq!(std::fs::read_to_string(room.at("taken/good/student/files/mine")).unwrap(), "mine\n");
}

#[test]
fn the_table_fits_a_small_terminal() {
    let ran = Room::new().ok(&["eval", &sets()]);
    let widths: BTreeSet<usize> = ran.stdout.lines().take(4).map(|line| line.chars().count()).collect();
    assert_eq!(widths, BTreeSet::from([80]), "{}", ran.stdout);
    let firsts: Vec<&str> = ran.stdout.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(firsts, ["set", "diary", "kitchen", "mean", "mode"]);
}

/// Two sets, of which the second takes long.
fn long() -> Room {
    let queries: String =
        (0..40_000).map(|n| format!("{{\"_id\": \"q{n}\", \"text\": \"words {n}\"}}\n")).collect();
    let judged: String = (0..40_000).map(|n| format!("q{n}\td\t1\n")).collect();
    let (first, rest) = (queries.lines().next().unwrap().to_owned(), "query-id\tcorpus-id\tscore\n");
    Room::with(&[
        ("a/corpus.jsonl", "{\"_id\": \"d\", \"text\": \"words\"}\n"),
        ("a/queries.jsonl", &first),
        ("a/qrels/test.tsv", &format!("{rest}q0\td\t1\n")),
        ("b/corpus.jsonl", "{\"_id\": \"d\", \"text\": \"words\"}\n"),
        ("b/queries.jsonl", &queries),
        ("b/qrels/test.tsv", &format!("{rest}{judged}")),
    ])
}

#[cfg(unix)]
#[test]
fn an_interrupt_stops_between_queries() {
    let room = long();
    let running = room.start(&["eval", "."]);
    running.wait_for("the first set", |line| line.starts_with("a "));
    assert_eq!(running.interrupt(), Some(130));
}

#[test]
fn a_reader_that_goes_away_ends_the_run() {
    use std::process::Stdio;
    let room = Room::new();
    let sets = sets();
    let mut command = room.command(&["eval", &sets]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), String::from_utf8_lossy(&output.stderr).contains("error")),
        (Some(0), false)
    );
}
