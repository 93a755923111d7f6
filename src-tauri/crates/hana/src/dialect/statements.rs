//! Every statement of the sync, put together from the registration.

use super::{Dialect, JsonColumn, JsonRows, Source, TableShape, key_names, same};
use nopenai_store::sync::{ColumnType, SyncedTable};

/// The longest change-log key at the server.
pub const ROW_KEY: ColumnType = ColumnType::Text(2500);
/// Names of tables, tokens, workstations.
pub const WORD: ColumnType = ColumnType::Text(64);

const SYNC_NUMBER: &str = "sync_number";

/// The columns every synced table has besides, at the server.
pub const SYNC_COLUMNS: [(&str, ColumnType); 3] = [
    (SYNC_NUMBER, ColumnType::Integer),
    ("sync_clock", ColumnType::Integer),
    ("sync_workstation", WORD),
];

/// The member of a row's change-log key in the document of [`Statements::insert`].
pub const CHANGE_KEY: &str = "change_key";

const TOMBSTONE_KEY: [&str; 2] = ["table_name", "row_key"];

const BURIED: [&str; 5] =
    ["table_name", "row_key", "sync_number", "sync_clock", "sync_workstation"];

/// The members of a row in the document of [`Statements::insert`], but for its key
/// in the change log where that is none of them.
pub fn inserted_columns(table: &SyncedTable) -> Vec<JsonColumn> {
    let own = table.columns.iter().map(|column| (column.name, column.kind));
    let version = SYNC_COLUMNS.into_iter().filter(|(name, _)| *name != SYNC_NUMBER);
    own.chain(version).map(|(name, kind)| (name.to_owned(), kind)).collect()
}

/// A statement and what its result's columns are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The text; parameters are `?`.
    pub sql: String,
    /// The result's columns; none for a statement without one.
    pub columns: Vec<ColumnType>,
}

impl Statement {
    fn new(sql: String, columns: &[ColumnType]) -> Self {
        Self { sql, columns: columns.to_vec() }
    }
}

/// The statements for the tables of one schema.
pub struct Statements {
    dialect: &'static dyn Dialect,
    schema: String,
}

impl Statements {
    /// Those for the tables of `schema`.
    pub fn new(dialect: &'static dyn Dialect, schema: &str) -> Self {
        Self { dialect, schema: schema.to_owned() }
    }

