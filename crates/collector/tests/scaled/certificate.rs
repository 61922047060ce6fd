//! Certificates of an authority that nobody else knows.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown},
    path::PathBuf,
    process::Command,
    sync::Arc,
};

use tempfile::TempDir;

use crate::servers::unprivileged;

/// The certificate of a server on loopback.
#[derive(Clone)]
pub struct Certificate(Arc<TempDir>);

impl Certificate {
    /// A new one; `None`, with a line that says so, without the program that makes it.
    pub fn new() -> Option<Self> {
        let made = Certificate(Arc::new(TempDir::new().unwrap()));
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
        // PostgreSQL reads it as another user, and nobody else may.
        let key = made.file("server.key");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        fs::copy(&key, made.file("postgres.key")).unwrap();
        fs::set_permissions(made.0.path(), fs::Permissions::from_mode(0o755)).unwrap();
        if let Some((user, group)) = unprivileged() {
            chown(made.file("postgres.key"), Some(user), Some(group)).unwrap();
        }
        Some(made)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The file of the authority.
    pub fn authority(&self) -> PathBuf {
        self.file("authority.pem")
    }

    /// What PostgreSQL is told.
    pub fn for_postgres(&self) -> Vec<String> {
        vec![
            "ssl=on".to_owned(),
            format!("ssl_cert_file={}", self.file("signed.pem").display()),
            format!("ssl_key_file={}", self.file("postgres.key").display()),
        ]
    }

    /// What ClickHouse is told.
    pub fn for_clickhouse(&self, port: u16) -> String {
        format!(
            "<https_port>{port}</https_port><openSSL><server>
                <certificateFile>{}</certificateFile><privateKeyFile>{}</privateKeyFile>
                <verificationMode>none</verificationMode><loadDefaultCAFile>false</loadDefaultCAFile>
                <cacheSessions>false</cacheSessions>
            </server></openSSL>",
            self.file("signed.pem").display(),
            self.file("server.key").display()
        )
    }
}
