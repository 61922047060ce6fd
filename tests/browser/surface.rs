//! The methods of a tracker, and what they send.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use natero_wasm::{Feature, TrackerError};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::construction::warned;
use crate::network::{Network, page_code};
use crate::page::{builder, builder_of, next_turn, source, track};

#[wasm_bindgen_test]
async fn a_feature_carries_what_is_set_and_what_is_said_of_it_alone() {
    let network = Network::new();
    let tracker = track(builder());
    tracker.set_product_id("studio").expect("an id");
    tracker.set_module_id("reports").expect("an id");
    tracker.send_feature("open").expect("a feature");
    let export = Feature::new("export")
        .total(2.5)
        .module(None)
        .product("other")
        .details(&json!({ "rows": 3 }));
    tracker.send_feature(export).expect("a feature");
    let flushed = tracker.flush().await.expect("a flush");
    assert_eq!((flushed.delivered, flushed.pending), (2, 0));
    let events = network.actions("feature");
    assert_eq!(events[0]["feature"], "open");
    assert_eq!(
        (&events[0]["module"], &events[0]["product"]),
        (&json!("reports"), &json!("studio"))
    );
    assert_eq!(events[0]["total"], 1);
    assert_eq!(events[1]["total"], 2.5);
    assert_eq!(events[1].get("module"), None);
    assert_eq!(events[1]["product"], "other");
    assert_eq!(events[1]["details"], json!({ "rows": 3 }));
    assert_eq!(events[1]["account_id"], "acme");
}

#[wasm_bindgen_test]
async fn identification_sets_the_identity_and_tells_more() {
    #[derive(serde::Serialize)]
    struct Account {
        plan: &'static str,
    }
    let network = Network::new();
    let tracker = track(builder());
    tracker
        .identify_account("other", &Account { plan: "gold" })
        .expect("an account");
    tracker.identify_user("bob", &()).expect("a user");
    assert_eq!(tracker.account_id().as_deref(), Some("other"));
    assert_eq!(tracker.user_id().as_deref(), Some("bob"));
    tracker.flush().await.expect("a flush");
    assert_eq!(
        network.actions("identifyAccount")[0]["details"],
        json!({ "plan": "gold" })
    );
    assert_eq!(network.actions("identifyUser")[0]["details"], json!({}));
}

#[wasm_bindgen_test]
async fn a_wrong_call_is_refused_by_type_and_changes_nothing() {
    let _network = Network::new();
    let tracker = track(builder());
    tracker.set_module_id("reports").expect("an id");
    let refused = [
        tracker.set_module_id(" "),
        tracker.set_user_id("x".repeat(257).as_str()),
        tracker.send_feature(Feature::new("f").total(f64::NAN)),
        tracker.send_feature(Feature::new("f").details(&[1])),
        tracker.send_module("m", -1.0),
        tracker.identify_user("", &()),
    ];
    for refused in refused {
        let error = refused.expect_err("a wrong call");
        assert!(
            matches!(error, TrackerError::InvalidArgument { .. }),
            "{error:?}"
        );
        assert_eq!(error.code(), "invalid_argument");
    }
    assert_eq!(tracker.module_id().as_deref(), Some("reports"));
    assert_eq!(tracker.user_id().as_deref(), Some("ann"));
    assert_eq!(tracker.stats().accepted, 0);
    assert_eq!(tracker.refused_calls(), 6);
}

#[wasm_bindgen_test]
async fn before_send_edits_drops_and_may_ask_but_not_make_events() {
    let network = Network::new();
    let (api_key, auth_key) = source();
    let again = builder_of(&api_key, &auth_key);
    let asked = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&asked);
    let handle = Rc::new(RefCell::new(None));
    let within = Rc::clone(&handle);
    let tracker = track(again.before_send(move |mut event| {
        let tracker: Option<natero_wasm::Tracker> = *within.borrow();
        if let Some(tracker) = tracker {
            seen.borrow_mut()
                .push((tracker.user_id(), tracker.send_feature("loop")));
        }
        if event.fields()["feature"] == "secret" {
            return None;
        }
        event.fields_mut().insert("feature".into(), "edited".into());
        Some(event)
    }));
    handle.replace(Some(tracker.0));
    tracker.send_feature("plain").expect("a feature");
    tracker.send_feature("secret").expect("a feature");
    tracker.flush().await.expect("a flush");
    assert_eq!(network.features(), ["edited"]);
    assert_eq!(tracker.stats().dropped.before_send, 1);
    let asked = asked.borrow();
    assert_eq!(asked.len(), 2);
    for (user, made) in asked.iter() {
        assert_eq!(user.as_deref(), Some("ann"));
        assert!(
            matches!(made, Err(TrackerError::InBeforeSend { .. })),
            "{made:?}"
        );
    }
}

