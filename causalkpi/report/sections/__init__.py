"""The sections of the report, one file each: from a reader to plain values for a template."""
