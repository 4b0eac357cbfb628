//! Runs the operators of a page and notes what is written, and where (PDF 32000-1, chapters 8 and 9).
//!
//! Invariant: forms nest to a fixed depth and every operator is paid for from the budget, so that any content ends.
//! Not here: drawing. Paths, colours and images are passed over, images are counted.

use std::collections::HashMap;

use hayro_syntax::content::TypedIter;
use hayro_syntax::content::ops::TypedInstruction as Op;
use hayro_syntax::object::{Array, Dict, Name, Number, Object, Stream, String as PdfString};
use hayro_syntax::page::{Page, Resources};

use crate::annotations::{self, Annotation};
use crate::budget::{Budget, FORM_DEPTH};
use crate::font::{Code, Font, Text};
use crate::matrix::Matrix;
use crate::stream::decode;
use crate::strings;
use crate::tags::Stated;
use crate::word::{Drawn, Turn, Word, Words};

/// Fonts of a document, by where their dictionary lies in the file.
#[derive(Default)]
pub(crate) struct Fonts {
    read: Vec<Font>,
    known: HashMap<(usize, usize), usize>,
}

impl Fonts {
    fn get(&mut self, dict: &Dict<'_>, budget: &mut Budget) -> usize {
        let data = dict.data();
        let key = (data.as_ptr().addr(), data.len());
        if let Some(&known) = self.known.get(&key) {
            return known;
        }
        let at = self.read.len();
        self.read.push(Font::new(dict, budget));
        self.known.insert(key, at);
        at
    }
}

/// What a page holds.
pub(crate) struct Drawing {
    pub(crate) words: Vec<Word>,
    /// Pictures that it draws.
    pub(crate) images: usize,
    /// What people noted on it.
    pub(crate) comments: Vec<String>,
    /// Height of the page as it is seen.
    pub(crate) height: f64,
}

/// Reads one page. `stated` is what its marks are in, by their number.
pub(crate) fn draw(
    page: &Page<'_>,
    stated: &[Option<Stated>],
    fonts: &mut Fonts,
    budget: &mut Budget,
) -> Drawing {
    let (width, height) = page.render_dimensions();
    let mut run = Run {
        fonts,
        budget,
        words: Words::default(),
        images: 0,
        width: f64::from(width),
        height: f64::from(height),
        marks: Vec::new(),
        stated,
    };
    let content = page_content(page, run.budget);
    let state = State::new(Matrix(page.initial_transform(true).as_coeffs()));
    run.content(&content, page.resources(), state, 0);
    let mut comments = Vec::new();
    for annotation in annotations::of(page) {
        match annotation {
            Annotation::Comment(comment) => comments.push(comment),
            Annotation::Appearance(stream, placed) => {
                // What is on top of the page begins a word of its own.
                run.words.space();
                let placed = State { ctm: placed.then(state.ctm), ..state };
                run.form(&stream, page.resources(), &placed, 0);
            }
        }
    }
    Drawing { images: run.images, comments, height: run.height, words: run.words.finish() }
}

/// Parts of a page's content that may be missing in a row.
const MISSING_PARTS: usize = 16;

fn page_content(page: &Page<'_>, budget: &mut Budget) -> Vec<u8> {
    let dict = page.raw();
    let mut all = Vec::new();
    let mut add = |stream: &Stream<'_>| {
        if let Some(data) = decode(stream, budget) {
            all.extend_from_slice(&data);
            // A token does not go on in the next stream.
            all.push(b'\n');
        }
    };
    if let Some(stream) = dict.get::<Stream<'_>>("Contents") {
        add(&stream);
    } else if let Some(list) = dict.get::<Array<'_>>("Contents") {
        // A part that is missing does not end the page: only when several in a row are, the list is at its end.
        let mut parts = list.flex_iter();
        let mut missing = 0;
        while missing < MISSING_PARTS {
            match parts.next::<Stream<'_>>() {
                Some(stream) => {
                    missing = 0;
                    add(&stream);
                }
                None => missing += 1,
            }
        }
    }
    all
}

