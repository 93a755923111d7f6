//! One statement for many rows: as arrays of parameters, or one row after the
//! other with the statement prepared once.

use crate::{Param, Result, Session};
use nopenai_store::sync::{ColumnType, Value};
use odbc_api::{
    BindParamDesc, ColumnarBulkInserter, DataType, Error, Prepared,
    buffers::{BoxColumnBuffer, BufferDesc},
    handles::{StatementImpl, StatementRef},
    parameter::{InputParameter, WithDataType},
};
use std::num::NonZeroUsize;

/// Arrays have at most so many rows, and no more bytes but for the first row.
const ROWS: usize = 1000;
const BYTES: usize = 4 * 1024 * 1024;

impl Session {
    /// Runs a statement for each of the rows, whose parameters are of `kinds`,
    /// with arrays of parameters. What a driver says of how many rows it changed
    /// is not asked for, since some say the wrong thing: whether all were written
    /// must be looked for.
    ///
    /// # Errors
    /// What the server says; some rows may be written.
    pub fn execute_arrays(
        &self,
        sql: &str,
        kinds: &[ColumnType],
        rows: &[Vec<Value>],
    ) -> Result<()> {
        self.prepared(sql, |statement| {
            let mut rest = rows;
            while !rest.is_empty() {
                let (part, after) = rest.split_at(together(kinds, rest));
                self.run_array(statement, kinds, part)?;
                rest = after;
            }
            Ok(())
        })
    }

    /// Runs a statement for each of the rows, one after the other.
    ///
    /// # Errors
    /// What the server says; some rows may be written.
    pub fn execute_each(&self, sql: &str, rows: &[Vec<Param>]) -> Result<()> {
        self.prepared(sql, |statement| {
            for row in rows {
                let bound: Vec<Box<dyn InputParameter>> = row.iter().map(Param::bind).collect();
                let _ended = self.interrupt().running(statement);
                statement.execute(bound.as_slice())?;
            }
            Ok(())
        })
    }

    fn run_array(
        &self,
        statement: &mut Prepared<StatementImpl<'_>>,
        kinds: &[ColumnType],
        rows: &[Vec<Value>],
    ) -> Result<(), Error> {
        let descriptions =
            kinds.iter().enumerate().map(|(index, kind)| described(*kind, longest(rows, index)));
        let ended = self.interrupt().running(statement);
        let mut array = statement.column_inserter(rows.len(), descriptions)?;
        array.set_num_rows(rows.len());
        for (index, kind) in kinds.iter().enumerate() {
            fill(&mut array, index, *kind, rows);
        }
        array.execute()?;
        drop(array);
        drop(ended);
        Ok(())
    }
}

/// How many of the rows go into one array.
fn together(kinds: &[ColumnType], rows: &[Vec<Value>]) -> usize {
    let mut widths = vec![8; kinds.len()];
    for (count, row) in rows.iter().enumerate().take(ROWS) {
        for (width, value) in widths.iter_mut().zip(row) {
            *width = value.size().max(*width);
        }
        let bytes = widths.iter().sum::<usize>() * (count + 1);
        if bytes > BYTES && count > 0 {
            return count;
        }
    }
    rows.len().min(ROWS)
}

type Array<'a> = ColumnarBulkInserter<StatementRef<'a>, WithDataType<BoxColumnBuffer>>;

fn numbers(kind: ColumnType) -> Option<BindParamDesc> {
    match kind {
        ColumnType::Integer | ColumnType::Flag => Some(BindParamDesc::i64(true)),
        ColumnType::Real => Some(BindParamDesc::f64(true)),
        ColumnType::Text(_) | ColumnType::LongText => None,
    }
}

#[cfg(not(windows))]
fn longest(rows: &[Vec<Value>], index: usize) -> usize {
    rows.iter().map(|row| row[index].size()).max().unwrap_or_default().max(1)
}

#[cfg(not(windows))]
fn described(kind: ColumnType, max_str_len: usize) -> BindParamDesc {
    let length = NonZeroUsize::new(max_str_len);
    let data_type = match kind {
        ColumnType::LongText => DataType::LongVarchar { length },
        _ => DataType::Varchar { length },
    };
    let texts = BindParamDesc { buffer_desc: BufferDesc::Text { max_str_len }, data_type };
    numbers(kind).unwrap_or(texts)
}

#[cfg(windows)]
fn longest(rows: &[Vec<Value>], index: usize) -> usize {
    let units = |row: &Vec<Value>| match &row[index] {
        Value::Text(text) => text.encode_utf16().count(),
        _ => 1,
    };
    rows.iter().map(units).max().unwrap_or_default().max(1)
}

#[cfg(windows)]
fn described(kind: ColumnType, max_str_len: usize) -> BindParamDesc {
    let length = NonZeroUsize::new(max_str_len);
    let data_type = match kind {
        ColumnType::LongText => DataType::WLongVarchar { length },
        _ => DataType::WVarchar { length },
    };
    let texts = BindParamDesc { buffer_desc: BufferDesc::WText { max_str_len }, data_type };
    numbers(kind).unwrap_or(texts)
}

/// Why a column's buffer is what it is asked for.
const DESCRIBED: &str = "a buffer is what it was described as";

fn fill(array: &mut Array<'_>, index: usize, kind: ColumnType, rows: &[Vec<Value>]) {
    let values = rows.iter().map(|row| &row[index]).enumerate();
    match kind {
        ColumnType::Integer | ColumnType::Flag => {
            let mut column = array.column_mut(index).as_nullable_slice::<i64>().expect(DESCRIBED);
            values.for_each(|(row, value)| column.set_cell(row, integer(value)));
        }
        ColumnType::Real => {
            let mut column = array.column_mut(index).as_nullable_slice::<f64>().expect(DESCRIBED);
            values.for_each(|(row, value)| column.set_cell(row, real(value)));
        }
        ColumnType::Text(_) | ColumnType::LongText => {
            for (row, value) in values {
                set_text(array, index, row, value);
            }
        }
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(*number),
        _ => None,
    }
}

fn real(value: &Value) -> Option<f64> {
    match value {
        Value::Real(number) => Some(*number),
        Value::Integer(number) => Some(*number as f64),
        _ => None,
    }
}

#[cfg(not(windows))]
fn set_text(array: &mut Array<'_>, index: usize, row: usize, value: &Value) {
    let mut column = array.column_mut(index).as_text().expect(DESCRIBED);
    match value {
        Value::Text(text) => column.set_cell(row, Some(text.as_bytes())),
        _ => column.set_cell(row, None),
    }
}

#[cfg(windows)]
fn set_text(array: &mut Array<'_>, index: usize, row: usize, value: &Value) {
    let mut column = array.column_mut(index).as_wide_text().expect(DESCRIBED);
    match value {
        Value::Text(text) => {
            let units: Vec<u16> = text.encode_utf16().collect();
            column.set_cell(row, Some(&units));
        }
        _ => column.set_cell(row, None),
    }
}
