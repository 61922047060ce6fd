//! What the host page may ask for.

use crate::{
    Consent, Do, Engine, Op, Reason,
    engine::{ACCOUNT, Life, MODULE, PRODUCT, USER},
    input::Parts,
};
use natero_event::{Action, json::owned};

/// Who signs in is set by two calls, usually of one task. For so many ms the
/// identity between them is nobody's: a user told of with the account of
/// another would be counted there from then on.
const SIGN_IN: f64 = 100.0;

impl Engine {
    /// A call of the page: `number` and `parts` are what came with it.
    pub(crate) fn call(&mut self, what: Op, number: f64, mut parts: Parts<'_>) {
        if self.life == Life::Closed {
            // The facade refuses calls by then; whoever waits must not for ever.
            if what == Op::Flush {
                self.flush(number as u32);
            }
            return;
        }
        match what {
            Op::SetAccount => self.set(ACCOUNT, parts.text()),
            Op::SetUser => self.set(USER, parts.text()),
            Op::SetModule => self.set(MODULE, parts.text()),
            Op::SetProduct => self.set(PRODUCT, parts.text()),
            Op::IdentifyAccount => {
                self.set(ACCOUNT, parts.text());
                let details = parts.text();
                self.accept(self.draft(Action::IdentifyAccount { details }));
            }
            Op::IdentifyUser => {
                self.set(USER, parts.text());
                let details = parts.text();
                self.accept(self.draft(Action::IdentifyUser { details }));
            }
            Op::Feature => self.accept(self.draft(Action::Feature {
                feature: parts.text(),
                total: parts.or("1"),
                module: parts.or(&self.ids[MODULE]),
                product: parts.or(&self.ids[PRODUCT]),
                details: parts.text(),
            })),
            Op::ModuleEvent => self.accept(self.draft(Action::ModuleEnd {
                module: parts.text(),
                product: parts.or(&self.ids[PRODUCT]),
                time_spent: number as i64,
            })),
            Op::PageView => self.turn_page(parts),
            Op::Flush => self.flush(number as u32),
            Op::OptIn => self.opt_in(),
            Op::OptOut => self.opt_out(),
            Op::Reset => self.reset(),
            // The only call that is left.
            _ => {
                self.end_timings();
                self.time.leave(self.now.mono);
                self.leave();
                self.life = Life::Closed;
                self.ask(Do::Detach);
            }
        }
    }

    /// Sets one of the ids, after the timings under the one so far were ended.
    fn set(&mut self, which: usize, id: &str) {
        if self.ids[which] == id {
            return;
        }
        let signing_in = self.now.mono - self.identity_at < SIGN_IN;
        if which == MODULE || which == PRODUCT {
            self.time.count_to(self.now.mono);
            // What passed since the first call of a sign-in goes to the next
            // module: it is nobody's yet.
            if !(signing_in && self.time.module.is_less_than(SIGN_IN)) {
                self.end_module();
            }
            self.ids[which] = owned(id);
            return;
        }
        let known = !self.ids[which].is_empty();
        if known && !signing_in {
            self.end_timings();
            let user = &self.ids[USER];
            if which == ACCOUNT && !id.is_empty() && !user.is_empty() {
                self.emit(Do::UserInTwoAccounts, owned(user), [0.0; 4]);
            }
        }
        self.ids[which] = owned(id);
        self.identity_at = self.now.mono;
        if known {
            self.new_session();
            self.write_cookies();
        }
        self.release();
        self.store_soon();
        if self.queue.ready() > 0 {
            self.schedule_send();
        }
    }

    /// What waited for an identity waits no more, if it is known now.
    pub(crate) fn release(&mut self) {
        let [account, user, ..] = &self.ids;
        if !account.is_empty() && !user.is_empty() {
            self.queue.release(account, user);
        }
    }

    fn opt_in(&mut self) {
        self.consent = Consent::Granted;
        self.write_cookies();
        self.open_storage();
        if self.queue.ready() > 0 {
            self.schedule_send();
        }
    }

    fn opt_out(&mut self) {
        self.consent = Consent::Denied;
        self.stats.dropped[Reason::Consent as usize] += self.queue.clear();
        self.forget_flights();
        self.forget_stored();
        if !self.config.memory {
            self.session.erased();
            self.ask(Do::EraseCookies);
        }
    }

    fn reset(&mut self) {
        self.end_timings();
        self.send_before_unload();
        self.ids = Default::default();
        self.session.forget(&mut self.random);
        self.write_cookies();
    }
}
