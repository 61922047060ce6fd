//! The stored layers of accounts and users.

use rusqlite::{
    Connection, Transaction, params_from_iter,
    types::{FromSql, ToSql, Value as SqlValue},
};
use serde_json::Value;

use super::rows::{AccountRow, UserRow};
use crate::{
    model::{
        account::Account,
        layers::{Described, Layers},
        user::User,
    },
    store::identification::Subject,
};

/// A record type with its own table: accounts and users.
pub(super) trait InTable: Described {
    /// Its row.
    type Row: Copy + FromSql + ToSql;
    /// Its table.
    const TABLE: &'static str;
    /// The column of its id.
    const ID: &'static str;
    /// The subject of the identifications that describe it.
    const SUBJECT: Subject;
}

impl InTable for Account {
    type Row = AccountRow;
    const TABLE: &'static str = "accounts";
    const ID: &'static str = "account_id";
    const SUBJECT: Subject = Subject::Account;
}

impl InTable for User {
    type Row = UserRow;
    const TABLE: &'static str = "users";
    const ID: &'static str = "user_id";
    const SUBJECT: Subject = Subject::User;
}

/// Reads the layers of a row.
pub(super) fn find<T: InTable>(conn: &Connection, row: T::Row) -> rusqlite::Result<Layers<T>> {
    let table = T::TABLE;
    conn.prepare_cached(&format!(
        "SELECT own, public, details_at FROM {table} WHERE no = ?1"
    ))?
    .query_row([row], |row| {
        Ok(Layers::read(
            row.get_ref(0)?.as_str()?,
            row.get_ref(1)?.as_str()?,
            row.get(2)?,
        ))
    })
}

/// Writes the layers and the fields that result from them.
pub(super) fn write<T: InTable>(
    layers: &Layers<T>,
    tx: &Transaction<'_>,
    row: T::Row,
) -> rusqlite::Result<()> {
    let stored = layers.stored();
    let mut assignments = String::new();
    let mut values = Vec::new();
    for (name, value) in stored.columns {
        assignments += &format!("{name} = ?, ");
        values.push(sql(value));
    }
    values.push(stored.details.into());
    values.push(stored.details_at.into());
    values.push(stored.own.into());
    values.push(stored.public.into());
    let table = T::TABLE;
    let mut update = tx.prepare_cached(&format!(
        "UPDATE {table} SET {assignments}details = ?, details_at = ?, own = ?, public = ?
         WHERE no = ?"
    ))?;
    let values: Vec<&dyn ToSql> = (values.iter().map(|value| value as &dyn ToSql))
        .chain([&row as &dyn ToSql])
        .collect();
    update.execute(params_from_iter(values))?;
    Ok(())
}

/// Converts a text or an integer for a column.
fn sql(value: Value) -> SqlValue {
    match value {
        Value::String(text) => text.into(),
        Value::Number(number) => number.as_i64().into(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => SqlValue::Null,
    }
}
