//! Features, modules, products and identity.

mod common;

use common::{Tab, config, events, flush, id, of, sum};
use natero_engine::{Call, Config, Effect, FlushId, FlushOutcome, Millis, Override};
use natero_event::{Id, Json, Number};

#[test]
fn a_feature_carries_the_sticky_module_and_product_until_they_change() {
    let mut tab = Tab::open(config());
    tab.feature("bare");
    tab.call(Call::SetModule(Id::new("dash")));
    tab.call(Call::SetProduct(Id::new("studio")));
    tab.feature("in both");
    tab.call(Call::SetProduct(None));
    tab.feature("in module");
    tab.call(Call::SetModule(None));
    tab.feature("bare again");
    let all = tab.close();
    let seen: Vec<_> = of(&all, "feature")
        .iter()
        .map(|e| {
            (
                e["feature"].as_str().unwrap().to_owned(),
                e.get("module").and_then(|m| m.as_str()).map(str::to_owned),
                e.get("product").and_then(|p| p.as_str()).map(str::to_owned),
            )
        })
        .collect();
    let row = |f: &str, m: Option<&str>, p: Option<&str>| {
        (f.to_owned(), m.map(str::to_owned), p.map(str::to_owned))
    };
    assert_eq!(
        seen,
        [
            row("bare", None, None),
            row("in both", Some("dash"), Some("studio")),
            row("in module", Some("dash"), None),
            row("bare again", None, None),
        ]
    );
}

