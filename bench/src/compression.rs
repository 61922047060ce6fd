//! What compressing a batch saves on the wire, and what it costs.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use natero_e2e::browser::{Browser, BrowserKind};
use natero_e2e::fault::FaultServer;
use natero_e2e::page::Page;
use natero_e2e::site::Site;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::peers::median;
use crate::sink::Sink;
use crate::stage::{PAGES, Stage, main_thread};

const REPEATS: usize = 100;
const BATCHES: [usize; 7] = [1, 2, 3, 5, 20, 100, 500];

#[derive(Deserialize)]
struct Packed {
    raw: f64,
    bytes: f64,
    times: Vec<f64>,
}

/// Measures, and prints the table.
///
/// # Errors
/// When the browser fails or does not answer as expected.
pub async fn run(bundles: &Path) -> Result<()> {
    let lines = events(bundles).await?;
    let browser = Browser::start_kind(BrowserKind::Chromium).await?;
    let version = browser.devtools("Browser.getVersion", &json!({})).await?;
    println!("{}\n", version["product"].as_str().unwrap_or_default());
    println!(
        "{:>7}{:>9}{:>9}{:>9}{:>14}{:>17}{:>19}",
        "events", "bytes", "gzip", "saved", "done p50, µs", "main thread, µs", "saved on the wire"
    );
    let site = Site::start(&[("", Path::new(PAGES))]).await?;
    site.isolate();
    let page = browser.open(&site, "/compression.html").await?;
    let overhead = Overhead::measure(&browser, &site, &lines).await?;
    for batch in BATCHES {
        let lines = &lines[..batch.min(lines.len())];
        let args = json!({ "lines": lines, "repeats": REPEATS });
        page.act("await packed(args.lines, 5);", args.clone())
            .await?;
        let idle = spent(&browser, page, "await idle(args.repeats);", &args)
            .await?
            .0;
        let (cpu, packed) = spent(
            &browser,
            page,
            "return packed(args.lines, args.repeats);",
            &args,
        )
        .await?;
        let packed: Packed = serde_json::from_value(packed)?;
        let saved = packed.raw - packed.bytes;
        println!(
            "{batch:>7}{:>9.0}{:>9.0}{saved:>9.0}{:>14.0}{:>17.0}{:>19.0}",
            packed.raw,
            packed.bytes,
            median(&packed.times),
            (cpu - idle) / REPEATS as f64,
            saved - overhead.headers,
        );
    }
    println!(
        "\nacross origins a packed body costs {:.0} B of headers more, and a preflight of {:.0} B and a round trip, \
         once for as long as the browser remembers it (2 h at most)",
        overhead.headers, overhead.preflight
    );
    Ok(())
}

/// Event lines as the tracker sends them.
async fn events(bundles: &Path) -> Result<Vec<String>> {
    let stage = Stage::start(bundles).await?;
    let server = FaultServer::start().await?;
    let most = BATCHES[BATCHES.len() - 1];
    let site = stage.place_before("natero", server.url()).await?;
    let page = stage.browser.open(&site, "/").await?;
    page.until("window.bench?.ready").await?;
    // The calls are spread over some time, so that times and their order are realistic.
    page.act(
        "await bench.steadily(bench.tracker.feature, args, 2);",
        json!(most),
    )
    .await?;
    let lines = async || -> Result<Vec<String>> {
        let mut lines = Vec::new();
        for request in server.recorded() {
            lines.extend(request.text()?.lines().map(str::to_owned));
        }
        lines.retain(|line| line.contains("bench-feature"));
        Ok(lines)
    };
    natero_e2e::wait::until("the events", async || {
        let lines = lines().await?;
        Ok((lines.len() >= most).then_some(lines))
    })
    .await
}

/// The CPU time that the main thread spends in tasks while a function runs, and the
/// function's result.
async fn spent(
    browser: &Browser,
    page: Page<'_>,
    body: &str,
    args: &Value,
) -> Result<(f64, Value)> {
    let before = main_thread(browser).await?;
    let result = page.run(body, args.clone()).await?;
    Ok((main_thread(browser).await? - before, result))
}

/// What compressing a body costs besides the compression itself.
struct Overhead {
    headers: f64,
    preflight: f64,
}

impl Overhead {
    /// Sends one event three times to a new origin: plain, compressed, and compressed again.
    async fn measure(browser: &Browser, site: &Site, lines: &[String]) -> Result<Self> {
        let sink = Sink::start().await?;
        let page = browser.open(site, "/compression.html").await?;
        let args = |gzip: bool| {
            json!([
                format!("{}/v1/bench-auth-key/bench-api-key", sink.url()),
                &lines[..1],
                gzip
            ])
        };
        let mut sent = Vec::new();
        for gzip in [false, true, true] {
            let before = sink.bytes();
            page.act("await send(...args);", args(gzip)).await?;
            tokio::time::sleep(Duration::ZERO).await;
            sent.push((sink.bytes() - before) as f64);
        }
        let packed: Packed = page
            .run("return packed(args, 1);", json!(&lines[..1]))
            .await?;
        let headers = |sent: f64, body: f64| sent - body;
        let (plain, first, later) = (sent[0], sent[1], sent[2]);
        Ok(Self {
            headers: headers(later, packed.bytes) - headers(plain, packed.raw),
            preflight: first - later,
        })
    }
}
