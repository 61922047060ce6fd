//! A phone, a low window and paper: what has no room must not hide what matters.

use anyhow::{Result, ensure};
use natero_e2e::browser::Look;
use natero_e2e::dashboard::Dashboard;
use natero_e2e::stage::Stage;
use serde_json::json;

/// Whether an element is within the box of another one, to a pixel.
const IS_WITHIN: &str = "
    const isWithin = (item, box) => {
      const [a, b] = [item.getBoundingClientRect(), box.getBoundingClientRect()];
      return a.left >= b.left - 1 && a.right <= b.right + 1 && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
    };";

pub async fn filters_are_closed_on_a_phone_until_the_address_opens_them_or_one_is_set(
    stage: &Stage,
) -> Result<()> {
    let browser = stage.browser().await?;
    let dashboard = Dashboard::signed_in(stage).await?;
    let are_open = "return document.querySelector('.filters').checkVisibility();";
    for list in ["/", "/accounts/meridian/below"] {
        browser.look(Look::Light).await?;
        dashboard.goto(list).await?;
        let on_a_desktop = dashboard.run::<bool>(are_open).await?;
        browser.look(Look::Phone).await?;
        let closed = !dashboard.run::<bool>(are_open).await?;
        dashboard.click(".unfold a").await?;
        let opened = dashboard.run::<bool>(are_open).await?;
        dashboard
            .goto(&format!("{list}?f.product=%3Dfreight"))
            .await?;
        let with_one_set = dashboard.run::<bool>(are_open).await?;
        browser.look(Look::Light).await?;
        ensure!(
            on_a_desktop && closed && opened && with_one_set,
            "{list}: {on_a_desktop} {closed} {opened} {with_one_set}"
        );
    }
    dashboard.is_clean().await
}

pub async fn nothing_lies_under_a_csv_link(stage: &Stage) -> Result<()> {
    let browser = stage.browser().await?;
    let dashboard = Dashboard::signed_in(stage).await?;
    browser.look(Look::Phone).await?;
    let mut under = Vec::new();
    for path in [
        "/events",
        "/accounts/meridian",
        "/accounts/meridian/users",
        "/quality",
        "/alerts",
    ] {
        dashboard.goto(path).await?;
        let found: Vec<String> = dashboard
            .run(
                "const boxes = (node) => {
                   const range = document.createRange();
                   range.selectNodeContents(node);
                   return [...range.getClientRects()];
                 };
                 const words = [...document.querySelectorAll('main h2, main .hint, main .button')]
                   .filter((of) => of.checkVisibility());
                 const found = [];
                 for (const link of document.querySelectorAll('main a.csv')) {
                   if (!link.checkVisibility()) continue;
                   const [a] = boxes(link);
                   for (const of of words)
                     if (boxes(of).some((b) => a.left < b.right && b.left < a.right && a.top < b.bottom - 2 && b.top + 2 < a.bottom))
                       found.push(of.textContent.trim());
                 }
                 return found;",
            )
            .await?;
        under.extend(found.iter().map(|words| format!("{path}: {words}")));
    }
    browser.look(Look::Light).await?;
    ensure!(under.is_empty(), "{}", under.join("\n"));
    Ok(())
}

pub async fn the_open_page_is_in_view_in_every_navigation(stage: &Stage) -> Result<()> {
    let browser = stage.browser().await?;
    let dashboard = Dashboard::signed_in(stage).await?;
    browser.look(Look::Narrow).await?;
    let mut hidden = Vec::new();
    for path in ["/accounts/meridian/events", "/loss"] {
        dashboard.goto(path).await?;
        let found: Vec<String> = dashboard
            .run(&format!(
                "{IS_WITHIN} return [...document.querySelectorAll('.top nav, .tabs')]
                   .filter((box) => !isWithin(box.querySelector('[aria-current]'), box))
                   .map((box) => box.ariaLabel);"
            ))
            .await?;
        hidden.extend(found.iter().map(|box_| format!("{path}: {box_}")));
    }
    browser.look(Look::Light).await?;
    // In a low window, the tree is longer than its box.
    let low = json!({"width": 1280, "height": 300, "deviceScaleFactor": 1, "mobile": false});
    browser
        .devtools("Emulation.setDeviceMetricsOverride", &low)
        .await?;
    dashboard.goto("/accounts/meridian-iberia-porto").await?;
    let (is_in_view, scrolled): (bool, f64) = dashboard
        .run(&format!(
            "{IS_WITHIN} const box = document.getElementById('accounts');
             return [isWithin(box.querySelector('[aria-current]'), box), scrollY];"
        ))
        .await?;
    browser.look(Look::Light).await?;
    ensure!(hidden.is_empty(), "{}", hidden.join("\n"));
    ensure!(is_in_view, "the account is out of view in the tree");
    ensure!(scrolled == 0.0, "the page itself is scrolled by {scrolled}");
    dashboard.is_clean().await
}

