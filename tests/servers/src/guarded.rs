//! A server that ends with whoever started it.

use std::{
    fs, io,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    time::{Duration, Instant},
};

/// How long a server may take to start.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Time between two looks whether it has.
const PAUSE: Duration = Duration::from_millis(20);

/// Ends a server with a signal and removes its data once whoever started it is gone: then
/// nothing holds the other end of its standard input.
const GUARD: &str = "signal=$1; folder=$2; shift 2; \"$@\" & server=$!; read _; \
    kill -\"$signal\" $server; wait; rm -rf \"$folder\"";

/// A server, and the process that guards it.
#[derive(Debug)]
pub(crate) struct Guarded {
    guard: Child,
    /// Closed, it ends the server.
    input: Option<ChildStdin>,
    port: u16,
    folder: PathBuf,
}

impl Guarded {
    /// A folder that the guard removes.
    pub(crate) fn folder(name: &str) -> io::Result<PathBuf> {
        let folder = tempfile::Builder::new().prefix(name).tempdir()?;
        Ok(folder.keep())
    }

    /// The guard of a program, to which the arguments of the program are added.
    pub(crate) fn command(program: &Path, folder: &Path, signal: &str) -> Command {
        let mut command = Command::new("sh");
        command
            .args(["-c", GUARD, "sh", signal])
            .arg(folder)
            .arg(program)
            .current_dir(folder);
        command
    }

    /// Starts the guard, and waits until the server listens on a port.
    pub(crate) fn start(mut command: Command, folder: PathBuf, port: u16) -> io::Result<Self> {
        let log = fs::File::create(folder.join("log"))?;
        let mut guard = command
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let input = guard.stdin.take();
        let server = Guarded {
            guard,
            input,
            port,
            folder,
        };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if start.elapsed() > START_LIMIT {
                let said = fs::read_to_string(server.folder.join("log")).unwrap_or_default();
                return Err(io::Error::other(format!("a server does not start: {said}")));
            }
            std::thread::sleep(PAUSE);
        }
        Ok(server)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.guard.id()
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn data(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.input.take();
        // It has removed the folder then.
        let _ = self.guard.wait();
    }
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    Ok(listener.local_addr()?.port())
}
