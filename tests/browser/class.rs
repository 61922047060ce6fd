//! How the class `na` reads what a page passes.

use natero_wasm::class::Natero;
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::network::{Network, page_code, put};
use crate::page::{next_turn, source};

/// The tracker of a test.
pub(crate) struct Tracked(pub(crate) Natero);

/// A tracker of its own source, with these settings. The page sees it as `tracker`, and
/// creates others of the same source with `again(settings)`.
pub(crate) fn track_in_page(settings: &str) {
    let (api_key, auth_key) = source();
    let tracker = track_of(&api_key, &auth_key, settings);
    put("tracker", &JsValue::from(tracker.0));
    page_code(&format!(
        "globalThis.again = (settings) => new tracker.constructor('{api_key}', '{auth_key}',
           Object.defineProperty(settings, 'endpoint',
             {{ value: 'https://usage.example.com', enumerable: true, configurable: true }}));"
    ));
}

/// The value to which a promise of the page resolves.
pub(crate) async fn awaited(code: &str) -> JsValue {
    let promise = js_sys::Promise::from(page_code(code));
    wasm_bindgen_futures::JsFuture::from(promise)
        .await
        .expect("it does not reject")
}

/// The value of an expression in the page, transferred as JSON.
pub(crate) fn told(expression: &str) -> Value {
    let json = page_code(&format!("return JSON.stringify({expression});"));
    serde_json::from_str(&json.as_string().expect("a text")).expect("JSON")
}

/// A tracker of its own source, with these settings.
pub(crate) fn track(settings: &str) -> Tracked {
    let (api_key, auth_key) = source();
    track_of(&api_key, &auth_key, settings)
}

pub(crate) fn track_of(api_key: &str, auth_key: &str, settings: &str) -> Tracked {
    let settings = page_code(&format!(
        "return {{ accountId: 'acme', userId: 'ann', endpoint: 'https://usage.example.com',
           cookiePrefix: '{api_key}_', trackPageViews: false, trackUnload: false, compress: false,
           {settings} }};"
    ));
    Tracked(Natero::new(&api_key.into(), &auth_key.into(), &settings))
}

impl Tracked {
    pub(crate) async fn flush(&self) {
        let flush = js_sys::Promise::from(self.0.flush());
        wasm_bindgen_futures::JsFuture::from(flush)
            .await
            .expect("it never rejects");
    }

    /// The details that arrive when this expression is passed as details.
    pub(crate) async fn details(&self, network: &Network, expression: &str) -> Value {
        network.forget();
        let options = page_code(&format!("return {{ details: {expression} }};"));
        self.0.send_feature_event(&"f".into(), &options);
        self.flush().await;
        let arrived = network.actions("feature").pop();
        arrived.map_or(Value::Null, |event| event["details"].clone())
    }
}

#[wasm_bindgen_test]
async fn an_event_keeps_its_id_behind_what_before_send_adds_to_it() {
    let network = Network::new();
    let tracker = track(
        "beforeSend: (event) => {
           globalThis.lastId ??= event.event_id;
           return { ...event, event_id: 'mine', context: { event_id: lastId } };
         }",
    );
    for feature in ["one", "two"] {
        tracker
            .0
            .send_feature_event(&feature.into(), &JsValue::UNDEFINED);
    }
    tracker.flush().await;
    let asked = network.asked();
    let text = asked[0].text().expect("a text");
    let ids: Vec<_> = text.lines().map(natero_event::event_id).collect();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
    for (line, id) in text.lines().zip(ids) {
        let event: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(event["event_id"].as_str(), id);
        assert_eq!(
            event["context"]["event_id"],
            page_code("return lastId;").as_string().expect("an id")
        );
    }
}

#[wasm_bindgen_test]
async fn details_that_say_what_they_are_are_taken_at_their_word() {
    let network = Network::new();
    let tracker = track("");
    for (expression, expected) in [
        (
            "new (class Model { #rows = 3; toJSON() { return { rows: this.#rows }; } })()",
            json!({ "rows": 3 }),
        ),
        // `toJSON` is not called again on its own result.
        (
            "{ toJSON: () => ({ a: 1, toJSON: () => ({ b: 2 }) }) }",
            json!({ "a": 1 }),
        ),
        (
            "{ list: Object.assign([1], { toJSON: () => [2] }) }",
            json!({ "list": [2] }),
        ),
        (
            "{ url: new URL('https://a.example/b'), at: new Date(0), never: new Date(NaN) }",
            json!({ "url": "https://a.example/b", "at": "1970-01-01T00:00:00.000Z", "never": null }),
        ),
        (
            "{ one: new TypeError(), two: new Error('no'), three: Object.assign(new Error('no'), { name: '' }) }",
            json!({ "one": "TypeError", "two": "Error: no", "three": "no" }),
        ),
        ("{ toJSON: () => [1] }", Value::Null),
        ("{ toJSON: () => 'a text' }", Value::Null),
        ("{ toJSON() { throw new Error('no'); } }", Value::Null),
        ("{ toJSON() { return this; } }", Value::Null),
    ] {
        assert_eq!(
            tracker.details(&network, expression).await,
            expected,
            "{expression}"
        );
    }
}

