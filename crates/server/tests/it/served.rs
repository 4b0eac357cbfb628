//! A server with a workspace, as each test wants it.

use crate::client::{Answer, Request};
use custody::{Grant, NewToken, Principal, Right, Rights, Tokens};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
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
        std::fs::create_dir(&folder).unwrap();
        for (path, text) in files {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Workspace::init(&folder).unwrap();
        let alone = || OpenOptions { sharing: Sharing::Alone, ..OpenOptions::default() };
        Workspace::open_with(&folder, &alone()).unwrap().index(&NoProgress).unwrap();
        let options = ServeOptions::new(Served::Folder(folder.clone()), Arc::new(move |_: &Path| alone()));
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
        let tokens = Tokens::at(&self.folder.join(WORKROOM_DIR).join(custody::FOLDER));
        let grants =
            grants.iter().map(|(prefix, rights)| Grant::new(prefix, Rights::of(rights.to_vec())).unwrap());
        let now_ms = jiff::Timestamp::now().as_millisecond();
        let name = format!("token {}", tokens.list(&Principal::owner(), now_ms).unwrap().len());
        let made = tokens.create(&Principal::owner(), NewToken::new(name, grants.collect()), now_ms).unwrap();
        made.secret.reveal().to_owned()
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
