//! `workroom webhook`: sends events of the workspace elsewhere, and says how that goes.
//!
//! Not here: sending, which `workroom serve` does.

use super::scope::{age_ms, time_ms};
use crate::args::{AddWebhook, Args, ReplayWebhook, Webhook as Which};
use crate::failure::Failure;
use crate::output::{Out, clean, count};
use crate::place;
use hooks::{Allowed, Behind, Delivery, Endpoint, Endpoints, NewEndpoint, Outcome};
use jiff::Timestamp;
use serde::Serialize;
use workroom::{Actor, After, AuditAct, Doing, EventFilter, Via, WORKROOM_DIR};

/// What lies under the id.
const INDENT: &str = "    ";
/// Attempts that `show` prints.
const SHOWN: usize = 10;

pub(super) fn run(args: &Args, which: &Which) -> Result<(), Failure> {
    let folder = place::folder(args)?;
    // Opened for its errors only: a folder that is no workspace has no webhooks either.
    workroom::Config::of(&folder)?;
    let endpoints = Endpoints::at(&folder.join(WORKROOM_DIR).join(custody::FOLDER));
    let now_ms = Timestamp::now().as_millisecond();
    let mut out = Out::new();
    match which {
        Which::Add(options) => add(args, &mut out, &endpoints, options, now_ms)?,
        Which::List { json } => list(&mut out, &endpoints, *json)?,
        Which::Show { id, json } => show(&mut out, &endpoints, id, *json)?,
        Which::Remove { id } => {
            let removed = endpoints.remove(id)?;
            note(args, Doing::WebhookRemove, id);
            out.whole(&format!("nothing is sent to {} any more", clean(&removed.url)))?;
        }
        Which::Rotate { id, now } => {
            rotate(&mut out, &endpoints, id, *now, now_ms)?;
            note(args, Doing::WebhookChange, id);
        }
        Which::Enable { id } => {
            endpoints.enable(id)?;
            note(args, Doing::WebhookChange, id);
            out.whole("what happened since it was disabled is sent, as far as it is kept")?;
        }
        Which::Test { id } => test(args, &mut out, &endpoints, id, now_ms)?,
        Which::Replay(options) => replay(args, &mut out, &endpoints, options, now_ms)?,
        Which::Log { id, json } => log(&mut out, &endpoints, id, *json)?,
    }
    Ok(out.flush()?)
}

/// Has it noted what was done with a webhook.
fn note(args: &Args, doing: Doing, id: &str) {
    let act = AuditAct::new(doing, Actor::owner(Via::Cli)).saying(format!("webhook {id}"));
    match place::folder(args) {
        Ok(folder) => place::note(args, &folder, act),
        Err(error) => tracing::warn!(%error, "this is not in the audit log"),
    }
}

/// A webhook as JSON.
#[derive(Serialize)]
struct Json<'a> {
    id: &'a str,
    url: &'a str,
    types: &'a [String],
    paths: &'a [String],
    allow_http: bool,
    allow_private: bool,
    created: String,
    created_by: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    missed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<&'a [Delivery]>,
}

impl<'a> Json<'a> {
    fn of(endpoint: &'a Endpoint) -> Self {
        let Allowed { http, private, .. } = endpoint.allowed;
        Self {
            id: &endpoint.id,
            url: &endpoint.url,
            types: &endpoint.filter.types,
            paths: &endpoint.filter.paths,
            allow_http: http,
            allow_private: private,
            created: time(endpoint.created_ms),
            created_by: &endpoint.by.name,
            disabled: endpoint.disabled.as_ref().map(|disabled| disabled.why.as_str()),
            missed: None,
            secret: None,
            attempts: None,
        }
    }
}

