use nopenai_domain::Result;
use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::oneshot;

/// The counts one worker was asked for and has not told yet.
#[derive(Default)]
pub struct Counts {
    next: AtomicU64,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    replies: HashMap<u64, oneshot::Sender<Result<u32>>>,
    ended: bool,
}

impl Counts {
    /// A count's number and its reply, which is dropped when the worker ends.
    pub fn open(&self) -> (u64, oneshot::Receiver<Result<u32>>) {
        let count = self.next.fetch_add(1, Ordering::Relaxed);
        let (reply, replied) = oneshot::channel();
        let mut open = self.lock();
        if !open.ended {
            open.replies.insert(count, reply);
        }
        (count, replied)
    }

    /// Passes on what the worker counted.
    pub fn deliver(&self, count: u64, tokens: Result<u32>) {
        if let Some(reply) = self.lock().replies.remove(&count) {
            let _ = reply.send(tokens);
        }
    }

    /// The worker is dead: nobody replies any more.
    pub fn end(&self) {
        let mut open = self.lock();
        open.ended = true;
        open.replies.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reply_reaches_its_count() {
        let counts = Counts::default();
        let (first, mut first_reply) = counts.open();
        let (second, mut second_reply) = counts.open();
        counts.deliver(second, Ok(2));
        counts.deliver(first, Ok(1));
        counts.deliver(7, Ok(7));
        assert_eq!(first_reply.try_recv(), Ok(Ok(1)));
        assert_eq!(second_reply.try_recv(), Ok(Ok(2)));
    }

    #[test]
    fn a_dead_worker_counts_nothing() {
        let counts = Counts::default();
        let (_, mut before) = counts.open();
        counts.end();
        let (_, mut after) = counts.open();
        let closed = oneshot::error::TryRecvError::Closed;
        assert_eq!((before.try_recv(), after.try_recv()), (Err(closed.clone()), Err(closed)));
    }
}
