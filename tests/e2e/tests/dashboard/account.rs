//! The pages of an account, compared with the answers of the API.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use fantoccini::key::Key;
use natero_e2e::dashboard::Dashboard;
use natero_e2e::stage::Stage;
use serde_json::Value;

const DAY: i64 = 86_400_000;

/// The answer of the usage API for the 28 days that a page shows by default.
async fn usage(dashboard: &Dashboard<'_>, account: &str, query: &str) -> Result<Value> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as i64;
    let to = now / DAY * DAY;
    let from = to - 28 * DAY;
    let path = format!("accounts/{account}/usage?from={from}&to={to}&{query}");
    dashboard.collector().get(&path).await
}

/// A number, as a page shows it.
fn written(number: &Value) -> Result<String> {
    let digits = number.as_f64().context("a number")?.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    Ok(text)
}

/// The main figures of the page, as name and value.
async fn totals(dashboard: &Dashboard<'_>) -> Result<Vec<(String, String)>> {
    dashboard
        .run(
            "return [...document.querySelectorAll('.totals > div')].map((of) =>
               [of.querySelector('dt').innerText, of.querySelector('dd').firstChild.textContent]);",
        )
        .await
}

/// The rows of one level of the table: name, feature uses and users.
async fn rows(dashboard: &Dashboard<'_>, depth: usize) -> Result<Vec<(String, String, String)>> {
    dashboard
        .run(&format!(
            "return [...document.querySelectorAll('.breakdown tr[data-depth=\"{depth}\"]')].map((row) =>
               [row.querySelector('th').innerText.trim(), row.cells[1].innerText.trim(), row.cells[row.cells.length - 1].innerText.trim()]);"
        ))
        .await
}

fn expected(usage: &Value) -> Result<Vec<(String, String, String)>> {
    let mut rows = usage["rows"].as_array().context("rows")?.clone();
    rows.sort_by_key(|row| std::cmp::Reverse(row["features"].as_f64().map(|n| n as i64)));
    rows.iter()
        .map(|row| {
            Ok((
                row["key"].as_str().context("a name")?.to_owned(),
                written(&row["features"])?,
                written(&row["users"])?,
            ))
        })
        .collect()
}

/// Without usage that has no name, such as the active time of a session.
fn named(rows: Vec<(String, String, String)>) -> Vec<(String, String, String)> {
    rows.into_iter()
        .filter(|(name, ..)| !name.starts_with("Without a "))
        .collect()
}

pub async fn products_open_to_modules_and_modules_to_features_with_the_numbers_of_the_api(
    stage: &Stage,
) -> Result<()> {
    let dashboard = Dashboard::signed_in(stage).await?;
    dashboard.goto("/accounts/meridian").await?;
    let mut products = usage(&dashboard, "meridian", "by=product").await?;
    let shown = totals(&dashboard).await?;
    for (name, of) in [
        ("Active users", "users"),
        ("Sessions", "sessions"),
        ("Feature uses", "features"),
        ("Events", "events"),
    ] {
        let wanted = (name.to_owned(), written(&products["totals"][of])?);
        ensure!(shown.contains(&wanted), "{wanted:?} is not in {shown:?}");
    }
    let without_unnamed = |usage: &mut Value| {
        if let Some(rows) = usage["rows"].as_array_mut() {
            rows.retain(|row| row["key"].is_string());
        }
    };
    without_unnamed(&mut products);
    let shown = named(rows(&dashboard, 0).await?);
    ensure!(shown == expected(&products)?, "{shown:?}");

    // The page opens this few products by itself: close them, and open one.
    for product in ["warehouse", "customs"] {
        let button = format!(".breakdown button[aria-label='What is in {product}']");
        dashboard.click(&button).await?;
        dashboard
            .until(&format!(
                "document.querySelector(\"{button}\").ariaExpanded === 'false'"
            ))
            .await?;
    }
    let mut modules = usage(&dashboard, "meridian", "by=module&product=freight").await?;
    without_unnamed(&mut modules);
    let shown = named(rows(&dashboard, 1).await?);
    ensure!(shown == expected(&modules)?, "{shown:?}");

    dashboard
        .click(".breakdown button[aria-label='What is in shipments']")
        .await?;
    dashboard
        .until("document.querySelector('.breakdown tr[data-depth=\"2\"]')")
        .await?;
    let mut features = usage(
        &dashboard,
        "meridian",
        "by=feature&product=freight&module=shipments",
    )
    .await?;
    without_unnamed(&mut features);
    let shown = named(rows(&dashboard, 2).await?);
    ensure!(shown == expected(&features)?, "{shown:?}");
    ensure!(shown.len() == 4, "{shown:?}");
    dashboard.is_clean().await
}

