//! Sessions of the older protocol, each bound to the principal that began it.
//!
//! Invariant: to anybody else a session is as one that is not there. A principal has so many and no more: its oldest makes room for the newest.
//! Not here: the session itself (rmcp).

use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::common::server_side_http::ServerSseMessage;
use rmcp::transport::streamable_http_server::session::local::{
    LocalSessionManager, LocalSessionManagerError,
};
use rmcp::transport::streamable_http_server::{SessionId, SessionManager};
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Clients that come and go without a word leave sessions behind.
const MOST: usize = 64;
/// An open stream is no traffic, and clients may think for long between two calls.
const KEEP_ALIVE: Duration = Duration::from_secs(3600);

/// Who calls: the workspace and the principal's id.
pub(super) type Caller = (String, String);

tokio::task_local! {
    static CALLER: Caller;
}

/// Runs what is done for a caller.
pub(super) async fn as_caller<T>(caller: Caller, work: impl Future<Output = T>) -> T {
    CALLER.scope(caller, work).await
}

/// All sessions of a server.
pub(super) struct Sessions {
    inner: LocalSessionManager,
    owners: Mutex<Owners>,
}

/// Who began each session.
#[derive(Default)]
struct Owners {
    of: HashMap<SessionId, Owner>,
    /// How many there were so far.
    begun: u64,
}

struct Owner {
    caller: Caller,
    /// A number that rises with each session.
    begun: u64,
}

impl Default for Sessions {
    fn default() -> Self {
        let mut inner = LocalSessionManager::default();
        inner.session_config.keep_alive = Some(KEEP_ALIVE);
        Self { inner, owners: Mutex::default() }
    }
}

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, Owners> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_callers(&self, id: &SessionId) -> bool {
        let is_of = |caller: &Caller| self.lock().of.get(id).is_some_and(|owner| owner.caller == *caller);
        CALLER.try_with(is_of).unwrap_or(false)
    }

    /// The oldest of the caller, if it has as many as it may have.
    fn to_make_room(&self, caller: &Caller) -> Option<SessionId> {
        let owners = self.lock();
        let of_caller = || owners.of.iter().filter(|(_, owner)| owner.caller == *caller);
        let oldest = of_caller().min_by_key(|(_, owner)| owner.begun);
        oldest.filter(|_| of_caller().count() >= MOST).map(|(id, _)| SessionId::clone(id))
    }

    async fn end(&self, id: &SessionId) -> Result<(), LocalSessionManagerError> {
        self.lock().of.remove(id);
        self.inner.close_session(id).await
    }
}

impl SessionManager for Sessions {
    type Error = LocalSessionManagerError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Self::Error> {
        // Without a caller it is nobody's, and nobody finds it.
        let caller = CALLER.try_with(Clone::clone).unwrap_or_default();
        if let Some(oldest) = self.to_make_room(&caller) {
            self.end(&oldest).await?;
        }
        let (id, transport) = self.inner.create_session().await?;
        let mut owners = self.lock();
        owners.begun += 1;
        let owner = Owner { caller, begun: owners.begun };
        owners.of.insert(SessionId::clone(&id), owner);
        drop(owners);
        Ok((id, transport))
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Self::Error> {
        Ok(self.is_callers(id) && self.inner.has_session(id).await?)
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Self::Error> {
        // Its own end comes without a caller.
        if CALLER.try_with(|_| ()).is_ok() && !self.is_callers(id) {
            return Ok(());
        }
        self.end(id).await
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Self::Error> {
        self.inner.initialize_session(id, message).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl futures_util::Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.inner.create_stream(id, message).await
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Result<(), Self::Error> {
        self.inner.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl futures_util::Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.inner.create_standalone_stream(id).await
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl futures_util::Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.inner.resume(id, last_event_id).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(name: &str) -> Caller {
        ("mill".to_owned(), name.to_owned())
    }

    #[tokio::test]
    async fn a_session_is_its_beginners_alone() {
        let sessions = Sessions::default();
        let (id, _transport) = as_caller(caller("ann"), sessions.create_session()).await.unwrap();
        assert!(as_caller(caller("ann"), sessions.has_session(&id)).await.unwrap());
        assert!(!as_caller(caller("ben"), sessions.has_session(&id)).await.unwrap());
        assert!(!as_caller(("other".into(), "ann".into()), sessions.has_session(&id)).await.unwrap());
        // Another one cannot end it either.
        as_caller(caller("ben"), sessions.close_session(&id)).await.unwrap();
        assert!(as_caller(caller("ann"), sessions.has_session(&id)).await.unwrap());
        as_caller(caller("ann"), sessions.close_session(&id)).await.unwrap();
        assert!(!as_caller(caller("ann"), sessions.has_session(&id)).await.unwrap());
        assert!(sessions.lock().of.is_empty());
    }

    #[tokio::test]
    async fn the_oldest_makes_room() {
        let sessions = Sessions::default();
        let mut begun = Vec::new();
        for _ in 0..=MOST {
            begun.push(as_caller(caller("ann"), sessions.create_session()).await.unwrap());
        }
        let (other, _transport) = as_caller(caller("ben"), sessions.create_session()).await.unwrap();
        let mut left = 0;
        for (id, _) in &begun {
            left += usize::from(as_caller(caller("ann"), sessions.has_session(id)).await.unwrap());
        }
        assert_eq!(left, MOST);
        assert!(!as_caller(caller("ann"), sessions.has_session(&begun[0].0)).await.unwrap());
        assert!(as_caller(caller("ben"), sessions.has_session(&other)).await.unwrap());
    }
}
