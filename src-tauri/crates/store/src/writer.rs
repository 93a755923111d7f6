use crate::{Result, StoreError};
use rusqlite::{Connection, DropBehavior, Transaction, TransactionBehavior};
use std::{sync::mpsc, thread};

/// The most writes of one commit: bounds how long the first one waits.
const GROUP_MAX: usize = 256;

/// Hears the fate of the commit: its failure, or none.
type Reply = Box<dyn FnOnce(Option<StoreError>)>;

/// One write; given no connection when the transaction could not begin.
type Job = Box<dyn FnOnce(Result<&Connection>) -> Ran + Send>;

/// A write that has run and waits for its commit.
struct Ran {
    keep: bool,
    reply: Reply,
}

/// The thread that owns the writing connection. It ends, with everything
/// committed, when the store is dropped.
pub struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Writer {
    pub fn start(connection: Connection) -> Result<Self> {
        let (jobs, queue) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || serve(connection, &queue))
            .map_err(|_| StoreError::Closed)?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    pub fn submit<T, F, D>(&self, work: F, done: D)
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
        D: FnOnce(Result<T>) + Send + 'static,
    {
        let job: Job = Box::new(move |connection| {
            let result = connection.and_then(work);
            Ran {
                keep: result.is_ok(),
                reply: Box::new(move |failure| {
                    done(match (result, failure) {
                        (Ok(_), Some(failure)) => Err(failure),
                        (result, _) => result,
                    });
                }),
            }
        });
        if let Some(jobs) = &self.jobs {
            // A send fails only when the thread has panicked; `done` is then
            // dropped, which a waiting caller sees as a closed store.
            let _ = jobs.send(job);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(mut connection: Connection, queue: &mpsc::Receiver<Job>) {
    while let Ok(first) = queue.recv() {
        let group: Vec<Job> =
            std::iter::once(first).chain(queue.try_iter().take(GROUP_MAX - 1)).collect();
        commit_group(&mut connection, group);
    }
}

/// Group commit: one sync for all writes that were waiting. Each write stands
/// in a savepoint of its own, so that one that fails takes no other with it.
fn commit_group(connection: &mut Connection, group: Vec<Job>) {
    let mut replies = Vec::with_capacity(group.len());
    let failure = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(mut transaction) => {
            for job in group {
                replies.push(run_in_savepoint(&mut transaction, job));
            }
            transaction.commit().err()
        }
        Err(error) => {
            replies.extend(group.into_iter().map(|job| job(Err(same(&error))).reply));
            None
        }
    };
    for reply in replies {
        reply(failure.as_ref().map(same));
    }
}

fn run_in_savepoint(transaction: &mut Transaction<'_>, job: Job) -> Reply {
    let mut savepoint = match transaction.savepoint() {
        Ok(savepoint) => savepoint,
        Err(error) => return job(Err(error.into())).reply,
    };
    savepoint.set_drop_behavior(DropBehavior::Commit);
    let ran = job(Ok(&savepoint));
    if !ran.keep {
        savepoint.set_drop_behavior(DropBehavior::Rollback);
    }
    match savepoint.finish() {
        Ok(()) => ran.reply,
        Err(error) => {
            let error = same(&error);
            Box::new(move |failure| (ran.reply)(failure.or(Some(error))))
        }
    }
}

/// A commit's failure, for each of the writes it took along.
fn same(error: &rusqlite::Error) -> StoreError {
    StoreError::Commit { code: error.sqlite_error_code(), message: error.to_string() }
}
