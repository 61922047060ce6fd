//! Session and visitor across pages, tabs and time.

mod common;

use common::{Tab, config, flush, of, request, unanswered};
use natero_engine::{Call, Config, Consent, Effect, Input, Persistence, View};
use natero_event::Id;

#[test]
fn a_session_ends_after_its_timeout_and_the_next_activity_starts_another() {
    let mut tab = Tab::open(config());
    let first = tab.session();
    tab.pass(1_799_000.0);
    tab.tell(Input::Activity);
    assert_eq!(tab.session(), first);
    tab.pass(1_801_000.0);
    assert_eq!(tab.session(), first, "without activity nothing starts");
    tab.tell(Input::Activity);
    assert_ne!(tab.session(), first);
    assert!(tab.session_cookie.starts_with(&tab.session()));
}

#[test]
fn a_page_goes_on_with_the_session_and_visitor_of_the_page_before() {
    let mut first = Tab::open(config());
    first.work(10_000.0, 1_000.0);
    let next = Tab::open_with(
        config(),
        [9; 4],
        20_000.0,
        &first.session_cookie,
        &first.visitor_cookie,
        true,
    );
    assert_eq!(next.session(), first.session());
    assert_eq!(next.visitor(), first.visitor());
    let late = Tab::open_with(
        config(),
        [9; 4],
        2_000_000.0,
        &first.session_cookie,
        &first.visitor_cookie,
        true,
    );
    assert_ne!(late.session(), first.session());
    assert_eq!(late.visitor(), first.visitor());
}

#[test]
fn a_tab_that_was_away_takes_up_the_session_that_the_others_share() {
    let mut a = Tab::open(config());
    let old = a.session();
    a.tell(Input::Hidden);
    a.pass(3_600_000.0);
    a.session_cookie = format!("fresh.{}", a.wall as i64 - 60_000);
    a.tell(Input::Shown);
    assert_eq!(a.session(), "fresh");
    assert_ne!(a.session(), old);
}

#[test]
fn a_session_that_another_tab_ended_is_told_its_time_before_the_next_begins() {
    let mut tab = Tab::open(config());
    let old = tab.session();
    tab.pass(10_000.0);
    tab.session_cookie = format!("fresh.{}", tab.wall as i64);
    tab.tell(Input::Activity);
    tab.pass(2_000.0);
    let all = tab.close();
    let reported: Vec<_> = of(&all, "sessionSync")
        .iter()
        .map(|e| (e["session_id"].clone(), e["active_duration"].as_i64()))
        .collect();
    assert_eq!(
        reported,
        [(old.into(), Some(10_000)), ("fresh".into(), Some(2_000))]
    );
}

#[test]
fn a_clock_that_was_set_back_does_not_end_the_session() {
    let mut tab = Tab::open(config());
    let first = tab.session();
    tab.wall -= 86_400_000.0;
    tab.work(20_000.0, 1_000.0);
    assert_eq!(tab.session(), first);
}

#[test]
fn blocked_cookies_leave_the_session_with_the_page() {
    let mut tab = Tab::open(config());
    let first = tab.session();
    for _ in 0..10 {
        tab.session_cookie.clear();
        tab.visitor_cookie.clear();
        tab.work(60_000.0, 10_000.0);
    }
    assert_eq!(tab.session(), first);
}

#[test]
fn foreign_content_under_our_cookies_is_not_taken() {
    for junk in [
        "<script>.1700000000000",
        "a b.1700000000000",
        "x",
        "x.NaN",
        "x.-5",
    ] {
        let tab = Tab::open_with(config(), [1; 4], 0.0, junk, "no;good", true);
        assert_eq!(tab.session().len(), 16, "{junk}");
        assert_eq!(tab.visitor().len(), 16);
    }
}

#[test]
fn in_memory_nothing_is_read_or_kept() {
    let mut tab = Tab::open(Config {
        persistence: Persistence::Memory,
        ..config()
    });
    tab.work(60_000.0, 1_000.0);
    tab.call(Call::SetUser(Id::new("bob")));
    tab.call(Call::Reset);
    tab.call(Call::OptOut);
    assert_eq!(
        (tab.session_cookie.as_str(), tab.visitor_cookie.as_str()),
        ("", "")
    );
    assert!(tab.other.is_empty());
}

