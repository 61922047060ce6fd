//! Pages in a browser that runs no scripts.

use anyhow::{Result, ensure};
use natero_e2e::dashboard::Dashboard;
use natero_e2e::stage::Stage;
use natero_e2e::views::VIEWS;
use serde_json::Value;

pub async fn everything_but_live_events_and_the_pointer_works_without_scripts(
    stage: &Stage,
) -> Result<()> {
    let browser = stage.browser().await?;
    let dashboard = Dashboard::start(stage).await?;
    browser.let_scripts_run(false).await?;
    let outcome = use_pages(&dashboard).await;
    browser.let_scripts_run(true).await?;
    outcome
}

/// Uses the first field or button that a selector matches, and waits for the page that
/// follows.
async fn lead(dashboard: &Dashboard<'_>, selector: &str, expression: &str) -> Result<()> {
    dashboard.click(selector).await?;
    dashboard.until(expression).await
}

async fn use_pages(dashboard: &Dashboard<'_>) -> Result<()> {
    dashboard.enter().await?;
    for (name, path, wanted) in VIEWS {
        dashboard.goto(path).await?;
        let page = dashboard.text("body").await?;
        ensure!(page.contains(wanted), "{name} shows no {wanted}: {page}");
    }
    dashboard.goto("/accounts/meridian").await?;
    let is_off: bool = dashboard
        .run("return document.querySelector('.plot') && !document.querySelector('.plot[role]');")
        .await?;
    ensure!(is_off, "the scripts of the page have run");

    // The period, the chart, its bars, the roll-up, and rows of the breakdown.
    lead(
        dashboard,
        ".segments a[href*='range=90d']",
        "location.search.includes('range=90d')",
    )
    .await?;
    lead(
        dashboard,
        ".chart a[data-metric=users]",
        "location.search.includes('metric=users')",
    )
    .await?;
    lead(
        dashboard,
        ".chart a[data-bars=week]",
        "location.search.includes('bars=week')",
    )
    .await?;
    lead(
        dashboard,
        ".breakdown button[aria-label='What is in shipments']",
        "document.querySelector('.breakdown tr[data-depth=\"2\"]')",
    )
    .await?;
    ensure!(
        dashboard.run::<bool>("return ['range=90d', 'metric=users', 'bars=week'].every((of) => location.search.includes(of));").await?,
        "opening a row changes what else is shown"
    );
    lead(
        dashboard,
        "[aria-label=Roll-up] a:not([aria-current])",
        "location.search.includes('rollup=false')",
    )
    .await?;

    // The order and the search of a table, and the filter of the list.
    dashboard.goto("/accounts/meridian/users").await?;
    lead(
        dashboard,
        ".users th:last-child a.sort",
        "location.search.includes('sort.users=')",
    )
    .await?;
    let field = dashboard.find("input[name='find.users']").await?;
    field.send_keys("quist\u{e007}").await?;
    dashboard
        .until("location.search.includes('find.users=quist') && location.search.includes('sort.users=')")
        .await?;
    dashboard.goto("/?level=all").await?;
    dashboard
        .run::<Value>("document.querySelector('.filters select').value = '=freight';")
        .await?;
    lead(
        dashboard,
        ".filters > button",
        "location.search.includes('freight')",
    )
    .await?;

    // The tree and the search.
    lead(
        dashboard,
        "#tree button[aria-label='Accounts below Meridian Foods']",
        "location.pathname === '/accounts/meridian' && document.querySelector('#tree a[href*=meridian-nordics]')",
    )
    .await?;
    let search = dashboard.find("#search").await?;
    search.send_keys("porto\u{e007}").await?;
    dashboard
        .until("location.search.includes('search=porto')")
        .await?;
    lead(
        dashboard,
        "main .results a",
        "location.pathname.includes('porto')",
    )
    .await?;

    // Adding a record, and deleting it.
    dashboard.goto("/accounts/kestrel/records").await?;
    dashboard.click(".entries summary").await?;
    let subject = dashboard.find("input[name=subject]").await?;
    subject.send_keys("Without scripts\u{e007}").await?;
    let row = "[...document.querySelectorAll('main tr')].find((of) => of.innerText.includes('Without scripts'))";
    dashboard.until(row).await?;
    dashboard
        .run::<Value>(&format!("{row}.id = 'mistake';"))
        .await?;
    dashboard.click("#mistake summary").await?;
    lead(dashboard, "#mistake form button", &format!("!({row})")).await
}
