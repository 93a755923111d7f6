//! Whose turn it is: a bounded queue, fair between those who ask.

use crate::status::QueueStatus;
use nopenai_domain::{Caller, Clock, Code, Error, ModelId, Result, Timestamp};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Notify, oneshot};

/// Runs that may wait for their turn; one more is refused.
pub(crate) const BOUND: u32 = 64;

/// Runs a model answers at once. On a CPU mistral.rs 0.8.1 computes several
/// sequences together wrongly (`flash_attn_cpu_single_q` has one scratch for all
/// of a batch), which `several::runs_of_one_model_are_computed_together…` shows.
pub(crate) const AT_ONCE: u32 = 1;

/// The runs that wait and how many of each model are under way; clones share
/// it.
///
/// A place that becomes free goes to the caller that was served longest ago,
/// and among its runs to the one that came first: a caller with a thousand
/// prompts holds nobody up by more than the run under way (start-time fair
/// queueing with equal weights and runs as the unit; Goyal et al. 1996).
#[derive(Clone)]
pub(crate) struct Queue {
    state: Arc<Mutex<State>>,
    /// Told when a run has given its place back.
    ended: Arc<Notify>,
    clock: Arc<dyn Clock>,
    changed: Arc<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct State {
    tickets: u64,
    waiting: Vec<Waiting>,
    running: HashMap<ModelId, u32>,
    /// When each caller was last served, counted in runs served.
    served: HashMap<Caller, u64>,
    turns: u64,
    /// Models that are to be unloaded: none of their runs begins.
    held: Vec<ModelId>,
    /// How many want no run at all to begin.
    rests: u32,
    closed: bool,
}

struct Waiting {
    ticket: u64,
    caller: Caller,
    model: ModelId,
    since: Timestamp,
    /// Runs of the model that may be under way together.
    at_once: u32,
    begin: oneshot::Sender<Place>,
}

/// The right to have a model answer; given back when dropped.
pub(crate) struct Place {
    queue: Queue,
    model: ModelId,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(running) = self.queue.lock().running.get_mut(&self.model) {
            *running = running.saturating_sub(1);
        }
        self.queue.ended.notify_waiters();
        self.queue.serve();
    }
}

impl Queue {
    /// An empty queue; `changed` is called after each change.
    pub fn new(clock: Arc<dyn Clock>, changed: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self { state: Arc::default(), ended: Arc::default(), clock, changed }
    }

    /// Waits for a place at a model in memory. Dropping the future gives the wait
    /// up.
    ///
    /// # Errors
    /// [`Code::Busy`] at once when too many wait already; [`Code::Cancelled`]
    /// when the queue closes.
    pub async fn place(&self, model: &ModelId, caller: &Caller) -> Result<Place> {
        self.place_of(model, caller, AT_ONCE).await
    }

    /// As [`Queue::place`], at a model that answers `at_once` runs together.
    pub async fn place_of(&self, model: &ModelId, caller: &Caller, at_once: u32) -> Result<Place> {
        let (begin, begun) = oneshot::channel();
        let _leave = Leave { queue: self, ticket: self.enter(model, caller, at_once, begin)? };
        self.serve();
        begun.await.map_err(|_| Error::new(Code::Cancelled, "The application is ending."))
    }

    fn enter(
        &self,
        model: &ModelId,
        caller: &Caller,
        at_once: u32,
        begin: oneshot::Sender<Place>,
    ) -> Result<u64> {
        let mut state = self.lock();
        if state.closed {
            return Err(Error::new(Code::Cancelled, "The application is ending."));
        }
        if state.waiting.len() >= BOUND as usize {
            let message = format!("{BOUND} runs are waiting: try again when one has ended.");
            return Err(Error::new(Code::Busy, message));
        }
        let ticket = state.tickets;
        state.tickets += 1;
        let (model, caller, since) = (model.clone(), caller.clone(), self.clock.now());
        state.waiting.push(Waiting { ticket, caller, model, since, at_once, begin });
        Ok(ticket)
    }

    /// Begins the runs there are places for. A place whose owner lost patience
    /// comes back by being dropped, so nothing is sent under the lock.
    fn serve(&self) {
        let begun = self.lock().serve();
        for (begin, model) in begun {
            drop(begin.send(Place { queue: self.clone(), model }));
        }
        (self.changed)();
    }

