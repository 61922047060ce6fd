//! The life of the page: visible, idle, hidden, moved on.

use crate::{Consent, Effect, Engine, Start};
use natero_event::Action;

/// The current page view.
#[derive(Debug, Default)]
pub(crate) struct Page {
    visible: bool,
    pub secure: bool,
    /// Wall time at which this tab last came into use.
    in_use_since: f64,
    url: Option<String>,
    /// A `pageViewEnd` was made for it, with the time so far.
    told: bool,
}

impl Engine {
    pub(crate) fn start(&mut self, start: Start<'_>) {
        self.page.secure = start.secure;
        self.delivery.offline = start.offline;
        if start.privacy {
            self.consent = Consent::Denied;
        }
        let cookies = self.readable(start.cookies);
        self.session.adopt_visitor(&self.config, cookies);
        // A load is the user's doing, but only a page that is seen is in use.
        if let Some(id) = self.session.current(&self.config, self.now, cookies) {
            self.session.id = id;
        }
        if start.visible {
            self.page.visible = true;
            self.come_into_use();
        }
        if self.keeps_cookies() {
            self.write_cookies();
        }
        if self.config.track_page_views && !start.url.is_empty() {
            self.begin_page(start.url, start.title, start.referrer);
        }
    }

    /// What of the cookies may be looked at. Looking is allowed while consent
    /// is pending: the visitor who agrees later keeps the id of last time.
    fn readable<'a>(&self, cookies: &'a str) -> &'a str {
        let memory = self.config.persistence == crate::Persistence::Memory;
        if memory || self.consent == Consent::Denied {
            ""
        } else {
            cookies
        }
    }

    pub(crate) fn write_cookies(&mut self) {
        for cookie in self.session.touch(&self.config, self.now, self.page.secure) {
            self.effects.push_back(Effect::SetCookie(cookie));
        }
    }

    pub(crate) fn activity(&mut self, cookies: &str) {
        if !self.page.visible {
            return;
        }
        if self.time.is_away() || self.session.wants_look(&self.config, self.now) {
            let cookies = self.readable(cookies);
            self.session.adopt_visitor(&self.config, cookies);
            match self.session.current(&self.config, self.now, cookies) {
                Some(id) if id == self.session.id => {}
                Some(other) => self.change_session(other),
                None => self.new_session(),
            }
            if self.keeps_cookies() {
                self.write_cookies();
            }
        }
        self.session.touch_lightly(self.now);
        if !self.time.is_active() {
            self.next_sync = self.now.mono + self.config.session_sync_interval;
        }
        if self.time.activity(self.now.mono) {
            self.announce();
        }
    }

    fn come_into_use(&mut self) {
        self.time.activity(self.now.mono);
        self.next_sync = self.now.mono + self.config.session_sync_interval;
        self.announce();
    }

    fn announce(&mut self) {
        self.page.in_use_since = self.now.wall;
        self.effects.push_back(Effect::Announce);
    }

    pub(crate) fn new_session(&mut self) {
        let id = self.random.id();
        self.change_session(id);
    }

    fn change_session(&mut self, id: String) {
        self.time.count_to(self.now.mono);
        self.sync();
        self.session.id = id;
    }

    pub(crate) fn shown(&mut self, cookies: &str) {
        if !self.page.visible {
            self.page.visible = true;
            self.activity(cookies);
        }
    }

    pub(crate) fn hidden(&mut self) {
        if self.page.visible {
            self.page.visible = false;
            self.time.leave(self.now.mono);
            if self.config.track_unload {
                self.end_timings();
            }
        }
        // Also when it was hidden before: what came since has to leave too.
        self.send_before_unload();
    }

    /// Another tab came into use at wall time `since`.
    pub(crate) fn other_tab(&mut self, since: f64) {
        // News can cross: the later one is right.
        if since >= self.page.in_use_since && !self.time.is_away() {
            let ago = (self.now.wall - since).max(0.0);
            self.time.leave(self.now.mono - ago);
        }
    }

    pub(crate) fn idle(&mut self) {
        self.time.idle();
        self.accept(self.draft(Action::SessionIdle));
        self.end_module();
        self.sync();
    }

    /// Tells all active time so far. The module, the session and the page go
    /// on: later time is told by later events.
    pub(crate) fn end_timings(&mut self) {
        self.time.count_to(self.now.mono);
        self.end_module();
        self.sync();
        self.end_page();
    }

    pub(crate) fn end_module(&mut self) {
        let time_spent = self.time.module.take();
        if let Some(module) = self.module.as_deref()
            && time_spent > 0
        {
            let product = self.product.as_deref();
            self.accept(self.draft(Action::ModuleEnd {
                module,
                product,
                time_spent,
            }));
        }
    }

    pub(crate) fn sync(&mut self) {
        let active_duration = self.time.session.take();
        if active_duration > 0 {
            self.accept(self.draft(Action::SessionSync { active_duration }));
        }
    }

    pub(crate) fn navigated(&mut self, url: &str, title: &str) {
        if self.config.track_page_views {
            self.turn_page(url, title);
        }
    }

    /// Ends the page view and begins another.
    pub(crate) fn turn_page(&mut self, url: &str, title: &str) {
        self.time.count_to(self.now.mono);
        self.end_page();
        let referrer = self.page.url.take().unwrap_or_default();
        self.begin_page(url, title, &referrer);
    }

    fn begin_page(&mut self, url: &str, title: &str, referrer: &str) {
        self.accept(self.draft(Action::PageView {
            url,
            title,
            referrer,
        }));
        self.page.url = Some(url.to_owned());
        self.page.told = false;
        self.time.page.clear();
    }

    /// A page view that goes on after it was hidden ends more than once, each
    /// time with the time since; the first end is told even if it took none.
    fn end_page(&mut self) {
        let time_spent = self.time.page.take();
        if let Some(url) = self.page.url.as_deref()
            && (time_spent > 0 || !self.page.told)
        {
            self.accept(self.draft(Action::PageViewEnd { url, time_spent }));
            self.page.told = true;
        }
    }
}
