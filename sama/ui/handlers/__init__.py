"""What happens when a visitor does something: functions over one `Page` value."""
