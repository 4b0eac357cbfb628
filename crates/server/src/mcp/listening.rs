//! Telling clients of changes: those of 2026 on the request that listens, those of 2025 in their session.
//!
//! Invariant: a client is told of what its principal may see, as long as its token holds. One that reads slowly holds up nobody but itself, and
//! is told in the end that it missed something.
//! Not here: what happens (`feed`).

use super::agent::{DEADLINE, Shared};
use super::fixtures::Announced;
use super::{reply, uri};
use crate::access::Access;
use crate::feed::{Listener, News};
use crate::refusal::{Kind, Refusal};
use rmcp::model::ResourceUpdatedNotificationParam;
use rmcp::service::{Peer, SubscriptionContext, SubscriptionSink};
use rmcp::{ErrorData, RoleServer};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Requests that listen at once, of one principal: each holds a connection.
const MOST: usize = 64;
/// Resources that one client watches.
const MOST_WATCHED: usize = 4096;
/// What happens within it is told at once: a folder that is copied in changes a list once.
const TOGETHER: Duration = Duration::from_millis(50);

/// How many listen, of each principal.
#[derive(Default)]
pub(super) struct Listens(Arc<Mutex<HashMap<String, usize>>>);

/// One that listens, until it is dropped.
struct Listening {
    counts: Arc<Mutex<HashMap<String, usize>>>,
    id: String,
}

impl Listens {
    fn begin(&self, id: &str) -> Option<Listening> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(id.to_owned()).or_default();
        if *count >= MOST {
            return None;
        }
        *count += 1;
        Some(Listening { counts: Arc::clone(&self.0), id: id.to_owned() })
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.id) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.id);
            }
        }
    }
}

/// A path's URIs, as the client wrote them.
#[derive(Debug, Default)]
struct Watched(BTreeMap<String, BTreeSet<String>>);

impl Watched {
    fn add(&mut self, workspace: &str, uri: &str) -> bool {
        let is_full = self.0.len() >= MOST_WATCHED;
        let path = uri::path(workspace, uri).filter(|_| !is_full);
        path.map(|path| self.0.entry(path).or_default().insert(uri.to_owned()));
        !is_full
    }
}

/// What is to be told.
#[derive(Debug, Default, PartialEq, Eq)]
struct Due {
    lists: bool,
    uris: BTreeSet<String>,
}

impl Due {
    /// Adds what news mean to somebody.
    fn add(&mut self, news: &News, watched: &Watched, sees: impl Fn(&str) -> bool) {
        let News::Event(listed) = news else {
            self.lists = true;
            let seen = watched.0.iter().filter(|(path, _)| sees(path));
            return self.uris.extend(seen.flat_map(|(_, uris)| uris.iter().cloned()));
        };
        // What else is told is about files that have not changed.
        let event = &listed.event;
        let changes_lists = match event.kind.as_str() {
            "file.modified" => false,
            "file.created" | "file.deleted" | "file.moved" => true,
            _ => return,
        };
        for path in [&event.path, &event.to].into_iter().flatten().filter(|path| sees(path)) {
            self.lists |= changes_lists;
            self.uris.extend(watched.0.get(path).into_iter().flatten().cloned());
        }
    }
}

/// What one client is told: of a request that listens, or of a session.
struct Telling {
    access: Access,
    watched: Arc<Mutex<Watched>>,
    news: Listener,
    fixtures: Option<Receiver<Announced>>,
}

impl Telling {
    async fn new(shared: &Shared, access: &Access, watched: Arc<Mutex<Watched>>) -> Result<Self, ErrorData> {
        let room = Arc::clone(access.room());
        // Who listens first begins the watch, and may have to wait for the workspace's owner.
        let news = shared.blocking.run(DEADLINE, move |_| Ok(room.feed()?.subscribe()));
        let news = news.await.map_err(|refusal| reply::error(&refusal, None))?;
        let fixtures = shared.fixtures.as_ref().map(super::fixtures::Fixtures::subscribe);
        Ok(Self { access: access.clone(), watched, news, fixtures })
    }