    /// Lets no run of `model` begin until the returned value is dropped: its
    /// memory is wanted for another.
    pub fn hold(&self, model: &ModelId) -> Hold {
        self.lock().held.push(model.clone());
        Hold { queue: self.clone(), model: model.clone() }
    }

    /// Lets no run begin, waits until those under way have ended, and keeps it
    /// so until the returned value is dropped.
    pub async fn rest(&self) -> Rest {
        self.lock().rests += 1;
        let rest = Rest { queue: self.clone() };
        loop {
            let ended = self.ended.notified();
            tokio::pin!(ended);
            // From now on nothing is missed.
            ended.as_mut().enable();
            if self.lock().running.values().all(|&running| running == 0) {
                return rest;
            }
            ended.await;
        }
    }

    /// Refuses every run that waits, and all that come.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.waiting.clear();
    }

    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    pub fn status(&self) -> QueueStatus {
        let state = self.lock();
        QueueStatus {
            waiting: state.waiting.len() as u32,
            bound: BOUND,
            waiting_since: state.waiting.iter().map(|waiting| waiting.since).min(),
        }
    }

    /// Runs of `model` that wait.
    pub fn waiting_for(&self, model: &ModelId) -> u32 {
        self.lock().waiting.iter().filter(|waiting| waiting.model == *model).count() as u32
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a run out of the queue when its owner loses patience.
struct Leave<'a> {
    queue: &'a Queue,
    ticket: u64,
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.queue.lock().waiting.retain(|waiting| waiting.ticket != self.ticket);
        (self.queue.changed)();
    }
}

/// See [`Queue::hold`].
pub(crate) struct Hold {
    queue: Queue,
    model: ModelId,
}

impl Drop for Hold {
    fn drop(&mut self) {
        {
            let mut state = self.queue.lock();
            if let Some(index) = state.held.iter().position(|model| *model == self.model) {
                state.held.swap_remove(index);
            }
        }
        self.queue.serve();
    }
}

/// See [`Queue::rest`].
pub(crate) struct Rest {
    queue: Queue,
}

impl Drop for Rest {
    fn drop(&mut self) {
        self.queue.lock().rests -= 1;
        self.queue.serve();
    }
}

impl State {
    /// Takes the runs out of the queue that there are places for.
    fn serve(&mut self) -> Vec<(oneshot::Sender<Place>, ModelId)> {
        let mut begun = Vec::new();
        while let Some(index) = self.next() {
            let Waiting { caller, model, begin, .. } = self.waiting.remove(index);
            self.turns += 1;
            self.served.insert(caller, self.turns);
            *self.running.entry(model.clone()).or_default() += 1;
            begun.push((begin, model));
        }
        if self.waiting.is_empty() && self.running.values().all(|&running| running == 0) {
            // Nobody is owed anything: callers that are gone are forgotten.
            self.served.clear();
        }
        begun
    }

