//! The entry in an agent's list of servers, put into the text of a file or taken out of it.
//!
//! Invariant: pure. All else in the file stays byte for byte.

use super::clients::{Form, Target, Variables};
use super::json;
use serde::Serialize;
use serde_json::json as value;
use std::collections::BTreeMap;
use toml_edit::{DocumentMut, Item, Table};

/// A command that an agent starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// What the agent calls the server.
    pub(super) name: String,
    pub(super) command: String,
    pub(super) arguments: Vec<String>,
    /// A variable that it needs of the agent's environment.
    pub(super) variable: Option<String>,
}

/// The entry as JSON, in the order in which agents' own documentation has it.
#[derive(Debug, Serialize)]
struct Json<'a> {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    command: &'a str,
    args: &'a [String],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    env: BTreeMap<&'a str, String>,
}

impl Entry {
    /// The file's text with the entry, new or in the place of an older one.
    pub(super) fn put(&self, target: &Target, text: &str) -> Result<String, String> {
        match target.form {
            Form::Json => json::set(text, target.list, &self.name, &self.json(target)),
            Form::Toml => self.put_toml(target, text),
        }
    }

    /// What whoever makes the entry by hand is to do.
    pub(super) fn by_hand(&self, target: &Target) -> String {
        let (list, name) = (target.list, value!(self.name));
        match target.form {
            Form::Json => format!(
                "put this into its `{list}`: {name}: {}",
                serde_json::to_string(&self.json(target)).unwrap_or_default()
            ),
            Form::Toml => {
                let entry = self.put_toml(target, "").unwrap_or_default();
                format!("put this at its end:\n{}", entry.trim_end())
            }
        }
    }

    /// The file's text without the entry; `None` where it has none.
    pub(super) fn take(&self, target: &Target, text: &str) -> Result<Option<String>, String> {
        match target.form {
            Form::Json => json::remove(text, target.list, &self.name),
            Form::Toml => {
                let mut document = parse(text)?;
                let servers = document.get_mut(target.list).and_then(Item::as_table_like_mut);
                let was_there = servers.and_then(|servers| servers.remove(&self.name)).is_some();
                Ok(was_there.then(|| document.to_string()))
            }
        }
    }

    fn json(&self, target: &Target) -> Json<'_> {
        let env = match (&self.variable, target.variables) {
            (Some(name), Variables::Between(before, after)) => {
                BTreeMap::from([(name.as_str(), format!("{before}{name}{after}"))])
            }
            _ => BTreeMap::new(),
        };
        let kind = target.says_type.then_some("stdio");
        Json { kind, command: &self.command, args: &self.arguments, env }
    }

    fn toml(&self, target: &Target) -> Table {
        let mut entry = Table::new();
        let list = |items: &[String]| toml_edit::value(items.iter().collect::<toml_edit::Array>());
        entry.insert("command", toml_edit::value(&self.command));
        entry.insert("args", list(&self.arguments));
        if let (Some(name), Variables::Listed) = (&self.variable, target.variables) {
            entry.insert("env_vars", list(std::slice::from_ref(name)));
        }
        entry
    }

    fn put_toml(&self, target: &Target, text: &str) -> Result<String, String> {
        let mut document = parse(text)?;
        let list = target.list;
        let servers = document.entry(list).or_insert_with(|| {
            let mut servers = Table::new();
            // Its entries have headers of their own.
            servers.set_implicit(true);
            Item::Table(servers)
        });
        let servers = servers.as_table_like_mut().ok_or_else(|| format!("`{list}` is not a table"))?;
        servers.insert(&self.name, Item::Table(self.toml(target)));
        Ok(document.to_string())
    }
}

