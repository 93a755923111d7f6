//! Profiles that are right, and all the ways in which they are not.
