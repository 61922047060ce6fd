//! The engine's parts, and the loop that drives them.

mod calls;
mod inspecting;
mod page;
mod sending;
mod storing;

use natero_event::Action;

use crate::{
    Config, Consent, Effect, Identity, Input, Loss, Mono, News, Now, Reason, Seed, Session, Stats,
    Wall,
    activity::ActiveTime,
    announcement::ORDERS,
    delivery::Delivery,
    effect::Effects,
    page_view::PageView,
    persistence::Storage,
    queue::{Draft, Origin, Queue},
    random::Random,
    recorder::Recorder,
};

/// Makes every decision of one tracker. See the crate's documentation for how to drive
/// it.
#[derive(Debug)]
pub struct Engine {
    config: Config,
    now: Now,
    random: Random,
    effects: Effects,
    /// `shutdown` was called.
    is_closed: bool,
    /// When the events that wait for an identity can be completed with the one known now.
    /// Until then the second call of a sign-in may still follow.
    completes_at: Mono,
    /// The cookies are being read because the visitor opted in.
    is_opting_in: bool,
    /// An inspector is attached.
    is_inspected: bool,
    consent: Consent,
    is_visible: bool,
    identity: Identity,
    session: Session,
    time: ActiveTime,
    /// When this tab last came into use, as it was announced.
    used_since: Wall,
    /// The fraction of a ms that tells this tab from others that come into use in the same
    /// ms.
    order: f64,
    /// When the next `sessionSync` is due while the user is active.
    sync_at: Mono,
    page_view: PageView,
    recorder: Recorder,
    queue: Queue,
    storage: Storage,
    delivery: Delivery,
    stats: Stats,
}

impl Engine {
    /// A tracker at the moment of its construction.
    pub fn new(mut config: Config, seed: Seed, now: Now) -> Engine {
        let mut random = Random::new(seed);
        Engine {
            recorder: Recorder::new(&mut random),
            session: Session::new(&mut random, config.session_timeout, now),
            random,
            now,
            effects: Effects::default(),
            is_closed: false,
            completes_at: Mono::NEVER,
            is_opting_in: false,
            is_inspected: false,
            consent: config.consent,
            is_visible: false,
            identity: Identity::new(config.account_id.take(), config.user_id.take()),
            time: ActiveTime::new(config.idle_timeout),
            used_since: Wall(0.0),
            order: f64::from(seed.0[0] % ORDERS) / f64::from(ORDERS),
            sync_at: Mono::NEVER,
            page_view: PageView::default(),
            queue: Queue::default(),
            storage: Storage::new(config.max_stored_bytes),
            delivery: Delivery::new(&config),
            stats: Stats::default(),
            config,
        }
    }

    /// Takes in what happened at `now`. Poll the effects afterwards.
    pub fn handle(&mut self, now: Now, input: Input<'_>) {
        self.advance_time(now);
        self.settle_writes(&input);
        if self.completes_at <= self.now.mono {
            self.complete_now();
        }
        match input {
            Input::Start(start) => self.start(start),
            Input::Call(call) => self.call(call),
            Input::Activity => self.activity(),
            Input::FrameFocused(focused) => self.frame_focused(focused),
            Input::CookiesRead(cookies) => self.cookies_read(cookies),
            Input::Shown => self.shown(),
            Input::Hidden => self.hidden(),
            Input::Navigated(view) => self.navigated(view),
            Input::OtherTab(announcement) => match announcement.news() {
                News::InUse(since) => self.other_tab(since),
                News::Counted(until) => self.time.skip_to(self.now.at(until)),
            },
            Input::Online(online) => self.set_online(online),
            Input::Timer => {}
            Input::SentAgain(request) => self.delivery.sent_again(request, &mut self.stats),
            Input::Response(response) => self.answered(response),
            Input::Filtered(line) => self.filtered(line),
            Input::FilteredOut { threw } => self.filtered_out(threw),
            Input::TaskEnded => self.task_ended(),
            Input::WriteFailed(segment) => self.write_failed(segment),
            Input::Adopted(records) => self.adopt(records),
            Input::Restored => self.restored(),
            Input::Inspected(is_inspected) => self.is_inspected = is_inspected,
        }
        self.poll_delivery();
        self.remove_segments();
        self.stats.pending = self.queue.len();
    }

