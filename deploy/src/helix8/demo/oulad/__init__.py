"""OULAD, the Open University Learning Analytics Dataset: feeds, indicators, goals and an oracle."""
