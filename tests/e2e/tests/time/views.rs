//! Page views of one load of a page.

use anyhow::{Context, Result, ensure};
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::tracked::{SLACK_MS, count, of, start, sum};

pub async fn page_views_follow_the_address(stage: &Stage) -> Result<()> {
    let tracked = start(stage, json!({})).await?;
    let page = &tracked.page;
    page.act(
        "const wait = () => new Promise((go) => setTimeout(go, 150));
         window.from = clock.seen();
         await wait();
         document.title = 'second';
         history.pushState(null, '', '/second?token=secret#part');
         await wait();
         location.hash = 'other-part';
         history.pushState(null, '', location.href);
         await wait();
         document.title = 'third';
         history.replaceState(null, '', '/third');
         await wait();
         const popped = new Promise((go) => addEventListener('popstate', go, { once: true }));
         history.go(-2);
         await popped;
         await wait();",
        Value::Null,
    )
    .await?;
    let seen = tracked.finish().await?;
    let rows = tracked
        .rows("four page views", |rows| count(rows, "pageViewEnd") == 4)
        .await?;
    let origin = tracked.site.url("");
    let path = |url: &Option<String>| -> String {
        let url = url.as_deref().unwrap_or("-");
        url.strip_prefix(&origin).unwrap_or(url).to_owned()
    };
    let mut views: Vec<_> = of(&rows, "pageView").collect();
    views.sort_by_key(|row| row.seq);
    let mut ends: Vec<_> = of(&rows, "pageViewEnd").collect();
    ends.sort_by_key(|row| row.seq);
    let order: Vec<_> = views.iter().map(|row| path(&row.url)).collect();
    // `go(-2)` leads to the entry of the first pushState, before the hash.
    ensure!(
        order == ["/one.html", "/second", "/third", "/second"],
        "{order:?}"
    );
    ensure!(
        ends.iter()
            .map(|row| path(&row.url))
            .eq(order.iter().cloned()),
        "{ends:#?}"
    );
    let titles: Vec<_> = views.iter().map(|row| row.title.as_deref()).collect();
    ensure!(
        titles[..3] == [Some("/one.html"), Some("second"), Some("third")],
        "{titles:?}"
    );
    let referrers: Vec<_> = views[1..].iter().map(|row| path(&row.referrer)).collect();
    ensure!(referrers == order[..3], "{referrers:?}");
    ensure!(
        ends.iter().all(|row| row.time_spent >= Some(140)),
        "each was seen for 150 ms: {ends:#?}"
    );
    ensure!(
        (sum(&rows, "pageViewEnd") - seen).abs() <= SLACK_MS,
        "{seen}"
    );
    page.is_untroubled().await
}

pub async fn track_page_views_false_makes_none_of_its_own(stage: &Stage) -> Result<()> {
    let tracked = start(stage, json!({ "trackPageViews": false })).await?;
    let (page, browser) = (&tracked.page, stage.browser().await?);
    page.act("history.pushState(null, '', '/second');", Value::Null)
        .await?;
    browser.hide().await?;
    browser.show().await?;
    page.act(
        "_na.trackPageView({ url: 'app://orders?open', title: 'Orders' });",
        Value::Null,
    )
    .await?;
    page.let_pass(200).await?;
    page.act("_na.trackPageView(); _na.shutdown();", Value::Null)
        .await?;
    let rows = tracked
        .rows("both page views", |rows| count(rows, "pageViewEnd") >= 2)
        .await?;
    let views: Vec<_> = of(&rows, "pageView")
        .map(|row| (row.url.as_deref(), row.title.as_deref()))
        .collect();
    let here = tracked.site.url("/second");
    ensure!(
        views
            == [
                (Some("app://orders?open"), Some("Orders")),
                (Some(here.as_str()), Some("/one.html")),
            ],
        "{views:?}"
    );
    let first = of(&rows, "pageViewEnd").next().context("no end")?;
    ensure!(
        first.url.as_deref() == Some("app://orders?open") && first.time_spent >= Some(200),
        "{first:#?}"
    );
    page.is_untroubled().await
}
