//! A paragraph of a Word document while it is read.

use crate::flow::Block;
use crate::font::is_monospaced;

/// What is known of the paragraph that is open.
#[derive(Debug, Default)]
pub(super) struct Paragraph {
    pub(super) style: Option<String>,
    /// Its own level in the outline, from 0; 9 is body text.
    pub(super) outline: Option<u8>,
    pub(super) list: Option<String>,
    pub(super) list_level: Option<u8>,
    pub(super) words: String,
    /// The marks of comments on it.
    pub(super) comments: String,
    /// Bytes of the words that are in type of one width, and those that are not.
    n_code: usize,
    n_prose: usize,
    /// Whether the number of the page is in it.
    pub(super) is_page_number: bool,
    /// What stands in text boxes that are anchored here.
    pub(super) boxes: Vec<Block>,
}

impl Paragraph {
    pub(super) fn add(&mut self, text: &str, is_code: bool) {
        self.words.push_str(text);
        let n = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).count();
        if is_code {
            self.n_code += n;
        } else {
            self.n_prose += n;
        }
    }

    /// Whether all of its words are in type of one width.
    pub(super) fn is_code(&self) -> bool {
        self.n_code > 0 && self.n_prose == 0
    }
}

/// What is known of the run that is open.
#[derive(Debug, Default)]
pub(super) struct Run {
    pub(super) is_hidden: bool,
    pub(super) is_code: bool,
}

impl Run {
    pub(super) fn font(&mut self, name: Option<&str>) {
        if let Some(name) = name {
            self.is_code = is_monospaced(name);
        }
    }
}
