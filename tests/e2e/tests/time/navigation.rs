//! Page views for every kind of navigation.

use anyhow::{Result, ensure};
use natero_e2e::rows::EventRow;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::tracked::{Tracked, count, of, start};

/// Waits until a navigation is complete.
const SETTLE: &str = "const settle = () => new Promise((go) => setTimeout(go, 120));\n";

/// The paths and titles of all page views, in the order in which they began.
async fn views(tracked: &Tracked<'_>, count_of_views: usize) -> Result<Vec<(String, String)>> {
    tracked.finish().await?;
    let rows = tracked
        .rows("the end of all views", |rows| {
            count(rows, "pageViewEnd") >= count_of_views
        })
        .await?;
    let origin = tracked.site.url("");
    let mut views: Vec<&EventRow> = of(&rows, "pageView").collect();
    views.sort_by_key(|row| row.seq);
    Ok(views
        .into_iter()
        .map(|row| {
            let url = row.url.clone().unwrap_or_default();
            let path = url.strip_prefix(&origin).unwrap_or(&url).to_owned();
            (path, row.title.clone().unwrap_or_default())
        })
        .collect())
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |text: &str| text.to_owned();
    expected
        .iter()
        .map(|(path, title)| (owned(path), owned(title)))
        .collect()
}

/// Navigates in a custom way, and asserts the views.
async fn follows(
    stage: &Stage,
    settings: Value,
    script: &str,
    expected: &[(&str, &str)],
) -> Result<()> {
    let tracked = start(stage, settings).await?;
    let page = &tracked.page;
    page.act(&format!("{SETTLE}{script}"), Value::Null).await?;
    let views = views(&tracked, expected.len()).await?;
    ensure!(views == pairs(expected), "{script}: {views:?}");
    page.is_untroubled().await
}

const FIRST: (&str, &str) = ("/one.html", "/one.html");

pub async fn a_page_view_has_the_title_that_its_router_sets(stage: &Stage) -> Result<()> {
    let script = "
        history.pushState(null, '', '/task'); document.title = 'in the task';
        await settle();
        history.pushState(null, '', '/micro'); Promise.resolve().then(() => { document.title = 'in a microtask'; });
        await settle();
        history.pushState(null, '', '/frame'); requestAnimationFrame(() => { document.title = 'with the frame'; });
        await settle();
        history.pushState(null, '', '/quick'); document.title = 'quick';
        history.pushState(null, '', '/next'); document.title = 'next';
        await settle();";
    follows(
        stage,
        json!({}),
        script,
        &[
            FIRST,
            ("/task", "in the task"),
            ("/micro", "in a microtask"),
            ("/frame", "with the frame"),
            ("/quick", "quick"),
            ("/next", "next"),
        ],
    )
    .await
}

pub async fn an_address_that_is_replaced_at_once_is_the_same_view(stage: &Stage) -> Result<()> {
    let script = "
        history.pushState(null, '', '/guarded'); document.title = 'guarded';
        history.replaceState(null, '', '/login'); document.title = 'login';
        await settle();
        for (let at = 0; at < 10; at += 1) history.replaceState({ at }, '', `/login?at=${at}#${at}`);
        await settle();
        history.pushState({ state: 1 }, '', location.href);
        await settle();
        history.replaceState(null, '', '/later'); document.title = 'later';
        await settle();";
    follows(
        stage,
        json!({}),
        script,
        &[FIRST, ("/login", "login"), ("/later", "later")],
    )
    .await
}

pub async fn an_address_that_is_left_and_come_back_to_at_once_is_no_other_view(
    stage: &Stage,
) -> Result<()> {
    let script = "
        history.pushState(null, '', '/guarded');
        history.replaceState(null, '', '/one.html');
        await settle();
        history.pushState(null, '', '/next'); document.title = 'next';
        await settle();";
    follows(stage, json!({}), script, &[FIRST, ("/next", "next")]).await
}

pub async fn elements_that_come_later_shadow_nothing(stage: &Stage) -> Result<()> {
    let script = "
        for (const name of ['title', 'cookie', 'referrer', 'visibilityState', 'activeElement', 'addEventListener', 'location']) {
          const form = document.body.appendChild(document.createElement('form'));
          form.id = form.name = name;
          document.body.appendChild(document.createElement('img')).name = name;
        }
        history.pushState(null, '', '/next');
        document.head.querySelector('title').textContent = 'next';
        await settle();";
    follows(stage, json!({}), script, &[FIRST, ("/next", "next")]).await
}

pub async fn navigations_are_seen_however_they_are_made(stage: &Stage) -> Result<()> {
    // Through the prototype, through a wrapper of the page, through a reference that was
    // taken before, and through code that intercepts links.
    let script = "
        document.title = 'a';
        History.prototype.pushState.call(history, null, '', '/prototype');
        await settle();
        const original = history.pushState;
        history.pushState = function (...args) { return original.apply(this, args); };
        history.pushState(null, '', '/wrapped');
        await settle();
        Reflect.apply(History.prototype.replaceState, history, [null, '', '/reflected']);
        await settle();
        if (window.navigation?.navigate) {
          navigation.addEventListener('navigate', (event) => event.canIntercept && event.intercept({ async handler() {} }));
          await navigation.navigate('/api').finished;
          await settle();
          const link = document.body.appendChild(document.createElement('a'));
          link.href = '/link';
          link.click();
          await settle();
        } else {
          history.pushState(null, '', '/api');
          await settle();
          history.pushState(null, '', '/link');
          await settle();
        }
        history.back();
        await settle();";
    let a = |path| (path, "a");
    follows(
        stage,
        json!({}),
        script,
        &[
            FIRST,
            a("/prototype"),
            a("/wrapped"),
            a("/reflected"),
            a("/api"),
            a("/link"),
            a("/api"),
        ],
    )
    .await
}