#[wasm_bindgen_test]
async fn events_that_lead_to_the_next_in_a_microtask_let_the_page_go_on() {
    let network = Network::new();
    let (api_key, auth_key) = source();
    let again = builder_of(&api_key, &auth_key).compress(false);
    let handle = Rc::new(RefCell::new(None));
    let (within, goes_on) = (Rc::clone(&handle), Rc::new(Cell::new(true)));
    let asked = Rc::clone(&goes_on);
    let tracker = track(again.before_send(move |event| {
        let tracker: Option<natero_wasm::Tracker> = *within.borrow();
        if let Some(tracker) = tracker.filter(|_| asked.get()) {
            wasm_bindgen_futures::spawn_local(async move {
                let _ = tracker.send_feature("next");
            });
        }
        Some(event)
    }));
    handle.replace(Some(tracker.0));
    tracker.send_feature("first").expect("a feature");
    // A task of the page. It would not run if the microtasks never ended.
    next_turn().await;
    goes_on.set(false);
    let accepted = tracker.stats().accepted;
    tracker.flush().await.expect("a flush");
    assert!(network.features().len() as u32 >= accepted, "all are sent");
    assert_eq!(network.features()[0], "first");
}

#[wasm_bindgen_test]
async fn on_error_may_call_the_tracker_and_cannot_loop() {
    let network = Network::new();
    let told = Rc::new(RefCell::new(Vec::new()));
    let (telling, handle) = (Rc::clone(&told), Rc::new(RefCell::new(None)));
    let within = Rc::clone(&handle);
    let tracker = track(builder().on_error(move |problem| {
        telling.borrow_mut().push(problem.clone());
        let tracker: Option<natero_wasm::Tracker> = *within.borrow();
        if let Some(tracker) = tracker {
            let _ = tracker.set_user_id("");
            tracker.send_feature("told").expect("a feature");
        }
    }));
    handle.replace(Some(tracker.0));
    assert!(tracker.set_user_id("").is_err());
    crate::page::until("a problem", || !told.borrow().is_empty()).await;
    for _ in 0..10 {
        next_turn().await;
    }
    // The same message is reported at most once a second.
    assert_eq!(told.borrow().len(), 1);
    assert_eq!(
        (told.borrow()[0].code, told.borrow()[0].dropped),
        ("invalid_argument", 0)
    );
    tracker.flush().await.expect("a flush");
    assert_eq!(network.features(), ["told"]);
}

#[wasm_bindgen_test]
async fn there_is_one_tracker_for_a_source_until_its_last_handle_is_shut_down() {
    let network = Network::new();
    let (api_key, auth_key) = source();
    let first = track(builder_of(&api_key, &auth_key));
    let second = track(builder_of(&api_key, &auth_key).user_id("bob"));
    assert_eq!(first.user_id().as_deref(), Some("bob"));
    assert_ne!(first.0, second.0);
    second.send_feature("by the second").expect("a feature");
    second.shutdown().expect("an end");
    assert!(matches!(
        second.send_feature("late"),
        Err(TrackerError::ShutDown { .. })
    ));
    let copy = first.0;
    copy.send_feature("by a copy of the first")
        .expect("a feature");
    first.flush().await.expect("a flush");
    assert_eq!(
        network.features(),
        ["by the second", "by a copy of the first"]
    );
    copy.shutdown().expect("an end");
    assert!(!first.is_ready());
    let anew = track(builder_of(&api_key, &auth_key));
    assert!(anew.is_ready());
    assert_ne!(anew.stats().accepted, first.stats().accepted);
}

#[wasm_bindgen_test]
async fn a_later_construction_of_another_account_and_user_is_no_change_of_the_account_of_one_user()
{
    let _network = Network::new();
    let (api_key, auth_key) = source();
    let first = track(builder_of(&api_key, &auth_key));
    let warned = warned(|| {
        let other = builder_of(&api_key, &auth_key);
        drop(track(other.account_id("globex").user_id("bob")));
    });
    assert_eq!(warned, "");
    assert_eq!(first.account_id().as_deref(), Some("globex"));
    assert_eq!(first.user_id().as_deref(), Some("bob"));
}

