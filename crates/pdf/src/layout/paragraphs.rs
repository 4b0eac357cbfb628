//! A region's rows to paragraphs and tables.
//!
//! Invariant: rows keep their order from the top, segments of a row theirs from the left.
//! Not here: joining the lines of a paragraph, which takes the whole document.

use std::collections::BTreeMap;

use super::columns::Region;
use super::rows::FIXED_WIDTH;
use super::{
    Block, Cell, Paragraph, Segment, Table, Vocabulary, ends_open, is_bullet, is_mark, join_lines, list_mark,
};

/// Rows of several cells in a row that make a table.
const TABLE_ROWS: usize = 2;
/// A gap of so many ems between cells of a single row is a column too.
const CELL_GAP: f64 = 2.0;
/// Words of a justified line are at most so many ems apart.
const JUSTIFIED_GAP: f64 = 2.5;
/// Rows of a table are set alike: the widest step between them is at most so many times the narrowest.
const EVEN_STEPS: f64 = 1.35;
/// Lines of one cell are at most so many ems apart.
const CELL_LEADING: f64 = 1.9;

/// The blocks of a region, from the top. Notes in the margin come before what they stand beside.
pub(crate) fn blocks(region: Region) -> Vec<Block> {
    if region.margin.is_empty() {
        return stacked(region.segments);
    }
    let mut placed: Vec<(f64, usize, Block)> = Vec::new();
    let (mut stack, mut end) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    for note in stacked(region.margin) {
        let (top, bottom) = note.edges();
        // Notes without white between them stay together.
        if top - end > 0.5 * (bottom - top) {
            stack = top;
        }
        end = bottom;
        placed.push((stack, 0, note));
    }
    for block in stacked(region.segments) {
        // Lines beside one another seldom have quite the same edge.
        let (top, bottom) = block.edges();
        placed.push((top + 0.2 * (bottom - top).min(10.0), 1, block));
    }
    placed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    placed.into_iter().map(|(_, _, block)| block).collect()
}

fn stacked(segments: Vec<Segment>) -> Vec<Block> {
    let mut by_row: BTreeMap<usize, Vec<Segment>> = BTreeMap::new();
    for segment in segments {
        by_row.entry(segment.row).or_default().push(segment);
    }
    let mut rows: Vec<Vec<Segment>> = by_row.into_values().collect();
    for row in &mut rows {
        row.sort_by(|a, b| a.left.total_cmp(&b.left));
    }
    let mut blocks = Vec::new();
    let mut lines: Vec<Segment> = Vec::new();
    let mut table: Vec<Vec<Segment>> = Vec::new();
    let kinds: Vec<(bool, bool)> =
        (0..rows.len()).map(|at| (is_justified(&rows, at), is_lone_cell(&rows, at))).collect();
    for (row, (is_text, is_lone_cell)) in rows.into_iter().zip(kinds) {
        if let Some((cell, line)) = cell_above(&mut table, &row) {
            let lines = [std::mem::take(&mut cell.text), line.text];
            cell.text = join_lines(&lines, &Vocabulary::default());
            cell.right = cell.right.max(line.right);
            cell.base = line.base;
        } else if is_lone_cell && !table.is_empty() {
            table.push(row);
        } else if is_text || is_marked_item(&row) || row.len() < 2 {
            end_table(&mut blocks, &mut lines, &mut table);
            lines.extend(merged(&row));
        } else {
            if is_far(&table, &row) {
                end_table(&mut blocks, &mut lines, &mut table);
            }
            if table.is_empty() {
                end_lines(&mut blocks, &mut lines);
            }
            table.push(row);
        }
    }
    end_table(&mut blocks, &mut lines, &mut table);
    end_lines(&mut blocks, &mut lines);
    blocks
}

/// Whether the wide gaps of a row are those of a justified line: a line beside it goes across them, and no cell stands under another.
fn is_justified(rows: &[Vec<Segment>], at: usize) -> bool {
    let Some(row) = rows.get(at).filter(|row| row.len() > 1) else {
        return false;
    };
    let (Some(first), Some(last)) = (row.first(), row.last()) else {
        return false;
    };
    let em = first.size;
    let are_narrow = row
        .windows(2)
        .all(|pair| matches!(pair, [a, b] if b.left - a.right < JUSTIFIED_GAP * em && a.size == b.size));
    if !are_narrow {
        return false;
    }
    let beside = [at.checked_sub(1), Some(at + 1)].into_iter().flatten().filter_map(|at| rows.get(at));
    let mut has_line = false;
    for other in beside {
        let is_near = other.first().is_some_and(|s| (s.base - first.base).abs() < 1.6 * em);
        if let [line] = other.as_slice() {
            has_line |= is_near
                && (line.left - first.left).abs() < 2.5 * em
                && line.right > last.left + em
                && (line.size - em).abs() < 0.05 * em;
        } else if other.iter().skip(1).any(|s| row.iter().skip(1).any(|t| (s.left - t.left).abs() < 0.3 * em))
        {
            return false;
        }
    }
    has_line
}

