//! Narrow and wide screens, light and dark colours.

use anyhow::{Result, ensure};
use natero_e2e::browser::{Browser, Look};
use natero_e2e::dashboard::Dashboard;
use natero_e2e::stage::Stage;
use natero_e2e::views::VIEWS;
use serde::Deserialize;

pub async fn nothing_is_wider_than_a_narrow_window(stage: &Stage) -> Result<()> {
    let browser = stage.browser().await?;
    let dashboard = Dashboard::signed_in(stage).await?;
    browser.narrow().await?;
    let outcome = check_narrow(&dashboard).await;
    browser.show().await?;
    outcome
}

async fn check_narrow(dashboard: &Dashboard<'_>) -> Result<()> {
    for (_, path, _) in VIEWS {
        dashboard.goto(path).await?;
        let (window, page, beyond): (f64, f64, Vec<String>) = dashboard
            .run(
                "const beyond = [...document.querySelectorAll('body *')].filter(
                   (element) => element.getBoundingClientRect().left + element.scrollWidth > innerWidth);
                 return [innerWidth, document.documentElement.scrollWidth,
                   beyond.map((element) => element.cloneNode().outerHTML)];",
            )
            .await?;
        ensure!(window <= 500.0, "the window is {window} px wide");
        ensure!(
            page <= window,
            "{path} is {page} px wide in a window of {window}: {beyond:#?}"
        );
    }
    // On a narrow screen, the tree is a page of its own that can be closed.
    dashboard.goto("/accounts/meridian").await?;
    ensure!(!dashboard.find("#search").await?.is_displayed().await?);
    dashboard.click(".find").await?;
    ensure!(dashboard.find("#search").await?.is_displayed().await?);
    dashboard.click("#accounts .close").await?;
    ensure!(!dashboard.find("#search").await?.is_displayed().await?);
    dashboard.is_clean().await
}

/// On a desktop screen or a phone, everything is visible without scrolling tables sideways.
/// The visible width is less than 1280 and 1024 px by the scroll bar.
pub async fn no_table_is_wider_than_its_card(stage: &Stage) -> Result<()> {
    let browser = stage.browser().await?;
    let dashboard = Dashboard::signed_in(stage).await?;
    let mut wide = Vec::new();
    for (name, path, _) in VIEWS {
        dashboard.goto(path).await?;
        for look in [Look::Light, Look::Tablet, Look::Phone] {
            browser.look(look).await?;
            let beyond: Vec<(String, f64)> = dashboard
                .run(
                    "for (const of of document.querySelectorAll('main details')) of.open = true;
                     return [...document.querySelectorAll('.scroll')]
                       .map((of) => [of.ariaLabel, of.scrollWidth - of.clientWidth])
                       .filter(([, beyond]) => beyond > 1);",
                )
                .await?;
            let look = look.name();
            wide.extend(
                beyond
                    .iter()
                    .map(|(table, px)| format!("{name} in {look}: {table} by {px} px")),
            );
        }
        browser.look(Look::Light).await?;
    }
    ensure!(wide.is_empty(), "{}", wide.join("\n"));
    Ok(())
}

/// Text with too little contrast, as the page reports it.
#[derive(Debug, Deserialize)]
struct Pale {
    #[allow(dead_code, reason = "shown where the test fails")]
    text: String,
    #[allow(dead_code, reason = "shown where the test fails")]
    contrast: f64,
}

/// Finds text whose contrast with its background is below 4.5, the minimum of WCAG level AA.
const PALE: &str = "
    const parts = (colour) => {
      const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
      return { r, g, b, a };
    };
    const over = (top, below) => ({
      r: top.r * top.a + below.r * (1 - top.a), g: top.g * top.a + below.g * (1 - top.a),
      b: top.b * top.a + below.b * (1 - top.a), a: 1 });
    const luminance = ({ r, g, b }) => [r, g, b]
      .map((value) => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
      .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
    const behind = (element) => {
      if (!element) return { r: 255, g: 255, b: 255, a: 1 };
      const own = parts(getComputedStyle(element).backgroundColor);
      return own.a === 1 ? own : over(own, behind(element.parentElement));
    };
    const pale = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const text = walk.currentNode.textContent.trim(), element = walk.currentNode.parentElement;
      if (!text || !element.checkVisibility() || element.closest('script, .hidden, .skip')) continue;
      const back = behind(element);
      const [one, other] = [luminance(over(parts(getComputedStyle(element).color), back)), luminance(back)];
      const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      if (contrast < 4.5) pale.push({ text, contrast });
    }
    return [luminance(behind(document.body)), pale];";

pub async fn text_is_readable_in_light(stage: &Stage) -> Result<()> {
    let light = Dashboard::start(stage).await?;
    check_contrast(&light, |page| page > 0.8).await
}

pub async fn text_is_readable_in_dark(stage: &Stage) -> Result<()> {
    let browser = Browser::start_dark().await?;
    let dark = Dashboard::start_in(&browser, stage).await?;
    check_contrast(&dark, |page| page < 0.1).await
}

async fn check_contrast(dashboard: &Dashboard<'_>, is_right: impl Fn(f64) -> bool) -> Result<()> {
    dashboard.enter().await?;
    for (_, path, _) in VIEWS {
        dashboard.goto(path).await?;
        let (page, pale): (f64, Vec<Pale>) = dashboard.run(PALE).await?;
        ensure!(is_right(page), "{path} has a luminance of {page}");
        ensure!(pale.is_empty(), "{path}: {pale:#?}");
    }
    dashboard.is_clean().await
}
