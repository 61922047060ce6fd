//! Compares localStorage with IndexedDB as the storage of unsent events.

use std::env;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use fantoccini::wd::TimeoutConfiguration;
use natero_e2e::browser::{Browser, BrowserKind};
use natero_e2e::page::Page;
use natero_e2e::site::Site;
use natero_e2e::tab::Tab;
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::peers::{median, percentile};
use crate::process::{Process, renderers};
use crate::stage::{PAGES, main_thread};

const KINDS: [&str; 4] = [
    "localStorage",
    "IndexedDB",
    "IndexedDB, commit()",
    "IndexedDB, commit(), strict",
];

const WRITES: usize = 100;

/// How often each case runs.
const CRASHES: usize = 3;

/// Number of segments written before a crash.
const SEGMENTS: usize = 20;

#[derive(Deserialize)]
struct Latency {
    calls: Vec<f64>,
    dones: Vec<f64>,
}

/// Measures, and prints the tables.
///
/// # Errors
/// When the browser fails or does not answer as expected.
pub async fn run() -> Result<()> {
    let browser = start_driven().await?;
    let version = browser.devtools("Browser.getVersion", &json!({})).await?;
    println!("{}\n", version["product"].as_str().unwrap_or_default());
    latency(&browser).await?;
    limits(&browser).await?;
    drop(browser);
    renderer_killed().await?;
    browser_killed().await
}

async fn start_driven() -> Result<Browser> {
    let browser = Browser::start_kind(BrowserKind::Chromium).await?;
    let patience = Some(Duration::from_secs(60));
    browser
        .client()
        .update_timeouts(TimeoutConfiguration::new(patience, patience, None))
        .await?;
    Ok(browser)
}

async fn site() -> Result<Site> {
    let site = Site::start(&[("", Path::new(PAGES))]).await?;
    site.isolate();
    Ok(site)
}

async fn latency(browser: &Browser) -> Result<()> {
    println!(
        "{:<30}{:>8}{:>12}{:>12}{:>12}{:>12}{:>16}",
        "one write a tick, µs",
        "events",
        "call p50",
        "call p99",
        "done p50",
        "done p99",
        " main-thread CPU"
    );
    let site = site().await?;
    for events in [1, 20, 500] {
        for kind in KINDS {
            let page = browser.open(&site, "/storage.html").await?;
            page.act("await forget(); await latency(args, 1, 5);", json!(kind))
                .await?;
            let before = main_thread(browser).await?;
            let measured: Latency = page
                .run(
                    "return latency(args.kind, args.events, args.writes);",
                    json!({ "kind": kind, "events": events, "writes": WRITES }),
                )
                .await?;
            let spent = (main_thread(browser).await? - before) / WRITES as f64;
            println!(
                "{kind:<30}{events:>8}{:>12.0}{:>12.0}{:>12.0}{:>12.0}{spent:>16.0}",
                median(&measured.calls),
                percentile(&measured.calls, 0.99),
                median(&measured.dones),
                percentile(&measured.dones, 0.99),
            );
        }
    }
    first_use(browser, &site).await
}

/// Times how long a page that was just loaded waits for the stored events. With localStorage
/// it waits within its task; with IndexedDB it can do other things meanwhile.
async fn first_use(browser: &Browser, site: &Site) -> Result<()> {
    let stored = [("nothing stored", 0), ("20 KB", 1), ("1 MB", 50)];
    print!("\n{:<30}", "first use by a new page, µs");
    for (name, _) in stored {
        print!("{name:>16}");
    }
    println!();
    for kind in ["localStorage", "IndexedDB"] {
        print!("{kind:<30}");
        for (_, segments) in stored {
            let mut times = Vec::new();
            for _ in 0..7 {
                let page = browser.open(site, "/storage.html").await?;
                page.act(
                    "await forget();
                     const write = (await kinds())[args.kind], text = segment(66);
                     for (let i = 0; i < args.segments; i += 1) await write(`first.${i}`, text);",
                    json!({ "kind": kind, "segments": segments }),
                )
                .await?;
                let page = browser.open(site, "/storage.html").await?;
                times.push(page.run("return firstUse(args);", json!(kind)).await?);
            }
            print!("{:>16.0}", median(&times));
        }
        println!();
    }
    Ok(())
}

async fn limits(browser: &Browser) -> Result<()> {
    let site = site().await?;
    let page = browser.open(&site, "/storage.html").await?;
    let limits: Value = page.run("return limits();", Value::Null).await?;
    println!(
        "\nlocalStorage takes {} characters; IndexedDB is promised {} MB here",
        limits["characters"],
        limits["quota"].as_f64().unwrap_or_default() / 1e6
    );
    Ok(())
}

/// Kills the renderer during the task that wrote, or later.
async fn renderer_killed() -> Result<()> {
    println!(
        "\nof {SEGMENTS} segments, left after the renderer was killed (each of {CRASHES} times)"
    );
    let delays = [
        ("in the same task", 0),
        ("1 ms later", 1),
        ("20 ms later", 20),
        ("300 ms later", 300),
    ];
    head(&delays);
    for kind in KINDS {
        // Windows of killed renderers accumulate in a browser, so each case has its own.
        let browser = start_driven().await?;
        print!("{kind:<30}");
        for (_, after) in delays {
            let mut counts = Vec::new();
            for _ in 0..CRASHES {
                counts.push(one_renderer(&browser, kind, after).await?);
            }
            cell(&counts);
        }
        println!();
    }
    Ok(())
}

