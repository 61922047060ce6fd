//! A page with a tracker, and the events that it reported.

use anyhow::{Context, Result, ensure};
use natero_e2e::collector::Collector;
use natero_e2e::page::Page;
use natero_e2e::rows::{EventRow, until_events};
use natero_e2e::site::Site;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

/// The tolerance in ms: event handlers run between the reading of the page's clock and of the
/// tracker's, and the machine may be busy.
pub const SLACK_MS: i64 = 100;

pub struct Tracked<'a> {
    pub collector: Collector,
    pub site: Site,
    pub page: Page<'a>,
}

pub async fn start(stage: &Stage, settings: Value) -> Result<Tracked<'_>> {
    start_at(stage, "/one.html", settings).await
}

pub async fn start_at<'a>(stage: &'a Stage, first: &str, settings: Value) -> Result<Tracked<'a>> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    site.allow_caching();
    for path in ["/one.html", "/two.html"] {
        site.put_tracked(path, collector.url(), collector.source(), &settings);
    }
    let page = stage.open(&site, first).await?;
    page.until("window.tracking").await?;
    Ok(Tracked {
        collector,
        site,
        page,
    })
}

impl Tracked<'_> {
    /// Enters a module. Returns how long the page was visible until then, in ms.
    pub async fn enter(&self, module: &str) -> Result<i64> {
        self.page
            .run(
                "_na.setModuleId(args); return Math.round(clock.seen());",
                json!(module),
            )
            .await
    }

    /// Ends the tracker of the foreground page. Returns how long the page was visible until
    /// then, in ms.
    pub async fn finish(&self) -> Result<i64> {
        self.page
            .run(
                "const seen = clock.seen(); _na.shutdown(); return Math.round(seen);",
                Value::Null,
            )
            .await
    }

    /// All events, as soon as `enough` returns true and no page has unsent ones.
    pub async fn rows(
        &self,
        what: &str,
        enough: impl Fn(&[EventRow]) -> bool,
    ) -> Result<Vec<EventRow>> {
        let rows = until_events(&self.collector, what, enough).await?;
        let loss = self.collector.loss().await?;
        ensure!(loss["missing"] == 0, "{loss}");
        Ok(rows)
    }
}

/// How long the page at `path` was visible until it was left, in ms.
pub async fn left(page: &Page<'_>, path: &str) -> Result<i64> {
    let seen: f64 = page
        .run("return clock.left()[args];", json!(path))
        .await
        .context("the clock noted no end of the page")?;
    Ok(seen as i64)
}

pub fn sum(rows: &[EventRow], action: &str) -> i64 {
    of(rows, action)
        .map(|row| {
            row.time_spent
                .or(row.active_duration)
                .expect("a duration in an event that tells one")
        })
        .sum()
}

pub fn of<'r>(rows: &'r [EventRow], action: &'r str) -> impl Iterator<Item = &'r EventRow> {
    rows.iter().filter(move |row| row.action == action)
}

pub fn count(rows: &[EventRow], action: &str) -> usize {
    of(rows, action).count()
}
