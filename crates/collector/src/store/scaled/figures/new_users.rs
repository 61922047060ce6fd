//! Users who had their first event recently.

use super::reading::Reading;
use crate::{
    model::{
        quarter::QUARTER_MS,
        usage::{Filter, Span},
    },
    store::scaled::failure::Result,
};

/// The first use of a user in an account.
#[derive(Debug)]
pub(in crate::store::scaled) struct FirstUse {
    /// Id of the user.
    pub(in crate::store::scaled) user_id: String,
    /// Id of the account.
    pub(in crate::store::scaled) account_id: String,
    /// The quarter of an hour of that use.
    pub(in crate::store::scaled) quarter: u32,
}

/// For users whose first counted use is not more than a quarter of an hour older than a time, reads
/// the first counted use in each account.
pub(in crate::store::scaled) async fn since(
    reading: &Reading,
    from: i64,
    filter: &Filter,
) -> Result<Vec<FirstUse>> {
    let sql = |facts: &str| {
        format!(
            "SELECT user_id, account_id, min(quarter) FROM ({facts})
         WHERE counts = 1 AND user_id IN (
            SELECT user_id FROM ({facts}) WHERE counts = 1
            GROUP BY user_id HAVING (min(quarter) + 1) * {QUARTER_MS} > {from})
         GROUP BY user_id, account_id"
        )
    };
    let mut rows = reading.ask((Span::ALL, filter), sql, Vec::new()).await?;
    let mut found = Vec::new();
    while rows.has_more() {
        found.push(FirstUse {
            user_id: rows.text()?,
            account_id: rows.text()?,
            quarter: rows.small()?,
        });
    }
    Ok(found)
}
