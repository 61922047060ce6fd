//! Stored financial records, support tickets, interactions and notes.

use rusqlite::{Connection, Transaction, params};
use serde_json::{Map, Value};

use super::{json, rows::AccountRow};
use crate::{
    model::{
        financial::{Amount, Financial},
        note::{Note, NoteKind},
        page::Page,
        record_kind::RecordKind,
        rollup::FigureKind,
    },
    store::{
        records::{Listed, NewRecords},
        summary::{CurrencySum, MonthSum, NamedSum, Summary},
    },
};

/// Makes an id for a record without one.
fn new_id(tx: &Transaction<'_>) -> rusqlite::Result<String> {
    tx.query_row("SELECT lower(hex(randomblob(12)))", [], |row| row.get(0))
}

/// Adds or replaces a financial record.
///
/// # Errors
/// Those of SQLite.
fn put_financial(
    tx: &Transaction<'_>,
    account: AccountRow,
    record: Financial,
) -> rusqlite::Result<()> {
    let id = match record.id {
        Some(id) => id,
        None => new_id(tx)?,
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

/// Adds or replaces a ticket, an interaction or a note.
///
/// # Errors
/// Those of SQLite.
fn put_note(
    tx: &Transaction<'_>,
    account: AccountRow,
    kind: NoteKind,
    note: Note,
    now: i64,
) -> rusqlite::Result<()> {
    let id = match note.id {
        Some(id) => id,
        None => new_id(tx)?,
    };
    tx.prepare_cached(
        "INSERT INTO account_records (account_no, kind, id, date, fields)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (account_no, kind, id) DO UPDATE SET date = excluded.date,
             fields = excluded.fields",
    )?
    .execute(params![
        account,
        kind.name(),
        id,
        note.date.unwrap_or(now),
        json::text(&note.fields),
    ])?;
    Ok(())
}

/// Adds or replaces records of one kind.
///
/// # Errors
/// Those of SQLite.
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
        NewRecords::Notes(kind, notes) => notes
            .into_iter()
            .try_for_each(|note| put_note(tx, account, kind, note, now)),
    }
}

/// Removes the customer success managers with an e-mail address from an account,
/// and returns their number.
///
/// # Errors
/// Those of SQLite.
pub fn delete_manager(
    tx: &Transaction<'_>,
    account: AccountRow,
    email: &str,
) -> rusqlite::Result<usize> {
    tx.prepare_cached(
        "DELETE FROM account_records WHERE account_no = ?1 AND kind = ?2
             AND lower(json_extract(fields, '$.email')) = lower(?3)",
    )?
    .execute(params![account, NoteKind::AssignedCsms.name(), email])
}

/// Lists tickets, interactions or notes of an account, newest first. Returns one
/// page and the number of all.
///
/// # Errors
/// Those of SQLite.
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

/// Lists the financial records of an account, newest first. Returns one page and
/// the number of all.
///
/// # Errors
/// Those of SQLite.
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

/// Lists the records of a kind, newest first. Returns one page and the number of all.
///
/// # Errors
/// Those of SQLite.
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

/// Sums up the records of an account. [`FigureKind::rolls_up`] decides for each
/// kind whether the records of the subtree are included. Financial records that
/// are dated after `now` do not count yet.
///
/// # Errors
/// Those of SQLite.
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
        financials: sum_financials(conn, account, now)?,
        support_tickets: notes(NoteKind::SupportTickets)?,
        interactions: notes(NoteKind::Interactions)?,
        notes: notes(NoteKind::Notes)?,
    })
}

fn sum_financials(
    conn: &Connection,
    account: AccountRow,
    now: i64,
) -> rusqlite::Result<Vec<CurrencySum>> {
    // The query sums in two parts, each of which is far from overflow.
    let months = conn
        .prepare_cached(
            "WITH RECURSIVE scope (no) AS (
                 SELECT ?1 UNION ALL
                 SELECT a.no FROM scope JOIN accounts a ON a.parent_no = scope.no WHERE ?2
             ), dated AS (
                 SELECT f.account_no, f.currency, f.name, f.amount, f.date, f.no,
                     IFNULL(strftime('%Y-%m', f.date / 1000, 'unixepoch'), '') AS month
                 FROM scope JOIN financials f ON f.account_no = scope.no WHERE f.date <= ?3
             ), placed AS (
                 SELECT *,
                     ROW_NUMBER() OVER (PARTITION BY account_no, currency, name
                         ORDER BY date DESC, no DESC) = 1 AS is_latest,
                     ROW_NUMBER() OVER (PARTITION BY account_no, currency, name, month
                         ORDER BY date DESC, no DESC) = 1 AS is_latest_of_month
                 FROM dated
             )
             SELECT currency, name, month, COUNT(*),
                 SUM(amount / 10000 * is_latest_of_month), SUM(amount % 10000 * is_latest_of_month),
                 SUM(amount / 10000 * is_latest), SUM(amount % 10000 * is_latest)
             FROM placed GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        )?
        .query_map(
            params![account, FigureKind::Financials.rolls_up(), now],
            |row| {
                let amount = |at: usize| -> rusqlite::Result<Amount> {
                    let (whole, rest): (i64, i64) = (row.get(at)?, row.get(at + 1)?);
                    Ok(Amount(i128::from(whole) * 10_000 + i128::from(rest)))
                };
                let month = MonthSum {
                    month: row.get(2)?,
                    amount: amount(4)?,
                    records: row.get(3)?,
                };
                Ok((row.get(0)?, row.get(1)?, month, amount(6)?))
            },
        )?
        .collect::<rusqlite::Result<Vec<(String, String, MonthSum, Amount)>>>()?;
    let mut sums: Vec<CurrencySum> = Vec::new();
    for (currency, name, month, latest) in months {
        if sums.last().is_none_or(|last| last.currency != currency) {
            sums.push(CurrencySum {
                currency,
                amount: Amount::default(),
                records: 0,
                by_name: Vec::new(),
            });
        }
        let Some(of_currency) = sums.last_mut() else {
            continue;
        };
        of_currency.amount.0 += latest.0;
        of_currency.records += month.records;
        let names = &mut of_currency.by_name;
        if names.last().is_none_or(|last| last.name != name) {
            names.push(NamedSum {
                name,
                amount: Amount::default(),
                records: 0,
                by_month: Vec::new(),
            });
        }
        if let Some(of_name) = names.last_mut() {
            of_name.amount.0 += latest.0;
            of_name.records += month.records;
            of_name.by_month.push(month);
        }
    }
    Ok(sums)
}
