//! The examples, as a person uses them.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use fantoccini::Locator;
use natero_e2e::collector::Collector;
use natero_e2e::demo::{Delivery, classic_path, serve_examples, visit};
use natero_e2e::page::Page;
use natero_e2e::rows::{EventRow, Mark, events, until_events};
use natero_e2e::site::Site;
use natero_e2e::stage::Stage;
use natero_e2e::wait;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

natero_e2e::suite!(
    each_event_of_a_visit_to_the_console_arrives_once,
    the_console_lists_its_events_and_talks_to_nobody_else,
    the_console_without_keys_says_how_to_start_it,
    the_classic_page_tracks_from_its_script_tag,
    the_demo_opens_the_dashboard_of_a_company_with_weeks_of_usage skipped in Firefox Webkit,
);

async fn each_event_of_a_visit_to_the_console_arrives_once(stage: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let site = serve_examples(stage.package().await?.path(), &collector).await?;
    let accepted = visit(stage.browser().await?, &site).await?;
    let delivery = Delivery::measure(accepted, &collector.db(), Mark::default())?;
    ensure!(delivery.is_exact(), "{delivery}");

    // Exactly what was clicked is counted, under its product, module and user.
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
        (ada, "freight", "reports", "export_report", 1.0),
        (ada, "warehouse", "reports", "export_report", 1.0),
        (ada, "warehouse", "dashboard", "refresh", 1.0),
        (jonas, "warehouse", "dashboard", "add_widget", 1.0),
        (jonas, "warehouse", "reports", "export_report", 1.0),
        (jonas, "freight", "reports", "export_report", 1.0),
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
    // The page can still be used.
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

async fn the_demo_opens_the_dashboard_of_a_company_with_weeks_of_usage(
    stage: &Stage,
) -> Result<()> {
    // This program is found first on the path, and records the address that it was to open
    // in a browser.
    let programs = tempfile::TempDir::new()?;
    let (opener, opened) = (
        programs.path().join("xdg-open"),
        programs.path().join("opened"),
    );
    let script = format!("#!/bin/sh\necho \"$1\" > {}\n", opened.display());
    std::fs::write(&opener, script)?;
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755))?;
    let path = std::env::var("PATH")?;
    let collector = Collector::binary()?;
    let mut demo = Command::new(env!("CARGO_BIN_EXE_natero-demo"))
        .args([OsStr::new("--pkg"), stage.package().await?.path().as_ref()])
        .args([OsStr::new("--collector"), collector.as_ref()])
        .env("PATH", format!("{}:{path}", programs.path().display()))
        .env("DISPLAY", ":none")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut lines = BufReader::new(demo.stdout.take().context("piped")?).lines();
    let mut said = String::new();
    while !said.ends_with("Ctrl-C ends everything.\n") {
        let line = lines.next_line().await?;
        said += &line.with_context(|| format!("it ended after {said}"))?;
        said.push('\n');
    }
    ensure!(said.contains(", 0 missing, 0 duplicates\n"), "{said}");
    let dashboard = wait::until("the browser to be opened", async || {
        Ok(std::fs::read_to_string(&opened)
            .ok()
            .filter(|url| url.ends_with('\n')))
    })
    .await?;
    let dashboard = dashboard.trim();
    let key = said.rsplit_once("Sign in with ").context("no key")?.1;
    let key = key.split_whitespace().next().context("no key")?;

    let stay = reqwest::redirect::Policy::none();
    let client = reqwest::Client::builder().redirect(stay).build()?;
    let page = client
        .post(format!("{dashboard}/sign-in"))
        .header("origin", dashboard)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("key={key}"))
        .send()
        .await?;
    ensure!(page.status() == 303, "{}", page.status());
    let ask = async |path: &str| -> Result<Value> {
        let url = format!("{dashboard}/api/v2/{path}&api_key={key}");
        Ok(client.get(url).send().await?.json().await?)
    };
    let usage = ask("accounts/acme-group/usage?by=feature").await?;
    ensure!(usage["totals"]["events"].as_i64() > Some(1000), "{usage}");
    let latest = ask("events?limit=1000").await?;
    let visited = latest["records"]
        .as_array()
        .context("records")?
        .iter()
        .any(|event| {
            // The console output alone contains the number of exported rows.
            event["feature"] == "export_report" && event["details"]["rows"] == 924
        });
    ensure!(visited, "the visit is not among the latest events");
    // The visit makes only a few uses, so that the chart still shows the weeks before it.
    let by_day = ask("accounts/acme-group/usage?by=day").await?;
    let days: Vec<f64> = by_day["rows"]
        .as_array()
        .context("rows")?
        .iter()
        .filter_map(|row| row["features"].as_f64())
        .collect();
    let (last, before) = days.split_last().context("days")?;
    let most = before.iter().copied().fold(0.0, f64::max);
    ensure!(
        *last < 4.0 * most,
        "the day of the visit has {last} uses, none before it more than {most}"
    );

    let pid = demo.id().context("it still runs")?.to_string();
    Command::new("kill").args(["-TERM", &pid]).status().await?;
    ensure!(demo.wait().await?.success());
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
