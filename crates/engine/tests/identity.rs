//! To whom events belong that were recorded before account and user were known.

mod common;

use common::{Tab, flush, id, of};
use natero_engine::{Call, Config, Input, Millis, Reason};
use natero_event::Id;
use serde_json::Value;

/// A page whose settings name these ids.
fn page(account: Option<&str>, user: Option<&str>) -> Tab {
    Tab::open(settings(account, user))
}

fn settings(account: Option<&str>, user: Option<&str>) -> Config {
    Config {
        account_id: account.map(|account| id(account).into()),
        user_id: user.map(|user| id(user).into()),
        idle_timeout: Millis(1e12),
        session_sync_interval: Millis(1e12),
        ..common::config()
    }
}

fn set_user(tab: &mut Tab, user: &str) {
    tab.call(Call::SetUser(Id::new(user)));
}

fn set_account(tab: &mut Tab, account: &str) {
    tab.call(Call::SetAccount(Id::new(account)));
}

/// Account, user and feature of every feature event that is sent now.
fn sent(tab: &mut Tab) -> Vec<[String; 3]> {
    tab.drain();
    let text = |event: &Value, name: &str| event[name].as_str().unwrap_or("-").to_owned();
    of(&tab.sent(), "feature")
        .iter()
        .map(|event| ["account_id", "user_id", "feature"].map(|name| text(event, name)))
        .collect()
}

fn lost(tab: &Tab) -> u32 {
    let stats = tab.engine.stats();
    let dropped = stats.dropped.identity;
    assert_eq!(stats.accepted, stats.delivered + stats.pending + dropped);
    let reported = tab
        .losses
        .iter()
        .filter(|loss| loss.reason == Reason::Identity);
    assert_eq!(reported.map(|loss| loss.count).sum::<u32>(), dropped);
    dropped
}

#[test]
fn what_waits_for_an_identity_at_a_logout_is_not_sent_as_that_of_the_next() {
    for (account, user) in [(None, Some("u1")), (Some("a1"), None), (None, None)] {
        let mut tab = page(account, user);
        tab.feature("before");
        assert_eq!(tab.stored.len(), 1);
        tab.call(Call::Reset);
        assert_eq!((tab.stored.len(), lost(&tab)), (0, 1));
        tab.pass(60_000.0);
        set_user(&mut tab, "u2");
        set_account(&mut tab, "a2");
        tab.feature("after");
        assert_eq!(sent(&mut tab), [["a2", "u2", "after"]]);
    }
}

#[test]
fn what_a_logout_ends_under_half_an_identity_is_not_decided_on_for_the_next() {
    let mut tab = Tab::open(Config {
        filter: true,
        ..settings(None, Some("u1"))
    });
    tab.call(Call::SetModule(Id::new("m")));
    tab.pass(1_000.0);
    tab.call(Call::Reset);
    let asked = tab.take_undecided();
    assert!(!asked.is_empty());
    for line in &asked {
        tab.tell(Input::Filtered(line));
    }
    assert_eq!(lost(&tab), asked.len() as u32);
    set_user(&mut tab, "u2");
    set_account(&mut tab, "a2");
    tab.drain();
    assert!(tab.sent().is_empty());
}

#[test]
fn a_sign_in_to_another_account_takes_no_event_of_the_account_before() {
    for user_first in [true, false] {
        let mut tab = page(Some("a1"), Some("u1"));
        tab.pass(1_000.0);
        tab.call(Call::SetUser(None));
        tab.feature("between");
        tab.pass(30_000.0);
        if user_first {
            set_user(&mut tab, "u2");
            tab.pass(60.0);
            set_account(&mut tab, "a2");
        } else {
            set_account(&mut tab, "a2");
            tab.pass(60.0);
            set_user(&mut tab, "u2");
        }
        tab.feature("after");
        assert_eq!(sent(&mut tab), [["a2", "u2", "after"]]);
        let active_time = u32::from(!user_first);
        assert_eq!(lost(&tab), 1 + active_time);
    }
}

#[test]
fn a_sign_in_to_another_account_takes_no_event_of_the_user_before() {
    let mut tab = page(Some("a1"), Some("u1"));
    tab.pass(1_000.0);
    tab.call(Call::SetAccount(None));
    tab.feature("between");
    tab.pass(30_000.0);
    set_account(&mut tab, "a2");
    set_user(&mut tab, "u2");
    tab.feature("after");
    assert_eq!(sent(&mut tab), [["a2", "u2", "after"]]);
    assert_eq!(lost(&tab), 1);
}

#[test]
fn a_user_who_signs_in_to_the_account_that_stays_gets_what_was_made_before() {
    let mut tab = page(Some("a1"), Some("u1"));
    tab.pass(1_000.0);
    tab.call(Call::SetUser(None));
    tab.feature("between");
    tab.drain();
    tab.pass(30_000.0);
    set_user(&mut tab, "u2");
    assert_eq!(tab.engine.poll_timeout().map(|at| at.0), Some(31_100.0));
    tab.pass(5_100.0);
    let all = tab.sent();
    assert_eq!(of(&all, "feature")[0]["user_id"], "u2");
    assert_eq!(lost(&tab), 0);
}

#[test]
fn no_second_call_of_a_sign_in_is_waited_for_by_a_flush_or_as_the_page_goes() {
    for last in [
        Input::Call(flush(1)),
        Input::Hidden,
        Input::Call(Call::Shutdown),
        Input::Call(Call::Reset),
        Input::Call(Call::SetUser(None)),
    ] {
        let mut tab = page(Some("a1"), None);
        tab.feature("before");
        set_user(&mut tab, "u1");
        assert!(tab.requests.is_empty());
        tab.tell(last);
        assert_eq!(sent(&mut tab), [["a1", "u1", "before"]], "{last:?}");
        assert_eq!(lost(&tab), 0);
    }
}

#[test]
fn who_signs_in_before_their_account_is_known_gets_it_though_others_had_one() {
    let mut tab = page(Some("a1"), Some("u1"));
    tab.pass(1_000.0);
    tab.call(Call::SetUser(None));
    tab.call(Call::SetAccount(None));
    tab.pass(1_000.0);
    set_user(&mut tab, "u3");
    tab.feature("early");
    tab.pass(2_000.0);
    set_account(&mut tab, "a3");
    tab.pass(100.0);
    assert_eq!(sent(&mut tab), [["a3", "u3", "early"]]);
    assert_eq!(lost(&tab), 0);
}

#[test]
fn what_a_closed_page_left_of_an_account_waits_for_a_user_of_that_account() {
    let mut closed = page(Some("a\"1"), None);
    closed.feature("left");
    let left = closed.stored.values().next().expect("it is stored");

    let mut other = page(Some("a2"), Some("u2"));
    other.tell(Input::Adopted(left));
    assert!(sent(&mut other).is_empty());
    assert_eq!((other.engine.stats().pending, other.stored.len()), (1, 1));

    let mut same = page(Some("a\"1"), Some("u1"));
    same.tell(Input::Adopted(left));
    assert_eq!(sent(&mut same), [["a\"1", "u1", "left"]]);
}
