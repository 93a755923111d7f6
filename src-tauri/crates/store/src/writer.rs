use crate::{Result, StoreError};
use rusqlite::{Connection, DropBehavior, Transaction, TransactionBehavior};
use std::{
    collections::VecDeque,
    sync::mpsc::{self, TryRecvError},
    thread,
};

/// The most writes of one commit: bounds how long the first one waits.
const GROUP_MAX: usize = 256;

/// Hears the fate of the commit: its failure, or none.
type Reply = Box<dyn FnOnce(Option<StoreError>)>;

/// One write; given no connection when the transaction could not begin.
type Job = Box<dyn FnOnce(Result<&Connection>) -> Ran + Send>;

/// A write that has run and waits for its commit, if it did not fail.
struct Ran {
    failure: Option<StoreError>,
    reply: Reply,
}

/// The thread that owns the writing connection. It ends, with everything
/// committed, when the store is dropped.
pub struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread. While nothing is to be written it does `spare` work,
    /// a piece per transaction, until that says that there is no more.
    pub fn start<S>(connection: Connection, spare: S) -> Result<Self>
    where
        S: FnMut(&Connection) -> Result<bool> + Send + 'static,
    {
        let (jobs, queue) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || serve(connection, &queue, spare))
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
                failure: result.as_ref().err().map(StoreError::shared),
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

fn serve(
    mut connection: Connection,
    queue: &mpsc::Receiver<Job>,
    mut spare: impl FnMut(&Connection) -> Result<bool>,
) {
    let mut more = true;
    loop {
        let first = match queue.try_recv() {
            Ok(job) => job,
            Err(TryRecvError::Disconnected) => return,
            Err(TryRecvError::Empty) if more => {
                more = do_spare(&mut connection, &mut spare);
                continue;
            }
            Err(TryRecvError::Empty) => match queue.recv() {
                Ok(job) => job,
                Err(_) => return,
            },
        };
        let mut group: VecDeque<Job> =
            std::iter::once(first).chain(queue.try_iter().take(GROUP_MAX - 1)).collect();
        while !group.is_empty() {
            commit_group(&mut connection, &mut group);
        }
    }
}

/// Whether there is more; what fails is left to the next start.
fn do_spare(
    connection: &mut Connection,
    spare: &mut impl FnMut(&Connection) -> Result<bool>,
) -> bool {
    let mut piece = || {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let more = spare(&transaction)?;
        transaction.commit()?;
        Ok(more)
    };
    piece().unwrap_or_else(|error: StoreError| {
        tracing::warn!(%error, "deleted runs could not be removed");
        false
    })
}

/// Group commit: one sync for all writes that were waiting. Each write stands
/// in a savepoint of its own, so that one that fails takes no other with it; one
/// that is alone needs none.
/// Only where SQLite gives up the whole transaction, as on a full disk, those
/// before it are lost and hear of it; those behind it are left in `group`.
fn commit_group(connection: &mut Connection, group: &mut VecDeque<Job>) {
    let mut replies = Vec::with_capacity(group.len());
    let failure = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => run_group(transaction, group, &mut replies).err(),
        Err(error) => {
            let error = StoreError::from(error);
            replies.extend(group.drain(..).map(|job| job(Err(error.shared())).reply));
            None
        }
    };
    for reply in replies {
        reply(failure.as_ref().map(StoreError::shared));
    }
}

fn run_group(
    mut transaction: Transaction<'_>,
    group: &mut VecDeque<Job>,
    replies: &mut Vec<Reply>,
) -> Result<()> {
    if group.len() == 1
        && let Some(job) = group.pop_front()
    {
        let ran = job(Ok(&transaction));
        replies.push(ran.reply);
        return match ran.failure {
            Some(_) => Ok(transaction.rollback()?),
            None => Ok(transaction.commit()?),
        };
    }
    while let Some(job) = group.pop_front() {
        let ran = run_in_savepoint(&mut transaction, job);
        replies.push(ran.reply);
        if transaction.is_autocommit() {
            return Err(ran.failure.unwrap_or(StoreError::Closed));
        }
    }
    Ok(transaction.commit()?)
}

fn run_in_savepoint(transaction: &mut Transaction<'_>, job: Job) -> Ran {
    let mut savepoint = match transaction.savepoint() {
        Ok(savepoint) => savepoint,
        Err(error) => return job(Err(error.into())),
    };
    savepoint.set_drop_behavior(DropBehavior::Commit);
    let ran = job(Ok(&savepoint));
    if ran.failure.is_some() {
        savepoint.set_drop_behavior(DropBehavior::Rollback);
    }
    match savepoint.finish() {
        Ok(()) => ran,
        Err(error) => {
            let error = StoreError::from(error);
            let failure = Some(ran.failure.unwrap_or_else(|| error.shared()));
            let reply = Box::new(move |failure: Option<StoreError>| {
                (ran.reply)(failure.or(Some(error)));
            });
            Ran { failure, reply }
        }
    }
}
