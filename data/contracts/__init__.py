"""The contracts of the BrokerEngine and FLEX gateways, as OpenAPI: ours, for whoever runs such a gateway."""
