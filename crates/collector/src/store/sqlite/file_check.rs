//! Distinguishes databases of a collector from other files, and complete ones from damaged ones.

use std::{
    fs::{File, Metadata},
    io,
    path::Path,
};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{database_path::DatabasePath, schema};
use crate::store::error::StoreError;

/// Tables that every version from the second on creates.
const TABLES: &str = "'sources', 'account_keys', 'accounts', 'users', 'streams'";
/// Number of them.
const TABLE_COUNT: i64 = 5;

/// Refuses an existing file that does not hold the data of a collector. An empty file is accepted,
/// because SQLite turns it into a database.
pub(super) fn refuse_foreign(path: &Path) -> Result<(), StoreError> {
    if std::fs::metadata(path).map_or(0, |file| file.len()) == 0 {
        return Ok(());
    }
    let foreign = || StoreError::Foreign(path.display().to_string());
    match Connection::open_with_flags(path, flags()).and_then(|conn| is_of_collector(&conn)) {
        Ok(true) => Ok(()),
        Ok(false) => Err(foreign()),
        Err(cause) if cause.sqlite_error_code() == Some(ErrorCode::NotADatabase) => Err(foreign()),
        // Other problems are reported when the file is opened for use.
        Err(_) => Ok(()),
    }
}

/// Allows writing, to recover what a crash left in the log, but not creating the file.
fn flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

fn is_of_collector(conn: &Connection) -> rusqlite::Result<bool> {
    let tables: i64 = conn.query_row(
        &format!("SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name IN ({TABLES})"),
        [],
        |row| row.get(0),
    )?;
    let version = schema::version(conn)?;
    if version > 0 {
        // The first version had no streams.
        return Ok(tables == TABLE_COUNT || (version == 1 && tables == TABLE_COUNT - 1));
    }
    // A collector that was killed before its first commit leaves a database without tables.
    let objects: i64 =
        conn.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(objects == 0)
}

/// Finds a backup that can be read and is not empty.
pub(super) fn find_backup(path: &Path) -> Result<DatabasePath, StoreError> {
    let name = || path.display().to_string();
    let unusable = |cause: &str| StoreError::NoBackup {
        path: name(),
        cause: cause.to_owned(),
    };
    let metadata = |path: &Path| -> io::Result<Metadata> { File::open(path)?.metadata() };
    let found = match metadata(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            return Err(unusable("there is no such file"));
        }
        Ok(found) if found.is_dir() => return Err(unusable("it is a folder")),
        Ok(found) if found.len() == 0 => return Err(unusable("the file is empty")),
        Ok(_) => DatabasePath::of_backup(path),
        Err(cause) => Err(cause),
    };
    found.map_err(|cause| StoreError::UnreadableBackup {
        path: name(),
        cause: cause.to_string(),
    })
}

/// Opens a backup without writing to it or beside it, and checks that it is a complete database of
/// a collector which this version can read.
pub(super) fn open_backup(path: &DatabasePath) -> Result<Connection, StoreError> {
    let unusable = |cause: String| StoreError::NoBackup {
        path: path.to_string(),
        cause,
    };
    let failed = |cause: rusqlite::Error| match cause.sqlite_error_code() {
        // The message of SQLite would name the address that `open_read_only` makes.
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => StoreError::UnreadableBackup {
            path: path.to_string(),
            cause: "SQLite cannot open it".into(),
        },
        _ => unusable(cause.to_string()),
    };
    let conn = open_read_only(path.as_path()).map_err(failed)?;
    if schema::version(&conn).map_err(failed)? == 0 || !is_of_collector(&conn).map_err(failed)? {
        return Err(unusable("it has not the tables of a collector".into()));
    }
    schema::refuse_newer(&conn)?;
    let faults = conn
        .prepare("PRAGMA integrity_check(3)")
        .and_then(|mut check| {
            check
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<Vec<String>>>()
        })
        .map_err(failed)?;
    if faults != ["ok"] {
        return Err(unusable(format!("it is damaged: {}", faults.join("; "))));
    }
    Ok(conn)
}

/// Opens a database without writing to it.
pub(super) fn open_read_only(path: &Path) -> rusqlite::Result<Connection> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let has_log = std::fs::metadata(log).is_ok_and(|log| log.len() > 0);
    if has_log {
        // The contents of the log belong to the data.
        return Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
    }
    // `immutable` keeps SQLite from creating files beside it, which is not always possible in a
    // folder of backups.
    let mut address = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => {
                address.push(char::from(*byte));
            }
            other => address.push_str(&format!("%{other:02x}")),
        }
    }
    Connection::open_with_flags(
        format!("{address}?immutable=1"),
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI,
    )
}
