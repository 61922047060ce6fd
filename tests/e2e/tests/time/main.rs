//! Active time, in the collector's SQLite, against the clock of the page.

mod in_sight;
mod loads;
mod tabs;
mod tracked;
mod views;

use in_sight::*;
use loads::*;
use tabs::*;
use views::*;

natero_e2e::suite!(
    idle_ends_all_timings_at_the_last_activity_and_is_told_once,
    real_input_keeps_the_page_from_being_idle,
    what_a_person_does_is_activity_and_what_the_page_does_is_none,
    hidden_time_does_not_count,
    two_windows_in_sight_never_count_the_same_second,
    storage_events_stand_in_for_channels,
    // Its driver has no tabs that come to the front: a new one stays hidden.
    two_tabs_behind_each_other_never_count_the_same_second skipped in Webkit,
    page_views_follow_the_address,
    a_reload_ends_the_timings_once,
    leaving_for_another_site_ends_the_timings_once,
    a_page_that_was_kept_comes_back_with_a_page_view_and_time_adds_up,
    time_adds_up_whether_or_not_the_page_was_kept,
    track_unload_false_tells_nothing_when_the_page_is_hidden,
    track_page_views_false_makes_none_of_its_own,
);
