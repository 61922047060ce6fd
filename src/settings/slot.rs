//! The field of each setting in [`Settings`], by the setting's name.

use natero_engine::{Consent, Persistence};

use super::{PageViews, Settings};

/// A mutable reference to a setting's value, by its kind.
pub(crate) enum Slot<'a> {
    /// An id.
    Id(&'a mut Option<String>),
    /// On or off.
    Flag(&'a mut bool),
    /// A span of time above 0, in ms.
    Span(&'a mut f64),
    /// A number above 0.
    Count(&'a mut u32),
    /// A size above 0, in bytes.
    Bytes(&'a mut usize),
    /// The endpoint of batches.
    Endpoint(&'a mut String),
    /// An http: or https: URL.
    Address(&'a mut Option<String>),
    /// A part of a name.
    Token(&'a mut String),
    /// The same, but optional.
    OptionalToken(&'a mut Option<String>),
    /// Which navigations make page views.
    PageViews(&'a mut PageViews),
    /// What the tracker may store beyond the life of the page.
    Persistence(&'a mut Persistence),
    /// What may be kept and sent.
    Consent(&'a mut Consent),
}

/// The slots of all settings that are not functions.
macro_rules! slots {
    ($($name:literal: $kind:ident($field:ident),)*) => {
        /// The names of all settings that are not functions.
        pub(crate) const VALUES: &[&str] = &[$($name),*];

        impl Settings {
            /// The slots, in the order of [`VALUES`].
            fn slots(&mut self) -> [Slot<'_>; VALUES.len()] {
                [$(Slot::$kind(&mut self.$field)),*]
            }

            /// The slot of the setting with this name; `None` if there is no such
            /// setting, or it is a function.
            pub(crate) fn slot(&mut self, name: &str) -> Option<Slot<'_>> {
                let at = VALUES.iter().position(|it| *it == name)?;
                self.slots().into_iter().nth(at)
            }
        }
    };
}

slots! {
    "accountId": Id(account_id),
    "userId": Id(user_id),
    "endpoint": Endpoint(endpoint),
    "trackUnload": Flag(track_unload),
    "trackPageViews": PageViews(track_page_views),
    "disableEventSend": Flag(disable_event_send),
    "debug": Flag(debug),
    "debugUrl": Address(debug_url),
    "sessionTimeout": Span(session_timeout),
    "idleTimeout": Span(idle_timeout),
    "sessionSyncInterval": Span(session_sync_interval),
    "flushInterval": Span(flush_interval),
    "batchSize": Count(batch_size),
    "maxQueueBytes": Bytes(max_queue_bytes),
    "maxStoredBytes": Bytes(max_stored_bytes),
    "persistence": Persistence(persistence),
    "cookieDomain": OptionalToken(cookie_domain),
    "cookiePrefix": Token(cookie_prefix),
    "consent": Consent(consent),
    "respectGpc": Flag(respect_gpc),
    "respectDnt": Flag(respect_dnt),
    "compress": Flag(compress),
}

/// The names of the settings that are functions.
pub(crate) const HOOKS: &[&str] = &["beforeSend", "onError"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Kind, all};

    #[test]
    fn every_setting_of_the_table_but_hooks_has_a_place_of_its_kind() {
        for setting in all() {
            let mut settings = Settings::default();
            let slot = settings.slot(setting.name);
            let fits = match setting.kind {
                Kind::Hook(_) => slot.is_none(),
                Kind::Id => matches!(slot, Some(Slot::Id(_))),
                Kind::Flag => matches!(slot, Some(Slot::Flag(_))),
                Kind::Milliseconds => matches!(slot, Some(Slot::Span(_))),
                Kind::Count => matches!(slot, Some(Slot::Count(_))),
                Kind::Bytes => matches!(slot, Some(Slot::Bytes(_))),
                Kind::Endpoint => matches!(slot, Some(Slot::Endpoint(_))),
                Kind::Address => matches!(slot, Some(Slot::Address(_))),
                Kind::Token => matches!(slot, Some(Slot::Token(_) | Slot::OptionalToken(_))),
                Kind::OneOf(_) => matches!(
                    slot,
                    Some(Slot::PageViews(_) | Slot::Persistence(_) | Slot::Consent(_))
                ),
            };
            assert!(fits, "{}", setting.name);
        }
        assert!(Settings::default().slot("nothing").is_none());
    }

    #[test]
    fn the_names_are_those_of_the_table() {
        let mut names = [VALUES, HOOKS].concat();
        let mut table: Vec<_> = all().iter().map(|setting| setting.name).collect();
        names.sort_unstable();
        table.sort_unstable();
        assert_eq!(names, table);
    }

    #[test]
    fn each_place_is_that_of_the_field_which_serde_calls_so() {
        for setting in all() {
            let before = serde_json::to_value(Settings::default()).expect("JSON");
            let mut settings = Settings::default();
            match settings.slot(setting.name) {
                None => continue,
                Some(Slot::Id(to) | Slot::Address(to) | Slot::OptionalToken(to)) => {
                    *to = Some("another".into());
                }
                Some(Slot::Flag(to)) => *to = !*to,
                Some(Slot::Span(to)) => *to += 1.0,
                Some(Slot::Count(to)) => *to += 1,
                Some(Slot::Bytes(to)) => *to += 1,
                Some(Slot::Endpoint(to) | Slot::Token(to)) => to.push('x'),
                Some(Slot::PageViews(to)) => *to = PageViews::PathAndHash,
                Some(Slot::Persistence(to)) => *to = Persistence::Memory,
                Some(Slot::Consent(to)) => *to = Consent::Denied,
            }
            let mut after = serde_json::to_value(settings).expect("JSON");
            assert_ne!(after[setting.name], before[setting.name]);
            after[setting.name] = before[setting.name].clone();
            assert_eq!(after, before, "{}", setting.name);
        }
    }
}
