//! The setup of a scenario, and how its events are counted.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::browser::{Browser, BrowserKind};
use crate::collector::Collector;
use crate::fault::FaultServer;
use crate::page::Page;
use crate::rows::{EventRow, events};
use crate::site::Site;
use crate::stage::Stage;
use crate::tab::Tab;
use crate::wait;

/// Makes features `args[0]..args[0] + args[1]`, in one task.
pub(super) const MAKE: &str =
    "for (let i = args[0]; i < args[0] + args[1]; i += 1) _na.sendFeatureEvent(`feature ${i}`);";

/// A page with a tracker, and a server between it and the collector, which may fail.
pub(super) struct Scene<'a> {
    pub(super) collector: Collector,
    pub(super) server: FaultServer,
    pub(super) site: Site,
    pub(super) browser: &'a Browser,
    pub(super) page: Page<'a>,
}

/// The fate of the events of a scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Number of events that the page made and the tracker accepted.
    pub made: usize,
    /// Number of distinct events that the collector stores.
    pub received: usize,
    /// Number of events that the collector does not store.
    pub lost: usize,
    /// Number of events that the collector stores more than once, although it deduplicates.
    pub doubled: usize,
    /// Number of repeated copies that the collector recognised.
    pub again: usize,
}

impl Outcome {
    /// Asserts that each event was received once, and that few copies were sent.
    ///
    /// # Errors
    /// With the counts, when an event was lost or duplicated, or when more than one in twenty
    /// was sent again.
    pub fn is_exact_without_copies(self) -> Result<()> {
        ensure!(self.again * 20 <= self.made, "sent again: {self:?}");
        self.is_exact()
    }

    /// Asserts that each event was received once.
    ///
    /// # Errors
    /// With the counts, when an event was lost or duplicated.
    pub fn is_exact(self) -> Result<()> {
        ensure!(
            self.lost == 0 && self.doubled == 0 && self.received == self.made,
            "{self:?}"
        );
        Ok(())
    }
}

/// The settings with which each scenario begins: events are sent only when they are due, and
/// only calls make events.
fn settings(more: Value) -> Value {
    let mut settings = json!({ "trackPageViews": false, "trackUnload": false });
    if let (Value::Object(settings), Value::Object(more)) = (&mut settings, more) {
        settings.extend(more);
    }
    settings
}

impl<'a> Scene<'a> {
    /// Opens a page with a tracker in the foreground.
    pub(super) async fn start(stage: &'a Stage, more: Value) -> Result<Self> {
        let collector = Collector::start()?;
        let server = FaultServer::before(collector.url()).await?;
        let site = stage.site().await?;
        site.put_tracked("/", server.url(), collector.source(), &settings(more));
        let browser = stage.browser().await?;
        let page = browser.open(&site, "/").await?;
        page.until("window.tracking").await?;
        Ok(Self {
            collector,
            server,
            site,
            browser,
            page,
        })
    }

    /// Opens the page again, in the foreground tab.
    pub(super) async fn open_again(&self) -> Result<()> {
        self.browser.client().goto(&self.site.url("/")).await?;
        self.page.until("window.tracking").await
    }

    /// Makes events in the foreground tab and closes it. An empty tab is then in the
    /// foreground.
    pub(super) async fn close_after(&self, make: &str, count: usize) -> Result<()> {
        let closing = Tab::current(self.browser).await?;
        let next = Tab::open(self.browser).await?;
        closing.front().await?.act(make, json!([0, count])).await?;
        closing.close(&next).await.map(drop)
    }

    /// Takes the browser offline, or online again: through the driver if it supports that
    /// (Chromium), otherwise by changing what the page sees.
    pub(super) async fn set_offline(&self, offline: bool) -> Result<()> {
        if self.browser.kind() == BrowserKind::Chromium {
            return self.browser.set_offline(offline).await;
        }
        self.server.set_down(offline);
        self.page
            .act(
                "Object.defineProperty(navigator, 'onLine', { configurable: true, value: !args });
                 dispatchEvent(new Event(args ? 'offline' : 'online'));",
                json!(offline),
            )
            .await
    }

    /// Waits until the collector stores this many features, or clearly will not.
    pub(super) async fn features(&self, count: usize) -> Result<Vec<EventRow>> {
        let waited = wait::until("the features", async || {
            let rows = self.held()?;
            Ok((rows.len() >= count).then_some(rows))
        })
        .await;
        // If some do not arrive, those that did are counted.
        waited.or_else(|_| self.held())
    }

    /// The features that the collector stores.
    pub(super) fn held(&self) -> Result<Vec<EventRow>> {
        let mut rows = events(&self.collector.db())?;
        rows.retain(|row| row.feature.is_some());
        Ok(rows)
    }

    /// Counts features `0..count` in the collector's store. Asserts that there are no others,
    /// that the collector's loss report agrees, and, if nothing was lost or duplicated, that
    /// the page in the foreground has nothing left to send.
    pub(super) async fn outcome(&self, count: usize) -> Result<Outcome> {
        let rows = self.features(count).await?;
        let mut times = BTreeMap::<&str, usize>::new();
        for row in &rows {
            *times
                .entry(row.feature.as_deref().unwrap_or_default())
                .or_default() += 1;
        }
        let mut outcome = Outcome {
            made: count,
            ..Outcome::default()
        };
        for number in 0..count {
            match times.remove(format!("feature {number}").as_str()) {
                None => outcome.lost += 1,
                Some(1) => outcome.received += 1,
                Some(_) => {
                    outcome.received += 1;
                    outcome.doubled += 1;
                }
            }
        }
        ensure!(times.is_empty(), "nobody made {times:?}");
        if outcome.is_exact().is_ok() {
            self.has_nothing_left().await?;
        }
        let loss = self.collector.loss().await?;
        let counted = |name: &str| {
            loss[name]
                .as_u64()
                .and_then(|count| usize::try_from(count).ok())
        };
        outcome.again = counted("duplicates").unwrap_or_default();
        ensure!(
            counted("received") == Some(outcome.received)
                && counted("missing") == Some(outcome.lost),
            "the collector counts {loss}, and holds {outcome:?}"
        );
        Ok(outcome)
    }

    /// Asserts that the page in the foreground has nothing left, in memory or in storage, and
    /// lost nothing.
    pub(super) async fn has_nothing_left(&self) -> Result<()> {
        let stats = self.page.deliver().await?;
        ensure!(stats["dropped"]["total"] == 0, "{stats}");
        self.page
            .until("!Object.keys(localStorage).some((key) => key.startsWith('na_q'))")
            .await?;
        self.page.is_unharmed().await.map(drop)
    }
}
