//! The two hosts of the engine, against both of which the same tests run: the npm package,
//! whose page side is TypeScript, and the class `na` on the Rust host.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::surroundings::Promise;

/// The environment variable with the folder of the class `na` that `cargo xtask build
/// --class` made. If it is unset, the npm package is tested.
pub const CLASS: &str = "NATERO_CLASS";

/// The folder of the class, if the class is tested.
#[must_use]
pub fn class() -> Option<PathBuf> {
    env::var_os(CLASS).map(PathBuf::from)
}

/// The examples in Rust, by the names of their folders and of their test files.
const EXAMPLES: [&str; 2] = ["leptos", "yew"];

/// The folder of this example, if `cargo xtask test --only NAME` built it.
#[must_use]
pub fn example(name: &str) -> Option<PathBuf> {
    let variable = format!("NATERO_{}", name.to_uppercase());
    env::var_os(variable).map(PathBuf::from)
}

/// Whether what a test file needs was not built. Its tests then count as ignored.
#[must_use]
pub fn is_absent(file: &str) -> bool {
    EXAMPLES.contains(&file) && example(file).is_none()
}

/// A test that does not apply to the class: the file of its test binary, its name (`*` for
/// all tests of the file), and the reason.
struct Exception {
    file: &'static str,
    test: &'static str,
    because: &'static str,
}

const fn except(file: &'static str, test: &'static str, because: &'static str) -> Exception {
    Exception {
        file,
        test,
        because,
    }
}

/// All exceptions.
const EXCEPTIONS: &[Exception] = &[
    except("dashboard", "*", "it tests the collector's dashboard"),
    except("harness", "*", "it tests the harness"),
    except(
        "examples",
        "*",
        "it tests examples, each with the host that it is written for",
    ),
    except("imports", "*", "it tests how the npm package is imported"),
    except(
        "inspector",
        "*",
        "it tests the inspector of the npm package",
    ),
    except(
        "inspector_panel",
        "*",
        "it tests the inspector of the npm package",
    ),
    except("cost", "*", "it measures the npm package"),
    except(
        "leptos",
        "*",
        "it tests an example that has the Rust host within",
    ),
    except(
        "yew",
        "*",
        "it tests an example that has the Rust host within",
    ),
    except(
        "hostile",
        "prototypes_that_a_page_has_emptied_change_nothing_that_arrives",
        "the class takes the page's world when it is used",
    ),
    except(
        "hostile",
        "a_frame_without_an_origin_of_its_own_tracks",
        "its files are no classic script, and modules of another origin need its leave",
    ),
    except(
        "sessions",
        "nothing_of_the_tracker_makes_an_app_in_zones_look_for_changes",
        "web-sys calls what zone.js has wrapped",
    ),
    except(
        "sessions",
        "zone_js_runs_no_task_of_the_tracker",
        "web-sys calls what zone.js has wrapped",
    ),
    except(
        "sessions",
        "a_page_of_a_file_keeps_its_visitor",
        "its files are no classic script",
    ),
    except(
        "storage",
        "wasm_that_is_missing_is_reported_once_and_the_next_load_sends",
        "the class exists once its wasm is there: the page is told by its own import",
    ),
    except(
        "storage",
        "wasm_that_a_policy_forbids_is_reported_once_and_the_next_load_sends",
        "the class exists once its wasm is there: the page is told by its own import",
    ),
    except(
        "time",
        "a_window_that_loads_slowly_counts_no_second_of_another",
        "the class exists once its wasm is there: it times nothing before",
    ),
    except(
        "worker",
        "a_classic_worker_tracks_with_the_global_script",
        "its files are no classic script",
    ),
    except(
        "early_calls",
        "*",
        "the class exists once its wasm is there: no call comes before",
    ),
];

const BY_ITS_MODULE: &str =
    "what wasm-pack makes loads its wasm with it, and the page is told by its own import";

const TRIED: &str = "the class tries it before it tracks, and says that it is off";

