//! Financials, support tickets, interactions and notes as they are kept.

use rusqlite::{Connection, Transaction, params};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{accounts::AccountNo, accounts::object, page::Page};
use crate::{
    entity::{Amount, Financial, Note},
    rollup::Kind,
};

/// The name under which notes of a kind are kept.
fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Financials => "financials",
        Kind::SupportTickets => "support_tickets",
        Kind::Interactions => "interactions",
        Kind::Notes => "notes",
        Kind::Activity | Kind::ProductUsage => "usage",
    }
}

/// An id for a record that came without one.
fn fresh_id(tx: &Transaction<'_>) -> rusqlite::Result<String> {
    tx.query_row("SELECT lower(hex(randomblob(12)))", [], |row| row.get(0))
}

/// Adds or replaces a financial record.
///
/// # Errors
/// Those of SQLite.
pub fn put_financial(
    tx: &Transaction<'_>,
    account: AccountNo,
    record: Financial,
) -> rusqlite::Result<()> {
    let id = match record.id {
        Some(id) => id,
        None => fresh_id(tx)?,
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
pub fn put_note(
    tx: &Transaction<'_>,
    account: AccountNo,
    kind: Kind,
    note: Note,
    now: i64,
) -> rusqlite::Result<()> {
    let id = match note.id {
        Some(id) => id,
        None => fresh_id(tx)?,
    };
    tx.prepare_cached(
        "INSERT INTO account_records (account_no, kind, id, date, fields)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (account_no, kind, id) DO UPDATE SET date = excluded.date,
             fields = excluded.fields",
    )?
    .execute(params![
        account,
        name(kind),
        id,
        note.date.unwrap_or(now),
        serde_json::to_string(&note.fields).unwrap_or_default(),
    ])?;
    Ok(())
}

/// Records of one account and kind, newest first, and how many there are.
///
/// # Errors
/// Those of SQLite.
pub fn list(
    conn: &Connection,
    account: AccountNo,
    kind: Kind,
    page: Page,
) -> rusqlite::Result<(Vec<Value>, i64)> {
    if kind == Kind::Financials {
        return list_financials(conn, account, page);
    }
    let total = count(conn, account, kind)?;
    let records = conn
        .prepare_cached(
            "SELECT id, date, fields FROM account_records WHERE account_no = ?1 AND kind = ?2
             ORDER BY date DESC, no DESC LIMIT ?3 OFFSET ?4",
        )?
        .query_map(
            params![account, name(kind), page.limit, page.offset()],
            |row| {
                let mut record: Map<String, Value> = object(&row.get::<_, String>(2)?);
                record.insert("id".into(), row.get::<_, String>(0)?.into());
                record.insert("date".into(), row.get::<_, i64>(1)?.into());
                Ok(Value::Object(record))
            },
        )?
        .collect::<rusqlite::Result<_>>()?;
    Ok((records, total))
}

fn list_financials(
    conn: &Connection,
    account: AccountNo,
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
            Ok(json!({
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

fn count(conn: &Connection, account: AccountNo, kind: Kind) -> rusqlite::Result<i64> {
    conn.prepare_cached("SELECT COUNT(*) FROM account_records WHERE account_no = ?1 AND kind = ?2")?
        .query_row(params![account, name(kind)], |row| row.get(0))
}

/// Money of one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CurrencySum {
    /// Three letters.
    pub currency: String,
    /// Sum of all amounts.
    pub amount: Amount,
    /// How many records.
    pub records: i64,
    /// The same, by what it is.
    pub by_name: Vec<NamedSum>,
}

/// Money of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NamedSum {
    /// What it is.
    pub name: String,
    /// Sum of its amounts.
    pub amount: Amount,
    /// How many records.
    pub records: i64,
}

/// What is known of an account besides its usage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Money, of everything below the account too.
    pub financials: Vec<CurrencySum>,
    /// Support tickets of the account itself.
    pub support_tickets: i64,
    /// Interactions with the account itself.
    pub interactions: i64,
    /// Notes on the account itself.
    pub notes: i64,
}

/// Sums an account up. What includes all below it is for [`Kind::rolls_up`] to say.
///
/// # Errors
/// Those of SQLite.
pub fn summary(conn: &Connection, account: AccountNo) -> rusqlite::Result<Summary> {
    let notes = |kind: Kind| {
        conn.prepare_cached(
            "WITH RECURSIVE scope (no) AS (
                 SELECT ?1 UNION ALL
                 SELECT a.no FROM scope JOIN accounts a ON a.parent_no = scope.no WHERE ?3
             )
             SELECT COUNT(*) FROM scope JOIN account_records r
                 ON r.account_no = scope.no AND r.kind = ?2",
        )?
        .query_row(params![account, name(kind), kind.rolls_up()], |row| {
            row.get(0)
        })
    };
    Ok(Summary {
        financials: money(conn, account)?,
        support_tickets: notes(Kind::SupportTickets)?,
        interactions: notes(Kind::Interactions)?,
        notes: notes(Kind::Notes)?,
    })
}

fn money(conn: &Connection, account: AccountNo) -> rusqlite::Result<Vec<CurrencySum>> {
    let named = conn
        .prepare_cached(
            "WITH RECURSIVE scope (no) AS (
                 SELECT ?1 UNION ALL
                 SELECT a.no FROM scope JOIN accounts a ON a.parent_no = scope.no WHERE ?2
             )
             SELECT f.currency, f.name, SUM(f.amount / 10000), SUM(f.amount % 10000), COUNT(*)
             FROM scope JOIN financials f ON f.account_no = scope.no
             GROUP BY 1, 2 ORDER BY 1, 2",
        )?
        .query_map(params![account, Kind::Financials.rolls_up()], |row| {
            // Summed in two parts, either of which is far from overflow.
            let (whole, rest): (i64, i64) = (row.get(2)?, row.get(3)?);
            let sum = NamedSum {
                name: row.get(1)?,
                amount: Amount(i128::from(whole) * 10_000 + i128::from(rest)),
                records: row.get(4)?,
            };
            Ok((row.get::<_, String>(0)?, sum))
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut sums: Vec<CurrencySum> = Vec::new();
    for (currency, sum) in named {
        if sums.last().is_none_or(|last| last.currency != currency) {
            sums.push(CurrencySum {
                currency,
                amount: Amount::default(),
                records: 0,
                by_name: Vec::new(),
            });
        }
        if let Some(last) = sums.last_mut() {
            last.amount.0 += sum.amount.0;
            last.records += sum.records;
            last.by_name.push(sum);
        }
    }
    Ok(sums)
}
