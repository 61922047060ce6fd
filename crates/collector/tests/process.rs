//! The binary as an operator runs it.
#![allow(missing_docs)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

fn natero(db: &Path, args: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_natero-collector"))
        .args(args)
        .env("NATERO_DB", db)
        .output()
        .unwrap()
}

fn json_of(output: std::process::Output) -> Value {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

struct Running {
    child: Child,
    address: String,
}

impl Running {
    fn start(db: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_natero-collector"))
            .args(["serve", "--listen", "127.0.0.1:0", "--db"])
            .arg(db)
            .env("NATERO_LOG", "trace")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
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
        Running { child, address }
    }

    fn request(&self, head: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{head} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let body = answer.split_once("\r\n\r\n").unwrap().1.to_owned();
        (status, body)
    }

    /// Ends it with SIGTERM and gives its log.
    fn terminate(mut self) -> String {
        let status = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(status.success());
        let mut log = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut log)
            .unwrap();
        assert!(self.child.wait().unwrap().success(), "{log}");
        log
    }
}

#[test]
fn keys_are_created_listed_and_revoked() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("n.db");
    let source = json_of(natero(
        &db,
        &["keys", "create", "source", "--json", "--name", "web"],
    ));
    let account = json_of(natero(&db, &["keys", "create", "account", "--json"]));
    assert!(source["auth_key"].is_string() && source["api_key"].is_string());
    assert!(account["account_key"].is_string());

    let list = natero(&db, &["keys", "list", "--json"]);
    let text = String::from_utf8(list.stdout.clone()).unwrap();
    for secret in [
        &source["auth_key"],
        &source["api_key"],
        &account["account_key"],
    ] {
        assert!(!text.contains(secret.as_str().unwrap()));
        let file = std::fs::read(&db).unwrap();
        let secret = secret.as_str().unwrap().as_bytes();
        assert!(
            !file.windows(secret.len()).any(|part| part == secret),
            "only hashes are kept"
        );
    }
    assert_eq!(json_of(list).as_array().unwrap().len(), 2);

    assert!(
        natero(&db, &["keys", "revoke", "source-1"])
            .status
            .success()
    );
    let again = natero(&db, &["keys", "revoke", "source-1"]);
    assert!(!again.status.success());
    assert!(
        String::from_utf8(again.stderr)
            .unwrap()
            .contains("keys list")
    );
    let list = json_of(natero(&db, &["keys", "list", "--json"]));
    assert!(list[0]["revoked_at"].is_i64() && list[1]["revoked_at"].is_null());
}

#[test]
fn a_running_collector_takes_new_keys_counts_logs_no_key_and_stops_cleanly() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("n.db");
    let running = Running::start(&db);
    let source = json_of(natero(&db, &["keys", "create", "source", "--json"]));
    let account = json_of(natero(&db, &["keys", "create", "account", "--json"]));
    let (auth, api) = (
        source["auth_key"].as_str().unwrap(),
        source["api_key"].as_str().unwrap(),
    );
    let key = account["account_key"].as_str().unwrap();

    assert_eq!(running.request("GET /healthz", "").0, 200);
    let event = json!({
        "account_id": "acme", "user_id": "ann", "session_id": "s", "created_at": 1,
        "action": "feature", "feature": "export",
    });
    let (status, body) = running.request(&format!("POST /v1/{auth}/{api}"), &event.to_string());
    assert_eq!(
        (status, body.contains("\"accepted\":1")),
        (200, true),
        "{body}"
    );
    running.request(&format!("POST /v1/{auth}/wrong"), "{");
    let path = format!("GET /api/v2/accounts/acme/usage?api_key={key}");
    let (status, body) = running.request(&path, "");
    assert_eq!(status, 200);
    assert_eq!(
        serde_json::from_str::<Value>(&body).unwrap()["totals"]["features"],
        1
    );

    let log = running.terminate();
    for secret in [auth, api, key] {
        assert!(!log.contains(secret), "{log}");
    }
    let wal = folder.path().join("n.db-wal");
    assert!(!wal.exists() || std::fs::metadata(&wal).unwrap().len() == 0);
}

#[test]
fn a_database_that_cannot_be_opened_says_so() {
    let folder = TempDir::new().unwrap();
    let output = natero(
        &folder.path().join("no/such/folder/n.db"),
        &["keys", "list"],
    );
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("folder exists"), "{error}");
}

#[test]
fn the_loss_report_is_printed_too() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("n.db");
    let report = json_of(natero(&db, &["loss", "--json"]));
    assert_eq!(report["missing"], 0);
    let text = String::from_utf8(natero(&db, &["loss"]).stdout).unwrap();
    assert!(text.contains("missing"), "{text}");
}
