//! What of the storage is whose.

use super::network::Parcel;
use super::{Wait, World};
use crate::collector::field;
use natero_engine::Input;
use std::collections::BTreeSet;

impl World {
    /// A tab asks for the locks of all parts but its own.
    pub(super) fn look_for_left(&mut self, tab: usize) {
        let id = self.tabs[tab].id;
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

    /// The page clears the storage of its origin. What living tabs have in memory
    /// is not lost; what closed and frozen ones left is.
    pub(super) fn clear_storage(&mut self) {
        self.say("the page clears the storage");
        for (key, records) in std::mem::take(&mut self.storage) {
            let part = key.split('.').next().unwrap_or_default();
            let keeper = self.tabs.iter().find(|tab| tab.part == part && !tab.frozen);
            for line in records.lines() {
                let name = field(line, "feature").to_owned();
                match keeper {
                    Some(tab) => {
                        self.in_memory.insert(name, tab.id);
                    }
                    None => {
                        self.promised.remove(&name);
                    }
                }
            }
        }
    }

    /// Tells a tab which of its segments are not there any more, and that it is
    /// hidden.
    pub(super) fn hide(&mut self, tab: usize) {
        let id = self.tabs[tab].id;
        for segment in self.tabs[tab].segments.clone() {
            let Some(tab) = self.find(id) else { return };
            let key = format!("{}.{}", self.tabs[tab].part, segment.0);
            if !self.storage.contains_key(&key) {
                self.tabs[tab].segments.remove(&segment);
                self.tell(tab, Input::WriteFailed(segment));
            }
        }
        if let Some(tab) = self.find(id) {
            self.tell(tab, Input::Hidden);
        }
    }

    /// Notes for how long whoever takes these records over has to wait.
    pub(super) fn note_wait(&mut self, tab: usize, key: &str, records: &str) {
        if records.lines().any(|record| record.starts_with('!')) {
            let wait = Wait {
                until: self.tabs[tab].told_to_wait,
                wall_shift: self.wall_shift,
            };
            self.waits.insert(key.to_owned(), wait);
        } else {
            self.waits.remove(key);
        }
    }

    /// From now on a tab may send nothing before the time until which the page
    /// was told to wait whose records it takes over.
    fn obey(&mut self, tab: usize, key: &str) {
        let Some(wait) = self.waits.remove(key) else {
            return;
        };
        if wait.wall_shift.to_bits() == self.wall_shift.to_bits() {
            let until = &mut self.tabs[tab].told_to_wait;
            // It is stored in whole ms.
            *until = until.max(wait.until - 1.0);
        }
    }

    /// A tab takes over what is in a part, unless someone holds its lock.
    pub(super) fn take_over(&mut self, tab: u32, part: &str) {
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
            self.obey(at, &key);
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

    /// Whether what a tab stored for itself holds the event.
    pub(super) fn still_keeps(&self, id: u32, line: &str) -> bool {
        let Some(tab) = self.find(id) else {
            return false;
        };
        let part = format!("{}.", self.tabs[tab].part);
        self.storage
            .iter()
            .any(|(key, text)| key.starts_with(&part) && text.contains(line))
    }
}
