//! The choice of the collector's store.

use std::path::{Path, PathBuf};

use super::Database;

/// Where the data is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreChoice {
    /// In one SQLite file.
    Sqlite(PathBuf),
    /// In PostgreSQL and ClickHouse.
    Scaled(ScaledAddress),
}

/// The addresses of the servers of a store on PostgreSQL and ClickHouse.
#[derive(Clone, PartialEq, Eq)]
pub struct ScaledAddress {
    /// The address of PostgreSQL, as `postgres://USER:PASSWORD@HOST/DATABASE`.
    pub postgres: String,
    /// The addresses of the shards of ClickHouse, as `http://HOST:8123/DATABASE`, with `|`
    /// between the replicas of one shard. At least one.
    pub clickhouse: Vec<String>,
}

impl std::fmt::Debug for ScaledAddress {
    /// Omits the addresses: they may contain passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScaledAddress").finish_non_exhaustive()
    }
}

/// Why the flags choose no store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// The kind of store is unknown. The error does not repeat the address, which may contain
    /// a password.
    #[error("--store is sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE")]
    Unknown,
    /// PostgreSQL was given without ClickHouse.
    #[error(
        "--clickhouse is missing: a store on PostgreSQL needs ClickHouse beside it, such as --clickhouse http://HOST:8123/DATABASE"
    )]
    NoClickhouse,
    /// ClickHouse was given without PostgreSQL.
    #[error("--clickhouse goes with --store postgres://…; leave it out to use the SQLite file")]
    ClickhouseAlone,
    /// The address of ClickHouse is not an HTTP address.
    #[error("--clickhouse is the address of its HTTP interface, such as http://HOST:8123/DATABASE")]
    NoHttp,
    /// Two flags name the place of the data.
    #[error(
        "--db and --store both name where the data is; give one of them. --store may also come from NATERO_STORE"
    )]
    TwoPlaces,
    /// The command works only on a SQLite file.
    #[error(
        "this command works on a SQLite file, which --store sqlite:FILE names; on servers, copy the database with pg_dump and the table `events` with \\copy of psql, and rebuild nothing, because every question adds its figures up anew"
    )]
    NeedsFile,
}

impl Database {
    /// The store that the flags choose.
    ///
    /// # Errors
    /// When they contradict each other, or name no known kind of store.
    pub fn choice(&self) -> Result<StoreChoice, ChoiceError> {
        let is_alone = self.clickhouse.is_empty();
        let file = match self.store.as_deref() {
            None => Some(self.db.clone()),
            Some(store) => store.strip_prefix("sqlite:").map(PathBuf::from),
        };
        if let Some(file) = file.filter(|file| !file.as_os_str().is_empty()) {
            return if is_alone {
                Ok(StoreChoice::Sqlite(file))
            } else {
                Err(ChoiceError::ClickhouseAlone)
            };
        }
        let postgres = self
            .store
            .as_deref()
            .filter(|store| store.starts_with("postgres://") || store.starts_with("postgresql://"));
        let postgres = postgres.ok_or(ChoiceError::Unknown)?.to_owned();
        if is_alone {
            return Err(ChoiceError::NoClickhouse);
        }
        let mut nodes = self.clickhouse.iter().flat_map(|shard| shard.split('|'));
        let is_http = |node: &str| node.starts_with("http://") || node.starts_with("https://");
        if !nodes.all(|node| is_http(node.trim())) {
            return Err(ChoiceError::NoHttp);
        }
        Ok(StoreChoice::Scaled(ScaledAddress {
            postgres,
            clickhouse: self.clickhouse.clone(),
        }))
    }

    /// The SQLite file, for commands that work on one.
    ///
    /// # Errors
    /// As [`choice`](Self::choice), and when another store is chosen.
    pub fn file(&self) -> Result<PathBuf, ChoiceError> {
        match self.choice()? {
            StoreChoice::Sqlite(file) => Ok(file),
            StoreChoice::Scaled(_) => Err(ChoiceError::NeedsFile),
        }
    }

    /// The flags that choose this SQLite file.
    pub fn of_file(file: &Path) -> Self {
        Database {
            db: file.to_owned(),
            store: None,
            clickhouse: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(store: Option<&str>, clickhouse: &[&str]) -> Result<StoreChoice, ChoiceError> {
        Database {
            store: store.map(str::to_owned),
            clickhouse: clickhouse.iter().map(|node| (*node).to_owned()).collect(),
            ..Database::of_file(Path::new("natero.db"))
        }
        .choice()
    }

    #[test]
    fn a_store_is_a_file_or_two_kinds_of_servers() {
        let file = |name: &str| Ok(StoreChoice::Sqlite(name.into()));
        assert_eq!(choice(None, &[]), file("natero.db"));
        assert_eq!(choice(Some("sqlite:other.db"), &[]), file("other.db"));
        let servers = StoreChoice::Scaled(ScaledAddress {
            postgres: "postgres://n@h/natero".to_owned(),
            clickhouse: vec!["http://a:8123".to_owned(), "http://b:8123/n".to_owned()],
        });
        let nodes = ["http://a:8123", "http://b:8123/n"];
        assert_eq!(choice(Some("postgres://n@h/natero"), &nodes), Ok(servers));
    }

    #[test]
    fn what_contradicts_itself_is_refused_by_name() {
        let node = ["http://a:8123"];
        for (store, clickhouse, error) in [
            (None, &node[..], ChoiceError::ClickhouseAlone),
            (Some("sqlite:n.db"), &node[..], ChoiceError::ClickhouseAlone),
            (Some("sqlite:"), &[], ChoiceError::Unknown),
            (Some("n.db"), &[], ChoiceError::Unknown),
            (Some("mysql://h/n"), &node[..], ChoiceError::Unknown),
            (Some("postgres://h/n"), &[], ChoiceError::NoClickhouse),
            (Some("postgres://h/n"), &["a:9000"], ChoiceError::NoHttp),
            (
                Some("postgres://h/n"),
                &["http://a|b:8123"],
                ChoiceError::NoHttp,
            ),
        ] {
            assert_eq!(choice(store, clickhouse), Err(error), "{store:?}");
        }
    }

    #[test]
    fn passwords_in_addresses_are_not_shown() {
        let chosen = choice(Some("postgres://n:secret@h/n"), &["http://n:secret@a:8123"]);
        assert!(!format!("{chosen:?}").contains("secret"));
    }
}
