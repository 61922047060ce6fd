//! Reads the declarations in a declaration file that tsc wrote.

use anyhow::Result;

use crate::build::{Statement, declared, statements};

/// One declaration.
#[derive(Debug)]
pub struct Declaration {
    /// What it declares.
    pub name: String,
    /// Whether others may import it.
    pub is_exported: bool,
    /// Its code, without `export` and `declare`.
    pub code: String,
    comment: String,
}

/// A property or a method of a class or an interface.
#[derive(Debug, PartialEq, Eq)]
pub struct Member {
    /// On one line, without the semicolon.
    pub code: String,
    /// On one line.
    pub documentation: String,
}

/// The declarations of a file, in order.
///
/// # Errors
/// When a statement is not terminated.
pub fn declarations(text: &str) -> Result<Vec<Declaration>> {
    let mut found = Vec::new();
    for Statement { comment, code } in statements(text)? {
        let is_exported = code.starts_with("export ");
        let code = code.trim_start_matches("export ");
        let code = code.trim_start_matches("declare ");
        // Excludes re-exports, such as `type { Id } from "./types.js"`.
        let is_one = !code.starts_with("type {")
            && ["class ", "interface ", "type ", "function ", "const "]
                .iter()
                .any(|kind| code.starts_with(kind));
        if let (true, Some(name)) = (is_one, declared(code)) {
            found.push(Declaration {
                name,
                is_exported,
                code: code.to_owned(),
                comment,
            });
        }
    }
    Ok(found)
}

impl Declaration {
    /// Whether it is only a type, which does not exist at run time.
    pub fn is_type(&self) -> bool {
        self.code.starts_with("interface ") || self.code.starts_with("type ")
    }

    /// Its first line.
    pub fn head(&self) -> &str {
        self.code.lines().next().unwrap_or_default()
    }

    fn has_members(&self) -> bool {
        self.code.starts_with("interface ") || self.code.starts_with("class ")
    }

    /// The part that a reader needs in addition to the members.
    pub fn signature(&self) -> &str {
        if self.has_members() {
            self.head().trim_end_matches(['{', ' '])
        } else {
            self.code.trim_end_matches(';')
        }
    }

    /// Its documentation.
    pub fn documentation(&self) -> String {
        documentation(&self.comment)
    }

    /// Its properties and methods; empty unless it is a class or an interface.
    pub fn members(&self) -> Vec<Member> {
        let mut members = Vec::new();
        let (mut comment, mut code) = (String::new(), String::new());
        let mut depth = 0_usize;
        let mut in_comment = false;
        let lines = self.code.lines().skip(1).map(str::trim);
        for line in lines.take_while(|_| self.has_members()) {
            if depth == 0 && (in_comment || line.starts_with("/**")) {
                in_comment = !line.ends_with("*/");
                comment += line;
                comment.push('\n');
                continue;
            }
            depth += line.matches('{').count();
            if depth == 0 && line == "}" {
                break;
            }
            depth = depth.saturating_sub(line.matches('}').count());
            if !code.is_empty() {
                code.push(' ');
            }
            code += line;
            if depth == 0 && line.ends_with(';') {
                members.push(Member {
                    code: code.trim_end_matches(';').to_owned(),
                    documentation: documentation(&comment).replace('\n', " "),
                });
                code.clear();
                comment.clear();
            }
        }
        members
    }
}

/// The text of a comment, in Markdown. The descriptions of arguments come last.
fn documentation(comment: &str) -> String {
    let mut text = String::new();
    for line in comment.lines() {
        let line = line.trim().trim_start_matches("/**");
        let line = line.trim_end_matches("*/").trim();
        let line = line.strip_prefix('*').unwrap_or(line).trim();
        if line.is_empty() {
            continue;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        let about = line
            .strip_prefix("@param ")
            .and_then(|of| of.split_once(' '));
        match (about, line.strip_prefix("@returns ")) {
            (Some((name, about)), _) => text += &format!("`{name}`: {about}"),
            (_, Some(result)) => text += &format!("Gives: {result}"),
            (None, None) => text += line,
        }
    }
    linked(&text)
}

/// Replaces `{@link Name}` by the name.
fn linked(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{@link ") {
        let (name, after) = behind.split_once('}').unwrap_or((behind, ""));
        out += &format!("{before}`{name}`");
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_several_lines_are_one_line_each_with_what_is_said_of_them() {
        let text = "/** Opens. */\nexport interface Page {\n    /** Goes. */\n    route(url: RegExp, answer: {\n        status: number;\n    }): void;\n    plain?: string;\n}\n";
        let all = declarations(text).expect("declarations");
        assert_eq!(all[0].documentation(), "Opens.");
        assert_eq!(all[0].signature(), "interface Page");
        let of = |code: &str, documentation: &str| Member {
            code: code.into(),
            documentation: documentation.into(),
        };
        assert_eq!(
            all[0].members(),
            [
                of(
                    "route(url: RegExp, answer: { status: number; }): void",
                    "Goes."
                ),
                of("plain?: string", ""),
            ]
        );
    }

    #[test]
    fn what_is_no_declaration_is_left_out() {
        let all = declarations(
            "import { a } from \"b\";\nexport type { c } from \"./d.js\";\nexport default na;\nexport {};\n",
        );
        assert!(all.expect("declarations").is_empty());
    }
}