const BY_ITS_PROMISES: &str = "wasm-bindgen waits with it, as it is when the tracker waits";

/// Parts of a page's environment that the class needs: it does not work if they are broken in
/// one of these ways.
const NEEDED_PARTS: &[(&str, &[&str], &str)] = &[
    ("fetch", BROKEN, BY_ITS_MODULE),
    ("Response", BROKEN, BY_ITS_MODULE),
    ("URL", BROKEN, BY_ITS_MODULE),
    ("WebAssembly", BROKEN, BY_ITS_MODULE),
    ("TextEncoder", BROKEN, BY_ITS_MODULE),
    ("TextDecoder", BROKEN, BY_ITS_MODULE),
    ("Promise", BROKEN, BY_ITS_PROMISES),
];

const NOT_LOOKED_FOR: &str =
    "the class tries other parts of the language than the npm package: see tests/browser/class.rs";

const BY_ITS_GLUE: &str = "the glue of wasm-bindgen calls it, as it is then";

/// Parts of the language that the class needs.
const NEEDED_OF_LANGUAGE: &[(&str, &[&str], &str)] = &[
    ("Array.prototype.push", BROKEN, BY_ITS_GLUE),
    ("DataView", BROKEN, BY_ITS_GLUE),
    ("Function.prototype.apply", BROKEN, BY_ITS_GLUE),
    ("Function.prototype.call", BROKEN, BY_ITS_GLUE),
    ("JSON.parse", BROKEN, TRIED),
    ("Promise", BROKEN, BY_ITS_PROMISES),
    ("Promise.prototype.then", BROKEN, BY_ITS_PROMISES),
    ("Promise.resolve", BROKEN, BY_ITS_PROMISES),
    ("Symbol", BROKEN, BY_ITS_GLUE),
];

/// The ways of `surroundings`, without `frozen`.
const BROKEN: &[&str] = &["missing", "throwing", "wrong", "element"];

/// The reason why a test does not apply to the class, if it does not.
#[must_use]
pub fn excepted(file: &str, test: &str) -> Option<&'static str> {
    let listed = EXCEPTIONS
        .iter()
        .find(|it| it.file == file && (it.test == "*" || it.test == test))
        .map(|it| it.because);
    listed.or_else(|| {
        let (broken, promise) = test.split_once(": ")?;
        let (part, way) = broken.split_once(' ')?;
        let needed = match file {
            "surroundings" => NEEDED_PARTS,
            "language" if promise == Promise::SaysWhyNot.text() => return Some(NOT_LOOKED_FOR),
            "language" => NEEDED_OF_LANGUAGE,
            _ => return None,
        };
        needed
            .iter()
            .find(|(needed, ways, _)| *needed == part && ways.contains(&way))
            .map(|(_, _, because)| *because)
    })
}

/// Replaces the entry of the npm package, so that the pages of the tests find the class.
const INLINE: &str = "import init, { na } from \"./natero_wasm.js\";\nawait init();\nexport { na };\nexport default na;\n";

/// Makes `na` a global in a page without a bundler. For the npm package, that is the classic
/// script. The class exists only as a module, and is available once its wasm is loaded.
#[must_use]
pub fn global_script() -> &'static str {
    if class().is_some() {
        "<script type=\"module\">import { na } from \"/pkg/inline.js\"; window.na = na;</script>"
    } else {
        "<script src=\"/pkg/natero.global.js\"></script>"
    }
}

/// Puts the class in place of the installed npm package.
///
/// # Errors
/// When it was not built.
pub fn stand_in(class: &Path, place: &Path) -> Result<()> {
    std::fs::create_dir_all(place)?;
    for entry in std::fs::read_dir(class).with_context(|| {
        format!("{CLASS} names no folder: `cargo xtask build --class` makes one")
    })? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), place.join(entry.file_name()))?;
        }
    }
    for entry in ["inline.js", "index.js"] {
        std::fs::write(place.join(entry), INLINE)?;
    }
    Ok(())
}
