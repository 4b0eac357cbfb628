//! `workroom ask`: passages for a question, and an answer made of quoted sentences.

use super::scope::query;
use super::search::nothing;
use crate::args::{Args, Ask};
use crate::failure::Failure;
use crate::output::{Out, clean, context, lines, origin};
use crate::place;
use workroom::{Answer, Question};

pub(super) fn run(args: &Args, options: &Ask) -> Result<(), Failure> {
    let question =
        Question { query: query(&options.query, &options.scope)?, budget: options.budget as usize };
    let workspace = place::open(args)?;
    let answer = workspace.ask(&question)?;
    let mut out = Out::new();
    if options.scope.json {
        out.json(&answer)?;
    } else if answer.passages.is_empty() {
        out.whole(&nothing(&workspace)?)?;
    } else {
        print(&mut out, &answer)?;
    }
    Ok(out.flush()?)
}

pub(super) fn print(out: &mut Out, answer: &Answer) -> Result<(), Failure> {
    if answer.sentences.is_empty() {
        out.whole("no sentence answers this; the nearest passages:")?;
    }
    for sentence in &answer.sentences {
        let quote = sentence.quote.split_whitespace().collect::<Vec<_>>().join(" ");
        let lines = lines(sentence.start_line, sentence.end_line);
        let place = format!("[{}:{lines}{}]", sentence.path, origin(sentence.place.as_ref()));
        out.whole(&format!("{} {}", clean(&quote), out.dim(&place)))?;
    }
    out.whole("")?;
    for (passage, number) in answer.passages.iter().zip(1..) {
        let stale = if passage.fresh { "" } else { "  (changed since)" };
        let place = format!("{}:{}", passage.path, lines(passage.start_line, passage.end_line));
        let origin = origin(passage.place.as_ref());
        out.whole(&format!("[{number}] {}{origin}{stale}", out.bold(&place)))?;
        if let Some(context) = context(passage) {
            out.whole(&out.dim(&context))?;
        }
        for line in passage.quote.lines() {
            out.whole(&clean(line))?;
        }
        out.whole("")?;
    }
    Ok(())
}
