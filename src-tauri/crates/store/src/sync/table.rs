//! What is registered of a synced table: the one description that local reading
//! and writing, the change log's triggers, the servers' statements and the
//! comparison of the schemas are made from.

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// A text of at most so many UTF-16 units.
    Text(u16),
    /// A text without a bound.
    LongText,
    /// A whole number of 64 bits, signed; moments are µs since 1970, UTC.
    Integer,
    /// 0 or 1.
    Flag,
    /// A floating-point number of 64 bits, finite.
    Real,
}

/// A column of a synced table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name, small letters, the same everywhere.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnType,
    /// Whether it may be absent.
    pub nullable: bool,
}

impl Column {
    /// A column that is always there.
    pub const fn new(name: &'static str, kind: ColumnType) -> Self {
        Self { name, kind, nullable: false }
    }

    /// The same, but it may be absent.
    pub const fn or_null(self) -> Self {
        Self { nullable: true, ..self }
    }
}

/// How rows of a table come together again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Rows are written once, and only deleted.
    AppendOnly,
    /// Rows that several people edit.
    Shared,
}

/// A synced table.
#[derive(Debug, Clone, Copy)]
pub struct SyncedTable {
    /// Its name in the local database.
    pub local: &'static str,
    /// Its name at the server, capital letters.
    pub remote: &'static str,
    /// How its rows come together again.
    pub class: Class,
    /// What its rows are, one sentence.
    pub note: &'static str,
    /// Its synced columns; the key first, long texts last.
    pub columns: &'static [Column],
    /// How many of the columns, from the first, are the key.
    pub key: usize,
    /// Which rows are for others: a condition in which `{}` is the row.
    pub live: Option<&'static str>,
    /// Columns that only the local table has and a new row needs, with the
    /// expression that gives them (`:name` is a synced column).
    pub derived: &'static [(&'static str, &'static str)],
    /// What is set besides where a row is replaced.
    pub replaced: Option<&'static str>,
    /// The synced tables whose rows its rows belong to, as the local database
    /// enforces it: (own column, table).
    pub parents: &'static [(&'static str, &'static str)],
    /// A column whose texts must differ among the rows that are kept: the row
    /// with the later key is given another one.
    pub unique_name: Option<&'static str>,
    /// Whether an edit prevails over a deletion that had not seen it, and a
    /// deletion over none it had not: what belongs to its rows would be gone, and
    /// no conflict could bring it back.
    pub outlives_deletion: bool,
    /// What is looked for at the server.
    pub indexes: &'static [&'static [&'static str]],
    /// Into how many parts the server divides it; 1: none.
    pub partitions: u8,
}

/// The table of a local name among `tables`.
pub fn by_name(tables: &'static [SyncedTable], local: &str) -> Option<&'static SyncedTable> {
    tables.iter().find(|table| table.local == local)
}

/// Each is registered once.
impl PartialEq for SyncedTable {
    fn eq(&self, other: &Self) -> bool {
        self.local == other.local
    }
}

impl Eq for SyncedTable {}

impl SyncedTable {
    /// One with everything as it mostly is, to be given names and columns.
    pub const PLAIN: Self = Self {
        local: "",
        remote: "",
        class: Class::Shared,
        note: "",
        columns: &[],
        key: 1,
        live: None,
        derived: &[],
        replaced: None,
        parents: &[],
        unique_name: None,
        outlives_deletion: false,
        indexes: &[],
        partitions: 1,
    };

    /// The columns of the key.
    pub fn key_columns(&self) -> &'static [Column] {
        &self.columns[..self.key]
    }

    /// The columns beside the key.
    pub fn other_columns(&self) -> &'static [Column] {
        &self.columns[self.key..]
    }

    /// The condition that `row` is for others.
    pub(super) fn is_live(&self, row: &str) -> String {
        self.live.map_or_else(|| "1".to_owned(), |live| live.replace("{}", row))
    }

    /// The expression of the change log's key of `row`.
    pub(super) fn key_of(&self, row: &str) -> String {
        let parts: Vec<String> =
            self.key_columns().iter().map(|column| format!("{row}.{}", column.name)).collect();
        if self.is_text_key() {
            parts.concat()
        } else {
            format!("json_array({})", parts.join(", "))
        }
    }

    /// Whether the key is one text, which then stands for itself.
    pub fn is_text_key(&self) -> bool {
        self.key == 1 && matches!(self.columns[0].kind, ColumnType::Text(_))
    }
}
