//! Takes back fields of accounts and users that public sources set.

use rusqlite::{Transaction, types::ToSql};
use serde_json::Map;

use super::remaining::{Remaining, named_by_stream};
use crate::{
    model::{
        account::Account, public_fields::PublicFields, remaining_fields::RemainingFields,
        trust::Trust, user::User,
    },
    store::{
        identification::Subject,
        sqlite::{
            account_rows, accounts,
            ancestry::Ancestry,
            layers::{self, InTable},
            users,
        },
        traces::Identification,
    },
};

/// Takes back the fields that a stream set.
pub(super) fn remove_stream<T: InTable>(
    tx: &Transaction<'_>,
    stream: &str,
    remaining: &Remaining,
) -> rusqlite::Result<()> {
    for (row, id) in named_by_stream::<T>(tx, stream)? {
        let remove = |public: &mut PublicFields| public.remove_stream(stream);
        take_back_from::<T>(tx, row, &id, remaining, remove)?;
    }
    Ok(())
}

/// Takes back the fields that identifications of public sources set.
pub(super) fn take_back<'a>(
    tx: &Transaction<'_>,
    identifications: impl Iterator<Item = &'a Identification>,
    remaining: &Remaining,
) -> rusqlite::Result<()> {
    for identification in identifications {
        let stream = identification.stream.as_deref();
        let remove = |public: &mut PublicFields| {
            public.remove_identification(&identification.details, identification.at, stream)
        };
        match identification.subject {
            Subject::Account => {
                let id = &identification.account_id;
                if let Some(row) = account_rows::find_row(tx, id)? {
                    take_back_from::<Account>(tx, row, id, remaining, remove)?;
                }
            }
            Subject::User => {
                let id = &identification.user_id;
                if let Some((row, _)) = users::find_with_account(tx, id)? {
                    take_back_from::<User>(tx, row, id, remaining, remove)?;
                }
            }
        }
    }
    Ok(())
}

/// Takes fields of one record back. The fields that remain replace them.
fn take_back_from<T: InTable>(
    tx: &Transaction<'_>,
    row: T::Row,
    id: &str,
    remaining: &Remaining,
    remove: impl FnOnce(&mut PublicFields) -> Vec<String>,
) -> rusqlite::Result<()> {
    let mut layers = layers::find::<T>(tx, row)?;
    let remaining = remaining.of(T::SUBJECT, id);
    let leaves = layers.take_back(remove, remaining);
    layers::write(&layers, tx, row)?;
    if !leaves {
        return Ok(());
    }
    leave(tx, row)?;
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
}

/// Removes an account from the parent that a public source has set.
fn leave(tx: &Transaction<'_>, row: impl ToSql) -> rusqlite::Result<()> {
    tx.prepare_cached("UPDATE accounts SET parent_no = NULL WHERE no = ?1")?
        .execute([row])?;
    Ok(())
}
