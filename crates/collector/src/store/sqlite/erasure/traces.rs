//! Finds what events leave behind outside of their own tables and figures.

use std::collections::BTreeSet;

use natero_event::ActionKind;
use rusqlite::{Transaction, params};

use crate::store::{
    identification::Subject,
    sqlite::{
        event_months, json, recount,
        rows::{AccountRow, EventRow, UserRow},
    },
    traces::{Said, Traces},
};

/// The traces of events that are about to be deleted.
pub(super) fn read(tx: &Transaction<'_>, events: &[EventRow]) -> rusqlite::Result<Traces> {
    let mut traces = Traces::default();
    for event in events {
        let Some(month) = event_months::of_event(tx, *event)? else {
            continue;
        };
        tx.prepare_cached(&format!(
            "SELECT e.account_id, e.user_id, e.stream_id, e.action, e.details, e.created_at, e.seq,
                 s.trusted AND NOT e.set_aside
             FROM {} e JOIN sources s ON s.id = e.source_id WHERE e.id = ?1",
            event_months::table(month)
        ))?
        .query_row([event], |row| {
            let action = ActionKind::from_name(row.get_ref(3)?.as_str()?);
            let details: Option<String> = row.get(4)?;
            let said = action.and_then(Subject::of).zip(details);
            let is_trusted = row.get(7)?;
            traces.add(
                (row.get(0)?, row.get(1)?, row.get(2)?),
                row.get(6).ok(),
                said.map(|(subject, details)| Said {
                    subject,
                    details: json::object(&details),
                    is_trusted,
                }),
                row.get(5)?,
            );
            Ok(())
        })?;
    }
    Ok(traces)
}

/// The users that nothing else has named: none of their events remains, neither in tables nor in
/// figures, and neither the Account API nor a trusted source has described them.
pub(super) fn invented_users(
    tx: &Transaction<'_>,
    traces: &Traces,
) -> rusqlite::Result<BTreeSet<UserRow>> {
    let mut invented = BTreeSet::new();
    for user_id in &traces.users {
        let mut find = tx.prepare_cached(
            "SELECT no FROM users WHERE user_id = ?1 AND details_at = 0 AND is_deleted = 0",
        )?;
        let mut rows = find.query([user_id])?;
        if let Some(row) = rows.next()? {
            invented.insert(row.get(0)?);
        }
    }
    recount::keep_unused(tx, &mut invented)?;
    Ok(invented)
}

/// The accounts that nothing else has named. They must also have no users, children, records or
/// figures.
pub(super) fn invented_accounts(
    tx: &Transaction<'_>,
    traces: &Traces,
) -> rusqlite::Result<Vec<AccountRow>> {
    let mut find = tx.prepare_cached(
        "SELECT no FROM accounts a WHERE account_id = ?1 AND details_at = 0 AND is_deleted = 0
             AND NOT EXISTS (SELECT 1 FROM users WHERE account_no = a.no)
             AND NOT EXISTS (SELECT 1 FROM accounts WHERE parent_no = a.no)
             AND NOT EXISTS (SELECT 1 FROM usage_segments WHERE account_no = a.no)
             AND NOT EXISTS (SELECT 1 FROM financials WHERE account_no = a.no)
             AND NOT EXISTS (SELECT 1 FROM account_records WHERE account_no = a.no)",
    )?;
    let mut invented = Vec::new();
    for account_id in &traces.accounts {
        let mut rows = find.query(params![account_id])?;
        if let Some(row) = rows.next()? {
            invented.push(row.get(0)?);
        }
    }
    Ok(invented)
}
