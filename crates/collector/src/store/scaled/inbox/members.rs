//! The users of a group of batches, and the accounts and users that it creates.

use std::collections::{HashMap, HashSet};

use natero_event::received::ReceivedEvent;

use super::fate::Fates;
use crate::store::{
    batch::Batch,
    scaled::{
        failure::Result,
        postgres::{Tx, execute, query},
    },
};

/// The known users among those that the events name.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// The account of each user.
    pub(super) account_of: HashMap<String, String>,
    /// All of these accounts.
    accounts: HashSet<String>,
    /// Those accounts that have no usage yet.
    pub(super) unused: HashSet<String>,
}

impl Members {
    /// Looks up the users of batches.
    pub(super) async fn read(tx: &Tx<'_>, batches: &[Batch]) -> Result<Self> {
        let users: HashSet<&str> = batches
            .iter()
            .flat_map(|batch| &batch.events)
            .map(|new| new.event.user_id.as_str())
            .collect();
        let users: Vec<&str> = users.into_iter().collect();
        // With `= ANY` and this many values, all users would be compared with each.
        let sql = "SELECT u.user_id, a.account_id, a.has_usage
            FROM unnest($1::text[]) AS n (user_id)
                JOIN users u ON u.user_id = n.user_id JOIN accounts a ON a.no = u.account_no";
        let mut members = Members::default();
        for row in query(tx, sql, &[&users]).await? {
            let account_id: String = row.get(1);
            if !members.accounts.contains(&account_id) {
                members.accounts.insert(account_id.clone());
                if !row.get::<_, bool>(2) {
                    members.unused.insert(account_id.clone());
                }
            }
            members.account_of.insert(row.get(0), account_id);
        }
        Ok(members)
    }

    /// Whether the user of an event, and the account that it names, are known.
    pub(super) fn has(&self, event: &ReceivedEvent) -> bool {
        let is_known = |account_id: &str| self.accounts.contains(account_id);
        self.account_of.contains_key(event.user_id.as_str())
            && event.account_id.as_deref().is_none_or(is_known)
    }

    /// Inserts the unknown accounts that new events name.
    pub(super) async fn insert_accounts(&self, tx: &Tx<'_>, fates: &Fates) -> Result<()> {
        let named: Vec<&str> = fates
            .accounts
            .iter()
            .map(String::as_str)
            .filter(|account_id| !self.accounts.contains(*account_id))
            .collect();
        if named.is_empty() {
            return Ok(());
        }
        // Most accounts are known. They are filtered out, because each conflict of an insert uses
        // up an account number.
        let sql = "INSERT INTO accounts (account_id)
            SELECT n.account_id FROM unnest($1::text[]) AS n (account_id)
            WHERE NOT EXISTS (SELECT 1 FROM accounts a WHERE a.account_id = n.account_id)
            ORDER BY n.account_id COLLATE \"C\"
            ON CONFLICT DO NOTHING";
        execute(tx, sql, &[&named]).await?;
        Ok(())
    }
}

/// Inserts the users that no event has named before.
pub(super) async fn insert_users(tx: &Tx<'_>, fates: &Fates) -> Result<()> {
    let (users, accounts): (Vec<&str>, Vec<&str>) = fates
        .users
        .iter()
        .map(|(user, account)| (user.as_str(), account.as_str()))
        .unzip();
    let sql = "INSERT INTO users (user_id, account_no)
        SELECT n.user_id, a.no FROM unnest($1::text[], $2::text[]) AS n (user_id, account_id)
            JOIN accounts a ON a.account_id = n.account_id
        ORDER BY n.user_id COLLATE \"C\"
        ON CONFLICT DO NOTHING";
    execute(tx, sql, &[&users, &accounts]).await?;
    Ok(())
}
