//! Stored financial records, support tickets, interactions and notes.

use std::collections::HashMap;

use rusqlite::{Connection, Transaction, params};
use serde_json::{Map, Value};

use super::{financial_sums, json, rows::AccountRow};
use crate::{
    model::{
        financial::{Amount, Financial},
        folding::folded,
        note::{Note, NoteKind},
        page::Page,
        record_key,
        record_kind::RecordKind,
    },
    store::{
        records::{Listed, NewRecords},
        summary::Summary,
    },
};

/// Adds or replaces a financial record.
///
/// # Errors
/// Fails when SQLite fails.
fn put_financial(
    tx: &Transaction<'_>,
    account: AccountRow,
    record: Financial,
) -> rusqlite::Result<()> {
    let id = match &record.id {
        Some(id) => id.clone(),
        None => {
            let id = record.natural_id();
            // A repeated record becomes the latest one of its date again.
            delete(tx, account, RecordKind::Financials, &id)?;
            id
        }
    };
    tx.prepare_cached(
        "INSERT INTO financials (account_no, id, date, name, amount, currency)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (account_no, id) DO UPDATE SET date = excluded.date,
             name = excluded.name, amount = excluded.amount, currency = excluded.currency",
    )?
    .execute(params![
        account,
        id,
        record.date,
        record.name,
        record.amount.0 as i64,
        record.currency
    ])?;
    Ok(())
}

/// Adds or replaces a ticket, an interaction or a note. `ids` maps natural values to the ids of
/// stored records.
///
/// # Errors
/// Fails when SQLite fails.
fn put_note(
    tx: &Transaction<'_>,
    account: AccountRow,
    kind: NoteKind,
    ids: &mut HashMap<String, String>,
    note: Note,
    now: i64,
) -> rusqlite::Result<()> {
    let natural = record_key::natural_value(kind, &note.fields);
    let known = natural.as_ref().and_then(|value| ids.get(value));
    let id = note
        .id
        .or_else(|| known.cloned())
        .unwrap_or_else(|| record_key::id_of_note(kind, note.date, &note.fields));
    ids.extend(natural.map(|value| (value, id.clone())));
    // A record without a date keeps the date under which it is stored.
    tx.prepare_cached(
        "INSERT INTO account_records (account_no, kind, id, date, fields)
         VALUES (?1, ?2, ?3, IFNULL(?4, ?6), ?5)
         ON CONFLICT (account_no, kind, id) DO UPDATE SET date = IFNULL(?4, date),
             fields = excluded.fields",
    )?
    .execute(params![
        account,
        kind.name(),
        id,
        note.date,
        json::text(&note.fields),
        now,
    ])?;
    Ok(())
}

/// The ids of the records of a kind by their natural values. A record without an id stands for the
/// stored record with the same natural value, whatever the id of that is.
fn natural_ids(
    conn: &Connection,
    account: AccountRow,
    kind: NoteKind,
) -> rusqlite::Result<HashMap<String, String>> {
    let mut found = HashMap::new();
    if record_key::natural_field(kind).is_none() {
        return Ok(found);
    }
    let mut statement = conn.prepare_cached(
        "SELECT id, fields FROM account_records WHERE account_no = ?1 AND kind = ?2 ORDER BY no",
    )?;
    let mut rows = statement.query(params![account, kind.name()])?;
    while let Some(row) = rows.next()? {
        let fields = json::object(row.get_ref(1)?.as_str()?);
        if let Some(value) = record_key::natural_value(kind, &fields) {
            found.entry(value).or_insert(row.get(0)?);
        }
    }
    Ok(found)
}

/// Removes a record by its id. Returns false when the account has no such record.
///
/// # Errors
/// Fails when SQLite fails.
pub fn delete(
    tx: &Transaction<'_>,
    account: AccountRow,
    kind: RecordKind,
    id: &str,
) -> rusqlite::Result<bool> {
    let removed = match kind {
        RecordKind::Financials => tx
            .prepare_cached("DELETE FROM financials WHERE account_no = ?1 AND id = ?2")?
            .execute(params![account, id])?,
        RecordKind::Notes(kind) => tx
            .prepare_cached(
                "DELETE FROM account_records WHERE account_no = ?1 AND kind = ?2 AND id = ?3",
            )?
            .execute(params![account, kind.name(), id])?,
    };
    Ok(removed > 0)
}

/// Adds or replaces records of one kind.
///
/// # Errors
/// Fails when SQLite fails.
pub fn put(
    tx: &Transaction<'_>,
    account: AccountRow,
    records: NewRecords,
    now: i64,
) -> rusqlite::Result<()> {
    match records {
        NewRecords::Financials(records) => records
            .into_iter()
            .try_for_each(|record| put_financial(tx, account, record)),
        NewRecords::Notes(kind, notes) => {
            let mut ids = natural_ids(tx, account, kind)?;
            notes
                .into_iter()
                .try_for_each(|note| put_note(tx, account, kind, &mut ids, note, now))
        }
    }
}

