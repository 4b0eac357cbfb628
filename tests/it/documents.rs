//! Files that are not plain text: what they say is found at the place where it stands, and what cannot be read is listed.

use serde_json::Value;
use std::path::Path;
use workroom::{NoProgress, OpenOptions, Parsing, Query, Sharing, Workspace};
use workroom_tests::Room;

/// A file that the tests of a parser keep.
fn sample(path: &str) -> Vec<u8> {
    let (of, name) = path.split_once('/').unwrap();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("crates");
    let at = crates.join(of).join("tests/samples").join(name);
    std::fs::read(&at).unwrap_or_else(|error| panic!("{}: {error}", at.display()))
}

fn room(samples: &[(&str, &str)]) -> Room {
    let room = Room::new();
    for (path, from) in samples {
        room.write(path, sample(from));
    }
    room.ok(&["init"]);
    room.ok(&["index"]);
    room
}

/// `path label` of the hits, best first.
fn places(room: &Room, arguments: &[&str]) -> Vec<String> {
    let label =
        |hit: &Value| hit["place"]["label"].as_str().map_or(String::new(), |label| format!(" {label}"));
    room.hits(arguments)
        .iter()
        .map(|hit| format!("{}{}", hit["path"].as_str().unwrap(), label(hit)))
        .collect()
}

/// `path code` of all that is not searchable.
fn problems(room: &Room) -> Vec<String> {
    let problems = room.ok(&["status", "--problems", "--json"]).json();
    let line = |problem: &Value| {
        format!("{} {}", problem["path"].as_str().unwrap(), problem["code"].as_str().unwrap())
    };
    problems.as_array().unwrap().iter().map(line).collect()
}

#[test]
fn a_hit_names_page_slide_cells_chapter_or_message() {
    let room = room(&[
        ("manual.pdf", "pdf/handbook.pdf"),
        ("talk.pptx", "office/python.pptx"),
        ("ledger.xlsx", "sheets/ledger.xlsx"),
        ("book.epub", "office/libreoffice.epub"),
        ("log.mbox", "mail/two.mbox"),
    ]);
    for (query, in_path, expected) in [
        ("what time does the flood come on Monday", "manual.pdf", "manual.pdf page 1"),
        ("sacks that Céline ground", "ledger.xlsx", "ledger.xlsx sheet Grain, A1:F10"),
        ("the second message", "log.mbox", "log.mbox message 2 (Log 2)"),
    ] {
        let found = places(&room, &[query, "--path", in_path, "--limit", "1"]);
        assert_eq!(found, [expected], "{query}");
    }
    for (path, unit) in [("talk.pptx", "slide"), ("book.epub", "chapter")] {
        for chunk in room.ok(&["show", path, "--json"]).json()["chunks"].as_array().unwrap() {
            assert_eq!(chunk["place"]["unit"], unit, "{chunk}");
            assert_eq!(chunk["place"]["first"], chunk["place"]["last"], "{chunk}");
        }
    }
}

#[test]
fn every_quote_is_the_extracted_text_at_its_range() {
    let files = [
        ("a.pdf", "pdf/columns.pdf"),
        ("a.docx", "office/libreoffice.docx"),
        ("a.odt", "office/libreoffice.odt"),
        ("a.rtf", "legacy/handbook.rtf"),
        ("a.doc", "legacy/handbook.doc"),
        ("a.ods", "sheets/libreoffice.ods"),
        ("a.eml", "mail/full.eml"),
    ];
    let room = room(&files);
    for (path, _) in files {
        let shown = room.ok(&["show", path, "--json"]).json();
        let chunks = shown["chunks"].as_array().unwrap();
        assert!(!chunks.is_empty(), "{path}");
        for hit in room.hits(&["tide mill", "--path", path, "--limit", "100"]) {
            if hit["path"] != path {
                assert_eq!(hit["container"], path);
                continue;
            }
            let chunk = chunks.iter().find(|chunk| chunk["start_byte"] == hit["start_byte"]).unwrap();
            assert_eq!((&chunk["text"], &chunk["place"]), (&hit["quote"], &hit["place"]), "{path}");
            let length = hit["end_byte"].as_u64().unwrap() - hit["start_byte"].as_u64().unwrap();
            assert_eq!(length, hit["quote"].as_str().unwrap().len() as u64, "{path}");
        }
    }
}

