//! The types of the public API, each entry's in one file.
//!
//! tsc writes as many files as there are sources. Their imports of `.ts` are not resolved by
//! TypeScript below 5.7, and each would be needed twice: as `.d.ts` for `import`, and as
//! `.d.cts` for `require`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::bundle::WRAPPERS;
use crate::command::run;
use crate::workspace::{read, root, target};

/// The declarations of entries that have the same API as the main entry.
const INLINE: &str = "export * from \"./index.js\";\nexport { default } from \"./index.js\";\n";

/// The declarations for scripts that use the globals `na` and `window.na`.
const GLOBAL: &str = "import type { na as Class } from \"./index.js\";\n\
                      declare global {\n  /** The tracker's class. */\n  var na: typeof Class;\n  \
                      interface Window {\n    /** The tracker's class. */\n    \
                      na: typeof Class;\n  }\n}\n";

/// Writes the types next to the scripts.
///
/// # Errors
/// When tsc reports an error, or writes something that cannot be merged into one file.
pub fn declare(npm: &Path, pkg: &Path) -> Result<()> {
    let all = target().join("types");
    if all.exists() {
        fs::remove_dir_all(&all)?;
    }
    run(Command::new(npm.join("tsc"))
        .current_dir(root())
        .args(["--project", "js/tsconfig.json", "--noEmit", "false"])
        .args(["--declaration", "--emitDeclarationOnly", "--outDir"])
        .arg(&all))?;
    let mut entries = vec![("index", bundled(&all, Path::new("index.d.ts"))?)];
    for name in WRAPPERS {
        let file = Path::new(name).join("index.d.ts");
        entries.push((name, bundled(&all, &file)?));
    }
    entries.push(("inline", INLINE.to_owned()));
    for (name, text) in &entries {
        fs::write(pkg.join(format!("{name}.d.ts")), text)?;
        // `require` needs a separate file, because the one for `import` declares an ES
        // module.
        let common = text.replace(".js\"", ".cjs\"");
        fs::write(pkg.join(format!("{name}.d.cts")), common)?;
    }
    fs::write(pkg.join("natero.global.d.ts"), GLOBAL)?;
    Ok(())
}

/// A top-level statement of a declaration file, with the comment before it.
pub struct Statement {
    pub comment: String,
    pub code: String,
}

/// A declaration, by its name.
struct Declaration {
    comment: String,
    /// Without `export`.
    code: String,
    file: PathBuf,
    is_exported: bool,
}

/// The declarations of all files that an entry imports.
#[derive(Default)]
struct Bundle {
    /// In the order of output.
    names: Vec<String>,
    declarations: BTreeMap<String, Declaration>,
    seen: BTreeSet<PathBuf>,
    /// Imports from other packages.
    imports: BTreeSet<String>,
    /// The names that the entry exports.
    public: BTreeSet<String>,
    /// The statement `export default …`.
    last: String,
}

fn bundled(all: &Path, entry: &Path) -> Result<String> {
    let mut bundle = Bundle::default();
    bundle.add(all, entry, true)?;
    bundle.text()
}

