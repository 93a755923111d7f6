//! Connections that are kept open: five to ten, checked before use.

use crate::{Class, DatabaseError, Result};
use std::{
    collections::VecDeque,
    ops::{Deref, DerefMut},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// So many waits are remembered.
const WAITS: usize = 512;

/// Opens and checks what a pool keeps.
pub trait Connect: Send + Sync + 'static {
    /// A connection.
    type Connection: Send;

    /// Opens one. Blocks.
    ///
    /// # Errors
    /// Why it could not be.
    fn connect(&self) -> Result<Self::Connection>;

    /// Whether one still works. Blocks.
    fn is_alive(&self, connection: &mut Self::Connection) -> bool;
}

/// How many connections there are, and how long.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Kept open although nobody uses them.
    pub least: usize,
    /// Open at once.
    pub most: usize,
    /// Beyond `least`, one that nobody used for so long is closed.
    pub idle: Duration,
    /// An older one is closed and opened anew.
    pub lifetime: Duration,
    /// One that nobody used for so long is checked before it is used.
    pub check_after: Duration,
    /// So long is waited for one.
    pub wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            least: 5,
            most: 10,
            idle: Duration::from_secs(300),
            lifetime: Duration::from_secs(1800),
            check_after: Duration::from_secs(15),
            wait: Duration::from_secs(20),
        }
    }
}

/// How a pool is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct PoolStatus {
    /// Connections at work.
    pub active: usize,
    /// Connections that wait for work.
    pub idle: usize,
    /// Connections in all.
    pub total: usize,
    /// Callers that wait for a connection.
    pub waiting: usize,
    /// Of the latest waits, 95% were at most so long, ms; 0 before the first.
    pub wait_p95_ms: f64,
}

struct Kept<T> {
    connection: T,
    opened: Instant,
    used: Instant,
}

struct State<T> {
    idle: Vec<Kept<T>>,
    total: usize,
    waiting: usize,
    waits: VecDeque<Duration>,
    /// Counts what ends the connections of before.
    generation: u64,
}

struct Inner<C: Connect> {
    connect: C,
    limits: Limits,
    state: Mutex<State<C::Connection>>,
    returned: Condvar,
}

/// A pool; clones share it.
pub struct Pool<C: Connect> {
    inner: Arc<Inner<C>>,
}

impl<C: Connect> Clone for Pool<C> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}

impl<C: Connect> Pool<C> {
    /// An empty pool: connections are opened when they are wanted.
    pub fn new(connect: C, limits: Limits) -> Self {
        let state =
            State { idle: Vec::new(), total: 0, waiting: 0, waits: VecDeque::new(), generation: 0 };
        let inner = Inner { connect, limits, state: Mutex::new(state), returned: Condvar::new() };
        Self { inner: Arc::new(inner) }
    }

    /// What opens the connections.
    pub fn connector(&self) -> &C {
        &self.inner.connect
    }

    /// A connection, opened when none is idle and fewer than the most are open.
    /// Blocks.
    ///
    /// # Errors
    /// [`Class::Busy`] when none came back in time; why one could not be opened,
    /// which is not tried again here.
    pub fn get(&self) -> Result<Pooled<C>> {
        let began = Instant::now();
        let kept = loop {
            match self.take_or_room(began)? {
                None => break self.open()?,
                Some((mut kept, generation)) => {
                    let stale = kept.used.elapsed() >= self.inner.limits.check_after;
                    if kept.opened.elapsed() < self.inner.limits.lifetime
                        && (!stale || self.inner.connect.is_alive(&mut kept.connection))
                    {
                        break (kept, generation);
                    }
                    drop(kept);
                    self.inner.lock().total -= 1;
                }
            }
        };
        self.inner.note_wait(began.elapsed());
        let (kept, generation) = kept;
        Ok(Pooled { inner: self.inner.clone(), kept: Some(kept), generation, broken: false })
    }

    /// An idle connection, or the right to open one (`None`).
    fn take_or_room(&self, began: Instant) -> Result<Option<(Kept<C::Connection>, u64)>> {
        let Inner { limits, returned, .. } = &*self.inner;
        let mut state = self.inner.lock();
        loop {
            // The latest one used: those beyond need come to be idle for long.
            if let Some(kept) = state.idle.pop() {
                return Ok(Some((kept, state.generation)));
            }
            if state.total < limits.most {
                state.total += 1;
                return Ok(None);
            }
            let Some(left) = limits.wait.checked_sub(began.elapsed()) else {
                let message = format!("All {} connections are in use.", limits.most);
                return Err(DatabaseError::new(Class::Busy, message));
            };
            state.waiting += 1;
            let woken = returned.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
            state.waiting -= 1;
        }
    }

