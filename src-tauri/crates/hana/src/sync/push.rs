//! One commit: changes compared with what the server has, under its lock.

use super::{
    batch::{Batch, Part},
    decide::{Decision, decide, decide_outliving},
    server::{Server, Transaction},
};
use crate::{Class, DatabaseError, Result};
use nopenai_domain::{Timestamp, WorkstationId};
use nopenai_store::sync::{
    Change, ServerRow, Settled, SyncState, SyncedTable, Value, Version, table,
};
use serde_json::{Map, Value as Json};
use std::collections::HashMap;

/// What a commit did.
#[derive(Debug, Clone, PartialEq)]
pub struct Pushed {
    /// Its number.
    pub number: i64,
    /// What became of each change.
    pub settled: Vec<Settled>,
    /// How many conflicts it found.
    pub conflicts: u64,
}

/// Who commits, when, and on top of what.
pub struct Commit<'a> {
    /// This workstation.
    pub workstation: WorkstationId,
    /// Now.
    pub at: Timestamp,
    /// What the commit is to be known by.
    pub token: &'a str,
    /// A version for the conflicts that are recorded.
    pub version: Version,
    /// What this workstation remembers of the server.
    pub believed: &'a SyncState,
}

/// Commits changes. `None`: the server is not the one it was, and nothing was
/// written.
///
/// # Errors
/// What the server says; everything is safe to repeat.
pub fn push(server: &dyn Server, commit: &Commit<'_>, batch: &Batch) -> Result<Option<Pushed>> {
    let mut settled = batch.refused.clone();
    if batch.parts.is_empty() {
        return Ok(Some(Pushed { number: 0, settled, conflicts: 0 }));
    }
    let mut transaction = server.begin()?;
    if !is_believed(&mut *transaction, commit)? {
        return Ok(None);
    }
    let number = transaction.head().number;
    let mut written = Vec::new();
    let mut losers = Vec::new();
    for part in &batch.parts {
        let Part { table, new, known, .. } = part;
        let mut compared: Vec<&Change> = known.iter().collect();
        // Nearly all are new. Where one was there after all, those that were inserted
        // are found to be the same.
        if !new.is_empty() && transaction.insert(part)? {
            settled.extend(new.iter().map(accepted));
        } else {
            compared.extend(new);
        }
        compare(
            &mut *transaction,
            table,
            &compared,
            commit,
            &mut written,
            &mut losers,
            &mut settled,
        )?;
    }
    let conflicts = losers.len() as u64;
    written.extend(unknown(&mut *transaction, losers)?);
    transaction.write(&written)?;
    transaction.commit(commit.token, commit.workstation, commit.at)?;
    Ok(Some(Pushed { number, settled, conflicts }))
}

