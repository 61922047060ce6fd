//! Entries in the list of erasures, which identify what was erased without naming it.
//!
//! An entry has a kind, a mark of 32 bytes and a time. For streams, users and accounts the mark is
//! the SHA-256 of the id. There are three more kinds:
//!
//! - `event`: the SHA-256 of the stored key of the event's id. It stands for an event that was
//!   erased individually, or whose time was ahead of the clock when its user was erased: such a
//!   time does not show that the event was made before the erasure.
//! - `members`: the id of an account, hashed like the others. It says that the list also has an
//!   entry for each user who was erased with the account. An account entry without it comes from an
//!   earlier version and covers everyone who belongs to the account.
//! - `source`: the number of the source and its span of arrival times, unhashed.

use sha2::{Digest, Sha256};

use super::{event_key::IdKey, new_event::NewEvent};
use crate::model::{
    erasure::{Erasure, ErasureKind, id_hash},
    usage::Span,
};

/// The kind of the entry which says that the members of an account are listed.
pub(in crate::store) const MEMBERS: &str = "members";

/// The 32-byte mark of an event.
pub(in crate::store) fn event_hash(key: &IdKey) -> [u8; 32] {
    Sha256::digest(key).into()
}

/// The mark of an erasure.
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

/// The erasure of a source, read back from its mark.
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

/// The stream, user and account of an event, any of which may have been erased.
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

/// Whether an event is refused because its owner was erased at `erased_at`. A stream refuses all
/// events from then on, a user or an account only those made before.
pub(in crate::store) fn is_refused(kind: ErasureKind, erased_at: i64, created_at: i64) -> bool {
    kind == ErasureKind::Stream || created_at <= erased_at
}
