//! What the browser looks like when tracking begins.

use super::{cookies, document, window};
use natero_engine::{Config, Persistence, Start};
use web_sys::VisibilityState;

/// Owns the texts of a [`Start`].
#[derive(Default)]
pub(crate) struct Facts {
    visible: bool,
    url: String,
    title: String,
    referrer: String,
    cookies: String,
    privacy: bool,
    offline: bool,
    secure: bool,
}

impl Facts {
    pub fn read(config: &Config) -> Facts {
        let (Some(window), Some(document)) = (window(), document()) else {
            return Facts::default();
        };
        let url = address(&window);
        Facts {
            visible: document.visibility_state() == VisibilityState::Visible,
            secure: url.starts_with("https:"),
            url,
            title: document.title(),
            referrer: bare(document.referrer()),
            cookies: match config.persistence {
                Persistence::Storage => cookies(),
                Persistence::Memory => String::new(),
            },
            privacy: false,
            offline: !window.navigator().on_line(),
        }
    }

    pub fn start(&self) -> Start<'_> {
        Start {
            visible: self.visible,
            url: &self.url,
            title: &self.title,
            referrer: &self.referrer,
            cookies: &self.cookies,
            privacy: self.privacy,
            offline: self.offline,
            secure: self.secure,
        }
    }
}

/// The page's address without query and fragment: they hold what is nobody
/// else's business.
pub(crate) fn address(window: &web_sys::Window) -> String {
    bare(window.location().href().unwrap_or_default())
}

fn bare(mut url: String) -> String {
    url.truncate(url.find(['?', '#']).unwrap_or(url.len()));
    url
}
