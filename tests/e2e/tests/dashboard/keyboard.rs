//! Hands off the mouse.

use anyhow::{Result, bail, ensure};
use fantoccini::key::Key;
use natero_e2e::dashboard::Dashboard;
use natero_e2e::stage::Stage;

/// Tabs from element to element until the focus is on what this finds.
async fn tab_to(dashboard: &Dashboard<'_>, selector: &str) -> Result<()> {
    // More than any of these pages has to be passed on the way.
    for _ in 0..120 {
        dashboard.press(Key::Tab).await?;
        let is_there: bool = dashboard
            .run(&format!(
                "const it = document.activeElement;
                 if (it !== document.body && getComputedStyle(it).outlineStyle === 'none' && !it.matches('main'))
                   throw new Error('no one sees the focus on ' + it.outerHTML);
                 return it.matches(\"{selector}\");"
            ))
            .await?;
        if is_there {
            return Ok(());
        }
    }
    bail!("Tab never reaches {selector}")
}

pub async fn search_tree_and_roll_up_switch_are_used_by_keyboard_alone(
    stage: &Stage,
) -> Result<()> {
    let dashboard = Dashboard::signed_in(stage).await?;
    dashboard.goto("/").await?;
    tab_to(&dashboard, ".skip").await?;

    tab_to(&dashboard, "#search").await?;
    dashboard.find("#search").await?.send_keys("rotter").await?;
    dashboard
        .until("document.querySelector('#found a')")
        .await?;
    tab_to(&dashboard, "#found a").await?;
    dashboard.press(Key::Enter).await?;
    dashboard
        .until("location.pathname === '/accounts/meridian-benelux-rotterdam'")
        .await?;

    dashboard.goto("/").await?;
    tab_to(
        &dashboard,
        "#tree button[aria-label='Accounts below Meridian Foods']",
    )
    .await?;
    dashboard.press(Key::Enter).await?;
    dashboard
        .until("document.querySelector('#tree a[href*=meridian-nordics]')")
        .await?;
    // The focus stays on what was opened, and what opened comes next.
    tab_to(&dashboard, "#tree a[href$=meridian]").await?;
    tab_to(&dashboard, "#tree a[href*=meridian-nordics]").await?;
    dashboard.press(Key::Left).await?;
    dashboard
        .until("document.activeElement.textContent === 'Meridian Foods'")
        .await?;
    dashboard.press(Key::Left).await?;
    dashboard
        .until("!document.querySelector('#tree a[href*=meridian-nordics]').offsetParent")
        .await?;
    dashboard.press(Key::Right).await?;
    dashboard
        .until("document.querySelector('#tree a[href*=meridian-nordics]').offsetParent")
        .await?;
    dashboard.press(Key::Enter).await?;
    dashboard
        .until("location.pathname === '/accounts/meridian'")
        .await?;

    tab_to(&dashboard, "[aria-label=Roll-up] a:not([aria-current])").await?;
    dashboard.press(Key::Enter).await?;
    dashboard
        .until("location.search.includes('rollup=false')")
        .await?;
    let switched = dashboard
        .text("[aria-label=Roll-up] [aria-current]")
        .await?;
    ensure!(switched == "This account alone", "{switched}");

    // And what is in a product.
    dashboard.goto("/accounts/meridian").await?;
    let button = ".breakdown button[aria-label='What is in shipments']";
    tab_to(&dashboard, button).await?;
    dashboard.press(Key::Enter).await?;
    dashboard
        .until("document.querySelector('.breakdown tr[data-depth=\"2\"]')")
        .await?;
    // The focus stays on what was opened.
    dashboard
        .until("document.activeElement.matches('[aria-expanded=true]')")
        .await?;
    // A head sorts its table. It comes before the button, and not every browser leads
    // from the end of a page to its begin.
    dashboard.goto("/accounts/meridian").await?;
    tab_to(&dashboard, ".breakdown th a[href*='sort.breakdown=-users']").await?;
    dashboard.press(Key::Enter).await?;
    dashboard
        .until("location.search.includes('sort.breakdown=-users')")
        .await?;
    dashboard.is_clean().await
}
