//! What every kind of message has, before it is text: who wrote to whom, when, about what, the bodies, what came with it.

use corpus::{Format, Metadata};
use extract::{Builder, Skip, add_authors};

use crate::attachments::Attachments;
use crate::body::Body;
use crate::date::Date;
use crate::read::Mail;

/// A message, read and not yet written.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) cc: String,
    pub(crate) bcc: String,
    pub(crate) date: Option<Date>,
    pub(crate) subject: String,
    pub(crate) bodies: Vec<Body>,
    pub(crate) attachments: Vec<(String, Vec<u8>)>,
}

impl Draft {
    /// The document of this message alone.
    pub(crate) fn into_mail(mut self, format: Format) -> Result<Mail, Skip> {
        let mut attachments = Attachments::new(crate::attachments::MAX_OF_MESSAGE);
        let mut build = Builder::new();
        let given = std::mem::take(&mut self.attachments);
        self.write_headers(&mut build, true);
        self.write_rest(&mut build, 0, given, |name, bytes| attachments.add(name, bytes));
        if build.is_empty() {
            return Err(Skip::NoText { why: "it has neither headers nor a body".to_owned() });
        }
        let created_ms = self.date.and_then(|date| date.ms);
        let mut metadata = Metadata { created_ms, ..Metadata::default() };
        add_authors(&mut metadata, &self.from);
        let document = build.finish(format, Some(self.subject), metadata)?;
        Ok(Mail { document, attachments: attachments.into_list() })
    }

    /// The lines that readers see above a message.
    pub(crate) fn write_headers(&self, build: &mut Builder, with_subject: bool) {
        build.begin_block();
        let date = self.date.as_ref().map_or("", |date| date.text.as_str());
        let subject = if with_subject { self.subject.as_str() } else { "" };
        let lines = [
            ("From", self.from.as_str()),
            ("To", &self.to),
            ("Cc", &self.cc),
            ("Bcc", &self.bcc),
            ("Date", date),
            ("Subject", subject),
        ];
        for (name, value) in lines.iter().filter(|(_, value)| !value.trim().is_empty()) {
            build.line(&format!("{name}: {value}"));
        }
    }

    /// Bodies and the names of the attachments. Headings in them lie below `level`; `keep` takes an attachment and gives the name it has,
    /// or nothing when there is no room. Such a one is still named.
    pub(crate) fn write_rest(
        &self,
        build: &mut Builder,
        level: u8,
        attachments: Vec<(String, Vec<u8>)>,
        mut keep: impl FnMut(&str, Vec<u8>) -> Option<String>,
    ) {
        for body in &self.bodies {
            body.write(build, level);
        }
        let names = attachments
            .into_iter()
            .map(|(name, bytes)| keep(&name, bytes).unwrap_or_else(|| crate::attachments::safe(&name)));
        let names = names.collect::<Vec<_>>().join(", ");
        if !names.is_empty() {
            build.paragraph(&format!("Attachments: {names}"));
        }
    }
}
