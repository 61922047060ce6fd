//! The appearance that pages are told to use. Only Chromium's driver supports this.

use serde_json::{Value, json};

/// A device and colours with which a page is viewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A desktop screen with light colours.
    Light,
    /// A desktop screen with dark colours.
    Dark,
    /// A small desktop screen, or a tablet in landscape.
    Tablet,
    /// A phone.
    Phone,
    /// The narrowest screen that pages have to fit: 1280 px at a zoom of 400 %.
    Narrow,
    /// Forced colours: the few colours that a user has chosen, as in Windows' contrast
    /// themes.
    ForcedColours,
    /// A printed page.
    Print,
}

impl Look {
    /// All looks.
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
            // The width of A4 at 96 dots per inch.
            Look::Print => 794,
        }
    }

    /// The DevTools commands that set this look.
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