fn add(
    args: &Args,
    out: &mut Out,
    endpoints: &Endpoints,
    options: &AddWebhook,
    now_ms: i64,
) -> Result<(), Failure> {
    let filter = EventFilter { types: options.types.clone(), paths: options.paths.clone() };
    let allowed = Allowed { http: options.allow_http, private: options.allow_private };
    let new = NewEndpoint { url: options.url.clone(), filter, allowed, by: Actor::owner(Via::Cli) };
    let made = hooks::add(&place::open(args)?, endpoints, new, now_ms)?;
    note(args, Doing::WebhookCreate, &made.id);
    if options.json {
        return Ok(out.json(&Json { secret: Some(made.secret.reveal()), ..Json::of(&made) })?);
    }
    out.whole(&format!("made the webhook {}; `workroom serve` sends it {}", made.id, wanted(&made)))?;
    out.whole(&format!("\n{}\n", made.secret.reveal()))?;
    out.whole("This is the secret that deliveries are signed with (Standard Webhooks), shown this once.")?;
    out.whole(&format!("`workroom webhook test {}` tries it.", made.id))?;
    Ok(())
}

fn list(out: &mut Out, endpoints: &Endpoints, json: bool) -> Result<(), Failure> {
    let all = endpoints.list()?;
    if json {
        return Ok(out.json(&all.iter().map(Json::of).collect::<Vec<_>>())?);
    }
    for endpoint in &all {
        describe(out, endpoints, endpoint)?;
    }
    if all.is_empty() {
        out.whole("there are no webhooks; `workroom webhook add https://...` sends events somewhere")?;
    }
    Ok(())
}

fn show(out: &mut Out, endpoints: &Endpoints, id: &str, json: bool) -> Result<(), Failure> {
    let endpoint = endpoints.get(id)?;
    let mut outbox = endpoints.outbox(id);
    let log = outbox.log()?;
    let last = log.get(log.len().saturating_sub(SHOWN)..).unwrap_or_default();
    if json {
        let missed = outbox.missed_ms()?.map(time);
        return Ok(out.json(&Json { missed, attempts: Some(last), ..Json::of(&endpoint) })?);
    }
    describe(out, endpoints, &endpoint)?;
    for delivery in last {
        out.whole(&format!("{INDENT}{}", line(delivery)))?;
    }
    Ok(())
}

fn describe(out: &mut Out, endpoints: &Endpoints, endpoint: &Endpoint) -> Result<(), Failure> {
    let head = format!("{}  {}", endpoint.id, out.bold(&clean(&endpoint.url)));
    out.whole(&head)?;
    out.whole(&format!("{INDENT}{}", wanted(endpoint)))?;
    let mut outbox = endpoints.outbox(&endpoint.id);
    let log = outbox.log()?;
    let delivered = log.iter().filter(|delivery| delivery.delivered).count() as u64;
    let how = match (&endpoint.disabled, log.last()) {
        (Some(disabled), _) => format!("disabled since {}: {}", time(disabled.at_ms), clean(&disabled.why)),
        (None, None) => "nothing was sent yet".to_owned(),
        (None, Some(last)) if last.delivered => {
            format!("taken: {delivered} of the last {}", count(log.len() as u64, "attempt"))
        }
        (None, Some(last)) => format!("the last attempt failed: {}", said(last)),
    };
    out.whole(&format!("{INDENT}{how}"))?;
    if let Some(at) = outbox.missed_ms()? {
        out.whole(&format!("{INDENT}at {} events were no longer kept that had not been sent", time(at)))?;
    }
    Ok(())
}

/// `file.* below reports`.
fn wanted(endpoint: &Endpoint) -> String {
    let EventFilter { types, paths } = &endpoint.filter;
    let types = if types.is_empty() { "all events".to_owned() } else { types.join(", ") };
    if paths.is_empty() { types } else { format!("{types} below {}", clean(&paths.join(", "))) }
}

fn rotate(out: &mut Out, endpoints: &Endpoints, id: &str, now: bool, now_ms: i64) -> Result<(), Failure> {
    let rotated = endpoints.rotate(id, now, now_ms)?;
    out.whole(&format!("{}\n", rotated.secret.reveal()))?;
    Ok(out.whole(match now {
        true => "This is the new secret, shown this once. The old one is of no use any more.",
        false => {
            "This is the new secret, shown this once. For a day deliveries are signed with the old one too."
        }
    })?)
}

