//! Which language a document's text is in, told by its most frequent words and its letters.
//!
//! Invariant: at most [`MAX_SAMPLE_BYTES`] of a text are read, whatever its length; a text that is no prose, too short, or of a language that
//! is not in the tables is of no language rather than of the wrong one.
//! Not here: languages of programs, the use that is made of the answer.
//!
//! A third to a half of the words of any prose are the same few dozen articles, pronouns and prepositions. Each votes for the languages it
//! is a word of, the more the fewer they are; letters that few languages have vote too, with less weight. The tables are in `words`. Against
//! a classifier by letter trigrams this is a tenth of the work, and it does not take names, code and lists for a foreign language, of which
//! a workspace has far more than of foreign languages. `examples/language` measures both.

mod script;
mod table;
mod words;

use corpus::{Document, Format, LanguageCode};
use script::Script;
use table::{Key, Table};
use words::{ALONE, FREQUENT_WORDS, LanguageSet, MAX_LANGUAGES};

/// The first of the tables.
const ENGLISH: usize = 0;
/// Read at the beginning, in the middle and at the end: a document's first page can be a licence in another language.
const WINDOWS: usize = 3;
const WINDOW_BYTES: usize = 1024;
/// The most of a text that is read.
pub(crate) const MAX_SAMPLE_BYTES: usize = WINDOWS * WINDOW_BYTES;
/// Once English has this many more of its frequent words than any other language, the rest of the text is not asked.
const CLEARLY_ENGLISH: u32 = 16 * WEIGHT;
/// What is shorter is told by accident.
const MIN_LETTERS: u32 = 40;
/// A Chinese or Japanese character says about as much as this many letters.
const SYLLABLE_LETTERS: u32 = 3;
/// What a word of one language only weighs. It divides by the number of languages that often share one.
const WEIGHT: u32 = 60;
const LETTER_WEIGHT: u32 = 30;
/// The first language must be ahead of the second by a word that it alone has, and by this many percent.
const LEAD_PERCENT: u32 = 8;
/// Of a hundred words of prose, thirty to fifty are in the table of their language; this many, or as many that few others have, will do.
const MIN_KNOWN_PERCENT: u32 = 20;
const MIN_TELLING_PERCENT: u32 = 10;
const MIN_KNOWN: u32 = 2;

/// The language most of the text of `document` is written in. `None` for what is no prose (code, data, tables), and when it cannot be told.
#[must_use]
pub fn detect_language(document: &Document) -> Option<LanguageCode> {
    if !is_prose(document.format) {
        return None;
    }
    let mut tally = Tally::default();
    for window in windows(&document.text) {
        tally.read(window);
        if tally.is_clearly_english() {
            return Some(LanguageCode::ENGLISH);
        }
    }
    tally.verdict().and_then(LanguageCode::new)
}

fn is_prose(format: Format) -> bool {
    !matches!(
        format,
        Format::Code(_)
            | Format::Csv
            | Format::Json
            | Format::JsonLines
            | Format::Yaml
            | Format::Toml
            | Format::Xml
            | Format::Xlsx
            | Format::Xls
            | Format::Ods
            | Format::Image
            | Format::Zip
            | Format::Tar
    )
}

/// Up to [`WINDOWS`] stretches of the text, from word to word; all of it when it is short.
fn windows(text: &str) -> impl Iterator<Item = &str> {
    let n = if text.len() <= MAX_SAMPLE_BYTES { 1 } else { WINDOWS };
    let len = if n == 1 { text.len() } else { WINDOW_BYTES };
    let step = (text.len() - len) / n.saturating_sub(1).max(1);
    (0..n).map(move |at| {
        let from = text.floor_char_boundary(at * step);
        let window = text.get(from..text.floor_char_boundary(from + len)).unwrap_or_default();
        // The word that the window cuts into would be another one.
        let whole = if from == 0 { Some(0) } else { window.find(char::is_whitespace) };
        window.get(whole.unwrap_or(0)..).unwrap_or_default()
    })
}

/// What was counted so far.
struct Tally {
    scores: [u32; MAX_LANGUAGES],
    known: [u32; MAX_LANGUAGES],
    n_words: u32,
    scripts: [u32; Script::COUNT],
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            scores: [0; MAX_LANGUAGES],
            known: [0; MAX_LANGUAGES],
            n_words: 0,
            scripts: [0; Script::COUNT],
        }
    }
}

impl Tally {
    fn read(&mut self, text: &str) {
        let table = Table::get();
        for (n, token) in text.split_whitespace().enumerate() {
            let word = token.trim_matches(|c: char| !c.is_alphanumeric());
            // Addresses, paths, numbers and code.
            if word.bytes().any(|b| b.is_ascii() && !b.is_ascii_alphabetic() && b != b'\'' && b != b'-') {
                continue;
            }
            for word in word.split(['\'', '’', '-']).filter(|word| !word.is_empty()) {
                self.count(word, table);
            }
            if n % 16 == 15 && self.is_clearly_english() {
                break;
            }
        }
    }

