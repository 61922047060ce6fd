//! What the host page may ask for.

use crate::{
    Arg, Call, Consent, Effect, Engine, Reason, Report,
    config::is_id,
    engine::Life,
    report::{describe, refused, text},
};
use natero_event::{Action, limits::MAX_DETAILS_BYTES};

/// The call was wrong, and the developer has been told.
struct Refused;

const ID: &str = "a string of 1 to 256 characters";
const ID_OR_NULL: &str = "a string of 1 to 256 characters, or null";

impl Engine {
    pub(crate) fn call(&mut self, call: Call<'_>) {
        if self.life == Life::Closed {
            self.refuse(Report {
                code: "shutdown",
                message: "The tracker was shut down: the call was ignored. Make a new one."
                    .to_owned(),
                dropped: 0,
                warning: false,
            });
            if let Call::Flush(id) = call {
                self.flush(id);
            }
            return;
        }
        // Whoever refuses has reported.
        let _ = self.obey(call);
    }

    fn obey(&mut self, call: Call<'_>) -> Result<(), Refused> {
        match call {
            Call::SetAccount(id) => {
                let id = self.id_or_null("setAccountId", "accountId", id)?;
                self.set_account(id);
            }
            Call::SetUser(id) => {
                let id = self.id_or_null("setUserId", "userId", id)?;
                self.set_user(id);
            }
            Call::IdentifyAccount(id, details) => {
                let id = self.id("identifyAccount", "accountId", id)?;
                let details = self.details("identifyAccount", details)?;
                self.set_account(Some(id));
                self.accept(self.draft(Action::IdentifyAccount { details }));
            }
            Call::IdentifyUser(id, details) => {
                let id = self.id("identifyUser", "userId", id)?;
                let details = self.details("identifyUser", details)?;
                self.set_user(Some(id));
                self.accept(self.draft(Action::IdentifyUser { details }));
            }
            Call::SetProduct(id) => {
                let id = self.id_or_null("setProductId", "productId", id)?;
                if id != self.product.as_deref() {
                    self.leave_module();
                    self.product = id.map(str::to_owned);
                }
            }
            Call::SetModule(id) => {
                let id = self.id_or_null("setModuleId", "moduleId", id)?;
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
            } => {
                let method = "sendFeatureEvent";
                let feature = self.id(method, "feature", feature)?;
                let total = match total {
                    Arg::Absent => "1",
                    Arg::Text(number) => number,
                    wrong => {
                        return self.wrong(method, "total", "a finite number", wrong);
                    }
                };
                let module = self.or_sticky(method, "module", module)?;
                let product = self.or_sticky(method, "product", product)?;
                let details = self.details(method, details)?;
                self.accept(self.draft(Action::Feature {
                    feature,
                    total,
                    module: module.unwrap_or(self.module.as_deref()),
                    product: product.unwrap_or(self.product.as_deref()),
                    details,
                }));
            }
            Call::ModuleEvent {
                module,
                time_spent,
                product,
            } => {
                let method = "sendModuleEvent";
                let module = self.id(method, "module", module)?;
                let product = self.or_sticky(method, "product", product)?;
                // 10^15 ms are 30,000 years; NaN is in no range.
                if !(0.0..1e15).contains(&time_spent) {
                    let wrong = Arg::Wrong("no such number");
                    return self.wrong(method, "timeSpent", "a number of ms, 0 or more", wrong);
                }
                // A measured time of zero tells nothing, as with our own.
                if time_spent >= 1.0 {
                    self.accept(self.draft(Action::ModuleEnd {
                        module,
                        product: product.unwrap_or(self.product.as_deref()),
                        time_spent: time_spent as i64,
                    }));
                }
            }
            Call::PageView { url, title } => {
                let method = "trackPageView";
                let url = self.any_text(method, "url", url)?;
                let title = self.any_text(method, "title", title)?;
                self.turn_page(url, title);
            }
            Call::Flush(id) => self.flush(id),
            Call::OptIn => self.opt_in(),
            Call::OptOut => self.opt_out(),
            Call::Reset => self.reset(),
            Call::Shutdown => {
                self.end_timings();
                self.time.leave(self.now.mono);
                self.send_before_unload();
                self.life = Life::Closed;
                self.effects.push_back(Effect::Detach);
            }
            Call::Wrong(method, argument, expected, got) => {
                return self.wrong(method, argument, expected, Arg::Wrong(got));
            }
        }
        Ok(())
    }

