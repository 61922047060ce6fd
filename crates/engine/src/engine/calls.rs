//! The methods that a page calls.

use natero_event::{Action, Id};

use super::Engine;
use crate::{
    Call, Consent, Effect, Reason,
    identity::{IdentityChange, SIGN_IN, Subject},
};

impl Engine {
    pub(super) fn call(&mut self, call: Call<'_>) {
        if self.is_closed {
            // The host refuses calls by now, but a caller who awaits this flush must not
            // wait forever.
            if let Call::Flush(id) = call {
                self.delivery.flush(id, &self.queue, &self.stats);
            }
            return;
        }
        match call {
            Call::SetAccount(id) => self.set_subject(Subject::Account, id),
            Call::SetUser(id) => self.set_subject(Subject::User, id),
            Call::SetProduct(id) => self.set_product(id),
            Call::SetModule(id) => self.set_module(id),
            Call::IdentifyAccount { account, details } => {
                self.set_subject(Subject::Account, Some(account));
                self.record(Action::IdentifyAccount { details });
            }
            Call::IdentifyUser { user, details } => {
                self.set_subject(Subject::User, Some(user));
                self.record(Action::IdentifyUser { details });
            }
            Call::Feature {
                feature,
                total,
                module,
                product,
                details,
            } => {
                let action = Action::Feature {
                    feature,
                    total,
                    module: module.or(self.identity.module()),
                    product: product.or(self.identity.product()),
                    details,
                };
                let wall = self.now.wall;
                let draft = self
                    .recorder
                    .write(&self.identity, &self.session, wall, action);
                self.accept(draft);
            }
            Call::ModuleEvent {
                module,
                time_spent,
                product,
            } => {
                let action = Action::ModuleEnd {
                    module,
                    product: product.or(self.identity.product()),
                    time_spent: time_spent.0 as i64,
                };
                let wall = self.now.wall;
                let draft = self
                    .recorder
                    .write(&self.identity, &self.session, wall, action);
                self.accept(draft);
            }
            Call::PageView(view) => self.next_page_view(view),
            Call::Flush(id) => {
                self.settle_identity();
                self.delivery.flush(id, &self.queue, &self.stats);
            }
            Call::OptIn => self.opt_in(),
            Call::OptOut => self.opt_out(),
            Call::Reset => self.reset(),
            Call::Shutdown => self.shutdown(),
        }
    }

    /// Sets the account or the user, after reporting the time spent under the previous
    /// one.
    fn set_subject(&mut self, subject: Subject, id: Option<Id<'_>>) {
        let current = self.identity.subject(subject);
        if current == id {
            return;
        }
        let was_known = current.is_some();
        // A second new account (or user) in a row is not the second half of a sign-in, so
        // the identity before it was complete in itself.
        let is_second_half = self.identity.is_second_half(subject, self.now.mono);
        if !is_second_half {
            self.settle_identity();
        }
        if was_known && !self.identity.is_signing_in(self.now.mono) {
            self.end_timings();
            if let (Subject::Account, Some(_), Some(user)) = (subject, id, self.identity.user()) {
                self.effects.push(Effect::WarnAccountChanged {
                    user: user.as_str().to_owned(),
                });
            }
        }
        let change = self.identity.set_subject(subject, id, self.now.mono);
        if was_known && self.identity.begins_session(is_second_half, self.now.mono) {
            self.begin_session();
            self.write_cookies();
        }
        match change {
            IdentityChange::AccountKnown => self.complete_now(),
            IdentityChange::Extended => self.complete_waiting(),
            IdentityChange::Ended => {
                let count = self.queue.drop_own_half_identified();
                self.report_local_loss(Reason::Identity, count);
                self.complete_waiting();
            }
        }
    }

    fn set_product(&mut self, id: Option<Id<'_>>) {
        if self.identity.product() != id {
            self.end_module_before_change();
            self.identity.set_product(id);
        }
    }

    fn set_module(&mut self, id: Option<Id<'_>>) {
        if self.identity.module() != id {
            self.end_module_before_change();
            self.identity.set_module(id);
        }
    }

    fn end_module_before_change(&mut self) {
        self.time.count_to(self.now.mono);
        // Time since the first call of a sign-in belongs to nobody yet. It is added to
        // the next module.
        let is_unattributed =
            self.identity.is_signing_in(self.now.mono) && self.time.module.is_less_than(SIGN_IN);
        if !is_unattributed {
            self.end_module();
        }
    }

    fn opt_in(&mut self) {
        self.consent = Consent::Granted;
        if self.may_store() {
            // The visitor may have opted in in another tab already. All tabs share one
            // session and visitor.
            self.is_opting_in = true;
            self.effects.push(Effect::ReadCookies);
        }
        self.open_storage();
        if self.queue.ready() > 0 {
            self.delivery.schedule(self.now.mono);
        }
    }

    fn opt_out(&mut self) {
        self.consent = Consent::Denied;
        let dropped = self.queue.clear();
        self.count_dropped(Reason::Consent, dropped);
        self.delivery.abort_flights(&mut self.effects);
        // Nothing about the visitor may stay, whether this page stored it or another one.
        // That another page could store something does not depend on this page's settings.
        self.storage.forget();
        self.effects.push(Effect::EraseStorage);
        self.session.cookies_erased();
        self.effects.push(Effect::EraseCookies);
    }

    fn reset(&mut self) {
        self.settle_identity();
        self.end_timings();
        self.recorder.unload();
        self.send_before_unload();
        self.identity.forget();
        let count = self.queue.drop_incomplete();
        self.report_local_loss(Reason::Identity, count);
        self.session.forget(&mut self.random);
        if self.may_erase() {
            // This includes cookies set for other domains, which would be read again.
            self.effects.push(Effect::EraseCookies);
        }
        self.write_cookies();
    }

    fn shutdown(&mut self) {
        self.end_timings();
        self.time.leave(self.now.mono);
        self.flush_before_unload();
        self.is_closed = true;
        self.effects.push(Effect::Detach);
    }
}
