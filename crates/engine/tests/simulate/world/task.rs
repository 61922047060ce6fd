//! A task of a tab: something happens, what the engine asks for is done, and
//! its microtasks run.

use super::World;
use crate::collector::field;
use crate::input::{Call, Cookies, Input, handle};
use natero_engine::{Do, Effect, Loss, Reason};

impl World {
    pub(super) fn feature(&mut self, tab: usize) {
        let Some(them) = self.tabs.get_mut(tab).filter(|them| !them.frozen) else {
            return;
        };
        self.features += 1;
        let name = format!("f{}", self.features);
        them.called.push(name.clone());
        let id = them.id;
        self.say(&format!("tab {id} calls {name}"));
        let now = self.now(tab);
        handle(
            &mut self.tabs[tab].engine,
            now,
            Input::Call(Call::feature(&name)),
        );
        self.perform(id);
    }

    /// A task of its own: something happens, and its microtasks run.
    pub(super) fn tell(&mut self, tab: usize, input: Input<'_>) {
        if self.tabs.get(tab).is_none_or(|them| them.frozen) {
            return;
        }
        let id = self.tabs[tab].id;
        let now = self.now(tab);
        handle(&mut self.tabs[tab].engine, now, input);
        self.perform(id);
        if let Some(tab) = self.find(id) {
            self.end_task(tab);
        }
    }

    pub(super) fn end_task(&mut self, tab: usize) {
        let Some(them) = self.tabs.get_mut(tab) else {
            return;
        };
        let id = them.id;
        if std::mem::take(&mut them.ending) {
            let now = self.now(tab);
            handle(&mut self.tabs[tab].engine, now, Input::Store);
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

    /// Does what a tab's engine asks for; the tab may die before each effect.
    pub(super) fn perform(&mut self, id: u32) {
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

    pub(super) fn effect(&mut self, tab: usize, effect: Effect) {
        let id = self.tabs[tab].id;
        let now = self.now(tab);
        let number = effect.numbers[0] as u32;
        let text = effect.text.as_str();
        match effect.what {
            Do::Send => self.send(tab, effect.into()),
            Do::StoreSoon => self.tabs[tab].ending = true,
            Do::Own => self.tabs[tab].part = effect.text,
            Do::Store => {
                self.say(&format!(
                    "tab {id} stores segment {number}, {} lines",
                    text.lines().count()
                ));
                if self.storage_works {
                    for line in text.lines() {
                        self.in_memory.remove(field(line, "feature"));
                    }
                    self.storage
                        .insert(format!("{}.{number}", self.tabs[tab].part), effect.text);
                } else {
                    let engine = &mut self.tabs[tab].engine;
                    handle(engine, now, Input::NotStored(number));
                }
            }
            Do::Unstore => {
                self.say(&format!("tab {id} removes segment {number}"));
                let key = format!("{}.{number}", self.tabs[tab].part);
                self.storage.remove(&key);
            }
            Do::Adopt => self.look_for_left(tab),
            Do::ReadCookies => {
                let cookies = self.cookies.clone();
                let cookies = Cookies {
                    session: &cookies.0,
                    visitor: &cookies.1,
                };
                handle(&mut self.tabs[tab].engine, now, Input::Cookies(cookies));
            }
            Do::SetSession => self.cookies.0 = effect.text,
            Do::SetVisitor => self.cookies.1 = effect.text,
            Do::Announce => {
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
            Do::Lost => {
                let loss = Loss::from(effect);
                assert!(
                    matches!(loss.reason, Reason::Overflow | Reason::TooLarge),
                    "nothing else may be lost: {loss:?}"
                );
                self.evicted += u64::from(loss.count);
            }
            _ => {}
        }
    }
}
