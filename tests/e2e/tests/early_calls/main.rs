//! Calls that are made before the wasm is loaded.

mod bounds;
mod failing;
mod in_time;
mod next_page;
mod scene;

use bounds::*;
use failing::*;
use in_time::*;
use next_page::*;

natero_e2e::suite!(
    calls_before_the_wasm_is_there_lose_nothing_and_keep_their_time,
    a_wasm_that_cannot_be_loaded_is_reported_once_and_harms_nothing,
    calls_of_a_page_that_was_left_before_its_wasm_was_there_are_made_by_the_next,
    calls_of_a_page_whose_wasm_failed_are_made_by_the_next_healthy_one,
    calls_of_a_page_that_cleared_its_storage_and_was_left_are_made_by_the_next,
    a_wasm_that_comes_late_is_tried_again_and_no_call_is_lost,
    a_host_that_comes_late_is_tried_again_and_no_call_is_lost,
    a_refusal_before_the_wasm_is_there_erases_what_earlier_pages_stored,
    of_a_visitor_who_agrees_before_the_wasm_is_there_calls_are_left_to_the_next_page,
    calls_that_have_no_room_leave_those_of_other_pages_where_they_are,
    of_more_calls_than_there_is_room_for_the_first_are_stored,
    pages_without_wasm_leave_no_more_than_the_bound_and_the_newest_calls,
);
