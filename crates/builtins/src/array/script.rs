//! Script forms of the methods that take a callback.

use spey_core::script_form::ScriptForm;

const fn form(body: &'static str) -> ScriptForm {
    ScriptForm { body, least: 1, makes_array: false }
}

pub(super) static FOR_EACH: ScriptForm = form(
    r#""use strict";
const length = this.length;
for (let k = 0; k < length; k++) {
    const v = %GetIfPresent(this, k);
    if (!%IsAbsent(v)) %Call(callback, second, v, k, this);
}"#,
);
pub(super) static MAP: ScriptForm = ScriptForm {
    makes_array: true,
    ..form(
        r#""use strict";
const length = this.length;
const result = [];
for (let k = 0; k < length; k++) {
    const v = %GetIfPresent(this, k);
    if (!%IsAbsent(v)) %Append(result, %Call(callback, second, v, k, this));
    else %AppendHole(result);
}
return result;"#,
    )
};
pub(super) static FILTER: ScriptForm = ScriptForm {
    makes_array: true,
    ..form(
        r#""use strict";
const length = this.length;
const result = [];
for (let k = 0; k < length; k++) {
    const v = %GetIfPresent(this, k);
    if (!%IsAbsent(v) && %Call(callback, second, v, k, this)) %Append(result, v);
}
return result;"#,
    )
};
pub(super) static EVERY: ScriptForm = form(
    r#""use strict";
const length = this.length;
for (let k = 0; k < length; k++) {
    const v = %GetIfPresent(this, k);
    if (!%IsAbsent(v) && !%Call(callback, second, v, k, this)) return false;
}
return true;"#,
);
pub(super) static SOME: ScriptForm = form(
    r#""use strict";
const length = this.length;
for (let k = 0; k < length; k++) {
    const v = %GetIfPresent(this, k);
    if (!%IsAbsent(v) && %Call(callback, second, v, k, this)) return true;
}
return false;"#,
);
pub(super) static FIND: ScriptForm = form(
    r#""use strict";
const length = this.length;
for (let k = 0; k < length; k++) {
    const v = this[k];
    if (%Call(callback, second, v, k, this)) return v;
}
return undefined;"#,
);
pub(super) static FIND_INDEX: ScriptForm = form(
    r#""use strict";
const length = this.length;
for (let k = 0; k < length; k++) {
    const v = this[k];
    if (%Call(callback, second, v, k, this)) return k;
}
return -1;"#,
);
pub(super) static REDUCE: ScriptForm = ScriptForm {
    least: 2,
    ..form(
        r#""use strict";
const length = this.length;
let result = second;
for (let k = 0; k < length; k++) {
    const v = %GetIfPresent(this, k);
    if (!%IsAbsent(v)) result = %Call(callback, undefined, result, v, k, this);
}
return result;"#,
    )
};
