//! The simulated browser: tabs, storage, locks, and the schedule of faults.

use crate::collector::{Collector, Mood, field};
use natero_engine::{
    Call, Config, Consent, Cookies, Effect, Engine, Input, Now, Reason, Request, Start,
};
use std::collections::{BTreeMap, BTreeSet};

const BEGIN: f64 = 1_700_000_000_000.0;

/// What a run came to.
#[derive(Debug)]
pub struct Told {
    pub events: u64,
    pub crashes: u64,
    pub requests: u64,
    pub duplicates: u64,
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Told {
            events,
            crashes,
            requests,
            duplicates,
        } = self;
        write!(
            f,
            "{events} events, {crashes} crashes, {requests} requests, {duplicates} duplicates"
        )
    }
}

/// xorshift64*: the schedule has to be the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, bound: u64) -> u64 {
        (self.roll() >> 33) % bound
    }

    fn one_in(&mut self, odds: u64) -> bool {
        self.below(odds) == 0
    }
}

struct Tab {
    id: u32,
    engine: Engine,
    opened: f64,
    /// Its part of the storage, whose lock it holds unless it is frozen.
    part: String,
    visible: bool,
    frozen: bool,
    /// A microtask will say that the task has ended.
    ending: bool,
    /// Keys whose records it took over but could not store as its own.
    taken: BTreeSet<String>,
    /// Features called in the current task.
    called: Vec<String>,
}

/// Something under way between a tab and the server.
enum Parcel {
    Request {
        tab: u32,
        request: Request,
        twice: bool,
    },
    Answer {
        tab: u32,
        id: u32,
        status: u16,
        wait: f64,
    },
    /// The lock of a part was asked for.
    Adoption { tab: u32, part: String },
}

pub struct World {
    dice: Dice,
    talk: bool,
    clock: f64,
    wall_shift: f64,
    tabs: Vec<Tab>,
    opened: u32,
    cookies: (String, String),
    storage: BTreeMap<String, String>,
    storage_works: bool,
    storage_failed: bool,
    network_works: bool,
    mood: Mood,
    collector: Collector,
    parcels: Vec<(f64, Parcel)>,
    /// Features that were accepted in a task that ended, and stored.
    promised: BTreeSet<String>,
    /// Features that only memory holds, by tab.
    in_memory: BTreeMap<String, u32>,
    /// Who sent each event last.
    senders: BTreeMap<String, u32>,
    features: u64,
    crashes: u64,
    requests: u64,
    evicted: u64,
    adoptions: u64,
    bound: f64,
}

impl World {
    pub fn new(seed: u64, talk: bool) -> World {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let bound = if dice.one_in(8) { 6_000.0 } else { 1_048_576.0 };
        World {
            dice,
            talk,
            clock: 0.0,
            wall_shift: 0.0,
            tabs: Vec::new(),
            opened: 0,
            cookies: Default::default(),
            storage: BTreeMap::new(),
            storage_works: true,
            storage_failed: false,
            network_works: true,
            mood: Mood::Well,
            collector: Collector::default(),
            parcels: Vec::new(),
            promised: BTreeSet::new(),
            in_memory: BTreeMap::new(),
            senders: BTreeMap::new(),
            features: 0,
            crashes: 0,
            requests: 0,
            evicted: 0,
            adoptions: 0,
            bound,
        }
    }

    /// Runs a schedule of faults, heals everything, and checks what arrived.
    pub fn run(mut self) -> Told {
        self.open();
        for _ in 0..30 + self.dice.below(60) {
            self.step();
            self.check_bounds();
        }
        self.heal();
        let missing: Vec<&String> = {
            let received: BTreeSet<&str> = self
                .collector
                .received
                .values()
                .map(|line| field(line, "feature"))
                .collect();
            self.promised
                .iter()
                .filter(|name| !received.contains(name.as_str()))
                .collect()
        };
        assert!(
            missing.len() as u64 <= self.evicted,
            "lost {missing:?}, of which {} were counted as evicted",
            self.evicted
        );
        // Each failing minute may cost some tries, each event one request.
        let allowed = 40.0
            + 3.0 * self.collector.received.len() as f64
            + self.adoptions as f64
            + self.clock / 5_000.0;
        assert!(
            (self.requests as f64) < allowed,
            "{} requests",
            self.requests
        );
        Told {
            events: self.collector.received.len() as u64,
            crashes: self.crashes,
            requests: self.requests,
            duplicates: self.collector.duplicates,
        }
    }

