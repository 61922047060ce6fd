//! A service worker that answers in place of the collector.

use anyhow::{Result, ensure};
use natero_e2e::collector::{Collector, Source};
use natero_e2e::fault::FaultServer;
use natero_e2e::page::Page;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

natero_e2e::suite!(
    // In Firefox, the worker does not see the requests of the tracker.
    the_offline_page_of_a_service_worker_confirms_nothing skipped in Firefox,
    an_error_of_a_service_worker_confirms_nothing skipped in Firefox,
    a_service_worker_that_leaves_posts_alone_changes_nothing,
    what_a_service_worker_answers_as_json_counts_as_an_answer skipped in Firefox,
);

/// The source of a worker that answers in this way when the network fails, for as long as the
/// page wants it to.
fn worker(answer: &str) -> String {
    format!(
        "let works = false;
         addEventListener('install', () => skipWaiting());
         addEventListener('activate', (event) => event.waitUntil(clients.claim()));
         addEventListener('message', ({{ data, ports }}) => {{ works = data; ports[0].postMessage(true); }});
         addEventListener('fetch', (event) => {{
           if (works || event.request.url.includes('/pkg/')) return;
           {answer}
         }});"
    )
}

/// A page whose requests pass through such a worker.
async fn behind<'a>(
    stage: &'a Stage,
    server: &FaultServer,
    source: &Source,
    answer: &str,
) -> Result<(natero_e2e::site::Site, Page<'a>)> {
    let site = stage.site().await?;
    site.put_script("/worker.js", worker(answer));
    let page = stage.open(&site, "/inline.html").await?;
    page.until("window.na").await?;
    page.act(
        "const controlled = new Promise((go) => navigator.serviceWorker.addEventListener('controllerchange', go));
         await navigator.serviceWorker.register('/worker.js');
         if (!navigator.serviceWorker.controller) await controlled;
         window.online = (works) => new Promise((go) => {
           const { port1, port2 } = new MessageChannel();
           port1.onmessage = go;
           navigator.serviceWorker.controller.postMessage(works, [port2]);
         });",
        Value::Null,
    )
    .await?;
    page.track(server.url(), source, json!({ "flushInterval": 50 }))
        .await?;
    Ok((site, page))
}

/// Makes a feature while the worker answers.
async fn made(page: &Page<'_>) -> Result<Value> {
    page.run(
        "await _na.ready; _na.sendFeatureEvent('a'); return await _na.flush();",
        Value::Null,
    )
    .await
}

async fn unregister(page: &Page<'_>) -> Result<()> {
    page.act(
        "for (const one of await navigator.serviceWorker.getRegistrations()) await one.unregister();",
        Value::Null,
    )
    .await
}

/// Checks that answers of the worker lose nothing, and that everything arrives once the
/// worker is gone.
async fn keeps(stage: &Stage, answer: &str) -> Result<()> {
    let collector = Collector::start()?;
    let server = FaultServer::before(collector.url()).await?;
    let (_site, page) = behind(stage, &server, collector.source(), answer).await?;
    let flushed = made(&page).await?;
    ensure!(
        flushed == json!({ "delivered": 0, "pending": 1, "rejected": 0 }),
        "{flushed}"
    );
    ensure!(server.recorded().is_empty(), "the worker did not answer");
    page.act("await online(true);", Value::Null).await?;
    let stats = page.deliver().await?;
    ensure!(
        stats["delivered"] == 1 && stats["dropped"]["total"] == 0,
        "{stats}"
    );
    let loss = collector.loss().await?;
    ensure!(loss["missing"] == 0, "{loss}");
    unregister(&page).await?;
    page.is_unharmed().await.map(drop)
}

async fn the_offline_page_of_a_service_worker_confirms_nothing(stage: &Stage) -> Result<()> {
    keeps(
        stage,
        "event.respondWith(new Response('<!doctype html><title>You are offline</title>',
           { headers: { 'content-type': 'text/html' } }));",
    )
    .await
}

async fn an_error_of_a_service_worker_confirms_nothing(stage: &Stage) -> Result<()> {
    for answer in [
        "event.respondWith(Response.error());",
        "event.respondWith(Response.json({ error: 'offline' }, { status: 503 }));",
    ] {
        keeps(stage, answer).await?;
    }
    Ok(())
}

async fn a_service_worker_that_leaves_posts_alone_changes_nothing(stage: &Stage) -> Result<()> {
    let server = FaultServer::start().await?;
    let source = Source {
        auth_key: "auth".into(),
        api_key: "api".into(),
    };
    let answer = "if (event.request.method !== 'GET') return;
                  event.respondWith(Response.json({ offline: true }));";
    let (_site, page) = behind(stage, &server, &source, answer).await?;
    let flushed = made(&page).await?;
    ensure!(flushed["delivered"] == 1, "{flushed}");
    ensure!(server.recorded().len() == 1, "it did not arrive");
    unregister(&page).await?;
    page.is_untroubled().await
}

/// Receivers of other vendors answer with any JSON; docs/decisions/0024 explains the
/// consequences.
async fn what_a_service_worker_answers_as_json_counts_as_an_answer(stage: &Stage) -> Result<()> {
    let server = FaultServer::start().await?;
    let source = Source {
        auth_key: "auth".into(),
        api_key: "api".into(),
    };
    let answer = "event.respondWith(Response.json({ offline: true }));";
    let (_site, page) = behind(stage, &server, &source, answer).await?;
    let flushed = made(&page).await?;
    ensure!(flushed["delivered"] == 1, "{flushed}");
    ensure!(server.recorded().is_empty(), "the worker did not answer");
    unregister(&page).await?;
    page.is_untroubled().await
}
