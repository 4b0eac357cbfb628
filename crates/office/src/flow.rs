//! The flow of blocks that a text document is: paragraphs, headings, lists, and tables with all of these inside.
//!
//! A table is held back until it is whole, since only then is it known whether it holds data, a row a line, or arranges the page.
//!
//! Invariant: linear in what is pushed; tables inside tables are followed [`MAX_TABLES`] deep, what is deeper becomes words of its cell.
//! Not here: formats.

use extract::Builder;

/// Tables in tables that are told apart.
const MAX_TABLES: usize = 8;
/// The widest merged cell that is made up for by empty ones.
const MAX_SPAN: usize = 64;
/// The most empty cells that are made up in a document: they take memory that their source did not.
const MAX_MADE_UP: usize = 100_000;
/// A cell of more blocks than this is a part of the page, not data.
const MAX_CELL_BLOCKS: usize = 12;
/// The longest cell of a header.
const MAX_HEADER_CHARS: usize = 80;

/// What a document is made of.
#[derive(Debug)]
pub(crate) enum Block {
    Heading(u8, String),
    Paragraph(String),
    Item {
        depth: usize,
        marker: String,
        words: String,
    },
    /// A line of code.
    Code(String),
    Table(Table),
}

/// The rows of a table.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

#[derive(Debug, Default)]
struct Row {
    cells: Vec<Vec<Block>>,
    /// Empty cells that come before the next one, since the last one covers their columns.
    owed: usize,
    is_header: bool,
    is_gone: bool,
}

/// Where blocks go.
#[derive(Debug)]
enum Sink {
    /// A text box, a note: whoever opened it takes what is inside.
    Box(Vec<Block>),
    Table(Table),
}

/// Takes the blocks in order.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    out: Builder,
    sinks: Vec<Sink>,
    n_tables: usize,
    n_made_up: usize,
    /// Tables that are too deep inside others to be told apart.
    n_flat: usize,
    /// Lines of code that belong together.
    code: String,
    notes: Vec<(String, String)>,
    /// A blank line is due before anything else.
    owes_blank_line: bool,
}

impl Flow {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn push(&mut self, block: Block) {
        match self.sinks.last_mut() {
            Some(Sink::Box(blocks)) => blocks.push(block),
            Some(Sink::Table(table)) => table.cell().push(block),
            None => self.emit(block),
        }
    }

    /// A note that was referred to as `[^label]`. It is told before the next heading.
    pub(crate) fn note(&mut self, label: &str, words: &str) {
        if !words.trim().is_empty() {
            self.notes.push((label.to_owned(), words.to_owned()));
        }
    }

    pub(crate) fn begin_box(&mut self) {
        self.sinks.push(Sink::Box(Vec::new()));
    }

    /// The blocks since [`Self::begin_box`].
    pub(crate) fn end_box(&mut self) -> Vec<Block> {
        while matches!(self.sinks.last(), Some(Sink::Table(_))) {
            self.end_table();
        }
        match self.sinks.pop() {
            Some(Sink::Box(blocks)) => blocks,
            _ => Vec::new(),
        }
    }

    pub(crate) fn begin_table(&mut self) {
        if self.n_tables >= MAX_TABLES {
            self.n_flat += 1;
            return;
        }
        self.n_tables += 1;
        self.sinks.push(Sink::Table(Table::default()));
    }

    pub(crate) fn begin_row(&mut self) {
        if let Some(table) = self.table() {
            table.rows.push(Row::default());
        }
    }

    /// The row is a part of the table's header.
    pub(crate) fn mark_header(&mut self) {
        if let Some(row) = self.table().and_then(|table| table.rows.last_mut()) {
            row.is_header = true;
        }
    }

    /// The row is no longer there.
    pub(crate) fn mark_gone(&mut self) {
        if let Some(row) = self.table().and_then(|table| table.rows.last_mut()) {
            row.is_gone = true;
        }
    }

    pub(crate) fn begin_cell(&mut self) {
        if let Some(table) = self.table() {
            let row = table.row();
            let n = std::mem::take(&mut row.owed) + 1;
            row.cells.extend(std::iter::repeat_with(Vec::new).take(n));
        }
    }

    /// The last cell covers `n` columns more; before the first, there are `n` empty ones.
    pub(crate) fn span(&mut self, n: usize) {
        let n = n.min(MAX_SPAN);
        if self.n_made_up + n > MAX_MADE_UP {
            return;
        }
        self.n_made_up += n;
        if let Some(table) = self.table() {
            table.row().owed = n;
        }
    }

    pub(crate) fn end_table(&mut self) {
        if self.n_flat > 0 {
            self.n_flat -= 1;
            return;
        }
        if matches!(self.sinks.last(), Some(Sink::Table(_)))
            && let Some(Sink::Table(table)) = self.sinks.pop()
        {
            self.n_tables = self.n_tables.saturating_sub(1);
            self.push(Block::Table(table));
        }
    }

    /// Whether nothing more fits.
    pub(crate) fn is_full(&self) -> bool {
        self.out.is_full()
    }

    /// Everything so far, as a document that may be added to.
    pub(crate) fn finish(mut self) -> Builder {
        while !self.sinks.is_empty() {
            for block in self.end_box() {
                self.push(block);
            }
        }
        self.end_code();
        self.tell_notes();
        self.out
    }