fn test(args: &Args, out: &mut Out, endpoints: &Endpoints, id: &str, now_ms: i64) -> Result<(), Failure> {
    let made = hooks::test(endpoints, id, now_ms)?;
    note(args, Doing::WebhookChange, id);
    let status = made.status.map(|status| format!(" with {status}")).unwrap_or_default();
    if made.outcome == Outcome::Delivered {
        return Ok(out.whole(&format!("taken{status} after {} ms", made.millis))?);
    }
    let why = made.error.unwrap_or_default();
    Err(Failure::Webhook(format!("the test was not taken{status}: {why}")))
}

fn replay(
    args: &Args,
    out: &mut Out,
    endpoints: &Endpoints,
    options: &ReplayWebhook,
    now_ms: i64,
) -> Result<(), Failure> {
    let behind = match (&options.since, &options.event, &options.after) {
        (Some(since), ..) => Behind::Time(since_ms(since, now_ms)?),
        (None, Some(event), _) => Behind::Event(event.clone()),
        (None, None, after) => {
            let Ok(after) = after.as_deref().unwrap_or("now").parse::<After>();
            Behind::Place(after)
        }
    };
    hooks::replay(&place::open(args)?, endpoints, &options.id, behind, now_ms)?;
    note(args, Doing::WebhookChange, &options.id);
    Ok(out.whole("it is sent again, as far as it is kept; `workroom webhook log` shows how that goes")?)
}

fn since_ms(text: &str, now_ms: i64) -> Result<i64, Failure> {
    let ago = || age_ms(text).map(|age| now_ms.saturating_sub(age));
    time_ms(text).or_else(ago).ok_or_else(|| Failure::Usage {
        message: format!("`{text}` is no time for --since"),
        hint: "write a date (2026-11-21), a time (2026-11-21T08:00:00Z) or an age (90m, 12h, 7d)".to_owned(),
    })
}

fn log(out: &mut Out, endpoints: &Endpoints, id: &str, json: bool) -> Result<(), Failure> {
    endpoints.get(id)?;
    for delivery in endpoints.outbox(id).log()? {
        match json {
            true => out.json_line(&delivery)?,
            false => out.whole(&line(&delivery))?,
        }
    }
    Ok(())
}

/// `2026-11-21T20:15:07Z  file.created a.md  taken with 204 after 12 ms`.
fn line(delivery: &Delivery) -> String {
    let path = delivery.path.as_deref().map(|path| format!(" {}", clean(path))).unwrap_or_default();
    let nth = if delivery.attempt > 1 { format!(" (attempt {})", delivery.attempt) } else { String::new() };
    format!("{}  {}{path}{nth}  {}", time(delivery.at_ms), delivery.kind, said(delivery))
}

fn said(delivery: &Delivery) -> String {
    let status = delivery.status.map(|status| format!(" with {status}")).unwrap_or_default();
    if delivery.delivered {
        return format!("taken{status} after {} ms", delivery.millis);
    }
    let why = delivery.error.as_deref().map(|why| format!(": {}", clean(why))).unwrap_or_default();
    let next = delivery
        .next_ms
        .map_or_else(|| "; not tried again".to_owned(), |next| format!("; again at {}", time(next)));
    format!("not taken{status}{why}{next}")
}

/// To the second, in UTC.
fn time(ms: i64) -> String {
    Timestamp::from_millisecond(ms)
        .map_or_else(|_| ms.to_string(), |time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_is_a_line() {
        let delivery = Delivery {
            event: "msg_1".into(),
            kind: "file.created".into(),
            path: Some("a.md".into()),
            at_ms: 1_795_291_200_000,
            attempt: 1,
            delivered: true,
            status: Some(204),
            error: None,
            millis: 12,
            next_ms: None,
        };
        assert_eq!(line(&delivery), "2026-11-21T20:00:00Z  file.created a.md  taken with 204 after 12 ms");
        let error = Some("it refused".to_owned());
        let next_ms = Some(1_795_291_205_000);
        let failed = Delivery { attempt: 2, delivered: false, status: Some(500), error, next_ms, ..delivery };
        let expected = "2026-11-21T20:00:00Z  file.created a.md (attempt 2)  not taken with 500: it refused; again at 2026-11-21T20:00:05Z";
        assert_eq!(line(&failed), expected);
    }
}