impl Bundle {
    /// Adds a file after the files that it imports. With `is_public`, the entry re-exports
    /// everything that the file exports.
    fn add(&mut self, all: &Path, file: &Path, is_public: bool) -> Result<()> {
        let is_new = self.seen.insert(file.to_owned());
        // Files may import each other in cycles.
        if !is_new && !is_public {
            return Ok(());
        }
        let text = read(&all.join(file))?;
        let folder = file.parent().unwrap_or(Path::new(""));
        for Statement { comment, code } in statements(&text)? {
            let gives_on =
                code.starts_with("export * from") || code.starts_with("export type * from");
            if let Some(from) = source(&code) {
                let names = named(&code);
                if from.starts_with('.') {
                    let inner = plain(&folder.join(declarations_of(from)));
                    self.add(all, &inner, is_public && gives_on)?;
                } else if is_new {
                    self.imports.insert(code.clone());
                }
                ensure!(
                    !code.contains(" as "),
                    "cannot bundle a renamed import: {code}"
                );
                if is_public && code.starts_with("export") && !gives_on {
                    self.public.extend(names);
                }
                continue;
            }
            if code == "export {};" {
                continue;
            }
            if code.starts_with("export default ") {
                if is_public {
                    self.last.clone_from(&code);
                }
                continue;
            }
            let name = declared(&code).with_context(|| format!("{}: {code}", file.display()))?;
            let is_exported = code.starts_with("export ");
            if is_public && is_exported {
                self.public.insert(name.clone());
            }
            if !is_new {
                continue;
            }
            let declaration = Declaration {
                comment,
                code: code.trim_start_matches("export ").to_owned(),
                file: file.to_owned(),
                is_exported,
            };
            if let Some(other) = self.declarations.get_mut(&name) {
                ensure!(
                    other.file == declaration.file && other.is_exported == is_exported,
                    "{name} is declared in {} and in {}",
                    other.file.display(),
                    file.display()
                );
                // An overload, or the interface of a class.
                let before = if other.is_exported && self.public.contains(&name) {
                    "export "
                } else {
                    ""
                };
                other.code = format!(
                    "{}\n{}{before}{}",
                    other.code, declaration.comment, declaration.code
                );
                continue;
            }
            self.names.push(name.clone());
            self.declarations.insert(name, declaration);
        }
        Ok(())
    }

    /// Exactly the declarations that the public ones need.
    fn text(&self) -> Result<String> {
        let mut needed = BTreeSet::new();
        let mut left: Vec<&str> = self.public.iter().map(String::as_str).collect();
        while let Some(name) = left.pop() {
            if !needed.insert(name) {
                continue;
            }
            let declaration = self
                .declarations
                .get(name)
                .with_context(|| format!("{name} is exported, and not declared"))?;
            left.extend(
                words(&declaration.code).filter(|word| self.declarations.contains_key(*word)),
            );
        }
        let mut text = String::new();
        for import in &self.imports {
            text += import;
            text.push('\n');
        }
        for name in self
            .names
            .iter()
            .filter(|name| needed.contains(name.as_str()))
        {
            let declaration = &self.declarations[name];
            text += &declaration.comment;
            if self.public.contains(name) {
                text += "export ";
            } else if !declaration.code.starts_with("declare ") && !declaration.is_type() {
                text += "declare ";
            }
            text += &declaration.code;
            text.push('\n');
        }
        text += &self.last;
        if !self.last.is_empty() {
            text.push('\n');
        }
        // Without this, everything in a declaration file is exported.
        text += "export {};\n";
        Ok(text)
    }
}

impl Declaration {
    fn is_type(&self) -> bool {
        self.code.starts_with("interface ") || self.code.starts_with("type ")
    }
}

/// Splits a file into its statements. tsc starts each at the beginning of a line.
///
/// # Errors
/// When a statement is not terminated.
pub fn statements(text: &str) -> Result<Vec<Statement>> {
    let mut found = Vec::new();
    let (mut comment, mut code) = (String::new(), String::new());
    let mut in_comment = false;
    for line in text.lines() {
        // A second `#private` in a merged class would make it incompatible with the other.
        if line.trim() == "#private;" {
            continue;
        }
        let is_comment = in_comment || line.trim_start().starts_with("/*");
        if is_comment {
            in_comment = !line.trim_end().ends_with("*/");
        }
        if code.is_empty() && (is_comment || line.starts_with("//")) {
            comment += line;
            comment.push('\n');
            continue;
        }
        if !code.is_empty() {
            code.push('\n');
        }
        code += line;
        let is_whole = !is_comment
            && (line.starts_with('}')
                || !code.trim_end().contains('\n') && !line.trim_end().ends_with('{'));
        let is_end = line.trim_end().ends_with([';', '}']);
        if is_whole && is_end {
            found.push(Statement {
                comment: std::mem::take(&mut comment),
                code: std::mem::take(&mut code),
            });
        }
    }
    if !code.trim().is_empty() {
        bail!("a statement without an end: {code}");
    }
    Ok(found)
}

