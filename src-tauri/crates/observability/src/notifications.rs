use nopenai_domain::{Level, Notice, Notification, Page, PageRequest, Result};
use nopenai_store::Store;
use tokio::sync::{broadcast, watch};

/// How many notifications a slow listener may be behind before it misses some.
const BACKLOG: usize = 64;

/// The notifications of a store, told of as they come; clones share them.
#[derive(Clone)]
pub struct Notifications {
    store: Store,
    unread: watch::Sender<u64>,
    posted: broadcast::Sender<Notification>,
}

impl Notifications {
    /// Those of `store`. The count of unread ones is read by
    /// [`Notifications::recount`].
    pub fn new(store: Store) -> Self {
        Self { store, unread: watch::Sender::new(0), posted: broadcast::Sender::new(BACKLOG) }
    }

    /// Keeps a notice and tells of it. A failure is logged only: a notice must
    /// never be the reason that what it tells of fails.
    pub async fn post(&self, notice: Notice) {
        match self.store.notifications().add(notice).await {
            Ok(notification) => {
                let _ = self.posted.send(notification);
                self.recount().await;
            }
            Err(error) => tracing::warn!(%error, "a notification was not stored"),
        }
    }

    /// One page, newest first; of one level, or of all.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn page(
        &self,
        level: Option<Level>,
        request: PageRequest,
    ) -> Result<Page<Notification>> {
        Ok(self.store.notifications().page(level, request).await?)
    }

    /// Marks those up to this one as read.
    ///
    /// # Errors
    /// When the store can't be written.
    pub async fn read(&self, up_to: i64) -> Result<()> {
        self.store.notifications().read(up_to).await?;
        self.recount().await;
        Ok(())
    }

    /// Removes these for good.
    ///
    /// # Errors
    /// When the store can't be written.
    pub async fn dismiss(&self, ids: Vec<i64>) -> Result<()> {
        self.store.notifications().dismiss(ids).await?;
        self.recount().await;
        Ok(())
    }

    /// Removes all of one level, or all.
    ///
    /// # Errors
    /// When the store can't be written.
    pub async fn dismiss_all(&self, level: Option<Level>) -> Result<()> {
        self.store.notifications().dismiss_all(level).await?;
        self.recount().await;
        Ok(())
    }

    /// Counts the unread ones and tells of the count.
    pub async fn recount(&self) {
        match self.store.notifications().unread().await {
            Ok(unread) => {
                self.unread.send_replace(unread);
            }
            Err(error) => tracing::warn!(%error, "notifications were not counted"),
        }
    }

    /// How many are unread, now and as it changes.
    pub fn unread(&self) -> watch::Receiver<u64> {
        self.unread.subscribe()
    }

    /// Those that come from now on.
    pub fn posted(&self) -> broadcast::Receiver<Notification> {
        self.posted.subscribe()
    }
}
