//! A tracker under a virtual clock.

#![allow(dead_code, unused_imports, reason = "each suite uses its own part")]

mod input;

pub use input::{Call, Cookies, Input, Override, Start, handle};
use natero_engine::{Config, Do, Effect, Engine, Loss, Now, Request};
use serde_json::Value;
use std::collections::BTreeMap;

/// Wall time at which every test begins.
pub const BEGIN: f64 = 1_700_000_000_000.0;

/// One tab with a tracker, and everything it asked for.
pub struct Tab {
    pub engine: Engine,
    /// Both clocks, in ms since the test began.
    pub mono: f64,
    pub wall: f64,
    pub session_cookie: String,
    pub visitor_cookie: String,
    pub requests: Vec<Request>,
    pub losses: Vec<Loss>,
    pub other: Vec<Effect>,
    pub announced: u32,
    /// This tab's part of the storage.
    pub stored: BTreeMap<u32, String>,
    pub writes: u32,
}

/// Settings with both ids, and no page views to get in the way.
pub fn config() -> Config {
    Config {
        account_id: "acme".into(),
        user_id: "ann".into(),
        track_page_views: false,
        ..Config::default()
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
            mono: 0.0,
            wall: BEGIN + at,
        };
        let mut tab = Tab {
            engine: Engine::new(config, seed, now),
            mono: 0.0,
            wall: now.wall,
            session_cookie: session.to_owned(),
            visitor_cookie: visitor.to_owned(),
            requests: Vec::new(),
            losses: Vec::new(),
            other: Vec::new(),
            announced: 0,
            stored: BTreeMap::new(),
            writes: 0,
        };
        let start = Start {
            visible,
            url: "https://app.example/home",
            title: "Home",
            referrer: "https://search.example/",
            cookies: Cookies { session, visitor },
            ..Start::default()
        };
        tab.tell(Input::Start(start));
        tab
    }

    pub fn now(&self) -> Now {
        Now {
            mono: self.mono,
            wall: self.wall,
        }
    }

    /// Tells the engine something, and does what it asks for.
    pub fn tell(&mut self, input: Input<'_>) {
        let now = self.now();
        handle(&mut self.engine, now, input);
        while let Some(effect) = self.engine.poll_effect() {
            let number = effect.numbers[0] as u32;
            match effect.what {
                Do::Send => self.requests.push(effect.into()),
                Do::Lost => self.losses.push(effect.into()),
                Do::ReadCookies => {
                    let cookies = Cookies {
                        session: &self.session_cookie,
                        visitor: &self.visitor_cookie,
                    };
                    handle(&mut self.engine, now, Input::Cookies(cookies));
                }
                Do::SetSession => self.session_cookie = effect.text,
                Do::SetVisitor => self.visitor_cookie = effect.text,
                Do::EraseCookies => {
                    self.session_cookie.clear();
                    self.visitor_cookie.clear();
                }
                Do::Announce => self.announced += 1,
                Do::StoreSoon => handle(&mut self.engine, now, Input::Store),
                Do::Store => {
                    self.writes += 1;
                    self.stored.insert(number, effect.text);
                }
                Do::Unstore => {
                    self.stored.remove(&number);
                }
                Do::Forget => self.stored.clear(),
                Do::Own | Do::Adopt => {}
                _ => self.other.push(effect),
            }
        }
    }

    /// What was asked for besides, as a comparison wants it.
    pub fn others(&self) -> Vec<(Do, &str, [f64; 4])> {
        let others = self.other.iter();
        others
            .map(|effect| (effect.what, effect.text.as_str(), effect.numbers))
            .collect()
    }

    pub fn call(&mut self, call: Call<'_>) {
        self.tell(Input::Call(call));
    }

    /// A call within a task that goes on: nothing is done yet that it asks for.
    pub fn within(&mut self, call: Call<'_>) {
        let now = self.now();
        handle(&mut self.engine, now, Input::Call(call));
    }

    pub fn feature(&mut self, name: &str) {
        self.call(Call::feature(name));
    }

    /// Lets time pass, waking the engine whenever it asked to be.
    pub fn pass(&mut self, ms: f64) {
        let end = self.mono + ms;
        while let Some(due) = self.engine.poll_timeout().filter(|due| *due <= end) {
            let step = (due - self.mono).max(0.0);
            self.mono += step;
            self.wall += step;
            self.tell(Input::Timer);
            assert!(
                self.engine
                    .poll_timeout()
                    .is_none_or(|next| next > due || next > self.mono),
                "a timer that was handled has to be over"
            );
        }
        self.wall += end - self.mono;
        self.mono = end;
    }

    /// Lets time pass without waking the engine: the laptop slept.
    pub fn sleep(&mut self, mono: f64, wall: f64) {
        self.mono += mono;
        self.wall += wall;
    }

    /// Passes time with an activity every `every` ms.
    pub fn work(&mut self, ms: f64, every: f64) {
        let end = self.mono + ms;
        while self.mono < end {
            self.pass(every.min(end - self.mono));
            self.tell(Input::Activity);
        }
    }

    /// The server takes the oldest unanswered request.
    pub fn answer(&mut self, id: u32, status: u16) {
        self.respond(id, status, 0.0, 0);
    }

    pub fn respond(&mut self, id: u32, status: u16, retry_after: f64, rejected: u32) {
        self.tell(Input::Response {
            id,
            status,
            retry_after,
            rejected,
            message: "said",
        });
    }

    /// Events of all requests so far, each once however often it was sent.
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

    /// Has everything that waits sent and confirmed.
    pub fn drain(&mut self) {
        let mut answered = 0;
        loop {
            self.call(Call::Flush(0));
            if answered == self.requests.len() {
                break;
            }
            while answered < self.requests.len() {
                let id = self.requests[answered].id;
                answered += 1;
                self.answer(id, 200);
            }
        }
    }

    pub fn session(&self) -> String {
        self.engine.current(4).to_owned()
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
