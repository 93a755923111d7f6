use nopenai_domain::{Quality, Tally};

/// The quantile of the normal distribution for a 95% interval.
const Z: f64 = 1.959_963_984_540_054;

/// The share of judged items that passed, with its 95% score interval (Wilson
/// 1927, "Probable Inference, the Law of Succession, and Statistical
/// Inference"). None while nothing was judged. Items without a verdict, and
/// those whose run failed, don't count.
pub fn quality(tally: &Tally) -> Option<Quality> {
    let judged = tally.passed + tally.failed;
    if judged == 0 {
        return None;
    }
    let n = f64::from(judged);
    let share = f64::from(tally.passed) / n;
    let scale = 1.0 + Z * Z / n;
    let centre = (share + Z * Z / (2.0 * n)) / scale;
    let half = Z / scale * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    // Where all passed or none did, the end is exact but for rounding.
    let low = if tally.passed == 0 { 0.0 } else { centre - half };
    let high = if tally.failed == 0 { 1.0 } else { centre + half };
    Some(Quality { share, low, high, judged })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(passed: u32, failed: u32) -> Option<Quality> {
        quality(&Tally { passed, failed, not_judged: 7, not_run: 9, ..Tally::default() })
    }

    #[test]
    fn the_interval_is_the_published_one() {
        // R: prop.test(8, 10, correct = FALSE): 0.4901625 to 0.9433178.
        let quality = of(8, 2).unwrap();
        assert_eq!((quality.share, quality.judged), (0.8, 10));
        assert!((quality.low - 0.490_162_5).abs() < 1e-6, "{quality:?}");
        assert!((quality.high - 0.943_317_8).abs() < 1e-6, "{quality:?}");
    }

    #[test]
    fn without_a_judged_item_there_is_no_figure() {
        assert_eq!(of(0, 0), None);
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_share(passed in 0..5000_u32, failed in 0..5000_u32) {
            prop_assume!(passed + failed > 0);
            let quality = of(passed, failed).unwrap();
            prop_assert!(0.0 <= quality.low && quality.low <= quality.share);
            prop_assert!(quality.share <= quality.high && quality.high <= 1.0);
        }
    }
}
