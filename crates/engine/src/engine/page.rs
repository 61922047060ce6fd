//! The life of the page: visible, in use, idle, hidden, navigated.

use natero_event::Action;

use super::Engine;
use crate::{
    Announcement, Consent, Cookies, Effect, Millis, News, Start, View, Wall,
    session::{Continuity, VISITOR_MAX_AGE},
    time::BLUR,
};

/// Tabs that come into use within this time count as coming into use at the same time. It
/// is longer than a page takes to tell all its frames that they are shown. It is short
/// because a clock may be set back by less, and then the wrong tab stays in use.
const SAME_TIME: Millis = Millis(1_000.0);

impl Engine {
    pub(super) fn start(&mut self, start: Start<'_>) {
        self.is_visible = start.visible;
        if start.offline {
            self.set_online(false);
        }
        // Reading cookies is allowed while consent is pending: a visitor who opts in
        // later keeps the id of the last visit.
        if self.consent != Consent::Denied {
            self.session.adopt_visitor(start.cookies.visitor);
            match self.session.continuity(self.now, start.cookies.session) {
                Continuity::Other(id) => self.session.change(id),
                Continuity::Same | Continuity::Over => {}
            }
        }
        // Loading a page counts as an activity of the user, but only if the page is
        // visible.
        if self.is_visible {
            self.mark_active();
        }
        self.write_cookies();
        self.open_storage();
        if let Some(view) = start.view
            && self.config.track_page_views
        {
            self.begin_page_view(view, start.referrer);
        }
    }

    pub(super) fn write_cookies(&mut self) {
        self.session.touch(self.now);
        if self.may_store() {
            let (value, max_age) = self.session.cookie(self.now);
            self.effects.push(Effect::SetSession { value, max_age });
            if let Some(value) = self.session.visitor_to_set() {
                let max_age = VISITOR_MAX_AGE;
                self.effects.push(Effect::SetVisitor { value, max_age });
            }
        }
    }

    pub(super) fn activity(&mut self) {
        if !self.is_visible {
            return;
        }
        if !self.time.is_away() && !self.session.cookies_are_stale(self.now) {
            self.session.touch_in_memory(self.now);
            self.mark_active();
        } else if self.may_store() {
            self.effects.push(Effect::ReadCookies);
        } else {
            self.cookies_read(Cookies::default());
        }
    }

    /// Continues an activity, or an opt-in, now that the cookies are known.
    pub(super) fn cookies_read(&mut self, cookies: Cookies<'_>) {
        let is_activity = !std::mem::take(&mut self.is_opting_in);
        self.session.adopt_visitor(cookies.visitor);
        match self.session.continuity(self.now, cookies.session) {
            Continuity::Same => {}
            Continuity::Other(id) => self.change_session(id),
            Continuity::Over => self.begin_session(),
        }
        self.write_cookies();
        if is_activity {
            self.mark_active();
        }
    }

    /// Notes that the user did something, or that showing the page implies it.
    fn mark_active(&mut self) {
        if !self.time.is_active() {
            self.sync_at = self.now.mono + self.config.session_sync_interval;
        }
        if self.time.activity(self.now.mono) {
            self.used_since = Wall(self.now.wall.0.floor() + self.order);
            self.announce(News::InUse(self.used_since));
        }
    }

    fn announce(&mut self, news: News) {
        self.effects.push(Effect::AnnounceTab {
            announcement: Announcement::new(news),
            through_storage: self.may_store(),
        });
    }

    pub(super) fn begin_session(&mut self) {
        let id = self.random.id();
        self.change_session(id);
    }

    fn change_session(&mut self, id: String) {
        self.time.count_to(self.now.mono);
        self.sync();
        self.session.change(id);
    }

    pub(super) fn shown(&mut self) {
        if !self.is_visible {
            self.is_visible = true;
            self.activity();
        }
    }

