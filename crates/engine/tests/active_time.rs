//! Which time counts as active: idleness, hidden pages, several tabs, sleep.

mod common;

use common::{Tab, config, of, sum};
use natero_engine::{Call, Config, Input, Mono, RequestId, Wall};
use natero_event::Id;

fn in_module() -> Tab {
    let mut tab = Tab::open(config());
    tab.call(Call::SetModule(Id::new("m")));
    tab
}

#[test]
fn a_period_that_ended_in_idle_counts_up_to_its_last_activity() {
    let mut tab = in_module();
    tab.work(30_000.0, 1_000.0);
    tab.pass(600_000.0);
    let all = tab.sent();
    assert_eq!(sum(&all, "moduleEnd", "time_spent"), 30_000);
    let all = tab.close();
    assert_eq!(sum(&all, "sessionSync", "active_duration"), 30_000);
    assert_eq!(of(&all, "sessionIdle").len(), 1);
    assert_eq!(of(&all, "moduleEnd").len(), 1);
}

#[test]
fn idleness_is_told_at_the_time_it_began_to_be_known_however_late_the_timer_is() {
    let mut tab = in_module();
    tab.work(10_000.0, 1_000.0);
    // A laptop slept: 8 hours pass on both clocks, and no timer runs in between.
    tab.sleep(28_800_000.0, 28_800_000.0);
    tab.tell(Input::Timer);
    let all = tab.close();
    assert_eq!(sum(&all, "moduleEnd", "time_spent"), 10_000);
    let idle = of(&all, "sessionIdle")[0]["created_at"].as_f64().unwrap();
    assert_eq!(idle - common::BEGIN, 70_000.0);
}

#[test]
fn timing_resumes_with_the_first_activity_after_idle() {
    let mut tab = in_module();
    tab.work(10_000.0, 1_000.0);
    tab.pass(300_000.0);
    tab.tell(Input::Activity);
    tab.pass(5_000.0);
    let all = tab.close();
    assert_eq!(sum(&all, "moduleEnd", "time_spent"), 15_000);
    assert_eq!(sum(&all, "sessionSync", "active_duration"), 15_000);
}

#[test]
fn while_the_focus_is_in_a_frame_the_page_is_in_use_for_five_times_the_idle_timeout() {
    let mut tab = in_module();
    tab.pass(10_000.0);
    tab.tell(Input::Activity);
    tab.tell(Input::FrameFocused(true));
    // Four minutes of work that the host cannot observe, with an idle timeout of one
    // minute.
    tab.pass(240_000.0);
    tab.tell(Input::FrameFocused(false));
    tab.pass(30_000.0);
    tab.tell(Input::Activity);
    tab.tell(Input::FrameFocused(true));
    // The user does not come back.
    tab.pass(3_600_000.0);
    let all = tab.close();
    assert_eq!(of(&all, "sessionIdle").len(), 1);
    assert_eq!(sum(&all, "moduleEnd", "time_spent"), 580_000);
    assert_eq!(sum(&all, "sessionSync", "active_duration"), 580_000);
}

#[test]
fn focus_in_a_frame_brings_nobody_back_and_wakes_no_idle_page() {
    let mut tab = in_module();
    tab.pass(120_000.0);
    for focused in [true, false, true] {
        tab.tell(Input::FrameFocused(focused));
        tab.pass(30_000.0);
    }
    tab.tell(Input::Activity);
    // The focus is still in the frame.
    tab.pass(200_000.0);
    let all = tab.close();
    assert_eq!(sum(&all, "moduleEnd", "time_spent"), 200_000);
}

#[test]
fn hidden_time_does_not_count_and_hiding_twice_tells_once() {
    let mut tab = in_module();
    tab.pass(10_000.0);
    tab.tell(Input::Hidden);
    tab.tell(Input::Hidden);
    tab.pass(20_000.0);
    tab.tell(Input::Shown);
    tab.pass(5_000.0);
    let all = tab.close();
    assert_eq!(of(&all, "moduleEnd").len(), 2);
    assert_eq!(sum(&all, "moduleEnd", "time_spent"), 15_000);
    assert_eq!(sum(&all, "sessionSync", "active_duration"), 15_000);
}

