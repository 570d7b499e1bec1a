"""English as teams of several countries read it: hours to 24, and no month that could be a day."""

TIME_FORMAT = "H:i"
MONTH_DAY_FORMAT = "j M"