    /// Tells until there is nothing to tell any more, or nobody who may hear it. While the connection ends, telling can take for ever: whoever
    /// runs this ends it.
    async fn run(mut self, to: Ear<'_>) {
        loop {
            tokio::select! {
                announced = announced(&mut self.fixtures) => to.tell(announced.into()).await,
                first = self.news.recv() => {
                    let Some(due) = self.due(first).await else { return };
                    if !self.holds().await || to.is_gone() {
                        return;
                    }
                    if due.lists {
                        to.tell(Told::Resources).await;
                    }
                    for uri in &due.uris {
                        to.tell(Told::Resource(uri)).await;
                    }
                }
            }
        }
    }

    /// Whether it may still hear: the tokens' journal lies on a disk, and is locked while a token is made.
    async fn holds(&self) -> bool {
        let access = self.access.clone();
        tokio::task::spawn_blocking(move || access.holds()).await.unwrap_or(false)
    }

    /// What is due after an event, and those that come right after it.
    async fn due(&mut self, first: Result<News, RecvError>) -> Option<Due> {
        let mut heard = match first {
            Ok(news) => vec![news],
            Err(RecvError::Lagged(_)) => vec![News::Missed],
            Err(RecvError::Closed) => return None,
        };
        tokio::time::sleep(TOGETHER).await;
        loop {
            match self.news.try_recv() {
                Ok(news) => heard.push(news),
                Err(TryRecvError::Lagged(_)) => heard.push(News::Missed),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let mut due = Due::default();
        for news in &heard {
            due.add(news, &watched, |path| self.access.sees(path));
        }
        Some(due)
    }
}

async fn announced(fixtures: &mut Option<Receiver<Announced>>) -> Announced {
    loop {
        match fixtures {
            Some(announced) => match announced.recv().await {
                Ok(list) => return list,
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => *fixtures = None,
            },
            None => std::future::pending().await,
        }
    }
}

/// What is told.
enum Told<'a> {
    Tools,
    Prompts,
    Resources,
    Resource(&'a str),
}

impl From<Announced> for Told<'_> {
    fn from(announced: Announced) -> Self {
        match announced {
            Announced::Tools => Self::Tools,
            Announced::Prompts => Self::Prompts,
        }
    }
}

/// Who is told.
enum Ear<'a> {
    Request(&'a SubscriptionSink),
    Session(Peer<RoleServer>),
}

impl Ear<'_> {
    // What was not asked for is not sent, and who is gone hears nothing: neither is an error here.
    async fn tell(&self, news: Told<'_>) {
        match self {
            Self::Request(sink) => drop(match news {
                Told::Tools => sink.notify_tool_list_changed().await,
                Told::Prompts => sink.notify_prompt_list_changed().await,
                Told::Resources => sink.notify_resource_list_changed().await,
                Told::Resource(uri) => sink.notify_resource_updated(uri).await,
            }),
            Self::Session(peer) => drop(match news {
                Told::Tools => peer.notify_tool_list_changed().await,
                Told::Prompts => peer.notify_prompt_list_changed().await,
                Told::Resources => peer.notify_resource_list_changed().await,
                Told::Resource(uri) => {
                    peer.notify_resource_updated(ResourceUpdatedNotificationParam::new(uri)).await
                }
            }),
        }
    }

    fn is_gone(&self) -> bool {
        matches!(self, Self::Session(peer) if peer.is_transport_closed())
    }
}

/// Serves a request that listens, until it or the server ends.
pub(super) async fn listen(
    shared: &Shared,
    access: &Access,
    subscription: &SubscriptionContext,
) -> Result<(), ErrorData> {
    let Some(_listening) = shared.listens.begin(&access.principal().id) else {
        let refusal =
            Refusal::new(Kind::TooMany, format!("{MOST} requests of this principal listen already"));
        return Err(reply::error(&refusal.hint("end one of them"), None));
    };
    let mut watched = Watched::default();
    for uri in subscription.accepted().resource_subscriptions.iter().flatten() {
        watched.add(&access.room().name, uri);
    }
    let telling = Telling::new(shared, access, Arc::new(Mutex::new(watched))).await?;
    tokio::select! {
        () = subscription.cancelled() => {}
        () = shared.stop.cancelled() => {}
        () = telling.run(Ear::Request(subscription.sink())) => {}
    }
    Ok(())
}

