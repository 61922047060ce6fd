//! The dashboard is usable with the keyboard alone.

use anyhow::{Result, bail, ensure};
use fantoccini::key::Key;
use natero_e2e::dashboard::Dashboard;
use natero_e2e::stage::Stage;
use natero_e2e::views::VIEWS;

/// Presses Tab until the focus is on the element that the selector matches.
async fn tab_to(dashboard: &Dashboard<'_>, selector: &str) -> Result<()> {
    // More than the number of focusable elements on any of these pages.
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
    // The focus stays on the opened row, and the next stop is its contents.
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

    // The same for the contents of a product.
    dashboard.goto("/accounts/meridian").await?;
    let button = ".breakdown button[aria-label='What is in shipments']";
    tab_to(&dashboard, button).await?;
    dashboard.press(Key::Enter).await?;
    dashboard
        .until("document.querySelector('.breakdown tr[data-depth=\"2\"]')")
        .await?;
    // The focus stays on the opened row.
    dashboard
        .until("document.activeElement.matches('[aria-expanded=true]')")
        .await?;
    // A column header sorts its table. It comes before the button, and not every browser
    // wraps around from the end of a page to its beginning.
    dashboard.goto("/accounts/meridian").await?;
    tab_to(&dashboard, ".breakdown th a[href*='sort.breakdown=-users']").await?;
    dashboard.press(Key::Enter).await?;
    dashboard
        .until("location.search.includes('sort.breakdown=-users')")
        .await?;
    dashboard.is_clean().await
}

/// The elements that a person can use on a page: all that are neither hidden nor within
/// something closed.
const USABLE: &str = "
    [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')]
      .filter((of) => of.tabIndex >= 0 && !of.disabled && of.type !== 'hidden' && of.checkVisibility())";

pub async fn tab_reaches_whatever_can_be_used_on_every_view(stage: &Stage) -> Result<()> {
    let dashboard = Dashboard::signed_in(stage).await?;
    let mut unreached = Vec::new();
    for (name, path, _) in VIEWS {
        dashboard.goto(path).await?;
        let count: usize = dashboard
            .run(&format!(
                "window.reached = new Set();
                 window.unseen = [];
                 document.addEventListener('focusin', ({{ target }}) => window.reached.add(target));
                 // When the key is released, the browser has decided whether to show the
                 // focus. A window without the focus still has an active element, but draws
                 // no focus ring.
                 document.addEventListener('keyup', () => {{
                   const it = document.activeElement;
                   const isSeen = it.matches('body, main, :not(:focus)') || getComputedStyle(it).outlineStyle !== 'none';
                   if (!isSeen) window.unseen.push(it.outerHTML.slice(0, 120));
                 }});
                 return ({USABLE}).length;"
            ))
            .await?;
        ensure!(count > 0, "{name} has nothing to use");
        // A date field has several tab stops.
        let tabs = Key::Tab.to_string().repeat(count + 20);
        let focused = dashboard.find("body").await?;
        focused.send_keys(&tabs).await?;
        let (left, unseen): (Vec<String>, Vec<String>) = dashboard
            .run(&format!(
                "return [({USABLE}).filter((of) => !window.reached.has(of)).map((of) => of.outerHTML.slice(0, 120)), window.unseen];"
            ))
            .await?;
        unreached.extend(left.iter().map(|of| format!("{name}: never at {of}")));
        unreached.extend(unseen.iter().map(|of| format!("{name}: not seen at {of}")));
    }
    ensure!(unreached.is_empty(), "{}", unreached.join("\n"));
    Ok(())
}
