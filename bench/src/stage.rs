//! One browser, and pages in it that one tracker is on.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use fantoccini::wd::TimeoutConfiguration;
use natero_e2e::browser::Browser;
use natero_e2e::page::Page;
use natero_e2e::site::Site;
use serde_json::{Value, json};

use crate::sink::Sink;

/// Where the page's own scripts lie.
pub const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pages");

/// A page that answers later than this hangs. Long, because some trackers keep
/// theirs busy for most of a minute after a burst.
const PATIENCE: Duration = Duration::from_secs(180);

/// The browser, and the folder of the bundled trackers.
pub struct Stage<'a> {
    pub browser: Browser,
    bundles: &'a Path,
}

/// A page with a tracker on it, in front of the browser.
pub struct Tracked<'a> {
    pub browser: &'a Browser,
    pub page: Page<'a>,
    pub sink: Sink,
    // The origin goes with it.
    _site: Site,
}

/// What the page's process has spent so far.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    /// CPU time of the main thread within tasks, in µs.
    pub main: f64,
    /// CPU time of all its threads, in µs.
    pub process: f64,
}

/// What is alive in the page after a garbage collection.
#[derive(Clone, Copy, Debug)]
pub struct Alive {
    /// The JavaScript heap, in the unit of the measurement.
    pub heap: f64,
    /// The memories of wasm instances, in the same unit.
    pub wasm: f64,
}

impl Alive {
    /// Both.
    pub fn total(self) -> f64 {
        self.heap + self.wasm
    }
}

impl<'a> Stage<'a> {
    /// Starts Chromium.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(bundles: &'a Path) -> Result<Self> {
        Self::start_with(bundles, "").await
    }

    /// Starts Chromium with flags of V8.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_with(bundles: &'a Path, flags: &str) -> Result<Self> {
        let browser = Browser::start_chromium(flags).await?;
        let patience = Some(PATIENCE);
        browser
            .client()
            .update_timeouts(TimeoutConfiguration::new(patience, patience, None))
            .await?;
        Ok(Self { browser, bundles })
    }

    /// Name and version of the browser.
    ///
    /// # Errors
    /// When it does not tell.
    pub async fn version(&self) -> Result<String> {
        let answer = self
            .browser
            .devtools("Browser.getVersion", &json!({}))
            .await?;
        Ok(answer["product"].as_str().unwrap_or_default().to_owned())
    }

    /// A page with this tracker, on an origin of its own and with a sink of its
    /// own. `watched`: what it wakes up for is counted, which slows it down.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn place(&self, tracker: &str, watched: bool) -> Result<(Site, Sink)> {
        let sink = Sink::start().await?;
        let site = self.site(document(tracker, sink.url(), watched)).await?;
        Ok((site, sink))
    }

    /// A page with this tracker that sends to another server.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn place_before(&self, tracker: &str, endpoint: &str) -> Result<Site> {
        self.site(document(tracker, endpoint, false)).await
    }

    async fn site(&self, document: String) -> Result<Site> {
        let site = Site::start(&[("/sdk", self.bundles), ("", Path::new(PAGES))]).await?;
        site.isolate();
        site.put_html("/", document);
        Ok(site)
    }

    /// Loads such a page in front, and waits until the tracker runs.
    ///
    /// # Errors
    /// When it does not load.
    pub async fn load(&self, tracker: &str) -> Result<Tracked<'_>> {
        let (site, sink) = self.place(tracker, false).await?;
        let page = self.browser.open(&site, "/").await?;
        // The page tells by itself: to be asked would keep it from starting.
        site.until_requested("/ready").await?;
        Ok(Tracked {
            browser: &self.browser,
            page,
            sink,
            _site: site,
        })
    }

    /// As [`Stage::load`], and waits until the page is at rest.
    ///
    /// # Errors
    /// As that.
    pub async fn open(&self, tracker: &str) -> Result<Tracked<'_>> {
        let tracked = self.load(tracker).await?;
        tracked.until_quiet().await?;
        Ok(tracked)
    }
}

