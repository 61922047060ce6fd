//! Clocks and timers that a page has replaced.

use wasm_bindgen_test::wasm_bindgen_test;

use crate::network::{Network, page_code};
use crate::page::{builder, track};

#[wasm_bindgen_test]
async fn no_time_is_below_0_where_the_clock_of_the_page_goes_back() {
    let network = Network::new();
    page_code(
        "globalThis.now = performance.now.bind(performance);
         globalThis.back = 0;
         performance.now = () => now() - back;",
    );
    let tracker = track(builder());
    tracker.set_module_id("reports").expect("an id");
    page_code("for (const end = now() + 20; now() < end; );");
    tracker.send_feature("before").expect("a feature");
    page_code("back = 3_600_000;");
    tracker.send_feature("after").expect("a feature");
    tracker.set_module_id("orders").expect("an id");
    tracker.flush().await.expect("a flush");
    page_code("delete performance.now;");
    assert_eq!(network.features(), ["before", "after"]);
    let ends = network.actions("moduleEnd");
    let spent = ends[0]["time_spent"].as_f64().expect("a time");
    assert!((15.0..60_000.0).contains(&spent), "{spent}");
}

/// Runs with these timers in place of the page's, and returns the warnings that the page got.
/// Assertions must come afterwards, because a failing test must not leave the timers to the
/// next one. Code outside of the wasm keeps the browser's timers: WebKit's driver uses them
/// to poll the progress of the tests.
async fn with_timers(timers: &str, run: impl AsyncFnOnce()) -> Vec<String> {
    page_code(&format!(
        "globalThis.original = {{ setTimeout, warn: console.warn }};
         globalThis.warnings = [];
         console.warn = (...parts) => warnings.push(parts.join(' '));
         const broken = {timers};
         Object.defineProperty(globalThis, 'setTimeout', {{
             configurable: true,
             get: () => (new Error().stack.includes('wasm') ? broken : original.setTimeout),
         }});"
    ));
    run().await;
    let warnings = page_code(
        "Object.defineProperty(globalThis, 'setTimeout', {
             configurable: true, enumerable: true, value: original.setTimeout, writable: true,
         });
         console.warn = original.warn;
         return warnings;",
    );
    js_sys::Array::from(&warnings)
        .iter()
        .filter_map(|warning| warning.as_string())
        .collect()
}

/// Lets the page run what is queued, in a task of its own and without a timer.
async fn task() {
    let done = page_code(
        "const { port1, port2 } = new MessageChannel();
         return new Promise((done) => {
             port1.onmessage = () => { port1.close(); done(); };
             port2.postMessage(0);
         });",
    );
    wasm_bindgen_futures::JsFuture::from(js_sys::Promise::from(done))
        .await
        .expect("a task");
}

#[wasm_bindgen_test]
async fn without_timers_it_is_said_once_and_everything_is_sent_all_the_same() {
    for timers in [
        "undefined",
        "() => { throw new Error('of the page'); }",
        "(task) => { task(); return 1; }",
    ] {
        let network = Network::new();
        let warnings = with_timers(timers, async || {
            let seldom = std::time::Duration::from_secs(3_600);
            let tracker = track(builder().compress(false).flush_interval(seldom));
            for _ in 0..100 {
                tracker.send_feature("many").expect("a feature");
            }
            for _ in 0..1_000 {
                if network.features().len() == 100 {
                    break;
                }
                task().await;
            }
        })
        .await;
        assert_eq!(network.features().len(), 100, "{timers}");
        assert!(
            matches!(&warnings[..], [one] if one.contains("setTimeout")),
            "{timers}: {warnings:?}"
        );
    }
}
