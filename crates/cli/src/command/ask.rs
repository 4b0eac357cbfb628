//! `workroom ask`: passages for a question, an answer made of quoted sentences, and one by a language model where there is one.

use super::scope::{dated, query, then};
use super::search::{left_out, nothing};
use crate::args::{Args, Ask};
use crate::failure::Failure;
use crate::output::{Out, clean, context, lines, origin};
use crate::{llm, place};
use console::{Style, Term};
use generate::{Answered, Generated, Model, Sentence};
use workroom::{Answer, Citation, PathSet, Question};

pub(super) fn run(args: &Args, options: &Ask) -> Result<(), Failure> {
    let model = llm::model(&options.llm)?;
    let query = query(&options.query, &options.scope)?;
    let workspace = place::open(args)?;
    let (query, as_of) = dated(&workspace, query)?;
    let question = Question { query, budget: options.budget as usize };
    let found = workspace.ask(&question)?;
    let not_searched = workspace.within(PathSet::all()).not_searched(&question.query)?;
    let (generated, failed) = match &model {
        None => (None, None),
        Some(model) => generate(model, &found, options.scope.json),
    };
    let answered = Answered { found, not_searched, as_of, generated };
    let mut out = Out::new();
    if options.scope.json {
        out.json(&answered)?;
    } else if answered.found.passages.is_empty() {
        let was = || "nothing found".to_owned();
        out.whole(&answered.as_of.as_ref().map_or_else(|| nothing(&workspace), |_| Ok(was()))?)?;
    } else if let Some(generated) = &answered.generated {
        print_generated(&mut out, &answered.found, generated)?;
    } else {
        print(&mut out, &answered.found)?;
    }
    let notes = left_out(&answered.not_searched).into_iter().chain(answered.as_of.as_ref().map(then));
    for note in notes.filter(|_| !options.scope.json) {
        out.whole(&note)?;
    }
    out.flush()?;
    failed.map_or(Ok(()), Err)
}

/// Has the model answer. On a terminal what it says is seen as it comes, which is not yet the result.
fn generate(model: &Model, found: &Answer, quiet: bool) -> (Option<Generated>, Option<Failure>) {
    let term = Term::stderr();
    let shows = !quiet && term.is_term();
    let dim = Style::new().for_stderr().dim();
    let mut has_said = false;
    let mut said = |piece: &str| {
        if shows {
            has_said = true;
            let lines: Vec<String> =
                piece.split('\n').map(|line| dim.apply_to(clean(line)).to_string()).collect();
            // A terminal that is gone hears nothing; the result goes elsewhere.
            drop(term.write_str(&lines.join("\n")));
        }
    };
    let answered = model.answer(found, &mut said, &|| false);
    if has_said {
        drop(term.write_str("\n\n"));
    }
    match answered {
        Ok(generated) => (Some(generated), None),
        Err(error) => (Some(Generated::failed(model.name(), &error)), Some(Failure::Llm(error))),
    }
}

fn print_generated(out: &mut Out, found: &Answer, generated: &Generated) -> Result<(), Failure> {
    if generated.answer.is_none() {
        // What failed is told whole as the error.
        let why =
            generated.failure.map(generate::Failure::words).or(generated.why.as_deref()).unwrap_or_default();
        if found.answer.is_some() {
            out.whole(&clean(&format!("{why}; the sentences that come nearest:")))?;
        }
        return print(out, found);
    }
    for sentence in &generated.sentences {
        print_sentence(out, sentence)?;
    }
    let (supported, said) = (generated.supported, generated.said);
    let cut = if generated.cut { "; a limit of the model's ended the answer" } else { "" };
    let said = format!(
        "{}: {supported} of {said} sentences quote what stands there; whether it means the same is for the reader{cut}",
        generated.model
    );
    out.whole(&out.dim(&clean(&said)))?;
    out.whole("")?;
    passages(out, found)
}

fn print_sentence(out: &mut Out, sentence: &Sentence) -> Result<(), Failure> {
    let text = clean(&on_one_line(&sentence.text));
    let mark = if sentence.supported { String::new() } else { format!(" {}", out.bold("[unsupported]")) };
    out.whole(&format!("{text}{mark}"))?;
    for cited in &sentence.citations {
        let citation = &cited.citation;
        let quote = clean(&on_one_line(&citation.quote));
        out.whole(&out.dim(&format!("    [{}] {}: \"{quote}\"", citation.passage + 1, place_of(citation))))?;
    }
    Ok(())
}

pub(super) fn print(out: &mut Out, answer: &Answer) -> Result<(), Failure> {
    if answer.sentences.is_empty() {
        out.whole("no sentence answers this; the nearest passages:")?;
    }
    for sentence in &answer.sentences {
        let place = format!("[{}]", place_of(sentence));
        out.whole(&format!("{} {}", clean(&on_one_line(&sentence.quote)), out.dim(&place)))?;
    }
    out.whole("")?;
    passages(out, answer)
}

fn place_of(citation: &Citation) -> String {
    let lines = lines(citation.start_line, citation.end_line);
    format!("{}:{lines}{}", citation.path, origin(citation.place.as_ref()))
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn passages(out: &mut Out, answer: &Answer) -> Result<(), Failure> {
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
