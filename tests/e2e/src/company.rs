//! A believable company tree, sent to a collector as a client would.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use natero_company::{Target, company};
use serde_json::Value;

use crate::collector::Access;

/// Sends accounts, users, records and usage of this many days up to now.
///
/// # Errors
/// When the collector refuses any of it.
pub async fn send_company(collector: &Access, days: i64) -> Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let client = reqwest::Client::new();
    for (target, body) in company(now.as_millis() as i64, days).requests() {
        let url = match target {
            Target::Events => collector.event_url(),
            Target::Account(path) => format!("{}{path}", collector.url()),
        };
        let answer = client
            .post(url)
            .basic_auth("api", Some(collector.account_key()))
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await?;
        let status = answer.status();
        let receipt: Value = answer.json().await?;
        let is_whole = receipt["rejected"].as_array().is_none_or(Vec::is_empty);
        ensure!(status.is_success() && is_whole, "{status}: {receipt}");
    }
    Ok(())
}
