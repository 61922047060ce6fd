//! The current page view.

use natero_event::Action;

/// A page view that goes on after its page was hidden ends more than once, each
/// time with the time since.
#[derive(Debug, Default)]
pub(crate) struct PageView {
    url: Option<String>,
    /// An end was reported.
    has_ended: bool,
}

impl PageView {
    /// Begins the view of another address.
    pub fn begin(&mut self, url: &str) {
        self.url = Some(url.to_owned());
        self.has_ended = false;
    }

    /// Reports an end after so many ms since the last one. The first is
    /// reported even if it took no time.
    pub fn end(&mut self, time_spent: i64) -> Option<Action<'_>> {
        let url = self.url.as_deref()?;
        let had_ended = std::mem::replace(&mut self.has_ended, true);
        (time_spent > 0 || !had_ended).then_some(Action::PageViewEnd { url, time_spent })
    }

    /// Forgets the address, and returns it: the next view comes from there.
    pub fn leave(&mut self) -> Option<String> {
        self.url.take()
    }
}
