//! A server that is stopped when the process that started it ends.

use std::{
    ffi::OsString,
    fs,
    io::{self, Write},
    net::{TcpListener, TcpStream},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    time::{Duration, Instant},
};

/// How long a server may take to start.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Time between two checks.
const PAUSE: Duration = Duration::from_millis(20);

/// A shell script that stops a server when its standard input gets a line or is closed, which
/// also happens when the process that started it ends. On a line, it kills the server with
/// one signal and keeps its data. Otherwise, it ends the server with another signal and
/// removes its data.
const GUARD: &str = "signal=$1; abrupt=$2; folder=$3; shift 3; \"$@\" & server=$!; \
    if read -r _; then kill -\"$abrupt\" $server; wait; \
    else kill -\"$signal\" $server; wait; rm -rf \"$folder\"; fi";

/// How to start a server, each time.
#[derive(Debug)]
pub(crate) struct Launch {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    /// The user and group that run it, if they differ from the current ones.
    pub(crate) owner: Option<(u32, u32)>,
    /// The signal that stops it normally.
    pub(crate) signal: &'static str,
    /// The signal that kills it, as in a power failure.
    pub(crate) abrupt: &'static str,
    /// The port on which it listens.
    pub(crate) port: u16,
    /// The folder of its data, which is removed with it.
    pub(crate) folder: PathBuf,
}

/// A server, and the guard process that stops it.
#[derive(Debug)]
pub(crate) struct GuardedServer {
    launch: Launch,
    guard: Child,
    /// Closing it stops the server.
    input: Option<ChildStdin>,
}

impl Launch {
    fn start(&self) -> io::Result<Child> {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.join("log"))?;
        let mut command = Command::new("sh");
        command
            .args(["-c", GUARD, "sh", self.signal, self.abrupt])
            .arg(&self.folder)
            .arg(&self.program)
            .args(&self.arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log);
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command.spawn()
    }
}

impl GuardedServer {
    /// Creates a folder that the guard removes.
    pub(crate) fn folder(name: &str) -> io::Result<PathBuf> {
        let folder = tempfile::Builder::new().prefix(name).tempdir()?;
        Ok(folder.keep())
    }

    /// Starts a server, and waits until it listens.
    pub(crate) fn start(launch: Launch) -> io::Result<Self> {
        let mut guard = launch.start()?;
        let input = guard.stdin.take();
        let server = GuardedServer {
            launch,
            guard,
            input,
        };
        server.wait()?;
        Ok(server)
    }

    fn wait(&self) -> io::Result<()> {
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.launch.port)).is_err() {
            if start.elapsed() > START_LIMIT {
                let log = self.launch.folder.join("log");
                let said = fs::read_to_string(log).unwrap_or_default();
                return Err(io::Error::other(format!("a server does not start: {said}")));
            }
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Kills it and keeps its data.
    pub(crate) fn kill(&mut self) -> io::Result<()> {
        if let Some(mut input) = self.input.take() {
            input.write_all(b"leave\n")?;
            drop(input);
            self.guard.wait()?;
        }
        Ok(())
    }

    /// Starts it again with its data, if it was killed.
    pub(crate) fn start_again(&mut self) -> io::Result<()> {
        if self.input.is_none() {
            self.guard = self.launch.start()?;
            self.input = self.guard.stdin.take();
        }
        self.wait()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.guard.id()
    }

    pub(crate) fn port(&self) -> u16 {
        self.launch.port
    }

    pub(crate) fn data(&self) -> &Path {
        &self.launch.folder
    }
}

impl Drop for GuardedServer {
    fn drop(&mut self) {
        if self.input.take().is_some() {
            // The guard has removed the folder by then.
            let _ = self.guard.wait();
        } else {
            let _ = fs::remove_dir_all(&self.launch.folder);
        }
    }
}

/// A port on which nobody listens.
pub(crate) fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    Ok(listener.local_addr()?.port())
}