/// Whether a row is the first cell of a table's row whose others are empty: set like the rows around it, and as far from them as they are
/// from one another.
fn is_lone_cell(rows: &[Vec<Segment>], at: usize) -> bool {
    let around = at.checked_sub(2).and_then(|first| rows.get(first..=at + 1));
    let Some([top, above, lone, below]) = around else {
        return false;
    };
    let ([top, _, ..], [first, second, ..], [cell], [next, other, ..]) =
        (top.as_slice(), above.as_slice(), lone.as_slice(), below.as_slice())
    else {
        return false;
    };
    let steps = [first.base - top.base, cell.base - first.base, next.base - cell.base];
    let (least, most) = steps
        .iter()
        .fold((f64::INFINITY, 0.0_f64), |(least, most), step| (least.min(*step), most.max(*step)));
    (cell.left - first.left).abs() < 0.3 * cell.size
        && cell.right < second.left.min(other.left)
        && (cell.size - first.size).abs() < 0.05 * cell.size
        && least > 0.0
        && most < EVEN_STEPS * least
}

/// A bullet or number with its text far from it.
fn is_marked_item(row: &[Segment]) -> bool {
    match row {
        [mark, _] => is_mark(&mark.text),
        _ => false,
    }
}

fn end_lines(blocks: &mut Vec<Block>, lines: &mut Vec<Segment>) {
    blocks.extend(paragraphs(std::mem::take(lines)).into_iter().map(Block::Paragraph));
}

/// Ends a run of rows with several cells: a table if there are enough of them, else lines.
fn end_table(blocks: &mut Vec<Block>, lines: &mut Vec<Segment>, table: &mut Vec<Vec<Segment>>) {
    let rows = std::mem::take(table);
    if let Some(line) = noted_heading(&rows) {
        lines.push(line);
        end_lines(blocks, lines);
        return;
    }
    let is_wide = |row: &Vec<Segment>| {
        row.windows(2).all(|pair| matches!(pair, [a, b] if b.left - a.right > CELL_GAP * a.size.max(b.size)))
    };
    let is_table = rows.iter().filter(|row| row.len() > 1).count() >= TABLE_ROWS
        || rows.iter().any(|row| row.len() > 2 || is_wide(row));
    if is_table && !rows.is_empty() {
        end_lines(blocks, lines);
        let all = || rows.iter().flatten();
        blocks.push(Block::Table(Table {
            top: all().map(Segment::top).fold(f64::INFINITY, f64::min),
            bottom: all().map(Segment::bottom).fold(f64::NEG_INFINITY, f64::max),
            rows: cells(&rows),
        }));
    } else {
        lines.extend(rows.iter().filter_map(|row| merged(row)));
    }
}

/// A bold line by itself with as bold a note at its end, a date perhaps: what looks like a heading is one line.
fn noted_heading(rows: &[Vec<Segment>]) -> Option<Segment> {
    let [row] = rows else {
        return None;
    };
    let [heading, note] = row.as_slice() else {
        return None;
    };
    let is_one = heading.bold && note.bold && (heading.size - note.size).abs() < 0.05 * heading.size;
    let names = heading.text.starts_with(char::is_alphabetic) && ends_open(&heading.text);
    (is_one && names).then(|| Segment {
        text: format!("{} | {}", heading.text, note.text),
        right: note.right,
        ..heading.clone()
    })
}

/// Rows of cells, each in the column it stands under.
fn cells(rows: &[Vec<Segment>]) -> Vec<Vec<Cell>> {
    let columns = column_edges(rows);
    let cell = |segment: &Segment| Cell { text: segment.text.clone(), bold: segment.bold };
    let in_columns = |row: &Vec<Segment>| -> Option<Vec<Cell>> {
        let mut cells = vec![Cell::default(); columns.len()];
        let mut free = 0;
        for segment in row {
            let at =
                columns.iter().position(|(left, right)| segment.left < *right && *left < segment.right)?;
            // Two segments in one column, or one across several: the columns are not what they seem.
            if at < free {
                return None;
            }
            free = at + 1;
            *cells.get_mut(at)? = cell(segment);
        }
        Some(cells)
    };
    let aligned: Option<Vec<Vec<Cell>>> = rows.iter().map(in_columns).collect();
    aligned.unwrap_or_else(|| rows.iter().map(|row| row.iter().map(cell).collect()).collect())
}