#[wasm_bindgen_test]
async fn a_to_json_that_a_page_gave_to_all_objects_or_arrays_says_nothing() {
    let network = Network::new();
    let tracker = track("");
    for all in ["Object", "Array"] {
        page_code(&format!("{all}.prototype.toJSON = () => 'a text';"));
        let details = tracker
            .details(&network, "{ list: [1], object: { a: 1 } }")
            .await;
        page_code(&format!("delete {all}.prototype.toJSON;"));
        assert_eq!(
            details,
            json!({ "list": [1], "object": { "a": 1 } }),
            "{all}"
        );
    }
}

#[wasm_bindgen_test]
fn ids_are_trimmed_as_javascript_does() {
    let _network = Network::new();
    let tracker = track("");
    for text in [
        "\u{feff}bob\u{a0}",
        "\u{85}bob\u{85}",
        "\u{2028}b o\u{feff}b\0 ",
    ] {
        tracker.0.set_user_id(&text.into());
        let trimmed = js_sys::JsString::from(text.replace('\0', "")).trim();
        assert_eq!(tracker.0.user_id(), JsValue::from(trimmed), "{text:?}");
    }
    tracker.0.set_user_id(&JsValue::NULL);
    tracker.0.set_user_id(&"\u{feff}".into());
    assert_eq!(tracker.0.user_id(), JsValue::NULL);
}

#[wasm_bindgen_test]
async fn a_page_view_is_of_an_address_and_a_title_without_white_space_around_them() {
    let network = Network::new();
    let tracker = track("");
    let options =
        page_code("return { url: ' https://a.example/b\\n', title: '\\uFEFFthe\\0 title ' };");
    tracker.0.track_page_view(&options);
    tracker.flush().await;
    let view = network.actions("pageView").remove(0);
    assert_eq!(view["title"], "the title");
    assert!(
        view.to_string().contains("\"https://a.example/b\""),
        "{view}"
    );
}

#[wasm_bindgen_test]
async fn what_a_page_gives_to_all_objects_is_no_option_of_a_request() {
    let network = Network::new();
    track_in_page("");
    const NAMES: [&str; 5] = ["priority", "mode", "duplex", "cache", "referrerPolicy"];
    for name in NAMES {
        page_code(&format!("Object.prototype.{name} = 'wrong';"));
    }
    page_code("tracker.sendFeatureEvent('one');");
    let flushed = awaited("return tracker.flush();").await;
    let asked = network.asked();
    let options: Vec<_> = NAMES.iter().map(|name| asked[0].option(name)).collect();
    for name in NAMES {
        page_code(&format!("delete Object.prototype.{name};"));
    }
    assert!(
        options.iter().all(|option| *option != "wrong"),
        "{options:?}"
    );
    put("flushed", &flushed);
    assert_eq!(told("flushed.delivered > 0"), json!(true));
    page_code("tracker.shutdown();");
}

#[wasm_bindgen_test]
async fn a_flush_resolves_to_its_counts_where_all_objects_have_a_then() {
    let _network = Network::new();
    track_in_page("");
    awaited(
        "return new Promise((resolve) => {
           tracker.flush().then((flushed) => { globalThis.flushed = flushed; delete Object.prototype.then; resolve(1); });
           Object.prototype.then = function (resolve) { delete Object.prototype.then; resolve('something else'); };
         });",
    )
    .await;
    assert_eq!(
        told("flushed"),
        json!({ "delivered": 0, "pending": 0, "rejected": 0 })
    );
    page_code("tracker.shutdown();");
}