async fn one_renderer(browser: &Browser, kind: &str, after: u64) -> Result<usize> {
    let site = site().await?;
    let hold = site.hold("/die");
    let page = browser.open(&site, "/storage.html").await?;
    page.act("await forget();", Value::Null).await?;
    let dying = Tab::current(browser).await?;
    let next = Tab::open(browser).await?;
    // The browser's own pages never share a renderer with a site's page.
    next.goto("chrome://version").await?;
    let page = dying.front().await?;
    let renderer = busiest_renderer(page).await?;
    // This may never return.
    let writing = page.act(
        "await writeAndDie(args.kind, args.after);",
        json!({ "kind": kind, "after": after }),
    );
    let killing = async {
        until_requested(&site, "/die").await?;
        renderer.kill()
    };
    let (_, killed) = tokio::join!(writing, killing);
    killed?;
    dying.bury(&next).await?;
    drop(hold);
    let page = next.goto(&site.url("/storage.html")).await?;
    page.run("return left(args);", json!(kind)).await
}

/// The renderer that shows this page. It is found as the busiest renderer while the page
/// computes.
async fn busiest_renderer(page: Page<'_>) -> Result<Process> {
    // In clock ticks: a tenth of a second more than any other renderer.
    const LEAD: u64 = 10;
    let before: Vec<(Process, u64)> = renderers()?
        .into_iter()
        .map(|process| (process, process.ticks()))
        .collect();
    until(async || {
        page.act(
            "const end = performance.now() + 150; while (performance.now() < end);",
            Value::Null,
        )
        .await?;
        let mut spent: Vec<(u64, Process)> = before
            .iter()
            .map(|(process, ticks)| (process.ticks().saturating_sub(*ticks), *process))
            .collect();
        spent.sort_by_key(|(ticks, _)| std::cmp::Reverse(*ticks));
        let second = spent.get(1).map_or(0, |(ticks, _)| *ticks);
        Ok(spent
            .first()
            .filter(|(ticks, _)| *ticks >= second + LEAD)
            .map(|(_, process)| *process))
    })
    .await
}

/// Kills the whole browser, and starts it again with the same profile.
async fn browser_killed() -> Result<()> {
    println!("\nof {SEGMENTS} segments, left after the browser was killed");
    let delays = [
        ("in the same task", 0),
        ("1 s later", 1_000),
        ("10 s later", 10_000),
    ];
    head(&delays);
    for kind in KINDS {
        print!("{kind:<30}");
        for (_, after) in delays {
            cell(&[one_browser(kind, after).await?]);
        }
        println!();
    }
    Ok(())
}

async fn one_browser(kind: &str, after: u64) -> Result<usize> {
    let site = site().await?;
    let hold = site.hold("/die");
    let scripts = r#"<!doctype html><link rel="icon" href="data:,"><script src="/events.js"></script><script src="/storage.js"></script>"#;
    site.put_html(
        "/write",
        format!(
            "{scripts}<script>writeAndDie({}, {after});</script>",
            json!(kind)
        ),
    );
    site.put_html(
        "/left",
        format!(
            "{scripts}<script>left({}).then((count) => fetch(`/left.${{count}}`));</script>",
            json!(kind)
        ),
    );
    let profile = TempDir::with_prefix("natero-bench-")?;
    let mut browser = start(profile.path(), &site.url("/write"))?;
    let died = until_requested(&site, "/die").await;
    browser.end()?;
    died?;
    drop(hold);
    let mut browser = start(profile.path(), &site.url("/left"))?;
    let count = until(async || {
        Ok((0..=SEGMENTS).find(|count| site.requested(&format!("/left.{count}")) > 0))
    })
    .await;
    browser.end()?;
    count
}

/// A browser that no WebDriver controls.
struct Bare(Child);

impl Bare {
    fn end(&mut self) -> Result<()> {
        Process::new(self.0.id()).kill()?;
        self.0.wait()?;
        Ok(())
    }
}

fn start(profile: &Path, url: &str) -> Result<Bare> {
    let program = env::var_os("CHROMIUM").unwrap_or_else(|| "chromium".into());
    let child = Command::new(program)
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
        ])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("start Chromium")?;
    Ok(Bare(child))
}

async fn until_requested(site: &Site, path: &str) -> Result<()> {
    until(async || Ok((site.requested(path) > 0).then_some(()))).await
}

/// As the tests wait, but polling every millisecond: the process that is to be killed must
/// not get time to do more.
async fn until<T>(mut probe: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let begun = Instant::now();
    loop {
        if let Some(found) = probe().await? {
            return Ok(found);
        }
        if begun.elapsed() > Duration::from_secs(60) {
            bail!("the page did not get so far within a minute");
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn head(delays: &[(&str, u64)]) {
    print!("{:<30}", "");
    for (name, _) in delays {
        print!("{name:>18}");
    }
    println!();
}

fn cell(counts: &[usize]) {
    let counts: Vec<String> = counts.iter().map(ToString::to_string).collect();
    print!("{:>18}", counts.join(" "));
}
