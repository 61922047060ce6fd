//! Takes back fields of accounts and users that public sources set.

use super::remaining::{Remaining, named_by_stream};
use crate::{
    model::{account::Account, user::User},
    store::{
        identification::Subject,
        scaled::{
            account_rows, accounts,
            ancestry::Ancestry,
            failure::Result,
            layers::{self, InTable},
            postgres::{Tx, execute, query_opt},
        },
        taken_back::{ParentIdentification, Place, TakenBack},
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
        take_back_from::<T>(tx, no, &id, remaining, TakenBack::OfStream(stream)).await?;
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
        let (id, taken) = (identification.subject_id(), TakenBack::Of(identification));
        match identification.subject {
            Subject::Account => {
                if let Some(no) = account_rows::find_no(tx, id).await? {
                    take_back_from::<Account>(tx, no, id, remaining, taken).await?;
                }
            }
            Subject::User => {
                let sql = "SELECT no FROM users WHERE user_id = $1";
                if let Some(row) = query_opt(tx, sql, &[&id]).await? {
                    take_back_from::<User>(tx, row.get(0), id, remaining, taken).await?;
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
    taken: TakenBack<'_>,
) -> Result<()> {
    let mut layers = layers::find::<T>(tx, no).await?;
    let place = taken.from(&mut layers, remaining.of(T::SUBJECT, id));
    layers::write(&layers, tx, no).await?;
    let Place::Leaves { then } = place else {
        return Ok(());
    };
    leave(tx, no).await?;
    let Some(ParentIdentification {
        details,
        at,
        stream,
    }) = then
    else {
        return Ok(());
    };
    let (ancestry, trust) = (&mut Ancestry::default(), ParentIdentification::TRUST);
    accounts::identify(tx, ancestry, id, details, at, stream.as_deref(), trust).await
}

/// Removes an account from the parent that a public source has set.
async fn leave(tx: &Tx<'_>, no: i64) -> Result<()> {
    let sql = "UPDATE accounts SET parent_no = NULL WHERE no = $1";
    execute(tx, sql, &[&no]).await?;
    Ok(())
}
