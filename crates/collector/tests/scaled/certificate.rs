//! Certificates of a private certificate authority.

use std::{fs, path::PathBuf, process::Command};

use natero_servers::Encryption;
use tempfile::TempDir;

/// The certificate of a server on loopback.
pub struct Certificate(TempDir);

impl Certificate {
    /// A new certificate. If the program that makes certificates is not installed, prints a
    /// line about that and returns `None`.
    pub fn new() -> Option<Self> {
        let made = Certificate(TempDir::new().unwrap());
        let file = |name: &str| made.file(name).into_os_string();
        fs::write(made.file("names"), "subjectAltName=IP:127.0.0.1\n").unwrap();
        let new = |name: &str, more: &[&str]| {
            let done = Command::new("openssl")
                .args([
                    "req",
                    "-newkey",
                    "ec",
                    "-pkeyopt",
                    "ec_paramgen_curve:P-256",
                    "-nodes",
                ])
                .args(["-subj", &format!("/CN={name}"), "-keyout"])
                .arg(file(&format!("{name}.key")))
                .args(more)
                .arg("-out")
                .arg(file(&format!("{name}.pem")))
                .output();
            done.is_ok_and(|done| done.status.success())
        };
        if !new("authority", &["-x509"]) || !new("server", &[]) {
            println!("skipped: no openssl to make certificates");
            return None;
        }
        let signed = Command::new("openssl")
            .args(["x509", "-req", "-CAcreateserial", "-extfile"])
            .arg(file("names"))
            .arg("-in")
            .arg(file("server.pem"))
            .arg("-CA")
            .arg(file("authority.pem"))
            .arg("-CAkey")
            .arg(file("authority.key"))
            .arg("-out")
            .arg(file("signed.pem"))
            .output()
            .unwrap();
        assert!(signed.status.success(), "{signed:?}");
        Some(made)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The certificate file of the authority.
    pub fn authority(&self) -> PathBuf {
        self.file("authority.pem")
    }

    /// The encryption settings of servers with this certificate.
    pub fn encryption(&self) -> Encryption {
        Encryption {
            certificate: self.file("signed.pem"),
            key: self.file("server.key"),
        }
    }
}
