//! The pool, with connections that can be counted and broken.
#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use nopenai_hana::{Class, Connect, DatabaseError, Limits, Pool, Result};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

#[derive(Default)]
struct Counts {
    opened: AtomicUsize,
    closed: AtomicUsize,
    refuses: AtomicBool,
    dead: AtomicBool,
}

struct Counted(Arc<Counts>);

struct Connection(Arc<Counts>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.closed.fetch_add(1, SeqCst);
    }
}

impl Connect for Counted {
    type Connection = Connection;

    fn connect(&self) -> Result<Connection> {
        self.0.opened.fetch_add(1, SeqCst);
        if self.0.refuses.load(SeqCst) {
            return Err(DatabaseError::new(Class::PasswordWrong, "no"));
        }
        Ok(Connection(self.0.clone()))
    }

    fn is_alive(&self, _: &mut Connection) -> bool {
        !self.0.dead.load(SeqCst)
    }
}

fn pool(limits: Limits) -> (Pool<Counted>, Arc<Counts>) {
    let counts = Arc::new(Counts::default());
    (Pool::new(Counted(counts.clone()), limits), counts)
}

fn open(counts: &Counts) -> usize {
    counts.opened.load(SeqCst) - counts.closed.load(SeqCst)
}

#[test]
fn five_to_ten_are_open_and_the_eleventh_caller_waits() {
    let (pool, counts) = pool(Limits { wait: Duration::from_millis(30), ..Limits::default() });
    pool.maintain().unwrap();
    assert_eq!(open(&counts), 5);
    let mut held: Vec<_> = (0..10).map(|_| pool.get().unwrap()).collect();
    let status = pool.status();
    assert_eq!((status.active, status.idle, status.total, status.waiting), (10, 0, 10, 0));
    assert_eq!(pool.get().err().unwrap().class, Class::Busy);

    let waiter = thread::spawn({
        let pool = pool.clone();
        move || {
            let patient = pool.get();
            patient.map(|_| ()).map_err(|error| error.class)
        }
    });
    held.pop();
    assert_eq!(waiter.join().unwrap(), Ok(()));
    drop(held);
    assert_eq!(counts.opened.load(SeqCst), 10, "each was used again");
    let status = pool.status();
    assert_eq!((status.active, status.idle), (0, 10));
}

#[test]
fn waiting_is_measured() {
    let (pool, _) = pool(Limits { most: 1, ..Limits::default() });
    let held = pool.get().unwrap();
    let waiter = thread::spawn({
        let pool = pool.clone();
        move || drop(pool.get().unwrap())
    });
    while pool.status().waiting == 0 {
        thread::yield_now();
    }
    thread::sleep(Duration::from_millis(20));
    drop(held);
    waiter.join().unwrap();
    assert!(pool.status().wait_p95_ms >= 20.0);
    assert_eq!(pool.status().waiting, 0);
}

#[test]
fn old_unused_and_broken_ones_are_closed() {
    let none = Duration::ZERO;
    let (pool, counts) = pool(Limits { least: 2, idle: none, ..Limits::default() });
    drop((0..4).map(|_| pool.get().unwrap()).collect::<Vec<_>>());
    assert_eq!(open(&counts), 4);
    pool.maintain().unwrap();
    assert_eq!(open(&counts), 2, "those beyond the least");

    pool.get().unwrap().discard();
    assert_eq!(open(&counts), 1);
    pool.maintain().unwrap();
    assert_eq!(open(&counts), 2, "up to the least");
}

#[test]
fn one_that_died_is_replaced_before_it_is_used() {
    let (pool, counts) = pool(Limits { check_after: Duration::ZERO, ..Limits::default() });
    drop(pool.get().unwrap());
    counts.dead.store(true, SeqCst);
    drop(pool.get().unwrap());
    assert_eq!((counts.opened.load(SeqCst), open(&counts)), (2, 1));

    let (pool, counts) = self::pool(Limits { lifetime: Duration::ZERO, ..Limits::default() });
    drop(pool.get().unwrap());
    drop(pool.get().unwrap());
    assert_eq!((counts.opened.load(SeqCst), open(&counts)), (2, 1), "one too old, too");
}

#[test]
fn a_refused_password_is_not_tried_again() {
    let (pool, counts) = pool(Limits::default());
    counts.refuses.store(true, SeqCst);
    assert_eq!(pool.get().err().unwrap().class, Class::PasswordWrong);
    assert_eq!(counts.opened.load(SeqCst), 1);
    assert_eq!(pool.maintain().unwrap_err().class, Class::PasswordWrong);
    assert_eq!(counts.opened.load(SeqCst), 2, "once, not for each of the five");
    assert_eq!(pool.status().total, 0);
}

#[test]
fn after_a_change_of_the_password_no_connection_is_the_old_ones() {
    let (pool, counts) = pool(Limits::default());
    let (first, second) = (pool.get().unwrap(), pool.get().unwrap());
    drop(first);
    pool.clear();
    drop(second);
    assert_eq!(open(&counts), 0);
    drop(pool.get().unwrap());
    assert_eq!(counts.opened.load(SeqCst), 3);
}
