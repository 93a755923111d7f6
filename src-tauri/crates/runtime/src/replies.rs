use nopenai_domain::Result;
use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::oneshot;

/// What one worker was asked for and has not told yet.
pub struct Replies<T> {
    next: AtomicU64,
    open: Mutex<Open<T>>,
}

struct Open<T> {
    replies: HashMap<u64, oneshot::Sender<Result<T>>>,
    ended: bool,
}

impl<T> Default for Replies<T> {
    fn default() -> Self {
        let open = Open { replies: HashMap::new(), ended: false };
        Self { next: AtomicU64::default(), open: Mutex::new(open) }
    }
}

impl<T> Replies<T> {
    /// A question's number and its reply, which is dropped when the worker ends.
    pub fn open(&self) -> (u64, oneshot::Receiver<Result<T>>) {
        let question = self.next.fetch_add(1, Ordering::Relaxed);
        let (reply, replied) = oneshot::channel();
        let mut open = self.lock();
        if !open.ended {
            open.replies.insert(question, reply);
        }
        (question, replied)
    }

    /// Passes on what the worker told.
    pub fn deliver(&self, question: u64, told: Result<T>) {
        if let Some(reply) = self.lock().replies.remove(&question) {
            let _ = reply.send(told);
        }
    }

    /// The worker is dead: nobody replies any more.
    pub fn end(&self) {
        let mut open = self.lock();
        open.ended = true;
        open.replies.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Open<T>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reply_reaches_its_question() {
        let replies = Replies::<u32>::default();
        let (first, mut first_reply) = replies.open();
        let (second, mut second_reply) = replies.open();
        replies.deliver(second, Ok(2));
        replies.deliver(first, Ok(1));
        replies.deliver(7, Ok(7));
        assert_eq!(first_reply.try_recv(), Ok(Ok(1)));
        assert_eq!(second_reply.try_recv(), Ok(Ok(2)));
    }

    #[test]
    fn a_dead_worker_tells_nothing() {
        let replies = Replies::<u32>::default();
        let (_, mut before) = replies.open();
        replies.end();
        let (_, mut after) = replies.open();
        let closed = oneshot::error::TryRecvError::Closed;
        assert_eq!((before.try_recv(), after.try_recv()), (Err(closed.clone()), Err(closed)));
    }
}
