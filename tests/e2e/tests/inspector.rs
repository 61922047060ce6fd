//! The inspector shows what a tracker does, and changes nothing about it.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::key::Key;
use natero_e2e::fault::{Answer, FaultServer};
use natero_e2e::page::Page;
use natero_e2e::site::Site;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

natero_e2e::suite!(
    an_event_is_shown_from_its_making_to_its_confirmation,
    what_is_held_refused_or_dropped_says_why,
    identity_module_time_and_counters_are_shown,
    a_collector_that_asks_to_wait_and_one_out_of_reach_are_told,
    an_event_from_before_it_was_opened_is_shown,
    the_address_of_a_page_opens_it_whatever_is_imported,
    no_page_loads_it_that_does_not_ask,
    it_works_under_a_strict_policy_and_styles_stay_apart,
    markup_in_names_and_answers_is_text,
    it_is_used_by_keyboard,
    it_is_accessible_in_light_and_dark skipped in Firefox Webkit,
    it_fits_the_narrowest_phone skipped in Firefox Webkit,
    each_tracker_of_a_page_is_shown_by_itself,
    a_page_that_writes_itself_anew_is_shown_it_again_when_it_asks,
    closed_it_leaves_the_tracker_as_it_was,
    where_its_file_is_missing_that_is_said_and_it_can_be_handed_over,
);

/// What tests look for in the panel.
const HELPERS: &str = r#"
  window.panel = () => document.querySelector("natero-inspector")?.shadowRoot;
  window.said = () => panel()?.querySelector("[role=status]").textContent ?? "";
  window.rows = () => [...panel()?.querySelectorAll("details") ?? []].map((row) => ({
    what: row.querySelector(".what").textContent,
    stage: row.querySelector(".stage").textContent,
    note: row.querySelector("summary .note").textContent,
  }));
  window.row = (name) => rows().find(({ what }) => what.includes(name)) ?? {};
  window.element = (name) => [...panel().querySelectorAll("details")].find((row) =>
    row.querySelector(".what").textContent.includes(name));
  window.facts = () => Object.fromEntries([...panel().querySelectorAll("dl > div")].map((fact) =>
    [fact.querySelector("dt").textContent, fact.querySelector("dd").textContent]));
  window.problemTexts = () => [...panel().querySelectorAll(".problem")].map(({ textContent }) => textContent);
"#;

struct Shown<'a> {
    server: FaultServer,
    site: Site,
    page: Page<'a>,
}

/// Puts a page that tracks; `settings` are put behind those that keep everything until it is flushed.
fn put(site: &Site, path: &str, server: &FaultServer, settings: &Value, head: &str) {
    let given = json!({ "endpoint": server.url(), "settings": settings });
    site.put_script("/helpers.js", HELPERS);
    site.put_script(
        "/app.js",
        format!(
            r#"import {{ na }} from "/pkg/inline.js";
const {{ endpoint, settings }} = {given};
window.problems = [];
window._na = new na("api", "auth", {{
  endpoint, accountId: "acme", userId: "ann", trackPageViews: false, compress: false, flushInterval: 600_000,
  onError: (problem) => problems.push(problem), ...settings }});
window.ready = await _na.ready;"#
        ),
    );
    site.put_html(
        path,
        format!(
            r#"<!doctype html><html lang="en"><head><meta charset="utf-8">{head}<link rel="icon" href="data:,"><title>App</title>
<script src="/watch.js"></script><script src="/helpers.js"></script><script type="module" src="/app.js"></script>
</head><body><main><h1>App</h1></main></body></html>"#
        ),
    );
}

async fn tracked<'a>(stage: &'a Stage, settings: Value) -> Result<Shown<'a>> {
    let server = FaultServer::start().await?;
    let site = stage.site().await?;
    put(&site, "/app.html", &server, &settings, "");
    let page = stage.open(&site, "/app.html").await?;
    page.until("window.ready").await?;
    Ok(Shown { server, site, page })
}

