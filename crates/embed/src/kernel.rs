//! The inner loop of the student: adding up table rows.
//!
//! Invariant: every path gives the same bits, as each component is summed in the order of the rows.
//! Not here: which rows, and what becomes of the sum.

use corpus::DIM;

/// Adds `scale * row` for each row to `sum`. Rows are signed bytes.
pub(crate) fn add_rows<'a>(rows: impl Iterator<Item = (f32, &'a [u8; DIM])>, sum: &mut [f32; DIM]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx512f") {
        #[expect(
            unsafe_code,
            reason = "the function is safe but for needing AVX-512, which was just found"
        )]
        return unsafe { add_rows_avx512(rows, sum) };
    }
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "the function is safe but for needing AVX2, which was just found")]
        return unsafe { add_rows_avx2(rows, sum) };
    }
    add_rows_plain(rows, sum);
}

/// The same code, which the compiler may turn into 32-byte instructions here: three times the speed of the 16-byte ones that every
/// x86-64 has, which lack the widening of signed bytes.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn add_rows_avx2<'a>(rows: impl Iterator<Item = (f32, &'a [u8; DIM])>, sum: &mut [f32; DIM]) {
    add_rows_plain(rows, sum);
}

/// And into 64-byte ones here.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn add_rows_avx512<'a>(rows: impl Iterator<Item = (f32, &'a [u8; DIM])>, sum: &mut [f32; DIM]) {
    add_rows_plain(rows, sum);
}

#[inline(always)]
fn add_rows_plain<'a>(rows: impl Iterator<Item = (f32, &'a [u8; DIM])>, sum: &mut [f32; DIM]) {
    for (scale, row) in rows {
        for (sum, &byte) in sum.iter_mut().zip(row) {
            // A product and a sum, never fused: all machines agree on the result.
            *sum += f32::from(byte.cast_signed()) * scale;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_agree_bit_by_bit() {
        let rows: Vec<[u8; DIM]> =
            (0..50_u32).map(|r| std::array::from_fn(|c| (r * 31 + c as u32 * 17) as u8)).collect();
        let scaled = || rows.iter().zip(1..).map(|(row, r)| (1.0 / r as f32, row));
        let (mut fast, mut plain) = ([0.0; DIM], [0.0; DIM]);
        add_rows(scaled(), &mut fast);
        add_rows_plain(scaled(), &mut plain);
        assert_eq!(fast, plain);
        assert_eq!(
            fast[3],
            (0..50_u32)
                .fold(0.0_f32, |s, r| s + f32::from((r * 31 + 51) as u8 as i8) * (1.0 / (r + 1) as f32))
        );
    }
}
