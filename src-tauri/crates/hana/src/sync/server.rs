//! What the sync needs of a server: implemented by ODBC ([`super::Remote`]), and
//! by a model of it in the tests.

use super::batch::Part;
use crate::Result;
use nopenai_domain::{Timestamp, WorkstationId};
use nopenai_store::sync::{ServerRow, SyncedTable, Value, Version};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The server's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Which server it is.
    pub server: String,
    /// The epoch of its contents: another one means a full reconcile.
    pub epoch: String,
    /// The latest commit.
    pub number: i64,
    /// Deletions up to this commit are forgotten.
    pub horizon: i64,
}

/// Where rows are pulled from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Source {
    /// A synced table.
    Table(&'static SyncedTable),
    /// The deletions of all.
    Tombstones,
}

/// After which row a page begins: all in the order of (number, key).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// The commit's number.
    pub number: i64,
    /// The key's values; none: after all rows of the number.
    pub key: Option<Vec<serde_json::Value>>,
}

/// A team's database. Everything blocks.
pub trait Server: Send + Sync + 'static {
    /// The head, and what the commit of that number is known by.
    ///
    /// # Errors
    /// What the server says.
    fn head(&self, number: i64) -> Result<(Head, Option<String>)>;

    /// The longest parameter, bytes.
    fn longest_document(&self) -> usize;

    /// Begins a transaction that holds the head's lock.
    ///
    /// # Errors
    /// What the server says.
    fn begin(&self) -> Result<Box<dyn Transaction + '_>>;

    /// A page of rows after `place` and up to the commit `ceiling`, with the
    /// place of each, in their order.
    ///
    /// # Errors
    /// What the server says.
    fn page(&self, source: Source, place: &Place, ceiling: i64, limit: u32) -> Result<Page>;

    /// Whether the server's schema is the one this application knows.
    ///
    /// # Errors
    /// [`crate::Class::Newer`] or [`crate::Class::Missing`]; what the server says.
    fn is_ready(&self) -> Result<()>;

    /// Ends what other threads have it do now, each with
    /// [`crate::Class::Cancelled`].
    fn interrupt(&self);
}

/// Rows of a server, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The rows, each with its place.
    pub rows: Vec<(ServerRow, Place)>,
    /// Whether there are more.
    pub more: bool,
}

/// A transaction that holds the head's lock. Dropped, it is undone.
pub trait Transaction {
    /// The head, its number being this transaction's.
    fn head(&self) -> &Head;

    /// What a commit is known by.
    ///
    /// # Errors
    /// What the server says.
    fn token(&mut self, number: i64) -> Result<Option<String>>;

    /// The versions the server has of these keys, and whether as a deletion.
    ///
    /// # Errors
    /// What the server says.
    fn versions(
        &mut self,
        table: &'static SyncedTable,
        keys: &[&str],
    ) -> Result<HashMap<String, (Version, bool)>>;

    /// Writes those of a part's new rows of which the server has neither a row nor
    /// a deletion; gives whether these are all.
    ///
    /// # Errors
    /// What the server says.
    fn insert(&mut self, part: &Part) -> Result<bool>;

    /// A row, whole.
    ///
    /// # Errors
    /// What the server says.
    fn row(&mut self, table: &'static SyncedTable, key: &str) -> Result<Option<Vec<Value>>>;

    /// Writes rows, whole or as deletions, in place of what is there.
    ///
    /// # Errors
    /// What the server says.
    fn write(&mut self, rows: &[ServerRow]) -> Result<()>;

    /// Keeps it all, as the commit known by `token`.
    ///
    /// # Errors
    /// What the server says. Whether it was kept is then unknown when the
    /// connection is gone.
    fn commit(
        self: Box<Self>,
        token: &str,
        workstation: WorkstationId,
        at: Timestamp,
    ) -> Result<()>;
}
