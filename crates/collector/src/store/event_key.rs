//! What a store keeps of the id of an event, so that the event counts once.
//!
//! An id is kept as sixteen bytes: eight of the hash of its beginning, so that the
//! ids of one stream, which share it, lie together, and eight of the hash of all of
//! it. Two ids of ten million agree in both with a probability of one to some
//! millions of millions.

use sha2::{Digest, Sha256};

use crate::model::nul::without_nul;

/// The sixteen bytes of an id.
pub type IdKey = [u8; 16];

/// Among which events an id is given once.
///
/// Anybody can read the keys of a public source, and guess the ids that a server gives
/// to its events. Were they looked for among the same ids, the events of the server
/// would be duplicates of forged ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdScope {
    /// The events of all sources that are not trusted.
    Public,
    /// The events of all trusted sources.
    Trusted,
}

impl IdScope {
    /// Both of them.
    pub const ALL: [IdScope; 2] = [IdScope::Public, IdScope::Trusted];

    /// That of a source.
    pub fn of(is_trusted: bool) -> Self {
        if is_trusted {
            IdScope::Trusted
        } else {
            IdScope::Public
        }
    }

    /// Tells the hashes of one scope from those of the other. No text begins with this
    /// byte, so no id of a public source has the hash of one of a trusted source.
    fn prefix(self) -> &'static [u8] {
        match self {
            IdScope::Public => b"",
            IdScope::Trusted => b"\xff",
        }
    }
}

/// Makes the sixteen bytes of an id. NUL is `␀` in it, as in what is stored.
pub fn key(event_id: &str, scope: IdScope) -> IdKey {
    if event_id.contains('\0') {
        key_as_it_is(&without_nul(event_id.to_owned()), scope)
    } else {
        key_as_it_is(event_id, scope)
    }
}

/// Makes the sixteen bytes of an id as it is: earlier versions stored NUL in ids.
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
        // As files of earlier versions have it.
        assert_eq!(public[..8], Sha256::digest("stream")[..8]);
        assert_eq!(public[8..], Sha256::digest("stream/1")[..8]);
        assert_eq!(public[..8], key("stream/2", IdScope::Public)[..8]);
        let trusted = key("stream/1", IdScope::Trusted);
        assert_ne!(public[8..], trusted[8..]);
        assert_eq!(trusted[..8], key("stream/2", IdScope::Trusted)[..8]);
    }
}