    fn say(&self, what: &str) {
        if self.talk {
            println!("{:>10.0} {what}", self.clock);
        }
    }

    fn step(&mut self) {
        let live = self.tabs.len() as u64;
        let tab = if live == 0 {
            0
        } else {
            self.dice.below(live) as usize
        };
        match self.dice.below(24) {
            0..8 if live > 0 => {
                for _ in 0..1 + self.dice.below(5) {
                    self.feature(tab);
                }
                self.end_task(tab);
            }
            8 if live > 0 => {
                for _ in 0..60 {
                    self.feature(tab);
                }
                self.end_task(tab);
            }
            9..13 => {
                let ms = [50, 900, 6_000, 40_000, 400_000][self.dice.below(5) as usize];
                self.pass(ms as f64);
            }
            13 if live < 3 => self.open(),
            14 if live > 0 => self.close(tab),
            15 if live > 0 => self.crash(tab),
            16 if live > 0 => {
                self.close(tab);
                self.open();
            }
            17 if live > 0 => {
                let input = if self.tabs[tab].visible {
                    Input::Hidden
                } else {
                    Input::Shown
                };
                self.tabs[tab].visible = !self.tabs[tab].visible;
                self.tell(tab, input);
            }
            18 if live > 0 => self.freeze(tab),
            19 => {
                self.network_works = !self.network_works;
                self.say(if self.network_works {
                    "online"
                } else {
                    "offline"
                });
                self.tell_all_of_network();
            }
            20 | 21 => {
                self.mood = match self.dice.below(5) {
                    0 => Mood::Broken,
                    1 => Mood::Overloaded(self.dice.below(120_000) as f64),
                    2 => Mood::Narrow(2_000 + self.dice.below(4_000) as usize),
                    _ => Mood::Well,
                };
                self.say(&format!("server {:?}", self.mood));
            }
            22 => {
                self.storage_works = !self.storage_works;
                self.storage_failed = true;
                self.say(if self.storage_works {
                    "storage works"
                } else {
                    "storage is full"
                });
            }
            23 => self.wall_shift += self.dice.below(7_200_000) as f64 - 3_600_000.0,
            _ => {}
        }
    }

    fn tell_all_of_network(&mut self) {
        // By id: any of them may crash of it.
        for id in self.tabs.iter().map(|tab| tab.id).collect::<Vec<_>>() {
            if let Some(tab) = self.find(id) {
                self.tell(tab, Input::Online(self.network_works));
            }
        }
    }

    fn open(&mut self) {
        self.opened += 1;
        let id = self.opened;
        let config = Config {
            account_id: Some("acme".into()),
            user_id: Some("ann".into()),
            max_queue_bytes: self.bound,
            consent: Consent::Granted,
            ..Config::default()
        };
        let now = Now {
            mono: 0.0,
            wall: BEGIN + self.clock + self.wall_shift,
        };
        let seed = [id, self.dice.roll() as u32, self.dice.roll() as u32, 1];
        self.say(&format!("tab {id} opens"));
        self.tabs.push(Tab {
            id,
            engine: Engine::new(config, seed, now),
            opened: self.clock,
            part: String::new(),
            visible: true,
            frozen: false,
            ending: false,
            taken: BTreeSet::new(),
            called: Vec::new(),
        });
        let tab = self.tabs.len() - 1;
        let cookies = self.cookies.clone();
        self.tell(
            tab,
            Input::Start(Start {
                visible: true,
                offline: !self.network_works,
                url: "https://app.example/",
                cookies: Cookies {
                    session: &cookies.0,
                    visitor: &cookies.1,
                },
                ..Start::default()
            }),
        );
    }

    fn feature(&mut self, tab: usize) {
        let Some(them) = self.tabs.get_mut(tab).filter(|them| !them.frozen) else {
            return;
        };
        self.features += 1;
        let name = format!("f{}", self.features);
        them.called.push(name.clone());
        let id = them.id;
        self.say(&format!("tab {id} calls {name}"));
        let now = self.now(tab);
        self.tabs[tab]
            .engine
            .handle(now, Input::Call(Call::feature(&name)));
        self.perform(id);
    }

