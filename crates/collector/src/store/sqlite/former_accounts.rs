//! The accounts to which users belonged before they were moved. Usage that counted there stays
//! there, and their pages show it.

use rusqlite::{Connection, Transaction, params};

use super::{
    rows::{AccountRow, UserRow},
    segments,
};

/// The table, and a trigger that fills it for any statement that moves a user.
const TABLE: &str = "
CREATE TABLE former_homes (
    user_no    INTEGER NOT NULL REFERENCES users (no) ON DELETE CASCADE,
    account_no INTEGER NOT NULL REFERENCES accounts (no) ON DELETE CASCADE,
    PRIMARY KEY (user_no, account_no)
) STRICT, WITHOUT ROWID;
CREATE INDEX former_homes_by_account ON former_homes (account_no);
CREATE TRIGGER users_moved AFTER UPDATE OF account_no ON users
    WHEN OLD.account_no <> NEW.account_no BEGIN
        INSERT OR IGNORE INTO former_homes (user_no, account_no)
            VALUES (NEW.no, OLD.account_no);
    END;
";

/// Creates the table. For users of an older file, it is filled from the accounts in which their
/// figures lie.
pub(super) fn migrate(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute_batch(TABLE)?;
    let mut accounts: Vec<Option<AccountRow>> = Vec::new();
    let mut statement = tx.prepare("SELECT no, account_no FROM users")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let place = row.get::<_, UserRow>(0)?.number() as usize;
        if place >= accounts.len() {
            accounts.resize(place + 1, None);
        }
        accounts[place] = Some(row.get(1)?);
    }
    let mut insert =
        tx.prepare("INSERT OR IGNORE INTO former_homes (user_no, account_no) VALUES (?1, ?2)")?;
    for part in segments::parts(tx)? {
        if part.is_set_aside {
            continue;
        }
        let mut moved = Vec::new();
        segments::visit(tx, part, |fact| {
            let user = fact.key.user;
            let account = accounts.get(user.number() as usize).copied().flatten();
            if account.is_some_and(|account| account != part.account) && moved.last() != Some(&user)
            {
                moved.push(user);
            }
        })?;
        for user in moved {
            insert.execute(params![user, part.account])?;
        }
    }
    Ok(())
}

/// The accounts to which a user belonged, in the order in which they were stored. An account to
/// which the user has returned is among them.
pub(super) fn read(conn: &Connection, user: UserRow) -> rusqlite::Result<Vec<AccountRow>> {
    conn.prepare_cached(
        "SELECT account_no FROM former_homes WHERE user_no = ?1 ORDER BY account_no",
    )?
    .query_map([user], |row| row.get(0))?
    .collect()
}

/// Whether a user has belonged to another account than now.
pub(super) fn has_other(conn: &Connection, user: UserRow) -> rusqlite::Result<bool> {
    conn.prepare_cached(
        "SELECT 1 FROM former_homes f JOIN users u ON u.no = f.user_no
         WHERE f.user_no = ?1 AND f.account_no <> u.account_no",
    )?
    .exists([user])
}