#[wasm_bindgen_test]
async fn a_before_send_that_promises_an_event_and_breaks_that_leaves_no_rejection() {
    let _network = Network::new();
    track_in_page("beforeSend: async () => { throw new Error('no'); }");
    page_code(
        "globalThis.unhandled = 0;
         globalThis.noteUnhandled = (event) => { unhandled += 1; event.preventDefault(); };
         addEventListener('unhandledrejection', noteUnhandled);
         tracker.sendFeatureEvent('one');",
    );
    awaited("return tracker.flush();").await;
    for _ in 0..3 {
        next_turn().await;
    }
    page_code("removeEventListener('unhandledrejection', noteUnhandled);");
    assert_eq!(told("unhandled"), json!(0));
    page_code("tracker.shutdown();");
}

#[wasm_bindgen_test]
async fn details_are_read_by_their_keys_and_dates_by_their_time() {
    let network = Network::new();
    let tracker = track("");
    for (expression, expected) in [
        (
            "{ 'a\\ud83d': 1, b: { '\\udc00x': { c: 1 } } }",
            json!({ "a\u{fffd}": 1, "b": { "\u{fffd}x": { "c": 1 } } }),
        ),
        (
            "{ at: new (class extends Date { toISOString() { return 'mine'; } })(0),
               never: new Date(NaN) }",
            json!({ "at": "1970-01-01T00:00:00.000Z", "never": null }),
        ),
        (
            "{ date: { [Symbol.toStringTag]: 'Date', a: 1 }, set: { [Symbol.toStringTag]: 'Set', b: 2 },
               map: { [Symbol.toStringTag]: 'Map', toJSON: () => [['c', 3]] } }",
            json!({ "date": { "a": 1 }, "set": { "b": 2 }, "map": [["c", 3]] }),
        ),
    ] {
        assert_eq!(
            tracker.details(&network, expression).await,
            expected,
            "{expression}"
        );
    }
}

#[wasm_bindgen_test]
fn an_id_is_at_most_256_characters_however_it_is_given() {
    let _network = Network::new();
    track_in_page("");
    for (given, is_taken) in [
        ("10n ** 255n", true),
        ("10n ** 256n", false),
        ("1e255", true),
        ("1e300", false),
        ("'\u{1f600}'.repeat(256)", true),
        ("'\u{1f600}'.repeat(257)", false),
        ("' '.repeat(9_000) + 'bob'", true),
        ("'\\0'.repeat(1_025) + 'bob'", false),
        ("'x'.repeat(9_000)", false),
    ] {
        page_code("tracker.setUserId('before');");
        page_code(&format!("tracker.setUserId({given});"));
        assert_eq!(
            told("tracker.getUserId() !== 'before'"),
            json!(is_taken),
            "{given}"
        );
    }
    page_code("tracker.shutdown();");
}

#[wasm_bindgen_test]
fn a_later_construction_is_warned_of_defaults_that_it_asks_for_and_counted_with_the_tracker() {
    let _network = Network::new();
    track_in_page("batchSize: 5, consent: 'pending'");
    page_code(
        "globalThis.warned = [];
         const { warn } = console;
         console.warn = (...texts) => warned.push(texts.join(' '));
         globalThis.other = again({ batchSize: 50, consent: 'granted', idleTimeout: -1 });
         console.warn = warn;",
    );
    let warned = told("warned").to_string();
    assert!(warned.contains("stand: batchSize consent."), "{warned}");
    assert_eq!(
        told("[tracker, other].map((it) => it.stats().dropped.invalid)"),
        json!([1, 1])
    );
    page_code("other.shutdown(); tracker.shutdown();");
}

#[wasm_bindgen_test]
async fn of_several_wrong_arguments_the_first_is_named() {
    let _network = Network::new();
    for (call, named) in [
        ("sendFeatureEvent('', [])", "feature"),
        ("sendFeatureEvent('f', { total: 'x', module: '' })", "total"),
        ("sendModuleEvent('', -1, [])", "module"),
        ("sendModuleEvent('m', -1, [])", "timeSpent"),
        ("identifyUser('', [])", "userId"),
    ] {
        track_in_page("onError: (problem) => { globalThis.problem = problem.message; }");
        page_code(&format!("tracker.{call};"));
        next_turn().await;
        let problem = told("problem").to_string();
        assert!(
            problem.contains(&format!(": {named} must be")),
            "{call}: {problem}"
        );
        page_code("tracker.shutdown();");
    }
}

