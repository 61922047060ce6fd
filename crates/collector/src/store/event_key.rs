//! The key that a store keeps of an event id, by which the event is counted once.
//!
//! A key has sixteen bytes: eight of the hash of the beginning of the id, and eight of the hash of
//! the whole id. The ids of one stream share their beginning, so their keys lie together. Among ten
//! million ids, the probability that any two have the same key is one to some millions of millions.

use sha2::{Digest, Sha256};

use crate::model::nul::without_nul;

/// The sixteen-byte key of an id.
pub type IdKey = [u8; 16];

/// The keys whose ids begin like the id of a key: the keys of one stream lie between the first and
/// the last of them.
pub(super) fn keys_beginning_like(key: &IdKey) -> (IdKey, IdKey) {
    let (key, end) = (u128::from_be_bytes(*key), u128::from(u64::MAX));
    ((key & !end).to_be_bytes(), (key | end).to_be_bytes())
}

/// The set of events within which an id is unique.
///
/// Anybody can read the keys of a public source and guess the ids that a server gives to its
/// events. If both shared one scope, the genuine events of the server would count as duplicates of
/// forged ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdScope {
    /// The events of all sources that are not trusted.
    Public,
    /// The events of all trusted sources.
    Trusted,
}

impl IdScope {
    /// Both scopes.
    pub const ALL: [IdScope; 2] = [IdScope::Public, IdScope::Trusted];

    /// The scope of a source.
    pub fn of(is_trusted: bool) -> Self {
        if is_trusted {
            IdScope::Trusted
        } else {
            IdScope::Public
        }
    }

    /// Distinguishes the hashes of one scope from those of the other. No text begins with this
    /// byte, so an id of a public source never has the hash of one of a trusted source.
    fn prefix(self) -> &'static [u8] {
        match self {
            IdScope::Public => b"",
            IdScope::Trusted => b"\xff",
        }
    }
}

/// The key of an id. NUL is replaced by `␀` first, as in stored events.
pub fn key(event_id: &str, scope: IdScope) -> IdKey {
    if event_id.contains('\0') {
        key_as_it_is(&without_nul(event_id.to_owned()), scope)
    } else {
        key_as_it_is(event_id, scope)
    }
}

/// The key of an id without replacing NUL: earlier versions stored NUL in ids.
pub(super) fn key_as_it_is(event_id: &str, scope: IdScope) -> IdKey {
    let beginning = event_id
        .rfind(|letter: char| !letter.is_alphanumeric())
        .map_or(event_id, |end| &event_id[..end]);
    let hash = |text: &str| {
        Sha256::new_with_prefix(scope.prefix())
            .chain_update(text)
            .finalize()
    };
    let mut key = [0; 16];
    key[..8].copy_from_slice(&hash(beginning)[..8]);
    key[8..].copy_from_slice(&hash(event_id)[..8]);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_of_a_stream_lie_together_and_each_scope_has_its_own() {
        let public = key("stream/1", IdScope::Public);
        // Files of earlier versions have these keys.
        assert_eq!(public[..8], Sha256::digest("stream")[..8]);
        assert_eq!(public[8..], Sha256::digest("stream/1")[..8]);
        assert_eq!(public[..8], key("stream/2", IdScope::Public)[..8]);
        let trusted = key("stream/1", IdScope::Trusted);
        assert_ne!(public[8..], trusted[8..]);
        assert_eq!(trusted[..8], key("stream/2", IdScope::Trusted)[..8]);
    }
}
