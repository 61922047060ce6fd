//! What is under way, and what happens to it.

use super::{CONNECTIONS, World};
use crate::collector::{Reply, field};
use crate::input::unanswered;
use natero_engine::{Answer, Input, Millis, Mono, Request, RequestId, Response};

/// Something under way between a tab and the server.
pub(super) enum Parcel {
    Request {
        tab: u32,
        request: Request,
        twice: bool,
    },
    Answer {
        tab: u32,
        id: RequestId,
        /// The server's answer; `None` if the network failed.
        reply: Option<Reply>,
    },
    /// A tab asked for the lock of a part.
    Adoption { tab: u32, part: String },
}

impl World {
    pub(super) fn send(&mut self, tab: usize, request: Request) {
        self.requests += 1;
        let id = self.tabs[tab].id;
        let until = self.tabs[tab].told_to_wait;
        assert!(
            self.clock >= until,
            "tab {id} sends at {} and was told to wait until {until}",
            self.clock
        );
        self.say(&format!(
            "tab {id} sends request {} of {} events",
            request.request.0, request.events
        ));
        let has_hung = !self.tabs[tab].aborted.is_empty();
        assert!(!request.unloading || request.keepalive || has_hung);
        for line in request.body.lines() {
            let before = self.senders.insert(field(line, "event_id").to_owned(), id);
            // If storage was full, the original of an adopted segment had to stay, and a
            // frozen page cannot hold its lock.
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
        if self.held.len() >= CONNECTIONS {
            self.say("no connection is free");
            return;
        }
        let trip = 5.0 + self.dice.below(300) as f64;
        if !self.network_works || self.dice.one_in(10) {
            self.parcels.push((
                self.clock + trip,
                Parcel::Answer {
                    tab: id,
                    id: request.request,
                    reply: None,
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

    pub(super) fn arrive(&mut self, parcel: Parcel) {
        match parcel {
            Parcel::Request {
                tab,
                request,
                twice,
            } => {
                let Request { body, asked, .. } = &request;
                let mut reply = self.collector.post(self.mood, body, asked);
                if twice {
                    self.collector.post(self.mood, body, asked);
                }
                if reply.is_none() {
                    if request.keepalive && self.find(tab).is_some() {
                        self.held.push(tab);
                    }
                    return;
                }
                // The answer may be lost or never come.
                if self.dice.one_in(12) {
                    reply = None;
                    if self.dice.one_in(2) {
                        return;
                    }
                }
                let trip = 5.0 + self.dice.below(300) as f64;
                let answer = Parcel::Answer {
                    tab,
                    id: request.request,
                    reply,
                };
                self.parcels.push((self.clock + trip, answer));
            }
            Parcel::Answer { tab, id, reply } => {
                let Some(tab) = self.find(tab) else { return };
                let Some(reply) = reply else {
                    self.tell(tab, unanswered(id));
                    return;
                };
                let is_late = self.tabs[tab].aborted.contains(&id);
                if reply.wait > 0.0 && !self.tabs[tab].frozen && !is_late {
                    let until = self.clock + reply.wait;
                    let tab = &mut self.tabs[tab];
                    tab.told_to_wait = tab.told_to_wait.max(until);
                }
                let answer = Answer {
                    status: reply.status,
                    retry_after: (reply.wait > 0.0).then_some(Millis(reply.wait)),
                    rejected: None,
                    message: "",
                    lacking: reply.lacking.as_deref(),
                };
                self.tell(
                    tab,
                    Input::Response(Response {
                        request: id,
                        answer: Some(answer),
                    }),
                );
            }
            Parcel::Adoption { tab, part } => self.take_over(tab, &part),
        }
    }

    /// Lets time pass: messages arrive and timers fire, in order.
    pub(super) fn pass(&mut self, ms: f64) {
        let end = self.clock + ms;
        loop {
            let parcel = self.parcels.iter().map(|(at, _)| *at).reduce(f64::min);
            let timer = self
                .tabs
                .iter()
                .filter(|tab| !tab.frozen)
                .filter_map(|tab| tab.engine.poll_timeout().map(|Mono(due)| due + tab.opened))
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
                if due.is_some_and(|Mono(due)| due + self.tabs[tab].opened <= self.clock) {
                    self.tell(tab, Input::Timer);
                }
            }
        }
        self.clock = end;
    }
}
