//! Measured: how often the language of a text of 100, 300 and 1,000 characters is told right, wrong, or not at all, by us and by whatlang,
//! and the time of each.
//! Corpus: a folder of `CODE.txt` files (ISO 639-1), a sentence a line; sentences are joined until a sample is long enough.
//! Run: `cargo run -p workroom-extract --example language -- FOLDER [CODE]`, better with `--release`; with a code, what it is taken for.
//! Not shown: texts that mix languages, markup.

#![expect(clippy::print_stdout, reason = "an example talks to its user")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use corpus::{Document, Format};
use workroom_extract::detect_language;

const LENGTHS: [usize; 3] = [100, 300, 1000];
const MAX_SAMPLES: usize = 1500;

#[derive(Default)]
struct Outcome {
    right: u32,
    wrong: u32,
    time: Duration,
    taken_for: BTreeMap<String, u32>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().ok_or("usage: language FOLDER [CODE]")?;
    let asked = args.next();
    println!("{:4} {:>6}  {:^26}  {:^26}", "", "", "ours", "whatlang (reliable or not)");
    let mut paths: Vec<_> =
        fs_err::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    for path in paths {
        let code = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        if asked.as_ref().is_none_or(|asked| *asked == code) {
            measure(&path, &code, asked.is_some())?;
        }
    }
    Ok(())
}

fn measure(path: &Path, code: &str, verbose: bool) -> Result<(), Box<dyn Error>> {
    let text = fs_err::read_to_string(path)?;
    for length in LENGTHS {
        let samples = samples(&text, length);
        let n = samples.len().max(1) as u32;
        let ours = run(&samples, code, |document| Some(detect_language(document)?.to_string()));
        let other =
            run(&samples, code, |document| Some(whatlang::detect(&document.text)?.lang().code().to_owned()));
        let shown = |outcome: &Outcome| {
            let percent = |count: u32| f64::from(count) * 100.0 / f64::from(n);
            let micros = outcome.time.as_secs_f64() * 1e6 / f64::from(n);
            format!("{:5.1}% {:5.1}% wrong {micros:6.1}us", percent(outcome.right), percent(outcome.wrong))
        };
        println!("{code:4} {length:6}  {}  {}  ({n})", shown(&ours), shown(&other));
        if verbose {
            println!("{:?}", ours.taken_for);
        }
    }
    Ok(())
}

fn run(samples: &[Document], code: &str, detect: impl Fn(&Document) -> Option<String>) -> Outcome {
    let mut outcome = Outcome::default();
    for sample in samples {
        let start = Instant::now();
        let found = detect(sample);
        outcome.time += start.elapsed();
        match found {
            Some(found) if same(code, &found) => outcome.right += 1,
            Some(found) => {
                outcome.wrong += 1;
                *outcome.taken_for.entry(found).or_default() += 1;
            }
            None => *outcome.taken_for.entry("none".to_owned()).or_default() += 1,
        }
    }
    outcome
}

/// Whether a code of two or three letters names the language `code`.
fn same(code: &str, found: &str) -> bool {
    const THREE: [(&str, &str); 40] = [
        ("ar", "ara"),
        ("bg", "bul"),
        ("ca", "cat"),
        ("cs", "ces"),
        ("da", "dan"),
        ("de", "deu"),
        ("el", "ell"),
        ("en", "eng"),
        ("eo", "epo"),
        ("es", "spa"),
        ("et", "est"),
        ("fa", "pes"),
        ("fi", "fin"),
        ("fr", "fra"),
        ("he", "heb"),
        ("hi", "hin"),
        ("hr", "hrv"),
        ("hu", "hun"),
        ("hy", "hye"),
        ("id", "ind"),
        ("it", "ita"),
        ("ja", "jpn"),
        ("ko", "kor"),
        ("lt", "lit"),
        ("lv", "lav"),
        ("nb", "nob"),
        ("nb", "no"),
        ("nl", "nld"),
        ("pl", "pol"),
        ("pt", "por"),
        ("ro", "ron"),
        ("ru", "rus"),
        ("sk", "slk"),
        ("sv", "swe"),
        ("ta", "tam"),
        ("th", "tha"),
        ("tr", "tur"),
        ("uk", "ukr"),
        ("vi", "vie"),
        ("zh", "cmn"),
    ];
    code == found || THREE.contains(&(code, found))
}

/// Lines joined to texts of at least `length` characters.
fn samples(text: &str, length: usize) -> Vec<Document> {
    let (mut samples, mut sample) = (Vec::new(), String::new());
    for line in text.lines() {
        sample.push_str(line);
        sample.push('\n');
        if sample.chars().count() >= length {
            samples.push(Document::plain(std::mem::take(&mut sample), Format::Text));
        }
        if samples.len() == MAX_SAMPLES {
            break;
        }
    }
    samples
}
