"""The whole cascade of a `brand_team` company on the synthetic shop, over HTTP only: see `make cascade`."""
