"""The tour of two minutes: what each screen is for, in the app and in `brokerdesk demo`."""
