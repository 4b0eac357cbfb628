//! `workroom comment` and `workroom approval`: what people and agents have to say to each other about files, and what one has to ask another.

use super::scope::age_ms;
use crate::args::{AddComment, Approval as Approvals, Args, AskApproval, Comment as Comments};
use crate::failure::Failure;
use crate::output::{Out, clean};
use crate::{interrupt, place};
use jiff::Timestamp;
use serde::Serialize;
use std::process::ExitCode;
use std::time::Duration;
use workroom::{About, Actor, Approval, ApprovalState, Commented, PathSet, Standing, Wish};

/// A wait that ended without an answer.
const UNANSWERED: u8 = 11;

pub(super) fn comment(args: &Args, which: &Comments) -> Result<(), Failure> {
    let workspace = place::open(args)?;
    let mut out = Out::new();
    let (found, json) = match which {
        Comments::Add(options) => {
            (vec![workspace.comment(&about(options), &options.text.join(" "))?], options.json)
        }
        Comments::Reply { id, text, json } => (vec![workspace.reply_to_comment(id, &text.join(" "))?], *json),
        Comments::Resolve { id, json } => (vec![workspace.resolve_comment(id)?], *json),
        Comments::List { path, resolved, json } => {
            let path = path.as_deref().map(inside);
            let found = workspace.comments(path, *resolved, &PathSet::all())?;
            if *json {
                out.json(&found)?;
                return Ok(out.flush()?);
            }
            (found, false)
        }
    };
    if json {
        found.iter().try_for_each(|commented| out.json(commented))?;
    } else if found.is_empty() {
        out.whole("nobody has said anything; `workroom comment add PATH TEXT` does")?;
    }
    for commented in found.iter().filter(|_| !json) {
        print_comment(&mut out, commented)?;
    }
    Ok(out.flush()?)
}

fn about(options: &AddComment) -> About {
    About {
        path: inside(&options.path).to_owned(),
        version: options.version.clone(),
        range: None,
        quote: options.quote.clone(),
    }
}

/// A path as the library takes it; `/` is the whole workspace.
fn inside(path: &str) -> &str {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.strip_prefix("./").unwrap_or(path)
}

fn print_comment(out: &mut Out, Commented { comment, standing, .. }: &Commented) -> Result<(), Failure> {
    let place = if comment.path.is_empty() { "the workspace".to_owned() } else { clean(&comment.path) };
    let standing = match standing {
        Standing::Current => "",
        Standing::Kept => "  (changed since; the passage still stands)",
        Standing::Changed => "  (changed since)",
        Standing::Gone => "  (gone)",
    };
    let resolved = if comment.resolved.is_some() { "  resolved" } else { "" };
    out.whole(&format!("{}  {}{standing}{resolved}", comment.id, out.bold(&place)))?;
    for line in comment.quote.iter().flat_map(|quote| quote.lines()) {
        out.whole(&format!("  > {}", clean(line)))?;
    }
    print_said(out, &comment.by, comment.at_ms, &comment.text, "  ")?;
    for reply in &comment.replies {
        print_said(out, &reply.by, reply.at_ms, &reply.text, "    ")?;
    }
    Ok(())
}

fn print_said(out: &mut Out, by: &Actor, at_ms: i64, text: &str, indent: &str) -> Result<(), Failure> {
    let head = out.dim(&format!("{}, {}", clean(&by.name), time(at_ms)));
    out.whole(&format!("{indent}{head}"))?;
    for line in text.lines() {
        out.whole(&format!("{indent}{}", clean(line)))?;
    }
    Ok(())
}

