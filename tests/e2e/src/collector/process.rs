//! The process of a collector.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use super::access::Source;

/// A collector on a free port, killed when dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    url: String,
}

#[derive(Deserialize)]
struct AccountKey {
    account_key: String,
}

impl Process {
    /// Starts `serve` with flags for its store, and writes its log to a file.
    pub(crate) fn start(binary: &Path, store: &[String], log: &Path) -> Result<Self> {
        let mut child = Command::new(binary)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(store)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(log)?)
            .spawn()
            .with_context(|| format!("start {}", binary.display()))?;
        let url = first_line(&mut child)
            .and_then(|line| Some(line.trim().strip_prefix("listening on ")?.to_owned()));
        let Some(url) = url else {
            let _ = child.kill();
            let _ = child.wait();
            bail!(
                "the collector's first line is no `listening on …`; it said: {}",
                std::fs::read_to_string(log).unwrap_or_default()
            );
        };
        Ok(Self { child, url })
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Creates a source and an account key in a store.
pub(crate) fn create_keys(binary: &Path, store: &[String]) -> Result<(Source, String)> {
    let source = create_key(binary, "source", store)?;
    let AccountKey { account_key } = create_key(binary, "account", store)?;
    Ok((source, account_key))
}

fn create_key<T: for<'de> Deserialize<'de>>(
    binary: &Path,
    kind: &str,
    store: &[String],
) -> Result<T> {
    let output = Command::new(binary)
        .args(["keys", "create", kind, "--json"])
        .args(store)
        .output()
        .with_context(|| format!("start {}", binary.display()))?;
    ensure!(
        output.status.success(),
        "keys create {kind} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("keys create {kind} printed no key"))
}

/// The first line of stdout. The rest is read and discarded, because a full pipe would block
/// the process.
fn first_line(process: &mut Child) -> Option<String> {
    let mut stdout = BufReader::new(process.stdout.take()?);
    let mut line = String::new();
    stdout.read_line(&mut line).ok()?;
    std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
    Some(line)
}