#[test]
fn what_cannot_be_read_says_why_and_by_whom() {
    let room = room(&[
        ("locked.pdf", "pdf/locked.pdf"),
        ("scan.pdf", "pdf/scan.pdf"),
        ("tide.zip", "parse/tide.zip"),
        ("good.pdf", "pdf/open.pdf"),
    ]);
    room.write("broken.docx", &sample("office/python.docx")[..2000]);
    room.write("empty.xlsx", b"");
    room.ok(&["index"]);
    assert_eq!(
        problems(&room),
        [
            "broken.docx damaged",
            "empty.xlsx no-text",
            "locked.pdf encrypted",
            "scan.pdf no-text",
            "tide.zip archive"
        ]
    );
    let all = room.ok(&["status", "--problems", "--json"]).json();
    let parser = |at: usize| all[at]["parser"].as_str().unwrap().split(' ').next().unwrap().to_owned();
    assert_eq!([parser(0), parser(2)], ["office", "pdf"]);
    // They stay listed, are not read again, and what is mended is found.
    let again = room.ok(&["index", "--json"]).json();
    assert_eq!((again["indexed"].as_u64(), problems(&room).len()), (Some(0), 5), "{again}");
    room.write("broken.docx", sample("office/python.docx"));
    room.ok(&["index"]);
    assert_eq!(problems(&room).len(), 4);
}

#[test]
fn attachments_are_documents_that_live_and_die_with_their_message() {
    let room = room(&[("inbox/spring.eml", "parse/tide.eml")]);
    let found = |room: &Room| places(room, &["hours on Tuesday", "--type", "csv"]);
    assert_eq!(found(&room), ["inbox/spring.eml/hours.csv rows"].map(|_| found(&room)[0].clone()));
    let hit = &room.hits(&["hours on Tuesday", "--type", "csv"])[0];
    assert_eq!(
        (&hit["path"], &hit["container"]),
        (&"inbox/spring.eml/hours.csv".into(), &"inbox/spring.eml".into())
    );
    assert_eq!(
        (&hit["fresh"], problems(&room).contains(&"inbox/spring.eml/noise.bin binary".to_owned())),
        (&true.into(), true)
    );
    // A file that did not change keeps its parts, one that moved takes them along, one that is gone takes them away.
    room.ok(&["index"]);
    assert_eq!(found(&room).len(), 1);
    room.ok(&["mv", "inbox/spring.eml", "done/spring.eml"]);
    assert!(found(&room)[0].starts_with("done/spring.eml/hours.csv"), "{:?}", found(&room));
    room.write(
        "done/spring.eml",
        "From: ada@mill.example\nTo: bo@mill.example\nSubject: Short\n\nNothing attached.\n",
    );
    let stale = places(&room, &["hours on Tuesday", "--type", "csv"]);
    assert!(stale.len() <= 1, "{stale:?}");
    room.ok(&["index"]);
    assert_eq!((found(&room), problems(&room)), (vec![], vec![]));
    std::fs::remove_file(room.at("done/spring.eml")).unwrap();
    room.ok(&["index"]);
    assert_eq!(room.ok(&["status", "--json"]).json()["documents"], 0);
}

