//! The alert rules.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::{
    model::alert_rule::AlertRule,
    store::{
        alerts::{MAX_RULES, RuleError, StoredRule},
        sqlite::{account_rows, counters::ALERT_RULES},
    },
};

const SELECT: &str = "SELECT r.id, r.rule, r.created_at, r.checked_at,
         (SELECT COUNT(*) FROM alerts a WHERE a.rule_id = r.id AND a.ended_at IS NULL)
     FROM alert_rules r";

fn read(row: &Row<'_>) -> rusqlite::Result<StoredRule> {
    Ok(StoredRule {
        id: row.get(0)?,
        rule: read_rule(row, 1)?,
        created_at: row.get(2)?,
        checked_at: row.get(3)?,
        holding: row.get(4)?,
    })
}

/// Reads the rule in a column.
pub(super) fn read_rule(row: &Row<'_>, column: usize) -> rusqlite::Result<AlertRule> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text).map_err(|cause| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, cause.into())
    })
}

/// Lists the rules by name.
///
/// # Errors
/// Fails when SQLite fails.
pub fn list(conn: &Connection) -> rusqlite::Result<Vec<StoredRule>> {
    conn.prepare_cached(&format!("{SELECT} ORDER BY r.name COLLATE NOCASE, r.name"))?
        .query_map([], read)?
        .collect()
}

/// Finds a rule.
///
/// # Errors
/// Fails when SQLite fails.
pub fn find(conn: &Connection, id: i64) -> rusqlite::Result<Option<StoredRule>> {
    conn.prepare_cached(&format!("{SELECT} WHERE r.id = ?1"))?
        .query_row([id], read)
        .optional()
}

/// Finds the rules that have not been checked since a time.
///
/// # Errors
/// Fails when SQLite fails.
pub fn due(conn: &Connection, since: i64) -> rusqlite::Result<Vec<i64>> {
    conn.prepare_cached(
        "SELECT id FROM alert_rules WHERE IFNULL(checked_at, ?1) <= ?1 ORDER BY id",
    )?
    .query_map([since], |row| row.get(0))?
    .collect()
}

/// Stores a new rule and returns its number.
///
/// # Errors
/// Fails when SQLite fails; the inner error says why the rule is not stored.
pub fn insert(
    tx: &Transaction<'_>,
    rule: &AlertRule,
    now: i64,
) -> rusqlite::Result<Result<i64, RuleError>> {
    if let Some(unknown) = unknown_account(tx, rule)? {
        return Ok(Err(unknown));
    }
    let count: i64 = tx.query_row("SELECT COUNT(*) FROM alert_rules", [], |row| row.get(0))?;
    if count >= MAX_RULES {
        return Ok(Err(RuleError::TooMany));
    }
    let inserted = tx.execute(
        "INSERT INTO alert_rules (id, name, rule, created_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (name) DO NOTHING",
        params![ALERT_RULES.next(tx)?, rule.name, text(rule), now],
    )?;
    if inserted == 0 {
        return Ok(Err(RuleError::NameInUse));
    }
    Ok(Ok(tx.last_insert_rowid()))
}

/// The refusal of a rule below an unknown account, which would never match.
fn unknown_account(tx: &Transaction<'_>, rule: &AlertRule) -> rusqlite::Result<Option<RuleError>> {
    Ok(match &rule.account_id {
        Some(id) if account_rows::find_row(tx, id)?.is_none() => {
            Some(RuleError::UnknownAccount(id.clone()))
        }
        Some(_) | None => None,
    })
}

/// Replaces a rule. Returns false when it is unknown. Alerts of the old rule end with the next
/// check, unless the new rule still matches.
///
/// # Errors
/// Fails when SQLite fails; the inner error says why the rule is not stored.
pub fn update(
    tx: &Transaction<'_>,
    id: i64,
    rule: &AlertRule,
) -> rusqlite::Result<Result<bool, RuleError>> {
    if let Some(unknown) = unknown_account(tx, rule)? {
        return Ok(Err(unknown));
    }
    let in_use: bool = tx.query_row(
        "SELECT EXISTS (SELECT 1 FROM alert_rules WHERE name = ?1 AND id <> ?2)",
        params![rule.name, id],
        |row| row.get(0),
    )?;
    if in_use {
        return Ok(Err(RuleError::NameInUse));
    }
    let updated = tx.execute(
        "UPDATE alert_rules SET name = ?2, rule = ?3, checked_at = NULL WHERE id = ?1",
        params![id, rule.name, text(rule)],
    )?;
    Ok(Ok(updated > 0))
}

/// Removes a rule with its alerts and messages. Returns false when it is unknown.
///
/// # Errors
/// Fails when SQLite fails.
pub fn delete(tx: &Transaction<'_>, id: i64) -> rusqlite::Result<bool> {
    ALERT_RULES.record_last(tx)?;
    Ok(tx.execute("DELETE FROM alert_rules WHERE id = ?1", [id])? > 0)
}

/// Records that a rule was checked.
///
/// # Errors
/// Fails when SQLite fails.
pub fn set_checked(tx: &Transaction<'_>, id: i64, now: i64) -> rusqlite::Result<()> {
    tx.execute(
        "UPDATE alert_rules SET checked_at = ?2 WHERE id = ?1",
        [id, now],
    )?;
    Ok(())
}

fn text(rule: &AlertRule) -> String {
    serde_json::to_string(rule).expect("a rule is plain values")
}
