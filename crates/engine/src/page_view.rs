//! The current page view.

use natero_event::Action;

/// The current page view. If it goes on after its page was hidden it ends more than once,
/// each time with the time since the previous end.
#[derive(Debug, Default)]
pub(crate) struct PageView {
    url: Option<String>,
    /// An end was reported before.
    has_ended: bool,
}

impl PageView {
    /// Begins the page view of this address.
    pub fn begin(&mut self, url: &str) {
        self.url = Some(url.to_owned());
        self.has_ended = false;
    }

    /// Reports an end, `time_spent` milliseconds after the previous one. The first end is
    /// reported even if it took no time.
    pub fn end(&mut self, time_spent: i64) -> Option<Action<'_>> {
        let url = self.url.as_deref()?;
        let has_ended_before = std::mem::replace(&mut self.has_ended, true);
        (time_spent > 0 || !has_ended_before).then_some(Action::PageViewEnd { url, time_spent })
    }

    /// Forgets the address and returns it, as the referrer of the next page view.
    pub fn take_url(&mut self) -> Option<String> {
        self.url.take()
    }
}