#[test]
fn what_a_file_holds_is_changed_through_the_file() {
    let room = room(&[("spring.eml", "parse/tide.eml")]);
    let part = "spring.eml/hours.csv";
    for arguments in
        [&["read", part][..], &["rm", part], &["mv", part, "hours.csv"], &["mv", "spring.eml", part]]
    {
        let ran = room.run(arguments);
        assert_ne!(ran.code, Some(0), "{arguments:?}");
        assert!(ran.stderr.contains("`spring.eml` is a file"), "{arguments:?}: {}", ran.stderr);
    }
    let wrote = room.run_with_input(&["write", "spring.eml/new.txt"], b"x");
    assert!(wrote.code != Some(0) && wrote.stderr.contains("`spring.eml` is a file"), "{wrote:?}");
    assert_eq!(room.hits(&["hours on Tuesday", "--type", "csv"]).len(), 1);
}

#[test]
fn an_answer_names_the_page() {
    let room = room(&[("manual.pdf", "pdf/handbook.pdf")]);
    let answer = room.ok(&["ask", "what does a tide mill need?"]);
    assert!(answer.stdout.contains("manual.pdf:") && answer.stdout.contains("  page 1"), "{}", answer.stdout);
    let answer = room.ok(&["ask", "--json", "what does a tide mill need?"]).json();
    let places = answer["sentences"].as_array().unwrap().iter().map(|sentence| &sentence["place"]["label"]);
    assert!(places.into_iter().all(|label| label == "page 1"), "{answer}");
}

#[test]
fn archives_are_opened_where_that_is_wanted() {
    let room = room(&[("tide.zip", "parse/tide.zip"), ("tide.tar.gz", "parse/tide-gnu.tar.gz")]);
    let grease = |room: &Room| {
        let mut found = places(room, &["grease the sluice gate", "--type", "text"]);
        found.sort();
        found
    };
    assert_eq!(grease(&room), Vec::<String>::new());
    let config = std::fs::read_to_string(room.at(".workroom/config.toml")).unwrap();
    room.write(".workroom/config.toml", config.replace("archives = false", "archives = true"));
    room.ok(&["index"]);
    assert!(grease(&room).contains(&"tide.zip/tide/notes/sluice gate.txt".to_owned()), "{:?}", grease(&room));
    assert!(
        grease(&room).contains(&"tide.tar.gz/tide/notes/sluice gate.txt".to_owned()),
        "{:?}",
        grease(&room)
    );
    room.write(".workroom/config.toml", config);
    room.ok(&["index"]);
    assert_eq!(grease(&room), Vec::<String>::new());
    assert_eq!(problems(&room), ["tide.tar.gz archive", "tide.zip archive"]);
}

#[test]
fn documents_are_filtered_by_what_they_say_of_themselves() {
    let room = room(&[
        ("ledger.xlsx", "sheets/ledger.xlsx"),
        ("spring.eml", "parse/tide.eml"),
        ("manual.pdf", "pdf/handbook.pdf"),
    ]);
    let paths = |filters: &[&str]| {
        let mut arguments = vec!["mill", "--limit", "50"];
        filters.iter().for_each(|filter| arguments.extend(["--filter", filter]));
        let mut paths: Vec<String> =
            room.hits(&arguments).iter().map(|hit| hit["path"].as_str().unwrap().to_owned()).collect();
        paths.retain(|path| path.matches('.').count() == 1);
        paths.sort();
        paths.dedup();
        paths
    };
    for (filters, expected) in [
        (&["author=toll"][..], &["ledger.xlsx"][..]),
        (&["author=ferrier", "pages=1"], &["manual.pdf"]),
        (&["keyword=grain"], &["ledger.xlsx"]),
        (&["created>=2024", "created<2025"], &["spring.eml"]),
        (&["created=2023-03-09"], &["ledger.xlsx"]),
        (&["title=handbook"], &["manual.pdf"]),
        (&["pages>1"], &["ledger.xlsx"]),
        (&["author=nobody"], &[]),
    ] {
        assert_eq!(paths(filters), expected, "{filters:?}");
    }
}

