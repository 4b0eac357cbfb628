//! Whole texts of the samples, line by line with their cells.

use super::{placed, read, sample};

/// The ledger as everybody writes it; `third` is how a third is shown.
fn ledger(third: &str) -> String {
    format!(
        " Grain\n \nA1:A1 Grain ground at the tide mill\n \nA3:F3 Day | Miller | Sacks | Loss | Price | Paid
A4:F4| 2023-03-05 | Ada Toll | 12 | 2.5% | \u{20ac} 1,840.50 | TRUE
A5:F5| 2023-03-06 | Bo Kersten | 1,200 | 10.0% | -\u{20ac} 75.00 | FALSE
A6:F6| 2023-03-08 | C\u{e9}line | 7 | 0.0% | \u{20ac} 0.00 | TRUE
 \nB9:C9 High water | 2023-03-05 14:30\nB10:C10| Turns a minute | {third}
 \n Comments\n \nB4:B4 B4: Learned at the old mill\n"
    )
}

/// A cell in the last corner costs a line.
const FAR: &str = " \n Far away\n \nXFD1048576:XFD1048576 the last cell\n";

#[track_caller]
fn check(name: &str, expected: &str) {
    let document = read(sample(name)).unwrap();
    assert_eq!(placed(&document), expected, "{name}");
    assert!(document.headings.iter().all(|heading| heading.level == 1));
}

#[test]
fn one_ledger_by_four_writers() {
    check("ledger.xlsx", &(ledger("0.333333333") + FAR));
    check("libreoffice.xlsx", &(ledger("0.333333333") + FAR));
    check("libreoffice.xls", &ledger("0.333333333"));
    check("libreoffice.ods", &(ledger("0.333333333333333") + FAR));
}

#[test]
fn what_it_says_of_itself() {
    for name in ["ledger.xlsx", "libreoffice.xls", "libreoffice.ods"] {
        let document = read(sample(name)).unwrap();
        assert_eq!(document.title.as_deref(), Some("Ledger of the mill"), "{name}");
        let about = document.metadata;
        assert_eq!((about.authors, about.pages), (vec!["Ada Toll".to_owned()], Some(3)), "{name}");
        assert_eq!(about.created_ms, Some(1_678_348_800_000), "{name}");
        assert_eq!(about.keywords, ["tide", "grain"], "{name}");
    }
}

#[test]
fn an_old_workbook_with_formats() {
    check(
        "tides.xls",
        " Tides\n \nA1:C1 Port | High | When\nA2:C2| \u{d6}rebro | 25% | 2023-03-05\nA3:C3| St Malo | 50% | 2023-03-06
 \nA5:A5 Heights are parts of the weir\nA6:A6 TRUE\n",
    );
}

#[test]
fn a_workbook_in_binary_parts() {
    check(
        "gates.xlsb",
        " Gates\n \nA2:D2 Gate | Open\nA3:D3 North | 75%\nA4:D4 South | 2023-03-15 | TRUE | #N/A\n",
    );
}
