//! The entry in an agent's list of servers, put into the text of a file or taken out of it.
//!
//! Invariant: pure. All else in the file stays byte for byte.

use super::clients::{Form, Target};
use super::json;
use serde_json::{Map, Value, json as value};
use toml_edit::{DocumentMut, Item, Table};

/// A command that an agent starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// What the agent calls the server.
    pub(super) name: String,
    pub(super) command: String,
    pub(super) arguments: Vec<String>,
}

impl Entry {
    /// The file's text with the entry, new or in the place of an older one.
    pub(super) fn put(&self, target: &Target, text: &str) -> Result<String, String> {
        match target.form {
            Form::Json => json::set(text, target.list, &self.name, &self.json(target.says_type)),
            Form::Toml => self.put_toml(target.list, text),
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

    fn json(&self, says_type: bool) -> Value {
        let mut entry = Map::new();
        if says_type {
            entry.insert("type".into(), value!("stdio"));
        }
        entry.insert("command".into(), value!(self.command));
        entry.insert("args".into(), value!(self.arguments));
        Value::Object(entry)
    }

    fn put_toml(&self, list: &str, text: &str) -> Result<String, String> {
        let mut document = parse(text)?;
        let servers = document.entry(list).or_insert_with(|| {
            let mut servers = Table::new();
            // Its entries have headers of their own.
            servers.set_implicit(true);
            Item::Table(servers)
        });
        let servers = servers.as_table_like_mut().ok_or_else(|| format!("`{list}` is not a table"))?;
        let mut entry = Table::new();
        entry.insert("command", toml_edit::value(&self.command));
        entry.insert("args", toml_edit::value(self.arguments.iter().collect::<toml_edit::Array>()));
        servers.insert(&self.name, Item::Table(entry));
        Ok(document.to_string())
    }
}

fn parse(text: &str) -> Result<DocumentMut, String> {
    text.parse().map_err(|error: toml_edit::TomlError| error.message().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            name: "workroom".into(),
            command: "/bin/workroom".into(),
            arguments: vec!["mcp".into(), "/my \"mill\"".into()],
        }
    }

    fn toml() -> Target {
        Target { file: "config.toml".into(), list: "mcp_servers", form: Form::Toml, says_type: false }
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
        let target = |says_type| Target { file: "x".into(), list: "servers", form: Form::Json, says_type };
        let put = entry().put(&target(true), "").unwrap();
        let value: Value = serde_json::from_str(&put).unwrap();
        assert_eq!(
            value["servers"]["workroom"],
            value!({"type": "stdio", "command": "/bin/workroom", "args": ["mcp", "/my \"mill\""]})
        );
        let put = entry().put(&target(false), "{}").unwrap();
        assert!(!put.contains("stdio"));
    }
}
