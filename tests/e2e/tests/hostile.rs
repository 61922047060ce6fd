//! Pages that get in the way without meaning to: by settings that are none, by what
//! they do when they are told of a problem, by what stands between them and the collector.

use anyhow::{Result, ensure};
use natero_e2e::collector::Source;
use natero_e2e::fault::{Answer, FaultServer};
use natero_e2e::hosts;
use natero_e2e::page::Page;
use natero_e2e::site::Site;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

natero_e2e::suite!(
    an_endpoint_that_is_none_sends_to_nobody,
    settings_that_nobody_can_read_send_to_nobody,
    what_a_page_does_when_it_is_told_never_holds_it_up,
    a_packed_body_that_is_refused_goes_as_it_is,
    a_failure_of_packed_bodies_alone_is_found_out,
    // WebKit's driver gives up a script by a timer that it takes from the page, in which time
    // flies here.
    a_compression_that_never_ends_costs_one_request skipped in Webkit,
    a_server_that_swallows_requests_takes_no_connection_for_good skipped in Webkit,
    a_wrapper_of_fetch_that_keeps_the_answer_keeps_no_event,
    a_to_json_of_all_arrays_changes_nothing_that_arrives,
    prototypes_that_a_page_has_emptied_change_nothing_that_arrives,
    a_frame_without_an_origin_of_its_own_tracks,
    events_that_wait_for_ids_say_so_under_debug,
);

/// Notes whom the page asks for anything but the package.
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

struct Scene<'a> {
    page: Page<'a>,
    server: FaultServer,
    site: Site,
}

/// A page that has loaded the package, and ran a script before that.
async fn open<'a>(stage: &'a Stage, before: &str) -> Result<Scene<'a>> {
    let site = stage.site().await?;
    site.put_html(
        "/hostile",
        format!(
            r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>hostile</title>
<script src="/watch.js"></script><script>{before}</script>
<script type="module">
  import {{ na }} from "/pkg/inline.js";
  window.na = na;
</script></head><body><h1>hostile</h1></body></html>"#
        ),
    );
    let page = stage.open(&site, "/hostile").await?;
    page.until("window.na").await?;
    Ok(Scene {
        page,
        server: FaultServer::start().await?,
        site,
    })
}

fn source() -> Source {
    Source {
        auth_key: "auth".to_owned(),
        api_key: "api".to_owned(),
    }
}

impl Scene<'_> {
    async fn track(&self, settings: Value) -> Result<()> {
        self.page
            .track(self.server.url(), &source(), settings)
            .await?;
        self.page
            .act("if (!await _na.ready) throw new Error('off');", Value::Null)
            .await
    }

    /// The features that the server got, each once, with their details.
    fn features(&self) -> Result<Vec<(String, Value)>> {
        let mut found: Vec<(String, Value)> = Vec::new();
        for request in self.server.recorded() {
            for line in request.lines()? {
                let name = line["feature"].as_str().unwrap_or_default().to_owned();
                if line["action"] == "feature" && found.iter().all(|(other, _)| *other != name) {
                    found.push((name, line["details"].clone()));
                }
            }
        }
        Ok(found)
    }
}

