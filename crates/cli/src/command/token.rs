//! `workroom token`: lets agents in, says who is, and shuts them out.

use super::scope::{age_ms, time_ms};
use crate::args::{Args, CreateToken, Token as Which};
use crate::failure::Failure;
use crate::output::{Out, clean};
use crate::place;
use custody::{Grant, Made, NewToken, OWNER, Principal, Right, Rights, State, Token, Tokens};
use jiff::Timestamp;
use serde::Serialize;
use std::path::{Path, PathBuf};
use workroom::{Actor, AuditAct, Doing, Via, WORKROOM_DIR};

/// What lies under the id.
const INDENT: &str = "          ";

pub(super) fn run(args: &Args, which: &Which) -> Result<(), Failure> {
    let folder = place::folder(args)?;
    // Opened for its errors only: a folder that is no workspace has no tokens either.
    workroom::Config::of(&folder)?;
    let tokens = Tokens::at(&folder.join(WORKROOM_DIR).join(custody::FOLDER));
    let now_ms = Timestamp::now().as_millisecond();
    match which {
        Which::Create(options) => create(&tokens, options, (args, &folder), now_ms),
        Which::List { json } => list(&tokens, *json, now_ms),
        Which::Revoke { id, json } => {
            let token = tokens.revoke(&Principal::owner(), id, now_ms)?;
            changed(args, (Doing::TokenRevoke, &token), *json, "revoked", "it is refused from now on")
        }
        Which::Pause { id, json } => {
            let token = tokens.pause(&Principal::owner(), id, now_ms)?;
            let after = "it is refused until `workroom token resume`";
            changed(args, (Doing::TokenPause, &token), *json, "paused", after)
        }
        Which::Resume { id, json } => {
            let token = tokens.resume(&Principal::owner(), id, now_ms)?;
            changed(args, (Doing::TokenResume, &token), *json, "resumed", until(&token, now_ms).as_str())
        }
    }
}

/// A token as JSON.
#[derive(Serialize)]
struct Json<'a> {
    id: &'a str,
    name: &'a str,
    state: &'static str,
    grants: &'a [Grant],
    created: String,
    created_by: &'a str,
    expires: Option<String>,
    revoked: Option<String>,
    last_used: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
}

impl<'a> Json<'a> {
    fn of(token: &'a Token) -> Self {
        let state = match token.state {
            State::Active => "active",
            State::Expired => "expired",
            State::Revoked => "revoked",
            State::Paused => "paused",
        };
        Self {
            id: &token.id,
            name: &token.name,
            state,
            grants: &token.grants,
            created: exact(token.created_ms),
            created_by: &token.created_by,
            expires: token.expires_ms.map(exact),
            revoked: token.revoked_ms.map(exact),
            last_used: token.used_ms.map(exact),
            secret: None,
        }
    }
}

fn create(
    tokens: &Tokens,
    options: &CreateToken,
    (args, folder): (&Args, &Path),
    now_ms: i64,
) -> Result<(), Failure> {
    let expires_ms = expiry(&options.expires, now_ms)?;
    let new = NewToken { name: options.name.clone(), grants: grants(options)?, expires_ms };
    let Made { token, secret } = tokens.create(&Principal::owner(), new, now_ms)?;
    note(args, Doing::TokenCreate, &token);
    let mut out = Out::new();
    if options.json {
        out.json(&Json { secret: Some(secret.reveal()), ..Json::of(&token) })?;
        return Ok(out.flush()?);
    }
    let until = token
        .expires_ms
        .map_or_else(|| "until it is revoked".to_owned(), |end| format!("until {}", time(end)));
    out.whole(&format!("made the token {} for `{}`, good {until}; it may", token.id, token.name))?;
    for grant in &token.grants {
        let missing = if is_missing(folder, grant) { "  (nothing is there yet)" } else { "" };
        out.whole(&format!("  {}{missing}", clean(&grant.to_string())))?;
    }
    out.whole(&format!("\n{}\n", secret.reveal()))?;
    out.whole("This is its secret, shown this once. Whoever has it gives it")?;
    out.whole("  over HTTP       as a header: `Authorization: Bearer SECRET`")?;
    out.whole("  over MCP stdio  in a variable that `workroom mcp --token-env NAME` names")?;
    Ok(out.flush()?)
}

fn list(tokens: &Tokens, json: bool, now_ms: i64) -> Result<(), Failure> {
    let all = tokens.list(&Principal::owner(), now_ms)?;
    let mut out = Out::new();
    if json {
        out.json(&all.iter().map(Json::of).collect::<Vec<_>>())?;
        return Ok(out.flush()?);
    }
    for token in &all {
        out.whole(&format!("{}  {}", token.id, out.bold(&token.name)))?;
        let used =
            token.used_ms.map_or_else(|| "never used".to_owned(), |used| format!("last used {}", time(used)));
        out.whole(&format!("{INDENT}{}, {used}", until(token, now_ms)))?;
        if token.created_by != OWNER {
            out.whole(&format!("{INDENT}made by {}", token.created_by))?;
        }
        for grant in &token.grants {
            out.whole(&format!("{INDENT}{}", clean(&grant.to_string())))?;
        }
    }
    if all.is_empty() {
        out.whole(
            "there are no tokens; `workroom token create NAME --read /` makes one that may see everything",
        )?;
    }
    Ok(out.flush()?)
}

