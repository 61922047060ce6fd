//! Consent: pending, denied, given later and withdrawn.

mod common;

use common::{Tab, config, flush, of, request, unanswered};
use natero_engine::{Call, Config, Consent, Effect, Input};

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
