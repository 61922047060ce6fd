//! Nothing accepted is lost, whatever happens to the page, the network and the collector.
//! Asserts this for each scenario that `bench loss` prints.

use anyhow::Result;
use natero_e2e::scenarios;
use natero_e2e::stage::Stage;

natero_e2e::suite!(
    a_clean_run_delivers_each_event_once,
    errors_of_the_server_lose_nothing,
    connections_that_are_reset_lose_nothing,
    an_offline_spell_loses_nothing_and_asks_for_little,
    navigating_away_loses_nothing_and_sends_nothing_twice,
    pages_left_one_after_the_other_lose_nothing_and_send_nothing_twice,
    a_closed_tab_loses_nothing_and_sends_nothing_twice,
    a_closed_tab_sends_nothing_of_a_frame_twice,
    // Only Chromium's driver continues after a renderer was killed.
    a_renderer_killed_at_once_loses_nothing skipped in Firefox Webkit,
    a_renderer_killed_later_loses_nothing skipped in Firefox Webkit,
    five_thousand_events_of_one_tick_arrive,
    five_thousand_features_with_details_of_one_task_arrive,
    large_events_of_a_closed_tab_arrive,
    a_living_tab_adopts_what_a_closed_one_left_exactly_once,
);

async fn a_clean_run_delivers_each_event_once(stage: &Stage) -> Result<()> {
    scenarios::clean(stage).await?.is_exact()
}

async fn errors_of_the_server_lose_nothing(stage: &Stage) -> Result<()> {
    scenarios::server_errors(stage).await?.is_exact()
}

async fn connections_that_are_reset_lose_nothing(stage: &Stage) -> Result<()> {
    scenarios::connections_reset(stage).await?.is_exact()
}

async fn an_offline_spell_loses_nothing_and_asks_for_little(stage: &Stage) -> Result<()> {
    scenarios::offline(stage).await?.is_exact()
}

async fn navigating_away_loses_nothing_and_sends_nothing_twice(stage: &Stage) -> Result<()> {
    scenarios::navigated_away(stage)
        .await?
        .is_exact_without_copies()
}

async fn pages_left_one_after_the_other_lose_nothing_and_send_nothing_twice(
    stage: &Stage,
) -> Result<()> {
    scenarios::page_after_page(stage)
        .await?
        .is_exact_without_copies()
}

async fn a_closed_tab_loses_nothing_and_sends_nothing_twice(stage: &Stage) -> Result<()> {
    scenarios::tab_closed(stage)
        .await?
        .is_exact_without_copies()
}

async fn a_closed_tab_sends_nothing_of_a_frame_twice(stage: &Stage) -> Result<()> {
    scenarios::tab_with_a_frame_closed(stage)
        .await?
        .is_exact_without_copies()
}

async fn a_renderer_killed_at_once_loses_nothing(stage: &Stage) -> Result<()> {
    scenarios::renderer_killed_at_once(stage).await?.is_exact()
}

async fn a_renderer_killed_later_loses_nothing(stage: &Stage) -> Result<()> {
    scenarios::renderer_killed_later(stage).await?.is_exact()
}

async fn five_thousand_events_of_one_tick_arrive(stage: &Stage) -> Result<()> {
    scenarios::five_thousand_in_one_tick(stage)
        .await?
        .is_exact()
}

async fn five_thousand_features_with_details_of_one_task_arrive(stage: &Stage) -> Result<()> {
    scenarios::five_thousand_with_details(stage)
        .await?
        .is_exact()
}

async fn large_events_of_a_closed_tab_arrive(stage: &Stage) -> Result<()> {
    scenarios::large_events_then_closed(stage).await?.is_exact()
}

async fn a_living_tab_adopts_what_a_closed_one_left_exactly_once(stage: &Stage) -> Result<()> {
    scenarios::adopted_by_a_living_tab(stage).await?.is_exact()
}
