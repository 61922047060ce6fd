//! A visit to the example: what a person would click, in a real browser.

use std::time::Duration;

use anyhow::{Context, Result};
use fantoccini::Locator;
use serde_json::Value;

use crate::browser::Browser;
use crate::site::Site;

/// Between clicks, so that modules have a time worth showing.
const PACE: Duration = Duration::from_millis(150);

/// Nothing beyond clicks: each is a selector in the example's page.
const CLICKS: &[&str] = &[
    "[data-feature=add_widget]",
    "[data-feature=add_widget]",
    "[data-feature=share_dashboard]",
    "[data-module=reports]",
    "[data-report='Lane profitability'][data-feature=export_report]",
    "[data-report='Carrier scorecard'][data-feature=schedule_report]",
    "[value=warehouse] + span",
    "[data-report='Cycle count variance'][data-feature=export_report]",
    "[data-module=dashboard]",
    "[data-feature=refresh]",
    "[value=jonas] + span",
    "[data-feature=add_widget]",
    "[data-feature=share_dashboard]",
    "[data-module=reports]",
    "[data-report='Inbound schedule'][data-feature=export_report]",
    "[value=freight] + span",
    "[data-report='Fuel surcharge audit'][data-feature=export_report]",
    "[data-report='Fuel surcharge audit'][data-feature=schedule_report]",
    "[data-module=dashboard]",
    "[data-feature=refresh]",
];

/// Visits the example at the site's root and flushes; returns how many events
/// the page says it accepted. The page stays open.
///
/// # Errors
/// When something to click is not there.
pub async fn visit(browser: &Browser, site: &Site) -> Result<i64> {
    let page = browser.open(site, "/").await?;
    page.until("window.northwind").await?;
    for selector in CLICKS {
        // WebKit's driver leaves what it scrolls to at the edge, where something
        // else may lie over it.
        page.act(
            "document.querySelector(args)?.scrollIntoView({ block: 'center' });",
            Value::from(*selector),
        )
        .await?;
        browser
            .client()
            .find(Locator::Css(selector))
            .await
            .with_context(|| format!("the example has no {selector}"))?
            .click()
            .await
            .with_context(|| format!("click {selector}"))?;
        tokio::time::sleep(PACE).await;
    }
    page.run(
        "await northwind.flush(); return northwind.stats().accepted;",
        Value::Null,
    )
    .await
}
