//! Which tab owns which part of the storage.

use super::network::Parcel;
use super::{Wait, World};
use crate::collector::field;
use natero_engine::Input;
use std::collections::BTreeSet;

impl World {
    /// A tab asks for the locks of all parts except its own.
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

    /// The page clears the storage of its origin. Living tabs still have their events in
    /// memory; those of closed and frozen tabs are lost.
    pub(super) fn clear_storage(&mut self) {
        self.say("the page clears the storage");
        self.shared_wait = None;
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

    /// Reports to a tab which of its segments are gone, and that it is hidden.
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

    /// A tab shares that the server asked it to wait, or that the wait is over. The other
    /// tabs receive that.
    pub(super) fn share_wait(&mut self, tab: usize, record: String) {
        if !self.storage_works {
            return;
        }
        let id = self.tabs[tab].id;
        self.say(&format!("tab {id} shares {record:?}"));
        self.shared_wait = (!record.is_empty()).then(|| Wait {
            record,
            until: self.tabs[tab].told_to_wait,
            wall_shift: self.wall_shift,
        });
        for other in self.tabs.iter().map(|tab| tab.id).collect::<Vec<_>>() {
            if let Some(other) = self.find(other).filter(|_| other != id) {
                self.hear_wait(other);
            }
        }
    }

    /// A tab receives the shared wait. From now on it may send nothing before that time.
    pub(super) fn hear_wait(&mut self, tab: usize) {
        let Some(wait) = self.shared_wait.clone() else {
            return;
        };
        if self.tabs[tab].frozen {
            return;
        }
        if wait.wall_shift.to_bits() == self.wall_shift.to_bits() {
            let until = &mut self.tabs[tab].told_to_wait;
            // The wait is stored in whole ms.
            *until = until.max(wait.until - 1.0);
        }
        self.tell(tab, Input::Adopted(&wait.record));
    }

    /// A tab adopts the content of a part, unless another tab holds its lock.
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
            let before = self.bytes_stored();
            let now = self.now(at);
            let engine = &mut self.tabs[at].engine;
            engine.handle(now, Input::Adopted(&records));
            self.perform(tab);
            let written = self.bytes_stored().saturating_sub(before);
            assert!(
                written <= records.len(),
                "tab {tab} writes {written} bytes in place of {}",
                records.len()
            );
            // The tab may have crashed meanwhile, before it removed the original.
            if let Some(at) = self.find(tab) {
                if self.storage_works {
                    self.storage.remove(&key);
                    self.check_kept(&records);
                } else {
                    self.tabs[at].taken.insert(key);
                }
                self.end_task(at);
            }
        }
    }

    fn bytes_stored(&self) -> usize {
        self.storage.values().map(String::len).sum()
    }

    /// Checks that adopted events are stored or have arrived. Otherwise a crash would
    /// lose them.
    fn check_kept(&self, records: &str) {
        for line in records.lines() {
            let name = field(line, "feature");
            let is_safe = self.evicted > 0
                || !self.promised.contains(name)
                || self.in_memory.contains_key(name)
                || self
                    .collector
                    .received
                    .contains_key(field(line, "event_id"))
                || self.storage.values().any(|text| text.contains(&line[1..]));
            assert!(is_safe, "no storage holds {line} any more");
        }
    }

    /// Whether a tab's own part of the storage contains the event.
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