/// The cell of the row above that a row is the next line of; never the first, which may begin something new.
fn cell_above<'t>(table: &'t mut [Vec<Segment>], row: &[Segment]) -> Option<(&'t mut Segment, Segment)> {
    let ([line], Some(above)) = (row, table.last_mut()) else {
        return None;
    };
    let em = line.size;
    let goes_on = |cell: &Segment| {
        (cell.left - line.left).abs() < 0.6 * em && line.base - cell.base < CELL_LEADING * em.max(cell.size)
    };
    above.iter_mut().skip(1).find(|cell| goes_on(cell)).map(|cell| (cell, line.clone()))
}

/// Whether a row is too far below the last of a table to be of it.
fn is_far(table: &[Vec<Segment>], row: &[Segment]) -> bool {
    let base = |row: &[Segment]| row.iter().map(|cell| cell.base).fold(f64::NEG_INFINITY, f64::max);
    let bases: Vec<f64> = table.iter().rev().take(2).map(|row| base(row)).collect();
    let em = row.iter().map(|cell| cell.size).fold(0.0, f64::max);
    match *bases.as_slice() {
        [last, before] => base(row) - last > (3.2 * em).max(1.8 * (last - before)),
        [last] => base(row) - last > 4.0 * em,
        _ => false,
    }
}

/// Where the columns of a table lie: the stretches that its cells cover together.
fn column_edges(rows: &[Vec<Segment>]) -> Vec<(f64, f64)> {
    let mut edges: Vec<(f64, f64)> = rows.iter().flatten().map(|s| (s.left, s.right)).collect();
    edges.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut columns: Vec<(f64, f64)> = Vec::new();
    for (left, right) in edges {
        match columns.last_mut() {
            Some((_, end)) if left < *end => *end = end.max(right),
            _ => columns.push((left, right)),
        }
    }
    columns
}

/// One line of all segments of a row.
fn merged(row: &[Segment]) -> Option<Segment> {
    let first = row.first()?;
    let mut text = String::new();
    let mut end: Option<&Segment> = None;
    for segment in row {
        if let Some(before) = end {
            let gap = (segment.left - before.right) / (FIXED_WIDTH * segment.size);
            let fixed = before.fixed && segment.fixed;
            let spaces = if fixed { gap.round().clamp(1.0, 80.0) as usize } else { 1 };
            text.extend(std::iter::repeat_n(' ', spaces));
        }
        text.push_str(&segment.text);
        end = Some(segment);
    }
    let longest = row.iter().max_by_key(|segment| segment.text.len())?;
    Some(Segment {
        text,
        right: row.iter().map(|segment| segment.right).fold(first.right, f64::max),
        size: longest.size,
        base: longest.base,
        bold: row.iter().all(|segment| segment.bold),
        fixed: row.iter().all(|segment| segment.fixed),
        stated: first.stated.filter(|_| row.iter().all(|segment| segment.stated == first.stated)),
        ..first.clone()
    })
}

/// Lines that follow one another to paragraphs.
fn paragraphs(lines: Vec<Segment>) -> Vec<Paragraph> {
    let left = lines.iter().map(|line| line.left).fold(f64::INFINITY, f64::min);
    let leading = leading(&lines);
    let mut paragraphs: Vec<Paragraph> = Vec::new();
    let mut run: Vec<Segment> = Vec::new();
    let mut lines = lines.into_iter().peekable();
    while let Some(line) = lines.next() {
        let ends = lines.peek().is_none_or(|next| is_apart(&line, next, leading));
        run.push(line);
        if ends {
            paragraphs.extend(of_run(&run, left));
            run.clear();
        }
    }
    paragraphs
}

/// Whether white space or another size of type parts two lines.
fn is_apart(line: &Segment, next: &Segment, leading: f64) -> bool {
    next.base - line.base > 1.25 * leading.max(1.1 * next.size) || other_size(line, next)
}

fn other_size(line: &Segment, next: &Segment) -> bool {
    (line.size - next.size).abs() > 0.12 * line.size.max(next.size)
}