#[test]
fn with_sending_disabled_no_cookie_is_set_and_no_tab_is_announced_through_storage() {
    let mut tab = Tab::open(Config {
        disable_event_send: true,
        ..config()
    });
    let visitor = tab.visitor();
    tab.work(60_000.0, 1_000.0);
    // Long enough for a new session.
    tab.pass(3_600_000.0);
    tab.tell(Input::Activity);
    tab.call(Call::SetUser(Id::new("bob")));
    tab.call(Call::OptOut);
    tab.call(Call::OptIn);
    assert_eq!(
        (tab.session_cookie.as_str(), tab.visitor_cookie.as_str()),
        ("", "")
    );
    assert!(tab.announced > 0);
    assert_eq!(tab.announced_through_storage, 0);
    assert_eq!(tab.visitor(), visitor);
}

#[test]
fn with_sending_disabled_a_reset_still_erases_the_cookies_of_other_pages() {
    let first = Tab::open(config());
    let mut tab = Tab::open_with(
        Config {
            disable_event_send: true,
            ..config()
        },
        [5; 4],
        1_000.0,
        &first.session_cookie,
        &first.visitor_cookie,
        true,
    );
    assert_eq!(tab.visitor(), first.visitor());
    tab.call(Call::Reset);
    assert_eq!(
        (tab.session_cookie.as_str(), tab.visitor_cookie.as_str()),
        ("", "")
    );
}

#[test]
fn a_reset_forgets_the_visitor_whatever_the_consent() {
    for consent in [Consent::Pending, Consent::Denied] {
        let first = Tab::open(config());
        let mut tab = Tab::open_with(
            Config {
                consent,
                ..config()
            },
            [5; 4],
            1_000.0,
            &first.session_cookie,
            &first.visitor_cookie,
            true,
        );
        tab.call(Call::Reset);
        tab.call(Call::OptIn);
        assert_ne!(tab.visitor(), first.visitor(), "{consent:?}");
        assert_ne!(tab.session(), first.session(), "{consent:?}");
    }
}

#[test]
fn while_consent_is_pending_events_wait_and_no_cookie_is_set() {
    let mut tab = Tab::open(Config {
        consent: Consent::Pending,
        ..config()
    });
    for _ in 0..60 {
        tab.feature("f");
    }
    tab.work(60_000.0, 1_000.0);
    tab.call(flush(1));
    assert!(tab.requests.is_empty());
    assert_eq!(tab.session_cookie, "");
    tab.call(Call::OptIn);
    assert!(tab.session_cookie.starts_with(&tab.session()));
    let all = tab.close();
    assert_eq!(of(&all, "feature").len(), 60);
}

#[test]
fn denied_consent_drops_and_counts_and_opting_in_starts_anew() {
    let mut tab = Tab::open(Config {
        consent: Consent::Denied,
        ..config()
    });
    tab.feature("f");
    assert_eq!(tab.engine.stats().dropped.consent, 1);
    assert_eq!(tab.session_cookie, "");
    tab.call(Call::OptIn);
    tab.feature("g");
    let all = tab.close();
    assert_eq!(of(&all, "feature").len(), 1);
}

#[test]
fn opting_out_drops_what_waits_and_erases_the_cookies() {
    let mut tab = Tab::open(config());
    tab.feature("f");
    tab.call(Call::OptOut);
    assert_eq!(
        (tab.session_cookie.as_str(), tab.visitor_cookie.as_str()),
        ("", "")
    );
    tab.work(20_000.0, 1_000.0);
    tab.tell(Input::Hidden);
    assert!(tab.requests.is_empty());
    assert_eq!(tab.session_cookie, "");
    assert_eq!(tab.engine.stats().pending, 0);
}