    /// The next effect, in order, until `None`.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop()
    }

    /// The latest time at which [`Engine::handle`] must be called again. `None`: nothing
    /// is due until something happens.
    pub fn poll_timeout(&self) -> Option<Mono> {
        let may_send = self.may_deliver() && !self.is_closed;
        let mut due = self.delivery.timeout(may_send, &self.queue);
        due = due.min(self.completes_at);
        if self.time.is_active() {
            due = due.min(self.sync_at).min(self.time.idle_at());
        }
        due.to_option()
    }

    /// The ids that events carry.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The session and the visitor.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Counters.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Advances the clock, and does whatever became due before `now`.
    fn advance_time(&mut self, mut now: Now) {
        // Calls made before the host was ready are replayed with their times.
        now.mono = now.mono.max(self.now.mono);
        now.wall = now.wall.unblurred(self.now.wall);
        let due = self.time.idle_at();
        if due <= now.mono {
            // A timer can be hours late when a laptop slept.
            self.now = Now {
                mono: due,
                wall: (now.wall - (now.mono - due)).unblurred(self.now.wall),
            };
            self.idle();
        }
        self.now = now;
        if self.time.is_active() && self.sync_at <= now.mono {
            self.sync_at = now.mono + self.config.session_sync_interval;
            self.sync();
            // This regular moment also serves to look for what closed tabs left.
            if self.may_store() {
                self.effects.push(Effect::AdoptOrphans);
            }
        }
    }

    /// Records an event at the current time.
    fn record(&mut self, action: Action<'_>) {
        let wall = self.now.wall;
        let draft = self
            .recorder
            .write(&self.identity, &self.session, wall, action);
        self.accept(draft);
    }

    fn accept(&mut self, draft: Draft) {
        self.stats.accepted += 1;
        if self.config.debug || self.is_inspected {
            self.effects.push(Effect::ShowEvent {
                line: draft.line.clone(),
                waits_for_ids: draft.missing.any(),
            });
        }
        if self.consent == Consent::Denied {
            self.count_dropped(Reason::Consent, 1);
        } else if self.config.filter {
            self.effects.push(Effect::Filter {
                line: draft.line.clone(),
            });
            self.recorder.await_decision(draft);
        } else {
            self.enqueue_own(draft);
        }
    }

    /// `beforeSend` let the oldest undecided event pass, as this line.
    fn filtered(&mut self, line: &str) {
        let Some(mut decided) = self.recorder.take_decided() else {
            return;
        };
        decided.draft.line = line.to_owned();
        self.enqueue_own(decided.draft);
        if decided.last_before_unload {
            self.flush_before_unload();
        }
    }

    /// `beforeSend` dropped the oldest undecided event.
    fn filtered_out(&mut self, threw: bool) {
        let Some(decided) = self.recorder.take_decided() else {
            return;
        };
        if threw {
            self.report_local_loss(Reason::BeforeSend, 1);
        } else {
            self.count_dropped(Reason::BeforeSend, 1);
        }
        if decided.last_before_unload {
            self.flush_before_unload();
        }
    }

    fn enqueue_own(&mut self, mut draft: Draft) {
        if self.config.disable_event_send {
            self.count_dropped(Reason::Disabled, 1);
            return;
        }
        // The identity may have ended while `beforeSend` decided.
        if draft.missing.any() && draft.missing.generation != self.identity.generation() {
            self.report_local_loss(Reason::Identity, 1);
            return;
        }
        self.recorder.append_seq(&mut draft);
        self.enqueue(draft, Origin::Page);
        self.persist_at_task_end();
    }

    fn enqueue(&mut self, draft: Draft, origin: Origin) {
        let is_incomplete = draft.missing.any();
        self.queue.push(draft, origin);
        // The identity may have become known while `beforeSend` decided.
        if is_incomplete {
            self.complete_waiting();
        }
        if self.queue.ready() > 0 {
            self.delivery.schedule(self.now.mono);
        }
        let count = self.queue.drop_to_fit(self.config.max_queue_bytes);
        self.report_local_loss(Reason::Overflow, count);
    }

    /// Completes events that wait for an identity, once it is known and no further call
    /// of a sign-in can follow.
    fn complete_waiting(&mut self) {
        self.completes_at = Mono::NEVER;
        if self.identity.both().is_none() || !self.queue.has_incomplete() {
            return;
        }
        self.completes_at = self.identity.settles_at(self.now.mono);
        if self.completes_at == Mono::NEVER {
            self.complete_now();
        }
    }

    /// Completes events that wait for an identity, if it is known.
    #[inline(never)]
    fn complete_now(&mut self) {
        self.completes_at = Mono::NEVER;
        if let Some((account, user)) = self.identity.both() {
            self.queue.complete(account, user);
            self.persist_at_task_end();
            if self.queue.ready() > 0 {
                self.delivery.schedule(self.now.mono);
            }
        }
    }

    /// Treats the identity as final, because no further call of a sign-in can come in
    /// time.
    fn settle_identity(&mut self) {
        if self.completes_at < Mono::NEVER {
            self.complete_now();
        }
    }

    /// Counts and reports events that were lost before any server saw them. Does nothing
    /// for zero events.
    #[inline(never)]
    fn report_local_loss(&mut self, reason: Reason, count: u32) {
        if count > 0 {
            self.report_loss(Loss {
                reason,
                count,
                status: None,
                message: String::new(),
            });
        }
    }

    /// Counts and reports events that will not be delivered.
    fn report_loss(&mut self, loss: Loss) {
        self.count_dropped(loss.reason, loss.count);
        self.effects.push(Effect::ReportLoss(loss));
    }

    fn count_dropped(&mut self, reason: Reason, count: u32) {
        *self.stats.dropped.counter(reason) += count;
    }
}