/// Paragraphs of lines without white space between them: their own margins tell where one ends.
fn of_run(run: &[Segment], left: f64) -> Vec<Paragraph> {
    let right = run.iter().map(|line| line.right).fold(f64::NEG_INFINITY, f64::max);
    let mut paragraphs: Vec<Paragraph> = Vec::new();
    let mut before: Option<&Segment> = None;
    for line in run {
        let goes_on = match (before, paragraphs.last()) {
            (Some(before), Some(open)) => is_continued(before, line, open, (left, right)),
            _ => false,
        };
        match paragraphs.last_mut().filter(|_| goes_on) {
            Some(open) => {
                let text = if open.code { indented(line, open.left) } else { line.text.clone() };
                open.lines.push(text);
                open.bold &= line.bold;
                open.bottom = line.bottom();
            }
            None => paragraphs.push(Paragraph {
                lines: vec![line.text.clone()],
                size: line.size,
                bold: line.bold,
                code: line.fixed,
                left: line.left,
                top: line.top(),
                bottom: line.bottom(),
                apart: before
                    .is_none_or(|before| before.stated != line.stated || is_indented(before, line, left)),
                stated: line.stated,
                listed: false,
            }),
        }
        before = Some(line);
    }
    paragraphs
}

/// The distance of base lines that most lines have.
fn leading(lines: &[Segment]) -> f64 {
    let mut steps: Vec<f64> = lines
        .windows(2)
        .filter_map(|pair| match pair {
            [a, b] => Some(b.base - a.base).filter(|step| *step > 0.0 && *step < 3.0 * b.size),
            _ => None,
        })
        .collect();
    steps.sort_by(f64::total_cmp);
    steps.get(steps.len() / 2).copied().unwrap_or(0.0)
}

/// Whether a line goes on the paragraph of the line before it.
fn is_continued(before: &Segment, line: &Segment, open: &Paragraph, (left, right): (f64, f64)) -> bool {
    let em = line.size.max(before.size);
    if line.stated != before.stated {
        return false;
    }
    if line.fixed || open.code {
        return line.fixed && open.code;
    }
    if let Some((mark, _)) = list_mark(&line.text) {
        // A dash or a number may also be where a line of a sentence happened to begin.
        let may_be_chance = !is_bullet(mark) && ends_open(&before.text) && open.lines.len() > 1;
        let in_line = (line.left - before.left).abs() < 0.3 * em && right - before.right < 3.0 * em;
        return may_be_chance && in_line && !is_first_marked(open);
    }
    if is_centered(before, line) {
        // Lines of a title, names and addresses stand for themselves, unless a sentence goes on.
        let is_address = line.text.split(' ').next().is_some_and(|word| word.contains('@'));
        let goes_on = line.text.starts_with(char::is_lowercase) && !is_address;
        return goes_on && ends_open(&before.text) && before.bold == line.bold;
    }
    if before.bold != line.bold && open.lines.len() == 1 {
        return false;
    }
    if is_first_marked(open) && line.left > open.left + 0.5 * em {
        return true;
    }
    // The first line of a paragraph is further in than the one before it, unless that began the paragraph and hangs out.
    if is_indented(before, line, left) && open.lines.len() > 1 {
        return false;
    }
    // A line that ended although the next word would have fitted ended on purpose.
    let room = right - before.right;
    let fitted = line.first_word + 0.3 * em < room - 0.5 * em;
    if !fitted {
        return true;
    }
    // Ragged margins: a sentence that goes on in small letters goes on.
    room < 0.5 * (right - left.max(before.left))
        && ends_open(&before.text)
        && line.text.starts_with(char::is_lowercase)
}

fn is_first_marked(open: &Paragraph) -> bool {
    open.lines.first().is_some_and(|first| list_mark(first).is_some())
}

/// Whether two lines of different length stand one under the middle of the other.
fn is_centered(before: &Segment, line: &Segment) -> bool {
    let middle = |line: &Segment| f64::midpoint(line.left, line.right);
    (middle(before) - middle(line)).abs() < 0.3 * line.size && (before.left - line.left).abs() > line.size
}

/// A line of code with the spaces that its place says.
fn indented(line: &Segment, left: f64) -> String {
    let spaces = ((line.left - left) / (FIXED_WIDTH * line.size)).round().clamp(0.0, 80.0) as usize;
    format!("{}{}", " ".repeat(spaces), line.text)
}

fn is_indented(before: &Segment, line: &Segment, left: f64) -> bool {
    let em = line.size;
    line.left > before.left + 0.8 * em && before.left < left + 2.0 * em && line.left < left + 6.0 * em
}