/// The source of an import or a re-export.
fn source(code: &str) -> Option<&str> {
    let is_from = code.starts_with("import ")
        || code.starts_with("export {")
        || code.starts_with("export type {")
        || code.starts_with("export *")
        || code.starts_with("export type *");
    let from = code.strip_suffix(';')?.strip_suffix('"')?;
    is_from.then(|| from.rsplit('"').next()).flatten()
}

/// The names between braces.
fn named(code: &str) -> Vec<String> {
    let inner = code
        .split_once('{')
        .and_then(|(_, rest)| rest.split_once('}'));
    let names = inner.map_or("", |(names, _)| names).split(',');
    names
        .map(|name| name.trim().trim_start_matches("type ").to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

/// The name that a statement declares.
pub fn declared(code: &str) -> Option<String> {
    const BEFORE: &str = "export declare abstract class interface type const function";
    let is_name = |word: &&str| !BEFORE.split(' ').any(|before| before == *word);
    words(code).find(is_name).map(str::to_owned)
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '$')
        .filter(|word| !word.is_empty())
}

/// The declaration file of a source: for `./types.ts`, it is `types.d.ts`.
fn declarations_of(source: &str) -> String {
    let name = source
        .trim_end_matches(".js")
        .trim_end_matches(".ts")
        .trim_end_matches(".d");
    format!("{name}.d.ts")
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bundles `index.d.ts` from these files.
    fn of(files: &[(&str, &str)]) -> Result<String> {
        let folder =
            std::env::temp_dir().join(format!("natero-types-{:?}", std::thread::current().id()));
        for (name, text) in files {
            let place = folder.join(name);
            fs::create_dir_all(place.parent().expect("a folder"))?;
            fs::write(place, text)?;
        }
        let text = bundled(&folder, Path::new("index.d.ts"));
        fs::remove_dir_all(&folder)?;
        text
    }

    #[test]
    fn an_entry_has_what_it_exports_and_what_that_needs() {
        let text = of(&[
            (
                "index.d.ts",
                "import { Base } from \"./base.ts\";\nexport type * from \"./types.ts\";\n/** A class. */\n\
                 export declare class na extends Base {\n    #private;\n    /** { */\n    a(): void;\n}\nexport default na;\n",
            ),
            (
                "base.d.ts",
                "import type { Id } from \"./types.ts\";\nexport declare class Base {\n    id: Id;\n}\n\
                           export declare const unused: number;\n",
            ),
            (
                "types.d.ts",
                "export type { Kind } from \"./inner/contract.ts\";\nexport type Id = string;\n",
            ),
            (
                "inner/contract.d.ts",
                "export type Kind = \"a\" | \"b\";\nexport type Hidden = 1;\n",
            ),
        ]);
        assert_eq!(
            text.expect("bundles"),
            "export type Kind = \"a\" | \"b\";\nexport type Id = string;\ndeclare class Base {\n    id: Id;\n}\n\
             /** A class. */\nexport declare class na extends Base {\n    /** { */\n    a(): void;\n}\nexport default na;\nexport {};\n"
        );
    }

    #[test]
    fn imports_of_other_packages_stay() {
        let text = of(&[(
            "index.d.ts",
            "import type { Ref } from \"vue\";\nexport declare function a(b: Ref): void;\nexport {};\n",
        )]);
        assert_eq!(
            text.expect("bundles"),
            "import type { Ref } from \"vue\";\nexport declare function a(b: Ref): void;\nexport {};\n"
        );
    }

    #[test]
    fn one_name_for_two_things_is_refused() {
        let error = of(&[
            (
                "index.d.ts",
                "export * from \"./a.ts\";\nexport * from \"./b.ts\";\n",
            ),
            ("a.d.ts", "export type Id = string;\n"),
            ("b.d.ts", "export type Id = number;\n"),
        ]);
        let error = error.expect_err("two of one name").to_string();
        assert!(error.contains("Id is declared in"), "{error}");
    }
}
