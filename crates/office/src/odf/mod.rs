//! OpenDocument texts and presentations (`.odt`, `.odp`), by OASIS OpenDocument 1.3 part 3.
//!
//! Places: slides for presentations; none for texts, whose pages are up to the program that lays them out.
//! Not here: sheets; embedded objects and formulas; tables of contents.

mod lists;
mod styles;
mod walk;

use corpus::{Document, Format};
use extract::Skip;
use package::{Package, Properties, optional};

use styles::Styles;
use walk::Walk;

pub(crate) fn read(package: &mut Package, format: Format) -> Result<Document, Skip> {
    let manifest = optional(package.read_text("META-INF/manifest.xml"))?;
    if manifest.is_some_and(|manifest| manifest.contains("encryption-data")) {
        return Err(Skip::Encrypted);
    }
    let Some(content) = package.read_text("content.xml")? else {
        return Err(match package.contains("styles.xml") {
            true => Skip::NoText { why: "it is a collection of styles".to_owned() },
            false => Skip::damaged("content.xml is missing"),
        });
    };
    let mut properties = Properties::default();
    if let Some(meta) = optional(package.read_text("meta.xml"))? {
        properties.read(&meta);
    }
    let mut styles = Styles::default();
    let of_all = optional(package.read_text("styles.xml"))?;
    if let Some(source) = &of_all {
        styles.read(source);
    }
    styles.read(&content);
    let mut walk = Walk::new(&styles);
    let problem = walk.part(&content);
    if let Some(source) = of_all.filter(|_| format == Format::Odt) {
        walk.part(&source);
    }
    let (title, n_slides) = (walk.title.take(), walk.n_slides());
    let build = walk.finish();
    if build.is_empty()
        && let Some(why) = problem
    {
        return Err(Skip::damaged(format!("in content.xml, {why}")));
    }
    let mut metadata = properties.metadata;
    metadata.pages = n_slides.or(metadata.pages);
    let mut document = build.finish(format, properties.title.or(title), metadata)?;
    crate::title_from_headings(&mut document);
    Ok(document)
}