pub async fn the_roll_up_switch_changes_the_numbers(stage: &Stage) -> Result<()> {
    let dashboard = Dashboard::signed_in(stage).await?;
    dashboard.goto("/accounts/meridian").await?;
    let with_all = totals(&dashboard).await?;
    dashboard
        .click("[aria-label=Roll-up] a:not([aria-current])")
        .await?;
    dashboard
        .until("location.search.includes('rollup=false')")
        .await?;
    // Product usage counts only if the account is a leaf.
    let page = dashboard.text("main").await?;
    ensure!(page.contains("No usage in this period"), "{page}");
    ensure!(totals(&dashboard).await?.is_empty());
    let alone = usage(&dashboard, "meridian", "rollup=false").await?;
    ensure!(alone["totals"]["events"] == 0, "{alone}");
    dashboard
        .click("[aria-label=Roll-up] a:not([aria-current])")
        .await?;
    dashboard
        .until("!location.search.includes('rollup=false')")
        .await?;
    ensure!(totals(&dashboard).await? == with_all);
    dashboard.is_clean().await
}

pub async fn usage_over_time_is_drawn_and_redrawn_for_another_figure(stage: &Stage) -> Result<()> {
    let dashboard = Dashboard::signed_in(stage).await?;
    dashboard.goto("/accounts/meridian").await?;
    let by_day = usage(&dashboard, "meridian", "by=day").await?;
    let days = by_day["rows"].as_array().context("rows")?;
    // The height of each bar, as a share of the axis.
    let heights = async || -> Result<Vec<f64>> {
        dashboard
            .run("return [...document.querySelectorAll('.plot rect')].map((of) => of.getBoundingClientRect().height);")
            .await
    };
    let features = heights().await?;
    ensure!(features.len() == 28, "{} bars", features.len());
    let used = features.iter().filter(|height| **height > 0.5).count();
    let with_uses = days
        .iter()
        .filter(|row| row["features"].as_f64() > Some(0.0));
    ensure!(used == with_uses.count(), "{used} bars are drawn");
    let reading = dashboard.text(".reading").await?;
    ensure!(reading.starts_with("Most on "), "{reading}");

    dashboard.click("[data-metric=active_time]").await?;
    dashboard
        .until("document.querySelector('.reading').textContent.includes('h')")
        .await?;
    dashboard
        .until("location.search.includes('metric=active_time')")
        .await?;
    ensure!(
        heights().await? != features,
        "the same drawing for another figure"
    );
    // The metric of the chart is kept when the period changes.
    dashboard.click(".period a[href*='range=7d']").await?;
    dashboard
        .until("location.search.includes('range=7d')")
        .await?;
    let chosen = dashboard.text("[data-metric][aria-current]").await?;
    ensure!(chosen == "Active time", "{chosen}");
    ensure!(heights().await?.len() == 7);
    // The figures behind the chart can be read as text.
    dashboard.click(".figures > summary").await?;
    let figures = dashboard.text(".figures tbody").await?;
    ensure!(figures.lines().count() >= 7, "{figures}");
    dashboard.is_clean().await
}

pub async fn the_chart_is_read_by_pointer_and_by_keyboard(stage: &Stage) -> Result<()> {
    let dashboard = Dashboard::signed_in(stage).await?;
    dashboard.goto("/accounts/meridian").await?;
    let reading = async || dashboard.text(".reading").await;
    let usual = reading().await?;
    dashboard
        .run::<Value>("document.querySelector('.plot').focus();")
        .await?;
    dashboard.press(Key::Home).await?;
    let first = reading().await?;
    dashboard.press(Key::Right).await?;
    let second = reading().await?;
    ensure!(first != second && first != usual, "{first}, {second}");
    let told: String = dashboard
        .run("return document.querySelector('.plot').getAttribute('aria-valuetext');")
        .await?;
    ensure!(told.replace('\u{a0}', " ") == second, "{told}");
    dashboard.press(Key::Left).await?;
    ensure!(reading().await? == first);
    dashboard
        .run::<Value>("document.querySelector('.plot').blur();")
        .await?;
    ensure!(reading().await? == usual);
    dashboard.is_clean().await
}