pub(super) fn approval(args: &Args, which: &Approvals) -> Result<ExitCode, Failure> {
    let workspace = place::open(args)?;
    match which {
        Approvals::Ask(options) => {
            let asked = workspace.ask_approval(&wish(options)?)?;
            let Some(wait) = &options.wait else { return tell(&asked, options.json) };
            let wait = duration("--wait", wait)?;
            if !options.json {
                let mut out = Out::new();
                out.whole(&format!("asked; `workroom approval answer {} OPTION` answers", asked.id))?;
                out.flush()?;
            }
            let answered = workspace.await_approval_until(&asked.id, wait, &interrupt::flag())?;
            end(&answered, options.json)
        }
        Approvals::Answer { id, option, note, json } => {
            tell(&workspace.answer_approval(id, option, note.as_deref())?, *json)
        }
        Approvals::Wait { id, timeout, json } => {
            let wait = duration("--timeout", timeout)?;
            end(&workspace.await_approval_until(id, wait, &interrupt::flag())?, *json)
        }
        Approvals::List { all, json } => {
            let mut found = workspace.approvals()?;
            let now_ms = now_ms();
            found.retain(|approval| *all || approval.state(now_ms) == ApprovalState::Open);
            let mut out = Out::new();
            if *json {
                out.json(&found.iter().map(Json::of).collect::<Vec<_>>())?;
            } else if found.is_empty() {
                out.whole("nothing waits for an answer")?;
            }
            for approval in found.iter().filter(|_| !*json) {
                print_approval(&mut out, approval)?;
            }
            out.flush()?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn wish(options: &AskApproval) -> Result<Wish, Failure> {
    Ok(Wish {
        title: options.title.clone(),
        details: options.details.clone(),
        paths: options.paths.iter().map(|path| inside(path).to_owned()).collect(),
        options: options.options.clone(),
        seconds: duration("--expires", &options.expires)?.as_secs(),
    })
}

/// An approval as JSON.
#[derive(Serialize)]
struct Json<'a> {
    state: &'static str,
    #[serde(flatten)]
    approval: &'a Approval,
}

impl<'a> Json<'a> {
    fn of(approval: &'a Approval) -> Self {
        Self { state: approval.state(now_ms()).name(), approval }
    }
}

fn tell(approval: &Approval, json: bool) -> Result<ExitCode, Failure> {
    let mut out = Out::new();
    if json {
        out.json(&Json::of(approval))?;
    } else {
        print_approval(&mut out, approval)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Tells how a wait ended. Without an answer the command fails, so that a script does not take it for one.
fn end(approval: &Approval, json: bool) -> Result<ExitCode, Failure> {
    tell(approval, json)?;
    Ok(if approval.answer.is_some() { ExitCode::SUCCESS } else { ExitCode::from(UNANSWERED) })
}

fn print_approval(out: &mut Out, approval: &Approval) -> Result<(), Failure> {
    out.whole(&format!("{}  {}", approval.id, out.bold(&clean(&approval.title))))?;
    for line in approval.details.iter().flat_map(|details| details.lines()) {
        out.whole(&format!("  {}", clean(line)))?;
    }
    let named = |path: &String| if path.is_empty() { "everything".to_owned() } else { clean(path) };
    out.whole(&format!("  about {}", approval.paths.iter().map(named).collect::<Vec<_>>().join(", ")))?;
    let by = clean(&approval.by.name);
    match &approval.answer {
        Some(answer) => {
            let note = answer.note.as_ref().map(|note| format!(": {}", clean(note))).unwrap_or_default();
            let (who, option) = (clean(&answer.by.name), clean(&answer.option));
            out.whole(&format!("  {by} asks; {who} answered `{option}`{note}"))?;
        }
        None if approval.state(now_ms()) == ApprovalState::Open => {
            let options = approval.options.iter().map(|option| clean(option)).collect::<Vec<_>>().join(", ");
            out.whole(&format!("  {by} asks until {}: {options}", time(approval.expires_ms)))?;
        }
        None => out.whole(&format!("  {by} asked; nobody answered"))?,
    }
    Ok(())
}

fn duration(option: &str, text: &str) -> Result<Duration, Failure> {
    let ms = age_ms(text).and_then(|ms| u64::try_from(ms).ok());
    ms.map(Duration::from_millis).ok_or_else(|| Failure::Usage {
        message: format!("`{text}` is no time for {option}"),
        hint: "write a number and s, m, h, d or w: 30s, 10m, 12h, 7d".to_owned(),
    })
}

fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// For people: to the minute, in UTC.
fn time(ms: i64) -> String {
    Timestamp::from_millisecond(ms)
        .map_or_else(|_| ms.to_string(), |time| time.strftime("%Y-%m-%dT%H:%MZ").to_string())
}
