//! Webhooks as a principal may manage them.
//!
//! Invariant: whoever manages them administers the whole workspace: an endpoint hears of everything. Addresses of this machine and of private networks
//! are for the owner alone, on the command line.
//! Not here: sending (`hooks`).

use super::Access;
use crate::host::now_ms;
use crate::refusal::{Kind, Refusal, Result};
use custody::Actor;
use hooks::{Allowed, Attempt, Behind, Delivery, Endpoint, NewEndpoint};
use workroom::{Doing, EventFilter};

impl Access {
    /// All of them, the oldest first.
    pub(crate) fn webhooks(&self) -> Result<Vec<Endpoint>> {
        self.require_everything(Doing::AdminLook)?;
        self.of_hooks(self.room().webhooks.list())
    }

    /// Sends what happens from now on to one more endpoint.
    pub(crate) fn add_webhook(&self, url: String, filter: EventFilter) -> Result<Endpoint> {
        self.require_everything(Doing::WebhookCreate)?;
        let new = NewEndpoint { url, filter, allowed: Allowed::default(), by: Actor::clone(&self.actor) };
        let made = self.of_hooks(hooks::add(&self.room().workspace, &self.room().webhooks, new, now_ms()))?;
        self.managed(Doing::WebhookCreate, &made.id);
        Ok(made)
    }

    /// Sends nothing to it any more.
    pub(crate) fn remove_webhook(&self, id: &str) -> Result<Endpoint> {
        self.require_everything(Doing::WebhookRemove)?;
        let removed = self.of_hooks(self.room().webhooks.remove(id))?;
        self.managed(Doing::WebhookRemove, id);
        Ok(removed)
    }

    /// Gives it another secret.
    pub(crate) fn rotate_webhook(&self, id: &str) -> Result<Endpoint> {
        self.require_everything(Doing::WebhookChange)?;
        let rotated = self.of_hooks(self.room().webhooks.rotate(id, false, now_ms()))?;
        self.managed(Doing::WebhookChange, id);
        Ok(rotated)
    }

    /// Goes on sending to it.
    pub(crate) fn enable_webhook(&self, id: &str) -> Result<Endpoint> {
        self.require_everything(Doing::WebhookChange)?;
        let enabled = self.room().webhooks.enable(id).and_then(|()| self.room().webhooks.get(id));
        let enabled = self.of_hooks(enabled)?;
        self.managed(Doing::WebhookChange, id);
        Ok(enabled)
    }

    /// Sends it a test.
    pub(crate) fn test_webhook(&self, id: &str) -> Result<Attempt> {
        self.require_everything(Doing::WebhookChange)?;
        let tried = self.of_hooks(hooks::test(&self.room().webhooks, id, now_ms()))?;
        self.managed(Doing::WebhookChange, id);
        Ok(tried)
    }

    /// Sends it again what it was sent before.
    pub(crate) fn replay_webhook(&self, id: &str, behind: Behind) -> Result<()> {
        self.require_everything(Doing::WebhookChange)?;
        let room = self.room();
        self.of_hooks(hooks::replay(&room.workspace, &room.webhooks, id, behind, now_ms()))?;
        self.managed(Doing::WebhookChange, id);
        Ok(())
    }

    /// The last attempts, the newest first.
    pub(crate) fn deliveries(&self, id: &str) -> Result<Vec<Delivery>> {
        self.require_everything(Doing::AdminLook)?;
        let log =
            self.room().webhooks.get(id).and_then(|endpoint| self.room().webhooks.outbox(&endpoint.id).log());
        self.of_hooks(log).map(|mut log| {
            log.reverse();
            log
        })
    }

    /// Notes what was done with a webhook.
    fn managed(&self, doing: Doing, id: &str) {
        self.note(self.act(doing).saying(format!("webhook {id}")));
    }

    fn of_hooks<T>(&self, result: hooks::Result<T>) -> Result<T> {
        result.map_err(|error| match &error {
            hooks::Error::Journal(error) => Refusal::of_custody(error),
            hooks::Error::Workspace(error) => self.refused(error),
            hooks::Error::NotFound { .. } => Refusal::new(Kind::NotFound, error.to_string()),
            hooks::Error::Invalid { .. } => {
                let refusal = Refusal::new(Kind::Unprocessable, error.to_string());
                // Those of the command line are of no use to whoever has none.
                match error.hint() {
                    hint if hint.contains("workroom ") || hint.contains("--") => refusal,
                    hint => refusal.hint(hint),
                }
            }
            _ => {
                tracing::error!(%error, "webhooks cannot be managed");
                Refusal::new(Kind::Unavailable, "webhooks cannot be managed now")
                    .hint("the server's log says why")
            }
        })
    }
}
