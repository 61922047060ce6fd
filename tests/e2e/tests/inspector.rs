//! The inspector shows what a tracker does, and changes nothing about it.

use anyhow::{Context, Result, ensure};
use natero_e2e::{
    collector::Source,
    fault::{Answer, FaultServer},
    inspected::{HELPERS, Shown, shown, tracked},
    stage::Stage,
};
use serde_json::{Value, json};

natero_e2e::suite!(
    an_event_is_shown_from_its_making_to_its_confirmation,
    what_is_held_refused_or_dropped_says_why,
    identity_module_time_and_counters_are_shown,
    a_collector_that_asks_to_wait_and_one_out_of_reach_are_told,
    an_event_from_before_it_was_opened_is_shown,
    the_address_of_a_page_opens_it_whatever_is_imported,
    no_page_loads_it_that_does_not_ask,
    each_tracker_of_a_page_is_shown_by_itself,
    closed_it_leaves_the_tracker_as_it_was,
    where_its_file_is_missing_that_is_said_and_it_can_be_handed_over,
);

async fn an_event_is_shown_from_its_making_to_its_confirmation(stage: &Stage) -> Result<()> {
    let Shown {
        server,
        page,
        site: _site,
    } = shown(stage, json!({})).await?;
    page.until("said() === 'Nothing waits. No event was sent so far.'")
        .await?;
    let (hold, answer) = Answer::Accept.held();
    server.script([answer]);
    page.act("_na.sendFeatureEvent('export', 3);", Value::Null)
        .await?;
    page.until("row('export').stage === 'queued'").await?;
    page.until("/^1 event: the next batch goes in \\d+ min/.test(said())")
        .await?;
    page.act("window.flushed = _na.flush();", Value::Null)
        .await?;
    page.until("row('export').stage === 'sent' && row('export').note === 'in request 1'")
        .await?;
    page.until("said().startsWith('A request is under way with 1 event')")
        .await?;
    hold.release();
    page.until("row('export').stage === 'confirmed'").await?;
    page.until("said() === 'Nothing waits. The collector has confirmed 1 event.'")
        .await?;
    let told: Vec<String> = page
        .run(
            "element('export').open = true;
             await new Promise((go) => setTimeout(go));
             return [...element('export').querySelectorAll('li')].map((step) => step.textContent.slice(13))",
            Value::Null,
        )
        .await?;
    ensure!(
        told == [
            "made",
            "queued",
            "queued, and stored",
            "sent in request 1",
            "request 1 was answered with 200",
            "confirmed by the collector",
        ] || told
            == [
                "made",
                "queued",
                "sent in request 1",
                "request 1 was answered with 200",
                "confirmed by the collector",
            ],
        "{told:?}"
    );
    page.until("JSON.parse(element('export').querySelector('pre').textContent).total === 3")
        .await?;
    page.is_untroubled().await
}

async fn what_is_held_refused_or_dropped_says_why(stage: &Stage) -> Result<()> {
    let settings = json!({ "userId": null, "consent": "pending" });
    let Shown {
        page,
        server: _server,
        site: _site,
    } = shown(stage, settings).await?;
    page.act("_na.sendFeatureEvent('early');", Value::Null)
        .await?;
    page.until("row('early').note === 'waits for consent and userId'")
        .await?;
    page.until("said().startsWith('Consent is pending: 1 event in memory')")
        .await?;
    page.act("_na.optIn();", Value::Null).await?;
    page.until("row('early').note === 'waits for userId'")
        .await?;
    page.until("said() === '1 event without an identity: setUserId has not been called.'")
        .await?;
    page.act("_na.setUserId('ann');", Value::Null).await?;
    page.until("row('early').stage === 'queued'").await?;
    page.act("_na.sendFeatureEvent({});", Value::Null).await?;
    page.until("problemTexts().some((text) => text.includes('invalid_argument') && text.includes('feature must be'))")
        .await?;
    page.act("_na.optOut(); _na.sendFeatureEvent('after');", Value::Null)
        .await?;
    for name in ["early", "after"] {
        page.until(&format!(
            "row('{name}').stage === 'dropped' && row('{name}').note.includes('consent is missing')"
        ))
        .await?;
    }
    page.until("said().startsWith('Consent is denied')").await?;
    page.is_unharmed().await.map(drop)
}

async fn identity_module_time_and_counters_are_shown(stage: &Stage) -> Result<()> {
    let Shown {
        page,
        server: _server,
        site: _site,
    } = shown(stage, json!({})).await?;
    page.act(
        "_na.setModuleId('reports'); _na.setProductId('studio'); _na.sendFeatureEvent('f');",
        Value::Null,
    )
    .await?;
    page.move_mouse().await?;
    page.until(
        "facts().account === 'acme' && facts().user === 'ann' && facts().module === 'reports' && facts().product === 'studio'",
    )
    .await?;
    page.until("facts().session === _na.getSessionId() && facts().visitor === _na.getVisitorId()")
        .await?;
    page.until("facts().clock.startsWith('running')").await?;
    page.until("parseFloat(facts()['since sessionSync']) > 0.5")
        .await?;
    page.until("parseFloat(facts()['idle in']) > 1").await?;
    page.until("facts().accepted === String(_na.stats().accepted) && facts().accepted !== '0'")
        .await?;
    page.is_untroubled().await
}

