"""What kills, pushes and checks in the tests of faults."""