#[wasm_bindgen_test]
async fn ids_addresses_and_titles_are_trimmed_as_javascript_does() {
    let network = Network::new();
    let tracker = track(builder());
    tracker.set_user_id("\u{feff}bob\u{2003}").expect("an id");
    assert_eq!(tracker.user_id().as_deref(), Some("bob"));
    tracker.set_user_id("bob\u{85}").expect("an id");
    assert_eq!(tracker.user_id().as_deref(), Some("bob\u{85}"));
    assert!(tracker.set_user_id("\u{feff}").is_err());
    let (url, title) = (" https://a.example/b\n", "\u{feff}the title ");
    tracker
        .track_page_view(Some(url), Some(title))
        .expect("a page view");
    tracker.flush().await.expect("a flush");
    let view = network.actions("pageView").remove(0);
    assert_eq!(view["title"], "the title");
    assert!(
        view.to_string().contains("\"https://a.example/b\""),
        "{view}"
    );
}

#[wasm_bindgen_test]
async fn a_later_construction_is_told_once_which_of_its_settings_do_not_count() {
    let _network = Network::new();
    let (api_key, auth_key) = source();
    page_code(
        "globalThis.warned = []; globalThis.original = console.warn;
         console.warn = (...all) => { warned.push(all.join(' ')); };",
    );
    let first = track(builder_of(&api_key, &auth_key).batch_size(20));
    // The same source with its address written in another way, and without other settings.
    let again = |endpoint: &str| {
        let builder = natero_wasm::Tracker::builder(&api_key, &auth_key);
        builder.endpoint(endpoint)
    };
    let second = track(again("https://usage.example.com/"));
    let warned = || page_code("return warned.join(' | ');").as_string();
    assert_eq!(warned().as_deref(), Some(""));
    let others = [
        track(
            again("https://usage.example.com")
                .batch_size(30)
                .debug(true),
        ),
        track(again("https://usage.example.com").before_send(Some)),
    ];
    let warned = warned().expect("a text");
    page_code("console.warn = original;");
    assert!(
        warned.ends_with("settings already, which stand: debug batchSize."),
        "{warned}"
    );
    assert_eq!(warned.matches("natero:").count(), 1, "{warned}");
    drop((first, second, others));
}

#[wasm_bindgen_test]
fn a_key_that_an_address_leaves_out_is_refused() {
    for (api_key, auth_key) in [(".", "auth"), ("api", "..")] {
        let refused = natero_wasm::Tracker::builder(api_key, auth_key).build();
        let error = refused.expect_err("no key").to_string();
        assert!(error.contains("got dots alone."), "{error}");
    }
}

#[wasm_bindgen_test]
async fn a_module_lasts_as_long_as_the_guard_of_the_component_that_is_in_it() {
    let network = Network::new();
    let tracker = track(builder());
    let module = || tracker.module_id();
    let reports = tracker.enter_module("reports").expect("an id");
    // The next component of the same module appears before the previous one is removed.
    let report = tracker.enter_module("reports").expect("an id");
    drop(reports);
    assert_eq!(module().as_deref(), Some("reports"));
    let editor = tracker.enter_module("editor").expect("an id");
    assert_eq!(module().as_deref(), Some("editor"));
    drop(editor);
    assert_eq!(module().as_deref(), Some("reports"));
    tracker.set_module_id("by hand").expect("an id");
    drop(report);
    assert_eq!(module().as_deref(), Some("by hand"));
    assert!(tracker.enter_module("").is_err());
    let kept = tracker.enter_module("kept").expect("an id");
    tracker.reset().expect("a reset");
    drop(kept);
    assert_eq!(module(), None);
    assert_eq!(network.features(), [""; 0]);
}

#[wasm_bindgen_test]
async fn a_flush_begins_at_once_and_tells_how_it_ended() {
    let network = Network::new();
    let tracker = track(builder());
    tracker.send_feature("one").expect("a feature");
    let flush = tracker.flush();
    assert_eq!(network.asked().len(), 1);
    assert_eq!(flush.await.expect("a flush").delivered, 1);
    assert_eq!(tracker.stats().pending, 0);
    tracker.shutdown().expect("an end");
    let refused = tracker.flush().await;
    assert!(
        matches!(refused, Err(TrackerError::ShutDown { .. })),
        "{refused:?}"
    );
}

#[wasm_bindgen_test]
async fn a_reset_forgets_the_user_the_session_and_the_visitor() {
    let _network = Network::new();
    let tracker = track(builder());
    let before = (tracker.session_id(), tracker.visitor_id());
    assert!(before.0.is_some() && before.1.is_some());
    tracker.reset().expect("a reset");
    assert_eq!((tracker.account_id(), tracker.user_id()), (None, None));
    assert_ne!(tracker.session_id(), before.0);
    assert_ne!(tracker.visitor_id(), before.1);
}