    fn open(&self) -> Result<(Kept<C::Connection>, u64)> {
        let generation = self.inner.lock().generation;
        match self.inner.connect.connect() {
            Ok(connection) => {
                let now = Instant::now();
                Ok((Kept { connection, opened: now, used: now }, generation))
            }
            Err(error) => {
                self.inner.lock().total -= 1;
                self.inner.returned.notify_one();
                Err(error)
            }
        }
    }

    /// Closes what is idle or old beyond the limits, and opens connections up to
    /// the least. Blocks; to be called now and then.
    ///
    /// # Errors
    /// Why one could not be opened.
    pub fn maintain(&self) -> Result<()> {
        let limits = self.inner.limits;
        let closed: Vec<_> = {
            let mut state = self.inner.lock();
            let mut spare = state.total.saturating_sub(limits.least);
            let (close, keep) = std::mem::take(&mut state.idle).into_iter().partition(|kept| {
                let old = kept.opened.elapsed() >= limits.lifetime;
                let unused = spare > 0 && kept.used.elapsed() >= limits.idle;
                spare = spare.saturating_sub(usize::from(old || unused));
                old || unused
            });
            state.idle = keep;
            let close: Vec<_> = close;
            state.total -= close.len();
            close
        };
        drop(closed);
        loop {
            let mut state = self.inner.lock();
            if state.total >= limits.least {
                return Ok(());
            }
            state.total += 1;
            drop(state);
            let (kept, generation) = self.open()?;
            self.inner.give_back(kept, generation);
        }
    }

    /// Closes every idle connection, and those in use when they come back: after
    /// a change of the password, or when it is no longer wanted.
    pub fn clear(&self) {
        let closed = {
            let mut state = self.inner.lock();
            state.generation += 1;
            let idle = std::mem::take(&mut state.idle);
            state.total -= idle.len();
            idle
        };
        drop(closed);
        self.inner.returned.notify_all();
    }

    /// How it is used.
    pub fn status(&self) -> PoolStatus {
        let state = self.inner.lock();
        let mut waits: Vec<Duration> = state.waits.iter().copied().collect();
        waits.sort_unstable();
        let at = (waits.len() * 95).div_ceil(100).saturating_sub(1);
        PoolStatus {
            active: state.total - state.idle.len(),
            idle: state.idle.len(),
            total: state.total,
            waiting: state.waiting,
            wait_p95_ms: waits.get(at).map_or(0.0, |wait| wait.as_secs_f64() * 1000.0),
        }
    }
}

impl<C: Connect> Inner<C> {
    fn lock(&self) -> MutexGuard<'_, State<C::Connection>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_wait(&self, wait: Duration) {
        let mut state = self.lock();
        if state.waits.len() == WAITS {
            state.waits.pop_front();
        }
        state.waits.push_back(wait);
    }

    fn give_back(&self, mut kept: Kept<C::Connection>, generation: u64) {
        kept.used = Instant::now();
        let mut state = self.lock();
        if generation == state.generation {
            state.idle.push(kept);
        } else {
            state.total -= 1;
        }
        drop(state);
        self.returned.notify_one();
    }
}

/// A connection out of a pool, which goes back when it is dropped.
pub struct Pooled<C: Connect> {
    inner: Arc<Inner<C>>,
    kept: Option<Kept<C::Connection>>,
    generation: u64,
    broken: bool,
}

impl<C: Connect> Pooled<C> {
    /// It can't be used any more: it is closed when it is dropped.
    pub fn discard(&mut self) {
        self.broken = true;
    }
}

/// Until it is dropped there is a connection.
const HELD: &str = "a pooled connection is taken out by its drop alone";

impl<C: Connect> Deref for Pooled<C> {
    type Target = C::Connection;

    fn deref(&self) -> &C::Connection {
        &self.kept.as_ref().expect(HELD).connection
    }
}

impl<C: Connect> DerefMut for Pooled<C> {
    fn deref_mut(&mut self) -> &mut C::Connection {
        &mut self.kept.as_mut().expect(HELD).connection
    }
}

impl<C: Connect> Drop for Pooled<C> {
    fn drop(&mut self) {
        let Some(kept) = self.kept.take() else { return };
        if self.broken {
            drop(kept);
            self.inner.lock().total -= 1;
            self.inner.returned.notify_one();
        } else {
            self.inner.give_back(kept, self.generation);
        }
    }
}
