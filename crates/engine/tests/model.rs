//! Random schedules, compared with a model of active time that is simple enough to be
//! obviously right: it looks at the whole schedule afterwards, tick by tick.

mod common;

use common::{Tab, config, sum};
use natero_engine::{Call, Config, Input, View};
use natero_event::Id;
use proptest::prelude::*;

/// Everything happens at a multiple of this, in ms.
const TICK: u64 = 100;
const IDLE: u64 = 60_000;

#[derive(Debug, Clone)]
enum Step {
    Pass(u64),
    Activity(usize),
    /// A tab, and so many seconds of activity, once a second.
    Work(usize, u64),
    Hide(usize),
    Show(usize),
    Module(usize, Option<&'static str>),
    Product(usize, Option<&'static str>),
    User(usize, &'static str),
    Navigate(usize),
    Reload(usize),
    /// The wall clock is set.
    SetClock(i64),
    /// Both clocks advance, and no timer runs.
    Sleep(u64),
    /// The wall clock advances, the monotonic clock does not.
    Suspend(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let tab = 0..3usize;
    let name = prop_oneof![Just(None), Just(Some("m")), Just(Some("n"))];
    let time = prop_oneof![
        3 => 0..30u64,
        3 => 30..620u64,
        1 => 620..40_000u64,
    ]
    .prop_map(|ticks| ticks * TICK);
    prop_oneof![
        6 => time.clone().prop_map(Step::Pass),
        4 => tab.clone().prop_map(Step::Activity),
        4 => (tab.clone(), 1..90u64).prop_map(|(tab, s)| Step::Work(tab, s)),
        2 => tab.clone().prop_map(Step::Hide),
        3 => tab.clone().prop_map(Step::Show),
        3 => (tab.clone(), name.clone()).prop_map(|(tab, name)| Step::Module(tab, name)),
        2 => (tab.clone(), name).prop_map(|(tab, name)| Step::Product(tab, name)),
        1 => (tab.clone(), prop_oneof![Just("ann"), Just("bob")]).prop_map(|(tab, user)| Step::User(tab, user)),
        1 => tab.clone().prop_map(Step::Navigate),
        1 => tab.prop_map(Step::Reload),
        // Tabs believe each other in the order of their clock if it was set back by less.
        1 => prop_oneof![-4_000_000..-2_000i64, 0..4_000_000i64].prop_map(Step::SetClock),
        1 => time.clone().prop_map(Step::Sleep),
        1 => time.prop_map(Step::Suspend),
    ]
}

/// What the model records about a tab.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mark {
    /// The user did something in the tab, or switched to it.
    Use,
    /// The tab was hidden or closed, or another one came into use.
    Leave,
    /// A module, product or user changed, so the time so far is reported.
    Boundary,
}

#[derive(Default)]
struct Notes {
    marks: Vec<(u64, Mark)>,
    /// Whether a module is set, from each of these times on.
    in_module: Vec<(u64, bool)>,
}

impl Notes {
    /// Active ms in total, and in a module.
    fn truth(&self, end: u64) -> (i64, i64) {
        let (mut active, mut in_module) = (0, 0);
        for at in (0..end).step_by(TICK as usize) {
            if self.is_active(at) {
                active += TICK as i64;
                let module = self.in_module.iter().rev().find(|(since, _)| *since <= at);
                in_module += if module.is_some_and(|(_, set)| *set) {
                    TICK as i64
                } else {
                    0
                };
            }
        }
        (active, in_module)
    }

    /// Whether the tick that begins at `at` counts: the tab was in use, and something
    /// showed that the user was still there before idleness was noticed.
    fn is_active(&self, at: u64) -> bool {
        let before = self.marks.iter().take_while(|(time, _)| *time <= at);
        let in_use = before.filter(|(_, mark)| *mark != Mark::Boundary).last();
        let Some((last_use, Mark::Use)) = in_use else {
            return false;
        };
        let shown_after = self.marks.iter().find(|(time, _)| *time > at);
        shown_after.is_some_and(|(time, _)| *time < last_use + IDLE)
    }
}

struct World {
    tabs: Vec<Tab>,
    notes: Vec<Notes>,
    visible: [bool; 3],
    module: [Option<&'static str>; 3],
    clock: u64,
    wall_shift: f64,
    reported: Vec<serde_json::Value>,
    seeds: u32,
    /// The tab used last, and when.
    last_used: Option<(usize, u64)>,
}

impl World {
    fn new() -> World {
        let mut world = World {
            tabs: Vec::new(),
            notes: Vec::new(),
            visible: [true, false, false],
            module: [None; 3],
            clock: 0,
            wall_shift: 0.0,
            reported: Vec::new(),
            seeds: 1,
            last_used: None,
        };
        for tab in 0..3 {
            world.notes.push(Notes::default());
            let opened = world.open(tab);
            world.tabs.push(opened);
            world.settle(tab);
        }
        world
    }

    fn open(&mut self, tab: usize) -> Tab {
        self.seeds += 1;
        let cookies = self
            .tabs
            .first()
            .map_or((String::new(), String::new()), |first| {
                (first.session_cookie.clone(), first.visitor_cookie.clone())
            });
        let config = Config {
            track_page_views: true,
            ..config()
        };
        let at = self.clock as f64 + self.wall_shift;
        let seed = [self.seeds, 1, 2, 3];
        Tab::open_with(config, seed, at, &cookies.0, &cookies.1, self.visible[tab])
    }

    /// Hands over cookies and announcements, which other tabs see at once.
    fn settle(&mut self, tab: usize) {
        let (session, visitor) = (
            self.tabs[tab].session_cookie.clone(),
            self.tabs[tab].visitor_cookie.clone(),
        );
        let came_into_use = std::mem::take(&mut self.tabs[tab].announced) > 0;
        let since = self.tabs[tab].used_since;
        for (other, them) in self.tabs.iter_mut().enumerate() {
            them.session_cookie.clone_from(&session);
            them.visitor_cookie.clone_from(&visitor);
            if came_into_use && other != tab {
                them.other_tab(since);
            }
        }
        let contradicts = |them: &Tab| them.announced > 0;
        if let Some(other) = self.tabs.iter().position(contradicts) {
            self.settle(other);
        }
    }

    /// One user does not use two tabs in the same moment.
    fn reach(&mut self, tab: usize) {
        if self.visible[tab]
            && let Some((other, at)) = self.last_used
            && other != tab
            && at == self.clock
        {
            self.pass(TICK);
        }
    }

    fn note(&mut self, tab: usize, mark: Mark) {
        if mark == Mark::Use {
            if let Some((other, _)) = self.last_used
                && other != tab
            {
                self.notes[other].marks.push((self.clock, Mark::Leave));
            }
            self.last_used = Some((tab, self.clock));
        }
        self.notes[tab].marks.push((self.clock, mark));
    }

    fn tell(&mut self, tab: usize, input: Input<'_>) {
        self.tabs[tab].tell(input);
        self.settle(tab);
    }

    fn pass(&mut self, ms: u64) {
        for tab in &mut self.tabs {
            tab.pass(ms as f64);
        }
        self.clock += ms;
    }

    fn activity(&mut self, tab: usize) {
        self.reach(tab);
        self.tell(tab, Input::Activity);
        if self.visible[tab] {
            self.note(tab, Mark::Use);
        }
    }

    fn hide(&mut self, tab: usize) {
        self.tell(tab, Input::Hidden);
        self.visible[tab] = false;
        self.note(tab, Mark::Leave);
    }

    fn show(&mut self, tab: usize) {
        if !self.visible[tab] {
            self.visible[tab] = true;
            self.reach(tab);
            self.tell(tab, Input::Shown);
            self.note(tab, Mark::Use);
        }
    }

    fn run(&mut self, step: &Step) {
        match *step {
            Step::Pass(ms) => self.pass(ms),
            Step::Activity(tab) => self.activity(tab),
            Step::Work(tab, seconds) => {
                for _ in 0..seconds {
                    self.activity(tab);
                    self.pass(1_000);
                }
            }
            Step::Hide(tab) => self.hide(tab),
            Step::Show(tab) => self.show(tab),
            Step::Module(tab, name) => {
                self.tell(tab, Input::Call(Call::SetModule(name.and_then(Id::new))));
                if self.module[tab] != name {
                    self.module[tab] = name;
                    self.note(tab, Mark::Boundary);
                    self.notes[tab].in_module.push((self.clock, name.is_some()));
                }
            }
            Step::Product(tab, name) => {
                let before = self.tabs[tab].engine.identity().product();
                let changes = before.map(Id::as_str) != name;
                self.tell(tab, Input::Call(Call::SetProduct(name.and_then(Id::new))));
                if changes {
                    self.note(tab, Mark::Boundary);
                }
            }
            Step::User(tab, user) => {
                let before = self.tabs[tab].engine.identity().user();
                let changes = before.map(Id::as_str) != Some(user);
                self.tell(tab, Input::Call(Call::SetUser(Id::new(user))));
                if changes {
                    self.note(tab, Mark::Boundary);
                }
            }
            Step::Navigate(tab) => {
                self.tell(
                    tab,
                    Input::Navigated(View {
                        url: "https://app.example/n",
                        title: "N",
                    }),
                );
                self.note(tab, Mark::Boundary);
            }
            Step::Reload(tab) => {
                self.reach(tab);
                let visible = self.visible[tab];
                self.hide(tab);
                self.visible[tab] = visible;
                let opened = self.open(tab);
                let closed = std::mem::replace(&mut self.tabs[tab], opened);
                self.reported.extend(closed.close());
                self.settle(tab);
                self.module[tab] = None;
                self.notes[tab].in_module.push((self.clock, false));
                if visible {
                    self.note(tab, Mark::Use);
                }
            }
            Step::SetClock(ms) => {
                self.wall_shift += ms as f64;
                for tab in &mut self.tabs {
                    tab.sleep(0.0, ms as f64);
                }
            }
            Step::Sleep(ms) => {
                for tab in &mut self.tabs {
                    tab.sleep(ms as f64, ms as f64);
                }
                self.clock += ms;
            }
            Step::Suspend(ms) => {
                self.wall_shift += ms as f64;
                for tab in &mut self.tabs {
                    tab.sleep(0.0, ms as f64);
                }
            }
        }
    }

    /// Closes all tabs. Returns the events they reported, and the active ms by the model:
    /// in total and in modules.
    fn end(mut self) -> (Vec<serde_json::Value>, i64, i64) {
        for tab in 0..3 {
            self.hide(tab);
        }
        let end = self.clock;
        for tab in self.tabs {
            self.reported.extend(tab.close());
        }
        let truth: Vec<(i64, i64)> = self.notes.iter().map(|notes| notes.truth(end)).collect();
        (
            self.reported,
            truth.iter().map(|(active, _)| active).sum(),
            truth.iter().map(|(_, module)| module).sum(),
        )
    }
}

fn is_close(reported: i64, truth: i64) -> bool {
    (reported - truth).abs() <= (truth / 100).max(1_000)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn reported_times_add_up_to_the_true_active_time(steps in prop::collection::vec(step(), 1..50)) {
        let mut world = World::new();
        // The first tab is visible when it opens.
        world.note(0, Mark::Use);
        for step in &steps {
            world.run(step);
        }
        let elapsed = world.clock as i64;
        let (reported, active, in_module) = world.end();
        let sessions = sum(&reported, "sessionSync", "active_duration");
        let modules = sum(&reported, "moduleEnd", "time_spent");
        let pages = sum(&reported, "pageViewEnd", "time_spent");
        prop_assert!(is_close(sessions, active), "sessionSync tells {sessions}, true are {active}");
        prop_assert!(is_close(modules, in_module), "moduleEnd tells {modules}, true are {in_module}");
        prop_assert!(is_close(pages, active), "pageViewEnd tells {pages}, true are {active}");
        // No second counts in two tabs, so together they report no more time than passed.
        prop_assert!(sessions <= elapsed, "{sessions} reported of {elapsed}");
    }
}