fn document(tracker: &str, endpoint: &str, watched: bool) -> String {
    let watch = if watched {
        r#"<script src="/wakeups.js"></script>"#
    } else {
        ""
    };
    let given = json!({ "endpoint": endpoint, "sdk": format!("/sdk/{tracker}/index.js") });
    format!(
        r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>bench</title>
{watch}<script src="/bench.js"></script>
<script type="module">
  const {{ endpoint, sdk }} = {given};
  const begun = performance.now();
  const tracker = await import(sdk);
  tracker.start(endpoint);
  tracker.feature("first");
  bench.accepted = performance.now() - begun;
  await tracker.ready?.();
  bench.wasmReady = performance.now() - begun;
  bench.tracker = tracker;
  bench.ready = true;
  fetch("/ready");
</script></head>
<body><h1>bench</h1></body></html>"#
    )
}

impl Tracked<'_> {
    /// Runs the body of an async function in the page, as [`Page::run`] does.
    ///
    /// # Errors
    /// As that.
    pub async fn run<T: serde::de::DeserializeOwned>(&self, body: &str) -> Result<T> {
        self.page.run(body, Value::Null).await
    }

    /// What the page has spent so far.
    ///
    /// # Errors
    /// When the browser does not tell.
    pub async fn spent(&self) -> Result<Spent> {
        Ok(Spent {
            main: main_thread(self.browser).await?,
            process: self.metric("ProcessTime").await? * 1e6,
        })
    }

    /// Calls `script`, a JavaScript function, so many times in one task with the
    /// names of features; returns the µs of one call, averaged over batches of 50.
    ///
    /// # Errors
    /// When it throws.
    pub async fn burst(&self, script: &str, calls: usize) -> Result<Vec<f64>> {
        self.run(&format!("return bench.burst({script}, {calls}, 50);"))
            .await
    }

    /// What is alive in the page, in bytes.
    ///
    /// # Errors
    /// When the browser does not tell.
    pub async fn alive(&self) -> Result<Alive> {
        // The browser's own list of requests does not belong to the tracker.
        self.page
            .act("performance.clearResourceTimings();", Value::Null)
            .await?;
        // What the first collection frees may hold more.
        for _ in 0..2 {
            self.browser
                .devtools("HeapProfiler.collectGarbage", &json!({}))
                .await?;
        }
        Ok(Alive {
            wasm: self.run("return bench.wasmBytes();").await?,
            heap: self.metric("JSHeapUsedSize").await?,
        })
    }

    async fn metric(&self, name: &str) -> Result<f64> {
        metric(self.browser, name).await
    }

    /// Waits until the main thread has had nothing to do for a while and the
    /// sink hears nothing.
    ///
    /// # Errors
    /// When the browser does not tell.
    pub async fn until_quiet(&self) -> Result<()> {
        // Asking costs the page some 200 µs.
        const REST_US: f64 = 2_000.0;
        const LOOK: Duration = Duration::from_millis(300);
        let mut before = (self.spent().await?.main, self.sink.bytes());
        // A page that never rests is measured as it is.
        for _ in 0..40 {
            tokio::time::sleep(LOOK).await;
            let now = (self.spent().await?.main, self.sink.bytes());
            if now.0 - before.0 < REST_US && now.1 == before.1 {
                break;
            }
            before = now;
        }
        Ok(())
    }
}

/// CPU time of the tasks on the main thread of the page in front, in µs.
///
/// # Errors
/// When the browser does not tell.
pub async fn main_thread(browser: &Browser) -> Result<f64> {
    Ok(metric(browser, "TaskDuration").await? * 1e6)
}

/// One of the browser's metrics of the page in front.
async fn metric(browser: &Browser, name: &str) -> Result<f64> {
    // CPU time, so that a busy machine does not count. Enabling it again
    // changes nothing.
    let domain = json!({ "timeDomain": "threadTicks" });
    browser.devtools("Performance.enable", &domain).await?;
    let answer = browser
        .devtools("Performance.getMetrics", &json!({}))
        .await?;
    answer["metrics"]
        .as_array()
        .and_then(|metrics| metrics.iter().find(|metric| metric["name"] == name))
        .and_then(|metric| metric["value"].as_f64())
        .with_context(|| format!("the browser has no metric {name}"))
}
