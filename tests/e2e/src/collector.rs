//! The real collector's process on a database of its own.

use std::env;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tempfile::TempDir;

/// The pair that may write events.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Source {
    /// First in the path of the Event API.
    pub auth_key: String,
    /// Second in the path, first argument of `new na`.
    pub api_key: String,
}

/// A collector on a free port; killed and its database deleted when dropped.
pub struct Collector {
    process: Child,
    url: String,
    source: Source,
    account_key: String,
    folder: TempDir,
}

#[derive(Deserialize)]
struct AccountKey {
    account_key: String,
}

impl Collector {
    /// The binary that `NATERO_COLLECTOR` names, by default the workspace's
    /// debug build.
    ///
    /// # Errors
    /// When there is none.
    pub fn binary() -> Result<PathBuf> {
        let binary = match env::var_os("NATERO_COLLECTOR") {
            Some(path) => PathBuf::from(path),
            None => {
                Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/debug/natero-collector")
            }
        };
        ensure!(
            binary.is_file(),
            "no collector at {}: run `cargo xtask test`, or set NATERO_COLLECTOR to the binary",
            binary.display()
        );
        Ok(binary)
    }

    /// Starts [`Collector::binary`].
    ///
    /// # Errors
    /// When there is none, or it does not start.
    pub fn start() -> Result<Self> {
        Self::start_binary(&Self::binary()?)
    }

    /// Starts this binary.
    ///
    /// # Errors
    /// When it does not start, with what it said.
    pub fn start_binary(binary: &Path) -> Result<Self> {
        let folder = TempDir::with_prefix("natero-collector-")?;
        let db = folder.path().join("natero.db");
        let source: Source = create_key(binary, "source", &db)?;
        let AccountKey { account_key } = create_key(binary, "account", &db)?;
        let log = folder.path().join("collector.log");
        let mut process = Command::new(binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--db"])
            .arg(&db)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()
            .with_context(|| format!("start {}", binary.display()))?;
        let url = first_line(&mut process)
            .and_then(|line| Some(line.trim().strip_prefix("listening on ")?.to_owned()));
        let Some(url) = url else {
            let _ = process.kill();
            let _ = process.wait();
            bail!(
                "the collector's first line is no `listening on …`; it said: {}",
                std::fs::read_to_string(&log).unwrap_or_default()
            );
        };
        Ok(Self {
            process,
            url,
            source,
            account_key,
            folder,
        })
    }

    /// Where it listens: `http://127.0.0.1:PORT`, the tracker's `endpoint`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A source made before it started.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// An account key made before it started.
    #[must_use]
    pub fn account_key(&self) -> &str {
        &self.account_key
    }

    /// The address its source posts events to.
    #[must_use]
    pub fn event_url(&self) -> String {
        format!(
            "{}/v1/{}/{}",
            self.url, self.source.auth_key, self.source.api_key
        )
    }

    /// What `GET /api/v2/{path}` answers to the account key.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn get(&self, path: &str) -> Result<Value> {
        let answer = reqwest::Client::new()
            .get(format!("{}/api/v2/{path}", self.url))
            .basic_auth("api", Some(&self.account_key))
            .send()
            .await?
            .error_for_status()?;
        Ok(answer.json().await?)
    }

    /// Puts a record at `/api/v2/{path}`.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn put(&self, path: &str, record: &Value) -> Result<()> {
        let client = reqwest::Client::new();
        let request = client.put(format!("{}/api/v2/{path}", self.url));
        let request = request.basic_auth("api", Some(&self.account_key));
        let answer = request.json(record).send().await?;
        ensure!(answer.status().is_success(), "{}", answer.text().await?);
        Ok(())
    }

    /// What `GET /api/v2/loss` answers.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn loss(&self) -> Result<Value> {
        self.get("loss").await
    }

    /// The SQLite file it writes.
    #[must_use]
    pub fn db(&self) -> PathBuf {
        self.folder.path().join("natero.db")
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn create_key<T: for<'de> Deserialize<'de>>(binary: &Path, kind: &str, db: &Path) -> Result<T> {
    let output = Command::new(binary)
        .args(["keys", "create", kind, "--json", "--db"])
        .arg(db)
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

/// The first line of stdout; the rest is read and forgotten, because a full
/// pipe would stop the process.
fn first_line(process: &mut Child) -> Option<String> {
    let mut stdout = BufReader::new(process.stdout.take()?);
    let mut line = String::new();
    stdout.read_line(&mut line).ok()?;
    std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
    Some(line)
}
