use nopenai_domain::{Criterion, Error, Result, Run, Score, ScoreLine, Weights, Winner};

/// Sums closer than this are a tie.
const TIE: f64 = 0.01;

/// Checks that every weight is 0 to 100 and one is above 0.
///
/// # Errors
/// [`nopenai_domain::Code::InvalidInput`] naming the field.
pub fn validate(weights: &Weights) -> Result<()> {
    let named =
        [("latency", weights.latency), ("quality", weights.quality), ("cost", weights.cost)];
    for (field, weight) in named {
        if !(0.0..=100.0).contains(&weight) {
            return Err(Error::invalid(field, format!("A weight is 0 to 100, not {weight}.")));
        }
    }
    if named.iter().all(|(_, weight)| *weight == 0.0) {
        return Err(Error::invalid("latency", "At least one weight must be above 0."));
    }
    Ok(())
}

/// Compares two runs.
///
/// A criterion counts when both runs have its value and its weight is above 0.
/// The weights of those that count are scaled to the sum 1. Where more is
/// better, A's share is a / (a + b), where less is better b / (a + b); a half
/// when both are 0. A run's sum is the weight times its share over all criteria
/// that count.
pub fn score(a: &Run, b: &Run, weights: &Weights) -> Score {
    let mut lines = vec![
        line(Criterion::Latency, latency(a), latency(b), weights.latency),
        line(Criterion::Quality, rating(a), rating(b), weights.quality),
        cost_line(a, b, weights.cost),
    ];
    let total: f64 = lines.iter().map(|line| line.weight).sum();
    if total == 0.0 {
        return Score { lines, a: None, b: None, winner: None };
    }
    for line in &mut lines {
        line.weight /= total;
    }
    let sum = |share: fn(&ScoreLine) -> Option<f64>| -> f64 {
        lines.iter().filter_map(|line| Some(line.weight * share(line)?)).sum()
    };
    let (of_a, of_b) = (sum(|line| line.share_a), sum(|line| line.share_b));
    let winner = match of_a - of_b {
        difference if difference.abs() < TIE => Winner::Tie,
        difference if difference > 0.0 => Winner::A,
        _ => Winner::B,
    };
    Score { lines, a: Some(of_a), b: Some(of_b), winner: Some(winner) }
}

fn latency(run: &Run) -> Option<f64> {
    run.measures.total_ms
}

fn rating(run: &Run) -> Option<f64> {
    run.rating.map(f64::from)
}

/// Costs in two currencies can't be compared.
fn cost_line(a: &Run, b: &Run, weight: f64) -> ScoreLine {
    let same = match (&a.cost, &b.cost) {
        (Some(a), Some(b)) => a.currency == b.currency,
        _ => true,
    };
    let amount = |run: &Run| run.cost.as_ref().map(|cost| cost.amount).filter(|_| same);
    line(Criterion::Cost, amount(a), amount(b), weight)
}

fn line(criterion: Criterion, a: Option<f64>, b: Option<f64>, weight: f64) -> ScoreLine {
    let share_a = a.zip(b).map(|(a, b)| {
        let part = if criterion == Criterion::Quality { a } else { b };
        if a + b == 0.0 { 0.5 } else { part / (a + b) }
    });
    ScoreLine {
        criterion,
        a,
        b,
        weight: if share_a.is_some() { weight } else { 0.0 },
        share_a,
        share_b: share_a.map(|share| 1.0 - share),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nopenai_domain::{Cost, Measures, ModelId, Outcome, Parameters, RunId, Timestamp};
    use proptest::prelude::*;

    fn run(total_ms: Option<f64>, rating: Option<u8>, cost: Option<(f64, &str)>) -> Run {
        Run {
            id: RunId::generate(),
            started_at: Timestamp(0),
            model: ModelId("m".to_owned()),
            model_name: "m".to_owned(),
            prompt: String::new(),
            answer: String::new(),
            parameters: Parameters::default(),
            outcome: Outcome::Completed,
            finish_reason: None,
            error: None,
            measures: Measures { total_ms, ..Measures::default() },
            runtime: None,
            chat_template: None,
            likelihoods: None,
            remote: None,
            mode: None,
            chat: None,
            context: None,
            streamed: true,
            cost: cost.map(|(amount, currency)| Cost {
                amount,
                currency: currency.to_owned(),
                priced_at: Timestamp(0),
            }),
            rating,
            tags: Vec::new(),
        }
    }

    #[test]
    fn the_arithmetic_is_that_of_the_description() {
        let a = run(Some(100.0), Some(2), Some((1.0, "EUR")));
        let b = run(Some(300.0), Some(4), Some((1.0, "EUR")));
        let score = score(&a, &b, &Weights::default());
        // 0.3 * 300/400 + 0.4 * 2/6 + 0.3 * 1/2
        let expected = 0.225 + 0.4 / 3.0 + 0.15;
        assert!((score.a.unwrap() - expected).abs() < 1e-12);
        assert_eq!(score.winner, Some(Winner::A));
    }

    #[test]
    fn a_criterion_without_both_values_does_not_count() {
        let a = run(Some(200.0), None, None);
        let b = run(Some(100.0), Some(5), None);
        let score = score(&a, &b, &Weights::default());
        let weights: Vec<f64> = score.lines.iter().map(|line| line.weight).collect();
        assert_eq!(weights, [1.0, 0.0, 0.0]);
        assert_eq!(score.winner, Some(Winner::B));
    }

    #[test]
    fn without_any_value_there_is_no_winner() {
        let score = score(&run(None, None, None), &run(None, None, None), &Weights::default());
        assert_eq!((score.a, score.b, score.winner), (None, None, None));
    }

    #[test]
    fn different_currencies_are_not_compared() {
        let a = run(Some(1.0), None, Some((1.0, "EUR")));
        let b = run(Some(1.0), None, Some((2.0, "USD")));
        let score = score(&a, &b, &Weights::default());
        assert_eq!(score.lines[2].weight, 0.0);
        assert_eq!(score.winner, Some(Winner::Tie));
    }

    #[test]
    fn weights_out_of_range_are_named() {
        let field =
            |weights: Weights| validate(&weights).err().map(|error| error.details["field"].clone());
        assert_eq!(field(Weights::default()), None);
        let cost = Weights { cost: 101.0, ..Weights::default() };
        assert_eq!(field(cost), Some("cost".into()));
        let quality = Weights { quality: f64::NAN, ..Weights::default() };
        assert_eq!(field(quality), Some("quality".into()));
        assert!(field(Weights { latency: 0.0, quality: 0.0, cost: 0.0 }).is_some());
    }

    proptest! {
        #[test]
        fn swapping_the_runs_swaps_the_score(
            totals in (1.0..1e6_f64, 1.0..1e6_f64), ratings in (1..=5_u8, 1..=5_u8),
            weights in (0.0..=100.0_f64, 0.0..=100.0_f64),
        ) {
            let weights = Weights { latency: weights.0, quality: weights.1, cost: 1.0 };
            let a = run(Some(totals.0), Some(ratings.0), None);
            let b = run(Some(totals.1), Some(ratings.1), None);
            let (there, back) = (score(&a, &b, &weights), score(&b, &a, &weights));
            if let (Some(one), Some(other)) = (there.a, back.b) {
                prop_assert!((one - other).abs() < 1e-9);
            }
            prop_assert_eq!(there.winner.map(swapped), back.winner);
        }
    }

    fn swapped(winner: Winner) -> Winner {
        match winner {
            Winner::A => Winner::B,
            Winner::B => Winner::A,
            Winner::Tie => Winner::Tie,
        }
    }
}
