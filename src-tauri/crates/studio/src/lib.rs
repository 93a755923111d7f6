//! nopenai-studio