pub async fn a_frozen_history_is_left_alone_and_its_navigations_are_seen(
    stage: &Stage,
) -> Result<()> {
    let tracked = start(stage, json!({})).await?;
    let page = &tracked.page;
    tracked.site.put_html(
        "/frozen.html",
        "<!doctype html><title>frozen</title><script src=/watch.js></script><script src=/clock.js></script>
         <script>Object.freeze(history); Object.freeze(History.prototype);</script>
         <script type=module>
           import { na } from '/pkg/inline.js';
           window.na = na;
         </script>",
    );
    let page = {
        stage
            .browser()
            .await?
            .client()
            .goto(&tracked.site.url("/frozen.html"))
            .await?;
        page.until("window.na").await?;
        page
    };
    page.track(
        tracked.collector.url(),
        tracked.collector.source(),
        json!({ "trackPageViews": true }),
    )
    .await?;
    page.act(
        "if (!await _na.ready) throw new Error('off');
         history.pushState(null, '', '/pushed'); document.title = 'pushed';",
        Value::Null,
    )
    .await?;
    // If the browser has no event for it, the navigation is noticed at the user's next
    // action.
    page.move_mouse().await?;
    page.let_pass(150).await?;
    page.act("_na.shutdown();", Value::Null).await?;
    let rows = tracked
        .rows("the view", |rows| {
            of(rows, "pageView").any(|row| row.title.as_deref() == Some("pushed"))
        })
        .await?;
    ensure!(
        of(&rows, "pageView").any(|row| row.url == Some(tracked.site.url("/pushed"))),
        "{rows:#?}"
    );
    page.is_untroubled().await
}

pub async fn the_path_in_the_fragment_counts_where_it_is_asked_for(stage: &Stage) -> Result<()> {
    let script = "
        document.title = 'a';
        location.hash = '/orders';
        await settle();
        location.hash = '/orders?page=2';
        await settle();
        location.hash = 'an-anchor';
        await settle();
        history.pushState(null, '', '#!/orders/7');
        await settle();
        document.body.appendChild(Object.assign(document.createElement('a'), { href: '#/customers' })).click();
        await settle();";
    let a = |path| (path, "a");
    follows(
        stage,
        json!({ "trackPageViews": "hash" }),
        script,
        &[
            FIRST,
            a("/one.html#/orders"),
            a("/one.html"),
            a("/one.html#!/orders/7"),
            a("/one.html#/customers"),
        ],
    )
    .await
}

pub async fn a_page_that_goes_at_once_tells_where_it_was_led(stage: &Stage) -> Result<()> {
    let tracked = start(stage, json!({})).await?;
    let page = &tracked.page;
    page.act(
        "history.pushState(null, '', '/last'); document.title = 'last'; location.assign('/two.html');",
        Value::Null,
    )
    .await?;
    page.until("window.tracking && location.pathname === '/two.html'")
        .await?;
    let rows = tracked
        .rows("three views", |rows| count(rows, "pageView") == 3)
        .await?;
    let last = of(&rows, "pageView").find(|row| row.title.as_deref() == Some("last"));
    ensure!(last.is_some(), "{rows:#?}");
    ensure!(count(&rows, "pageViewEnd") == 2, "{rows:#?}");
    page.is_untroubled().await
}

pub async fn addresses_are_cut_and_documents_in_addresses_are_only_named(
    stage: &Stage,
) -> Result<()> {
    let tracked = start(stage, json!({})).await?;
    let page = &tracked.page;
    let long = "x".repeat(50_000);
    page.act(
        "_na.trackPageView({ url: `data:text/html,${args}`, title: args });
         _na.trackPageView({ url: 'blob:https://page.test/1234' });
         _na.trackPageView({ url: `https://page.test/${args}` });
         history.pushState(null, '', `/${args.slice(0, 9000)}`);
         await new Promise((go) => setTimeout(go, 120));",
        json!(long),
    )
    .await?;
    tracked.finish().await?;
    let rows = tracked
        .rows("all views", |rows| count(rows, "pageViewEnd") == 5)
        .await?;
    let mut views: Vec<_> = of(&rows, "pageView").skip(1).collect();
    views.sort_by_key(|row| row.seq);
    let urls: Vec<_> = views
        .iter()
        .map(|row| row.url.as_deref().unwrap_or("-"))
        .collect();
    ensure!(urls[0] == "data:" && urls[1] == "blob:", "{urls:?}");
    ensure!(urls[2].len() == 4096 && urls[3].len() == 4096, "{urls:?}");
    ensure!(
        views[0]
            .title
            .as_ref()
            .is_some_and(|title| title.len() == 4096)
    );
    page.is_untroubled().await
}
