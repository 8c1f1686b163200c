"""What is measured: indicators as data, cells kept current, values explained."""
