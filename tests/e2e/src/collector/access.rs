//! How to reach a collector: its address and keys.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The key pair that may write events.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Source {
    /// The first segment of the path after `/v1/` in the Event API.
    pub auth_key: String,
    /// The second segment, and the first argument of `new na`.
    pub api_key: String,
}

/// The address of a collector, and keys for it.
#[derive(Clone, Debug)]
pub struct Access {
    pub(crate) url: String,
    pub(crate) source: Source,
    pub(crate) account_key: String,
}

impl Access {
    /// Its address, `http://127.0.0.1:PORT`: the tracker's `endpoint`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A source that was created before the start.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// An account key that was created before the start.
    #[must_use]
    pub fn account_key(&self) -> &str {
        &self.account_key
    }

    /// The address to which its source posts events.
    #[must_use]
    pub fn event_url(&self) -> String {
        format!(
            "{}/v1/{}/{}",
            self.url, self.source.auth_key, self.source.api_key
        )
    }

    /// The answer of `GET /api/v2/{path}` with the account key.
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

    /// The answer of `GET /api/v2/loss`.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn loss(&self) -> Result<Value> {
        self.get("loss").await
    }
}
