//! How a tracker is built, and how a later construction joins it.

use std::cell::Cell;
use std::rc::Rc;

use natero_wasm::{Consent, Tracker};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::network::{Network, page_code};
use crate::page::{builder_of, source, track};

/// The warnings that the page gets while this runs.
pub fn warned(run: impl FnOnce()) -> String {
    page_code(
        "globalThis.warned = []; globalThis.original = console.warn;
         console.warn = (...all) => { warned.push(all.join(' ')); };",
    );
    run();
    let warned = page_code("console.warn = original; return warned.join(' | ');");
    warned.as_string().expect("a text")
}

#[wasm_bindgen_test]
async fn ids_and_keys_of_a_builder_are_read_as_those_of_calls() {
    let network = Network::new();
    let (api_key, auth_key) = source();
    let first = track(
        builder_of(&format!("\u{feff}{api_key}"), &format!("{auth_key}\0"))
            .cookie_prefix(format!("{api_key}_"))
            .account_id(" ac\0me ")
            .user_id("\0ann"),
    );
    assert_eq!(first.account_id().as_deref(), Some("acme"));
    assert_eq!(first.user_id().as_deref(), Some("ann"));
    let second = track(builder_of(&api_key, &auth_key).user_id("b\0ob"));
    assert_eq!(first.user_id().as_deref(), Some("bob"), "the same source");
    first.send_feature("one").expect("a feature");
    first.flush().await.expect("a flush");
    let asked = network.asked();
    let path = format!("/v1/{auth_key}/{api_key}");
    assert!(asked[0].url.ends_with(&path), "{}", asked[0].url);
    for wrong in ["\0", " \0 "] {
        assert!(
            builder_of(&api_key, &auth_key)
                .user_id(wrong)
                .build()
                .is_err()
        );
        assert!(Tracker::builder(wrong, &auth_key).build().is_err());
    }
    drop(second);
}

#[wasm_bindgen_test]
fn a_later_builder_is_warned_of_defaults_that_it_asks_for() {
    let _network = Network::new();
    let (api_key, auth_key) = source();
    let first = track(
        builder_of(&api_key, &auth_key)
            .consent(Consent::Pending)
            .batch_size(5),
    );
    let mut others = Vec::new();
    let warned = warned(|| {
        let again = Tracker::builder(&api_key, &auth_key).endpoint("https://usage.example.com");
        others.push(track(again));
        let again = Tracker::builder(&api_key, &auth_key).endpoint("https://usage.example.com");
        others.push(track(again.consent(Consent::Granted).batch_size(50)));
    });
    assert!(
        warned.ends_with("which stand: batchSize consent."),
        "{warned}"
    );
    drop((first, others));
}

#[wasm_bindgen_test]
async fn an_address_for_copies_is_one_that_the_browser_can_read() {
    let network = Network::new();
    let (api_key, auth_key) = source();
    let tracker = track(
        builder_of(&api_key, &auth_key).debug_url("https://copy.example.com/of usage?for=a b"),
    );
    tracker.send_feature("one").expect("a feature");
    tracker.flush().await.expect("a flush");
    assert!(
        network.asked()[0]
            .url
            .starts_with("https://copy.example.com/")
    );
    for wrong in [
        "https://copy example.com/",
        "copy.example.com",
        "https://",
        "ftp://a",
        " ",
    ] {
        let refused = builder_of(&api_key, &auth_key).debug_url(wrong).build();
        let error = refused.expect_err(wrong).to_string();
        assert!(error.contains("debugUrl must be"), "{error}");
    }
}

#[wasm_bindgen_test]
async fn a_panic_in_before_send_costs_that_event_alone() {
    let network = Network::new();
    let (api_key, auth_key) = source();
    let codes = Rc::new(Cell::new(""));
    let noting = Rc::clone(&codes);
    let tracker = track(
        builder_of(&api_key, &auth_key)
            .before_send(|event| {
                let feature = event.fields().get("feature");
                assert_ne!(
                    feature.and_then(|it| it.as_str()),
                    Some("two"),
                    "as intended"
                );
                Some(event)
            })
            .on_error(move |problem| noting.set(problem.code)),
    );
    for feature in ["one", "two", "three"] {
        tracker.send_feature(feature).expect("a feature");
    }
    tracker.flush().await.expect("a flush");
    assert_eq!(network.features(), ["one", "three"]);
    assert_eq!(tracker.stats().dropped.before_send, 1);
    assert_eq!(codes.get(), "before_send");
    assert!(tracker.is_ready());
}

#[wasm_bindgen_test]
async fn on_error_may_flush_and_end_the_tracker_and_build_it_again() {
    let network = Network::new();
    let (api_key, auth_key) = source();
    let ended = Rc::new(Cell::new(0));
    let noting = Rc::clone(&ended);
    let (within_api, within_auth) = (api_key.clone(), auth_key.clone());
    let tracker = track(builder_of(&api_key, &auth_key).on_error(move |_| {
        let again = builder_of(&within_api, &within_auth)
            .build()
            .expect("a handle");
        again.send_feature("told").expect("a feature");
        drop(again.flush());
        again.shutdown().expect("an end");
        noting.set(noting.get() + 1);
    }));
    assert!(tracker.set_user_id("").is_err());
    crate::page::until("on_error", || ended.get() > 0).await;
    crate::page::until("the event", || network.features() == ["told"]).await;
    assert!(tracker.is_ready(), "its own handle is still in use");
    assert_eq!(ended.get(), 1);
}

