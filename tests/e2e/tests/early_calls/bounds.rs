//! Which calls of earlier pages are dropped when a page makes calls before its wasm is
//! loaded.

use anyhow::{Result, ensure};
use natero_e2e::collector::Collector;
use natero_e2e::page::Page;
use natero_e2e::rows::until_events;
use natero_e2e::site::Site;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

/// A page whose tracker has no wasm yet, and on which this many features with this name were
/// called.
async fn calling<'a>(
    stage: &'a Stage,
    site: &Site,
    collector: &Collector,
    (name, count): (&str, usize),
    settings: Value,
) -> Result<Page<'a>> {
    let page = stage.open(site, "/esm.html").await?;
    page.until("window.na").await?;
    page.track(collector.url(), collector.source(), settings)
        .await?;
    page.act(
        "for (let i = 0; i < args.count; i++) _na.sendFeatureEvent(`${args.name} ${i}`);
         await new Promise((go) => setTimeout(go, 50));",
        json!({ "name": name, "count": count }),
    )
    .await?;
    Ok(page)
}

/// Everything that trackers have stored.
async fn stored(page: &Page<'_>) -> Result<String> {
    page.run(
        "return Object.entries(localStorage).filter(([key]) => /^na_[cq]\\d/.test(key)).join(' ');",
        Value::Null,
    )
    .await
}

/// The features that arrive, up to the last one.
async fn arrived(
    stage: &Stage,
    site: &Site,
    collector: &Collector,
    count: usize,
) -> Result<Vec<String>> {
    calling(stage, site, collector, ("last", 1), json!({})).await?;
    let rows = until_events(collector, "the features", |rows| {
        rows.iter().filter(|row| row.action == "feature").count() >= count
    })
    .await?;
    let mut features: Vec<_> = rows.into_iter().filter_map(|row| row.feature).collect();
    features.sort();
    Ok(features)
}

pub async fn a_refusal_before_the_wasm_is_there_erases_what_earlier_pages_stored(
    stage: &Stage,
) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    let hold = site.hold(".wasm");
    calling(stage, &site, &collector, ("earlier", 3), json!({})).await?;
    stage.open(&site, "/blank.html").await?;
    let page = calling(stage, &site, &collector, ("own", 2), json!({})).await?;
    ensure!(
        stored(&page).await?.contains("earlier 2"),
        "nothing was left"
    );
    page.act(
        "_na.optOut(); _na.sendFeatureEvent('refused'); await new Promise((go) => setTimeout(go, 50));",
        Value::Null,
    )
    .await?;
    let left = stored(&page).await?;
    ensure!(left.is_empty(), "stored after the refusal: {left}");
    // What was refused still waits, and would be stored with what comes later.
    page.act(
        "_na.optIn(); await new Promise((go) => setTimeout(go, 50));",
        Value::Null,
    )
    .await?;
    let left = stored(&page).await?;
    ensure!(left.is_empty(), "stored of the refused calls: {left}");
    stage.open(&site, "/blank.html").await?;
    hold.release();
    let features = arrived(stage, &site, &collector, 1).await?;
    ensure!(features == ["last 0"], "{features:?}");
    Ok(())
}

pub async fn of_a_visitor_who_agrees_before_the_wasm_is_there_calls_are_left_to_the_next_page(
    stage: &Stage,
) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    let hold = site.hold(".wasm");
    let settings = json!({ "consent": "pending" });
    let page = calling(stage, &site, &collector, ("own", 2), settings).await?;
    let early = stored(&page).await?;
    ensure!(early.is_empty(), "stored before the agreement: {early}");
    page.act(
        "_na.optIn(); await new Promise((go) => setTimeout(go, 50));",
        Value::Null,
    )
    .await?;
    stage.open(&site, "/blank.html").await?;
    hold.release();
    let features = arrived(stage, &site, &collector, 3).await?;
    ensure!(features == ["last 0", "own 0", "own 1"], "{features:?}");
    Ok(())
}

pub async fn calls_that_have_no_room_leave_those_of_other_pages_where_they_are(
    stage: &Stage,
) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    let hold = site.hold(".wasm");
    let settings = json!({ "maxStoredBytes": 2000 });
    calling(stage, &site, &collector, ("earlier", 3), settings).await?;
    stage.open(&site, "/blank.html").await?;
    // With this limit, none of them fits.
    let settings = json!({ "maxStoredBytes": 100 });
    let page = calling(stage, &site, &collector, ("own", 2), settings).await?;
    let left = stored(&page).await?;
    ensure!(left.contains("earlier 2"), "stored: {left}");
    stage.open(&site, "/blank.html").await?;
    hold.release();
    let features = arrived(stage, &site, &collector, 4).await?;
    ensure!(
        features == ["earlier 0", "earlier 1", "earlier 2", "last 0"],
        "{features:?}"
    );
    Ok(())
}

pub async fn of_more_calls_than_there_is_room_for_the_first_are_stored(
    stage: &Stage,
) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    let _hold = site.hold(".wasm");
    let settings = json!({ "maxStoredBytes": 4000 });
    let page = calling(stage, &site, &collector, ("own", 200), settings).await?;
    let left = stored(&page).await?;
    ensure!(left.contains("own 5\""), "stored: {left}");
    ensure!(left.len() < 4100, "stored: {left}");
    Ok(())
}
