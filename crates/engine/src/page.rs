//! The life of the page: visible, idle, hidden, moved on.

use crate::{Consent, Do, Engine, input::Parts};
use natero_event::{Action, json::owned};

/// The current page view.
#[derive(Debug, Default)]
pub(crate) struct Page {
    visible: bool,
    url: Option<String>,
    /// A `pageViewEnd` was made for it, with the time so far.
    told: bool,
}

impl Engine {
    pub(crate) fn start(&mut self, flags: u32, mut parts: Parts<'_>) {
        self.page.visible = flags & 1 != 0;
        self.delivery.offline = flags & 2 != 0;
        let url = parts.text();
        let title = parts.text();
        let referrer = parts.text();
        let (session, visitor) = (parts.text(), parts.text());
        // Looking is allowed while consent is pending: the visitor who agrees
        // later keeps the id of last time.
        if self.consent != Consent::Denied {
            self.session.adopt_visitor(visitor);
            if let Some(id) = self.session.current(&self.config, self.now, session) {
                self.session.id = owned(id);
            }
        }
        // A load is the user's doing, but only a page that is seen is in use.
        if self.page.visible {
            self.come_into_use();
        }
        self.write_cookies();
        self.open_storage();
        if self.config.track_page_views && !url.is_empty() {
            self.begin_page(url, title, referrer);
        }
    }

    pub(crate) fn write_cookies(&mut self) {
        self.session.touch(self.now);
        if self.keeps_cookies() {
            let cookie = self.session.cookie(self.now);
            // Rounded up: the time within the value is what decides.
            let max_age = (self.config.session_timeout / 1000.0).ceil();
            self.emit(Do::SetSession, cookie, [max_age, 0.0, 0.0, 0.0]);
            if let Some(visitor) = self.session.visitor_to_keep() {
                self.emit(Do::SetVisitor, visitor, [0.0; 4]);
            }
        }
    }

    pub(crate) fn activity(&mut self) {
        if !self.page.visible {
            return;
        }
        if !self.time.is_away() && !self.session.wants_look(&self.config, self.now) {
            self.session.touch_lightly(self.now);
            self.come_into_use();
        } else if self.keeps_cookies() {
            self.ask(Do::ReadCookies);
        } else {
            self.looked("", "");
        }
    }

    /// Goes on with an activity, now that the cookies are known.
    pub(crate) fn looked(&mut self, session: &str, visitor: &str) {
        self.session.adopt_visitor(visitor);
        match self.session.current(&self.config, self.now, session) {
            Some(id) if id == self.session.id => {}
            Some(other) => {
                let other = owned(other);
                self.change_session(other);
            }
            None => self.new_session(),
        }
        self.write_cookies();
        self.come_into_use();
    }

    /// The user did something, or can be taken to have by what is seen.
    fn come_into_use(&mut self) {
        if !self.time.is_active() {
            self.next_sync = self.now.mono + self.config.session_sync_interval;
        }
        if self.time.activity(self.now.mono) {
            self.ask_with(Do::Announce, f64::from(self.keeps_cookies()));
        }
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

    pub(crate) fn shown(&mut self) {
        if !self.page.visible {
            self.page.visible = true;
            self.activity();
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
        self.leave();
    }

    /// Sends what waits, because there may be no later turn. It is stored first.
    pub(crate) fn leave(&mut self) {
        self.leaving = self.filtering.len();
        self.store();
        self.send_before_unload();
    }

    /// Another tab came into use at wall time `since`. That is believed even
    /// where this tab seems to be the later one: the wall clock may have been
    /// set in between, and a second that no tab counts is better than one that
    /// two do. The next activity mends it.
    pub(crate) fn other_tab(&mut self, since: f64) {
        if !self.time.is_away() {
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
        let [_, _, module, product] = &self.ids;
        if !module.is_empty() && time_spent > 0 {
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

    pub(crate) fn navigated(&mut self, page: Parts<'_>) {
        if self.config.track_page_views {
            self.turn_page(page);
        }
    }

    /// Ends the page view. The next begins when its address is told, and comes
    /// from nowhere that is known.
    pub(crate) fn leave_page(&mut self) {
        self.end_page();
        self.page.url = None;
    }

    /// Ends the page view and begins that of another address and title.
    pub(crate) fn turn_page(&mut self, mut page: Parts<'_>) {
        self.time.count_to(self.now.mono);
        self.end_page();
        let referrer = self.page.url.take().unwrap_or_default();
        self.begin_page(page.text(), page.text(), &referrer);
    }

    fn begin_page(&mut self, url: &str, title: &str, referrer: &str) {
        self.accept(self.draft(Action::PageView {
            url,
            title,
            referrer,
        }));
        self.page.url = Some(owned(url));
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
