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

/// Compares likewise a row whose edits outlive deletions that had not seen them,
/// whichever is newer. `deleted` is my change, `buried` what the server has.
pub fn decide_outliving(
    (mine, deleted): (Version, bool),
    base: Option<Version>,
    theirs: Option<(Version, bool)>,
) -> Decision {
    match theirs {
        Some((version, buried))
            if version != mine && base != Some(version) && buried != deleted =>
        {
            if deleted {
                Decision::Yield
            } else {
                Decision::Overrule
            }
        }
        theirs => decide(mine, base, theirs.map(|(version, _)| version)),
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

        // An edit that a deletion had not seen prevails, older or newer; one that
        // it had seen is deleted.
        for (edited, removed) in [(4, 6), (6, 4)] {
            let edit = (v(edited, one), false);
            let deletion = (v(removed, two), true);
            assert_eq!(decide_outliving(deletion, None, Some(edit)), Decision::Yield);
            assert_eq!(decide_outliving(edit, None, Some(deletion)), Decision::Overrule);
        }
        let (seen, deletion) = (v(4, one), (v(5, two), true));
        assert_eq!(decide_outliving(deletion, Some(seen), Some((seen, false))), Decision::Write);
        assert_eq!(decide_outliving(deletion, Some(seen), Some(deletion)), Decision::Same);
        let again = (v(7, one), false);
        let base = Some(deletion.0);
        assert_eq!(decide_outliving(again, base, Some(deletion)), Decision::Write);
    }
}
