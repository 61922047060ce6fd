//! Active time in the collector's SQLite file, compared with the clock of the page.

mod activity;
mod frames;
mod in_sight;
mod loads;
mod navigation;
mod tabs;
mod timers;
mod tracked;
mod views;

use activity::*;
use frames::*;
use in_sight::*;
use loads::*;
use navigation::*;
use tabs::*;
use timers::*;
use views::*;

natero_e2e::suite!(
    // This test comes first, while the history of the tab is short: when the history is
    // full, going back may have no effect.
    page_views_follow_the_address,
    idle_ends_all_timings_at_the_last_activity_and_is_told_once,
    real_input_keeps_the_page_from_being_idle,
    what_a_person_does_is_activity,
    what_a_script_dispatches_changes_nothing,
    a_page_that_moves_by_itself_becomes_idle,
    drawing_with_a_pointer_alone_is_activity,
    work_in_a_frame_of_the_own_origin_counts,
    a_page_and_its_frame_count_each_second_once,
    a_frame_of_another_origin_counts_while_it_has_the_focus,
    a_frame_within_components_counts_while_it_has_the_focus,
    a_frame_that_had_the_focus_before_there_was_a_tracker_counts,
    document_open_erases_no_listener_for_long,
    a_scripted_pagehide_stops_no_time,
    a_timer_that_drops_what_it_passes_on_costs_no_time,
    // WebKit's driver runs every script with a timer that it takes from the page.
    without_timers_it_is_said_once_and_everything_is_sent_all_the_same skipped in Webkit,
    hidden_time_does_not_count,
    two_windows_in_sight_never_count_the_same_second,
    storage_events_stand_in_for_channels,
    a_window_that_loads_slowly_counts_no_second_of_another,
    // WebKit's driver does not bring a new tab to the front; it stays hidden.
    two_tabs_behind_each_other_never_count_the_same_second skipped in Webkit,
    a_page_view_has_the_title_that_its_router_sets,
    an_address_that_is_replaced_at_once_is_the_same_view,
    an_address_that_is_left_and_come_back_to_at_once_is_no_other_view,
    elements_that_come_later_shadow_nothing,
    navigations_are_seen_however_they_are_made,
    a_frozen_history_is_left_alone_and_its_navigations_are_seen,
    the_path_in_the_fragment_counts_where_it_is_asked_for,
    a_page_that_goes_at_once_tells_where_it_was_led,
    addresses_are_cut_and_documents_in_addresses_are_only_named,
    a_reload_ends_the_timings_once,
    leaving_for_another_site_ends_the_timings_once,
    a_page_that_was_kept_comes_back_with_a_page_view_and_time_adds_up,
    time_adds_up_whether_or_not_the_page_was_kept,
    track_unload_false_tells_nothing_when_the_page_is_hidden,
    track_page_views_false_makes_none_of_its_own,
);
