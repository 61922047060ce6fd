//! Takes back fields of accounts and users that public sources set.

use serde_json::Map;

use super::remaining::{Remaining, named_by_stream};
use crate::{
    model::{
        account::Account, public_fields::PublicFields, remaining_fields::RemainingFields,
        trust::Trust, user::User,
    },
    store::{
        identification::Subject,
        scaled::{
            account_rows, accounts,
            ancestry::Ancestry,
            failure::Result,
            layers::{self, InTable},
            postgres::{Tx, execute, query_opt},
        },
        traces::Identification,
    },
};

/// Takes back the fields that a stream set.
pub(super) async fn remove_stream<T: InTable>(
    tx: &Tx<'_>,
    stream: &str,
    remaining: &Remaining,
) -> Result<()> {
    for (no, id) in named_by_stream::<T>(tx, stream).await? {
        let remove = |public: &mut PublicFields| public.remove_stream(stream);
        take_back_from::<T>(tx, no, &id, remaining, remove).await?;
    }
    Ok(())
}

/// Takes back the fields that identifications of public sources set.
pub(super) async fn take_back(
    tx: &Tx<'_>,
    identifications: impl Iterator<Item = &Identification>,
    remaining: &Remaining,
) -> Result<()> {
    for identification in identifications {
        let stream = identification.stream.as_deref();
        let remove = |public: &mut PublicFields| {
            public.remove_identification(&identification.details, identification.at, stream)
        };
        match identification.subject {
            Subject::Account => {
                let id = &identification.account_id;
                if let Some(no) = account_rows::find_no(tx, id).await? {
                    take_back_from::<Account>(tx, no, id, remaining, remove).await?;
                }
            }
            Subject::User => {
                let id = &identification.user_id;
                let sql = "SELECT no FROM users WHERE user_id = $1";
                if let Some(row) = query_opt(tx, sql, &[id]).await? {
                    take_back_from::<User>(tx, row.get(0), id, remaining, remove).await?;
                }
            }
        }
    }
    Ok(())
}

/// Takes fields of one record back. The fields that remain replace them.
async fn take_back_from<T: InTable>(
    tx: &Tx<'_>,
    no: i64,
    id: &str,
    remaining: &Remaining,
    remove: impl FnOnce(&mut PublicFields) -> Vec<String>,
) -> Result<()> {
    let mut layers = layers::find::<T>(tx, no).await?;
    let remaining = remaining.of(T::SUBJECT, id);
    let leaves = layers.take_back(remove, remaining);
    layers::write(&layers, tx, no).await?;
    if !leaves {
        return Ok(());
    }
    leave(tx, no).await?;
    let Some(parent) = remaining.and_then(RemainingFields::parent) else {
        return Ok(());
    };
    let details = Map::from_iter([("parent_account_id".to_owned(), parent.value.clone())]);
    let trust = Trust::Public {
        may_set_parent: true,
    };
    let (by, ancestry) = (&parent.by, &mut Ancestry::default());
    accounts::identify(
        tx,
        ancestry,
        id,
        details,
        by.at,
        by.stream.as_deref(),
        trust,
    )
    .await
}

/// Removes an account from the parent that a public source has set.
async fn leave(tx: &Tx<'_>, no: i64) -> Result<()> {
    let sql = "UPDATE accounts SET parent_no = NULL WHERE no = $1";
    execute(tx, sql, &[&no]).await?;
    Ok(())
}