    fn next(&self) -> Option<usize> {
        let may_begin = |waiting: &Waiting| {
            let running = self.running.get(&waiting.model).copied().unwrap_or(0);
            self.rests == 0 && running < waiting.at_once && !self.held.contains(&waiting.model)
        };
        let order = |waiting: &Waiting| {
            let served = self.served.get(&waiting.caller).copied().unwrap_or(0);
            (served, waiting.ticket)
        };
        let able = self.waiting.iter().enumerate().filter(|(_, waiting)| may_begin(waiting));
        able.min_by_key(|(_, waiting)| order(waiting)).map(|(index, _)| index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nopenai_domain::SystemClock;
    use std::time::Duration;

    fn queue() -> Queue {
        Queue::new(Arc::new(SystemClock), Arc::new(|| {}))
    }

    fn model(name: &str) -> ModelId {
        ModelId(name.to_owned())
    }

    async fn fill(queue: &Queue, name: &str) -> Vec<Place> {
        let mut places = Vec::new();
        for _ in 0..AT_ONCE {
            places.push(queue.place(&model(name), &Caller::window()).await.unwrap());
        }
        places
    }

    /// Lets `count` runs of a caller wait, each noting its name when it begins.
    async fn wait(queue: &Queue, caller: &str, count: usize, begun: &Arc<Mutex<Vec<String>>>) {
        for _ in 0..count {
            let (queue, caller, begun) = (queue.clone(), caller.to_owned(), begun.clone());
            let before = queue.status().waiting;
            let seen = queue.clone();
            tokio::spawn(async move {
                let place = queue.place(&model("a"), &Caller::new(&caller)).await.unwrap();
                begun.lock().unwrap().push(caller);
                drop(place);
            });
            while seen.status().waiting == before {
                tokio::task::yield_now().await;
            }
        }
    }

    #[tokio::test]
    async fn a_caller_with_many_runs_holds_nobody_up() {
        let queue = queue();
        let mut places = fill(&queue, "a").await;
        let begun = Arc::new(Mutex::new(Vec::new()));
        wait(&queue, "batch", 20, &begun).await;
        wait(&queue, "window", 2, &begun).await;
        // One place only, so that the order is seen.
        let last = places.pop().unwrap();
        drop(last);
        while begun.lock().unwrap().len() < 22 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let begun = begun.lock().unwrap();
        let of_window: Vec<usize> = begun
            .iter()
            .enumerate()
            .filter(|(_, name)| *name == "window")
            .map(|(at, _)| at)
            .collect();
        assert!(of_window[0] <= 2 && of_window[1] <= 4, "{begun:?}");
    }

    #[tokio::test]
    async fn beyond_the_bound_a_run_is_refused_and_leaving_makes_room() {
        let queue = queue();
        let _places = fill(&queue, "a").await;
        let wait = |queue: Queue| async move {
            queue.place(&model("a"), &Caller::window()).await.map(drop)
        };
        let waiting: Vec<_> = (0..BOUND).map(|_| tokio::spawn(wait(queue.clone()))).collect();
        while queue.status().waiting < BOUND {
            tokio::task::yield_now().await;
        }
        let refused = queue.place(&model("a"), &Caller::window()).await.err().unwrap();
        assert_eq!(refused.code, Code::Busy);
        assert!(queue.status().waiting_since.is_some());
        waiting[0].abort();
        while queue.status().waiting == BOUND {
            tokio::task::yield_now().await;
        }
        assert_eq!(queue.waiting_for(&model("a")), BOUND - 1);
        queue.close();
        for left in waiting.into_iter().skip(1) {
            assert_eq!(left.await.unwrap().err().unwrap().code, Code::Cancelled);
        }
        assert_eq!(queue.status().waiting, 0);
    }

    #[tokio::test]
    async fn a_rest_waits_for_what_runs_and_lets_nothing_begin() {
        let queue = queue();
        let place = queue.place(&model("a"), &Caller::window()).await.unwrap();
        let resting = tokio::spawn({
            let queue = queue.clone();
            async move { queue.rest().await }
        });
        while queue.lock().rests == 0 {
            tokio::task::yield_now().await;
        }
        let begun = Arc::new(Mutex::new(Vec::new()));
        wait(&queue, "window", 1, &begun).await;
        assert!(!resting.is_finished());
        drop(place);
        let rest = resting.await.unwrap();
        assert_eq!((queue.status().waiting, begun.lock().unwrap().len()), (1, 0));
        drop(rest);
        while begun.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_model_elsewhere_answers_several_at_once_and_no_more() {
        let queue = queue();
        let (model, window) = (model("remote:a"), Caller::window());
        let mut places = Vec::new();
        for _ in 0..4 {
            places.push(queue.place_of(&model, &window, 4).await.unwrap());
        }
        let fifth = queue.place_of(&model, &window, 4);
        tokio::pin!(fifth);
        assert!(tokio::time::timeout(Duration::from_millis(20), &mut fifth).await.is_err());
        places.pop();
        fifth.await.unwrap();
    }

    #[tokio::test]
    async fn another_model_has_places_of_its_own_and_a_held_one_has_none() {
        let queue = queue();
        let _places = fill(&queue, "a").await;
        let other = queue.place(&model("b"), &Caller::window()).await.unwrap();
        drop(other);
        let held = queue.hold(&model("b"));
        let waits = queue.clone();
        let waits =
            tokio::spawn(
                async move { waits.place(&model("b"), &Caller::window()).await.map(drop) },
            );
        while queue.waiting_for(&model("b")) == 0 {
            tokio::task::yield_now().await;
        }
        drop(held);
        waits.await.unwrap().unwrap();
    }
}
