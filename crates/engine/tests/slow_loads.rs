//! Pages whose tracker is ready long after they began to load, and other tabs meanwhile.

mod common;

use common::{Tab, config, never_idle, sum};
use natero_engine::{Call, Input, Wall};
use natero_event::Id;
use proptest::prelude::*;

fn in_module() -> Tab {
    let mut tab = Tab::open(config());
    tab.call(Call::SetModule(Id::new("m")));
    tab
}

/// Opens a page in a window of its own, beside `a`, whose tracker is ready only now though
/// the page began to load at `began`. Both have the same clocks.
fn open_late(a: &Tab, began: f64) -> Tab {
    let mut b = Tab::open_with(
        config(),
        [5, 6, 7, 8],
        began,
        &a.session_cookie.clone(),
        &a.visitor_cookie.clone(),
        true,
    );
    b.sleep(a.mono - began, a.mono - began);
    b
}

/// Hands over what the late page announces, and the answer.
fn introduce(a: &mut Tab, b: &mut Tab) {
    a.other_tab(b.used_since);
    if let Some(until) = a.counted_to.take() {
        b.other_tab_counted(until);
    }
}

/// The seconds of `sessionSync` that these tabs report once they are closed.
fn seconds<const TABS: usize>(tabs: [Tab; TABS]) -> [i64; TABS] {
    tabs.map(|tab| sum(&tab.close(), "sessionSync", "active_duration") / 1_000)
}

#[test]
fn a_page_that_loads_slowly_announces_when_it_began_to_load() {
    let mut a = in_module();
    a.pass(10_000.0);
    let mut b = open_late(&a, 6_000.0);
    assert_eq!(b.used_since.0.floor() - common::BEGIN, 6_000.0);
    introduce(&mut a, &mut b);
    b.work(5_000.0, 1_000.0);
    a.pass(5_000.0);
    assert_eq!(seconds([a, b]), [6, 9]);
}

#[test]
fn a_page_that_loads_slowly_does_not_count_what_another_has_counted_meanwhile() {
    let mut a = in_module();
    a.work(10_000.0, 1_000.0);
    let mut b = open_late(&a, 6_000.0);
    introduce(&mut a, &mut b);
    // Nobody touches the new page.
    a.work(5_000.0, 1_000.0);
    b.other_tab(Wall(a.wall));
    b.pass(5_000.0);
    let [a, b] = seconds([a, b]);
    assert_eq!(b, 0);
    assert!((14..=15).contains(&a), "{a}");
}

#[test]
fn a_page_that_loads_slowly_counts_from_when_another_was_last_used() {
    let mut a = in_module();
    a.work(7_000.0, 1_000.0);
    // From here on the user is in the new page, which does not see it yet.
    a.pass(3_000.0);
    let mut b = open_late(&a, 6_000.0);
    introduce(&mut a, &mut b);
    b.work(5_000.0, 1_000.0);
    a.pass(5_000.0);
    assert_eq!(seconds([a, b]), [7, 8]);
}

#[test]
fn a_page_that_loads_behind_another_counts_from_when_that_was_left() {
    let mut a = in_module();
    a.pass(9_000.0);
    a.tell(Input::Hidden);
    a.pass(1_000.0);
    let mut b = open_late(&a, 6_000.0);
    introduce(&mut a, &mut b);
    b.pass(5_000.0);
    assert_eq!(seconds([a, b]), [9, 6]);
}

#[test]
fn a_tab_that_has_counted_nothing_takes_no_time_from_a_page_that_loads_slowly() {
    let hidden = || Tab::open_with(config(), [9, 6, 7, 8], 8_000.0, "", "", false);
    let mut a = in_module();
    a.tell(Input::Hidden);
    a.pass(10_000.0);
    let mut b = open_late(&a, 6_000.0);
    introduce(&mut hidden(), &mut b);
    introduce(&mut a, &mut b);
    b.pass(5_000.0);
    assert_eq!(seconds([a, b]), [0, 9]);
}

