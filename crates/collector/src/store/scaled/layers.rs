//! The stored layers of accounts and users.

use serde_json::Value;
use tokio_postgres::types::ToSql;

use super::{
    failure::Result,
    postgres::{Tx, execute, query_one},
};
use crate::{
    model::{
        account::Account,
        layers::{Described, Layers},
        nul::without_nul,
        user::User,
    },
    store::identification::Subject,
};

/// A record type with its own table: accounts and users.
pub(super) trait InTable: Described {
    /// Its table.
    const TABLE: &'static str;
    /// The column of its id.
    const ID: &'static str;
    /// The subject of the identifications that describe it.
    const SUBJECT: Subject;
}

impl InTable for Account {
    const TABLE: &'static str = "accounts";
    const ID: &'static str = "account_id";
    const SUBJECT: Subject = Subject::Account;
}

impl InTable for User {
    const TABLE: &'static str = "users";
    const ID: &'static str = "user_id";
    const SUBJECT: Subject = Subject::User;
}

/// Reads the layers of a row, and locks the row until the end of the transaction.
pub(super) async fn find<T: InTable>(tx: &Tx<'_>, no: i64) -> Result<Layers<T>> {
    let table = T::TABLE;
    let sql = format!("SELECT own, public, details_at FROM {table} WHERE no = $1 FOR UPDATE");
    let row = query_one(tx, &sql, &[&no]).await?;
    Ok(Layers::read(row.get(0), row.get(1), row.get(2)))
}

/// Writes the layers and the fields that result from them.
pub(super) async fn write<T: InTable>(layers: &Layers<T>, tx: &Tx<'_>, no: i64) -> Result<()> {
    let stored = layers.stored();
    let mut assignments = String::new();
    let columns: Vec<Column> = (stored.columns.into_iter())
        .enumerate()
        .map(|(at, (name, value))| {
            assignments += &format!("{name} = ${}, ", at + 6);
            Column::of(value, name)
        })
        .collect();
    let table = T::TABLE;
    let sql = format!(
        "UPDATE {table} SET {assignments}details = $2, details_at = $3, own = $4, public = $5
         WHERE no = $1"
    );
    let mut params: Vec<&(dyn ToSql + Sync)> = vec![
        &no,
        &stored.details,
        &stored.details_at,
        &stored.own,
        &stored.public,
    ];
    params.extend(columns.iter().map(|column| match column {
        Column::Text(text) => text as &(dyn ToSql + Sync),
        Column::Number(number) => number as &(dyn ToSql + Sync),
    }));
    execute(tx, &sql, &params).await?;
    Ok(())
}

/// The value of a column: a text or an integer.
enum Column {
    Text(Option<String>),
    Number(Option<i64>),
}

impl Column {
    fn of(value: Value, name: &str) -> Self {
        match value {
            Value::String(text) => Column::Text(Some(without_nul(text))),
            Value::Number(number) => Column::Number(number.as_i64()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)
                if name == "join_date" =>
            {
                Column::Number(None)
            }
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => Column::Text(None),
        }
    }
}
