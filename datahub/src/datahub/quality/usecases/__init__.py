"""What the quality part can do: keep rules, evaluate them, inspect deliveries, watch feeds."""
