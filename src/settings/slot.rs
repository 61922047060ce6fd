//! Where the value of each setting is kept, by the setting's name.

use natero_engine::{Consent, Persistence};

use super::{PageViews, Settings};

/// Where the value of a setting is kept, by what it may be.
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
    /// Where batches go.
    Endpoint(&'a mut String),
    /// An http: or https: URL.
    Address(&'a mut Option<String>),
    /// Part of a name.
    Token(&'a mut String),
    /// The same, where there may be none.
    OptionalToken(&'a mut Option<String>),
    /// Which navigations make page views.
    PageViews(&'a mut PageViews),
    /// What may outlive the page.
    Persistence(&'a mut Persistence),
    /// What may be kept and sent.
    Consent(&'a mut Consent),
}

impl Settings {
    /// Where the value of the setting of this name is kept; nothing where there is no
    /// such setting, or it is a hook.
    pub(crate) fn slot(&mut self, name: &str) -> Option<Slot<'_>> {
        Some(match name {
            "accountId" => Slot::Id(&mut self.account_id),
            "userId" => Slot::Id(&mut self.user_id),
            "endpoint" => Slot::Endpoint(&mut self.endpoint),
            "trackUnload" => Slot::Flag(&mut self.track_unload),
            "trackPageViews" => Slot::PageViews(&mut self.track_page_views),
            "disableEventSend" => Slot::Flag(&mut self.disable_event_send),
            "debug" => Slot::Flag(&mut self.debug),
            "debugUrl" => Slot::Address(&mut self.debug_url),
            "sessionTimeout" => Slot::Span(&mut self.session_timeout),
            "idleTimeout" => Slot::Span(&mut self.idle_timeout),
            "sessionSyncInterval" => Slot::Span(&mut self.session_sync_interval),
            "flushInterval" => Slot::Span(&mut self.flush_interval),
            "batchSize" => Slot::Count(&mut self.batch_size),
            "maxQueueBytes" => Slot::Bytes(&mut self.max_queue_bytes),
            "maxStoredBytes" => Slot::Bytes(&mut self.max_stored_bytes),
            "persistence" => Slot::Persistence(&mut self.persistence),
            "cookieDomain" => Slot::OptionalToken(&mut self.cookie_domain),
            "cookiePrefix" => Slot::Token(&mut self.cookie_prefix),
            "consent" => Slot::Consent(&mut self.consent),
            "respectGpc" => Slot::Flag(&mut self.respect_gpc),
            "respectDnt" => Slot::Flag(&mut self.respect_dnt),
            "compress" => Slot::Flag(&mut self.compress),
            _ => return None,
        })
    }
}

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
