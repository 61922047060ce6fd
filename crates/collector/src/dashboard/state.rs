//! The state that the handlers of the dashboard share.

use crate::http::state::App;

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
}
