//! The real path of the file, from which the names of all files beside it are derived.
//!
//! SQLite follows symbolic links, so its write-ahead log is beside the file to which a link points.
//! The inbox has to be there too. Otherwise somebody who opens the file by another of its names
//! would find only part of the acknowledged events.

use std::{
    ffi::OsString,
    fmt, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::replacement::{self, Replaced};
use crate::store::error::StoreError;

/// Number of links that are followed from one missing file to the next. Linux follows as many.
const MOST_LINKS: usize = 40;

/// The path of a database without symbolic links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabasePath(PathBuf);

impl DatabasePath {
    /// Resolves the path of a database, which need not exist. A link to a missing file stands for
    /// that file. Finishes a restore that was cut off after its copy was complete.
    ///
    /// # Errors
    /// Fails when the folder does not exist or is not accessible, or when the file has another hard
    /// link. The file would have another log and another inbox under that name. Also fails when a
    /// restore cannot be finished.
    pub fn resolve(path: &Path) -> Result<Self, StoreError> {
        let real = Self::follow(path).map_err(|cause| open_error(path, &cause))?;
        if let Some(Replaced { kept }) =
            replacement::finish(&real.0).map_err(|cause| open_error(path, &cause))?
        {
            report_finished(&real, kept.as_deref());
        }
        match hard_links(&real.0) {
            0 | 1 => Ok(real),
            links => Err(StoreError::Linked {
                path: real.to_string(),
                links,
            }),
        }
    }

    /// Resolves the path of a backup, which is only read. Programs that make backups may use hard
    /// links.
    ///
    /// # Errors
    /// Fails when the folder does not exist or is not accessible.
    pub(super) fn of_backup(path: &Path) -> io::Result<Self> {
        Self::follow(path)
    }

    fn follow(path: &Path) -> io::Result<Self> {
        let mut path = path.to_owned();
        for _ in 0..MOST_LINKS {
            match path.canonicalize() {
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
                resolved => return resolved.map(DatabasePath),
            }
            let folder = match path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            };
            path = match fs::read_link(&path) {
                Ok(target) => folder.join(target),
                Err(_) => {
                    let name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?;
                    return Ok(DatabasePath(folder.canonicalize()?.join(name)));
                }
            };
        }
        Err(io::Error::other("too many symbolic links"))
    }

    /// The path itself.
    pub fn as_path(&self) -> &Path {
        &self.0
    }

    /// The path of a file beside it, whose name has a suffix.
    pub fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = OsString::from(&self.0);
        name.push(suffix);
        name.into()
    }

    /// Files of the inbox. They hold nothing that the database lacks once the inbox was spread.
    pub fn inbox_files(&self) -> [PathBuf; 3] {
        ["-inbox", "-inbox-wal", "-inbox-shm"].map(|suffix| self.beside(suffix))
    }
}

impl fmt::Display for DatabasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

/// Reports that a restore was finished which had been cut off.
fn report_finished(db: &DatabasePath, kept: Option<&Path>) {
    let mut text = format!("{db} is restored now; the restore of it had been cut off");
    if let Some(kept) = kept {
        text += &format!("; what it was before is {}", kept.display());
    }
    // Commands have no log.
    if tracing::dispatcher::has_been_set() {
        tracing::warn!("{text}");
    } else {
        let _ = writeln!(io::stderr(), "{text}");
    }
}

/// The error of a file that cannot be opened, with what to check.
pub(super) fn open_error(path: &Path, cause: &dyn fmt::Display) -> StoreError {
    let advice = match fs::metadata(path) {
        Ok(found) if found.is_dir() => "it is a folder; name a file",
        Ok(_) => "check that this user may read and write the file, and write into its folder",
        Err(_) => "check that the folder exists and can be written",
    };
    StoreError::Open {
        path: path.display().to_string(),
        cause: format!("{cause}; {advice}"),
    }
}

/// Number of names of a file; 0 if there is none.
#[cfg(unix)]
fn hard_links(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).map_or(0, |file| if file.is_file() { file.nlink() } else { 1 })
}

/// Other systems do not say how many names a file has.
#[cfg(not(unix))]
fn hard_links(_: &Path) -> u64 {
    1
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_stands_for_its_target_whether_or_not_that_exists() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        fs::create_dir(real.join("data")).unwrap();
        symlink("data/real.db", real.join("n.db")).unwrap();
        symlink("n.db", real.join("again.db")).unwrap();
        symlink("data", real.join("way")).unwrap();
        let target = real.join("data/real.db");
        for _ in 0..2 {
            for name in ["n.db", "again.db", "way/real.db", "data/../way/real.db"] {
                let path = DatabasePath::resolve(&real.join(name)).unwrap();
                assert_eq!(path.as_path(), target, "{name}");
                let inbox = real.join("data/real.db-inbox");
                assert_eq!(path.inbox_files()[0], inbox, "{name}");
            }
            fs::write(&target, "").unwrap();
        }
    }

    #[test]
    fn a_path_that_leads_nowhere_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        symlink("missing/real.db", path("dangling")).unwrap();
        symlink("circle", path("circle")).unwrap();
        for name in ["missing/n.db", "dangling", "circle", "missing/.."] {
            let refused = DatabasePath::resolve(&path(name)).unwrap_err().to_string();
            assert!(refused.contains(name), "{refused}");
        }
    }

    #[test]
    fn a_file_with_a_second_name_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("n.db"), folder.path().join("other.db"));
        fs::write(&one, "").unwrap();
        assert!(DatabasePath::resolve(&one).is_ok());
        fs::hard_link(&one, &other).unwrap();
        for path in [&one, &other] {
            let refused = DatabasePath::resolve(path).unwrap_err();
            assert!(matches!(refused, StoreError::Linked { links: 2, .. }));
        }
        fs::remove_file(&other).unwrap();
        assert!(DatabasePath::resolve(&one).is_ok());
    }
}
