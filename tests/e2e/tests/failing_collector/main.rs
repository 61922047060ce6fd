//! A collector that fails and recovers: nothing more is lost than what it refused.

mod browser;
mod nonsense;
mod refusals;
mod silence;
mod tracked;
mod waits;

use browser::*;
use nonsense::*;
use refusals::*;
use silence::*;
use waits::*;

natero_e2e::suite!(
    unknown_keys_cost_their_batch_and_are_reported,
    a_batch_too_large_is_halved_until_it_fits,
    an_event_too_large_alone_is_dropped_and_its_neighbours_kept,
    a_500_is_tried_again_until_it_is_taken,
    retry_after_is_obeyed,
    what_one_tab_was_told_to_wait_all_tabs_and_new_pages_wait,
    garbage_in_place_of_http_is_tried_again,
    an_answer_that_makes_no_sense_harms_nothing,
    the_page_of_a_network_that_wants_a_sign_in_is_no_answer,
    a_collector_that_is_not_there_gets_everything_once_it_is,
    a_slow_collector_holds_up_nothing,
    a_lost_answer_doubles_nothing_in_the_collector,
    a_redeploy_that_answers_4xx_for_a_moment_costs_nothing,
    a_browser_that_is_wrong_about_the_network_delivers,
    a_policy_that_forbids_the_collector_is_told_of_once,
);
