//! A task of a tab: something happens, the engine's effects are performed, and the
//! microtasks run.

use super::World;
use crate::collector::field;
use crate::input::feature;
use natero_engine::{Cookies, Effect, Input, Reason};

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
        let call = Input::Call(feature(&name));
        self.tabs[tab].engine.handle(now, call);
        self.perform(id);
    }

    /// Runs a task of its own: something happens, and its microtasks run.
    pub(super) fn tell(&mut self, tab: usize, input: Input<'_>) {
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

    pub(super) fn end_task(&mut self, tab: usize) {
        let Some(them) = self.tabs.get_mut(tab) else {
            return;
        };
        let id = them.id;
        if std::mem::take(&mut them.ending) {
            let now = self.now(tab);
            self.tabs[tab].engine.handle(now, Input::TaskEnded);
            self.perform(id);
        }
        // A tab that still lives has kept what it accepted. Whether it is stored too
        // decides what a crash may lose.
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

    /// Performs the effects of a tab's engine. The tab may crash before each of them.
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
        match effect {
            Effect::Send(request) => self.send(tab, request),
            Effect::AbortRequest { request } => self.tabs[tab].aborted.push(request),
            Effect::WarnUnreachable { .. } => {
                self.say(&format!("tab {id} says that the server is out of reach"));
                let times = &mut self.tabs[tab].warned;
                *times += 1;
                assert_eq!(*times, 1, "tab {id} says so again");
            }
            Effect::PersistAtTaskEnd => self.tabs[tab].ending = true,
            Effect::ClaimStorage { stream } => self.tabs[tab].part = stream,
            Effect::Store { segment, records } => {
                self.say(&format!(
                    "tab {id} stores segment {}, {} lines",
                    segment.0,
                    records.lines().count()
                ));
                let key = format!("{}.{}", self.tabs[tab].part, segment.0);
                if self.storage_works {
                    for line in records.lines() {
                        self.in_memory.remove(field(line, "feature"));
                    }
                    self.tabs[tab].segments.insert(segment);
                    self.storage.insert(key, records);
                } else if !self.storage.contains_key(&key) {
                    let engine = &mut self.tabs[tab].engine;
                    engine.handle(now, Input::WriteFailed(segment));
                }
            }
            Effect::RemoveSegment { segment } => {
                self.say(&format!("tab {id} removes segment {}", segment.0));
                let key = format!("{}.{}", self.tabs[tab].part, segment.0);
                self.storage.remove(&key);
                self.tabs[tab].segments.remove(&segment);
            }
            Effect::AdoptOrphans => {
                self.hear_wait(tab);
                if let Some(tab) = self.find(id) {
                    self.look_for_left(tab);
                }
            }
            Effect::ShareWait { record } => self.share_wait(tab, record),
            Effect::ReadCookies => {
                let cookies = self.cookies.clone();
                let cookies = Cookies {
                    session: &cookies.0,
                    visitor: &cookies.1,
                };
                let engine = &mut self.tabs[tab].engine;
                engine.handle(now, Input::CookiesRead(cookies));
            }
            Effect::SetSession { value, .. } => self.cookies.0 = value,
            Effect::SetVisitor { value, .. } => self.cookies.1 = value,
            Effect::AnnounceTab { announcement, .. } => {
                let others: Vec<u32> = self
                    .tabs
                    .iter()
                    .map(|tab| tab.id)
                    .filter(|other| *other != id)
                    .collect();
                for other in others {
                    if let Some(other) = self.find(other) {
                        self.tell(other, Input::OtherTab(announcement));
                    }
                }
            }
            Effect::ReportLoss(loss) => {
                assert!(
                    matches!(loss.reason, Reason::Overflow | Reason::TooLarge),
                    "nothing else may be lost: {loss:?}"
                );
                self.evicted += u64::from(loss.count);
            }
            Effect::ResolveFlush(_) => {}
            Effect::Filter { .. }
            | Effect::WarnAccountChanged { .. }
            | Effect::ShowEvent { .. }
            | Effect::EraseCookies
            | Effect::EraseStorage
            | Effect::Detach => unreachable!("{effect:?} was not asked for"),
        }
    }
}
