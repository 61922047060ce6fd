//! A tracked app with reports and a customer list: it records which module somebody is in,
//! for how long, and what they use there.

mod tracking;

use natero_wasm::Feature;
use serde::Serialize;
use yew::prelude::*;
use yew_router::prelude::*;

use tracking::{Tracked, use_module, use_tracker};

#[derive(Clone, Routable, PartialEq)]
enum Page {
    #[at("/reports")]
    Reports,
    #[at("/customers")]
    Customers,
    #[not_found]
    #[at("/")]
    None,
}

fn main() {
    yew::Renderer::<App>::new().render();
}

#[component]
fn App() -> Html {
    html! {
        <Tracked>
            <BrowserRouter>
                <nav>
                    <Link<Page> to={Page::Reports}>{ "Reports" }</Link<Page>>
                    { " " }
                    <Link<Page> to={Page::Customers}>{ "Customers" }</Link<Page>>
                </nav>
                <main>
                    <Switch<Page> render={show} />
                </main>
                <Counters />
            </BrowserRouter>
        </Tracked>
    }
}

fn show(page: Page) -> Html {
    match page {
        Page::Reports => html! { <Reports /> },
        Page::Customers => html! { <Customers /> },
        Page::None => html! { <p>{ "Choose a page." }</p> },
    }
}

/// The details of an export.
#[derive(Serialize)]
struct Export {
    format: &'static str,
}

#[component]
fn Reports() -> Html {
    use_module("reports");
    let tracker = use_tracker();
    let export = move |_: MouseEvent| {
        let export = Feature::new("export")
            .total(3.0)
            .details(&Export { format: "csv" });
        // A wrong call only prints a line on the console; nothing else depends on it.
        let _ = tracker.send_feature(export);
    };
    html! {
        <>
            <h1>{ "Reports" }</h1>
            <button id="export" onclick={export}>{ "Export three" }</button>
        </>
    }
}

#[component]
fn Customers() -> Html {
    use_module("customers");
    let tracker = use_tracker();
    let add = move |_: MouseEvent| {
        let _ = tracker.send_feature("add customer");
    };
    html! {
        <>
            <h1>{ "Customers" }</h1>
            <button id="add" onclick={add}>{ "Add one" }</button>
        </>
    }
}

/// Shows how many events were accepted, delivered and dropped, and sends those that wait.
#[component]
fn Counters() -> Html {
    let tracker = use_tracker();
    let told = use_state(|| String::from("nothing sent yet"));
    let send = {
        let told = told.clone();
        move |_: MouseEvent| {
            let told = told.clone();
            yew::platform::spawn_local(async move {
                let flushed = tracker.flush().await.unwrap_or_default();
                let (delivered, pending) = (flushed.delivered, flushed.pending);
                told.set(format!("{delivered} delivered, {pending} pending"));
            });
        }
    };
    html! {
        <footer>
            <button id="send" onclick={send}>{ "Send now" }</button>
            <output>{ (*told).clone() }</output>
        </footer>
    }
}
