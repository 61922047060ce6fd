//! Counts how often a page wakes up while nobody uses it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use natero_e2e::tab::Tab;
use serde_json::json;

use super::SUBJECTS;
use super::table::Row;
use crate::stage::Stage;

/// How long a tracker may work after its start before the page counts as idle.
const SETTLING: Duration = Duration::from_secs(8);
const MINUTE: Duration = Duration::from_secs(60);

/// Measures, and returns the rows. Other measurements may run at the same time.
///
/// # Errors
/// When the browser does not show or hide a page.
pub async fn measure(stage: &Stage<'_>) -> Result<[Row; 2]> {
    eprintln!("idle: a minute, all at once");
    let mut kept = Vec::new();
    let mut pages = Vec::new();
    for hidden in [false, true] {
        for subject in SUBJECTS {
            let (site, sink) = stage.place(subject, true).await?;
            let tab = if hidden {
                Tab::open(&stage.browser).await?
            } else {
                Tab::open_window(&stage.browser).await?
            };
            tab.goto(&site.url("/"))
                .await?
                .until("window.bench?.ready")
                .await?;
            kept.push((site, sink));
            pages.push((hidden, subject, tab));
        }
    }
    let front = Tab::open(&stage.browser).await?;
    tokio::time::sleep(SETTLING).await;
    let begun = epoch_ms()?;
    tokio::time::sleep(MINUTE).await;
    // Evaluating a script in a hidden page may show the page, so nothing after this moment
    // counts.
    let ended = epoch_ms()?;

    let mut rows = [
        Row::new("wake-ups in an idle minute, visible", ""),
        Row::new("wake-ups in an idle minute, hidden", ""),
    ];
    for (hidden, subject, tab) in pages {
        let page = tab.front().await?;
        let (since, states): (usize, Vec<bool>) = page
            .run(
                "const fired = wakeups.filter(({ at }) => at >= args[0] && at < args[1]);
                 return [fired.length, [...new Set(fired.map(({ hidden }) => hidden))]];",
                json!([begun, ended]),
            )
            .await?;
        ensure!(
            states.iter().all(|state| *state == hidden),
            "the page of {subject} was to be {}",
            if hidden { "hidden" } else { "visible" }
        );
        let row = &mut rows[usize::from(hidden)];
        *row = std::mem::replace(row, Row::new("", "")).figure(subject, since as f64);
    }
    drop(front);
    let [visible, hidden] = rows;
    Ok([
        visible.at_most_by_rule("one in 5 s", 12.0),
        hidden.at_most(0.0),
    ])
}

fn epoch_ms() -> Result<f64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64() * 1e3)
}