/// The graphics state, as far as it moves text.
#[derive(Clone, Copy)]
struct State {
    ctm: Matrix,
    font: Option<usize>,
    size: f64,
    char_space: f64,
    word_space: f64,
    /// Horizontal scaling; 1 is none.
    stretch: f64,
    leading: f64,
    rise: f64,
}

impl State {
    fn new(ctm: Matrix) -> Self {
        Self {
            ctm,
            font: None,
            size: 0.0,
            char_space: 0.0,
            word_space: 0.0,
            stretch: 1.0,
            leading: 0.0,
            rise: 0.0,
        }
    }
}

/// A stretch of marked content.
struct Marked {
    mark: Mark,
    /// What the file says that it is in.
    stated: Option<Stated>,
}

/// What stretches of marked content mean for the text in them.
enum Mark {
    /// Nothing.
    Plain,
    /// Not part of the text: the file says so of headers, footers and ornaments.
    Artifact,
    /// It stands for this text, however it is drawn.
    Actual(Text),
}

struct Run<'r> {
    fonts: &'r mut Fonts,
    budget: &'r mut Budget,
    words: Words,
    images: usize,
    width: f64,
    height: f64,
    marks: Vec<Marked>,
    stated: &'r [Option<Stated>],
}

/// The text object's own matrices.
struct Position {
    text: Matrix,
    line: Matrix,
}

impl Position {
    fn next_line(&mut self, x: f64, y: f64) {
        self.line = self.line.shifted(x, y);
        self.text = self.line;
    }
}

/// Saved states: viewers differ beyond 28, broken files never restore.
const MAX_SAVED: usize = 512;