#[wasm_bindgen_test]
fn a_number_as_an_id_is_the_text_that_the_page_would_make_of_it() {
    let _network = Network::new();
    track_in_page("");
    for (given, id) in [
        ("42", "42"),
        ("-0", "0"),
        ("1.5", "1.5"),
        ("1e-7", "1e-7"),
        ("2 ** 53", "9007199254740992"),
        ("2 ** 64", "18446744073709552000"),
        ("1e20", "100000000000000000000"),
        ("1e21", "1000000000000000000000"),
        ("2n ** 64n", "18446744073709551616"),
    ] {
        page_code(&format!("tracker.setUserId({given});"));
        assert_eq!(told("tracker.getUserId()"), json!(id), "{given}");
    }
    page_code("tracker.shutdown();");
}

#[wasm_bindgen_test]
async fn of_keys_of_a_map_that_are_the_same_text_the_last_counts() {
    let network = Network::new();
    let tracker = track("");
    let details =
        "{ map: new Map([[1, 'a'], [Symbol(), 'b'], [Object.create(null), 'c'], ['1', 'd']]) }";
    let arrived = tracker.details(&network, details).await;
    assert_eq!(arrived, json!({ "map": { "1": "d" } }));
    let asked = network.asked();
    let body = asked[0].text().expect("a text");
    assert!(body.contains(r#"{"map":{"1":"d"}}"#), "{body}");
}

#[wasm_bindgen_test]
async fn the_items_of_lists_that_are_far_too_long_are_not_listed() {
    let network = Network::new();
    let tracker = track("");
    page_code("globalThis.listed = [];");
    for details in [
        "{ a: new Proxy({ length: 1e9, [Symbol.toStringTag]: 'Uint8Array' },
           { ownKeys() { listed.push('list'); return []; } }) }",
        "{ a: Object.defineProperties(new Set(),
           { size: { value: 1e9 }, [Symbol.iterator]: { get() { listed.push('set'); } } }) }",
        "{ a: Object.defineProperties(new Map(),
           { size: { value: 1e9 }, [Symbol.iterator]: { get() { listed.push('map'); } } }) }",
    ] {
        let arrived = tracker.details(&network, details).await;
        assert_eq!(arrived, Value::Null, "{details}");
        assert_eq!(network.actions("feature"), [Value::Null; 0], "{details}");
    }
    assert_eq!(told("listed"), json!([]));
}

#[wasm_bindgen_test]
fn a_later_construction_is_warned_of_hooks_whose_text_is_another() {
    let _network = Network::new();
    track_in_page("beforeSend: (event) => event");
    page_code(
        "globalThis.warned = [];
         const { warn } = console;
         console.warn = (...texts) => warned.push(texts.join(' '));
         globalThis.others = [again({ beforeSend: (event) => event })];
         globalThis.before = warned.length;
         others.push(again({ beforeSend: () => null, onError: () => {} }));
         console.warn = warn;",
    );
    assert_eq!(told("before"), json!(0));
    let warned = told("warned").to_string();
    assert!(warned.contains("stand: beforeSend onError."), "{warned}");
    page_code("for (const other of others) other.shutdown(); tracker.shutdown();");
}

#[wasm_bindgen_test]
async fn where_a_function_of_the_language_gives_wrong_answers_the_class_is_off_and_names_it() {
    let network = Network::new();
    for (part, holder, replacement) in [
        (
            "TextEncoder",
            "TextEncoder.prototype.encodeInto",
            "({ length }, to) => { to[0] = 63; return { read: length, written: 1 }; }",
        ),
        ("JSON", "JSON.parse", "() => ({})"),
        ("JSON", "JSON.stringify", "() => ''"),
        ("Object.keys", "Object.keys", "() => []"),
        (
            "Object.prototype.then",
            "Object.prototype.then",
            "(resolve) => resolve(1)",
        ),
    ] {
        page_code(&format!(
            "globalThis.problems = []; globalThis.kept = {holder}; globalThis.error = console.error;
             console.error = (...texts) => problems.push(texts.join(' '));
             {holder} = {replacement};"
        ));
        let tracker = track("");
        page_code(&format!(
            "console.error = error; {holder} = kept; if (!kept) delete {holder};"
        ));
        tracker
            .0
            .send_feature_event(&"one".into(), &JsValue::UNDEFINED);
        tracker.flush().await;
        let problems = told("problems");
        let is_named = problems[0].as_str().is_some_and(|line| {
            line.contains("The tracker is off: ")
                && line.contains(part)
                && line.ends_with(" is missing or broken.")
        });
        assert!(is_named && problems[1].is_null(), "{part}: {problems}");
    }
    assert_eq!(network.asked().len(), 0);
}
