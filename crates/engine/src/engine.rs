//! The engine: its state, and the loop that drives it.

use crate::{
    Config, Consent, Effect, Input, Now, Reason, Stats,
    active::ActiveTime,
    delivery::Delivery,
    journal::Journal,
    page::Page,
    queue::{Draft, NO_ACCOUNT, NO_USER, Queue},
    random::Random,
    session::Session,
};
use natero_event::{Action, Event, close_line, json::push_int};

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
    pub(crate) effects: Vec<Effect>,
    pub(crate) life: Life,
    pub(crate) consent: Consent,
    pub(crate) account: Option<String>,
    pub(crate) user: Option<String>,
    /// When account or user was last changed.
    pub(crate) identity_at: f64,
    pub(crate) module: Option<String>,
    pub(crate) product: Option<String>,
    pub(crate) page: Page,
    pub(crate) time: ActiveTime,
    pub(crate) next_sync: f64,
    pub(crate) session: Session,
    pub(crate) queue: Queue,
    pub(crate) journal: Journal,
    /// [`Effect::StoreSoon`] is under way.
    pub(crate) storing: bool,
    /// Whether what [`Effect::Store`] said last came to be is not known yet:
    /// the owner says at once if it did not.
    pub(crate) unsure: bool,
    /// Segments that others replace.
    pub(crate) outdated: Vec<u32>,
    pub(crate) delivery: Delivery,
    pub(crate) stats: Stats,
    /// Events that `beforeSend` has not decided on, oldest first.
    filtering: Vec<Draft>,
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
            life: Life::Running,
            consent: config.consent,
            account: config.account_id.clone(),
            user: config.user_id.clone(),
            identity_at: f64::NEG_INFINITY,
            module: None,
            product: None,
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
            made: 0,
            queued: 0,
            config,
        }
    }

    /// Takes in what happened at `now`. Effects are to be polled afterwards.
    pub fn handle(&mut self, now: Now, input: Input<'_>) {
        self.unsure = false;
        self.pass_time(now);
        match input {
            Input::Start(start) => self.start(start),
            Input::Call(call) => self.call(call),
            Input::Activity => self.activity(),
            Input::Cookies(cookies) => self.looked(cookies),
            Input::Shown => self.shown(),
            Input::Hidden => self.hidden(),
            Input::Navigated(url, title) => self.navigated(url, title),
            Input::OtherTab(wall) => self.other_tab(wall),
            Input::Online(online) => self.set_online(online),
            Input::Timer => {}
            Input::Response {
                id,
                status,
                retry_after,
                rejected,
                message,
            } => self.answered(id, status, retry_after, rejected, message),
            Input::Failed(id) => self.failed(id),
            Input::Filtered(line) => self.filtered(line),
            Input::FilteredOut(threw) => self.filtered_out(threw),
            Input::Store => self.store(),
            Input::NotStored(segment) => self.not_stored(segment),
            Input::Adopted(records) => self.adopt(records),
            Input::Restored => self.restored(),
        }
        self.drive();
        self.tidy();
    }

    /// The next thing to do, in order, until `None`.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        (!self.effects.is_empty()).then(|| self.effects.remove(0))
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

    /// Account, user, module, product, session and visitor.
    pub fn current(&self) -> [Option<&str>; 6] {
        [
            self.account.as_deref(),
            self.user.as_deref(),
            self.module.as_deref(),
            self.product.as_deref(),
            Some(&self.session.id),
            Some(&self.session.visitor),
        ]
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
                self.effects.push(Effect::Adopt);
            }
        }
    }

    /// Writes an event of now.
    pub(crate) fn draft(&self, action: Action<'_>) -> Draft {
        let mut event_id = String::with_capacity(24);
        event_id.push_str(&self.stream_id);
        event_id.push('-');
        push_int(&mut event_id, i64::from(self.made));
        // A line is 300 bytes and a bit with ids of common length.
        let mut line = String::with_capacity(384);
        Event {
            account_id: self.account.as_deref(),
            user_id: self.user.as_deref(),
            created_at: self.now.wall as i64,
            session_id: &self.session.id,
            action,
            event_id: &event_id,
            visitor_id: &self.session.visitor,
            stream_id: &self.stream_id,
        }
        .write(&mut line);
        let mut lacks = 0;
        if self.account.is_none() {
            lacks |= NO_ACCOUNT;
        }
        if self.user.is_none() {
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
            self.effects.push(Effect::Debug(draft.line.clone()));
        }
        if self.consent == Consent::Denied {
            self.stats.dropped[Reason::Consent as usize] += 1;
        } else if self.config.filter {
            self.effects.push(Effect::Filter(draft.line.clone()));
            self.filtering.push(draft);
        } else {
            self.keep(draft);
        }
    }

    /// `beforeSend` let the oldest event pass, as `line`.
    fn filtered(&mut self, line: &str) {
        if !self.filtering.is_empty() {
            let mut draft = self.filtering.remove(0);
            draft.line = line.to_owned();
            self.keep(draft);
        }
    }

    /// `beforeSend` did not let the oldest event pass.
    fn filtered_out(&mut self, threw: bool) {
        if !self.filtering.is_empty() {
            self.filtering.remove(0);
            if threw {
                self.lose(Reason::BeforeSend, 1, 0, "");
            } else {
                self.stats.dropped[Reason::BeforeSend as usize] += 1;
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
