//! The methods of chapters 19 to 23 that ECMA-402 redefines.

use crate::scope::NativeFn;

/// What the locale-sensitive methods of ECMA-262 do when a library of locale data is linked. Without one
/// ([`crate::vm::Vm::locale_methods`] is None) they follow ECMA-262 alone.
pub struct LocaleMethods {
    /// String.prototype.localeCompare, ECMA-402 §20.1.1
    pub locale_compare: NativeFn,
    /// String.prototype.toLocaleLowerCase, ECMA-402 §20.1.2
    pub to_locale_lower_case: NativeFn,
    /// String.prototype.toLocaleUpperCase, ECMA-402 §20.1.3
    pub to_locale_upper_case: NativeFn,
    /// Number.prototype.toLocaleString, ECMA-402 §20.2.1
    pub number_to_locale_string: NativeFn,
    /// BigInt.prototype.toLocaleString, ECMA-402 §20.3.1
    pub bigint_to_locale_string: NativeFn,
    /// Date.prototype.toLocaleString, ECMA-402 §20.4.1
    pub date_to_locale_string: NativeFn,
    /// Date.prototype.toLocaleDateString, ECMA-402 §20.4.2
    pub date_to_locale_date_string: NativeFn,
    /// Date.prototype.toLocaleTimeString, ECMA-402 §20.4.3
    pub date_to_locale_time_string: NativeFn,
}
