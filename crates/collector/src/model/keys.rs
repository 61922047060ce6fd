//! API keys: how they are generated, hashed and compared.
//!
//! A key holds 160 random bits, so it cannot be guessed, and a plain SHA-256
//! is enough to store it: a slow password hash would protect nothing more.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Defines the type of a key's number.
macro_rules! key_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// The id with this number; `None` for a number that no key can have.
            pub fn from_number(number: i64) -> Option<Self> {
                (number >= 0).then_some($name(number))
            }

            /// The number.
            pub fn number(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

key_id!(
    /// The number of a source, as in `source-1`.
    SourceId
);
key_id!(
    /// The number of a key for reading, as in `account-1` and `viewer-2`.
    KeyId
);

/// SHA-256 of a key. The key itself is never stored.
pub type KeyHash = [u8; 32];

/// The two keys of a source, which are public in a page. They allow writing events and
/// nothing else.
#[derive(Debug, Clone)]
pub struct SourceKeys {
    /// The first segment of the path after `/v1/`, in the Event API.
    pub auth_key: String,
    /// The second one.
    pub api_key: String,
}

/// The settings of a source that an operator creates.
#[derive(Debug, Clone, Default)]
pub struct NewSource {
    /// The name in `keys list`.
    pub name: String,
    /// Whether account details in its events replace the stored ones.
    pub trusted: bool,
    /// Whether its events may set the parent of an account that has none yet.
    pub allow_hierarchy: bool,
    /// Origins of the pages that may use the source; empty for all origins.
    pub origins: Vec<String>,
}

impl SourceKeys {
    /// Generates a new pair.
    ///
    /// # Errors
    /// When the operating system supplies no random numbers.
    pub fn generate() -> Result<Self, getrandom::Error> {
        Ok(SourceKeys {
            auth_key: random_key("nauth_")?,
            api_key: random_key("napi_")?,
        })
    }
}

/// Generates a new account key.
///
/// # Errors
/// When the operating system supplies no random numbers.
pub fn generate_account_key() -> Result<String, getrandom::Error> {
    random_key("nacc_")
}

/// Generates a new viewer key.
///
/// # Errors
/// When the operating system supplies no random numbers.
pub fn generate_viewer_key() -> Result<String, getrandom::Error> {
    random_key("nview_")
}

/// The prefix tells people, and scanners for leaked secrets, what kind of key it is.
fn random_key(prefix: &str) -> Result<String, getrandom::Error> {
    let mut bytes = [0u8; 20];
    getrandom::fill(&mut bytes)?;
    let mut key = prefix.to_owned();
    for byte in bytes {
        key.push_str(&format!("{byte:02x}"));
    }
    Ok(key)
}

/// Hashes a key for storing it or looking it up.
pub fn hash(key: &str) -> KeyHash {
    Sha256::digest(key.as_bytes()).into()
}

/// Compares two hashes in a time that does not depend on where they differ.
pub fn hashes_match(left: &KeyHash, right: &[u8]) -> bool {
    left.as_slice().ct_eq(right).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_long_and_never_the_same_twice() {
        let pair = SourceKeys::generate().unwrap();
        assert!(pair.auth_key.len() > 40 && pair.api_key.len() > 40);
        assert_ne!(pair.auth_key[6..], pair.api_key[5..]);
        assert_ne!(
            generate_account_key().unwrap(),
            generate_account_key().unwrap()
        );
    }
}
