//! The schedule of faults, and what must be true once everything is healed.

use super::{Summary, World};
use crate::collector::{Mood, field};
use natero_engine::Input;
use std::collections::BTreeSet;

impl World {
    /// Runs a schedule of faults, heals everything, and checks what arrived.
    pub fn run(mut self) -> Summary {
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
        // Each minute of failure may cost a few attempts, each event one request.
        let allowed = 40.0
            + 3.0 * self.collector.received.len() as f64
            + self.adoptions as f64
            + self.clock / 5_000.0;
        assert!(
            (self.requests as f64) < allowed,
            "{} requests",
            self.requests
        );
        Summary {
            events: self.collector.received.len() as u64,
            crashes: self.crashes,
            requests: self.requests,
            duplicates: self.collector.duplicates,
        }
    }

    pub(super) fn step(&mut self) {
        let live = self.tabs.len() as u64;
        let tab = if live == 0 {
            0
        } else {
            self.dice.below(live) as usize
        };
        match self.dice.below(25) {
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
                self.tabs[tab].visible = !self.tabs[tab].visible;
                if self.tabs[tab].visible {
                    self.tell(tab, Input::Shown);
                } else {
                    self.hide(tab);
                }
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
                self.mood = match self.dice.below(7) {
                    0 => Mood::Broken,
                    1 => Mood::Overloaded(self.dice.below(120_000) as f64),
                    2 => Mood::Narrow(2_000 + self.dice.below(4_000) as usize),
                    3 => Mood::Passing([403, 404, 405, 421, 423, 425][self.dice.below(6) as usize]),
                    4 => Mood::Silent,
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
            23 => self.clear_storage(),
            24 => self.wall_shift += self.dice.below(7_200_000) as f64 - 3_600_000.0,
            _ => {}
        }
    }

    pub(super) fn tell_all_of_network(&mut self) {
        // By id, because any tab may crash meanwhile.
        for id in self.tabs.iter().map(|tab| tab.id).collect::<Vec<_>>() {
            if let Some(tab) = self.find(id) {
                self.tell(tab, Input::Online(self.network_works));
            }
        }
    }

    /// Everything works again, and one page stays open long enough.
    pub(super) fn heal(&mut self) {
        self.say("everything heals");
        self.network_works = true;
        self.storage_works = true;
        self.mood = Mood::Well;
        self.tell_all_of_network();
        self.pass(1_000_000.0);
        // The last page may just have crashed.
        for _ in 0..5 {
            self.open();
            self.pass(400_000.0);
        }
    }

    pub(super) fn check_bounds(&self) {
        for tab in &self.tabs {
            let part = format!("{}.", tab.part);
            let stored: usize = self
                .storage
                .iter()
                .filter(|(key, _)| key.starts_with(&part))
                .map(|(_, text)| text.len())
                .sum();
            // One segment may be on its way out while its successor is stored already.
            assert!(
                stored <= 2 * self.max_stored_bytes + 70_000,
                "{stored} bytes are stored"
            );
        }
    }
}
