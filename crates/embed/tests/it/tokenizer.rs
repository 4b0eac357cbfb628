//! Our word pieces against the reference tokenizer of the same model.

use std::sync::LazyLock;

use corpus::{Token, Tokenizer as _};
use proptest::prelude::*;
use tokenizers::Tokenizer;
use workroom_embed::WordPiece;

static REFERENCE: LazyLock<Tokenizer> = LazyLock::new(|| {
    let mut tokenizer =
        Tokenizer::from_file(crate::models().join("all-MiniLM-L6-v2/tokenizer.json")).unwrap();
    tokenizer.with_padding(None);
    tokenizer.with_truncation(None).unwrap();
    tokenizer
});

fn reference(text: &str) -> Vec<Token> {
    let encoding = REFERENCE.encode(text, false).unwrap();
    let pieces = encoding.get_ids().iter().zip(encoding.get_offsets()).zip(encoding.get_tokens());
    pieces
        .map(|((&id, &(start, end)), name)| Token {
            id: id as u16,
            start: start as u32,
            end: end as u32,
            continues: name.starts_with("##") && name.len() > 2,
        })
        .collect()
}

#[track_caller]
fn check(text: &str) {
    let mut ours = Vec::new();
    WordPiece::builtin().tokenize(text, &mut ours);
    let reference = reference(text);
    if let Some((ours, reference)) = ours.iter().zip(&reference).find(|(a, b)| a != b) {
        panic!("{ours:?} instead of {reference:?} in {text:?}");
    }
    assert_eq!(ours.len(), reference.len(), "{text:?}");
    assert_eq!(WordPiece::builtin().count(text), ours.len());
}

/// As [`check`], but takes our own word for where a piece comes from: when marks change places, the reference points at the wrong ones.
#[track_caller]
fn check_ids(text: &str) {
    let mut ours = Vec::new();
    WordPiece::builtin().tokenize(text, &mut ours);
    let ids = |tokens: &[Token]| tokens.iter().map(|t| (t.id, t.continues)).collect::<Vec<_>>();
    assert_eq!(ids(&ours), ids(&reference(text)), "{text:?}");
    for token in ours {
        let source = text.get(token.start as usize..token.end as usize);
        assert!(source.is_some_and(|source| !source.is_empty()), "{token:?} in {text:?}");
    }
}

#[test]
fn ordinary_text() {
    check("");
    check("The quick brown fox jumps over the lazy dog; embeddings, tokenisation & unbelievability!");
    check(
        "fn main() { let x: Vec<Option<&'static str>> = vec![None; 0x1F]; } // snake_case CamelCase\r\n\t$HOME/.cargo",
    );
    check("https://example.org/a?b=c#d user@example.com 3.14159e-10 1,000,000 50% C++ #include <stdio.h>");
    check("we'll don't [CLS] [MASK]ed [SEP][PAD] [UNK]x [cls] [MASK [[UNK]]");
}

#[test]
fn other_scripts() {
    check("Crème brûlée, naïve façade, Ångström, Ǆ ǅ ŉ ß ẞ İstanbul ıĞ ﬁne");
    check("e\u{301}\u{323} e\u{323}\u{301} \u{301}x x\u{300} a\u{0}\u{301}b !\u{301}! 1\u{20dd}");
    check("日本語のテキスト、カタカナ。한국어 텍스트 中文文本㐀𠀀\u{f900}\u{2f800}x中y");
    check("Ελληνικά ΣΑΣ Русский й Ё עברית שָׁלוֹם العربية مُحَمَّد हिन्दी ไทย தமிழ்");
    check("🦀 👩\u{200d}💻 🏳\u{fe0f}\u{200d}🌈 ☃ → ∑∫√ ½ ² ™ € “quotes” ‘x’ — – … · ¿¡ «»");
    check(
        "a\u{a0}b\u{2003}c\u{3000}d\u{2028}e\u{85}f\u{b}g\u{c}h\u{1f}i\u{7f}j\u{feff}k\u{200b}l\u{ad}m\u{fffd}n\u{e000}o",
    );
}

#[test]
fn long_words() {
    for n in [99, 100, 101, 300] {
        check(&"a".repeat(n));
        check(&"é".repeat(n));
        check(&"ß中".repeat(n));
        check(&format!("x{}y", "e\u{301}".repeat(n)));
    }
    check(&"q\u{1}".repeat(150));
    check(&"0123456789abcdef".repeat(20));
}

#[test]
fn every_character() {
    let all: Vec<char> =
        ('\0'..=char::MAX).filter(|c| !('\u{32000}'..'\u{e0000}').contains(c) && *c < '\u{f0100}').collect();
    // In chunks, as one long text is quicker than a thousand short ones.
    for some in all.chunks(1000) {
        check(&some.iter().map(|c| format!("a{c}b ")).collect::<String>());
        check_ids(&some.iter().map(|c| format!("{c}\u{323} ")).collect::<String>());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text(text in any::<String>()) {
        check_ids(&text);
    }

    #[test]
    fn dense_text(text in "[aAeÉé\u{301}\u{323}\u{345}\u{5b0}中한ﬁ \t\n\u{0}\u{b}.,\\[\\]CLSEPMK#'\u{a0}\u{200b}0-9x-z-]{0,60}") {
        check(&text);
    }
}
