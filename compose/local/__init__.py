"""The platform's servers without containers, on the loopback: one module each, one way to start, stop and ask them."""
