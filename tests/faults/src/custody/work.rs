//! The workload: a process that acts, and notes what was acknowledged.
//!
//! Invariant: a line of the notes is one `write(2)`, so it is whole or the last.

use super::{Act, Files, Given, Held, Line};
use anyhow::{Context, Result, bail};
use custody::{Grant, NewToken, NewTransfer, Principal, Right, Rights, Tokens, Via};
use fastrand::Rng;
use hooks::{Allowed, Behind, Deliveries, DeliveryOptions, Endpoints, NewEndpoint};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use workroom::{
    About, Actor, After, EventFilter, LeaseMode, LeaseRequest, OpenOptions, Sharing, WORKROOM_DIR, Wish,
    Workspace,
};

/// Acts of a run.
const ACTS: u64 = 40;
/// Few, so that most acts meet an earlier one.
const PATHS: [&str; 4] = ["a.md", "b.md", "d/c.md", "d/e/f.md"];
/// Where nobody listens: each attempt fails at once, and is noted.
const DEAF: &str = "http://127.0.0.1:1/hook";

/// Acts in the workspace at the first argument, and notes it in the file at the second, by the seed that is the third.
///
/// # Errors
/// When the arguments are others, or an act fails, as none should.
pub fn work(arguments: &[String]) -> Result<()> {
    let [root, notes, seed, ..] = arguments else { bail!("there are too few arguments") };
    let held = Held::of(&std::fs::read(notes)?);
    let notes = File::options().append(true).open(notes)?;
    let workspace = Arc::new(open(Path::new(root))?);
    let custody = custody_of(Path::new(root));
    let deliveries = Deliveries::start(Arc::clone(&workspace), &custody, DeliveryOptions::default())?;
    let rng = Rng::with_seed(seed.parse().context("seed")?);
    let (tokens, endpoints) = (Tokens::at(&custody), Endpoints::at(&custody));
    let mut worker = Worker { workspace, tokens, endpoints, notes, rng, held };
    // What an earlier process left torn must not be taken for the beginning of a line.
    worker.notes.write_all(b"\n")?;
    worker.note(Line::Opened(files(Path::new(root))?))?;
    for _ in 0..ACTS {
        let act = worker.choose();
        worker.note(Line::Begin(act.clone()))?;
        let given = worker.perform(&act).with_context(|| format!("{act:?}"))?;
        worker.note(Line::Done(given))?;
    }
    drop(deliveries);
    Ok(())
}

/// Opens the workspace, alone; makes it where the cut came before there was one.
pub(super) fn open(root: &Path) -> Result<Workspace> {
    Workspace::init(root)?;
    let alone = OpenOptions { sharing: Sharing::Alone, threads: 1, ..OpenOptions::default() };
    Ok(Workspace::open_with(root, &alone)?)
}

/// The user's files.
pub(super) fn files(root: &Path) -> Result<Files> {
    let (mut files, mut folders) = (Files::new(), vec![PathBuf::new()]);
    while let Some(inside) = folders.pop() {
        for entry in std::fs::read_dir(root.join(&inside))? {
            let entry = entry?;
            let path = inside.join(entry.file_name());
            // What is the program's own comes and goes while it runs.
            if path.starts_with(WORKROOM_DIR) || path.ends_with(".workroomignore") {
                continue;
            }
            match entry.file_type()?.is_dir() {
                true => folders.push(path),
                false => {
                    let text = std::fs::read_to_string(entry.path())?;
                    files.insert(path.to_string_lossy().into_owned(), text);
                }
            }
        }
    }
    Ok(files)
}

pub(super) fn custody_of(root: &Path) -> PathBuf {
    root.join(WORKROOM_DIR).join(custody::FOLDER)
}

pub(super) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// A wish for a place of its own, in the way of nothing else.
pub(super) fn lease_on(n: u64) -> LeaseRequest {
    let (mode, purpose) = (LeaseMode::Exclusive, String::new());
    LeaseRequest { paths: vec![format!("held/{n}")], mode, seconds: 3600, purpose }
}

struct Worker {
    workspace: Arc<Workspace>,
    tokens: Tokens,
    endpoints: Endpoints,
    notes: File,
    rng: Rng,
    held: Held,
}

impl Worker {
    fn note(&mut self, line: Line) -> Result<()> {
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        self.held.take(line);
        Ok(self.notes.write_all(&text)?)
    }

    /// The next act: one that can be done.
    fn choose(&mut self) -> Act {
        let n = self.held.next;
        let path = PATHS[self.rng.usize(0..PATHS.len())].to_owned();
        let write = Act::Write { path, text: format!("Note {n}.\n\nThe heron of day {n} waits.\n") };
        let Self { held, rng, .. } = self;
        let file = rng.choice(held.files.keys()).cloned();
        let chosen = match rng.u8(0..24) {
            0 => file.map(|path| Act::Remove { path }),
            1 | 2 => Some(Act::Checkpoint { tag: format!("v{n}") }),
            3 => rng.choice(held.checkpoints.keys()).map(|tag| Act::Restore { tag: tag.clone() }),
            4 | 5 => Some(Act::Lease { n }),
            6 => one_of(&held.leases, rng).map(|n| Act::Release { n }),
            7 => file.map(|path| Act::Comment { n, path }),
            8 => open_one(&held.comments, false, rng).map(|n| Act::Resolve { n }),
            9 => Some(Act::Ask { n }),
            10 => open_one(&held.approvals, false, rng).map(|n| Act::Answer { n }),
            11 => Some(Act::Token { n }),
            12 => open_one(&held.tokens, true, rng).map(|n| Act::Revoke { n }),
            13 if held.offers.len() < 3 => Some(Act::Offer { n }),
            13 | 14 => one_of(&held.offers, rng).map(|n| Act::Claim { n }),
            15 => Some(Act::Hook { n }),
            16 => one_of(&held.hooks, rng).map(|n| Act::Rotate { n }),
            17 => one_of(&held.hooks, rng).map(|n| Act::Unhook { n }),
            18 => one_of(&held.hooks, rng).map(|n| Act::Replay { n }),
            19 => Some(Act::Follow),
            _ => None,
        };
        chosen.unwrap_or(write)
    }

