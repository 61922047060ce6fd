//! Settings that are invalid or unreadable.

use anyhow::{Result, ensure};
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::scene::open;

/// Records the addresses of requests for anything but the package.
const NOTE_REQUESTS: &str = "
    window.asked = [];
    const note = (url) => {
      if (!url.includes('/pkg/')) asked.push(url);
    };
    for (const [holder, name] of [[window, 'fetch'], [Navigator.prototype, 'sendBeacon']]) {
      const original = holder[name];
      holder[name] = function (url, ...rest) {
        note(String(url?.url ?? url));
        return original.call(this, url, ...rest);
      };
    }
    {
      const { open } = XMLHttpRequest.prototype;
      XMLHttpRequest.prototype.open = function (method, url, ...rest) {
        note(String(url));
        return open.call(this, method, url, ...rest);
      };
    }";

pub async fn an_endpoint_that_is_none_sends_to_nobody(stage: &Stage) -> Result<()> {
    let scene = open(stage, NOTE_REQUESTS).await?;
    let wrong: Vec<Value> = scene
        .page
        .run(
            "const outcomes = [];
             const none = ['usage.example.com', 'localhost:8088', 'http:/x', '', undefined, null, 5, {}, [], 'ftp://x.test',
               '//x.test', '/\\\\x.test', '\\\\\\\\x.test', '/\\t/x.test', 'javascript:alert(1)', 'data:text/plain,x', ' https://x.test',
               'https://x.test ', 'https://me:secret@x.test', 'https://', 'https://x.test:99999', 'https://x y.test', 'undefined',
               'ws://x.test', 'file:///x', new URL('https://x.test'), () => 'https://x.test'];
             for (const endpoint of none) {
               const problems = [];
               trouble.console.length = 0;
               const tracker = new na('api', 'auth', {
                 endpoint, accountId: 'a', userId: 'u', onError: (problem) => problems.push(problem.code) });
               tracker.sendFeatureEvent('f');
               const ready = await tracker.ready;
               await tracker.flush();
               tracker.shutdown();
               outcomes.push([String(endpoint), ready, problems, trouble.console.length]);
             }
             return outcomes.filter(([, ready, problems, lines]) =>
               ready || lines !== 1 || String(problems) !== 'invalid_argument');",
            Value::Null,
        )
        .await?;
    ensure!(wrong.is_empty(), "{wrong:#?}");
    let left: Value = scene
        .page
        .run(
            "return [asked, document.cookie, Object.keys(localStorage)];",
            Value::Null,
        )
        .await?;
    ensure!(left == json!([[], "", []]), "{left}");
    // A path refers to the page's own origin.
    scene
        .page
        .act(
            "const tracker = new na('api', 'auth', { endpoint: '/usage/', accountId: 'a', userId: 'u' });
             tracker.sendFeatureEvent('f');
             await tracker.flush();",
            Value::Null,
        )
        .await?;
    let asked: Vec<String> = scene.page.run("return asked;", Value::Null).await?;
    let own = scene.site.url("/usage/v1/auth/api");
    ensure!(
        !asked.is_empty() && asked.iter().all(|url| url.starts_with(&own)),
        "{asked:?}"
    );
    Ok(())
}

pub async fn settings_that_nobody_can_read_send_to_nobody(stage: &Stage) -> Result<()> {
    let scene = open(stage, NOTE_REQUESTS).await?;
    let outcomes: Value = scene
        .page
        .run(
            "class Usage { get endpoint() { return args; } get consent() { return 'denied'; } }
             const outcomes = [];
             for (const settings of [
               new Usage(),
               Object.create({ endpoint: args }),
               { get endpoint() { throw new Error('of the page'); } },
               new Proxy({ endpoint: args }, { ownKeys() { throw new Error('of the page'); } }),
             ]) {
               trouble.console.length = 0;
               const tracker = new na('api', 'auth', settings);
               tracker.sendFeatureEvent('f');
               outcomes.push([await tracker.ready, trouble.console.length]);
               tracker.shutdown();
             }
             return [outcomes, asked, document.cookie, Object.keys(localStorage)];",
            json!(scene.server.url()),
        )
        .await?;
    let off = json!([false, 1]);
    ensure!(
        outcomes == json!([[off, off, off, off], [], "", []]),
        "{outcomes}"
    );
    Ok(())
}