pub async fn a_printed_table_stays_within_its_card_and_begins_beside_its_heading(
    stage: &Stage,
) -> Result<()> {
    let browser = stage.browser().await?;
    let dashboard = Dashboard::signed_in(stage).await?;
    browser.look(Look::Print).await?;
    // A sheet of A4 without its margins.
    let sheet = json!({"width": 718, "height": 1047, "deviceScaleFactor": 1, "mobile": false});
    browser
        .devtools("Emulation.setDeviceMetricsOverride", &sheet)
        .await?;
    let mut wrong = Vec::new();
    for path in [
        "/",
        "/accounts/meridian/users",
        "/accounts/meridian",
        "/quality",
    ] {
        dashboard.goto(path).await?;
        let found: Vec<String> = dashboard
            .run(
                "const found = [];
                 const cards = [...document.querySelectorAll('main .card')].filter((of) => of.checkVisibility());
                 for (const card of cards) {
                   const style = (of) => getComputedStyle(of);
                   const table = card.querySelector('.scroll table');
                   if (!table || !table.checkVisibility()) continue;
                   const name = card.querySelector('h2').textContent;
                   if (table.getBoundingClientRect().right > card.getBoundingClientRect().right)
                     found.push(`${name} is wider than its card`);
                   if (!card.querySelector('.drawing') && style(card).breakInside !== 'auto')
                     found.push(`${name} begins on another page`);
                   if (style(table.tHead).display !== 'table-header-group')
                     found.push(`${name} has its heading once`);
                   if ([...table.tBodies[0].rows].some((row) => style(row).breakInside !== 'avoid'))
                     found.push(`${name} has rows on two pages`);
                 }
                 for (const key of document.querySelectorAll('.key-now, .bar'))
                   if (getComputedStyle(key).printColorAdjust !== 'exact') found.push('a colour is lost');
                 return found;",
            )
            .await?;
        wrong.extend(found.iter().map(|what| format!("{path}: {what}")));
    }
    browser.look(Look::Light).await?;
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

pub async fn a_long_name_that_somebody_chose_is_broken_and_not_cut_off(
    stage: &Stage,
) -> Result<()> {
    let browser = stage.browser().await?;
    let dashboard = Dashboard::signed_in(stage).await?;
    browser.look(Look::Phone).await?;
    dashboard.goto("/alerts").await?;
    // The name of a rule in a notice, of a saved view, and of a field of an account.
    let wide: Vec<String> = dashboard
        .run(
            "const long = 'x'.repeat(80), wide = [];
             for (const html of [
               `<section class=notice><h2>${long}</h2><ul><li><a href='/'>${long}</a>: words</ul></section>`,
               `<div class=views><nav class=chips><a class=chip href='/'>${long}</a></nav></div>`,
               `<p class=facts><span>${long}: value</span></p>`,
               `<ul class=chips><li><a class=chip href='/'>${long}: ${long}</a></ul>`,
             ]) {
               const of = document.createElement('div');
               of.innerHTML = html;
               document.querySelector('main').prepend(of);
               if (document.documentElement.scrollWidth > document.documentElement.clientWidth) wide.push(of.firstChild.className);
               of.remove();
             }
             return wide;",
        )
        .await?;
    browser.look(Look::Light).await?;
    ensure!(wide.is_empty(), "{wide:?}");
    dashboard.is_clean().await
}

pub async fn a_printed_page_has_no_forms_and_no_text_larger_than_its_table(
    stage: &Stage,
) -> Result<()> {
    let browser = stage.browser().await?;
    let dashboard = Dashboard::signed_in(stage).await?;
    browser.look(Look::Print).await?;
    let mut wrong = Vec::new();
    for path in ["/?product=freight", "/alerts", "/accounts/meridian/records"] {
        dashboard.goto(path).await?;
        let found: Vec<String> = dashboard
            .run(
                "const shown = (selector) => [...document.querySelectorAll(selector)].filter((of) => of.checkVisibility());
                 const size = (of) => parseFloat(getComputedStyle(of).fontSize);
                 const most = Math.max(...shown('main td .v').map(size));
                 return [
                   ...shown('main :is(form:not(:has(table)), input, select, textarea)').map((of) => of.outerHTML),
                   ...shown('main :is(small, .badge)').filter((of) => size(of) > most).map((of) => `${size(of)} px: ${of.textContent}`),
                 ];",
            )
            .await?;
        wrong.extend(found.iter().map(|what| format!("{path}: {what}")));
    }
    browser.look(Look::Light).await?;
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

pub async fn figures_fill_their_box_at_every_width(stage: &Stage) -> Result<()> {
    let browser = stage.browser().await?;
    let dashboard = Dashboard::signed_in(stage).await?;
    let mut wrong = Vec::new();
    for (media, width) in [("print", 718), ("", 390), ("", 768), ("", 1120), ("", 1440)] {
        let window =
            json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false});
        browser
            .devtools("Emulation.setEmulatedMedia", &json!({ "media": media }))
            .await?;
        browser
            .devtools("Emulation.setDeviceMetricsOverride", &window)
            .await?;
        for path in [
            "/",
            "/accounts/meridian",
            "/accounts/meridian/records",
            "/loss",
        ] {
            dashboard.goto(path).await?;
            let has_room: bool = dashboard
                .run(
                    "const box = document.querySelector('.totals'), items = [...box.children];
                     const { right } = box.getBoundingClientRect();
                     const edges = items.map((of) => of.getBoundingClientRect());
                     // The last of each line ends where the box does.
                     return edges.some((of, at) => (!edges[at + 1] || edges[at + 1].top > of.top) && right - of.right > 3);",
                )
                .await?;
            if has_room {
                wrong.push(format!("{path} at {width} px {media}"));
            }
        }
    }
    browser.look(Look::Light).await?;
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
