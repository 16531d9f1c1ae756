//! Early errors of patterns, in V8's wording.

use std::fmt;

macro_rules! syntax_errors {
    ($($name:ident = $text:literal,)*) => {
        /// Why a pattern is not a regular expression.
        ///
        /// The text is the part after `Invalid regular expression: /pattern/flags: `.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum SyntaxError {
            $($name,)*
        }

        impl SyntaxError {
            /// The message without the pattern.
            pub fn message(self) -> &'static str {
                match self {
                    $(SyntaxError::$name => $text,)*
                }
            }
        }
    };
}

syntax_errors! {
    TooLarge = "Regular expression too large",
    UnterminatedGroup = "Unterminated group",
    UnmatchedParen = "Unmatched ')'",
    EscapeAtEndOfPattern = "\\ at end of pattern",
    InvalidPropertyName = "Invalid property name",
    InvalidPropertyNameInClass = "Invalid property name in character class",
    InvalidEscape = "Invalid escape",
    InvalidDecimalEscape = "Invalid decimal escape",
    InvalidUnicodeEscape = "Invalid Unicode escape",
    NothingToRepeat = "Nothing to repeat",
    LoneQuantifierBrackets = "Lone quantifier brackets",
    RangeOutOfOrder = "numbers out of order in {} quantifier",
    IncompleteQuantifier = "Incomplete quantifier",
    InvalidQuantifier = "Invalid quantifier",
    InvalidGroup = "Invalid group",
    MultipleFlagDashes = "Multiple dashes in flag group",
    RepeatedFlag = "Repeated flag in flag group",
    InvalidFlagGroup = "Invalid flag group",
    TooManyCaptures = "Too many captures",
    InvalidCaptureGroupName = "Invalid capture group name",
    DuplicateCaptureGroupName = "Duplicate capture group name",
    InvalidNamedReference = "Invalid named reference",
    InvalidNamedCaptureReferenced = "Invalid named capture referenced",
    UnterminatedCharacterClass = "Unterminated character class",
    OutOfOrderCharacterClass = "Range out of order in character class",
    InvalidCharacterClass = "Invalid character class",
    InvalidClassSetOperation = "Invalid set operation in character class",
    InvalidCharacterInClass = "Invalid character in character class",
    NegatedClassWithStrings = "Negated character class may contain strings",
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for SyntaxError {}
