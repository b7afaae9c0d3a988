"""Methods of analysis: functions of arrays and of functions, which know no model."""
