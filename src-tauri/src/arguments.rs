use std::{ffi::OsString, path::PathBuf};

/// What may stand on the command line.
pub const USAGE: &str = "\
Usage: nopenai-studio [--data-dir PATH] [--version]

  --data-dir PATH  keep everything in PATH instead of the user's data folder
  --version        print the version and end";

/// What stands on the command line.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// Where to keep everything, in place of the user's data folder.
    pub data_dir: Option<PathBuf>,
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
            Some("--data-dir") => {
                let path = arguments.next().ok_or("--data-dir needs a path.")?;
                let path = std::path::absolute(path).map_err(|error| error.to_string())?;
                parsed.data_dir = Some(path);
            }
            _ => return Err(format!("{} is not understood.", argument.display())),
        }
    }
    Ok(parsed)
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
    }
}
