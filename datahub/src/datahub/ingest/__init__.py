"""How records come in: feed contract, mapping, quarantine, canonical tables, change sets."""
