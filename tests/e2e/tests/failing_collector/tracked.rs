//! A page with a tracker, and a server that fails.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use natero_e2e::collector::Source;
use natero_e2e::fault::{Answer, FaultServer};
use natero_e2e::page::Page;
use natero_e2e::site::Site;
use natero_e2e::stage::Stage;
use natero_e2e::wait;
use serde_json::{Value, json};

pub struct Tracked<'a> {
    pub server: FaultServer,
    pub page: Page<'a>,
    pub site: Site,
}

pub async fn start<'a>(
    stage: &'a Stage,
    server: FaultServer,
    source: &Source,
) -> Result<Tracked<'a>> {
    let site = stage.site().await?;
    let page = stage.open(&site, "/inline.html").await?;
    page.until("window.na").await?;
    page.track(
        server.url(),
        source,
        json!({ "flushInterval": 50, "compress": false }),
    )
    .await?;
    page.act("await _na.ready;", Value::Null).await?;
    Ok(Tracked { server, page, site })
}

/// Keys that no collector knows.
pub fn source() -> Source {
    Source {
        auth_key: "auth".into(),
        api_key: "api".into(),
    }
}

pub async fn scripted(
    stage: &Stage,
    answers: impl IntoIterator<Item = Answer>,
) -> Result<Tracked<'_>> {
    let server = FaultServer::start().await?;
    server.script(answers);
    start(stage, server, &source()).await
}

impl Tracked<'_> {
    /// Makes feature events of these names in one task.
    pub async fn make(&self, names: &[&str]) -> Result<()> {
        self.page
            .act(
                "for (const name of args) _na.sendFeatureEvent(name);",
                json!(names),
            )
            .await
    }

    /// Waits until the page counts this many delivered events, and returns its counters.
    pub async fn until_delivered(&self, count: u64) -> Result<Value> {
        let mut last = Value::Null;
        wait::until(&format!("{count} delivered events"), async || {
            last = self.page.run("return _na.stats();", Value::Null).await?;
            Ok((last["delivered"].as_u64() == Some(count)).then(|| last.clone()))
        })
        .await
        .with_context(|| format!("the counters are {last}"))
    }

    /// The features in the lines of each request.
    pub fn sent(&self) -> Result<Vec<Vec<String>>> {
        self.server
            .recorded()
            .iter()
            .map(|request| {
                let lines = request.lines()?;
                Ok(lines
                    .iter()
                    .map(|line| line["feature"].as_str().unwrap_or("-").to_owned())
                    .collect())
            })
            .collect()
    }

    /// Asserts that each of these features is a single event, however often it was sent.
    pub fn each_is_one_event(&self, names: &[&str]) -> Result<()> {
        let lines: Vec<Value> = self
            .server
            .recorded()
            .iter()
            .map(|request| request.lines())
            .collect::<Result<Vec<_>>>()?
            .concat();
        let made: BTreeSet<(String, String)> = lines
            .iter()
            .map(|line| (line["feature"].to_string(), line["event_id"].to_string()))
            .collect();
        ensure!(made.len() == names.len(), "{names:?} were sent as {made:?}");
        Ok(())
    }
}