#[test]
fn overrides_are_for_one_event_alone() {
    let mut tab = Tab::open(config());
    tab.call(Call::SetModule(Id::new("dash")));
    tab.call(Call::Feature {
        feature: id("elsewhere"),
        total: Number("2.5"),
        module: Override::Is(id("reports")),
        product: Override::Is(id("mobile")),
        details: Some(Json(r#"{"k":1}"#)),
    });
    tab.call(Call::Feature {
        feature: id("nowhere"),
        total: Number::ONE,
        module: Override::Cleared,
        product: Override::Cleared,
        details: None,
    });
    tab.feature("here");
    let all = tab.close();
    let features = of(&all, "feature");
    assert_eq!(features[0]["module"], "reports");
    assert_eq!(features[0]["product"], "mobile");
    assert_eq!(features[0]["total"], 2.5);
    assert_eq!(features[0]["details"]["k"], 1);
    assert!(features[1].get("module").is_none());
    assert_eq!(features[1]["total"], 1);
    assert_eq!(features[2]["module"], "dash");
}

#[test]
fn changing_module_or_product_ends_the_timing_under_the_old_values() {
    let mut tab = Tab::open(config());
    tab.call(Call::SetProduct(Id::new("p1")));
    tab.call(Call::SetModule(Id::new("m1")));
    tab.pass(1_000.0);
    tab.call(Call::SetModule(Id::new("m2")));
    tab.pass(2_000.0);
    tab.call(Call::SetProduct(Id::new("p2")));
    tab.pass(3_000.0);
    tab.call(Call::SetModule(None));
    tab.pass(4_000.0);
    let all = tab.close();
    let ends: Vec<_> = of(&all, "moduleEnd")
        .iter()
        .map(|e| {
            (
                e["module"].as_str().unwrap(),
                e["product"].as_str().unwrap(),
                e["time_spent"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        ends,
        [("m1", "p1", 1000), ("m2", "p1", 2000), ("m2", "p2", 3000)]
    );
}

#[test]
fn setting_what_is_set_already_ends_nothing_and_zero_lengths_are_not_sent() {
    let mut tab = Tab::open(config());
    tab.call(Call::SetModule(Id::new("m")));
    tab.pass(500.0);
    tab.call(Call::SetModule(Id::new("m")));
    tab.pass(500.0);
    tab.call(Call::SetModule(Id::new("n")));
    tab.call(Call::SetModule(Id::new("o")));
    let all = tab.close();
    assert_eq!(of(&all, "moduleEnd").len(), 1);
    assert_eq!(sum(&all, "moduleEnd", "time_spent"), 1000);
}

#[test]
fn events_before_both_ids_are_known_wait_and_carry_what_became_known() {
    let mut tab = Tab::open(Config {
        account_id: None,
        user_id: None,
        ..config()
    });
    tab.feature("early");
    tab.call(Call::SetUser(Id::new("ann")));
    tab.feature("user known");
    tab.call(flush(1));
    assert!(tab.requests.is_empty());
    assert_eq!(
        tab.other.pop(),
        Some(Effect::ResolveFlush(FlushOutcome {
            flush: FlushId(1),
            delivered: 0,
            pending: 2,
            rejected: 0,
        }))
    );
    let session = tab.session();
    tab.call(Call::IdentifyAccount {
        account: id("acme"),
        details: Some(Json(r#"{"name":"Acme"}"#)),
    });
    assert_eq!(
        tab.session(),
        session,
        "the first identity is no change of identity"
    );
    tab.call(flush(2));
    let sent = events(&tab.requests[0]);
    assert_eq!(sent.len(), 3);
    for (seq, event) in sent.iter().enumerate() {
        assert_eq!(event["account_id"], "acme");
        assert_eq!(event["user_id"], "ann");
        assert_eq!(event["seq"], seq);
    }
    assert_eq!(sent[2]["details"]["name"], "Acme");
}

#[test]
fn an_event_keeps_the_user_it_was_made_under_though_the_account_comes_later() {
    let mut tab = Tab::open(Config {
        account_id: None,
        ..config()
    });
    tab.feature("by ann");
    tab.call(Call::SetUser(Id::new("bob")));
    tab.feature("by bob");
    tab.call(Call::SetAccount(Id::new("acme")));
    let all = tab.close();
    let users: Vec<_> = of(&all, "feature")
        .iter()
        .map(|e| e["user_id"].clone())
        .collect();
    assert_eq!(users, ["ann", "bob"]);
}

#[test]
fn another_user_ends_timings_under_the_old_one_and_starts_a_session() {
    let mut tab = Tab::open(config());
    tab.call(Call::SetModule(Id::new("m")));
    tab.pass(1_000.0);
    let before = tab.session();
    tab.call(Call::SetUser(Id::new("bob")));
    assert_ne!(tab.session(), before);
    tab.pass(2_000.0);
    let all = tab.close();
    let ends = of(&all, "moduleEnd");
    assert_eq!(
        (&ends[0]["user_id"], &ends[0]["time_spent"]),
        (&"ann".into(), &1000.into())
    );
    assert_eq!(ends[0]["session_id"], before);
    assert_eq!(
        (&ends[1]["user_id"], &ends[1]["time_spent"]),
        (&"bob".into(), &2000.into())
    );
    let syncs = of(&all, "sessionSync");
    assert_eq!(
        (&syncs[0]["session_id"], &syncs[0]["active_duration"]),
        (&before.into(), &1000.into())
    );
}

#[test]
fn the_account_changing_under_a_user_warns_and_a_new_user_does_not() {
    let mut tab = Tab::open(config());
    tab.call(Call::SetUser(Id::new("bob")));
    assert!(tab.other.is_empty());
    tab.pass(1_000.0);
    tab.call(Call::SetAccount(Id::new("bolt")));
    let user = "bob".to_owned();
    assert_eq!(tab.other, [Effect::WarnAccountChanged { user }]);
}

#[test]
fn a_sign_in_of_two_calls_tells_nothing_of_the_identity_in_between() {
    for user_first in [true, false] {
        let mut tab = Tab::open(config());
        tab.call(Call::SetModule(Id::new("m")));
        tab.pass(1_000.6);
        let calls = [
            Call::SetUser(Id::new("bob")),
            Call::SetAccount(Id::new("bolt")),
        ];
        let [first, second] = calls;
        let (first, second) = if user_first {
            (first, second)
        } else {
            (second, first)
        };
        tab.call(first);
        tab.pass(3.0);
        tab.call(second);
        tab.pass(2_000.0);
        let all = tab.close();
        let ends: Vec<_> = of(&all, "moduleEnd")
            .iter()
            .map(|e| (&e["account_id"], &e["user_id"], e["time_spent"].as_i64()))
            .collect();
        assert_eq!(
            ends,
            [
                (&"acme".into(), &"ann".into(), Some(1000)),
                (&"bolt".into(), &"bob".into(), Some(2003)),
            ]
        );
        assert!(
            all.iter()
                .all(|e| (e["account_id"] == "acme") == (e["user_id"] == "ann"))
        );
    }
}

#[test]
fn a_module_entered_between_the_calls_of_a_sign_in_ends_none_under_the_identity_in_between() {
    let mut tab = Tab::open(config());
    tab.call(Call::SetModule(Id::new("m")));
    tab.pass(1_000.0);
    tab.call(Call::SetUser(Id::new("bob")));
    tab.pass(3.0);
    tab.call(Call::SetModule(Id::new("n")));
    tab.call(Call::SetProduct(Id::new("p")));
    tab.call(Call::SetAccount(Id::new("bolt")));
    tab.pass(2_000.0);
    let all = tab.close();
    let ends: Vec<_> = of(&all, "moduleEnd")
        .iter()
        .map(|e| {
            let text = |name: &str| e[name].as_str().unwrap_or("-");
            let time_spent = e["time_spent"].as_i64();
            (
                text("account_id"),
                text("user_id"),
                text("module"),
                time_spent,
            )
        })
        .collect();
    assert_eq!(
        ends,
        [
            ("acme", "ann", "m", Some(1000)),
            ("bolt", "bob", "n", Some(2003)),
        ]
    );
}

#[test]
fn the_first_identity_keeps_no_module_from_ending() {
    let mut tab = Tab::open(Config {
        user_id: None,
        ..config()
    });
    tab.call(Call::SetModule(Id::new("m")));
    tab.pass(1_000.0);
    tab.call(Call::SetUser(Id::new("ann")));
    tab.call(Call::SetModule(Id::new("n")));
    tab.pass(2_000.0);
    let all = tab.close();
    let ends: Vec<_> = of(&all, "moduleEnd")
        .iter()
        .map(|e| (e["module"].clone(), e["time_spent"].as_i64()))
        .collect();
    assert_eq!(ends, [("m".into(), Some(1000)), ("n".into(), Some(2000))]);
}

#[test]
fn a_measured_module_time_is_sent_as_it_is() {
    let mut tab = Tab::open(config());
    tab.call(Call::SetProduct(Id::new("p")));
    tab.call(Call::ModuleEvent {
        module: id("video"),
        time_spent: Millis(1234.9),
        product: Override::Sticky,
    });
    let all = tab.close();
    let end = of(&all, "moduleEnd")[0];
    assert_eq!(
        (&end["module"], &end["product"], &end["time_spent"]),
        (&"video".into(), &"p".into(), &1234.into())
    );
}

#[test]
fn reset_sends_and_then_forgets_everything() {
    let mut tab = Tab::open(config());
    tab.call(Call::SetModule(Id::new("m")));
    tab.call(Call::SetProduct(Id::new("p")));
    tab.pass(1_000.0);
    let (session, visitor) = (tab.session(), tab.visitor());
    tab.call(Call::Reset);
    let sent = tab.sent();
    assert_eq!(sum(&sent, "moduleEnd", "time_spent"), 1000);
    let ids = tab.engine.identity();
    let ids = [ids.account(), ids.user(), ids.module(), ids.product()];
    assert_eq!(ids, [None; 4]);
    assert_ne!(tab.session(), session);
    assert_ne!(tab.visitor(), visitor);
    assert!(tab.session_cookie.starts_with(&tab.session()));
    assert_eq!(tab.visitor_cookie, tab.visitor());
}

#[test]
fn after_shutdown_calls_do_nothing_and_nothing_is_left_to_wait_for() {
    let mut tab = Tab::open(config());
    tab.call(Call::SetModule(Id::new("m")));
    tab.pass(1_000.0);
    tab.call(Call::Shutdown);
    assert_eq!(tab.other, [Effect::Detach]);
    assert_eq!(sum(&tab.sent(), "moduleEnd", "time_spent"), 1000);
    tab.feature("late");
    assert_eq!(
        tab.engine.stats().accepted,
        2,
        "moduleEnd, sessionSync and nothing of the late call"
    );
    let id = tab.requests[0].request;
    tab.answer(id, 200);
    assert_eq!(tab.engine.poll_timeout(), None);
    assert_eq!(tab.engine.stats().pending, 0);
}

#[test]
fn counters_add_up() {
    let mut tab = Tab::open(Config {
        max_queue_bytes: 2_000,
        ..config()
    });
    for _ in 0..20 {
        tab.feature("f");
    }
    tab.call(flush(1));
    let id = tab.requests[0].request;
    tab.answer(id, 200);
    tab.feature("g");
    let stats = tab.engine.stats();
    let dropped = stats.dropped.overflow;
    assert!(dropped > 0 && stats.delivered > 0);
    assert_eq!(stats.accepted, stats.delivered + stats.pending + dropped);
}

#[test]
fn events_are_dated_in_their_order_though_browsers_blur_their_clocks() {
    let mut tab = Tab::open(config());
    tab.call(Call::SetModule(Id::new("dash")));
    tab.pass(500.0);
    tab.feature("first");
    tab.pass(1.0);
    tab.wall -= 2.0;
    tab.call(Call::SetModule(None));
    // The start of idleness is dated back by the time that passed on the other clock.
    tab.wall -= 30.0;
    tab.pass(70_000.0);
    let all = tab.close();
    let dates: Vec<i64> = all
        .iter()
        .map(|event| event["created_at"].as_i64().unwrap())
        .collect();
    assert!(dates.len() >= 3 && dates.is_sorted(), "{all:#?}");
}

#[test]
fn a_clock_that_is_put_back_dates_what_follows() {
    let mut tab = Tab::open(config());
    tab.feature("before");
    tab.wall -= 150.0;
    tab.feature("after");
    let all = tab.close();
    let date = |at: usize| all[at]["created_at"].as_i64().unwrap();
    assert_eq!(date(0) - date(1), 150);
}
