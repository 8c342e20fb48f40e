"""Everything that runs the platform's servers beside the product."""
