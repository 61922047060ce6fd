//! Consent and privacy: what is stored and sent, from the point of view of the server and the
//! browser.

mod asked;
mod content;
mod copies;
mod scene;

use asked::*;
use content::*;
use copies::*;

natero_e2e::suite!(
    without_consent_nothing_is_stored_or_sent,
    without_consent_tabs_without_channels_store_nothing_either,
    opting_in_sends_what_was_held_with_the_time_of_each_call,
    opting_out_deletes_cookies_and_stored_events,
    opting_out_in_memory_deletes_what_other_pages_left,
    privacy_signals_deny_where_they_are_respected,
    before_send_edits_redacts_and_drops,
    a_debug_url_gets_a_copy_and_its_failure_changes_nothing,
    disable_event_send_tells_the_debug_url_nothing_either,
    debug_prints_a_line_for_each_event_and_request,
    addresses_are_recorded_without_query_and_fragment,
);
