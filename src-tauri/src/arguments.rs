use crate::link;
use std::{ffi::OsString, path::PathBuf};

/// What may stand on the command line.
pub const USAGE: &str = "\
Usage: nopenai-studio [--data-dir PATH] [--restore FILE] [--version] [LINK]

  --data-dir PATH  keep everything in PATH instead of the user's data folder
  --restore FILE   put a copy of the database (from the folder backups) in the
                   place of the present one, which is kept there, and end
  --version        print the version and end
  LINK             where to begin: nopenai://prompt-testing or
                   nopenai://prompt-testing/RUN";

/// What stands on the command line.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// Where to keep everything, in place of the user's data folder.
    pub data_dir: Option<PathBuf>,
    /// Only restore this copy of the database.
    pub restore: Option<PathBuf>,
    /// Where to begin, as a fragment of the window's address.
    pub place: Option<String>,
    /// Only print the version.
    pub version: bool,
}

/// Reads the arguments after the program's name.
pub fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Arguments, String> {
    let mut parsed = Arguments::default();
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--version") => parsed.version = true,
            Some("--data-dir") => parsed.data_dir = Some(path("--data-dir", arguments.next())?),
            Some("--restore") => parsed.restore = Some(path("--restore", arguments.next())?),
            other => match other.and_then(link::fragment) {
                Some(place) => parsed.place = Some(place),
                None => return Err(format!("{} is not understood.", argument.display())),
            },
        }
    }
    Ok(parsed)
}

fn path(name: &str, argument: Option<OsString>) -> Result<PathBuf, String> {
    let path = argument.ok_or_else(|| format!("{name} needs a path."))?;
    std::path::absolute(path).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Arguments, String> {
        parse(arguments.iter().map(OsString::from))
    }

    #[test]
    fn the_data_folder_is_made_absolute() {
        let data_dir = parsed(&["--data-dir", "somewhere"]).unwrap().data_dir.unwrap();
        assert!(data_dir.is_absolute() && data_dir.ends_with("somewhere"));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        assert_eq!(parsed(&["--frobnicate"]), Err("--frobnicate is not understood.".to_owned()));
        assert!(parsed(&["--data-dir"]).is_err());
        assert!(parsed(&["--restore"]).is_err());
        assert!(parsed(&["javascript:alert(1)"]).is_err());
    }

    #[test]
    fn a_link_is_where_to_begin() {
        let place = parsed(&["nopenai://prompt-testing"]).unwrap().place;
        assert_eq!(place.as_deref(), Some("#/prompt-testing"));
    }
}