    fn now(&self, tab: usize) -> Now {
        Now {
            mono: self.clock - self.tabs[tab].opened,
            wall: BEGIN + self.clock + self.wall_shift,
        }
    }

    /// A task of its own: something happens, and its microtasks run.
    fn tell(&mut self, tab: usize, input: Input<'_>) {
        if self.tabs.get(tab).is_none_or(|them| them.frozen) {
            return;
        }
        let id = self.tabs[tab].id;
        let now = self.now(tab);
        self.tabs[tab].engine.handle(now, input);
        self.perform(id);
        if let Some(tab) = self.find(id) {
            self.end_task(tab);
        }
    }

    fn end_task(&mut self, tab: usize) {
        let Some(them) = self.tabs.get_mut(tab) else {
            return;
        };
        let id = them.id;
        if std::mem::take(&mut them.ending) {
            let now = self.now(tab);
            self.tabs[tab].engine.handle(now, Input::Store);
            self.perform(id);
        }
        // Whoever lives here has kept what it accepted; whether storage has it
        // too decides what a crash may cost.
        let Some(tab) = self.find(id) else { return };
        for name in std::mem::take(&mut self.tabs[tab].called) {
            let stored = self
                .storage
                .values()
                .any(|text| text.contains(&format!("\"feature\":\"{name}\"")));
            if !stored {
                self.in_memory.insert(name.clone(), id);
            }
            self.promised.insert(name);
        }
    }

    fn find(&self, id: u32) -> Option<usize> {
        self.tabs.iter().position(|tab| tab.id == id)
    }

    /// Does what a tab's engine asks for; the tab may die before each effect.
    fn perform(&mut self, id: u32) {
        while let Some(tab) = self.find(id) {
            let Some(effect) = self.tabs[tab].engine.poll_effect() else {
                break;
            };
            if self.dice.one_in(400) {
                self.crash(tab);
                return;
            }
            self.effect(tab, effect);
        }
    }

    fn effect(&mut self, tab: usize, effect: Effect) {
        let id = self.tabs[tab].id;
        let now = self.now(tab);
        match effect {
            Effect::Send(request) => self.send(tab, request),
            Effect::StoreSoon => self.tabs[tab].ending = true,
            Effect::Own(part) => self.tabs[tab].part = part,
            Effect::Store(number, text) => {
                self.say(&format!(
                    "tab {id} stores segment {number}, {} lines",
                    text.lines().count()
                ));
                if self.storage_works {
                    for line in text.lines() {
                        self.in_memory.remove(field(line, "feature"));
                    }
                    self.storage
                        .insert(format!("{}.{number}", self.tabs[tab].part), text);
                } else {
                    self.tabs[tab].engine.handle(now, Input::NotStored(number));
                }
            }
            Effect::Unstore(number) => {
                self.say(&format!("tab {id} removes segment {number}"));
                let key = format!("{}.{number}", self.tabs[tab].part);
                self.storage.remove(&key);
            }
            Effect::Adopt => {
                let parts: BTreeSet<String> = self
                    .storage
                    .keys()
                    .filter_map(|key| key.split_once('.'))
                    .map(|(part, _)| part.to_owned())
                    .filter(|part| *part != self.tabs[tab].part)
                    .collect();
                for part in parts {
                    let later = self.clock + self.dice.below(20) as f64;
                    self.parcels
                        .push((later, Parcel::Adoption { tab: id, part }));
                }
            }
            Effect::ReadCookies => {
                let cookies = self.cookies.clone();
                self.tabs[tab].engine.handle(
                    now,
                    Input::Cookies(Cookies {
                        session: &cookies.0,
                        visitor: &cookies.1,
                    }),
                );
            }
            Effect::SetSession(value, _) => self.cookies.0 = value,
            Effect::SetVisitor(value) => self.cookies.1 = value,
            Effect::Announce(_) => {
                let others: Vec<u32> = self
                    .tabs
                    .iter()
                    .map(|tab| tab.id)
                    .filter(|other| *other != id)
                    .collect();
                for other in others {
                    if let Some(other) = self.find(other) {
                        self.tell(other, Input::OtherTab(now.wall));
                    }
                }
            }
            Effect::Lost(loss) => {
                assert!(
                    matches!(loss.reason, Reason::Overflow | Reason::TooLarge),
                    "nothing else may be lost: {loss:?}"
                );
                self.evicted += u64::from(loss.count);
            }
            _ => {}
        }
    }

