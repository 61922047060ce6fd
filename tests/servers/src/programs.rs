//! Finds the programs of the servers.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

/// The programs of both servers.
#[derive(Debug, Clone)]
pub struct Programs {
    pub(crate) initdb: PathBuf,
    pub(crate) postgres: PathBuf,
    pub(crate) psql: PathBuf,
    pub(crate) clickhouse: PathBuf,
}

/// A program that is not installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing(String);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is not installed; on Debian: apt-get install -y postgresql clickhouse-server",
            self.0
        )
    }
}

impl std::error::Error for Missing {}

impl Programs {
    /// Looks for them on `PATH`, and in Debian's folders.
    ///
    /// # Errors
    /// Names the first program that is missing.
    pub fn find() -> Result<Self, Missing> {
        let folders = folders();
        Ok(Programs {
            initdb: find("initdb", &folders)?,
            postgres: find("postgres", &folders)?,
            psql: find("psql", &folders)?,
            clickhouse: find("clickhouse-server", &folders)?,
        })
    }
}

fn folders() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    // Debian installs each version of PostgreSQL in a separate folder.
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    folders.push(Path::new("/usr/sbin").to_owned());
    folders
}

fn find(name: &str, folders: &[PathBuf]) -> Result<PathBuf, Missing> {
    let found = folders.iter().map(|folder| folder.join(name));
    let found = found.into_iter().find(|file| file.is_file());
    found.ok_or_else(|| Missing(name.to_owned()))
}