    /// What has been built up to here, for whoever wants to say where it is from.
    pub(crate) fn builder(&mut self) -> &mut Builder {
        self.end_code();
        self.tell_notes();
        &mut self.out
    }

    fn table(&mut self) -> Option<&mut Table> {
        match self.sinks.last_mut() {
            Some(Sink::Table(table)) if self.n_flat == 0 => Some(table),
            _ => None,
        }
    }

    fn emit(&mut self, block: Block) {
        if let Block::Code(line) = block {
            self.code.push_str(&line);
            self.code.push('\n');
            return;
        }
        self.end_code();
        self.pay_blank_line();
        self.owes_blank_line = matches!(block, Block::Heading(..));
        match block {
            Block::Heading(level, words) => {
                self.tell_notes();
                self.out.heading(level, &words);
            }
            Block::Paragraph(words) => self.out.paragraph(&words),
            Block::Item { depth, marker, words } => self.out.list_item(depth, &marker, &words),
            Block::Code(_) => {}
            Block::Table(table) => self.emit_table(table),
        }
    }

    /// A table inside a table is emitted from here again, at most [`MAX_TABLES`] deep.
    fn emit_table(&mut self, mut table: Table) {
        table.rows.retain(|row| !row.is_gone);
        let is_column = table.rows.iter().all(|row| row.cells.len() <= 1);
        let is_page = table.rows.iter().any(Row::is_page);
        if is_column && (is_page || table.rows.len() == 1 || table.has_long_cells()) {
            return table.into_blocks().for_each(|block| self.emit(block));
        }
        let has_header = !is_page && table.has_header();
        self.out.begin_block();
        for (i, row) in table.rows.into_iter().enumerate() {
            if row.is_page() {
                row.cells.into_iter().flatten().for_each(|block| self.emit(block));
                self.end_code();
                self.owes_blank_line = true;
                continue;
            }
            self.pay_blank_line();
            let cells: Vec<String> = row.cells.iter().map(|blocks| words_of(blocks)).collect();
            if i == 0 && has_header {
                self.out.begin_table(&cells);
            } else {
                self.out.row(&cells);
            }
        }
        self.owes_blank_line = true;
    }

    fn pay_blank_line(&mut self) {
        if std::mem::take(&mut self.owes_blank_line) {
            self.out.begin_block();
        }
    }

    fn end_code(&mut self) {
        if !self.code.is_empty() {
            self.out.verbatim(&std::mem::take(&mut self.code));
            self.owes_blank_line = true;
        }
    }

    fn tell_notes(&mut self) {
        self.end_code();
        for (i, (label, words)) in std::mem::take(&mut self.notes).into_iter().enumerate() {
            let note = format!("[^{label}]: {words}");
            if i == 0 { self.out.paragraph(&note) } else { self.out.line(&note) }
        }
    }
}

impl Table {
    fn row(&mut self) -> &mut Row {
        if self.rows.is_empty() {
            self.rows.push(Row::default());
        }
        let last = self.rows.len() - 1;
        &mut self.rows[last]
    }

    fn cell(&mut self) -> &mut Vec<Block> {
        let row = self.row();
        if row.cells.is_empty() {
            row.cells.push(Vec::new());
        }
        let last = row.cells.len() - 1;
        &mut row.cells[last]
    }

    /// Whether the first row names the columns: it says so, or every column has a short name there that is no figure.
    fn has_header(&self) -> bool {
        let [first, rest @ ..] = self.rows.as_slice() else { return false };
        if rest.is_empty() {
            return false;
        }
        let names: Vec<String> = first.cells.iter().map(|blocks| words_of(blocks)).collect();
        let n_named = names.iter().filter(|name| !name.trim().is_empty()).count();
        if first.is_header {
            return n_named > 0;
        }
        let is_name = |name: &str| {
            name.chars().count() <= MAX_HEADER_CHARS
                && (name.is_empty() || name.chars().any(char::is_alphabetic))
        };
        // The corner above row names is often empty.
        n_named > 1 && n_named + 1 >= names.len() && names.iter().all(|name| is_name(name.trim()))
    }

    fn has_long_cells(&self) -> bool {
        self.rows.iter().any(|row| row.cells.iter().any(|blocks| blocks.len() > 1))
    }

    fn into_blocks(self) -> impl Iterator<Item = Block> {
        self.rows.into_iter().flat_map(|row| row.cells).flatten()
    }
}

impl Row {
    /// Whether the row arranges parts of a page beside each other.
    fn is_page(&self) -> bool {
        let is_part = |block: &Block| matches!(block, Block::Heading(..) | Block::Table(_));
        self.cells.iter().any(|blocks| blocks.len() > MAX_CELL_BLOCKS || blocks.iter().any(is_part))
    }
}

/// The words of blocks in one line.
pub(crate) fn words_of(blocks: &[Block]) -> String {
    let mut words = String::new();
    let mut left: Vec<&Block> = blocks.iter().rev().collect();
    while let Some(block) = left.pop() {
        match block {
            Block::Heading(_, text) | Block::Paragraph(text) | Block::Code(text) => words.push_str(text),
            Block::Item { marker, words: text, .. } => {
                words.push_str(marker);
                words.push(' ');
                words.push_str(text);
            }
            Block::Table(table) => {
                left.extend(table.rows.iter().flat_map(|row| &row.cells).flatten().rev());
            }
        }
        words.push(' ');
    }
    words
}