#[test]
fn a_query_finds_the_forms_of_a_word_in_the_language_of_the_document() {
    let german = "Die Müller öffneten die Schleusentore bei Ebbe. Danach drehten sich die Räder der Gezeitenmühle, \
                  und das Korn wurde zwischen den Steinen gemahlen, bis das Wasser wieder stieg.\n";
    let english = "The millers opened the sluice gates at ebb. Then the wheels of the tide mill turned, and the grain \
                   was ground between the stones until the water rose again.\n";
    let room = Room::with(&[("de.txt", german), ("en.txt", english)]);
    room.ok(&["index"]);
    for (query, expected) in
        [("Schleusentor", "de.txt"), ("drehte", "de.txt"), ("turning", "en.txt"), ("opens", "en.txt")]
    {
        let hits = room.hits(&[query, "--mode", "lexical"]);
        assert_eq!(
            hits.iter().map(|hit| hit["path"].as_str().unwrap()).collect::<Vec<_>>(),
            [expected],
            "{query}"
        );
    }
    assert_eq!(room.hits(&["Korn", "--filter", "language=de"])[0]["language"], "de");
}

/// The library in a program that is no parser, and names none.
fn without_parser(room: &Room) -> Workspace {
    let options = OpenOptions { sharing: Sharing::Alone, parsing: Parsing::Off, ..OpenOptions::default() };
    Workspace::open_with(room.root(), &options).unwrap()
}

#[test]
fn a_program_without_parser_lists_documents_until_one_with_a_parser_comes() {
    let room = Room::new();
    room.ok(&["init"]);
    room.write("manual.pdf", sample("pdf/handbook.pdf"));
    let workspace = without_parser(&room);
    workspace.index(&NoProgress).unwrap();
    let codes: Vec<String> = workspace.problems().unwrap().into_iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["no-parser"]);
    drop(workspace);
    room.ok(&["index"]);
    assert_eq!(
        (problems(&room), places(&room, &["tide mill"])),
        (vec![], vec!["manual.pdf page 1".to_owned()])
    );
    // What is indexed stays, whoever opens the workspace.
    let workspace = without_parser(&room);
    assert_eq!(workspace.index(&NoProgress).unwrap().unchanged, 1);
    assert_eq!(workspace.search(&Query::new("tide mill")).unwrap().len(), 1);
}

#[test]
fn a_bad_file_is_known_again_under_another_name() {
    let room = room(&[("locked.pdf", "pdf/locked.pdf")]);
    std::fs::copy(room.at("locked.pdf"), room.at("copy.pdf")).unwrap();
    // Without a parser nobody could look into it.
    let workspace = without_parser(&room);
    workspace.index(&NoProgress).unwrap();
    let known: Vec<(String, String)> =
        workspace.problems().unwrap().into_iter().map(|problem| (problem.path, problem.code)).collect();
    let encrypted = |path: &str| (path.to_owned(), "encrypted".to_owned());
    assert_eq!(known, [encrypted("copy.pdf"), encrypted("locked.pdf")]);
}

#[test]
fn what_could_not_be_read_is_tried_again_when_that_is_asked_for() {
    let room = room(&[("locked.pdf", "pdf/locked.pdf")]);
    let seen = |room: &Room| room.ok(&["status", "--problems", "--json"]).json()[0]["seen"].clone();
    let first = seen(&room);
    room.ok(&["index"]);
    assert_eq!(seen(&room), first);
    room.ok(&["index", "--retry"]);
    assert_ne!(seen(&room), first);
    assert_eq!(problems(&room), ["locked.pdf encrypted"]);
}

#[test]
fn limits_of_size_are_those_of_the_settings() {
    let room = Room::new();
    room.ok(&["init"]);
    room.write(".workroom/config.toml", "max_document_bytes = 1000\n");
    room.write("manual.pdf", sample("pdf/handbook.pdf"));
    room.ok(&["index"]);
    let problems = room.ok(&["status", "--problems", "--json"]).json();
    assert_eq!(problems[0]["code"], "too-large");
    assert!(problems[0]["reason"].as_str().unwrap().contains("max_document_bytes"), "{problems}");
}
