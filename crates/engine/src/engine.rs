//! The engine: its state, and the loop that drives it.

use crate::{
    Config, Consent, Do, Effect, Input, Now, Op, Reason, Stats,
    active::ActiveTime,
    delivery::Delivery,
    input::Parts,
    journal::Journal,
    page::Page,
    queue::{Draft, NO_ACCOUNT, NO_USER, Queue},
    random::Random,
    session::Session,
};
use natero_event::{Action, Event, close_line, json::owned};

/// Places in [`Engine::ids`].
pub(crate) const ACCOUNT: usize = 0;
pub(crate) const USER: usize = 1;
pub(crate) const MODULE: usize = 2;
pub(crate) const PRODUCT: usize = 3;

/// Whether the tracker takes calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    Running,
    Closed,
}

/// Every decision of one tracker. See the crate's documentation for how to
/// drive it.
#[derive(Debug)]
pub struct Engine {
    pub(crate) config: Config,
    pub(crate) now: Now,
    pub(crate) random: Random,
    effects: Vec<Effect>,
    /// How many of them were handed out.
    polled: usize,
    pub(crate) life: Life,
    pub(crate) consent: Consent,
    /// Account, user, module and product; empty where there is none.
    pub(crate) ids: [String; 4],
    /// When account or user was last changed.
    pub(crate) identity_at: f64,
    pub(crate) page: Page,
    pub(crate) time: ActiveTime,
    pub(crate) next_sync: f64,
    pub(crate) session: Session,
    pub(crate) queue: Queue,
    pub(crate) journal: Journal,
    /// [`Do::StoreSoon`] is under way.
    pub(crate) storing: bool,
    /// Whether what [`Do::Store`] said last came to be is not known yet:
    /// the owner says at once if it did not.
    pub(crate) unsure: bool,
    /// Segments that others replace.
    pub(crate) outdated: Vec<u32>,
    pub(crate) delivery: Delivery,
    pub(crate) stats: Stats,
    /// Events that `beforeSend` has not decided on, oldest first.
    pub(crate) filtering: Vec<Draft>,
    /// How many of them were made because the page is about to go: once these
    /// are decided on, they have to leave.
    pub(crate) leaving: usize,
    pub(crate) stream_id: String,
    /// Events made, dropped ones included: part of `event_id`.
    pub(crate) made: u32,
    /// Events queued: the next `seq`.
    pub(crate) queued: u32,
}

impl Engine {
    /// A tracker at the moment of its construction. `seed` has to come from a
    /// source without repetition, such as `crypto.getRandomValues`: ids are
    /// unique because it is.
    pub fn new(config: Config, seed: [u32; 4], now: Now) -> Engine {
        let mut random = Random::new(seed);
        Engine {
            stream_id: random.id(),
            session: Session::new(&mut random, now),
            random,
            now,
            effects: Vec::new(),
            polled: 0,
            life: Life::Running,
            consent: config.consent,
            ids: [
                owned(&config.account_id),
                owned(&config.user_id),
                String::new(),
                String::new(),
            ],
            identity_at: f64::NEG_INFINITY,
            page: Page::default(),
            time: ActiveTime::new(config.idle_timeout),
            next_sync: f64::INFINITY,
            queue: Queue::default(),
            journal: Journal::default(),
            storing: false,
            unsure: false,
            outdated: Vec::new(),
            delivery: Delivery::new(),
            stats: Stats::default(),
            filtering: Vec::new(),
            leaving: 0,
            made: 0,
            queued: 0,
            config,
        }
    }

    /// Takes in what happened at `now`. Effects are to be polled afterwards.
    pub fn handle(&mut self, now: Now, input: Input<'_>) {
        self.unsure = false;
        self.pass_time(now);
        let mut parts = Parts(input.text);
        let [a, b, c, d] = input.numbers;
        match input.what {
            Op::Start => self.start(a as u32, parts),
            Op::Activity => self.activity(),
            Op::Cookies => self.looked(parts.text(), parts.text()),
            Op::Shown => self.shown(),
            Op::Hidden => self.hidden(),
            Op::Navigated => self.navigated(parts),
            Op::OtherTab => self.other_tab(a),
            Op::Online => self.set_online(a != 0.0),
            Op::Timer => {}
            Op::Response => self.answered(a as u32, b as u16, c, d as u32, input.text),
            Op::Filtered => self.filtered(Some(input.text), false),
            Op::FilteredOut => self.filtered(None, a != 0.0),
            Op::Store => self.store(),
            Op::NotStored => self.not_stored(a as u32),
            Op::Adopted => self.adopt(parts),
            Op::Restored => self.restored(),
            call => self.call(call, a, parts),
        }
        self.drive();
        self.tidy();
    }