#[test]
fn page_views_follow_loads_and_navigation() {
    let mut tab = Tab::open(Config {
        track_page_views: true,
        ..config()
    });
    tab.pass(1_000.0);
    tab.tell(Input::Navigated(View {
        url: "https://app.example/next",
        title: "Next",
    }));
    tab.pass(2_000.0);
    tab.call(Call::PageView(View {
        url: "https://app.example/x?q=1",
        title: "X",
    }));
    tab.pass(3_000.0);
    let all = tab.close();
    let views: Vec<_> = of(&all, "pageView")
        .iter()
        .map(|e| (e["url"].clone(), e["title"].clone(), e["referrer"].clone()))
        .collect();
    assert_eq!(
        views,
        [
            (
                "https://app.example/home".into(),
                "Home".into(),
                "https://search.example/".into()
            ),
            (
                "https://app.example/next".into(),
                "Next".into(),
                "https://app.example/home".into()
            ),
            (
                "https://app.example/x?q=1".into(),
                "X".into(),
                "https://app.example/next".into()
            ),
        ]
    );
    let ends: Vec<_> = of(&all, "pageViewEnd")
        .iter()
        .map(|e| e["time_spent"].as_i64().unwrap())
        .collect();
    assert_eq!(ends, [1000, 2000, 3000]);
}

#[test]
fn a_page_view_begun_by_coming_back_is_one_of_its_own_and_comes_from_nowhere() {
    for track_unload in [true, false] {
        let mut tab = Tab::open(Config {
            track_page_views: true,
            track_unload,
            ..config()
        });
        tab.pass(1_000.0);
        tab.tell(Input::Hidden);
        tab.pass(5_000.0);
        tab.tell(Input::Restored);
        tab.tell(Input::Shown);
        tab.pass(1.0);
        tab.tell(Input::Navigated(View {
            url: "https://app.example/home",
            title: "Home",
        }));
        tab.pass(2_000.0);
        tab.call(Call::Shutdown);
        let all = tab.close();
        let referrers: Vec<_> = of(&all, "pageView")
            .iter()
            .map(|e| e["referrer"].clone())
            .collect();
        assert_eq!(referrers, ["https://search.example/", ""]);
        let ends: Vec<_> = of(&all, "pageViewEnd")
            .iter()
            .map(|e| (e["url"].clone(), e["time_spent"].as_i64().unwrap()))
            .collect();
        let home = || "https://app.example/home".into();
        assert_eq!(ends, [(home(), 1000), (home(), 2000)]);
    }
}

#[test]
fn an_event_does_not_wait_for_an_identity_that_came_while_before_send_decided() {
    let mut tab = Tab::open(Config {
        filter: true,
        user_id: None,
        ..config()
    });
    tab.feature("early");
    let asked = tab.take_undecided().pop().expect("asked");
    tab.call(Call::SetUser(Id::new("ann")));
    tab.tell(Input::Filtered(&asked));
    tab.call(flush(1));
    let sent = tab.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0]["user_id"], "ann");
}

#[test]
fn what_before_send_decides_on_while_the_page_is_left_leaves_with_it() {
    for last in [Input::Hidden, Input::Call(Call::Shutdown)] {
        let mut tab = Tab::open(Config {
            filter: true,
            ..config()
        });
        tab.call(Call::SetModule(Id::new("m")));
        tab.pass(1_000.0);
        tab.tell(last);
        for line in tab.take_undecided() {
            tab.tell(Input::Filtered(&line));
        }
        let sent = tab.sent();
        assert!(
            sent.iter().any(|event| event["action"] == "moduleEnd"),
            "{last:?}: {sent:?}"
        );
        assert!(tab.requests.iter().all(|request| request.unloading));
    }
}

#[test]
fn before_send_edits_or_drops_and_leaves_no_gap_in_seq() {
    let mut tab = Tab::open(Config {
        filter: true,
        ..config()
    });
    for name in ["keep", "drop", "throw", "edit"] {
        tab.feature(name);
        let line = tab.take_undecided().pop().expect("asked");
        match name {
            "drop" => tab.tell(Input::FilteredOut { threw: false }),
            "throw" => tab.tell(Input::FilteredOut { threw: true }),
            "edit" => tab.tell(Input::Filtered(&line.replace("edit", "edited"))),
            _ => tab.tell(Input::Filtered(&line)),
        }
    }
    tab.call(flush(1));
    let sent = tab.sent();
    let seen: Vec<_> = sent
        .iter()
        .map(|e| (e["feature"].as_str().unwrap(), e["seq"].as_u64().unwrap()))
        .collect();
    assert_eq!(seen, [("keep", 0), ("edited", 1)]);
    assert_eq!(tab.losses.len(), 1, "dropping is no loss, throwing is");
    assert_eq!(tab.engine.stats().dropped.before_send, 2);
}

