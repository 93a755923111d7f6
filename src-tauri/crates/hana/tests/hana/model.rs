//! A model of a server, whose faults come when they are asked for.

use nopenai_domain::{Timestamp, WorkstationId};
use nopenai_hana::{
    Class, DatabaseError, Result,
    sync::{Head, Page, Part, Place, Server, Source, Transaction},
};
use nopenai_store::sync::{ServerRow, SyncedTable, Value, Version, table};
use serde_json::Value as Json;
use std::{
    collections::{BTreeMap, HashMap, btree_map::Entry},
    sync::{Mutex, MutexGuard},
};
use uuid::Uuid;

/// When the connection is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Before anything is kept.
    BeforeCommit,
    /// When everything is kept, but nobody is told.
    AfterCommit,
    /// At a page.
    AtPage,
}

#[derive(Clone)]
struct Stored {
    number: i64,
    version: Version,
    row: Option<Vec<Value>>,
}

#[derive(Clone)]
pub struct State {
    head: Head,
    rows: BTreeMap<(&'static str, String), Stored>,
    commits: BTreeMap<i64, String>,
}

/// The server.
pub struct Model {
    state: Mutex<State>,
    /// The fault to come, after so many chances for it.
    fault: Mutex<Option<(Fault, u32)>>,
}

fn lost() -> DatabaseError {
    // Not repeated by the engine itself: the next cycle is to find what is left.
    DatabaseError::new(Class::Other, "the connection was lost")
}

impl Model {
    pub fn new() -> Self {
        let id = || Uuid::now_v7().to_string();
        let head = Head { server: id(), epoch: id(), number: 0, horizon: 0 };
        let state = State { head, rows: BTreeMap::new(), commits: BTreeMap::new() };
        Self { state: Mutex::new(state), fault: Mutex::new(None) }
    }

    pub fn will(&self, fault: Option<(Fault, u32)>) {
        *self.fault.lock().unwrap() = fault;
    }

    fn chance(&self, fault: Fault) -> Result<()> {
        let mut coming = self.fault.lock().unwrap();
        match coming.as_mut() {
            Some((kind, 0)) if *kind == fault => {
                *coming = None;
                Err(lost())
            }
            Some((kind, after)) if *kind == fault => {
                *after -= 1;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A copy, as a backup is.
    pub fn copy(&self) -> State {
        self.state.lock().unwrap().clone()
    }

    /// The server as it was.
    pub fn restore(&self, state: State) {
        *self.state.lock().unwrap() = state;
    }

    /// Forgets all deletions.
    pub fn forget(&self) {
        let mut state = self.state.lock().unwrap();
        state.rows.retain(|_, stored| stored.row.is_some());
        state.head.horizon = state.head.number;
    }

    /// What a table has.
    pub fn contents(&self, table: &SyncedTable) -> Vec<(String, Vec<Value>)> {
        let state = self.state.lock().unwrap();
        let of_table = state.rows.iter().filter(|((name, _), _)| *name == table.local);
        of_table.filter_map(|((_, key), stored)| Some((key.clone(), stored.row.clone()?))).collect()
    }
}

impl Server for Model {
    fn head(&self, number: i64) -> Result<(Head, Option<String>)> {
        let state = self.state.lock().unwrap();
        Ok((state.head.clone(), state.commits.get(&number).cloned()))
    }

    fn longest_document(&self) -> usize {
        1024
    }

    fn begin(&self) -> Result<Box<dyn Transaction + '_>> {
        let state = self.state.lock().unwrap();
        let mut changed = state.clone();
        changed.head.number += 1;
        Ok(Box::new(Changing { model: self, state, changed }))
    }

    fn page(&self, source: Source, place: &Place, ceiling: i64, _: u32) -> Result<Page> {
        self.chance(Fault::AtPage)?;
        let state = self.state.lock().unwrap();
        let mut rows: Vec<(ServerRow, Place)> = Vec::new();
        for ((name, key), stored) in &state.rows {
            let is_of = match source {
                Source::Table(table) => table.local == *name && stored.row.is_some(),
                Source::Tombstones => stored.row.is_none(),
            };
            if !is_of || stored.number > ceiling {
                continue;
            }
            let key_json = vec![Json::from(*name), Json::from(key.as_str())];
            let at = Place { number: stored.number, key: Some(key_json) };
            let row = ServerRow {
                table: table(name).unwrap(),
                key: key.clone(),
                version: stored.version,
                row: stored.row.clone(),
            };
            rows.push((row, at));
        }
        let order = |place: &Place| (place.number, format!("{:?}", place.key));
        rows.sort_by_key(|(_, place)| order(place));
        rows.retain(|(_, at)| match &place.key {
            None => at.number > place.number,
            Some(_) => order(at) > order(place),
        });
        // Small pages, so that many things come between.
        let more = rows.len() > 3;
        rows.truncate(3);
        Ok(Page { rows, more })
    }

    fn is_ready(&self) -> Result<()> {
        Ok(())
    }

    /// Nothing takes it long.
    fn interrupt(&self) {}
}

struct Changing<'a> {
    model: &'a Model,
    state: MutexGuard<'a, State>,
    changed: State,
}

impl Transaction for Changing<'_> {
    fn head(&self) -> &Head {
        &self.changed.head
    }

    fn token(&mut self, number: i64) -> Result<Option<String>> {
        Ok(self.state.commits.get(&number).cloned())
    }

    fn versions(
        &mut self,
        table: &'static SyncedTable,
        keys: &[&str],
    ) -> Result<HashMap<String, (Version, bool)>> {
        let of = |key: &&str| {
            let stored = self.changed.rows.get(&(table.local, (*key).to_owned()))?;
            Some(((*key).to_owned(), (stored.version, stored.row.is_none())))
        };
        Ok(keys.iter().filter_map(of).collect())
    }

    fn insert(&mut self, part: &Part) -> Result<bool> {
        let number = self.changed.head.number;
        let mut all = true;
        for change in &part.new {
            let stored = Stored { number, version: change.version, row: change.row.clone() };
            match self.changed.rows.entry((part.table.local, change.key.clone())) {
                Entry::Vacant(place) => drop(place.insert(stored)),
                Entry::Occupied(_) => all = false,
            }
        }
        Ok(all)
    }

    fn row(&mut self, table: &'static SyncedTable, key: &str) -> Result<Option<Vec<Value>>> {
        let stored = self.changed.rows.get(&(table.local, key.to_owned()));
        Ok(stored.and_then(|stored| stored.row.clone()))
    }

    fn write(&mut self, rows: &[ServerRow]) -> Result<()> {
        for row in rows {
            let ServerRow { table, key, version, row } = row.clone();
            let stored = Stored { number: self.changed.head.number, version, row };
            self.changed.rows.insert((table.local, key), stored);
        }
        Ok(())
    }

    fn commit(mut self: Box<Self>, token: &str, _: WorkstationId, _: Timestamp) -> Result<()> {
        self.model.chance(Fault::BeforeCommit)?;
        self.changed.commits.insert(self.changed.head.number, token.to_owned());
        *self.state = self.changed.clone();
        self.model.chance(Fault::AfterCommit)
    }
}
