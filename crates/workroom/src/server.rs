//! The server: lets other processes of the same user use the workspace that this one owns, each connection on a thread of its own.
//!
//! Invariant: a request is answered once, or the connection ends. Memory is bounded: [`MOST_CONNECTIONS`] connections, one request each, and
//! the bytes of files never pass through here (`engine::Spooled`). A client that stops reading, or goes away, holds up nobody else.
//! Not here: what is answered (`answer`).

use crate::answer;
use crate::frame::{self, Kind, Reader};
use crate::message::{Asked, Compared, Hello};
use crate::owner::Owner;
use crate::socket::{self, Listener, Stream};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use serde::Serialize;
use std::collections::HashMap;
use std::io;
use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Clients beyond these wait until one leaves.
const MOST_CONNECTIONS: usize = 512;
/// A client that does not read for so long is let go.
const UNREAD: Duration = Duration::from_secs(5);
/// How often those who wait hear that they are not forgotten, and the owner looks after itself.
const BEAT: Duration = Duration::from_millis(250);
/// How long requests under way may take to end once the owner leaves.
const LAST_WORDS: Duration = Duration::from_secs(30);

/// A running server. Dropping it ends every connection.
pub(crate) struct Server {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    /// Wakes the threads that beat and tend, when it is dropped.
    wake: Option<Sender<()>>,
}

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) owner: Arc<Owner>,
    pub(crate) daemon: bool,
    pub(crate) started: Instant,
    pub(crate) requests: AtomicU64,
    connections: Mutex<HashMap<u64, Arc<Connection>>>,
    next: AtomicU64,
    /// Requests under way.
    active: AtomicUsize,
    /// When the last request ended.
    last: Mutex<Instant>,
    leaving: AtomicBool,
    /// Somebody asked for the workspace to be given up.
    pub(crate) asked_to_leave: AtomicBool,
}

/// One client.
pub(crate) struct Connection {
    stream: Stream,
    writer: Mutex<Stream>,
    /// When the request under way began.
    busy: Mutex<Option<Instant>>,
    /// What was asked for is to end where it is: the client is gone, or the owner leaves and the next one goes on with it.
    pub(crate) cancel: AtomicBool,
    /// Whether the request under way takes long and may be ended half way.
    pub(crate) is_long: AtomicBool,
}

impl Server {
    /// Listens. Clients wait until the owner's engine is open.
    pub(crate) fn start(owner: Arc<Owner>, daemon: bool) -> io::Result<Self> {
        let listener = socket::bind(&owner.folder().join(engine::WORKROOM_DIR))?;
        let shared = Arc::new(Shared {
            owner,
            daemon,
            started: Instant::now(),
            requests: AtomicU64::new(0),
            connections: Mutex::default(),
            next: AtomicU64::new(0),
            active: AtomicUsize::new(0),
            last: Mutex::new(Instant::now()),
            leaving: AtomicBool::new(false),
            asked_to_leave: AtomicBool::new(false),
        });
        let [accepting, beating, tending] = [(); 3].map(|()| Arc::clone(&shared));
        let (wake, asleep) = crossbeam_channel::bounded(0);
        let resting = asleep.clone();
        let threads = vec![
            spawn("workroom-accept", move || accepting.accept(&listener))?,
            spawn("workroom-beat", move || beating.beat(&asleep))?,
            spawn("workroom-tend", move || tending.tend(&resting))?,
        ];
        Ok(Self { shared, threads, wake: Some(wake) })
    }

    /// Whether a client asked for the workspace to be given up.
    pub(crate) fn is_asked_to_leave(&self) -> bool {
        self.shared.asked_to_leave.load(Ordering::Relaxed)
    }

    /// How long nobody has asked for anything.
    pub(crate) fn idle(&self) -> Duration {
        if self.shared.active.load(Ordering::Relaxed) > 0 {
            return Duration::ZERO;
        }
        lock(&self.shared.last).elapsed()
    }

    /// Lets the folder be watched, also while nobody listens.
    pub(crate) fn keep_watching(&self) {
        self.shared.keep_watching();
    }