    fn count(&mut self, word: &str, table: &Table) {
        self.n_words += 1;
        let mut key = Key::default();
        for c in word.chars() {
            if c.is_ascii() {
                self.scripts[Script::Latin as usize] += 1;
                key.push(c.to_ascii_lowercase());
            } else {
                self.scripts[Script::of(c) as usize] += 1;
                let c = c.to_lowercase().next().unwrap_or(c);
                key.push(c);
                self.add(table.letter(c), LETTER_WEIGHT, false);
            }
        }
        self.add(table.word(key), WEIGHT, true);
    }

    fn add(&mut self, languages: LanguageSet, weight: u32, is_word: bool) {
        let share = weight / languages.count_ones().max(1);
        let mut rest = languages;
        while rest != 0 {
            let at = rest.trailing_zeros() as usize;
            self.scores[at] += share;
            self.known[at] += u32::from(is_word);
            rest &= rest - 1;
        }
    }

    fn is_clearly_english(&self) -> bool {
        let others = self.scores.iter().skip(1).max().copied().unwrap_or(0);
        self.scores[ENGLISH] >= others + CLEARLY_ENGLISH && self.is_known(ENGLISH)
    }

    fn is_known(&self, language: usize) -> bool {
        let (known, score) = (self.known[language], self.scores[language]);
        known >= MIN_KNOWN
            && (known * 100 >= self.n_words * MIN_KNOWN_PERCENT
                || score * 100 >= self.n_words * WEIGHT * MIN_TELLING_PERCENT)
    }

    fn verdict(&self) -> Option<&'static str> {
        let n_kana = self.scripts[Script::Kana as usize];
        let n_syllables = (self.scripts[Script::Han as usize] + n_kana) * SYLLABLE_LETTERS;
        let (script, n_letters) = Script::ALL.into_iter().zip(self.scripts).max_by_key(|(_, n)| *n)?;
        if n_letters.max(n_syllables) < MIN_LETTERS {
            return None;
        }
        if n_syllables >= n_letters {
            // Japanese has its grammar in kana.
            return Some(if n_kana * SYLLABLE_LETTERS * 10 > n_syllables { "ja" } else { "zh" });
        }
        let alone = ALONE.iter().find(|(alone, _)| *alone == script).map(|(_, code)| *code);
        alone.or_else(|| self.leader())
    }

    /// The language that is ahead of all others by enough.
    fn leader(&self) -> Option<&'static str> {
        let (first, score) = best(&self.scores, None)?;
        let (_, second) = best(&self.scores, Some(first))?;
        let lead = score - second;
        let leads = lead >= WEIGHT && lead * 100 >= score * LEAD_PERCENT && self.is_known(first);
        FREQUENT_WORDS.get(first).filter(|_| leads).map(|(code, _)| *code)
    }
}

