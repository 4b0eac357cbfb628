//! A server with a workspace, as each test wants it.

use crate::client::{Answer, Request};
use custody::{Grant, Made, NewToken, Principal, Right, Rights, Tokens};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tempfile::TempDir;
use workroom::{NoProgress, OpenOptions, Sharing, WORKROOM_DIR, Workspace};
use workroom_server::{ServeOptions, Served, Server};

/// A server that runs.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) folder: PathBuf,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    _keep: TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

fn alone() -> OpenOptions {
    OpenOptions { sharing: Sharing::Alone, ..OpenOptions::default() }
}

/// Makes a workspace of these files.
fn furnish(folder: &Path, files: &[(&str, &str)]) {
    std::fs::create_dir_all(folder).unwrap();
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    Workspace::init(folder).unwrap();
    Workspace::open_with(folder, &alone()).unwrap().index(&NoProgress).unwrap();
}

fn tokens(folder: &Path) -> Tokens {
    Tokens::at(&folder.join(WORKROOM_DIR).join(custody::FOLDER))
}

fn made(folder: &Path, grants: &[(&str, &[Right])], after: Option<Duration>) -> Made {
    let grants =
        grants.iter().map(|(prefix, rights)| Grant::new(prefix, Rights::of(rights.to_vec())).unwrap());
    let tokens = tokens(folder);
    let name = format!("token {}", tokens.list(&Principal::owner(), now_ms()).unwrap().len());
    let new = NewToken::new(name, grants.collect());
    let new = after.map_or(new.clone(), |after| new.until(now_ms() + after.as_millis() as i64));
    tokens.create(&Principal::owner(), new, now_ms()).unwrap()
}

fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// The files of every test's workspace, but for those under `hidden/`.
pub(crate) const FILES: [(&str, &str); 4] = [
    ("notes/tide.md", "# Tides\n\nThe mill turns at ebb and rests at flood.\n"),
    ("notes/gate.md", "# Gate\n\nThe sluice gate is greased in spring.\n"),
    ("hidden/plan.md", "# Plan\n\nThe wheel will be sold in autumn.\n"),
    ("log.txt", "first line\n"),
];

impl Running {
    /// A server over the usual files.
    pub(crate) fn new() -> Self {
        Self::with(&FILES, |options| options)
    }

    /// A server over these files, with other options.
    pub(crate) fn with(files: &[(&str, &str)], change: impl FnOnce(ServeOptions) -> ServeOptions) -> Self {
        let keep = tempfile::tempdir().unwrap();
        let folder = keep.path().canonicalize().unwrap().join("mill");
        furnish(&folder, files);
        Self::of(keep, Served::Folder(folder.clone()), folder, change)
    }

    /// A server over several workspaces with these files each.
    pub(crate) fn below(rooms: &[(&str, &[(&str, &str)])]) -> Self {
        let keep = tempfile::tempdir().unwrap();
        let root = keep.path().canonicalize().unwrap().join("root");
        for (name, files) in rooms {
            furnish(&root.join(name), files);
        }
        Self::of(keep, Served::Below(root.clone()), root, |options| options)
    }

    fn of(
        keep: TempDir,
        served: Served,
        folder: PathBuf,
        change: impl FnOnce(ServeOptions) -> ServeOptions,
    ) -> Self {
        let options = ServeOptions::new(served, Arc::new(|_: &Path| alone()));
        // Only the tests of the limit itself are about it: whoever tries a table of calls may be faster than it allows.
        let options = ServeOptions { rate: NonZeroU32::MAX, ..options };
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = Server::bind(change(ServeOptions { listen, ..options })).unwrap();
        let (address, stop) = (server.address(), Arc::new(AtomicBool::new(false)));
        let asked = Arc::clone(&stop);
        let thread = std::thread::spawn(move || server.run(&asked));
        Self { address, folder, stop, thread: Some(thread), _keep: keep }
    }

    /// Asks the server to end, and waits until it has.
    pub(crate) fn end(&mut self) {
        self.ask_to_end();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }

    /// Asks the server to end.
    pub(crate) fn ask_to_end(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// The secret of a new token with these rights.
    pub(crate) fn token(&self, grants: &[(&str, &[Right])]) -> String {
        made(&self.folder, grants, None).secret.reveal().to_owned()
    }

    /// The secret of a new token of one workspace of several.
    pub(crate) fn token_in(&self, name: &str, grants: &[(&str, &[Right])]) -> String {
        made(&self.folder.join(name), grants, None).secret.reveal().to_owned()
    }

    /// The secret of a token with these rights, and what ends it.
    pub(crate) fn ending(
        &self,
        grants: &[(&str, &[Right])],
        after: Option<Duration>,
    ) -> (String, impl Fn() + use<>) {
        let made = made(&self.folder, grants, after);
        let (folder, id) = (self.folder.clone(), made.token.id);
        let end = move || drop(tokens(&folder).revoke(&Principal::owner(), &id, now_ms()).unwrap());
        (made.secret.reveal().to_owned(), end)
    }

    /// The secret of a token that may everything.
    pub(crate) fn admin(&self) -> String {
        self.token(&[("", &[Right::Admin])])
    }

    /// Sends a request.
    pub(crate) fn send(&self, request: &Request) -> Answer {
        request.send(self.address)
    }

    /// Sends a request with a token, to an address below the workspace's.
    pub(crate) fn ask(&self, token: &str, method: &str, below: &str) -> Answer {
        self.send(&self.request(token, method, below))
    }

    /// A request with a token, to an address below the workspace's.
    pub(crate) fn request(&self, token: &str, method: &str, below: &str) -> Request {
        let target = format!("/v1/workspaces/mill{below}");
        Request::new(method, target).header("Authorization", format!("Bearer {token}"))
    }
}
