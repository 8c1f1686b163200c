"""Read models. One function per screen or report; SQL in, answer out, no rule in between."""
