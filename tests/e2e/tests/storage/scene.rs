//! A page that stores what it could not deliver, and the collector that finally receives it.

use anyhow::{Result, ensure};
use natero_e2e::collector::{Collector, Source};
use natero_e2e::fault::FaultServer;
use natero_e2e::page::Page;
use natero_e2e::rows::until_events;
use natero_e2e::site::{Site, class_page};
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

pub struct Scene<'a> {
    pub collector: Collector,
    pub server: FaultServer,
    pub site: Site,
    pub page: Page<'a>,
}

pub const MAKE: &str =
    "for (let i = args[0]; i < args[0] + args[1]; i += 1) _na.sendFeatureEvent(`feature ${i}`);";

/// Opens a page that runs this script before anything else.
pub async fn open<'a>(stage: &'a Stage, before: &str) -> Result<Scene<'a>> {
    let collector = Collector::start()?;
    let server = FaultServer::before(collector.url()).await?;
    let site = stage.site().await?;
    site.put_html("/", class_page(before));
    let page = stage.open(&site, "/").await?;
    page.until("window.na").await?;
    Ok(Scene {
        collector,
        server,
        site,
        page,
    })
}

pub async fn track(page: &Page<'_>, server: &FaultServer, source: &Source) -> Result<()> {
    page.track(server.url(), source, json!({ "flushInterval": 50 }))
        .await
}

impl Scene<'_> {
    pub async fn track(&self) -> Result<()> {
        track(&self.page, &self.server, self.collector.source()).await?;
        self.page.act("await _na.ready;", Value::Null).await
    }

    /// Waits until the collector stores exactly these features, each once.
    pub async fn has(&self, numbers: std::ops::Range<usize>) -> Result<()> {
        has(&self.collector, numbers).await
    }

    /// Waits until nothing is pending or stored. Fails if anything was sent twice.
    pub async fn ends_without_duplicates(&self) -> Result<()> {
        self.page.deliver().await?;
        self.page
            .until("Object.keys(localStorage).length === 0")
            .await?;
        let loss = self.collector.loss().await?;
        ensure!(loss["duplicates"] == 0, "{loss}");
        Ok(())
    }
}

async fn has(collector: &Collector, numbers: std::ops::Range<usize>) -> Result<()> {
    let made = numbers.map(|number| format!("feature {number}")).collect();
    holds(collector, made).await
}

pub async fn holds(collector: &Collector, mut made: Vec<String>) -> Result<()> {
    let rows = until_events(collector, &format!("{made:?}"), |rows| {
        rows.len() >= made.len()
    })
    .await?;
    let mut held: Vec<_> = rows.iter().filter_map(|row| row.feature.clone()).collect();
    held.sort();
    made.sort();
    ensure!(held == made, "{held:?}");
    let loss = collector.loss().await?;
    ensure!(loss["missing"] == 0, "{loss}");
    Ok(())
}