/// Notes what was done with a token, and says it.
fn changed(
    args: &Args,
    (doing, token): (Doing, &Token),
    json: bool,
    done: &str,
    after: &str,
) -> Result<(), Failure> {
    note(args, doing, token);
    let mut out = Out::new();
    if json {
        out.json(&Json::of(token))?;
    } else {
        out.whole(&format!("{done} the token {} of `{}`; {after}", token.id, token.name))?;
    }
    Ok(out.flush()?)
}

/// Has the workspace's owner note what was done with a token. It is done, whether or not that can be noted.
fn note(args: &Args, doing: Doing, token: &Token) {
    let grants: Vec<String> = token.grants.iter().map(ToString::to_string).collect();
    let act = AuditAct::new(doing, Actor::owner(Via::Cli));
    let act = act.saying(format!("{} `{}` {}", token.id, token.name, grants.join(", ")));
    if let Err(error) = place::open(args).and_then(|workspace| Ok(workspace.note_now(act)?)) {
        tracing::warn!(%error, "this is not in the audit log");
    }
}

/// Whether a token is good, and since or until when it is so.
fn until(token: &Token, now_ms: i64) -> String {
    match (token.state, token.revoked_ms, token.expires_ms) {
        (State::Active, _, None) => "good until it is revoked".to_owned(),
        (State::Active, _, Some(end)) => format!("good until {}", time(end)),
        (State::Paused, ..) => "paused: `workroom token resume` lets it in again".to_owned(),
        (_, Some(at), _) => format!("revoked {}", time(at)),
        (_, None, Some(end)) if end <= now_ms => format!("expired {}", time(end)),
        _ => "ended with its maker's".to_owned(),
    }
}

fn grants(options: &CreateToken) -> Result<Vec<Grant>, Failure> {
    let named =
        [(&options.reads, Right::Read), (&options.writes, Right::Write), (&options.admins, Right::Admin)];
    let each = named.iter().flat_map(|(prefixes, right)| prefixes.iter().map(move |prefix| (prefix, *right)));
    let grants = each.map(|(prefix, right)| Grant::new(prefix, Rights::of([right])));
    let grants = Grant::merged(grants.collect::<Result<Vec<_>, _>>()?);
    if grants.is_empty() {
        return Err(Failure::Usage {
            message: "the token would be of no use: it may do nothing".to_owned(),
            hint: "say what it may: `--read PREFIX`, `--write PREFIX`, `--admin PREFIX`; `/` is the whole workspace"
                .to_owned(),
        });
    }
    Ok(grants)
}

/// When a token made now is to end; `None` for never.
fn expiry(text: &str, now_ms: i64) -> Result<Option<i64>, Failure> {
    if text == "never" {
        return Ok(None);
    }
    let after = || age_ms(text).and_then(|age| now_ms.checked_add(age));
    time_ms(text).or_else(after).filter(|end| *end > now_ms).map(Some).ok_or_else(|| Failure::Usage {
        message: format!("`{text}` is no time to come for --expires"),
        hint: "write a time from now (12h, 30d, 8w), a date (2026-12-31), a time (2026-12-31T08:00:00Z) or `never`"
            .to_owned(),
    })
}

/// Whether nothing is at the place of a grant. It may be to come, or misspelt.
fn is_missing(folder: &Path, grant: &Grant) -> bool {
    let place: PathBuf = grant.prefix().split('/').collect();
    std::fs::symlink_metadata(folder.join(place)).is_err()
}

/// As in all JSON: RFC 3339, in UTC.
pub(super) fn exact(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |time| time.to_string())
}

/// For people: to the minute, in UTC.
pub(super) fn time(ms: i64) -> String {
    Timestamp::from_millisecond(ms)
        .map_or_else(|_| ms.to_string(), |time| time.strftime("%Y-%m-%dT%H:%MZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_to_come() {
        let now = time_ms("2026-11-21T12:00:00Z").unwrap();
        let check = |text: &str, expected: &str| {
            let found = expiry(text, now).map(|end| end.map_or("never".to_owned(), time));
            assert_eq!(found.unwrap_or_else(|failure| failure.to_string()), expected, "{text}");
        };
        check("30d", "2026-12-21T12:00Z");
        check("2w", "2026-12-05T12:00Z");
        check("2026-12-31", "2026-12-31T00:00Z");
        check("2026-12-31T08:00:00+02:00", "2026-12-31T06:00Z");
        check("never", "never");
        for bad in ["0d", "2026-11-21", "tomorrow", "", "-1d", "Never"] {
            check(bad, &format!("`{bad}` is no time to come for --expires"));
        }
    }
}