#[test]
fn a_tab_that_is_not_in_use_ignores_what_others_have_counted() {
    let mut a = in_module();
    a.pass(4_000.0);
    a.tell(Input::Hidden);
    let until = Wall(a.wall + 60_000.0);
    a.other_tab_counted(until);
    a.tell(Input::Shown);
    a.pass(2_000.0);
    // A moment that seems to come, because the clock was set back, costs no later time.
    a.other_tab_counted(until);
    a.pass(3_000.0);
    assert_eq!(seconds([a]), [7]);
}

#[test]
fn an_announcement_that_comes_at_once_needs_no_answer() {
    let mut a = in_module();
    a.work(10_000.0, 1_000.0);
    let since = Wall(a.wall);
    a.pass(50.0);
    a.tell(Input::Activity);
    a.other_tab(since);
    assert_eq!(a.counted_to, None);
}

#[derive(Debug, Clone)]
enum Step {
    Pass(u16),
    /// The user does something in a tab.
    Activity(usize),
    /// A tab records the end of a module.
    Module(usize),
    /// Another window begins to load a page.
    Open,
    /// The page that began to load first is ready.
    Ready,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..8_000u16).prop_map(Step::Pass),
        4 => (0..4usize).prop_map(Step::Activity),
        2 => (0..4usize).prop_map(Step::Module),
        1 => Just(Step::Open),
        2 => Just(Step::Ready),
    ]
}

/// Windows that are all visible, so that every moment counts in one of them.
struct Windows {
    tabs: Vec<Tab>,
    /// When the pages that are not ready began to load.
    loading: Vec<f64>,
    clock: f64,
}

impl Windows {
    fn run(&mut self, step: &Step) {
        match *step {
            Step::Pass(ms) => {
                self.clock += f64::from(ms);
                self.tabs.iter_mut().for_each(|tab| tab.pass(ms.into()));
            }
            Step::Activity(tab) => self.tell(tab, Input::Activity),
            Step::Module(tab) => {
                let module = (self.clock as i64).to_string();
                self.tell(tab, Input::Call(Call::SetModule(Id::new(&module))));
            }
            Step::Open if self.tabs.len() + self.loading.len() < 4 => self.loading.push(self.clock),
            Step::Ready if !self.loading.is_empty() => {
                let began = self.loading.remove(0);
                let seed = [self.tabs.len() as u32, 6, 7, 8];
                let mut tab = Tab::open_with(never_idle(), seed, began, "", "", true);
                tab.sleep(self.clock - began, self.clock - began);
                self.tabs.push(tab);
                self.settle(self.tabs.len() - 1);
            }
            Step::Open | Step::Ready => {}
        }
    }

    fn tell(&mut self, tab: usize, input: Input<'_>) {
        if let Some(them) = self.tabs.get_mut(tab) {
            them.tell(input);
            self.settle(tab);
        }
    }

    /// Hands over what a tab announced, and the answers.
    fn settle(&mut self, tab: usize) {
        if std::mem::take(&mut self.tabs[tab].announced) == 0 {
            return;
        }
        let since = self.tabs[tab].used_since;
        for other in (0..self.tabs.len()).filter(|other| *other != tab) {
            self.tabs[other].other_tab(since);
            if let Some(until) = self.tabs[other].counted_to.take() {
                self.tabs[tab].other_tab_counted(until);
            }
            self.settle(other);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn however_slowly_pages_load_every_moment_counts_once(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut windows = Windows {
            tabs: vec![Tab::open(never_idle())],
            loading: Vec::new(),
            clock: 0.0,
        };
        windows.tabs[0].announced = 0;
        for step in &steps {
            windows.run(step);
        }
        let elapsed = windows.clock as i64;
        let counted: i64 = windows
            .tabs
            .into_iter()
            .map(|tab| sum(&tab.close(), "sessionSync", "active_duration"))
            .sum();
        // An overlap too short for an answer may count twice.
        prop_assert!((counted - elapsed).abs() <= 300, "{counted} of {elapsed}");
    }
}
