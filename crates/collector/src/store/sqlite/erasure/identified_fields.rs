//! Takes back fields of accounts and users that public sources set.

use rusqlite::{Transaction, types::ToSql};

use super::remaining::{Remaining, named_by_stream};
use crate::{
    model::{account::Account, user::User},
    store::{
        identification::Subject,
        sqlite::{
            account_rows, accounts,
            ancestry::Ancestry,
            layers::{self, InTable},
            users,
        },
        taken_back::{ParentIdentification, Place, TakenBack},
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
        take_back_from::<T>(tx, row, &id, remaining, TakenBack::OfStream(stream))?;
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
        let (id, taken) = (identification.subject_id(), TakenBack::Of(identification));
        match identification.subject {
            Subject::Account => {
                if let Some(row) = account_rows::find_row(tx, id)? {
                    take_back_from::<Account>(tx, row, id, remaining, taken)?;
                }
            }
            Subject::User => {
                if let Some((row, _)) = users::find_with_account(tx, id)? {
                    take_back_from::<User>(tx, row, id, remaining, taken)?;
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
    taken: TakenBack<'_>,
) -> rusqlite::Result<()> {
    let mut layers = layers::find::<T>(tx, row)?;
    let place = taken.from(&mut layers, remaining.of(T::SUBJECT, id));
    layers::write(&layers, tx, row)?;
    let Place::Leaves { then } = place else {
        return Ok(());
    };
    leave(tx, row)?;
    let Some(ParentIdentification {
        details,
        at,
        stream,
    }) = then
    else {
        return Ok(());
    };
    let (ancestry, trust) = (&mut Ancestry::default(), ParentIdentification::TRUST);
    accounts::identify(tx, ancestry, id, details, at, stream.as_deref(), trust)
}

/// Removes an account from the parent that a public source has set.
fn leave(tx: &Transaction<'_>, row: impl ToSql) -> rusqlite::Result<()> {
    tx.prepare_cached("UPDATE accounts SET parent_no = NULL WHERE no = ?1")?
        .execute([row])?;
    Ok(())
}
