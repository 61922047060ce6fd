//! The examples, as a person uses them.

use anyhow::{Context, Result, ensure};
use fantoccini::Locator;
use natero_e2e::collector::Collector;
use natero_e2e::demo::{Delivery, classic_path, serve_examples, visit};
use natero_e2e::page::Page;
use natero_e2e::rows::{EventRow, events, until_events};
use natero_e2e::site::Site;
use natero_e2e::stage::Stage;
use serde_json::Value;

natero_e2e::suite!(
    each_event_of_a_visit_to_the_console_arrives_once,
    the_console_lists_its_events_and_talks_to_nobody_else,
    the_console_without_keys_says_how_to_start_it,
    the_classic_page_tracks_from_its_script_tag,
);

async fn each_event_of_a_visit_to_the_console_arrives_once(stage: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let site = serve_examples(stage.package().await?.path(), &collector).await?;
    let accepted = visit(stage.browser().await?, &site).await?;
    let delivery = Delivery::measure(accepted, &collector.db())?;
    ensure!(delivery.is_exact(), "{delivery}");

    // What was clicked is what is counted, under its product, module and user.
    let rows = events(&collector.db())?;
    let used = |user: &str, product: &str, module: &str, feature: &str| -> f64 {
        rows.iter()
            .filter(|row| {
                row.user_id == user
                    && row.product.as_deref() == Some(product)
                    && row.module.as_deref() == Some(module)
                    && row.feature.as_deref() == Some(feature)
            })
            .filter_map(|row| row.total)
            .sum()
    };
    let (ada, jonas) = ("ada@acme.example", "jonas@acme.example");
    for (user, product, module, feature, total) in [
        (ada, "freight", "dashboard", "add_widget", 2.0),
        (ada, "freight", "dashboard", "share_dashboard", 1.0),
        (ada, "freight", "reports", "export_report", 412.0),
        (ada, "warehouse", "reports", "export_report", 76.0),
        (ada, "warehouse", "dashboard", "refresh", 1.0),
        (jonas, "warehouse", "dashboard", "add_widget", 1.0),
        (jonas, "warehouse", "reports", "export_report", 48.0),
        (jonas, "freight", "reports", "export_report", 924.0),
        (jonas, "freight", "dashboard", "refresh", 1.0),
    ] {
        let counted = used(user, product, module, feature);
        ensure!(
            counted == total,
            "{user} used {product} {module} {feature} {counted} times"
        );
    }
    for (product, module) in [
        ("freight", "dashboard"),
        ("freight", "reports"),
        ("warehouse", "reports"),
        ("warehouse", "dashboard"),
    ] {
        let ended = |row: &&EventRow| {
            row.action == "moduleEnd"
                && row.product.as_deref() == Some(product)
                && row.module.as_deref() == Some(module)
        };
        let time: i64 = rows
            .iter()
            .filter(ended)
            .filter_map(|row| row.time_spent)
            .sum();
        ensure!(time > 0, "no time in {product} {module}");
    }
    ensure!(
        rows.iter()
            .all(|row| row.account_id == "acme" && !row.set_aside)
    );
    Ok(())
}

async fn the_console_lists_its_events_and_talks_to_nobody_else(stage: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let site = serve_examples(stage.package().await?.path(), &collector).await?;
    let page = console(stage, &site).await?;
    click(stage, "[data-feature=refresh]").await?;
    page.act("await northwind.flush();", Value::Null).await?;
    page.until(
        "northwind.stats().accepted > 2
         && document.querySelectorAll('.log li').length === northwind.stats().accepted
         && document.querySelectorAll('.log [data-delivered]').length === northwind.stats().accepted",
    )
    .await?;
    let newest: String = page
        .run(
            "return document.querySelector('.log summary').innerText;",
            Value::Null,
        )
        .await?;
    ensure!(
        newest.contains("refresh") && newest.contains("dashboard"),
        "{newest}"
    );
    let strangers: Vec<String> = page
        .run(
            "return performance.getEntriesByType('resource').map((entry) => entry.name)
               .filter((name) => !args.some((origin) => name.startsWith(origin)));",
            serde_json::json!([site.url("/"), collector.url(), "data:"]),
        )
        .await?;
    ensure!(strangers.is_empty(), "{strangers:?}");
    Ok(())
}

async fn the_console_without_keys_says_how_to_start_it(stage: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let site = serve_examples(stage.package().await?.path(), &collector).await?;
    site.put_json("/config.json", &serde_json::json!({}));
    let page = console(stage, &site).await?;
    page.until("!document.querySelector('.notice').hidden")
        .await?;
    let notice: String = page
        .run(
            "return document.querySelector('.notice').textContent;",
            Value::Null,
        )
        .await?;
    ensure!(
        notice.contains("apiKey") && notice.contains("cargo xtask demo"),
        "{notice}"
    );
    // It can still be clicked.
    click(stage, "[data-module=reports]").await?;
    page.until("!document.querySelector('[data-view=reports]').hidden")
        .await
}

async fn the_classic_page_tracks_from_its_script_tag(stage: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let site = serve_examples(stage.package().await?.path(), &collector).await?;
    let page = stage.open(&site, &classic_path(&collector)).await?;
    page.until("window._na").await?;
    click(stage, "button").await?;
    page.deliver().await?;
    let rows = until_events(&collector, "the feature event", |rows| {
        rows.iter().any(|row| row.action == "feature")
    })
    .await?;
    let feature = rows
        .iter()
        .find(|row| row.action == "feature")
        .context("waited for")?;
    ensure!(feature.feature.as_deref() == Some("hello"), "{feature:?}");
    ensure!(feature.module.as_deref() == Some("classic"), "{feature:?}");
    ensure!(feature.account_id == "acme" && feature.user_id == "ada@acme.example");
    Ok(())
}

async fn console<'a>(stage: &'a Stage, site: &Site) -> Result<Page<'a>> {
    let page = stage.open(site, "/").await?;
    page.until("window.northwind").await?;
    Ok(page)
}

async fn click(stage: &Stage, selector: &str) -> Result<()> {
    let client = stage.browser().await?.client();
    client.find(Locator::Css(selector)).await?.click().await?;
    Ok(())
}