/// What a session of the older protocol watches; it ends with the session.
pub(super) struct Session {
    watched: Arc<Mutex<Watched>>,
    /// Whoever comes while it begins waits until it has.
    begun: tokio::sync::Mutex<bool>,
    /// Ends its task with the session.
    end: CancellationToken,
    _guard: DropGuard,
}

impl Session {
    /// Of a server that ends with `stop`.
    pub(super) fn new(stop: &CancellationToken) -> Self {
        let end = stop.child_token();
        Self { watched: Arc::default(), begun: Default::default(), _guard: end.clone().drop_guard(), end }
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the client of this resource from now on.
    pub(super) async fn subscribe(
        &self,
        shared: &Arc<Shared>,
        access: &Access,
        peer: &Peer<RoleServer>,
        uri: String,
    ) -> Result<(), ErrorData> {
        if !self.watched().add(&access.room().name, &uri) {
            let refusal =
                Refusal::new(Kind::TooMany, format!("{MOST_WATCHED} resources are watched already"));
            return Err(reply::error(&refusal.hint("unsubscribe from some"), None));
        }
        self.begin(shared, access, peer).await
    }

    /// Tells it no more.
    pub(super) fn unsubscribe(&self, uri: &str) {
        let mut watched = self.watched();
        watched.0.retain(|_, uris| {
            uris.remove(uri);
            !uris.is_empty()
        });
    }

    /// Begins to tell, if that has not begun.
    pub(super) async fn begin(
        &self,
        shared: &Arc<Shared>,
        access: &Access,
        peer: &Peer<RoleServer>,
    ) -> Result<(), ErrorData> {
        let mut begun = self.begun.lock().await;
        if *begun {
            return Ok(());
        }
        let telling = Telling::new(shared, access, Arc::clone(&self.watched)).await?;
        *begun = true;
        drop(begun);
        let (end, to) = (self.end.clone(), Ear::Session(peer.clone()));
        drop(tokio::spawn(async move { end.run_until_cancelled(telling.run(to)).await }));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_due_is_what_is_watched_and_seen() {
        let mut watched = Watched::default();
        for uri in
            ["workroom:///a.md", "workroom://mill/a.md#line=0,2", "workroom:///secret/b.md", "file:///a.md"]
        {
            assert!(watched.add("mill", uri));
        }
        let check = |news: &News, lists: bool, uris: &[&str]| {
            let mut due = Due::default();
            due.add(news, &watched, |path| !path.starts_with("secret"));
            assert_eq!(
                due,
                Due { lists, uris: uris.iter().map(|uri| (*uri).to_owned()).collect() },
                "{news:?}"
            );
        };
        let both = ["workroom:///a.md", "workroom://mill/a.md#line=0,2"];
        check(&news("file.modified", "a.md", None), false, &both);
        check(&news("file.deleted", "a.md", None), true, &both);
        check(&news("file.created", "c.md", None), true, &[]);
        check(&news("file.moved", "c.md", Some("a.md")), true, &both);
        check(&news("file.moved", "secret/b.md", Some("d.md")), true, &[]);
        check(&news("file.indexed", "a.md", None), false, &[]);
        check(&news("file.modified", "secret/b.md", None), false, &[]);
        check(&news("file.deleted", "secret/b.md", None), false, &[]);
        check(&News::Missed, true, &both);
    }

    fn news(kind: &str, path: &str, to: Option<&str>) -> News {
        let event = json!({"seq": 1, "id": "msg_1", "type": kind, "at_ms": 1, "path": path, "to": to});
        let listed = json!({"event": event, "cursor": "1"});
        News::Event(Arc::new(serde_json::from_value(listed).unwrap()))
    }

    #[test]
    fn so_many_listen_and_no_more() {
        let listens = Listens::default();
        let begun: Vec<Option<Listening>> = (0..=MOST).map(|_| listens.begin("ann")).collect();
        assert!(begun.iter().take(MOST).all(Option::is_some) && begun.last().is_some_and(Option::is_none));
        assert!(listens.begin("ben").is_some());
        drop(begun);
        assert!(listens.0.lock().unwrap().is_empty());
    }
}
