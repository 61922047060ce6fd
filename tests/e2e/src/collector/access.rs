//! How a collector is reached: where it is, and with which keys.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The pair that may write events.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Source {
    /// First in the path of the Event API.
    pub auth_key: String,
    /// Second in the path, first argument of `new na`.
    pub api_key: String,
}

/// Where a collector listens, and keys of it.
#[derive(Clone, Debug)]
pub struct Access {
    pub(crate) url: String,
    pub(crate) source: Source,
    pub(crate) account_key: String,
}

impl Access {
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
}
