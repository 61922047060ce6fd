//! A collector in its own process, and a client on a socket.
#![allow(dead_code, missing_docs, reason = "each suite uses its part of it")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

use super::place::Stored;

pub const BINARY: &str = env!("CARGO_BIN_EXE_natero-collector");

pub fn natero(stored: &(impl Stored + ?Sized), args: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    stored.choose(&mut command);
    command.args(args).output().unwrap()
}

#[track_caller]
pub fn json_of(output: Output) -> Value {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Creates the keys of a source, and returns the method and path for its batches.
pub fn batches_of_new_source(stored: &(impl Stored + ?Sized)) -> String {
    let keys = json_of(natero(stored, &["keys", "create", "source", "--json"]));
    let part = |name: &str| keys[name].as_str().unwrap().to_owned();
    format!("POST /v1/{}/{}", part("auth_key"), part("api_key"))
}

pub struct Running {
    pub child: Child,
    pub address: String,
    log: PathBuf,
}

impl Running {
    pub fn start(stored: &(impl Stored + ?Sized)) -> Self {
        Self::start_by(Command::new(BINARY), stored)
    }

    /// Starts it with a command that ends in the collector's own command.
    pub fn start_by(mut command: Command, stored: &(impl Stored + ?Sized)) -> Self {
        stored.choose(&mut command);
        Self::start_logged(command, stored.log())
    }

    /// Starts it with a command that already has its store, with a file for its log.
    pub fn start_logged(command: Command, log: PathBuf) -> Self {
        let file = std::fs::File::create(&log).unwrap();
        Self::start_with(command, log, file.into())
    }

    /// The same, with something else as its standard error.
    pub fn start_with(mut command: Command, log: PathBuf, stderr: Stdio) -> Self {
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("NATERO_LOG", "trace")
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .trim_end()
            .strip_prefix("listening on http://")
            .unwrap_or_else(|| panic!("first line is {line:?}"))
            .to_owned();
        Running {
            child,
            address,
            log,
        }
    }

    pub fn client(&self) -> Client {
        Client::connect(&self.address).unwrap()
    }

    /// Sends one request on its own connection.
    pub fn request(&self, head: &str, body: &str) -> (u16, String) {
        self.client().request(head, body).unwrap()
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(status.success());
    }

    /// Ends it with SIGTERM and returns its log.
    pub fn terminate(self) -> String {
        self.signal("-TERM");
        self.ended()
    }

    /// Waits until it has exited successfully, and returns its log.
    pub fn ended(mut self) -> String {
        let ended = self.child.wait().unwrap();
        let log = std::fs::read_to_string(&self.log).unwrap();
        assert!(ended.success(), "{log}");
        log
    }
}

/// Kills the process, so that a failing test leaves nothing running.
impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection that is kept open for many requests.
pub struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    pub fn connect(address: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Client {
            stream: BufReader::new(stream),
        })
    }

    /// Sends a request; `head` is the method and the path.
    pub fn request(&mut self, head: &str, body: &str) -> std::io::Result<(u16, String)> {
        let length = body.len();
        self.raw(&format!(
            "{head} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        ))
    }

    /// Sends text without waiting for an answer.
    pub fn send(&mut self, bytes: &str) -> std::io::Result<()> {
        self.send_bytes(bytes.as_bytes())
    }

    /// The same for bytes.
    pub fn send_bytes(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Sends a complete request, or the rest of one, unchanged.
    pub fn raw(&mut self, request: &str) -> std::io::Result<(u16, String)> {
        self.send(request)?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let broken = || std::io::Error::other("the connection broke off");
        let status = line
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .ok_or_else(broken)?;
        let mut length = 0;
        loop {
            line.clear();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(broken());
            }
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().map_err(|_| broken())?;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }
}
