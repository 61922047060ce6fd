//! Stored financial records, support tickets, interactions and notes.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{
    failure::Result,
    json,
    postgres::{Tx, execute, query, query_one},
};
use crate::{
    model::{
        calendar::Month,
        financial::{Amount, Financial},
        folding::folded,
        note::{Note, NoteKind},
        page::Page,
        record_key,
        record_kind::RecordKind,
        rollup::FigureKind,
    },
    store::{
        financial_sums::{FinancialRow, FinancialSums},
        records::{Listed, NewRecords},
        summary::Summary,
    },
};

/// Adds or replaces records of one kind.
pub(super) async fn put(tx: &Tx<'_>, account: i64, records: NewRecords, now: i64) -> Result<()> {
    match records {
        NewRecords::Financials(records) => {
            for record in records {
                put_financial(tx, account, record).await?;
            }
        }
        NewRecords::Notes(kind, notes) => {
            // Two calls for one account must not both find the same id unused.
            let sql = "SELECT 1 FROM accounts WHERE no = $1 FOR NO KEY UPDATE";
            query(tx, sql, &[&account]).await?;
            let mut ids = natural_ids(tx, account, kind).await?;
            for note in notes {
                put_note(tx, account, kind, &mut ids, note, now).await?;
            }
        }
    }
    Ok(())
}

async fn put_financial(tx: &Tx<'_>, account: i64, record: Financial) -> Result<()> {
    let id = match &record.id {
        Some(id) => id.clone(),
        None => {
            let id = record.natural_id();
            // A repeated record becomes the latest one of its date again.
            delete(tx, account, RecordKind::Financials, &id).await?;
            id
        }
    };
    let sql = "INSERT INTO financials (account_no, id, date, name, amount, currency)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (account_no, id) DO UPDATE SET date = excluded.date,
            name = excluded.name, amount = excluded.amount, currency = excluded.currency";
    let amount = record.amount.0 as i64;
    let (date, name, currency) = (record.date, record.name, record.currency);
    execute(tx, sql, &[&account, &id, &date, &name, &amount, &currency]).await?;
    Ok(())
}

/// Adds or replaces a record of another kind. `ids` maps natural values to the ids of stored
/// records.
async fn put_note(
    tx: &Tx<'_>,
    account: i64,
    kind: NoteKind,
    ids: &mut HashMap<String, String>,
    note: Note,
    now: i64,
) -> Result<()> {
    let natural = record_key::natural_value(kind, &note.fields);
    let known = natural.as_ref().and_then(|value| ids.get(value));
    let id = note
        .id
        .or_else(|| known.cloned())
        .unwrap_or_else(|| record_key::id_of_note(kind, note.date, &note.fields));
    ids.extend(natural.map(|value| (value, id.clone())));
    // A record without a date keeps the date under which it is stored.
    let sql = "INSERT INTO account_records AS r (account_no, kind, id, date, fields)
        VALUES ($1, $2, $3, coalesce($4::bigint, $6), $5)
        ON CONFLICT (account_no, kind, id) DO UPDATE SET date = coalesce($4::bigint, r.date),
            fields = excluded.fields";
    let (date, fields) = (note.date, json::text(&note.fields));
    execute(
        tx,
        sql,
        &[&account, &kind.name(), &id, &date, &fields, &now],
    )
    .await?;
    Ok(())
}

/// The ids of the records of a kind by their natural values. A record without an id stands for the
/// stored record with the same natural value, whatever the id of that is.
async fn natural_ids(tx: &Tx<'_>, account: i64, kind: NoteKind) -> Result<HashMap<String, String>> {
    let mut found = HashMap::new();
    if record_key::natural_field(kind).is_none() {
        return Ok(found);
    }
    let sql = "SELECT id, fields FROM account_records WHERE account_no = $1 AND kind = $2
        ORDER BY no";
    for row in query(tx, sql, &[&account, &kind.name()]).await? {
        if let Some(value) = record_key::natural_value(kind, &json::object(row.get(1))) {
            found.entry(value).or_insert(row.get(0));
        }
    }
    Ok(found)
}

/// Removes a record by its id. Returns false when the account has no such record.
pub(super) async fn delete(tx: &Tx<'_>, account: i64, kind: RecordKind, id: &str) -> Result<bool> {
    let removed = match kind {
        RecordKind::Financials => {
            let sql = "DELETE FROM financials WHERE account_no = $1 AND id = $2";
            execute(tx, sql, &[&account, &id]).await?
        }
        RecordKind::Notes(kind) => {
            let sql = "DELETE FROM account_records WHERE account_no = $1 AND kind = $2 AND id = $3";
            execute(tx, sql, &[&account, &kind.name(), &id]).await?
        }
    };
    Ok(removed > 0)
}

