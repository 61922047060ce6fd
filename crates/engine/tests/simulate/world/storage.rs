//! What of the storage is whose.

use super::World;
use super::network::Parcel;
use crate::input::Input;
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
