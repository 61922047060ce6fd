//! The process of the real collector, with its own database.

mod access;
mod process;

use std::env;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use tempfile::TempDir;

pub use access::{Access, Source};
pub(crate) use process::{Process, create_keys};

/// A collector on a free port; killed and its database deleted when dropped.
#[derive(Debug)]
pub struct Collector {
    _process: Process,
    access: Access,
    folder: TempDir,
}

impl Collector {
    /// The binary that `NATERO_COLLECTOR` names; by default, the workspace's debug build.
    ///
    /// # Errors
    /// When there is none.
    pub fn binary() -> Result<PathBuf> {
        let binary = match env::var_os("NATERO_COLLECTOR") {
            Some(path) => PathBuf::from(path),
            None => {
                Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/debug/natero-collector")
            }
        };
        ensure!(
            binary.is_file(),
            "no collector at {}: run `cargo xtask test`, or set NATERO_COLLECTOR to the binary",
            binary.display()
        );
        Ok(binary)
    }

    /// Starts [`Collector::binary`].
    ///
    /// # Errors
    /// When there is none, or it does not start.
    pub fn start() -> Result<Self> {
        Self::start_binary(&Self::binary()?)
    }

    /// Starts this binary.
    ///
    /// # Errors
    /// When it does not start; the message has its output.
    pub fn start_binary(binary: &Path) -> Result<Self> {
        let folder = TempDir::with_prefix("natero-collector-")?;
        let db = folder.path().join("natero.db");
        let store = ["--db".to_owned(), db.display().to_string()];
        let (source, account_key) = create_keys(binary, &store)?;
        let process = Process::start(binary, &store, &folder.path().join("collector.log"))?;
        let access = Access {
            url: process.url().to_owned(),
            source,
            account_key,
        };
        Ok(Self {
            _process: process,
            access,
            folder,
        })
    }

    /// The path of its SQLite file.
    #[must_use]
    pub fn db(&self) -> PathBuf {
        self.folder.path().join("natero.db")
    }
}

impl Deref for Collector {
    type Target = Access;

    fn deref(&self) -> &Access {
        &self.access
    }
}
