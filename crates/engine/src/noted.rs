//! Looks that are noted: who searched, asked and read, and what they were shown.
//!
//! Invariant: what is shown is noted with its version and range before it is handed on.
//! Not here: changes (`audit`), looks at the files themselves, which each process makes for itself (`workroom`).

use crate::audit::{Act, Doing};
use crate::show::Shown as Document;
use crate::{Answer, Engine, ErrorKind, Hit, Query, Question, Result};
use corpus::PathSet;
use custody::Actor;
use custody::audit::Shown;
use std::time::Duration;

impl Engine {
    /// As [`Engine::search`], by somebody.
    ///
    /// # Errors
    /// As [`Engine::search`].
    pub fn search_by(&self, query: &Query, by: &Actor) -> Result<Vec<Hit>> {
        let found = self.allow(by, Doing::Search).and_then(|()| self.searched(query));
        let shown = found.iter().flat_map(|(hits, _)| hits).map(shown).collect();
        let act = of_query(Doing::Search, query, by, found.as_ref().ok().map(|(_, took)| *took));
        self.note_look(act, shown, &found);
        found.map(|(hits, _)| hits)
    }

    /// As [`Engine::ask`], by somebody.
    ///
    /// # Errors
    /// As [`Engine::ask`].
    pub fn ask_by(&self, question: &Question, by: &Actor) -> Result<Answer> {
        let answer = self.allow(by, Doing::Ask).and_then(|()| self.asked(question));
        let shown = answer.iter().flat_map(|(answer, _)| &answer.passages).map(shown).collect();
        let act = of_query(Doing::Ask, &question.query, by, answer.as_ref().ok().map(|(_, took)| *took));
        self.note_look(act, shown, &answer);
        answer.map(|(answer, _)| answer)
    }

    /// As [`Engine::show`], [`Engine::show_chunk`] or [`Engine::show_version`], by somebody.
    ///
    /// # Errors
    /// As [`Engine::show`], [`Engine::show_chunk`] and [`Engine::show_version`].
    pub fn show_by(
        &self,
        path: &str,
        (chunk, version): (Option<u64>, Option<&str>),
        within: &PathSet,
        by: &Actor,
    ) -> Result<Document> {
        let found = match (chunk, version) {
            (chunk, Some(version)) => self.show_version(path, version, chunk, within),
            (None, None) => self.show(path, within),
            (Some(chunk), None) => self.show_chunk(path, chunk, within),
        };
        let ranges = found.iter().flat_map(|document| {
            let range = |start_byte, end_byte| Shown {
                path: document.path.clone(),
                version: document.version.clone(),
                start_byte,
                end_byte,
            };
            // The chunks of a document lie one behind the other.
            let ends = document.chunks.first().zip(document.chunks.last());
            ends.map(|(first, last)| range(first.start_byte, last.end_byte))
        });
        let shown = ranges.collect();
        self.note_look(Act::new(Doing::DocumentShow, by.clone()).on(path), shown, &found);
        found
    }

    fn note_look<T>(&self, act: Act, shown: Vec<Shown>, result: &Result<T>) {
        self.note(match result {
            Ok(_) => Act { shown, ..act },
            Err(error) if error.kind() == ErrorKind::Quota => act.denied(self.told(error)),
            Err(error) => act.failed(self.told(error)),
        });
    }
}

fn of_query(doing: Doing, query: &Query, by: &Actor, by_teacher: Option<Duration>) -> Act {
    let teacher_ms = by_teacher.map(|took| took.as_millis() as u64).filter(|ms| *ms > 0);
    let Query { text, path, as_of, .. } = query;
    let (query, path) = (Some(text.clone()), path.clone());
    let detail = as_of.as_ref().map(|when| format!("as of {when}"));
    Act { query, path, detail, teacher_ms, ..Act::new(doing, by.clone()) }
}

fn shown(hit: &Hit) -> Shown {
    Shown {
        path: hit.path.clone(),
        version: hit.version.clone(),
        start_byte: hit.start_byte,
        end_byte: hit.end_byte,
    }
}