fn parse(text: &str) -> Result<DocumentMut, String> {
    text.parse().map_err(|error: toml_edit::TomlError| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let what = error.message().replace('\n', ", ");
        format!("it is no TOML: {what} in line {}", before.matches('\n').count() + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn entry() -> Entry {
        Entry {
            name: "workroom".into(),
            command: "/bin/workroom".into(),
            arguments: vec!["mcp".into(), "/my \"mill\"".into()],
            variable: None,
        }
    }

    fn toml() -> Target {
        let (list, form) = ("mcp_servers", Form::Toml);
        Target { file: "config.toml".into(), list, form, says_type: false, variables: Variables::Listed }
    }

    fn json(says_type: bool, variables: Variables) -> Target {
        Target { file: "x".into(), list: "servers", form: Form::Json, says_type, variables }
    }

    #[test]
    fn toml_keeps_its_comments_and_order() {
        let text =
            "# mine\nmodel = \"x\" # the best\n\n[mcp_servers.other]\ncommand = \"o\"\n\n[last]\na = 1\n";
        let put = entry().put(&toml(), text).unwrap();
        for part in [
            "# mine\nmodel = \"x\" # the best\n",
            "[mcp_servers.other]\ncommand = \"o\"\n",
            "[last]\na = 1\n",
        ] {
            assert!(put.contains(part), "{part:?} is not in {put}");
        }
        let value: toml_edit::DocumentMut = put.parse().unwrap();
        assert_eq!(value["mcp_servers"]["workroom"]["args"][1].as_str(), Some("/my \"mill\""));
        assert_eq!(entry().put(&toml(), &put).unwrap(), put);
        assert_eq!(entry().take(&toml(), &put).unwrap().as_deref(), Some(text));
        assert_eq!(entry().take(&toml(), text).unwrap(), None);
        assert!(entry().put(&toml(), "= broken").is_err());
        assert!(entry().put(&toml(), "mcp_servers = 3").is_err());
    }

    #[test]
    fn an_empty_toml_file_gets_the_entry_alone() {
        let put = entry().put(&toml(), "").unwrap();
        assert!(put.starts_with("[mcp_servers.workroom]\ncommand = \"/bin/workroom\"\n"), "{put}");
    }

    #[test]
    fn json_says_its_type_where_that_is_wanted() {
        let put = entry().put(&json(true, Variables::Spelt), "").unwrap();
        let value: Value = serde_json::from_str(&put).unwrap();
        assert_eq!(
            value["servers"]["workroom"],
            value!({"type": "stdio", "command": "/bin/workroom", "args": ["mcp", "/my \"mill\""]})
        );
        let put = entry().put(&json(false, Variables::Spelt), "{}").unwrap();
        assert!(!put.contains("stdio"));
    }

    #[test]
    fn a_variable_is_passed_on_and_no_secret_written() {
        let entry = Entry { variable: Some("MILL_TOKEN".into()), ..entry() };
        let check = |target: Target, expected: &str| {
            let put = entry.put(&target, "").unwrap();
            let line = put.lines().find(|line| line.contains("MILL_TOKEN")).unwrap_or_default().trim();
            assert_eq!(line, expected, "{put}");
        };
        check(json(true, Variables::Between("${", "}")), r#""MILL_TOKEN": "${MILL_TOKEN}""#);
        check(json(true, Variables::Between("${env:", "}")), r#""MILL_TOKEN": "${env:MILL_TOKEN}""#);
        check(toml(), r#"env_vars = ["MILL_TOKEN"]"#);
        check(json(false, Variables::Spelt), "");
    }

    #[test]
    fn by_hand_it_is_what_the_file_takes() {
        let told = entry().by_hand(&json(true, Variables::Spelt));
        let line = told.strip_prefix("put this into its `servers`: ").unwrap();
        let value: Value = serde_json::from_str(&format!("{{{line}}}")).unwrap();
        assert_eq!(value["workroom"]["command"], "/bin/workroom");
        let told = entry().by_hand(&toml());
        let document: DocumentMut = told.split_once('\n').unwrap().1.parse().unwrap();
        assert_eq!(document["mcp_servers"]["workroom"]["command"].as_str(), Some("/bin/workroom"));
    }

    #[test]
    fn broken_toml_is_told_with_its_line() {
        let told = entry().put(&toml(), "a = 1\nb = = 2\n").unwrap_err();
        assert!(told.starts_with("it is no TOML: ") && told.ends_with("in line 2"), "{told}");
    }
}
