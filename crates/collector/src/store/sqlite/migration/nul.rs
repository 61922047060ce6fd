//! Replaces NUL in a file that an earlier version wrote, because PostgreSQL cannot store it.
//!
//! The file itself is changed, so that it gives the same answers as the store into which it is
//! migrated. If the new form of an id is already in use, one more `␀` is appended, and a warning is
//! logged.

use std::collections::HashMap;

use rusqlite::{Connection, ErrorCode, Transaction, params_from_iter, types::Value};

use crate::{
    model::nul::{NUL, json_without_nul, without_nul},
    store::{
        event_key::{IdScope, key, key_as_it_is},
        migration::{ENTITIES, EVENTS, KEYS, Kind, Table},
        sqlite::{event_months, rows::EventRow},
    },
};

/// The columns that hold JSON, in any table.
const JSON: [&str; 6] = ["details", "own", "public", "fields", "rule", "extra"];

/// Tables of texts to which figures refer by number. They are not migrated as tables.
const NUMBERED: [(&str, &str); 2] = [("names", "name"), ("sessions", "session_id")];

/// What a text names. A name that is stored in several places is replaced by the same text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum NameKind {
    Account,
    User,
    Stream,
    Session,
    /// A product, module or feature.
    Usage,
}

impl NameKind {
    fn of(table: &str, column: &str) -> Option<Self> {
        match (table, column) {
            (_, "account_id" | "within_account") => Some(NameKind::Account),
            (_, "user_id") => Some(NameKind::User),
            (_, "stream_id") => Some(NameKind::Stream),
            (_, "session_id") => Some(NameKind::Session),
            ("names", _) | (_, "product" | "module" | "feature") => Some(NameKind::Usage),
            _ => None,
        }
    }
}

/// The replaced texts, by what they name.
type Replaced = HashMap<(NameKind, String), String>;

/// Replaces NUL in all texts that are migrated, and in those to which figures refer.
pub(super) fn replace(conn: &mut Connection) -> rusqlite::Result<()> {
    let tx = conn.transaction()?;
    let mut replaced = Replaced::new();
    for Table { name, columns, .. } in ENTITIES.iter().chain(&KEYS) {
        for (column, kind) in *columns {
            match kind {
                Kind::Text if JSON.contains(column) => replace_json(&tx, name, column)?,
                Kind::Text => replace_texts(&tx, name, column, &mut replaced)?,
                Kind::Flag | Kind::Small | Kind::Number | Kind::Float | Kind::Bytes => {}
            }
        }
    }
    for (table, column) in NUMBERED {
        replace_texts(&tx, table, column, &mut replaced)?;
    }
    for month in event_months::all(&tx)? {
        replace_in_events(&tx, &event_months::table(month), &replaced)?;
    }
    tx.commit()
}

/// Replaces NUL in the texts of a column.
fn replace_texts(
    tx: &Transaction<'_>,
    table: &str,
    column: &str,
    replaced: &mut Replaced,
) -> rusqlite::Result<()> {
    let named = NameKind::of(table, column);
    let mut update = tx.prepare(&format!(
        "UPDATE {table} SET {column} = ?1 WHERE {column} = ?2"
    ))?;
    for old in with(tx, table, column, "char(0)")? {
        let plain = without_nul(old.clone());
        let known = named.and_then(|named| replaced.get(&(named, old.clone())));
        let mut new = known.unwrap_or(&plain).clone();
        loop {
            match update.execute([&new, &old]) {
                Ok(_) => break,
                // Another row has this value.
                Err(cause) if cause.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                    new.push(NUL);
                }
                Err(cause) => return Err(cause),
            }
        }
        if new != plain {
            tracing::warn!(
                "the {column} {old:?} of {table} is {new:?} now: NUL cannot be moved, and {plain:?} is another"
            );
        }
        if let Some(named) = named {
            replaced.entry((named, old)).or_insert(new);
        }
    }
    Ok(())
}

/// Replaces NUL in the JSON of a column.
fn replace_json(tx: &Transaction<'_>, table: &str, column: &str) -> rusqlite::Result<()> {
    for old in with(tx, table, column, "'\\u0000'")? {
        tx.execute(
            &format!("UPDATE {table} SET {column} = ?1 WHERE {column} = ?2"),
            [&json_without_nul(old.clone()), &old],
        )?;
    }
    Ok(())
}

