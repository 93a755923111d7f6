//! Which of two versions of a row prevails.

use nopenai_store::sync::Version;

/// What becomes of a change that is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is written.
    Write,
    /// It is written over a version its writer had not seen.
    Overrule,
    /// The server has it already.
    Same,
    /// The server's version, which its writer had not seen, is newer.
    Yield,
}

/// Compares a change, made on top of `base`, with what the server has.
pub fn decide(mine: Version, base: Option<Version>, theirs: Option<Version>) -> Decision {
    match theirs {
        None => Decision::Write,
        Some(theirs) if theirs == mine => Decision::Same,
        Some(theirs) if theirs > mine => Decision::Yield,
        Some(theirs) if base == Some(theirs) => Decision::Write,
        Some(_) => Decision::Overrule,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nopenai_domain::WorkstationId;

    #[test]
    fn the_newer_version_prevails_and_only_the_unseen_is_overruled() {
        let (mut one, mut two) = (WorkstationId::generate(), WorkstationId::generate());
        if one > two {
            std::mem::swap(&mut one, &mut two);
        }
        let v = |clock, workstation| Version { clock, workstation };
        assert_eq!(decide(v(5, one), None, None), Decision::Write);
        assert_eq!(decide(v(5, one), None, Some(v(5, one))), Decision::Same);
        assert_eq!(decide(v(5, one), Some(v(4, two)), Some(v(4, two))), Decision::Write);
        assert_eq!(decide(v(5, one), Some(v(3, two)), Some(v(4, two))), Decision::Overrule);
        assert_eq!(decide(v(5, one), None, Some(v(4, two))), Decision::Overrule);
        assert_eq!(decide(v(5, one), Some(v(3, two)), Some(v(6, two))), Decision::Yield);
        // At the same moment the workstations decide, the same way everywhere.
        assert_eq!(decide(v(5, one), None, Some(v(5, two))), Decision::Yield);
        assert_eq!(decide(v(5, two), None, Some(v(5, one))), Decision::Overrule);
    }
}
