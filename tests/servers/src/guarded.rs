//! A server that ends with whoever started it.

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

/// Time between two looks whether it has.
const PAUSE: Duration = Duration::from_millis(20);

/// Ends a server once its standard input says so or is closed, as it is when whoever
/// started it is gone. Told by a line, it ends it with a signal and leaves its data. Else
/// it ends it with another signal and removes its data.
const GUARD: &str = "signal=$1; abrupt=$2; folder=$3; shift 3; \"$@\" & server=$!; \
    if read -r _; then kill -\"$abrupt\" $server; wait; \
    else kill -\"$signal\" $server; wait; rm -rf \"$folder\"; fi";

/// How a server is started, each time.
#[derive(Debug)]
pub(crate) struct Launch {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    /// The user and group that run it, where that is not who starts it.
    pub(crate) owner: Option<(u32, u32)>,
    /// The signal that ends it for good.
    pub(crate) signal: &'static str,
    /// The signal that ends it at once, as without power.
    pub(crate) abrupt: &'static str,
    /// Where it listens.
    pub(crate) port: u16,
    /// Where its data are, which are removed with it.
    pub(crate) folder: PathBuf,
}

/// A server, and the process that guards it.
#[derive(Debug)]
pub(crate) struct Guarded {
    launch: Launch,
    guard: Child,
    /// Closed, it ends the server.
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

impl Guarded {
    /// A folder that the guard removes.
    pub(crate) fn folder(name: &str) -> io::Result<PathBuf> {
        let folder = tempfile::Builder::new().prefix(name).tempdir()?;
        Ok(folder.keep())
    }

    /// Starts a server, and waits until it listens.
    pub(crate) fn start(launch: Launch) -> io::Result<Self> {
        let mut guard = launch.start()?;
        let input = guard.stdin.take();
        let server = Guarded {
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

    /// Ends it at once, and leaves its data.
    pub(crate) fn kill(&mut self) -> io::Result<()> {
        if let Some(mut input) = self.input.take() {
            input.write_all(b"leave\n")?;
            drop(input);
            self.guard.wait()?;
        }
        Ok(())
    }

    /// Starts it with the data that it left, if it was ended.
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

impl Drop for Guarded {
    fn drop(&mut self) {
        if self.input.take().is_some() {
            // It has removed the folder then.
            let _ = self.guard.wait();
        } else {
            let _ = fs::remove_dir_all(&self.launch.folder);
        }
    }
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    Ok(listener.local_addr()?.port())
}