async fn an_endpoint_that_is_none_sends_to_nobody(stage: &Stage) -> Result<()> {
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
    // A path is the own origin's.
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

async fn settings_that_nobody_can_read_send_to_nobody(stage: &Stage) -> Result<()> {
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

async fn what_a_page_does_when_it_is_told_never_holds_it_up(stage: &Stage) -> Result<()> {
    let scene = open(stage, "").await?;
    let counts: Vec<(String, u64)> = scene
        .page
        .run(
            "const settings = { endpoint: args, accountId: 'a', userId: 'u', trackPageViews: false };
             const counts = [];
             const tryOut = async (name, begin) => {
               let told = 0;
               // An end, so that a loop fails the test and does not hang it.
               await begin((react) => { told += 1; if (told < 20_000) return react(); });
               await new Promise((go) => setTimeout(go, 50));
               counts.push([name, told]);
             };
             const reactions = {
               feature: (na_) => na_.sendFeatureEvent('error'),
               'wrong call': (na_) => na_.sendModuleEvent('m', -1),
               identify: (na_) => na_.identifyUser('', {}),
               reset: (na_) => na_.reset(),
               flush: (na_) => na_.flush(),
               'a new one': () => new na('other', 'auth', { ...settings, batchSize: 'many' }),
               shutdown: (na_) => na_.shutdown(),
             };
             for (const [name, react] of Object.entries(reactions)) {
               for (const [when, later] of [['at once', (go) => go()], ['later', (go) => Promise.resolve().then(go)]]) {
                 await tryOut(`onError: ${name} ${when}`, async (told) => {
                   const tracker = new na(`api ${counts.length}`, 'auth', {
                     ...settings, maxQueueBytes: 1, onError: () => told(() => later(() => react(tracker))) });
                   await tracker.ready;
                   tracker.sendFeatureEvent('first');
                   tracker.setModuleId({});
                 });
                 await tryOut(`console.error: ${name} ${when}`, async (told) => {
                   const tracker = new na(`api ${counts.length}`, 'auth', settings);
                   await tracker.ready;
                   const { error } = console;
                   console.error = () => void told(() => later(() => react(tracker)));
                   tracker.setModuleId({});
                   await new Promise((go) => setTimeout(go, 20));
                   console.error = error;
                 });
               }
             }
             await tryOut('onError: the same without keys', async (told) => {
               const make = () => new na(undefined, undefined, { onError: () => told(make) });
               make();
             });
             return counts;",
            json!(scene.server.url()),
        )
        .await?;
    for (name, told) in &counts {
        ensure!((1..1_000).contains(told), "{name}: {told}");
    }
    scene.page.is_unharmed().await.map(drop)
}

/// Makes features so large that they are packed, each delivered before the next.
const DELIVER: &str = "
    for (const name of args) {
      const { delivered } = _na.stats();
      _na.sendFeatureEvent(name, { details: { text: 'x'.repeat(3000) } });
      while (_na.stats().delivered === delivered) await _na.flush();
    }";

async fn a_packed_body_that_is_refused_goes_as_it_is(stage: &Stage) -> Result<()> {
    for status in [400, 403, 406, 411, 415, 422, 501] {
        let scene = open(stage, "").await?;
        scene.server.script([Answer::status(status)]);
        scene.track(json!({})).await?;
        scene.page.act(DELIVER, json!(["a", "b"])).await?;
        let recorded = scene.server.recorded();
        let packed: Vec<bool> = recorded
            .iter()
            .map(|request| request.header("content-encoding").is_some())
            .collect();
        ensure!(packed[..3] == [true, false, false], "{status}: {packed:?}");
        ensure!(scene.features()?.len() == 2, "{status}");
        let dropped: Value = scene
            .page
            .run("return _na.stats().dropped.total;", Value::Null)
            .await?;
        ensure!(dropped == 0, "{status}: {dropped}");
        scene.page.is_untroubled().await?;
    }
    Ok(())
}

async fn a_failure_of_packed_bodies_alone_is_found_out(stage: &Stage) -> Result<()> {
    for status in [404, 500, 502] {
        let scene = open(stage, "").await?;
        let refused = || Answer::status(status);
        // As the bodies come: packed, but for the fourth and from the sixth on.
        scene.server.script([
            refused(),
            refused(),
            refused(),
            Answer::Accept,
            refused(),
            Answer::Accept,
        ]);
        scene.track(json!({})).await?;
        scene.page.act(DELIVER, json!(["a", "b", "c", "d"])).await?;
        let packed: Vec<bool> = scene
            .server
            .recorded()
            .iter()
            .map(|request| request.header("content-encoding").is_some())
            .collect();
        let expected = [true, true, true, false, true, false, false, false];
        ensure!(packed == expected, "{status}: {packed:?}");
        scene.page.is_untroubled().await?;
    }
    Ok(())
}

/// A clock of the page by which 30 s are over in 150 ms.
const HURRY: &str = "
    {
      const { setTimeout } = window;
      const { now } = Performance.prototype;
      window.setTimeout = (task, ms) => setTimeout(task, ms / 200);
      Performance.prototype.now = function () { return 200 * now.call(this); };
    }";

async fn a_compression_that_never_ends_costs_one_request(stage: &Stage) -> Result<()> {
    let before = format!(
        "{HURRY}
         window.CompressionStream = class {{
           readable = new ReadableStream();
           writable = new WritableStream({{ write: () => new Promise(() => {{}}) }});
         }};"
    );
    let scene = open(stage, &before).await?;
    scene.track(json!({})).await?;
    scene.page.act(DELIVER, json!(["a", "b"])).await?;
    let recorded = scene.server.recorded();
    let is_packed =
        |request: &natero_e2e::fault::Recorded| request.header("content-encoding").is_some();
    ensure!(!recorded.iter().any(is_packed), "{recorded:?}");
    ensure!(scene.features()?.len() == 2);
    scene.page.is_unharmed().await.map(drop)
}

async fn a_server_that_swallows_requests_takes_no_connection_for_good(stage: &Stage) -> Result<()> {
    let scene = open(stage, HURRY).await?;
    // Browsers have six connections for a server, and Chromium does not end a request
    // with `keepalive` that is aborted.
    scene.server.script(vec![Answer::Silence; 8]);
    scene.track(json!({ "compress": false })).await?;
    scene
        .page
        .act("_na.sendFeatureEvent('kept');", Value::Null)
        .await?;
    scene
        .page
        .until("(_na.flush(), _na.stats().delivered > 0)")
        .await?;
    ensure!(scene.server.recorded().len() > 8);
    scene.page.is_unharmed().await.map(drop)
}

async fn a_wrapper_of_fetch_that_keeps_the_answer_keeps_no_event(stage: &Stage) -> Result<()> {
    for wrapped in [
        "undefined",
        "({ ok: response.ok, status: response.status })",
        "new Proxy(response, {})",
        "(await response.json(), response)",
        "(response.body.getReader(), response)",
    ] {
        let before = format!(
            "{{
               const {{ fetch }} = window;
               window.fetch = async (...parameters) => {{
                 const response = await fetch(...parameters);
                 if (response.url.includes('/pkg/')) return response;
                 return {wrapped};
               }};
             }}"
        );
        let scene = open(stage, &before).await?;
        scene.track(json!({ "flushInterval": 50 })).await?;
        scene
            .page
            .act(
                "_na.sendFeatureEvent('a'); await _na.flush(); _na.sendFeatureEvent('b');",
                Value::Null,
            )
            .await?;
        let stats = scene.page.deliver().await?;
        ensure!(stats["delivered"] == 2, "{wrapped}: {stats}");
        // Nothing is sent for ever.
        let sent = scene.server.recorded().len();
        ensure!(sent <= 5, "{wrapped}: {sent} requests");
        scene.page.is_untroubled().await?;
    }
    Ok(())
}

