//! Ending what a server is at, from another thread.

use odbc_api::{
    handles::{AsStatementRef, Statement},
    sys::{HStmt, SQLCancel, SqlReturn},
};
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

/// Ends the statement a session runs; clones are of the same session.
#[derive(Clone, Default)]
pub struct Interrupt(Arc<State>);

#[derive(Default)]
struct State {
    running: Mutex<Option<Running>>,
    stopped: AtomicBool,
}

/// The handle of a statement that runs. It is only ever given to `SQLCancel`.
struct Running(HStmt);

// SAFETY: ODBC's handles are no thread's own; `SQLCancel` is the function that is
// for another thread than the one that runs the statement ("SQLCancel Function",
// Canceling Functions Running on Another Thread).
#[allow(unsafe_code, reason = "a raw pointer that is only given to SQLCancel")]
unsafe impl Send for Running {}

impl Interrupt {
    fn lock(&self) -> MutexGuard<'_, Option<Running>> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the statement that runs, and has every later one of the session fail
    /// with [`crate::Class::Cancelled`].
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::Relaxed);
        self.interrupt();
    }

    /// Whether the session was stopped.
    pub fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::Relaxed)
    }

    /// Asks the server to end the statement that runs, which then fails with
    /// [`crate::Class::Cancelled`]; gives whether one ran and the driver could
    /// ask. One that begins later runs as ever.
    #[allow(unsafe_code, reason = "odbc-api has no SQLCancel")]
    pub fn interrupt(&self) -> bool {
        let running = self.lock();
        let Some(Running(handle)) = &*running else { return false };
        // SAFETY: the handle is valid while it stands here: `Ended` takes it away,
        // under this lock, before the statement is freed.
        let answer = unsafe { SQLCancel(*handle) };
        matches!(answer, SqlReturn::SUCCESS | SqlReturn::SUCCESS_WITH_INFO)
    }

    /// Whether its session is still open.
    pub(crate) fn is_used(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    /// Lets `statement` be interrupted until what is given is dropped, which must
    /// be before the statement is.
    pub(crate) fn running(&self, statement: &mut impl AsStatementRef) -> Ended<'_> {
        *self.lock() = Some(Running(statement.as_stmt_ref().as_sys()));
        Ended(self)
    }
}

/// The end of a statement that could be interrupted.
pub(crate) struct Ended<'a>(&'a Interrupt);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        *self.0.lock() = None;
    }
}
