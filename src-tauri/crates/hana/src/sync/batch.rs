//! Changes, made ready for a server before its lock is taken.

use super::json::{self, Documents};
use crate::dialect::{CHANGE_KEY, inserted_columns};
use nopenai_store::sync::{Change, ChangePlace, Settled, SyncedTable, Value};

/// Changes that are committed together.
#[derive(Debug)]
pub struct Batch {
    /// By table.
    pub parts: Vec<Part>,
    /// What no server can take as it is.
    pub refused: Vec<Settled>,
    /// The place of the last change.
    pub end: ChangePlace,
    longest: usize,
}

/// Changes of one table.
#[derive(Debug)]
pub struct Part {
    /// The table.
    pub table: &'static SyncedTable,
    /// Rows that the server is not known to have had.
    pub new: Vec<Change>,
    /// Those, as the parameters of the statement that inserts rows; without those
    /// that are too long for one.
    pub documents: Vec<String>,
    /// All other changes.
    pub known: Vec<Change>,
}

impl Batch {
    /// Changes for a server whose parameters have at most `longest` bytes; none
    /// without a change.
    pub fn new(changes: Vec<Change>, longest: usize) -> Option<Self> {
        let end = changes.last()?.place();
        let (mut parts, mut refused): (Vec<Part>, _) = (Vec::new(), Vec::new());
        for change in changes {
            let Change { table, key, version, row, .. } = &change;
            if let Some(problem) = json::problem(table, key, row.as_deref()) {
                let (key, version) = (key.clone(), *version);
                refused.push(Settled::Refused { table, key, version, problem });
                continue;
            }
            let place = parts.iter().position(|part| part.table == *table).unwrap_or_else(|| {
                parts.push(Part { table, new: vec![], documents: vec![], known: vec![] });
                parts.len() - 1
            });
            let is_new = change.base.is_none() && row.is_some();
            let Part { new, known, .. } = &mut parts[place];
            if is_new { new.push(change) } else { known.push(change) }
        }
        for part in &mut parts {
            part.documents = documents(part.table, &part.new, longest);
        }
        Some(Self { parts, refused, end, longest })
    }

    /// The two halves of it, as batches; the change of one that has no other.
    ///
    /// # Errors
    /// That change.
    pub fn halves(&self) -> Result<[Option<Self>; 2], Change> {
        let changes = self.parts.iter().flat_map(|part| part.new.iter().chain(&part.known));
        let mut changes: Vec<Change> = changes.cloned().collect();
        let second = changes.split_off(changes.len() / 2);
        match (&changes[..], &second[..]) {
            ([], [only]) => Err(only.clone()),
            _ => Ok([changes, second].map(|half| Self::new(half, self.longest))),
        }
    }
}

fn documents(table: &SyncedTable, changes: &[Change], longest: usize) -> Vec<String> {
    let columns = inserted_columns(table);
    let mut documents = Documents::new(longest);
    for Change { key, version, row, .. } in changes {
        let stamp = [Value::Integer(version.clock), Value::Text(version.workstation.to_string())];
        let values = row.iter().flatten().chain(&stamp);
        let members = columns.iter().map(|(name, _)| name.as_str()).zip(values);
        let key = (!table.is_text_key()).then(|| Value::Text(key.clone()));
        documents.add(members.chain(key.iter().map(|key| (CHANGE_KEY, key))));
    }
    documents.finish()
}
