//! The notifications of a page, and how the page reacts to them.

use anyhow::{Result, ensure};
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::scene::open;

pub async fn what_a_page_does_when_it_is_told_never_holds_it_up(stage: &Stage) -> Result<()> {
    let scene = open(stage, "").await?;
    let counts: Vec<(String, u64)> = scene
        .page
        .run(
            "const settings = { endpoint: args, accountId: 'a', userId: 'u', trackPageViews: false };
             const counts = [];
             const tryOut = async (name, begin) => {
               let told = 0;
               // A limit, so that an endless loop fails the test instead of hanging it.
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
             // Each call switches to another user, which makes events and debug messages.
             await tryOut('beforeSend: another user', async (told) => {
               const again = (more) => new na('within', 'auth', { ...settings, ...more });
               let users = 0;
               const beforeSend = (event) => {
                 told(() => again({ userId: `u${(users += 1)}` }));
                 return event;
               };
               const tracker = again({ beforeSend });
               await tracker.ready;
               tracker.sendFeatureEvent('first');
               await tracker.flush();
             });
             await tryOut('console.log: another user', async (told) => {
               const again = (more) => new na('printed', 'auth', { ...settings, ...more });
               let users = 0;
               const tracker = again({ debug: true });
               await tracker.ready;
               const { log } = console;
               console.log = () => void told(() => again({ userId: `u${(users += 1)}` }));
               tracker.sendFeatureEvent('first');
               await tracker.flush();
               console.log = log;
             });
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

pub async fn events_that_wait_for_ids_say_so_under_debug(stage: &Stage) -> Result<()> {
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
