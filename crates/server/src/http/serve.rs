//! Connections: accepted, bounded, given to the routes, and ended in order.
//!
//! Invariant: nobody keeps a connection who says nothing, and none who does not read. More than so many are closed at once. Ending, the server
//! first lets what runs come to its end, then ends what waits.
//! Not here: routes.

use super::App;
use crate::io::Impatient;
use crate::timeouts::Timeouts;
use axum::Router;
use axum::http::Request;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// Who is at the other end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) SocketAddr);

/// What runs when the server ends has so long.
const GRACE: Duration = Duration::from_secs(10);
/// The system has no more handles: it will have some again.
const BREATH: Duration = Duration::from_millis(100);
const LARGEST_HEAD: usize = 64 << 10;
const MOST_HEADERS: usize = 64;

/// How connections are served.
pub(crate) struct Serving {
    pub(crate) app: Arc<App>,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) most_connections: usize,
    pub(crate) timeouts: Timeouts,
    /// Asked to end.
    pub(crate) stop: CancellationToken,
    /// Ends what did not end by itself.
    pub(crate) end: CancellationToken,
}

impl Serving {
    /// Serves until asked to end, and ends.
    pub(crate) async fn run(self, listener: TcpListener) {
        let router = self.app.router();
        let (graceful, places) = (GracefulShutdown::new(), Arc::new(Semaphore::new(self.most_connections)));
        self.app.ready.store(true, Ordering::Relaxed);
        loop {
            let (socket, peer) = tokio::select! {
                biased;
                () = self.stop.cancelled() => break,
                accepted = listener.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        tracing::warn!(%error, "no connection was accepted");
                        tokio::time::sleep(BREATH).await;
                        continue;
                    }
                },
            };
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                self.app.metrics.refused.inc();
                continue;
            };
            let connection = self.connection(router.clone(), socket, peer, graceful.watcher());
            let app = Arc::clone(&self.app);
            tokio::spawn(async move {
                let _place = place;
                app.metrics.connections.inc();
                connection.await;
                app.metrics.connections.dec();
            });
        }
        self.app.ready.store(false, Ordering::Relaxed);
        drop(listener);
        // Those who wait for events and changes end by the stop; what runs has its time; the sessions of MCP never end by themselves.
        let ended = tokio::time::timeout(GRACE, graceful.shutdown());
        tokio::pin!(ended);
        let in_time = tokio::select! {
            ended = &mut ended => Some(ended),
            () = tokio::time::sleep(GRACE / 4) => None,
        };
        self.end.cancel();
        let ended = match in_time {
            Some(ended) => ended,
            None => ended.await,
        };
        if ended.is_err() {
            tracing::warn!("some connections were still open and are cut");
        }
    }

    fn connection(
        &self,
        router: Router,
        socket: TcpStream,
        peer: SocketAddr,
        watcher: Watcher,
    ) -> impl Future<Output = ()> + Send + use<> {
        let (tls, builder, timeouts) = (self.tls.clone(), self.builder(), self.timeouts);
        async move {
            // Small answers are sent at once.
            if let Err(error) = socket.set_nodelay(true) {
                tracing::debug!(%error, "a connection is already gone");
            }
            let socket = Impatient::new(socket, timeouts.unread);
            match tls {
                None => serve(builder, socket, router, peer, watcher).await,
                Some(tls) => match tokio::time::timeout(timeouts.handshake, tls.accept(socket)).await {
                    Ok(Ok(stream)) => serve(builder, stream, router, peer, watcher).await,
                    Ok(Err(error)) => tracing::debug!(%error, "no TLS"),
                    Err(_) => tracing::debug!("a TLS handshake took too long"),
                },
            }
        }
    }

    fn builder(&self) -> auto::Builder<TokioExecutor> {
        // One version alone: to tell two apart a builder first reads, and no timer runs over that.
        let mut builder = auto::Builder::new(TokioExecutor::new()).http1_only();
        let mut http1 = builder.http1();
        http1
            .timer(TokioTimer::new())
            .header_read_timeout(self.timeouts.head)
            .max_headers(MOST_HEADERS)
            .max_buf_size(LARGEST_HEAD);
        builder
    }
}

async fn serve<S>(
    builder: auto::Builder<TokioExecutor>,
    stream: S,
    router: Router,
    peer: SocketAddr,
    watcher: Watcher,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = router.map_request(move |mut request: Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        request.map(axum::body::Body::new)
    });
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    if let Err(error) = watcher.watch(connection.into_owned()).await {
        tracing::debug!(%error, "a connection ended early");
    }
}
