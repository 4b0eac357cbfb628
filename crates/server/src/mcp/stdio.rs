//! The protocol over standard input and output, for whoever started this process.
//!
//! Invariant: nothing else is written to standard output. The process ends soon after its input does, whatever still waits.

use super::agent::{Agent, Shared};
use super::observed::Observed;
use super::observer::Observer;
use super::tools::ToolChoice;
use crate::access::Access;
use crate::blocking::Blocking;
use crate::host::Room;
use custody::Principal;
use generate::Model;
use rmcp::service::serve_server_with_ct;
use rmcp::transport::stdio_pipes;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use telemetry::Telemetry;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::Sleep;
use tokio_util::sync::CancellationToken;
use workroom::Workspace;

/// Calls that run at once: a client that sends more at once waits.
const AT_ONCE: usize = 16;

/// How one agent is served.
#[derive(Default)]
pub struct StdioOptions {
    /// The language model that answers where a call wants it to, if there is one.
    pub model: Option<Arc<Model>>,
    /// Where spans go, if anywhere.
    pub telemetry: Option<Telemetry>,
    /// Which tools the agent has of those that it may use.
    pub tools: ToolChoice,
}

/// Serves `workspace` under a name to `principal`, who is at the other end of standard input, until that ends. Blocks.
///
/// # Errors
/// When there is no runtime, or the client does not speak the protocol.
pub fn stdio(
    workspace: Workspace,
    name: &str,
    principal: Principal,
    options: StdioOptions,
) -> io::Result<()> {
    let StdioOptions { model, telemetry, tools } = options;
    let room = Arc::new(Room::new(name, Arc::new(workspace)).with_model(model));
    if room.workspace.is_owner() {
        // There is no daemon: we bring the index up to date and keep it so. Where that fails, calls say why.
        drop(room.feed());
    }
    let access = Access::new(room, Arc::new(principal));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let served = runtime.block_on(async move {
        let (input, output) = stdio_pipes();
        let shared =
            Shared::new(Blocking::new(AT_ONCE), false, CancellationToken::new(), Observer::new(telemetry));
        serve(shared, (access, tools), input, output).await
    });
    // A blocking read of a terminal does not end by itself.
    runtime.shutdown_background();
    served
}

/// Serves over any two streams.
pub(super) async fn serve<R, W>(
    shared: Arc<Shared>,
    (access, choice): (Access, ToolChoice),
    input: R,
    output: W,
) -> io::Result<()>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: tokio::io::AsyncWrite + Send + Unpin + 'static,
{
    let stop = shared.stop.clone();
    let input = UntilEnd { inner: input, stop: stop.clone(), held: None };
    let begun = serve_server_with_ct(
        Observed::new(Agent::local(shared, access, choice)),
        (input, output),
        CancellationToken::new(),
    )
    .await;
    let running = match begun {
        Ok(running) => running,
        // It came and went without a word.
        Err(_) if stop.is_cancelled() => return Ok(()),
        Err(error) => return Err(io::Error::other(error.to_string())),
    };
    running.waiting().await.map(drop).map_err(io::Error::other)
}

/// How long the end of the input is held back: until it is known, the connection goes on carrying what listeners say as they end. One that
/// is still being acknowledged when the connection knows of the end would wait for its word to go out until the protocol's patience is over.
const HELD: Duration = Duration::from_millis(50);

/// Says when the input has ended, so that whoever listens for changes ends before the connection does.
struct UntilEnd<R> {
    inner: R,
    stop: CancellationToken,
    held: Option<Pin<Box<Sleep>>>,
}

impl<R: AsyncRead + Unpin> AsyncRead for UntilEnd<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(held) = &mut self.held {
            return held.as_mut().poll(cx).map(Ok);
        }
        let (before, room) = (buf.filled().len(), buf.remaining());
        let read = ready!(Pin::new(&mut self.inner).poll_read(cx, buf));
        let has_ended = read.is_err() || (buf.filled().len() == before && room > 0);
        if !has_ended {
            return Poll::Ready(read);
        }
        self.stop.cancel();
        self.held.insert(Box::pin(tokio::time::sleep(HELD))).as_mut().poll(cx).map(Ok)
    }
}
