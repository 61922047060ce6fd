//! The engine of a current ClickHouse, which Debian does not package. The Python package
//! `chdb` includes it, and `engine/bridge.py` serves it over HTTP.

use std::{fs, io, path::Path};

use crate::guarded::{GuardedServer, Launch, free_port};

const BRIDGE: &str = include_str!("../engine/bridge.py");

/// A current engine that answers like a ClickHouse node.
#[derive(Debug)]
pub struct CurrentClickhouse(GuardedServer);

impl CurrentClickhouse {
    /// Starts it with its own data folder, using a Python that has the package.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(python: &Path) -> io::Result<Self> {
        let (folder, port) = (
            GuardedServer::folder("natero-current-clickhouse-")?,
            free_port()?,
        );
        let bridge = folder.join("bridge.py");
        fs::write(&bridge, BRIDGE)?;
        let arguments = [
            bridge.into(),
            port.to_string().into(),
            folder.clone().into(),
        ];
        Ok(CurrentClickhouse(GuardedServer::start(Launch {
            program: python.to_owned(),
            arguments: arguments.into(),
            owner: None,
            signal: "KILL",
            abrupt: "KILL",
            port,
            folder,
        })?))
    }

    /// The address of a database.
    #[must_use]
    pub fn address(&self, database: &str) -> String {
        format!("http://127.0.0.1:{}/{database}", self.0.port())
    }
}