fn is_believed(transaction: &mut dyn Transaction, commit: &Commit<'_>) -> Result<bool> {
    let state = commit.believed;
    let head = transaction.head();
    let is_same = state.server.as_ref() == Some(&head.server)
        && state.epoch.as_ref() == Some(&head.epoch)
        && head.horizon <= state.number;
    if !is_same {
        return Ok(false);
    }
    for (number, token) in known_commits(state) {
        if transaction.token(number)?.as_ref() != token {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The commits that the server must have: number, and what each is known by.
pub fn known_commits(state: &SyncState) -> Vec<(i64, Option<&String>)> {
    let mut known = Vec::new();
    if state.number > 0 {
        known.push((state.number, state.token.as_ref()));
    }
    if state.pushed > state.number {
        known.push((state.pushed, state.pushed_token.as_ref()));
    }
    known
}

fn accepted(change: &Change) -> Settled {
    let Change { table, key, version, .. } = change;
    Settled::Accepted { table, key: key.clone(), version: *version }
}

fn compare(
    transaction: &mut dyn Transaction,
    table: &'static SyncedTable,
    changes: &[&Change],
    commit: &Commit<'_>,
    written: &mut Vec<ServerRow>,
    losers: &mut Vec<ServerRow>,
    settled: &mut Vec<Settled>,
) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let keys: Vec<&str> = changes.iter().map(|change| change.key.as_str()).collect();
    let theirs = transaction.versions(table, &keys)?;
    for change in changes {
        let found = theirs.get(&change.key).copied();
        let decision = if table.outlives_deletion {
            decide_outliving((change.version, change.row.is_none()), change.base, found)
        } else {
            decide(change.version, change.base, found.map(|(version, _)| version))
        };
        let version = change.version;
        let mine =
            || ServerRow { table, key: change.key.clone(), version, row: change.row.clone() };
        let mut theirs = || their_row(transaction, table, &change.key, found);
        match (decision, found) {
            (Decision::Same, _) => settled.push(accepted(change)),
            (Decision::Overrule, Some(_)) => {
                let (mine, theirs) = (mine(), theirs()?);
                losers.extend(loser(&theirs, &mine, commit));
                written.push(mine);
                settled.push(accepted(change));
            }
            (Decision::Yield, Some(_)) => {
                let winner = theirs()?;
                losers.extend(loser(&mine(), &winner, commit));
                settled.push(Settled::Lost { version, winner });
            }
            (Decision::Write | Decision::Overrule | Decision::Yield, _) => {
                written.push(mine());
                settled.push(accepted(change));
            }
        }
    }
    Ok(())
}

fn their_row(
    transaction: &mut dyn Transaction,
    table: &'static SyncedTable,
    key: &str,
    found: Option<(Version, bool)>,
) -> Result<ServerRow> {
    let missing =
        || DatabaseError::new(Class::Other, "The server lost a row within a transaction.");
    let (version, deleted) = found.ok_or_else(missing)?;
    let row = if deleted { None } else { Some(transaction.row(table, key)?.ok_or_else(missing)?) };
    Ok(ServerRow { table, key: key.to_owned(), version, row })
}

/// The version that did not prevail, as a row of SYNC_CONFLICTS; none when both
/// say the same, and of those themselves.
fn loser(lost: &ServerRow, winner: &ServerRow, commit: &Commit<'_>) -> Option<ServerRow> {
    let conflicts = table("sync_conflict")?;
    if lost.row == winner.row || lost.table == conflicts {
        return None;
    }
    let member = |(column, value): (&nopenai_store::sync::Column, &Value)| {
        (column.name.to_owned(), value.to_json().unwrap_or(Json::Null))
    };
    let object = |values: &Vec<Value>| -> Map<String, Json> {
        lost.table.columns.iter().zip(values).map(member).collect()
    };
    let row = lost.row.as_ref().map(|values| Json::Object(object(values)).to_string());
    let values = vec![
        Value::Text(lost.table.local.to_owned()),
        Value::Text(lost.key.clone()),
        Value::Integer(lost.version.clock),
        Value::Text(lost.version.workstation.to_string()),
        Value::Integer(winner.version.clock),
        Value::Text(winner.version.workstation.to_string()),
        Value::Integer(commit.at.0),
        Value::Integer(0),
        row.map_or(Value::Null, Value::Text),
    ];
    let key = conflicts.key(&values);
    Some(ServerRow { table: conflicts, key, version: commit.version, row: Some(values) })
}

/// Conflicts that are not recorded yet: a repeated commit finds them again, and
/// somebody may have resolved them since.
fn unknown(transaction: &mut dyn Transaction, losers: Vec<ServerRow>) -> Result<Vec<ServerRow>> {
    let Some(first) = losers.first() else { return Ok(losers) };
    let table = first.table;
    let keys: Vec<&str> = losers.iter().map(|row| row.key.as_str()).collect();
    let known: HashMap<_, _> = transaction.versions(table, &keys)?;
    Ok(losers.into_iter().filter(|row| !known.contains_key(&row.key)).collect())
}
