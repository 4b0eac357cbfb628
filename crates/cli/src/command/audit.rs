//! `workroom audit`: who did what, and whether the log of it is what was written.

use super::scope::{age_ms, time_ms};
use crate::args::{Args, Audit, AuditExport, AuditLog, AuditScope, AuditVerify};
use crate::failure::{Failure, exit_code};
use crate::output::{Out, clean};
use crate::place;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;
use workroom::{AuditFilter, AuditHead, AuditReport, ErrorKind, Workspace};

/// Records that are read at once.
const PORTION: usize = 1000;
/// Digits of a version that are shown.
const SHORT: usize = 8;

pub(super) fn run(args: &Args, which: &Audit) -> Result<ExitCode, Failure> {
    match which {
        Audit::Log(options) => log(args, options)?,
        Audit::Export(options) => export(args, options)?,
        Audit::Verify(options) => return verify(args, options),
        Audit::Head => head(args)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn log(args: &Args, options: &AuditLog) -> Result<(), Failure> {
    let filter = filter(&options.scope)?;
    let limit = usize::from(options.limit);
    // Every change has two records, of which the end says all; the other one is for who asks for it.
    let mut page = Workspace::audit_last_in(&place::folder(args)?, &filter, options.before, 2 * limit)?;
    if filter.outcome.is_none() {
        page.records.retain(|record| record.get("outcome").is_none_or(|outcome| outcome != "begun"));
    }
    if page.records.len() > limit {
        page.records.truncate(limit);
        page.next = page.records.last().and_then(|record| record.get("seq")).and_then(Value::as_u64);
    }
    let mut out = Out::new();
    if options.json {
        out.json(&json!({ "records": page.records, "next": page.next }))?;
        return Ok(out.flush()?);
    }
    for record in &page.records {
        out.whole(&clean(&line(record)))?;
    }
    if page.records.is_empty() {
        out.whole("no such record")?;
    }
    if let Some(next) = page.next {
        out.whole(&out.dim(&format!("more: --before {next}")))?;
    }
    Ok(out.flush()?)
}

fn export(args: &Args, options: &AuditExport) -> Result<(), Failure> {
    let (folder, filter) = (place::folder(args)?, filter(&options.scope)?);
    let (mut out, mut from) = (Out::new(), options.from);
    loop {
        let page = Workspace::audit_in(&folder, &filter, from, PORTION)?;
        for record in &page.records {
            out.json_line(record)?;
        }
        match page.next {
            Some(next) => from = next,
            None => return Ok(out.flush()?),
        }
    }
}

fn head(args: &Args) -> Result<(), Failure> {
    let head = place::open(args)?.audit_head()?.ok_or_else(|| Failure::Usage {
        message: "nothing was ever noted in this workspace".to_owned(),
        hint: "there is a head once somebody has done something".to_owned(),
    })?;
    let mut out = Out::new();
    out.json(&head)?;
    Ok(out.flush()?)
}

fn verify(args: &Args, options: &AuditVerify) -> Result<ExitCode, Failure> {
    let kept = options.head.as_deref().map(kept_head).transpose()?;
    let report = Workspace::verify_audit(&place::folder(args)?, kept.as_ref())?;
    let mut out = Out::new();
    if options.json {
        out.json(&report)?;
    } else {
        print(&mut out, &report, kept.is_some())?;
    }
    out.flush()?;
    let is_sound = report.findings.is_empty();
    Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::from(exit_code(ErrorKind::Corrupt)) })
}

fn kept_head(path: &Path) -> Result<AuditHead, Failure> {
    let refused = |why: String| Failure::Usage {
        message: format!("{} is no head of an audit log: {why}", path.display()),
        hint: "name a file that holds what `workroom audit head` printed".to_owned(),
    };
    let text = std::fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| refused(error.to_string()))
}

fn print(out: &mut Out, report: &AuditReport, is_compared: bool) -> Result<(), Failure> {
    let span = match (report.first_ms, report.last_ms) {
        (Some(first), Some(last)) => format!(", from {} to {}", time(first), time(last)),
        _ => String::new(),
    };
    out.whole(&format!("{} records{span}", report.records))?;
    for finding in &report.findings {
        let file = finding.file.file_name().unwrap_or_default().to_string_lossy();
        out.whole(&format!(
            "WRONG record {} ({file}, byte {}): {}",
            finding.record, finding.offset, finding.what
        ))?;
    }
    if !report.findings.is_empty() {
        let text = "what lies before the first of these is what was written; put the files back from a copy";
        return Ok(out.whole(text)?);
    }
    let Some(signed) = report.signed else {
        return Ok(
            out.whole("sound, and nothing is signed yet: each record's hash covers the one before it")?
        );
    };
    let key = report.key.as_deref().unwrap_or_default();
    out.whole(&format!("sound up to record {signed}, which is signed by the key {key}"))?;
    let behind = report.records.saturating_sub(signed + 1);
    if behind > 0 {
        out.whole(&format!("{behind} records behind it are chained, and not signed yet"))?;
    }
    out.whole(
        "proved: nobody without that key changed, removed, moved or put in a record up to the signed one",
    )?;
    out.whole(match is_compared {
        true => "proved: the log agrees with the head that was kept elsewhere, so it was not made anew since then",
        false => {
            "not proved: that the log was not made anew, or cut short, by somebody who can read the key beside it;\n  \
             keep what `workroom audit head` prints elsewhere, and give it to `verify --head`"
        }
    })?;
    Ok(out.whole("not proved: that what was noted is all that happened; what is done to the files directly is not noted")?)
}

