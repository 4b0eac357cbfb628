//! Whole files.

use super::*;
use crate::tell::tell;

const LONG: &str = "a-name-that-does-not-fit-into-the-hundred-bytes-of-an-old-header-\
                    a-name-that-does-not-fit-into-the-hundred-bytes-of-an-old-header-.txt";

fn check(name: &str, options: Options, expected: &str) {
    let (format, bytes) = sample(name);
    assert_eq!(tell(&parse(format, bytes, options)), expected, "{name}");
}

#[test]
fn archives_are_opened_where_that_is_wanted() {
    let sluice = "== tide/notes/sluice gate.txt, 47 bytes\nGrease the sluice gate before the spring tide.\n";
    let hours = "== tide/notes/hours.csv, 29 bytes\nday,hours\nMonday,6\nTuesday,5\n";
    let readme = "== tide/README.md, 50 bytes\n# Tide mill\n\nThe wheel turns at ebb, twice a day.\n";
    let long = format!("== tide/notes/{LONG}, 13 bytes\nA long name.\n");
    // In the order of the archive. What is binary is named only.
    let listed = format!(
        "tide/pictures/empty.bin\ntide/notes/hours.csv\ntide/notes/sluice gate.txt\ntide/notes/{LONG}\ntide/README.md\n"
    );
    let all = format!("{listed}{hours}{sluice}{long}{readme}");
    check("tide.zip", opened(), &all);
    check("tide-gnu.tar.gz", opened(), &all);
    check("tide-pax.tar.gz", opened(), &all);
    check("tide-ustar.tar", opened(), &format!("tide/README.md\ntide/notes/hours.csv\n{readme}{hours}"));
    let locked = "== tide/README.md, 0 bytes\n! encrypted: it cannot be read without its password\n";
    check("locked.zip", opened(), &format!("tide/README.md\n{locked}"));
}

#[test]
fn archives_are_not_opened_where_it_is_not() {
    let reason = "! an archive; `archives = true` in the configuration has its documents read\n";
    for name in ["tide.zip", "tide-ustar.tar"] {
        check(name, Options::default(), reason);
    }
}

#[test]
fn attachments_are_documents_one_level_deep() {
    let (format, bytes) = sample("tide.eml");
    let told = tell(&parse(format, bytes, Options::default()));
    for expected in [
        "The tables are attached.\n",
        "== hours.csv, 29 bytes\nday,hours\nMonday,6\nTuesday,5\n",
        "== tide.zip, 1287 bytes\ntide/pictures/empty.bin\n",
        "== Re: sluice.eml, 508 bytes\nFrom: Bo <bo@mill.example>\n",
        "Subject: Re: sluice\n\nGreased.\n",
        "== noise.bin, 3 bytes\n! binary data\n",
    ] {
        assert!(told.contains(expected), "{expected:?} in {told}");
    }
    assert!(!told.contains("too deep"), "{told}");
}

#[test]
fn a_list_names_what_is_inside() {
    let list = Options { archives: true, list_only: true, ..Options::default() };
    let parsed = |name| {
        let (format, bytes) = sample(name);
        parse(format, bytes, list).unwrap()
    };
    for (name, n_parts) in [("tide.zip", 5), ("tide-gnu.tar.gz", 5), ("tide.eml", 4)] {
        let parts = parsed(name).parts;
        assert_eq!(parts.len(), n_parts, "{name}");
        assert!(parts.iter().all(|part| part.outcome.is_err()), "{name}");
    }
}
