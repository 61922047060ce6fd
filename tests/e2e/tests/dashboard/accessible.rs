//! The findings of axe-core, on every view and in every look.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use natero_e2e::browser::Look;
use natero_e2e::dashboard::Dashboard;
use natero_e2e::stage::Stage;
use natero_e2e::views::VIEWS;
use serde_json::Value;

/// The source of axe-core.
fn axe() -> Result<String> {
    let file = match env::var_os("NATERO_AXE") {
        Some(file) => PathBuf::from(file),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("node_modules/axe-core/axe.min.js"),
    };
    std::fs::read_to_string(&file).with_context(|| {
        format!(
            "no axe-core at {}: run `cargo xtask test --only e2e`, or `npm ci` in tests/e2e",
            file.display()
        )
    })
}

/// Violations in the open page, each with the elements concerned.
async fn violations(dashboard: &Dashboard<'_>, axe: &str) -> Result<Vec<String>> {
    let _: Value = dashboard
        .run(&format!("{axe}; window.axe = axe; return null;"))
        .await?;
    let script = "
        const done = arguments[arguments.length - 1];
        // Everything that is collapsed is checked, too.
        for (const of of document.querySelectorAll('main details')) of.open = true;
        axe.run(document, { resultTypes: ['violations'] }).then(
          ({ violations }) => done(violations.map(({ id, help, nodes }) =>
            `${id} (${help}): ` + nodes.map(({ target, html }) => `${target} ${html.slice(0, 200)}`).join(' | '))),
          (error) => done([String(error)]));";
    dashboard.run_async(script).await
}

async fn check(stage: &Stage, look: Look) -> Result<()> {
    let axe = axe()?;
    let browser = stage.browser().await?;
    let dashboard = Dashboard::signed_in(stage).await?;
    browser.look(look).await?;
    let mut found = Vec::new();
    for (name, path, wanted) in VIEWS {
        dashboard.goto(path).await?;
        let page = dashboard.text("body").await?;
        if !page.contains(wanted) {
            found.push(format!("{path} shows no {wanted}: {page}"));
        }
        for violation in violations(&dashboard, &axe).await? {
            found.push(format!("{name} in {}: {violation}", look.name()));
        }
    }
    browser.look(Look::Light).await?;
    ensure!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

pub async fn axe_finds_nothing_in_light(stage: &Stage) -> Result<()> {
    check(stage, Look::Light).await
}

pub async fn axe_finds_nothing_in_dark(stage: &Stage) -> Result<()> {
    check(stage, Look::Dark).await
}

pub async fn axe_finds_nothing_on_a_phone(stage: &Stage) -> Result<()> {
    check(stage, Look::Phone).await
}

pub async fn axe_finds_nothing_on_the_narrowest_screen(stage: &Stage) -> Result<()> {
    check(stage, Look::Narrow).await
}

pub async fn axe_finds_nothing_under_forced_colours(stage: &Stage) -> Result<()> {
    check(stage, Look::ForcedColours).await
}

/// Checks that a selection is visible where the page's own colours are not shown.
pub async fn a_selection_is_seen_under_forced_colours(stage: &Stage) -> Result<()> {
    let browser = stage.browser().await?;
    let dashboard = Dashboard::signed_in(stage).await?;
    dashboard.goto("/accounts/meridian").await?;
    browser.look(Look::ForcedColours).await?;
    let same: Vec<String> = dashboard
        .run(
            "const look = (of) => { const it = getComputedStyle(of);
               return [it.backgroundColor, it.outlineStyle, it.borderBottomColor].join(); };
             return [...document.querySelectorAll('nav.segments, nav.tabs, .top nav')].filter((nav) => {
               const on = nav.querySelector('[aria-current]'), off = nav.querySelector('a:not([aria-current])');
               return on && off && look(on) === look(off);
             }).map((nav) => nav.ariaLabel);",
        )
        .await?;
    browser.look(Look::Light).await?;
    ensure!(same.is_empty(), "nothing tells what is chosen in {same:?}");
    Ok(())
}