fn filter(scope: &AuditScope) -> Result<AuditFilter, Failure> {
    let path = scope.path.as_deref().map(|path| path.trim_start_matches("./").trim_matches('/').to_owned());
    Ok(AuditFilter {
        path,
        principal: scope.by.clone(),
        doing: scope.kind.clone(),
        outcome: scope.outcome.clone(),
        since_ms: moment(scope.since.as_deref(), "--since")?,
        until_ms: moment(scope.until.as_deref(), "--until")?,
        within: None,
    })
}

/// A date (midnight UTC), a time, or an age.
fn moment(text: Option<&str>, option: &str) -> Result<Option<i64>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let now = Timestamp::now().as_millisecond();
    let moment = time_ms(text).or_else(|| Some(now - age_ms(text)?));
    moment.map(Some).ok_or_else(|| Failure::Usage {
        message: format!("`{text}` is no time for {option}"),
        hint: "write a date (2026-11-21), a time (2026-11-21T08:00:00Z) or an age (90m, 12h, 7d, 2w)"
            .to_owned(),
    })
}

/// A record in a line: number, time, who, what, on what, and what came of it.
fn line(record: &Value) -> String {
    let text = |name: &str| record.get(name).and_then(Value::as_str);
    let number = |name: &str| record.get(name).and_then(Value::as_i64);
    let by = |name: &str| record.pointer(&format!("/by/{name}")).and_then(Value::as_str).unwrap_or("?");
    let mut parts = vec![
        format!("#{}", number("seq").unwrap_or_default()),
        time(number("at_ms").unwrap_or_default()),
        format!("{} ({})", by("name"), by("via")),
        text("doing").unwrap_or("?").to_owned(),
    ];
    parts.extend(text("path").map(|path| if path.is_empty() { "/".to_owned() } else { path.to_owned() }));
    parts.extend(text("to").map(|to| format!("-> {to}")));
    let version = |name: &str| text(name).map(|version| version.chars().take(SHORT).collect::<String>());
    parts.extend(match (version("before"), version("after")) {
        (None, None) => None,
        (Some(before), None) => Some(format!("[{before}]")),
        (None, Some(after)) => Some(format!("[new {after}]")),
        (Some(before), Some(after)) => Some(format!("[{before} -> {after}]")),
    });
    parts.extend(number("fencing_token").map(|token| format!("fence {token}")));
    parts.extend(text("query").map(|query| format!("`{query}`")));
    let shown = record.get("shown").and_then(Value::as_array).map_or(0, Vec::len);
    parts.extend((shown > 0).then(|| format!("{shown} shown")));
    parts.extend(text("outcome").filter(|outcome| *outcome != "done").map(str::to_uppercase));
    parts.extend(text("detail").map(|detail| format!("({detail})")));
    parts.join("  ")
}

fn time(ms: i64) -> String {
    let time = Timestamp::from_millisecond(ms);
    time.map(|time| time.strftime("%Y-%m-%d %H:%M:%SZ").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_a_line() {
        let check = |record: &str, expected: &str| {
            assert_eq!(line(&serde_json::from_str(record).unwrap()), expected);
        };
        check(
            r#"{"seq":7,"at_ms":1795000000000,"doing":"file.write","by":{"principal":"k","name":"ann","via":"mcp"},"outcome":"done","path":"a.md","before":"0123456789ab","after":"ba9876543210"}"#,
            "#7  2026-11-18 11:06:40Z  ann (mcp)  file.write  a.md  [01234567 -> ba987654]",
        );
        check(
            r#"{"seq":8,"at_ms":0,"doing":"file.read","by":{"principal":"k","name":"ann","via":"http"},"outcome":"denied","path":"b","detail":"no such file: `b`"}"#,
            "#8  1970-01-01 00:00:00Z  ann (http)  file.read  b  DENIED  (no such file: `b`)",
        );
        check(
            r#"{"seq":9,"at_ms":0,"doing":"search","by":{"principal":"owner","name":"owner","via":"cli"},"outcome":"done","query":"tides","shown":[{},{}]}"#,
            "#9  1970-01-01 00:00:00Z  owner (cli)  search  `tides`  2 shown",
        );
    }
}
