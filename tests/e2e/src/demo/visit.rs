//! A visit to the example in a real browser: clicks as a person would make them.

use std::time::Duration;

use anyhow::{Context, Result};
use fantoccini::Locator;
use serde_json::Value;

use crate::browser::Browser;
use crate::site::Site;

/// The pause between clicks, so that modules have a visible time.
const PACE: Duration = Duration::from_millis(150);

/// The clicks, each as a selector in the example's page. Nothing else is done.
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

/// Visits the example at the root of the site and flushes. Returns how many events the page
/// accepted by its own counter. The page stays open.
///
/// # Errors
/// When an element to click does not exist.
pub async fn visit(browser: &Browser, site: &Site) -> Result<i64> {
    let page = browser.open(site, "/").await?;
    page.until("window.northwind").await?;
    for selector in CLICKS {
        // WebKit's driver scrolls an element to the edge, where something else may cover it.
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