/// The values of a column that contain a text.
fn with(
    tx: &Transaction<'_>,
    table: &str,
    column: &str,
    part: &str,
) -> rusqlite::Result<Vec<String>> {
    tx.prepare(&format!(
        "SELECT DISTINCT {column} FROM {table} WHERE instr({column}, {part}) ORDER BY 1"
    ))?
    .query_map([], |row| row.get(0))?
    .collect()
}

/// Replaces NUL in the events of a table.
fn replace_in_events(
    tx: &Transaction<'_>,
    table: &str,
    replaced: &Replaced,
) -> rusqlite::Result<()> {
    let texts = EVENTS
        .columns
        .iter()
        .filter(|(_, kind)| *kind == Kind::Text);
    let columns: Vec<&str> = texts.map(|(column, _)| *column).collect();
    let has_nul: Vec<String> = columns
        .iter()
        .map(|column| {
            let part = if JSON.contains(column) {
                "'\\u0000'"
            } else {
                "char(0)"
            };
            format!("instr({column}, {part})")
        })
        .collect();
    let names = columns.join(", ");
    let found: Vec<(EventRow, Vec<Option<String>>)> = tx
        .prepare(&format!(
            "SELECT id, {names} FROM {table} WHERE {} ORDER BY id",
            has_nul.join(" OR ")
        ))?
        .query_map([], |row| {
            let texts = (1..=columns.len()).map(|at| row.get(at));
            Ok((row.get(0)?, texts.collect::<rusqlite::Result<_>>()?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let marks = vec!["?"; columns.len()].join(", ");
    let mut update = tx.prepare(&format!(
        "UPDATE {table} SET ({names}) = ({marks}) WHERE id = ?"
    ))?;
    for (event, texts) in found {
        let mut values = Vec::with_capacity(columns.len() + 1);
        for (column, old) in columns.iter().zip(texts) {
            values.push(match old {
                None => Value::Null,
                Some(old) if JSON.contains(column) => json_without_nul(old).into(),
                Some(old) if *column == "event_id" => event_id(tx, event, old)?.into(),
                Some(old) => {
                    let known = NameKind::of(table, column)
                        .and_then(|named| replaced.get(&(named, old.clone())));
                    known.cloned().unwrap_or_else(|| without_nul(old)).into()
                }
            });
        }
        values.push(event.number().into());
        update.execute(params_from_iter(values))?;
    }
    Ok(())
}

/// Determines the new id of an event, and records its key.
fn event_id(tx: &Transaction<'_>, event: EventRow, old: String) -> rusqlite::Result<String> {
    let mut new = without_nul(old.clone());
    if new == old {
        return Ok(new);
    }
    for scope in IdScope::ALL {
        loop {
            let recorded = tx.execute(
                "UPDATE event_ids SET key = ?1 WHERE key = ?2 AND id = ?3",
                rusqlite::params![key(&new, scope), key_as_it_is(&old, scope), event],
            );
            match recorded {
                Ok(_) => break,
                // Another event has this key.
                Err(cause) if cause.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                    new.push(NUL);
                }
                Err(cause) => return Err(cause),
            }
        }
    }
    Ok(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_noted_by_its_new_id_which_no_other_has() {
        let mut conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(
            "CREATE TABLE event_ids (key BLOB PRIMARY KEY, month INTEGER NOT NULL, id INTEGER NOT NULL)
                 STRICT, WITHOUT ROWID;",
        )
        .unwrap();
        let tx = conn.transaction().unwrap();
        let scope = IdScope::Public;
        for (id, text) in [(1, "a\0b"), (2, "a␀b"), (3, "c\0")] {
            tx.execute(
                "INSERT INTO event_ids VALUES (?1, 0, ?2)",
                rusqlite::params![key_as_it_is(text, scope), id],
            )
            .unwrap();
        }
        for (id, old, expected) in [(1, "a\0b", "a␀b␀"), (2, "a␀b", "a␀b"), (3, "c\0", "c␀")]
        {
            let event: EventRow = tx.query_row("SELECT ?1", [id], |row| row.get(0)).unwrap();
            let new = event_id(&tx, event, old.to_owned()).unwrap();
            assert_eq!(new, expected);
            let recorded: i64 = tx
                .query_row(
                    "SELECT id FROM event_ids WHERE key = ?1",
                    [key(&new, scope)],
                    |row| row.get(0),
                )
                .unwrap();
            assert_eq!(recorded, id);
        }
    }
}