    fn leave(&mut self) {
        self.shared.leaving.store(true, Ordering::SeqCst);
        // The threads look at it now and then; this spares a command the wait. Without the socket's file it takes longer.
        drop(self.wake.take());
        drop(socket::connect(&self.shared.owner.folder().join(engine::WORKROOM_DIR)));
        let started = Instant::now();
        while self.shared.active.load(Ordering::Relaxed) > 0 && started.elapsed() < LAST_WORDS {
            self.shared.hang_up(|connection| connection.is_listening());
            self.shared.end_long_requests();
            std::thread::sleep(Duration::from_millis(2));
        }
        self.shared.hang_up(|_| true);
        for thread in self.threads.drain(..) {
            // A panic there was logged where it happened.
            drop(thread.join());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.leave();
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, listener: &Listener) {
        while !self.leaving.load(Ordering::Relaxed) {
            // The system queues a hundred or so meanwhile.
            if lock(&self.connections).len() >= MOST_CONNECTIONS {
                std::thread::sleep(BEAT);
                continue;
            }
            match listener.accept().and_then(|stream| stream.map_or(Ok(()), |stream| self.welcome(stream))) {
                Ok(()) => {}
                Err(error) => {
                    tracing::warn!(%error, "a client could not be let in");
                    // Out of descriptors, most likely: they come back when connections end.
                    std::thread::sleep(Duration::from_millis(10));
                }
            }
        }
    }

    fn welcome(self: &Arc<Self>, stream: Stream) -> io::Result<()> {
        stream.set_write_timeout(Some(UNREAD))?;
        let connection = Arc::new(Connection {
            writer: Mutex::new(stream.try_clone()?),
            stream,
            busy: Mutex::new(None),
            cancel: AtomicBool::new(false),
            is_long: AtomicBool::new(false),
        });
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        lock(&self.connections).insert(number, Arc::clone(&connection));
        let shared = Arc::clone(self);
        let spawned = spawn("workroom-client", move || {
            // How it ended is the client's to know.
            let _ended = shared.serve(&connection);
            connection.hang_up();
            lock(&shared.connections).remove(&number);
        });
        if spawned.is_err() {
            lock(&self.connections).remove(&number);
        }
        spawned.map(drop)
    }

    fn serve(&self, connection: &Connection) -> io::Result<()> {
        let mut stream = connection.stream.try_clone()?;
        let mut reader = Reader::default();
        let own = Hello::own(self.daemon);
        let hello: Hello = reader.next(&mut stream)?.decode()?;
        connection.send(Kind::Hello, &own)?;
        if own.compare(&hello) == Compared::Newer {
            tracing::info!(pid = hello.pid, version = hello.workroom, "an older program asks");
        }
        loop {
            let asked: Asked = match reader.next(&mut stream)?.decode() {
                Ok(asked) => asked,
                Err(error) => {
                    let message = format!("this request is not understood: {error}");
                    return connection
                        .send(Kind::Failed, &engine::Error::new(engine::ErrorKind::Incompatible, message));
                }
            };
            // In this order: `leave` waits for what it sees active, and what it does not see sees that it leaves.
            self.active.fetch_add(1, Ordering::SeqCst);
            let outcome = if self.leaving.load(Ordering::SeqCst) {
                connection.send(Kind::Leaving, &())
            } else {
                self.answer(connection, asked)
            };
            *lock(&self.last) = Instant::now();
            self.active.fetch_sub(1, Ordering::SeqCst);
            outcome?;
        }
    }

    fn answer(&self, connection: &Connection, asked: Asked) -> io::Result<()> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        *lock(&connection.busy) = Some(Instant::now());
        let outcome = answer::answer(self, connection, asked);
        *lock(&connection.busy) = None;
        outcome
    }

    /// Tells those who wait that they are not forgotten.
    fn beat(&self, asleep: &Receiver<()>) {
        while asleep.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
            self.reassure();
        }
        // Those whose requests the owner ends before it leaves wait with it.
        let (started, mut told) = (Instant::now(), Instant::now());
        while self.active.load(Ordering::SeqCst) > 0 && started.elapsed() < LAST_WORDS {
            if told.elapsed() > BEAT {
                self.reassure();
                told = Instant::now();
            }
            std::thread::sleep(BEAT / 100);
        }
    }

    /// Looks after the owner. That may take as long as opening the index does, which those who wait must hear of.
    fn tend(&self, resting: &Receiver<()>) {
        while resting.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
            self.owner.tend();
        }
    }

    fn reassure(&self) {
        let waiting: Vec<Arc<Connection>> =
            lock(&self.connections).values().filter(|connection| connection.waits()).cloned().collect();
        waiting.iter().for_each(|connection| connection.send_alive());
    }

    /// Ends what the next owner can go on with.
    fn end_long_requests(&self) {
        let connections = lock(&self.connections);
        let long = connections.values().filter(|connection| connection.is_long.load(Ordering::SeqCst));
        long.for_each(|connection| connection.cancel.store(true, Ordering::Relaxed));
    }

    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Relaxed)
    }

    pub(crate) fn n_connections(&self) -> usize {
        lock(&self.connections).len()
    }

    fn hang_up(&self, which: impl Fn(&Connection) -> bool) {
        lock(&self.connections).values().filter(|connection| which(connection)).for_each(|c| c.hang_up());
    }
}

impl Connection {
    /// Sends a message. A client that is gone, or does not read, is let go.
    pub(crate) fn send(&self, kind: Kind, value: &impl Serialize) -> io::Result<()> {
        let sent = frame::write(&mut *lock(&self.writer), kind, value);
        if sent.is_err() {
            self.hang_up();
        }
        sent
    }

    fn send_alive(&self) {
        // Whoever holds the writer is saying something, which does as well.
        if let Ok(mut writer) = self.writer.try_lock()
            && frame::write(&mut *writer, Kind::Alive, &()).is_err()
        {
            drop(writer);
            self.hang_up();
        }
    }

    /// Whether a request is under way for longer than a client notices.
    fn waits(&self) -> bool {
        lock(&self.busy).is_some_and(|since| since.elapsed() > BEAT)
    }

    /// Whether no request is under way.
    fn is_listening(&self) -> bool {
        lock(&self.busy).is_none()
    }

    fn hang_up(&self) {
        self.cancel.store(true, Ordering::Relaxed);
        // It may be gone already.
        let _gone = self.stream.shutdown(Shutdown::Both);
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(body)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