pub async fn a_single_day_is_one_bar_in_the_middle(stage: &Stage) -> Result<()> {
    let dashboard = Dashboard::signed_in(stage).await?;
    let by_day = usage(&dashboard, "meridian", "by=day").await?;
    let days = by_day["rows"].as_array().context("rows")?;
    let busiest = days
        .iter()
        .max_by_key(|row| row["features"].as_i64())
        .and_then(|row| row["key"].as_str())
        .context("a day")?;
    let path = format!("/accounts/meridian?from={busiest}&to={busiest}");
    dashboard.goto(&path).await?;
    let (bars, off): (usize, f64) = dashboard
        .run(
            "const bars = document.querySelectorAll('.plot rect');
             const middle = (of) => { const box = of.getBoundingClientRect(); return box.left + box.width / 2; };
             return [bars.length, Math.abs(middle(bars[0]) - middle(document.querySelector('.plot')))];",
        )
        .await?;
    ensure!(bars == 1 && off < 3.0, "{bars} bars, {off} px off");
    dashboard.is_clean().await
}

pub async fn users_records_and_uncaptured_usage_are_on_the_pages_of_an_account(
    stage: &Stage,
) -> Result<()> {
    let dashboard = Dashboard::signed_in(stage).await?;
    dashboard.goto("/accounts/meridian").await?;
    let answer = usage(&dashboard, "meridian", "by=user").await?;
    let uncaptured = answer["uncaptured"]["non_leaf"]
        .as_i64()
        .context("a count")?;
    ensure!(uncaptured > 0, "{answer}");
    let notice = dashboard.text(".notice").await?;
    ensure!(
        notice.contains(&format!("{uncaptured} events are kept but not counted")),
        "{notice}"
    );
    dashboard.goto("/accounts/kestrel").await?;
    let notice = dashboard.text(".notice").await?;
    ensure!(notice.contains("belongs to another account"), "{notice}");

    dashboard.goto("/accounts/meridian").await?;
    dashboard.click(".tabs a[href*='/users']").await?;
    dashboard
        .until("location.pathname === '/accounts/meridian/users'")
        .await?;
    let active = answer["rows"].as_array().context("rows")?.len();
    let heading = dashboard.text("main .card h2").await?;
    ensure!(heading == format!("{active} active users"), "{heading}");
    let names: Vec<(String, f64)> = dashboard
        .run(
            "return [...document.querySelectorAll('table.users tbody tr')].map((row) =>
               [row.querySelector('th small').textContent, Number(row.querySelector('.barred').innerText.replace(',', ''))]);",
        )
        .await?;
    ensure!(
        !names.is_empty() && names.is_sorted_by(|a, b| a.1 >= b.1),
        "{names:?}"
    );
    for (id, features) in names {
        let row = answer["rows"]
            .as_array()
            .context("rows")?
            .iter()
            .find(|row| row["key"] == id.as_str());
        let row = row.with_context(|| format!("the API knows no {id}"))?;
        ensure!(row["features"].as_f64() == Some(features), "{id}: {row}");
    }

    dashboard.click(".tabs a[href*='/records']").await?;
    dashboard
        .until("location.pathname === '/accounts/meridian/records'")
        .await?;
    let records = dashboard.text("main").await?;
    for wanted in [
        "Export stops at 10,000 rows",
        "Quarterly review",
        "Wants scheduled reports",
        "Of this account and all",
    ] {
        ensure!(records.contains(wanted), "no {wanted} in {records}");
    }
    let summary = dashboard
        .collector()
        .get("accounts/meridian/summary")
        .await?;
    let amount = written(&summary["financials"][0]["by_name"][0]["amount"])?;
    ensure!(
        records.contains(&format!("{amount}.00")),
        "no {amount} in {records}"
    );
    dashboard.is_clean().await
}
