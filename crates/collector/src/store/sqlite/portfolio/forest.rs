//! All accounts in memory, with the times of their use.

use rusqlite::Connection;
use serde_json::Map;

use crate::store::{
    portfolio::{Forest, ListedAccount, Own, Uses},
    sqlite::{json, rows::AccountRow},
};

/// Reads all accounts, or those of one subtree.
pub(super) fn read(conn: &Connection, within: Option<AccountRow>) -> rusqlite::Result<Forest> {
    const COLUMNS: &str = "a.no, a.account_id, a.name, a.hierarchy_label, a.join_date,
        a.details, a.is_deleted, a.parent_no";
    let sql = match within {
        None => format!("SELECT {COLUMNS} FROM accounts a WHERE ?1 IS NULL"),
        Some(_) => format!(
            "WITH RECURSIVE below (no) AS (
                 SELECT ?1 UNION ALL
                 SELECT c.no FROM below JOIN accounts c ON c.parent_no = below.no
             )
             SELECT {COLUMNS} FROM below JOIN accounts a ON a.no = below.no"
        ),
    };
    let (mut numbers, mut parents) = (Vec::new(), Vec::new());
    let accounts = conn
        .prepare_cached(&sql)?
        .query_map([within], |row| {
            numbers.push(row.get(0)?);
            parents.push(row.get(7)?);
            Ok(ListedAccount {
                account_id: row.get(1)?,
                name: row.get(2)?,
                hierarchy_label: row.get(3)?,
                join_date: row.get(4)?,
                details: match row.get_ref(5)?.as_str()? {
                    "{}" => Map::new(),
                    text => json::object(text),
                },
                is_deleted: row.get(6)?,
                is_churned: false,
                children: 0,
            })
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let root = within.map(AccountRow::number);
    Ok(Forest::of(accounts, numbers, &parents, root))
}

/// Reads when each account was used first and last, over all time.
pub(super) fn read_uses(conn: &Connection, forest: &Forest) -> rusqlite::Result<Vec<Uses>> {
    let mut uses = vec![Uses::default(); forest.len()];
    let mut statement = conn.prepare_cached(
        "SELECT account_no, first_quarter, last_quarter FROM usage_segments
         WHERE is_set_aside = 0",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let Some(at) = forest.index(row.get(0)?).filter(|at| forest.is_leaf(*at)) else {
            continue;
        };
        uses[at].extend(row.get(1)?, row.get(2)?);
    }
    Ok(uses)
}

/// Reads which users belong to the accounts.
pub(super) fn read_members(
    conn: &Connection,
    forest: &Forest,
    own: &mut Own,
) -> rusqlite::Result<()> {
    let mut statement =
        conn.prepare_cached("SELECT no, account_no FROM users WHERE is_deleted = 0")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        own.members.add(forest, row.get(0)?, row.get(1)?);
    }
    Ok(())
}
