//! What a scenario plays on, and how it is counted.

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

/// A tracked page, and a server that may fail between it and the collector.
pub(super) struct Scene<'a> {
    pub(super) collector: Collector,
    pub(super) server: FaultServer,
    pub(super) site: Site,
    pub(super) browser: &'a Browser,
    pub(super) page: Page<'a>,
}

/// What became of the events of a scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What the page made and the tracker accepted.
    pub made: usize,
    /// Different ones that the collector holds.
    pub received: usize,
    /// Those that it does not hold.
    pub lost: usize,
    /// Those that it holds more than once, although it deduplicates.
    pub doubled: usize,
    /// Copies that came again and that it knew for what they were.
    pub again: usize,
}

impl Outcome {
    /// Asserts that each event was received once, and that the wire carried
    /// few copies.
    ///
    /// # Errors
    /// With the counts, when one was lost or doubled, or more than one in twenty
    /// was sent again.
    pub fn is_exact_without_copies(self) -> Result<()> {
        ensure!(self.again * 20 <= self.made, "sent again: {self:?}");
        self.is_exact()
    }

    /// Asserts that each event was received once.
    ///
    /// # Errors
    /// With the counts, when one was lost or doubled.
    pub fn is_exact(self) -> Result<()> {
        ensure!(
            self.lost == 0 && self.doubled == 0 && self.received == self.made,
            "{self:?}"
        );
        Ok(())
    }
}

/// What each scenario begins with: nothing is sent but when it is due, and
/// nothing is made but by calls.
fn settings(more: Value) -> Value {
    let mut settings = json!({ "trackPageViews": false, "trackUnload": false });
    if let (Value::Object(settings), Value::Object(more)) = (&mut settings, more) {
        settings.extend(more);
    }
    settings
}

impl<'a> Scene<'a> {
    /// A page that tracks, in front.
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

    /// Opens the page again, in the tab in front.
    pub(super) async fn open_again(&self) -> Result<()> {
        self.browser.client().goto(&self.site.url("/")).await?;
        self.page.until("window.tracking").await
    }

    /// Makes events in the tab in front and closes it, so that an empty one is in front.
    pub(super) async fn close_after(&self, make: &str, count: usize) -> Result<()> {
        let closing = Tab::current(self.browser).await?;
        let next = Tab::open(self.browser).await?;
        closing.front().await?.act(make, json!([0, count])).await?;
        closing.close(&next).await.map(drop)
    }

    /// Takes the browser's network away, or gives it back: through the driver
    /// where it can (Chromium), else through what the page sees of it.
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

    /// Waits until the collector holds so many features, or clearly will not.
    pub(super) async fn features(&self, count: usize) -> Result<Vec<EventRow>> {
        let waited = wait::until("the features", async || {
            let rows = self.held()?;
            Ok((rows.len() >= count).then_some(rows))
        })
        .await;
        // Where some do not come, those that came are counted.
        waited.or_else(|_| self.held())
    }

    /// The features that the collector holds.
    pub(super) fn held(&self) -> Result<Vec<EventRow>> {
        let mut rows = events(&self.collector.db())?;
        rows.retain(|row| row.feature.is_some());
        Ok(rows)
    }

    /// Counts features `0..count` at the collector. Asserts that nobody made
    /// others, that the collector's own account of losses says the same, and,
    /// if all is well, that the page in front has nothing left.
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

    /// Asserts that the page in front has nothing left, in memory or stored,
    /// and lost nothing.
    pub(super) async fn has_nothing_left(&self) -> Result<()> {
        let stats = self.page.deliver().await?;
        ensure!(stats["dropped"]["total"] == 0, "{stats}");
        self.page
            .until("!Object.keys(localStorage).some((key) => key.startsWith('na_q'))")
            .await?;
        self.page.is_unharmed().await.map(drop)
    }
}
