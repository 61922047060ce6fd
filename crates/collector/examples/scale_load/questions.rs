//! What queries cost.

use std::time::Instant;

use serde_json::{Value, json};

use crate::machine::Machine;

/// How often each query runs.
const TIMES: u32 = 5;

/// Rows of a granule, the smallest number of rows that ClickHouse reads.
const ROWS_OF_MARK: f64 = 8192.0;

/// Puts the accounts of the load below one root account, runs the queries, and prints what
/// they cost.
pub async fn print(machine: &Machine) {
    let records: Vec<Value> = (0..500)
        .map(|no| json!({"account_id": format!("account {no}"), "parent_account_id": "root"}))
        .collect();
    machine.ask(
        "POST",
        "accounts",
        &json!({ "records": records }).to_string(),
    );
    println!(
        "\nquestion                                  ms   collectors ms  PostgreSQL ms  ClickHouse ms   rows read"
    );
    let day = 24 * 60 * 60 * 1000;
    let from = natero_collector::clock::now_ms() - 7 * day;
    for (name, path) in [
        ("root, all time", "accounts/root/usage".to_owned()),
        ("root by day", "accounts/root/usage?by=day".to_owned()),
        (
            "root by account",
            "accounts/root/usage?by=account".to_owned(),
        ),
        ("root by user", "accounts/root/usage?by=user".to_owned()),
        (
            "root by feature",
            "accounts/root/usage?by=feature".to_owned(),
        ),
        (
            "root by feature, 7 days",
            format!("accounts/root/usage?by=feature&from={from}"),
        ),
        (
            "one account by user",
            "accounts/account%207/usage?by=user".to_owned(),
        ),
        (
            "one account by day, 7 days",
            format!("accounts/account%207/usage?by=day&from={from}"),
        ),
        ("loss", "loss".to_owned()),
    ] {
        measure(machine, name, &path);
    }
}

fn measure(machine: &Machine, name: &str, path: &str) {
    let (cpu, rows, start) = (machine.cpu(), rows_read(machine), Instant::now());
    for _ in 0..TIMES {
        machine.ask("GET", path, "");
    }
    let times = f64::from(TIMES);
    let ms = start.elapsed().as_secs_f64() * 1000.0 / times;
    let [collectors, postgres, clickhouse] = machine
        .cpu()
        .less(&cpu)
        .parts()
        .map(|(_, cpu)| cpu / 1000.0 / times);
    let rows = (rows_read(machine) - rows) / times;
    println!(
        "{name:<34} {ms:>9.0} {collectors:>15.0} {postgres:>14.0} {clickhouse:>14.0} {rows:>11.0}"
    );
}

/// Rows that ClickHouse has read so far.
fn rows_read(machine: &Machine) -> f64 {
    let sql = "SELECT sum(value) FROM system.events WHERE event = 'SelectedMarks'";
    let marks = machine.clickhouse(sql);
    marks.trim().parse::<f64>().unwrap_or(0.0) * ROWS_OF_MARK
}