    fn send(&mut self, tab: usize, request: Request) {
        self.requests += 1;
        let id = self.tabs[tab].id;
        self.say(&format!(
            "tab {id} sends request {} of {} events",
            request.id, request.events
        ));
        assert!(!request.unloading || request.keepalive);
        for line in request.body.lines() {
            let before = self.senders.insert(field(line, "event_id").to_owned(), id);
            // Where storage was full, the original of what was taken over had to
            // stay, and a frozen page cannot hold its lock.
            let sure = !self.storage_failed;
            if let Some(before) = before.filter(|before| sure && *before != id) {
                let alive = self.find(before).is_some_and(|tab| !self.tabs[tab].frozen);
                let other_part = alive
                    && self
                        .storage
                        .keys()
                        .any(|key| key.starts_with(&self.tabs[self.find(before).unwrap()].part));
                assert!(
                    !alive || !other_part || !self.still_keeps(before, line),
                    "tabs {before} and {id} both send {line}"
                );
            }
        }
        let trip = 5.0 + self.dice.below(300) as f64;
        if !self.network_works || self.dice.one_in(10) {
            self.parcels.push((
                self.clock + trip,
                Parcel::Answer {
                    tab: id,
                    id: request.id,
                    status: 0,
                    wait: 0.0,
                },
            ));
            return;
        }
        let twice = self.dice.one_in(20);
        self.parcels.push((
            self.clock + trip,
            Parcel::Request {
                tab: id,
                request,
                twice,
            },
        ));
    }

    /// Whether what a tab stored for itself holds the event.
    fn still_keeps(&self, id: u32, line: &str) -> bool {
        let Some(tab) = self.find(id) else {
            return false;
        };
        let part = format!("{}.", self.tabs[tab].part);
        self.storage
            .iter()
            .any(|(key, text)| key.starts_with(&part) && text.contains(line))
    }

    fn arrive(&mut self, parcel: Parcel) {
        match parcel {
            Parcel::Request {
                tab,
                request,
                twice,
            } => {
                let (mut status, wait) = self.collector.post(self.mood, &request.body);
                if twice {
                    self.collector.post(self.mood, &request.body);
                }
                // The answer may be lost, or never come.
                if self.dice.one_in(12) {
                    status = 0;
                    if self.dice.one_in(2) {
                        return;
                    }
                }
                let trip = 5.0 + self.dice.below(300) as f64;
                let answer = Parcel::Answer {
                    tab,
                    id: request.id,
                    status,
                    wait,
                };
                self.parcels.push((self.clock + trip, answer));
            }
            Parcel::Answer {
                tab,
                id,
                status,
                wait,
            } => {
                let Some(tab) = self.find(tab) else { return };
                let input = match status {
                    0 => Input::Failed(id),
                    status => Input::Response {
                        id,
                        status,
                        retry_after: wait,
                        rejected: 0,
                        message: "",
                    },
                };
                self.tell(tab, input);
            }
            Parcel::Adoption { tab, part } => {
                let asker = tab;
                let dotted = format!("{part}.");
                let held = self.tabs.iter().any(|tab| {
                    let keeps = tab.taken.iter().any(|key| key.starts_with(&dotted));
                    !tab.frozen && (tab.part == part || (keeps && tab.id != asker))
                });
                if held {
                    return;
                }
                let keys: Vec<String> = self
                    .storage
                    .keys()
                    .filter(|key| key.starts_with(&format!("{part}.")))
                    .cloned()
                    .collect();
                for key in keys {
                    let Some(at) = self.find(tab) else { return };
                    if self.tabs[at].frozen {
                        return;
                    }
                    let records = self.storage[&key].clone();
                    self.adoptions += 1;
                    self.say(&format!("tab {tab} takes over {key}"));
                    if self.tabs[at].taken.contains(&key) {
                        continue;
                    }
                    self.tell(at, Input::Adopted(&records));
                    // It may have died within, before it removed the original.
                    if let Some(at) = self.find(tab) {
                        if self.storage_works {
                            self.storage.remove(&key);
                        } else {
                            self.tabs[at].taken.insert(key);
                        }
                    }
                }
            }
        }
    }

