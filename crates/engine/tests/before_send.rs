//! Events that `beforeSend` lets pass, edits or drops.

mod common;

use common::{Tab, config, flush, of};
use natero_engine::{Call, Config, Input};
use natero_event::Id;

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
