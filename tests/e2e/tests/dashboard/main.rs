//! The dashboard, as a person uses it.

mod account;
mod arrival;
mod keyboard;
mod looks;
mod safety;
mod sign_in;
mod tree;

use account::*;
use arrival::*;
use keyboard::*;
use looks::*;
use safety::*;
use sign_in::*;
use tree::*;

natero_e2e::suite!(
    a_wrong_key_is_refused_and_the_right_one_opens_a_session_that_no_script_sees,
    who_follows_a_link_signed_out_lands_there_after_signing_in,
    the_tree_opens_in_place_and_leads_to_accounts,
    the_search_finds_accounts_while_one_types,
    products_open_to_modules_and_modules_to_features_with_the_numbers_of_the_api,
    the_roll_up_switch_changes_the_numbers,
    usage_over_time_is_drawn_and_redrawn_for_another_figure,
    a_single_day_is_one_bar_in_the_middle,
    users_records_and_uncaptured_usage_are_on_the_pages_of_an_account,
    an_event_appears_while_the_page_is_open_and_not_while_it_is_paused,
    the_loss_report_shows_what_the_api_says,
    markup_in_a_name_is_read_and_never_run,
    no_page_loads_from_elsewhere_or_breaks_its_policy,
    a_breach_of_the_policy_is_stopped_and_would_be_noticed,
    search_tree_and_roll_up_switch_are_used_by_keyboard_alone,
    nothing_is_wider_than_a_narrow_window,
    text_is_readable_in_light,
    // Its driver cannot ask pages to be dark.
    text_is_readable_in_dark skipped in Webkit,
);
