//! The certificate of a server.

use std::path::PathBuf;

/// A certificate and its key. A server that has them accepts only encrypted connections.
#[derive(Debug, Clone)]
pub struct Encryption {
    /// The file of the certificate.
    pub certificate: PathBuf,
    /// The file of its key.
    pub key: PathBuf,
}