/// Removes the customer success managers with an e-mail address from an account, and
/// returns their number.
pub(super) async fn delete_manager(tx: &Tx<'_>, account: i64, email: &str) -> Result<usize> {
    let kind = NoteKind::AssignedCsms.name();
    let sql = "SELECT no, fields FROM account_records WHERE account_no = $1 AND kind = $2";
    let rows = query(tx, sql, &[&account, &kind]).await?;
    let email = folded(email.trim());
    let removed: Vec<i64> = rows
        .iter()
        .filter(|row| {
            let fields = json::object(row.get(1));
            record_key::natural_value(NoteKind::AssignedCsms, &fields).as_deref() == Some(&*email)
        })
        .map(|row| row.get(0))
        .collect();
    let sql = "DELETE FROM account_records WHERE no = ANY($1)";
    Ok(execute(tx, sql, &[&removed]).await? as usize)
}

/// Lists the records of a kind, newest first. Returns one page and the total number.
pub(super) async fn list(
    tx: &Tx<'_>,
    account: i64,
    kind: RecordKind,
    page: Page,
) -> Result<Listed<Value>> {
    let (limit, offset) = (page.limit, page.offset());
    match kind {
        RecordKind::Financials => {
            let sql = "SELECT COUNT(*) FROM financials WHERE account_no = $1";
            let total = query_one(tx, sql, &[&account]).await?.get(0);
            let sql = "SELECT id, date, name, amount, currency FROM financials
                WHERE account_no = $1 ORDER BY date DESC, no DESC LIMIT $2 OFFSET $3";
            let rows = query(tx, sql, &[&account, &limit, &offset]).await?;
            let records = rows.iter().map(|row| {
                serde_json::json!({
                    "id": row.get::<_, &str>(0),
                    "date": row.get::<_, i64>(1),
                    "name": row.get::<_, &str>(2),
                    "amount": Amount(row.get::<_, i64>(3).into()),
                    "currency": row.get::<_, &str>(4),
                })
            });
            Ok((records.collect(), total))
        }
        RecordKind::Notes(kind) => {
            let sql = "SELECT COUNT(*) FROM account_records WHERE account_no = $1 AND kind = $2";
            let total = query_one(tx, sql, &[&account, &kind.name()]).await?.get(0);
            let sql = "SELECT id, date, fields FROM account_records
                WHERE account_no = $1 AND kind = $2
                ORDER BY date DESC, no DESC LIMIT $3 OFFSET $4";
            let rows = query(tx, sql, &[&account, &kind.name(), &limit, &offset]).await?;
            let records = rows.iter().map(|row| {
                let mut record: Map<String, Value> = json::object(row.get(2));
                record.insert("id".into(), row.get::<_, String>(0).into());
                record.insert("date".into(), row.get::<_, i64>(1).into());
                Value::Object(record)
            });
            Ok((records.collect(), total))
        }
    }
}

/// Sums up the records of an account. [`FigureKind::rolls_up`] decides for each kind whether the
/// records of the subtree are included. Financial records dated after `now` do not count yet.
pub(super) async fn summary(tx: &Tx<'_>, account: i64, now: i64) -> Result<Summary> {
    Ok(Summary {
        financials: financials(tx, account, now).await?,
        support_tickets: notes(tx, account, NoteKind::SupportTickets).await?,
        interactions: notes(tx, account, NoteKind::Interactions).await?,
        notes: notes(tx, account, NoteKind::Notes).await?,
    })
}

async fn notes(tx: &Tx<'_>, account: i64, kind: NoteKind) -> Result<i64> {
    let sql = "WITH RECURSIVE scope (no) AS (
            SELECT $1::bigint UNION ALL
            SELECT a.no FROM scope JOIN accounts a ON a.parent_no = scope.no WHERE $3
        )
        SELECT COUNT(*) FROM scope JOIN account_records r
            ON r.account_no = scope.no AND r.kind = $2";
    let rolls_up = kind.figure().rolls_up();
    let row = query_one(tx, sql, &[&account, &kind.name(), &rolls_up]).await?;
    Ok(row.get(0))
}

/// The financial records of an account and its subtree, without deactivated descendants and what is
/// below them.
async fn financials(
    tx: &Tx<'_>,
    account: i64,
    now: i64,
) -> Result<Vec<crate::store::summary::CurrencySum>> {
    let sql = "WITH RECURSIVE scope (no, counts) AS (
            SELECT $1::bigint, true UNION ALL
            SELECT a.no, scope.counts AND NOT a.is_deleted
            FROM scope JOIN accounts a ON a.parent_no = scope.no
            WHERE $2
        )
        SELECT f.account_no, f.currency, f.name, f.amount, f.date
        FROM scope JOIN financials f ON f.account_no = scope.no
        WHERE scope.counts AND f.date <= $3 ORDER BY f.date, f.no";
    let rolls_up = FigureKind::Financials.rolls_up();
    let mut sums = FinancialSums::default();
    for row in query(tx, sql, &[&account, &rolls_up, &now]).await? {
        sums.add(FinancialRow {
            account: row.get(0),
            currency: row.get(1),
            name: row.get(2),
            amount: Amount(row.get::<_, i64>(3).into()),
            month: Month::at(row.get(4)).to_string(),
        });
    }
    Ok(sums.finish())
}
