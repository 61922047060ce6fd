//! What counts as activity and what does not.

use anyhow::{Result, ensure};
use fantoccini::actions::{
    InputSource, KeyAction, KeyActions, MouseActions, PointerAction, WheelAction, WheelActions,
};
use fantoccini::{Client, Locator};
use natero_e2e::page::Page;
use natero_e2e::stage::Stage;
use natero_e2e::wait::until_true;
use serde_json::{Value, json};

use crate::tracked::{SLACK_MS, Tracked, count, start, sum};

/// A page with a tracker whose timeouts are so short that any activity after a pause begins a
/// session.
async fn sensitive(stage: &Stage) -> Result<Tracked<'_>> {
    start(stage, json!({ "sessionTimeout": 100, "idleTimeout": 60 })).await
}

async fn session(page: &Page<'_>) -> Result<String> {
    page.run("return _na.getSessionId();", Value::Null).await
}

/// Whether an action counts as activity: after a pause, activity begins a session.
async fn is_activity(page: &Page<'_>, action: impl AsyncFnOnce() -> Result<()>) -> Result<bool> {
    page.let_pass(200).await?;
    let before = session(page).await?;
    action().await?;
    Ok(session(page).await? != before)
}

/// Waits until an input counts as activity. A driver may return before the page has received
/// the input.
async fn becomes_activity(
    page: &Page<'_>,
    what: &str,
    input: impl AsyncFnOnce() -> Result<()>,
) -> Result<()> {
    page.let_pass(200).await?;
    let before = session(page).await?;
    input().await?;
    until_true(&format!("{what} to be activity"), async || {
        Ok(session(page).await? != before)
    })
    .await
}

pub async fn what_a_person_does_is_activity(stage: &Stage) -> Result<()> {
    let tracked = sensitive(stage).await?;
    let (page, client) = (&tracked.page, stage.browser().await?.client());
    // Handlers of the page that get the events first make no difference.
    page.act(
        "for (const type of ['pointermove', 'mousemove', 'pointerdown', 'mousedown', 'click', 'keydown', 'wheel'])
           document.addEventListener(type, (event) => event.stopImmediatePropagation(), true);",
        Value::Null,
    )
    .await?;
    becomes_activity(page, "a move", async || page.move_mouse().await).await?;
    becomes_activity(page, "a click", async || {
        Ok(client.find(Locator::Css("h1")).await?.click().await?)
    })
    .await?;
    becomes_activity(page, "a key", async || press(client, "a").await).await?;
    becomes_activity(page, "a wheel", async || {
        let wheel = WheelActions::new("wheel".to_owned()).then(WheelAction::Scroll {
            duration: None,
            x: 40,
            y: 40,
            delta_x: 0,
            delta_y: 100,
        });
        Ok(client.perform_actions(wheel).await?)
    })
    .await?;
    page.is_untroubled().await
}

async fn press(client: &Client, key: &str) -> Result<()> {
    let value = key.chars().next().unwrap_or('a');
    let keys = KeyActions::new("keys".to_owned())
        .then(KeyAction::Down { value })
        .then(KeyAction::Up { value });
    Ok(client.perform_actions(keys).await?)
}

pub async fn what_a_script_dispatches_changes_nothing(stage: &Stage) -> Result<()> {
    let tracked = sensitive(stage).await?;
    let page = &tracked.page;
    for kind in [
        "PointerEvent('pointermove')",
        "PointerEvent('pointerdown')",
        "MouseEvent('mousemove')",
        "MouseEvent('mousedown')",
        "MouseEvent('click')",
        "KeyboardEvent('keydown')",
        "Event('touchstart')",
        "WheelEvent('wheel')",
        "Event('scroll')",
        "FocusEvent('focus')",
        "Event('input')",
    ] {
        let is_activity = is_activity(page, async || {
            let script = format!(
                "for (const target of [window, document, document.body])
                   target.dispatchEvent(new {});",
                kind.replace(')', ", { bubbles: true })")
            );
            page.act(&script, Value::Null).await
        })
        .await?;
        ensure!(!is_activity, "{kind}");
    }
    let clicked = is_activity(page, async || {
        page.act(
            "document.querySelector('h1').click(); window.focus();",
            Value::Null,
        )
        .await
    });
    ensure!(!clicked.await?, "a carousel that clicks");
    page.is_untroubled().await
}