    fn perform(&self, act: &Act) -> Result<Given> {
        match act {
            Act::Write { path, text } => drop(self.workspace.write(path, text.as_bytes())?),
            Act::Remove { path } => drop(self.workspace.remove(path)?),
            Act::Checkpoint { tag } => drop(self.workspace.create_checkpoint("", std::slice::from_ref(tag))?),
            Act::Restore { tag } => drop(self.workspace.restore_checkpoint(tag, "")?),
            Act::Lease { .. } | Act::Release { .. } => return self.lease(act),
            Act::Comment { path, .. } => {
                return Ok(named(self.workspace.comment(&About::whole(path), "Is it?")?.comment.id));
            }
            Act::Resolve { n } => drop(self.workspace.resolve_comment(&self.held.comments[n].0)?),
            Act::Ask { .. } => {
                let agent = Actor { principal: "agent".to_owned(), ..Actor::owner(Via::Library) };
                return Ok(named(self.workspace.acting_as(agent).ask_approval(&Wish::new("May I?"))?.id));
            }
            Act::Answer { n } => {
                drop(self.workspace.answer_approval(&self.held.approvals[n].0, "approve", None)?);
            }
            Act::Token { .. } | Act::Revoke { .. } | Act::Offer { .. } | Act::Claim { .. } => {
                return self.let_in(act);
            }
            Act::Follow => {
                let filter = EventFilter::default();
                let page = self.workspace.events(&After::Now, &filter, 1, Duration::ZERO)?;
                return Ok(named(page.next.to_string()));
            }
            Act::Hook { .. } | Act::Rotate { .. } | Act::Unhook { .. } | Act::Replay { .. } => {
                return self.hook(act);
            }
        }
        Ok(Given::default())
    }

    fn lease(&self, act: &Act) -> Result<Given> {
        match act {
            Act::Lease { n } => {
                let lease = self.workspace.lease(&lease_on(*n), Duration::ZERO)?;
                Ok(Given { token: Some(lease.held.fencing_token), ..named(lease.id) })
            }
            Act::Release { n } => {
                self.workspace.release_lease(&self.held.leases[n].id)?;
                Ok(Given::default())
            }
            other => bail!("{other:?} is about no lease"),
        }
    }

    fn let_in(&self, act: &Act) -> Result<Given> {
        let (owner, now_ms) = (Principal::owner(), now_ms());
        match act {
            Act::Token { n } => {
                let grants = vec![Grant::new("d", Rights::of([Right::Read]))?];
                let made = self.tokens.create(&owner, NewToken::new(format!("token-{n}"), grants), now_ms)?;
                Ok(shown(made.token.id, made.secret.reveal()))
            }
            Act::Revoke { n } => {
                self.tokens.revoke(&owner, &self.held.tokens[n].0.id, now_ms)?;
                Ok(Given::default())
            }
            Act::Offer { .. } => {
                let made = self.tokens.offer(&owner, NewTransfer::default(), now_ms)?;
                Ok(shown(made.transfer.id, made.secret.reveal()))
            }
            Act::Claim { n } => {
                let offer = &self.held.offers[n].secret;
                let claimed = self.tokens.claim(offer, &format!("owner-{n}"), Via::Library, now_ms)?;
                self.workspace.tell_transfers()?;
                Ok(shown(claimed.token.id, claimed.secret.reveal()))
            }
            other => bail!("{other:?} lets nobody in"),
        }
    }

    fn hook(&self, act: &Act) -> Result<Given> {
        let id = |n: &u64| self.held.hooks[n].id.as_str();
        match act {
            Act::Hook { .. } => {
                let (filter, by) = (EventFilter::default(), Actor::owner(Via::Library));
                let allowed = Allowed { http: true, private: true };
                let new = NewEndpoint { url: DEAF.to_owned(), filter, allowed, by };
                let made = hooks::add(&self.workspace, &self.endpoints, new, now_ms())?;
                Ok(shown(made.id, made.secret.reveal()))
            }
            Act::Rotate { n } => {
                let rotated = self.endpoints.rotate(id(n), false, now_ms())?;
                Ok(shown(rotated.id, rotated.secret.reveal()))
            }
            Act::Unhook { n } => {
                self.endpoints.remove(id(n))?;
                Ok(Given::default())
            }
            Act::Replay { n } => {
                let all = Behind::Place(After::Start);
                hooks::replay(&self.workspace, &self.endpoints, id(n), all, now_ms())?;
                Ok(Given::default())
            }
            other => bail!("{other:?} is about no webhook"),
        }
    }
}

fn named(id: String) -> Given {
    Given { id, ..Given::default() }
}

fn shown(id: String, secret: &str) -> Given {
    Given { id, secret: secret.to_owned(), token: None }
}

fn one_of<T>(all: &BTreeMap<u64, T>, rng: &mut Rng) -> Option<u64> {
    rng.choice(all.keys()).copied()
}

/// One of those that are so.
fn open_one<T>(all: &BTreeMap<u64, (T, bool)>, is: bool, rng: &mut Rng) -> Option<u64> {
    let open: Vec<u64> = all.iter().filter(|(_, (_, found))| *found == is).map(|(n, _)| *n).collect();
    rng.choice(&open).copied()
}
