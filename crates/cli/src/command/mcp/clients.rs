//! The agents that can be set up, and where each keeps its list of servers.
//!
//! Not here: what is written there (`entry`, `json`).

use crate::args::{Agent, SettingsOf as Wanted};
use crate::failure::Failure;
use std::path::{Path, PathBuf};

/// Where an agent's list of servers is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// The file.
    pub(super) file: PathBuf,
    /// What the list is called there.
    pub(super) list: &'static str,
    /// How the file is written.
    pub(super) form: Form,
    /// Whether each server says that it is a command.
    pub(super) says_type: bool,
    /// How a variable of the agent's environment is given to a server.
    pub(super) variables: Variables,
}

/// How a server is given a variable of the agent's environment. None of these agents gives it all that it has, or lets one rely on that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variables {
    /// By a value that the agent fills in: the name between these two.
    Between(&'static str, &'static str),
    /// By a list of names.
    Listed,
    /// Not at all: only what is spelt out in the file.
    Spelt,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// JSON, perhaps with comments.
    Json,
    /// TOML.
    Toml,
}

/// What is known of this user and this machine.
#[derive(Clone, Debug)]
pub(super) struct Surroundings {
    pub(super) home: PathBuf,
    /// Where programs keep their settings.
    pub(super) settings: PathBuf,
    /// Where Codex keeps its own, if it was told to elsewhere.
    pub(super) codex: Option<PathBuf>,
    pub(super) project: PathBuf,
}

impl Surroundings {
    /// As the environment says.
    pub(super) fn find() -> Result<Self, Failure> {
        let var = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = var("HOME").or_else(|| var("USERPROFILE")).ok_or_else(|| Failure::Usage {
            message: "the environment names no home folder".to_owned(),
            hint: "set HOME, or use `--scope project`".to_owned(),
        })?;
        let settings = if cfg!(target_os = "macos") {
            home.join("Library/Application Support")
        } else if cfg!(windows) {
            var("APPDATA").unwrap_or_else(|| home.join("AppData/Roaming"))
        } else {
            var("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"))
        };
        Ok(Self { settings, codex: var("CODEX_HOME"), project: std::env::current_dir()?, home })
    }
}

/// Where the agent looks in that scope; in its usual one without.
pub(super) fn target(agent: Agent, scope: Option<Wanted>, around: &Surroundings) -> Result<Target, Failure> {
    let usual = match agent {
        Agent::ClaudeDesktop | Agent::Codex => Wanted::User,
        _ => Wanted::Project,
    };
    let variables = match agent {
        Agent::ClaudeCode | Agent::Gemini => Variables::Between("${", "}"),
        Agent::Cursor | Agent::Vscode => Variables::Between("${env:", "}"),
        Agent::Codex => Variables::Listed,
        Agent::ClaudeDesktop => Variables::Spelt,
    };
    let json = |file: PathBuf, list: &'static str| Target {
        file,
        list,
        form: Form::Json,
        says_type: false,
        variables,
    };
    let (home, project) = (&around.home, &around.project);
    Ok(match (agent, scope.unwrap_or(usual)) {
        (Agent::ClaudeCode, Wanted::Project) => typed(json(project.join(".mcp.json"), "mcpServers")),
        (Agent::ClaudeCode, Wanted::User) => typed(json(home.join(".claude.json"), "mcpServers")),
        (Agent::ClaudeDesktop, Wanted::User) => {
            json(around.settings.join("Claude/claude_desktop_config.json"), "mcpServers")
        }
        (Agent::ClaudeDesktop, Wanted::Project) => {
            return Err(Failure::Usage {
                message: "Claude Desktop has no settings of a project".to_owned(),
                hint: "use `--scope user`".to_owned(),
            });
        }
        (Agent::Cursor, scope) => json(folder(scope, home, project).join(".cursor/mcp.json"), "mcpServers"),
        (Agent::Vscode, Wanted::Project) => typed(json(project.join(".vscode/mcp.json"), "servers")),
        (Agent::Vscode, Wanted::User) => typed(json(around.settings.join("Code/User/mcp.json"), "servers")),
        (Agent::Gemini, scope) => {
            json(folder(scope, home, project).join(".gemini/settings.json"), "mcpServers")
        }
        (Agent::Codex, scope) => {
            let own = around.codex.clone().unwrap_or_else(|| home.join(".codex"));
            let folder = if scope == Wanted::User { own } else { project.join(".codex") };
            Target {
                file: folder.join("config.toml"),
                list: "mcp_servers",
                form: Form::Toml,
                says_type: false,
                variables,
            }
        }
    })
}

fn typed(target: Target) -> Target {
    Target { says_type: true, ..target }
}

fn folder<'a>(scope: Wanted, home: &'a Path, project: &'a Path) -> &'a Path {
    match scope {
        Wanted::User => home,
        Wanted::Project => project,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_agent_has_its_place() {
        let around = Surroundings {
            home: "/h".into(),
            settings: "/h/.config".into(),
            codex: None,
            project: "/p".into(),
        };
        let check = |agent, scope, file: &str, list: &str| {
            let target = target(agent, scope, &around).unwrap();
            assert_eq!((target.file.as_path(), target.list), (Path::new(file), list));
        };
        use Wanted::{Project, User};
        check(Agent::ClaudeCode, None, "/p/.mcp.json", "mcpServers");
        check(Agent::ClaudeCode, Some(User), "/h/.claude.json", "mcpServers");
        check(Agent::ClaudeDesktop, None, "/h/.config/Claude/claude_desktop_config.json", "mcpServers");
        check(Agent::Cursor, Some(Project), "/p/.cursor/mcp.json", "mcpServers");
        check(Agent::Cursor, Some(User), "/h/.cursor/mcp.json", "mcpServers");
        check(Agent::Vscode, None, "/p/.vscode/mcp.json", "servers");
        check(Agent::Vscode, Some(User), "/h/.config/Code/User/mcp.json", "servers");
        check(Agent::Gemini, None, "/p/.gemini/settings.json", "mcpServers");
        check(Agent::Codex, None, "/h/.codex/config.toml", "mcp_servers");
        check(Agent::Codex, Some(Project), "/p/.codex/config.toml", "mcp_servers");
        assert!(target(Agent::ClaudeDesktop, Some(Project), &around).is_err());
    }
}