impl Run<'_> {
    fn content(&mut self, content: &[u8], resources: &Resources<'_>, initial: State, depth: usize) {
        let mut state = initial;
        let mut saved = Vec::new();
        let mut position = Position { text: Matrix::IDENTITY, line: Matrix::IDENTITY };
        let marks = self.marks.len();
        let mut operators = TypedIter::new(content);
        while let Some(operator) = operators.next() {
            if !self.budget.take_operator() || !self.budget.has_room(self.words.count()) {
                break;
            }
            match operator {
                Op::SaveState(_) if saved.len() < MAX_SAVED => saved.push(state),
                Op::RestoreState(_) => state = saved.pop().unwrap_or(state),
                Op::Transform(op) => {
                    state.ctm = Matrix(numbers([&op.0, &op.1, &op.2, &op.3, &op.4, &op.5])).then(state.ctm);
                }
                Op::XObject(op) => self.x_object(op.0, resources, &state, depth),
                Op::InlineImage(_) => self.images += 1,
                Op::BeginMarkedContent(op) => self.mark(op.0, None),
                Op::BeginMarkedContentWithProperties(op) => {
                    let properties = properties(op.1, resources);
                    self.mark(op.0, properties.as_ref());
                }
                Op::EndMarkedContent(_) if self.marks.len() > marks => {
                    self.marks.pop();
                }
                Op::TextFont(op) => {
                    state.size = op.1.as_f64();
                    state.font = resources.get_font(op.0).map(|dict| self.fonts.get(&dict, self.budget));
                }
                Op::SetGraphicsState(op) => self.graphics_state(op.0, resources, &mut state),
                other => self.text_operator(&other, &mut state, &mut position),
            }
        }
        self.marks.truncate(marks);
    }

    /// Operators of text objects.
    fn text_operator(&mut self, operator: &Op<'_, '_>, state: &mut State, position: &mut Position) {
        match operator {
            Op::BeginText(_) => *position = Position { text: Matrix::IDENTITY, line: Matrix::IDENTITY },
            Op::CharacterSpacing(op) => state.char_space = op.0.as_f64(),
            Op::WordSpacing(op) => state.word_space = op.0.as_f64(),
            Op::HorizontalScaling(op) => state.stretch = op.0.as_f64() / 100.0,
            Op::TextLeading(op) => state.leading = op.0.as_f64(),
            Op::TextRise(op) => state.rise = op.0.as_f64(),
            Op::NextLine(op) => position.next_line(op.0.as_f64(), op.1.as_f64()),
            Op::NextLineAndSetLeading(op) => {
                state.leading = -op.1.as_f64();
                position.next_line(op.0.as_f64(), op.1.as_f64());
            }
            Op::NextLineUsingLeading(_) => position.next_line(0.0, -state.leading),
            Op::SetTextMatrix(op) => {
                position.line = Matrix(numbers([&op.0, &op.1, &op.2, &op.3, &op.4, &op.5]));
                position.text = position.line;
            }
            Op::ShowText(op) => self.show(op.0.as_bytes(), state, &mut position.text),
            Op::NextLineAndShowText(op) => {
                position.next_line(0.0, -state.leading);
                self.show(op.0.as_bytes(), state, &mut position.text);
            }
            Op::ShowTextWithParameters(op) => {
                (state.word_space, state.char_space) = (op.0.as_f64(), op.1.as_f64());
                position.next_line(0.0, -state.leading);
                self.show(op.2.as_bytes(), state, &mut position.text);
            }
            Op::ShowTexts(op) => self.show_all(op.0, state, &mut position.text),
            _ => {}
        }
    }

    fn show_all(&mut self, parts: &Array<'_>, state: &State, text: &mut Matrix) {
        let vertical = state.font.and_then(|at| self.fonts.read.get(at)).is_some_and(|font| font.vertical);
        for part in parts.iter::<Object<'_>>() {
            match part {
                Object::String(string) => self.show(string.as_bytes(), state, text),
                Object::Number(back) => {
                    let step = -back.as_f64() / 1000.0 * state.size;
                    let (x, y) = if vertical { (0.0, step) } else { (step * state.stretch, 0.0) };
                    *text = text.shifted(x, y);
                }
                _ => {}
            }
        }
    }

    fn show(&mut self, string: &[u8], state: &State, text: &mut Matrix) {
        let Some(font) = state.font.and_then(|at| self.fonts.read.get_mut(at)) else {
            return;
        };
        let stated = self.marks.last().and_then(|marked| marked.stated);
        let mut marks = self.marks.iter_mut().rev().map(|marked| &mut marked.mark);
        let shown = match marks.find(|mark| !matches!(mark, Mark::Plain)) {
            Some(Mark::Artifact) => Shown::Nothing,
            Some(Mark::Actual(actual)) => Shown::Instead(actual),
            _ => Shown::Itself,
        };
        let mut pen = Pen {
            scale: font.scale,
            bold: font.bold,
            fixed: font.fixed,
            vertical: font.vertical,
            stated,
            words: &mut self.words,
            page: (self.width, self.height),
            state,
            text,
            shown,
        };
        font.codes(string, |code| pen.code(code));
    }

    fn x_object(&mut self, name: &Name<'_>, resources: &Resources<'_>, state: &State, depth: usize) {
        let Some(stream) = resources.get_x_object(name) else {
            return;
        };
        let dict = stream.dict();
        if dict.get::<Name<'_>>("Subtype").as_deref() != Some(b"Form") {
            self.images += 1;
            return;
        }
        self.form(&stream, resources, state, depth);
    }

    /// Content that is drawn as a whole: a form, an annotation's appearance.
    fn form(&mut self, stream: &Stream<'_>, resources: &Resources<'_>, state: &State, depth: usize) {
        if depth >= FORM_DEPTH || !self.budget.take_form() {
            return;
        }
        let Some(content) = decode(stream, self.budget) else {
            return;
        };
        let dict = stream.dict();
        let matrix = dict.get::<[f64; 6]>("Matrix").map_or(Matrix::IDENTITY, Matrix);
        let inner = State { ctm: matrix.then(state.ctm), ..*state };
        // Marks in a form are counted by themselves.
        let stated = std::mem::take(&mut self.stated);
        match dict.get::<Dict<'_>>("Resources") {
            Some(own) => self.content(&content, &Resources::new(own), inner, depth + 1),
            None => self.content(&content, resources, inner, depth + 1),
        }
        self.stated = stated;
    }

    fn graphics_state(&mut self, name: &Name<'_>, resources: &Resources<'_>, state: &mut State) {
        let Some(font) = resources.get_ext_g_state(name).and_then(|dict| dict.get::<Array<'_>>("Font"))
        else {
            return;
        };
        let mut parts = font.flex_iter();
        if let (Some(dict), Some(size)) = (parts.next::<Dict<'_>>(), parts.next::<f32>()) {
            state.font = Some(self.fonts.get(&dict, self.budget));
            state.size = f64::from(size);
        }
    }

    fn mark(&mut self, tag: &Name<'_>, properties: Option<&Dict<'_>>) {
        let actual = properties.and_then(|dict| dict.get::<PdfString<'_>>("ActualText"));
        let kind = properties.and_then(|dict| dict.get::<Name<'_>>("Type"));
        let mark = match actual {
            Some(actual) => Mark::Actual(Text::new(strings::decode(actual.as_bytes()).trim())),
            None if tag.as_ref() == b"Artifact" && kind.as_deref() == Some(b"Pagination") => Mark::Artifact,
            None => Mark::Plain,
        };
        // A file that opens marks and never ends them has no use for those.
        if self.marks.len() < MAX_SAVED {
            let number = properties.and_then(|dict| dict.get::<u32>("MCID"));
            let stated = match number.and_then(|number| usize::try_from(number).ok()) {
                Some(number) => self.stated.get(number).copied().flatten(),
                None => self.marks.last().and_then(|marked| marked.stated),
            };
            self.marks.push(Marked { mark, stated });
        }
    }
}

fn properties<'a>(object: &Object<'a>, resources: &Resources<'a>) -> Option<Dict<'a>> {
    match object {
        Object::Dict(dict) => Some(dict.clone()),
        Object::Name(name) => resources.properties.get::<Dict<'a>>(name.as_ref()),
        _ => None,
    }
}

fn numbers(all: [&Number; 6]) -> [f64; 6] {
    all.map(Number::as_f64)
}

/// What a code leaves on the page.
enum Shown<'p> {
    Itself,
    Nothing,
    /// Once this, then nothing.
    Instead(&'p mut Text),
}

/// Writes the codes of one string.
struct Pen<'p> {
    scale: f64,
    bold: bool,
    fixed: bool,
    vertical: bool,
    stated: Option<Stated>,
    words: &'p mut Words,
    page: (f64, f64),
    state: &'p State,
    text: &'p mut Matrix,
    shown: Shown<'p>,
}

impl Pen<'_> {
    fn code(&mut self, code: &Code) {
        let state = self.state;
        let device = Matrix([state.size * state.stretch, 0.0, 0.0, state.size, 0.0, state.rise])
            .then(*self.text)
            .then(state.ctm);
        let advance = f64::from(code.advance);
        let word_space = if code.is_space { state.word_space } else { 0.0 };
        let space = state.char_space + word_space;
        let (x, y) = if self.vertical {
            (0.0, -advance * state.size + space)
        } else {
            ((advance * state.size + space) * state.stretch, 0.0)
        };
        self.place(code, device, advance);
        *self.text = self.text.shifted(x, y);
    }

    fn place(&mut self, code: &Code, device: Matrix, advance: f64) {
        let [a, b, c, d, ..] = device.0;
        let from = device.apply(0.0, 0.0);
        let (to, step) = if self.vertical {
            (device.apply(0.0, -advance), (-c, -d))
        } else {
            (device.apply(advance, 0.0), (a, b))
        };
        let size = c.hypot(d) * self.scale;
        let (width, height) = self.page;
        let outside = |at: f64, most: f64| at < -size || at > most + size;
        if size <= 0.0 || outside(from.0, width) || outside(from.1, height) {
            return;
        }
        let drawn = Drawn {
            from,
            to,
            size,
            bold: self.bold,
            fixed: self.fixed,
            stated: self.stated,
            turn: Turn::of_step(step.0, step.1),
        };
        match &mut self.shown {
            Shown::Itself => self.words.draw(&code.text, drawn),
            Shown::Nothing => {}
            Shown::Instead(actual) => {
                let actual = std::mem::take(*actual);
                self.words.draw(&actual, drawn);
            }
        }
    }
}
