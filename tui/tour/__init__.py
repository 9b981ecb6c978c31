"""The tour of two minutes: what each screen is for, told in the app and by `brokerdesk demo`."""