    pub(super) fn hidden(&mut self) {
        if self.is_visible {
            self.is_visible = false;
            self.time.leave(self.now.mono);
            if self.config.track_unload {
                self.end_timings();
            }
        }
        // Also when the page was hidden already: events recorded since then must leave,
        // too.
        self.flush_before_unload();
    }

    /// Takes in that the focus went into a frame the host cannot observe, or came out of
    /// it.
    pub(super) fn frame_focused(&mut self, focused: bool) {
        self.time.frame_focused(focused, self.now.mono);
        if !focused && self.time.is_active() {
            self.activity();
        }
    }

    /// Takes in that another tab came into use. This tab believes it even if it seems to
    /// be the one used later: the wall clock may have been set in between, and a second
    /// that no tab counts is better than one that two tabs do. The next activity corrects
    /// it.
    ///
    /// Tabs that come into use at the same time, as a page and its frames do when they are
    /// shown, must not all believe each other: no one would count. The latest of them stays
    /// in use, and says so again, because another one may not have listened before.
    ///
    /// A page counts from when it began to load, but announces that only once it is
    /// loaded. Time that this tab has counted meanwhile cannot be taken back, so the other
    /// one has to know.
    pub(super) fn other_tab(&mut self, since: Wall) {
        let later = self.used_since - since;
        let since = self.now.at(since);
        if self.time.counted_to() > since + BLUR {
            let counted = self.now.mono - self.time.counted_to();
            self.announce(News::Counted(self.now.wall - counted));
        }
        if later > Millis::ZERO && later < SAME_TIME && self.time.is_active() {
            self.announce(News::InUse(self.used_since));
        } else if !self.time.is_away() {
            self.time.leave(since);
        }
    }

    pub(super) fn idle(&mut self) {
        self.time.idle(self.now.mono);
        self.record(Action::SessionIdle);
        self.end_module();
        self.sync();
    }

    /// Reports all active time so far. The module, the session and the page view go on;
    /// later events report later time.
    pub(super) fn end_timings(&mut self) {
        self.time.count_to(self.now.mono);
        self.end_module();
        self.sync();
        self.end_page_view();
    }

    pub(super) fn end_module(&mut self) {
        let time_spent = self.time.module.take();
        if let Some(module) = self.identity.module()
            && time_spent > 0
        {
            let action = Action::ModuleEnd {
                module,
                product: self.identity.product(),
                time_spent,
            };
            let wall = self.now.wall;
            let draft = self
                .recorder
                .write(&self.identity, &self.session, wall, action);
            self.accept(draft);
        }
    }

    pub(super) fn sync(&mut self) {
        let active_duration = self.time.session.take();
        if active_duration > 0 {
            self.record(Action::SessionSync { active_duration });
        }
    }

    pub(super) fn navigated(&mut self, view: View<'_>) {
        if self.config.track_page_views {
            self.next_page_view(view);
        }
    }

    /// Takes in that the page came back from the back/forward cache.
    pub(super) fn restored(&mut self) {
        self.restore_storage();
        // The next page view begins when its address is known. No browser tells where the
        // visitor came from in this case.
        if self.config.track_page_views {
            self.end_page_view();
            self.page_view.take_url();
        }
    }

    /// Ends the current page view and begins another.
    pub(super) fn next_page_view(&mut self, view: View<'_>) {
        self.time.count_to(self.now.mono);
        self.end_page_view();
        let referrer = self.page_view.take_url().unwrap_or_default();
        self.begin_page_view(view, &referrer);
    }

    fn begin_page_view(&mut self, view: View<'_>, referrer: &str) {
        let View { url, title } = view;
        self.record(Action::PageView {
            url,
            title,
            referrer,
        });
        self.page_view.begin(url);
        self.time.page_view.clear();
    }

    fn end_page_view(&mut self) {
        let time_spent = self.time.page_view.take();
        if let Some(action) = self.page_view.end(time_spent) {
            let wall = self.now.wall;
            let draft = self
                .recorder
                .write(&self.identity, &self.session, wall, action);
            self.accept(draft);
        }
    }
}