pub async fn a_page_that_moves_by_itself_becomes_idle(stage: &Stage) -> Result<()> {
    let tracked = start(stage, json!({ "idleTimeout": 500 })).await?;
    let page = &tracked.page;
    page.move_mouse().await?;
    page.act(
        "const end = clock.seen() + 2000;
         while (clock.seen() < end) {
           scrollBy(0, 10);
           document.querySelector('h1').click();
           dispatchEvent(new MouseEvent('mousemove', { bubbles: true }));
           await new Promise((go) => setTimeout(go, 20));
         }",
        Value::Null,
    )
    .await?;
    let rows = tracked
        .rows("the end of activity", |rows| count(rows, "sessionIdle") > 0)
        .await?;
    ensure!(count(&rows, "sessionIdle") == 1, "{rows:#?}");
    page.is_untroubled().await
}

/// Longer than a busy machine takes to start drawing, and shorter than a line of 40 steps
/// takes.
const IDLE_WITHIN_A_LINE_MS: u32 = 1_500;

/// Draws a line of this many steps of 50 ms, in the frame in front.
async fn draw(client: &Client, steps: u32) -> Result<()> {
    let place = |step: u32| PointerAction::MoveTo {
        duration: Some(std::time::Duration::from_millis(50)),
        x: f64::from(30 + 3 * (step % 40)),
        y: 40.0,
    };
    let mut mouse = MouseActions::new("mouse".to_owned())
        .then(place(0))
        .then(PointerAction::Down { button: 0 });
    for step in 1..steps {
        mouse = mouse.then(place(step));
    }
    let mouse = mouse.then(PointerAction::Up { button: 0 });
    Ok(client.perform_actions(mouse).await?)
}

pub async fn drawing_with_a_pointer_alone_is_activity(stage: &Stage) -> Result<()> {
    let tracked = start(stage, json!({ "idleTimeout": IDLE_WITHIN_A_LINE_MS })).await?;
    let page = &tracked.page;
    page.act(
        "addEventListener('pointerdown', (event) => event.preventDefault(), { capture: true, passive: false });",
        Value::Null,
    )
    .await?;
    draw(stage.browser().await?.client(), 40).await?;
    let seen = tracked.finish().await?;
    let rows = tracked
        .rows("the end", |rows| count(rows, "pageViewEnd") == 1)
        .await?;
    ensure!(count(&rows, "sessionIdle") == 0, "{rows:#?}");
    let told = sum(&rows, "pageViewEnd");
    ensure!((told - seen).abs() <= SLACK_MS, "{told} of {seen}");
    Ok(())
}

pub async fn work_in_a_frame_of_the_own_origin_counts(stage: &Stage) -> Result<()> {
    for content in [
        // A frame with its own document, one that is written by script, and a frame within
        // another.
        "frame.src = '/blank.html';",
        "frame.contentDocument.open(); frame.contentDocument.write('<p>an editor'); frame.contentDocument.close();",
        "frame.srcdoc = `<iframe src='/blank.html' style='position: fixed; inset: 0; width: 100%; height: 100%'>`;",
    ] {
        let tracked = start(stage, json!({ "idleTimeout": IDLE_WITHIN_A_LINE_MS })).await?;
        let (page, client) = (&tracked.page, stage.browser().await?.client());
        let script = format!(
            "const frame = document.createElement('iframe');
             frame.style = 'position: fixed; inset: 0; width: 100%; height: 100%; background: white';
             const loaded = new Promise((go) => frame.addEventListener('load', go));
             document.body.append(frame);
             {content}
             await loaded;
             await new Promise((go) => setTimeout(go, 100));"
        );
        page.act(&script, Value::Null).await?;
        draw(client, 40).await?;
        for _ in 0..5 {
            press(client, "a").await?;
            page.let_pass(100).await?;
        }
        let seen = tracked.finish().await?;
        let rows = tracked
            .rows("the end", |rows| count(rows, "pageViewEnd") == 1)
            .await?;
        ensure!(count(&rows, "sessionIdle") == 0, "{content}: {rows:#?}");
        let told = sum(&rows, "pageViewEnd");
        ensure!(
            (told - seen).abs() <= SLACK_MS,
            "{content}: {told} of {seen}"
        );
        page.is_untroubled().await?;
    }
    Ok(())
}

/// A page of another origin in a frame, which is available as `frame` and which `place`
/// positions.
const FRAME: &str = "
    const frame = window.frame = document.createElement('iframe');
    const loaded = new Promise((go) => frame.addEventListener('load', go));
    frame.src = args[0];
    new Function('frame', args[1])(frame);
    await loaded;";

pub async fn a_frame_of_another_origin_counts_while_it_has_the_focus(stage: &Stage) -> Result<()> {
    counts_while_it_has_the_focus(stage, "document.body.append(frame);").await
}