    /// The next thing to do, in order, until `None`.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        if let Some(effect) = self.effects.get_mut(self.polled) {
            self.polled += 1;
            return Some(std::mem::take(effect));
        }
        self.effects.clear();
        self.polled = 0;
        None
    }

    /// Asks the owner for something.
    pub(crate) fn emit(&mut self, what: Do, text: String, numbers: [f64; 4]) {
        self.effects.push(Effect {
            what,
            text,
            numbers,
        });
    }

    /// [`Engine::emit`] with no more than a number.
    pub(crate) fn ask_with(&mut self, what: Do, number: f64) {
        self.emit(what, String::new(), [number, 0.0, 0.0, 0.0]);
    }

    /// [`Engine::emit`] without text or numbers.
    pub(crate) fn ask(&mut self, what: Do) {
        self.ask_with(what, 0.0);
    }

    /// The monotonic time at which [`Engine::handle`] has to be called again
    /// at the latest. `None`: nothing is to be done until something happens.
    pub fn poll_timeout(&self) -> Option<f64> {
        let mut due = self.delivery_due();
        if let Some(idle) = self.time.idle_at() {
            due = due.min(idle).min(self.next_sync);
        }
        due.is_finite().then_some(due)
    }

    /// Counters.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Events kept for sending.
    pub fn pending(&self) -> u32 {
        self.queue.len()
    }

    /// A current value: 0 account, 1 user, 2 module, 3 product, 4 session,
    /// 5 visitor; empty where there is none.
    pub fn current(&self, which: usize) -> &str {
        match self.ids.get(which) {
            Some(id) => id,
            None if which == 4 => &self.session.id,
            None => &self.session.visitor,
        }
    }

    pub(crate) fn keeps_cookies(&self) -> bool {
        self.consent == Consent::Granted && !self.config.memory
    }

    /// Lets the clock advance, through whatever was due before `now`.
    fn pass_time(&mut self, mut now: Now) {
        // Calls made before the wasm was there are replayed with their times.
        now.mono = now.mono.max(self.now.mono);
        if let Some(due) = self.time.idle_at().filter(|due| *due <= now.mono) {
            // A timer can be hours late when a laptop slept.
            self.now = Now {
                mono: due,
                wall: now.wall - (now.mono - due),
            };
            self.idle();
        }
        self.now = now;
        if self.time.is_active() && self.next_sync <= now.mono {
            self.next_sync = now.mono + self.config.session_sync_interval;
            self.sync();
            // As good a time as any to look for what closed tabs left.
            if self.stores() {
                self.ask(Do::Adopt);
            }
        }
    }

    /// Writes an event of now.
    pub(crate) fn draft(&self, action: Action<'_>) -> Draft {
        // A line is 300 bytes and a bit with ids of common length.
        let mut line = String::new();
        line.reserve(384);
        Event {
            account_id: &self.ids[ACCOUNT],
            user_id: &self.ids[USER],
            created_at: self.now.wall as i64,
            session_id: &self.session.id,
            action,
            made: self.made,
            visitor_id: &self.session.visitor,
            stream_id: &self.stream_id,
        }
        .write(&mut line);
        let mut lacks = 0;
        if self.ids[ACCOUNT].is_empty() {
            lacks |= NO_ACCOUNT;
        }
        if self.ids[USER].is_empty() {
            lacks |= NO_USER;
        }
        Draft {
            line,
            value: action.value(),
            lacks,
        }
    }

    /// Takes a written event on its way.
    pub(crate) fn accept(&mut self, draft: Draft) {
        self.made += 1;
        self.stats.accepted += 1;
        if self.config.debug {
            self.emit(Do::Debug, owned(&draft.line), [0.0; 4]);
        }
        if self.consent == Consent::Denied {
            self.stats.dropped[Reason::Consent as usize] += 1;
        } else if self.config.filter {
            self.emit(Do::Filter, owned(&draft.line), [0.0; 4]);
            self.filtering.push(draft);
        } else {
            self.keep(draft);
        }
    }

    /// `beforeSend` let the oldest event pass as this line, or did not.
    fn filtered(&mut self, line: Option<&str>, threw: bool) {
        if self.filtering.is_empty() {
            return;
        }
        let mut draft = self.filtering.remove(0);
        if let Some(line) = line {
            draft.line = owned(line);
            self.keep(draft);
        } else if threw {
            self.lose(Reason::BeforeSend, 1, 0, "");
        } else {
            self.stats.dropped[Reason::BeforeSend as usize] += 1;
        }
        if self.leaving > 0 {
            self.leaving -= 1;
            if self.leaving == 0 {
                self.leave();
            }
        }
    }

    fn keep(&mut self, mut draft: Draft) {
        if self.config.disable_event_send {
            self.stats.dropped[Reason::Disabled as usize] += 1;
            return;
        }
        close_line(&mut draft.line, self.queued);
        self.queued += 1;
        self.enqueue(draft);
        self.store_soon();
    }
}
