//! Problems of the data: usage that does not count, accounts that nobody described, and events that
//! were lost, each with who, where and since when.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

use super::{
    facts::{Fact, QUARTER_MS},
    hierarchy::{Node, Scope},
    rows::{AccountRow, UserRow},
    stream_owners,
    usage::{CaptureStatus, Detail, scan},
    visible::VisibleAccounts,
};
use crate::{
    model::usage::Span,
    store::quality::{
        AccountLoss, Losses, MAX_STREAMS, NonLeafUsage, PhantomParent, StreamLoss, Uncounted,
        UncountedUsage, UserConflict,
    },
};

impl Uncounted {
    fn of(fact: &Fact) -> Self {
        let at = i64::from(fact.key.quarter) * QUARTER_MS;
        Uncounted {
            events: i64::try_from(fact.sums.events).unwrap_or(i64::MAX),
            first_at: at,
            last_at: at,
        }
    }
}

/// Reads the usage of a span that does not count.
///
/// # Errors
/// Fails when SQLite fails.
pub fn uncounted(conn: &Connection, span: Span) -> rusqlite::Result<UncountedUsage> {
    let scope = Scope::from_nodes(nodes_with_uncounted(conn)?);
    let mut non_leaf: BTreeMap<AccountRow, (Uncounted, BTreeSet<UserRow>)> = BTreeMap::new();
    let mut conflicts: BTreeMap<(AccountRow, UserRow), Uncounted> = BTreeMap::new();
    scan(
        conn,
        &scope,
        span,
        Detail::Groups,
        |account, status, fact| {
            let events = Uncounted::of(fact);
            match status {
                CaptureStatus::Counted => {}
                CaptureStatus::NonLeaf => {
                    let of = non_leaf
                        .entry(account)
                        .and_modify(|of| of.0.add(events))
                        .or_insert_with(|| (events, BTreeSet::new()));
                    of.1.insert(fact.key.user);
                }
                CaptureStatus::UserConflict => {
                    conflicts
                        .entry((account, fact.key.user))
                        .and_modify(|of| of.add(events))
                        .or_insert(events);
                }
            }
        },
    )?;
    let mut account = conn.prepare_cached(
        "SELECT a.account_id, a.name, (SELECT COUNT(*) FROM accounts c
             WHERE c.parent_no = a.no AND c.is_deleted = 0)
         FROM accounts a WHERE a.no = ?1",
    )?;
    let mut user = conn.prepare_cached(
        "SELECT u.user_id, a.account_id, a.name FROM users u
             JOIN accounts a ON a.no = u.account_no WHERE u.no = ?1",
    )?;
    let mut found = UncountedUsage::default();
    for (row, (events, users)) in non_leaf {
        found.non_leaf.push(account.query_row([row], |row| {
            Ok(NonLeafUsage {
                account_id: row.get(0)?,
                account_name: row.get(1)?,
                children: row.get(2)?,
                events,
                users: users.len(),
            })
        })?);
    }
    for ((row, user_row), events) in conflicts {
        let (account_id, account_name) =
            account.query_row([row], |row| Ok((row.get(0)?, row.get(1)?)))?;
        found.conflicts.push(user.query_row([user_row], |row| {
            Ok(UserConflict {
                user_id: row.get(0)?,
                home_id: row.get(1)?,
                home_name: row.get(2)?,
                account_id,
                account_name,
                events,
            })
        })?);
    }
    Ok(found)
}

/// The accounts that may have usage that does not count.
fn nodes_with_uncounted(conn: &Connection) -> rusqlite::Result<Vec<Node>> {
    conn.prepare_cached(
        "SELECT a.no, NOT EXISTS (
             SELECT 1 FROM accounts c WHERE c.parent_no = a.no AND c.is_deleted = 0) AS leaf
         FROM accounts a WHERE NOT leaf OR EXISTS (
             SELECT 1 FROM usage_segments s WHERE s.account_no = a.no AND s.is_set_aside = 1)",
    )?
    .query_map([], |row| {
        Ok(Node {
            account: row.get(0)?,
            is_leaf: row.get(1)?,
        })
    })?
    .collect()
}

/// Reads the number of events of each user that do not count in a span, in the visible accounts.
///
/// # Errors
/// Fails when SQLite fails.
pub(super) fn uncounted_of_users(
    conn: &Connection,
    within: VisibleAccounts,
    span: Span,
) -> rusqlite::Result<BTreeMap<UserRow, u64>> {
    let mut nodes = nodes_with_uncounted(conn)?;
    if let Some(root) = within.root()? {
        let seen = Scope::of(conn, root, true)?;
        nodes.retain(|node| seen.is_leaf(node.account).is_some());
    }
    let mut events: BTreeMap<UserRow, u64> = BTreeMap::new();
    if nodes.is_empty() {
        return Ok(events);
    }
    let scope = Scope::from_nodes(nodes);
    scan(conn, &scope, span, Detail::Groups, |_, status, fact| {
        if status != CaptureStatus::Counted {
            *events.entry(fact.key.user).or_default() += fact.sums.events;
        }
    })?;
    Ok(events)
}

/// Finds the accounts that exist only because others name them as their parent: no record, event or
/// user describes them. A typing error creates such an account.
///
/// # Errors
/// Fails when SQLite fails.
pub fn phantom_parents(conn: &Connection) -> rusqlite::Result<Vec<PhantomParent>> {
    conn.prepare_cached(
        "SELECT a.account_id, COUNT(c.no), MIN(IFNULL(c.name, c.account_id))
         FROM accounts a JOIN accounts c ON c.parent_no = a.no AND c.is_deleted = 0
         WHERE a.details_at = 0 AND a.name IS NULL AND a.hierarchy_label IS NULL
             AND a.join_date IS NULL AND a.details = '{}'
             AND NOT EXISTS (SELECT 1 FROM usage_segments s WHERE s.account_no = a.no)
             AND NOT EXISTS (SELECT 1 FROM users u WHERE u.account_no = a.no)
         GROUP BY a.no ORDER BY 2 DESC, 1",
    )?
    .query_map([], |row| {
        Ok(PhantomParent {
            account_id: row.get(0)?,
            children: row.get(1)?,
            example: row.get(2)?,
        })
    })?
    .collect()
}

/// Sums up the losses of the streams that began in a span by account.
///
/// # Errors
/// Fails when SQLite fails.
pub fn losses(conn: &Connection, span: Span) -> rusqlite::Result<Vec<AccountLoss>> {
    let streams = conn
        .prepare_cached(
            "SELECT stream_id, made, made - received - rejected, first_at FROM streams
             WHERE first_at >= ?1 AND first_at < ?2 AND made > received + rejected
             ORDER BY made - received - rejected DESC LIMIT ?3",
        )?
        .query_map(params![span.from, span.to, MAX_STREAMS], |row| {
            let loss = StreamLoss {
                made: row.get(1)?,
                missing: row.get(2)?,
                first_at: row.get(3)?,
            };
            Ok((row.get(0)?, loss))
        })?
        .collect::<rusqlite::Result<Vec<(String, StreamLoss)>>>()?;
    let mut losses = Losses::default();
    for (stream_id, loss) in streams {
        losses.add(&loss, stream_owners::find(conn, &stream_id)?);
    }
    Ok(losses.finish())
}
