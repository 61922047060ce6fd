//! The state that the handlers of the dashboard share.

use super::{period::Period, view::View};
use crate::{clock::now_ms, http::state::App};

/// The state of the collector, as the dashboard sees it.
#[derive(Debug, Clone)]
pub(crate) struct Dashboard {
    pub(crate) app: App,
}

impl Dashboard {
    /// The dashboard of a collector.
    pub(crate) fn new(app: &App) -> Self {
        Dashboard { app: app.clone() }
    }

    /// The period of a page that is opened now.
    pub(crate) fn period(&self, view: &View) -> Period {
        let period = Period::of(view, now_ms(), &self.app.config.timezone);
        period.with(self.app.store.behind())
    }
}
