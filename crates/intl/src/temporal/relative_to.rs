//! The option `relativeTo` of durations.

use spey_core::scope::{JsResult, Scope};
use temporal_rs::options::{Disambiguation, OffsetDisambiguation, Overflow, RelativeTo};
use temporal_rs::partial::{PartialDate, PartialZonedDateTime};
use temporal_rs::{PlainDate, PlainDateTime, ZonedDateTime};

use super::calendar::{calendar_or_iso, date_string};
use super::fields::{self, Required, names};
use super::instance;
use super::options::Options;
use super::support::OrThrow;

/// GetTemporalRelativeToOption ( options )
pub fn relative_to(s: &mut Scope<'_>, options: Options<'_>) -> JsResult<Option<RelativeTo>> {
    let v = options.get(s, "relativeTo")?;
    if v.is_undefined() {
        return Ok(None);
    }
    let Some(o) = v.as_object() else {
        let text = date_string(s, v, "relativeTo must be object or string")?;
        return RelativeTo::try_from_str(&text).or_throw(s).map(Some);
    };
    if let Some(zoned) = instance::get::<ZonedDateTime>(s, v) {
        return Ok(Some(RelativeTo::ZonedDateTime(zoned)));
    }
    if let Some(date) = instance::get::<PlainDate>(s, v) {
        return Ok(Some(RelativeTo::PlainDate(date)));
    }
    if let Some(date_time) = instance::get::<PlainDateTime>(s, v) {
        return Ok(Some(RelativeTo::PlainDate(date_time.to_plain_date())));
    }
    let calendar = calendar_or_iso(s, o)?;
    let wanted = names::DATE | names::TIME | names::OFFSET | names::TIME_ZONE;
    let given = fields::prepare(s, &calendar, o, wanted, Required::Names(0))?;
    if given.time_zone.is_none() {
        let calendar_fields = given.calendar_fields(s)?;
        let partial = PartialDate { calendar_fields, calendar };
        let date = PlainDate::from_partial(partial, Some(Overflow::Constrain)).or_throw(s)?;
        return Ok(Some(RelativeTo::PlainDate(date)));
    }
    let partial = PartialZonedDateTime {
        fields: given.zoned_fields(s, Overflow::Constrain)?,
        timezone: given.time_zone,
        calendar,
    };
    let zoned = ZonedDateTime::from_partial(
        partial,
        Some(Overflow::Constrain),
        Some(Disambiguation::Compatible),
        Some(OffsetDisambiguation::Reject),
    )
    .or_throw(s)?;
    Ok(Some(RelativeTo::ZonedDateTime(zoned)))
}