#[test]
fn activity_in_a_hidden_page_is_none() {
    let mut tab = in_module();
    tab.tell(Input::Hidden);
    tab.work(10_000.0, 500.0);
    let all = tab.close();
    assert_eq!(sum(&all, "sessionSync", "active_duration"), 0);
}

#[test]
fn without_track_unload_hiding_tells_nothing_but_still_stops_the_clock() {
    let mut tab = Tab::open(Config {
        track_unload: false,
        ..config()
    });
    tab.call(Call::SetModule(Id::new("m")));
    tab.pass(4_000.0);
    tab.tell(Input::Hidden);
    assert!(of(&tab.sent(), "moduleEnd").is_empty());
    tab.pass(50_000.0);
    tab.tell(Input::Shown);
    tab.pass(1_000.0);
    tab.call(Call::SetModule(None));
    let all = tab.close();
    assert_eq!(sum(&all, "moduleEnd", "time_spent"), 5_000);
}

#[test]
fn session_sync_is_made_at_its_interval_and_adds_up() {
    let mut tab = in_module();
    tab.work(150_000.0, 1_000.0);
    let reported: Vec<i64> = of(&tab.sent(), "sessionSync")
        .iter()
        .map(|e| e["active_duration"].as_i64().unwrap())
        .collect();
    assert!(!reported.is_empty(), "while active, not only at the end");
    let all = tab.close();
    assert_eq!(of(&all, "sessionSync").len(), 3);
    assert_eq!(sum(&all, "sessionSync", "active_duration"), 150_000);
}

#[test]
fn a_sync_never_tells_time_that_turns_out_to_be_idle() {
    let mut tab = in_module();
    tab.work(50_000.0, 1_000.0);
    // The sync of 60 s falls between the last activity and idleness.
    tab.pass(120_000.0);
    let all = tab.close();
    assert_eq!(sum(&all, "sessionSync", "active_duration"), 50_000);
}

#[test]
fn two_visible_tabs_never_count_the_same_second() {
    let mut a = in_module();
    let mut b = Tab::open_with(
        config(),
        [5, 6, 7, 8],
        0.0,
        &a.session_cookie.clone(),
        &a.visitor_cookie.clone(),
        false,
    );
    b.call(Call::SetModule(Id::new("n")));
    a.work(10_000.0, 1_000.0);
    b.pass(10_000.0);
    // Both windows are visible next to each other. The user works in b, then in a again.
    b.tell(Input::Shown);
    assert_eq!(b.announced, 1);
    a.other_tab(Wall(b.wall));
    b.work(20_000.0, 1_000.0);
    a.pass(20_000.0);
    a.tell(Input::Activity);
    assert_eq!(a.announced, 2);
    b.other_tab(Wall(a.wall));
    a.work(5_000.0, 1_000.0);
    b.pass(5_000.0);
    assert_eq!(a.session(), b.session());
    let (a, b) = (a.close(), b.close());
    assert_eq!(sum(&a, "moduleEnd", "time_spent"), 15_000);
    assert_eq!(sum(&b, "moduleEnd", "time_spent"), 20_000);
    assert_eq!(sum(&a, "sessionSync", "active_duration"), 15_000);
    assert_eq!(sum(&b, "sessionSync", "active_duration"), 20_000);
}

