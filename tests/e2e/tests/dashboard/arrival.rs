//! Events as they arrive, and those that did not arrive.

use anyhow::{Context, Result, ensure};
use natero_e2e::dashboard::Dashboard;
use natero_e2e::stage::Stage;
use serde_json::json;

async fn send(dashboard: &Dashboard<'_>, feature: &str) -> Result<()> {
    let event = json!({
        "account_id": "acme", "user_id": "ada@acme.example", "session_id": "live",
        "created_at": 1_700_000_000_000_i64, "action": "feature", "feature": feature,
        "product": "freight", "module": "reports", "total": 3,
    });
    let answer = reqwest::Client::new()
        .post(dashboard.collector().event_url())
        .header("content-type", "text/plain")
        .body(event.to_string())
        .send()
        .await?;
    ensure!(answer.status() == 200, "{}", answer.text().await?);
    Ok(())
}

pub async fn an_event_appears_while_the_page_is_open_and_not_while_it_is_paused(
    stage: &Stage,
) -> Result<()> {
    let dashboard = Dashboard::signed_in(stage).await?;
    dashboard.goto("/events").await?;
    dashboard
        .until("document.querySelector('.live').dataset.state === 'live'")
        .await?;
    let before = dashboard.text(".events tbody").await?;
    ensure!(!before.contains("print_label"), "{before}");
    send(&dashboard, "print_label").await?;
    dashboard
        .until("document.querySelector('.events tbody tr').innerText.includes('print_label')")
        .await?;
    let row = dashboard.text(".events tbody tr").await?;
    for part in [
        "Used print_label",
        "Acme Logistics",
        "Ada Lindqvist",
        "freight",
        "reports",
        "× 3",
    ] {
        ensure!(row.contains(part), "no {part} in {row}");
    }
    dashboard.click(".live-head button").await?;
    send(&dashboard, "while_paused").await?;
    send(&dashboard, "while_paused_too").await?;
    let (state, rows): (String, String) = dashboard
        .run("return [document.querySelector('.live').dataset.state, document.querySelector('.events tbody').innerText];")
        .await?;
    ensure!(
        state == "paused" && !rows.contains("while_paused"),
        "{state}: {rows}"
    );
    dashboard.click(".live-head button").await?;
    dashboard
        .until("document.querySelector('.events tbody').innerText.includes('while_paused_too')")
        .await?;
    // Each event once, the newest first.
    let features: Vec<String> = dashboard
        .run("return [...document.querySelectorAll('.events tbody th')].slice(0, 4).map((cell) => cell.innerText.trim());")
        .await?;
    ensure!(
        features[..3]
            == [
                "Used while_paused_too",
                "Used while_paused",
                "Used print_label"
            ],
        "{features:?}"
    );
    dashboard.is_clean().await
}

pub async fn the_loss_report_shows_what_the_api_says(stage: &Stage) -> Result<()> {
    let dashboard = Dashboard::signed_in(stage).await?;
    dashboard.goto("/loss?range=all").await?;
    let report = dashboard.collector().loss().await?;
    ensure!(report["missing"].as_i64() > Some(0), "{report}");
    let shown: Vec<(String, String)> = dashboard
        .run(
            "return [...document.querySelectorAll('.totals > div')].map((of) =>
               [of.querySelector('dt').innerText.toLowerCase(), of.querySelector('dd').firstChild.textContent.replaceAll(',', '')]);",
        )
        .await?;
    ensure!(shown.len() >= 5, "{shown:?}");
    for (name, value) in shown {
        ensure!(
            report[&name].as_i64() == value.parse().ok(),
            "{name} is {value} in {report}"
        );
    }
    let worst = dashboard.text("main tbody th").await?;
    ensure!(
        report["worst"][0]["stream_id"]
            .as_str()
            .context("a stream")?
            == worst,
        "{worst}"
    );
    dashboard.is_clean().await
}
