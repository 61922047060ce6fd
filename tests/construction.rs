//! What a tracker is before anything happened, and by which settings.

#![cfg(target_arch = "wasm32")]

mod support;

use support::{
    BEFORE_SEND, DEBUG, DENIED, DISABLE_EVENT_SEND, MEMORY, PENDING, Page, Settings,
    TRACK_PAGE_VIEWS, TRACK_UNLOAD,
};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn construction_asks_the_host_for_nothing() {
    assert_eq!(Page::made(Settings::default()).effects(), []);
}

#[wasm_bindgen_test]
fn account_and_user_of_the_settings_are_current_at_once() {
    let page = Page::made(Settings::default());
    assert_eq!([page.read(0), page.read(1)], ["acme", "ann"]);
    assert_eq!([page.read(2), page.read(3)], ["", ""]);
}

#[wasm_bindgen_test]
fn what_is_not_known_reads_as_nothing() {
    for (text, account, user) in [
        ("", "", ""),
        ("\0", "", ""),
        ("acme\0", "acme", ""),
        ("\0ann", "", "ann"),
        ("acme", "acme", ""),
    ] {
        let page = Page::made(Settings {
            text: text.into(),
            ..Settings::default()
        });
        assert_eq!([page.read(0), page.read(1)], [account, user], "{text:?}");
    }
}

#[wasm_bindgen_test]
fn session_and_visitor_come_from_the_seed() {
    let ids = |seed| {
        let page = Page::made(Settings {
            seed,
            ..Settings::default()
        });
        [page.read(4), page.read(5)]
    };
    let first = ids([1, 2, 3, 4]);
    assert!(first.iter().all(|id| id.len() == 16), "{first:?}");
    assert_ne!(first[0], first[1]);
    assert_eq!(first, ids([1, 2, 3, 4]));
    for other in [[9, 2, 3, 4], [1, 9, 3, 4], [1, 2, 9, 4], [1, 2, 3, 9]] {
        assert_ne!(first, ids(other), "{other:?}");
    }
}

#[wasm_bindgen_test]
fn counters_begin_at_0() {
    let page = Page::made(Settings::default());
    assert_eq!(page.counters(), [0; 12]);
}

/// What a page with an address leads to when it is seen, used for a second and
/// hidden, under these flags.
fn visit(flags: u32) -> Page {
    let page = Page::made(Settings::flags(flags));
    page.tell_with(
        "Start",
        "https://a.example/\0title\0\0\0",
        [1.0, 0.0, 0.0, 0.0],
    );
    page.at(1000.0).tell("Hidden", "");
    page
}

fn actions(page: &Page) -> Vec<String> {
    let sends = page.all("Send");
    let events = sends.iter().flat_map(|send| send.events());
    events
        .map(|event| event["action"].as_str().expect("an action").to_owned())
        .collect()
}

#[wasm_bindgen_test]
fn each_flag_is_the_setting_that_decode_says() {
    assert_eq!(actions(&visit(0)), [""; 0]);
    assert_eq!(actions(&visit(TRACK_UNLOAD)), ["sessionSync"]);
    assert_eq!(actions(&visit(TRACK_PAGE_VIEWS)), ["pageView"]);
    let both = TRACK_UNLOAD | TRACK_PAGE_VIEWS;
    assert_eq!(
        actions(&visit(both)),
        ["pageView", "sessionSync", "pageViewEnd"]
    );

    let disabled = visit(TRACK_PAGE_VIEWS | DISABLE_EVENT_SEND);
    assert_eq!(disabled.all("Send"), []);
    assert_eq!(disabled.counters()[6], 1, "dropped as disabled");

    assert_eq!(visit(TRACK_PAGE_VIEWS).all("Debug"), []);
    assert_eq!(visit(TRACK_PAGE_VIEWS | DEBUG).all("Debug").len(), 1);

    assert_eq!(visit(TRACK_PAGE_VIEWS).all("Filter"), []);
    assert_eq!(visit(TRACK_PAGE_VIEWS | BEFORE_SEND).all("Filter").len(), 1);

    assert_eq!(visit(0).all("SetVisitor").len(), 1);
    assert_eq!(visit(MEMORY).all("SetVisitor"), []);

    let pending = visit(TRACK_PAGE_VIEWS | PENDING);
    assert_eq!(pending.all("Send"), []);
    assert_eq!(pending.counters()[2], 1, "pending");

    for flags in [DENIED, DENIED | PENDING] {
        let denied = visit(TRACK_PAGE_VIEWS | flags);
        let effects = denied.effects();
        let touches = ["Send", "SetSession", "SetVisitor", "ReadCookies"];
        assert!(
            !effects.iter().any(|e| touches.contains(&e.name.as_str())),
            "{effects:?}"
        );
        assert_eq!(denied.counters()[5], 1, "dropped for consent");
    }
}

/// A tracker with one number of the settings changed.
fn with(which: usize, value: f64) -> Page {
    let mut settings = Settings::default();
    settings.numbers[which] = value;
    let page = Page::made(settings);
    page.tell_with("Start", "", [1.0, 0.0, 0.0, 0.0]);
    page
}

#[wasm_bindgen_test]
fn each_number_is_the_setting_that_decode_says() {
    assert_eq!(
        with(0, 90_000.0).one("SetSession").a,
        90.0,
        "sessionTimeout"
    );

    let idle = with(1, 2_000.0);
    assert_eq!(idle.one("Wake").a, 2_000.0, "idleTimeout");
    assert_eq!(
        with(2, 3_000.0).one("Wake").a,
        3_000.0,
        "sessionSyncInterval"
    );

    let flush = with(3, 700.0);
    flush.effects();
    flush.feature("f");
    assert_eq!(flush.one("Wake").a, 700.0, "flushInterval");

    let batch = with(4, 2.0);
    batch.effects();
    batch.feature("one");
    assert_eq!(batch.all("Send"), []);
    batch.feature("two");
    assert_eq!(batch.one("Send").b, 2.0, "batchSize");

    let small = with(5, 10.0);
    small.feature("f");
    assert_eq!(small.one("Lost").b, 1.0, "maxQueueBytes");
}
