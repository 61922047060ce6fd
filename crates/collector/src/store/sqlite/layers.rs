//! What is said about accounts and users, in two layers: what the Account API and
//! trusted sources said, and what anybody with a public key did.

use rusqlite::{
    Connection, Transaction, params_from_iter,
    types::{FromSql, ToSql, Value as SqlValue},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::json;
use crate::model::{change::Precedence, public_fields::PublicFields, record::RecordError};

/// What both layers tell of: an account or a user.
pub(super) trait Described: Default + DeserializeOwned {
    /// Its row.
    type Row: Copy + FromSql + ToSql;
    /// The changes that somebody asks for.
    type Patch;
    /// Its table.
    const TABLE: &'static str;

    /// Applies changes.
    fn apply(&mut self, patch: Self::Patch, precedence: Precedence) -> Result<(), RecordError>;

    /// With what the public layer adds to it.
    fn filled(&self, public: &PublicFields) -> Self;

    /// The columns that show it, by name, but for `details`.
    fn columns(&self) -> Vec<(&'static str, Value)>;

    /// All other fields.
    fn details(&self) -> &Map<String, Value>;
}

/// Both layers of one of them.
#[derive(Debug, Default)]
pub(super) struct Layers<T> {
    /// What the Account API and trusted sources said.
    pub(super) own: T,
    pub(super) public: PublicFields,
    /// Time of the newest own fields, in ms since the Unix epoch.
    pub(super) details_at: i64,
}

impl<T: Described> Layers<T> {
    pub(super) fn find(conn: &Connection, row: T::Row) -> rusqlite::Result<Self> {
        let table = T::TABLE;
        conn.prepare_cached(&format!(
            "SELECT own, public, details_at FROM {table} WHERE no = ?1"
        ))?
        .query_row([row], |row| {
            Ok(Layers {
                own: json::read(row.get_ref(0)?.as_str()?),
                public: json::read(row.get_ref(1)?.as_str()?),
                details_at: row.get(2)?,
            })
        })
    }

    /// Whether what was said at `at` replaces own fields, or fills those that are empty.
    pub(super) fn precedence(&self, at: i64) -> Precedence {
        if at >= self.details_at {
            Precedence::Newer
        } else {
            Precedence::Older
        }
    }

    /// Takes in what a trusted source said at `at`. A change that cannot be applied is
    /// left out.
    pub(super) fn add_trusted(&mut self, patch: T::Patch, at: i64) {
        if self.own.apply(patch, self.precedence(at)).is_ok() {
            self.details_at = at.max(self.details_at);
        }
    }

    /// Writes the layers and what they show together.
    pub(super) fn write(&self, tx: &Transaction<'_>, row: T::Row) -> rusqlite::Result<()> {
        let shown = self.own.filled(&self.public);
        let mut own: Map<String, Value> = (self.own.columns().into_iter())
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        own.insert("details".to_owned(), self.own.details().clone().into());

        let mut assignments = String::new();
        let mut values = Vec::new();
        for (name, value) in shown.columns() {
            assignments += &format!("{name} = ?, ");
            values.push(sql(value));
        }
        values.push(json::text(shown.details()).into());
        values.push(self.details_at.into());
        values.push(json::text(&own).into());
        values.push(json::write(&self.public).into());
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
}

/// A text or a whole number of a column.
fn sql(value: Value) -> SqlValue {
    match value {
        Value::String(text) => text.into(),
        Value::Number(number) => number.as_i64().into(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => SqlValue::Null,
    }
}

/// Takes back what a stream said.
pub(super) fn remove_stream<T: Described>(
    tx: &Transaction<'_>,
    stream: &str,
) -> rusqlite::Result<()> {
    let table = T::TABLE;
    let rows = tx
        .prepare(&format!("SELECT no FROM {table} WHERE instr(public, ?1)"))?
        .query_map([json::quoted(stream)], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<T::Row>>>()?;
    for row in rows {
        let mut layers = Layers::<T>::find(tx, row)?;
        layers.public.remove_stream(stream);
        layers.write(tx, row)?;
    }
    Ok(())
}

/// Takes back what one identification of a public source said at `at`.
pub(super) fn remove_said<T: Described>(
    tx: &Transaction<'_>,
    row: T::Row,
    details: &Map<String, Value>,
    at: i64,
    stream: Option<&str>,
) -> rusqlite::Result<()> {
    let mut layers = Layers::<T>::find(tx, row)?;
    layers.public.remove_said(details, at, stream);
    layers.write(tx, row)
}
