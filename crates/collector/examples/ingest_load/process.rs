//! The server processes that are measured.

use std::{
    io::BufRead,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// A server process that is ended when this value is dropped.
pub struct Server {
    child: Child,
    pub address: String,
}

impl Server {
    /// Starts a program that prints its address in its first line.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        std::io::BufReader::new(stdout)
            .read_line(&mut line)
            .expect("a line");
        let address = line.trim().strip_prefix("listening on http://");
        Server {
            child,
            address: address.expect("an address").to_owned(),
        }
    }

    /// The collector on a database.
    pub fn collector(db: &Path, flags: &[&str]) -> Self {
        let mut command = Command::new(collector());
        command.args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--rate-limit",
            "0",
            "--db",
        ]);
        Server::start(command.arg(db).args(flags))
    }

    /// Processor time so far, in µs.
    pub fn cpu(&self) -> f64 {
        cpu_of(self.child.id()).0
    }
}

/// Processor time of a process so far, in µs, and the processor time of its children that
/// have ended.
pub fn cpu_of(pid: u32) -> (f64, f64) {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The fields after the name include user and system time in hundredths of a second,
    // followed by those of the children.
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks: Vec<f64> = fields
        .split(' ')
        .skip(11)
        .take(4)
        .filter_map(|ticks| ticks.parse().ok())
        .collect();
    let sum = |ticks: &[f64]| ticks.iter().sum::<f64>() * 10_000.0;
    match ticks.split_at_checked(2) {
        Some((own, children)) => (sum(own), sum(children)),
        None => (0.0, 0.0),
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The collector that cargo has built beside this example.
pub fn collector() -> PathBuf {
    let example = std::env::current_exe().expect("a path");
    let folder = example.ancestors().nth(2).expect("target/profile/examples");
    let binary = folder.join("natero-collector");
    assert!(
        binary.exists(),
        "build it first: cargo build --release -p natero-collector"
    );
    binary
}

/// Runs a command of the collector that prints JSON, and returns the JSON.
pub fn natero(db: &Path, args: &[&str]) -> serde_json::Value {
    let output = Command::new(collector())
        .args(args)
        .args(["--json", "--db"])
        .arg(db)
        .output()
        .expect("it runs");
    serde_json::from_slice(&output.stdout).expect("JSON")
}
