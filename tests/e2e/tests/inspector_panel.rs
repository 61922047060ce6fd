//! The inspector's panel in a page: its look, its keys, and what it must not do.

use std::{env, path::PathBuf};

use anyhow::{Context, Result, ensure};
use fantoccini::{
    actions::{InputSource, KeyAction, KeyActions},
    key::Key,
};
use natero_e2e::{
    browser::Look,
    fault::{Answer, FaultServer},
    inspected::{Shown, put, shown},
    stage::Stage,
};
use serde_json::{Value, json};

natero_e2e::suite!(
    it_works_under_a_strict_policy_and_styles_stay_apart,
    markup_in_names_and_answers_is_text,
    it_is_used_by_keyboard,
    it_is_accessible_in_light_and_dark skipped in Firefox Webkit,
    it_fits_the_narrowest_phone skipped in Firefox Webkit,
    a_page_that_writes_itself_anew_is_shown_it_again_when_it_asks,
);

/// Waits until changes are laid out and drawn.
const DRAWN: &str =
    "await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));";

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

/// The appearance of the panel in a page with a restrictive policy and hostile styles.
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
         // A driver uses `Function`, and the tracker tests whether wasm may run; both
         // violations are expected.
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
            &format!(
                "for (const row of panel().querySelectorAll('details')) row.open = true;
             {DRAWN}
             return panel().querySelectorAll('img').length + (window.harmed ?? 0);"
            ),
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
         _na.sendFeatureEvent('f');",
        Value::Null,
    )
    .await?;
    page.until("row('f').stage").await?;
    page.act("panel().querySelector('[role=tab]').focus();", Value::Null)
        .await?;
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
            &format!(
                "element('xxx').open = true;
             const wide = [];
             for (const tab of panel().querySelectorAll('[role=tab]')) {{
               tab.click();
               {DRAWN}
               for (const element of panel().querySelectorAll('aside, [role=tabpanel]:not([hidden]), header, [role=tablist]'))
                 if (element.scrollWidth > element.clientWidth + 1 || element.getBoundingClientRect().right > innerWidth + 1)
                   wide.push(`${{element.id || element.localName}} ${{element.scrollWidth}} > ${{element.clientWidth}}`);
             }}
             return {{ wide, innerWidth }};"
            ),
            Value::Null,
        )
        .await?;
    browser.look(Look::Light).await?;
    ensure!(wide["wide"] == json!([]), "{wide}");
    Ok(())
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
