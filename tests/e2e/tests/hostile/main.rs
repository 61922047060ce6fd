//! Pages that interfere without intending to: through invalid settings, through what they do
//! when they are notified of a problem, or through what is between them and the collector.

mod answers;
mod frames;
mod packed;
mod scene;
mod settings;
mod told;

use answers::*;
use frames::*;
use packed::*;
use settings::*;
use told::*;

natero_e2e::suite!(
    an_endpoint_that_is_none_sends_to_nobody,
    settings_that_nobody_can_read_send_to_nobody,
    what_a_page_does_when_it_is_told_never_holds_it_up,
    a_packed_body_that_is_refused_goes_as_it_is,
    a_failure_of_packed_bodies_alone_is_found_out,
    // WebKit's driver limits scripts with a timer that it takes from the page, and time runs
    // fast there.
    a_compression_that_never_ends_costs_one_request skipped in Webkit,
    a_server_that_swallows_requests_takes_no_connection_for_good skipped in Webkit,
    a_wrapper_of_fetch_that_keeps_the_answer_keeps_no_event,
    a_to_json_of_all_arrays_changes_nothing_that_arrives,
    prototypes_that_a_page_has_emptied_change_nothing_that_arrives,
    a_frame_without_an_origin_of_its_own_tracks,
    a_frame_without_an_address_of_its_own_takes_a_path_of_the_page_around_it,
    events_that_wait_for_ids_say_so_under_debug,
);
