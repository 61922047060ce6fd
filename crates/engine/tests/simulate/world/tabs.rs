//! Tabs open, close, crash, and enter the back/forward cache.

use super::{BEGIN, Tab, World};
use natero_engine::{Config, Consent, Cookies, Engine, Input, Mono, Now, Seed, Start, View, Wall};
use natero_event::Id;
use std::collections::BTreeSet;

impl World {
    pub(super) fn open(&mut self) {
        self.opened += 1;
        let id = self.opened;
        let config = Config {
            account_id: Id::new("acme").map(Into::into),
            user_id: Id::new("ann").map(Into::into),
            max_queue_bytes: self.max_queue_bytes,
            max_stored_bytes: self.max_stored_bytes,
            consent: Consent::Granted,
            ..Config::default()
        };
        let now = Now {
            mono: Mono(0.0),
            wall: Wall(BEGIN + self.clock + self.wall_shift),
        };
        let seed = [id, self.dice.roll() as u32, self.dice.roll() as u32, 1];
        self.say(&format!("tab {id} opens"));
        self.tabs.push(Tab {
            id,
            engine: Engine::new(config, Seed(seed), now),
            opened: self.clock,
            part: String::new(),
            visible: true,
            frozen: false,
            ending: false,
            taken: BTreeSet::new(),
            called: Vec::new(),
            segments: BTreeSet::new(),
            aborted: Vec::new(),
            warned: 0,
            told_to_wait: 0.0,
        });
        let tab = self.tabs.len() - 1;
        let cookies = self.cookies.clone();
        self.tell(
            tab,
            Input::Start(Start {
                visible: true,
                offline: !self.network_works,
                view: Some(View {
                    url: "https://app.example/",
                    title: "",
                }),
                cookies: Cookies {
                    session: &cookies.0,
                    visitor: &cookies.1,
                },
                ..Start::default()
            }),
        );
    }

    pub(super) fn close(&mut self, tab: usize) {
        let id = self.tabs[tab].id;
        self.say(&format!("tab {id} closes"));
        self.hide(tab);
        if let Some(tab) = self.find(id) {
            self.die(tab);
        }
    }

    pub(super) fn crash(&mut self, tab: usize) {
        self.crashes += 1;
        self.say(&format!("tab {} crashes", self.tabs[tab].id));
        self.die(tab);
    }

    pub(super) fn die(&mut self, tab: usize) {
        let id = self.tabs.remove(tab).id;
        self.held.retain(|holder| *holder != id);
        // Events that storage refused are lost with the page that held them.
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

    /// Moves a tab into the back/forward cache and, after a while, back.
    pub(super) fn freeze(&mut self, tab: usize) {
        let id = self.tabs[tab].id;
        self.say(&format!("tab {id} is frozen"));
        self.hide(tab);
        let Some(tab) = self.find(id) else { return };
        self.tabs[tab].frozen = true;
        let ms = self.dice.below(100_000) as f64;
        self.pass(ms);
        if let Some(tab) = self.find(id) {
            self.tabs[tab].frozen = false;
            self.tabs[tab].segments.clear();
            self.tabs[tab].visible = true;
            self.tell(tab, Input::Restored);
            if let Some(tab) = self.find(id) {
                self.tell(tab, Input::Shown);
            }
        }
    }
}
