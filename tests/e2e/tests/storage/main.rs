//! Storage that is full, blocked, or has entries that are not ours; and wasm that does not
//! load.

mod foreign;
mod owners;
mod scene;
mod unusable;
mod wasm;

use foreign::*;
use owners::*;
use unusable::*;
use wasm::*;

natero_e2e::suite!(
    storage_that_is_full_costs_nothing_while_the_page_lives,
    storage_that_is_blocked_costs_nothing_while_the_page_lives,
    corrupt_and_foreign_content_costs_nothing_else,
    what_a_future_version_stored_is_left_alone,
    a_page_that_clears_the_storage_loses_nothing_when_it_is_left,
    all_pages_of_a_source_stay_within_the_bound_together,
    a_page_holds_a_lock_while_something_waits_and_no_longer,
    what_a_page_left_is_taken_although_its_lock_is_released_late,
    what_a_page_left_is_taken_once_it_is_old_where_locks_do_not_work,
    agreeing_again_leaves_the_page_what_it_stored,
    wasm_that_is_missing_is_reported_once_and_the_next_load_sends,
    wasm_that_a_policy_forbids_is_reported_once_and_the_next_load_sends,
);
