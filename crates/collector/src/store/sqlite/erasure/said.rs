//! Takes back what public sources said about accounts and users.

use rusqlite::{Transaction, types::ToSql};
use serde_json::{Map, Value};

use super::remaining::{Remaining, named_by_stream};
use crate::{
    model::{public_fields::PublicFields, remaining_fields::RemainingFields, trust::Trust},
    store::sqlite::{
        accounts,
        ancestry::Ancestry,
        layers::{self, InTable},
    },
};

/// Takes back what a stream said.
pub(super) fn remove_stream<T: InTable>(
    tx: &Transaction<'_>,
    stream: &str,
    remaining: &Remaining,
) -> rusqlite::Result<()> {
    for (row, id) in named_by_stream::<T>(tx, stream)? {
        take_back::<T>(tx, row, &id, remaining, |public| {
            public.remove_stream(stream)
        })?;
    }
    Ok(())
}

/// Takes back what one identification of a public source said, which was made at `at` by
/// its own clock.
pub(super) fn remove_said<T: InTable>(
    tx: &Transaction<'_>,
    (row, id): (T::Row, &str),
    details: &Map<String, Value>,
    at: i64,
    stream: Option<&str>,
    remaining: &Remaining,
) -> rusqlite::Result<()> {
    take_back::<T>(tx, row, id, remaining, |public| {
        public.remove_said(details, at, stream)
    })
}

/// Takes something back that public sources said. What remains takes its place.
fn take_back<T: InTable>(
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

/// Takes an account from below the parent that a public source has set.
fn leave(tx: &Transaction<'_>, row: impl ToSql) -> rusqlite::Result<()> {
    tx.prepare_cached("UPDATE accounts SET parent_no = NULL WHERE no = ?1")?
        .execute([row])?;
    Ok(())
}
