//! Servers that accept only encrypted connections.

use std::time::Instant;

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    certificate::Certificate,
    own,
    process::{LIMIT, batch, command, text},
    running::{Running, json_of},
};

#[test]
fn a_collector_speaks_to_encrypted_servers_whose_authority_it_trusts() {
    let Some(certificate) = Certificate::new() else {
        return;
    };
    let Some((postgres, clickhouse)) = own::encrypted(&certificate.encryption()) else {
        return;
    };
    let address = postgres.address("postgres?sslmode=require");
    let nodes = [clickhouse];
    let addresses = own::addresses(&address, &nodes);
    let create = |kind: &str, is_trusted: bool| {
        let mut command = command(&addresses);
        if is_trusted {
            command.env("SSL_CERT_FILE", certificate.authority());
        }
        command
            .args(["keys", "create", kind, "--json"])
            .output()
            .unwrap()
    };
    let refused = create("source", false);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && said.contains("certificate"),
        "{said}"
    );
    let (source, account) = (
        json_of(create("source", true)),
        json_of(create("account", true)),
    );
    let folder = TempDir::new().unwrap();
    let mut trusting = command(&addresses);
    trusting.env("SSL_CERT_FILE", certificate.authority());
    let running = Running::start_logged(trusting, folder.path().join("one"));
    let events = format!(
        "POST /v1/{}/{}",
        text(&source, "auth_key"),
        text(&source, "api_key")
    );
    let (status, answer) = running.request(&events, &batch(0, 0));
    assert_eq!(status, 200, "{answer}");
    let usage = format!(
        "GET /api/v2/accounts/a/usage?api_key={}",
        text(&account, "account_key")
    );
    let start = Instant::now();
    // The same after ClickHouse has the events.
    loop {
        let (status, answer) = running.request(&usage, "");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(
            (status, &answer["totals"]["events"]),
            (200, &Value::from(20))
        );
        let (_, metrics) = running.request("GET /metrics", "");
        let has_shipped = |line: &str| line == "natero_unshipped_events 0";
        if metrics.lines().any(has_shipped) {
            break;
        }
        assert!(start.elapsed() < LIMIT, "{metrics}");
    }
    running.terminate();
}
