//! Looks up the numbers of accounts by their ids.

use super::{
    failure::Result,
    postgres::{Tx, query_one, query_opt},
};

/// Finds the number of an account.
pub(super) async fn find_no(tx: &Tx<'_>, account_id: &str) -> Result<Option<i64>> {
    let sql = "SELECT no FROM accounts WHERE account_id = $1";
    Ok(query_opt(tx, sql, &[&account_id])
        .await?
        .map(|row| row.get(0)))
}

/// Finds the number of an account, and inserts the account if it is unknown.
pub(super) async fn get_or_insert(tx: &Tx<'_>, account_id: &str) -> Result<i64> {
    Named::find(tx, account_id).await?.get_or_insert(tx).await
}

/// The id of an account, and its number if it is stored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) id: &'a str,
    pub(super) no: Option<i64>,
}

impl<'a> Named<'a> {
    /// Looks up the number of an account.
    pub(super) async fn find(tx: &Tx<'_>, id: &'a str) -> Result<Self> {
        let no = find_no(tx, id).await?;
        Ok(Named { id, no })
    }

    /// Returns the number, inserting the account if it was not found.
    pub(super) async fn get_or_insert(self, tx: &Tx<'_>) -> Result<i64> {
        if let Some(no) = self.no {
            return Ok(no);
        }
        let sql =
            "INSERT INTO accounts (account_id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING no";
        if let Some(row) = query_opt(tx, sql, &[&self.id]).await? {
            return Ok(row.get(0));
        }
        // Another collector inserted it meanwhile.
        let sql = "SELECT no FROM accounts WHERE account_id = $1";
        Ok(query_one(tx, sql, &[&self.id]).await?.get(0))
    }
}
