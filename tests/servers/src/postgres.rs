//! A PostgreSQL.

use std::{
    fs, io,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::Path,
    process::Command,
};

use crate::{
    guarded::{Guarded, free_port},
    programs::Programs,
};

/// Whether commits wait for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flushing {
    /// Each does, as in production.
    On,
    /// None does: what is written need not survive the machine.
    Off,
}

/// A PostgreSQL, whose user `natero` may do everything.
#[derive(Debug)]
pub struct Postgres {
    server: Guarded,
    programs: Programs,
}

impl Postgres {
    /// Starts it with data of its own.
    ///
    /// # Errors
    /// When its files cannot be made, or it does not start.
    pub fn start(programs: &Programs, flushing: Flushing) -> io::Result<Self> {
        let (folder, port) = (Guarded::folder("natero-postgres-")?, free_port()?);
        // PostgreSQL refuses to run as root.
        let owner = unprivileged();
        let as_owner = |command: &mut Command| {
            if let Some((user, group)) = owner {
                command.uid(user).gid(group);
            }
        };
        if let Some((user, group)) = owner {
            chown(&folder, Some(user), Some(group))?;
        }
        let mut init = Command::new(&programs.initdb);
        as_owner(&mut init);
        init.args(["--auth=trust", "--encoding=UTF8", "--locale=C"])
            .args(["-U", "natero", "-D"])
            .arg(folder.join("data"))
            .current_dir(&folder);
        said(&mut init)?;
        let mut command = Guarded::command(&programs.postgres, &folder, "INT");
        as_owner(&mut command);
        command
            .arg("-D")
            .arg(folder.join("data"))
            .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k", ""])
            .args(["-c", "max_connections=300"]);
        if flushing == Flushing::Off {
            command.args(["-c", "fsync=off"]);
        }
        Ok(Postgres {
            server: Guarded::start(command, folder, port)?,
            programs: programs.clone(),
        })
    }

    /// Makes a database and returns its address.
    ///
    /// # Errors
    /// When it is refused.
    pub fn create(&self, name: &str) -> io::Result<String> {
        let sql = format!("CREATE DATABASE {name} TEMPLATE template0");
        self.ask("postgres", &sql)?;
        Ok(self.address(name))
    }

    /// The address of a database.
    #[must_use]
    pub fn address(&self, database: &str) -> String {
        let port = self.server.port();
        format!("postgres://natero@127.0.0.1:{port}/{database}")
    }

    /// What a statement answers: rows as lines, with tabs between values.
    ///
    /// # Errors
    /// When it is refused.
    pub fn ask(&self, database: &str, sql: &str) -> io::Result<String> {
        said(Command::new(&self.programs.psql).args([
            "-qtAX",
            "-F",
            "\t",
            "-d",
            &self.address(database),
            "-c",
            sql,
        ]))
    }

    /// The process below which it runs.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// Where its files are.
    #[must_use]
    pub fn data(&self) -> &Path {
        self.server.data()
    }
}

/// The standard output of a command that succeeds.
fn said(command: &mut Command) -> io::Result<String> {
    let done = command.output()?;
    if !done.status.success() {
        let error = String::from_utf8_lossy(&done.stderr).into_owned();
        return Err(io::Error::other(error));
    }
    let text = String::from_utf8_lossy(&done.stdout);
    Ok(text.trim_end_matches('\n').to_owned())
}

/// The user and group `postgres`, or else `nobody`, where this process is root.
fn unprivileged() -> Option<(u32, u32)> {
    if !fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0) {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    ["postgres", "nobody"].iter().find_map(|wanted| {
        let fields: Vec<&str> = users
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>())
            .find(|fields| fields.first() == Some(wanted))?;
        Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
    })
}