/// The minimum target size of WCAG 2.2, in px.
const SMALLEST: f64 = 24.0;

pub async fn targets_are_large_enough_and_nothing_is_cut_off(stage: &Stage) -> Result<()> {
    let browser = stage.browser().await?;
    let dashboard = Dashboard::signed_in(stage).await?;
    for (name, path, _) in VIEWS {
        dashboard.goto(path).await?;
        for look in [Look::Light, Look::Phone, Look::Narrow] {
            browser.look(look).await?;
            let small: Vec<String> = dashboard
                .run(&format!(
                    "return [...document.querySelectorAll('a, button, input, select, summary')]
                       .filter((of) => of.checkVisibility() && !of.closest('.skip, .hidden, p, li.inline'))
                       .map((of) => [of.getBoundingClientRect(), of])
                       .filter(([box]) => box.height > 0 && box.height < {SMALLEST})
                       .map(([box, of]) => `${{of.outerHTML.slice(0, 120)}} is ${{box.height}} px high`);"
                ))
                .await?;
            ensure!(small.is_empty(), "{name} in {}: {small:#?}", look.name());
            let (window, page): (f64, f64) = dashboard
                .run("const { clientWidth, scrollWidth } = document.documentElement; return [clientWidth, scrollWidth];")
                .await?;
            ensure!(
                page <= window,
                "{name} in {} is {page} px wide in {window}",
                look.name()
            );
            let cut: Vec<String> = dashboard
                .run(
                    "return [...document.querySelectorAll('.totals dd, .totals dt, main td, main th')]
                       .filter((of) => of.checkVisibility() && !of.closest('.scroll') && of.scrollWidth > of.clientWidth + 1)
                       .map((of) => of.textContent);",
                )
                .await?;
            ensure!(cut.is_empty(), "{name} in {}: {cut:?}", look.name());
        }
        browser.look(Look::Light).await?;
    }
    Ok(())
}

pub async fn every_view_has_a_title_of_its_own_and_headings_in_order(stage: &Stage) -> Result<()> {
    let dashboard = Dashboard::signed_in(stage).await?;
    let mut titles = Vec::new();
    for path in [
        "/accounts/meridian",
        "/accounts/meridian/below",
        "/accounts/meridian/users",
        "/accounts/meridian/adoption",
        "/accounts/meridian/records",
        "/accounts/meridian/events",
    ] {
        dashboard.goto(path).await?;
        titles.push(dashboard.run::<String>("return document.title;").await?);
    }
    let mut distinct = titles.clone();
    distinct.sort();
    distinct.dedup();
    ensure!(distinct.len() == titles.len(), "{titles:?}");
    for (name, path, _) in VIEWS {
        dashboard.goto(path).await?;
        let levels: Vec<u8> = dashboard
            .run("return [...document.querySelectorAll('h1, h2, h3, h4')].filter((of) => of.checkVisibility()).map((of) => Number(of.tagName[1]));")
            .await?;
        ensure!(levels.first() == Some(&1), "{name}: {levels:?}");
        ensure!(
            levels.windows(2).all(|pair| pair[1] <= pair[0] + 1),
            "{name} leaves a level out: {levels:?}"
        );
    }
    Ok(())
}

pub async fn a_printed_page_says_of_which_period_it_is(stage: &Stage) -> Result<()> {
    let browser = stage.browser().await?;
    let dashboard = Dashboard::signed_in(stage).await?;
    dashboard
        .goto("/accounts/meridian?from=2024-05-01&to=2024-05-09&rollup=false")
        .await?;
    browser.look(Look::Print).await?;
    let printed = dashboard.text(".printed").await?;
    let is_shown = dashboard.find(".printed").await?.is_displayed().await?;
    browser.look(Look::Light).await?;
    ensure!(
        is_shown && printed == "1 May 2024 – 9 May 2024, this account alone",
        "{printed}"
    );
    Ok(())
}
