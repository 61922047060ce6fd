//! Accounts and users.

use serde_json::Value;

use super::{ask, read, write, write_unless_rejected};
use crate::{
    model::{
        account::{Account, AccountPatch},
        page::Page,
        record::RecordError,
        usage::{Filter, Span},
        user::{User, UserPatch},
        visibility::Visibility,
    },
    store::{
        accounts::{AccountsQuestion, RecordOutcome, UsersQuestion},
        answer::Answer,
        error::StoreError,
        import::{Import, ImportKind, ImportReport, ParentWithUsage},
        operations::AccountOperations,
        records::Listed,
        scaled::{
            ScaledStore, account_rows, accounts, figures, import, retry::retried, undescribed,
            user_records, users,
        },
        usage::{RowPage, UsageQuestion},
    },
};

impl AccountOperations for ScaledStore {
    fn account(&self, account_id: String) -> Answer<'_, Option<Account>> {
        read!(self, tx => accounts::find(tx, &account_id).await?)
    }

    fn accounts(
        &self,
        question: AccountsQuestion,
        page: Page,
    ) -> Answer<'_, Option<Listed<Account>>> {
        read!(self, tx => {
            let parent = match &question.parent {
                None => None,
                Some(id) => match account_rows::find_no(tx, id).await? {
                    None => return Ok(None),
                    found => found,
                },
            };
            Some(accounts::list(tx, parent, &question, page).await?)
        })
    }

    fn put_account(&self, patch: AccountPatch, now: i64) -> Answer<'_, Result<(), RecordError>> {
        write_unless_rejected!(self, tx => accounts::put(tx, patch.clone(), now).await?)
    }

    fn put_accounts(
        &self,
        patches: Vec<(usize, AccountPatch)>,
        now: i64,
    ) -> Answer<'_, Vec<RecordOutcome>> {
        write!(self, tx => accounts::put_many(tx, patches.clone(), now).await?)
    }

    fn deactivate_account(&self, account_id: String) -> Answer<'_, bool> {
        write!(self, tx => accounts::deactivate(tx, &account_id).await?)
    }

    fn remove_undescribed(&self, account_id: String) -> Answer<'_, bool> {
        Box::pin(
            async move { Ok(undescribed::remove(&self.pool, &self.nodes, &account_id).await?) },
        )
    }

    fn user(&self, user_id: String) -> Answer<'_, Option<User>> {
        read!(self, tx => users::find(tx, &user_id).await?)
    }

    fn users(&self, question: UsersQuestion, page: Page) -> Answer<'_, Option<Listed<User>>> {
        read!(self, tx => {
            let account = match &question.account_id {
                None => None,
                Some(id) => match account_rows::find_no(tx, id).await? {
                    None => return Ok(None),
                    found => found,
                },
            };
            Some(users::list(tx, account, &question.filter, page).await?)
        })
    }

    fn put_user(&self, patch: UserPatch, now: i64) -> Answer<'_, Result<(), RecordError>> {
        write_unless_rejected!(self, tx => {
            user_records::lock(tx).await?;
            user_records::put(tx, patch.clone(), now).await?
        })
    }

    fn put_users(
        &self,
        patches: Vec<(usize, UserPatch)>,
        now: i64,
    ) -> Answer<'_, Vec<RecordOutcome>> {
        write!(self, tx => {
            user_records::lock(tx).await?;
            user_records::put_many(tx, patches.clone(), now).await?
        })
    }

    fn deactivate_user(&self, user_id: String) -> Answer<'_, bool> {
        write!(self, tx => users::deactivate(tx, &user_id).await?)
    }

    fn import(&self, import: Import, now: i64) -> Answer<'_, ImportReport> {
        Box::pin(run_import(self, import, now))
    }
}

/// Imports records. A dry run is an import that is rolled back.
async fn run_import(
    store: &ScaledStore,
    import: Import,
    now: i64,
) -> Result<ImportReport, StoreError> {
    let Import {
        kind,
        records,
        is_dry_run,
    } = import;
    let at_risk = match kind {
        ImportKind::Accounts => parents_with_usage(store, &records).await?,
        ImportKind::Users => Vec::new(),
    };
    let report = retried(|| async {
        let mut client = store.client().await?;
        let tx = client.transaction().await?;
        let (records, at_risk) = (records.clone(), at_risk.clone());
        let report = match kind {
            ImportKind::Accounts => import::accounts(&tx, records, at_risk, now).await?,
            ImportKind::Users => import::users(&tx, records, now).await?,
        };
        if is_dry_run {
            tx.rollback().await?;
        } else {
            tx.commit().await?;
        }
        Ok(report)
    });
    Ok(report.await?)
}

/// The parents named in account records whose own usage would no longer count.
fn parents_with_usage<'a>(
    store: &'a ScaledStore,
    records: &'a [(u64, Value)],
) -> Answer<'a, Vec<ParentWithUsage>> {
    ask!(store, tx => {
        let parents = import::parents_at_risk(tx, records).await?;
        let mut at_risk = Vec::with_capacity(parents.len());
        for account_id in parents {
            let usage = figures::usage(tx, &store.nodes, &own_usage(&account_id)).await?;
            let events = usage.map_or(0, |usage| usage.totals.events);
            at_risk.push(ParentWithUsage { account_id, events });
        }
        at_risk
    })
}

/// The question for the usage of an account without its subtree.
fn own_usage(account_id: &str) -> UsageQuestion {
    UsageQuestion {
        account_id: account_id.to_owned(),
        within: Visibility::All,
        rollup: false,
        by: None,
        span: Span::ALL,
        before: None,
        time_zone: crate::model::calendar::TimeZone::UTC,
        filter: Filter::default(),
        page: RowPage::ALL,
    }
}