async fn shown<'a>(stage: &'a Stage, settings: Value) -> Result<Shown<'a>> {
    let shown = tracked(stage, settings).await?;
    let is_shown: bool = shown
        .page
        .run("return await _na.inspect();", Value::Null)
        .await?;
    ensure!(is_shown, "the panel is not shown");
    Ok(shown)
}

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
        let source = natero_e2e::collector::Source {
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

async fn it_works_under_a_strict_policy_and_styles_stay_apart(stage: &Stage) -> Result<()> {
    // With wasm, and with the core as JavaScript.
    for wasm in ["'wasm-unsafe-eval'", ""] {
        let looks = looks_under_a_policy(stage, wasm).await?;
        ensure!(looks["position"] == "fixed", "{looks}");
        ensure!(looks["opacity"] == "1", "{looks}");
        ensure!(
            looks["size"] == "13px" && looks["cell"] == "grid",
            "{looks}"
        );
        ensure!(
            looks["page"] == "40px",
            "the page's styles changed: {looks}"
        );
        ensure!(looks["buttonColor"] != "rgb(1, 2, 3)", "{looks}");
        ensure!(looks["violations"] == json!([]), "{looks}");
    }
    Ok(())
}

/// What the panel looks like in a page whose policy and styles are hostile.
async fn looks_under_a_policy(stage: &Stage, wasm: &str) -> Result<Value> {
    let server = FaultServer::start().await?;
    let site = stage.site().await?;
    let policy = format!(
        "default-src 'none'; script-src 'self' {wasm}; style-src 'self'; connect-src 'self' {}; \
         img-src data:; require-trusted-types-for 'script'; trusted-types 'none'",
        server.url()
    );
    let head = format!(
        r#"<meta http-equiv="Content-Security-Policy" content="{policy}"><link rel="stylesheet" href="/hostile.css">
<script src="/violations.js"></script>"#
    );
    site.put_script(
        "/violations.js",
        "window.violations = [];
         // A driver asks by way of `Function`, and the tracker tries whether wasm may run.
         addEventListener('securitypolicyviolation', ({ sample, violatedDirective }) => {
           if (!sample.startsWith('Function') && !violatedDirective.startsWith('script-src'))
             violations.push(violatedDirective);
         });",
    );
    put(&site, "/app.html", &server, &json!({}), &head);
    site.put_css(
        "/hostile.css",
        "* { font-size: 40px !important; color: rgb(1, 2, 3) !important; display: block !important; } \
         natero-inspector { position: static !important; opacity: 0.1 !important; }",
    );
    let page = stage.open(&site, "/app.html").await?;
    page.until("window.ready").await?;
    page.act("await _na.inspect();", Value::Null).await?;
    page.act("_na.sendFeatureEvent('f');", Value::Null).await?;
    page.until("row('f').stage === 'queued'").await?;
    let looks: Value = page
        .run(
            "const of = (element) => getComputedStyle(element);
             const host = of(document.querySelector('natero-inspector'));
             const button = of(panel().querySelector('button'));
             return { position: host.position, opacity: host.opacity, size: of(panel().querySelector('aside')).fontSize,
               cell: of(panel().querySelector('summary')).display, page: of(document.querySelector('h1')).fontSize,
               buttonColor: button.color, violations };",
            Value::Null,
        )
        .await?;
    page.is_untroubled().await?;
    Ok(looks)
}

async fn markup_in_names_and_answers_is_text(stage: &Stage) -> Result<()> {
    let Shown {
        server,
        page,
        site: _site,
    } = shown(stage, json!({})).await?;
    server.otherwise(Answer::Status {
        code: 400,
        headers: vec![("content-type".into(), "application/json".into())],
        body: json!({ "error": "<img src=x onerror=window.harmed=1>" }).to_string(),
    });
    page.act(
        "_na.sendFeatureEvent('<img src=x onerror=\"window.harmed=1\">'); await _na.flush();",
        Value::Null,
    )
    .await?;
    page.until("row('<img').stage === 'dropped' && row('<img').note.includes('(400, <img')")
        .await?;
    let found: u32 = page
        .run(
            "for (const row of panel().querySelectorAll('details')) row.open = true;
             await new Promise((go) => setTimeout(go, 20));
             return panel().querySelectorAll('img').length + (window.harmed ?? 0);",
            Value::Null,
        )
        .await?;
    ensure!(found == 0, "markup was made elements of");
    page.is_unharmed().await.map(drop)
}

async fn it_is_used_by_keyboard(stage: &Stage) -> Result<()> {
    let Shown {
        page,
        server: _server,
        site: _site,
    } = shown(stage, json!({})).await?;
    page.act(
        "window.shortcuts = 0;
         addEventListener('keydown', () => { shortcuts += 1; });
         _na.sendFeatureEvent('f');
         await new Promise((go) => setTimeout(go, 20));
         panel().querySelector('[role=tab]').focus();",
        Value::Null,
    )
    .await?;
    page.until("row('f').stage").await?;
    let client = stage.browser().await?.client();
    let press = async |key: Key| -> Result<()> {
        let value = char::from(key);
        let keys = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value });
        client.perform_actions(keys).await?;
        Ok(())
    };
    press(Key::Right).await?;
    page.until("panel().activeElement.textContent.startsWith('State') && panel().querySelector('#panel-State').checkVisibility()")
        .await?;
    press(Key::Left).await?;
    page.act(
        "element('f').querySelector('summary').focus();",
        Value::Null,
    )
    .await?;
    press(Key::Enter).await?;
    page.until("element('f').open && element('f').querySelector('pre').textContent.includes('\"feature\": \"f\"')")
        .await?;
    press(Key::Escape).await?;
    page.until("panel().querySelector('.body').hidden && panel().activeElement.getAttribute('aria-expanded') === 'false'")
        .await?;
    let shortcuts: u32 = page.run("return shortcuts;", Value::Null).await?;
    ensure!(shortcuts == 0, "the page heard {shortcuts} keys");
    page.is_untroubled().await
}

