//! The codes that files name by a number only.

/// The code of a built-in format; `General` for those that are not defined.
pub(crate) fn builtin(id: u32) -> &'static str {
    match id {
        1 => "0",
        2 => "0.00",
        3 => "#,##0",
        4 => "#,##0.00",
        5 | 6 => "\"$\"#,##0;(\"$\"#,##0)",
        7 | 8 => "\"$\"#,##0.00;(\"$\"#,##0.00)",
        9 => "0%",
        10 => "0.00%",
        11 => "0.00E+00",
        12 => "# ?/?",
        13 => "# ??/??",
        // In which order the parts of these stand depends on the country, and we write ISO dates anyway.
        14 | 15 | 27..=31 | 50..=54 | 57 | 58 => "yyyy-mm-dd",
        16 => "d-mmm",
        17 | 36 | 55 | 56 => "mmm-yy",
        18 | 20 | 32 | 34 => "h:mm",
        19 | 21 | 33 | 35 => "h:mm:ss",
        22 => "yyyy-mm-dd h:mm",
        37 | 38 => "#,##0;(#,##0)",
        39 | 40 => "#,##0.00;(#,##0.00)",
        41 => "#,##0;(#,##0);\"-\"",
        42 => "\"$\"#,##0;(\"$\"#,##0);\"$-\"",
        43 => "#,##0.00;(#,##0.00);\"-\"",
        44 => "\"$\"#,##0.00;(\"$\"#,##0.00);\"$-\"",
        45 => "mm:ss",
        46 => "[h]:mm:ss",
        47 => "mm:ss",
        48 => "##0.0E+0",
        49 => "@",
        _ => "General",
    }
}
