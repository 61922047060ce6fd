//! Servers of one test, which it ends and starts again.

use std::{
    fs,
    path::PathBuf,
    process::{Child, ChildStdin},
};

use tempfile::TempDir;

use crate::certificate::Certificate;
use crate::servers::{
    Addresses, binary, folders, free_port, init_postgres, leaving, run_clickhouse, run_postgres,
    wait_for,
};

/// Which server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Postgres,
    Clickhouse,
}

/// A server of one test.
pub struct Own {
    kind: Kind,
    program: PathBuf,
    folder: TempDir,
    port: u16,
    encryption: Option<Certificate>,
    running: Option<(Child, ChildStdin)>,
}

impl Own {
    /// A ClickHouse that runs; `None` where it is not installed.
    pub fn clickhouse() -> Option<Self> {
        Self::new(Kind::Clickhouse, "clickhouse-server", None)
    }

    /// A PostgreSQL that runs; `None` where it is not installed.
    pub fn postgres() -> Option<Self> {
        Self::new(Kind::Postgres, "postgres", None)
    }

    /// Both, which take encrypted connections alone.
    pub fn encrypted(certificate: &Certificate) -> Option<[Self; 2]> {
        Some([
            Self::new(Kind::Postgres, "postgres", Some(certificate.clone()))?,
            Self::new(
                Kind::Clickhouse,
                "clickhouse-server",
                Some(certificate.clone()),
            )?,
        ])
    }

    fn new(kind: Kind, program: &str, encryption: Option<Certificate>) -> Option<Self> {
        let folders = folders();
        let program = binary(program, &folders)?;
        let folder = TempDir::new().unwrap();
        if kind == Kind::Postgres {
            init_postgres(&binary("initdb", &folders)?, folder.path());
            if encryption.is_some() {
                let rules = folder.path().join("data/pg_hba.conf");
                fs::write(rules, "hostssl all all 127.0.0.1/32 trust\n").unwrap();
            }
        }
        let mut own = Own {
            kind,
            program,
            folder,
            port: free_port(),
            encryption,
            running: None,
        };
        own.start();
        Some(own)
    }

    /// Starts it with what it has stored.
    pub fn start(&mut self) {
        let (program, folder, port) = (&self.program, self.folder.path(), self.port);
        self.running = Some(match self.kind {
            // It ends at once, as without power, and reads its log when it starts.
            Kind::Postgres => {
                let settings = self.encryption.as_ref().map(Certificate::for_postgres);
                let settings = settings.unwrap_or_default();
                let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
                run_postgres(program, folder, port, &leaving("QUIT"), &settings)
            }
            Kind::Clickhouse => {
                let settings = self
                    .encryption
                    .as_ref()
                    .map(|certificate| certificate.for_clickhouse(port));
                let port = if settings.is_some() {
                    free_port()
                } else {
                    port
                };
                let settings = settings.unwrap_or_default();
                run_clickhouse(program, folder, port, &leaving("KILL"), &settings)
            }
        });
        wait_for(port);
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        if let Some((mut guard, input)) = self.running.take() {
            drop(input);
            guard.wait().unwrap();
        }
    }

    /// Ends it, and takes its disk away.
    pub fn lose(&mut self) {
        self.kill();
        for entry in fs::read_dir(self.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                fs::remove_dir_all(path).unwrap();
            }
        }
    }

    /// Ends it, and takes away the newest part of its table of events, as if that had not
    /// been flushed when the power went.
    pub fn lose_newest_part(&mut self) {
        self.kill();
        let tables = fs::read_dir(self.folder.path().join("data/natero")).unwrap();
        let table = tables
            .map(|entry| entry.unwrap().path())
            .find(|path| {
                path.file_name()
                    .unwrap()
                    .to_string_lossy()
                    .starts_with("events_")
            })
            .unwrap();
        let part = fs::read_dir(table)
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.path().join("columns.txt").exists())
            .max_by_key(|entry| entry.metadata().unwrap().modified().unwrap())
            .expect("a part");
        fs::remove_dir_all(part.path()).unwrap();
    }

    /// Its address.
    pub fn address(&self) -> String {
        let port = self.port;
        let (mode, scheme) = match self.encryption {
            Some(_) => ("?sslmode=require", "https"),
            None => ("", "http"),
        };
        match self.kind {
            Kind::Postgres => format!("postgres://natero@127.0.0.1:{port}/postgres{mode}"),
            Kind::Clickhouse => format!("{scheme}://127.0.0.1:{port}/natero"),
        }
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Addresses of a store on some servers. The nodes of ClickHouse are replicas of one shard.
pub fn addresses(postgres: &str, replicas: &[Own]) -> Addresses {
    let replicas: Vec<String> = replicas.iter().map(Own::address).collect();
    Addresses {
        postgres: postgres.to_owned(),
        clickhouse: vec![replicas.join("|")],
    }
}
