//! What changes in a page without a reload, and what stays.

use anyhow::{Result, ensure};
use fantoccini::key::Key;
use natero_e2e::dashboard::Dashboard;
use natero_e2e::stage::Stage;
use serde_json::Value;

/// Counts the requests of the page from here on.
const COUNT: &str = "window.asked = 0; const real = fetch; window.fetch = (...of) => (window.asked++, real(...of));";

pub async fn what_is_typed_stays_when_a_table_is_sorted_and_a_place_is_opened(
    stage: &Stage,
) -> Result<()> {
    let dashboard = Dashboard::signed_in(stage).await?;
    dashboard.goto("/accounts/kestrel/records").await?;
    dashboard.run::<Value>(COUNT).await?;
    dashboard.click(".entries summary").await?;
    let subject = dashboard.find("input[name=subject]").await?;
    subject.send_keys("Half a note").await?;
    let typed = async || {
        let typed: (String, u32) = dashboard
            .run("return [document.querySelector('input[name=subject]').value, window.asked];")
            .await?;
        anyhow::Ok(typed)
    };
    // A link within the page causes no request.
    dashboard
        .run::<Value>("document.querySelector('a.find').click();")
        .await?;
    dashboard.until("location.hash === '#accounts'").await?;
    dashboard.run::<Value>("history.back();").await?;
    dashboard.until("location.hash === ''").await?;
    ensure!(typed().await? == ("Half a note".to_owned(), 0));
    // Another order of a table does, and the rest of the page stays.
    dashboard
        .run::<Value>("document.querySelector('main a.sort').click();")
        .await?;
    dashboard.until("location.search.includes('sort.')").await?;
    ensure!(typed().await? == ("Half a note".to_owned(), 1));
    let action: String = dashboard
        .run("return document.querySelector('.entries form').getAttribute('action');")
        .await?;
    ensure!(action == "/accounts/kestrel/records", "{action}");
    dashboard.is_clean().await
}

pub async fn who_is_signed_out_meanwhile_and_sorts_is_asked_to_sign_in(
    stage: &Stage,
) -> Result<()> {
    let dashboard = Dashboard::signed_in(stage).await?;
    for path in ["/?range=90d", "/accounts/meridian/users"] {
        dashboard.goto(path).await?;
        dashboard
            .run::<Value>("return fetch('/sign-out', { method: 'POST' }).then(() => null);")
            .await?;
        dashboard
            .run::<Value>("document.querySelector('main a.sort').click();")
            .await?;
        dashboard.until("document.querySelector('#key')").await?;
        dashboard.enter().await?;
        dashboard
            .until("location.search.includes('sort.') && document.querySelector('main a.sort')")
            .await?;
    }
    dashboard.is_clean().await
}

pub async fn enter_opens_what_was_typed_last(stage: &Stage) -> Result<()> {
    let dashboard = Dashboard::signed_in(stage).await?;
    let search = dashboard.find("#search").await?;
    search.send_keys("göteb").await?;
    dashboard
        .until("document.querySelector('#found a')")
        .await?;
    // In one task, before the first search could finish.
    dashboard
        .run::<Value>(
            "const search = document.getElementById('search'); search.value = 'porto';
             search.dispatchEvent(new Event('input', { bubbles: true })); search.form.requestSubmit();",
        )
        .await?;
    dashboard
        .until("location.pathname === '/accounts/meridian-iberia-porto'")
        .await?;
    let search = dashboard.find("#search").await?;
    search.send_keys("atlantis").await?;
    search.send_keys(&Key::Enter.to_string()).await?;
    dashboard
        .until("document.querySelector('#found .none')")
        .await?;
    ensure!(dashboard.text("h1").await? == "Porto");
    dashboard.is_clean().await
}

pub async fn events_are_followed_again_after_another_order(stage: &Stage) -> Result<()> {
    let dashboard = Dashboard::signed_in(stage).await?;
    let is_live = "document.querySelector('.live').dataset.state === 'live'";
    let pause = "document.querySelector('.live-head button').hidden";
    dashboard.goto("/events").await?;
    dashboard.until(is_live).await?;
    dashboard
        .run::<Value>("document.querySelector('.events a.sort').click();")
        .await?;
    dashboard
        .until(&format!(
            "location.search.includes('sort.events') && {pause}"
        ))
        .await?;
    dashboard.run::<Value>("history.back();").await?;
    dashboard
        .until(&format!("location.search === '' && {is_live} && !{pause}"))
        .await?;
    dashboard.is_clean().await
}
