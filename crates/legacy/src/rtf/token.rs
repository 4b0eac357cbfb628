//! What RTF is made of.

/// A longer control word is none.
const MAX_WORD_BYTES: usize = 32;

/// A piece of RTF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open,
    Close,
    /// A control word, and its number if it has one.
    Word(&'a str, Option<i32>),
    /// A control symbol: a backslash and what is no letter.
    Symbol(u8),
    /// `\'e9`.
    Hex(u8),
    Byte(u8),
}

/// Takes RTF apart.
#[derive(Debug)]
pub(super) struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn bump(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// Goes past bytes that are not RTF.
    pub(super) fn pass(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes).min(self.bytes.len());
    }

    fn control(&mut self) -> Option<Token<'a>> {
        let first = self.peek()?;
        if !first.is_ascii_alphabetic() {
            self.at += 1;
            return Some(if first == b'\'' { self.hex() } else { Token::Symbol(first) });
        }
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphabetic()) && self.at - start < MAX_WORD_BYTES {
            self.at += 1;
        }
        let word = std::str::from_utf8(self.bytes.get(start..self.at)?).ok()?;
        let number = self.number();
        // The blank after a control word belongs to it.
        if self.peek() == Some(b' ') {
            self.at += 1;
        }
        Some(Token::Word(word, number))
    }

    fn number(&mut self) -> Option<i32> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) && self.at - start < 11 {
            self.at += 1;
        }
        let digits = std::str::from_utf8(self.bytes.get(start..self.at)?).ok()?;
        let number: Option<i64> = digits.parse().ok();
        if number.is_none() {
            // A minus alone is text.
            self.at = start;
        }
        number.map(|number| number.clamp(i32::MIN.into(), i32::MAX.into()) as i32)
    }

    fn hex(&mut self) -> Token<'a> {
        let digits = self.bytes.get(self.at..self.at + 2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                self.at += 2;
                Token::Hex(byte)
            }
            None => Token::Symbol(b'\''),
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            return Some(match self.bump()? {
                b'{' => Token::Open,
                b'}' => Token::Close,
                b'\\' => return self.control(),
                // Line breaks of the file mean nothing.
                b'\r' | b'\n' | 0 => continue,
                byte => Token::Byte(byte),
            });
        }
    }
}