/// Removes the customer success managers with an e-mail address from an account,
/// and returns their number.
///
/// # Errors
/// Fails when SQLite fails.
pub fn delete_manager(
    tx: &Transaction<'_>,
    account: AccountRow,
    email: &str,
) -> rusqlite::Result<usize> {
    let stored = tx
        .prepare_cached(
            "SELECT no, fields FROM account_records WHERE account_no = ?1 AND kind = ?2",
        )?
        .query_map(params![account, NoteKind::AssignedCsms.name()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect::<rusqlite::Result<Vec<(i64, String)>>>()?;
    let email = folded(email.trim());
    let mut remove = tx.prepare_cached("DELETE FROM account_records WHERE no = ?1")?;
    let mut removed = 0;
    for (no, fields) in stored {
        let value = record_key::natural_value(NoteKind::AssignedCsms, &json::object(&fields));
        if value.as_deref() == Some(&*email) {
            removed += remove.execute([no])?;
        }
    }
    Ok(removed)
}

/// Lists tickets, interactions or notes of an account, newest first. Returns one page and the total
/// number.
///
/// # Errors
/// Fails when SQLite fails.
fn list_notes(
    conn: &Connection,
    account: AccountRow,
    kind: NoteKind,
    page: Page,
) -> rusqlite::Result<(Vec<Value>, i64)> {
    let total = conn
        .prepare_cached("SELECT COUNT(*) FROM account_records WHERE account_no = ?1 AND kind = ?2")?
        .query_row(params![account, kind.name()], |row| row.get(0))?;
    let records = conn
        .prepare_cached(
            "SELECT id, date, fields FROM account_records WHERE account_no = ?1 AND kind = ?2
             ORDER BY date DESC, no DESC LIMIT ?3 OFFSET ?4",
        )?
        .query_map(
            params![account, kind.name(), page.limit, page.offset()],
            |row| {
                let mut record: Map<String, Value> = json::object(&row.get::<_, String>(2)?);
                record.insert("id".into(), row.get::<_, String>(0)?.into());
                record.insert("date".into(), row.get::<_, i64>(1)?.into());
                Ok(Value::Object(record))
            },
        )?
        .collect::<rusqlite::Result<_>>()?;
    Ok((records, total))
}

/// Lists the financial records of an account, newest first. Returns one page and the total number.
///
/// # Errors
/// Fails when SQLite fails.
fn list_financials(
    conn: &Connection,
    account: AccountRow,
    page: Page,
) -> rusqlite::Result<(Vec<Value>, i64)> {
    let total = conn
        .prepare_cached("SELECT COUNT(*) FROM financials WHERE account_no = ?1")?
        .query_row([account], |row| row.get(0))?;
    let records = conn
        .prepare_cached(
            "SELECT id, date, name, amount, currency FROM financials WHERE account_no = ?1
             ORDER BY date DESC, no DESC LIMIT ?2 OFFSET ?3",
        )?
        .query_map(params![account, page.limit, page.offset()], |row| {
            Ok(serde_json::json!({
                "id": row.get::<_, String>(0)?,
                "date": row.get::<_, i64>(1)?,
                "name": row.get::<_, String>(2)?,
                "amount": Amount(row.get::<_, i64>(3)?.into()),
                "currency": row.get::<_, String>(4)?,
            }))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok((records, total))
}

/// Lists the records of a kind, newest first. Returns one page and the total number.
///
/// # Errors
/// Fails when SQLite fails.
pub fn list(
    conn: &Connection,
    account: AccountRow,
    kind: RecordKind,
    page: Page,
) -> rusqlite::Result<Listed<Value>> {
    match kind {
        RecordKind::Financials => list_financials(conn, account, page),
        RecordKind::Notes(kind) => list_notes(conn, account, kind, page),
    }
}

/// Sums up the records of an account. [`FigureKind::rolls_up`] decides for each kind whether the
/// records of the subtree are included. Financial records dated after `now` do not count yet.
///
/// # Errors
/// Fails when SQLite fails.
pub fn summary(conn: &Connection, account: AccountRow, now: i64) -> rusqlite::Result<Summary> {
    let notes = |kind: NoteKind| {
        conn.prepare_cached(
            "WITH RECURSIVE scope (no) AS (
                 SELECT ?1 UNION ALL
                 SELECT a.no FROM scope JOIN accounts a ON a.parent_no = scope.no WHERE ?3
             )
             SELECT COUNT(*) FROM scope JOIN account_records r
                 ON r.account_no = scope.no AND r.kind = ?2",
        )?
        .query_row(
            params![account, kind.name(), kind.figure().rolls_up()],
            |row| row.get(0),
        )
    };
    Ok(Summary {
        financials: financial_sums::read(conn, account, now)?,
        support_tickets: notes(NoteKind::SupportTickets)?,
        interactions: notes(NoteKind::Interactions)?,
        notes: notes(NoteKind::Notes)?,
    })
}
