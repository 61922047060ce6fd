//! What pages are asked to look like. Only Chromium's driver can ask.

use serde_json::{Value, json};

/// A way to look at a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// On a desk, in light colours.
    Light,
    /// On a desk, in dark colours.
    Dark,
    /// On a small desk, or a tablet on its side.
    Tablet,
    /// On a phone.
    Phone,
    /// On the narrowest screen that pages have to fit: 1280 px at 400 %.
    Narrow,
    /// In the few colours that a user has chosen, as Windows' contrast themes.
    ForcedColours,
    /// On paper.
    Print,
}

impl Look {
    /// Every look.
    pub const ALL: [Look; 7] = [
        Look::Light,
        Look::Dark,
        Look::Tablet,
        Look::Phone,
        Look::Narrow,
        Look::ForcedColours,
        Look::Print,
    ];

    /// Its name, for files and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Look::Light => "light",
            Look::Dark => "dark",
            Look::Tablet => "tablet",
            Look::Phone => "phone",
            Look::Narrow => "narrow",
            Look::ForcedColours => "forced-colours",
            Look::Print => "print",
        }
    }

    fn width(self) -> u32 {
        match self {
            Look::Light | Look::Dark | Look::ForcedColours => 1280,
            Look::Tablet => 1024,
            Look::Phone => 390,
            Look::Narrow => 320,
            // A4 at 96 dots an inch.
            Look::Print => 794,
        }
    }

    /// The DevTools commands that make pages look like this.
    pub(super) fn commands(self) -> [(&'static str, Value); 2] {
        let media = if self == Look::Print { "print" } else { "" };
        let scheme = if self == Look::Dark { "dark" } else { "light" };
        let forced = if self == Look::ForcedColours {
            "active"
        } else {
            "none"
        };
        [
            (
                "Emulation.setEmulatedMedia",
                json!({ "media": media, "features": [
                    { "name": "prefers-color-scheme", "value": scheme },
                    { "name": "forced-colors", "value": forced },
                ] }),
            ),
            (
                "Emulation.setDeviceMetricsOverride",
                json!({
                    "width": self.width(), "height": 800, "deviceScaleFactor": 1,
                    "mobile": matches!(self, Look::Phone | Look::Narrow),
                }),
            ),
        ]
    }
}
