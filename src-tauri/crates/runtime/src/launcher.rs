use nopenai_domain::{Code, Error, Result, Runtime};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Starts workers from the programs there are, one for each runtime.
#[derive(Debug, Clone)]
pub struct Launcher {
    programs: BTreeMap<Runtime, PathBuf>,
}

impl Launcher {
    /// `programs` are the workers' executables, absolute paths. One that isn't
    /// there only makes its runtime unavailable.
    pub fn new(programs: BTreeMap<Runtime, PathBuf>) -> Self {
        Self { programs }
    }

    /// The programs in `folder`, under their usual names.
    pub fn in_folder(folder: &Path) -> Self {
        let program = |name| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        Self::new(BTreeMap::from([
            (Runtime::MistralRs, program("nopenai-worker")),
            (Runtime::LlamaCpp, program("nopenai-worker-llama")),
        ]))
    }

    /// The programs, whether they are there or not.
    pub fn programs(&self) -> &BTreeMap<Runtime, PathBuf> {
        &self.programs
    }

    /// The program of a runtime.
    ///
    /// # Errors
    /// [`Code::EngineFailed`] when it isn't there.
    pub fn program(&self, runtime: Runtime) -> Result<&Path> {
        let program = self.programs.get(&runtime).map(PathBuf::as_path);
        match program.filter(|program| program.is_file()) {
            Some(program) => Ok(program),
            None => {
                let place = program.map(|program| format!(" at {}", program.display()));
                Err(Error::new(
                    Code::EngineFailed,
                    format!(
                        "The engine of {} is not there{}. Reinstall the application.",
                        runtime.name(),
                        place.unwrap_or_default()
                    ),
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named() {
        let launcher = Launcher::in_folder(Path::new("/nowhere"));
        let error = launcher.program(Runtime::LlamaCpp).unwrap_err();
        assert_eq!(error.code, Code::EngineFailed);
        for word in ["llama.cpp", "/nowhere", "nopenai-worker-llama"] {
            assert!(error.message.contains(word), "{}", error.message);
        }
        assert!(Launcher::new(BTreeMap::new()).program(Runtime::MistralRs).is_err());
    }
}