/// The highest score and whose it is.
fn best(scores: &[u32], except: Option<usize>) -> Option<(usize, u32)> {
    let others = scores.iter().copied().enumerate().filter(|(at, _)| Some(*at) != except);
    others.rev().max_by_key(|(_, score)| *score)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code_of(text: &str, format: Format) -> Option<String> {
        let document = Document::plain(text.to_owned(), format);
        detect_language(&document).map(|language| language.to_string())
    }

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(code_of(text, Format::Text).as_deref(), expected, "{text}");
    }

    #[test]
    fn prose_is_of_its_language() {
        for (code, text) in [
            (
                "en",
                "The mill is driven by the tide: the water that comes in with the flood is held back by a gate and let out at ebb.",
            ),
            (
                "de",
                "Die Mühle wird von den Gezeiten angetrieben: Das Wasser, das mit der Flut kommt, wird durch ein Tor zurückgehalten.",
            ),
            (
                "fr",
                "Le moulin est entraîné par la marée : l'eau qui monte avec le flot est retenue par une porte et n'est lâchée qu'au jusant.",
            ),
            (
                "es",
                "El molino se mueve con la marea: el agua que entra con el flujo queda retenida por una compuerta y no sale hasta el reflujo.",
            ),
            (
                "it",
                "Il mulino è mosso dalla marea: l'acqua che entra con il flusso viene trattenuta da una paratoia e non esce fino al riflusso.",
            ),
            (
                "pt",
                "O moinho é movido pela maré: a água que entra com a enchente é retida por uma comporta e só sai quando a maré está baixa.",
            ),
            (
                "nl",
                "De molen wordt door het getij aangedreven: het water dat met de vloed binnenkomt, wordt door een sluis tegengehouden.",
            ),
            (
                "sv",
                "Kvarnen drivs av tidvattnet: vattnet som kommer in med floden hålls kvar av en lucka och släpps ut när det är ebb.",
            ),
            (
                "da",
                "Møllen drives af tidevandet: vandet, der kommer ind med floden, bliver holdt tilbage af en sluse og ledes ud, når det er ebbe.",
            ),
            (
                "no",
                "Møllen drives av tidevannet: vannet som kommer inn med floen, blir holdt tilbake av en luke og slippes ut når det er fjære.",
            ),
            (
                "fi",
                "Mylly toimii vuoroveden voimalla: vesi, joka tulee sisään nousuveden mukana, on padottu ja se lasketaan ulos, kun vesi on matalalla.",
            ),
            (
                "pl",
                "Młyn jest napędzany przez pływy: woda, która wpływa z przypływem, jest zatrzymywana przez śluzę i wypuszczana dopiero po odpływie.",
            ),
            (
                "cs",
                "Mlýn je poháněn přílivem: voda, která přichází s přílivem, je zadržena vraty a vypouští se, až když je odliv.",
            ),
            (
                "tr",
                "Değirmen gelgit ile çalışır: kabarma sırasında gelen su bir kapak ile tutulur ve sular çekildiği için daha sonra bırakılır.",
            ),
            (
                "ro",
                "Moara este pusă în mișcare de maree: apa care intră cu fluxul este oprită de o poartă și nu iese până la reflux.",
            ),
            (
                "hu",
                "A malmot az árapály hajtja: a víz, amely a dagállyal jön be, egy kapu mögött marad, és csak apálykor engedik ki.",
            ),
            (
                "ca",
                "El molí es mou amb la marea: l'aigua que entra amb el flux és retinguda per una comporta i no surt fins que la marea és baixa.",
            ),
            (
                "ru",
                "Мельница работает от прилива: вода, которая приходит с приливом, удерживается воротами и выпускается только во время отлива.",
            ),
            (
                "uk",
                "Млин працює від припливу: вода, яка приходить із припливом, утримується брамою, і її випускають тільки під час відпливу.",
            ),
            ("el", "Ο μύλος κινείται από την παλίρροια και το νερό που μπαίνει κρατιέται από μια θύρα."),
            (
                "ar",
                "تعمل الطاحونة بقوة المد والجزر، حيث يتم حجز الماء الذي يدخل مع المد خلف بوابة ثم إطلاقه بعد ذلك في وقت الجزر.",
            ),
            (
                "hi",
                "यह चक्की ज्वार से चलती है और ज्वार के साथ आने वाला पानी एक फाटक से रोका जाता है, जो भाटे के समय खोला जाता है।",
            ),
            ("ja", "この水車は潮の満ち引きで動きます。満ち潮とともに入ってくる水を水門で止めます。"),
            ("zh", "这座磨坊由潮汐驱动：随着涨潮进来的水被闸门拦住，等到退潮的时候才放出去。"),
            (
                "ko",
                "이 물레방아는 밀물과 썰물의 힘으로 움직이며 밀물과 함께 들어온 물은 수문으로 막아 두었다가 썰물 때 내보낸다.",
            ),
        ] {
            check(text, Some(code));
        }
    }

    #[test]
    fn what_is_no_prose_or_too_short_is_of_no_language() {
        check("", None);
        check("Die Mühle", None);
        check("2026-01-07T03:12:55Z INFO tide=4.2 gate=open wheel.rpm=11", None);
        check(
            "Kerrera Mull Jura Islay Colonsay Oronsay Lismore Scarba Luing Seil Shuna Easdale Tiree Coll",
            None,
        );
        check(
            "let mill = Mill::new(tide.height(), gate); for wheel in mill.wheels() { wheel.turn(); }",
            None,
        );
        let german =
            "Das Wasser, das mit der Flut kommt, wird durch ein Tor zurückgehalten, bis die Ebbe da ist. "
                .repeat(3);
        for format in
            [Format::Csv, Format::Json, Format::Yaml, Format::Xlsx, Format::Code(corpus::Language::Rust)]
        {
            assert_eq!(code_of(&german, format), None);
        }
    }

    #[test]
    fn the_greater_part_decides() {
        let german =
            "Das Wasser, das mit der Flut kommt, wird durch ein Tor zurückgehalten, bis die Ebbe da ist.\n";
        let english =
            "The water that comes in with the flood is held back by a gate until the tide is out.\n";
        check(&format!("{english}{}", german.repeat(30)), Some("de"));
        check(&format!("{german}{}", english.repeat(30)), Some("en"));
        let code = "    mill_open --gate=2 /srv/tide/log.txt # https://mill.test/\n".repeat(10);
        check(&format!("{code}{}", german.repeat(8)), Some("de"));
    }

    proptest! {
        #[test]
        fn any_text_has_a_language_or_none(text in "(\\PC|die |的|и |the |\\n){0,200}", times in 1_usize..40) {
            let text = text.repeat(times);
            prop_assert!(windows(&text).map(str::len).sum::<usize>() <= MAX_SAMPLE_BYTES);
            let language = code_of(&text, Format::Text);
            prop_assert_eq!(code_of(&text, Format::Markdown), language);
        }
    }
}