#[test]
fn who_agrees_in_a_second_tab_goes_on_with_the_session_and_visitor_of_the_first() {
    let pending = |seed| {
        let config = Config {
            consent: Consent::Pending,
            ..config()
        };
        Tab::open_with(config, [seed; 4], 0.0, "", "", true)
    };
    let (mut first, mut second) = (pending(1), pending(2));
    first.call(Call::OptIn);
    second.session_cookie = first.session_cookie.clone();
    second.visitor_cookie = first.visitor_cookie.clone();
    second.pass(1_000.0);
    second.call(Call::OptIn);
    assert_eq!(second.session(), first.session());
    assert_eq!(second.visitor_cookie, first.visitor_cookie);
    assert!(second.session_cookie.starts_with(&first.session()));
}

#[test]
fn agreeing_is_no_activity() {
    let mut tab = Tab::open(Config {
        consent: Consent::Pending,
        ..config()
    });
    tab.pass(70_000.0);
    let announced = tab.announced;
    tab.call(Call::OptIn);
    assert_eq!(tab.announced, announced);
    assert!(tab.session_cookie.starts_with(&tab.session()));
}

#[test]
fn opting_out_aborts_what_is_under_way() {
    let mut tab = Tab::open(config());
    tab.feature("f");
    tab.call(flush(1));
    tab.call(Call::OptOut);
    assert_eq!(tab.aborted, [request(1)]);
    assert!(
        tab.other
            .iter()
            .any(|effect| matches!(effect, Effect::ResolveFlush(_)))
    );
    tab.tell(unanswered(request(1)));
    assert_eq!(tab.engine.stats().pending, 0);
}

#[test]
fn what_before_send_decides_on_after_a_reset_is_sent_at_once() {
    let mut tab = Tab::open(Config {
        filter: true,
        ..config()
    });
    tab.call(Call::SetModule(Id::new("m")));
    tab.pass(1_000.0);
    tab.call(Call::Reset);
    for line in tab.take_undecided() {
        tab.tell(Input::Filtered(&line));
    }
    assert_eq!(of(&tab.sent(), "moduleEnd").len(), 1);
}

#[test]
fn each_change_of_user_or_account_is_one_session_and_both_calls_of_a_sign_in_are_one() {
    let user = |id| Call::SetUser(Some(Id::new(id).unwrap()));
    let account = |id| Call::SetAccount(Some(Id::new(id).unwrap()));
    let visits = |calls: Vec<(f64, Call<'static>)>| {
        let mut tab = Tab::open(config());
        tab.pass(1_000.0);
        for (pause, call) in calls {
            tab.pass(pause);
            tab.call(call);
            tab.feature("used");
        }
        tab.pass(1_000.0);
        let all = tab.close();
        let mut ids: Vec<_> = (all.iter())
            .map(|event| event["session_id"].as_str().unwrap().to_owned())
            .collect();
        ids.dedup();
        let mut distinct = ids.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(ids.len(), distinct.len(), "no session comes back");
        ids.len()
    };
    assert_eq!(visits(vec![(0.0, user("bob")), (3.0, account("bolt"))]), 2);
    assert_eq!(visits(vec![(0.0, account("bolt")), (3.0, user("bob"))]), 2);
    // Both are logged out, and the next user signs in.
    let (nobody, none) = (Call::SetUser(None), Call::SetAccount(None));
    let next = [(5_000.0, account("bolt")), (3.0, user("bob"))];
    let mut calls = vec![(0.0, nobody), (3.0, none)];
    calls.extend(next);
    assert_eq!(visits(calls), 2);
    // Each half on its own.
    assert_eq!(
        visits(vec![(0.0, user("bob")), (200.0, account("bolt"))]),
        3
    );
    // A third change belongs to another user.
    let three = vec![
        (0.0, user("bob")),
        (3.0, account("bolt")),
        (3.0, user("cid")),
    ];
    assert_eq!(visits(three), 3);
    // A change that began a session long ago is not the first half.
    let late = vec![
        (0.0, user("bob")),
        (5_000.0, account("bolt")),
        (3.0, user("cid")),
    ];
    assert_eq!(visits(late), 3);
}