pub async fn a_frame_within_components_counts_while_it_has_the_focus(stage: &Stage) -> Result<()> {
    counts_while_it_has_the_focus(
        stage,
        "let place = document.body;
         for (let depth = 0; depth < 3; depth += 1)
           place = place.appendChild(document.createElement('div')).attachShadow({ mode: 'open' });
         place.append(frame);",
    )
    .await
}

async fn counts_while_it_has_the_focus(stage: &Stage, place: &str) -> Result<()> {
    let tracked = start(stage, json!({ "idleTimeout": 1_000 })).await?;
    let other = stage.site().await?;
    let page = &tracked.page;
    page.act(FRAME, json!([other.url("/blank.html"), place]))
        .await?;
    page.move_mouse().await?;
    page.act("frame.focus(); clock.focused = clock.seen();", Value::Null)
        .await?;
    // Nobody is there, but while the focus is in the frame, a user is assumed for 5 times
    // the idle timeout.
    let rows = tracked
        .rows("the end of activity", |rows| count(rows, "sessionIdle") > 0)
        .await?;
    let focused: f64 = page.run("return clock.focused;", Value::Null).await?;
    let told = sum(&rows, "sessionSync");
    let expected = focused as i64 + 5_000;
    // The last move was shortly before that.
    ensure!(
        told <= expected + SLACK_MS && told > expected - 1_000,
        "{told} of {expected}: {rows:#?}"
    );
    page.is_untroubled().await
}

pub async fn a_frame_that_had_the_focus_before_there_was_a_tracker_counts(
    stage: &Stage,
) -> Result<()> {
    let tracked = start(stage, json!({})).await?;
    let other = stage.site().await?;
    let page = &tracked.page;
    page.act("_na.shutdown();", Value::Null).await?;
    page.act(
        FRAME,
        json!([other.url("/blank.html"), "document.body.append(frame);"]),
    )
    .await?;
    page.act("frame.focus();", Value::Null).await?;
    page.track(
        tracked.collector.url(),
        tracked.collector.source(),
        json!({ "idleTimeout": 500, "flushInterval": 50 }),
    )
    .await?;
    let rows = tracked
        .rows("the end of activity", |rows| count(rows, "sessionIdle") > 0)
        .await?;
    // A user is assumed to be there for 5 times the idle timeout, not just once.
    let told = sum(&rows, "sessionSync");
    ensure!(told > 2_000, "{told}: {rows:#?}");
    page.is_untroubled().await
}

pub async fn document_open_erases_no_listener_for_long(stage: &Stage) -> Result<()> {
    let tracked = start(stage, json!({ "idleTimeout": 1_200 })).await?;
    let (page, browser) = (&tracked.page, stage.browser().await?);
    page.act(
        "window.kept = { _na, clock, trouble };
         document.open(); document.write('<title>written</title><h1>written'); document.close();",
        Value::Null,
    )
    .await?;
    page.until("window._na").await?;
    // The page's own clock has lost its listeners, too.
    let from: f64 = page.run("return performance.now();", Value::Null).await?;
    for _ in 0..10 {
        page.move_mouse().await?;
        page.let_pass(150).await?;
    }
    let to: f64 = page.run("return performance.now();", Value::Null).await?;
    browser.hide().await?;
    let rows = tracked
        .rows("the end", |rows| count(rows, "pageViewEnd") == 1)
        .await?;
    browser.show().await?;
    ensure!(count(&rows, "sessionIdle") == 0, "{rows:#?}");
    let told = sum(&rows, "pageViewEnd");
    ensure!(told >= (to - from) as i64, "{told} of {}", to - from);
    Ok(())
}

pub async fn a_scripted_pagehide_stops_no_time(stage: &Stage) -> Result<()> {
    let tracked = start(stage, json!({})).await?;
    let page = &tracked.page;
    page.act(
        "dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
         dispatchEvent(new Event('pagehide'));
         document.dispatchEvent(new Event('visibilitychange'));",
        Value::Null,
    )
    .await?;
    page.let_pass(500).await?;
    let seen = tracked.finish().await?;
    let rows = tracked
        .rows("the end", |rows| count(rows, "pageViewEnd") >= 1)
        .await?;
    ensure!(count(&rows, "pageViewEnd") == 1, "{rows:#?}");
    let told = sum(&rows, "pageViewEnd");
    ensure!((told - seen).abs() <= SLACK_MS, "{told} of {seen}");
    page.is_untroubled().await
}
