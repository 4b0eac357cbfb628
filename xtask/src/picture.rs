//! `cargo xtask picture`: the README's picture, `docs/demo.svg`, drawn from what the real program prints.

use crate::Outcome;
use std::fmt::Write;
use std::process::Command;

const COLUMNS: usize = 100;
const LINE: usize = 18;
const CHARACTER: f32 = 8.4;
/// Lines of the demo that fit the first screen.
const ROWS: usize = 34;

/// Runs the demo of a release build and draws its first lines.
pub(crate) fn run() -> Outcome {
    let root = crate::root();
    let arguments = ["run", "--release", "--quiet", "--package", "workroom-cli", "--", "demo"];
    let output = Command::new(env!("CARGO")).current_dir(&root).args(arguments).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let text = String::from_utf8(output.stdout)?;
    std::fs::write(root.join("docs/demo.svg"), draw(&text)?)?;
    println!("drew docs/demo.svg");
    Ok(())
}

fn draw(text: &str) -> Result<String, std::fmt::Error> {
    let lines: Vec<&str> = text.trim_start().lines().take(ROWS).collect();
    let (width, height) = (COLUMNS as f32 * CHARACTER + 32.0, lines.len() * LINE + 32);
    let mut svg = String::new();
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height}\" role=\"img\">"
    )?;
    writeln!(svg, "<title>What `workroom demo` prints</title>")?;
    writeln!(svg, "<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#1b1f24\"/>")?;
    writeln!(
        svg,
        "<g font-family=\"ui-monospace, monospace\" font-size=\"14\" fill=\"#d0d7de\" xml:space=\"preserve\">"
    )?;
    for (line, row) in lines.iter().zip(1..) {
        let style = if line.starts_with("$ ") { " fill=\"#7ee787\" font-weight=\"bold\"" } else { "" };
        let shown: String = line.chars().take(COLUMNS).collect();
        writeln!(svg, "<text x=\"16\" y=\"{}\"{style}>{}</text>", row * LINE + 12, escape(&shown))?;
    }
    writeln!(svg, "</g>\n</svg>")?;
    Ok(svg)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_what_is_there_and_escapes_it() {
        let svg = draw("\n$ workroom x\na < b & c\n").unwrap();
        assert!(
            svg.contains("#7ee787\" font-weight=\"bold\">$ workroom x<")
                && svg.contains(">a &lt; b &amp; c<"),
            "{svg}"
        );
        assert_eq!(svg.matches("<text").count(), 2);
    }
}
