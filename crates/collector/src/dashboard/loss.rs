//! What was lost on the way.

use axum::extract::State;
use maud::{Markup, html};

use super::{
    Dashboard,
    address::View,
    asked::Query,
    error::PageError,
    format,
    layout::{
        self,
        Column::{Number, Text},
        Place,
    },
    period::Period,
    session::SignedIn,
    tree::Tree,
};
use crate::{
    app::now_ms,
    store::streams::{self, LossReport},
};

/// Shows the loss report.
///
/// # Errors
/// 400 for wrong parameters.
pub(super) async fn show(
    State(dashboard): State<Dashboard>,
    _: SignedIn,
    Query(view): Query<View>,
) -> Result<Markup, PageError> {
    let period = Period::of(&view, now_ms())?;
    let span = period.span();
    let (tree, report) = dashboard
        .app
        .store
        .read(move |conn| Ok((Tree::read(conn, Vec::new())?, streams::report(conn, span)?)))
        .await?;
    let content = html! {
        div .title { h1 { "Loss report" } }
        p .lead {
            "Every page numbers the events it makes. From the numbers that never came, this tells how "
            "many were lost on the way."
        }
        div .controls { (period.picker("/loss", &view)) }
        @if report.streams == 0 {
            section .card {
                (layout::empty("No numbered events in this period", html! {
                    "Trackers that send stream_id and seq with their events are accounted for here."
                }))
            }
        } @else {
            (figures(&report))
            (worst(&report))
        }
    };
    Ok(layout::page(
        "Loss report",
        Place::Loss,
        tree.show(&view),
        content,
    ))
}

fn figures(report: &LossReport) -> Markup {
    html! {
        dl .totals {
            div { dt { "Made" } dd { (format::number(report.made)) } }
            div { dt { "Received" } dd { (format::number(report.received)) } }
            div .bad[report.missing > 0] {
                dt { "Missing" }
                dd { (format::number(report.missing)) small .change { (format::share(report.missing, report.made)) } }
            }
            div .bad[report.rejected > 0] {
                dt { "Rejected" }
                dd {
                    (format::number(report.rejected))
                    small .change { "arrived and refused" }
                }
            }
            div {
                dt { "Duplicates" }
                dd { (format::number(report.duplicates)) small .change { "counted once" } }
            }
            div { dt { "Streams" } dd { (format::number(report.streams)) } }
        }
    }
}

fn worst(report: &LossReport) -> Markup {
    let columns = [
        Text("Stream"),
        Number("Made"),
        Number("Missing"),
        Number("Share"),
    ];
    let rows = html! {
        tbody {
            @for stream in &report.worst {
                tr {
                    th scope="row" { code { (stream.stream_id) } }
                    td .n { (format::number(stream.made)) }
                    td .n { (format::number(stream.missing)) }
                    td .n { (format::share(stream.missing, stream.made)) }
                }
            }
        }
    };
    html! {
        section .card {
            h2 { "Streams that miss most" }
            @if report.worst.is_empty() {
                (layout::empty("Nothing is missing", html! {
                    "Every event that a page made in this period has arrived."
                }))
            } @else {
                p .hint {
                    "A stream is one page from its loading to its end. A page that is still open, or "
                    "whose computer is offline, may send what is missing later."
                }
                (layout::table("Streams that miss most", None, &columns, rows))
            }
        }
    }
}
