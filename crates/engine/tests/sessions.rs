//! Session and visitor across pages, tabs and time.

mod common;

use common::{Tab, config, of, segment};
use natero_engine::{Call, Config, Input, Persistence};
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
fn refusing_in_memory_erases_what_other_pages_set_and_stored() {
    let mut tab = Tab::open(Config {
        persistence: Persistence::Memory,
        ..config()
    });
    tab.visitor_cookie = "of-a-page-that-stores".to_owned();
    tab.stored.insert(segment(1), "record".to_owned());
    tab.call(Call::OptOut);
    assert_eq!(tab.visitor_cookie, "");
    assert!(tab.stored.is_empty());
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
