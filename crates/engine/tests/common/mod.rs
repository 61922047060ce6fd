//! A tracker under a virtual clock.

#![allow(dead_code, unused_imports, reason = "each suite uses its own part")]

mod input;

pub use input::{accepted, answered, feature, flush, id, request, segment, unanswered};
use natero_engine::{
    Announcement, Call, Config, Cookies, Effect, Engine, Input, Loss, Millis, Mono, News, Now,
    Request, RequestId, Seed, SegmentId, Start, View, Wall,
};
use natero_event::Id;
use serde_json::Value;
use std::collections::BTreeMap;

/// Wall time at which every test begins, in ms since the Unix epoch.
pub const BEGIN: f64 = 1_700_000_000_000.0;

/// One tab with a tracker, and every effect that it asked for.
pub struct Tab {
    pub engine: Engine,
    /// Both clocks, in ms since the test began.
    pub mono: f64,
    pub wall: f64,
    pub session_cookie: String,
    pub visitor_cookie: String,
    pub requests: Vec<Request>,
    pub aborted: Vec<RequestId>,
    pub losses: Vec<Loss>,
    pub other: Vec<Effect>,
    pub announced: u32,
    /// The time of the last of these announcements.
    pub used_since: Wall,
    /// Up to when it last announced that it has counted its time.
    pub counted_to: Option<Wall>,
    /// How many of these announcements may go through web storage.
    pub announced_through_storage: u32,
    /// This tab's part of the storage.
    pub stored: BTreeMap<SegmentId, String>,
    /// The record that it last shared with the pages of its source; empty once the wait
    /// is over.
    pub shared: Option<String>,
    pub writes: u32,
}

/// Settings with both ids, and without page views, which most tests do not need.
pub fn config() -> Config {
    Config {
        account_id: Id::new("acme").map(Into::into),
        user_id: Id::new("ann").map(Into::into),
        track_page_views: false,
        ..Config::default()
    }
}

/// [`config`] with an idle timeout that never passes, so that only the test makes events.
pub fn never_idle() -> Config {
    Config {
        idle_timeout: Millis(1e12),
        session_sync_interval: Millis(1e12),
        ..config()
    }
}

impl Tab {
    /// A tab that is visible from the start.
    pub fn open(config: Config) -> Tab {
        Tab::open_with(config, [1, 2, 3, 4], 0.0, "", "", true)
    }

    pub fn open_with(
        config: Config,
        seed: [u32; 4],
        at: f64,
        session: &str,
        visitor: &str,
        visible: bool,
    ) -> Tab {
        let now = Now {
            mono: Mono(0.0),
            wall: Wall(BEGIN + at),
        };
        let mut tab = Tab {
            engine: Engine::new(config, Seed(seed), now),
            mono: 0.0,
            wall: now.wall.0,
            session_cookie: session.to_owned(),
            visitor_cookie: visitor.to_owned(),
            requests: Vec::new(),
            aborted: Vec::new(),
            losses: Vec::new(),
            other: Vec::new(),
            announced: 0,
            used_since: Wall(0.0),
            counted_to: None,
            announced_through_storage: 0,
            stored: BTreeMap::new(),
            shared: None,
            writes: 0,
        };
        let start = Start {
            visible,
            view: Some(View {
                url: "https://app.example/home",
                title: "Home",
            }),
            referrer: "https://search.example/",
            cookies: Cookies { session, visitor },
            ..Start::default()
        };
        tab.tell(Input::Start(start));
        tab
    }

    pub fn now(&self) -> Now {
        Now {
            mono: Mono(self.mono),
            wall: Wall(self.wall),
        }
    }

    /// Another tab announces that it came into use.
    pub fn other_tab(&mut self, since: Wall) {
        self.tell(Input::OtherTab(Announcement(since.0)));
    }

    /// Another tab announces up to when it has counted its time.
    pub fn other_tab_counted(&mut self, until: Wall) {
        self.tell(Input::OtherTab(Announcement(-until.0)));
    }