    /// The language they are in.
    pub fn dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }

    /// A table of ours, with its schema.
    pub fn table(&self, name: &str) -> String {
        format!("{}.{}", self.dialect.exact(&self.schema), self.dialect.name(name))
    }

    fn name(&self, name: &str) -> String {
        self.dialect.name(name)
    }

    fn names(&self, names: &[&str], of: &str) -> Vec<String> {
        names.iter().map(|name| format!("{of}{}", self.name(name))).collect()
    }

    /// Takes the next number and, until the transaction ends, the right to write.
    pub fn lock_head(&self) -> Statement {
        let (head, number) = (self.table("SYNC_HEAD"), self.name("last_number"));
        let id = self.name("id");
        Statement::new(format!("UPDATE {head} SET {number} = {number} + 1 WHERE {id} = 1"), &[])
    }

    /// The server's identity, its epoch, the latest number, and up to which one
    /// deletions were forgotten.
    pub fn read_head(&self) -> Statement {
        let columns = self.names(&["server_id", "epoch", "last_number", "horizon"], "");
        Statement::new(
            format!(
                "SELECT {} FROM {} WHERE {} = 1",
                columns.join(", "),
                self.table("SYNC_HEAD"),
                self.name("id")
            ),
            &[WORD, WORD, ColumnType::Integer, ColumnType::Integer],
        )
    }

    /// The first row of the head: server, epoch.
    pub fn create_head(&self) -> Statement {
        let head = self.table("SYNC_HEAD");
        let columns = self.names(&["id", "last_number", "server_id", "epoch", "horizon"], "");
        Statement::new(
            format!("INSERT INTO {head} ({}) VALUES (1, 0, ?, ?, 0)", columns.join(", ")),
            &[],
        )
    }

    /// What a commit is known by, by its number.
    pub fn commit_token(&self) -> Statement {
        Statement::new(
            format!(
                "SELECT {} FROM {} WHERE {} = ?",
                self.name("token"),
                self.table("SYNC_COMMITS"),
                self.name("commit_number")
            ),
            &[WORD],
        )
    }

    /// Records a commit: number, token, workstation, moment.
    pub fn record_commit(&self) -> Statement {
        let columns = self.names(&["commit_number", "token", "workstation", "at"], "");
        Statement::new(
            format!(
                "INSERT INTO {} ({}) VALUES (?, ?, ?, ?)",
                self.table("SYNC_COMMITS"),
                columns.join(", ")
            ),
            &[],
        )
    }

    /// The latest commit before a moment.
    pub fn last_commit_before(&self) -> Statement {
        Statement::new(
            format!(
                "SELECT MAX({}) FROM {} WHERE {} < ?",
                self.name("commit_number"),
                self.table("SYNC_COMMITS"),
                self.name("at")
            ),
            &[ColumnType::Integer],
        )
    }

    /// Forgets deletions up to a number: two statements, under the head's lock.
    /// Commits are never forgotten: a restored server is known by them.
    pub fn forget(&self) -> [Statement; 2] {
        let (tombstones, number) = (self.table("SYNC_TOMBSTONES"), self.name("sync_number"));
        let horizon = format!(
            "UPDATE {} SET {} = ? WHERE {} = 1",
            self.table("SYNC_HEAD"),
            self.name("horizon"),
            self.name("id")
        );
        [
            Statement::new(format!("DELETE FROM {tombstones} WHERE {number} <= ?"), &[]),
            Statement::new(horizon, &[]),
        ]
    }

    fn key_source(&self, table: &SyncedTable) -> JsonRows {
        let mut columns = vec![("n".to_owned(), ColumnType::Integer)];
        columns.extend(table.key_columns().iter().map(|c| (c.name.to_owned(), c.kind)));
        self.dialect.rows_of_json(&columns)
    }

    fn tombstone_source(&self) -> JsonRows {
        let columns = [
            ("n", ColumnType::Integer),
            ("table_name", WORD),
            ("row_key", ROW_KEY),
            ("sync_clock", ColumnType::Integer),
            ("sync_workstation", WORD),
        ];
        let columns: Vec<_> = columns.iter().map(|(n, kind)| ((*n).to_owned(), *kind)).collect();
        self.dialect.rows_of_json(&columns)
    }

    /// Which of a JSON parameter's keys are there: n, clock, workstation.
    pub fn versions(&self, table: &SyncedTable) -> Statement {
        self.joined(self.key_source(table), table.remote, &key_names(table))
    }

    /// Which of a JSON parameter's keys were deleted: n, clock, workstation.
    pub fn tombstones(&self) -> Statement {
        self.joined(self.tombstone_source(), "SYNC_TOMBSTONES", &TOMBSTONE_KEY)
    }

    fn joined(&self, rows: JsonRows, table: &str, key: &[&str]) -> Statement {
        let sql = format!(
            "{}SELECT R.{}, T.{}, T.{} FROM {} INNER JOIN {} AS T ON {}",
            rows.with,
            self.name("n"),
            self.name("sync_clock"),
            self.name("sync_workstation"),
            rows.from,
            self.table(table),
            same(&self.names(key, ""))
        );
        Statement::new(sql, &[ColumnType::Integer, ColumnType::Integer, WORD])
    }

    /// The version the server has of one row, by its key: clock, workstation.
    pub fn version(&self, table: &SyncedTable) -> Statement {
        self.version_in(table.remote, &key_names(table))
    }

    /// The version of a deletion, by table and key: clock, workstation.
    pub fn tombstone(&self) -> Statement {
        self.version_in("SYNC_TOMBSTONES", &TOMBSTONE_KEY)
    }

    fn version_in(&self, table: &str, key: &[&str]) -> Statement {
        let names = self.names(&["sync_clock", "sync_workstation"], "").join(", ");
        let sql = format!("SELECT {names} FROM {} WHERE {}", self.table(table), self.with_key(key));
        Statement::new(sql, &[ColumnType::Integer, WORD])
    }

    fn with_key(&self, key: &[&str]) -> String {
        let parts: Vec<String> =
            key.iter().map(|name| format!("{} = ?", self.name(name))).collect();
        parts.join(" AND ")
    }

    /// How many rows a commit has written to a table, by its number.
    pub fn written(&self, table: &str) -> Statement {
        let number = self.name("sync_number");
        let sql = format!("SELECT COUNT(*) FROM {} WHERE {number} = ?", self.table(table));
        Statement::new(sql, &[ColumnType::Integer])
    }

    fn columns_of(table: &SyncedTable) -> Vec<ColumnType> {
        table.columns.iter().map(|column| column.kind).collect()
    }

    /// One row, by its key.
    pub fn row(&self, table: &SyncedTable) -> Statement {
        let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        Statement::new(
            format!(
                "SELECT {} FROM {} WHERE {}",
                self.names(&names, "").join(", "),
                self.table(table.remote),
                self.with_key(&key_names(table))
            ),
            &Self::columns_of(table),
        )
    }

    fn written_columns(&self, table: &SyncedTable) -> Vec<&'static str> {
        let key = key_names(table);
        let sync = SYNC_COLUMNS.iter().map(|(name, _)| *name);
        let others = table.other_columns().iter().map(|column| column.name);
        key.into_iter().chain(sync).chain(others).collect()
    }

    fn all_of(&self, names: &[&str], columns: &[JsonColumn]) -> String {
        let rows = self.dialect.rows_of_json(columns);
        let names = self.names(names, "R.").join(", ");
        format!("{}SELECT {names} FROM {}", rows.with, rows.from)
    }

    /// Writes those rows of a JSON parameter of which neither a row nor a deletion is
    /// there, with the number that the head has.
    pub fn insert(&self, table: &SyncedTable) -> Statement {
        let names = self.written_columns(table);
        let number = self.name(SYNC_NUMBER);
        let value = |name: &String| {
            let head = || format!("H.{}", self.name("last_number"));
            if *name == number { head() } else { format!("R.{name}") }
        };
        let (there, key) = (self.table(table.remote), key_names(table));
        let mut members = inserted_columns(table);
        let mut change_key = key[0];
        if !table.is_text_key() {
            change_key = CHANGE_KEY;
            members.push((CHANGE_KEY.to_owned(), ROW_KEY));
        }
        let rows = self.dialect.rows_of_json(&members);
        let absent = self.dialect.absent(&there, &self.names(&key, ""));
        let columns = self.names(&names, "");
        let sql = format!(
            "INSERT INTO {there} ({}) {}SELECT {} FROM {} \
             INNER JOIN {} AS H ON H.{} = 1{} \
             LEFT JOIN {} AS D ON D.{} = '{}' AND D.{row_key} = R.{} \
             WHERE D.{row_key} IS NULL{}",
            columns.join(", "),
            rows.with,
            columns.iter().map(value).collect::<Vec<_>>().join(", "),
            rows.from,
            self.table("SYNC_HEAD"),
            self.name("id"),
            absent.join,
            self.table("SYNC_TOMBSTONES"),
            self.name("table_name"),
            table.local,
            self.name(change_key),
            absent.end,
            row_key = self.name("row_key"),
        );
        Statement::new(sql, &[])
    }

    /// Writes rows of a JSON parameter; the number of the commit is a column of it.
    pub fn write(&self, table: &SyncedTable) -> Statement {
        let names = self.written_columns(table);
        let mut columns = inserted_columns(table);
        columns.push((SYNC_NUMBER.to_owned(), ColumnType::Integer));
        let query = self.all_of(&names, &columns);
        let sql = self.dialect.upsert(
            &self.table(table.remote),
            &self.names(&names, ""),
            table.key,
            &Source::Select(query),
        );
        Statement::new(sql, &[])
    }

    /// Writes one row of parameters: key, number, clock, workstation, the others.
    pub fn write_one(&self, table: &SyncedTable) -> Statement {
        let names = self.names(&self.written_columns(table), "");
        let name = self.table(table.remote);
        Statement::new(self.dialect.upsert(&name, &names, table.key, &Source::Parameters), &[])
    }

    /// Removes the rows of a JSON parameter's keys.
    pub fn erase(&self, table: &SyncedTable) -> Statement {
        self.without(table.remote, &key_names(table), self.key_source(table))
    }

    fn without(&self, table: &str, key: &[&str], rows: JsonRows) -> Statement {
        let sql = format!(
            "DELETE FROM {} WHERE ({}) IN (SELECT {} FROM {})",
            self.table(table),
            self.names(key, "").join(", "),
            self.names(key, "R.").join(", "),
            rows.inner
        );
        Statement::new(sql, &[])
    }

    /// Removes one row, by its key.
    pub fn erase_one(&self, table: &SyncedTable) -> Statement {
        self.without_one(table.remote, &key_names(table))
    }

    fn without_one(&self, table: &str, key: &[&str]) -> Statement {
        let sql = format!("DELETE FROM {} WHERE {}", self.table(table), self.with_key(key));
        Statement::new(sql, &[])
    }

    /// Records deletions of a JSON parameter.
    pub fn bury(&self) -> Statement {
        let names = BURIED;
        let mut columns: Vec<_> = vec![("sync_number".to_owned(), ColumnType::Integer)];
        columns.extend([
            ("table_name".to_owned(), WORD),
            ("row_key".to_owned(), ROW_KEY),
            ("sync_clock".to_owned(), ColumnType::Integer),
            ("sync_workstation".to_owned(), WORD),
        ]);
        let query = self.all_of(&names, &columns);
        let table = self.table("SYNC_TOMBSTONES");
        Statement::new(
            self.dialect.upsert(&table, &self.names(&names, ""), 2, &Source::Select(query)),
            &[],
        )
    }

    /// Records one deletion: table, key, number, clock, workstation.
    pub fn bury_one(&self) -> Statement {
        let (table, names) = (self.table("SYNC_TOMBSTONES"), self.names(&BURIED, ""));
        Statement::new(self.dialect.upsert(&table, &names, 2, &Source::Parameters), &[])
    }

    /// Forgets the deletions of rows that are there again.
    pub fn exhume(&self) -> Statement {
        self.without("SYNC_TOMBSTONES", &TOMBSTONE_KEY, self.tombstone_source())
    }

    /// Forgets one deletion, by table and key.
    pub fn exhume_one(&self) -> Statement {
        self.without_one("SYNC_TOMBSTONES", &TOMBSTONE_KEY)
    }

    /// A page of a table, in the order of (number, key): after a place when
    /// `continued`, up to a number. Parameters: see `sync::remote`.
    pub fn page(&self, table: &SyncedTable, continued: bool, limit: u32) -> Statement {
        let names: Vec<&str> = SYNC_COLUMNS
            .iter()
            .map(|(name, _)| *name)
            .chain(table.columns.iter().map(|column| column.name))
            .collect();
        let types: Vec<ColumnType> = SYNC_COLUMNS
            .iter()
            .map(|(_, kind)| *kind)
            .chain(table.columns.iter().map(|column| column.kind))
            .collect();
        let sql = self.paged(table.remote, &names, &key_names(table), continued, limit);
        Statement::new(sql, &types)
    }

    /// A page of the deletions, likewise.
    pub fn tombstone_page(&self, continued: bool, limit: u32) -> Statement {
        let key = TOMBSTONE_KEY;
        let names = ["sync_number", "sync_clock", "sync_workstation", "table_name", "row_key"];
        let sql = self.paged("SYNC_TOMBSTONES", &names, &key, continued, limit);
        let integer = ColumnType::Integer;
        Statement::new(sql, &[integer, integer, WORD, WORD, ROW_KEY])
    }

    fn paged(
        &self,
        table: &str,
        names: &[&str],
        key: &[&str],
        continued: bool,
        limit: u32,
    ) -> String {
        let number = self.name("sync_number");
        let place = if continued {
            format!("{number} >= ? AND ({number} > ? OR {})", self.after(key))
        } else {
            format!("{number} > ?")
        };
        format!(
            "SELECT {} FROM {} WHERE {place} AND {number} <= ? ORDER BY {number}, {} LIMIT {limit}",
            self.names(names, "").join(", "),
            self.table(table),
            self.names(key, "").join(", "),
        )
    }

    /// `(a, b, c) > (?, ?, ?)` without comparing rows, which SAP HANA can't.
    fn after(&self, key: &[&str]) -> String {
        let (first, rest) = key.split_first().expect("a key has a column");
        let first = self.name(first);
        if rest.is_empty() {
            return format!("{first} > ?");
        }
        format!("({first} > ? OR ({first} = ? AND {}))", self.after(rest))
    }

    /// How many rows a table has.
    pub fn count(&self, table: &SyncedTable) -> Statement {
        let sql = format!("SELECT COUNT(*) FROM {}", self.table(table.remote));
        Statement::new(sql, &[ColumnType::Integer])
    }

    /// Whether the head can be written: changes nothing.
    pub fn try_head(&self) -> Statement {
        let (head, number) = (self.table("SYNC_HEAD"), self.name("last_number"));
        let id = self.name("id");
        Statement::new(format!("UPDATE {head} SET {number} = {number} WHERE {id} = 1"), &[])
    }

    /// The latest version of the schema.
    pub fn schema_version(&self) -> Statement {
        let sql =
            format!("SELECT MAX({}) FROM {}", self.name("version"), self.table("SCHEMA_VERSION"));
        Statement::new(sql, &[ColumnType::Integer])
    }

    /// Records a version of the schema: version, moment, application.
    pub fn record_version(&self) -> Statement {
        let columns = self.names(&["version", "at", "application"], "");
        let table = self.table("SCHEMA_VERSION");
        Statement::new(
            format!("INSERT INTO {table} ({}) VALUES (?, ?, ?)", columns.join(", ")),
            &[],
        )
    }

    /// Creates one of the sync's own tables, or a synced one.
    pub fn create(
        &self,
        name: &str,
        columns: &[(&str, ColumnType, bool)],
        key: usize,
        partitions: u8,
    ) -> String {
        let columns = columns
            .iter()
            .map(|(name, kind, nullable)| {
                (self.name(name), self.dialect.column_type(*kind), *nullable)
            })
            .collect();
        let shape = TableShape { name: self.table(name), columns, key, partitions };
        self.dialect.create_table(&shape)
    }

    /// Creates an index of a table.
    pub fn index(&self, table: &str, columns: &[&str]) -> String {
        let name = self.table(&format!("{table}_BY_{}", columns.join("_")));
        self.dialect.create_index(&name, &self.table(table), &self.names(columns, ""))
    }

    /// Comments a table.
    pub fn comment(&self, table: &str, text: &str) -> String {
        self.dialect.comment(&self.table(table), text)
    }
}
