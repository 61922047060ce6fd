//! The dashboard, as a person uses it.

mod accessible;
mod account;
mod arrival;
mod by_hand;
mod in_place;
mod keyboard;
mod looks;
mod narrow;
mod safety;
mod scripts_off;
mod sign_in;
mod tree;

use accessible::*;
use account::*;
use arrival::*;
use by_hand::*;
use in_place::*;
use keyboard::*;
use looks::*;
use narrow::*;
use safety::*;
use scripts_off::*;
use sign_in::*;
use tree::*;

natero_e2e::suite!(
    a_wrong_key_is_refused_and_the_right_one_opens_a_session_that_no_script_sees,
    who_follows_a_link_signed_out_lands_there_after_signing_in,
    the_tree_opens_in_place_and_leads_to_accounts,
    a_branch_that_cannot_be_opened_says_so_and_opens_when_it_can,
    the_search_finds_accounts_while_one_types,
    products_open_to_modules_and_modules_to_features_with_the_numbers_of_the_api,
    the_roll_up_switch_changes_the_numbers,
    usage_over_time_is_drawn_and_redrawn_for_another_figure,
    the_chart_is_read_by_pointer_and_by_keyboard,
    a_single_day_is_one_bar_in_the_middle,
    users_records_and_uncaptured_usage_are_on_the_pages_of_an_account,
    an_event_appears_while_the_page_is_open_and_not_while_it_is_paused,
    the_loss_report_shows_what_the_api_says,
    a_file_is_chosen_tried_and_imported,
    a_file_that_is_too_large_is_refused_in_words,
    a_note_is_entered_and_deleted_by_two_presses,
    markup_in_a_name_is_read_and_never_run,
    no_page_loads_from_elsewhere_or_breaks_its_policy,
    a_breach_of_the_policy_is_stopped_and_would_be_noticed,
    what_is_typed_stays_when_a_table_is_sorted_and_a_place_is_opened,
    who_is_signed_out_meanwhile_and_sorts_is_asked_to_sign_in,
    enter_opens_what_was_typed_last,
    events_are_followed_again_after_another_order,
    search_tree_and_roll_up_switch_are_used_by_keyboard_alone,
    // The other browsers have settings for the elements at which Tab stops.
    tab_reaches_whatever_can_be_used_on_every_view skipped in Firefox Webkit,
    everything_but_live_events_and_the_pointer_works_without_scripts skipped in Firefox Webkit,
    nothing_is_wider_than_a_narrow_window,
    no_table_is_wider_than_its_card skipped in Firefox Webkit,
    filters_are_closed_on_a_phone_until_the_address_opens_them_or_one_is_set skipped in Firefox Webkit,
    nothing_lies_under_a_csv_link skipped in Firefox Webkit,
    the_open_page_is_in_view_in_every_navigation skipped in Firefox Webkit,
    a_printed_table_stays_within_its_card_and_begins_beside_its_heading skipped in Firefox Webkit,
    a_long_name_that_somebody_chose_is_broken_and_not_cut_off skipped in Firefox Webkit,
    figures_fill_their_box_at_every_width skipped in Firefox Webkit,
    a_printed_page_has_no_forms_and_no_text_larger_than_its_table skipped in Firefox Webkit,
    a_user_is_moved_by_two_presses_and_the_answer_is_in_view,
    axe_finds_nothing_in_light skipped in Firefox Webkit,
    axe_finds_nothing_in_dark skipped in Firefox Webkit,
    axe_finds_nothing_on_the_narrowest_screen skipped in Firefox Webkit,
    axe_finds_nothing_on_a_phone skipped in Firefox Webkit,
    axe_finds_nothing_under_forced_colours skipped in Firefox Webkit,
    a_selection_is_seen_under_forced_colours skipped in Firefox Webkit,
    targets_are_large_enough_and_nothing_is_cut_off skipped in Firefox Webkit,
    every_view_has_a_title_of_its_own_and_headings_in_order,
    a_printed_page_says_of_which_period_it_is skipped in Firefox Webkit,
    text_is_readable_in_light,
    // WebKit's driver cannot request dark pages.
    text_is_readable_in_dark skipped in Webkit,
);
