//! One browser, and pages in it that have one tracker each.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use fantoccini::wd::TimeoutConfiguration;
use natero_e2e::browser::Browser;
use natero_e2e::page::Page;
use natero_e2e::site::Site;
use serde_json::{Value, json};

use crate::sink::Sink;

/// The folder of the page's own scripts.
pub const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pages");

/// A page that takes longer than this to answer hangs. The time is long because some trackers
/// keep their page busy for most of a minute after a burst.
const PATIENCE: Duration = Duration::from_secs(180);

/// The browser, and the folder of the bundled trackers.
pub struct Stage<'a> {
    pub browser: Browser,
    bundles: &'a Path,
}

/// A page with a tracker, in the foreground of the browser.
pub struct Tracked<'a> {
    pub browser: &'a Browser,
    pub page: Page<'a>,
    pub sink: Sink,
    // Held because the origin stops when it is dropped.
    _site: Site,
}

/// CPU time that the page's process has used so far.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    /// CPU time of the main thread within tasks, in µs.
    pub main: f64,
    /// CPU time of all its threads, in µs.
    pub process: f64,
}

/// Memory that is in use in the page after a garbage collection.
#[derive(Clone, Copy, Debug)]
pub struct Alive {
    /// The JavaScript heap, in the unit of the measurement.
    pub heap: f64,
    /// The memories of wasm instances, in the same unit.
    pub wasm: f64,
}

impl Alive {
    /// The sum of both.
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
    /// When the browser does not answer.
    pub async fn version(&self) -> Result<String> {
        let answer = self
            .browser
            .devtools("Browser.getVersion", &json!({}))
            .await?;
        Ok(answer["product"].as_str().unwrap_or_default().to_owned())
    }

    /// A page with this tracker, on its own origin and with its own sink. With `watched`,
    /// every wake-up is counted, which slows the page down.
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

    /// Loads such a page in the foreground, and waits until the tracker runs.
    ///
    /// # Errors
    /// When it does not load.
    pub async fn load(&self, tracker: &str) -> Result<Tracked<'_>> {
        let (site, sink) = self.place(tracker, false).await?;
        let page = self.browser.open(&site, "/").await?;
        // The page reports this by a request: polling it would delay its start.
        site.until_requested("/ready").await?;
        Ok(Tracked {
            browser: &self.browser,
            page,
            sink,
            _site: site,
        })
    }

    /// As [`Stage::load`], and then waits until the page is idle.
    ///
    /// # Errors
    /// As [`Stage::load`].
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
    /// As [`Page::run`].
    pub async fn run<T: serde::de::DeserializeOwned>(&self, body: &str) -> Result<T> {
        self.page.run(body, Value::Null).await
    }

    /// CPU time that the page has used so far.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn spent(&self) -> Result<Spent> {
        Ok(Spent {
            main: main_thread(self.browser).await?,
            process: self.metric("ProcessTime").await? * 1e6,
        })
    }

    /// Calls `script`, a JavaScript function, `calls` times in one task with the names of
    /// features. Returns the time of a call in µs, averaged over batches of 50.
    ///
    /// # Errors
    /// When the function throws.
    pub async fn burst(&self, script: &str, calls: usize) -> Result<Vec<f64>> {
        self.run(&format!("return bench.burst({script}, {calls}, 50);"))
            .await
    }

    /// The memory that is in use in the page, in bytes.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn alive(&self) -> Result<Alive> {
        // The browser's own list of requests does not belong to the tracker.
        self.page
            .act("performance.clearResourceTimings();", Value::Null)
            .await?;
        // Objects that the first collection frees may keep others alive.
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

    /// Waits until the main thread has been idle for a while and the sink receives nothing.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn until_quiet(&self) -> Result<()> {
        // Each measurement itself costs the page some 200 µs.
        const REST_US: f64 = 2_000.0;
        const LOOK: Duration = Duration::from_millis(300);
        let mut before = (self.spent().await?.main, self.sink.bytes());
        // A page that never becomes idle is measured as it is.
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

/// CPU time of the tasks on the main thread of the foreground page, in µs.
///
/// # Errors
/// When the browser does not answer.
pub async fn main_thread(browser: &Browser) -> Result<f64> {
    Ok(metric(browser, "TaskDuration").await? * 1e6)
}

/// One of the browser's metrics of the foreground page.
async fn metric(browser: &Browser, name: &str) -> Result<f64> {
    // CPU time is measured, so that a busy machine does not distort it. Enabling the domain
    // again changes nothing.
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