    /// Ends the timing of the module under the values so far.
    fn leave_module(&mut self) {
        self.time.count_to(self.now.mono);
        self.end_module();
    }

    fn set_account(&mut self, id: Option<&str>) {
        if self.account.as_deref() == id {
            return;
        }
        let known = self.account.is_some();
        if known {
            self.end_timings();
        }
        if known && id.is_some() && self.user.is_some() {
            self.effects.push_back(Effect::Report(Report {
                code: "user_in_two_accounts",
                message: text(&[
                    "The account changed under user ",
                    self.user.as_deref().unwrap_or(""),
                    ": a user belongs to one account. Set the user first when another one signs in.",
                ]),
                dropped: 0,
                warning: true,
            }));
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
            self.end_timings();
        }
        self.user = id.map(str::to_owned);
        self.identity_changed(known);
    }

    fn identity_changed(&mut self, another: bool) {
        if another {
            self.new_session();
            if self.keeps_cookies() {
                self.write_cookies();
            }
        }
        if let (Some(account), Some(user)) = (&self.account, &self.user) {
            self.queue.release(account, user);
            if self.queue.ready() > 0 {
                self.schedule_send();
            }
        }
    }

    fn opt_in(&mut self) {
        self.consent = Consent::Granted;
        if self.keeps_cookies() {
            self.write_cookies();
        }
        if self.queue.ready() > 0 {
            self.schedule_send();
        }
    }

    fn opt_out(&mut self) {
        self.consent = Consent::Denied;
        let dropped = self.queue.clear();
        self.stats.drop(Reason::Consent, dropped);
        self.forget_flights();
        if self.config.persistence == crate::Persistence::Storage {
            let secure = self.page.secure;
            for cookie in self.session.erase(&self.config, secure) {
                self.effects.push_back(Effect::SetCookie(cookie));
            }
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
        if self.keeps_cookies() {
            self.write_cookies();
        }
    }

    // Arguments: each either fits, or the call is refused as a whole.

    fn id<'a>(&mut self, method: &str, name: &str, arg: Arg<'a>) -> Result<&'a str, Refused> {
        match arg {
            Arg::Text(text) if is_id(text) => Ok(text),
            wrong => self.wrong(method, name, ID, wrong),
        }
    }

    fn id_or_null<'a>(
        &mut self,
        method: &str,
        name: &str,
        arg: Arg<'a>,
    ) -> Result<Option<&'a str>, Refused> {
        match arg {
            Arg::Null => Ok(None),
            Arg::Text(text) if is_id(text) => Ok(Some(text)),
            wrong => self.wrong(method, name, ID_OR_NULL, wrong),
        }
    }

    /// `None`: not given, so the sticky value stands. `Some(None)`: none, for
    /// this event alone.
    fn or_sticky<'a>(
        &mut self,
        method: &str,
        name: &str,
        arg: Arg<'a>,
    ) -> Result<Option<Option<&'a str>>, Refused> {
        match arg {
            Arg::Absent => Ok(None),
            given => self.id_or_null(method, name, given).map(Some),
        }
    }

    fn any_text<'a>(&mut self, method: &str, name: &str, arg: Arg<'a>) -> Result<&'a str, Refused> {
        match arg {
            Arg::Absent => Ok(""),
            Arg::Text(text) => Ok(text),
            wrong => self.wrong(method, name, "a string", wrong),
        }
    }

    fn details<'a>(&mut self, method: &str, arg: Arg<'a>) -> Result<Option<&'a str>, Refused> {
        match arg {
            Arg::Absent | Arg::Null => Ok(None),
            Arg::Text(json) if json.len() <= MAX_DETAILS_BYTES => Ok(Some(json)),
            Arg::Text(_) => self.wrong(
                method,
                "details",
                "at most 16 KiB as JSON",
                Arg::Wrong("more"),
            ),
            wrong => self.wrong(method, "details", "a plain object", wrong),
        }
    }

    fn wrong<T>(
        &mut self,
        method: &str,
        name: &str,
        expected: &str,
        arg: Arg<'_>,
    ) -> Result<T, Refused> {
        self.refuse(refused(method, name, expected, describe(arg)));
        Err(Refused)
    }

    fn refuse(&mut self, report: Report) {
        self.stats.drop(Reason::Invalid, 1);
        self.effects.push_back(Effect::Report(report));
    }
}
