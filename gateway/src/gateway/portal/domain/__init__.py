"""Rules of presentation: words, figures, times; all pure."""
