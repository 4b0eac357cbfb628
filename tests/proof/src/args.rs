//! Arguments as `--name value`: all this program needs of a command line.

use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::str::FromStr;

/// What was given, until it is taken.
#[derive(Debug, Default)]
pub struct Args {
    given: BTreeMap<String, String>,
}

impl Args {
    /// Reads `--name value` pairs, and `--name` alone for those in `flags`.
    ///
    /// # Errors
    /// At anything else.
    pub fn parse(arguments: impl IntoIterator<Item = String>, flags: &[&str]) -> Result<Self> {
        let mut given = BTreeMap::new();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let Some(name) = argument.strip_prefix("--") else { bail!("`{argument}` is not an option") };
            let value = if flags.contains(&name) {
                String::new()
            } else {
                arguments.next().with_context(|| format!("--{name} needs a value"))?
            };
            given.insert(name.to_owned(), value);
        }
        Ok(Self { given })
    }

    /// Takes a value, where it was given.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn take<T: FromStr>(&mut self, name: &str) -> Result<Option<T>> {
        let Some(value) = self.given.remove(name) else { return Ok(None) };
        let read = value.parse().ok().with_context(|| format!("--{name} cannot be `{value}`"))?;
        Ok(Some(read))
    }

    /// Takes a value that must be given.
    ///
    /// # Errors
    /// When it was not, or cannot be read.
    pub fn need<T: FromStr>(&mut self, name: &str) -> Result<T> {
        self.take(name)?.with_context(|| format!("--{name} is missing"))
    }

    /// Whether a flag was given.
    pub fn flag(&mut self, name: &str) -> bool {
        self.given.remove(name).is_some()
    }

    /// Ends: everything must have been taken.
    ///
    /// # Errors
    /// At an option that nobody takes.
    pub fn end(self) -> Result<()> {
        match self.given.keys().next() {
            Some(unknown) => bail!("nobody takes --{unknown}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_was_given_and_refuses_the_rest() {
        let parse = |text: &str| Args::parse(text.split_whitespace().map(str::to_owned), &["quick"]);
        let mut args = parse("--rounds 5 --quick --seed 7").unwrap();
        assert_eq!(
            (args.need::<u32>("rounds").unwrap(), args.flag("quick"), args.need::<u64>("seed").unwrap()),
            (5, true, 7)
        );
        assert!(args.take::<u32>("minutes").unwrap().is_none() && args.end().is_ok());
        assert!(parse("rounds 5").is_err() && parse("--rounds").is_err());
        assert!(parse("--rounds x").unwrap().need::<u32>("rounds").is_err());
        assert!(parse("--other 5").unwrap().end().is_err());
    }
}
