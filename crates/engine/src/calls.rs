//! What the host page may ask for.

use crate::{Call, Consent, Effect, Engine, Override, Reason, engine::Life};
use natero_event::Action;

/// Who signs in is set by two calls, usually of one task. For so many ms the
/// identity between them is nobody's: a user told of with the account of
/// another would be counted there from then on.
const SIGN_IN: f64 = 100.0;

impl Engine {
    pub(crate) fn call(&mut self, call: Call<'_>) {
        if self.life == Life::Closed {
            // The facade refuses calls by then; whoever waits must not for ever.
            if let Call::Flush(id) = call {
                self.flush(id);
            }
            return;
        }
        match call {
            Call::SetAccount(id) => self.set_account(id),
            Call::SetUser(id) => self.set_user(id),
            Call::IdentifyAccount(id, details) => {
                self.set_account(Some(id));
                self.accept(self.draft(Action::IdentifyAccount { details }));
            }
            Call::IdentifyUser(id, details) => {
                self.set_user(Some(id));
                self.accept(self.draft(Action::IdentifyUser { details }));
            }
            Call::SetProduct(id) => {
                if id != self.product.as_deref() {
                    self.leave_module();
                    self.product = id.map(str::to_owned);
                }
            }
            Call::SetModule(id) => {
                if id != self.module.as_deref() {
                    self.leave_module();
                    self.module = id.map(str::to_owned);
                }
            }
            Call::Feature {
                feature,
                total,
                module,
                product,
                details,
            } => self.accept(self.draft(Action::Feature {
                feature,
                total: total.unwrap_or("1"),
                module: module.or(&self.module),
                product: product.or(&self.product),
                details,
            })),
            Call::ModuleEvent {
                module,
                time_spent,
                product,
            } => self.accept(self.draft(Action::ModuleEnd {
                module,
                product: product.or(&self.product),
                time_spent: time_spent as i64,
            })),
            Call::PageView(url, title) => self.turn_page(url, title),
            Call::Flush(id) => self.flush(id),
            Call::OptIn => self.opt_in(),
            Call::OptOut => self.opt_out(),
            Call::Reset => self.reset(),
            Call::Shutdown => {
                self.end_timings();
                self.time.leave(self.now.mono);
                self.store();
                self.send_before_unload();
                self.life = Life::Closed;
                self.effects.push(Effect::Detach);
            }
        }
    }

    /// Ends the timing of the module under the values so far. What passed since
    /// the first call of a sign-in goes to the next: it is nobody's yet.
    fn leave_module(&mut self) {
        self.time.count_to(self.now.mono);
        if !(self.is_signing_in() && self.time.module.is_less_than(SIGN_IN)) {
            self.end_module();
        }
    }

    fn set_account(&mut self, id: Option<&str>) {
        if self.account.as_deref() == id {
            return;
        }
        let known = self.account.is_some();
        if known {
            self.end_identity();
        }
        if let (true, Some(_), Some(user)) = (known && !self.is_signing_in(), id, &self.user) {
            self.effects.push(Effect::UserInTwoAccounts(user.clone()));
        }
        self.account = id.map(str::to_owned);
        self.identity_changed(known);
    }

    fn set_user(&mut self, id: Option<&str>) {
        if self.user.as_deref() == id {
            return;
        }
        let known = self.user.is_some();
        if known {
            self.end_identity();
        }
        self.user = id.map(str::to_owned);
        self.identity_changed(known);
    }

    fn is_signing_in(&self) -> bool {
        self.now.mono - self.identity_at < SIGN_IN
    }

    /// Ends the timings under the identity so far.
    fn end_identity(&mut self) {
        if !self.is_signing_in() {
            self.end_timings();
        }
    }

    fn identity_changed(&mut self, another: bool) {
        self.identity_at = self.now.mono;
        if another {
            self.new_session();
            self.write_cookies();
        }
        if let (Some(account), Some(user)) = (&self.account, &self.user) {
            self.queue.release(account, user);
            self.store_soon();
            if self.queue.ready() > 0 {
                self.schedule_send();
            }
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
            self.effects.push(Effect::EraseCookies);
        }
    }

    fn reset(&mut self) {
        self.end_timings();
        self.send_before_unload();
        self.account = None;
        self.user = None;
        self.module = None;
        self.product = None;
        self.session.forget(&mut self.random);
        self.write_cookies();
    }
}

impl<'a> Override<'a> {
    fn or(self, sticky: &'a Option<String>) -> Option<&'a str> {
        match self {
            Override::Sticky => sticky.as_deref(),
            Override::None => None,
            Override::Is(id) => Some(id),
        }
    }
}
