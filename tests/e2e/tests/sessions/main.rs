//! Sessions, visitors and their cookies; several trackers on a page; and what a tracker
//! leaves behind.

mod domains;
mod handles;
mod kept;
mod scene;
mod trackers;
mod visits;

use domains::*;
use handles::*;
use kept::*;
use trackers::*;
use visits::*;

natero_e2e::suite!(
    the_cookies_are_lax_of_the_whole_host_and_last_as_long_as_they_should,
    over_https_the_cookies_are_secure_too,
    hosts_below_the_cookie_domain_share_a_visit,
    two_tabs_are_one_session,
    the_first_activity_after_session_timeout_begins_a_session,
    another_identity_is_another_session_and_the_old_one_gets_its_timings,
    reset_forgets_who_it_was,
    a_reload_goes_on_with_visitor_and_session,
    cookie_prefix_names_cookies_and_stored_events,
    memory_persistence_leaves_nothing_anywhere,
    two_trackers_share_cookies_and_never_a_queue,
    a_source_that_is_constructed_again_is_counted_once,
    two_copies_with_different_keys_each_count_the_whole_time,
    nothing_of_the_tracker_makes_an_app_in_zones_look_for_changes,
    zone_js_runs_no_task_of_the_tracker,
    a_domain_that_the_browser_refuses_is_told_once_and_the_visitor_is_kept,
    a_page_of_a_file_keeps_its_visitor,
    // WebKit's resolver knows no host below this one.
    reset_and_opt_out_remove_the_cookies_of_every_domain skipped in Webkit,
    shutdown_leaves_no_listener_timer_lock_or_channel,
);
