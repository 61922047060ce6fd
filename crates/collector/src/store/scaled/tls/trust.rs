//! The certificate authorities that are trusted.

use std::sync::Arc;

use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, pem::PemObject},
    },
};

use crate::store::scaled::failure::{Failure, Result};

/// The environment variable that names a PEM file with additional trusted certificates, as for
/// other programs.
const CERTIFICATES: &str = "SSL_CERT_FILE";

/// Makes TLS connections. It verifies that the server's certificate is for its host, and was issued
/// by an authority that browsers trust or that [`CERTIFICATES`] names.
pub(super) fn connector() -> Result<TlsConnector> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    if let Some(file) = std::env::var_os(CERTIFICATES) {
        let wrong = |cause: &dyn std::fmt::Display| {
            Failure::Certificates(format!("{CERTIFICATES} {}: {cause}", file.display()))
        };
        for certificate in CertificateDer::pem_file_iter(&file).map_err(|cause| wrong(&cause))? {
            let certificate = certificate.map_err(|cause| wrong(&cause))?;
            roots.add(certificate).map_err(|cause| wrong(&cause))?;
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|cause| Failure::Certificates(cause.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