/// What a frame with these attributes tells that uses the tracker, after it ran a
/// script. A driver does not get on in every world: it is in the page around.
async fn in_a_frame(scene: &Scene<'_>, before: &str, attributes: Value) -> Result<Value> {
    scene.site.put_html(
        "/frame",
        format!(
            r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>frame</title><script src="/watch.js"></script>
<script>{before}</script>{script}<script>
  onmessage = async ({{ data }}) => {{
    while (!window.na) await new Promise((go) => setTimeout(go, 10));
    const problems = [];
    const details = {{ list: [1, [2]], deep: {{ a: {{}} }} }};
    const tracker = new na("api", "auth", {{
      endpoint: data, accountId: "a", userId: "u", onError: (problem) => problems.push(problem) }});
    tracker.sendFeatureEvent("early", {{ details }});
    const ready = await tracker.ready;
    tracker.setModuleId("reports");
    tracker.sendFeatureEvent("later", {{ details }});
    const {{ pending }} = await tracker.flush();
    tracker.reset();
    tracker.optOut();
    tracker.shutdown();
    await new Promise((go) => setTimeout(go, 50));
    parent.postMessage({{ ready, pending, problems, trouble }}, "*");
  }};
</script></head><body></body></html>"#,
            script = hosts::global_script()
        ),
    );
    scene
        .page
        .run(
            "const frame = document.createElement('iframe');
             for (const [name, value] of Object.entries(args.attributes)) frame.setAttribute(name, value);
             frame.src = '/frame';
             const told = new Promise((tell) => { onmessage = ({ data }) => tell(data); });
             frame.onload = () => frame.contentWindow.postMessage(args.endpoint, '*');
             document.body.append(frame);
             return await told;",
            json!({ "attributes": attributes, "endpoint": scene.server.url() }),
        )
        .await
}