    /// Hands an input to the engine, and performs its effects.
    pub fn tell(&mut self, input: Input<'_>) {
        let now = self.now();
        self.engine.handle(now, input);
        while let Some(effect) = self.engine.poll_effect() {
            match effect {
                Effect::Send(request) => self.requests.push(request),
                Effect::AbortRequest { request } => self.aborted.push(request),
                Effect::ReportLoss(loss) => self.losses.push(loss),
                Effect::ReadCookies => {
                    let cookies = Cookies {
                        session: &self.session_cookie,
                        visitor: &self.visitor_cookie,
                    };
                    self.engine.handle(now, Input::CookiesRead(cookies));
                }
                Effect::SetSession { value, .. } => self.session_cookie = value,
                Effect::SetVisitor { value, .. } => self.visitor_cookie = value,
                Effect::EraseCookies => {
                    self.session_cookie.clear();
                    self.visitor_cookie.clear();
                }
                Effect::AnnounceTab {
                    announcement,
                    through_storage,
                } => {
                    match announcement.news() {
                        News::InUse(since) => {
                            self.used_since = since;
                            self.announced += 1;
                        }
                        News::Counted(until) => self.counted_to = Some(until),
                    }
                    self.announced_through_storage += u32::from(through_storage);
                }
                Effect::PersistAtTaskEnd => self.engine.handle(now, Input::TaskEnded),
                Effect::Store { segment, records } => {
                    self.writes += 1;
                    self.stored.insert(segment, records);
                }
                Effect::RemoveSegment { segment } => {
                    self.stored.remove(&segment);
                }
                Effect::EraseStorage => self.stored.clear(),
                Effect::ShareWait { record } => self.shared = Some(record),
                Effect::ClaimStorage { .. } | Effect::AdoptOrphans => {}
                Effect::Filter { .. }
                | Effect::WarnUnreachable { .. }
                | Effect::WarnAccountChanged { .. }
                | Effect::ShowEvent { .. }
                | Effect::ResolveFlush(_)
                | Effect::Detach => self.other.push(effect),
            }
        }
    }

    /// The lines that `beforeSend` was given and has not decided on.
    pub fn take_undecided(&mut self) -> Vec<String> {
        let asked = self
            .other
            .extract_if(.., |effect| matches!(effect, Effect::Filter { .. }));
        asked
            .map(|effect| match effect {
                Effect::Filter { line } => line,
                other => unreachable!("{other:?} was not asked for"),
            })
            .collect()
    }

    pub fn call(&mut self, call: Call<'_>) {
        self.tell(Input::Call(call));
    }

    /// Makes a call within a task that goes on: its effects are not performed yet.
    pub fn within(&mut self, call: Call<'_>) {
        let now = self.now();
        self.engine.handle(now, Input::Call(call));
    }

    pub fn feature(&mut self, name: &str) {
        self.call(feature(name));
    }

    /// Lets time pass, and wakes the engine whenever it asked for that.
    pub fn pass(&mut self, ms: f64) {
        let end = self.mono + ms;
        while let Some(Mono(due)) = self.engine.poll_timeout().filter(|due| due.0 <= end) {
            let step = (due - self.mono).max(0.0);
            self.mono += step;
            self.wall += step;
            self.tell(Input::Timer);
            assert!(
                self.engine
                    .poll_timeout()
                    .is_none_or(|next| next.0 > due || next.0 > self.mono),
                "a timer that was handled has to be over"
            );
        }
        self.wall += end - self.mono;
        self.mono = end;
    }

    /// Lets time pass without waking the engine, as when a laptop sleeps.
    pub fn sleep(&mut self, mono: f64, wall: f64) {
        self.mono += mono;
        self.wall += wall;
    }

    /// Lets time pass, with an activity every `every` ms.
    pub fn work(&mut self, ms: f64, every: f64) {
        let end = self.mono + ms;
        while self.mono < end {
            self.pass(every.min(end - self.mono));
            self.tell(Input::Activity);
        }
    }

    /// The server answers this request.
    pub fn answer(&mut self, request: RequestId, status: u16) {
        self.respond(request, status, None, 0);
    }

    pub fn respond(
        &mut self,
        request: RequestId,
        status: u16,
        retry_after: Option<Millis>,
        rejected: u32,
    ) {
        self.tell(answered(request, status, retry_after, rejected, "said"));
    }

    /// The events of all requests so far. Each is listed once, however often it was sent.
    pub fn sent(&self) -> Vec<Value> {
        let mut seen = std::collections::HashSet::new();
        let mut all: Vec<Value> = self.requests.iter().flat_map(events).collect();
        all.retain(|event| seen.insert(event["event_id"].to_string()));
        all
    }

    /// Closes the tab and returns all events that it ever sent.
    pub fn close(mut self) -> Vec<Value> {
        self.tell(Input::Hidden);
        self.drain();
        self.sent()
    }

    /// Sends everything that waits, and confirms it.
    pub fn drain(&mut self) {
        let mut done = 0;
        loop {
            self.call(flush(0));
            if done == self.requests.len() {
                break;
            }
            while done < self.requests.len() {
                let id = self.requests[done].request;
                done += 1;
                self.answer(id, 200);
            }
        }
    }

    pub fn session(&self) -> String {
        self.engine.session().id().to_owned()
    }

    pub fn visitor(&self) -> String {
        self.engine.session().visitor().to_owned()
    }
}

/// The events of a request.
pub fn events(request: &Request) -> Vec<Value> {
    request
        .body
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

/// Sum of a field over the events of an action.
pub fn sum(events: &[Value], action: &str, field: &str) -> i64 {
    of(events, action)
        .iter()
        .map(|event| event[field].as_i64().expect("a whole number"))
        .sum()
}

/// The events of an action.
pub fn of<'a>(events: &'a [Value], action: &str) -> Vec<&'a Value> {
    events
        .iter()
        .filter(|event| event["action"] == action)
        .collect()
}