#[wasm_bindgen_test]
async fn details_that_a_collector_would_not_read_are_refused() {
    let network = Network::new();
    let (api_key, auth_key) = source();
    let tracker = track(builder_of(&api_key, &auth_key));
    let nested = |levels: usize| {
        let mut details = serde_json::json!({ "text": "[[[{{{\"\\" });
        for _ in 1..levels {
            details = serde_json::json!({ "a": details });
        }
        details
    };
    tracker
        .identify_user("ann", &nested(64))
        .expect("64 levels");
    assert!(tracker.identify_user("bob", &nested(65)).is_err());
    tracker.flush().await.expect("a flush");
    assert_eq!(network.actions("identifyUser")[0]["details"], nested(64));
    assert_eq!(tracker.user_id().as_deref(), Some("ann"));
}

#[cfg(feature = "class")]
mod of_the_class {
    use serde_json::json;
    use wasm_bindgen_test::wasm_bindgen_test;

    use crate::class::{told, track_in_page};
    use crate::network::{Network, page_code};
    use crate::page::source;

    /// What is reported while this runs in the page, where `tracker` is a tracker and
    /// `again` joins it.
    fn reported(code: &str) -> Vec<String> {
        page_code(&format!(
            "globalThis.reported = []; const {{ error }} = console;
             console.error = (...texts) => reported.push(texts.join(' '));
             try {{ {code} }} finally {{ console.error = error; }}"
        ));
        serde_json::from_value(told("reported")).expect("texts")
    }

    #[wasm_bindgen_test]
    fn of_what_turns_a_tracker_off_the_first_is_reported_and_then_its_other_settings() {
        let _network = Network::new();
        track_in_page("");
        let (api_key, auth_key) = source();
        for (arguments, expected) in [
            ("'', '', []".to_owned(), vec!["settings must be"]),
            (
                "'', '', { get endpoint() { throw 1; } }".to_owned(),
                vec!["settings must be"],
            ),
            ("'', ''".to_owned(), vec!["apiKey must be"]),
            (
                "'k', '.', { batchSize: 'x' }".to_owned(),
                vec!["authKey must be", "batchSize must be"],
            ),
            (
                "'', 'k', { endpoint: '' }".to_owned(),
                vec!["apiKey must be"],
            ),
            (
                "'', 'k', Object.create({ endpoint: 'https://a' })".to_owned(),
                vec!["apiKey must be"],
            ),
            (
                format!("'{api_key}', '{auth_key}', {{ idleTimeout: 0, endpoint: 'a' }}"),
                vec!["endpoint must be", "idleTimeout must be"],
            ),
            (
                format!(
                    "'{api_key}', '{auth_key}', Object.assign(Object.create({{ endpoint: 'https://a' }}), {{ idleTimeout: 0 }})"
                ),
                vec!["settings inherit or hide endpoint"],
            ),
        ] {
            let reports = reported(&format!(
                "globalThis.off = new tracker.constructor({arguments});"
            ));
            assert_eq!(reports.len(), expected.len(), "{arguments}: {reports:?}");
            for (report, expected) in reports.iter().zip(&expected) {
                assert!(report.contains(expected), "{arguments}: {reports:?}");
            }
            assert_eq!(told("off.stats().dropped.invalid"), json!(expected.len()));
        }
        page_code("tracker.shutdown();");
    }

    #[wasm_bindgen_test]
    fn a_wrong_id_of_a_later_construction_leaves_the_id_that_is_set() {
        let _network = Network::new();
        track_in_page("");
        let reports =
            reported("globalThis.other = again({ accountId: [], userId: ' ', idleTimeout: 0 });");
        assert_eq!(
            reports,
            [
                "natero: setUserId: userId must be a string of 1 to 256 characters; got an empty string. The call was ignored.",
                "natero: setAccountId: accountId must be a string of 1 to 256 characters; got an array. The call was ignored.",
                "natero: new na: idleTimeout must be a number above 0; got 0. The default is used.",
            ]
        );
        assert_eq!(
            told("[other.getAccountId(), other.getUserId(), tracker.stats().dropped.invalid]"),
            json!(["acme", "ann", 3])
        );
        page_code("other.shutdown(); tracker.shutdown();");
    }

    #[wasm_bindgen_test]
    fn a_value_is_described_by_what_it_is() {
        let _network = Network::new();
        track_in_page("");
        for (given, description) in [
            ("new Date()", "a Date object"),
            ("new Number(3)", "a Number object"),
            ("/a/", "a RegExp object"),
            ("[]", "an array"),
            ("{}", "an object"),
            ("() => {}", "a function"),
            ("Symbol()", "a symbol"),
            ("-0", "0"),
            ("-Infinity", "-Infinity"),
        ] {
            let reports = reported(&format!("tracker.trackPageView({{ url: {given} }});"));
            let expected = format!(
                "natero: trackPageView: url must be a string; got {description}. The call was ignored."
            );
            assert_eq!(reports, [expected], "{given}");
        }
        page_code("tracker.shutdown();");
    }
}