    /// Lets time pass: parcels arrive and timers fire, in order.
    fn pass(&mut self, ms: f64) {
        let end = self.clock + ms;
        loop {
            let parcel = self.parcels.iter().map(|(at, _)| *at).reduce(f64::min);
            let timer = self
                .tabs
                .iter()
                .filter(|tab| !tab.frozen)
                .filter_map(|tab| tab.engine.poll_timeout().map(|due| due + tab.opened))
                .reduce(f64::min);
            let Some(next) = parcel
                .into_iter()
                .chain(timer)
                .reduce(f64::min)
                .filter(|next| *next <= end)
            else {
                break;
            };
            self.clock = self.clock.max(next);
            if let Some(at) = self.parcels.iter().position(|(at, _)| *at <= self.clock) {
                let (_, parcel) = self.parcels.swap_remove(at);
                self.arrive(parcel);
                continue;
            }
            for id in self.tabs.iter().map(|tab| tab.id).collect::<Vec<_>>() {
                let Some(tab) = self.find(id) else { continue };
                let due = self.tabs[tab].engine.poll_timeout();
                if due.is_some_and(|due| due + self.tabs[tab].opened <= self.clock) {
                    self.tell(tab, Input::Timer);
                }
            }
        }
        self.clock = end;
    }

    fn close(&mut self, tab: usize) {
        let id = self.tabs[tab].id;
        self.say(&format!("tab {id} closes"));
        self.tell(tab, Input::Hidden);
        if let Some(tab) = self.find(id) {
            self.die(tab);
        }
    }

    fn crash(&mut self, tab: usize) {
        self.crashes += 1;
        self.say(&format!("tab {} crashes", self.tabs[tab].id));
        self.die(tab);
    }

    fn die(&mut self, tab: usize) {
        let id = self.tabs.remove(tab).id;
        // What storage would not take dies with the page that kept it.
        let gone: Vec<String> = self
            .in_memory
            .iter()
            .filter(|(_, owner)| **owner == id)
            .map(|(name, _)| name.clone())
            .collect();
        for name in gone {
            self.in_memory.remove(&name);
            self.promised.remove(&name);
        }
    }

    /// Into the back/forward cache and, after a while, back.
    fn freeze(&mut self, tab: usize) {
        let id = self.tabs[tab].id;
        self.say(&format!("tab {id} is frozen"));
        self.tell(tab, Input::Hidden);
        let Some(tab) = self.find(id) else { return };
        self.tabs[tab].frozen = true;
        let ms = self.dice.below(100_000) as f64;
        self.pass(ms);
        if let Some(tab) = self.find(id) {
            self.tabs[tab].frozen = false;
            self.tabs[tab].visible = true;
            self.tell(tab, Input::Restored);
            if let Some(tab) = self.find(id) {
                self.tell(tab, Input::Shown);
            }
        }
    }

    /// Everything works again, and one page stays open long enough.
    fn heal(&mut self) {
        self.say("everything heals");
        self.network_works = true;
        self.storage_works = true;
        self.mood = Mood::Well;
        self.tell_all_of_network();
        self.pass(1_000_000.0);
        // The last page may have died of a crash just now.
        for _ in 0..5 {
            self.open();
            self.pass(400_000.0);
        }
    }

    fn check_bounds(&self) {
        for tab in &self.tabs {
            let part = format!("{}.", tab.part);
            let stored: usize = self
                .storage
                .iter()
                .filter(|(key, _)| key.starts_with(&part))
                .map(|(_, text)| text.len())
                .sum();
            // One segment may be on its way out while its successor is in.
            assert!(
                stored as f64 <= 2.0 * self.bound + 70_000.0,
                "{stored} bytes are stored"
            );
        }
    }
}
