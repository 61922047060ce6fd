//! The example in Leptos, as a person uses it, against the real collector.

use anyhow::{Context, Result};
use natero_e2e::stage::Stage;
use natero_e2e::{front_end, hosts};

natero_e2e::suite!(
    a_visit_to_the_leptos_app_is_counted_by_module_and_feature,
    the_leptos_app_runs_on_where_its_keys_are_missing,
);

async fn a_visit_to_the_leptos_app_is_counted_by_module_and_feature(stage: &Stage) -> Result<()> {
    let app = hosts::example("leptos").context("no app")?;
    front_end::visit_is_counted_by_module_and_feature(stage, &app).await
}

async fn the_leptos_app_runs_on_where_its_keys_are_missing(stage: &Stage) -> Result<()> {
    let app = hosts::example("leptos").context("no app")?;
    front_end::app_runs_on_without_keys(stage, &app).await
}
