"""The example API's orders: what one is, and where those of each client are kept."""
