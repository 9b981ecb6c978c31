"""What is told to whoever helps: the support bundle, and where brokerdesk itself failed."""