/// The source of axe-core.
fn axe() -> Result<String> {
    let file = match env::var_os("NATERO_AXE") {
        Some(file) => PathBuf::from(file),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("node_modules/axe-core/axe.min.js"),
    };
    std::fs::read_to_string(&file).with_context(|| format!("no axe-core at {}", file.display()))
}

async fn it_is_accessible_in_light_and_dark(stage: &Stage) -> Result<()> {
    use natero_e2e::browser::Look;
    let Shown {
        page,
        server: _server,
        site: _site,
    } = shown(stage, json!({ "userId": null })).await?;
    page.act(
        "_na.sendFeatureEvent('f'); _na.sendFeatureEvent({});",
        Value::Null,
    )
    .await?;
    page.until("row('f').note").await?;
    page.until("problemTexts().length").await?;
    page.act(&format!("{}; window.axe = axe;", axe()?), Value::Null)
        .await?;
    let browser = stage.browser().await?;
    let mut found = Vec::new();
    for look in [Look::Light, Look::Dark] {
        browser.look(look).await?;
        for tab in 0..3 {
            let violations: Vec<String> = page
                .run(
                    "panel().querySelectorAll('[role=tab]')[args].click();
                     if (element('f')) element('f').open = true;
                     const { violations } = await axe.run(document, { resultTypes: ['violations'] });
                     return violations.map(({ id, nodes }) => `${id}: ` + nodes.map(({ html }) => html.slice(0, 160)).join(' | '));",
                    json!(tab),
                )
                .await?;
            found.extend(violations);
        }
    }
    browser.look(Look::Light).await?;
    ensure!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

async fn it_fits_the_narrowest_phone(stage: &Stage) -> Result<()> {
    use natero_e2e::browser::Look;
    let Shown {
        page,
        server: _server,
        site: _site,
    } = shown(stage, json!({})).await?;
    page.act("_na.sendFeatureEvent('x'.repeat(200));", Value::Null)
        .await?;
    page.until("row('xxx').stage").await?;
    let browser = stage.browser().await?;
    browser.look(Look::Narrow).await?;
    let wide: Value = page
        .run(
            "element('xxx').open = true;
             const wide = [];
             for (const tab of panel().querySelectorAll('[role=tab]')) {
               tab.click();
               await new Promise((go) => setTimeout(go, 20));
               for (const element of panel().querySelectorAll('aside, [role=tabpanel]:not([hidden]), header, [role=tablist]'))
                 if (element.scrollWidth > element.clientWidth + 1 || element.getBoundingClientRect().right > innerWidth + 1)
                   wide.push(`${element.id || element.localName} ${element.scrollWidth} > ${element.clientWidth}`);
             }
             return { wide, innerWidth };",
            Value::Null,
        )
        .await?;
    browser.look(Look::Light).await?;
    ensure!(wide["wide"] == json!([]), "{wide}");
    Ok(())
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

async fn a_page_that_writes_itself_anew_is_shown_it_again_when_it_asks(
    stage: &Stage,
) -> Result<()> {
    let shown = shown(stage, json!({})).await?;
    let page = &shown.page;
    page.act(
        "document.open();
         document.write('<!doctype html><title>Anew</title><h1>Anew</h1>');
         document.close();
         _na.sendFeatureEvent('anew');
         await _na.inspect();",
        Value::Null,
    )
    .await?;
    page.until("row('anew').stage === 'queued'").await
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
    // It comes again, with what comes from then on.
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
