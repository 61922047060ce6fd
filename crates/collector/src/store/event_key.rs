//! What a store keeps of the id of an event, so that the event counts once.
//!
//! An id is kept as sixteen bytes: eight of the hash of its beginning, so that the
//! ids of one stream, which share it, lie together, and eight of the hash of all of
//! it. Two ids of ten million agree in both with a probability of one to some
//! millions of millions.

use sha2::{Digest, Sha256};

/// The sixteen bytes of an id.
pub type IdKey = [u8; 16];

/// Makes the sixteen bytes of an id.
pub fn key(event_id: &str) -> IdKey {
    let beginning = event_id
        .rfind(|letter: char| !letter.is_alphanumeric())
        .map_or(event_id, |end| &event_id[..end]);
    let mut key = [0; 16];
    key[..8].copy_from_slice(&Sha256::digest(beginning)[..8]);
    key[8..].copy_from_slice(&Sha256::digest(event_id)[..8]);
    key
}