/// Three tabs, such as a page and its frames, each with the time at which it is shown.
/// Passes on what they announce, each announcement before any that it causes. Returns the
/// time that each counts in ten seconds.
fn shown_together(at: [f64; 3]) -> [i64; 3] {
    let mut tabs = [0, 1, 2].map(|seed| {
        let mut tab = Tab::open_with(config(), [seed, 6, 7, 8], 0.0, "", "", false);
        tab.call(Call::SetModule(Id::new("m")));
        tab
    });
    for (tab, at) in tabs.iter_mut().zip(at) {
        tab.pass(at);
        tab.tell(Input::Shown);
        tab.pass(500.0 - at);
    }
    for _ in 0..10 {
        let mut announced = Vec::new();
        for (tab, them) in tabs.iter_mut().enumerate() {
            if std::mem::take(&mut them.announced) > 0 {
                announced.push((tab, them.used_since));
            }
        }
        for (tab, since) in announced {
            let others = tabs.iter_mut().enumerate().filter(|(at, _)| *at != tab);
            others.for_each(|(_, them)| them.other_tab(since));
        }
    }
    assert!(tabs.iter().all(|tab| tab.announced == 0), "they never end");
    tabs.map(|mut tab| {
        tab.pass(10_000.0);
        sum(&tab.close(), "moduleEnd", "time_spent")
    })
}

#[test]
fn of_tabs_that_are_shown_at_the_same_time_the_latest_counts() {
    for at in [[0.0, 0.0, 0.0], [0.0, 0.2, 0.1]] {
        let counted = shown_together(at);
        assert!(counted[..2].iter().all(|ms| *ms <= 1), "{counted:?}");
        assert!(counted[2] >= 10_499, "{counted:?}");
    }
    let counted = shown_together([0.0, 300.0, 200.0]);
    assert_eq!(counted[1], 10_200, "{counted:?}");
    // They heard of each other only later, and clocks are blurred by 100 ms.
    assert!(counted.iter().sum::<i64>() <= 10_600, "{counted:?}");
}

#[test]
fn a_tab_stays_in_use_for_another_that_did_not_hear_when_it_came_into_use() {
    let mut a = in_module();
    let loaded_since = Wall(a.wall - 500.0);
    a.pass(10_000.0);
    a.announced = 0;
    a.other_tab(loaded_since);
    assert_eq!(a.announced, 1, "the other one has to know");
    assert_eq!(sum(&a.close(), "moduleEnd", "time_spent"), 10_000);
}

#[test]
fn news_of_another_tab_that_come_late_end_the_time_when_it_came_into_use() {
    let mut a = in_module();
    a.pass(10_000.0);
    let since = a.wall - 3_000.0;
    a.other_tab(Wall(since));
    let all = a.close();
    assert_eq!(sum(&all, "moduleEnd", "time_spent"), 7_000);
}

#[test]
fn another_tab_is_believed_though_the_clock_was_set_back_in_between() {
    let mut a = in_module();
    a.pass(1_000.0);
    a.wall -= 60_000.0;
    let since = a.wall;
    a.other_tab(Wall(since));
    a.pass(5_000.0);
    let all = a.close();
    assert_eq!(sum(&all, "moduleEnd", "time_spent"), 1_000);
}

#[test]
fn a_wall_clock_set_back_or_forward_changes_no_duration() {
    let mut tab = in_module();
    tab.work(5_000.0, 1_000.0);
    tab.wall -= 3_600_000.0;
    tab.work(5_000.0, 1_000.0);
    tab.wall += 1_800_000.0;
    tab.work(5_000.0, 1_000.0);
    let all = tab.close();
    assert_eq!(sum(&all, "moduleEnd", "time_spent"), 15_000);
    assert_eq!(sum(&all, "sessionSync", "active_duration"), 15_000);
}

#[test]
fn an_idle_page_is_woken_only_for_idleness_and_a_hidden_one_not_at_all() {
    let mut tab = in_module();
    tab.drain();
    let mut wakes = 0;
    let end = tab.mono + 600_000.0;
    while let Some(Mono(due)) = tab.engine.poll_timeout().filter(|due| due.0 <= end) {
        tab.pass(due - tab.mono);
        wakes += 1;
        let ids: Vec<RequestId> = tab.requests.iter().map(|r| r.request).collect();
        ids.into_iter().for_each(|id| tab.answer(id, 200));
    }
    assert!(wakes <= 3, "{wakes} wakes in ten idle minutes");
    tab.tell(Input::Hidden);
    tab.drain();
    assert_eq!(tab.engine.poll_timeout(), None);
}
