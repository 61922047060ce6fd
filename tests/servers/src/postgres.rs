//! A PostgreSQL server.

use std::{
    ffi::OsString,
    fs, io,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::Path,
    process::Command,
};

use crate::{
    encryption::Encryption,
    guarded::{GuardedServer, Launch, free_port},
    programs::Programs,
};

/// Whether commits wait for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flushing {
    /// Every commit waits, as in production.
    On,
    /// No commit waits: the data does not have to survive a crash of the machine.
    Off,
}

/// A PostgreSQL server, whose user `natero` has all rights.
#[derive(Debug)]
pub struct Postgres {
    server: GuardedServer,
    programs: Programs,
}

impl Postgres {
    /// Starts it with its own, empty data folder.
    ///
    /// # Errors
    /// When its files cannot be created, or it does not start.
    pub fn start(programs: &Programs, flushing: Flushing) -> io::Result<Self> {
        Self::start_with(programs, flushing, None)
    }

    /// Starts a server that accepts only encrypted connections.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_encrypted(
        programs: &Programs,
        flushing: Flushing,
        encryption: &Encryption,
    ) -> io::Result<Self> {
        Self::start_with(programs, flushing, Some(encryption))
    }

    fn start_with(
        programs: &Programs,
        flushing: Flushing,
        encryption: Option<&Encryption>,
    ) -> io::Result<Self> {
        let (folder, port) = (GuardedServer::folder("natero-postgres-")?, free_port()?);
        // PostgreSQL refuses to run as root.
        let owner = unprivileged();
        if let Some((user, group)) = owner {
            chown(&folder, Some(user), Some(group))?;
        }
        make_files(programs, &folder, owner)?;
        let mut arguments: Vec<OsString> = vec!["-D".into(), folder.join("data").into()];
        let settings = [
            "-h",
            "127.0.0.1",
            "-k",
            "",
            "-c",
            "max_connections=300",
            "-p",
        ];
        arguments.extend(settings.map(OsString::from));
        arguments.push(port.to_string().into());
        let mut set = |setting: &str| arguments.extend(["-c".into(), setting.into()]);
        if flushing == Flushing::Off {
            set("fsync=off");
        }
        if let Some(encryption) = encryption {
            require_encryption(encryption, &folder, owner)?;
            for setting in [
                "ssl=on",
                "ssl_cert_file=../server.pem",
                "ssl_key_file=../server.key",
            ] {
                set(setting);
            }
        }
        let server = GuardedServer::start(Launch {
            program: programs.postgres.clone(),
            arguments,
            owner,
            signal: "INT",
            abrupt: "QUIT",
            port,
            folder,
        })?;
        Ok(Postgres {
            server,
            programs: programs.clone(),
        })
    }

    /// Creates a database and returns its address.
    ///
    /// # Errors
    /// When it is refused.
    pub fn create(&self, name: &str) -> io::Result<String> {
        let sql = format!("CREATE DATABASE {name} TEMPLATE template0");
        self.ask("postgres", &sql)?;
        Ok(self.address(name))
    }

    /// Its address, to which the name of a database can be appended.
    #[must_use]
    pub fn server_address(&self) -> String {
        format!("postgres://natero@127.0.0.1:{}", self.server.port())
    }

    /// The address of a database.
    #[must_use]
    pub fn address(&self, database: &str) -> String {
        format!("{}/{database}", self.server_address())
    }

    /// The answer to a statement: each row as a line, with tabs between values.
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

    /// The parent process of the server.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// The folder with its files.
    #[must_use]
    pub fn data(&self) -> &Path {
        self.server.data()
    }

    /// Kills it, as in a power failure. Its files stay until this value is dropped.
    ///
    /// # Errors
    /// When its guard process is gone.
    pub fn kill(&mut self) -> io::Result<()> {
        self.server.kill()
    }

    /// Starts it again with its files.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_again(&mut self) -> io::Result<()> {
        self.server.start_again()
    }
}

fn make_files(programs: &Programs, folder: &Path, owner: Option<(u32, u32)>) -> io::Result<()> {
    let mut init = Command::new(&programs.initdb);
    if let Some((user, group)) = owner {
        init.uid(user).gid(group);
    }
    init.args(["--auth=trust", "--encoding=UTF8", "--locale=C"])
        .args(["-U", "natero", "-D"])
        .arg(folder.join("data"))
        .current_dir(folder);
    said(&mut init)?;
    Ok(())
}

/// Refuses unencrypted connections from now on, and copies the certificate and key to where
/// the server's user can read them.
fn require_encryption(
    encryption: &Encryption,
    folder: &Path,
    owner: Option<(u32, u32)>,
) -> io::Result<()> {
    let rules = folder.join("data/pg_hba.conf");
    fs::write(rules, "hostssl all all 127.0.0.1/32 trust\n")?;
    for (file, name) in [
        (&encryption.certificate, "server.pem"),
        (&encryption.key, "server.key"),
    ] {
        let copy = folder.join(name);
        fs::copy(file, &copy)?;
        // PostgreSQL refuses a key that others may read.
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o600))?;
        if let Some((user, group)) = owner {
            chown(&copy, Some(user), Some(group))?;
        }
    }
    Ok(())
}

/// The standard output of a command, which must succeed.
fn said(command: &mut Command) -> io::Result<String> {
    let done = command.output()?;
    if !done.status.success() {
        let error = String::from_utf8_lossy(&done.stderr).into_owned();
        return Err(io::Error::other(error));
    }
    let text = String::from_utf8_lossy(&done.stdout);
    Ok(text.trim_end_matches('\n').to_owned())
}

/// The user and group `postgres`, or else `nobody`, if this process runs as root.
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
