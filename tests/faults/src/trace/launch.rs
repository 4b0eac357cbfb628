//! The launcher: a process that lets itself be traced, sets the kernel's filter, and becomes the program.
//!
//! Invariant: nothing of the program runs before its tracer is there and the filter is set. It is a process of its own because between fork
//! and exec only unsafe code could do this.

use super::Watched;
use nix::sys::{ptrace, signal};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch,
};
use std::collections::BTreeMap;
use std::error::Error;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// The first argument by which the `workroom-faults` program knows that it is to launch another.
pub const LAUNCH: &str = "launch";

/// Becomes the program of the second argument, with the rest as its arguments; the first lists the watched calls. Returns only on error.
#[must_use]
pub fn launch(arguments: &[String]) -> Box<dyn Error> {
    let [watched, program, arguments @ ..] = arguments else {
        return "launch takes calls and a program".into();
    };
    let begin = || -> Result<(), Box<dyn Error>> {
        let filter = filter(&parse(watched)?)?;
        ptrace::traceme()?;
        // The tracer sees this stop and says what it wants to be told of.
        signal::raise(signal::Signal::SIGSTOP)?;
        Ok(seccompiler::apply_filter(&filter)?)
    };
    match begin() {
        Ok(()) => Command::new(program).args(arguments).exec().into(),
        Err(error) => error,
    }
}

/// The watched calls as one argument.
pub(super) fn print(watched: &[Watched]) -> String {
    let one = |watched: &Watched| {
        let (argument, bits) = watched.only.unwrap_or_default();
        format!("{}:{argument}:{bits}", watched.number)
    };
    watched.iter().map(one).collect::<Vec<_>>().join(",")
}

fn parse(text: &str) -> Result<Vec<Watched>, Box<dyn Error>> {
    let one = |text: &str| {
        let fields: Vec<&str> = text.split(':').collect();
        let [number, argument, bits] = fields[..] else { return Err(format!("no call: {text}").into()) };
        let bits: u64 = bits.parse()?;
        let only = if bits == 0 { None } else { Some((argument.parse()?, bits)) };
        Ok(Watched { number: number.parse()?, only })
    };
    text.split(',').filter(|text| !text.is_empty()).map(one).collect()
}

fn filter(watched: &[Watched]) -> Result<BpfProgram, Box<dyn Error>> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    for one in watched {
        let of_number = rules.entry(one.number).or_default();
        let Some((argument, bits)) = one.only else { continue };
        for bit in (0..64).map(|shift| 1_u64 << shift).filter(|bit| bits & bit != 0) {
            let condition =
                SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(bit), bit)?;
            of_number.push(SeccompRule::new(vec![condition])?);
        }
    }
    let filter =
        SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Trace(0), TargetArch::x86_64)?;
    Ok(filter.try_into()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watched_calls_survive_the_command_line() {
        let watched = [Watched::always(74), Watched::with_bits(257, 2, 0o1100)];
        assert_eq!(parse(&print(&watched)).unwrap(), watched);
        assert!(parse("74:1").is_err() && parse("x:0:0").is_err());
        assert!(filter(&watched).is_ok());
    }
}
