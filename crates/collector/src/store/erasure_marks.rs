//! How the list of erasures tells what was erased without naming it.
//!
//! An entry has a kind, 32 bytes that tell what it is about, and a time. For streams, users
//! and accounts these are the SHA-256 of the id. More kinds go with them:
//!
//! - `event`, by the SHA-256 of what is kept of its id: an event that was erased by
//!   itself, or that lay ahead of the clock when its user was erased. Its time would not
//!   tell that it was made before.
//! - `members`, by the id of an account: the users who were erased with it are on the
//!   list, too. An entry of an account without it is of an earlier version, and stands
//!   for all who belong to the account.
//! - `source`: the number of the source and its span of arrival, as they are.

use sha2::{Digest, Sha256};

use super::{event_key::IdKey, new_event::NewEvent};
use crate::model::{
    erasure::{Erasure, ErasureKind, id_hash},
    usage::Span,
};

/// The kind of the entry that says of an account that its members are listed.
pub(in crate::store) const MEMBERS: &str = "members";

/// The 32 bytes of an event.
pub(in crate::store) fn event_hash(key: &IdKey) -> [u8; 32] {
    Sha256::digest(key).into()
}

/// What tells an erasure in its entry.
pub(in crate::store) fn mark(erasure: &Erasure) -> Vec<u8> {
    match erasure.kind {
        ErasureKind::Source => {
            let Span { from, to } = erasure.arrived;
            let source = erasure.source_number().unwrap_or_default();
            [source, from, to].map(i64::to_be_bytes).concat()
        }
        ErasureKind::Stream | ErasureKind::User | ErasureKind::Account | ErasureKind::Event => {
            id_hash(&erasure.id).to_vec()
        }
    }
}

/// The erasure of a source that an entry tells.
pub(in crate::store) fn erasure_of_source(mark: &[u8]) -> Option<Erasure> {
    let mut numbers = mark
        .chunks_exact(8)
        .map(|bytes| bytes.try_into().map_or(0, i64::from_be_bytes));
    let (source, from, to) = (numbers.next()?, numbers.next()?, numbers.next()?);
    Some(Erasure::of_source(
        format!("source-{source}"),
        Span { from, to },
    ))
}

/// What an event may belong to that was erased.
pub(in crate::store) fn owners(new: &NewEvent) -> impl Iterator<Item = (ErasureKind, &str)> {
    let event = &new.event;
    [
        (ErasureKind::Stream, event.stream_id.as_deref()),
        (ErasureKind::User, Some(event.user_id.as_str())),
        (ErasureKind::Account, event.account_id.as_deref()),
    ]
    .into_iter()
    .filter_map(|(kind, id)| Some((kind, id?)))
}

/// Whether an event of an owner that was erased at a time is refused: of a stream for good,
/// of a user or account when it was made before.
pub(in crate::store) fn is_refused(kind: ErasureKind, erased_at: i64, created_at: i64) -> bool {
    kind == ErasureKind::Stream || created_at <= erased_at
}