async fn a_collector_that_asks_to_wait_and_one_out_of_reach_are_told(stage: &Stage) -> Result<()> {
    let Shown {
        server,
        page,
        site: _site,
    } = shown(stage, json!({})).await?;
    server.script([Answer::Reset, Answer::Reset]);
    server.set_down(true);
    page.act("_na.sendFeatureEvent('f'); await _na.flush();", Value::Null)
        .await?;
    page.until("said().startsWith('The collector has taken nothing') && said().includes('it is down, or something blocks it')")
        .await?;
    page.until("facts()['out of reach'].includes('it is down')")
        .await?;
    server.set_down(false);
    server.script([]);
    server.otherwise(Answer::status(503).with_header("retry-after", "600"));
    page.until(
        "(_na.flush(), /Retry-After\\): the next request is made in (9|1\\d) min/.test(said()))",
    )
    .await?;
    page.until("row('f').stage === 'queued' && facts()['last answer'].startsWith('503')")
        .await?;
    page.is_unharmed().await.map(drop)
}

async fn an_event_from_before_it_was_opened_is_shown(stage: &Stage) -> Result<()> {
    let Shown {
        page,
        server: _server,
        site: _site,
    } = tracked(stage, json!({})).await?;
    page.act(
        "_na.sendFeatureEvent('before'); await _na.inspect();",
        Value::Null,
    )
    .await?;
    page.until("row('before').stage === 'queued'").await?;
    let stats: Value = page.deliver().await?;
    ensure!(stats["delivered"] == 1, "{stats}");
    page.until("row('before').stage === 'confirmed'").await?;
    page.is_untroubled().await
}

async fn the_address_of_a_page_opens_it_whatever_is_imported(stage: &Stage) -> Result<()> {
    for path in ["/esm.html", "/inline.html", "/classic.html"] {
        let server = FaultServer::start().await?;
        let site = stage.site().await?;
        let page = stage.open(&site, &format!("{path}?a=b&na_debug")).await?;
        page.until("window.na").await?;
        page.act(HELPERS, Value::Null).await?;
        let source = Source {
            auth_key: "auth".into(),
            api_key: "api".into(),
        };
        page.track(server.url(), &source, json!({})).await?;
        page.act("_na.sendFeatureEvent('f');", Value::Null).await?;
        page.until("row('f').stage")
            .await
            .with_context(|| format!("{path} shows no panel"))?;
        page.is_untroubled().await?;
    }
    Ok(())
}

async fn no_page_loads_it_that_does_not_ask(stage: &Stage) -> Result<()> {
    let Shown {
        site,
        page,
        server: _server,
    } = tracked(stage, json!({})).await?;
    page.act("_na.sendFeatureEvent('f');", Value::Null).await?;
    page.deliver().await?;
    ensure!(site.requested("inspector.js") == 0, "it was loaded unasked");
    page.act("await _na.inspect();", Value::Null).await?;
    ensure!(site.requested("inspector.js") == 1, "it was not loaded");
    page.is_untroubled().await
}

async fn each_tracker_of_a_page_is_shown_by_itself(stage: &Stage) -> Result<()> {
    let shown = shown(stage, json!({})).await?;
    let page = &shown.page;
    page.act(
        "window.other = new _na.constructor('api-2', 'auth-2', {
           endpoint: args, accountId: 'acme', userId: 'ann', trackPageViews: false, flushInterval: 600_000 });
         await other.ready;
         await other.inspect();
         _na.sendFeatureEvent('first');
         other.sendFeatureEvent('second');",
        json!(shown.server.url()),
    )
    .await?;
    page.until("row('second').stage === 'queued' && !row('first').stage")
        .await?;
    page.act(
        "const list = panel().querySelector('select');
         list.selectedIndex = 0;
         list.dispatchEvent(new Event('change'));",
        Value::Null,
    )
    .await?;
    page.until("row('first').stage === 'queued' && !row('second').stage")
        .await?;
    page.is_untroubled().await
}

async fn closed_it_leaves_the_tracker_as_it_was(stage: &Stage) -> Result<()> {
    let Shown {
        server,
        page,
        site: _site,
    } = shown(stage, json!({})).await?;
    page.act(
        "_na.sendFeatureEvent('shown');
         panel().querySelector('[aria-label=Close]').click();
         _na.sendFeatureEvent('alone');",
        Value::Null,
    )
    .await?;
    let stats = page.deliver().await?;
    ensure!(stats["delivered"] == 2, "{stats}");
    let is_gone: bool = page.run("return !panel();", Value::Null).await?;
    ensure!(is_gone, "the panel is still there");
    ensure!(!server.recorded().is_empty());
    // Opened again, it shows what happens from then on.
    page.act(
        "await _na.inspect(); _na.sendFeatureEvent('again');",
        Value::Null,
    )
    .await?;
    page.until("row('again').stage === 'queued' && rows().length === 1")
        .await?;
    page.is_untroubled().await
}

async fn where_its_file_is_missing_that_is_said_and_it_can_be_handed_over(
    stage: &Stage,
) -> Result<()> {
    let Shown {
        site,
        page,
        server: _server,
    } = tracked(stage, json!({})).await?;
    let script = std::fs::read_to_string(stage.package().await?.path().join("inspector.js"))?;
    site.put_script("/elsewhere.js", script);
    site.put_script("/pkg/inspector.js", "throw 'it was blocked';");
    let is_shown: bool = page.run("return await _na.inspect();", Value::Null).await?;
    ensure!(!is_shown, "it says that it is shown");
    let problem: Value = page.run("return problems[0];", Value::Null).await?;
    ensure!(
        problem["code"] == "load_failed"
            && problem["message"]
                .as_str()
                .is_some_and(|told| told.starts_with("inspect: it was blocked")),
        "{problem}"
    );
    let is_shown: bool = page
        .run(
            "const { open } = await import('/elsewhere.js'); return await _na.inspect(open);",
            Value::Null,
        )
        .await?;
    ensure!(is_shown, "it is not shown");
    page.until("said().startsWith('Nothing waits')").await
}
