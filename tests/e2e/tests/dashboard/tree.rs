//! Finding an account.

use anyhow::{Result, ensure};
use natero_e2e::dashboard::Dashboard;
use natero_e2e::stage::Stage;

pub async fn the_tree_opens_in_place_and_leads_to_accounts(stage: &Stage) -> Result<()> {
    let dashboard = Dashboard::signed_in(stage).await?;
    let twist = "#tree button[aria-label='Accounts below Meridian Foods']";
    dashboard.click(twist).await?;
    dashboard
        .until("document.querySelector('#tree a[href*=meridian-iberia]')")
        .await?;
    ensure!(
        dashboard
            .find(twist)
            .await?
            .attr("aria-expanded")
            .await?
            .as_deref()
            == Some("true")
    );
    dashboard
        .click("#tree button[aria-label='Accounts below Iberia']")
        .await?;
    dashboard
        .until("document.querySelector('#tree a[href$=iberia-porto]')")
        .await?;
    dashboard.click(twist).await?;
    dashboard
        .until("!document.querySelector('#tree a[href$=iberia-porto]').offsetParent")
        .await?;
    dashboard.click(twist).await?;
    dashboard.click("#tree a[href$=iberia-porto]").await?;
    dashboard
        .until("location.pathname === '/accounts/meridian-iberia-porto'")
        .await?;
    ensure!(dashboard.text("h1").await? == "Porto");
    let way: Vec<String> = dashboard
        .run("return [...document.querySelectorAll('.way li')].map((li) => li.innerText.trim());")
        .await?;
    ensure!(way == ["Accounts", "Meridian Foods", "Iberia"], "{way:?}");
    let current = dashboard.text("#tree [aria-current=page]").await?;
    ensure!(current == "Porto", "{current}");
    dashboard.is_clean().await
}

pub async fn a_branch_that_cannot_be_opened_says_so_and_opens_when_it_can(
    stage: &Stage,
) -> Result<()> {
    let dashboard = Dashboard::signed_in(stage).await?;
    let twist = "#tree button[aria-label='Accounts below Meridian Foods']";
    let is_open = async || {
        dashboard
            .find(twist)
            .await?
            .attr("aria-expanded")
            .await
            .map_err(anyhow::Error::from)
    };
    dashboard.front().cut_off(true);
    dashboard.click(twist).await?;
    dashboard
        .until("document.querySelector('#tree [role=alert]')")
        .await?;
    let said = dashboard.text("#tree [role=alert]").await?;
    ensure!(said == "This could not be opened. Try again.", "{said}");
    ensure!(is_open().await?.as_deref() == Some("false"));
    dashboard.front().cut_off(false);
    dashboard.click(twist).await?;
    dashboard
        .until("document.querySelector('#tree a[href*=meridian-iberia]')")
        .await?;
    ensure!(is_open().await?.as_deref() == Some("true"));
    dashboard
        .until("!document.querySelector('#tree [role=alert]')")
        .await
}

pub async fn the_search_finds_accounts_while_one_types(stage: &Stage) -> Result<()> {
    let dashboard = Dashboard::signed_in(stage).await?;
    let search = dashboard.find("#search").await?;
    search.send_keys("göteb").await?;
    dashboard
        .until("document.querySelector('#found a')")
        .await?;
    let found = dashboard.text("#found").await?;
    ensure!(found == "Göteborg\nin Nordics", "{found}");
    ensure!(!dashboard.find("#tree").await?.is_displayed().await?);
    search.send_keys(" atlantis").await?;
    dashboard
        .until("document.querySelector('#found .none')")
        .await?;
    search.clear().await?;
    search.send_keys("porto").await?;
    dashboard
        .until("document.querySelector('#found a[href$=porto]')")
        .await?;
    dashboard.click("#found a").await?;
    dashboard
        .until("location.pathname === '/accounts/meridian-iberia-porto'")
        .await?;
    dashboard.is_clean().await
}
