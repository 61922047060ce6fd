//! The API reference: a chapter for each entry of the package. It is generated from the
//! published declarations, so it cannot contradict them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::declaration::{Declaration, declarations};
use crate::build::declare;
use crate::setup::npm;
use crate::workspace::{read, target};

/// Each entry that has its own declarations: its file, its import, and its description.
/// Declarations that it shares with the first entry are documented only there.
pub const ENTRIES: [(&str, &str, &str); 6] = [
    (
        "index",
        "natero-wasm",
        "The tracker. `natero-wasm/inline` exports the same, and `natero-wasm/natero.global.js` sets `window.na`.",
    ),
    (
        "react",
        "natero-wasm/react",
        "[React](../guides/frameworks.md): a tracker in components.",
    ),
    (
        "vue",
        "natero-wasm/vue",
        "[Vue](../guides/frameworks.md): a plugin, composables and a directive.",
    ),
    (
        "declarative",
        "natero-wasm/declarative",
        "[Attributes](../guides/frameworks.md) in place of calls.",
    ),
    (
        "inspector",
        "natero-wasm/inspector",
        "[The panel](../guides/inspector.md) that `inspect()` loads.",
    ),
    (
        "testing",
        "natero-wasm/testing",
        "[The class in tests](../guides/testing.md), with memory behind it.",
    ),
];

/// The folder of the reference chapters, within the book.
pub const FOLDER: &str = "reference";

/// The line of the list of chapters after which they are inserted.
const BEFORE: &str = "# Look up\n\n";

/// Writes the chapters into the source of a book, and adds them to its list.
///
/// # Errors
/// When tsc reports an error.
pub fn write(source: &Path) -> Result<()> {
    let types = declarations_of_package()?;
    let folder = source.join(FOLDER);
    fs::create_dir_all(&folder)?;
    let mut known = BTreeMap::new();
    let mut list = format!("- [API reference]({FOLDER}/index.md)\n");
    let mut index = String::from(
        "# API reference\n\nMade of the types of the package. [Calls](../calls.md) and [Settings](../settings.md) tell more.\n\n\
         | import | what it is |\n| --- | --- |\n",
    );
    for (file, import, about) in ENTRIES {
        let all = declarations(&read(&types.join(format!("{file}.d.ts")))?)?;
        let name = chapter(file);
        writeln!(list, "  - [`{import}`]({FOLDER}/{name}.md)").context("a String")?;
        writeln!(index, "| [`{import}`]({name}.md) | {about} |").context("a String")?;
        let text = page(import, about, &all, &known);
        fs::write(folder.join(format!("{name}.md")), text)?;
        for one in all.into_iter().filter(|one| one.is_exported) {
            known.entry(one.code.clone()).or_insert(name);
        }
    }
    fs::write(folder.join("index.md"), index)?;
    let summary = source.join("SUMMARY.md");
    let chapters = read(&summary)?;
    let (before, behind) = chapters
        .split_once(BEFORE)
        .with_context(|| format!("docs/SUMMARY.md has no {BEFORE}"))?;
    fs::write(summary, format!("{before}{BEFORE}{list}{behind}"))?;
    Ok(())
}

/// Writes the declarations of the package as a build does, and returns their folder.
///
/// # Errors
/// When tsc reports an error.
pub fn declarations_of_package() -> Result<std::path::PathBuf> {
    let folder = target().join("reference");
    fs::create_dir_all(&folder)?;
    declare(&npm::tools()?, &folder)?;
    Ok(folder)
}

/// The name of an entry's chapter. `index` is taken by the book itself.
pub fn chapter(file: &'static str) -> &'static str {
    if file == "index" { "natero-wasm" } else { file }
}

fn page(
    import: &str,
    about: &str,
    all: &[Declaration],
    known: &BTreeMap<String, &'static str>,
) -> String {
    let mut text = format!("# {import}\n\n{about}\n");
    let exported = all.iter().filter(|one| one.is_exported);
    let (elsewhere, own): (Vec<_>, Vec<_>) =
        exported.partition(|one| known.contains_key(&one.code));
    // Values come first, because they are what people import.
    let (values, types): (Vec<_>, Vec<_>) = own.into_iter().partition(|one| !one.is_type());
    for one in values.into_iter().chain(types) {
        text += &section(one, all);
    }
    for one in elsewhere {
        let place = known[&one.code];
        let (name, anchor) = (&one.name, one.name.to_lowercase());
        text += &format!("\n## {name}\n\nThe same as in [natero-wasm]({place}.md#{anchor}).\n");
    }
    text
}

/// The section about one declaration. For a class, it includes members that are inherited
/// from a class which is not exported.
fn section(one: &Declaration, all: &[Declaration]) -> String {
    let mut text = format!("\n## {}\n\n", one.name);
    let documentation = one.documentation();
    if !documentation.is_empty() {
        text += &documentation;
        text += "\n\n";
    }
    let mut signature = one.signature();
    let mut members = one.members();
    let base = all
        .iter()
        .find(|base| !base.is_exported && one.head().contains(&format!("extends {}<", base.name)));
    if let Some(base) = base {
        members.extend(base.members());
        let inherits = format!(" extends {}<", base.name);
        signature = signature.split(&inherits).next().unwrap_or(signature);
    }
    text += &format!("```ts\n{signature}\n```\n");
    if members.is_empty() {
        return text;
    }
    text += "\n| member | what it is |\n| --- | --- |\n";
    for member in members {
        let code = member.code.replace('|', "\\|");
        let about = member.documentation.replace('|', "\\|");
        text += &format!("| `{code}` | {about} |\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPES: &str = "import { A } from \"vue\";\n/** An id. */\nexport type Id = string | number;\n\
        declare class Base<App = 1> {\n    /** Sets it; `null`: none. */\n    set(id: Id | null, more?: {\n        a: 1;\n    }): void;\n}\n\
        /**\n * The class of {@link Id}.\n */\nexport declare class na<App = 1> extends Base<App> {\n    /**\n     * @param id Which one.\n     */\n    constructor(id: Id);\n}\n\
        export default na;\nexport {};\n";

    #[test]
    fn a_class_is_told_with_what_it_inherits_and_values_come_before_types() {
        let all = declarations(TYPES).expect("declarations");
        assert_eq!(
            page("a", "About.", &all, &BTreeMap::new()),
            "# a\n\nAbout.\n\n## na\n\nThe class of `Id`.\n\n```ts\nclass na<App = 1>\n```\n\n\
             | member | what it is |\n| --- | --- |\n\
             | `constructor(id: Id)` | `id`: Which one. |\n\
             | `set(id: Id \\| null, more?: { a: 1; }): void` | Sets it; `null`: none. |\n\
             \n## Id\n\nAn id.\n\n```ts\ntype Id = string | number\n```\n"
        );
    }

    #[test]
    fn what_another_chapter_tells_of_is_not_told_again() {
        let all = declarations(TYPES).expect("declarations");
        let id = all.iter().find(|one| one.name == "Id").expect("Id");
        let known = BTreeMap::from([(id.code.clone(), "natero-wasm")]);
        let text = page("a", "About.", &all, &known);
        assert!(
            text.ends_with("## Id\n\nThe same as in [natero-wasm](natero-wasm.md#id).\n"),
            "{text}"
        );
    }
}
