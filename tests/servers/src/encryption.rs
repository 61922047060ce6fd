//! What a server shows to those who connect.

use std::path::PathBuf;

/// A certificate, and the key to it. With them, a server takes encrypted connections alone.
#[derive(Debug, Clone)]
pub struct Encryption {
    /// The file of the certificate.
    pub certificate: PathBuf,
    /// The file of its key.
    pub key: PathBuf,
}