async fn tracks_in_a_frame(stage: &Stage, before: &str, attributes: Value) -> Result<()> {
    let scene = open(stage, "").await?;
    let outcome = in_a_frame(&scene, before, attributes).await?;
    let expected = json!({
        "ready": true,
        "pending": 0,
        "problems": [],
        "trouble": { "errors": [], "rejections": [], "console": [] },
    });
    ensure!(outcome == expected, "{before}: {outcome}");
    let details = json!({ "list": [1, [2]], "deep": { "a": {} } });
    let expected = ["early", "later"].map(|name| (name.to_owned(), details.clone()));
    let features = scene.features()?;
    ensure!(features == expected, "{before}: {features:?}");
    Ok(())
}

async fn a_to_json_of_all_arrays_changes_nothing_that_arrives(stage: &Stage) -> Result<()> {
    for holder in ["Array.prototype", "Object.prototype"] {
        let before = format!(
            "Object.defineProperty({holder}, 'toJSON', {{ configurable: true, value: () => 'forged' }});"
        );
        tracks_in_a_frame(stage, &before, json!({})).await?;
    }
    Ok(())
}

async fn prototypes_that_a_page_has_emptied_change_nothing_that_arrives(
    stage: &Stage,
) -> Result<()> {
    for (holder, names) in [
        ("Function.prototype", "call apply bind"),
        ("Array.prototype", "push map join reduce indexOf concat"),
        ("Promise.prototype", "then catch finally"),
        ("RegExp.prototype", "test"),
        ("Map.prototype", "get set has"),
        ("Object", "assign entries fromEntries"),
    ] {
        let before = format!(
            "for (const name of '{names}'.split(' ')) {holder}[name] = () => {{ throw new Error(name); }};"
        );
        tracks_in_a_frame(stage, &before, json!({})).await?;
    }
    Ok(())
}

async fn a_frame_without_an_origin_of_its_own_tracks(stage: &Stage) -> Result<()> {
    tracks_in_a_frame(stage, "", json!({ "sandbox": "allow-scripts" })).await
}

async fn events_that_wait_for_ids_say_so_under_debug(stage: &Stage) -> Result<()> {
    let before = "window.lines = [];
        console.log = (...parts) => lines.push(parts.join(' '));";
    let scene = open(stage, before).await?;
    scene
        .track(json!({ "debug": true, "userId": null }))
        .await?;
    let waiting: Vec<String> = scene
        .page
        .run(
            "_na.sendFeatureEvent('early'); _na.stats();
             return lines.filter((line) => line.includes('waits for accountId and userId'));",
            Value::Null,
        )
        .await?;
    ensure!(
        waiting.len() == 1 && waiting[0].contains("early"),
        "{waiting:?}"
    );
    ensure!(scene.server.recorded().is_empty());
    scene
        .page
        .act("_na.setUserId('ann'); await _na.flush();", Value::Null)
        .await?;
    ensure!(scene.features()?.len() == 1);
    scene.page.is_untroubled().await
}
